"""Layers that multiply with a matrix of weights: full connection and embedding."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np

from ..errors import shape_text
from ..specs import DType, Shape, as_dtype, known
from . import moving
from .backward import added_at
from .casting import stored
from .params import Range
from .registry import op
from .rules import DTypes, Mismatch, Params, Shapes, first_dtype, forward, unify, unify_dtypes

FLOAT32 = as_dtype("float32")


# Full connection


def _dense_inputs(params: Params) -> tuple[str, ...]:
    return ("data", "weight") if params["no_bias"] else ("data", "weight", "bias")


def _dense_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, weight, *bias = ins
    if data is None:
        return ins, outs
    hidden, flatten = params["num_hidden"], params["flatten"]
    features = data[1:] if flatten else data[-1:]
    width = None if None in features else math.prod(dim or 0 for dim in features)
    try:
        weight = unify((hidden, width), weight)
    except Mismatch:
        raise Mismatch(
            f"data of shape {shape_text(data)} needs a weight of shape "
            f"{shape_text((hidden, width))}, not {shape_text(weight or ())}",
            hint=f"The weight is (num_hidden, {'all sizes but the first' if flatten else 'last size'}"
            " of the data).",
        ) from None
    out = unify((data[0], hidden) if flatten else (*data[:-1], hidden), outs[0])
    if out is not None and (flatten or len(data) > 1):
        data = (out[0], *data[1:])
    return (data, weight, *(unify((hidden,), item) for item in bias)), (out,)


def _dense_gradient(F, g, y, data, weight, *bias, flatten, **_):
    rows = g if flatten else F._backward_rows(g)
    inputs = F.Flatten(data) if flatten else F._backward_rows(data)
    back = F.reshape_like(F.dot(rows, weight), data)
    return (back, F.dot(rows, inputs, transpose_a=True), *(F.sum(rows, axis=0) for _ in bias))


@op("FullyConnected", shape=_dense_rule, inputs=_dense_inputs, gradient=_dense_gradient)
def fully_connected(
    xp,
    data,
    weight,
    bias=None,
    /,
    *,
    num_hidden: Annotated[int, Range(1, None)],
    no_bias: bool = False,
    flatten: bool = True,
    out=None,
):
    """Full connection, a linear layer: `y = x Wᵀ + b`.

    `data` (n, d1, d2, …), `weight` (num_hidden, d1·d2·…) and `bias` (num_hidden,) give
    (n, num_hidden). All have one dtype.

    num_hidden
        Size of the result's last axis.
    no_bias
        Leave `b`, and the input `bias`, out.
    flatten
        Join all axes but the first. If not, the last axis alone is multiplied: data (…, d) and a
        weight (num_hidden, d) give (…, num_hidden).

    >>> import symbook as mx
    >>> x, w = mx.nd.array([[1, 2]]), mx.nd.array([[3, 4], [5, 6], [7, 8]])
    >>> mx.nd.FullyConnected(x, w, mx.nd.array([0, 0, 1]), num_hidden=3).asnumpy()
    array([[11., 17., 24.]], dtype=float32)
    """
    width = weight.shape[1]
    shape = (data.shape[0], num_hidden) if flatten else (*data.shape[:-1], num_hidden)
    rows = data.reshape(math.prod(shape[:-1]), width)
    if data.dtype == "float16" and xp is np:
        # NumPy has no fast product of float16, and would round after each addition.
        rows, weight = rows.astype("float32"), weight.astype("float32")
    target = None
    if out is not None and out.flags.c_contiguous and out.dtype == rows.dtype:
        target = out.reshape(rows.shape[0], num_hidden)
    result = xp.matmul(rows, weight.T, out=target)
    if bias is not None:
        xp.add(result, bias, out=result)
    if target is not None:
        return out
    return stored(result.reshape(shape), data.dtype, out)


def _rows_shape(data: Shape) -> Shape:
    leading = data[:-1]
    return (None if None in leading else math.prod(dim or 0 for dim in leading), data[-1])


@op(
    "_backward_rows",
    shape=forward(_rows_shape, whole=False),
    view=True,
    gradient=lambda F, g, y, data: F.reshape_like(g, data),
)
def backward_rows(xp, data, /):
    """All axes but the last joined: a matrix."""
    return data.reshape(known(_rows_shape(data.shape)))


# Embedding


def _embedding_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data, weight = ins
    if data is None:
        return ins, outs
    out = unify((*data, params["output_dim"]), outs[0]) or ()
    return (out[:-1], unify((params["input_dim"], params["output_dim"]), weight)), (out,)


def _embedding_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    dtype = unify_dtypes((ins[1], outs[0])) or params["dtype"]
    return (ins[0], dtype), (dtype,)


@op(
    "Embedding",
    shape=_embedding_rule,
    dtype=_embedding_dtype,
    gradient=lambda F, g, y, data, weight, input_dim, **_: (
        None,
        F._backward_Embedding(g, data, input_dim=input_dim),
    ),
)
def embedding(
    xp,
    data,
    weight,
    /,
    *,
    input_dim: Annotated[int, Range(1, None)],
    output_dim: Annotated[int, Range(1, None)],
    dtype: DType = FLOAT32,
    sparse_grad: bool = False,
    out=None,
):
    """Rows of a table, chosen by their numbers: `y[i, …] = weight[data[i, …]]`.

    `data` (d1, d2, …) of any dtype and `weight` (input_dim, output_dim) give (d1, d2, …, output_dim),
    of the weight's dtype. Numbers are cut to whole ones; those below 0 choose the first row, those
    beyond the end the last. No gradient flows to `data`.

    input_dim
        How many rows the table has, such as the words of a vocabulary.
    output_dim
        The length of a row.
    dtype
        Of the weight, where nothing else says it.
    sparse_grad
        MXNet's hint for sparse arrays; it changes nothing.

    >>> import symbook as mx
    >>> table = mx.nd.array([[0, 1], [2, 3], [4, 5]])
    >>> mx.nd.Embedding(mx.nd.array([2, 0]), table, input_dim=3, output_dim=2).asnumpy()
    array([[4., 5.],
           [0., 1.]], dtype=float32)
    """
    if xp is not np:
        return moving.taken(xp, weight, data, 0, out=out)
    # NumPy writes to `out` by way of a copy unless it need not look for numbers that are outside.
    return xp.take(weight, _rows(xp, data, input_dim), axis=0, out=out, mode="clip")


def _rows(xp: Any, data: Any, size: int) -> Any:
    """The numbers in `data` as positions from 0 to size - 1, as wide as NumPy's `take` wants them."""
    whole = xp.clip(data.astype("int64", copy=False), 0, size - 1)
    return whole.astype(np.intp, copy=False)


def _table_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    grad, _ = ins
    if grad is None:
        return ins, outs
    return ins, (unify((params["input_dim"], grad[-1]), outs[0]),)


@op(
    "_backward_Embedding",
    shape=_table_rule,
    dtype=first_dtype,
    gradient=lambda F, g, y, grad, data, input_dim: (F.take(g, data), None),
)
def backward_embedding(xp, grad, data, /, *, input_dim: Annotated[int, Range(1, None)]):
    """Gradient of Embedding's weight: the sums of the rows of `grad` that each row was chosen for.

    `grad` (d1, d2, …, output_dim) and `data` (d1, d2, …) give (input_dim, output_dim).
    """
    rows = _rows(xp, data, input_dim).reshape(-1)
    width = grad.shape[-1]
    return added_at(xp, (input_dim, width), rows, grad.reshape(rows.size, width))
