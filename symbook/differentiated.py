"""A graph together with its gradients: what an executor that was bound with `args_grad` runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from . import infer
from .errors import GradientError, shape_text
from .graph import NOTHING, Entry, Graph, Node, Pin
from .infer import DTYPES, SHAPES
from .passes.gradient import gradients
from .specs import Spec
from .symbol import Symbol


@dataclass(frozen=True, slots=True)
class Differentiated:
    """One graph of a graph's outputs and of gradients.

    Attributes
    ----------
    graph : Graph
        Its outputs are the given graph's, then the gradients.
    specs : list of tuple of Spec
        For each of its nodes.
    heads : int
        How many of the outputs are the given graph's.
    seeds : tuple of (str or None)
        For each head, the name of the variable that its gradient is given by; None where no gradient
        depends on it, as with the heads of losses.
    targets : tuple of str
        The arguments whose gradients the other outputs are; others have the gradient zero.
    adjoints : mapping of Pin to Entry
        For values of the given graph, what computes the gradient with respect to them.
    """

    graph: Graph
    specs: list[tuple[Spec, ...]]
    heads: int
    seeds: tuple[str | None, ...]
    targets: tuple[str, ...]
    adjoints: Mapping[Pin, Entry] = field(default_factory=dict)


def differentiated(
    graph: Graph, specs: list[tuple[Spec, ...]], wanted: Sequence[str]
) -> Differentiated:
    """Add to a graph the gradients with respect to some of its arguments.

    Parameters
    ----------
    graph : Graph
    specs : list of tuple of Spec
        For each node, all known.
    wanted : sequence of str
        Names of arguments.

    Raises
    ------
    GradientError
        If an operator on the way has no gradient.
    """
    if not wanted:
        return Differentiated(graph, specs, len(graph.outputs), (None,) * len(graph.outputs), ())
    shapes = [tuple([spec.shape for spec in row]) for row in specs]
    position = {graph.nodes[i].name: i for i in graph.arguments}
    names = _seed_names(graph)
    seeds = [Symbol([Entry(Node(None, (), NOTHING, name, {}, None))]) for name in names]
    users: list[tuple[Symbol, Pin]] = []
    adjoints: dict[Pin, Entry] = {}
    places = [position[name] for name in wanted]
    found = gradients(graph, seeds, places, shapes, users, adjoints)
    parts = {name: found[position[name]] for name in wanted}
    targets = tuple(name for name in wanted if parts[name] is not None)
    outputs = [part._outputs[0] for part in parts.values() if part is not None]
    joint = Graph((*graph.outputs, *outputs))
    given = {graph.nodes[i].name: specs[i][0] for i in graph.variables}
    given |= {
        name: specs[pin.node][pin.index] for name, pin in zip(names, graph.heads, strict=True)
    }
    used = {joint.nodes[i].name for i in joint.variables}
    inferred = _specs(joint, {name: spec for name, spec in given.items() if name in used})
    kept = set(joint.nodes) if users else set()
    for part, pin in users:
        if part._outputs[0].node not in kept:
            continue  # nothing reads it, as in front of a BlockGrad
        _require_shape(joint, inferred, part, pin, specs[pin.node][pin.index])
    return Differentiated(
        joint,
        inferred,
        len(graph.outputs),
        tuple([name if name in used else None for name in names]),
        targets,
        adjoints,
    )


def _require_shape(
    joint: Graph, inferred: Sequence[tuple[Spec, ...]], part: Symbol, pin: Pin, spec: Spec
) -> None:
    """Refuse a gradient of another shape than the value's: what follows would broadcast it unseen."""
    entry, node = part._outputs[0], joint.nodes[pin.node]
    i = joint.positions[entry.node]
    shape = inferred[i][entry.index].shape
    if shape != spec.shape:
        raise GradientError(
            f"the gradient of {node.name} has the shape {shape_text(shape)}, and {node.name} has "
            f"{shape_text(spec.shape)}",
            node=infer.node_text(joint, i),
            at=pin.node,
            where=entry.node.where,
            hint="A gradient rule must give each input's gradient in the input's shape.",
        )


def _seed_names(graph: Graph) -> list[str]:
    """A variable's name for the gradient of each head, none of which the graph has."""
    taken = {graph.nodes[i].name for i in graph.variables}
    names = []
    for k, entry in enumerate(graph.outputs):
        name = f"{entry.name}_grad"
        while name in taken:
            name = f"{entry.name}_grad{k}_"
            k += len(graph.outputs)
        taken.add(name)
        names.append(name)
    return names


def _specs(graph: Graph, given: Mapping[str, Spec]) -> list[tuple[Spec, ...]]:
    shapes = infer.infer(graph, SHAPES, {name: spec.shape for name, spec in given.items()})
    dtypes = infer.infer(graph, DTYPES, {name: spec.dtype for name, spec in given.items()}, shapes)
    for domain, values in ((SHAPES, shapes), (DTYPES, dtypes)):
        for i in infer.incomplete(graph, domain, values, range(len(graph))):
            raise domain.error(
                f"a gradient at {graph.nodes[i].name} cannot be inferred",
                node=infer.node_text(graph, i),
                at=i,
                inputs=infer.input_rows(graph, i, shapes, dtypes),
                where=graph.nodes[i].where,
                hint="The gradient rule of the operator does not say what its result is like.",
            )
    return infer.specs_of(shapes, dtypes)
