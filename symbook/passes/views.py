"""Views that a GPU's kernels see through: they read what a view is of, and need no step for it.

A reshape of a value or a stretched one has the value's elements. A kernel that is told how they lie finds
them where they are; a step that makes the view takes the host as long as a launch, and cannot be captured.
"""

from __future__ import annotations

from collections.abc import Container

from ..graph import Pin
from ..ops.reduce import remaining
from ..ops.rules import axes_of
from ..specs import count, known
from .rewrite import Typed

Sizes = tuple[int, ...]

# All elements in their order, and each repeated along dimensions of size 1.
_RESHAPES = (
    *("Reshape", "reshape_like", "Flatten", "expand_dims", "squeeze", "_copy", "BlockGrad"),
    *("_identity_with_attr_like_rhs", "cast_storage"),
)
_STRETCHES = ("broadcast_to", "broadcast_axis", "broadcast_like", "_backward_stretched")


def seen_through(typed: Typed, pin: Pin, changed: Container[int]) -> tuple[Pin, Sizes]:
    """The value whose elements a value has, and the shape in which that broadcasts to the value's.

    A value that steps change in place, one of `changed`, is not looked through to.
    """
    views: list[Pin] = []
    source = pin
    while _is_view(typed, source):
        views.append(source)
        source = typed.graph.inputs[source.node][0]
    # From the value on, as far as one shape says it all.
    shape = known(typed.spec(source).shape)
    best = (source, shape)
    for view in reversed(views):
        seen = _shape(typed, view, best[1])
        best = (view, known(typed.spec(view).shape)) if seen is None else (best[0], seen)
    return (pin, known(typed.spec(pin).shape)) if best[0].node in changed else best


def _is_view(typed: Typed, pin: Pin) -> bool:
    op = typed.graph.nodes[pin.node].op
    return op is not None and (op.name in (*_RESHAPES, *_STRETCHES, "_backward_sum"))


def _shape(typed: Typed, view: Pin, seen: Sizes) -> Sizes | None:
    """How what is seen in a shape is seen through a view more; None where no shape says that."""
    node = typed.graph.nodes[view.node]
    assert node.op is not None
    given = known(typed.spec(typed.graph.inputs[view.node][0]).shape)
    if node.op.name in _STRETCHES:
        return seen
    if count(seen) != count(given):
        return None  # it is stretched already
    if node.op.name in _RESHAPES:
        return known(typed.spec(view).shape)
    whole = known(typed.spec(view).shape)
    axes = axes_of(node.params["axis"], len(whole), node.params["exclude"])
    return known(remaining(whole, axes, True))
