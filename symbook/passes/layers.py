"""Layers: in prediction, a convolution takes up what follows it, and so does a batch normalisation.

A batch normalisation by its states is a scale and a shift of each channel. It, an addition and a relu are
then done to each part of a convolution's result while that is in the cache, by `ops/layers.py`. Values stay
the same to the bit. The graph that this gives is right for prediction only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..graph import NOTHING, Graph, Node, Pin
from ..ops.casting import single
from ..ops.layers import Follower, layer
from ..ops.rules import Params
from .rewrite import Note, Notes, Typed, without

_SETTINGS = ("kernel", "stride", "dilate", "pad", "num_group")
_CONVOLUTIONS = ("Convolution", "Convolution_v1")
_NORMS = ("BatchNorm", "BatchNorm_v1")


def join_layers(typed: Typed, notes: Notes = None) -> Typed:
    """Join convolutions and batch normalisations with what follows them, where nothing else reads it."""
    if not any(op.name in (*_CONVOLUTIONS, *_NORMS) for op in typed.graph.operators):
        return typed
    join = _Joining(typed, notes)
    for i in range(len(typed.graph)):
        if i not in join.gone:
            join.start(i)
    if not join.changed:
        return typed
    whole = Graph.of_parts(join.nodes, join.inputs, typed.graph.heads)
    whole_typed = replace(typed, graph=whole, specs=join.specs, predicts=True)
    return without(whole_typed, join.gone)


class _Joining:
    """The graph in the making. Positions in it are the old ones until all is done."""

    def __init__(self, typed: Typed, notes: Notes) -> None:
        graph = typed.graph
        self.typed, self.notes = typed, notes
        self.nodes, self.inputs, self.specs = (
            list(graph.nodes),
            list(graph.inputs),
            list(typed.specs),
        )
        self.gone: set[int] = set()
        self.changed = False
        self._readers: dict[Pin, list[int]] = {}
        for i, pins in enumerate(graph.inputs):
            for pin in pins:
                self._readers.setdefault(pin, []).append(i)
        for pin in graph.heads:
            self._readers.setdefault(pin, []).append(-1)

    def start(self, i: int) -> None:
        """Join what follows to the node at a position, if it begins a layer."""
        op, params = self._op(i), self.nodes[i].params
        if op is None or self.specs[i][0].dtype == "float16":
            return
        ins = self.inputs[i]
        if op in _CONVOLUTIONS and (params["layout"] or "NC")[:2] == "NC":
            followers = [] if params["no_bias"] else [Follower("bias")]
            last, followers, read = self._follow(i, followers, list(ins[2:]))
            settings = {key: params[key] for key in _SETTINGS}
            self._put(i, last, ins[:2], followers, read, {"settings": settings})
        elif self._is_norm(i):
            follower = self._norm(i)
            last, followers, read = self._follow(i, [follower], list(ins[1:]))
            self._put(i, last, ins[:1], followers, read, {})

    def _op(self, i: int) -> str | None:
        op = self.nodes[i].op
        return None if op is None else op.name

    def _is_norm(self, i: int) -> bool:
        """Whether it is a batch normalisation of channels of which only the result is read."""
        shape = self.specs[i][0].shape or ()
        axis = self.nodes[i].params.get("axis", 1)
        hidden = any(self._readers.get(Pin(i, k)) for k in (1, 2))
        return (
            self._op(i) in _NORMS and len(shape) > 2 and axis in (1, 1 - len(shape)) and not hidden
        )

    def _norm(self, i: int) -> Follower:
        params = self.nodes[i].params
        eps = params["eps"] if self._op(i) == "BatchNorm" else single(params["eps"])
        return Follower("norm", eps, params["fix_gamma"])

    def _follow(
        self, i: int, followers: list[Follower], read: list[Pin]
    ) -> tuple[int, list[Follower], list[Pin]]:
        """The last node of the layer that begins at a position, what follows, and what that reads."""
        while True:
            pin = Pin(i, 0)
            readers = self._readers.get(pin, [])
            after = readers[0] if len(readers) == 1 else -1
            if after == -1 or after in self.gone:
                return i, followers, read
            ins = self.inputs[after]
            if self._is_norm(after) and ins[0] == pin:
                found, more = self._norm(after), ins[1:]
            elif self._op(after) in ("elemwise_add", "broadcast_add") and self._alike(ins):
                found, more = Follower("add"), tuple(item for item in ins if item != pin)
            elif self._is_relu(after):
                found, more = Follower("relu"), ()
            else:
                return i, followers, read
            followers, read = [*followers, found], [*read, *more]
            self.gone.add(i)
            i = after

    def _alike(self, pins: Sequence[Pin]) -> bool:
        first, second = (self.specs[pin.node][pin.index] for pin in pins)
        return first == second

    def _is_relu(self, i: int) -> bool:
        act = self.nodes[i].params.get("act_type") if self._op(i) == "Activation" else self._op(i)
        return act == "relu"

    def _put(
        self, first: int, last: int, ins: Sequence[Pin], followers: Sequence[Follower],
        read: Sequence[Pin], params: Params,
    ) -> None:  # fmt: skip
        """Put the layer in the place of its last node."""
        if last == first and params and not any(item.kind != "bias" for item in followers):
            return  # a convolution by itself
        op = layer(bool(params), tuple(item.kind for item in followers))
        old = self.nodes[last]
        given = {**params, "followers": tuple(followers)}
        self.nodes[last] = Node(op, (), given, old.name, old.attrs or NOTHING, old.where)
        self.inputs[last] = (*ins, *read)
        self.specs[last] = self.specs[last][:1]
        self.changed = True
        if self.notes is not None and last != first:
            begin = self.typed.graph.nodes[first]
            name = "" if begin.op is None else begin.op.name
            why = "in prediction it is done while the result is in the cache"
            self.notes.append(Note(begin.name, name, "joined", f"{old.name} = {op.name}", why))
