"""`NDArray`: an array and the context it lives on. Its arithmetic is the registered operators'.

What differs from MXNet's legacy array, on purpose: zero is a size; boolean arrays index as masks;
`x == None` is False; `in` works for any rank; `float(x)`, `int(x)` and `x.item()` exist; NumPy
reads the values through `__array__` and shares the memory.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..context import (
    HOST_CONTEXT,
    Context,
    as_context,
)
from ..errors import (
    ArgumentError,
    MissingAttribute,
    ShapeError,
    UnsupportedError,
    shape_text,
    type_text,
)
from ..ops import registry
from ..ops.fluent import Methods
from ..specs import as_dtype
from . import compute, dlpack, indexing
from .missing_signs import MissingSigns
from .storage import (
    HOST,
    Raw,
    about_to_write,
    apart,
    calling,
    converted,
    fetched,
    fitted,
    moved,
    numbers,
    placed,
    require_writable,
    seen_outside,
    waited,
)


class NDArray(MissingSigns, Methods):
    """A multi-dimensional array of one dtype on one device.

    Make one with `mx.nd.array`, `mx.nd.zeros` and the like. On the CPU, calls return when the result is
    there. On a GPU they return at once: `asnumpy`, `asscalar`, printing and the like wait for the values,
    and `wait_to_read` does nothing but wait.

    Parameters
    ----------
    raw : numpy.ndarray or cupy.ndarray
        Wrapped as it is, without a copy; it must be C-contiguous.
    ctx : Context
        Where `raw` lives.
    """

    __slots__ = ("__weakref__", "_ctx", "_data")

    if TYPE_CHECKING:
        dot = slice_assign = slice_assign_scalar = Methods._one
    __array_priority__ = 1000.0  # NumPy's own operators step back for ours

    def __init__(self, raw: Raw, ctx: Context) -> None:
        self._data = raw
        self._ctx = ctx

    # What it is

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the dimensions."""
        shape: tuple[int, ...] = self._data.shape
        return shape

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(self._data.size)

    @property
    def dtype(self) -> type[np.generic]:
        """The elements' type as NumPy's scalar class, such as `numpy.float32`."""
        scalar: type[np.generic] = self._data.dtype.type
        return scalar

    @property
    def context(self) -> Context:
        """The device that the array lives on."""
        return self._ctx

    ctx = context

    @property
    def stype(self) -> str:
        """The storage type; always `default`, which is dense."""
        return "default"

    @property
    def writable(self) -> bool:
        """Whether the elements can be changed."""
        return self._ctx.is_gpu or bool(self._data.flags.writeable)

    @property
    def T(self) -> NDArray:
        """A copy with the dimensions in reverse order; the array itself if it has fewer than two."""
        if self.ndim < 2:
            return self
        with placed(self._ctx):
            return NDArray(self._data.T.copy(), self._ctx)

    def __repr__(self) -> str:
        return f"<NDArray {'x'.join(map(str, self.shape))} @{self._ctx}>"

    def __str__(self) -> str:
        return f"\n{self.asnumpy()}\n{self!r}"

    def __len__(self) -> int:
        if not self.shape:
            raise ArgumentError(
                "an NDArray of shape () has no length",
                hint="It is one number: x.asscalar() gives it.",
            )
        return self.shape[0]

    __hash__ = object.__hash__

    # Values for Python and NumPy

    def asnumpy(self) -> np.ndarray[Any, Any]:
        """A NumPy array with a copy of the values."""
        if self._ctx.is_gpu:
            return fetched(self._data, self._ctx)
        values: np.ndarray[Any, Any] = self._data.copy()
        return values

    def asscalar(self) -> Any:
        """The only element, as a NumPy scalar. Raises ShapeError if there are more or none."""
        if self.size != 1:
            raise ShapeError(
                f"The current array is not a scalar: its shape is {shape_text(self.shape)}",
                hint="asscalar() needs exactly one element; asnumpy() gives them all.",
            )
        return self.asnumpy().reshape(-1)[0]

    def item(self) -> Any:
        """The only element, as a Python number. Raises ShapeError if there are more or none."""
        return self.asscalar().item()

    def __float__(self) -> float:
        return float(self.asscalar())

    def __int__(self) -> int:
        return int(self.asscalar())

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ShapeError(
                "The truth value of an NDArray with multiple elements is ambiguous.",
                hint="Compare single elements, or reduce first: (x > 0).min() or .max().",
            )
        return bool(self.size) and bool(self.asscalar())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """The values for NumPy: the same memory where that is possible, unless `copy=True`."""
        if self._ctx.is_gpu:
            if copy is False:
                raise ArgumentError(
                    f"an array on {self._ctx} cannot be seen by NumPy without a copy",
                    hint="x.asnumpy() copies it.",
                )
            values = self.asnumpy()
            return values if dtype is None else values.astype(dtype, copy=False)
        raw = self._data
        values = np.array(raw, dtype=dtype, copy=copy)
        if values is raw or values.base is not None:
            seen_outside(raw)
        return values

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """NumPy's functions read the values and give NumPy arrays."""
        return func(*_for_numpy(args), **_for_numpy(kwargs))

    def wait_to_read(self) -> None:
        """Return when the values are there: at once on the CPU, on a GPU when it has done all it has to."""
        if self._ctx.is_gpu:
            waited(self._ctx)

    # Copies and devices

    def copy(self) -> NDArray:
        """A new array with the same values on the same device."""
        with placed(self._ctx):
            return NDArray(self._data.copy(), self._ctx)

    def astype(self, dtype: Any, copy: bool = True) -> NDArray:
        """The values in another dtype; the array itself if `copy` is false and nothing changes.

        Raises
        ------
        DTypeError
            If it is not a dtype that arrays here can have.
        """
        target = as_dtype(dtype)
        if not copy and target == self._data.dtype:
            return self
        return NDArray(calling(self._ctx, converted, self._data, target), self._ctx)

    def copyto(self, other: NDArray | Context) -> NDArray:
        """Write the values into another array of the same shape, or into a new one on a context.

        Returns
        -------
        NDArray
            The array written to.

        Raises
        ------
        ShapeError
            If the other array has another shape.
        ArgumentError
            If `other` is neither an array nor a context.
        """
        if isinstance(other, Context):
            raw = moved(self._data, self._ctx, other)
            with placed(other):
                return NDArray(raw.copy() if raw is self._data else raw, other)
        if not isinstance(other, NDArray):
            raise ArgumentError(
                f"copyto does not support type {type_text(other)}",
                hint="Give an NDArray of the same shape, or a context: mx.cpu() or mx.gpu(0).",
            )
        if other.shape != self.shape:
            raise ShapeError(
                f"an array of shape {shape_text(self.shape)} cannot be copied to one of shape "
                f"{shape_text(other.shape)}",
                hint="x.copyto(mx.nd.zeros(x.shape)) fits; x.reshape(…) changes a shape.",
            )
        other._assign(self)
        return other

    def _assign(self, values: NDArray) -> None:
        require_writable(self._data, self._ctx)
        ctx = self._ctx
        if ctx.is_gpu:
            raw = fitted(values._data, values._ctx, ctx, self._data.dtype)
            raw = apart(self._data, raw, ctx)
        else:
            raw = moved(values._data, values._ctx, ctx)
        calling(ctx, ctx.xp.copyto, self._data, raw, casting="unsafe")

    def as_in_context(self, context: Context) -> NDArray:
        """The array on that context: itself if it is there, else a copy.

        Raises
        ------
        DeviceError
            If the context is a GPU that cannot be used.
        ArgumentError
            If it is no context.
        """
        return self if context == self._ctx else self.copyto(as_context(context))

    as_in_ctx = as_in_context

    def as_nd_ndarray(self) -> NDArray:
        """The array itself."""
        return self

    def tostype(self, stype: str) -> NDArray:
        """The array itself for `default`; other storage types are not served."""
        if stype != "default":
            raise UnsupportedError(
                f"the storage type {stype!r} is not served: all arrays are dense",
                hint="Leave it: x is dense already.",
            )
        return self

    def detach(self) -> NDArray:
        """Another handle of the same memory."""
        return NDArray(self._data, self._ctx)

    def __copy__(self) -> NDArray:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> NDArray:
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self.asnumpy(), self._ctx.device_type, self._ctx.device_id)

    # Shapes and parts

    def reshape(self, *shape: Any, **kwargs: Any) -> NDArray:
        """The same memory under another shape.

        Parameters
        ----------
        *shape : int, or one tuple of int
            MXNet's codes: 0 keeps a dimension, -1 takes what is left, -2 copies all that follow,
            -3 merges two, -4 splits one in the two that follow. Also as `shape=`.
        reverse : bool
            Read the codes from the last dimension.

        Raises
        ------
        ShapeError
            If the sizes do not fit.
        """
        if unknown := kwargs.keys() - {"shape", "reverse"}:
            raise ArgumentError(
                f"Got unknown keywords in reshape: {', '.join(sorted(unknown))}. "
                "Accepted keyword arguments are 'shape' and 'reverse'.",
                hint="Write x.reshape((2, 3)).",
            )
        wanted = shape[0] if len(shape) == 1 else shape or kwargs.get("shape", ())
        if isinstance(wanted, (tuple, list)) and not wanted:
            if self.size != 1:
                raise ShapeError(
                    f"Cannot reshape array of size {self.size} into shape ()",
                    hint="x.reshape((1,)) fits one element.",
                )
            return NDArray(self._data.reshape(()), self._ctx)
        op = registry.get("Reshape")
        params = op.parse({"shape": wanted, "reverse": bool(kwargs.get("reverse", False))})
        (result,), _ = compute.result_specs(op, [self], op.inputs, params)
        return NDArray(self._data.reshape(result), self._ctx)

    def broadcast_to(self, shape: Any) -> NDArray:
        """A new array of that shape, dimensions of size 1 repeated, missing ones put in front.

        Raises
        ------
        ShapeError
            If a size is neither 1 nor the wanted one.
        """
        op = registry.get("broadcast_to")
        params = op.parse({"shape": shape})
        missing = max(len(params["shape"]) - self.ndim, 0)
        return _run(
            op, [NDArray(self._data.reshape((1,) * missing + self.shape), self._ctx)], params
        )

    def broadcast_like(self, other: NDArray) -> NDArray:
        """As :meth:`broadcast_to` with another array's shape."""
        return self.broadcast_to(other.shape)

    def reshape_view(self, *shape: Any) -> NDArray:
        """As :meth:`reshape`."""
        return self.reshape(*shape)

    def __getitem__(self, key: Any) -> NDArray:
        """A part of the array; see :mod:`symbook.ndarray.indexing` for what is a view."""
        if isinstance(key, slice) and key == slice(None) and self.shape:
            return self
        return NDArray(indexing.read(self._data, key, self._ctx), self._ctx)

    def __setitem__(self, key: Any, value: Any) -> None:
        require_writable(self._data, self._ctx)
        if self._ctx.is_gpu and is_number(value):
            raw = converted(
                np.asarray(value), self._data.dtype
            )  # goes there as a kernel's parameter
        else:
            raw = self._value(value)
        indexing.write(self._data, key, raw, self._ctx)

    def _value(self, value: Any) -> Raw:
        """What is assigned, as a raw array of this dtype on this device."""
        if isinstance(value, NDArray):
            raw, ctx = value._data, value._ctx
        elif type(value) not in HOST and dlpack.on_gpu(value):
            raw, ctx = dlpack.imported(value, contiguous=False)
        else:
            raw, ctx = numbers(value), HOST_CONTEXT
        return fitted(raw, ctx, self._ctx, self._data.dtype)

    def __iter__(self) -> Iterator[NDArray]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        found = self == value
        with placed(self._ctx):
            return found is not False and bool(found._data.any())

    # Arithmetic

    def __add__(self, other: Any) -> NDArray:
        return binary(ADD, self, other)

    def __radd__(self, other: Any) -> NDArray:
        return binary(ADD, other, self)

    def __sub__(self, other: Any) -> NDArray:
        return binary(SUBTRACT, self, other)

    def __rsub__(self, other: Any) -> NDArray:
        return binary(SUBTRACT, other, self)

    def __mul__(self, other: Any) -> NDArray:
        return binary(MULTIPLY, self, other)

    def __rmul__(self, other: Any) -> NDArray:
        return binary(MULTIPLY, other, self)

    def __truediv__(self, other: Any) -> NDArray:
        return binary(DIVIDE, self, other)

    def __rtruediv__(self, other: Any) -> NDArray:
        return binary(DIVIDE, other, self)

    def __mod__(self, other: Any) -> NDArray:
        return binary(MODULO, self, other)

    def __rmod__(self, other: Any) -> NDArray:
        return binary(MODULO, other, self)

    def __pow__(self, other: Any) -> NDArray:
        return binary(POWER, self, other)

    def __rpow__(self, other: Any) -> NDArray:
        return binary(POWER, other, self)

    # MXNet has Python 2's names too.
    __div__, __rdiv__ = __truediv__, __rtruediv__

    def __neg__(self) -> NDArray:
        return unary("negative", self)

    def __abs__(self) -> NDArray:
        return unary("abs", self)

    def __eq__(self, other: object) -> Any:
        return False if other is None else binary(EQUAL, self, other)

    def __ne__(self, other: object) -> Any:
        return True if other is None else binary(NOT_EQUAL, self, other)

    def __lt__(self, other: Any) -> NDArray:
        return binary(LESSER, self, other)

    def __le__(self, other: Any) -> NDArray:
        return binary(LESSER_EQUAL, self, other)

    def __gt__(self, other: Any) -> NDArray:
        return binary(GREATER, self, other)

    def __ge__(self, other: Any) -> NDArray:
        return binary(GREATER_EQUAL, self, other)

    def __iadd__(self, other: Any) -> NDArray:
        return in_place(ADD, self, other)

    def __isub__(self, other: Any) -> NDArray:
        return in_place(SUBTRACT, self, other)

    def __imul__(self, other: Any) -> NDArray:
        return in_place(MULTIPLY, self, other)

    def __itruediv__(self, other: Any) -> NDArray:
        return in_place(DIVIDE, self, other)

    def __imod__(self, other: Any) -> NDArray:
        return in_place(MODULO, self, other)

    def __ipow__(self, other: Any) -> NDArray:
        return in_place(POWER, self, other)

    # DLPack

    def __dlpack__(self, **options: Any) -> Any:
        """A DLPack capsule of the same memory, for `from_dlpack` of other libraries."""
        return dlpack.export(self._data, self._ctx, options)

    def __dlpack_device__(self) -> tuple[int, int]:
        kind, number = self._data.__dlpack_device__()
        return int(kind), int(number)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """The memory of an array on a GPU, for Numba and others; arrays on the CPU have no such thing."""
        if not self._ctx.is_gpu:
            raise MissingAttribute(
                "an array on the CPU has no __cuda_array_interface__",
                hint="x.as_in_context(mx.gpu(0)) copies it to a GPU.",
            )
        with placed(self._ctx):
            found: dict[str, Any] = self._data.__cuda_array_interface__
            return found

    def to_dlpack_for_read(self) -> Any:
        """A DLPack capsule of the same memory, to be read."""
        return dlpack.export(self._data, self._ctx, {})

    def to_dlpack_for_write(self) -> Any:
        """A DLPack capsule of the same memory, to be written to."""
        require_writable(self._data, self._ctx)
        return dlpack.export(self._data, self._ctx, {})


NDArray.__module__ = "symbook.ndarray"


def _unpickled(values: np.ndarray[Any, Any], device_type: str, device_id: int) -> NDArray:
    ctx = Context(device_type, device_id)
    return NDArray(moved(values, HOST_CONTEXT, ctx), ctx)


def _for_numpy(value: Any) -> Any:
    """The argument with NumPy arrays in place of NDArrays, inside lists and dicts too."""
    if isinstance(value, NDArray):
        return np.asarray(value)
    if type(value) in (tuple, list):
        return type(value)(map(_for_numpy, value))
    if isinstance(value, Mapping):
        return {key: _for_numpy(item) for key, item in value.items()}
    return value


# Binary operators


class Binary(NamedTuple):
    """The operators behind one binary function: of two arrays, and of an array and a number.

    Attributes
    ----------
    array, scalar, reverse : str
        Names of operators; `reverse` is for a number on the left.
    python : callable
        For two numbers.
    """

    array: str
    scalar: str
    reverse: str
    python: Callable[[Any, Any], Any]


def _binary(name: str, python: Callable[[Any, Any], Any], reverse: str = "") -> Binary:
    """A family named alike; `reverse` is the mirrored operation, by default itself."""
    short = {"add": "plus", "sub": "minus"}.get(name, name)
    return Binary(f"broadcast_{name}", f"_{short}_scalar", f"_{reverse or short}_scalar", python)


def _as_number(test: Callable[[Any, Any], Any]) -> Callable[[Any, Any], int]:
    return lambda lhs, rhs: 1 if test(lhs, rhs) else 0


ADD = _binary("add", operator.add)
SUBTRACT = _binary("sub", operator.sub, "rminus")
MULTIPLY = _binary("mul", operator.mul)
DIVIDE = _binary("div", operator.truediv, "rdiv")
MODULO = _binary("mod", operator.mod, "rmod")
POWER = _binary("power", operator.pow, "rpower")
MAXIMUM = _binary("maximum", max)
MINIMUM = _binary("minimum", min)
HYPOT = _binary("hypot", np.hypot)
EQUAL = _binary("equal", _as_number(operator.eq))
NOT_EQUAL = _binary("not_equal", _as_number(operator.ne))
LESSER = _binary("lesser", _as_number(operator.lt), "greater")
LESSER_EQUAL = _binary("lesser_equal", _as_number(operator.le), "greater_equal")
GREATER = _binary("greater", _as_number(operator.gt), "lesser")
GREATER_EQUAL = _binary("greater_equal", _as_number(operator.ge), "lesser_equal")
LOGICAL_AND = _binary("logical_and", _as_number(lambda lhs, rhs: lhs and rhs))
LOGICAL_OR = _binary("logical_or", _as_number(lambda lhs, rhs: lhs or rhs))
LOGICAL_XOR = _binary("logical_xor", _as_number(lambda lhs, rhs: bool(lhs) != bool(rhs)))

_NUMBER = (int, float, np.integer, np.floating, np.bool_)


def is_number(value: Any) -> bool:
    """Whether it is a real number that arithmetic with arrays takes."""
    return isinstance(value, _NUMBER)


def binary(kind: Binary, lhs: Any, rhs: Any) -> NDArray:
    """One binary operator of two arrays, or of an array and a number, broadcast as in NumPy.

    Raises
    ------
    ArgumentError
        If an operand is neither an NDArray nor a real number.
    ShapeError, DTypeError, DeviceError
        If two arrays do not fit together.
    """
    left, right = isinstance(lhs, NDArray), isinstance(rhs, NDArray)
    if left and right:
        op = registry.get(kind.array)
        if _alike(lhs, rhs):
            ctx = lhs._ctx
            return NDArray(calling(ctx, op.fn, ctx.xp, lhs._data, rhs._data), ctx)
        return _run(op, [lhs, rhs], {})
    if left and isinstance(rhs, _NUMBER):
        return _run_scalar(kind.scalar, lhs, rhs)
    if right and isinstance(lhs, _NUMBER):
        return _run_scalar(kind.reverse, rhs, lhs)
    raise _unsupported(rhs if left or isinstance(lhs, _NUMBER) else lhs)


def _alike(lhs: NDArray, rhs: NDArray) -> bool:
    """Whether two arrays are so alike that a binary operator's rules have nothing to refuse."""
    x, y = lhs._data, rhs._data
    return (
        (lhs._ctx is rhs._ctx or lhs._ctx == rhs._ctx)
        and x.shape == y.shape
        and x.dtype == y.dtype
        and x.dtype.kind != "b"
        and x.ndim > 0
    )


def in_place(kind: Binary, target: NDArray, other: Any) -> NDArray:
    """One binary operator whose result replaces the target's elements.

    Raises
    ------
    ShapeError
        If the result would have another shape than the target.
    ArgumentError, DTypeError, DeviceError
        As :func:`binary`.
    """
    if isinstance(other, NDArray):
        op = registry.get(kind.array)
        if op.takes_out and target.writable and _alike(target, other):
            ctx = target._ctx
            about_to_write(target._data)
            calling(ctx, op.fn, ctx.xp, target._data, other._data, out=target._data)
        else:
            compute.run(op, [target, other], op.inputs, {}, [target])
    elif isinstance(other, _NUMBER):
        op = registry.get(kind.scalar)
        compute.run(op, [target], op.inputs, op.parse({"scalar": other}), [target])
    else:
        raise _unsupported(other)
    return target


def unary(name: str, data: NDArray) -> NDArray:
    """One operator of one array that takes no parameters."""
    return _run(registry.get(name), [data], {})


def _run_scalar(name: str, data: NDArray, scalar: Any) -> NDArray:
    op = registry.get(name)
    x, ctx = data._data, data._ctx
    if x.dtype.kind == "f" and x.ndim:
        # Every number fits a floating-point dtype.
        return NDArray(calling(ctx, op.fn, ctx.xp, x, scalar=float(scalar)), ctx)
    return _run(op, [data], op.parse({"scalar": scalar}))


def _run(op: registry.Op, inputs: list[Any], params: Mapping[str, Any]) -> NDArray:
    (raw,), ctx = compute.run(op, inputs, op.inputs, params)
    return NDArray(raw, ctx)


def _unsupported(value: Any) -> ArgumentError:
    hint = "Make an NDArray of it first: mx.nd.array(…)."
    if type(value).__name__ == "Symbol":
        hint = "A symbol has no value yet: use a Variable here and give the array to bind."
    elif value is None or isinstance(value, (str, complex)):
        hint = "Arithmetic takes NDArrays and real numbers."
    return ArgumentError(f"type {type_text(value)} not supported", hint=hint)
