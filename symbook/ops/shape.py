"""Operators that change the shape or the order of elements, and none of the values.

Those declared `view` give a view of the input where NumPy can, and never change it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from ..errors import counted, shape_text
from ..specs import Dim, Shape, is_known, known
from .params import Range
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
    unify_all,
)


def _product(dims: Sequence[Dim]) -> Dim:
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
            dims.append(_product([cursor.next(), cursor.next()]))
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
    size = _product(shape)
    others = _product([dim for place, dim in enumerate(dims) if place != free])
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
        known = _product([dim for dim in source if dim is not None])
        total = _product(out or ())
        if known and total is not None and total % known == 0:
            source = tuple(total // known if dim is None else dim for dim in source)
            # The codes are checked again, now that the dimension is known.
            out = unify(reshaped(source, codes, params["reverse"]), out)
    return (source,), (out,)


@op("Reshape", alias=("reshape",), shape=_reshape_rule, view=True)
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
    if _product(shape) != _product(lhs):
        raise Mismatch(
            f"{shape_text(lhs)} cannot be reshaped to {shape_text(shape)}: the sizes differ"
        )
    return shape


@op("reshape_like", shape=forward(_like_shape), dtype=first_dtype, view=True)
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
    """
    return lhs.reshape(_like_shape(lhs.shape, rhs.shape, lhs_begin, lhs_end, rhs_begin, rhs_end))


def _flatten_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (source,), (out,) = ins, outs
    if not source:
        return ins, outs
    joined = unify((source[0], _product(source[1:])), out) or ()
    return ((joined[0], *source[1:]),), (joined,)


@op("Flatten", alias=("flatten",), shape=_flatten_rule, view=True)
def flatten(xp, data, /):
    """A matrix with the first dimension kept and all others joined: (a, b, c) gives (a, b*c)."""
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


@op("expand_dims", shape=_expand_rule, view=True)
def expand_dims(xp, data, /, *, axis: int):
    """The same elements with a dimension of size 1 put in at `axis`."""
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


@op("squeeze", shape=forward(_squeezed), view=True)
def squeeze(xp, data, /, *, axis: tuple[int, ...] | None = None):
    """The same elements without dimensions of size 1: all of them, or those named in `axis`."""
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


@op("transpose", shape=_transpose_rule, view=True)
def transpose(xp, data, /, *, axes: tuple[int, ...] = ()):
    """Dimension i of the result is dimension `axes[i]` of the input; by default all reversed."""
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


@op("SwapAxis", alias=("swapaxes",), shape=_swap_rule, view=True)
def swap_axis(xp, data, /, *, dim1: int = 0, dim2: int = 0):
    """Two dimensions exchanged."""
    return xp.swapaxes(data, dim1, dim2)


def _axes_checked(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """One shape for both, and `axis` names dimensions of it, each once."""
    shape = unify(ins[0], outs[0])
    if shape is not None:
        axes_of(params["axis"], len(shape))
    return (shape,), (shape,)


@op("reverse", alias=("flip",), shape=_axes_checked, view=True)
def reverse(xp, data, /, *, axis: tuple[int, ...]):
    """The order of the elements reversed along each axis named."""
    return xp.flip(data, axis)


# Size of axes


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


@op("broadcast_to", shape=_broadcast_to_rule, view=True)
def broadcast_to(xp, data, /, *, shape: Annotated[tuple[int, ...], Range(0, None)] = ()):
    """Dimensions of size 1 repeated to the sizes in `shape`; a size of 0 keeps the dimension."""
    target = tuple(size or None for size in shape)
    return xp.broadcast_to(data, _broadcast_dims(data.shape, target))


def _stretched(data: Shape, axis: tuple[int, ...], size: tuple[int, ...]) -> Shape:
    if len(axis) != len(size):
        raise Mismatch(f"axis {axis} and size {size} must be of one length")
    target: list[Dim] = [None] * len(data)
    for item, dim in zip(axis, size, strict=True):
        place = axis_of(item, len(data))
        if data[place] != 1:
            raise Mismatch(f"axis {item} has size {data[place]}: only size 1 can be stretched")
        target[place] = dim
    return _broadcast_dims(data, tuple(target))


@op("broadcast_axis", alias=("broadcast_axes",), shape=forward(_stretched), view=True)
def broadcast_axis(
    xp,
    data,
    /,
    *,
    axis: tuple[int, ...] = (),
    size: Annotated[tuple[int, ...], Range(0, None)] = (),
):
    """Each axis named, of size 1, repeated to the size given for it."""
    return xp.broadcast_to(data, _stretched(data.shape, axis, size))


def _broadcast_like_shape(
    lhs: Shape, rhs: Shape, lhs_axes: tuple[int, ...] | None, rhs_axes: tuple[int, ...] | None
) -> Shape:
    if lhs_axes is None and rhs_axes is None:
        return _broadcast_dims(lhs, rhs)
    if lhs_axes is None or rhs_axes is None or len(lhs_axes) != len(rhs_axes):
        raise Mismatch("lhs_axes and rhs_axes must both be given, and be of one length")
    target: list[Dim] = [None] * len(lhs)
    for to, source in zip(lhs_axes, rhs_axes, strict=True):
        target[axis_of(to, len(lhs))] = rhs[axis_of(source, len(rhs))]
    return _broadcast_dims(lhs, tuple(target))


@op("broadcast_like", shape=forward(_broadcast_like_shape), dtype=first_dtype, view=True)
def broadcast_like(
    xp,
    lhs,
    rhs,
    /,
    *,
    lhs_axes: tuple[int, ...] | None = None,
    rhs_axes: tuple[int, ...] | None = None,
):
    """`lhs` stretched to the shape of `rhs`, or its axes `lhs_axes` to the sizes of `rhs_axes`."""
    return xp.broadcast_to(lhs, _broadcast_like_shape(lhs.shape, rhs.shape, lhs_axes, rhs_axes))


def _tiled(data: Shape, reps: tuple[int, ...]) -> Shape:
    rank = max(len(data), len(reps))
    dims, times = (1,) * (rank - len(data)) + data, (1,) * (rank - len(reps)) + reps
    return tuple(_product(pair) for pair in zip(dims, times, strict=True))


@op("tile", shape=forward(_tiled))
def tile(xp, data, /, *, reps: Annotated[tuple[int, ...], Range(0, None)]):
    """The whole array repeated `reps[i]` times along dimension i, counted from the last."""
    return xp.tile(data, reps)


def _repeated(data: Shape, repeats: int, axis: int | None) -> Shape:
    if axis is None:
        return (_product((*data, repeats)),)
    place = axis_of(axis, len(data))
    return (*data[:place], _product((data[place], repeats)), *data[place + 1 :])


@op("repeat", shape=forward(_repeated))
def repeat(xp, data, /, *, repeats: Annotated[int, Range(0, None)], axis: int | None = None):
    """Each element repeated in its place along `axis`; without one the array is flattened first."""
    return xp.repeat(data, repeats, axis)


def _padded(data: Shape, mode: str, pad_width: tuple[int, ...], constant_value: float) -> Shape:
    if len(pad_width) != 2 * len(data):
        raise Mismatch(
            f"pad_width has {len(pad_width)} numbers; {shape_text(data)} needs {2 * len(data)}",
            hint="Two for each dimension: (before_1, after_1, before_2, after_2, …).",
        )
    pairs = list(zip(pad_width[::2], pad_width[1::2], strict=True))
    for dim, widths in zip(data, pairs, strict=True):
        if mode == "reflect" and dim is not None and max(widths) > max(dim - 1, 0):
            raise Mismatch(f"a dimension of size {dim} cannot be reflected {max(widths)} wide")
        if mode == "edge" and dim == 0 and max(widths):
            raise Mismatch("a dimension of size 0 has no edge to pad with")
    return tuple(
        None if dim is None else dim + before + after
        for dim, (before, after) in zip(data, pairs, strict=True)
    )


def _pad_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    if ins[0] is None:
        return ins, outs
    return ins, (unify(_padded(ins[0], **params), outs[0]),)


@op("Pad", alias=("pad",), shape=_pad_rule)
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
    """
    pairs = list(zip(pad_width[::2], pad_width[1::2], strict=True))
    filling = {"constant_values": constant_value} if mode == "constant" else {}
    return xp.pad(data, pairs, mode=mode, **filling)


# Joining and taking apart


def _concat_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    ranks = {len(shape) for shape in (*ins, *outs) if shape is not None}
    if not ranks:
        return ins, outs
    if len(ranks) > 1:
        raise Mismatch("arrays to be joined must have the same number of dimensions")
    rank = ranks.pop()
    axis = axis_of(params["dim"], rank)
    unknown: Shape = (None,) * rank
    parts = [unknown if shape is None else shape for shape in ins]
    whole = unknown if outs[0] is None else outs[0]
    common = unify_all([_with(shape, axis, None) for shape in (*parts, whole)]) or ()
    sizes = [shape[axis] for shape in parts]
    total = whole[axis]
    if None not in sizes:
        known = sum(size for size in sizes if size is not None)
        total = (unify((known,), (total,)) or ())[0]
    elif sizes.count(None) == 1 and total is not None:
        left = total - sum(size for size in sizes if size is not None)
        if left < 0:
            raise Mismatch(f"the arrays are longer together than {total}, the size of the result")
        sizes = [left if size is None else size for size in sizes]
    return tuple(_with(common, axis, size) for size in sizes), (_with(common, axis, total),)


def _with(shape: Shape, axis: int, dim: Dim) -> Shape:
    """The shape with one dimension replaced."""
    return (*shape[:axis], dim, *shape[axis + 1 :])


@op("Concat", alias=("concat",), shape=_concat_rule)
def concat(xp, /, *data, num_args: Annotated[int, Range(1, None)], dim: int = 1, out=None):
    """Arrays joined along axis `dim`; their other dimensions are equal."""
    return xp.concatenate(data, axis=dim, out=out)


def _stack_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (out,) = outs
    part = unify_all(ins)
    if part is None and out is None:
        return ins, outs
    rank = len(part) + 1 if part is not None else len(out or ())
    axis = axis_of(params["axis"], rank)
    part = (None,) * (rank - 1) if part is None else part
    full = unify((*part[:axis], len(ins), *part[axis:]), out) or ()
    return ((*full[:axis], *full[axis + 1 :]),) * len(ins), (full,)


@op("stack", shape=_stack_rule)
def stack(xp, /, *data, axis: int = 0, num_args: Annotated[int, Range(1, None)], out=None):
    """Arrays of one shape joined along a new axis."""
    return xp.stack(data, axis=axis, out=out)


def _split_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (source,) = ins
    if source is None:
        return ins, outs
    parts, squeeze_axis = params["num_outputs"], params["squeeze_axis"]
    axis = axis_of(params["axis"], len(source))
    size = source[axis]
    if size is not None and size % parts:
        raise Mismatch(
            f"axis {axis} of {shape_text(source)} cannot be split into {parts} equal parts",
            hint="num_outputs must divide the size of the axis.",
        )
    if size is not None and squeeze_axis and size != parts:
        raise Mismatch(
            f"squeeze_axis needs parts of size 1; here they have size {size // parts}",
            hint=f"Leave squeeze_axis out, or split into {size}.",
        )
    middle = () if squeeze_axis else (None if size is None else size // parts,)
    part = unify_all([(*source[:axis], *middle, *source[axis + 1 :]), *outs])
    return ins, (part,) * parts


def _split_names(params: Params) -> tuple[str, ...]:
    return tuple(f"output{i}" for i in range(params["num_outputs"]))


@op("SliceChannel", alias=("split",), shape=_split_rule, outputs=_split_names, view=True)
def slice_channel(
    xp,
    data,
    /,
    *,
    num_outputs: Annotated[int, Range(1, None)],
    axis: int = 1,
    squeeze_axis: bool = False,
):
    """`num_outputs` equal parts along an axis; `squeeze_axis` drops that axis where it is 1."""
    parts = xp.split(data, num_outputs, axis)
    return tuple(xp.squeeze(part, axis) for part in parts) if squeeze_axis else tuple(parts)


def _image(data: Shape) -> tuple[int, ...]:
    if len(data) != 4:
        raise Mismatch(f"the input must have 4 dimensions, not {len(data)}")
    return known(data)


def _depth_shape(data: Shape, block_size: int) -> Shape:
    n, c, h, w = _image(data)
    if c % block_size**2:
        raise Mismatch(f"{c} channels cannot be cut into blocks of {block_size}x{block_size}")
    return n, c // block_size**2, h * block_size, w * block_size


@op("depth_to_space", shape=forward(_depth_shape))
def depth_to_space(xp, data, /, *, block_size: Annotated[int, Range(1, None)]):
    """Channels laid out as blocks of pixels: (n, b*b*c, h, w) gives (n, c, h*b, w*b)."""
    n, c, h, w = data.shape
    blocks = data.reshape(n, block_size, block_size, c // block_size**2, h, w)
    shape = _depth_shape(data.shape, block_size)
    return blocks.transpose(0, 3, 4, 1, 5, 2).copy().reshape(shape)


def _space_shape(data: Shape, block_size: int) -> Shape:
    n, c, h, w = _image(data)
    if h % block_size or w % block_size:
        raise Mismatch(f"{h}x{w} pixels cannot be cut into blocks of {block_size}x{block_size}")
    return n, c * block_size**2, h // block_size, w // block_size


@op("space_to_depth", shape=forward(_space_shape))
def space_to_depth(xp, data, /, *, block_size: Annotated[int, Range(1, None)]):
    """Blocks of pixels laid out as channels: (n, c, h*b, w*b) gives (n, b*b*c, h, w)."""
    n, c, h, w = data.shape
    blocks = data.reshape(n, c, h // block_size, block_size, w // block_size, block_size)
    shape = _space_shape(data.shape, block_size)
    return blocks.transpose(0, 3, 5, 1, 2, 4).copy().reshape(shape)


# The shape itself, and nothing else


def _rank_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    rank = None if ins[0] is None else len(ins[0])
    return ins, (unify((rank,), outs[0]),)


@op("shape_array", shape=_rank_rule, dtype=fixed_dtype("int64"))
def shape_array(xp, data, /):
    """The shape of the input as an array of int64."""
    return xp.asarray(data.shape, dtype="int64")


def _one_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    return ins, (unify((1,), outs[0]),)


@op("size_array", shape=_one_rule, dtype=fixed_dtype("int64"))
def size_array(xp, data, /):
    """The number of elements of the input, as an array (1,) of int64."""
    return xp.asarray([data.size], dtype="int64")


@op("_copy", alias=("identity",), view=True)
def identity(xp, data, /):
    """The input itself."""
    return data


@op("BlockGrad", alias=("stop_gradient",), view=True)
def block_grad(xp, data, /):
    """The input itself; no gradient flows back through it."""
    return data
