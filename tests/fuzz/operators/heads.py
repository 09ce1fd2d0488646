"""Activations, softmax, norms, heads of losses: compared within some units in the last place."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from ..values import Array
from .choosing import indices
from .table import add


def _wide(x: Array) -> Array:
    return x.astype("float64")


def _smooth(
    b: Any, shape: tuple[int, ...] | None = None, low: int = 2, dtype: str | None = None
) -> int:
    """Moderate floats, of which these functions are not too steep: a new variable."""
    shape = (
        tuple(n or 1 for n in b.source.shape(b.source.between(low, 4), most=16))
        if shape is None
        else shape
    )
    dtypes = [name for name in b.kind.dtypes if name.startswith("float")]
    chosen = dtype or b.source.choice(dtypes)
    return int(b.fresh(shape, chosen, lambda s: s.smooth_numbers(shape, chosen)))


def _moderate(b: Any) -> int:
    """A value of floats, which in graphs of smooth functions may be any."""
    return int(b.pick("f", (1, 6), full=True)) if b.smooth else _smooth(b, low=1)


# Activations


def _erf(x: Array) -> Array:
    return np.array([math.erf(v) for v in x.reshape(-1)]).reshape(x.shape)


_ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "softrelu": lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
}


def _activation(x: Array, act_type: str) -> Array:
    return _ACTIVATIONS[act_type](_wide(x)).astype(x.dtype)


def _draw_activation(b: Any) -> int | None:
    kinds = [kind for kind in _ACTIVATIONS if kind != "relu" or not b.smooth]
    return b.call("Activation", (_moderate(b),), {"act_type": b.source.choice(kinds)})


add("Activation", _activation, _draw_activation, ulps=8, gradient="steps", smooth=True, whole=False)

_SELU = (
    float(np.float32(1.6732632423543772)),
    float(np.float32(1.0507009873554805)),
)  # as MXNet has them


def _leaky(x: Array, gamma: Array | None = None, *, act_type: str, slope: float) -> Array:
    wide = _wide(x)
    if act_type == "prelu":
        assert gamma is not None
        shape = (1, -1, *(1,) * (x.ndim - 2)) if gamma.size > 1 else (1,)
        return np.where(wide > 0, wide, wide * _wide(gamma).reshape(shape)).astype(x.dtype)
    below = {
        "leaky": slope * wide,
        "elu": slope * np.expm1(wide),
        "selu": _SELU[0] * np.expm1(wide),
    }
    if act_type == "gelu":
        return (wide / 2 * (1 + _erf(wide / math.sqrt(2)))).astype(x.dtype)
    found = np.where(wide > 0, wide, below[act_type])
    return (found * _SELU[1] if act_type == "selu" else found).astype(x.dtype)


def _draw_leaky(b: Any) -> int | None:
    kind = b.source.choice(("leaky", "elu", "selu", "gelu", "prelu"))
    i = _smooth(b)
    inputs = (i, _smooth(b, (b.shape(i)[1],), dtype=b.dtype(i))) if kind == "prelu" else (i,)
    return b.call("LeakyReLU", inputs, {"act_type": kind, "slope": b.source.choice((0.25, 0.5))})


add("LeakyReLU", _leaky, _draw_leaky, ulps=16)


def _smooth_l1(x: Array, scalar: float) -> Array:
    wide, square = _wide(x), scalar * scalar
    near = np.abs(wide) <= 1 / square
    return np.where(near, square * wide * wide / 2, np.abs(wide) - 0.5 / square).astype(x.dtype)


add("smooth_l1", _smooth_l1,
    lambda b: b.call("smooth_l1", (_smooth(b),), {"scalar": b.source.choice((1.0, 2.0))}),
    ulps=8)  # fmt: skip

# Shares


def _shares(x: Array, axis: int, temperature: float | None, kind: str) -> Array:
    wide = _wide(x) / (temperature or 1.0) * (-1 if kind == "softmin" else 1)
    moved = wide - wide.max(axis=axis, keepdims=True)
    total = np.exp(moved).sum(axis=axis, keepdims=True)
    found = moved - np.log(total) if kind == "log_softmax" else np.exp(moved) / total
    return found.astype(x.dtype)


def _draw_shares(b: Any, name: str) -> int | None:
    i = _moderate(b)
    rank = b.rank(i)
    params = {
        "axis": b.source.between(-rank, rank - 1),
        "temperature": b.source.choice((None, 2.0, 0.5)),
    }
    return b.call(name, (i,), params)


for _name in ("softmax", "log_softmax", "softmin"):
    add(_name, partial(_shares, kind=_name), partial(_draw_shares, name=_name), ulps=16, gradient="steps",
        smooth=True, whole=False)  # fmt: skip


def _share_activation(x: Array, mode: str) -> Array:
    return _shares(x, 1 if mode == "channel" else -1, None, "softmax")


add("SoftmaxActivation", _share_activation,
    lambda b: b.call("SoftmaxActivation", (_smooth(b, low=3),),
                     {"mode": b.source.choice(("channel", "instance"))}), ulps=16)  # fmt: skip

# Norms


def _normalised(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    wide = _wide(x)
    mean = wide.mean(axis=axes, keepdims=True)
    return (wide - mean) / np.sqrt(wide.var(axis=axes, keepdims=True) + eps)


def _layer_norm(x: Array, gamma: Array, beta: Array, axis: int, eps: float) -> Array:
    shape = [1] * x.ndim
    shape[axis] = -1
    found = _normalised(x, (axis,), eps) * _wide(gamma).reshape(shape) + _wide(beta).reshape(shape)
    return found.astype(x.dtype)


def _instance_norm(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    shape = (1, -1, *(1,) * (x.ndim - 2))
    found = _normalised(x, tuple(range(2, x.ndim)), eps) * _wide(gamma).reshape(shape)
    return (found + _wide(beta).reshape(shape)).astype(x.dtype)


def _group_norm(x: Array, gamma: Array, beta: Array, num_groups: int, eps: float) -> Array:
    parts = x.reshape(len(x), num_groups, math.prod(x.shape[1:]) // num_groups)
    found = _normalised(parts, (2,), eps) * _wide(gamma)[:, None] + _wide(beta)[:, None]
    return found.reshape(x.shape).astype(x.dtype)


def _draw_norm(b: Any, name: str) -> int | None:
    i = _smooth(b, low=3)
    if b.dtype(i) == "float16" or any(n < 2 for n in b.shape(i)):
        return None
    axis = b.source.between(-b.rank(i), b.rank(i) - 1)
    size = {"LayerNorm": b.shape(i)[axis], "InstanceNorm": b.shape(i)[1]}.get(name, 1)
    params: dict[str, Any] = {"eps": b.source.choice((2.0**-10, 2.0**-7))}
    if name == "LayerNorm":
        params["axis"] = axis
    if name == "GroupNorm":
        size = b.source.choice([n for n in range(1, 5) if b.shape(i)[1] % n == 0])
        params["num_groups"] = size
    others = [_smooth(b, (size,), dtype=b.dtype(i)) for _ in "ab"]
    return b.call(name, (i, *others), params)


for _name, _function in (
    ("LayerNorm", _layer_norm), ("InstanceNorm", _instance_norm), ("GroupNorm", _group_norm),
):  # fmt: skip
    add(_name, _function, partial(_draw_norm, name=_name), ulps=512, gradient="steps", smooth=True,
        whole=False)  # fmt: skip


def _l2(x: Array, eps: float, mode: str) -> Array:
    axes = {
        "instance": tuple(range(1, x.ndim)),
        "channel": (1,),
        "spatial": tuple(range(2, x.ndim)),
    }[mode]
    wide = _wide(x)
    return (wide / np.sqrt((wide * wide).sum(axis=axes, keepdims=True) + eps)).astype(x.dtype)


add("L2Normalization", _l2,
    lambda b: b.call("L2Normalization", (_smooth(b, low=3),), {"eps": 2.0**-10, "mode": b.source.choice(
        ("instance", "channel", "spatial"))}), ulps=16)  # fmt: skip


def _lrn(x: Array, alpha: float, beta: float, knorm: float, nsize: int) -> Array:
    wide, half = _wide(x), nsize // 2
    squares = np.stack([
        (wide * wide)[:, max(c - half, 0) : c + half + 1].sum(axis=1) for c in range(x.shape[1])
    ], axis=1)  # fmt: skip
    return (wide * (knorm + alpha / nsize * squares) ** -beta).astype(x.dtype)


add("LRN", _lrn,
    lambda b: b.call("LRN", (_smooth(b, low=4),), {"alpha": 0.5, "beta": 0.75, "knorm": 2.0,
                                                   "nsize": b.source.choice((1, 3, 5))}),
    ulps=16)  # fmt: skip


def _moments(x: Array, axes: tuple[int, ...], keepdims: bool) -> list[Array]:
    found = [f(_wide(x), axis=axes, keepdims=keepdims) for f in (np.mean, np.var)]
    return [np.asarray(v).reshape(np.shape(v) or (1,)).astype(x.dtype) for v in found]


def _draw_moments(b: Any) -> int | None:
    i = _smooth(b)
    axes = tuple(b.source.random.sample(range(b.rank(i)), b.source.between(1, b.rank(i))))
    return b.call("moments", (i,), {"axes": axes, "keepdims": b.source.chance(0.5)})


add("moments", _moments, _draw_moments, ulps=32)

# Heads, of which forward alone is compared here: what flows back from them is their own


def _head(b: Any, name: str, params: dict[str, Any]) -> int | None:
    i = _smooth(b)
    return b.call(name, (i, b.like(i)), params)


add("LinearRegressionOutput", lambda x, y, grad_scale: x,
    partial(_head, name="LinearRegressionOutput", params={"grad_scale": 2.0}))  # fmt: skip
add("MAERegressionOutput", lambda x, y, grad_scale: x,
    partial(_head, name="MAERegressionOutput", params={"grad_scale": 1.0}))  # fmt: skip
add("LogisticRegressionOutput", lambda x, y, grad_scale: _activation(x, "sigmoid"),
    partial(_head, name="LogisticRegressionOutput", params={"grad_scale": 1.0}), ulps=8)  # fmt: skip
add("make_loss", lambda x: x, lambda b: b.call("make_loss", (b.pick("f"),), {}))
add("MakeLoss", lambda x, grad_scale: x,
    lambda b: b.call("MakeLoss", (b.pick("f"),), {"grad_scale": 2.0}))  # fmt: skip


def _draw_labelled(b: Any, name: str, params: dict[str, Any], rank: int = 2) -> int | None:
    i = _smooth(b, tuple(b.source.between(1, 4) for _ in range(rank)))
    label = indices(b, b.shape(i)[:-1], 0, b.shape(i)[-1] - 1, b.dtype(i))
    return b.call(name, (i, label), params)


add(
    "SVMOutput",
    lambda x, y, margin: x,
    partial(_draw_labelled, name="SVMOutput", params={"margin": 1.0}),
)
add("SoftmaxOutput", lambda x, y, preserve_shape: _shares(x, -1, None, "softmax"),
    partial(_draw_labelled, name="SoftmaxOutput", params={"preserve_shape": True}), ulps=16)  # fmt: skip


def _cross_entropy(x: Array, label: Array) -> Array:
    shares = _shares(_wide(x), -1, None, "softmax")[np.arange(len(x)), label.astype("int64")]
    return np.array([-np.log(np.maximum(shares, 1e-8)).sum()]).astype(x.dtype)


add("softmax_cross_entropy", _cross_entropy,
    partial(_draw_labelled, name="softmax_cross_entropy", params={}), ulps=32)  # fmt: skip

# Asked of whole arrays


def _all_finite(*arrays: Array, **params: Any) -> Array:
    return np.array([float(all(np.isfinite(x).all() for x in arrays))], "float32")


def _floats(b: Any) -> tuple[int, ...]:
    first = b.pick("f", (1, 6))
    return (first, *(b.like(first) for _ in range(b.source.between(0, 2))))


add("all_finite", _all_finite, lambda b: b.call("all_finite", _floats(b)[:1], {}))


def _draw_all_finite(b: Any) -> int | None:
    inputs = _floats(b)
    return b.call("multi_all_finite", inputs, {"num_arrays": len(inputs)})


add("multi_all_finite", _all_finite, _draw_all_finite)


def _draw_squares(b: Any) -> int | None:
    inputs = tuple(_smooth(b, dtype="float32") for _ in range(b.source.between(1, 3)))
    return b.call("multi_sum_sq", inputs, {"num_arrays": len(inputs)})


add("multi_sum_sq", lambda *xs, num_arrays: np.array([(_wide(x) ** 2).sum() for x in xs], "float32"),
    _draw_squares, ulps=64)  # fmt: skip
