"""What several families' gradients are made of, and no user asks for."""

from __future__ import annotations

from typing import Any

from .registry import op
from .rules import DTypes, Params, Shapes, unify, unify_dtypes


def _like_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    return ins, (unify(ins[1], outs[0]),)


def _data_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    dtype = unify_dtypes((ins[0], *outs))
    return (dtype, ins[1]), (dtype,)


def _stretched(F: Any, g: Any, y: Any, data: Any, like: Any) -> Any:
    return F.broadcast_add(g, F.zeros_like(data)), None


@op("_backward_broadcast", shape=_like_shape, dtype=_data_dtype, view=True, gradient=_stretched)
def backward_broadcast(xp, data, like, /):
    """`data` summed to the shape of `like`, which had been stretched to the shape of `data`."""
    if data.shape == like.shape:
        return data
    extra = data.ndim - like.ndim
    axes = [i for i in range(data.ndim) if i < extra or data.shape[i] != like.shape[i - extra]]
    return data.sum(axis=tuple(axes), keepdims=True).reshape(like.shape)
