"""Whole runs of an executor as one function each, written out as Python and bound to its arrays.

It does what `Executor` does step by step: reads the arrays bound, runs the plan, puts the results where
they belong. What `forward()` returned earlier and somebody still holds is never written to; who holds an
array is seen by counting the references to it.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from .context import Context
from .device_scripts import OnGpu, backward_captured, forward_captured, on_streams
from .held import UNHELD
from .ndarray import NDArray
from .ndarray.storage import contiguous, within
from .plan import Plan, Step
from .runners.straight import Script
from .specs import known
from .stretches import Stretch
from .turns import Turns


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


class Places(NamedTuple):
    """What an executor keeps between runs, which what is written out reads and changes.

    Attributes
    ----------
    turns : Turns
    outputs : sequence of Output
    latest : list of NDArray or None
        For each output that is written into memory given, what a written run gave last, which is in the
        handle too.
    ran : list
        The latest run, as `backward` goes on from it.
    """

    turns: Turns
    outputs: Sequence[Output]
    latest: list[NDArray | None]
    ran: list[Any]


def forward_script(
    plan: Plan,
    bound: Mapping[str, NDArray],
    into: Sequence[Any],
    places: Places,
    kept: frozenset[int],
    values: list[Any],
    left: object,
    compiled: Sequence[Stretch] = (),
    gpu: OnGpu | None = None,
) -> Script:
    """`forward()` of a plan: a function that gives the list of outputs, or None if others have a turn.

    Parameters
    ----------
    plan : Plan
    bound : mapping of str to NDArray
        Arguments and auxiliary states.
    into : sequence
        For each slot, the array to write its value to, or None for new memory.
    places : Places
    kept : frozenset of int
        Slots whose values are left in `values`, for `backward` to read.
    values : list
        One place for each slot.
    left : object
        What is put into `places.ran` at the end, if anything is kept.
    compiled : sequence of Stretch
        Steps that are computed by their code, where the arrays bound are as it takes them.
    gpu : OnGpu, optional
        The GPU that it runs on.
    """
    script = Script(plan, "def forward(in_turn=False):")
    _enter(script, places.turns, gpu)
    outputs = places.outputs
    handles = [script.bound(f"output{k}", output.handle) for k, output in enumerate(outputs)]
    if kept:
        # They would be further references to the outputs.
        script.add(f"{script.bound('ran', places.ran)}[0] = None")
        script.bound("values", values)
    for output in outputs:
        if output.slot in kept:
            script.add(f"values[{output.slot}] = None")
    _read_arguments(script, plan, bound, kept)
    results = [script.local(f"result{k}") for k in range(len(outputs))]
    memory = _output_memory(script, plan, places, results, gpu)
    if gpu is not None and gpu.graphs is not None:
        direct = set(memory)
        forward_captured(
            script, plan, memory, [slot for name, slot in _slots(plan).items() if name in bound],
            {slot: _buffer(script, plan, into, slot) for slot in plan.placement.buffer_of},
            kept, gpu.graphs, lambda: _lent_memory(script, plan, memory),
        )  # fmt: skip
    elif gpu is not None and gpu.branches is not None:
        memory |= _lent_memory(script, plan, memory)
        on_streams(script, plan, partial(_results, script, plan, into, memory), gpu.branches)
        direct = set()
    else:
        memory |= _lent_memory(script, plan, memory)
        ready = {stretch.first: stretch for stretch in compiled if stretch.takes(plan, bound)}
        direct = _compute(script, plan, into, memory, ready)
    for slot in sorted(kept):
        if script.has(slot):
            script.add(f"values[{slot}] = {script.name(slot)}")
    _show(script, outputs, handles, results, direct)
    if kept:
        script.add(f"ran[0] = {script.bound('left', left)}")
    if gpu is not None:
        gpu.note(script)
    script.add(f"return [{', '.join(results)}]")
    return script


def _enter(script: Script, turns: Turns, gpu: OnGpu | None) -> None:
    """Append what gives a run up that is not its caller's turn."""
    if gpu is not None:
        gpu.enter(script)
    else:
        script.add(f"if {script.bound('turns', turns)}.taken and not in_turn:")
        script.add("    return None")


def _results(
    script: Script, plan: Plan, into: Sequence[Any], memory: Mapping[int, str], step: Step
) -> list[str]:
    """What the memory is called that a step's results are written to."""
    return [memory.get(slot) or _buffer(script, plan, into, slot) for slot in step.outs]


def _compute(
    script: Script,
    plan: Plan,
    into: Sequence[Any],
    memory: Mapping[int, str],
    ready: Mapping[int, Stretch],
) -> set[int]:
    """Append the steps; the slots whose values are surely in the memory given.

    Parameters
    ----------
    memory : mapping of int to str
        For slots in the memory of outputs, its name.
    ready : mapping of int to Stretch
        By the positions of their first steps.
    """
    direct: set[int] = set()
    end = 0
    for i, step in enumerate(plan.steps):
        stretch = ready.get(i)
        slots = step.outs if stretch is None else stretch.writes
        if stretch is not None:
            end = i + len(stretch.steps)
        elif i < end:
            continue
        names = [memory.get(slot) or _buffer(script, plan, into, slot) for slot in slots]
        if stretch is not None:
            _call(script, stretch, dict(zip(slots, names, strict=True)))
            direct |= set(slots)
        elif script.step(step, names):
            direct |= set(slots)
    return direct


def _call(script: Script, stretch: Stretch, results: Mapping[int, str]) -> None:
    """Append the call of a stretch's code."""
    loop = stretch.loop
    args = [results.get(slot) or script.name(slot) for slot in stretch.arrays]
    names = ["numbers"] * bool(loop.numbers) + ["functions"] * bool(loop.functions)
    args += [script.bound(*pair) for pair in zip(names, stretch.extras, strict=True)]
    code = script.loop(f"loop{stretch.first}", loop.text, stretch.code)
    script.call(stretch.steps, f"{code}({', '.join(args)})", results)


def _show(
    script: Script,
    outputs: Sequence[Output],
    handles: Sequence[str],
    results: Sequence[str],
    direct: Container[int],
) -> None:
    """Put the results into NDArrays and handles.

    Those in `direct` are in their NDArrays already.
    """
    for output, result in zip(outputs, results, strict=True):
        name = script.name(output.slot)
        if not output.writes:
            ctx = script.bound(str(output.ctx), output.ctx)
            raw = f"{script.bound('contiguous', contiguous)}({name})"
            script.add(f"{result} = {script.bound('NDArray', NDArray)}({raw}, {ctx})")
        elif output.slot not in direct:
            script.add(f"{result}._data = {name}")
    for k, (output, handle, result) in enumerate(zip(outputs, handles, results, strict=True)):
        script.add(f"{handle}._data = {result}._data")
        if output.writes:
            script.add(f"latest[{k}] = {result}")


def backward_script(
    plan: Plan, into: Sequence[Any], turns: Turns, gpu: OnGpu | None = None
) -> Script:
    """`backward()` of a plan: a function of what is in the slots and of where gradients go.

    It reads what it needs from the first, and leaves the gradients there.

    Parameters
    ----------
    plan : Plan
    into : sequence
        For each slot, the array to write its value to, or None; those of gradients are read anew.
    turns : Turns
    gpu : OnGpu, optional
        The GPU that it runs on.
    """
    script = Script(plan, "def backward(s, into):")
    script.bound("turns", turns)
    own = {slot for step in plan.steps for slot in step.outs}
    names = {slot: node.name for (node, _), slot in plan.slot_of.items()}
    read = sorted({slot for step in plan.steps for slot in step.ins} - own)
    for slot in read:
        script.assign(slot, names.get(slot, f"s{slot}"), f"s[{slot}]")
    given = plan.sinks.union(plan.placement.lent)
    memory = {
        slot: f"into[{slot}]" if slot in given else _buffer(script, plan, into, slot)
        for slot in own
    }
    if gpu is not None and gpu.graphs is not None:
        backward_captured(script, plan, memory, read, gpu)
    elif gpu is not None and gpu.branches is not None:
        on_streams(script, plan, lambda step: [memory[slot] for slot in step.outs], gpu.branches)
    else:
        for step in plan.steps:
            script.step(step, [memory[slot] for slot in step.outs])
    for slot in plan.outputs:
        script.add(f"s[{slot}] = {script.name(slot)}")
    if gpu is not None:
        gpu.note(script)
    return script


def _read_arguments(
    script: Script, plan: Plan, bound: Mapping[str, NDArray], kept: frozenset[int]
) -> None:
    read = kept.union(*(step.ins for step in plan.steps))
    for name, slot in _slots(plan).items():
        if slot in read and name in bound:
            # Each time anew: an array bound may be an output of another executor, whose memory changes.
            array = script.bound(f"{name}_array", bound[name])
            script.assign(slot, name, f"{array}._data")
    for slot, array in plan.stand_ins.items():
        if slot in read:
            script.assign(slot, f"constant{slot}", script.bound(f"constant{slot}_array", array))


def _slots(plan: Plan) -> dict[str, int]:
    return {**plan.args, **plan.aux}


def _output_memory(
    script: Script, plan: Plan, places: Places, results: Sequence[str], gpu: OnGpu | None
) -> dict[int, str]:
    """For each output's slot that is written into memory given, the name of that memory.

    It is that of the latest result, and that NDArray is given anew, if nobody else refers to either.
    """
    found = {}
    writer = {slot: step for step in plan.steps for slot in step.outs}
    for k, (output, result) in enumerate(zip(places.outputs, results, strict=True)):
        if not output.writes:
            continue
        spec = plan.specs[output.slot]
        empty = script.bound("empty", output.ctx.xp.empty)
        dtype = script.bound(str(spec.dtype), spec.dtype)
        ctx = script.bound(str(output.ctx), output.ctx)
        new = f"{script.bound('NDArray', NDArray)}({empty}({known(spec.shape)}, {dtype}), {ctx})"
        script.bound("latest", places.latest)
        if UNHELD.result:
            count = script.bound("references", sys.getrefcount)
            script.add(f"{result} = latest[{k}]")
            script.add(
                f"if {count}({result}) > {UNHELD.result} or {count}({result}._data) > {UNHELD.memory} or "
                f"{result}.__weakref__ is not None or {result}._data.base is not None"
                f"{'' if gpu is None else gpu.held(script, f'{result}._data')}:"
            )
            script.add(f"    {result} = {new}")
        else:
            script.add(f"{result} = {new}")
        script.blame(writer[output.slot])
        found[output.slot] = memory = script.local(f"out{k}")
        script.add(f"{memory} = {result}._data")
    return found


def _lent_memory(script: Script, plan: Plan, memory: Mapping[int, str]) -> dict[int, str]:
    """For each slot in the memory of an output, the name of its array."""
    return {
        slot: _lent(script, plan, slot, owner, memory[owner])
        for slot, owner in plan.placement.lent.items()
    }


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
