"""Stretches of a plan: element-wise steps one after another that one call of compiled code computes.

Three calls of NumPy's functions on a few elements take as long as all else that a small graph's run does.
A stretch reads and writes what its steps would and gives the same bits; what only its own steps read is
never in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .fusion import Group, Line, compiler, pointwise
from .fusion.addresses import address
from .fusion.compiled import addresses
from .fusion.lowering import Lowered, lower
from .fusion.source import Loop, pattern
from .ndarray import NDArray
from .passes.fusing import MOST_LINES, WORTH
from .plan import Plan, Step
from .specs import as_dtype, count, known


class Stretch(NamedTuple):
    """Steps of a plan and their code.

    Attributes
    ----------
    first : int
        The first step's position.
    steps : sequence of Step
    reads, writes : list of int
        Slots: what it takes from before, and what it leaves.
    arrays : list of int
        Slots whose arrays the code takes.
    loop : Loop
    extras : list of array
        What the code takes after the arrays.
    code : callable
    """

    first: int
    steps: Sequence[Step]
    reads: list[int]
    writes: list[int]
    arrays: list[int]
    loop: Loop
    extras: list[Any]
    code: Callable[..., None]

    def takes(self, plan: Plan, bound: Mapping[str, NDArray]) -> bool:
        """Whether the arrays that are bound lie in memory as the code reads them."""
        places = {**plan.args, **plan.aux}
        flags = [
            array._data.flags for name, array in bound.items() if places.get(name) in self.reads
        ]
        return all(flag.c_contiguous and flag.aligned for flag in flags)


def compiled(plan: Plan, kept: Collection[int]) -> list[Stretch]:
    """The stretches of a plan that are worth it and that can be compiled.

    Parameters
    ----------
    plan : Plan
    kept : collection of int
        Slots that are read when the plan has run.
    """
    last = {slot: i for i, step in enumerate(plan.steps) for slot in step.ins}
    last |= dict.fromkeys((*plan.outputs, *kept), len(plan.steps))
    found = []
    for first, steps in _candidates(plan):
        end = first + len(steps)
        made = _compiled(plan, first, steps, {slot for slot, i in last.items() if i >= end})
        if made is not None:
            found.append(made)
    return found


def _candidates(plan: Plan) -> Iterator[tuple[int, list[Step]]]:
    """Positions and steps of all stretches, as long as they can be."""
    plain = {*plan.args.values(), *plan.aux.values()}
    plain |= {slot for slot, array in plan.constants.items() if array.flags.c_contiguous}
    steps: list[Step] = []
    for i, step in enumerate(plan.steps):
        fits = _fits(plan, step, plain)
        if steps and not (fits and _joins(plan, steps, step)):
            yield i - len(steps), steps
            steps = []
        if fits:
            steps.append(step)
        if _is_pointwise(plan, step):
            plain.add(step.outs[0])
    if steps:
        yield len(plan.steps) - len(steps), steps


def _is_pointwise(plan: Plan, step: Step) -> bool:
    specs = plan.specs
    ins, outs = [specs[slot] for slot in step.ins], [specs[slot] for slot in step.outs]
    return step.ctx is None and pointwise(step.op, step.params, ins, outs)


def _fits(plan: Plan, step: Step, plain: Collection[int]) -> bool:
    """Whether a step can be part of a stretch.

    Large arrays are the business of fused groups. `plain` has the slots whose arrays' elements surely lie
    one after another.
    """
    if not _is_pointwise(plan, step) or not all(slot in plain for slot in step.ins):
        return False
    shapes = [known(plan.specs[slot].shape) for slot in (*step.outs, *step.ins)]
    if not all(shapes) or not 0 < count(shapes[0]) < WORTH or _clashes(plan, [step]):
        return False
    (out,) = step.outs
    if plan.placement.memory_of(out) == ("own", out) and out not in plan.sinks:
        return False  # it is given no memory
    group = _group(plan, [step], list(step.ins), [out])
    lowered = lower(group) if len(group.sizes) == 1 else None
    return lowered is not None and all(
        address(item.function, item.dtype) is not None
        for item in lowered.instructions
        if item.by_numpy
    )


def _joins(plan: Plan, steps: Sequence[Step], step: Step) -> bool:
    """Whether a step can be part of the same stretch as those before it."""
    first, shape = steps[0].outs[0], plan.specs[step.outs[0]].shape
    alike = plan.specs[first].shape == shape and len(steps) < MOST_LINES
    return alike and not _clashes(plan, [*steps, step])


def _clashes(plan: Plan, steps: Sequence[Step]) -> bool:
    """Whether a result is written over what is read from before, but not element by element."""
    specs, memory = plan.specs, plan.placement.memory_of
    own = {step.outs[0] for step in steps}
    read = {memory(slot): specs[slot] for step in steps for slot in step.ins if slot not in own}
    return any(read.get(memory(slot), specs[slot]) != specs[slot] for slot in own)


def _compiled(
    plan: Plan, first: int, steps: Sequence[Step], leaving: Collection[int]
) -> Stretch | None:
    own = [step.outs[0] for step in steps]
    reads = list(dict.fromkeys(slot for step in steps for slot in step.ins if slot not in own))
    writes = [slot for slot in own if slot in leaving]
    group = _group(plan, steps, reads, writes)
    lowered = lower(group)
    if lowered is None or len(lowered.instructions) < 2:
        return None  # NumPy does a single one as quickly
    loop = _loop(plan, group, lowered, reads, writes)
    found = addresses(loop)
    code = None if found is None else compiler.code(loop)
    if found is None or code is None:
        return None
    slots = dict(zip((*range(len(reads)), *lowered.outputs), (*reads, *writes), strict=True))
    arrays = [slots[value] for value in loop.arrays]
    extras = [np.array(loop.numbers, np.float64)] if loop.numbers else []
    extras += [np.array(found, np.intp)] if found else []
    return Stretch(first, steps, reads, writes, arrays, loop, extras, code.begin)


def _group(plan: Plan, steps: Sequence[Step], reads: list[int], writes: list[int]) -> Group:
    specs = plan.specs
    value = {slot: k for k, slot in enumerate([*reads, *(step.outs[0] for step in steps)])}
    lines = [
        Line(
            step.op,
            step.params,
            tuple([value[slot] for slot in step.ins]),
            as_dtype(specs[step.outs[0]].dtype),
            step.origin.name,
        )
        for step in steps
    ]
    shape = known(specs[steps[0].outs[0]].shape)
    return Group(lines, [specs[slot] for slot in reads], shape, [value[slot] for slot in writes])


def _loop(
    plan: Plan, group: Group, lowered: Lowered, reads: Sequence[int], writes: Sequence[int]
) -> Loop:
    memory = plan.placement.memory_of
    given = {memory(slot): k for k, slot in enumerate(reads)}
    results = list(zip(lowered.outputs, writes, strict=True))
    over = {value: given[memory(slot)] for value, slot in results if memory(slot) in given}
    ranks = {k: len(known(plan.specs[slot].shape)) for k, slot in [*enumerate(reads), *results]}
    return Loop(lowered, [pattern(shape, group.sizes) for shape in group.shapes], over, ranks)
