"""From a graph with known specs to a plan: the steps to run, their order, and the memory they share.

A plan is data: every runner runs the same one. Integers in it are slots, one for each value of the graph.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from types import ModuleType
from typing import Any

import numpy as np

from .cached import cached_property
from .context import HOST_CONTEXT, Context
from .errors import shortened
from .fusion import Fused
from .graph import NOTHING, Graph, Node, Pin
from .ops.registry import Op
from .ops.rules import same_dtype, same_shape
from .passes import optimised
from .passes.folding import CONSTANT
from .passes.memory import Placement, place
from .passes.order import order
from .passes.rewrite import Typed
from .passes.stages import Stage, Stages
from .plan_text import summary, text
from .specs import Spec, known


def _copy(xp: Any, data: Any, /, *, out: Any = None) -> Any:
    if out is None:
        return data.copy()
    if xp is not np:
        from .ops.gpu.ends import copied

        return copied(xp, data, out)
    xp.copyto(out, data)
    return out


# Not registered: it is no operator of the user's graph, only what keeps an output from sharing memory
# with an argument.
COPY = Op(
    "copy to output", _copy, ("data",), False, NOTHING, same_shape, same_dtype, takes_out=True
)


def _add(xp: Any, total: Any, data: Any, /) -> Any:
    if xp is not np:
        from .ops.gpu.ends import added

        return added(xp, total, data)
    return xp.add(total, data, out=total)


# What a gradient of `grad_req="add"` ends in.
ADD = Op(
    "add to gradient", _add, ("total", "data"), False, NOTHING, same_shape, same_dtype, view=True
)


@dataclass(slots=True, eq=False)
class Step:
    """One call of an operator's function. Nothing changes a step; to have that refused takes too long.

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
    ctx : Context or None
        Where it runs, of a graph whose parts are on several contexts.
    """

    op: Op
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    params: Mapping[str, Any]
    deps: tuple[int, ...]
    origin: Node
    ctx: Context | None = None

    def run(self, xp: ModuleType, slots: list[Any], into: Sequence[Any]) -> None:
        """Read the input slots, compute, and fill the output slots; `into` holds memory to write to."""
        if self.ctx is not None:
            xp = self.ctx.xp
        arrays = [slots[i] for i in self.ins]
        if self.op.takes_out:
            outs = [into[slot] for slot in self.outs]
            out = outs[0] if len(outs) == 1 else outs
            result = self.op.fn(xp, *arrays, **self.params, out=out)
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
    outlines: Mapping[int, int]
    sums: Mapping[int, int]


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
    nodes : tuple of Node
        The nodes of the graph that the plan is of; their outputs have the first slots, in order.
    outlines : mapping of int to int
        Slots that stand for others where a step reads a shape and a dtype only; they hold no values, so
        that those of the others need not be kept.
    constants : mapping of int to array
        The values that are the same in every run, computed when the plan was made; read-only.
    sums : mapping of int to int
        For an output that is added to an array and is that array, the slot to put it in.
    """

    xp: ModuleType
    steps: tuple[Step, ...]
    args: Mapping[str, int]
    aux: Mapping[str, int]
    outputs: tuple[int, ...]
    specs: tuple[Spec, ...]
    placement: Placement
    nodes: tuple[Node, ...]
    outlines: Mapping[int, int]
    constants: Mapping[int, Any]
    sums: Mapping[int, int]

    @cached_property
    def stand_ins(self) -> dict[int, Any]:
        """What is in slots before a run: constants, and for each of `outlines` an array without memory."""
        found = dict(self.constants)
        for slot, original in self.outlines.items():
            spec = self.specs[original]
            found[slot] = self.xp.broadcast_to(self.xp.zeros((), spec.dtype), known(spec.shape))
        return found

    @cached_property
    def followers(self) -> tuple[tuple[int, ...], ...]:
        """For each step, the steps that wait for it."""
        found: list[list[int]] = [[] for _ in self.steps]
        for i, step in enumerate(self.steps):
            for dep in step.deps:
                found[dep].append(i)
        return tuple(map(tuple, found))

    @cached_property
    def slot_of(self) -> dict[tuple[Node, int], int]:
        """The slot of each entry of the graph."""
        entries = ((node, k) for node in self.nodes for k in range(node.output_count))
        return {entry: slot for slot, entry in enumerate(entries)}

    @cached_property
    def position_of(self) -> dict[Node, int]:
        """The position of each node of the graph."""
        return {node: i for i, node in enumerate(self.nodes)}

    @cached_property
    def sinks(self) -> frozenset[int]:
        """The slots of the outputs."""
        return frozenset(self.outputs)

    def __repr__(self) -> str:
        return f"<Plan: {summary(self)}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """IPython's own text form: the steps, those in the middle of a long plan left out."""
        printer.text(shortened(str(self)))

    def __str__(self) -> str:
        return text(self)


@dataclass(frozen=True, slots=True)
class Program:
    """The plans of an executor. They share their slots, so that `backward` reads what the others computed.

    Attributes
    ----------
    predict, train : Plan
        Forward in the two modes; the same plan where no operator acts otherwise in training.
    backward : Plan or None
        The gradients, from the values that either of the others left in the slots.
    backward_predict : Plan or None
        The same for gradients of predictions.
    stages : Stages
        The graph as each pass left it, if asked for.
    only_predicts : bool
        The plans are for prediction only, and there are no gradients.
    """

    predict: Plan
    train: Plan
    backward: Plan | None
    backward_predict: Plan | None
    stages: Stages = Stages()  # noqa: RUF009  # a tuple
    only_predicts: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes of all that the steps make: shared buffers, outputs, and what has memory of its own.

        As in MXNet, gradients are not counted, for they are written to arrays that are there already;
        but those of steps that cannot write to an array are.
        """
        return sum(self.nbytes_on(HOST_CONTEXT).values())

    def nbytes_on(self, home: Context) -> dict[Context, int]:
        """The same by where it is; `home` is where steps are that do not say."""
        plan = self.predict
        own = {slot: step.ctx for step in plan.steps for slot in step.outs if not step.op.view}
        if self.backward is not None:
            steps, sinks = self.backward.steps, self.backward.sinks
            own |= {slot: step.ctx for step in steps for slot in step.outs if not step.op.view}
            for slot in {slot for step in steps if step.op.takes_out for slot in step.outs} & sinks:
                own.pop(slot, None)
        found = {home: plan.placement.nbytes}
        for slot in own.keys() - {*plan.placement.buffer_of, *plan.placement.lent}:
            where = own[slot] or home
            found[where] = found.get(where, 0) + plan.specs[slot].nbytes
        return found

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Those that there are, each once."""
        found = (self.predict, self.train, self.backward, self.backward_predict)
        return tuple(dict.fromkeys([plan for plan in found if plan is not None]))


def compile(  # the word for it
    graph: Graph,
    specs: Sequence[tuple[Spec, ...]],
    xp: ModuleType,
    *,
    reuse: bool = True,
    heads: int | None = None,
    contexts: Sequence[Context] | None = None,
    optimize: bool = True,
    keep: bool = False,
    added: Collection[int] = (),
    predicts: bool = False,
) -> Program:
    """The plans of a graph.

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
    heads : int, optional
        How many of the graph's outputs are computed forward; the others are gradients. All, if left out.
    contexts : sequence of Context, optional
        For each node, where it is, if its parts are on several.
    optimize : bool
        Run what `passes.optimised` makes of the graph.
    keep : bool
        Keep the graph as each pass left it, with what the pass did.
    added : collection of int
        Positions of outputs that are added to arrays, which are put into the slots that `Plan.sums` names.
    predicts : bool
        Plans for prediction only will do, and may be quicker.
    """
    stages: list[Stage] = []
    only_predicts = False
    if optimize and contexts is None:
        typed = Typed(graph, specs, xp, heads)
        typed = optimised(typed, stages if keep else None, predicts=predicts)
        graph, specs, only_predicts = typed.graph, typed.specs, typed.predicts
    first_slot = list(accumulate(map(len, specs), initial=0))
    parts = _Parts(
        _steps(graph, specs, first_slot, contexts),
        tuple([first_slot[pin.node] + pin.index for pin in graph.heads]),
        tuple(chain.from_iterable(specs)), _roots(graph, first_slot), {}, {},
    )  # fmt: skip
    if reuse and contexts is None:
        parts = _outlined(parts)
    parts = _own_outputs(graph, first_slot, parts, added)
    heads = len(parts.outputs) if heads is None else heads
    ahead = _needed(parts.steps, parts.outputs[:heads])
    placement = Placement()
    if reuse:
        parts, placement = _placed(parts, ahead, heads)
        ahead = dict.fromkeys(range(len(ahead)))
    whole = Plan(
        xp=xp,
        steps=parts.steps,
        args={graph.nodes[i].name: first_slot[i] for i in graph.arguments},
        aux={graph.nodes[i].name: first_slot[i] for i in graph.auxiliary},
        outputs=parts.outputs,
        specs=parts.specs,
        placement=placement,
        nodes=graph.nodes,
        outlines=parts.outlines,
        constants={
            first_slot[i]: node.params["value"]
            for i, node in enumerate(graph.nodes)
            if node.op is CONSTANT
        },
        sums=parts.sums,
    )
    forward = _part(whole, ahead, parts.outputs[:heads])
    if heads == len(parts.outputs):
        modes = _in_mode(forward, False), _in_mode(forward, True)
        return Program(*modes, None, None, Stages(stages), only_predicts)
    rest = [i for i in range(len(parts.steps)) if i not in ahead]
    behind = _part(whole, rest, parts.outputs[heads:])
    plans = [_in_mode(plan, mode) for plan in (forward, behind) for mode in (False, True)]
    return Program(
        predict=plans[0],
        train=plans[1],
        backward=plans[3],
        backward_predict=plans[2],
        stages=Stages(stages),
    )


def _placed(parts: _Parts, ahead: Mapping[int, None], heads: int) -> tuple[_Parts, Placement]:
    """The steps, those that run forward first, and where their results go."""
    steps = parts.steps
    if len(ahead) < len(steps):
        # What is only added to something takes memory for a moment.
        added = [step.ins[1] for step in steps if step.op is ADD]
        final = {*parts.outputs, *added}
        steps = _in_order(steps, order(steps, parts.specs, parts.roots, final, ahead))
    placement, waits = place(
        steps,
        parts.specs,
        parts.roots,
        frozenset(parts.outputs),
        _read_later(steps, range(len(ahead))),
        frozenset(parts.outputs[heads:]),
    )
    if waits:
        steps = tuple(
            replace(step, deps=tuple(sorted({*step.deps, *waits[i]}))) if i in waits else step
            for i, step in enumerate(steps)
        )
    _tell_groups(steps, placement)
    return replace(parts, steps=steps), placement


def _in_order(steps: Sequence[Step], positions: Sequence[int]) -> tuple[Step, ...]:
    """The steps in another order."""
    new = {old: i for i, old in enumerate(positions)}
    return tuple(
        replace(steps[old], deps=tuple(sorted([new[dep] for dep in steps[old].deps])))
        for old in positions
    )


def _tell_groups(steps: Iterable[Step], placement: Placement) -> None:
    """Tell fused groups which of their outputs are written over an input."""
    for step in steps:
        if isinstance(step.op.fn, Fused):
            given = {placement.memory_of(slot): k for k, slot in enumerate(step.ins)}
            step.op.fn.over = {
                k: given[placement.memory_of(slot)]
                for k, slot in enumerate(step.outs)
                if placement.memory_of(slot) in given
            }


def _needed(steps: Sequence[Step], outputs: Sequence[int]) -> dict[int, None]:
    """Positions of the steps that some slots depend on, in order."""
    wanted = set(outputs)
    needed = [not wanted.isdisjoint(step.outs) for step in steps]
    for i in range(len(steps) - 1, -1, -1):
        if needed[i]:
            for dep in steps[i].deps:
                needed[dep] = True
    return dict.fromkeys([i for i, is_needed in enumerate(needed) if is_needed])


def _read_later(steps: Sequence[Step], ahead: Collection[int]) -> frozenset[int]:
    """The slots that are written forward and read backward."""
    if len(ahead) == len(steps):
        return frozenset()
    written = {slot for i in ahead for slot in steps[i].outs}
    read = {slot for i, step in enumerate(steps) if i not in ahead for slot in step.ins}
    return frozenset(written & read)


def _part(whole: Plan, chosen: Iterable[int], outputs: tuple[int, ...]) -> Plan:
    """Some of a plan's steps as a plan of its own, over the same slots."""
    position = {old: new for new, old in enumerate(chosen)}
    if len(position) == len(whole.steps):
        return replace(whole, outputs=outputs)
    steps = [
        replace(step, deps=tuple([position[dep] for dep in step.deps if dep in position]))
        for step in [whole.steps[old] for old in position]
    ]
    return replace(whole, steps=tuple(steps), outputs=outputs)


def _in_mode(plan: Plan, is_train: bool) -> Plan:
    """The plan with the operators that act otherwise in training told which it is."""
    if not any(op.takes_mode for op in {step.op for step in plan.steps}):
        return plan
    steps = tuple(
        replace(step, params={**step.params, "is_train": is_train}) if step.op.takes_mode else step
        for step in plan.steps
    )
    return replace(plan, steps=steps)


def _steps(
    graph: Graph,
    specs: Sequence[tuple[Spec, ...]],
    first_slot: Sequence[int],
    contexts: Sequence[Context] | None,
) -> tuple[Step, ...]:
    steps: list[Step] = []
    step_of = [-1] * len(graph)
    # Most steps read one value, write one and wait for one: these tuples are shared.
    alone = list(zip(range(first_slot[-1])))
    states: dict[object, dict[str, Any]] = {}
    beside = _Order(graph) if any(op.random or op.mutates for op in graph.operators) else None
    for i, (node, pins) in enumerate(zip(graph.nodes, graph.inputs, strict=True)):
        op, params = node.op, node.params
        if op is None or op is CONSTANT:
            continue
        before = {step_of[pin.node] for pin in pins}
        if beside is not None:
            before |= beside.before(i, len(steps))
        before.discard(-1)
        deps = alone[before.pop()] if len(before) == 1 else tuple(sorted(before))
        step_of[i] = len(steps)
        ins = tuple([first_slot[pin.node] + pin.index for pin in pins])
        if len(ins) == 1:
            ins = alone[ins[0]]
        slot, end = first_slot[i], first_slot[i + 1]
        outs = alone[slot] if end - slot == 1 else tuple(range(slot, end))
        if not pins and 0 in (params.get("shape") or ()):
            # Sizes that inference found.
            params = {**params, "shape": known(specs[i][0].shape)}
        if op.state is not None:
            params = {**params, "state": states.setdefault(op.state, {})}
        ctx = None if contexts is None else contexts[i]
        steps.append(Step(op, ins, outs, params, deps, node, ctx))
    return tuple(steps)


class _Order:
    """What must run in the graph's order though no value is handed on: draws, and changes of states.

    Draws come in order, whatever the runner, so that the same seed gives the same numbers. A step that
    changes a state runs after those that read it before, and before those that read it later.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._last_draw: int | None = None
        self._changed = dict.fromkeys(graph.changed, -1)
        self._readers: dict[Pin, list[int]] = {pin: [] for pin in self._changed}

    def before(self, i: int, step: int) -> set[int]:
        """The steps that a node's step must follow; it is noted that `step` is that step."""
        found: set[int] = set()
        op = self._graph.nodes[i].op
        if op is not None and op.random:
            found |= {self._last_draw} if self._last_draw is not None else set()
            self._last_draw = step
        if not self._changed:
            return found
        for pin in self._graph.inputs[i]:
            if pin in self._changed:
                found |= {self._changed[pin]} - {-1}
                self._readers[pin].append(step)
        if op is None:
            return found
        for pin in op.changed(self._graph.nodes[i].params, self._graph.inputs[i]):
            found |= set(self._readers[pin]) - {step}
            self._changed[pin], self._readers[pin] = step, []
        return found


def _roots(graph: Graph, first_slot: Sequence[int]) -> tuple[int, ...]:
    """For each slot, the slot whose memory it may be a view of; itself when it has its own."""
    if not any(op.view for op in graph.operators):
        return tuple(range(first_slot[-1]))
    roots = list(range(first_slot[-1]))
    for i, (node, pins) in enumerate(zip(graph.nodes, graph.inputs, strict=True)):
        if node.op is not None and node.op.view and pins:
            root = roots[first_slot[pins[0].node] + pins[0].index]
            for slot in range(first_slot[i], first_slot[i + 1]):
                roots[slot] = root
    return tuple(roots)


def _own_outputs(
    graph: Graph, first_slot: Sequence[int], parts: _Parts, added: Collection[int]
) -> _Parts:
    """Add a copy for each output that is an argument, a view of another value, or an output already.

    Outputs at the positions in `added` are added to the arrays that are put into further slots.
    """
    writer = {slot: i for i, step in enumerate(parts.steps) for slot in step.outs}
    steps, specs, roots = list(parts.steps), list(parts.specs), list(parts.roots)
    outputs: list[int] = []
    sums: dict[int, int] = {}
    taken: set[int] = set()
    for k, (slot, entry) in enumerate(zip(parts.outputs, graph.outputs, strict=True)):
        if k not in added and slot in writer and roots[slot] == slot and slot not in taken:
            taken.add(slot)
            outputs.append(slot)
            continue
        deps = (writer[slot],) if slot in writer else ()
        ctx = steps[writer[slot]].ctx if slot in writer else None
        op, ins = COPY, [slot]
        if k in added:
            total = len(specs)
            specs.append(specs[slot])
            roots.append(total)
            sums[total + 1] = total
            op, ins = ADD, [total, slot]
        new = len(specs)
        specs.append(specs[slot])
        roots.append(roots[ins[0]] if op.view else new)
        steps.append(Step(op, tuple(ins), (new,), NOTHING, deps, entry.node, ctx))
        outputs.append(new)
    return replace(
        parts,
        steps=tuple(steps),
        outputs=tuple(outputs),
        specs=tuple(specs),
        roots=tuple(roots),
        sums=sums,
    )


def _outlined(parts: _Parts) -> _Parts:
    """Let steps that read only a shape and a dtype read stand-ins for values, and not wait for them."""
    if not any(step.op.outline for step in parts.steps):
        return parts
    writer = {slot: i for i, step in enumerate(parts.steps) for slot in step.outs}
    stand_in: dict[int, int] = {}
    specs = list(parts.specs)
    steps = list(parts.steps)
    for i, step in enumerate(steps):
        if not step.op.outline:
            continue
        names = step.op.input_names(step.params, len(step.ins))
        ins = list(step.ins)
        for k, (slot, name) in enumerate(zip(step.ins, names, strict=True)):
            if slot in writer and step.op.reads_outline(k, name):
                if slot not in stand_in:
                    stand_in[slot] = len(specs)
                    specs.append(specs[slot])
                ins[k] = stand_in[slot]
        if ins != list(step.ins):
            gone = {writer[slot] for slot in set(step.ins) - set(ins) if slot in writer}
            left = {writer[slot] for slot in ins if slot in writer}
            deps = tuple(dep for dep in step.deps if dep not in gone - left)
            steps[i] = replace(step, ins=tuple(ins), deps=deps)
    roots = (*parts.roots, *range(len(parts.roots), len(specs)))
    outlines = {new: old for old, new in stand_in.items()}
    return replace(parts, steps=tuple(steps), specs=tuple(specs), roots=roots, outlines=outlines)
