"""Whole runs of an executor as one function each, written out as Python and bound to its arrays.

It does what `Executor` does step by step: reads the arrays bound, runs the plan, puts the results where
they belong. What `forward()` returned earlier and somebody still holds is never written to; who holds an
array is seen by counting the references to it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context as Variables
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from .context import Context
from .ndarray import NDArray
from .ndarray.storage import contiguous, within
from .plan import Plan
from .runners.straight import Script
from .specs import known


def _nobody_else() -> int:
    """What counts the references to an array that only its NDArray refers to.

    Measured, because what the call itself adds differs between versions of Python. Without a global
    interpreter lock a count may be behind: then nothing is taken for unheld.
    """
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return 0
    handle = NDArray(np.empty(1), Context("cpu"))
    return sys.getrefcount(handle._data)


NOBODY_ELSE = _nobody_else()

RUNS_BEFORE = 3
"""Runs after which a plan is written out, which takes as long as some twenty runs."""

Left = TypeVar("Left")


def is_held(handle: NDArray) -> bool:
    """Whether anybody but the handle may refer to its memory."""
    return sys.getrefcount(handle._data) > NOBODY_ELSE or handle._data.base is not None


class Output(NamedTuple):
    """An output of a plan.

    Attributes
    ----------
    slot : int
    handle : NDArray
        Shows the latest run's value.
    ctx : Context
        Where it is.
    writes : bool
        Whether its step writes into memory that is given.
    """

    slot: int
    handle: NDArray
    ctx: Context
    writes: bool


class Written(Generic[Left]):
    """A run as one function.

    Parameters
    ----------
    script : Script
    plan : Plan
    left : object
        What has run when it has.

    Attributes
    ----------
    function : callable
        The function itself.
    enter : callable
        `enter(function, *args)` calls it with NumPy's floating-point warnings off.
    """

    __slots__ = ("_script", "enter", "function", "left")

    def __init__(self, script: Script, plan: Plan, left: Left) -> None:
        self._script, self.left = script, left
        self.function = script.function()
        self.enter = _entering(plan)

    def explain(self, error: Exception) -> None:
        """Add to what the function raised which node it was, with its inputs."""
        self._script.explain(self.function, error)


def _entering(plan: Plan) -> Callable[..., Any]:
    """Calls a function with NumPy's floating-point warnings off.

    `np.errstate` costs as much as two small operators, and running in a set of context variables where
    they are off already a tenth of that. The caller's variables are hidden there, so that it is not
    done where users' own functions run.
    """
    if any(step.op.calls_users for step in plan.steps):
        return _ignoring
    variables = Variables()
    variables.run(np.seterr, all="ignore")
    return variables.run


def _ignoring(function: Callable[..., Any], *args: Any) -> Any:
    with np.errstate(all="ignore"):
        return function(*args)


def forward_script(
    plan: Plan,
    bound: Mapping[str, NDArray],
    into: Sequence[Any],
    outputs: Sequence[Output],
    kept: frozenset[int],
    values: list[Any],
) -> Script:
    """`forward()` of a plan: a function without parameters that gives the list of outputs.

    Parameters
    ----------
    plan : Plan
    bound : mapping of str to NDArray
        Arguments and auxiliary states.
    into : sequence
        For each slot, the array to write its value to, or None for new memory.
    outputs : sequence of Output
    kept : frozenset of int
        Slots whose values are left in `values`, for `backward` to read.
    """
    script = Script(plan, "def forward():")
    handles = [script.bound(f"output{k}", output.handle) for k, output in enumerate(outputs)]
    if kept:
        script.bound("values", values)
    for output in outputs:
        if output.slot in kept:  # it would be one more reference
            script.add(f"values[{output.slot}] = None")
    _read_arguments(script, plan, bound, kept)
    memory = _output_memory(script, plan, outputs, handles)
    for step in plan.steps:
        script.step(
            step, [memory.get(slot) or _buffer(script, plan, into, slot) for slot in step.outs]
        )
    results = [_result(script, plan, output) for output in outputs]
    for slot in sorted(kept):
        if script.has(slot):
            script.add(f"values[{slot}] = {script.name(slot)}")
    wrapped = []
    for handle, result, output in zip(handles, results, outputs, strict=True):
        script.add(f"{handle}._data = {result}")
        ctx = script.bound(str(output.ctx), output.ctx)
        wrapped.append(f"{script.bound('NDArray', NDArray)}({result}, {ctx})")
    script.add(f"return [{', '.join(wrapped)}]")
    return script


def backward_script(plan: Plan, into: Sequence[Any]) -> Script:
    """`backward()` of a plan: a function of what is in the slots and of where gradients go.

    It reads what it needs from the first, and leaves the gradients there.

    Parameters
    ----------
    plan : Plan
    into : sequence
        For each slot, the array to write its value to, or None; those of gradients are read anew.
    """
    script = Script(plan, "def backward(s, into):")
    own = {slot for step in plan.steps for slot in step.outs}
    names = {slot: node.name for (node, _), slot in plan.slot_of.items()}
    for slot in sorted({slot for step in plan.steps for slot in step.ins} - own):
        script.assign(slot, names.get(slot, f"s{slot}"), f"s[{slot}]")
    given = plan.sinks.union(plan.placement.lent)
    for step in plan.steps:
        memory = [
            f"into[{slot}]" if slot in given else _buffer(script, plan, into, slot)
            for slot in step.outs
        ]
        script.step(step, memory)
    for slot in plan.outputs:
        script.add(f"s[{slot}] = {script.name(slot)}")
    return script


def _read_arguments(
    script: Script, plan: Plan, bound: Mapping[str, NDArray], kept: frozenset[int]
) -> None:
    read = kept.union(*(step.ins for step in plan.steps))
    for name, slot in {**plan.args, **plan.aux}.items():
        if slot in read and name in bound:
            # Each time anew: an array bound may be an output of another executor, whose memory changes.
            array = script.bound(f"{name}_array", bound[name])
            script.assign(slot, name, f"{array}._data")
    for slot, array in plan.stand_ins.items():
        if slot in read:
            script.assign(slot, f"constant{slot}", script.bound(f"constant{slot}_array", array))


def _output_memory(
    script: Script, plan: Plan, outputs: Sequence[Output], handles: Sequence[str]
) -> dict[int, str]:
    """For each output's slot that is written into memory given, the name of that memory."""
    found = {}
    for k, (output, handle) in enumerate(zip(outputs, handles, strict=True)):
        if not output.writes:
            continue
        spec = plan.specs[output.slot]
        empty = script.bound("empty", output.ctx.xp.empty)
        dtype = script.bound(str(spec.dtype), spec.dtype)
        found[output.slot] = memory = script.local(f"out{k}")
        new = f"{empty}({known(spec.shape)}, {dtype})"
        if NOBODY_ELSE:
            count = script.bound("references", sys.getrefcount)
            unheld = f"{count}({handle}._data) <= {NOBODY_ELSE} and {handle}._data.base is None"
            new = f"{handle}._data if {unheld} else {new}"
        script.add(f"{memory} = {new}")
    for slot, owner in plan.placement.lent.items():
        found[slot] = _lent(script, plan, slot, owner, found[owner])
    return found


def _lent(script: Script, plan: Plan, slot: int, owner: int, memory: str) -> str:
    """The name of a slot's array in the memory of an output."""
    spec = plan.specs[slot]
    if spec == plan.specs[owner]:
        return memory
    name = script.local(f"{memory}_for_{slot}")
    dtype = script.bound(str(spec.dtype), spec.dtype)
    function = script.bound("within", within)
    script.add(f"{name} = {function}({memory}, {known(spec.shape)}, {dtype})")
    return name


def _buffer(script: Script, plan: Plan, into: Sequence[Any], slot: int) -> str:
    if into[slot] is None:
        return "None"
    return script.bound(f"buffer{plan.placement.buffer_of[slot]}", into[slot])


def _result(script: Script, plan: Plan, output: Output) -> str:
    """The name of an output's array, C-contiguous."""
    name = script.name(output.slot)
    if not output.writes:
        script.add(f"{name} = {script.bound('contiguous', contiguous)}({name})")
    return name
