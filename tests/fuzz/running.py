"""Running a graph with symbook as a plan says, and comparing all that comes out with NumPy."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import symbook as mx
from symbook import written
from symbook.fusion import compiler, operator
from symbook.passes import fusing, memory
from symbook.runners import SerialRunner, ThreadRunner
from symbook.symbol import Symbol

from .gradients import gradients
from .graph import Graph
from .plan import Plan
from .values import Array, Source, bits

EXACT = 2.0**22
"""Numbers on the way back beyond this, of a graph of whole numbers, are not compared: they may be rounded."""

SMOOTH = 1e-5
"""Relative error of gradients of smooth functions, which are compared with differences too."""


ROUNDINGS = 2.0**12
"""Units in the last place that outputs of smooth functions of smooth functions may differ by."""

SIGN = 1e-9
"""Fewer units than one: only the sign of 0 may differ, which sums and products in any order do not keep."""


class Difference(AssertionError):
    """symbook and NumPy differ, or symbook raised what it should not."""


def check(graph: Graph, plan: Plan, kind: str) -> None:
    """Run a graph as a plan says.

    Raises
    ------
    Difference
        If anything that comes out is not what NumPy says.
    """
    with _settings(plan):
        try:
            _Run(graph, plan, kind).go()
        except Difference:
            raise
        except Exception as error:
            raise Difference(f"{type(error).__name__}: {error}") from error


@contextmanager
def _settings(plan: Plan) -> Iterator[None]:
    """The engine's numbers that decide what is worth while, for the time of one graph."""
    before = fusing.WORTH, written.RUNS_BEFORE, compiler.mode, memory._LENDING, operator.BLOCK_BYTES
    if plan.fused:
        fusing.WORTH = 1
    if plan.blocks:
        operator.BLOCK_BYTES = 64
    if plan.lends:
        memory._LENDING = 1
    if plan.written:
        written.RUNS_BEFORE = 1
    compiler.mode = lambda: "off"
    try:
        yield
    finally:
        fusing.WORTH, written.RUNS_BEFORE, compiler.mode, memory._LENDING, operator.BLOCK_BYTES = (
            before
        )


def _runner(plan: Plan) -> Any:
    """A runner that executors are not given by name; None for the others."""
    if plan.runner == "shuffled":
        return SerialRunner(_shuffled(plan.seed))
    if plan.runner == "threads":
        rng = random.Random(plan.seed)
        return ThreadRunner(plan.threads, lambda ready: rng.randrange(len(ready)))
    return None


def _shuffled(seed: int) -> Callable[[Any], list[int]]:
    """A plan's steps in a random order that respects what depends on what."""

    def order(plan: Any) -> list[int]:
        rng = random.Random(seed)
        waiting = [len(step.deps) for step in plan.steps]
        ready = [i for i, count in enumerate(waiting) if not count]
        result = []
        while ready:
            step = ready.pop(rng.randrange(len(ready)))
            result.append(step)
            for follower in plan.followers[step]:
                waiting[follower] -= 1
                if not waiting[follower]:
                    ready.append(follower)
        return result

    return order


def nd(value: Array) -> mx.nd.NDArray:
    return mx.nd.array(value, dtype=value.dtype)


class _Run:
    """One graph on its way through symbook."""

    def __init__(self, graph: Graph, plan: Plan, kind: str) -> None:
        self.graph, self.plan, self.kind = graph, plan, kind
        self.source = Source(plan.seed)
        self._said: tuple[Mapping[str, Array], list[Array]] | None = None
        self.ulps = [graph.rough.get(i, 0.0) for i in graph.outputs]

    def go(self) -> None:
        values = self.graph.values
        symbol = self.graph.symbol(self._again())
        if self.plan.saved:
            symbol, values = self._reloaded(symbol, values)
        said = all(value.ndim and value.size for value in values.values())  # 0 and () mean unknown
        if self.plan.inferred and said:
            self._infer(symbol, values)
        self.names = symbol.list_arguments()
        self.auxiliary = symbol.list_auxiliary_states()
        values = {name: values[name] for name in (*self.names, *self.auxiliary)}
        if self.plan.at_once:
            self._compare("by mx.nd", self._at_once(values), values)
        executor = self._bound(symbol, values)
        runner = _runner(self.plan)
        if runner is not None:
            executor._runner = runner
        held: list[tuple[Any, list[Any]]] = []
        for k in range(self.plan.runs):
            inputs = {}
            if k and self.plan.fresh:
                values, inputs = self._changed(executor, values)
            elif self.plan.given and self.names:
                inputs = {self.names[0]: values[self.names[0]]}
            outputs = executor.forward(self.graph.is_train, **inputs)
            found = [output.asnumpy() for output in outputs]
            self._compare(f"forward run {k + 1}", found, values)
            if self.plan.backward:
                self._backward(executor, values)
            self._keep(outputs, found, held)
            if k == 0 and self.plan.trace:
                trace = executor.trace(self.graph.is_train)
                self._compare("the trace", [output.asnumpy() for output in trace.outputs], values)
        for outputs, before in held:
            if [bits(output.asnumpy()) for output in outputs] != before:
                raise Difference("outputs that were held have changed")

    # Before

    def _again(self) -> Callable[[int], bool]:
        rng = random.Random(self.plan.seed)
        return (lambda k: rng.random() < 0.5) if self.plan.repeated else (lambda k: False)

    def _reloaded(
        self, symbol: Symbol, values: dict[str, Array]
    ) -> tuple[Symbol, dict[str, Array]]:
        """Written and read: the symbol as JSON, the arrays as a file of parameters."""
        text = symbol.tojson(remove_amp_cast=False)
        again = mx.sym.load_json(text)
        if again.tojson(remove_amp_cast=False) != text:
            raise Difference("the JSON of what was read from JSON is another")
        if not values:
            return again, values
        read = mx.nd.load_frombuffer(_params(values))
        found = {name: array.asnumpy() for name, array in read.items()}
        for name, value in values.items():
            if bits(found[name]) != bits(value):
                raise Difference(f"{name} is another after it was saved and loaded")
        return again, found

    def _infer(self, symbol: Symbol, values: Mapping[str, Array]) -> None:
        expected = self._outputs(values)
        shapes = {name: values[name].shape for name in symbol.list_arguments()}
        _, found, _ = symbol.infer_shape(**shapes)
        if found != [value.shape for value in expected]:
            raise Difference(f"infer_shape says {found}, not {[value.shape for value in expected]}")
        dtypes = {name: values[name].dtype for name in symbol.list_arguments()}
        _, types, _ = symbol.infer_type(**dtypes)
        if [np.dtype(dtype) for dtype in types] != [value.dtype for value in expected]:
            raise Difference(f"infer_type says {types}, not {[value.dtype for value in expected]}")

    def _at_once(self, values: Mapping[str, Array]) -> list[Array]:
        """The calls one by one, by `mx.nd`."""
        from symbook.ndarray import NDArray
        from symbook.ops import registry

        from .operators import OPERATORS

        made: list[NDArray] = [nd(values[variable.name]) for variable in self.graph.variables]
        for call in self.graph.calls:
            op = registry.get(call.op)
            params = {k: v for k, v in call.params.items() if k not in OPERATORS[call.op].unsaid}
            function = getattr(mx.nd._internal if call.op.startswith("_") else mx.nd, call.op, None)
            if function is None or op.aux:
                return []
            found = function(*[made[i] for i in call.inputs], **params)
            made += list(found) if isinstance(found, (list, tuple)) else [found]
        return [made[i].asnumpy() for i in self.graph.outputs]

    def _bound(self, symbol: Symbol, values: Mapping[str, Array]) -> Any:
        self.grads = self._gradient_arrays(values)
        reqs = self.reqs if self.grads else "null"
        name = {"shuffled": "serial", "threads": "threads"}.get(self.plan.runner, self.plan.runner)
        said = all(value.ndim and value.size for value in values.values())
        if self.plan.simple and said and self.plan.optimize and name == "auto":
            executor = symbol.simple_bind(
                mx.cpu(), grad_req=reqs, type_dict={n: values[n].dtype for n in self.names},
                **{n: values[n].shape for n in self.names},
            )  # fmt: skip
            for n, value in values.items():
                ours = executor.arg_dict.get(n, executor.aux_dict.get(n))
                ours[...] = nd(value)
            for n in self.grads:
                executor.grad_dict[n][:] = self.grads[n]
                self.grads[n] = executor.grad_dict[n]
            return executor
        arrays = self._arrays(values)
        args = {n: arrays[n] for n in self.names}
        return symbol.bind(
            mx.cpu(), args if self.source.chance(0.5) else list(args.values()), self.grads or None, reqs,
            {n: arrays[n] for n in self.auxiliary} or None, runner=name, optimize=self.plan.optimize,
        )  # fmt: skip

    def _arrays(self, values: Mapping[str, Array]) -> dict[str, Any]:
        arrays = {name: nd(value) for name, value in values.items()}
        if not self.plan.aliased:
            return arrays
        seen: dict[Any, str] = {}
        for name, value in values.items():
            key = bits(value)
            if key in seen and name not in self.auxiliary:
                arrays[name] = arrays[seen[key]]  # one array for two arguments
            elif (
                value.ndim
                and value.shape[0]
                and name not in self.auxiliary
                and self.source.chance(0.5)
            ):
                larger = nd(np.concatenate([value, value], axis=0))
                arrays[name] = larger[: value.shape[0]]  # and another may be its other half
                if bits(arrays[name].asnumpy()) != key:
                    raise Difference("a part of an array is not that part")
            seen.setdefault(key, name)
        return arrays

    # Running

    def _changed(
        self, executor: Any, values: dict[str, Array]
    ) -> tuple[dict[str, Array], dict[str, Any]]:
        """Other values for some arguments: where two are one array, for both."""
        fresh = self.graph.fresh(self.source)
        values, inputs = dict(values), {}
        for name in self.names:
            if self.source.chance(0.3):
                continue
            array = executor.arg_dict[name]
            same = [n for n in self.names if executor.arg_dict[n] is array]
            if len(same) > 1:
                continue
            values[name] = fresh[name]
            if self.plan.given:
                inputs[name] = fresh[name] if self.source.chance(0.5) else nd(fresh[name])
            else:
                array[...] = nd(fresh[name])
        return values, inputs

    def _keep(self, outputs: list[Any], found: list[Array], held: list[Any]) -> None:
        if self.plan.held:
            held.append((outputs, [bits(value) for value in found]))
        elif self.source.chance(0.3) and not self.plan.backward:
            outputs[0][...] = 0  # it is the caller's

    def _outputs(self, values: Mapping[str, Array]) -> list[Array]:
        """NumPy's outputs for these values; asked again for the very same ones, what it said before."""
        if self._said is None or self._said[0] is not values:
            found = self.graph.evaluate(values)
            self._said = (values, [found[i] for i in self.graph.outputs])
        return self._said[1]

    def _compare(self, what: str, found: Sequence[Array], values: Mapping[str, Array]) -> None:
        if what == "by mx.nd" and not found:
            return
        for k, (value, expected) in enumerate(zip(found, self._outputs(values), strict=True)):
            ulps = self.ulps[k]
            if self.kind == "smooth":
                ulps = max(ulps, ROUNDINGS)
            elif self.kind == "whole":
                ulps = max(ulps, SIGN)
            compare(f"output {k} of {what}", value, expected, ulps)

    # Backward

    def _gradient_arrays(self, values: Mapping[str, Array]) -> dict[str, Any]:
        """Arrays for gradients, with something in them, and what is requested for each."""
        self.reqs: dict[str, str] = dict.fromkeys(self.names, "null")
        self.before: dict[str, Array] = {}
        if not self.plan.backward:
            return {}
        for name in self.names:
            value = values[name]
            if value.dtype.kind != "f":
                continue
            req = self.plan.backward
            self.reqs[name] = (
                self.source.choice(("write", "add", "null")) if req == "mixed" else req
            )
            if self.reqs[name] != "null":
                self.before[name] = self.source.whole_numbers(value.shape, value.dtype.name, -3, 3)
        return {name: nd(value) for name, value in self.before.items()}

    def _backward(self, executor: Any, values: Mapping[str, Array]) -> None:
        outputs = self._outputs(values)
        heads = [
            self.source.whole_numbers(y.shape, "float64", -2, 2).astype(y.dtype) for y in outputs
        ]
        if self.grads:
            executor.backward([nd(head) for head in heads])
        else:
            executor.backward([nd(head) for head in heads] or None)
        expected, largest = gradients(self.graph, values, heads)
        if not largest < (EXACT if self.kind == "whole" else 1e6):
            for name in self.before:
                self.before[name] = self.grads[name].asnumpy()
            return
        for name, before in self.before.items():
            wanted = expected[name] + (before if self.reqs[name] == "add" else 0)
            found = self.grads[name].asnumpy()
            compare_gradient(
                f"the gradient of {name}", found, wanted.astype(before.dtype), self.kind, largest
            )
            self.before[name] = found


def compare(what: str, found: Array, expected: Array, ulps: float) -> None:
    """To the bit, or by so many units in the last place of 1 or of what is larger."""
    if bits(found) == bits(expected):
        return
    if (found.shape, found.dtype) != (expected.shape, expected.dtype):
        raise Difference(
            f"{what} is {found.shape} {found.dtype}, and NumPy's {expected.shape} {expected.dtype}"
        )
    if ulps and expected.dtype.kind == "f" and _near(found, expected, ulps):
        return
    raise Difference(f"{what} is\n{found!r}\nand NumPy's\n{expected!r}")


def _near(found: Array, expected: Array, ulps: float) -> bool:
    with np.errstate(all="ignore"):
        near = np.abs(found.astype("f8") - expected.astype("f8")) <= ulps * np.finfo(
            expected.dtype
        ).eps * np.maximum(np.abs(expected.astype("f8")), 1)
        return bool((near | (found == expected) | (np.isnan(found) & np.isnan(expected))).all())


def compare_gradient(what: str, found: Array, expected: Array, kind: str, largest: float) -> None:
    """To the bit, but for the sign of 0; or roughly, in relation to what flowed back."""
    if kind == "whole":
        if bits(found + 0.0) != bits(expected + 0.0):
            raise Difference(f"{what} is\n{found!r}\nand by NumPy\n{expected!r}")
        return
    with np.errstate(all="ignore"):
        near = np.abs(found - expected) <= SMOOTH * max(1.0, largest)
        near |= (found == expected) | (np.isnan(found) & np.isnan(expected))
    if found.shape != expected.shape or not near.all():
        raise Difference(f"{what} is\n{found!r}\nand by NumPy\n{expected!r}")


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Of this process, gone with it."""
    return tempfile.TemporaryDirectory(prefix="symbook-fuzz-")


def _params(values: Mapping[str, Array]) -> bytes:
    """The bytes of a `.params` file of these arrays."""
    path = Path(_folder().name) / f"{os.getpid()}.params"
    mx.nd.save(str(path), {name: nd(value) for name, value in values.items()})
    return path.read_bytes()
