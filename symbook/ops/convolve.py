"""The three products of convolution, on raw arrays: of data and weight, and its two transposes.

They belong to one trilinear form, the sum over all indices of
`grad[n, f, o] weight[f, c, k] data[n, c, stride o + dilate k - pad]`: :func:`correlate` gives what
multiplies `grad` in it, :func:`spread` what multiplies `data`, and :func:`weigh` what multiplies `weight`.
So the gradients of each are made of the other two.

Arrays are `data (N, C, *space)`, `weight (F, C / groups, *kernel)` and `grad (N, F, *counts)`. Each is
a matrix product with columns, which are a copy of the windows, made in blocks that stay in the
processor's cache. Measured on one core that multiplies matrices at 100 GFLOP/s: the layers of ResNet-50
take 0.95 to 1.2 times as long as their products alone, one for each sample; their gradients 0.95 to 1.4
times, and with a stride, by data, up to 1.9 times. float16 is computed in float32 and rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..specs import DType
from .windows import FEW_COLUMNS, Window, at_offset, blocks, inside, padded, sliding

CHUNK_BYTES = 2**18
"""Bytes of a block of a depthwise convolution: three of these are in use at once."""


def correlate(xp: Any, data: Any, weight: Any, at: Window, groups: int, out: Any) -> None:
    """Write the convolution of `data` with `weight` into `out`, a C-contiguous `(N, F, *counts)`."""
    if _is_depthwise(weight, groups):
        _correlate_depthwise(xp, data, weight, at, out)
        return
    wide = _wide(out.dtype)
    rows = _rows(weight, groups).astype(wide, copy=False)
    target = out.reshape(len(out), *rows.shape[:2], math.prod(out.shape[2:]))
    if _is_product(data, at):
        xp.matmul(rows, _split(data, groups), out=target)
        return
    inner = math.prod(out.shape[3:])
    for samples, part, columns in _columns(xp, data, at, groups, out.shape[2:]):
        place = target[samples, :, :, part.start * inner : part.stop * inner]
        if len(place) == 1 and out.dtype == wide:
            xp.matmul(rows, columns, out=place[0])
        else:
            result = xp.matmul(rows, columns)
            place[...] = result.reshape(*rows.shape[:2], len(place), -1).transpose(2, 0, 1, 3)


def spread(xp: Any, grad: Any, weight: Any, at: Window, groups: int, out: Any) -> None:
    """Write the gradient of the convolution's data into `out`, a C-contiguous `(N, C, *space)`."""
    if _is_depthwise(weight, groups):
        _spread_depthwise(xp, grad, weight, at, out)
        return
    if _has_mirror(weight, at, groups):
        correlate(xp, grad, _flipped(weight, groups), _mirror(at), groups, out)
        return
    wide, counts = _wide(out.dtype), grad.shape[2:]
    rows = _rows(weight, groups).swapaxes(1, 2).astype(wide, copy=False)
    if _is_product(grad, at):
        target = out.reshape(len(out), *rows.shape[:2], math.prod(counts))
        xp.matmul(rows, _split(grad, groups), out=target)
        return
    row_bytes = rows.shape[0] * rows.shape[1] * math.prod(counts[1:]) * wide.itemsize
    out[...] = 0
    for samples, parts in blocks(xp, len(grad), counts, row_bytes):
        direct = not any(at.pad) and out.dtype == wide
        total = out[samples] if direct else _room(xp, out[samples], at, wide)
        for part in parts:
            block = grad[samples, :, part]
            columns = xp.matmul(rows, _joined(block, groups).astype(wide, copy=False))
            add_columns(columns, total[:, :, part.start * at.stride[0] :], at, block.shape[2:])
        if not direct:
            out[samples] = total[inside(out.shape[2:], at.pad)]


def weigh(xp: Any, data: Any, grad: Any, at: Window, groups: int, out: Any) -> None:
    """Write the gradient of the convolution's weight into `out`, `(F, C / groups, *kernel)`."""
    wide = _wide(out.dtype)
    total = xp.zeros(_rows(out, groups).shape, dtype=wide)
    for samples, part, columns in _columns(xp, data, at, groups, grad.shape[2:]):
        block = _joined(grad[samples, :, part], groups).astype(wide, copy=False)
        total += xp.matmul(block, columns.swapaxes(1, 2))
    out[...] = total.reshape(out.shape)


# The transpose of a convolution of stride 1 is one with the kernel turned around, which takes 1.2 times
# as long as the product alone where adding columns up takes 1.6 times as long.


def _has_mirror(weight: Any, at: Window, groups: int) -> bool:
    """Whether the columns of that convolution are few enough to be worth it, and it has a padding."""
    few = len(weight) // groups <= 2 * weight.shape[1]
    stays = all(p < reach for p, reach in zip(at.pad, at.reach, strict=True))
    return few and stays and set(at.stride) == {1} and set(at.kernel) != {1}


def _mirror(at: Window) -> Window:
    pad = tuple(reach - 1 - p for reach, p in zip(at.reach, at.pad, strict=True))
    return Window(at.kernel, at.stride, at.dilate, pad)


def _flipped(weight: Any, groups: int) -> Any:
    """`(F, C / groups, *kernel)` as `(C, F / groups, *kernel)`, turned around."""
    filters, channels, *kernel = weight.shape
    turned = weight.reshape(groups, filters // groups, channels, *kernel).swapaxes(1, 2)
    turned = turned[(..., *(slice(None, None, -1) for _ in kernel))]
    return turned.reshape(groups * channels, filters // groups, *kernel)


# Matrices


def _wide(dtype: DType) -> DType:
    return np.dtype("float32") if dtype == "float16" else dtype


def _rows(weight: Any, groups: int) -> Any:
    """`(F, C / groups, *kernel)` as `(groups, F / groups, C / groups * kernel)`."""
    return weight.reshape(groups, len(weight) // groups, math.prod(weight.shape[1:]))


def _split(array: Any, groups: int) -> Any:
    """`(N, C, *space)` as `(N, groups, C / groups, space)`."""
    n, channels, *space = array.shape
    return array.reshape(n, groups, channels // groups, math.prod(space))


def _joined(array: Any, groups: int) -> Any:
    """`(N, F, *counts)` as `(groups, F / groups, N * counts)`; a view of one sample."""
    n, channels, *space = array.shape
    return array.swapaxes(0, 1).reshape(groups, channels // groups, n * math.prod(space))


def _is_product(array: Any, at: Window) -> bool:
    """Whether the array itself is the columns: a kernel of 1, and space enough to be a good product."""
    plain = set(at.kernel + at.stride) == {1} and not any(at.pad)
    return plain and array.dtype != "float16" and math.prod(array.shape[2:]) >= FEW_COLUMNS


def _columns(
    xp: Any, data: Any, at: Window, groups: int, counts: tuple[int, ...]
) -> Iterator[tuple[slice, slice, Any]]:
    """Blocks of the windows as columns `(groups, C / groups * kernel, samples * counts)`.

    Each with its slices of the samples and of the first dimension of space. It is overwritten by the
    next one.
    """
    wide, channels, points = _wide(data.dtype), data.shape[1], math.prod(at.kernel)
    row_bytes = channels * points * math.prod(counts[1:]) * wide.itemsize
    store = xp.empty(0, dtype=wide)
    for samples, parts in blocks(xp, len(data), counts, row_bytes):
        source = padded(xp, data[samples], at.pad, at.pad, 0)
        # (C, *kernel, samples, *counts)
        views = xp.moveaxis(sliding(xp, source, at, counts), 0, len(at.kernel) + 1)
        for part in parts:
            view = views[(slice(None),) * (len(at.kernel) + 2) + (part,)]
            if view.size > store.size:
                store = xp.empty(view.size, dtype=wide)
            columns = store[: view.size].reshape(view.shape)
            columns[...] = view
            places = math.prod(view.shape[len(at.kernel) + 1 :])
            yield samples, part, columns.reshape(groups, channels // groups * points, places)


def _room(xp: Any, array: Any, at: Window, wide: DType) -> Any:
    """Zeros for the array with its padding."""
    space = (size + 2 * p for size, p in zip(array.shape[2:], at.pad, strict=True))
    return xp.zeros((*array.shape[:2], *space), dtype=wide)


def add_columns(columns: Any, total: Any, at: Window, counts: tuple[int, ...]) -> None:
    """Add columns `(…, C * kernel, samples * counts)` to the points that they are copies of."""
    samples, channels = total.shape[:2]
    columns = columns.reshape(channels, math.prod(at.kernel), samples, *counts)
    for i, offset in enumerate(at.offsets()):
        place = at_offset(total, offset, at.stride, counts)
        place += columns[:, i].swapaxes(0, 1)


# Depthwise: a filter for each channel, whose products are too thin for matrices


def _is_depthwise(weight: Any, groups: int) -> bool:
    return groups > 1 and len(weight) == groups and weight.shape[1] == 1


def _chunks(xp: Any, grad: Any) -> Iterator[tuple[slice, slice]]:
    """Slices of samples and channels whose part of `grad (N, C, *counts)` stays in the cache."""
    samples, channels = grad.shape[:2]
    size = math.prod(grad.shape[2:]) * _wide(grad.dtype).itemsize
    fits = max(CHUNK_BYTES // max(size, 1) if xp is np else samples * channels, 1)
    together = max(fits // max(channels, 1), 1)
    for sample in range(0, samples, together):
        for channel in range(0, channels, fits):
            yield slice(sample, sample + together), slice(channel, channel + fits)


def _correlate_depthwise(xp: Any, data: Any, weight: Any, at: Window, out: Any) -> None:
    wide, counts = _wide(out.dtype), out.shape[2:]
    for chunk in _chunks(xp, out):
        source = padded(xp, data[chunk].astype(wide, copy=False), at.pad, at.pad, 0)
        total = xp.zeros(out[chunk].shape, dtype=wide)
        term = xp.empty_like(total)
        for factor, offset in _factors(weight[chunk[1]], at):
            total += xp.multiply(at_offset(source, offset, at.stride, counts), factor, out=term)
        out[chunk] = total


def _spread_depthwise(xp: Any, grad: Any, weight: Any, at: Window, out: Any) -> None:
    wide, counts = _wide(out.dtype), grad.shape[2:]
    for chunk in _chunks(xp, grad):
        source = grad[chunk].astype(wide, copy=False)
        total = _room(xp, out[chunk], at, wide)
        term = xp.empty_like(source)
        for factor, offset in _factors(weight[chunk[1]], at):
            place = at_offset(total, offset, at.stride, counts)
            place += xp.multiply(source, factor, out=term)
        out[chunk] = total[inside(out.shape[2:], at.pad)]


def _factors(weight: Any, at: Window) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Each point of the kernel: the channels' weights, to multiply `(N, C, *counts)` with; its offset."""
    flat = weight.reshape(len(weight), -1)
    for i, offset in enumerate(at.offsets()):
        yield flat[:, i].reshape(-1, *(1,) * len(offset)), offset
