"""Elements by index. Indices in arrays wrap instead of raising, as no kernel can raise."""

from __future__ import annotations

from typing import Any

import numpy as np

from .array import launch, ndarray, new, refuse_capture, view_of
from .casts import cast, store
from .streams import current_queue
from .ufuncs import check_operand
from .world import world


def _parts(array: ndarray, key: Any) -> list[Any]:
    """The key as a list, arrays in place of lists."""
    from .creation import array as make

    parts = []
    for each in key if isinstance(key, tuple) else (key,):
        if isinstance(each, list | np.ndarray):
            each = make(each) if len(each) else make(each, dtype=np.intp)
        elif isinstance(each, bool | np.bool_):
            each = make(each)
        elif isinstance(each, slice):
            for bound in (each.start, each.stop, each.step):
                if isinstance(bound, ndarray):
                    raise TypeError("CuPy would wait for the bound of a slice")
                if isinstance(bound, str):
                    int(bound)  # ValueError
        elif isinstance(each, str):
            int(each)  # ValueError
        elif not (each is None or each is Ellipsis or isinstance(each, int | np.integer | ndarray)):
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or "
                "boolean arrays are valid indices"
            )
        if isinstance(each, ndarray) and each.dtype.kind not in "biu":
            raise IndexError("arrays used as indices must be of integer or boolean type")
        parts.append(each)
    return parts


def getitem(array: ndarray, key: Any) -> ndarray:
    """`array[key]`: a view, or with arrays in the key a copy."""
    parts = _parts(array, key)
    indices = [each for each in parts if isinstance(each, ndarray)]
    if not indices:
        return view_of(array, _view(array, parts))
    if any(each.dtype == np.bool_ for each in indices):
        return _by_mask(array, parts, indices)
    result = new(_selected(array, parts), array.dtype)
    source, target = array._np, result._np
    late = [each._np if isinstance(each, ndarray) else each for each in parts]

    def run() -> None:
        np.copyto(target, source[_wrapped(source.shape, late)])

    launch("getitem", run, [array, *indices], [result])
    return result


def _view(array: ndarray, parts: list[Any]) -> Any:
    try:
        return array._np[_with_view(parts)]
    except IndexError as error:
        text = str(error)
        raise IndexError(text[0].upper() + text[1:] if text.startswith("index") else text) from None


def _with_view(parts: list[Any]) -> tuple[Any, ...]:
    """With an ellipsis NumPy gives a view and no scalar."""
    return tuple(parts) if Ellipsis in parts else (*parts, Ellipsis)


def _trial(part: Any) -> Any:
    if not isinstance(part, ndarray):
        return part
    return np.zeros(part.shape, bool if part.dtype == np.bool_ else np.intp)


def _selected(array: ndarray, parts: list[Any]) -> Any:
    """The shape of what a key with arrays selects, if masks are false."""
    if not array.size:
        return _empty(array, parts).shape
    try:
        return array._np[tuple(_trial(each) for each in parts)].shape
    except IndexError as error:
        if "broadcast" in str(error):
            raise ValueError(str(error)) from None
        raise


def _empty(array: ndarray, parts: list[Any]) -> Any:
    """The result's shape, where there are no elements to take."""
    for axis, each in enumerate(parts):
        if isinstance(each, ndarray) and each.size and array.shape[axis : axis + 1] == (0,):
            raise IndexError("index is out of bounds for axis with size 0")
    grown = np.empty([max(length, 1) for length in array.shape], bool)
    found = grown[tuple(_trial(each) for each in parts)]
    return found if all(each.size for each in parts if isinstance(each, ndarray)) else found[:0]


def _by_mask(array: ndarray, parts: list[Any], indices: list[ndarray]) -> ndarray:
    """The size of the result depends on values, for which CuPy waits."""
    refuse_capture()
    here = world()
    here.counts["synchronizations"] += 1
    here.counts["sizes"] += 1
    launch("getitem", lambda: None, [array, *indices], [])
    here.finish([current_queue().last])
    late = tuple(each._np if isinstance(each, ndarray) else each for each in parts)
    found = np.array(array._np[late])
    result = new(found.shape, found.dtype)
    target = result._np
    launch("getitem", lambda: np.copyto(target, found), [array], [result])
    return result


def _wrapped(shape: tuple[int, ...], parts: list[Any]) -> tuple[Any, ...]:
    """The key with its integers brought into range."""
    result: list[Any] = []
    axes = sum(_axes_of(each) for each in parts)
    axis = 0
    for each in parts:
        if each is Ellipsis:
            axis += len(shape) - axes
        elif isinstance(each, np.ndarray) and each.dtype != np.bool_:
            each = each.astype(np.int64) % max(shape[axis], 1)
        result.append(each)
        axis += _axes_of(each)
    return tuple(result)


def _axes_of(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == np.bool_ else 1


def setitem(array: ndarray, key: Any, value: Any) -> None:
    """`array[key] = value`."""
    if isinstance(value, list | tuple | np.ndarray):
        if np.ndim(value):
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        value = np.asarray(value)[()]
    value = check_operand(value)
    parts = _parts(array, key)
    indices = [each for each in parts if isinstance(each, ndarray)]
    reads = indices + ([value] if isinstance(value, ndarray) else [])
    late = [each._np if isinstance(each, ndarray) else each for each in parts]
    source = value._np if isinstance(value, ndarray) else value
    if not indices:
        target = view_of(array, _view(array, parts))
        if isinstance(value, ndarray):
            np.broadcast_to(source, target.shape)
            if target.data.ptr == value.data.ptr and target.strides == value.strides:
                return
        memory = target._np  # not the array, which would hold its memory until the work is done
        launch("setitem", lambda: store(memory, source), reads, [target])
        return
    selected = _selected(array, parts)
    if isinstance(value, ndarray) and not any(each.dtype == np.bool_ for each in indices):
        np.broadcast_to(source, selected)
    view = array._np

    def run() -> None:
        view[_wrapped(view.shape, late)] = cast(source, view.dtype)

    launch("setitem", run, reads, [array])


_ATOMIC = {
    "add": "iIlLqQefd",
    "max": "iIlLqQfd",
    "min": "iIlLqQfd",
    "sub": "iI",
    "and": "iIlLqQ",
    "or": "iIlLqQ",
    "xor": "iIlLqQ",
}
_AT = {
    "add": np.add,
    "max": np.maximum,
    "min": np.minimum,
    "sub": np.subtract,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}


def scatter(array: ndarray, key: Any, value: Any, how: str) -> None:
    """`ufunc.at`, for the dtypes that have atomic operations."""
    if array.dtype.char not in _ATOMIC[how]:
        raise TypeError(f"scatter_{how} does not support {array.dtype}")
    value = check_operand(value)
    parts = _parts(array, key)
    indices = [each for each in parts if isinstance(each, ndarray)]
    reads = indices + ([value] if isinstance(value, ndarray) else [])
    late = [each._np if isinstance(each, ndarray) else each for each in parts]
    source = value._np if isinstance(value, ndarray) else value
    if indices and not any(each.dtype == np.bool_ for each in indices):
        shape = array._np[tuple(_trial(each) for each in parts)].shape
        np.broadcast_to(source, shape)
    view = array._np

    def run() -> None:
        _AT[how].at(view, _wrapped(view.shape, late), cast(source, view.dtype))

    launch(f"scatter_{how}", run, reads, [array])
