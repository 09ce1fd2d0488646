"""The workloads in JAX, each compiled whole by `jit`, for whatever device is JAX's first."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .. import arithmetic
from ..program import Arrays, Builder, Latest, Program, Size
from ..resnet import EPSILON, resnet50

_F = SimpleNamespace(tanh=jnp.tanh, exp=jnp.exp, log=jnp.log, sigmoid=jax.nn.sigmoid)
Named = dict[str, Any]


def _of(function: Callable[[Named], Named]) -> Builder:
    """The program of a function of named arrays, which gives named arrays."""

    def build(size: Size, inputs: Arrays) -> Program:
        given = {name: jnp.asarray(value) for name, value in inputs.items()}
        compiled = jax.jit(function)

        def named(found: Named) -> Arrays:
            return {name: np.asarray(value) for name, value in found.items()}

        latest = Latest(lambda: compiled(given), named)
        return latest.program(wait=lambda: jax.block_until_ready(latest.value))

    return build


def _branches(p: Named) -> Named:
    return {"out": sum(jnp.tanh(p[f"a{k}"] @ p[f"b{k}"]).sum() for k in range(len(p) // 2))}


def _graded(
    loss: Callable[[Named, Named], tuple[Any, Any]], wanted: Callable[[str], bool]
) -> Builder:
    """Forward and backward; the loss also gives the output."""

    def both_ways(p: Named) -> Named:
        weights = {name: value for name, value in p.items() if wanted(name)}
        (_, out), grads = jax.value_and_grad(loss, has_aux=True)(weights, p)
        return {"out": out, **{f"grad:{name}": grad for name, grad in grads.items()}}

    return _of(both_ways)


def _mlp(weights: Named, p: Named) -> tuple[Any, Any]:
    value, count = p["data"], len(weights) // 2
    for i in range(1, count + 1):
        value = value @ weights[f"w{i}"].T + weights[f"b{i}"]
        value = jax.nn.relu(value) if i < count else value
    logs = jax.nn.log_softmax(value)
    picked = jnp.take_along_axis(logs, p["label"].astype(int)[:, None], axis=1)
    return -picked.sum(), jnp.exp(logs)


def _lstm(weights: Named, p: Named) -> tuple[Any, Any]:
    h, c = p["h0"], p["c0"]
    for data in p["data"]:
        gates = data @ weights["wx"].T + weights["bx"] + h @ weights["wh"].T + weights["bh"]
        i, f, g, o = jnp.split(gates, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return (h * p["head"]).sum(), h


class _Layers:
    """The layers of ResNet; see `resnet.Layers`."""

    relu = staticmethod(jax.nn.relu)
    add = staticmethod(jnp.add)

    def conv(self, data: Any, weight: Any, stride: int, pad: int) -> Any:
        return lax.conv_general_dilated(data, weight, (stride, stride), [(pad, pad)] * 2)

    def norm(self, data: Any, gamma: Any, beta: Any, mean: Any, var: Any) -> Any:
        scale = lax.rsqrt(var + EPSILON) * (1 if gamma is None else gamma)
        return data * scale[:, None, None] + (beta - mean * scale)[:, None, None]

    def max_pool(self, data: Any) -> Any:
        pad = [(0, 0), (0, 0), (1, 1), (1, 1)]
        return lax.reduce_window(data, -jnp.inf, lax.max, (1, 1, 3, 3), (1, 1, 2, 2), pad)

    def classify(self, data: Any, weight: Any, bias: Any) -> Any:
        return jax.nn.softmax(data.mean(axis=(2, 3)) @ weight.T + bias)


PROGRAMS: dict[str, Builder] = {
    "e": _of(lambda p: {"out": arithmetic.e(*(p[name] for name in "ABCD"))}),
    "chain": _of(lambda p: {"out": arithmetic.chain(**p)}),
    "line": _of(lambda p: {"out": arithmetic.line(**p)}),
    "mix": _of(lambda p: {"out": arithmetic.mix(_F, **p)}),
    "softmax": _of(lambda p: {"out": jax.nn.softmax(p["x"])}),
    "distance": _of(lambda p: {"out": jnp.square(p["x"] - p["y"]).sum(axis=1)}),
    "dot": _of(lambda p: {"out": p["a"] @ p["b"]}),
    "branches": _of(_branches),
    "mlp": _graded(_mlp, lambda name: name[0] in "wb"),
    "lstm": _graded(_lstm, lambda name: name in ("wx", "bx", "wh", "bh")),
    "resnet": _of(lambda p: {"out": resnet50(_Layers(), p)}),
}
