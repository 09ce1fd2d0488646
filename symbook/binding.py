"""What `Symbol.bind`, `Symbol.simple_bind` and `Symbol.eval` do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from . import infer
from .arguments import (
    Arrays,
    by_name,
    default_dtypes,
    gradients_of,
    requirements,
    reshaped,
    specs_of,
)
from .context import Context, as_context
from .errors import (
    ArgumentError,
    BindError,
    brief,
    did_you_mean,
    listed,
    one_of,
    shape_text,
)
from .executor import Executor
from .fusion.compiler import asked
from .infer import SHAPES
from .ndarray import NDArray, zeros
from .passes.contexts import context_of
from .specs import count, known
from .symbol.symbol import read_shape
from .to_make import ToMake
from .underway import interruptible

if TYPE_CHECKING:
    from .symbol import Symbol


@interruptible("bind")
def bind(
    symbol: Symbol,
    ctx: Context | None,
    args: Arrays,
    aux_states: Arrays | None = None,
    args_grad: Any = None,
    grad_req: Any = "write",
    group2ctx: Mapping[str, Context] | None = None,
    *,
    runner: str = "auto",
    optimize: bool = True,
    caller: str = "args",
    to_make: ToMake | None = None,
) -> Executor:
    """What `Symbol.bind` does; see there.

    `caller` is what messages say that the arrays were given in; `to_make` has those that are to be made.
    """
    context = as_context(ctx)
    asked()  # as in the next line, what the environment says must be right
    context.xp  # noqa: B018  # raises where the device cannot be used, before anything else is looked at
    if not isinstance(optimize, bool):
        raise ArgumentError(
            f"`optimize` is True or False, not {optimize!r}",
            hint="optimize=False runs the graph as it is written.",
        )
    graph = symbol.graph
    groups = _groups(group2ctx)
    home = context if groups is None else None
    arguments = by_name(symbol.list_arguments(), args, caller, home)
    auxiliary = by_name(symbol.list_auxiliary_states(), aux_states or {}, "aux_states", home)
    specs = specs_of(graph, {**arguments, **auxiliary})
    grads = gradients_of(arguments, args_grad, grad_req, home)
    return Executor(
        symbol, context, arguments, auxiliary, grads, specs, runner, groups, optimize, to_make
    )


def _groups(group2ctx: Any) -> Mapping[str, Context] | None:
    """The contexts of groups, checked; None when there are none."""
    if not group2ctx:
        return None
    if not isinstance(group2ctx, Mapping):
        raise ArgumentError(
            f"`group2ctx` is a dict of a group's name and its context, not {group2ctx!r}",
            hint="group2ctx={'dev1': mx.cpu(0), 'dev2': mx.cpu(1)}",
        )
    found = {name: as_context(ctx) for name, ctx in group2ctx.items()}
    for ctx in found.values():
        ctx.xp  # noqa: B018  # raises where the device cannot be used
    return found


@dataclass(frozen=True, slots=True)
class Shared:
    """Arrays that `simple_bind` is to use in place of new ones.

    Attributes
    ----------
    executor : Executor, optional
        Whose arguments and gradients of the names in `names`, and whose auxiliary states, are used.
    names : collection of str
    buffer : dict of str to NDArray, optional
        Arrays whose memory is used, where it is large enough; new ones are put into it.
    """

    executor: Executor | None = None
    names: Collection[str] = ()
    buffer: MutableMapping[str, NDArray] | None = None

    def array(
        self, name: str, shape: tuple[int, ...], ctx: Context, dtype: Any, to_make: ToMake
    ) -> NDArray:
        """The array for an argument or an auxiliary state."""
        other = self.executor
        if other is not None:
            own = other.arg_dict if name in self.names else other.aux_dict
            if name in own and own[name].shape == shape and own[name].dtype == dtype:
                return own[name]
        if self.buffer is None:
            return to_make.zeros(shape, ctx, dtype)
        make = partial(self._of_buffer, self.buffer, name, shape, ctx, dtype)
        return to_make.array(shape, ctx, dtype, make)

    @staticmethod
    def _of_buffer(
        buffer: MutableMapping[str, NDArray],
        name: str,
        shape: tuple[int, ...],
        ctx: Context,
        dtype: Any,
    ) -> NDArray:
        """The array of that name in the buffer, put there if none is large enough."""
        old = buffer.get(name)
        if old is None or old.dtype != dtype or old.size < count(shape):
            old = buffer[name] = zeros(shape, ctx=ctx, dtype=dtype)
        return old if old.shape == shape else reshaped(name, old, shape, True, False)

    def gradient(self, name: str, argument: NDArray, to_make: ToMake) -> NDArray:
        """The array for an argument's gradient."""
        other = self.executor
        found = other.grad_dict.get(name) if other is not None and name in self.names else None
        if found is not None and found.shape == argument.shape and found.dtype == argument.dtype:
            return found
        return to_make.zeros(argument.shape, argument.context, argument.dtype)


def _require_shapes(shapes: Mapping[str, Any], types: Any, names: Collection[str]) -> None:
    """Refuse what is no shape, under a name that is no argument's: MXNet would not see it."""
    if not isinstance(types, Mapping):
        raise ArgumentError(
            f"`type_dict` is a dict of names and dtypes, not {brief(types)}",
            hint="For example: type_dict={'A': 'float64'}.",
        )
    for key, value in shapes.items():
        if key not in names and not isinstance(value, (tuple, list)):
            raise ArgumentError(
                f"simple_bind has no argument {key!r}, and the graph has none of that name",
                hint="Dtypes are given by name: type_dict={'A': 'float64'}."
                if key == "dtype"
                else one_of(key, names),
            )


@interruptible("bind")
def simple_bind(
    symbol: Symbol,
    ctx: Context | None,
    grad_req: Any,
    types: Mapping[str, Any],
    shapes: Mapping[str, Any],
    group2ctx: Mapping[str, Context] | None = None,
    shared: Shared | None = None,
) -> Executor:
    """What `Symbol.simple_bind` does; see there."""
    shared = shared or Shared()
    context, graph, groups = as_context(ctx), symbol.graph, _groups(group2ctx)
    names = {graph.nodes[i].name for i in graph.variables}
    _require_shapes(shapes, types, names)
    given = {key: read_shape(key, value) for key, value in shapes.items() if key in names}
    found = infer.infer(graph, SHAPES, given)
    missing = infer.incomplete(graph, SHAPES, found, graph.variables)
    if missing:
        lacking = [graph.nodes[i].name for i in missing]
        parts = {
            name: f" (given as {shape_text(given[name])})" for name in lacking if name in given
        }
        unknown = listed([name + parts.get(name, "") for name in lacking])
        stray = [key for key in shapes if key not in names]
        unused = f"; the graph has no argument {stray[0]!r}" if stray else ""
        raise BindError(
            f"simple_bind error: the shape of {unknown} cannot be inferred{unused}",
            argument=graph.nodes[missing[0]].name,
            where=graph.nodes[missing[0]].where,
            hint=(stray and did_you_mean(stray[0], names))
            or f"Give it: simple_bind(mx.{context}, {lacking[0]}=(2, 3)), with sizes of yours.",
        )
    dtypes = default_dtypes(graph, types)
    to_make = ToMake()
    arrays = {
        graph.nodes[i].name: shared.array(
            graph.nodes[i].name,
            known(found[i][0]),
            context_of(graph.nodes[i], groups) or context if groups else context,
            dtypes[i][0],
            to_make,
        )
        for i in graph.variables
    }
    arguments = {name: arrays[name] for name in symbol.list_arguments()}
    wanted = {
        name: shared.gradient(name, arguments[name], to_make)
        for name, req in requirements(list(arguments), grad_req).items()
        if req != "null"
    }
    auxiliary = {name: arrays[name] for name in symbol.list_auxiliary_states()}
    return bind(symbol, context, arguments, auxiliary, wanted, grad_req, groups, to_make=to_make)
