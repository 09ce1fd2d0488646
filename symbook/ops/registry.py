"""`Op` and `@op`: one definition of an operator, for `mx.sym` and `mx.nd`, for every device.

The decorated function's signature is the schema::

    @op("broadcast_mul", alias=("_mul",), shape=broadcast)
    def broadcast_mul(xp, lhs, rhs, /, *, out=None):
        \"\"\"Product of two arrays, with broadcasting …\"\"\"
        return xp.multiply(lhs, rhs, out=out)

- `xp` is the array namespace of the device, `numpy` or `cupy`;
- positional-only parameters are the inputs, under MXNet's names; `*data` is any number of inputs;
- keyword-only ones with an annotation are the parameters, typed, with their defaults and ranges
  (`Annotated[int, Range(0, None)]`);
- `out` means that the function can write its result into an array that is given;
- `is_train` means that it acts otherwise in training; it is told which;
- `state` means that it keeps something between calls, in a dict of its own for each executor;
- the docstring is the operator's documentation.

A gradient rule is made of symbols, so that a gradient is a graph like any other::

    @op("sin", gradient=lambda F, g, y, x: g * F.cos(x))

It gets `F`, whose attributes are the functions of `mx.sym`, by any registered name; the gradients `g` of
the outputs and the outputs `y` themselves; the inputs; and the parameters as keywords. With several
outputs, hidden ones included, `g` and `y` are tuples, and a part of `g` is None where nothing flows back.
It gives one gradient for each input, alone or in a tuple: None where there is none. It need not undo
broadcasting: what has the output's shape is summed to the input's.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, NamedTuple, TypeVar, cast

from ..errors import (
    LookupFailure,
    MissingAttribute,
    ParamError,
    SymbookError,
    UnsupportedError,
    article,
    brief,
    did_you_mean,
    kind_of,
)
from .families import family_of
from .params import REQUIRED, Param, attr_text, make_param, memo_key, parse_params
from .rules import DTypeRule, ShapeRule, same_dtype, same_shape
from .unserved import is_unserved

Names = tuple[str, ...]
_Input = TypeVar("_Input")
Gradient = Callable[..., Any]
"""`(F, g, y, *inputs, **params)`: the gradients of the inputs, as symbols."""
Kernel = Callable[[Mapping[str, Any]], str | None]
"""`(params)`: the expression of one element, or None where there is none."""


class Reading(NamedTuple):
    """Parameters as a call gives them: every one, typed; and the texts of those that were given."""

    params: Mapping[str, Any]
    texts: Mapping[str, str]


_MOST_KNOWN = 256


# Not a dataclass: to make this one and import the module took a tenth of the time of `import symbook`.
class Op:
    """An operator. Nothing of it is changed once it is made.

    Attributes
    ----------
    name : str
        MXNet's registered name, as JSON files hold it.
    alias : tuple of str
        Every other name that reaches it.
    fn : callable
        `fn(xp, *inputs, **params)`; gives an array, or a tuple of them for several outputs.
    inputs : tuple of str
        Names of the inputs; of a variadic operator, empty.
    variadic : bool
        Takes any number of inputs.
    params : mapping of str to Param
    shape, dtype : callable
        Rules of :mod:`symbook.ops.rules`.
    outputs : callable or tuple of str
        Names of the outputs, or a function of the parameters that gives them.
    aux : frozenset of str
        Names of the inputs that are auxiliary states.
    takes_out : bool
        The function has `out`.
    view : bool
        The output may share memory with the first input.
    random : bool
        Draws from the device's random number generator.
    chooses_inputs : callable or None
        For operators whose inputs depend on parameters: `(params) -> names`.
    gradient : callable or None
        Gives the gradients of the inputs as symbols; None for an operator that has none. See above.
    shown : callable or None
        `(params) -> number` of the outputs that a user sees; the others, such as the mask of Dropout, are
        there for the gradient. None when all are seen.
    uncounted : callable or None
        `(params) -> number` of the last hidden outputs that MXNet has not, so that files do not count them.
    outline : frozenset of str
        Names of the inputs of which only shape and dtype are read, so that their values need not be kept;
        of a variadic operator that has any, all inputs but the first.
    mutates : frozenset of str
        Names of the inputs that the function changes in place.
    takes_mode : bool
        The function has `is_train`.
    initial : mapping of str to str
        `__init__` attributes of the variables that are made for inputs that were left out.
    state : object
        Operators with one `state` share the dict that an executor keeps for it; None for those without.
    specialise : callable or None
        For an operator whose inputs and parameters depend on what it is called with: `(kwargs) -> Op`.
    kernel : str, callable or None
        What one element of the output is, as an expression of those at its place of the inputs, by name,
        and of the parameters, in arithmetic and functions that :mod:`symbook.fusion` lists; or a function
        of the parameters that gives it. It is for floats, each operation rounded to the inputs' dtype, and
        gives what `fn` does to the bit. None for an operator that is not element-wise.
    calls_users : bool
        The function calls one of the user's.
    cpu_only : str
        Why it cannot run on a GPU: it is refused there, when bound or called. Empty if it can.
    text : str
        The documentation as the source has it.
    fixed : bool
        The inputs are `inputs`, whatever a call gives.
    single : bool
        There is one output, whatever a call gives.
    """

    __slots__ = (
        *(
            "name",
            "fn",
            "inputs",
            "variadic",
            "params",
            "shape",
            "dtype",
            "alias",
            "outputs",
            "aux",
        ),
        *(
            "takes_out",
            "view",
            "random",
            "chooses_inputs",
            "gradient",
            "shown",
            "uncounted",
            "outline",
        ),
        *(
            "mutates",
            "takes_mode",
            "initial",
            "state",
            "specialise",
            "kernel",
            "calls_users",
            "cpu_only",
            "text",
        ),
        *("fixed", "single", "_known"),
    )

    def __init__(
        self,
        name: str,
        fn: Callable[..., Any],
        inputs: Names,
        variadic: bool,
        params: Mapping[str, Param],
        shape: ShapeRule,
        dtype: DTypeRule,
        *,
        alias: Names = (),
        outputs: Names | Callable[[Mapping[str, Any]], Sequence[str]] = ("output",),
        aux: frozenset[str] = frozenset(),
        takes_out: bool = False,
        view: bool = False,
        random: bool = False,
        chooses_inputs: Callable[[Mapping[str, Any]], Sequence[str]] | None = None,
        gradient: Gradient | None = None,
        shown: Callable[[Mapping[str, Any]], int] | None = None,
        uncounted: Callable[[Mapping[str, Any]], int] | None = None,
        outline: frozenset[str] = frozenset(),
        mutates: frozenset[str] = frozenset(),
        takes_mode: bool = False,
        initial: Mapping[str, str] | None = None,
        state: object = None,
        specialise: Callable[[Mapping[str, Any]], Op] | None = None,
        kernel: str | Kernel | None = None,
        calls_users: bool = False,
        cpu_only: str = "",
        text: str = "",
    ) -> None:
        self.name = name
        self.fn = fn
        self.inputs = inputs
        self.variadic = variadic
        self.params = params
        self.shape = shape
        self.dtype = dtype
        self.alias = alias
        self.outputs = outputs
        self.aux = aux
        self.takes_out = takes_out
        self.view = view
        self.random = random
        self.chooses_inputs = chooses_inputs
        self.gradient = gradient
        self.shown = shown
        self.uncounted = uncounted
        self.outline = outline
        self.mutates = mutates
        self.takes_mode = takes_mode
        self.initial: Mapping[str, str] = initial or {}
        self.state = state
        self.specialise = specialise
        self.kernel = kernel
        self.calls_users = calls_users
        self.cpu_only = cpu_only
        self.text = text
        depends = variadic or chooses_inputs is not None or specialise is not None
        self.fixed = not depends
        self.single = not callable(outputs) and len(outputs) == 1
        self._known: dict[tuple[Any, ...], Reading] = {}

    def but(self, **changed: Any) -> Op:
        """The same operator with some attributes changed."""
        given = inspect.signature(Op).parameters
        return Op(**{**{name: getattr(self, name) for name in given}, **changed})

    @property
    def doc(self) -> str:
        """The operator's documentation, without the indentation of its source."""
        return inspect.cleandoc(self.text)

    def output_names(self, params: Mapping[str, Any]) -> Sequence[str]:
        """Names of the outputs without the node's name: `('output',)`, `('output0', 'output1')`."""
        return self.outputs(params) if callable(self.outputs) else self.outputs

    def shown_outputs(self, params: Mapping[str, Any]) -> int:
        """How many of the outputs, from the first, a user sees."""
        return len(self.output_names(params)) if self.shown is None else self.shown(params)

    def reads_outline(self, position: int, name: str) -> bool:
        """Whether only shape and dtype are read of an input."""
        return position > 0 if self.variadic and self.outline else name in self.outline

    def input_names(self, params: Mapping[str, Any], given: int) -> Names:
        """Names of the inputs; `given` is how many a call gave, for a variadic operator."""
        if self.chooses_inputs is not None:
            return tuple(self.chooses_inputs(params))
        return tuple(f"arg{i}" for i in range(given)) if self.variadic else self.inputs

    def expression(self, params: Mapping[str, Any]) -> str | None:
        """The text of `kernel` for these parameters."""
        return self.kernel(params) if callable(self.kernel) else self.kernel

    def changed(self, params: Mapping[str, Any], inputs: Sequence[_Input]) -> list[_Input]:
        """Those of a call's inputs that the function changes in place."""
        if not self.mutates:
            return []
        names = self.input_names(params, len(inputs))
        return [item for item, name in zip(inputs, names, strict=True) if name in self.mutates]

    def parse(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter, typed, from values or their texts. Raises ParamError."""
        return parse_params(self.params, given, self.name)

    def read(self, given: Mapping[str, Any]) -> Reading:
        """The parameters of a call, and their texts; a None where the default is None counts as left out.

        Calls that give the same have the same mappings. Raises ParamError.
        """
        key = memo_key(given) if given else ()
        known = self._known.get(key) if key is not None else None
        if known is None:
            params = self.parse(
                {key: value for key, value in given.items() if not _is_default(self, key, value)}
            )
            known = Reading(params, {key: attr_text(value) for key, value in given.items()})
            if key is not None:
                self._keep(key, known)
        return known

    def _keep(self, key: tuple[Any, ...], reading: Reading) -> None:
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = reading

    def read_scalar(self, number: Any) -> Reading:
        """`read({"scalar": number})`, which arithmetic asks for all the time."""
        # 0.0 equals -0.0.
        known = self._known.get((type(number), number)) if number else None
        if known is None:
            known = self.read({"scalar": number})
            if type(number) in (int, float):
                self._keep((type(number), number), known)
        return known

    def call(
        self, xp: ModuleType, arrays: Sequence[Any], params: Mapping[str, Any], out: Any = None
    ) -> tuple[Any, ...]:
        """Compute: raw arrays of the namespace in, a tuple of raw arrays out.

        `params` may hold `is_train`; without it, the operator predicts.
        """
        if self.takes_mode and "is_train" not in params:
            params = {**params, "is_train": False}
        if self.state is not None and "state" not in params:
            params = {**params, "state": {}}
        if out is not None and self.takes_out:
            result = self.fn(xp, *arrays, **params, out=out)
        else:
            result = self.fn(xp, *arrays, **params)
        return result if isinstance(result, tuple) else (result,)

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return get, (self.name,)


# Operators of the families that have been loaded: a family is loaded when one of its operators is asked
# for, because loading all of them took three quarters of the time of `import symbook`.
_ops: dict[str, Op] = {}
_users: set[str] = set()


def op(
    name: str | None = None,
    *,
    alias: Names = (),
    shape: ShapeRule = same_shape,
    dtype: DTypeRule = same_dtype,
    outputs: Names | Callable[[Mapping[str, Any]], Sequence[str]] = ("output",),
    aux: Names = (),
    view: bool = False,
    random: bool = False,
    inputs: Callable[[Mapping[str, Any]], Sequence[str]] | None = None,
    gradient: Gradient | None = None,
    shown: Callable[[Mapping[str, Any]], int] | None = None,
    uncounted: Callable[[Mapping[str, Any]], int] | None = None,
    outline: Names = (),
    mutates: Names = (),
    initial: Mapping[str, str] | None = None,
    kernel: str | Kernel | None = None,
    cpu_only: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as an operator; see the module's text for how it is read.

    Parameters
    ----------
    name : str, optional
        The registered name; the function's own when left out.
    alias : tuple of str
        Other names for it.
    shape, dtype : callable
        Inference rules; by default all inputs and outputs have one shape and one dtype.
    outputs, aux, view, random, gradient, shown, uncounted, outline, mutates,
    initial, kernel, cpu_only
        As the attributes of :class:`Op`.
    inputs : callable, optional
        `(params) -> names` when which inputs there are depends on the parameters.

    Raises
    ------
    ValueError
        If the name or an alias is taken.
    """

    def register(fn: Callable[..., Any]) -> Callable[..., Any]:
        positional, variadic, params, special = read_signature(fn)
        operator = Op(
            name=name or fn.__name__,
            fn=fn,
            inputs=positional,
            variadic=variadic,
            params=params,
            shape=shape,
            dtype=dtype,
            alias=alias,
            outputs=outputs,
            aux=frozenset(aux),
            takes_out="out" in special,
            view=view,
            random=random,
            chooses_inputs=inputs,
            gradient=gradient,
            shown=shown,
            uncounted=uncounted,
            outline=frozenset(outline),
            mutates=frozenset(mutates),
            takes_mode="is_train" in special,
            initial=initial or {},
            kernel=kernel,
            cpu_only=cpu_only,
            text=fn.__doc__ or "",
        )
        add(operator)
        return fn

    return register


def add(operator: Op) -> None:
    """Register an operator under its names. Raises ValueError if one is taken."""
    for key in (operator.name, *operator.alias):
        if key in _ops:
            raise ValueError(f"the operator name {key!r} is taken by {_ops[key]}")
        _ops[key] = operator


def redefine(operator: Op) -> None:
    """Register a user's operator in place of the user's own of that name.

    Raises
    ------
    ParamError
        If the name is that of one of MXNet's operators.
    """
    taken = find(operator.name)
    if is_unserved(operator.name) or (taken is not None and operator.name not in _users):
        raise ParamError(
            f"{operator.name!r} is the name of an operator that there is already",
            hint="Choose another name.",
        )
    _users.add(operator.name)
    _ops[operator.name] = operator


def is_users(name: str) -> bool:
    """Whether a user defined the operator of that name."""
    return name in _users


# Keywords of an operator's function that are not its parameters.
_SPECIAL = {"out", "is_train", "state"}


def read_signature(fn: Callable[..., Any]) -> tuple[Names, bool, dict[str, Param], set[str]]:
    """Input names, whether they are variadic, parameters, and which keywords there are that are none.

    Read off the code object: `inspect.signature` and `get_type_hints` on every operator took a third of
    the time of `import symbook`.
    """
    code = cast(FunctionType, fn).__code__
    names = code.co_varnames
    keywords = names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    defaults = cast(FunctionType, fn).__kwdefaults__ or {}
    variadic = bool(code.co_flags & inspect.CO_VARARGS)
    params = {
        key: make_param(key, _annotation(fn, key), defaults.get(key, REQUIRED))
        for key in keywords
        if key not in _SPECIAL
    }
    return names[1 : code.co_posonlyargcount], variadic, params, _SPECIAL.intersection(keywords)


def _annotation(fn: Callable[..., Any], key: str) -> Any:
    """What a parameter's annotation means where the function stands."""
    text = fn.__annotations__[key]
    if not isinstance(text, str):
        return text
    # Most are these; to compile each took a tenth of the time of `import symbook`.
    return _BUILTIN[text] if text in _BUILTIN else eval(text, fn.__globals__)


_BUILTIN = {"bool": bool, "float": float, "int": int, "str": str}


def find(name: str) -> Op | None:
    """The operator of that name or alias, or None."""
    found = _ops.get(name)
    if found is None and name[:2] != "__":
        family = family_of(name)
        if family is not None:
            import_module(f"symbook.{family}")
        else:
            load_all()
        found = _ops.get(name)
    return found


@functools.cache
def load_all() -> None:
    """Load every family of operators, those that the table does not know yet, too."""
    from pkgutil import iter_modules  # only who asks for all, or for what is not there, needs it

    for module in iter_modules([os.path.dirname(__file__)]):
        import_module(f"symbook.ops.{module.name}")
    import_module("symbook.custom")


def get(name: str) -> Op:
    """The operator of that name or alias.

    Raises
    ------
    UnsupportedError
        If MXNet has it and this version has not.
    LookupFailure
        If there is none; the message offers the nearest.
    """
    found = _ops.get(name) or find(name)
    if found is None:
        if is_unserved(name):
            raise unserved(name)
        raise LookupFailure(
            f"there is no operator {name!r}",
            hint=did_you_mean(name, _ops) or "OPERATORS.md says which operators there are.",
        )
    return found


def unserved(name: str) -> UnsupportedError:
    """The error for an operator that MXNet has and this version has not."""
    return UnsupportedError(
        f"{name} is an operator of MXNet's that this version of symbook does not serve",
        hint=did_you_mean(name, _ops) or "OPERATORS.md says which operators there are.",
    )


def refused_on(op: Op, ctx: object, **place: Any) -> UnsupportedError:
    """The error for an operator that cannot run on a context, a GPU; `place` is its node and line."""
    return UnsupportedError(
        f"{op.name} cannot run on {ctx}: {op.cpu_only}",
        hint="Run it on mx.cpu() and copy the result; in a graph, by a group of its own: group2ctx=….",
        **place,
    )


def no_attribute(place: str, name: str, candidates: Iterable[str]) -> SymbookError:
    """The error for a name that is no function of `mx.sym`, `mx.nd` or their `_internal`."""
    if is_unserved(name):
        return unserved(name)
    if name in ("contrib", "image", "sparse"):
        return UnsupportedError(
            f"{place}.{name} is a part of MXNet that this version of symbook does not serve",
            hint="OPERATORS.md says which operators there are.",
        )
    hint = _instead(place, name, candidates) if name[:2] != "__" else None
    return MissingAttribute(f"{place} has no {name!r}", hint=hint)


# What other libraries, and MXNet elsewhere, call things.
_KNOWN_AS = {
    "add": "x + y",
    "subtract": "x - y",
    "multiply": "x * y",
    "divide": "x / y",
    "matmul": "{place}.dot(x, y)",
    "mm": "{place}.dot(x, y)",
    "einsum": "{place}.dot(x, y)",
    "linear": "{place}.FullyConnected(x, num_hidden=10)",
    "dense": "{place}.FullyConnected(x, num_hidden=10)",
    "conv2d": "{place}.Convolution(x, kernel=(3, 3), num_filter=8)",
    "maxpool": "{place}.Pooling(x, kernel=(2, 2), pool_type='max')",
    "maxpool2d": "{place}.Pooling(x, kernel=(2, 2), pool_type='max')",
    "cat": "{place}.concat(x, y, dim=0)",
    "leakyrelu": "{place}.LeakyReLU(x)",
}


def _instead(place: str, name: str, candidates: Iterable[str]) -> str:
    known = _KNOWN_AS.get(name.lower())
    if known:
        return f"Write {known.format(place=place)}."
    other = {"mx.sym": "mx.nd", "mx.nd": "mx.sym"}.get(place)
    if other and name in _ONLY_IN.get(other, ()):
        return f"Write {other}.{name}."
    return (
        did_you_mean(name, candidates) or f"{place}.search({name!r}) looks for it by what it does."
    )


_ONLY_IN = {
    "mx.sym": ("Variable", "var", "Group", "Symbol", "load_json"),
    "mx.nd": (
        "array",
        "NDArray",
        "empty",
        "asnumpy",
        "save",
        "waitall",
        "from_numpy",
        "concatenate",
    ),
}


def names() -> list[str]:
    """Every name that reaches an operator, aliases included, sorted."""
    load_all()
    return sorted(_ops)


def all_ops() -> list[Op]:
    """Every operator once, sorted by name."""
    load_all()
    return sorted(set(_ops.values()), key=lambda item: item.name)


class Call(NamedTuple):
    """A call of an operator, its arguments sorted into inputs and parameters.

    Attributes
    ----------
    inputs : sequence
        The inputs given, by position; None where one was left out.
    names : tuple of str
        The inputs' names.
    params : mapping
        Every parameter, typed.
    texts : mapping of str to str
        The parameters that were given, as text.
    """

    inputs: Sequence[Any]
    names: Names
    params: Mapping[str, Any]
    texts: Mapping[str, str]


def sort_call(operator: Op, args: tuple[Any, ...], kwargs: dict[str, Any], kind: type) -> Call:
    """Sort a call's arguments into inputs (instances of `kind`) and parameters, as MXNet's functions do.

    Positions are filled with the inputs first, then with the parameters in order.

    Raises
    ------
    ParamError
        If there are too many arguments, one is given twice, or a parameter does not parse.
    """
    if not kwargs and operator.fixed and len(args) == len(operator.inputs):
        _require_kind(operator, args, kind)
        return Call(args, operator.inputs, *operator.read(kwargs))
    named: Sequence[str] = operator.inputs
    if operator.variadic:
        # Trailing positional arguments that are no inputs would be parameters of other operators.
        inputs_given, positional = list(args), args[len(args) :]
        _require_kind(operator, inputs_given, kind)
        if any(value is None for value in args):
            raise InputTypeError(f"{operator.name}: an input is None", hint="Leave it out.")
        if operator.chooses_inputs is not None:
            named = [key for key in kwargs if isinstance(kwargs[key], kind)]
        if "num_args" in operator.params:
            kwargs.setdefault("num_args", len(args) + len(named))
    else:
        inputs_given, positional = list(args[: len(operator.inputs)]), args[len(operator.inputs) :]
    if any(isinstance(item, kind) for item in positional):
        raise ParamError(
            f"{operator.name}: takes inputs {', '.join(operator.inputs)}; {len(args)} were given",
            hint="Leave the others out; parameters are given by name.",
        )
    given = _name_positional(operator, positional, kwargs)
    by_name = {key: given.pop(key) for key in named if key in given}
    try:
        params, texts = operator.read(given)
    except ParamError as error:
        error.hint = _by_position(operator, inputs_given, given, kind) or error.hint
        raise
    names = operator.input_names(params, len(inputs_given))
    if len(inputs_given) > len(names):
        raise ParamError(
            f"{operator.name}: takes inputs {', '.join(names)}; {len(inputs_given)} were given",
            hint="Leave the others out.",
        )
    inputs = inputs_given + [None] * (len(names) - len(inputs_given))
    for key, value in by_name.items():
        if key not in names:
            raise ParamError(
                f"{operator.name}: with these parameters there is no input {key!r}",
                hint="Leave it out, or change the parameter that goes with it.",
            )
        if inputs[names.index(key)] is not None:
            raise ParamError(
                f"{operator.name}: input {key!r} is given twice", hint="Leave one out."
            )
        inputs[names.index(key)] = value
    _require_kind(operator, inputs, kind)
    return Call(inputs, names, params, texts)


def _by_position(
    operator: Op, inputs: Sequence[Any], given: Mapping[str, Any], kind: type
) -> str | None:
    """The hint for a parameter that stands where an input should: `FullyConnected(x, 10)`."""
    missing = [key for key, param in operator.params.items() if param.required and key not in given]
    stray = [value for value in inputs if value is not None and not isinstance(value, kind)]
    return f"Give it by name: {missing[0]}={brief(stray[0])}" if missing and stray else None


def _is_default(operator: Op, key: str, value: Any) -> bool:
    """Whether it is a None for a parameter whose default is None, so that there is nothing to parse."""
    return value is None and key in operator.params and operator.params[key].default is None


def _name_positional(
    operator: Op, positional: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    if len(positional) > len(operator.params):
        expected = ", ".join((*operator.inputs, *operator.params))
        raise ParamError(
            f"{operator.name}: too many arguments; it takes ({expected})",
            hint="Give parameters by name.",
        )
    given = dict(zip(operator.params, positional, strict=False))
    for key in given.keys() & kwargs.keys():
        raise ParamError(
            f"{operator.name}: parameter {key!r} is given twice", hint="Leave one out."
        )
    return {**given, **kwargs}


def _require_kind(operator: Op, inputs: Sequence[Any], kind: type) -> None:
    for value in inputs:
        if value is None or isinstance(value, kind):
            continue
        hint = "An input is a symbol, such as mx.sym.Variable('x'); its values are bound later."
        if isinstance(value, (list, tuple)) and operator.variadic:
            hint = f"Unpack it: {operator.name}(*inputs)."
        elif isinstance(value, str) and kind.__name__ == "Symbol":
            hint = f"A name alone is no symbol: mx.sym.Variable({value!r})."
        elif type(value).__name__ == "Symbol":
            hint = "A symbol has no value yet: bind it, or use the same function of mx.sym."
        elif kind.__name__ == "NDArray":
            hint = "Make an NDArray of it first: mx.nd.array(…)."
        elif type(value).__name__ == "NDArray":
            hint = "A symbol has no data yet: use a Variable here and give the array to bind."
        wanted, got = article(kind.__name__), kind_of(value)
        raise InputTypeError(
            f"{operator.name}: an input must be {wanted}, not {got}",
            hint=hint,
        )


class InputTypeError(ParamError, TypeError):
    """An operator's input that is neither a symbol nor an array where one must be."""
