"""What `Symbol.bind`, `Symbol.simple_bind` and `Symbol.eval` do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import infer
from .arguments import (
    Arrays,
    by_name,
    default_dtypes,
    gradients_of,
    requirements,
    specs_of,
)
from .context import Context, as_context
from .errors import BindError, listed
from .executor import Executor
from .infer import SHAPES
from .ndarray import zeros
from .specs import known
from .symbol.symbol import read_shape

if TYPE_CHECKING:
    from .symbol import Symbol


def bind(
    symbol: Symbol,
    ctx: Context | None,
    args: Arrays,
    aux_states: Arrays | None = None,
    args_grad: Any = None,
    grad_req: Any = "write",
    *,
    runner: str = "auto",
    caller: str = "args",
) -> Executor:
    """What `Symbol.bind` does; see there. `caller` is what messages say that the arrays were given in."""
    context = as_context(ctx)
    context.xp  # noqa: B018  # raises where the device cannot be used, before anything else is looked at
    graph = symbol.graph
    arguments = by_name(symbol.list_arguments(), args, caller, context)
    auxiliary = by_name(symbol.list_auxiliary_states(), aux_states or {}, "aux_states", context)
    specs = specs_of(graph, {**arguments, **auxiliary})
    grads = gradients_of(arguments, args_grad, grad_req, context)
    return Executor(symbol, context, arguments, auxiliary, grads, specs, runner)


def simple_bind(
    symbol: Symbol,
    ctx: Context | None,
    grad_req: Any,
    types: Mapping[str, Any],
    shapes: Mapping[str, Any],
) -> Executor:
    """What `Symbol.simple_bind` does; see there."""
    context, graph = as_context(ctx), symbol.graph
    names = {graph.nodes[i].name for i in graph.variables}
    given = {key: read_shape(key, value) for key, value in shapes.items() if key in names}
    found = infer.infer(graph, SHAPES, given)
    missing = infer.incomplete(graph, SHAPES, found, graph.variables)
    if missing:
        unknown = listed([graph.nodes[i].name for i in missing])
        raise BindError(
            f"simple_bind error: the shape of {unknown} cannot be inferred",
            where=graph.nodes[missing[0]].where,
            hint=f"Give it: simple_bind(ctx, {graph.nodes[missing[0]].name}=(…)).",
        )
    dtypes = default_dtypes(graph, types)
    arrays = {
        graph.nodes[i].name: zeros(known(found[i][0]), ctx=context, dtype=dtypes[i][0])
        for i in graph.variables
    }
    arguments = {name: arrays[name] for name in symbol.list_arguments()}
    wanted = {
        name: zeros(arguments[name].shape, ctx=context, dtype=arguments[name].dtype)
        for name, req in requirements(list(arguments), grad_req).items()
        if req != "null"
    }
    auxiliary = {name: arrays[name] for name in symbol.list_auxiliary_states()}
    return bind(symbol, context, arguments, auxiliary, wanted, grad_req)
