"""Operators that make arrays from nothing.

`ctx` is MXNet's text of the context and takes part in no computation: where an operator runs, the
array is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

from ..specs import Dim, DType, Shape, as_dtype, impossible
from .backward import no_gradient
from .params import Range
from .registry import op
from .rules import Mismatch, Params, ShapeRule, Shapes, param_dtype, unify

Sizes = Annotated[tuple[int, ...], Range(0, None)]
OptionalSizes = Annotated[tuple[int, ...] | None, Range(0, None)]
FLOAT32 = as_dtype("float32")
NO_SHAPE = "the shape is missing: () stands for one that is not known"
GIVE_SHAPE = "Give it: shape=(2, 3); an array of one number has shape=(1,)."


def made(shape_of: Callable[[Params], Shape]) -> ShapeRule:
    """A rule for an operator without inputs, whose parameters alone give the shape."""

    def rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
        shape = shape_of(params)
        if why := impossible(shape):
            raise Mismatch(why, hint="Give smaller sizes.")
        return ins, (unify(shape, outs[0]),)

    return rule


def partial(shape: tuple[int, ...]) -> Shape:
    """The shape of a parameter, a 0 in it not known: as MXNet's, for states of a batch of any size.

    Inference takes it for a size where nothing else says what it is.
    """
    return tuple(size or None for size in shape)


def _given(params: Params) -> Shape:
    if not params["shape"]:
        raise Mismatch(NO_SHAPE, hint=GIVE_SHAPE)
    return partial(params["shape"])


@op("_zeros", shape=made(_given), dtype=param_dtype, gradient=no_gradient)
def zeros(xp, /, *, shape: Sizes = (), ctx: str = "", dtype: DType = FLOAT32, out=None):
    """An array of zeros.

    >>> mx.nd.zeros((2, 3)).asnumpy()
    array([[0., 0., 0.],
           [0., 0., 0.]], dtype=float32)
    """
    return _filled(xp, shape, 0, dtype, out)


@op("_ones", shape=made(_given), dtype=param_dtype, gradient=no_gradient)
def ones(xp, /, *, shape: Sizes = (), ctx: str = "", dtype: DType = FLOAT32, out=None):
    """An array of ones.

    >>> mx.nd.ones((2, 3)).asnumpy()
    array([[1., 1., 1.],
           [1., 1., 1.]], dtype=float32)
    """
    return _filled(xp, shape, 1, dtype, out)


@op("_full", shape=made(_given), dtype=param_dtype, gradient=no_gradient)
def full(
    xp,
    /,
    *,
    shape: OptionalSizes = None,
    ctx: str = "",
    dtype: DType = FLOAT32,
    value: float,
    out=None,
):
    """One value everywhere; for integer dtypes it is cut to a whole number.

    >>> mx.nd.full((2, 3), 7).asnumpy()
    array([[7., 7., 7.],
           [7., 7., 7.]], dtype=float32)
    """
    return _filled(xp, shape or (), value, dtype, out)


def _filled(xp: Any, shape: tuple[int, ...], value: float, dtype: DType, out: Any) -> Any:
    out = xp.empty(shape, dtype) if out is None else out
    out.fill(value)
    return out


def _arange_count(start: float, stop: float | None, step: float) -> tuple[float, int]:
    """The first value and how many there are; one number alone is the end, as for `range`."""
    if stop is None:
        start, stop = 0.0, start
    if step == 0:
        raise Mismatch(
            "the step of a range cannot be 0",
            hint="Give the distance of two numbers, such as step=1.",
        )
    if not all(map(math.isfinite, (start, stop, step, (stop - start) / step))):
        raise Mismatch(
            f"a range from {start} to {stop} in steps of {step} has no end",
            hint="Give finite numbers, and a step that is not too small.",
        )
    return start, max(math.ceil((stop - start) / step), 0)


def _arange_shape(params: Params) -> Shape:
    if params["infer_range"] and params["stop"] is None:
        raise Mismatch("infer_range is not supported", hint="Give the end of the range: stop=….")
    return (_arange_count(params["start"], params["stop"], params["step"])[1] * params["repeat"],)


@op("_arange", shape=made(_arange_shape), dtype=param_dtype, gradient=no_gradient)
def arange(
    xp,
    /,
    *,
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: Annotated[int, Range(1, None)] = 1,
    infer_range: bool = False,
    ctx: str = "",
    dtype: DType = FLOAT32,
):
    """`start + i*step` up to but without `stop`, each value `repeat` times.

    If only one of `start` and `stop` is given, the values go from 0 to it.
    Shape (ceil((stop - start) / step) * repeat,). Computed in float64, then converted.

    >>> mx.nd.arange(1, 7, step=2, repeat=2).asnumpy()
    array([1., 1., 3., 3., 5., 5.], dtype=float32)
    """
    first, number = _arange_count(start, stop, step)
    values = (first + xp.arange(number, dtype="float64") * step).astype(dtype)
    return values if repeat == 1 else xp.repeat(values, repeat)


def _eye_shape(params: Params) -> tuple[Dim, Dim]:
    rows: int = params["N"]
    return rows, params["M"] or rows


@op("_eye", shape=made(_eye_shape), dtype=param_dtype, gradient=no_gradient)
def eye(
    xp,
    /,
    *,
    N: Annotated[int, Range(0, None)],
    M: Annotated[int, Range(0, None)] = 0,
    k: int = 0,
    ctx: str = "",
    dtype: DType = FLOAT32,
):
    """A matrix of N rows and M columns (0: as many as rows), 1 on diagonal `k` and 0 elsewhere.

    >>> mx.nd.eye(2, 3).asnumpy()
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """
    return xp.eye(N, M or N, k, dtype=dtype)


@op(
    "_linspace",
    shape=made(lambda params: (params["num"],)),
    dtype=param_dtype,
    gradient=no_gradient,
)
def linspace(
    xp,
    /,
    *,
    start: float,
    stop: float,
    num: Annotated[int, Range(0, None)],
    endpoint: bool = True,
    ctx: str = "",
    dtype: DType = FLOAT32,
):
    """`num` values evenly from `start` to `stop`, which is left out if `endpoint` is False.

    >>> mx.nd.linspace(0, 1, 5).asnumpy()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    return xp.linspace(start, stop, num, endpoint=endpoint, dtype="float64").astype(dtype)
