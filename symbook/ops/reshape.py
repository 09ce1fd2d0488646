"""Operators that put the same elements, in the same order, into another shape.

Those declared `view` give a view of the input where NumPy can, and never change it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import counted, shape_text
from ..specs import Dim, Shape, is_known
from .registry import op
from .rules import Mismatch, Params, Shapes, axis_of, first_dtype, forward, unify


def product(dims: Sequence[Dim]) -> Dim:
    """Product of dimensions; None as soon as one is unknown."""
    total = 1
    for dim in dims:
        if dim is None:
            return None
        total *= dim
    return total


class _Cursor:
    """Walks over the dimensions of the input while the codes of a reshape are read."""

    def __init__(self, shape: Shape, codes: Sequence[int]) -> None:
        self.shape, self.codes, self.at = shape, codes, 0

    def next(self) -> Dim:
        """The next dimension of the input."""
        if self.at >= len(self.shape):
            raise Mismatch(
                f"the codes {tuple(self.codes)} need more dimensions than "
                f"{shape_text(self.shape)} has",
                hint="0 copies a dimension, -3 joins two, -2 copies the rest.",
            )
        self.at += 1
        return self.shape[self.at - 1]

    def rest(self) -> Shape:
        """All dimensions that are left."""
        rest = self.shape[self.at :]
        self.at = len(self.shape)
        return rest


def _read_codes(shape: Shape, codes: Sequence[int]) -> tuple[list[Dim], int | None]:
    """The new dimensions, from the left, and the place of the one that -1 leaves open."""
    cursor = _Cursor(shape, codes)
    dims: list[Dim] = []
    free: int | None = None
    todo = list(codes)[::-1]
    while todo:
        code = todo.pop()
        if code == 0:
            dims.append(cursor.next())
        elif code == -1:
            if free is not None:
                raise Mismatch(
                    "only one dimension can be -1", hint="Give the other sizes as numbers."
                )
            free = len(dims)
            dims.append(None)
            cursor.at += 1
        elif code == -2:
            dims.extend(cursor.rest())
        elif code == -3:
            dims.append(product([cursor.next(), cursor.next()]))
        elif code == -4:
            if len(todo) < 2:
                raise Mismatch(
                    "-4 must be followed by the two sizes to split into",
                    hint="For example: shape=(-4, 2, 3).",
                )
            dims.extend(_split(cursor.next(), todo.pop(), todo.pop()))
        elif code > 0:
            dims.append(code)
            cursor.at += 1
        else:
            raise Mismatch(
                f"{code} is not a size", hint="Sizes are positive; the special codes are 0 to -4."
            )
    return dims, free


def _split(dim: Dim, left: int, right: int) -> tuple[Dim, Dim]:
    """The two dimensions that code -4 makes of one."""
    if (left == -1 and right == -1) or min(left, right) < -1 or 0 in (left, right):
        raise Mismatch(
            f"-4 cannot split into {left} and {right}",
            hint="One of the two sizes may be -1, not both.",
        )
    if left == -1 or right == -1:
        given = right if left == -1 else left
        if dim is not None and dim % given:
            raise Mismatch(
                f"a dimension of {dim} cannot be split into {left} and {right}",
                hint="Their product must be the dimension.",
            )
        other = None if dim is None else dim // given
        return (other, right) if left == -1 else (left, other)
    if dim is not None and dim != left * right:
        raise Mismatch(
            f"a dimension of {dim} cannot be split into {left} and {right}",
            hint="Their product must be the dimension.",
        )
    return left, right


def reshaped(shape: Shape, codes: Sequence[int], reverse: bool = False) -> Shape:
    """The shape that MXNet's reshape codes make of a shape of known rank.

    0 copies a dimension of the input, -1 takes what is left of the size, -2 copies all dimensions
    that are left, -3 joins two, -4 splits one into the two sizes that follow. With `reverse` the
    codes are matched from the right.

    Raises
    ------
    Mismatch
        If the codes do not fit the shape or the sizes differ.
    """
    step = -1 if reverse else 1
    dims, free = _read_codes(shape[::step], codes[::step])
    size = product(shape)
    others = product([dim for place, dim in enumerate(dims) if place != free])
    if size is not None and others is not None:
        if free is not None and others and size % others == 0:
            dims[free] = size // others
        elif free is not None or size != others:
            raise Mismatch(
                f"an array of shape {shape_text(shape)} has {size} elements and cannot be reshaped "
                f"to {tuple(codes)}",
                hint="The number of elements must stay the same; -1 lets one size be found.",
            )
    return tuple(dims[::step])


def _codes(
    shape: tuple[int, ...], target_shape: tuple[int, ...], keep_highest: bool
) -> tuple[int, ...]:
    """The codes of a reshape; in MXNet's deprecated `target_shape` 0 is what -1 is now."""
    codes = shape or tuple(size or -1 for size in target_shape)
    if not shape and keep_highest:
        codes = (0, *codes[1:])
    if not codes:
        raise Mismatch("the new shape is missing", hint="Give it: shape=(…).")
    return codes


def _reshape_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (source,), (out,) = ins, outs
    codes = _codes(params["shape"], params["target_shape"], params["keep_highest"])
    if source is None:
        return ins, outs
    out = unify(reshaped(source, codes, params["reverse"]), out)
    if source.count(None) == 1 and is_known(out):
        known = product([dim for dim in source if dim is not None])
        total = product(out or ())
        if known and total is not None and total % known == 0:
            source = tuple(total // known if dim is None else dim for dim in source)
            # The codes are checked again, now that the dimension is known.
            out = unify(reshaped(source, codes, params["reverse"]), out)
    return (source,), (out,)


@op(
    "Reshape",
    alias=("reshape",),
    shape=_reshape_rule,
    view=True,
    gradient=lambda F, g, y, data, **params: F.reshape_like(g, data),
)
def reshape(
    xp,
    data,
    /,
    *,
    shape: tuple[int, ...] = (),
    reverse: bool = False,
    target_shape: tuple[int, ...] = (),
    keep_highest: bool = False,
):
    """The same elements in another shape.

    Sizes in `shape` may be codes: 0 copies a dimension of the input, -1 takes what is left of the
    size, -2 copies all dimensions that are left, -3 joins two, -4 splits one into the two sizes
    that follow (one of them may be -1). `reverse` matches the codes from the right. `target_shape`
    and `keep_highest` are MXNet's old way to say it. Any dtype.

    >>> mx.nd.reshape(mx.nd.array([[1, 2, 3], [4, 5, 6]]), shape=(3, -1)).asnumpy()
    array([[1., 2.],
           [3., 4.],
           [5., 6.]], dtype=float32)
    """
    return data.reshape(reshaped(data.shape, _codes(shape, target_shape, keep_highest), reverse))


def _span(begin: int | None, end: int | None, rank: int) -> tuple[int, int]:
    first, last = slice(begin, end).indices(rank)[:2]
    if not first < last and not begin == end is None:  # all of (), which has none
        raise Mismatch(
            f"there is no dimension from {begin} to {end} in {counted(rank, 'dimension')}",
            hint="Dimensions are counted from 0, or from -1 back.",
        )
    return first, last


def _like_shape(
    lhs: Shape,
    rhs: Shape,
    lhs_begin: int | None,
    lhs_end: int | None,
    rhs_begin: int | None,
    rhs_end: int | None,
) -> Shape:
    start, stop = _span(lhs_begin, lhs_end, len(lhs))
    first, last = _span(rhs_begin, rhs_end, len(rhs))
    shape = lhs[:start] + rhs[first:last] + lhs[stop:]
    if product(shape) != product(lhs):
        raise Mismatch(
            f"{shape_text(lhs)} cannot be reshaped to {shape_text(shape)}: the sizes differ",
            hint="The number of elements must stay the same.",
        )
    return shape


@op(
    "reshape_like",
    outline=("rhs",),
    shape=forward(_like_shape),
    dtype=first_dtype,
    view=True,
    gradient=lambda F, g, y, lhs, rhs, **params: (F.reshape_like(g, lhs), None),
)
def reshape_like(
    xp,
    lhs,
    rhs,
    /,
    *,
    lhs_begin: int | None = None,
    lhs_end: int | None = None,
    rhs_begin: int | None = None,
    rhs_end: int | None = None,
):
    """The elements of `lhs` in the shape of `rhs`; of both a stretch of dimensions can be chosen.

    Shape `lhs[:lhs_begin] + rhs[rhs_begin:rhs_end] + lhs[lhs_end:]`. The dtype is that of `lhs`.

    >>> mx.nd.reshape_like(mx.nd.array([1, 2, 3, 4]), mx.nd.zeros((2, 2))).asnumpy()
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    return lhs.reshape(_like_shape(lhs.shape, rhs.shape, lhs_begin, lhs_end, rhs_begin, rhs_end))


def _flatten_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (source,), (out,) = ins, outs
    if not source:
        return ins, outs
    joined = unify((source[0], product(source[1:])), out) or ()
    return ((joined[0], *source[1:]),), (joined,)


@op(
    "Flatten",
    alias=("flatten",),
    shape=_flatten_rule,
    view=True,
    gradient=lambda F, g, y, data: F.reshape_like(g, data),
)
def flatten(xp, data, /):
    """A matrix with the first dimension kept and all others joined: (a, b, c) gives (a, b*c).

    >>> mx.nd.flatten(mx.nd.zeros((2, 3, 4))).shape
    (2, 12)
    """
    return data.reshape(data.shape[0], math.prod(data.shape[1:]))


def _expand_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (source,), (out,) = ins, outs
    axis = params["axis"]
    if source is not None:
        place = axis_of(axis, len(source) + 1)
        out = unify((*source[:place], 1, *source[place:]), out)
    elif out is None:
        return ins, outs
    place = axis_of(axis, len(out or ()))
    full = unify(out, (*[None] * place, 1, *[None] * (len(out or ()) - place - 1))) or ()
    return ((*full[:place], *full[place + 1 :]),), (full,)


@op(
    "expand_dims",
    shape=_expand_rule,
    view=True,
    # By the shape: squeezing would leave (1,) of what was ().
    gradient=lambda F, g, y, data, axis: F.reshape_like(g, data),
)
def expand_dims(xp, data, /, *, axis: int):
    """The same elements with a dimension of size 1 put in at `axis`.

    >>> mx.nd.expand_dims(mx.nd.array([1, 2]), axis=1).asnumpy()
    array([[1.],
           [2.]], dtype=float32)
    """
    return xp.expand_dims(data, axis)


def _squeezed(data: Shape, axis: tuple[int, ...] | None) -> Shape:
    if axis is None:
        axes = {place for place, dim in enumerate(data) if dim == 1}
    else:
        axes = {axis_of(item, len(data)) for item in axis}
    for place in axes:
        if data[place] != 1:
            raise Mismatch(
                f"axis {place} has size {data[place]}: only an axis of size 1 can go",
                hint="Leave axis out: all axes of size 1 go then.",
            )
    # MXNet has no arrays of no dimension: one is left.
    return tuple(dim for place, dim in enumerate(data) if place not in axes) or (1,)


@op(
    "squeeze",
    shape=forward(_squeezed),
    view=True,
    gradient=lambda F, g, y, data, **params: F.reshape_like(g, data),
)
def squeeze(xp, data, /, *, axis: tuple[int, ...] | None = None):
    """The same elements without dimensions of size 1: all of them, or those named in `axis`.

    >>> mx.nd.squeeze(mx.nd.array([[1], [2]])).asnumpy()
    array([1., 2.], dtype=float32)
    """
    return data.reshape(_squeezed(data.shape, axis))
