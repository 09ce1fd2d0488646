"""Views that magics show beside the static picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from symbook.context import Context
from symbook.errors import SymbookError
from symbook.executor import Executor
from symbook.ndarray import NDArray, ones
from symbook.ndarray.compute import context_of_text
from symbook.symbol.symbol import Symbol

from .options import Options

if TYPE_CHECKING:
    from symbook.views import View


def context_named(text: str | None) -> Context | None:
    """The context that `--ctx` names. Raises ArgumentError for a text that names none."""
    return None if text is None else context_of_text(text.removeprefix("mx."))


def views_for(symbol: Symbol, executor: Executor | None, options: Options) -> list[View]:
    """The views that the options ask for; the first has the picture of the graph in it."""
    from symbook import views

    found: list[View] = []
    if executor is not None and options.step:
        found.append(stepper(executor))
    elif options.internals:
        found.append(plain(symbol, executor))
    if executor is None:
        return found
    if options.grad:
        found.append(views.GradientView(executor, _ones(executor)))
    if options.timeline:
        found.append(views.Timeline(executor))
    if options.optimized:
        found.append(views.OptimiserView(executor))
    return found


def plain(symbol: Symbol, executor: Executor | None) -> View:
    """The view of a graph, with its values where it was run."""
    from symbook import views

    return views.GraphView(symbol) if executor is None else views.ValueView(executor)


def stepper(executor: Executor) -> View:
    """A stepper of a run of an executor, which goes backward, from ones, if it has gradients."""
    from symbook import views

    back = executor.backward_plan is not None
    return views.Stepper(executor, is_train=back, out_grads=_ones(executor) if back else None)


def _ones(executor: Executor) -> list[NDArray]:
    return [ones(out.shape, out.context, out.dtype) for out in executor.outputs]


def show_failure(symbol: Symbol, arrays: Mapping[str, NDArray], error: SymbookError) -> None:
    """Display a stepper that goes as far as a graph comes before this error."""
    from symbook import views

    views.Failure(symbol, arrays, error)._ipython_display_()


def operators(text: str) -> None:
    """Display the explorer, with a text to be found."""
    from symbook import views

    views.Explorer(text)._ipython_display_()
