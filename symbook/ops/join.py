"""Operators that join arrays and take them apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Annotated, Any

from ..errors import shape_text
from ..specs import Dim, Shape, known
from . import numbered
from .backward import gradient_dtype
from .numbered import Numbered
from .params import Range
from .registry import op
from .rules import Mismatch, Params, Shapes, axis_of, forward, unify, unify_all

# Joining


def _concat_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    ranks = {len(shape) for shape in (*ins, *outs) if shape is not None}
    if not ranks:
        return ins, outs
    if len(ranks) > 1:
        raise Mismatch(
            "arrays to be joined must have the same number of dimensions",
            hint="expand_dims adds a dimension of size 1.",
        )
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
            raise Mismatch(
                f"the arrays are longer together than {total}, the size of the result",
                hint="Their sizes along the axis add up to the result's.",
            )
        sizes = [left if size is None else size for size in sizes]
    return tuple(_with(common, axis, size) for size in sizes), (_with(common, axis, total),)


def _with(shape: Shape, axis: int, dim: Dim) -> Shape:
    """The shape with one dimension replaced."""
    return (*shape[:axis], dim, *shape[axis + 1 :])


def _concat_gradient(F: Any, g: Any, y: Any, *data: Any, num_args: int, dim: int) -> Any:
    return tuple(F._backward_Concat(g, *data, dim=dim))


@op("Concat", alias=("concat",), shape=_concat_rule, gradient=_concat_gradient)
def concat(xp, /, *data, num_args: Annotated[int, Range(1, None)], dim: int = 1, out=None):
    """Arrays joined along axis `dim`; their other dimensions are equal.

    >>> mx.nd.concat(mx.nd.array([[1], [2]]), mx.nd.array([[3, 4], [5, 6]]), dim=1).asnumpy()
    array([[1., 3., 4.],
           [2., 5., 6.]], dtype=float32)
    """
    return xp.concatenate(data, axis=dim, out=out)


def _complete(F: Any, g: Any, y: Any) -> list[Any]:
    """The gradient of each output, zeros where none flows back; of one output, in a list."""
    if not isinstance(y, tuple):
        return [g]
    return [F.zeros_like(value) if part is None else part for part, value in zip(g, y, strict=True)]


def _parts_names(params: Params) -> Sequence[str]:
    return Numbered(params["num_args"] - 1)


def _parts_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    return ins, tuple(unify(part, out) for part, out in zip(ins[1:], outs, strict=True))


def _parts_gradient(F: Any, g: Any, y: Any, ograd: Any, *data: Any, num_args: int, dim: int) -> Any:
    return F.Concat(*_complete(F, g, y), dim=dim), *[None] * len(data)


@op(
    "_backward_Concat",
    outline=("data",),
    shape=_parts_rule,
    dtype=gradient_dtype,
    outputs=_parts_names,
    view=True,
    gradient=_parts_gradient,
)
def backward_concat(xp, /, *data, num_args: Annotated[int, Range(2, None)], dim: int = 1):
    """The first array, a gradient, taken apart into pieces of the other arrays' sizes on axis `dim`."""
    ograd, *parts = data
    ends = list(accumulate(part.shape[dim] for part in parts))
    return tuple(xp.split(ograd, ends[:-1], axis=dim))


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


def _stack_gradient(F: Any, g: Any, y: Any, *data: Any, num_args: int, axis: int) -> Any:
    return tuple(F.SliceChannel(g, num_outputs=num_args, axis=axis, squeeze_axis=True))


@op("stack", shape=_stack_rule, gradient=_stack_gradient)
def stack(xp, /, *data, axis: int = 0, num_args: Annotated[int, Range(1, None)], out=None):
    """Arrays of one shape joined along a new axis.

    >>> mx.nd.stack(mx.nd.array([1, 2]), mx.nd.array([3, 4]), axis=1).asnumpy()
    array([[1., 3.],
           [2., 4.]], dtype=float32)
    """
    return xp.stack(data, axis=axis, out=out)


# Taking apart


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
    part = unify_all([(*source[:axis], *middle, *source[axis + 1 :]), *outs]) or ()
    after = part[axis:] if squeeze_axis else part[axis + 1 :]
    return ((*part[:axis], size, *after),), (part,) * parts


def _split_names(params: Params) -> Sequence[str]:
    return Numbered(params["num_outputs"])


def _split_gradient(
    F: Any, g: Any, y: Any, data: Any, num_outputs: int, axis: int, squeeze_axis: bool
) -> Any:
    parts = _complete(F, g, y)
    return F.stack(*parts, axis=axis) if squeeze_axis else F.Concat(*parts, dim=axis)


@op(
    "SliceChannel",
    alias=("split",),
    shape=_split_rule,
    outputs=_split_names,
    view=True,
    gradient=_split_gradient,
)
def slice_channel(
    xp,
    data,
    /,
    *,
    num_outputs: Annotated[int, Range(1, None)],
    axis: int = 1,
    squeeze_axis: bool = False,
):
    """`num_outputs` equal parts along an axis; `squeeze_axis` drops that axis where it is 1.

    >>> [part.asnumpy().tolist() for part in mx.nd.split(mx.nd.array([[1, 2, 3]]), num_outputs=3)]
    [[[1.0]], [[2.0]], [[3.0]]]
    """
    before = (slice(None),) * (axis % data.ndim)
    size = data.shape[axis] // num_outputs
    if squeeze_axis:
        return tuple([data[(*before, k, ...)] for k in range(num_outputs)])
    return tuple([data[(*before, slice(k * size, (k + 1) * size))] for k in range(num_outputs)])


def _ends(
    size: Dim, indices: tuple[int, ...], sections: int
) -> tuple[list[int | None], list[int | None]]:
    """Where the parts of an axis begin and end; None where that is not known."""
    if not sections:
        if not indices or indices[0] != 0 or list(indices) != sorted(indices):
            raise Mismatch(
                f"indices {indices} must be in order and begin with 0",
                hint="They say where each part begins; mx.sym.split_v2 adds the 0.",
            )
        return list(indices), [*indices[1:], size]
    if size is None:
        return [None] * sections, [None] * sections
    if size % sections:
        raise Mismatch(
            f"an axis of size {size} cannot be split into {sections} equal parts",
            hint="Choose a number of parts that divides it.",
        )
    step = size // sections
    return [i * step for i in range(sections)], [(i + 1) * step for i in range(sections)]


def _split_v2_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    (source,) = ins
    if source is None:
        return ins, outs
    axis = axis_of(params["axis"], len(source))
    parts: list[Shape] = []
    for begin, end in zip(*_ends(source[axis], params["indices"], params["sections"]), strict=True):
        size = None if begin is None or end is None else end - begin
        if size is not None and (size < 0 or (params["squeeze_axis"] and size != 1)):
            raise Mismatch(
                f"there is no part from {begin} to {end} of {shape_text(source)}",
                hint="indices are positions to cut at, in ascending order.",
            )
        kept = () if params["squeeze_axis"] else (size,)
        parts.append((*source[:axis], *kept, *source[axis + 1 :]))
    return ins, tuple(unify(part, out) for part, out in zip(parts, outs, strict=True))


def _split_v2_names(params: Params) -> Sequence[str]:
    return numbered.outputs(max(params["sections"] or len(params["indices"]), 1))


def _split_v2_gradient(
    F: Any, g: Any, y: Any, data: Any, axis: int, squeeze_axis: bool, **params: Any
) -> Any:
    parts = _complete(F, g, y)
    return F.stack(*parts, axis=axis) if squeeze_axis else F.Concat(*parts, dim=axis)


@op(
    "_split_v2",
    shape=_split_v2_rule,
    outputs=_split_v2_names,
    view=True,
    gradient=_split_v2_gradient,
)
def split_v2(
    xp,
    data,
    /,
    *,
    indices: tuple[int, ...],
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: Annotated[int, Range(0, None)] = 0,
):
    """Parts of an array along an axis, of any sizes.

    indices
        Where each part begins; the first is 0.
    squeeze_axis
        Drop the axis, which must have size 1 in all parts.
    sections
        Instead of indices: how many parts, of one size.

    >>> parts = mx.nd._internal._split_v2(mx.nd.array([[1, 2, 3]]), indices=(0, 1), axis=1)
    >>> [part.asnumpy().tolist() for part in parts]
    [[[1.0]], [[2.0, 3.0]]]
    """
    begins, _ = _ends(data.shape[axis], indices, sections)
    parts = xp.split(data, begins[1:], axis)
    return tuple(xp.squeeze(part, axis) for part in parts) if squeeze_axis else tuple(parts)


# Channels and pixels


def _image(data: Shape) -> tuple[int, ...]:
    if len(data) != 4:
        raise Mismatch(
            f"the input must have 4 dimensions, not {len(data)}",
            hint="Its layout is NCHW: batch, channel, height, width.",
        )
    return known(data)


def _depth_shape(data: Shape, block_size: int) -> Shape:
    n, c, h, w = _image(data)
    if c % block_size**2:
        raise Mismatch(
            f"{c} channels cannot be cut into blocks of {block_size}x{block_size}",
            hint="The channels must be a multiple of block_size * block_size.",
        )
    return n, c // block_size**2, h * block_size, w * block_size


@op(
    "depth_to_space",
    shape=forward(_depth_shape),
    gradient=lambda F, g, y, data, block_size: F.space_to_depth(g, block_size=block_size),
)
def depth_to_space(xp, data, /, *, block_size: Annotated[int, Range(1, None)]):
    """Channels laid out as blocks of pixels: (n, b*b*c, h, w) gives (n, c, h*b, w*b).

    >>> mx.nd.depth_to_space(mx.nd.array([[[[1]], [[2]], [[3]], [[4]]]]), block_size=2).asnumpy()
    array([[[[1., 2.],
             [3., 4.]]]], dtype=float32)
    """
    n, c, h, w = data.shape
    blocks = data.reshape(n, block_size, block_size, c // block_size**2, h, w)
    shape = _depth_shape(data.shape, block_size)
    return blocks.transpose(0, 3, 4, 1, 5, 2).copy().reshape(shape)


def _space_shape(data: Shape, block_size: int) -> Shape:
    n, c, h, w = _image(data)
    if h % block_size or w % block_size:
        raise Mismatch(
            f"{h}x{w} pixels cannot be cut into blocks of {block_size}x{block_size}",
            hint="Height and width must be multiples of block_size.",
        )
    return n, c * block_size**2, h // block_size, w // block_size


@op(
    "space_to_depth",
    shape=forward(_space_shape),
    gradient=lambda F, g, y, data, block_size: F.depth_to_space(g, block_size=block_size),
)
def space_to_depth(xp, data, /, *, block_size: Annotated[int, Range(1, None)]):
    """Blocks of pixels laid out as channels: (n, c, h*b, w*b) gives (n, b*b*c, h, w).

    >>> mx.nd.space_to_depth(mx.nd.array([[[[1, 2], [3, 4]]]]), block_size=2).shape
    (1, 4, 1, 1)
    """
    n, c, h, w = data.shape
    blocks = data.reshape(n, c, h // block_size, block_size, w // block_size, block_size)
    shape = _space_shape(data.shape, block_size)
    return blocks.transpose(0, 3, 5, 1, 2, 4).copy().reshape(shape)
