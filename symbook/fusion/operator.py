"""The operator of a fused group: what a step calls, which way it is computed, and on how many threads."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..graph import NOTHING
from ..ops.registry import Op
from ..tuning import HEAVY, SHARING
from ..workers import thread_count
from . import compiler
from .blocks import ByFunctions
from .compiled import ByLoop, compiled
from .group import Group

BLOCK_BYTES = 1024 * 1024
"""Bytes of one array of a block that operators' functions compute: a few of these fit into the last cache,
and in smaller ones threads mostly hand Python's lock to each other."""

PATIENCE = 10e-3
"""Seconds that groups of one kind have taken before a loop is compiled for them."""

# Seconds an element takes, about: one array read or written, and one function of NumPy's.
_MOVED, _CALLED = 0.08e-9, 0.6e-9

_spent: dict[object, float] = {}


class Fused:
    """What the step of a group calls.

    Attributes
    ----------
    group : Group
    over : mapping of int to int
        For outputs that the plan has written over an input, by position, that input.
    seconds : float
        What it takes on one thread, about; a run's schedule depends on it.
    """

    def __init__(self, group: Group) -> None:
        self.group = group
        self.over: Mapping[int, int] = {}
        self._way: ByFunctions | ByLoop | None = None
        self._runs = 0
        self._settled = False
        called = sum((line.op.expression(line.params) or "(").count("(") for line in group.lines)
        moved = len(group.inputs) + len(group.outputs)
        self.seconds = group.size * (_MOVED * moved + _CALLED * called)

    def __call__(self, xp: Any, *arrays: Any, out: Any = None) -> Any:
        """Compute the outputs, into `out` where it is given: an array, or for several a list of them."""
        group = self.group
        outs = self._outs(out)
        flat = [
            array if array.shape == shape else array.reshape(shape)
            for array, shape in zip(arrays, group.shapes, strict=True)
        ]
        flat_outs = [raw if raw.shape == group.sizes else raw.reshape(group.sizes) for raw in outs]
        if self._way is None:
            self._begin()
            assert self._way is not None
        if self._settled:
            self._run(self._way, flat, flat_outs)
        else:
            self._run_timed(self._way, flat, flat_outs)
        return outs[0] if len(outs) == 1 else tuple(outs)

    def listing(self, name: str) -> str:
        """What it does as Python, for people, as a function of this name.

        That is the loop that is compiled; or before, or where there is none, what is called for each block.
        """
        if isinstance(self._way, ByLoop):
            loop = _head(name, self._way.loop.text)
            return f"# Compiled, called for each block, on several threads where that pays.\n{loop}"
        group = self.group
        values = [f"arg{k}" for k in range(len(group.inputs))]
        lines = [f"def {name}(xp, {', '.join(values)}, out):"]
        for k, line in enumerate(group.lines):
            params = [f"{key}={value!r}" for key, value in line.params.items()]
            given = ", ".join(["xp", *[values[arg] for arg in line.args], *params])
            value = len(group.inputs) + k
            target = f", out={_out(group, value)}" if value in group.outputs else ""
            values.append(line.name)
            lines.append(f"    {line.name} = {line.op.name}({given}{target})")
        return "\n".join(
            ["# Called for each block, on several threads where that pays.", *lines, ""]
        )

    def _begin(self) -> None:
        mode = compiler.mode()
        self._settled = mode != "later"
        if mode == "now":
            self._compile()
        if self._way is None:
            self._way = ByFunctions(self.group, BLOCK_BYTES)

    def _outs(self, out: Any) -> list[Any]:
        group = self.group
        given = out if isinstance(out, list) else [out] * len(group.outputs)
        return [
            np.empty(group.shape, dtype) if raw is None else raw
            for raw, dtype in zip(given, group.output_dtypes, strict=True)
        ]

    def _run(self, way: ByFunctions | ByLoop, arrays: Sequence[Any], outs: Sequence[Any]) -> None:
        worth = HEAVY if isinstance(way, ByLoop) else SHARING
        way.run(arrays, outs, thread_count() if self.seconds > worth else 1)

    def _run_timed(
        self, way: ByFunctions | ByLoop, arrays: Sequence[Any], outs: Sequence[Any]
    ) -> None:
        begin = time.perf_counter()
        self._run(way, arrays, outs)
        took = time.perf_counter() - begin
        self._runs += 1
        if self._runs == 1:
            return  # what runs once is not worth it
        kind = self._kind()
        _spent[kind] = _spent.get(kind, 0.0) + took
        if _spent[kind] >= PATIENCE:
            self._settled = True
            compiler.later(self._compile)

    def _kind(self) -> object:
        return tuple([(line.op, line.args, line.dtype) for line in self.group.lines])

    def _compile(self) -> None:
        most = min(max(self.group.size // (16 * thread_count()), 16 * 1024), 64 * 1024)
        self._way = compiled(self.group, self.over, most) or self._way


def _head(name: str, text: str) -> str:
    """The function of a loop's module, by another name."""
    return "def " + name + text[text.index("def loop(") + len("def loop") :]


def _out(group: Group, value: int) -> str:
    """What the memory of an output is called."""
    return "out" if len(group.outputs) == 1 else f"out[{group.outputs.index(value)}]"


def fused_operator(group: Group, xp: Any = np) -> Op:
    """The operator of a group, for arrays of that namespace."""
    several = len(group.outputs) > 1
    alone = len(group.lines) == 1
    return Op(
        name=group.lines[0].op.name if alone else group.title,
        fn=Fused(group) if xp is np else _on_device(group),
        inputs=tuple([f"arg{k}" for k in range(len(group.inputs))]),
        variadic=False,
        params=NOTHING,
        shape=inferred,
        dtype=inferred,
        outputs=tuple([f"output{k}" for k in range(len(group.outputs))])
        if several
        else ("output",),
        takes_out=True,
        text="" if alone else "\n".join(f"{line.name} = {line.op.name}" for line in group.lines),
    )


def _on_device(group: Group) -> Fused:
    from .device import DeviceFused  # only who runs graphs on a GPU needs it

    return DeviceFused(group)


def inferred(ins: Any, outs: Any, params: Any) -> Any:
    """Groups are made of graphs whose shapes and dtypes are known."""
    return ins, outs
