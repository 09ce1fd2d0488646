"""Arithmetic of two or more arrays, element by element.

Each function serves two operators. The `elemwise_*` one (or `_mod`, `_power`, …) takes arrays of
one shape, and gives an array whose shape is not known its partner's; the `broadcast_*` one leaves
it unknown. A gradient rule gives both inputs gradients of the result's shape.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from ..cuda import FLOATS, Kernel
from .casting import numeric, stored
from .device import delivered, packed, target
from .params import Range
from .registry import op
from .rules import broadcast, elementwise


def _add_gradient(F: Any, g: Any, y: Any, lhs: Any, rhs: Any) -> Any:
    return g, g


@op("_grad_add", shape=elementwise, dtype=numeric, gradient=_add_gradient, kernel="lhs + rhs")
@op(
    "elemwise_add",
    alias=("_plus", "_Plus", "_add"),
    shape=elementwise,
    dtype=numeric,
    gradient=_add_gradient,
    kernel="lhs + rhs",
)
@op(
    "broadcast_add",
    alias=("broadcast_plus",),
    shape=broadcast,
    dtype=numeric,
    gradient=_add_gradient,
    kernel="lhs + rhs",
)
def add(xp, lhs, rhs, /, *, out=None):
    """Sum of two arrays, element by element: `lhs + rhs`.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's.

    >>> mx.nd.broadcast_add(mx.nd.array([[1], [2]]), mx.nd.array([10, 20])).asnumpy()
    array([[11., 21.],
           [12., 22.]], dtype=float32)
    """
    return xp.add(lhs, rhs, out=out)


def _subtract_gradient(F: Any, g: Any, y: Any, lhs: Any, rhs: Any) -> Any:
    return g, F.negative(g)


@op(
    "elemwise_sub",
    alias=("_minus", "_Minus", "_sub"),
    shape=elementwise,
    dtype=numeric,
    gradient=_subtract_gradient,
    kernel="lhs - rhs",
)
@op(
    "broadcast_sub",
    alias=("broadcast_minus",),
    shape=broadcast,
    dtype=numeric,
    gradient=_subtract_gradient,
    kernel="lhs - rhs",
)
def subtract(xp, lhs, rhs, /, *, out=None):
    """Difference of two arrays, element by element: `lhs - rhs`.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's.

    >>> mx.nd.broadcast_sub(mx.nd.array([[1], [2]]), mx.nd.array([10, 20])).asnumpy()
    array([[ -9., -19.],
           [ -8., -18.]], dtype=float32)
    """
    return xp.subtract(lhs, rhs, out=out)


def _multiply_gradient(F: Any, g: Any, y: Any, lhs: Any, rhs: Any) -> Any:
    return F.broadcast_mul(g, rhs), F.broadcast_mul(g, lhs)


@op(
    "elemwise_mul",
    alias=("_mul", "_Mul"),
    shape=elementwise,
    dtype=numeric,
    gradient=_multiply_gradient,
    kernel="lhs * rhs",
)
@op(
    "broadcast_mul", shape=broadcast, dtype=numeric, gradient=_multiply_gradient, kernel="lhs * rhs"
)
def multiply(xp, lhs, rhs, /, *, out=None):
    """Product of two arrays, element by element: `lhs * rhs`.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's. The product of
    matrices is `dot`.

    >>> mx.nd.broadcast_mul(mx.nd.array([[1], [2]]), mx.nd.array([10, 20])).asnumpy()
    array([[10., 20.],
           [20., 40.]], dtype=float32)
    """
    return xp.multiply(lhs, rhs, out=out)


def _divide_gradient(F: Any, g: Any, y: Any, lhs: Any, rhs: Any) -> Any:
    by_rhs = F.broadcast_div(g, rhs)
    return by_rhs, F.negative(F.broadcast_mul(by_rhs, y))


@op(
    "elemwise_div",
    alias=("_div", "_Div"),
    shape=elementwise,
    dtype=numeric,
    gradient=_divide_gradient,
    kernel="lhs / rhs",
)
@op("broadcast_div", shape=broadcast, dtype=numeric, gradient=_divide_gradient, kernel="lhs / rhs")
def divide(xp, lhs, rhs, /, *, out=None):
    """Quotient of two arrays, element by element: `lhs / rhs`.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's. Integers are
    divided as in C: 7 / 2 is 3 and -7 / 2 is -3; division of an integer by 0 gives 0.

    >>> mx.nd.broadcast_div(mx.nd.array([[1], [2]]), mx.nd.array([4, 8])).asnumpy()
    array([[0.25 , 0.125],
           [0.5  , 0.25 ]], dtype=float32)
    """
    if lhs.dtype.kind == "f":
        return xp.divide(lhs, rhs, out=out)
    if lhs.dtype.kind == "u":
        return xp.floor_divide(lhs, rhs, out=out)
    floor = xp.floor_divide(lhs, rhs)
    return xp.add(floor, (floor < 0) & (floor * rhs != lhs), out=out)


# CuPy's own is `lhs - floor(lhs / rhs) * rhs`, which large quotients make far from NumPy's.
_MODULO = Kernel(
    "float_modulo",
    """
KERNEL float_modulo(const T* lhs, const T* rhs, T* out, long long step, long long n) {
    FOR_EACH(i, n) {
        T divisor = rhs[i * step];
        out[i] = A(divisor) == A(0) ? T(0.0f) : modulo(lhs[i], divisor);
    }
}
""",
    types=FLOATS,
)


def _float_modulo(xp: Any, lhs: Any, rhs: Any, out: Any) -> Any:
    """:func:`modulo` of floats on a GPU; one of the two may be a number."""
    dtype = lhs.dtype
    if lhs.ndim == 0:
        lhs = xp.full(rhs.shape, lhs, dtype)
    step = 0 if rhs.ndim == 0 else 1
    if step == 0:
        rhs = xp.full(1, rhs, dtype)
    elif lhs.shape != rhs.shape:
        lhs, rhs = xp.broadcast_arrays(lhs, rhs)
    result = target(xp, out, lhs.shape, dtype)
    args = (packed(lhs), packed(rhs), result, step, result.size)
    _MODULO(xp, dtype, args, size=result.size)
    return delivered(result, out)


def _modulo_gradient(F: Any, g: Any, y: Any, lhs: Any, rhs: Any) -> Any:
    # lhs % rhs = lhs - rhs * floor(lhs / rhs), the floor taken as constant.
    return g, F.negative(F.broadcast_mul(g, F.floor(F.broadcast_div(lhs, rhs))))


@op("_mod", alias=("_Mod",), shape=elementwise, dtype=numeric, gradient=_modulo_gradient)
@op("broadcast_mod", shape=broadcast, dtype=numeric, gradient=_modulo_gradient)
def modulo(xp, lhs, rhs, /, *, out=None):
    """Remainder of a division, element by element: `lhs % rhs`, with the sign of the divisor.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's. The
    remainder by 0 is 0.

    >>> mx.nd.broadcast_mod(mx.nd.array([[5], [-5]]), mx.nd.array([3, -3])).asnumpy()
    array([[ 2., -1.],
           [ 1., -2.]], dtype=float32)
    """
    if lhs.dtype.kind != "f":
        return xp.mod(lhs, rhs, out=out)
    if xp is not np:
        return _float_modulo(xp, lhs, rhs, out)
    remainder = xp.mod(lhs, rhs)
    return stored(xp.where(rhs == 0, lhs.dtype.type(0), remainder), lhs.dtype, out)


def _power_gradient(F: Any, g: Any, y: Any, lhs: Any, rhs: Any) -> Any:
    slope = F.broadcast_mul(rhs, F.broadcast_power(lhs, rhs - 1))
    return F.broadcast_mul(g, slope), F.broadcast_mul(g, F.broadcast_mul(y, F.log(lhs)))


@op(
    "_power",
    alias=("_Power",),
    shape=elementwise,
    dtype=numeric,
    gradient=_power_gradient,
    kernel="power(lhs, rhs)",
)
@op(
    "broadcast_power",
    shape=broadcast,
    dtype=numeric,
    gradient=_power_gradient,
    kernel="power(lhs, rhs)",
)
def power(xp, lhs, rhs, /, *, out=None):
    """First array to the power of the second, element by element: `lhs ** rhs`.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's. A negative
    float to a broken power is NaN; an integer to a negative power is 0 unless it is 1 or -1.

    >>> mx.nd.broadcast_power(mx.nd.array([[2], [3]]), mx.nd.array([1, 2])).asnumpy()
    array([[2., 4.],
           [3., 9.]], dtype=float32)
    """
    if lhs.dtype.kind == "f":
        return xp.power(lhs, rhs, out=out)
    # NumPy refuses negative powers of integers.
    size = xp.power(lhs, xp.maximum(xp.abs(rhs), 0))
    return xp.multiply(size, (rhs >= 0) | (xp.abs(lhs) == 1), out=out)


def _maximum_gradient(F: Any, g: Any, y: Any, lhs: Any, rhs: Any) -> Any:
    # Of two equal elements the first has the gradient.
    return (
        F.broadcast_mul(g, F.broadcast_greater_equal(lhs, rhs)),
        F.broadcast_mul(g, F.broadcast_lesser(lhs, rhs)),
    )


@op(
    "_maximum",
    alias=("_Maximum",),
    shape=elementwise,
    dtype=numeric,
    gradient=_maximum_gradient,
    kernel="maximum(lhs, rhs)",
)
@op(
    "broadcast_maximum",
    shape=broadcast,
    dtype=numeric,
    gradient=_maximum_gradient,
    kernel="maximum(lhs, rhs)",
)
def maximum(xp, lhs, rhs, /, *, out=None):
    """Larger of two arrays' elements; NaN where either is NaN.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's.

    >>> mx.nd.broadcast_maximum(mx.nd.array([[1], [5]]), mx.nd.array([2, 3])).asnumpy()
    array([[2., 3.],
           [5., 5.]], dtype=float32)
    """
    return xp.maximum(lhs, rhs, out=out)


def _minimum_gradient(F: Any, g: Any, y: Any, lhs: Any, rhs: Any) -> Any:
    return (
        F.broadcast_mul(g, F.broadcast_lesser_equal(lhs, rhs)),
        F.broadcast_mul(g, F.broadcast_greater(lhs, rhs)),
    )


@op(
    "_minimum",
    alias=("_Minimum",),
    shape=elementwise,
    dtype=numeric,
    gradient=_minimum_gradient,
    kernel="minimum(lhs, rhs)",
)
@op(
    "broadcast_minimum",
    shape=broadcast,
    dtype=numeric,
    gradient=_minimum_gradient,
    kernel="minimum(lhs, rhs)",
)
def minimum(xp, lhs, rhs, /, *, out=None):
    """Smaller of two arrays' elements; NaN where either is NaN.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's.

    >>> mx.nd.broadcast_minimum(mx.nd.array([[1], [5]]), mx.nd.array([2, 3])).asnumpy()
    array([[1., 1.],
           [2., 3.]], dtype=float32)
    """
    return xp.minimum(lhs, rhs, out=out)


def _hypot_gradient(F: Any, g: Any, y: Any, lhs: Any, rhs: Any) -> Any:
    return (
        F.broadcast_mul(g, F.broadcast_div(lhs, y)),
        F.broadcast_mul(g, F.broadcast_div(rhs, y)),
    )


@op(
    "_hypot",
    alias=("_Hypot",),
    shape=elementwise,
    dtype=numeric,
    gradient=_hypot_gradient,
    kernel="hypot(lhs, rhs)",
)
@op(
    "broadcast_hypot",
    shape=broadcast,
    dtype=numeric,
    gradient=_hypot_gradient,
    kernel="hypot(lhs, rhs)",
)
def hypot(xp, lhs, rhs, /, *, out=None):
    """Hypotenuse, element by element: `sqrt(lhs² + rhs²)`, without overflow on the way.

    Both have one dtype, which is the result's; sizes of 1 stretch to the partner's. For integers
    the fraction is dropped.

    >>> mx.nd.broadcast_hypot(mx.nd.array([3, 5]), mx.nd.array([4, 12])).asnumpy()
    array([ 5., 13.], dtype=float32)
    """
    if lhs.dtype.kind == "f":
        return xp.hypot(lhs, rhs, out=out)
    return stored(xp.hypot(lhs.astype("float64"), rhs.astype("float64")), lhs.dtype, out)


@op(
    "add_n",
    alias=("ElementWiseSum",),
    shape=elementwise,
    dtype=numeric,
    gradient=lambda F, g, y, *args, num_args: (g,) * num_args,
    kernel=lambda params: " + ".join(f"arg{i}" for i in range(params["num_args"])),
)
def add_n(xp, /, *args, num_args: Annotated[int, Range(1, None)], out=None):
    """Sum of any number of arrays of one shape and dtype, element by element.

    `num_args` is how many there are; a call in Python counts them itself.

    >>> mx.nd.add_n(mx.nd.array([1, 2]), mx.nd.array([3, 4]), mx.nd.array([5, 6])).asnumpy()
    array([ 9., 12.], dtype=float32)
    """
    if num_args == 1:
        return xp.positive(args[0], out=out)
    total, *rest = args
    # Only the last sum goes into `out`, which may be the memory of one of the inputs.
    for item in rest[:-1]:
        total = xp.add(total, item)
    return xp.add(total, rest[-1], out=out)
