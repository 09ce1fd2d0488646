"""UpSampling: images enlarged by whole factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from ..errors import shape_text
from ..specs import Dim, Shape
from . import numbered
from .casting import floating
from .convolve import spread
from .params import Range
from .registry import op
from .rules import Mismatch, Params, Shapes, unify
from .windows import Window

Count = Annotated[int, Range(1, None)]
Scale = Annotated[int, Range(1, 1000)]
SampleType = Literal["bilinear", "nearest"]
Mode = Literal["concat", "sum"]


def _names(params: Params) -> Sequence[str]:
    if params["sample_type"] == "bilinear":
        return ("data", "weight")
    return numbered.Numbered(params["num_args"], "arg")


# Shapes


def _shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    if ins[0] is None:
        return ins, outs
    _check_rank(ins[0])
    if params["sample_type"] == "bilinear":
        return _bilinear_shape(ins, outs, params)
    if any(shape is None for shape in ins):
        return ins, outs
    n, channels, *space = ins[0]
    scale = params["scale"]
    sizes = tuple(None if size is None else size * scale for size in space)
    total: Dim = 0
    for shape in ins:
        _check_part(shape or (), sizes)
        part = (shape or ())[1]
        total = None if total is None or part is None else total + part
        if params["multi_input_mode"] == "sum":
            total = (unify((channels,), (part,)) or ())[0]
    batches = [unify((n,), (shape or ())[:1]) or (None,) for shape in ins]
    return ins, (unify((batches[-1][0], total, *sizes), outs[0]),)


def _check_rank(shape: Shape) -> None:
    if len(shape) != 4:
        raise Mismatch(
            f"data must have the shape (batch, channel, height, width), not {shape_text(shape)}",
            hint="Its layout is NCHW: x.reshape((1, 1, 4, 4)), for example.",
        )


def _check_part(shape: Shape, sizes: Shape) -> None:
    _check_rank(shape)
    for size, whole in zip(shape[2:], sizes, strict=True):
        if size is not None and whole is not None and (size == 0 or whole % size):
            raise Mismatch(
                f"an input of {shape_text(shape)} cannot be enlarged to {shape_text(sizes)}"
                " by whole factors",
                hint="The first input and scale say how large the result is.",
            )


def _bilinear_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, weight = ins
    n, channels, *space = data or ()
    scale, filters = params["scale"], params["num_filter"]
    unify((channels,), (filters,))
    kernel = _window(scale).kernel
    sizes = (None if size is None else size * scale for size in space)
    out = unify((n, filters, *sizes), outs[0])
    return (data, unify((filters, 1, *kernel), weight)), (out,)


def _window(scale: int) -> Window:
    """The windows of the convolution that this is the transpose of."""
    kernel, pad = 2 * scale - scale % 2, scale // 2
    return Window((kernel,) * 2, (scale,) * 2, (1, 1), (pad,) * 2)


# Running


def _gradient(F, g, y, *data, sample_type, scale, multi_input_mode, num_filter, **_):
    if sample_type == "nearest":
        back = F._backward_UpSampling(g, *data, scale=scale, multi_input_mode=multi_input_mode)
        return tuple(back)
    at = _window(scale)
    settings = {"kernel": at.kernel, "stride": at.stride, "pad": at.pad}
    settings.update(num_filter=num_filter, num_group=num_filter)
    return (
        F._backward_Deconvolution_data(g, data[1], data[0], **settings),
        F._backward_Deconvolution_weight(data[0], g, **settings),
    )


@op(
    "UpSampling",
    shape=_shape,
    dtype=floating,
    inputs=_names,
    initial={"weight": '["bilinear", {}]'},
    gradient=_gradient,
)
def upsampling(
    xp,
    /,
    *data,
    scale: Scale,
    num_filter: int = 0,
    sample_type: SampleType,
    multi_input_mode: Mode = "concat",
    num_args: Count,
    workspace: Annotated[int, Range(0, None)] = 512,
):
    """Images enlarged by a whole factor.

    Shapes: data `(batch, channel, height, width)`, result `(batch, channel, scale height, scale width)`.
    All have one floating-point dtype.

    scale
        The factor, of the first input's height and width.
    sample_type
        `nearest`: each number is repeated. There may be several inputs, each of which is enlarged to the
        size of the result. `bilinear`: a transposed convolution of each channel by itself, with the second
        input, weight `(channel, 1, k, k)`, where `k = 2 scale - scale mod 2`; the initialiser Bilinear
        makes that an interpolation.
    num_filter
        Of `bilinear`, the number of channels.
    multi_input_mode
        What becomes of several enlarged inputs of `nearest`: `concat` joins their channels, `sum` adds
        them up.
    num_args
        Number of inputs; it need not be given.
    workspace
        Accepted, without effect.

    >>> mx.nd.UpSampling(mx.nd.array([[[[1, 2]]]]), scale=2, sample_type="nearest").asnumpy()
    array([[[[1., 1., 2., 2.],
             [1., 1., 2., 2.]]]], dtype=float32)
    """
    n, channels, *space = data[0].shape
    sizes = tuple(size * scale for size in space)
    if sample_type == "bilinear":
        result = xp.empty((n, channels, *sizes), dtype=data[0].dtype)
        spread(xp, data[0], data[1], _window(scale), channels, result)
        return result
    if multi_input_mode == "concat":
        channels = sum(item.shape[1] for item in data)
    result = xp.zeros((n, channels, *sizes), dtype=data[0].dtype)
    first = 0
    for item in data:
        place = _repeated(result, item, slice(first, first + item.shape[1]))
        place += item[:, :, :, None, :, None]
        first += item.shape[1] if multi_input_mode == "concat" else 0
    return result


def _repeated(array: Any, like: Any, part: slice) -> Any:
    """Some channels of `(N, C, H, W)` as `(N, c, h, H / h, w, W / w)` for `like (N, c, h, w)`."""
    n, channels, height, width = like.shape
    shape = (n, channels, height, array.shape[2] // max(height, 1), width)
    block = array[:, part]
    return block.reshape(*shape, array.shape[3] // max(width, 1))


def _parts(params: Params) -> Sequence[str]:
    return numbered.outputs(params["num_args"] - 1)


def _parts_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """The outputs have the shapes of the inputs but the first."""
    shapes = tuple(unify(part, out) for part, out in zip(ins[1:], outs, strict=True))
    return (ins[0], *shapes), shapes


def _enlarged(F, g, y, grad, *data, scale, multi_input_mode, num_args):
    """The gradient of `_backward_UpSampling` by its first input."""
    heads = [
        F.zeros_like(x) if head is None else head
        for head, x in zip(g if isinstance(g, tuple) else (g,), data, strict=True)
    ]
    back = F.UpSampling(
        *heads, scale=scale, sample_type="nearest", multi_input_mode=multi_input_mode
    )
    return (back, *[None] * len(data))


@op(
    "_backward_UpSampling",
    shape=_parts_shape,
    dtype=floating,
    outputs=_parts,
    gradient=_enlarged,
)
def backward_upsampling(
    xp, /, *arrays, scale: Scale, multi_input_mode: Mode = "concat", num_args: Count
):
    """Gradients of the inputs of `UpSampling` by nearest: sums of what their repetitions get.

    The first input is the gradient of the result; of the others, the shape alone is used.
    """
    grad, *data = arrays
    wide = "float32" if grad.dtype == "float16" else grad.dtype
    results, first = [], 0
    for item in data:
        block = _repeated(grad, item, slice(first, first + item.shape[1]))
        results.append(block.sum(axis=(3, 5), dtype=wide).astype(grad.dtype, copy=False))
        first += item.shape[1] if multi_input_mode == "concat" else 0
    return tuple(results)
