"""Functions that compute: NumPy's function of the same name, done when it is due.

The shape and the dtype of a result are known at once: NumPy's function tells them, given ones and zeros
of the same shapes and dtypes, and they are kept for the next call.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from . import computing
from .array import launch, ndarray, new
from .casts import store
from .facts import bind
from .names import BY_NUMPY, BY_VALUES, SEQUENCES
from .noise import disturbed
from .world import world


def arrays_in(value: Any) -> list[ndarray]:
    """All arrays of the device in nested arguments; NumPy's are refused, as CuPy refuses them."""
    if isinstance(value, ndarray):
        return [value]
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, list | tuple):
        return [found for each in value for found in arrays_in(each)]
    if isinstance(value, dict):
        return [found for each in value.values() for found in arrays_in(each)]
    return []


def replaced(value: Any, give: Any) -> Any:
    """Nested arguments with `give(array)` for each array of the device."""
    if isinstance(value, ndarray):
        return give(value)
    if isinstance(value, list | tuple):
        return type(value)(replaced(each, give) for each in value)
    if isinstance(value, dict):
        return {key: replaced(each, give) for key, each in value.items()}
    return value


def function(name: str, module: str = "cupy") -> Any:
    """CuPy's function of that name."""
    numpys = computing.COMPUTE.get(name) or _numpys(name, module)

    def call(*args: Any, **kwargs: Any) -> Any:
        bound = bind(module, name, args, kwargs)
        first = args[0] if args else next(iter(kwargs.values()))
        if name in SEQUENCES:
            if isinstance(first, np.ndarray):
                raise TypeError(f"Unsupported type {type(first)}")
        elif name not in computing.SCALARS and not isinstance(first, ndarray | str):
            raise TypeError(f"{name}: only cupy.ndarray is taken, not {type(first)}")
        pair = bound.get("args") or list(bound.values())[:2]
        for each in pair if name in computing.PAIRS else ():
            if not isinstance(each, ndarray):
                raise TypeError(f"Argument 'b' has incorrect type (got {type(each)})")
        out = bound.get("out")
        if out is not None and not isinstance(out, ndarray):
            raise TypeError(f"Unsupported type {type(out)}")
        if out is not None and kwargs.pop("out", None) is None:
            # By its place: what is read may be the same array.
            place = list(bound).index("out")
            args = tuple(None if i == place else each for i, each in enumerate(args))
        return deferred(name, numpys, args, kwargs, out)

    call.__name__ = name
    return call


def _numpys(name: str, module: str) -> Any:
    return getattr(np.linalg if module == "cupy.linalg" else np, name)


def deferred(name: str, compute: Any, args: Any, kwargs: Any, out: Any = None) -> Any:
    """Queue a computation with arrays among the arguments; its result's arrays are there at once."""
    arrays = arrays_in(args) + arrays_in(kwargs)
    specs = outcome(name, compute, args, kwargs)
    if out is not None:
        _check_out(name, out, specs)
        results = [out]
    else:
        results = [new(shape, dtype) for shape, dtype in specs[1]]
        if name in computing.LAYOUTS:
            results = [computing.LAYOUTS[name](results[0], arrays, args, kwargs)]
    # Only memory is kept, not arrays: those that nobody holds go back to the pool now.
    late_args, late_kwargs = replaced((args, kwargs), lambda array: array._np)
    targets = [array._np for array in results]

    def run() -> None:
        with warnings.catch_warnings(action="ignore"):
            found = compute(*late_args, **late_kwargs)
        for target, value in zip(targets, found if specs[0] else [found], strict=True):
            store(target, disturbed(name, np.asarray(value)))

    launch(name, run, arrays, results)
    return specs[0](results) if specs[0] else results[0]


def _check_out(name: str, out: ndarray, specs: Any) -> None:
    ((shape, dtype),) = specs[1]
    if out.shape != shape:
        raise ValueError(f"{name}: out has shape {out.shape}, not {shape}")
    if name not in computing.ANY_OUT and not np.can_cast(dtype, out.dtype, "same_kind"):
        raise TypeError(f"{name}: cannot cast {dtype} to {out.dtype} by the rule 'same_kind'")


_kept: dict[Any, Any] = {}


def outcome(name: str, compute: Any, args: Any, kwargs: Any) -> Any:
    """How results are joined (None for a single one), and shape and dtype of each."""
    key = (name, repr(replaced((args, kwargs), lambda array: (array.shape, array.dtype.str))))
    if key not in _kept:
        trial_args, trial_kwargs = replaced((args, kwargs), lambda array: trial(array))
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            found = compute(*trial_args, **trial_kwargs)
        if isinstance(found, list | tuple):
            # Named tuples take their fields one by one.
            join = found._make if hasattr(found, "_make") else type(found)
            _kept[key] = join, [(np.shape(each), np.asarray(each).dtype) for each in found]
        else:
            _kept[key] = None, [(np.shape(found), np.asarray(found).dtype)]
    return _kept[key]


def trial(array: ndarray) -> Any:
    """An array of the same shape and dtype with values that hurt nobody."""
    return (
        np.zeros(array.shape, array.dtype)
        if array.dtype.kind in "biu"
        else np.ones(array.shape, array.dtype)
    )


def by_values(name: str) -> Any:
    """A function whose result's shape depends on values."""
    numpys = getattr(np, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        bind("cupy", name, args, kwargs)
        return waited(name, numpys, args, kwargs)

    call.__name__ = name
    return call


def waited(name: str, compute: Any, args: Any, kwargs: Any) -> Any:
    """Compute at once, as CuPy waits for the size of the result."""
    from .array import refuse_capture
    from .streams import current_queue

    arrays = arrays_in(args) + arrays_in(kwargs)
    refuse_capture()
    world().counts["synchronizations"] += 1
    world().counts["sizes"] += 1
    launch(name, lambda: None, arrays, [])
    world().finish([current_queue().last])
    late_args, late_kwargs = replaced((args, kwargs), lambda array: array._np)
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        found = compute(*late_args, **late_kwargs)
    if isinstance(found, list | tuple):
        join = found._make if hasattr(found, "_make") else type(found)
        return join([_filled(name, each) for each in found])
    return _filled(name, found)


def _filled(name: str, values: Any) -> ndarray:
    values = np.array(values)
    result = new(values.shape, values.dtype)
    target = result._np
    launch(name, lambda: np.copyto(target, values), [], [result])
    return result


FUNCTIONS: dict[str, Any] = {
    name: function(name) for name in BY_NUMPY if name in computing.COMPUTE or hasattr(np, name)
}
FUNCTIONS |= {name: by_values(name) for name in BY_VALUES}


def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = None) -> None:
    from .ufuncs import check_operand

    if not isinstance(dst, ndarray):
        raise TypeError(f"Unsupported type {type(dst)}")
    if isinstance(src, np.ndarray):
        if src.size != 1:
            raise ValueError("non-scalar numpy.ndarray cannot be used for copyto")
        src = src.squeeze()[()]
    source = check_operand(src)
    kind = (
        source.dtype if isinstance(source, ndarray | np.generic) else np.result_type(type(source))
    )
    weak = not isinstance(source, ndarray | np.generic)
    if not np.can_cast(np.result_type(dst.dtype, source) if weak else kind, dst.dtype, casting):
        raise TypeError(f"Cannot cast {kind!r} to {dst.dtype!r} in {casting} casting mode")
    if where is not None:
        if not isinstance(where, ndarray):
            raise TypeError(f"Unsupported type {type(where)}")
        dst[...] = FUNCTIONS["where"](where, source, dst).astype(dst.dtype, copy=False)
        return
    if isinstance(source, ndarray) and source.device != dst.device:
        with dst.device:
            source = source.copy()
    if isinstance(source, ndarray) and _by_memcpy(dst, source):
        assert not np.may_share_memory(dst._np, source._np), "cudaMemcpyAsync: memory overlaps"
    dst[...] = source


def _by_memcpy(dst: ndarray, src: ndarray) -> bool:
    """Whether CuPy has no kernel copy this."""
    alike = dst.dtype == src.dtype and dst.size == src.size and dst.size
    return bool(alike and dst.flags.c_contiguous and src.flags.c_contiguous)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """A choice, made by the loops of a ufunc; with the condition alone, where it holds."""
    if (x is None) != (y is None):
        raise ValueError("Must provide both 'x' and 'y' or neither.")
    if x is None:
        return FUNCTIONS["nonzero"](condition)
    if not isinstance(condition, ndarray | np.generic):
        raise AttributeError(f"{type(condition)} has no attribute 'astype'")
    return deferred("where", np.where, (condition, *_operands(x, y)), {})


def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None) -> Any:
    """Values beyond the bounds become the bounds."""
    if not isinstance(a, ndarray):
        raise TypeError(f"Unsupported type {type(a)}")
    if a_min is None and a_max is None:
        raise ValueError("array_clip: must set either max or min")
    if out is not None and not isinstance(out, ndarray):
        raise TypeError(f"Unsupported type {type(out)}")
    for bound in (a_min, a_max):
        if type(bound) is int and a.dtype.kind in "iu":
            a.dtype.type(bound)  # OverflowError
    bounds = [None if each is None else _operands(each)[0] for each in (a_min, a_max)]
    return deferred("clip", np.clip, (a, *bounds), {}, out)


def _operands(*values: Any) -> tuple[Any, ...]:
    from .ufuncs import check_operand

    return tuple(map(check_operand, values))


def fuse(*args: Any, **kwargs: Any) -> Any:
    """The function as it is: how many kernels it becomes is not simulated."""
    return args[0] if args else lambda function: function


FUNCTIONS |= {"copyto": copyto, "where": where, "clip": clip, "fuse": fuse}
