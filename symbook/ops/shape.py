"""Operators that change the order of elements, or give only the shape, and change none of the values.

Those declared `view` give a view of the input where NumPy can, and never change it.
"""

from __future__ import annotations

from typing import Any

from ..errors import counted
from ..specs import Shape
from .backward import no_gradient
from .registry import op
from .rules import (
    Mismatch,
    Params,
    Shapes,
    axes_of,
    axis_of,
    first_dtype,
    fixed_dtype,
    unify,
)

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


def _transpose_gradient(F: Any, g: Any, y: Any, data: Any, axes: tuple[int, ...]) -> Any:
    return F.transpose(g, axes=tuple(sorted(range(len(axes)), key=axes.__getitem__)))


@op("transpose", shape=_transpose_rule, view=True, gradient=_transpose_gradient)
def transpose(xp, data, /, *, axes: tuple[int, ...] = ()):
    """Dimension i of the result is dimension `axes[i]` of the input; by default all reversed.

    >>> mx.nd.transpose(mx.nd.array([[1, 2], [3, 4]])).asnumpy()
    array([[1., 3.],
           [2., 4.]], dtype=float32)
    """
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


@op(
    "SwapAxis",
    alias=("swapaxes",),
    shape=_swap_rule,
    view=True,
    gradient=lambda F, g, y, data, **params: F.SwapAxis(g, **params),
)
def swap_axis(xp, data, /, *, dim1: int = 0, dim2: int = 0):
    """Two dimensions exchanged.

    >>> mx.nd.SwapAxis(mx.nd.zeros((2, 3, 4)), dim1=0, dim2=2).shape
    (4, 3, 2)
    """
    return xp.swapaxes(data, dim1, dim2)


def _axes_checked(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    """One shape for both, and `axis` names dimensions of it, each once."""
    shape = unify(ins[0], outs[0])
    if shape is not None:
        axes_of(params["axis"], len(shape))
    return (shape,), (shape,)


@op(
    "reverse",
    alias=("flip",),
    shape=_axes_checked,
    view=True,
    gradient=lambda F, g, y, data, axis: F.reverse(g, axis=axis),
)
def reverse(xp, data, /, *, axis: tuple[int, ...]):
    """The order of the elements reversed along each axis named.

    >>> mx.nd.reverse(mx.nd.array([[1, 2], [3, 4]]), axis=1).asnumpy()
    array([[2., 1.],
           [4., 3.]], dtype=float32)
    """
    return xp.flip(data, axis)


# The shape itself, and nothing else


def _rank_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    rank = None if ins[0] is None else len(ins[0])
    return ins, (unify((rank,), outs[0]),)


@op(
    "shape_array",
    outline=("data",),
    shape=_rank_rule,
    dtype=fixed_dtype("int64"),
    gradient=no_gradient,
)
def shape_array(xp, data, /):
    """The shape of the input as an array of int64.

    >>> mx.nd.shape_array(mx.nd.zeros((2, 3))).asnumpy()
    array([2, 3])
    """
    return xp.asarray(data.shape, dtype="int64")


def _one_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    return ins, (unify((1,), outs[0]),)


@op(
    "size_array",
    outline=("data",),
    shape=_one_rule,
    dtype=fixed_dtype("int64"),
    gradient=no_gradient,
)
def size_array(xp, data, /):
    """The number of elements of the input, as an array (1,) of int64.

    >>> mx.nd.size_array(mx.nd.zeros((2, 3))).asnumpy()
    array([6])
    """
    return xp.asarray([data.size], dtype="int64")


@op("_copy", alias=("identity",), view=True, gradient=lambda F, g, y, data: g)
def identity(xp, data, /):
    """The input itself.

    >>> mx.nd.identity(mx.nd.array([1, 2])).asnumpy()
    array([1., 2.], dtype=float32)
    """
    return data


def _like_rhs_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = unify(unify(ins[0], ins[1]), outs[0])
    return (shape, shape), (shape,)


@op(
    "_identity_with_attr_like_rhs",
    outline=("rhs",),
    shape=_like_rhs_shape,
    dtype=first_dtype,
    view=True,
    gradient=lambda F, g, y, lhs, rhs: (g, None),
)
def identity_with_attr_like_rhs(xp, lhs, rhs, /):
    """The first input itself, whose shape is that of the second.

    >>> function = mx.nd._internal._identity_with_attr_like_rhs
    >>> function(mx.nd.array([1, 2]), mx.nd.zeros(2)).asnumpy()
    array([1., 2.], dtype=float32)
    """
    return lhs


@op("BlockGrad", alias=("stop_gradient",), view=True, gradient=no_gradient)
def block_grad(xp, data, /):
    """The input itself; no gradient flows back through it.

    >>> mx.nd.BlockGrad(mx.nd.array([1, 2])).asnumpy()
    array([1., 2.], dtype=float32)
    """
    return data
