"""Values and shapes given on the magic's line: evaluated, made into arrays, bound, run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from symbook import context, infer
from symbook.context import Context
from symbook.errors import (
    SymbookError,
    did_you_mean,
    kind_of,
    nearest,
)
from symbook.executor import Executor
from symbook.graph import Graph
from symbook.infer import DTYPES, SHAPES
from symbook.ndarray import NDArray, array, zeros
from symbook.specs import CODE_OF_DTYPE, DType, Spec, as_shape
from symbook.symbol.symbol import Symbol

from .tracebacks import SymgraphError
from .variables import and_list, near_miss

if TYPE_CHECKING:
    from symbook.views.document import Recorded

Pairs = Sequence[tuple[str, str]]
_EXAMPLES = {"--bind": "A=1", "--shapes": "A=(2,3)"}


@dataclass(frozen=True)
class Run:
    """A graph that was run: what is known of every value, the values by output name, the outputs."""

    specs: list[tuple[Spec, ...]]
    values: dict[str, NDArray]
    outputs: list[NDArray]


def evaluated(pairs: Pairs, option: str, space: dict[str, Any]) -> dict[str, Any]:
    """The values of `NAME=EXPRESSION` pairs, and of dicts spread by `**`, in the user's namespace.

    Raises
    ------
    SymgraphError
        If an expression fails, is not a dict where one is needed, or a name is given twice.
    """
    found: dict[str, Any] = {}
    for name, expression in pairs:
        try:
            value = eval(expression.strip(), space)
        except SymbookError:
            raise
        except NameError as error:
            wanted = error.name or ""
            hint = near_miss(wanted, space, False)
            if not hint and wanted and option in _EXAMPLES:
                hint = f"Assign it first, {wanted} = …, or give a value here: {option} {_EXAMPLES[option]}."
            raise SymgraphError(f"{_told(option, name, expression)}: {error}", hint=hint) from None
        except SyntaxError as error:
            example = _EXAMPLES.get(option, "A=1 B=2")
            raise SymgraphError(
                f"{option}: {expression!r} is not valid Python: {error.msg}",
                hint=f"Names and values stand in one piece each, with spaces between: {option} {example}.",
            ) from None
        except Exception as error:
            told = _told(option, name, expression)
            raise SymgraphError(
                f"{told}: {type(error).__name__}: {error}",
                hint="Try it in a cell of its own, and give the name of the result.",
            ) from None
        new = {name: value} if name != "**" else _spread(value, expression, option)
        for key in new:
            if key in found:
                raise SymgraphError(f"{option} gives {key} twice", hint="Leave one out.")
        found.update(new)
    return found


def _told(option: str, name: str, expression: str) -> str:
    return f"{option} **{expression}" if name == "**" else f"{option} {name}={expression}"


def _spread(value: Any, expression: str, option: str) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise SymgraphError(
            f"{option} **{expression} needs a dict with names as its keys, not {type(value).__name__}",
            hint="Give values one by one: --bind A=1 B=2.",
        )
    return dict(value)


def read_shapes(
    graph: Graph, given: Mapping[str, Any], space: Mapping[str, Any]
) -> dict[str, tuple[int, ...]]:
    """The shapes given for arguments. Raises SymgraphError for an unknown name or what is no shape."""
    _check_names(graph, given, "--shapes", space)
    shapes = {}
    for name, value in given.items():
        try:
            shapes[name] = as_shape(value)
        except SymbookError as error:
            raise SymgraphError(f"--shapes {name}: {error.message}", hint=error.hint) from None
    return shapes


def specs_for(
    graph: Graph, shapes: Mapping[str, Any], dtypes: Mapping[str, Any] | None = None
) -> list[tuple[Spec, ...]]:
    """What follows from shapes and dtypes of arguments; ShapeError or DTypeError if they do not fit."""
    kinds = infer.infer(graph, DTYPES, dtypes or {})
    return infer.specs_of(infer.infer(graph, SHAPES, shapes, kinds), kinds)


def bound(
    symbol: Symbol,
    given: Mapping[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
    space: Mapping[str, Any],
    *,
    ctx: Context | None = None,
    grad: bool = False,
) -> Executor:
    """Bind values to a symbol; `space` is the user's namespace.

    Parameters
    ----------
    ctx : Context, optional
        Where; where the values are, or else the current context, if left out.
    grad : bool
        With gradients of all arguments of floating-point numbers.

    Raises
    ------
    SymgraphError
        If a value is missing, unknown, or nothing that an array can be made of.
    SymbookError
        Whatever binding raises.
    """
    graph = symbol.graph
    _check_names(graph, given, "--bind", space)
    _check_all_there(graph, given)
    arrays = _arrays(graph, given, shapes, fractions=grad)
    if ctx is not None:
        arrays = {name: value.as_in_context(ctx) for name, value in arrays.items()}
    args = {name: arrays[name] for name in symbol.list_arguments()}
    aux = {name: arrays[name] for name in symbol.list_auxiliary_states()}
    floats = [name for name, value in args.items() if np.dtype(value.dtype).kind == "f"]
    if grad and not floats:
        raise SymgraphError(
            f"--grad needs an argument of floating-point numbers: none of {and_list(args)} is"
            if args
            else "--grad needs an argument, and the graph has none",
            hint="Give numbers such as 1.0, or arrays with dtype='float32'." if args else None,
        )
    wanted = (
        {name: zeros(args[name].shape, args[name].context, args[name].dtype) for name in floats}
        if grad
        else None
    )
    where = ctx or (next(iter(arrays.values())).context if arrays else context.current_context())
    return symbol.bind(where, args, args_grad=wanted, aux_states=aux)


def widened(given: Mapping[str, Any], executor: Executor) -> bool:
    """Whether whole numbers became fractions for the gradients' sake alone: nothing given is a fraction."""
    kinds = {
        name: np.dtype(value.dtype if _has_dtype(value) else np.asarray(value).dtype).kind
        for name, value in given.items()
    }
    return "f" not in kinds.values() and any(
        kind in "iu" and np.dtype(executor.arg_dict[name].dtype).kind == "f"
        for name, kind in kinds.items()
        if name in executor.arg_dict
    )


def ran(recorded: Recorded) -> Run:
    """What a recorded run gave, by name."""
    executor = recorded.executor
    symbol, trace = executor.symbol, recorded.traces[0]
    arrays = {**executor.arg_dict, **executor.aux_dict}
    values = dict(arrays)
    for record in trace.records:
        values.update(zip(record.output_names, record.outputs, strict=True))
    values.update(zip(symbol.list_outputs(), trace.outputs, strict=True))
    specs = specs_for(
        symbol.graph,
        {name: value.shape for name, value in arrays.items()},
        {name: np.dtype(value.dtype) for name, value in arrays.items()},
    )
    clear = _unambiguous(symbol.graph)
    return Run(
        specs, {name: value for name, value in values.items() if name in clear}, list(trace.outputs)
    )


def readable(
    symbol: Symbol, given: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, NDArray]:
    """An array for each value given that one can be made of; for a view of what fails."""
    graph, found = symbol.graph, {}
    names = {graph.nodes[i].name for i in graph.variables}
    for name, value in given.items():
        if name in names:
            try:
                found.update(_arrays(graph, {name: value}, shapes))
            except (SymbookError, ValueError):
                continue
    return found


def _unambiguous(graph: Graph) -> set[str]:
    """Output names that one node alone has: values are told by name."""
    counts = Counter(name for node in graph.nodes for name in node.output_names)
    return {name for name, count in counts.items() if count == 1}


def _check_names(
    graph: Graph, given: Mapping[str, Any], option: str, space: Mapping[str, Any]
) -> None:
    names = [graph.nodes[i].name for i in graph.variables]
    for name in given:
        if name not in names:
            raise SymgraphError(
                f"{option}: the graph has no argument {name!r}; it has {', '.join(names[:20]) or 'none'}",
                argument=nearest(name, names),
                hint=_is_a_value(name, space)
                or did_you_mean(name, names)
                or f"Leave {name} out, or run the cell that makes the graph first.",
            )


def refuse_invented(
    graph: Graph, given: Iterable[str], made: Collection[str], space: Mapping[str, Any]
) -> None:
    """Raise if no argument is given of a graph whose variables a cell invented, but others are.

    A cell that only names a graph, `E`, invents it where the cell that makes it was not run.
    """
    given = list(given)
    names = [graph.nodes[i].name for i in graph.variables]
    invented = [name for name in names if name in made]
    if not given or not invented or set(given) & set(names):
        return
    if any(_is_a_value(name, space) or did_you_mean(name, names) for name in given):
        return
    one = len(invented) == 1
    raise SymgraphError(
        f"{and_list(invented)} {'was' if one else 'were'} not defined, so "
        f"{'it became a Variable' if one else 'they became Variables'}, "
        f"and {'it has' if one else 'they have'} no argument {given[0]!r}",
        hint=f"Run the cell that makes {'it' if one else 'them'} first, and then this one again.",
    )


def _check_all_there(graph: Graph, given: Mapping[str, Any]) -> None:
    missing = [graph.nodes[i].name for i in graph.variables if graph.nodes[i].name not in given]
    if missing:
        add = f"Add {' '.join(f'{name}=…' for name in missing[:6])} to --bind: every argument needs one."
        raise SymgraphError(
            f"{and_list(missing)} {'has' if len(missing) == 1 else 'have'} no value",
            argument=missing[0],
            hint=add if len(missing) < 5 else f"{add} **params adds all that a dict has.",
        )


def _is_a_value(name: str, space: Mapping[str, Any]) -> str:
    """Why the graph has no argument of that name, where the notebook has a number or an array there."""
    value = space.get(name)
    if isinstance(value, (bool, int, float, complex, np.generic)):
        return f"{name} is {_short(value)} in this notebook, so it is no Variable."
    if isinstance(value, (NDArray, np.ndarray, list, tuple)):
        return f"{name} is {kind_of(value)} in this notebook, so it is no Variable."
    return ""


def _arrays(
    graph: Graph,
    given: Mapping[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
    *,
    fractions: bool = False,
) -> dict[str, NDArray]:
    """An NDArray for each value. Plain numbers and lists take the dtype that the other arrays imply.

    Where nothing is implied they are int32 if all of them are whole numbers, else float32; always that with
    `fractions`. A number is an array of shape (1,), or of the shape given for its argument.
    """
    raw = {name: _raw(name, value) for name, value in given.items()}
    typed = {name: np.dtype(value.dtype) for name, value in given.items() if _has_dtype(value)}
    implied = _implied(graph, typed)
    plain = [
        value for name, value in raw.items() if name not in typed and isinstance(value, np.ndarray)
    ]
    real = fractions or any(value.dtype.kind == "f" for value in plain)
    default = np.dtype("float32" if real else "int32")
    arrays = {}
    for name, value in raw.items():
        if isinstance(value, NDArray):
            arrays[name] = value
            continue
        dtype = typed.get(name) or _fitting(implied.get(name), value, default)
        if name in shapes and value.size == 1 and name not in typed:
            value = np.full(shapes[name], value.item())
        arrays[name] = array(value, ctx=_context(given), dtype=dtype)
    return arrays


def _implied(graph: Graph, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments' dtypes that follow from those given; none where they contradict, which binding tells."""
    try:
        found = infer.infer(graph, DTYPES, typed)
    except SymbookError:
        return {}
    return {graph.nodes[i].name: found[i][0] for i in graph.variables}


def _context(given: Mapping[str, Any]) -> Context:
    """Where the arrays are that were given; the current context if none is an NDArray."""
    found = [value.context for value in given.values() if isinstance(value, NDArray)]
    return found[0] if found else context.current_context()


def _fitting(implied: DType | None, value: np.ndarray[Any, Any], default: DType) -> DType:
    if implied is None:
        return np.dtype("bool") if value.dtype.kind == "b" else default
    # A fraction in an array of whole numbers would lose its fraction: the engine's own error is better.
    return default if value.dtype.kind == "f" and implied.kind != "f" else implied


def _has_dtype(value: Any) -> bool:
    return isinstance(value, NDArray) or (
        isinstance(value, (np.ndarray, np.generic)) and np.dtype(value.dtype) in CODE_OF_DTYPE
    )


def _raw(name: str, value: Any) -> NDArray | np.ndarray[Any, Any]:
    if isinstance(value, NDArray):
        return value
    if isinstance(value, Symbol):
        raise SymgraphError(
            f"--bind {name}: {value!r} is a Symbol and has no value",
            hint="Give a number, a list or an array.",
        )
    try:
        found = np.asarray(value)
    except (ValueError, TypeError):
        found = np.asarray(None)
    if found.dtype.kind not in "biuf":
        raise SymgraphError(
            f"--bind {name}: no array can be made of {type(value).__name__} {_short(value)}",
            hint="Give a number, a list of numbers with rows of one length, a NumPy array or an NDArray.",
        )
    return found.reshape(1) if found.ndim == 0 else found


def _short(value: Any) -> str:
    told = repr(value)
    return told if len(told) <= 60 else told[:57] + "…"
