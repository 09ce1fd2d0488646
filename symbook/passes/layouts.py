"""Operators that move elements, or take or join some, and here move none or undo one another."""

from __future__ import annotations

from ..graph import Pin
from ..ops.rules import axes_of, axis_of
from ..specs import known
from .rules import SAME_ORDER, Answer, Rule, Site, Swap


def _view(site: Site) -> Answer:
    """The first input itself: of a view with its shape and dtype, which lies where it lies."""
    return site.inputs[0]


def _copy(site: Site) -> Answer:
    """The first input, for a copy of it, if it lies in memory as the copy does."""
    return site.inputs[0] if site.in_order(site.inputs[0]) else None


def _rank(site: Site) -> int:
    return len(known(site.own.shape))


# The order of axes


def _order(site: Site, pin: Pin | None = None) -> tuple[int, ...] | None:
    """For each axis of the node's result, which it was; for a value's node, if one is named."""
    node = site.node if pin is None else site.maker(pin)
    if node.op is None:
        return None
    rank = _rank(site)
    if node.op.name == "transpose":
        return tuple([axis_of(axis, rank) for axis in node.params["axes"]]) or tuple(
            range(rank - 1, -1, -1)
        )
    if node.op.name != "SwapAxis":
        return None
    order = list(range(rank))
    a, b = (axis_of(node.params[key], rank) for key in ("dim1", "dim2"))
    order[a], order[b] = order[b], order[a]
    return tuple(order)


def _still(site: Site) -> Answer:
    order = _order(site)
    return site.inputs[0] if order == tuple(range(_rank(site))) else None


def _turned_twice(site: Site) -> tuple[int, ...] | None:
    """The order of axes of a transposition of a transposition."""
    first, second = _order(site, site.inputs[0]), _order(site)
    if first is None or second is None:
        return None
    return tuple([first[axis] for axis in second])


def _turned_back(site: Site) -> Answer:
    back = _turned_twice(site) == tuple(range(_rank(site)))
    return site.behind(site.inputs[0])[0] if back else None


def _turned_further(site: Site) -> Answer:
    order = _turned_twice(site)
    if order is None:
        return None
    return Swap("transpose", site.behind(site.inputs[0]), {"axes": order})


def _reversed(site: Site, pin: Pin | None = None) -> set[int]:
    """Axes of more than one position that are reversed by the node, or by the one of a value."""
    params = site.params if pin is None else site.maker(pin).params
    shape = known(site.own.shape)
    return {axis for axis in axes_of(params["axis"], len(shape)) if shape[axis] > 1}


def _not_reversed(site: Site) -> Answer:
    return None if _reversed(site) else site.inputs[0]


def _reversed_twice(site: Site) -> Answer:
    (inner,) = site.inputs
    if not site.made_by(inner, "reverse") or _reversed(site, inner) != _reversed(site):
        return None
    return site.behind(inner)[0]


# The shape


def _reshaped_twice(site: Site) -> Pin | None:
    """What is reshaped and then reshaped again."""
    if not site.made_by(site.inputs[0], *SAME_ORDER):
        return None
    source = site.behind(site.inputs[0])[0]
    return source if site.in_order(source) else None


def _reshaped_further(site: Site) -> Answer:
    source, shape = _reshaped_twice(site), known(site.own.shape)
    # A 0 would be read as a code.
    if source is None or not shape or 0 in shape:
        return None
    return Swap("Reshape", (source,), {"shape": shape})


# Parts


def _forward(site: Site) -> Answer:
    """All of it, in its order."""
    return site.inputs[0] if all(step in (None, 1) for step in site.params["step"]) else None


def _rejoined(site: Site) -> Answer:
    """What was taken apart, where all parts are joined again in their order."""
    first = site.inputs[0]
    if not site.made_by(first, "SliceChannel", "_split_v2"):
        return None
    split, joins = site.maker(first), site.node.op is not None and site.node.op.name == "Concat"
    parts = [Pin(first.node, k) for k in range(split.output_count)]
    if list(site.inputs) != parts or split.params["squeeze_axis"] == joins:
        return None
    # So the result has the rank of what was taken apart; a stack of other parts may have more.
    source = site.behind(first)[0]
    rank = len(known(site.spec(source).shape))
    axis = axis_of(split.params["axis"], rank)
    if axis != axis_of(site.params["dim" if joins else "axis"], rank):
        return None
    return source if site.in_order(source) else None


def _stack_of_one(site: Site) -> Answer:
    if len(site.inputs) > 1 or not site.in_order(site.inputs[0]):
        return None
    axis = axis_of(site.params["axis"], _rank(site))
    return Swap("expand_dims", site.inputs, {"axis": axis})


_SAME = Rule("it changes nothing", _view)
_SAME_SHAPE = Rule("the shape is the same", _view)
_WHOLE = Rule("it is all of it", _view)
_COPY = Rule("it changes nothing", _copy)
_TURNED = (
    Rule("no axis moves", _still),
    Rule("one transposition undoes the other", _turned_back),
    Rule("two transpositions are one", _turned_further),
)
_RESHAPED = (
    _SAME_SHAPE,
    Rule("one reshape undoes the other", _reshaped_twice),
    Rule("two reshapes are one", _reshaped_further),
)

RULES: dict[str, tuple[Rule, ...]] = {
    **dict.fromkeys(
        ("_copy", "BlockGrad", "_identity_with_attr_like_rhs", "cast_storage"), (_SAME,)
    ),
    **dict.fromkeys(("make_loss", "MakeLoss"), (_COPY,)),
    **dict.fromkeys(SAME_ORDER, _RESHAPED),
    **dict.fromkeys(
        ("broadcast_to", "broadcast_like", "broadcast_axis", "_backward_broadcast"),
        (_SAME_SHAPE,),
    ),
    **dict.fromkeys(("_backward_stretched", "_backward_sum"), (_SAME_SHAPE,)),
    **dict.fromkeys(("slice_axis", "slice_like", "SliceChannel", "_split_v2"), (_WHOLE,)),
    "_backward_Concat": (_WHOLE,),
    "slice": (Rule("it is all of it", _forward),),
    "transpose": _TURNED,
    "SwapAxis": _TURNED,
    "reverse": (
        Rule("no axis is turned round", _not_reversed),
        Rule("it is turned round twice", _reversed_twice),
    ),
    **dict.fromkeys(
        ("tile", "repeat", "Pad", "depth_to_space", "space_to_depth"),
        (Rule("it adds and moves nothing", _copy),),
    ),
    **dict.fromkeys(("_backward_slice_axis", "_backward_slice_like", "_backward_mean"), (_COPY,)),
    "Concat": (
        Rule("there is nothing to join", _copy),
        Rule("parts are joined as they were", _rejoined),
    ),
    "stack": (
        Rule("parts are joined as they were", _rejoined),
        Rule("a stack of one is its part", _stack_of_one),
    ),
}
