"""Making arrays: from numbers, filled, counted, joined, and over other libraries' memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..context import HOST_CONTEXT, Context, as_context, used_gpus
from ..errors import ArgumentError, MemoryShortage, ShapeError, shape_text
from ..ops import registry
from ..ops.create import GIVE_SHAPE, NO_SHAPE
from ..specs import DType, as_dtype, as_shape, count
from . import compute
from .dlpack import imported, on_gpu
from .ndarray import NDArray
from .storage import HOST, calling, computing, converted, fitted, numbers, seen_outside, waited

Dims = int | Sequence[int]


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """A new array with the numbers of a list, a NumPy array, another NDArray or the like.

    Parameters
    ----------
    source_array : array-like
        Nested lists with rows of one length, a number, whatever NumPy can read, or an array in a GPU's
        memory: CuPy's, PyTorch's, JAX's, Numba's.
    ctx : Context, optional
        Where to put it; the current context by default.
    dtype : dtype, optional
        float32 by default, whatever the source's; another NDArray's own dtype is kept.

    Raises
    ------
    ArgumentError
        If the source is not made of real numbers, or has rows of different lengths.
    DTypeError
        If arrays here cannot have that dtype.
    DeviceError
        If the context is a GPU that cannot be used.

    Examples
    --------
    >>> import symbook as mx
    >>> mx.nd.array([[1, 2], [3, 4]])
    <NDArray 2x2 @cpu(0)>
    """
    target = as_context(ctx)
    target.xp  # noqa: B018  # a device that is not there is refused before anything else
    if isinstance(source_array, NDArray):
        raw, source = source_array._data, source_array._ctx
        kind = raw.dtype if dtype is None else as_dtype(dtype)
    else:
        kind = as_dtype("float32" if dtype is None else dtype)
        if type(source_array) not in HOST and on_gpu(source_array):
            raw, source = imported(source_array, contiguous=False)
        else:
            raw, source = numbers(source_array), HOST_CONTEXT
    if target.is_gpu or source.is_gpu:
        found = fitted(raw, source, target, kind)
        with computing(target):
            return NDArray(found if found is not raw else found.copy(), target)
    return NDArray(converted(np.asarray(raw), kind), target)


def empty(
    shape: Dims, ctx: Context | None = None, dtype: Any = None, stype: str | None = None
) -> NDArray:
    """A new array whose elements are whatever the memory held; float32 by default."""
    _require_dense(stype)
    target = as_context(ctx)
    xp, dims, kind = target.xp, as_shape(shape), as_dtype(dtype or "float32")
    with _room(dims, kind):
        return NDArray(calling(target, xp.empty, dims, kind), target)


def zeros(
    shape: Dims,
    ctx: Context | None = None,
    dtype: Any = None,
    stype: str | None = None,
    **kwargs: Any,
) -> NDArray:
    """A new array of zeros; float32 by default.

    Raises
    ------
    ArgumentError
        If `shape` is not a shape.
    """
    _require_dense(stype)
    return _filled("_zeros", shape, ctx, dtype, **kwargs)


def ones(shape: Dims, ctx: Context | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """A new array of ones; float32 by default."""
    return _filled("_ones", shape, ctx, dtype, **kwargs)


def full(
    shape: Dims,
    val: Any,
    ctx: Context | None = None,
    dtype: Any = np.float32,
    out: NDArray | None = None,
) -> NDArray:
    """A new array filled with a value, which may also be an array that broadcasts to the shape.

    Raises
    ------
    ShapeError
        If the shape is (), as for zeros and ones: it stands for one that is not known.
    """
    if out is None and not as_shape(shape):
        raise ShapeError(f"full: {NO_SHAPE}", hint=GIVE_SHAPE)
    target = empty(shape, ctx, dtype) if out is None else out
    target[:] = val
    return target


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool | None = None,
    ctx: Context | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """Numbers from `start` up to, not including, `stop`, `step` apart; from 0 if only one is given.

    Parameters
    ----------
    start, stop, step : float
    repeat : int
        How many times each number stands in a row.
    infer_range : None
        Not used; `mx.sym` has it.
    ctx : Context, optional
    dtype : dtype
    """
    return _create(
        "_arange", ctx, start=start, stop=stop, step=step, repeat=repeat, dtype=as_dtype(dtype)
    )


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    ctx: Context | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """`num` numbers in equal distances from `start` to `stop`, `stop` included if `endpoint`."""
    return _create(
        "_linspace", ctx, start=start, stop=stop, num=num, endpoint=endpoint, dtype=as_dtype(dtype)
    )


def eye(
    N: int, M: int = 0, k: int = 0, ctx: Context | None = None, dtype: Any = None, **kwargs: Any
) -> NDArray:
    """An N×M matrix (N×N if M is 0) of zeros with ones on its k-th diagonal; float32 by default."""
    return _create("_eye", ctx, N=N, M=M, k=k, dtype=as_dtype(dtype or "float32"), **kwargs)


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """One array of several, one after another along an axis.

    Parameters
    ----------
    arrays : sequence of NDArray
        Of one dtype, and of one shape but for `axis`.
    axis : int
    always_copy : bool
        If false, a single array is given back as it is.
    """
    items = list(arrays)
    if not items or not all(isinstance(item, NDArray) for item in items):
        raise ArgumentError(
            "concatenate takes a list of at least one NDArray",
            hint="mx.nd.concatenate([x, y], axis=0)",
        )
    if len(items) == 1 and not always_copy:
        return items[0]
    op = registry.get("Concat")
    params = op.parse({"num_args": len(items), "dim": axis})
    (raw,), ctx = compute.run(op, items, op.input_names(params, len(items)), params)
    return NDArray(raw, ctx)


def moveaxis(
    tensor: NDArray, source: int | Sequence[int], destination: int | Sequence[int]
) -> NDArray:
    """The array with some axes moved to other positions; the rest keep their order.

    Raises
    ------
    ArgumentError
        If an axis is out of range or named twice, or there are not as many destinations as sources.
    """
    try:
        with computing(tensor._ctx):
            raw = tensor._ctx.xp.moveaxis(tensor._data, source, destination)
            return NDArray(raw.copy(), tensor._ctx)
    except (ValueError, TypeError) as error:
        raise ArgumentError(
            f"moveaxis: {error}", hint="The first axis is 0, the last -1."
        ) from None


def from_numpy(ndarray: np.ndarray[Any, Any], zero_copy: bool = True) -> NDArray:
    """An NDArray over a NumPy array's memory: a change of either shows in both.

    Parameters
    ----------
    ndarray : numpy.ndarray
        C-contiguous, unless it is copied.
    zero_copy : bool
        If false, the values are copied.

    Raises
    ------
    ArgumentError
        If it is not a NumPy array, or not C-contiguous and not to be copied.
    """
    if not isinstance(ndarray, np.ndarray):
        raise ArgumentError(
            f"from_numpy takes a NumPy array, not {type(ndarray)}", hint="Use mx.nd.array(…)."
        )
    kind = as_dtype(ndarray.dtype)
    if not zero_copy:
        return NDArray(converted(ndarray, kind), HOST_CONTEXT)
    if not ndarray.flags.c_contiguous or ndarray.dtype != kind:
        raise ArgumentError(
            "only C-contiguous arrays in native byte order can be shared",
            hint="Copy it: mx.nd.from_numpy(x, zero_copy=False).",
        )
    seen_outside(ndarray)
    return NDArray(ndarray, HOST_CONTEXT)


def from_dlpack(dlpack: Any) -> NDArray:
    """An NDArray over the memory of another library's array (NumPy, PyTorch, JAX, CuPy, Numba, …).

    Parameters
    ----------
    dlpack : object with `__dlpack__` or `__cuda_array_interface__`, or a DLPack capsule
        In the CPU's memory or a GPU's. What the other library was asked for on its current stream is
        waited for, on the GPU. Nothing marks a GPU's memory as read-only: do not write into JAX's arrays.

    Raises
    ------
    ArgumentError, DTypeError, DeviceError
        If that memory cannot be shared; see :func:`symbook.ndarray.dlpack.imported`.
    """
    raw, ctx = imported(dlpack)
    seen_outside(raw)
    return NDArray(raw, ctx)


def to_dlpack_for_read(data: NDArray) -> Any:
    """A DLPack capsule of the array's memory, to be read."""
    return data.to_dlpack_for_read()


def to_dlpack_for_write(data: NDArray) -> Any:
    """A DLPack capsule of the array's memory, to be written to."""
    return data.to_dlpack_for_write()


def waitall() -> None:
    """Return when all that was asked for has been computed: at once on the CPU, on GPUs when all have."""
    for gpu in used_gpus():
        waited(gpu)


def _filled(name: str, shape: Dims, ctx: Context | None, dtype: Any, **kwargs: Any) -> NDArray:
    return _create(name, ctx, shape=as_shape(shape), dtype=as_dtype(dtype or "float32"), **kwargs)


def _create(name: str, ctx: Context | None, out: NDArray | None = None, **given: Any) -> NDArray:
    """Run an operator without inputs on a context."""
    target = as_context(ctx)
    target.xp  # noqa: B018  # a device that is not there is refused before anything else
    op = registry.get(name)
    params = op.parse({**given, "ctx": str(target)})
    with _room(given.get("shape", ()), as_dtype(given.get("dtype", "float32"))):
        (raw,), where = compute.run(op, [], (), params, None if out is None else [out])
    return NDArray(raw, where) if out is None else out


@contextmanager
def _room(shape: tuple[int, ...], dtype: DType) -> Iterator[None]:
    """Say how much memory an array of that shape needs, where there is not so much."""
    try:
        yield
    except MemoryError:
        needed = count(shape) * dtype.itemsize
        raise MemoryShortage(
            f"an array of shape {shape_text(shape)} and dtype {dtype} needs {needed:,} bytes, "
            "and there is less memory",
            hint="Give smaller sizes, or del arrays that are not needed any more.",
        ) from None


def _require_dense(stype: str | None) -> None:
    if stype not in (None, "default"):
        raise ArgumentError(
            f"the storage type {stype!r} is not served: all arrays are dense",
            hint="Leave stype out.",
        )
