"""From a graph with known specs to a plan: the steps to run, their order, and the memory they share.

A plan is data: every runner runs the same one. Integers in it are slots, one for each value of the graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

from .errors import counted, shape_text
from .graph import NOTHING, Graph, Node
from .ops.registry import Op
from .ops.rules import same_dtype, same_shape
from .passes.memory import Placement, place
from .specs import Spec, count, known


def _copy(xp: Any, data: Any, /, *, out: Any = None) -> Any:
    if out is None:
        return data.copy()
    xp.copyto(out, data)
    return out


# Not registered: it is no operator of the user's graph, only what keeps an output from sharing memory
# with an argument.
COPY = Op(
    "copy to output", _copy, ("data",), False, NOTHING, same_shape, same_dtype, takes_out=True
)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One call of an operator's function.

    Attributes
    ----------
    op : Op
    ins, outs : tuple of int
        Slots read and written.
    params : mapping
        The operator's parameters.
    deps : tuple of int
        Positions of the steps that must have finished.
    origin : Node
        The user's node that this step computes.
    """

    op: Op
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    params: Mapping[str, Any]
    deps: tuple[int, ...]
    origin: Node

    def run(self, xp: ModuleType, slots: list[Any], into: Sequence[Any]) -> None:
        """Read the input slots, compute, and fill the output slots; `into` holds memory to write to."""
        arrays = [slots[i] for i in self.ins]
        if self.op.takes_out:
            result = self.op.fn(xp, *arrays, **self.params, out=into[self.outs[0]])
        else:
            result = self.op.fn(xp, *arrays, **self.params)
        if type(result) is tuple:
            for slot, value in zip(self.outs, result, strict=True):
                slots[slot] = value
        else:
            slots[self.outs[0]] = result


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    specs: tuple[Spec, ...]
    roots: tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """What a runner runs.

    Attributes
    ----------
    xp : module
        The array namespace.
    steps : tuple of Step
        In an order in which they may run.
    args, aux : mapping of str to int
        The slot of each argument and auxiliary state.
    outputs : tuple of int
        The slot of each output of the graph; all different, and none shares memory with an argument.
    specs : tuple of Spec
        For each slot, its shape and dtype.
    placement : Placement
        Which slots are computed into which shared buffers.
    slot_of : mapping of (Node, int) to int
        The slot of each entry of the user's graph.
    """

    xp: ModuleType
    steps: tuple[Step, ...]
    args: Mapping[str, int]
    aux: Mapping[str, int]
    outputs: tuple[int, ...]
    specs: tuple[Spec, ...]
    placement: Placement
    slot_of: Mapping[tuple[Node, int], int]

    @cached_property
    def followers(self) -> tuple[tuple[int, ...], ...]:
        """For each step, the steps that wait for it."""
        found: list[list[int]] = [[] for _ in self.steps]
        for i, step in enumerate(self.steps):
            for dep in step.deps:
                found[dep].append(i)
        return tuple(map(tuple, found))

    @cached_property
    def sinks(self) -> frozenset[int]:
        """The slots of the outputs."""
        return frozenset(self.outputs)

    def widest(self, elements: int) -> int:
        """The most steps that read or write at least that many elements, at one depth of the graph."""
        depth: list[int] = []
        counts: dict[int, int] = {}
        for step in self.steps:
            level = 1 + max((depth[dep] for dep in step.deps), default=-1)
            depth.append(level)
            if any(
                count(known(self.specs[slot].shape)) >= elements for slot in (*step.ins, *step.outs)
            ):
                counts[level] = counts.get(level, 0) + 1
        return max(counts.values(), default=0)

    def _summary(self) -> str:
        memory = f"{counted(self.placement.nbytes, 'byte')} in {counted(len(self.placement.sizes), 'buffer')}"
        return f"{counted(len(self.steps), 'step')}, {memory}"

    def __repr__(self) -> str:
        return f"<Plan: {self._summary()}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """IPython's own text form: the steps, those in the middle of a long plan left out."""
        printer.text(shortened(str(self)))

    def __str__(self) -> str:
        lines = [self._summary()]
        for i, step in enumerate(self.steps):
            spec = self.specs[step.outs[0]]
            buffer = self.placement.buffer_of.get(step.outs[0])
            memory = (
                "output"
                if step.outs[0] in self.sinks
                else f"buffer {buffer}"
                if buffer is not None
                else "own"
            )
            after = f" after {', '.join(map(str, step.deps))}" if step.deps else ""
            lines.append(
                f"{i:>4}  {step.origin.name} = {step.op.name}  {shape_text(spec.shape)} {spec.dtype}"
                f"  [{memory}]{after}"
            )
        return "\n".join(lines)


def shortened(text: str, most: int = 60) -> str:
    """The first line of a text and at most about `most` others, from its beginning and its end."""
    lines = text.split("\n")
    half = most // 2
    if len(lines) <= most + 2:
        return text
    left_out = len(lines) - 1 - 2 * half
    return "\n".join(
        [*lines[: half + 1], f"   … {left_out:,} more; print() shows all …", *lines[-half:]]
    )


def compile(  # the word for it
    graph: Graph, specs: Sequence[tuple[Spec, ...]], xp: ModuleType, *, reuse: bool = True
) -> Plan:
    """The plan of a graph.

    Parameters
    ----------
    graph : Graph
    specs : sequence of tuple of Spec
        For each node, the specs of its outputs, all known.
    xp : module
        The array namespace.
    reuse : bool
        Let values share memory when no order of running could tell. Without it every value is kept,
        which is what a trace shows.
    """
    first_slot = _first_slots(graph)
    slot_specs = tuple(spec for row in specs for spec in row)
    parts = _Parts(
        _steps(graph, first_slot), tuple(first_slot[pin.node] + pin.index for pin in graph.heads),
        slot_specs, _roots(graph, first_slot),
    )  # fmt: skip
    parts = _own_outputs(graph, first_slot, parts)
    placement = (
        place(parts.steps, parts.specs, parts.roots, frozenset(parts.outputs))
        if reuse
        else Placement()
    )
    return Plan(
        xp=xp,
        steps=parts.steps,
        args={graph.nodes[i].name: first_slot[i] for i in graph.arguments},
        aux={graph.nodes[i].name: first_slot[i] for i in graph.auxiliary},
        outputs=parts.outputs,
        specs=parts.specs,
        placement=placement,
        slot_of={
            (graph.nodes[i], k): first_slot[i] + k
            for i in range(len(graph))
            for k in range(len(specs[i]))
        },
    )


def _first_slots(graph: Graph) -> list[int]:
    slots, total = [], 0
    for node in graph.nodes:
        slots.append(total)
        total += node.output_count
    return slots


def _steps(graph: Graph, first_slot: Sequence[int]) -> tuple[Step, ...]:
    steps: list[Step] = []
    step_of: dict[int, int] = {}
    last_random: int | None = None
    for i, (node, pins) in enumerate(zip(graph.nodes, graph.inputs, strict=True)):
        if node.op is None:
            continue
        deps = {step_of[pin.node] for pin in pins if pin.node in step_of}
        if node.op.random:
            # Draws happen in the graph's order, whatever the runner: the same seed gives the same numbers.
            deps |= {last_random} if last_random is not None else set()
            last_random = len(steps)
        step_of[i] = len(steps)
        ins = tuple([first_slot[pin.node] + pin.index for pin in pins])
        outs = tuple(range(first_slot[i], first_slot[i] + node.output_count))
        steps.append(Step(node.op, ins, outs, node.params, tuple(sorted(deps)), node))
    return tuple(steps)


def _roots(graph: Graph, first_slot: Sequence[int]) -> tuple[int, ...]:
    """For each slot, the slot whose memory it may be a view of; itself when it has its own."""
    roots: list[int] = []
    for node, pins in zip(graph.nodes, graph.inputs, strict=True):
        if node.op is not None and node.op.view and pins:
            root = roots[first_slot[pins[0].node] + pins[0].index]
            roots += [root] * node.output_count
        else:
            roots += range(len(roots), len(roots) + node.output_count)
    return tuple(roots)


def _own_outputs(graph: Graph, first_slot: Sequence[int], parts: _Parts) -> _Parts:
    """Add a copy for each output that is an argument, a view of another value, or an output already."""
    writer = {slot: i for i, step in enumerate(parts.steps) for slot in step.outs}
    steps, specs, roots = list(parts.steps), list(parts.specs), list(parts.roots)
    outputs: list[int] = []
    taken: set[int] = set()
    for slot, entry in zip(parts.outputs, graph.outputs, strict=True):
        if slot in writer and roots[slot] == slot and slot not in taken:
            taken.add(slot)
            outputs.append(slot)
            continue
        new = len(specs)
        specs.append(specs[slot])
        roots.append(new)
        deps = (writer[slot],) if slot in writer else ()
        steps.append(Step(COPY, (slot,), (new,), NOTHING, deps, entry.node))
        outputs.append(new)
    return _Parts(tuple(steps), tuple(outputs), tuple(specs), tuple(roots))
