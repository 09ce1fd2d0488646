"""Rules that infer shapes and dtypes: what operators say about their inputs and outputs.

A rule takes what is known of a node's inputs and outputs and its parameters, and gives back as much as
it can add, in either direction. It raises :class:`Mismatch` when two things known cannot both be true.
The same driver (:mod:`symbook.infer`) runs rules for shapes and rules for dtypes, apart, because MXNet's
`infer_shape` needs no dtype and its `infer_type` no shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ..errors import counted, shape_text
from ..specs import Dim, DType, Shape, as_dtype, is_known

Shapes = tuple[Shape | None, ...]
DTypes = tuple[DType | None, ...]
Params = Mapping[str, Any]
ShapeRule = Callable[[Shapes, Shapes, Params], tuple[Shapes, Shapes]]
DTypeRule = Callable[[DTypes, DTypes, Params], tuple[DTypes, DTypes]]


class Mismatch(Exception):
    """Things that cannot both be true; the driver adds the node and its inputs to the message."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


KEEPING: dict[Callable[..., Any], Callable[[Any], bool]] = {}
"""Rules that need not be asked where all inputs of an operator are known and have the same: its outputs
have that too, and there is nothing else to say. With what they are so for: see :func:`keeps`."""

_Rule = TypeVar("_Rule", bound=Callable[..., Any])


def keeps(such: Callable[[Any], bool]) -> Callable[[_Rule], _Rule]:
    """Mark a rule as one of `KEEPING`, for those shapes or dtypes that `such` says yes to."""

    def mark(rule: _Rule) -> _Rule:
        KEEPING[rule] = such
        return rule

    return mark


def anything(value: Any) -> bool:
    """Yes, for :func:`keeps`."""
    return True


def nothing(value: Any) -> bool:
    """No, for the rules that are not of `KEEPING`."""
    return False


def is_real(dtype: DType) -> bool:
    """Whether it is float32 or float64, which all arithmetic takes."""
    return dtype.kind == "f" and dtype.itemsize >= 4


# Shapes


def unify(a: Shape | None, b: Shape | None) -> Shape | None:
    """What two partial views of one shape say together."""
    if a is None or b is None:
        return b if a is None else a
    if len(a) == len(b) and all(
        x == y or x is None or y is None for x, y in zip(a, b, strict=True)
    ):
        return tuple(y if x is None else x for x, y in zip(a, b, strict=True))
    raise Mismatch(
        f"expected {shape_text(a)}, got {shape_text(b)}",
        hint="These sizes must be equal" + ("; ? stands for any." if None in (*a, *b) else "."),
    )


def unify_all(shapes: Sequence[Shape | None]) -> Shape | None:
    """What several partial views of one shape say together."""
    result: Shape | None = None
    for shape in shapes:
        result = unify(result, shape)
    return result


@keeps(anything)
def same_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """All inputs and outputs have one shape."""
    shape = unify_all((*ins, *outs))
    return (shape,) * len(ins), (shape,) * len(outs)


def broadcast_shapes(a: Shape, b: Shape) -> Shape:
    """NumPy's broadcasting of two shapes, each of known rank: the result, as far as it is known."""
    rank, shapes = max(len(a), len(b)), (a, b)
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    return tuple(_broadcast_dim(x, y, shapes) for x, y in zip(a, b, strict=True))


def _broadcast_dim(x: Dim, y: Dim, shapes: tuple[Shape, Shape]) -> Dim:
    if x == y or y == 1:
        return x
    if x == 1:
        return y
    if x is None or y is None:
        return y if x is None else x
    a, b = map(shape_text, shapes)
    raise Mismatch(
        f"operands could not be broadcast together with shapes {a} {b}",
        hint="Sizes must be equal, or one of them 1, counted from the last dimension.",
    )


@keeps(anything)
def elementwise(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """One shape for all, as MXNet's element-wise operators; known unequal inputs broadcast as in NumPy."""
    found = [shape for shape in ins if shape is not None]
    try:
        return same_shape(ins, outs, params)
    except Mismatch:
        if len(found) < len(ins):
            raise
    out: Shape = found[0]
    for shape in found[1:]:
        out = broadcast_shapes(out, shape)
    return ins, (unify(out, outs[0]),)


@keeps(anything)
def broadcast(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """NumPy's broadcasting of two inputs; an unknown input stays unknown."""
    lhs, rhs = ins
    if lhs is None or rhs is None:
        return ins, outs
    return ins, (unify(broadcast_shapes(lhs, rhs), outs[0]),)


@keeps(anything)
def broadcast_all(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """NumPy's broadcasting of any number of inputs; an unknown input stays unknown."""
    if any(shape is None for shape in ins):
        return ins, outs
    result: Shape = ()
    for shape in ins:
        result = broadcast_shapes(result, shape or ())
    return ins, tuple([unify(result, out) for out in outs])


def forward(shape_of: Callable[..., Any], *, whole: bool = True) -> ShapeRule:
    """A rule for one direction: `shape_of(*input_shapes, **params)`, called once all inputs are known.

    It gives the output's shape, or a list of shapes when the operator has several outputs. With
    `whole=False` it is called as soon as the ranks are known, and keeps unknown dimensions, None, apart.
    """

    def rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
        if not all(is_known(shape) if whole else shape is not None for shape in ins):
            return ins, outs
        result = shape_of(*ins, **params)
        results = result if isinstance(result, list) else [result]
        return ins, tuple(unify(tuple(new), old) for new, old in zip(results, outs, strict=True))

    return rule


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front, of an array of that rank.

    Raises
    ------
    Mismatch
        If the array has no such axis.
    """
    if not -rank <= axis < rank:
        raise Mismatch(
            f"axis {axis} is out of range for an array of {counted(rank, 'dimension')}",
            hint=f"Axes here go from {-rank} to {rank - 1}.",
        )
    return axis % rank


def axes_of(
    axis: int | tuple[int, ...] | None, rank: int, exclude: bool = False
) -> tuple[int, ...]:
    """The axes meant by MXNet's `axis` and `exclude`, from the front, sorted; all of them for None or ()."""
    given = (axis,) if isinstance(axis, int) else axis
    axes = {axis_of(item, rank) for item in given} if given else set(range(rank))
    if given and len(axes) != len(given):
        raise Mismatch(f"an axis is named twice in {axis}", hint="Name each axis once.")
    if exclude and given:
        axes = set(range(rank)) - axes
    return tuple(sorted(axes))


# Dtypes


def unify_dtypes(dtypes: Sequence[DType | None]) -> DType | None:
    """The one dtype that all known ones agree on; None when none is known."""
    result: DType | None = None
    for dtype in dtypes:
        if dtype is not None and result is not None and dtype != result:
            # Of a whole-number and a fractional dtype the latter, which loses less.
            wider = dtype if (dtype.kind == "f") > (result.kind == "f") else result
            other = result if wider is dtype else dtype
            raise Mismatch(
                f"mixed dtypes: {result} and {dtype}",
                hint=f"Convert the one of {other}: x.astype('{wider}').",
            )
        result = dtype if result is None else result
    return result


@keeps(anything)
def same_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """All inputs and outputs have one dtype."""
    dtype = unify_dtypes((*ins, *outs))
    return (dtype,) * len(ins), (dtype,) * len(outs)


@keeps(anything)
def first_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """The outputs have the first input's dtype; the other inputs have any."""
    dtype = unify_dtypes((ins[0], *outs))
    return (dtype, *ins[1:]), (dtype,) * len(outs)


def param_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """The outputs have the dtype of the parameter `dtype`; the inputs have any."""
    return ins, tuple(unify_dtypes((params["dtype"], out)) for out in outs)


def fixed_dtype(dtype: str) -> DTypeRule:
    """The outputs have this dtype; the inputs have any."""
    fixed = as_dtype(dtype)

    def rule(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
        return ins, tuple(unify_dtypes((fixed, out)) for out in outs)

    return rule
