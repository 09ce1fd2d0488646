"""Which values the graph of a cell is run with: those given, an executor's, or made-up ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symbook import context
from symbook.context import Context
from symbook.errors import kind_of
from symbook.executor import Executor
from symbook.ndarray import NDArray, ones
from symbook.symbol.symbol import Symbol

from . import binding
from .made_up import made_up
from .options import Options
from .tracebacks import SymgraphError
from .variables import and_list

if TYPE_CHECKING:
    from symbook.views.document import Recorded

_CONTEXT = re.compile(r"\s*(?:mx\.)?(cpu|gpu|cpu_pinned)\s*(?:\(\s*(\d*)\s*\))?\s*")
_TOLD = 8
"""Made-up values that are told one by one."""


@dataclass(frozen=True)
class Ready:
    """An executor to be run, and where its values come from, in words; empty where they were given."""

    executor: Executor
    told: str = ""


def context_of(text: str | None, space: dict[str, Any]) -> Context | None:
    """The context that `--ctx` names: `cpu()`, `gpu(0)`, or an expression that gives one.

    Raises
    ------
    SymgraphError
        If it is none.
    """
    if text is None:
        return None
    found = _CONTEXT.fullmatch(text)
    if found:
        return Context(found[1], int(found[2] or 0))
    value = binding.evaluated([("ctx", text)], "--ctx", space)["ctx"]
    if not isinstance(value, Context):
        raise SymgraphError(
            f"--ctx {text} is {kind_of(value)} and no device", hint="For example: --ctx gpu(0)."
        )
    return value


def ready(
    symbol: Symbol,
    value: Any,
    given: Mapping[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
    options: Options,
    space: dict[str, Any],
) -> Ready | None:
    """What is to be run; None where there are no values, and none can be made up.

    Parameters
    ----------
    symbol : Symbol
        What is drawn.
    value : object
        What the cell gave; its arrays are taken if it is an executor.
    given : mapping
        The values of `--bind`.
    shapes : mapping
        Those of `--shapes`.
    options : Options
    space : dict
        The user's namespace.

    Raises
    ------
    SymbookError
        Whatever binding raises; SymgraphError for values that are missing or unknown.
    """
    ctx = context_of(options.ctx, space)

    def bind(values: Mapping[str, Any], told: str = "") -> Ready:
        found = binding.bound(symbol, values, shapes, space, ctx=ctx, grad=options.grad)
        if options.grad and binding.widened(values, found):
            told = f"{told} Whole numbers are float32 here, as gradients need.".lstrip()
        return Ready(found, told)

    if isinstance(value, Executor):
        return _again(value, given, ctx, options, bind)
    if given or options.bind or not symbol.list_inputs():
        return bind(given)
    known = executor_of(symbol, space)
    if known is not None:
        name, executor = known
        found = _again(executor, given, ctx, options, bind)
        told = f"No values were given: these are the ones that {name} is bound to."
        return Ready(found.executor, told)
    values = made_up(symbol, shapes)
    return None if values is None else bind(values, _told(values))


def _again(
    executor: Executor, given: Mapping[str, Any], ctx: Context | None, options: Options, bind: Any
) -> Ready:
    """The executor itself, or its arrays bound anew where something else is asked for."""
    arrays = {**executor.arg_dict, **executor.aux_dict}
    elsewhere = ctx is not None and any(array.context != ctx for array in arrays.values())
    if not given and not elsewhere and not (options.grad and executor.backward_plan is None):
        return Ready(executor)
    found: Ready = bind({**arrays, **given})
    return found


def executor_of(symbol: Symbol, space: Mapping[str, Any]) -> tuple[str, Executor] | None:
    """An executor in the notebook that this very graph is bound to, and its name; the latest, if several."""
    heads = symbol.graph.outputs
    found = [
        (name, value)
        for name, value in space.items()
        if isinstance(value, Executor)
        and not name.startswith("_")
        and value.symbol.graph.outputs == heads
    ]
    return found[-1] if found else None


def _told(values: Mapping[str, Any]) -> str:
    if len(values) <= _TOLD and all(value.size == 1 for value in values.values()):
        told = and_list([f"{name}={value.item():g}" for name, value in values.items()])
    else:
        told = and_list(list(values))
    are = "is" if len(values) == 1 else "are"
    return f"No values were given: {told} {are} made up. --bind gives your own."


def need_values(symbol: Symbol, options: Options, shapes: Mapping[str, Any]) -> SymgraphError:
    """The error of options that need values where none can be made up."""
    names = [name for name in symbol.list_inputs() if name not in shapes]
    first = names[0] if names else symbol.list_inputs()[0]
    need = and_list(options.watched)
    return SymgraphError(
        f"{need} {'needs' if len(options.watched) == 1 else 'need'} values, and none can be made up: "
        f"the shape of {first} is not known",
        hint=f"Give values, --bind {first}=…, or a shape, --shapes {first}=(2,3).",
    )


def record(ready: Ready, options: Options) -> Recorded:
    """Run once, with every value kept; also backward, from ones, where that is shown."""
    from symbook.views.document import of_run

    executor = ready.executor
    back = executor.backward_plan is not None and (options.grad or options.step)
    return of_run(executor, is_train=back, out_grads=ones_for(executor) if back else None)


def ones_for(executor: Executor) -> list[NDArray]:
    """A gradient of ones for each output."""
    return [ones(out.shape, out.context, out.dtype) for out in executor.outputs]


def devices() -> list[str]:
    """What `--ctx` can be here."""
    return ["cpu()", *(f"gpu({k})" for k in range(max(1, context.num_gpus())))]
