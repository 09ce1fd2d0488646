"""Mathematical functions of one array, element by element.

Every result has the array's shape and dtype. Integers are computed in float64 and the fraction is
then dropped, as in C: `sqrt` of the integer 8 is 2. Arrays of bool are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi, sqrt
from typing import Any

import numpy as np

from . import special
from .backward import no_gradient
from .casting import floating, numeric, stored
from .registry import Gradient, op
from .special_kernels import special_function

_BLOCK = 2**14
"""Elements for which a special function's intermediate arrays stay in the processor's cache."""

# Of `y`, the result, rather than of `x` where that is quicker. Those not here are zero everywhere.
_GRADIENTS: dict[str, Gradient] = {
    "sqrt": lambda F, g, y, x: g / (y * 2),
    "cbrt": lambda F, g, y, x: g / (F.square(y) * 3),
    "rsqrt": lambda F, g, y, x: g * (y / x) * -0.5,
    "rcbrt": lambda F, g, y, x: g * (y / x) * (-1 / 3),
    "reciprocal": lambda F, g, y, x: F.negative(g * F.square(y)),
    "exp": lambda F, g, y, x: g * y,
    "expm1": lambda F, g, y, x: g * F.exp(x),
    "log": lambda F, g, y, x: g / x,
    "log10": lambda F, g, y, x: g / x * (1 / log(10)),
    "log2": lambda F, g, y, x: g / x * (1 / log(2)),
    "log1p": lambda F, g, y, x: g / (x + 1),
    "sin": lambda F, g, y, x: g * F.cos(x),
    "cos": lambda F, g, y, x: F.negative(g * F.sin(x)),
    "tan": lambda F, g, y, x: g * (F.square(y) + 1),
    "arcsin": lambda F, g, y, x: g / F.sqrt(1 - F.square(x)),
    "arccos": lambda F, g, y, x: F.negative(g / F.sqrt(1 - F.square(x))),
    "arctan": lambda F, g, y, x: g / (F.square(x) + 1),
    "sinh": lambda F, g, y, x: g * F.cosh(x),
    "cosh": lambda F, g, y, x: g * F.sinh(x),
    "tanh": lambda F, g, y, x: g * (1 - F.square(y)),
    "arcsinh": lambda F, g, y, x: g / F._hypot_scalar(x, scalar=1),
    "arccosh": lambda F, g, y, x: g / F.sqrt(F.square(x) - 1),
    "arctanh": lambda F, g, y, x: g / (1 - F.square(x)),
    "degrees": lambda F, g, y, x: g * (180 / pi),
    "radians": lambda F, g, y, x: g * (pi / 180),
    "sigmoid": lambda F, g, y, x: g * (y * (1 - y)),
    "softsign": lambda F, g, y, x: g / F.square(F.abs(x) + 1),
    "erf": lambda F, g, y, x: g * F.exp(F.negative(F.square(x))) * (2 / sqrt(pi)),
    "erfinv": lambda F, g, y, x: g * F.exp(F.square(y)) * (sqrt(pi) / 2),
    "gamma": lambda F, g, y, x: g * (y * F._backward_gammaln(x)),
    "gammaln": lambda F, g, y, x: g * F._backward_gammaln(x),
    "_backward_gammaln": lambda F, g, y, x: g * F._backward_digamma(x),
}

# Of -0 it is -0, as of what is near it.
_WHOLE = "(floor(absolute(data)) + where(absolute(data) - floor(absolute(data)) >= 0.5, 1, 0))"
_ROUND = f"where(data == 0, data, where(data < 0, -{_WHOLE}, {_WHOLE}))"

# One element, for those that are more than the namespace's function of the same name.
_KERNELS = {
    "rsqrt": "1 / sqrt(data)",
    "rcbrt": "1 / cbrt(data)",
    "reciprocal": "1 / data",
    "sigmoid": "1 / (exp(-data) + 1)",
    "softsign": "data / (1 + absolute(data))",
    "fix": "trunc(data)",
    "round": _ROUND,
    "rint": "ceil(data) - where(ceil(data) - data >= 0.5, 1, 0)",
}
_BY_NAME = (
    *(
        "sqrt",
        "cbrt",
        "exp",
        "expm1",
        "log",
        "log10",
        "log2",
        "log1p",
        "sin",
        "cos",
        "tan",
        "arcsin",
    ),
    *("arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "degrees"),
    *("radians", "ceil", "floor", "trunc"),
)
_KERNELS |= {name: f"{name}(data)" for name in _BY_NAME}

# Inputs and results, in one line each.
_EXAMPLES = {
    "sqrt": ("[1, 4]", "[1., 2.]"),
    "cbrt": ("[1, -8]", "[ 1., -2.]"),
    "rsqrt": ("[1, 4]", "[1. , 0.5]"),
    "rcbrt": ("[1, -8]", "[ 1. , -0.5]"),
    "reciprocal": ("[1, -4]", "[ 1.  , -0.25]"),
    "exp": ("[0, 1]", "[1.    , 2.7183]"),
    "expm1": ("[0, 1]", "[0.    , 1.7183]"),
    "log": ("[1, 2]", "[0.    , 0.6931]"),
    "log10": ("[1, 100]", "[0., 2.]"),
    "log2": ("[1, 8]", "[0., 3.]"),
    "log1p": ("[0, 1]", "[0.    , 0.6931]"),
    "sin": ("[0, 1]", "[0.    , 0.8415]"),
    "cos": ("[0, 1]", "[1.    , 0.5403]"),
    "tan": ("[0, 1]", "[0.    , 1.5574]"),
    "arcsin": ("[0, 1]", "[0.    , 1.5708]"),
    "arccos": ("[0, 1]", "[1.5708, 0.    ]"),
    "arctan": ("[0, 1]", "[0.    , 0.7854]"),
    "sinh": ("[0, 1]", "[0.    , 1.1752]"),
    "cosh": ("[0, 1]", "[1.    , 1.5431]"),
    "tanh": ("[0, 1]", "[0.    , 0.7616]"),
    "arcsinh": ("[0, 1]", "[0.    , 0.8814]"),
    "arccosh": ("[1, 2]", "[0.   , 1.317]"),
    "arctanh": ("[0, 0.5]", "[0.    , 0.5493]"),
    "degrees": ("[1, 2]", "[ 57.2958, 114.5916]"),
    "radians": ("[90, 180]", "[1.5708, 3.1416]"),
    "sigmoid": ("[0, 1]", "[0.5   , 0.7311]"),
    "softsign": ("[1, -3]", "[ 0.5 , -0.75]"),
    "erf": ("[0, 1]", "[0.    , 0.8427]"),
    "erfinv": ("[0, 0.5]", "[0.    , 0.4769]"),
    "gamma": ("[4, 0.5]", "[6.    , 1.7725]"),
    "gammaln": ("[4, 0.5]", "[1.7918, 0.5724]"),
    "round": ("[2.5, -2.5]", "[ 3., -3.]"),
    "rint": ("[2.5, -2.5]", "[ 2., -3.]"),
    "ceil": ("[1.5, -1.5]", "[ 2., -1.]"),
    "floor": ("[1.5, -1.5]", "[ 1., -2.]"),
    "trunc": ("[1.5, -1.5]", "[ 1., -1.]"),
    "fix": ("[1.5, -1.5]", "[ 1., -1.]"),
}


def _by_floats(name: str, compute: Callable[..., Any], doc: str) -> None:
    """Register a function of floats; `compute(xp, data, out)` writes into `out` if it is given."""

    def function(xp, data, /, *, out=None):
        if data.dtype.kind == "f":
            return compute(xp, data, out)
        return stored(compute(xp, data.astype("float64"), None), data.dtype, out)

    _register(name, function, doc)


def _to_integers(name: str, compute: Callable[..., Any], doc: str) -> None:
    """Register a function that leaves integers as they are."""

    def function(xp, data, /, *, out=None):
        if data.dtype.kind == "f":
            return compute(xp, data, out)
        return xp.positive(data, out=out)

    _register(name, function, doc)


def _register(name: str, function: Callable[..., Any], doc: str) -> None:
    function.__name__ = name
    function.__doc__ = f"""{doc}

    The result has the array's shape and dtype; of integers, the fraction is dropped.
    """
    if name in _EXAMPLES:
        data, result = _EXAMPLES[name]
        # Rounded, because libraries differ in the last digit.
        function.__doc__ += f"""
    >>> mx.nd.{name}(mx.nd.array({data})).asnumpy().round(4)
    array({result}, dtype=float32)
    """
    op(
        name,
        dtype=numeric,
        gradient=_GRADIENTS.get(name, no_gradient),
        kernel=_KERNELS.get(name),
    )(function)


def _namespace(function: str) -> Callable[..., Any]:
    """The array namespace's function of that name."""
    return lambda xp, data, out: getattr(xp, function)(data, out=out)


def _special(name: str) -> Callable[..., Any]:
    """A function of :mod:`symbook.ops.special`, which computes in float64."""
    function = getattr(special, name)

    def compute(xp: Any, data: Any, out: Any) -> Any:
        if xp is not np:
            return special_function(xp, name, data, out)
        if data.size <= _BLOCK:
            return stored(function(xp, data.astype("float64", copy=False)), data.dtype, out)
        flat = data.reshape(-1)
        result = np.empty_like(flat)
        for start in range(0, flat.size, _BLOCK):
            part = slice(start, start + _BLOCK)
            result[part] = function(np, flat[part].astype("float64", copy=False))
        return stored(result.reshape(data.shape), data.dtype, out)

    return compute


# Powers, roots, exponentials and logarithms


def _rsqrt(xp, data, out):
    return xp.reciprocal(xp.sqrt(data, out=out), out=out)


def _rcbrt(xp, data, out):
    return xp.reciprocal(xp.cbrt(data, out=out), out=out)


def _sigmoid(xp, data, out):
    result = xp.asarray(xp.negative(data, out=out))  # of shape () NumPy gives a number
    xp.exp(result, out=result)
    xp.add(result, 1, out=result)
    return xp.reciprocal(result, out=result)


def _softsign(xp, data, out):
    return xp.divide(data, 1 + xp.abs(data), out=out)


for _name, _function, _doc in (
    ("sqrt", "sqrt", "Square root: `√x`; NaN for x < 0."),
    ("cbrt", "cbrt", "Cube root: `∛x`, for x of either sign."),
    ("reciprocal", "reciprocal", "Reciprocal: `1 / x`; infinite at 0."),
    ("exp", "exp", "Exponential: `eˣ`, above 0."),
    ("expm1", "expm1", "Exponential less 1: `eˣ - 1`, accurate also for x near 0."),
    ("log", "log", "Natural logarithm: `ln x`; -inf at 0 and NaN for x < 0."),
    ("log10", "log10", "Logarithm to base 10; -inf at 0 and NaN for x < 0."),
    ("log2", "log2", "Logarithm to base 2; -inf at 0 and NaN for x < 0."),
    ("log1p", "log1p", "Logarithm of 1 + x: `ln(1 + x)`, accurate for x near 0; NaN for x < -1."),
    ("sin", "sin", "Sine of x in radians, in [-1, 1]; NaN at ±inf."),
    ("cos", "cos", "Cosine of x in radians, in [-1, 1]; NaN at ±inf."),
    ("tan", "tan", "Tangent of x in radians: `sin x / cos x`; NaN at ±inf."),
    ("arcsin", "arcsin", "Inverse sine in radians, in [-π/2, π/2]; NaN outside [-1, 1]."),
    ("arccos", "arccos", "Inverse cosine in radians, in [0, π]; NaN outside [-1, 1]."),
    ("arctan", "arctan", "Inverse tangent in radians, in [-π/2, π/2]."),
    ("sinh", "sinh", "Hyperbolic sine: `(eˣ - e⁻ˣ) / 2`."),
    ("cosh", "cosh", "Hyperbolic cosine: `(eˣ + e⁻ˣ) / 2`, at least 1."),
    ("tanh", "tanh", "Hyperbolic tangent: `sinh x / cosh x`, in [-1, 1]."),
    ("arcsinh", "arcsinh", "Inverse hyperbolic sine: `ln(x + √(x² + 1))`."),
    ("arccosh", "arccosh", "Inverse hyperbolic cosine: `ln(x + √(x² - 1))`; NaN for x < 1."),
    (
        "arctanh",
        "arctanh",
        "Inverse hyperbolic tangent: `½ ln((1 + x) / (1 - x))`; NaN for |x| > 1.",
    ),
    ("degrees", "degrees", "Radians in degrees: `180 x / π`."),
    ("radians", "radians", "Degrees in radians: `π x / 180`."),
):
    _by_floats(_name, _namespace(_function), _doc)

for _name, _compute, _doc in (
    ("rsqrt", _rsqrt, "Reciprocal square root: `1 / √x`; infinite at 0 and NaN for x < 0."),
    ("rcbrt", _rcbrt, "Reciprocal cube root: `1 / ∛x`; infinite at 0."),
    ("sigmoid", _sigmoid, "Logistic function: `1 / (1 + e⁻ˣ)`, in [0, 1]."),
    ("softsign", _softsign, "Softsign: `x / (1 + |x|)`, in (-1, 1); NaN at ±inf."),
    ("erf", _special("erf"), "Error function: `2/√π ∫₀ˣ exp(-t²) dt`, in [-1, 1]."),
    (
        "erfinv",
        _special("erfinv"),
        "Inverse error function: the y with `erf(y) = x`; ±inf at ±1, NaN outside [-1, 1].",
    ),
    (
        "gamma",
        _special("gamma"),
        "Gamma function: `Γ(x)`, which is (x - 1)! at whole x > 0; NaN at the negative integers.",
    ),
    (
        "gammaln",
        _special("gammaln"),
        "Logarithm of the gamma function: `ln |Γ(x)|`; infinite at 0 and the negative integers.",
    ),
    (
        "_backward_gammaln",
        _special("digamma"),
        "Derivative of `gammaln`, the digamma function; inf at 0 and the negative integers.",
    ),
    (
        "_backward_digamma",
        _special("trigamma"),
        "Second derivative of `gammaln`, the trigamma function.",
    ),
):
    _by_floats(_name, _compute, _doc)


# Rounding


def _round(xp, data, out):
    size = xp.abs(data)
    whole = xp.asarray(xp.floor(size))  # of shape () NumPy gives a number
    xp.add(whole, size - whole >= 0.5, out=whole)
    return xp.copysign(whole, data, out=out)


def _rint(xp, data, out):
    above = xp.ceil(data)
    return xp.subtract(above, above - data >= 0.5, out=out)


for _name, _compute, _doc in (
    ("round", _round, "Nearest whole number, halves away from zero: 2.5 gives 3, -2.5 gives -3."),
    ("rint", _rint, "Nearest whole number, halves down: 2.5 gives 2, -2.5 gives -3."),
    ("ceil", _namespace("ceil"), "Smallest whole number that is not below x: -1.5 gives -1."),
    ("floor", _namespace("floor"), "Largest whole number that is not above x: -1.5 gives -2."),
    ("trunc", _namespace("trunc"), "Whole part, the fraction dropped: -1.5 gives -1."),
    ("fix", _namespace("trunc"), "Nearest whole number in the direction of zero: -1.5 gives -1."),
):
    _to_integers(_name, _compute, _doc)


# What is the same for integers and floats


@op("abs", dtype=numeric, gradient=lambda F, g, y, data: g * F.sign(data), kernel="absolute(data)")
def absolute(xp, data, /, *, out=None):
    """Absolute value: `|x|`, at least 0.

    The result has the array's shape and dtype.

    >>> mx.nd.abs(mx.nd.array([-1, 2])).asnumpy()
    array([1., 2.], dtype=float32)
    """
    return xp.absolute(data, out=out)


@op("negative", dtype=numeric, gradient=lambda F, g, y, data: F.negative(g), kernel="-data")
def negative(xp, data, /, *, out=None):
    """Numerical negative: `-x`; unsigned integers wrap around.

    The result has the array's shape and dtype.

    >>> mx.nd.negative(mx.nd.array([-1, 2])).asnumpy()
    array([ 1., -2.], dtype=float32)
    """
    return xp.negative(data, out=out)


@op("square", dtype=numeric, gradient=lambda F, g, y, data: g * (data * 2), kernel="data * data")
def square(xp, data, /, *, out=None):
    """Square: `x²`, at least 0.

    The result has the array's shape and dtype.

    >>> mx.nd.square(mx.nd.array([-1, 2])).asnumpy()
    array([1., 4.], dtype=float32)
    """
    return xp.square(data, out=out)


@op(
    "sign",
    dtype=numeric,
    gradient=no_gradient,
    kernel="where(data > 0, 1, 0) - where(data < 0, 1, 0)",
)
def sign(xp, data, /, *, out=None):
    """Sign: -1, 0 or 1; 0 for NaN.

    The result has the array's shape and dtype.

    >>> mx.nd.sign(mx.nd.array([-3, 0, 2])).asnumpy()
    array([-1.,  0.,  1.], dtype=float32)
    """
    if data.dtype.kind != "f":
        return xp.sign(data, out=out)
    # sign(NaN) would be NaN.
    return xp.subtract(data > 0, data < 0, out=out, dtype=data.dtype)


@op(
    "relu",
    dtype=numeric,
    gradient=lambda F, g, y, data: F._backward_relu(g, y),
    kernel="maximum(data, 0)",
)
def relu(xp, data, /, *, out=None):
    """Rectified linear unit: `max(x, 0)`; NaN stays NaN.

    The result has the array's shape and dtype.

    >>> mx.nd.relu(mx.nd.array([-1, 2])).asnumpy()
    array([0., 2.], dtype=float32)
    """
    return xp.maximum(data, data.dtype.type(0), out=out)


@op(
    "_backward_relu",
    dtype=numeric,
    gradient=lambda F, g, y, ograd, out_data: (F._backward_relu(g, out_data), None),
    kernel="ograd * sign(out_data)",
)
def backward_relu(xp, ograd, out_data, /, *, out=None):
    """The gradient of `relu`, `ograd` where its result was positive, else 0; NaN where it was NaN."""
    return xp.multiply(ograd, xp.sign(out_data), out=out)


@op("logical_not", dtype=numeric, gradient=no_gradient, kernel="data == 0")
def logical_not(xp, data, /, *, out=None):
    """1 where x is 0, else 0; NaN is not 0.

    The result has the array's shape and dtype.

    >>> mx.nd.logical_not(mx.nd.array([0, 2])).asnumpy()
    array([1., 0.], dtype=float32)
    """
    result = xp.logical_not(data, out=out)
    return result.astype(data.dtype) if out is None else result


def _hard_sigmoid_gradient(F: Any, g: Any, y: Any, data: Any, alpha: float, beta: float) -> Any:
    return g * ((y > 0) * (y < 1)) * alpha


@op(
    "hard_sigmoid",
    dtype=floating,
    gradient=_hard_sigmoid_gradient,
    # Of a 0 and a -0 it is the element that stays.
    kernel="where(where({0} < 0, 0, {0}) > 1, 1, where({0} < 0, 0, {0}))".format(
        "(data * alpha + beta)"
    ),
)
def hard_sigmoid(xp, data, /, *, alpha: float = 0.2, beta: float = 0.5, out=None):
    """Piecewise linear sigmoid: `max(0, min(1, alpha x + beta))`, in [0, 1].

    The result has the array's shape and dtype, which must be a floating-point one.

    >>> mx.nd.hard_sigmoid(mx.nd.array([-5, 0, 1])).asnumpy()
    array([0. , 0.5, 0.7], dtype=float32)
    """
    result = xp.asarray(xp.multiply(data, data.dtype.type(alpha), out=out))
    xp.add(result, data.dtype.type(beta), out=result)
    return xp.clip(result, 0, 1, out=result)
