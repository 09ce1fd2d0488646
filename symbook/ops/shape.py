"""Operators that change the shape or the order of elements, and none of the values.

Those declared `view` give a view of the input where NumPy can, and never change it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..errors import counted, shape_text
from ..specs import Dim, Shape, is_known
from .backward import no_gradient
from .registry import op
from .rules import (
    Mismatch,
    Params,
    Shapes,
    axes_of,
    axis_of,
    first_dtype,
    fixed_dtype,
    forward,
    unify,
)


def product(dims: Sequence[Dim]) -> Dim:
    """Product of dimensions; None as soon as one is unknown."""
    total = 1
    for dim in dims:
        if dim is None:
            return None
        total *= dim
    return total


# Reshape


class _Cursor:
    """Walks over the dimensions of the input while the codes of a reshape are read."""

    def __init__(self, shape: Shape, codes: Sequence[int]) -> None:
        self.shape, self.codes, self.at = shape, codes, 0

    def next(self) -> Dim:
        """The next dimension of the input."""
        if self.at >= len(self.shape):
            raise Mismatch(
                f"the codes {tuple(self.codes)} need more dimensions than "
                f"{shape_text(self.shape)} has"
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
                raise Mismatch("only one dimension can be -1")
            free = len(dims)
            dims.append(None)
            cursor.at += 1
        elif code == -2:
            dims.extend(cursor.rest())
        elif code == -3:
            dims.append(product([cursor.next(), cursor.next()]))
        elif code == -4:
            if len(todo) < 2:
                raise Mismatch("-4 must be followed by the two sizes to split into")
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
        raise Mismatch(f"-4 cannot split into {left} and {right}")
    if left == -1 or right == -1:
        given = right if left == -1 else left
        if dim is not None and dim % given:
            raise Mismatch(f"a dimension of {dim} cannot be split into {left} and {right}")
        other = None if dim is None else dim // given
        return (other, right) if left == -1 else (left, other)
    if dim is not None and dim != left * right:
        raise Mismatch(f"a dimension of {dim} cannot be split into {left} and {right}")
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
    if not first < last:
        raise Mismatch(
            f"there is no dimension from {begin} to {end} in {counted(rank, 'dimension')}"
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
            f"{shape_text(lhs)} cannot be reshaped to {shape_text(shape)}: the sizes differ"
        )
    return shape


@op(
    "reshape_like",
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
    gradient=lambda F, g, y, data, axis: F.squeeze(g, axis=(axis,)),
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
            raise Mismatch(f"axis {place} has size {data[place]}: only an axis of size 1 can go")
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


# Order of axes and elements


def _permutation(axes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    order = axes or tuple(range(rank))[::-1]
    if sorted(order) != list(range(rank)):
        raise Mismatch(
            f"axes {axes} do not name each of the {counted(rank, 'dimension')} once",
            hint=f"Give the numbers from 0 to {rank - 1} in the new order.",
        )
    return order


def _transpose_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (source,), (out,) = ins, outs
    ranks = [len(shape) for shape in (source, out) if shape is not None]
    if not ranks:
        return ins, outs
    order = _permutation(params["axes"], ranks[0])
    if source is not None:
        out = unify(tuple(source[axis] for axis in order), out)
    full = out or ()
    return (tuple(full[order.index(axis)] for axis in range(ranks[0])),), (full,)


def _transpose_gradient(F: Any, g: Any, y: Any, data: Any, axes: tuple[int, ...]) -> Any:
    return F.transpose(g, axes=tuple(sorted(range(len(axes)), key=axes.__getitem__)))


@op("transpose", shape=_transpose_rule, view=True, gradient=_transpose_gradient)
def transpose(xp, data, /, *, axes: tuple[int, ...] = ()):
    """Dimension i of the result is dimension `axes[i]` of the input; by default all reversed.

    >>> mx.nd.transpose(mx.nd.array([[1, 2], [3, 4]])).asnumpy()
    array([[1., 3.],
           [2., 4.]], dtype=float32)
    """
    return xp.transpose(data, axes or None)


def _swapped(shape: Shape | None, dim1: int, dim2: int) -> Shape | None:
    if shape is None:
        return None
    dims = list(shape)
    a, b = axis_of(dim1, len(dims)), axis_of(dim2, len(dims))
    dims[a], dims[b] = dims[b], dims[a]
    return tuple(dims)


def _swap_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    dims = params["dim1"], params["dim2"]
    out = unify(_swapped(ins[0], *dims), outs[0])
    return (_swapped(out, *dims),), (out,)


@op(
    "SwapAxis",
    alias=("swapaxes",),
    shape=_swap_rule,
    view=True,
    gradient=lambda F, g, y, data, **params: F.SwapAxis(g, **params),
)
def swap_axis(xp, data, /, *, dim1: int = 0, dim2: int = 0):
    """Two dimensions exchanged.

    >>> mx.nd.SwapAxis(mx.nd.zeros((2, 3, 4)), dim1=0, dim2=2).shape
    (4, 3, 2)
    """
    return xp.swapaxes(data, dim1, dim2)


def _axes_checked(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """One shape for both, and `axis` names dimensions of it, each once."""
    shape = unify(ins[0], outs[0])
    if shape is not None:
        axes_of(params["axis"], len(shape))
    return (shape,), (shape,)


@op(
    "reverse",
    alias=("flip",),
    shape=_axes_checked,
    view=True,
    gradient=lambda F, g, y, data, axis: F.reverse(g, axis=axis),
)
def reverse(xp, data, /, *, axis: tuple[int, ...]):
    """The order of the elements reversed along each axis named.

    >>> mx.nd.reverse(mx.nd.array([[1, 2], [3, 4]]), axis=1).asnumpy()
    array([[2., 1.],
           [4., 3.]], dtype=float32)
    """
    return xp.flip(data, axis)


# The shape itself, and nothing else


def _rank_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    rank = None if ins[0] is None else len(ins[0])
    return ins, (unify((rank,), outs[0]),)


@op("shape_array", shape=_rank_rule, dtype=fixed_dtype("int64"), gradient=no_gradient)
def shape_array(xp, data, /):
    """The shape of the input as an array of int64.

    >>> mx.nd.shape_array(mx.nd.zeros((2, 3))).asnumpy()
    array([2, 3])
    """
    return xp.asarray(data.shape, dtype="int64")


def _one_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    return ins, (unify((1,), outs[0]),)


@op("size_array", shape=_one_rule, dtype=fixed_dtype("int64"), gradient=no_gradient)
def size_array(xp, data, /):
    """The number of elements of the input, as an array (1,) of int64.

    >>> mx.nd.size_array(mx.nd.zeros((2, 3))).asnumpy()
    array([6])
    """
    return xp.asarray([data.size], dtype="int64")


@op("_copy", alias=("identity",), view=True, gradient=lambda F, g, y, data: g)
def identity(xp, data, /):
    """The input itself.

    >>> mx.nd.identity(mx.nd.array([1, 2])).asnumpy()
    array([1., 2.], dtype=float32)
    """
    return data


def _like_rhs_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = unify(unify(ins[0], ins[1]), outs[0])
    return (shape, shape), (shape,)


@op(
    "_identity_with_attr_like_rhs",
    shape=_like_rhs_shape,
    dtype=first_dtype,
    view=True,
    gradient=lambda F, g, y, lhs, rhs: (g, None),
)
def identity_with_attr_like_rhs(xp, lhs, rhs, /):
    """The first input itself, whose shape is that of the second.

    >>> function = mx.nd._internal._identity_with_attr_like_rhs
    >>> function(mx.nd.array([1, 2]), mx.nd.zeros(2)).asnumpy()
    array([1., 2.], dtype=float32)
    """
    return lhs


@op("BlockGrad", alias=("stop_gradient",), view=True, gradient=no_gradient)
def block_grad(xp, data, /):
    """The input itself; no gradient flows back through it.

    >>> mx.nd.BlockGrad(mx.nd.array([1, 2])).asnumpy()
    array([1., 2.], dtype=float32)
    """
    return data
