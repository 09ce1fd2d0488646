"""Views that magics show beside the static picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from symbook.errors import SymbookError
from symbook.executor import Executor
from symbook.ndarray import NDArray
from symbook.render.html import block
from symbook.symbol.symbol import Symbol

from .display import Shown
from .options import Options
from .running import ones_for

if TYPE_CHECKING:
    from symbook.views import Composed, GraphView, Inside, View
    from symbook.views.document import Recorded


def of_run(recorded: Recorded, options: Options) -> Inside | None:
    """The view of a run that the options ask for; None where they ask for none."""
    from symbook import views

    wanted = {
        "steps": options.step,
        "values": options.internals,
        "gradient": options.grad,
        "timeline": options.timeline,
        "optimiser": options.optimized,
    }
    shown = [name for name, yes in wanted.items() if yes]
    return views.Inside.of(recorded, options.title or "", shown) if shown else None


def of_graph(
    symbol: Symbol, shapes: Mapping[str, tuple[int, ...]], options: Options
) -> GraphView | Composed | None:
    """The view of a graph that is not run."""
    from symbook import views

    if options.step:
        return views.Composed(symbol, shapes, options.title or "")
    return views.GraphView(symbol, options.title or "") if options.internals else None


def display(shown: Shown, view: GraphView | Composed | Inside | None) -> None:
    """Display a picture with all that is said around it, and the view.

    Where the view is live, it hides what it shows itself: the picture and the tables of :meth:`View.more`.
    The title stays above it; the note, the results and the table of values stay below it.
    """
    if view is None:
        shown.display()
        return
    from symbook.views import standing
    from symbook.views.sections import Section

    standing.send(view)
    more = view.more()
    view.static_id = standing.name_of("".join([shown.html(), *(part.html for part in more)]))
    picture = Section(shown.picture_html(), shown.picture_text(), shown.picture)
    title = shown.title_html()
    standing.show_static([picture], view.static_id, above=block(title) if title else "")
    standing.show_live(view)
    standing.show_kept(Section(shown.rest_html(), shown.rest_text()), shown.rest_png())
    standing.show_static(more, view.static_id)


def plain(symbol: Symbol, recorded: Recorded | None) -> View:
    """The view of a graph, with its values where it was run, for a file."""
    from symbook import views

    return views.GraphView(symbol) if recorded is None else views.ValueView.of(recorded)


def stepper(executor: Executor) -> View:
    """A stepper of a run of an executor, which goes backward, from ones, if it has gradients."""
    from symbook import views

    back = executor.backward_plan is not None
    ones = ones_for(executor) if back else None
    return views.Stepper(executor, is_train=back, out_grads=ones)


def show_failure(symbol: Symbol, arrays: Mapping[str, NDArray], error: SymbookError) -> None:
    """Display a stepper that goes as far as a graph comes before this error, which the cell ends with."""
    from symbook import views

    views.Failure(symbol, arrays, error, brief=True)._ipython_display_()


def operators(text: str) -> None:
    """Display the explorer, with a text to be found."""
    from symbook import views

    views.Explorer(text)._ipython_display_()
