"""`define`: a function becomes an operator, with a line above it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from types import FunctionType, ModuleType
from typing import Any, cast

import numpy as np

from . import ndarray, symbol
from .errors import (
    ArgumentError,
    ParamError,
    ShapeError,
    calling_users,
    counted,
    kind_of,
    listed,
    shape_text,
)
from .ndarray import NDArray
from .ops import registry
from .ops.params import REQUIRED, make_param
from .ops.registry import Gradient, Op
from .ops.rules import (
    DTypeRule,
    Mismatch,
    ShapeRule,
    broadcast_all,
    forward,
    same_dtype,
)

# Keyword-only parameters that are none of the operator's.
_SPECIAL = ("is_train", "state")


class Operator:
    """An operator that a user defined: called with symbols it makes a node, with NDArrays it computes.

    Attributes
    ----------
    name : str
        The name of `mx.sym.<name>` and `mx.nd.<name>`.
    """

    def __init__(self, op: Op, fn: Callable[..., Any]) -> None:
        self._op = op
        self.name = op.name
        functools.update_wrapper(cast(Callable[..., Any], self), fn)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        values = (*args, *kwargs.values())
        if any(isinstance(value, np.ndarray) for value in values):
            raise ArgumentError(
                f"{self.name}: an input must be a Symbol or an NDArray, not an ndarray",
                hint="Make an NDArray of it: mx.nd.array(…).",
            )
        module: Any = ndarray if any(isinstance(value, NDArray) for value in values) else symbol
        return getattr(module, self.name)(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<Operator {self.name}>"


def define(
    fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    shape: Callable[..., Any] | None = None,
    dtype: DTypeRule = same_dtype,
    gradient: Gradient | None = None,
    outputs: tuple[str, ...] = ("output",),
) -> Any:
    """Make a function an operator, like the built-in ones: a decorator.

    The function's first parameter is `xp`, the array namespace (`numpy`, or `cupy` on a GPU). The other
    positional ones are the inputs; those after `*` are parameters, with an annotation or a default that
    says their type. The inputs cannot be changed in place: `x = x + 1`, not `x += 1`.

    Parameters
    ----------
    name : str, optional
        The operator's name; the function's own when left out. Defining a name again replaces it.
    shape : callable, optional
        `shape(*input_shapes, **params)` gives the output's shape, or a list of the outputs' shapes.
        Without it, the inputs broadcast to it.
    dtype : callable, optional
        A rule of `symbook.ops.rules`; without it, inputs and output have one dtype.
    gradient : callable, optional
        `gradient(F, g, y, *inputs, **params)` gives, as symbols, the gradient for each input, in a tuple if
        there are several: `g` is that of the output `y`, and `F` has the functions of `mx.sym`.
    outputs : tuple of str, optional
        Names of the outputs, if there are several; the function then gives a tuple.

    Returns
    -------
    Operator
        Call it with symbols or NDArrays; it is `mx.sym.<name>` and `mx.nd.<name>` too.

    Raises
    ------
    ParamError
        If the name is a built-in operator's or no Python name, or a parameter has neither annotation
        nor default.
    ArgumentError
        If it is no function of `xp` and inputs, or `shape` or `gradient` does not take what it is given.

    >>> import symbook as mx
    >>> @mx.operator.define(gradient=lambda F, g, y, x: 3 * g * x * x)
    ... def cube(xp, x):
    ...     return x * x * x
    >>> cube(mx.nd.array([2])).asnumpy()
    array([8.], dtype=float32)
    """
    if fn is None:
        return functools.partial(
            define, name=name, shape=shape, dtype=dtype, gradient=gradient, outputs=outputs
        )
    if not isinstance(fn, FunctionType):
        raise ArgumentError(
            f"an operator is defined by a function, not {fn!r}",
            hint="Write @mx.operator.define on the line above def own(xp, x): …",
        )
    name = name or fn.__name__
    if not name.isidentifier():
        raise ParamError(
            f"an operator's name is a Python name, not {name!r}",
            hint='Give it one: mx.operator.define(…, name="…").',
        )
    op = _operator(fn, name, shape, dtype, gradient, outputs)
    registry.redefine(op)
    for module in (symbol, ndarray):
        vars(module).pop(op.name, None)  # the function of the operator that it replaces
    return Operator(op, fn)


def _operator(
    fn: Callable[..., Any],
    name: str,
    shape: Callable[..., Any] | None,
    dtype: DTypeRule,
    gradient: Gradient | None,
    outputs: tuple[str, ...],
) -> Op:
    inputs, keywords = _parameters(fn)
    params = [key for key in keywords if key not in _SPECIAL]
    if shape is not None:
        shape = _shapes(name, _users(name, "shape", shape, inputs, params), len(outputs))
    if gradient is not None:
        gradient = _users(name, "gradient", gradient, ("F", "g", "y", *inputs), params)
    rule = broadcast_all if shape is None else forward(shape)
    hint = "" if shape is None else "The function and its shape= do not agree."
    return Op(
        name=name,
        fn=_checked(fn, name, rule, dtype, len(outputs), hint),
        outputs=outputs,
        inputs=inputs,
        variadic=False,
        params={key: make_param(key, *_typed(name, keywords[key])) for key in params},
        shape=rule,
        dtype=dtype,
        gradient=gradient,
        takes_mode="is_train" in keywords,
        state=object() if "state" in keywords else None,
        calls_users=True,
        text=inspect.getdoc(fn) or f"An operator defined in {fn.__module__}.",
    )


def _parameters(
    fn: Callable[..., Any],
) -> tuple[tuple[str, ...], dict[str, inspect.Parameter]]:
    """Names of the inputs, and the keyword-only parameters."""
    found = inspect.signature(fn, eval_str=True).parameters.values()
    positional = []
    for item in found:
        if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD):
            positional.append(item.name)
            if item.default is not item.empty:
                raise ParamError(
                    f"{fn.__name__}: {item.name} has a default, and inputs have none",
                    hint=f"If it is a parameter, put a star before it: *, {item.name}={item.default!r}.",
                )
    if positional[:1] != ["xp"]:
        raise ArgumentError(
            f"{fn.__name__}: the first parameter must be xp, the array namespace",
            hint=f"def {fn.__name__}(xp, {', '.join(positional) or 'x'}): …",
        )
    return tuple(positional[1:]), {
        item.name: item for item in found if item.kind == item.KEYWORD_ONLY
    }


def _users(
    name: str, what: str, fn: Callable[..., Any], inputs: Sequence[str], params: Sequence[str]
) -> Callable[..., Any]:
    """The function of the user's, if it can be called with these inputs and parameters."""
    try:
        inspect.signature(fn).bind(*inputs, **dict.fromkeys(params))
    except TypeError as error:
        told = ", ".join([*inputs, *params])
        raise ArgumentError(
            f"{name}: {what} cannot be called with ({told}): {error}",
            hint=f"{what}=lambda {told}: …",
        ) from None
    except ValueError:
        pass  # a builtin function that does not say what it takes

    def called(*args: Any, **kwargs: Any) -> Any:
        with calling_users():
            return fn(*args, **kwargs)

    return called


def _shapes(name: str, shape: Callable[..., Any], count: int) -> Callable[..., Any]:
    """The user's rule, whose answer must be one shape for each output."""

    def checked(*args: Any, **params: Any) -> Any:
        given = shape(*args, **params)
        rows = given if isinstance(given, list) else [given]
        if len(rows) != count or not all(isinstance(row, (tuple, list)) for row in rows):
            wanted = "a tuple" if count == 1 else f"a list of {count} tuples"
            raise Mismatch(
                f"shape of {name} must give {wanted}, and gave {given!r}",
                hint="A shape is a tuple of whole numbers: shape=lambda x: (x[0], 3).",
            )
        return given

    return checked


def _typed(name: str, item: inspect.Parameter) -> tuple[Any, Any]:
    """The annotation and the default of a parameter; the default's type stands in for an annotation."""
    default = REQUIRED if item.default is item.empty else item.default
    annotation = item.annotation
    if annotation is item.empty:
        if default is REQUIRED or default is None:
            raise ParamError(
                f"{name}: the parameter {item.name} has no type",
                hint=f"Annotate it: {item.name}: float, or give it a default.",
            )
        annotation = tuple[int, ...] if isinstance(default, tuple) else type(default)
    return annotation, default


def _array(xp: ModuleType, name: str, given: Any) -> Any:
    """What the user's function gave, as an array of real numbers."""
    hint = "Its last line must return an array of xp, such as xp.exp(x)."
    try:
        found = xp.asarray(given)
    except Exception:  # lists with rows of different lengths; what else, the namespace decides
        raise ArgumentError(f"{name} gave {kind_of(given)}, not an array", hint=hint) from None
    if found.dtype.kind not in "biuf":
        told = f"numbers of {found.dtype}" if found.dtype.kind == "c" else kind_of(given)
        raise ArgumentError(f"{name} gave {told}, not an array of real numbers", hint=hint)
    return found


def _checked(
    fn: Callable[..., Any], name: str, shape: ShapeRule, dtype: DTypeRule, count: int, hint: str
) -> Callable[..., Any]:
    """The function, its results compared with what inference said and brought to the dtypes it said.

    The hint is for results of other shapes.
    """

    def checked(xp: ModuleType, *arrays: Any, **params: Any) -> Any:
        own = {key: value for key, value in params.items() if key not in _SPECIAL}
        unknown = (None,) * count
        _, shapes = shape(tuple([array.shape for array in arrays]), unknown, own)
        _, dtypes = dtype(tuple([array.dtype for array in arrays]), unknown, own)
        with calling_users():
            given = fn(xp, *map(_unwritable, arrays), **params)
        if given is None:
            raise ArgumentError(f"{name} gave None", hint="Its last line must return the result.")
        results = [
            _array(xp, name, item) for item in (given if isinstance(given, tuple) else (given,))
        ]
        if len(results) != count:
            raise ArgumentError(
                f"{name} gave {counted(len(results), 'output')}, not {count}",
                hint="outputs=(…) names the outputs, and the function gives a tuple of as many.",
            )
        found = [result.shape for result in results]
        if found != [tuple(item or ()) for item in shapes]:
            raise ShapeError(
                f"{name} gave {listed([shape_text(item) for item in found])}, and inference says "
                f"{listed([shape_text(item) for item in shapes])}",
                hint=hint or "Say what it gives: @mx.operator.define(shape=lambda x: …).",
            )
        # A view may be of an input, whose memory is others'.
        return tuple(
            [
                raw.astype(to, copy=not raw.flags.owndata)
                for raw, to in zip(results, dtypes, strict=True)
            ]
        )

    return checked


def _unwritable(array: Any) -> Any:
    """The array, which other nodes read, so that it cannot be changed; CuPy has no such arrays."""
    if isinstance(array, np.ndarray):
        array = array.view()
        array.flags.writeable = False
    return array
