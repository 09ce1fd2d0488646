"""Layers: of whole numbers, where what they compute is sums and products or is only moved."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from ..values import Array
from .choosing import indices
from .table import add

_Ints = tuple[int, ...]


def _double(x: Array) -> Array:
    return x.astype("float64")


def _dtype(b: Any) -> str:
    return str(b.source.choice([dtype for dtype in b.kind.dtypes if dtype.startswith("float")]))


def _whole(b: Any, shape: _Ints, dtype: str, most: int = 3) -> int:
    """Small whole numbers of this shape: what is there, made small, or a new variable."""
    found = [
        j
        for j, value in enumerate(b.arrays)
        if value.shape == shape and value.dtype == dtype and j not in b.rough
    ]
    if found and b.source.chance(0.7):
        return int(b.made_whole(b.source.choice(found), 4 if b.whole else 8))
    return int(b.whole_variable(shape, dtype, -most, most))


# Layers that multiply with weights


def _fully_connected(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    num_hidden: int,
    no_bias: bool,
    flatten: bool,
) -> Array:
    rows = x.reshape(len(x), math.prod(x.shape[1:])) if flatten else x
    found = np.einsum("...d,hd->...h", _double(rows), _double(weight))
    return (found if bias is None else found + bias).astype(x.dtype)


def _draw_fully_connected(b: Any) -> int | None:
    dtype, rng = _dtype(b), b.source
    shape = tuple(rng.between(1, 4) for _ in range(rng.between(2, 4)))
    flatten, hidden = rng.chance(0.6), rng.between(1, 4)
    inputs = [_whole(b, shape, dtype), 0]
    inputs[1] = _whole(b, (hidden, math.prod(shape[1:]) if flatten else shape[-1]), dtype)
    no_bias = rng.chance(0.4)
    if not no_bias:
        inputs.append(_whole(b, (hidden,), dtype))
    params = {"num_hidden": hidden, "no_bias": no_bias, "flatten": flatten}
    return b.call("FullyConnected", tuple(inputs), params)


add("FullyConnected", _fully_connected, _draw_fully_connected, gradient="unit", signless=True)


def _embedding(data: Array, weight: Array, input_dim: int, output_dim: int) -> Array:
    return weight[np.clip(np.trunc(data).astype("int64"), 0, input_dim - 1)]


def _draw_embedding(b: Any) -> int | None:
    rows, width = b.source.between(1, 5), b.source.between(1, 3)
    data = indices(b, b.source.shape(b.source.between(1, 3), 10), -1, rows)
    weight = b.like(data, (rows, width), _dtype(b))
    return b.call("Embedding", (data, weight), {"input_dim": rows, "output_dim": width})


add("Embedding", _embedding, _draw_embedding, gradient="moves", moved=(1,), smooth=True)

# Windows


def _places(kernel: _Ints) -> Iterator[_Ints]:
    return product(*map(range, kernel))


def _counts(space: _Ints, kernel: _Ints, stride: _Ints, dilate: _Ints, pad: _Ints) -> _Ints:
    sizes = zip(space, kernel, stride, dilate, pad, strict=True)
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, d, p in sizes)


def _window(x: Array, place: _Ints, counts: _Ints, stride: _Ints, dilate: _Ints) -> Array:
    """Of a padded array, what lies under one point of the kernel, for all windows."""
    cut = [
        slice(i * d, i * d + s * (n - 1) + 1, s)
        for i, n, s, d in zip(place, counts, stride, dilate, strict=True)
    ]
    return x[(slice(None), slice(None), *cut)]


def _padded(x: Array, pad: _Ints, value: float = 0.0) -> Array:
    widths = [(0, 0), (0, 0), *((p, p) for p in pad)]
    return np.pad(x, widths, constant_values=np.asarray(value).astype(x.dtype))


def _convolution(
    x: Array, weight: Array, bias: Array | None = None, *, kernel: _Ints, stride: _Ints, dilate: _Ints,
    pad: _Ints, num_filter: int, num_group: int, no_bias: bool,
) -> Array:  # fmt: skip
    counts = _counts(x.shape[2:], kernel, stride, dilate, pad)
    data, n, g = _padded(_double(x), pad), len(x), num_group
    filters = _double(weight).reshape(g, num_filter // g, -1, *kernel)
    total = np.zeros((n, g, num_filter // g, *counts))
    for place in _places(kernel):
        part = _window(data, place, counts, stride, dilate)
        part = part.reshape(n, g, x.shape[1] // g, *counts)
        total += np.einsum("ngc...,gfc->ngf...", part, filters[(..., *place)])
    found = total.reshape(n, num_filter, *counts)
    if bias is not None:
        found = found + bias.reshape(1, -1, *(1,) * len(kernel))
    return found.astype(x.dtype)


def _deconvolution(
    x: Array, weight: Array, bias: Array | None = None, *, kernel: _Ints, stride: _Ints, dilate: _Ints,
    pad: _Ints, adj: _Ints, num_filter: int, num_group: int, no_bias: bool,
) -> Array:  # fmt: skip
    space, n, g = x.shape[2:], len(x), num_group
    sizes = zip(space, kernel, stride, dilate, pad, adj, strict=True)
    wide = [s * (m - 1) + d * (k - 1) + 1 + a + p for m, k, s, d, p, a in sizes]
    total = np.zeros((n, num_filter, *wide))
    data = _double(x).reshape(n, g, x.shape[1] // g, *space)
    filters = _double(weight).reshape(g, x.shape[1] // g, num_filter // g, *kernel)
    for place in _places(kernel):
        part = np.einsum("ngc...,gcf->ngf...", data, filters[(..., *place)])
        _window(total, place, space, stride, dilate)[...] += part.reshape(n, num_filter, *space)
    ends = zip(space, kernel, stride, dilate, pad, adj, strict=True)
    cut = [slice(p, s * (m - 1) + d * (k - 1) + 1 - p + a) for m, k, s, d, p, a in ends]
    found = total[(slice(None), slice(None), *cut)]
    if bias is not None:
        found = found + bias.reshape(1, -1, *(1,) * len(kernel))
    return found.astype(x.dtype)


def _draw_convolution(b: Any, name: str) -> int | None:
    rng, dtype = b.source, _dtype(b)
    ranks = rng.choice((2, 2, 3) if name == "Convolution_v1" else (1, 2, 2, 3))
    many = lambda low, high: tuple(rng.between(low, high) for _ in range(ranks))  # noqa: E731
    kernel, stride, dilate, pad = many(1, 3), many(1, 2), many(1, 2), many(0, 1)
    group = rng.choice((1, 1, 2))
    channels, filters = group * rng.between(1, 2), group * rng.between(1, 2)
    space = tuple(d * (k - 1) + 1 + rng.between(0, 2) for k, d in zip(kernel, dilate, strict=True))
    params: dict[str, Any] = {"kernel": kernel, "stride": stride, "dilate": dilate, "pad": pad,
              "num_filter": filters, "num_group": group, "no_bias": rng.chance(0.5)}  # fmt: skip
    if name == "Deconvolution":
        params["adj"] = tuple(rng.between(0, s - 1) for s in stride)
        sizes = zip(space, kernel, stride, dilate, pad, params["adj"], strict=True)
        if any(s * (m - 1) + d * (k - 1) + 1 - 2 * p + a < 1 for m, k, s, d, p, a in sizes):
            return None
        weight = (channels, filters // group, *kernel)
    else:
        weight = (filters, channels // group, *kernel)
    inputs = [_whole(b, (rng.between(1, 2), channels, *space), dtype), _whole(b, weight, dtype, 2)]
    if not params["no_bias"]:
        inputs.append(_whole(b, (filters,), dtype))
    return b.call(name, tuple(inputs), params)


for _name in ("Convolution", "Convolution_v1"):
    add(_name, _convolution, partial(_draw_convolution, name=_name), gradient="unit", signless=True)
add("Deconvolution", _deconvolution, partial(_draw_convolution, name="Deconvolution"), gradient="unit",
    signless=True)  # fmt: skip


def _im2col(x: Array, kernel: _Ints, stride: _Ints, dilate: _Ints, pad: _Ints) -> Array:
    counts = _counts(x.shape[2:], kernel, stride, dilate, pad)
    data = _padded(x, pad)
    parts = [_window(data, place, counts, stride, dilate) for place in _places(kernel)]
    stacked = np.stack(parts, 2)
    return stacked.reshape(len(x), x.shape[1] * math.prod(kernel), math.prod(counts))


def _draw_im2col(b: Any) -> int | None:
    rng, ranks = b.source, b.source.between(1, 3)
    many = lambda low, high: tuple(rng.between(low, high) for _ in range(ranks))  # noqa: E731
    kernel, dilate = many(1, 2), many(1, 2)
    space = tuple(d * (k - 1) + 1 + rng.between(0, 2) for k, d in zip(kernel, dilate, strict=True))
    data = b.fresh((rng.between(1, 2), rng.between(1, 2), *space), _dtype(b))
    params = {"kernel": kernel, "stride": many(1, 2), "dilate": dilate, "pad": many(0, 1)}
    return b.call("im2col", (data,), params)


add("im2col", _im2col, _draw_im2col, gradient="moves", smooth=True)

_LEAST = {
    "float16": -65504.0,
    "float32": float(np.finfo("f4").min),
    "float64": float(np.finfo("f8").min),
}


def _pooling(
    x: Array, kernel: _Ints, stride: _Ints, pad: _Ints, pool_type: str, global_pool: bool
) -> Array:
    if global_pool:
        kernel, stride, pad = x.shape[2:], (1,) * (x.ndim - 2), (0,) * (x.ndim - 2)
    ones = (1,) * len(kernel)
    counts = _counts(x.shape[2:], kernel, stride, ones, pad)
    fill = _LEAST[x.dtype.name] if pool_type == "max" else 0.0
    data = _padded(x if pool_type == "max" else _double(x), pad, fill)
    parts = np.stack([_window(data, place, counts, stride, ones) for place in _places(kernel)])
    if pool_type == "max":
        return np.maximum(np.fmax.reduce(parts), x.dtype.type(fill))
    total = parts.sum(0)
    return (total / math.prod(kernel) if pool_type == "avg" else total).astype(x.dtype)


def _draw_pooling(b: Any) -> int | None:
    rng, ranks = b.source, b.source.choice((1, 2, 2, 3))
    kernel = tuple(rng.between(1, 3) for _ in range(ranks))
    stride = tuple(rng.between(1, 2) for _ in range(ranks))
    pad = tuple(rng.between(0, k // 2) for k in kernel)
    space = tuple(k + rng.between(0, 3) for k in kernel)
    data = _whole(b, (rng.between(1, 2), rng.between(1, 2), *space), _dtype(b))
    kind = rng.choice(("max", "sum", "avg"))
    params = {"kernel": kernel, "stride": stride, "pad": pad, "pool_type": kind}
    return b.call("Pooling", (data,), {**params, "global_pool": rng.chance(0.2)})


add("Pooling", _pooling, _draw_pooling, ulps=1)


def _upsampling(*arrays: Array, scale: int, sample_type: str, multi_input_mode: str) -> Array:
    height, width = (n * scale for n in arrays[0].shape[2:])
    made = [x.repeat(height // x.shape[2], 2).repeat(width // x.shape[3], 3) for x in arrays]
    return np.concatenate(made, 1) if multi_input_mode == "concat" else np.add.reduce(made)


def _draw_upsampling(b: Any) -> int | None:
    rng, dtype = b.source, _dtype(b)
    shape = (rng.between(1, 2), rng.between(1, 2), rng.between(1, 3), rng.between(1, 3))
    inputs = [_whole(b, shape, dtype) for _ in range(rng.between(1, 2))]
    mode = rng.choice(("concat", "sum")) if len(inputs) > 1 else "concat"
    params = {"scale": rng.between(1, 3), "sample_type": "nearest", "multi_input_mode": mode}
    return b.call("UpSampling", tuple(inputs), params)


add("UpSampling", _upsampling, _draw_upsampling, gradient="unit", signless=True)


def _crop(
    x: Array, like: Array | None = None, *, offset: _Ints, h_w: _Ints, center_crop: bool
) -> Array:
    h, w = h_w if like is None else like.shape[2:]
    y, left = ((x.shape[2] - h) // 2, (x.shape[3] - w) // 2) if center_crop else offset
    return x[:, :, y : y + h, left : left + w]


def _draw_crop(b: Any) -> int | None:
    rng, dtype = b.source, _dtype(b)
    height, width = rng.between(1, 4), rng.between(1, 4)
    h, w = rng.between(1, height), rng.between(1, width)
    inputs = [
        b.like(0, (1, 2, height, width), dtype)
        if b.arrays
        else b.fresh((1, 2, height, width), dtype)
    ]
    params = {"offset": (rng.between(0, height - h), rng.between(0, width - w)), "h_w": (h, w),
              "center_crop": rng.chance(0.3)}  # fmt: skip
    if rng.chance(0.4):
        inputs.append(b.fresh((1, 1, h, w), dtype))
        params["h_w"] = (0, 0)
    return b.call("Crop", tuple(inputs), params)


add("Crop", _crop, _draw_crop, gradient="moves", moved=(0,))

# Sequences


def _steps_first(x: Array, axis: int) -> Array:
    return np.swapaxes(x, 0, 1) if axis else x


def _sequence(kind: str, x: Array, lengths: Array | None = None, *, axis: int = 0, value: float = 0.0,
              use_sequence_length: bool) -> Array:  # fmt: skip
    steps = _steps_first(x, axis)
    ends = [len(steps)] * steps.shape[1] if lengths is None else [int(n) for n in lengths]
    if kind == "last":
        return np.stack([steps[n - 1, k] for k, n in enumerate(ends)])
    made = steps.copy()
    for k, n in enumerate(ends):
        if kind == "mask":
            made[n:, k] = np.asarray(value).astype(x.dtype)
        else:
            made[:n, k] = steps[:n, k][::-1]
    return _steps_first(made, axis)


def _draw_sequence(b: Any, name: str, kind: str) -> int | None:
    rng = b.source
    data = b.pick("f", (2, 4), exact=False, full=True)
    axis = rng.between(0, 1) if kind != "reverse" else 0
    steps, batch = b.shape(data)[axis], b.shape(data)[1 - axis]
    if steps > 100 or batch > 100:
        return None
    use = rng.chance(0.7)
    inputs = (data, indices(b, (batch,), 1, steps, "int32")) if use else (data,)
    params: dict[str, Any] = {"use_sequence_length": use}
    if kind != "reverse":
        params["axis"] = axis
    if kind == "mask":
        params["value"] = rng.choice((0.0, 3.0))
    return b.call(name, inputs, params)


for _name, _kind in (
    ("SequenceLast", "last"),
    ("SequenceMask", "mask"),
    ("SequenceReverse", "reverse"),
):
    add(_name, partial(_sequence, _kind), partial(_draw_sequence, name=_name, kind=_kind),
        gradient="moves", moved=(0,), still=(("value", 0.0),), smooth=True)  # fmt: skip
