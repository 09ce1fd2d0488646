"""The arrays of a graph's arguments: checked by name, shape, dtype and device before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from . import infer
from .context import Context
from .errors import (
    ArgumentError,
    BindError,
    DeviceError,
    ShapeError,
    article,
    counted,
    did_you_mean,
    listed,
    shape_text,
)
from .graph import Graph
from .infer import DTYPES, SHAPES
from .ndarray import NDArray, zeros
from .ndarray.storage import same_memory
from .specs import Spec, as_dtype, count

Arrays = Mapping[str, NDArray] | Sequence[NDArray]


class Bound(dict[str, NDArray]):
    """The arrays bound, by name. Putting another array in would not be seen by the graph: it is refused."""

    def __setitem__(self, name: str, value: NDArray) -> None:
        raise BindError(
            f"the array bound to {name} cannot be replaced, only changed",
            hint=f"Write into it: executor.arg_dict[{name!r}][:] = value; or bind again.",
        )

    def _fixed(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise BindError(
            "which arrays are bound cannot be changed",
            hint="Write into one: executor.arg_dict[name][:] = value; or bind again.",
        )

    __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _fixed


def default_dtypes(graph: Graph, types: Mapping[str, Any]) -> infer.Values:
    """Dtypes of all values: given, else inferred, else float32."""
    found = infer.infer(graph, DTYPES, {key: as_dtype(value) for key, value in types.items()})
    for i in infer.incomplete(graph, DTYPES, found, graph.variables):
        # One default at a time: what it implies for the other variables comes first.
        if infer.incomplete(graph, DTYPES, found, [i]):
            infer.assume(graph, DTYPES, found, i, np.dtype("float32"))
    return found


def by_name(names: list[str], given: Any, what: str, ctx: Context) -> dict[str, NDArray]:
    """The arrays in the order of `names`, each checked to be one and to be on the context."""
    if isinstance(given, Mapping):
        known_names = set(names)
        for name in given:
            if name not in known_names:
                raise BindError(
                    f"{name!r} in `{what}` is no argument of the graph; it has {listed(names)}",
                    hint=did_you_mean(str(name), names),
                )
        missing = [name for name in names if name not in given]
        if missing:
            lacking = "key {} is missing" if len(missing) == 1 else "keys {} are missing"
            raise BindError(
                lacking.format(listed([f"`{name}`" for name in missing]))
                + f" in `{what}`: every argument of the graph needs an array",
                hint=f"Add {_pair(missing[0], what)}.",
            )
        arrays = {name: given[name] for name in names}
    elif isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise BindError(
                f"Length of {what} does not match the number of arguments: "
                f"{counted(len(given), 'array')} for {counted(len(names), 'argument')}, {listed(names)}",
                hint="Give one for each, in this order, or a dict by name.",
            )
        arrays = dict(zip(names, given, strict=True))
    else:
        raise ArgumentError(
            f"`{what}` is {article(type(given).__name__)}",
            hint="Give a dict of names and NDArrays, or a list of NDArrays.",
        )
    for name, value in arrays.items():
        _check_array(name, value, what, ctx)
    return arrays


def _pair(name: str, what: str, dtype: str = "") -> str:
    """How an array is given to an argument: `'A': mx.nd.array(…)` in a dict, `A=mx.nd.array(…)` in a call."""
    array = f"mx.nd.array(…{dtype})"
    return f"{name}={array}" if what == "eval" else f"{name!r}: {array}"


def _check_array(name: str, value: Any, what: str, ctx: Context) -> None:
    if not isinstance(value, NDArray):
        raise ArgumentError(
            f"{name} in `{what}` is {article(type(value).__name__)}, and only NDArrays can be bound",
            hint=_array_instead(name, value, what),
        )
    if not same_memory(value.context, ctx):
        raise DeviceError(
            f"{name} is on {value.context}, and the graph is bound to {ctx}",
            hint=f"Move it: {name}.as_in_context(mx.{ctx}).",
        )


def _array_instead(name: str, value: Any, what: str) -> str:
    if value is None or type(value).__name__ == "Symbol":
        return "Bind arrays: the data that the argument stands for, such as mx.nd.array([1, 2])."
    dtype = f", dtype={str(value.dtype)!r}" if isinstance(value, np.ndarray) else ""
    return f"Make an NDArray of it: {_pair(name, what, dtype)}."


def specs_of(graph: Graph, arrays: Mapping[str, NDArray]) -> list[tuple[Spec, ...]]:
    """Shapes and dtypes of every value, from the arrays bound."""
    given_dtypes = {name: np.dtype(array.dtype) for name, array in arrays.items()}
    given_shapes = {name: array.shape for name, array in arrays.items()}
    shapes = infer.infer(graph, SHAPES, given_shapes, _values_of(graph, given_dtypes))
    dtypes = infer.infer(graph, DTYPES, given_dtypes, shapes)
    for domain, values, what in ((SHAPES, shapes, "shape"), (DTYPES, dtypes, "dtype")):
        for i in infer.incomplete(graph, domain, values, range(len(graph))):
            raise domain.error(
                f"the {what} of {graph.nodes[i].name} cannot be inferred from the arrays bound",
                node=infer.node_text(graph, i),
                inputs=infer.input_rows(graph, i, shapes, dtypes),
                where=graph.nodes[i].where,
            )
    return infer.specs_of(shapes, dtypes)


def _values_of(graph: Graph, given: Mapping[str, Any]) -> infer.Values:
    """The variables' values alone, for messages about the other domain."""
    return [
        (given.get(node.name),) if node.op is None else (None,) * node.output_count
        for node in graph.nodes
    ]


def matched(
    bound: Mapping[str, NDArray], given: Mapping[str, Any], what: str, extra: bool
) -> list[tuple[NDArray, Any]]:
    """Pairs of bound array and new value, every name and shape checked before anything is copied."""
    pairs = []
    for name, value in given.items():
        if name not in bound:
            if extra:
                continue
            raise BindError(
                f'Find name "{name}" that is not in the {what}', hint=did_you_mean(name, bound)
            )
        if not isinstance(value, (NDArray, np.ndarray)):
            raise ArgumentError(f"{name}: expected an NDArray, not {type(value).__name__}")
        if value.shape != bound[name].shape:
            raise ShapeError(
                f"Shape not match! Argument {name}, need: {shape_text(bound[name].shape)}, "
                f"received: {shape_text(value.shape)}",
                hint="An executor's shapes are fixed: bind again, or use executor.reshape(…).",
            )
        pairs.append((bound[name], value))
    return pairs


def reshaped(
    name: str, old: NDArray, shape: tuple[int, ...], may_change: bool, may_grow: bool
) -> NDArray:
    if shape == old.shape:
        return old
    if not may_change:
        raise BindError(
            f"Shape of unspecified argument {name} would change from {shape_text(old.shape)} to "
            f"{shape_text(shape)}",
            hint="Name its new shape too, or set partial_shaping=True.",
        )
    if count(shape) > old.size:
        if not may_grow:
            raise BindError(
                f"New shape of {name} is larger than the original: "
                f"{shape_text(old.shape)} to {shape_text(shape)}",
                hint="Bind the largest shapes first, or set allow_up_sizing=True.",
            )
        return zeros(shape, ctx=old.context, dtype=old.dtype)
    return NDArray(old._data.reshape(-1)[: count(shape)].reshape(shape), old.context)
