"""Functions that make arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .array import check_dtype, launch, ndarray, new, refuse_capture, upload, view_of
from .streams import device_now


def _shape(shape: Any) -> tuple[int, ...]:
    if isinstance(shape, ndarray):
        raise TypeError("shape must be integers, not an array of the device")
    return tuple(int(each) for each in shape) if np.iterable(shape) else (int(shape),)


def _check_order(order: Any) -> None:
    if order not in ("C", "F", "K", "A", None):
        raise TypeError("order not understood")


def empty(shape: Any, dtype: Any = float, order: str = "C") -> ndarray:
    return ndarray(_shape(shape), float if dtype is None else dtype, order=order)


def zeros(shape: Any, dtype: Any = float, order: str = "C") -> ndarray:
    """As CuPy, which fills by memset."""
    result = empty(shape, dtype, order)
    if result.nbytes:
        result.data.memset_async(0, result.nbytes)
    return result


def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> ndarray:
    if dtype is None:
        dtype = (fill_value if isinstance(fill_value, ndarray) else np.array(fill_value)).dtype
    result = empty(shape, dtype, order)
    if isinstance(fill_value, ndarray):
        result[...] = fill_value
    else:
        result.fill(_scalar(fill_value))
    return result


def _scalar(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim:
        raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
    return value


def ones(shape: Any, dtype: Any = float, order: str = "C") -> ndarray:
    return full(shape, 1, float if dtype is None else dtype, order)


def _like(prototype: Any, dtype: Any, order: str, subok: Any, shape: Any) -> ndarray:
    if subok is not None:
        raise TypeError("subok is not supported yet")
    if isinstance(prototype, np.ndarray):
        dtype = prototype.dtype if dtype is None else dtype
        return empty(prototype.shape if shape is None else shape, dtype)
    if not isinstance(prototype, ndarray):
        raise TypeError(f"Unsupported type {type(prototype)}")
    dtype = prototype.dtype if dtype is None else check_dtype(dtype)
    shape = prototype.shape if shape is None else _shape(shape)
    _check_order(order)
    flags = prototype._np.flags
    if order == "F" or (order in "KA" and flags.f_contiguous and not flags.c_contiguous):
        return empty(shape, dtype, "F")
    if order == "K" and not flags.forc and len(shape) == prototype.ndim:
        result = empty(shape, dtype)
        strides = np.empty_like(prototype._np, dtype).strides
        result._set(result.data, shape, dtype, strides, None)
        return result
    return empty(shape, dtype)


def empty_like(
    prototype: Any, dtype: Any = None, order: str = "K", subok: Any = None, shape: Any = None
) -> ndarray:
    return _like(prototype, dtype, order, subok, shape)


def zeros_like(
    a: Any, dtype: Any = None, order: str = "K", subok: Any = None, shape: Any = None
) -> ndarray:
    result = _like(a, dtype, order, subok, shape)
    if result.nbytes:
        result.data.memset_async(0, result.nbytes)
    return result


def ones_like(
    a: Any, dtype: Any = None, order: str = "K", subok: Any = None, shape: Any = None
) -> ndarray:
    result = _like(a, dtype, order, subok, shape)
    result.fill(1)
    return result


def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: Any = None,
    shape: Any = None,
) -> ndarray:
    result = _like(a, dtype, order, subok, shape)
    if isinstance(fill_value, ndarray):
        result[...] = fill_value
    else:
        result.fill(_scalar(fill_value))
    return result


def array(
    object: Any,
    dtype: Any = None,
    copy: Any = True,
    order: str = "K",
    subok: bool = False,
    ndmin: int = 0,
    *,
    blocking: bool = False,
) -> ndarray:
    _check_order(order)
    if hasattr(object, "__cuda_array_interface__") and not isinstance(object, ndarray):
        from .exchange import from_interface

        object = from_interface(object)
    if isinstance(object, ndarray):
        result = _from_device(object, dtype, copy, order)
    elif isinstance(object, list | tuple) and _arrays_in(object):
        if not all(
            isinstance(each, ndarray | list | tuple) and _all_arrays(each) for each in object
        ):
            raise TypeError("arrays of the device cannot be joined with others")
        from .functions import FUNCTIONS

        result = FUNCTIONS["stack"]([array(each) for each in object])
        result = result if dtype is None else result.astype(dtype, copy=False)
    else:
        result = _from_host(object, dtype, order)
    while result.ndim < ndmin:
        result = view_of(result, result._np[None])
    return result


def _arrays_in(values: Any) -> bool:
    return any(
        isinstance(each, ndarray) or (isinstance(each, list | tuple) and _arrays_in(each))
        for each in values
    )


def _all_arrays(value: Any) -> bool:
    return isinstance(value, ndarray) or all(_all_arrays(each) for each in value)


def _from_device(source: ndarray, dtype: Any, copy: Any, order: str) -> ndarray:
    dtype = source.dtype if dtype is None else check_dtype(dtype)
    if source.data.device_id != device_now() and (copy or dtype != source.dtype):
        return source.astype(dtype, copy=False).copy() if dtype != source.dtype else source.copy()
    flags = source._np.flags
    fits = {"C": flags.c_contiguous, "F": flags.f_contiguous}.get(order, True)
    if copy is False and not (fits and dtype == source.dtype):
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    return source.astype(dtype, order=order, copy=bool(copy))


def _from_host(values: Any, dtype: Any, order: str) -> ndarray:
    host = np.asarray(values, dtype=None if dtype is None else np.dtype(dtype))
    check_dtype(host.dtype)
    refuse_capture()
    layout = "F" if order == "F" or (order in "KA" and host.flags.fnc) else "C"
    result = empty(host.shape, host.dtype, layout)
    if host.size:
        upload(result, host)
    return result


def asarray(
    a: Any, dtype: Any = None, order: Any = None, *, copy: Any = None, blocking: bool = False
) -> ndarray:
    return array(a, dtype, copy, "K" if order is None else order)


def ascontiguousarray(a: Any, dtype: Any = None) -> ndarray:
    result = array(a, dtype, None, "C")
    return result if result.ndim else view_of(result, result._np.reshape(1))


def asfortranarray(a: Any, dtype: Any = None) -> ndarray:
    return array(a, dtype, None, "F")


def copy(a: Any, order: str = "K") -> ndarray:
    if not isinstance(a, ndarray):
        a = array(a)
    return copy_of(a, order)


def asnumpy(
    a: Any, stream: Any = None, order: str = "C", out: Any = None, *, blocking: bool = True
) -> Any:
    if isinstance(a, ndarray):
        return a.get(stream=stream, order=order, out=out, blocking=blocking)
    if hasattr(a, "__cuda_array_interface__"):
        return array(a).get(stream=stream, order=order, out=out, blocking=blocking)
    result = np.asarray(a, order=order)  # type: ignore[call-overload]
    if out is not None:
        np.copyto(out, result)
        return out
    return result


def copy_of(a: ndarray, order: str = "C") -> ndarray:
    """`ndarray.copy`: on the current device."""
    if not a.size or a.data.device_id == device_now():
        return astype(a, a.dtype, order)
    if not (a._np.flags.c_contiguous or a._np.flags.f_contiguous):
        raise NotImplementedError("CuPy cannot copy non-contiguous array between devices.")
    result = empty(a.shape, a.dtype, "C" if a._np.flags.c_contiguous else "F")
    result.data.copy_from_device_async(a.data, a.nbytes)
    return result


def astype(
    a: ndarray,
    dtype: Any,
    order: str = "K",
    casting: Any = None,
    subok: Any = None,
    copy: bool = True,
) -> ndarray:
    """`ndarray.astype`."""
    if subok is not None:
        raise TypeError("subok is not supported yet")
    _check_order(order)
    dtype = check_dtype(dtype)
    if casting is not None and not np.can_cast(a.dtype, dtype, casting):
        raise TypeError(
            f"Cannot cast array data from {a.dtype!r} to {dtype!r} according to the rule '{casting}'"
        )
    flags = a._np.flags
    fits = {"C": flags.c_contiguous, "F": flags.f_contiguous}.get(order, True)
    if not copy and dtype == a.dtype and fits:
        return a
    result = _like(a, dtype, order, None, None)
    from .casts import store

    source, target = a._np, result._np
    if a.size:
        launch("astype", lambda: store(target, source), [a], [result])
    return result


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> ndarray:
    if any(isinstance(each, ndarray) for each in (start, stop, step)):
        start, stop, step = (
            each.item() if isinstance(each, ndarray) else each for each in (start, stop, step)
        )
    values = np.arange(*((0, start) if stop is None else (start, stop)), step, dtype=dtype)
    return _computed("arange", values)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    for each in (start, stop):
        if isinstance(each, ndarray | np.ndarray):
            raise NotImplementedError("linspace between arrays is not simulated")
    values, step = np.linspace(start, stop, num, endpoint, True, dtype, axis)
    result = _computed("linspace", values)
    return (result, step) if retstep else result


def eye(N: int, M: Any = None, k: int = 0, dtype: Any = float, order: str = "C") -> ndarray:
    return _computed("eye", np.eye(N, M, k, dtype))


def identity(n: int, dtype: Any = float) -> ndarray:
    return eye(n, dtype=dtype)


def tri(N: int, M: Any = None, k: int = 0, dtype: Any = float) -> ndarray:
    return _computed("tri", np.tri(N, M, k, float if dtype is None else dtype))


def indices(dimensions: Any, dtype: Any = int) -> ndarray:
    return _computed("indices", np.indices(tuple(dimensions), dtype))


def tril_indices(n: int, k: int = 0, m: Any = None) -> tuple[ndarray, ...]:
    return tri(n, m, k, bool).nonzero()  # type: ignore[no-any-return]


def triu_indices(n: int, k: int = 0, m: Any = None) -> tuple[ndarray, ...]:
    return (~tri(n, m, k - 1, bool)).nonzero()  # type: ignore[no-any-return]


def _computed(name: str, values: Any) -> ndarray:
    """An array that kernels of the device compute from scalars."""
    result = new(values.shape, values.dtype)
    target = result._np
    launch(name, lambda: np.copyto(target, values), [], [result])
    return result


def as_strided(x: Any, shape: Any = None, strides: Any = None) -> ndarray:
    shape = x.shape if shape is None else tuple(shape)
    strides = x.strides if strides is None else tuple(strides)
    return view_of(x, np.lib.stride_tricks.as_strided(x._np, shape, strides))
