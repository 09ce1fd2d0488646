"""Replay of what MXNet 1.9.1 recorded of outputs, gradients and auxiliary states; numeric gradients.

:func:`check` runs a case of `tests/golden/gradients` the way a user would: an operator of `mx.sym` on
variables, bound with arrays for gradients, run forward and backward. Where a recorded answer is not the
one to expect, the test module says so by the case's id::

    check(case)

:func:`check_numeric_gradient` needs no record. It compares gradients with differences of the function,
along random directions in float64.
"""

from __future__ import annotations

import ast
import functools
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import symbook as mx
from symbook.graph import Entry
from symbook.ops import registry
from symbook.symbol import Symbol
from symbook.symbol.compose import apply

GOLDEN = Path(__file__).parent / "golden" / "gradients"

# Relative error of outputs and of gradients. MXNet adds up in another order, and in float32 where the
# array is float16; what cancels in a sum is compared with the largest element.
OUTPUTS = {"float16": 2e-3, "float32": 1e-5, "float64": 1e-10}
GRADIENTS = {"float16": 2e-3, "float32": 1e-4, "float64": 1e-10}

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Unwritten:
    """An array that MXNet allocates and does not write."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class Case:
    """One golden case, as `tests/golden/make_golden.py` describes it; absent parts are empty."""

    id: str
    op: str
    params: dict[str, Any]
    inputs: Arrays
    outputs: list[np.ndarray] = field(default_factory=list)
    out_names: list[str] = field(default_factory=list)
    hidden: list[np.ndarray] = field(default_factory=list)
    out_grads: list[np.ndarray] = field(default_factory=list)
    grads: Arrays = field(default_factory=dict)
    untouched: list[str] = field(default_factory=list)
    aux_names: list[str] = field(default_factory=list)
    aux_forward: Arrays = field(default_factory=dict)
    aux: Arrays = field(default_factory=dict)
    train: bool = True
    req: Any = "write"
    seed: int | None = None
    no_gradient: str = ""
    at_once: bool = False
    out: Sequence[str] = ()
    changed: Arrays = field(default_factory=dict)

    def __str__(self) -> str:
        return self.id


def families() -> list[str]:
    """The names of the families that there is data for."""
    return sorted(path.stem for path in GOLDEN.glob("*.json") if not path.stem.startswith("_"))


@functools.cache
def cases(family: str) -> tuple[Case, ...]:
    """Every case of a family."""
    rows = json.loads((GOLDEN / f"{family}.json").read_text(encoding="utf-8"))
    unpack = unpacker(family)
    return tuple(Case(**{key: unpack(key, value) for key, value in row.items()}) for row in rows)


def unpacker(family: str) -> Any:
    """A function `(key, value)` that gives a field of an index with its arrays read."""
    with np.load(GOLDEN / f"{family}.npz") as archive:
        flat = {name: archive[name] for name in archive.files}

    def read(entry: Sequence[Any]) -> np.ndarray | Unwritten:
        dtype, shape, offset = entry
        if offset is None:
            return Unwritten(tuple(shape), np.dtype(dtype))
        size = int(np.prod(shape, dtype=np.int64))
        return flat[dtype][offset : offset + size].reshape(shape)

    def unpack(key: str, value: Any) -> Any:
        if key == "params":
            return {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
        if key in (
            "inputs",
            "grads",
            "aux",
            "aux_forward",
            "changed",
            "seeds",
            "second",
            "second_heads",
        ):
            return {name: read(entry) for name, entry in value.items()}
        if key in ("outputs", "hidden", "out_grads"):
            return [read(entry) for entry in value]
        return value

    return unpack


def nd(array: np.ndarray) -> mx.nd.NDArray:
    """An array of the library's with these values and this dtype."""
    return mx.nd.array(array, dtype=array.dtype)


def symbol_of_code(code: str) -> Symbol:
    """What the last line of a snippet gives; it sees `mx`, Variables `a b c d` and counters at 0."""
    names: dict[str, Any] = {"mx": mx, **{name: mx.sym.Variable(name) for name in "abcd"}}
    tree = ast.parse(code)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    with mx.name.NameManager():
        exec(compile(tree, "<golden>", "exec"), names)
        return eval(compile(ast.Expression(last.value), "<golden>", "eval"), names)


def symbol_of(op: str, inputs: Mapping[str, Any], params: Mapping[str, Any]) -> Symbol:
    """The operator, named `op`, on variables of the inputs' names; of `graph`, what its code gives."""
    if op == "graph":
        return symbol_of_code(params["code"])
    variables = {name: mx.sym.Variable(name) for name in inputs}
    given, named = ((), variables) if "arg0" not in inputs else (tuple(variables.values()), {})
    return apply(registry.get(op), op, given, {**named, **params}, Symbol, "op")


def with_hidden(symbol: Symbol) -> Symbol:
    """All outputs of a symbol's operator, those too that a user does not see."""
    node = symbol._outputs[0].node
    return Symbol([Entry(node, k) for k in range(node.output_count)])


class Run:
    """A case bound as a user would bind it."""

    def __init__(self, case: Case, symbol: Symbol) -> None:
        self.case = case
        arrays = {name: nd(values) for name, values in case.inputs.items()}
        self.aux = {name: arrays.pop(name) for name in symbol.list_auxiliary_states()}
        req = case.req if isinstance(case.req, dict) else dict.fromkeys(case.grads, case.req)
        self.grads = {name: nd(start(case.inputs[name], req[name])) for name in case.grads}
        self.executor = symbol.bind(
            mx.current_context(), arrays, args_grad=self.grads or None, aux_states=self.aux,
            grad_req={name: req.get(name, "null") for name in arrays},
        )  # fmt: skip

    def forward(self) -> list[np.ndarray]:
        """The outputs."""
        if self.case.seed is not None:
            mx.random.seed(self.case.seed)
        return [output.asnumpy() for output in self.executor.forward(is_train=self.case.train)]

    def backward(self) -> Arrays:
        """The gradients' arrays thereafter."""
        self.executor.backward([nd(item) for item in self.case.out_grads] or None)
        return {name: item.asnumpy() for name, item in self.grads.items()}

    def states(self) -> Arrays:
        """The auxiliary states as they are now."""
        return {name: item.asnumpy() for name, item in self.aux.items()}


def start(values: np.ndarray, req: str) -> np.ndarray:
    """What the array of a gradient holds before: as when the data was recorded."""
    if req == "add":
        return (np.arange(values.size).reshape(values.shape) % 5 - 2).astype(values.dtype)
    return np.full(values.shape, 7777, values.dtype)


def _coarse(case: Case) -> float:
    """The tolerance of the coarsest input: a result of any dtype is as rounded as what it is made of."""
    names = {values.dtype.name for values in case.inputs.values()}
    return max((OUTPUTS[name] for name in names if name in OUTPUTS), default=0.0)


def check(case: Case, outputs: float = 1.0, gradients: float = 1.0, hidden: bool = True) -> None:
    """Assert that a user gets what MXNet gave: outputs, gradients, states, and names.

    It runs on the current context.

    Parameters
    ----------
    case : Case
    outputs, gradients : float
        How many times the usual tolerance to allow.
    hidden : bool
        Whether the outputs that a user does not see are compared too.
    """
    if case.at_once:
        _check_at_once(case, outputs)
        return
    symbol, coarse = symbol_of(case.op, case.inputs, case.params), _coarse(case)
    assert symbol.list_auxiliary_states() == case.aux_names
    assert symbol.list_outputs() == case.out_names
    run = Run(case, symbol)
    results = run.forward()
    assert len(results) == len(case.outputs)
    for k, (result, expected) in enumerate(zip(results, case.outputs, strict=True)):
        close(result, expected, OUTPUTS, outputs, f"output {k}", coarse)
    for name, values in run.states().items():
        close(values, case.aux_forward[name], OUTPUTS, outputs, f"{name} after forward", coarse)
    if case.grads:
        for name, values in run.backward().items():
            if name in case.untouched:
                assert np.isin(values, (0, 7777)).all(), f"MXNet has no gradient of {name}"
            else:
                close(values, case.grads[name], GRADIENTS, gradients, f"gradient of {name}", coarse)
    for name, values in run.states().items():
        close(values, case.aux[name], OUTPUTS, outputs, f"{name} after backward", coarse)
    if hidden and case.op != "graph":
        _check_hidden(case, symbol, outputs)


def _check_at_once(case: Case, times: float) -> None:
    """Compare what a function of `mx.nd` gives, and what it makes of its inputs."""
    arrays = {name: nd(values) for name, values in case.inputs.items()}
    make = getattr(mx.nd, case.op)
    more = {"out": [arrays[name] for name in case.out]} if case.out else {}
    if "arg0" in arrays:
        result = make(*arrays.values(), **case.params, **more)
    else:
        result = make(**arrays, **case.params, **more)
    results = [] if result is None else result if isinstance(result, list) else [result]
    assert len(results) == len(case.outputs)
    for k, (ours, expected) in enumerate(zip(results, case.outputs, strict=True)):
        close(ours.asnumpy(), expected, OUTPUTS, times, f"output {k}", _coarse(case))
    for name, array in arrays.items():
        expected = case.changed.get(name, case.inputs[name])
        close(array.asnumpy(), expected, OUTPUTS, times, f"{name} after", _coarse(case))


def _check_hidden(case: Case, symbol: Symbol, times: float) -> None:
    whole = with_hidden(symbol)
    assert len(whole) == len(case.outputs) + len(case.hidden), "number of outputs with hidden ones"
    if case.hidden:
        results = Run(_without_gradients(case), whole).forward()[len(case.outputs) :]
        for k, (result, expected) in enumerate(zip(results, case.hidden, strict=True)):
            if not isinstance(expected, Unwritten):
                close(result, expected, OUTPUTS, times, f"hidden output {k}", _coarse(case))


def _without_gradients(case: Case) -> Case:
    return Case(case.id, case.op, case.params, case.inputs, train=case.train, seed=case.seed)


def close(
    result: np.ndarray,
    expected: np.ndarray | Unwritten,
    tolerance: Mapping[str, float],
    times: float = 1.0,
    what: str = "",
    coarse: float = 0.0,
) -> None:
    """Assert equal shape, dtype and values: whole numbers exactly, floats up to the tolerance.

    `coarse` is a tolerance that is allowed for any dtype, because of what the values were made from.
    """
    assert (result.shape, result.dtype) == (expected.shape, expected.dtype), what
    if isinstance(expected, Unwritten):
        return
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(result, expected, err_msg=what)
        return
    relative = max(tolerance[expected.dtype.name], coarse) * times
    finite = np.abs(expected[np.isfinite(expected)].astype(np.float64))
    largest = float(finite.max(initial=0.0))
    bound = relative * (largest if expected.dtype == np.float16 else min(largest, 10.0))
    np.testing.assert_allclose(
        result.astype(np.float64), expected.astype(np.float64), relative,
        max(bound, float(np.finfo(expected.dtype).tiny)), err_msg=what,
    )  # fmt: skip


def check_numeric_gradient(
    symbol: Symbol,
    arrays: Mapping[str, np.ndarray],
    aux_states: Mapping[str, np.ndarray] | None = None,
    wrt: Sequence[str] | None = None,
    *,
    seed: int | None = None,
    step: float = 1e-5,
    rtol: float = 1e-6,
) -> None:
    """Assert that `backward` gives the derivative of `forward`, both in training.

    For random weights w, φ = Σ w·output is one number. Its derivative along a random direction d of one
    argument is Σ gradient·d, and by central differences (φ(x + εd) − φ(x − εd)) / 2ε.

    Parameters
    ----------
    symbol : Symbol
        Any graph without heads of losses; differentiable in a neighbourhood of the arrays.
    arrays : mapping of str to numpy.ndarray
        For each argument; floating-point ones are made float64.
    aux_states : mapping of str to numpy.ndarray, optional
    wrt : sequence of str, optional
        Arguments to move; every floating-point one when left out.
    seed : int, optional
        Of the library's generator, set before each run.
    step : float
        The ε.
    rtol : float
        Of the derivative; in relation to 1 where it is smaller.
    """
    at = {name: _double(values) for name, values in arrays.items()}
    moved = [name for name in wrt or at if at[name].dtype.kind == "f"]
    random = np.random.default_rng(zlib.crc32(str(list(at)).encode()))
    bound = _Function(symbol, at, aux_states or {}, moved, seed)
    weights = [random.standard_normal(shape) for shape in bound.shapes]
    found = bound.gradients(weights)
    for name in moved:
        direction = random.standard_normal(at[name].shape)
        ahead, behind = (
            bound.value({name: at[name] + sign * step * direction}, weights) for sign in (1, -1)
        )
        numeric = (ahead - behind) / (2 * step)
        exact = float((found[name] * direction).sum())
        assert abs(exact - numeric) <= rtol * max(1.0, abs(numeric)), (
            f"derivative along {name}: {exact} by backward, {numeric} by differences"
        )


def _double(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float64) if values.dtype.kind == "f" else values


class _Function:
    """A symbol as a function of its arguments, with its gradient."""

    def __init__(
        self,
        symbol: Symbol,
        at: Arrays,
        aux: Mapping[str, np.ndarray],
        moved: Sequence[str],
        seed: int | None,
    ) -> None:
        self._at, self._aux, self._seed = at, aux, seed
        self._grads = {name: nd(np.zeros_like(at[name])) for name in moved}
        self._executor = symbol.bind(
            mx.cpu(),
            {name: nd(at[name]) for name in symbol.list_arguments()},
            args_grad=self._grads,
            grad_req={
                name: "write" if name in moved else "null" for name in symbol.list_arguments()
            },
            aux_states={name: nd(_double(values)) for name, values in aux.items()},
        )
        self.shapes = [output.shape for output in self._forward({})]

    def _forward(self, moved: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        if self._seed is not None:
            mx.random.seed(self._seed)
        for name, values in self._aux.items():
            self._executor.aux_dict[name][:] = nd(_double(values))
        given = {**{name: self._at[name] for name in self._grads}, **moved}
        results = self._executor.forward(is_train=True, **given)
        return [result.asnumpy() for result in results]

    def value(self, moved: Mapping[str, np.ndarray], weights: Sequence[np.ndarray]) -> float:
        """φ with some arguments moved."""
        results = self._forward(moved)
        return sum(float((w * y).sum()) for w, y in zip(weights, results, strict=True))

    def gradients(self, weights: Sequence[np.ndarray]) -> Arrays:
        """The gradient of φ at the arguments, by `backward`."""
        results = self._forward({})
        self._executor.backward(
            [nd(w.astype(y.dtype)) for w, y in zip(weights, results, strict=True)]
        )
        return {name: grad.asnumpy() for name, grad in self._grads.items()}
