"""The correlation of two feature maps, over all displacements of one against the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import numpy as np

from ..specs import Dim
from .casting import floating
from .params import Range
from .registry import op
from .rules import Mismatch, Params, Shapes, unify_all
from .vision import require_pictures

Count = Annotated[int, Range(0, None)]
Positive = Annotated[int, Range(1, None)]


class Geometry(NamedTuple):
    """What the parameters say of places: see :func:`correlation`."""

    kernel_size: int
    max_displacement: int
    stride1: int
    stride2: int
    pad_size: int

    @property
    def steps(self) -> int:
        """How many displacements there are on each side of none, along one dimension."""
        return self.max_displacement // self.stride2

    @property
    def channels(self) -> int:
        """How many displacements there are."""
        return (2 * self.steps + 1) ** 2

    def size(self, size: Dim) -> Dim:
        """Height of the result, of maps of that height. Raises Mismatch if nothing is left."""
        if size is None:
            return None
        border = self.max_displacement + self.kernel_size // 2
        left = size + 2 * self.pad_size - 2 * border
        if left < 1:
            raise Mismatch(
                f"of {size} pixels nothing is left beside displacements and kernels",
                hint="Pad more, or displace less.",
            )
        return -(-left // self.stride1)

    def windows(self, height: int, width: int) -> Iterator[tuple[int, Any, Any]]:
        """For each displacement and kernel place: the channel, and what meets in each padded map."""
        reach = range(-self.steps, self.steps + 1)
        moves = [(dy * self.stride2, dx * self.stride2) for dy in reach for dx in reach]
        for channel, (dy, dx) in enumerate(moves):
            for y in range(self.kernel_size):
                for x in range(self.kernel_size):
                    top, left = self.max_displacement + y, self.max_displacement + x
                    yield (
                        channel,
                        self._window(top, left, height, width),
                        self._window(top + dy, left + dx, height, width),
                    )

    def _window(self, top: int, left: int, height: int, width: int) -> tuple[Any, ...]:
        rows = slice(top, top + (height - 1) * self.stride1 + 1, self.stride1)
        columns = slice(left, left + (width - 1) * self.stride1 + 1, self.stride1)
        return (slice(None), rows, columns)


def _geometry(params: Params) -> Geometry:
    if params["kernel_size"] % 2 == 0:
        raise Mismatch(
            f"kernel_size must be odd, not {params['kernel_size']}",
            hint="For example: kernel_size=3.",
        )
    return Geometry(**{key: params[key] for key in Geometry._fields})


def _correlation_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """The result; then the padded maps with channels last, which are hidden."""
    geometry = _geometry(params)
    for shape in ins:
        require_pictures(shape)
    data = unify_all(ins)
    if data is None:
        return ins, outs
    batch, channels, *sizes = data
    out = (batch, geometry.channels, *(geometry.size(size) for size in sizes))
    pad = 2 * geometry.pad_size
    padded = (batch, *(None if size is None else size + pad for size in sizes), channels)
    found = (unify_all((out, outs[0])), unify_all((padded, outs[1])), unify_all((padded, outs[2])))
    return (data, data), found


def _padded(xp: Any, data: Any, pad: int) -> Any:
    """Zeros around, and channels last."""
    return xp.pad(xp.moveaxis(data, 1, -1), ((0, 0), (pad, pad), (pad, pad), (0, 0)))


@op(
    "Correlation",
    shape=_correlation_shape,
    dtype=floating,
    outputs=("output", "tmp1", "tmp2"),
    shown=lambda params: 1,
    gradient=lambda F, g, y, data1, data2, **params: tuple(
        F._backward_Correlation(g[0], y[1], y[2], **params)
    ),
)
def correlation(
    xp,
    data1,
    data2,
    /,
    *,
    kernel_size: Positive = 1,
    max_displacement: Count = 1,
    stride1: Positive = 1,
    stride2: Positive = 1,
    pad_size: Count = 0,
    is_multiply: bool = True,
):
    """How well a patch of one map fits displaced patches of another: the mean of their products.

    Both maps have the shape (batch, channel, H, W). The result has a channel for each displacement,
    `(2 (max_displacement // stride2) + 1)²` of them, row by row, and
    `ceil((H + 2 pad_size - 2 (max_displacement + kernel_size // 2)) / stride1)` rows. The mean is
    over a kernel's pixels and the channels. (P. Fischer et al., "FlowNet: learning optical flow with
    convolutional networks", ICCV 2015, https://arxiv.org/abs/1504.06852, section 3.)

    data1
        Feature maps whose patches stay.
    data2
        Feature maps whose patches are displaced.
    kernel_size
        Height and width of a patch; odd.
    max_displacement
        The largest displacement, in pixels.
    stride1
        Distance of neighbouring patches of the first map.
    stride2
        Distance of neighbouring displacements.
    pad_size
        Zeros to put around both maps.
    is_multiply
        Take products; else absolute differences.

    >>> a = mx.nd.array([[[[1, 2, 3]]]])
    >>> mx.nd.Correlation(a, a, max_displacement=0).asnumpy().ravel()
    array([1., 4., 9.], dtype=float32)
    """
    geometry = Geometry(kernel_size, max_displacement, stride1, stride2, pad_size)
    height, width = (geometry.size(size) or 0 for size in data1.shape[2:])
    first, second = (_padded(xp, data, pad_size) for data in (data1, data2))
    shape = (len(data1), geometry.channels, height, width)
    if xp is not np:
        from .gpu import correlation as on_gpu

        result = xp.empty(shape, data1.dtype)
        on_gpu.forward(xp, first, second, geometry, is_multiply, result)
        return result, first, second
    result = xp.zeros(shape, data1.dtype)
    for channel, here, there in geometry.windows(height, width):
        a, b = first[here], second[there]
        result[:, channel] += xp.sum(a * b if is_multiply else xp.abs(a - b), axis=-1)
    result /= data1.dtype.type(kernel_size**2 * data1.shape[1])
    return result, first, second


def _backward_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    padded = unify_all(ins[1:])
    if padded is None:
        return ins, outs
    pad = 2 * params["pad_size"]
    batch, height, width, channels = padded
    sizes = (None if size is None else size - pad for size in (height, width))
    data = unify_all(((batch, channels, *sizes), *outs))
    return (ins[0], padded, padded), (data, data)


@op(
    "_backward_Correlation",
    shape=_backward_shape,
    dtype=floating,
    outputs=("data1", "data2"),
)
def backward_correlation(
    xp,
    grad,
    first,
    second,
    /,
    *,
    kernel_size: Positive = 1,
    max_displacement: Count = 1,
    stride1: Positive = 1,
    stride2: Positive = 1,
    pad_size: Count = 0,
    is_multiply: bool = True,
):
    """The gradients of `Correlation`, from the padded maps. That of |0| is taken to be 1, as in MXNet."""
    geometry = Geometry(kernel_size, max_displacement, stride1, stride2, pad_size)
    if xp is not np:
        from .gpu import correlation as on_gpu

        return on_gpu.backward(xp, grad, first, second, geometry, is_multiply)
    to_first, to_second = xp.zeros_like(first), xp.zeros_like(second)
    share = grad / grad.dtype.type(kernel_size**2 * first.shape[-1])
    for channel, here, there in geometry.windows(*grad.shape[2:]):
        a, b = first[here], second[there]
        weight = share[:, channel, :, :, None]
        if is_multiply:
            to_first[here] += weight * b
            to_second[there] += weight * a
        else:
            signed = xp.where(a >= b, weight, -weight)
            to_first[here] += signed
            to_second[there] -= signed
    inner = slice(pad_size, first.shape[1] - pad_size), slice(pad_size, first.shape[2] - pad_size)
    return tuple(xp.moveaxis(item[:, inner[0], inner[1]], -1, 1) for item in (to_first, to_second))
