"""The arrays of a graph's arguments: checked by name, shape, dtype and device before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from . import infer
from .context import Context
from .errors import (
    ArgumentError,
    BindError,
    DeviceError,
    DTypeError,
    ShapeError,
    counted,
    did_you_mean,
    kind_of,
    listed,
    nearest,
    one_of,
    shape_text,
)
from .graph import Graph
from .infer import DTYPES, SHAPES
from .ndarray import NDArray, zeros
from .ndarray.dlpack import on_gpu
from .ndarray.storage import same_memory
from .specs import Spec, as_dtype, count
from .to_make import ToMake

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


@dataclass(frozen=True, slots=True)
class Gradients:
    """Which gradients an executor computes, and where to.

    Attributes
    ----------
    given : bool
        Whether the caller gave arrays at all.
    arrays : mapping of str to NDArray
        For each argument that one was given for, the array that its gradient goes to.
    reqs : mapping of str to str
        For each of them `write`, `add` or `null`.
    """

    given: bool = False
    arrays: Mapping[str, NDArray] = field(default_factory=dict)
    reqs: Mapping[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> list[str]:
        """The arguments whose gradients are computed."""
        return [name for name in self.arrays if self.reqs[name] != "null"]


def default_dtypes(graph: Graph, types: Mapping[str, Any]) -> infer.Values:
    """Dtypes of all values: given, else inferred, else float32."""
    found = infer.infer(graph, DTYPES, {key: as_dtype(value) for key, value in types.items()})
    for i in infer.incomplete(graph, DTYPES, found, graph.variables):
        # One default at a time: what it implies for the other variables comes first.
        if infer.incomplete(graph, DTYPES, found, [i]):
            infer.assume(graph, DTYPES, found, i, np.dtype("float32"))
    return found


def by_name(names: list[str], given: Any, what: str, ctx: Context | None) -> dict[str, NDArray]:
    """The arrays in the order of `names`, each checked to be one, and to be on `ctx` unless it is None."""
    if isinstance(given, Mapping):
        _require_arguments(given, names, what)
        missing = [name for name in names if name not in given]
        if missing:
            lacking = "key {} is missing" if len(missing) == 1 else "keys {} are missing"
            raise BindError(
                lacking.format(listed([f"`{name}`" for name in missing]))
                + f" in `{what}`: every argument of the graph needs an array",
                argument=missing[0],
                hint=f"Add {_pair(missing[0], what)}.",
            )
        arrays = {name: given[name] for name in names}
    elif isinstance(given, (list, tuple)):
        arrays = _in_order(names, given, what, "or a dict by name.")
    else:
        raise _no_arrays(given, what)
    for name, value in arrays.items():
        _check_array(name, value, what, ctx)
    return arrays


def _in_order(names: list[str], given: Sequence[Any], what: str, others: str) -> dict[str, Any]:
    """A list of arrays by the arguments' names; `others` is what else the hint offers."""
    if len(given) != len(names):
        kind = "auxiliary state" if what == "aux_states" else "argument"
        raise BindError(
            f"Length of {what} does not match the number of {kind}s: "
            f"{counted(len(given), 'array')} for {counted(len(names), kind)}, {listed(names)}",
            hint=f"Give one for each, in this order, {others}" if names else f"Leave {what} out.",
        )
    return dict(zip(names, given, strict=True))


def _no_arrays(given: Any, what: str) -> ArgumentError:
    example = "[x]" if isinstance(given, NDArray) else '{"A": mx.nd.array([1, 2])}'
    return ArgumentError(
        f"`{what}` is {kind_of(given)}",
        hint=f"Give a dict of names and NDArrays, or a list of NDArrays: {example}.",
    )


def _pair(name: str, what: str, dtype: str = "") -> str:
    """How an array is given to an argument: as `'A': …` in a dict, as `A=…` in a call."""
    array = f"mx.nd.array(…{dtype})" if dtype else "mx.nd.array([…])"
    return f"{name}={array}" if what == "eval" else f"{name!r}: {array}"


def _check_array(name: str, value: Any, what: str, ctx: Context | None) -> None:
    if not isinstance(value, NDArray):
        raise ArgumentError(
            f"{name} in `{what}` is {kind_of(value)}, and only NDArrays can be bound",
            argument=name,
            hint=_array_instead(name, value, what),
        )
    if ctx is not None and not same_memory(value.context, ctx):
        raise DeviceError(
            f"{name} is on {value.context}, and the graph is bound to {ctx}",
            argument=name,
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
                at=i,
                inputs=infer.input_rows(graph, i, shapes, dtypes),
                where=graph.nodes[i].where,
            )
    return infer.specs_of(shapes, dtypes)


def _values_of(graph: Graph, given: Mapping[str, Any]) -> infer.Values:
    """The variables' values alone, for messages about the other domain."""
    values = infer.unknown(graph)
    for i in graph.variables:
        values[i] = (given.get(graph.nodes[i].name),)
    return values


def is_array(value: Any) -> bool:
    """Whether it is an array whose values can be copied: an NDArray, NumPy's, or one on a GPU."""
    return isinstance(value, (NDArray, np.ndarray)) or (
        hasattr(value, "shape") and hasattr(value, "dtype") and on_gpu(value)
    )


def matched(
    bound: Mapping[str, NDArray], given: Mapping[str, Any], what: str, extra: bool, hint: str
) -> list[tuple[NDArray, Any]]:
    """Pairs of bound array and new value, every name and shape checked before anything is copied.

    The hint is for a shape that does not fit.
    """
    pairs = []
    for name, value in given.items():
        if name not in bound:
            if extra:
                continue
            raise BindError(
                f'Find name "{name}" that is not in the {what}', hint=_instead_of(name, bound)
            )
        if not is_array(value):
            raise ArgumentError(
                f"{name}: expected an NDArray, not {kind_of(value)}",
                hint=f"Make an NDArray of it: {name!r}: mx.nd.array([…]).",
            )
        if value.shape != bound[name].shape:
            raise ShapeError(
                f"Shape not match! Argument {name}, need: {shape_text(bound[name].shape)}, "
                f"received: {shape_text(value.shape)}",
                hint=hint,
            )
        pairs.append((bound[name], value))
    return pairs


def _instead_of(name: Any, bound: Iterable[str]) -> str:
    """What to do about a parameter that the graph does not have."""
    label, colon, _ = str(name).partition(":")
    if colon and label in ("arg", "aux"):
        # Left out, all of them would be: the graph would run, on what was in its arrays before.
        return (
            f"{label}: is a file's mark, not the name's: mx.model.load_checkpoint gives arg_params and "
            "aux_params."
        )
    skip = "allow_extra_params=True leaves out what the graph does not have."
    return f"{did_you_mean(name, bound)} {skip}".strip()


def reshaped(
    name: str,
    old: NDArray,
    shape: tuple[int, ...],
    may_change: bool,
    may_grow: bool,
    to_make: ToMake | None = None,
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
        make = zeros if to_make is None else to_make.zeros
        return make(shape, ctx=old.context, dtype=old.dtype)
    return NDArray(old._data.reshape(-1)[: count(shape)].reshape(shape), old.context)


REQUIREMENTS = ("null", "write", "add")


def requirements(names: Sequence[str], grad_req: Any) -> dict[str, str]:
    """For each argument, what is to become of its gradient: `null`, `write` or `add`.

    Raises
    ------
    BindError
        If it is none of these, or a list is not as long as there are arguments.
    ArgumentError
        If it is no string, list or dict.
    """
    if isinstance(grad_req, str):
        reqs = dict.fromkeys(names, grad_req)
    elif isinstance(grad_req, Mapping):
        _require_arguments(grad_req, names, "grad_req")
        reqs = {name: grad_req.get(name, "null") for name in names}
    elif isinstance(grad_req, (list, tuple)):
        if len(grad_req) != len(names):
            raise BindError(
                f"grad_req has {counted(len(grad_req), 'item')} for {counted(len(names), 'argument')}, "
                f"{listed(list(names))}",
                hint="Give one for each, in this order, or a dict by name.",
            )
        reqs = dict(zip(names, grad_req, strict=True))
    else:
        raise ArgumentError(
            f"grad_req is {kind_of(grad_req)}",
            hint="Give 'write', 'add' or 'null'; or a list, or a dict by name, of these.",
        )
    for name, req in reqs.items():
        if req not in REQUIREMENTS:
            raise BindError(
                f"grad_req must be in {REQUIREMENTS}; for {name} it is {req!r}",
                argument=name,
                hint=did_you_mean(str(req), REQUIREMENTS) or "Write grad_req='write'.",
            )
    return reqs


def gradients_of(
    arguments: Mapping[str, NDArray], args_grad: Any, grad_req: Any, ctx: Context | None
) -> Gradients:
    """The arrays for gradients that a caller of `bind` gives, checked against the arguments' own.

    Raises
    ------
    BindError, ArgumentError, ShapeError, DTypeError, DeviceError
        If an array is for no argument, is no array, or is not like the argument's.
    """
    names = list(arguments)
    reqs = requirements(names, grad_req)
    if args_grad is None:
        return Gradients()
    given = _gradient_arrays(names, args_grad)
    for name, array in given.items():
        _check_array(name, array, "args_grad", ctx)
        argument = arguments[name]
        for what, ours, theirs, error in (
            ("shape", array.shape, argument.shape, ShapeError),
            ("dtype", np.dtype(array.dtype), np.dtype(argument.dtype), DTypeError),
        ):
            if ours != theirs:
                raise error(
                    f"the gradient of {name} must have the argument's {what}: it has {ours}, and {name} "
                    f"has {theirs}",
                    argument=name,
                    hint=f"mx.nd.zeros_like({name}) is such an array.",
                )
    return Gradients(True, given, {name: reqs[name] for name in given})


def _gradient_arrays(names: list[str], args_grad: Any) -> dict[str, Any]:
    if isinstance(args_grad, Mapping):
        _require_arguments(args_grad, names, "args_grad")
        pairs = {name: args_grad[name] for name in names if name in args_grad}
    elif isinstance(args_grad, (list, tuple)):
        others = "None where no gradient is wanted; or a dict."
        pairs = _in_order(names, args_grad, "args_grad", others)
    else:
        raise _no_arrays(args_grad, "args_grad")
    return {name: array for name, array in pairs.items() if array is not None}


def _require_arguments(given: Iterable[Any], names: Sequence[str], what: str) -> None:
    known = frozenset(names)
    for name in given:
        if name not in known:
            raise BindError(
                f"{name!r} in `{what}` is no argument of the graph; it has {listed(list(names))}",
                argument=nearest(str(name), names),
                hint=did_you_mean(str(name), names) or f"Leave {name!r} out, or name one of these.",
            )


def seeds_by_head(names: list[str], out_grads: Any) -> list[Any]:
    """For each output, the gradient that a caller of `backward` gives, or None.

    Raises
    ------
    BindError
        If a name is no output's, or there are more than outputs.
    """
    if out_grads is None:
        return [None] * len(names)
    if isinstance(out_grads, NDArray):
        out_grads = [out_grads]
    if isinstance(out_grads, Mapping):
        for name in out_grads:
            if name not in names:
                raise BindError(
                    f"{name!r} in `out_grads` is no output; the outputs are {listed(names)}",
                    hint=one_of(str(name), names),
                )
        return [out_grads.get(name) for name in names]
    if not isinstance(out_grads, (list, tuple)):
        raise ArgumentError(
            f"`out_grads` is {kind_of(out_grads)}",
            hint="Give an NDArray for each output, as a list: [mx.nd.array([1])]; or a dict by their names.",
        )
    if len(out_grads) > len(names):
        raise BindError(
            f"{counted(len(out_grads), 'gradient')} for {counted(len(names), 'output')}, {listed(names)}",
            hint="Give one NDArray for each output, in this order.",
        )
    return [*out_grads, *[None] * (len(names) - len(out_grads))]
