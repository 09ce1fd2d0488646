"""``gradients/``: outputs, gradients and auxiliary states of operators, by family.

Each operator is bound as a symbol, run forward and backward on fixed arrays. A family is
``NAME.json``, an index of one case a line, and ``NAME.npz``, which has one flat array for each
dtype. An array in the index is ``[dtype, shape, offset]``.
"""

from __future__ import annotations

import ctypes
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import golden_cases
import golden_cases_graphs
import golden_cases_layers
import golden_cases_matrix
import golden_cases_norm
import golden_cases_pick
import golden_cases_recurrent
import golden_cases_reduce
import golden_cases_shape
import golden_cases_update
import golden_cases_vision
import mxnet as mx
import numpy as np
from golden_common import HERE, Json, isolated, run_snippet, symbol_names
from golden_draw import Case, Cases, Draw
from golden_ops import find, input_names
from golden_signatures import describe
from golden_store import Store, keep, pack, settled

# What a gradient's array holds before backward writes it; where it is left, MXNet wrote nothing.
UNTOUCHED = 7777.0
M_PERTURB = -6  # of mallopt(3): fill what is allocated and freed


def array(values: Any) -> Any:
    """The NDArray of a NumPy array, in its dtype."""
    return mx.nd.array(values, dtype=values.dtype)


def function(module: Any, op: str) -> Any:
    """The function of an operator in ``mx.sym`` or ``mx.nd``, wherever it is."""
    if op == "_np_cumsum":
        return module.cumsum
    if op.startswith("_linalg_"):
        return getattr(module.linalg, op[len("_linalg_"):])
    return find(module, op)


def call(make: Any, case: Case, inputs: Mapping[str, Any], **more: Any) -> Any:
    """Call an operator; by position where no input is left out, as some know no names."""
    expected = [argument["name"] for argument in describe(case.op)["arguments"]]
    if "arg0" in inputs or list(inputs) == expected[:len(inputs)]:
        return make(*inputs.values(), **case.params, **more)
    return make(**inputs, **case.params, **more)


def symbol_of(case: Case) -> Any:
    """The operator applied to variables of the inputs' names; of ``graph``, what its code gives."""
    if case.op == "graph":
        return run_snippet(case.params["code"], symbol_names())
    variables = {name: mx.sym.Variable(name) for name in case.inputs}
    return call(function(mx.sym, case.op), case, variables, name="op")


class Run:
    """A case bound: its symbol, arrays, gradients' arrays and executor."""

    def __init__(self, case: Case, req: Any) -> None:
        self.case = case
        self.symbol = symbol_of(case)
        auxiliary = self.symbol.list_auxiliary_states()
        arrays = {name: array(values) for name, values in case.inputs.items()}
        self.args = {name: arrays[name] for name in self.symbol.list_arguments()}
        self.aux = {name: arrays[name] for name in auxiliary}
        floats = [name for name, item in self.args.items() if item.dtype.__name__[:5] == "float"]
        self.req = req if isinstance(req, dict) else dict.fromkeys(floats, req)
        self.grads = {name: array(self.start(name)) for name in floats
                      if self.req.get(name, "null") != "null"}
        self.executor = self.symbol.bind(
            mx.cpu(), args=self.args, args_grad=self.grads, aux_states=self.aux,
            grad_req={name: self.req.get(name, "null") for name in self.args})

    def start(self, name: str) -> Any:
        """What the array of a gradient holds at first."""
        values = self.case.inputs[name]
        if self.req[name] == "add":
            return (np.arange(values.size).reshape(values.shape) % 5 - 2).astype(values.dtype)
        return np.full(values.shape, UNTOUCHED, values.dtype)

    def forward(self) -> list[Any]:
        """The visible outputs."""
        if self.case.seed is not None:
            mx.random.seed(self.case.seed)
        return [output.asnumpy() for output in self.executor.forward(is_train=self.case.train)]

    def states(self) -> Json:
        """The auxiliary states as they are now."""
        return {name: item.asnumpy() for name, item in self.aux.items()}


def hidden(case: Case, req: Any, shown: int) -> list[Any]:
    """The outputs that only a monitor sees, of an executor that has gradients as `req` says."""
    seen: list[Any] = []

    def watch(name: bytes, handle: Any) -> None:
        pointer = ctypes.cast(handle, mx.base.NDArrayHandle)
        seen.append(mx.nd.NDArray(pointer, writable=False).asnumpy().copy())

    run = Run(case, req)
    run.executor.set_monitor_callback(watch)
    run.forward()
    return seen[shown:]


def with_filled_memory() -> Iterator[None]:
    """Twice: new memory holds other bytes each time, so that what MXNet does not write shows."""
    for byte in (0x55, 0xAA):
        ctypes.CDLL(None).mallopt(M_PERTURB, byte)
        yield


def outcome(case: Case) -> Json:
    """What MXNet answers to a case, packed; ``error`` where it does not."""
    run = immediate if case.at_once else answer
    try:
        return settled(*(pack(run(case)) for _ in with_filled_memory()))
    except Exception as error:
        return {"error": reason(error)}


def reason(error: Exception) -> str:
    """The line of MXNet's message that says what it found."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return next((line for line in lines if "Check failed" in line or "Error:" in line), lines[0])


def answer(case: Case) -> Json:
    """Forward, backward where it trains, and the gradients and states thereafter."""
    result: Json = {}
    req = case.req if case.train else "null"
    try:
        run = Run(case, req)
    except mx.base.MXNetError as error:
        req = "null"
        run = Run(case, req)
        result["no_gradient"] = reason(error)[-160:]
    outputs = run.forward()
    result |= {"outputs": outputs, "out_names": run.symbol.list_outputs()}
    result["aux_names"] = list(run.aux)
    after_forward = run.states()
    if case.train and run.grads:
        draw = Draw(99)
        given = [draw(*out.shape, dtype=out.dtype) for out in outputs] if case.heads else []
        result["out_grads"] = given
        run.executor.backward([array(item) for item in given] if given else None)
        result["grads"] = {name: item.asnumpy() for name, item in run.grads.items()}
        result["untouched"] = [
            name for name, values in result["grads"].items()
            if run.req[name] == "write" and values.size and (values == values.dtype.type(UNTOUCHED)).all()]
    if run.aux:
        result |= {"aux_forward": after_forward, "aux": run.states()}
    if case.op != "graph":
        result["hidden"] = hidden(case, req, len(outputs))
    return result


def immediate(case: Case) -> Json:
    """The outputs of ``mx.nd``, and the inputs that it changed."""
    arrays = {name: array(values) for name, values in case.inputs.items()}
    more = {"out": [arrays[name] for name in case.out]} if case.out else {}
    result = call(function(mx.nd, case.op), case, arrays, **more)
    outputs = [] if result is None else result if isinstance(result, list) else [result]
    after = {name: item.asnumpy() for name, item in arrays.items()}
    changed = {name: values for name, values in after.items()
               if values.tobytes() != case.inputs[name].tobytes()}
    return {"outputs": outputs, "changed": changed}


def elementwise() -> Cases:
    """The float cases of ``ops.json`` whose operators work element by element."""
    for group in (golden_cases.binary, golden_cases.scalar, golden_cases.unary,
                  golden_cases.broadcasting):
        yield from of_ops(group())


DOMAIN = {
    **dict.fromkeys(("arcsin", "arccos", "arctanh", "erfinv"), (-0.9, 0.9)), "log1p": (-0.5, 2.0),
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "rsqrt", "gamma", "gammaln", "rcbrt", "cbrt",
                     "reciprocal"), (0.25, 3.0)), "arccosh": (1.25, 4.0)}


def smooth() -> Cases:
    """Operators of one array where they are defined and smooth, and of two."""
    draw = Draw(50)
    for op in golden_cases.UNARY:
        low, high = DOMAIN.get(op, (-2.0, 2.0))
        for shape in ((3,), (2, 3), (1, 2, 2)):
            for dtype in ("float64", "float32"):
                yield Case(op, {"data": draw(*shape, dtype=dtype, low=low, high=high)})
    for name in golden_cases.ARITHMETIC:
        for op in (golden_cases.ELEMWISE.get(name, "_" + name), "broadcast_" + name):
            for shape in ((3,), (2, 3), (2, 1, 2)):
                right = (1, *shape[1:]) if op.startswith("broadcast") else shape
                pair = {"lhs": draw(*shape, dtype="float64", low=0.25, high=2),
                        "rhs": draw(*right, dtype="float64", low=0.25, high=2)}
                yield Case(op, pair)


def reductions() -> Cases:
    """The float cases of ``ops.json`` that reduce, multiply or create."""
    for group in golden_cases_reduce.GROUPS:
        yield from of_ops(group())


def shapes() -> Cases:
    """The float cases of ``ops.json`` that move elements."""
    for group in golden_cases_shape.GROUPS:
        yield from of_ops(group())


def of_ops(listed: Iterable[tuple[str, list[Any], Json]]) -> Cases:
    """Cases of ``ops.json`` that have a float input; of every fifth, another that adds."""
    for number, (op, arrays, params) in enumerate(listed):
        if any(item.dtype.kind == "f" for item in arrays) or not arrays:
            inputs = dict(zip(input_names(op, len(arrays)), arrays, strict=True))
            tupled = {k: tuple(v) if isinstance(v, list) else v for k, v in params.items()}
            yield Case(op, inputs, tupled, req="add" if number % 5 == 4 else "write")


FAMILIES = {
    "layers": golden_cases_layers.GROUPS, "norm": golden_cases_norm.GROUPS,
    "recurrent": golden_cases_recurrent.GROUPS, "matrix": golden_cases_matrix.GROUPS,
    "pick": golden_cases_pick.GROUPS, "update": golden_cases_update.GROUPS,
    "vision": golden_cases_vision.GROUPS, "graphs": golden_cases_graphs.GROUPS,
    "elementwise": (elementwise, smooth), "reduce": (reductions,),
    "shape": (shapes, golden_cases_pick.taking),
}


def native(case: Case) -> Json:
    """:func:`outcome` by MXNet's own kernels, without those of oneDNN."""
    os.environ["MXNET_MKLDNN_ENABLED"] = "0"
    return outcome(case)


def outcomes(cases: list[Case]) -> list[Json]:
    """What MXNet answers to each case; natively where oneDNN's kernels do not support it."""
    results = list(isolated(outcome, cases))
    failed = [i for i, result in enumerate(results) if "error" in result]
    for i, result in zip(failed, isolated(native, [cases[i] for i in failed]), strict=True):
        results[i] = result
    return results


def rows(cases: Iterable[Case], store: Store) -> Iterator[Json]:
    """The index of the cases that MXNet can run, in order."""
    counts: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    listed = list(cases)
    for case, result in zip(listed, outcomes(listed), strict=True):
        if "error" in result:
            dropped[f"{case.op}: {result['error'][-110:]}"] += 1
            continue
        number = counts[case.op]
        counts[case.op] += 1
        row = {"id": f"{case.op}-{number}", "op": case.op, "params": case.params}
        row["inputs"] = {name: store.add(values) for name, values in case.inputs.items()}
        usual = Case(case.op, {})
        options = {key: getattr(case, key) for key in ("train", "req", "seed", "at_once", "out")}
        row |= {key: value for key, value in options.items() if value != getattr(usual, key)}
        yield row | {key: value for key, value in keep(result, store).items() if value not in ([], {})}
    for text, number in dropped.items():
        print(f"    left out {number}: {text}", flush=True)


def text_of(row: Json) -> str:
    """A row as JSON; infinite parameters as Python's JSON writes them."""
    return json.dumps(row, separators=(",", ":"))


def make(chosen: Iterable[str] = ()) -> int:
    """Write the families, or those chosen; returns how many cases they have."""
    np.seterr(all="ignore")
    (HERE / "gradients").mkdir(exist_ok=True)
    total = 0
    for family in chosen or FAMILIES:
        store = Store()
        cases = (case for group in FAMILIES[family] for case in group())
        lines = [text_of(row) for row in rows(cases, store)]
        (HERE / f"gradients/{family}.json").write_text(
            "[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
        store.save(f"gradients/{family}.npz")
        print(f"  {family}: {len(lines)}", flush=True)
        total += len(lines)
    return total
