"""Running one operator on arrays: contexts, shapes and dtypes are checked first, then it computes.

This knows nothing of the class NDArray but that it has a raw array `_data` and a context `_ctx`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..context import Context, as_context, current_context, no_context
from ..errors import (
    ArgumentError,
    DeviceError,
    DTypeError,
    Input,
    ParamError,
    ShapeError,
    SymbookError,
    counted,
)
from ..ops.registry import Names, Op, refused_on
from ..ops.rules import DTypes, Mismatch, Shapes, broadcast, elementwise, same_shape
from .storage import Raw, apart, calling, contiguous, require_writable, same_memory

_ELEMENT_WISE = (same_shape, elementwise, broadcast)


class Holder(Protocol):
    """What has a raw array and the context that it lives on."""

    _data: Raw
    _ctx: Context


def run(
    op: Op,
    inputs: Sequence[Holder | None],
    names: Names,
    params: Mapping[str, Any],
    out: Sequence[Holder] | None = None,
) -> tuple[Sequence[Raw], Context]:
    """Check and compute one operator.

    Parameters
    ----------
    op : Op
    inputs : sequence of arrays
        None for an input that was left out.
    names : tuple of str
        The inputs' names, for messages.
    params : mapping
        All parameters, typed.
    out : sequence of arrays, optional
        One for each output; the results are written there.

    Returns
    -------
    tuple of sequence of raw arrays, Context
        New C-contiguous arrays that share no memory with the inputs, or those of `out`.

    Raises
    ------
    ParamError
        If an input is missing.
    DeviceError
        If the inputs are on different devices.
    UnsupportedError
        If the operator cannot run on their device.
    ShapeError, DTypeError
        If shapes or dtypes do not fit; the message shows every input.
    """
    given = [_require(op, item, name) for item, name in zip(inputs, names, strict=True)]
    ctx = _context(op, given, names, params)
    if op.cpu_only and ctx.is_gpu:
        raise refused_on(op, ctx)
    shapes, dtypes = result_specs(op, given, names, params)
    raws = [item._data for item in given]
    for name, item in zip(names, given, strict=True):
        if name in op.mutates:
            require_writable(item._data, item._ctx)
    target = None
    if out is not None:
        _check_out(op, out, ctx, shapes, dtypes)
        target = _direct_target(op, out, raws, ctx)
    return calling(ctx, _computed, op, raws, params, out, target, ctx), ctx


def _computed(
    op: Op,
    raws: list[Raw],
    params: Mapping[str, Any],
    out: Sequence[Holder] | None,
    target: Any,
    ctx: Context,
) -> list[Raw]:
    """The results, in the memory of `out` if that is given; `target` is what the operator writes to."""
    computed = op.call(ctx.xp, raws, params, out=target)
    results = [ctx.xp.asarray(raw) for raw in computed[: op.shown_outputs(params)]]
    if out is None:
        return [_owned(op, raw, raws, ctx) for raw in results]
    for holder, raw in zip(out, results, strict=True):
        if holder._data is not raw:
            ctx.xp.copyto(holder._data, apart(holder._data, raw, ctx))
    return [holder._data for holder in out]


def result_specs(
    op: Op, inputs: Sequence[Holder], names: Names, params: Mapping[str, Any]
) -> tuple[Shapes, DTypes]:
    """Shapes and dtypes of the outputs that a user sees. Raises ShapeError or DTypeError."""
    shapes, dtypes = _infer(op, inputs, names, params)
    shown = op.shown_outputs(params)
    return shapes[:shown], dtypes[:shown]


def _require(op: Op, item: Holder | None, name: str) -> Holder:
    if item is None:
        raise ParamError(
            f"{op.name}: the input {name!r} is missing", hint=f"Give an NDArray for {name!r}."
        )
    return item


def _context(op: Op, inputs: Sequence[Holder], names: Names, params: Mapping[str, Any]) -> Context:
    if not inputs:
        return context_of_text(params.get("ctx"))
    ctx = inputs[0]._ctx
    for item in inputs:
        if not same_memory(ctx, item._ctx):
            places = ", ".join(f"{name} on {x._ctx}" for name, x in zip(names, inputs, strict=True))
            raise DeviceError(
                f"{op.name}: the inputs are on different devices: {places}",
                hint=f"Copy them to one device first: x.as_in_context(mx.{ctx}).",
            )
    return ctx


def context_of_text(value: Any) -> Context:
    """The context that a parameter `ctx` names, such as `gpu(1)`; the default for None or no text.

    Raises
    ------
    ArgumentError
        If the text names no context.
    """
    if not value:
        return current_context()
    if not isinstance(value, str):
        return as_context(value)
    match = re.fullmatch(r"\s*(\w+)\s*\(\s*(\d+)\s*\)\s*", value)
    if match is None:
        raise no_context(value)
    return Context(match[1], int(match[2]))


def _infer(
    op: Op, inputs: Sequence[Holder], names: Names, params: Mapping[str, Any]
) -> tuple[Shapes, DTypes]:
    unknown = (None,) * len(op.output_names(params))
    error: type[SymbookError] = ShapeError
    try:
        _, shapes = op.shape(tuple([item._data.shape for item in inputs]), unknown, params)
        if not inputs:
            # A 0 is a size that a graph may tell otherwise; here there is no graph.
            shapes = tuple([shape and tuple([dim or 0 for dim in shape]) for shape in shapes])
        error = DTypeError
        _, dtypes = op.dtype(tuple([item._data.dtype for item in inputs]), unknown, params)
    except Mismatch as problem:
        rows = [
            Input(name, "NDArray", item._data.shape, item._data.dtype)
            for name, item in zip(names, inputs, strict=True)
        ]
        raise error(
            f"Error in operator {op.name}: {problem}", inputs=rows, hint=problem.hint
        ) from None
    return shapes, dtypes


def _check_out(op: Op, out: Sequence[Holder], ctx: Context, shapes: Shapes, dtypes: DTypes) -> None:
    if len(out) != len(shapes):
        raise ArgumentError(
            f"{op.name}: out needs {counted(len(shapes), 'array')}, {len(out)} given",
            hint="Give as many arrays as there are results.",
        )
    for holder, shape, dtype in zip(out, shapes, dtypes, strict=True):
        raw = holder._data
        require_writable(raw, holder._ctx)
        if not same_memory(ctx, holder._ctx):
            raise DeviceError(
                f"{op.name}: the inputs are on {ctx} and out is on {holder._ctx}",
                hint=f"Make out on the same device: ctx=mx.{ctx}.",
            )
        rows = [Input("result", "", shape, dtype), Input("out", "NDArray", raw.shape, raw.dtype)]
        if shape is not None and raw.shape != shape:
            raise ShapeError(
                f"Error in operator {op.name}: out has not the result's shape",
                inputs=rows,
                hint=f"Make it with mx.nd.zeros({shape}), or leave out= away.",
            )
        if dtype is not None and raw.dtype != dtype:
            raise DTypeError(
                f"Error in operator {op.name}: out has not the result's dtype",
                inputs=rows,
                hint=f"Make it with dtype={str(dtype)!r}, or leave out= away.",
            )


def _direct_target(op: Op, out: Sequence[Holder], raws: Sequence[Raw], ctx: Context) -> Raw | None:
    """The array that the operator can write into itself.

    It may be an input of an element-wise operator, but must not overlap otherwise with inputs.
    """
    if not op.takes_out or len(out) != 1:
        return None
    target = out[0]._data
    itself = op.shape in _ELEMENT_WISE
    for raw in raws:
        if not (itself and raw is target) and ctx.xp.may_share_memory(target, raw):
            return None
    return target


def _owned(op: Op, raw: Raw, raws: Sequence[Raw], ctx: Context) -> Raw:
    if op.view and any(ctx.xp.may_share_memory(raw, source) for source in raws):
        return raw.copy()
    return contiguous(raw)
