"""Raw arrays: the NumPy or CuPy array inside an NDArray, and how numbers get into it.

Every raw array is C-contiguous, as MXNet's are: a reshape never copies, and kernels and DLPack
consumers see plain memory.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import Context as Variables
from typing import Any, TypeVar

import numpy as np

from ..context import HOST_CONTEXT, Context, gpu, several_gpus
from ..errors import (
    ArgumentError,
    SymbookError,
    brief,
)
from ..in_flight import Waiting
from ..specs import DType, count

Result = TypeVar("Result")

Raw = Any
"""A `numpy.ndarray` or a `cupy.ndarray`."""


HOST = (np.ndarray, float, int, list, tuple)
"""Sources of numbers that are most often given, none of which is on a GPU."""


class ReadOnlyError(SymbookError, ValueError):
    """A write to an array whose memory must not be written to."""


def placed(ctx: Context) -> AbstractContextManager[Any]:
    """Make a GPU the current one; nothing to do for the CPU."""
    if not ctx.is_gpu:
        return _nothing
    xp: Any = ctx.xp
    if not several_gpus():
        return _nothing  # there is no other device than the current one
    device: AbstractContextManager[Any] = xp.cuda.Device(ctx.device_id)
    return device


_nothing = nullcontext()


class _Unwarned:
    """`np.errstate(all="ignore")` in a third of its time: it sets the same context variable."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token = _settings.set(_ignoring)

    def __exit__(self, *exc: object) -> None:
        _settings.reset(self._token)


def _errstate() -> AbstractContextManager[Any]:
    return np.errstate(all="ignore")


def _set_errors(settings: dict[str, Any]) -> None:
    np.seterr(**settings)


_variables = Variables()
_variables.run(np.seterr, all="ignore")
_found = list(_variables.items())
unwarned: Callable[[], AbstractContextManager[Any]] = _errstate
"""A context in which overflow and the like give inf and nan, as in MXNet, without NumPy's warnings."""
_ignoring: Any = dict.fromkeys(np.geterr(), "ignore")
_now: Callable[[], Any] = np.geterr
_set: Callable[[Any], object] = _set_errors
if len(_found) == 1:
    ((_settings, _ignoring),) = _found
    unwarned = _Unwarned
    _now, _set = _settings.get, _settings.set


class _OnGpu:
    """A GPU is the current one, and there are no warnings; after that all is as it was."""

    __slots__ = ("_device", "_unwarned")

    def __init__(self, device: Context) -> None:
        self._device = placed(device)
        self._unwarned = unwarned()

    def __enter__(self) -> None:
        self._device.__enter__()
        self._unwarned.__enter__()

    def __exit__(self, *exc: object) -> None:
        self._unwarned.__exit__(None, None, None)
        self._device.__exit__(None, None, None)


def computing(ctx: Context) -> AbstractContextManager[Any]:
    """Compute on that device, without warnings."""
    if not ctx.is_gpu:
        return unwarned()
    ctx.xp  # noqa: B018  # a device that is not there is refused, and the others are counted
    return _OnGpu(ctx) if several_gpus() else unwarned()


def calling(ctx: Context, function: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Result:
    """Call a function as in `with computing(ctx)`, of which no interrupt leaves anything on the CPU.

    A block's end is a function of Python's, at whose beginning there may be an interrupt: warnings would stay
    off. Here what ends it is one call of C, which is done or was not begun.
    """
    if ctx.is_gpu:
        with computing(ctx):
            return function(*args, **kwargs)
    before = _now()
    try:
        _set(_ignoring)
        return function(*args, **kwargs)
    finally:
        _set(before)


def same_memory(a: Context, b: Context) -> bool:
    """Whether arrays of one context can be used on the other: all CPU contexts are one memory."""
    return a == b or not (a.is_gpu or b.is_gpu)


def home(raw: Raw) -> Context:
    """The context that a raw array lives on."""
    return HOST_CONTEXT if isinstance(raw, np.ndarray) else gpu(raw.device.id)


def moved(raw: Raw, source: Context, target: Context) -> Raw:
    """The array in the memory of another context; the array itself when it is there already.

    To the CPU, this waits for the values. To a GPU, it does not, and the array may be changed at once.

    Raises
    ------
    DeviceError
        If the target is a GPU that cannot be used.
    """
    if same_memory(source, target):
        return raw
    if not target.is_gpu:
        return fetched(raw, source)
    if source.is_gpu:
        return _across(raw, source, target)
    with computing(target):
        return target.xp.array(raw)


def fetched(raw: Raw, gpu: Context) -> np.ndarray[Any, Any]:
    """A copy for NumPy of an array on a GPU; it waits for the values.

    Raises
    ------
    Exception
        What went wrong on the GPU since the last wait, with a note on what it was doing.
    """
    xp: Any = gpu.xp
    with placed(gpu), Waiting(xp.cuda.get_current_stream().ptr):
        values: np.ndarray[Any, Any] = raw.get()
        return values


def waited(gpu: Context) -> None:
    """Return when a GPU has done all it has to; raises as :func:`fetched` does."""
    xp: Any = gpu.xp
    with Waiting():
        xp.cuda.Device(gpu.device_id).synchronize()


def _across(raw: Raw, source: Context, target: Context) -> Raw:
    """A copy on another GPU, between what was asked of the one before and what will be asked of it.

    CuPy queues such a copy on the target's stream, and lets neither wait for the other.
    """
    xp: Any = target.xp
    with placed(source):
        whole = contiguous(raw)
        written = _marked(xp)
    with computing(target):
        xp.cuda.get_current_stream().wait_event(written)
        result = xp.array(whole)
        copied = _marked(xp)
    with placed(source):
        xp.cuda.get_current_stream().wait_event(copied)  # then only may that memory be used again
    return result


def _marked(xp: Any) -> Any:
    event = xp.cuda.Event(disable_timing=True)
    event.record(xp.cuda.get_current_stream())
    return event


def fitted(raw: Raw, source: Context, target: Context, dtype: DType) -> Raw:
    """The array in the memory of a context and of a dtype; itself where it is so already.

    Numbers of the CPU are converted there, so that they become what they become in its arrays.
    """
    if not source.is_gpu:
        return moved(raw if raw.dtype == dtype else converted(raw, dtype), source, target)
    raw = moved(raw, source, target)
    if raw.dtype == dtype:
        return raw
    with computing(target):
        return converted(raw, dtype)


def contiguous(raw: Raw) -> Raw:
    """The array itself if it is C-contiguous, else a copy that is."""
    return raw if raw.flags.c_contiguous else raw.copy()


def apart(part: Raw, value: Raw, ctx: Context) -> Raw:
    """The value; of one in the memory that it is written to a copy, for CuPy copies as `memcpy` does."""
    if not ctx.is_gpu or isinstance(value, np.ndarray):
        return value
    with placed(ctx):
        return value.copy() if ctx.xp.may_share_memory(part, value) else value


def extent(raw: Raw) -> tuple[int, int]:
    """The addresses that the memory of an array begins at and ends before."""
    start: int = raw.__array_interface__["data"][0] if isinstance(raw, np.ndarray) else raw.data.ptr
    return start, start + raw.nbytes


def within(raw: Raw, shape: tuple[int, ...], dtype: DType) -> Raw:
    """An array in the memory of another, from its beginning; the other itself if it is alike."""
    if raw.shape == shape and raw.dtype == dtype:
        return raw
    nbytes = count(shape) * dtype.itemsize
    return raw.reshape(-1).view(np.uint8)[:nbytes].view(dtype).reshape(shape)


watched: dict[int, dict[int, weakref.ref[Any]]] = {}
"""Copies that are still to be made (:class:`~symbook.ndarray.later.Later`).

By the identity of the array that owns the original's memory, and by their own.
"""

seen: weakref.WeakValueDictionary[int, Raw] = weakref.WeakValueDictionary()
"""Arrays, by their identity, whose memory others can write to without a word."""


def owner(raw: Raw) -> Raw:
    """The array that the memory of an array or a view belongs to."""
    while isinstance(raw.base, (np.ndarray, type(raw))):
        raw = raw.base
    return raw


def about_to_write(raw: Raw) -> None:
    """Have the copies made that are still to be made of an array's memory."""
    if watched and isinstance(raw, np.ndarray):
        for reference in tuple(watched.get(id(owner(raw)), {}).values()):
            copy = reference()
            if copy is not None:
                copy.settle()


def seen_outside(raw: Raw) -> None:
    """Remember that others than symbook have the memory of an array, and may write to it."""
    if isinstance(raw, np.ndarray):
        about_to_write(raw)
        seen[id(owner(raw))] = owner(raw)


def require_writable(raw: Raw, ctx: Context) -> None:
    """Raise ReadOnlyError for an array over memory that must not be written to; call it before writing."""
    if watched:
        about_to_write(raw)
    if not ctx.is_gpu and not raw.flags.writeable:
        raise ReadOnlyError(
            "this NDArray is read-only: it shares memory that somebody else declared read-only",
            hint="Work on a copy: x = x.copy().",
        )


def numbers(source: Any) -> np.ndarray[Any, Any]:
    """A NumPy array of real numbers from nested lists, scalars and whatever NumPy can read.

    Raises
    ------
    ArgumentError
        If it holds anything but real numbers, or rows of different lengths.
    """
    kind = type(source).__name__
    if kind == "Symbol":
        raise ArgumentError(
            f"source_array must be array like object, not the symbol {source!r}",
            hint="A symbol has no value yet: bind it and take the outputs.",
        )
    try:
        found = np.asarray(source)
    except (ValueError, TypeError, RuntimeError) as error:
        reason = (
            "its rows have different lengths" if "inhomogeneous" in str(error) else _said(error)
        )
        raise ArgumentError(
            f"source_array must be array like object: {brief(source)}: {reason}",
            hint="Give numbers, nested lists with rows of one length, or a NumPy array.",
        ) from None
    if found.dtype.kind not in "biuf":
        raise ArgumentError(
            f"source_array must be array like object of numbers, not {brief(source)} ({kind})",
            hint="Give real numbers, nested lists of them, or a NumPy array.",
        )
    return found


def _said(error: Exception) -> str:
    return error.message if isinstance(error, SymbookError) else str(error)


def converted(raw: Raw, dtype: DType) -> Raw:
    """A new array of that dtype. Out-of-range integers wrap around, as in C."""
    if isinstance(raw, np.ndarray):
        return calling(HOST_CONTEXT, raw.astype, dtype, order="C")
    with unwarned():
        if raw.dtype.kind == "f" and dtype.kind in "iu":
            # CUDA makes the ends of the range of what is beyond it, and 0 of all that is below unsigned ones.
            raw = raw.astype(np.int64)
        return raw.astype(dtype, order="C")
