"""Operators that make axes longer: broadcasting, repeating, padding."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, Literal

import numpy as np

from ..errors import counted, shape_text
from ..specs import Dim, Shape
from .backward import gradient_dtype, like_shape, total
from .borders import bordered, unbordered
from .params import Range
from .registry import op
from .reshape import product
from .rules import Mismatch, Params, Shapes, axis_of, first_dtype, forward, unify

# Broadcasting


def _broadcast_dims(source: Shape, target: Shape) -> Shape:
    """`source` stretched to `target`, where None keeps a dimension."""
    if len(source) != len(target):
        raise Mismatch(
            f"{shape_text(source)} cannot be broadcast to {counted(len(target), 'dimension')}",
            hint="Both need the same number of dimensions; see expand_dims and reshape.",
        )
    for dim, size in zip(source, target, strict=True):
        if size is not None and dim not in (None, 1, size):
            raise Mismatch(
                f"{shape_text(source)} cannot be broadcast to {shape_text(target)}",
                hint="Only a dimension of size 1 can be stretched.",
            )
    return tuple(dim if size is None else size for dim, size in zip(source, target, strict=True))


def _broadcast_to_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    target = tuple(size or None for size in params["shape"])
    if ins[0] is not None:
        target = _broadcast_dims(ins[0], target)
        return ins, (unify(target, outs[0]),)
    return ins, outs


@op(
    "broadcast_to",
    shape=_broadcast_to_rule,
    view=True,
    gradient=lambda F, g, y, data, **params: F._backward_broadcast(g, data),
)
def broadcast_to(xp, data, /, *, shape: Annotated[tuple[int, ...], Range(0, None)] = ()):
    """Dimensions of size 1 repeated to the sizes in `shape`; a size of 0 keeps the dimension.

    >>> mx.nd.broadcast_to(mx.nd.array([[1], [2]]), shape=(2, 3)).asnumpy()
    array([[1., 1., 1.],
           [2., 2., 2.]], dtype=float32)
    """
    target = tuple(size or None for size in shape)
    return xp.broadcast_to(data, _broadcast_dims(data.shape, target))


def _stretched(data: Shape, axis: tuple[int, ...], size: tuple[int, ...]) -> Shape:
    if len(axis) != len(size):
        raise Mismatch(
            f"axis {axis} and size {size} must be of one length",
            hint="Give one size for each axis.",
        )
    target: list[Dim] = [None] * len(data)
    for item, dim in zip(axis, size, strict=True):
        place = axis_of(item, len(data))
        if data[place] != 1:
            raise Mismatch(
                f"axis {item} has size {data[place]}: only size 1 can be stretched",
                hint="Choose an axis of size 1.",
            )
        target[place] = dim
    return _broadcast_dims(data, tuple(target))


@op(
    "broadcast_axis",
    alias=("broadcast_axes",),
    shape=forward(_stretched),
    view=True,
    gradient=lambda F, g, y, data, **params: F._backward_broadcast(g, data),
)
def broadcast_axis(
    xp,
    data,
    /,
    *,
    axis: tuple[int, ...] = (),
    size: Annotated[tuple[int, ...], Range(0, None)] = (),
):
    """Each axis named, of size 1, repeated to the size given for it.

    >>> mx.nd.broadcast_axis(mx.nd.array([[1], [2]]), axis=1, size=3).asnumpy()
    array([[1., 1., 1.],
           [2., 2., 2.]], dtype=float32)
    """
    return xp.broadcast_to(data, _stretched(data.shape, axis, size))


def _broadcast_like_shape(
    lhs: Shape, rhs: Shape, lhs_axes: tuple[int, ...] | None, rhs_axes: tuple[int, ...] | None
) -> Shape:
    if lhs_axes is None and rhs_axes is None:
        return _broadcast_dims(lhs, rhs)
    if lhs_axes is None or rhs_axes is None or len(lhs_axes) != len(rhs_axes):
        raise Mismatch(
            "lhs_axes and rhs_axes must both be given, and be of one length",
            hint="Leave both out to take the whole shape.",
        )
    target: list[Dim] = [None] * len(lhs)
    for to, source in zip(lhs_axes, rhs_axes, strict=True):
        target[axis_of(to, len(lhs))] = rhs[axis_of(source, len(rhs))]
    return _broadcast_dims(lhs, tuple(target))


@op(
    "broadcast_like",
    outline=("rhs",),
    shape=forward(_broadcast_like_shape),
    dtype=first_dtype,
    view=True,
    gradient=lambda F, g, y, lhs, rhs, **params: (F._backward_broadcast(g, lhs), None),
)
def broadcast_like(
    xp,
    lhs,
    rhs,
    /,
    *,
    lhs_axes: tuple[int, ...] | None = None,
    rhs_axes: tuple[int, ...] | None = None,
):
    """`lhs` stretched to the shape of `rhs`, or its axes `lhs_axes` to the sizes of `rhs_axes`.

    >>> mx.nd.broadcast_like(mx.nd.array([[1], [2]]), mx.nd.zeros((2, 3))).asnumpy()
    array([[1., 1., 1.],
           [2., 2., 2.]], dtype=float32)
    """
    return xp.broadcast_to(lhs, _broadcast_like_shape(lhs.shape, rhs.shape, lhs_axes, rhs_axes))


# Repeating


def _tiled(data: Shape, reps: tuple[int, ...]) -> Shape:
    rank = max(len(data), len(reps))
    dims, times = (1,) * (rank - len(data)) + data, (1,) * (rank - len(reps)) + reps
    return tuple(product(pair) for pair in zip(dims, times, strict=True))


def _stretched_copy(xp: Any, data: Any, reps: tuple[int, ...]) -> Any:
    """:func:`tile` on a GPU: one copy, where CuPy makes one for each dimension."""
    rank = max(data.ndim, len(reps))
    dims, times = (1,) * (rank - data.ndim) + data.shape, (1,) * (rank - len(reps)) + reps
    tiles = [size for pair in zip(times, dims, strict=True) for size in pair]
    single = data.reshape([size for dim in dims for size in (1, dim)])
    shape = tuple(size * dim for size, dim in zip(times, dims, strict=True))
    return xp.broadcast_to(single, tiles).copy(order="C").reshape(shape)


@op(
    "tile",
    shape=forward(_tiled),
    gradient=lambda F, g, y, data, reps: F._backward_tile(g, data, reps=reps),
)
def tile(xp, data, /, *, reps: Annotated[tuple[int, ...], Range(0, None)]):
    """The whole array repeated `reps[i]` times along dimension i, counted from the last.

    >>> mx.nd.tile(mx.nd.array([[1, 2]]), reps=(2, 2)).asnumpy()
    array([[1., 2., 1., 2.],
           [1., 2., 1., 2.]], dtype=float32)
    """
    if xp is not np:
        return _stretched_copy(xp, data, reps)
    return xp.tile(data, reps)


@op(
    "_backward_tile",
    outline=("data",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, data, reps: (F.tile(g, reps=reps), None),
)
def backward_tile(xp, ograd, data, /, *, reps: tuple[int, ...]):
    """The gradient of `tile`: the sum over the tiles, in the shape of `data`."""
    rank = max(data.ndim, len(reps))
    times, dims = (1,) * (rank - len(reps)) + reps, (1,) * (rank - data.ndim) + data.shape
    sizes, axes = [1], []
    for count, size in zip(times, dims, strict=True):
        # An array has 64 dimensions at most: only before those that were tiled there is one more, and
        # what lies between them is one.
        if count != 1:
            axes.append(len(sizes))
            sizes += [count, size]
        else:
            sizes[-1] *= size
    return total(xp, ograd.reshape(sizes), tuple(axes)).reshape(data.shape)


def _repeated(data: Shape, repeats: int, axis: int | None) -> Shape:
    if axis is None:
        return (product((*data, repeats)),)
    place = axis_of(axis, len(data))
    return (*data[:place], product((data[place], repeats)), *data[place + 1 :])


def _repeated_copy(xp: Any, data: Any, repeats: int, axis: int | None) -> Any:
    """:func:`repeat` on a GPU: one copy, where CuPy makes one for each position."""
    data = data.reshape(-1) if axis is None else data
    end = 1 if axis is None else axis_of(axis, data.ndim) + 1
    before, after = data.shape[:end], data.shape[end:]
    runs = xp.broadcast_to(data.reshape(*before, 1, *after), (*before, repeats, *after))
    return runs.copy(order="C").reshape(*before[:-1], before[-1] * repeats, *after)


@op(
    "repeat",
    shape=forward(_repeated),
    gradient=lambda F, g, y, data, **params: F._backward_repeat(g, data, **params),
)
def repeat(xp, data, /, *, repeats: Annotated[int, Range(0, None)], axis: int | None = None):
    """Each element repeated in its place along `axis`; without one the array is flattened first.

    >>> mx.nd.repeat(mx.nd.array([[1, 2]]), repeats=2, axis=1).asnumpy()
    array([[1., 1., 2., 2.]], dtype=float32)
    """
    if xp is not np:
        return _repeated_copy(xp, data, repeats, axis)
    return xp.repeat(data, repeats, axis)


@op(
    "_backward_repeat",
    outline=("data",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, data, **params: (F.repeat(g, **params), None),
)
def backward_repeat(xp, ograd, data, /, *, repeats: int, axis: int | None = None):
    """The gradient of `repeat`: the sum over each element's repetitions, in the shape of `data`."""
    end = data.ndim if axis is None else axis_of(axis, data.ndim) + 1
    # Of 64 dimensions there can be none more, so those on either side are joined.
    runs = ograd.reshape(prod(data.shape[:end]), repeats, prod(data.shape[end:]))
    return total(xp, runs, (1,)).reshape(data.shape)


# Padding


def _padded(data: Shape, mode: str, pad_width: tuple[int, ...], constant_value: float) -> Shape:
    if len(pad_width) != 2 * len(data):
        raise Mismatch(
            f"pad_width has {len(pad_width)} numbers; {shape_text(data)} needs {2 * len(data)}",
            hint="Two for each dimension: (before_1, after_1, before_2, after_2, …).",
        )
    pairs = list(zip(pad_width[::2], pad_width[1::2], strict=True))
    for dim, widths in zip(data, pairs, strict=True):
        if mode == "reflect" and dim is not None and max(widths) > max(dim - 1, 0):
            raise Mismatch(
                f"a dimension of size {dim} cannot be reflected {max(widths)} wide",
                hint="Pad less: at most one less than the size.",
            )
        if mode == "edge" and dim == 0 and max(widths):
            raise Mismatch(
                "a dimension of size 0 has no edge to pad with", hint="Write mode='constant'."
            )
    return tuple(
        None if dim is None else dim + before + after
        for dim, (before, after) in zip(data, pairs, strict=True)
    )


def _pad_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    if ins[0] is None:
        return ins, outs
    return ins, (unify(_padded(ins[0], **params), outs[0]),)


def _pad_gradient(
    F: Any, g: Any, y: Any, data: Any, mode: str, pad_width: tuple[int, ...], constant_value: float
) -> Any:
    if mode == "constant":
        end = tuple(-after or None for after in pad_width[1::2])
        return F.slice(g, begin=pad_width[::2], end=end)
    return F._backward_Pad(g, data, mode=mode, pad_width=pad_width)


@op("Pad", alias=("pad",), shape=_pad_rule, gradient=_pad_gradient)
def pad(
    xp,
    data,
    /,
    *,
    mode: Literal["constant", "edge", "reflect"],
    pad_width: Annotated[tuple[int, ...], Range(0, None)],
    constant_value: float = 0.0,
):
    """The array with a border of `pad_width` = (before_1, after_1, before_2, after_2, …) elements.

    The border is `constant_value`, the nearest element (`edge`), or the array mirrored at its first
    and last elements (`reflect`). Any number of dimensions and any dtype.

    >>> mx.nd.pad(mx.nd.array([[1, 2, 3]]), mode="reflect", pad_width=(0, 0, 2, 1)).asnumpy()
    array([[3., 2., 1., 2., 3., 2.]], dtype=float32)
    """
    pairs = list(zip(pad_width[::2], pad_width[1::2], strict=True))
    if xp is not np:
        return bordered(xp, data, pairs, mode, constant_value)
    filling = {"constant_values": constant_value} if mode == "constant" else {}
    return xp.pad(data, pairs, mode=mode, **filling)


@op(
    "_backward_Pad",
    outline=("data",),
    shape=like_shape,
    dtype=gradient_dtype,
    gradient=lambda F, g, y, ograd, data, **params: (F.Pad(g, **params), None),
)
def backward_pad(
    xp, ograd, data, /, *, mode: Literal["edge", "reflect"], pad_width: tuple[int, ...]
):
    """The gradient of `Pad` with a border of copies: each element's own and those of its copies."""
    if xp is not np:
        return unbordered(xp, ograd, data.shape, pad_width, mode)
    # Axis by axis, the border is added to what it was copied from, and cut off.
    for axis, size in enumerate(data.shape):
        before, after = pad_width[2 * axis : 2 * axis + 2]
        whole = xp.moveaxis(ograd, axis, 0)
        inner = whole[before : before + size].copy()
        first, last = whole[:before], whole[before + size :]
        if mode == "reflect":
            inner[1 : before + 1] += first[::-1]
            inner[size - 1 - after : size - 1] += last[::-1]
        elif size:
            inner[:1] += total(xp, first, (0,))
            inner[-1:] += total(xp, last, (0,))
        ograd = xp.moveaxis(inner, 0, axis)
    return ograd
