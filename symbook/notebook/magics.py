"""`%%symgraph` and `%symgraph`: run code, draw its graph, and run the graph on values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)
from IPython.display import display

from symbook.errors import SymbookError
from symbook.executor import Executor
from symbook.symbol.symbol import Symbol

from . import binding, cells, internals, live, variables
from .display import Drawn, Shown
from .options import Options, help_text, parse
from .tracebacks import SymgraphError, show_message_only
from .variables import kind_of


@magics_class
class SymgraphMagics(Magics):
    """The magics, as IPython wants them."""

    shell: Any

    def __init__(self, shell: Any, drawn: Drawn) -> None:
        super().__init__(shell)
        self._drawn = drawn
        # Which cell made which Variables: running it again says so again.
        self._made: dict[str, tuple[Symbol, str]] = {}

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def symgraph(
        self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None
    ) -> Any:
        """Draw a graph of symbols.

        In the first line of a cell, %%symgraph runs the cell and draws the graph it makes:

            %%symgraph
            E = (A*B) + (C*D)

        The code is ordinary Python and runs in the notebook: what it assigns is there afterwards. A name
        that exists nowhere becomes a Variable of that name, and stays one; the caption says so. What is
        drawn is the last expression, or else the last Symbol that was assigned. Automatic names start anew
        in each cell, so that running it again draws the same names.

        In a line, %symgraph draws one expression and returns its Symbol:

            g = %symgraph A*B + C

        Options go before the expression; the long ones may follow it:

            -b, --bind NAME=…      give values and run: -b A=1 B=2 C=x*2 D=[3,4]; or -b **a_dict
            -s, --shapes NAME=…    write shapes on the edges: -s A=(2,3)
            -i, --internals        choose nodes in the picture, see each value; add a table of them
            -p, --step             step through shapes, binding and the run, forward and back
            -g, --grad             run backward, too, from ones; show values beside their gradients
            -l, --timeline         show when each step ran, and on which thread
            -z, --optimized        show what each pass of the optimiser does, and the code that runs
            -c, --ctx CTX          run on a device: -c gpu(0)
            -d, --direction WAY    TB (from top to bottom), BT, LR or RL
            -t, --title TEXT       a title for the picture
            -o, --save FILE        also write it to a .svg, .png, .pdf or .dot file, or the view that is
                                   shown to an .html file; may be repeated
            -S, --strict           make no Variables: a name that is not defined is an error
            -h, --help             say this

        Values are Python expressions of the notebook, evaluated after the cell has run: numbers, lists,
        NumPy arrays or NDArrays. Plain numbers take the dtype that the other values imply, else int32 if
        all are whole numbers and float32 if not; a number is an array of shape (1,).
        """
        with _clean_errors():
            options = parse(line, cell=cell is not None)
        if options.help:
            print(help_text())
            return None
        if cell is None:
            return self._draw_line(options, local_ns)
        return self._draw_cell(line, cell, options)

    def _draw_line(self, options: Options, local_ns: dict[str, Any] | None) -> Any:
        with _clean_errors():
            if not options.expression:
                raise SymgraphError(
                    "%symgraph has nothing to draw",
                    hint="Give it an expression: %symgraph A*B + C.",
                )
        outer = local_ns if local_ns is not self.shell.user_ns else None
        result = cells.evaluate(self.shell, options.expression, outer, strict=options.strict)
        with _clean_errors():
            symbol = _symbol_of(result.value)
            if symbol is None:
                raise SymgraphError(
                    f"{options.expression} is no Symbol but {kind_of(result.value)}: "
                    "there is no graph to draw"
                )
            self._show(symbol, options, result.made, None)
        self._drawn.remember(result.value, self.shell.execution_count)
        return result.value

    def _draw_cell(self, line: str, cell: str, options: Options) -> None:
        with _clean_errors():
            if not cell.strip():
                raise SymgraphError(
                    "the cell is empty: there is nothing to draw",
                    hint="Write code below the first line, such as E = (A*B) + (C*D); -h says more.",
                )
            code = cells.read(self.shell, f"%%symgraph {line}".rstrip(), cell)
        result = cells.run(self.shell, code, strict=options.strict)
        with _clean_errors():
            symbol = result.symbol if _symbol_of(result.value) is None else _symbol_of(result.value)
            if symbol is None:
                raise SymgraphError(
                    "the cell made no Symbol: there is nothing to draw",
                    hint="Assign one, or end the cell with one: E = (A*B) + (C*D).",
                )
            name = result.name if symbol is result.symbol else None
            if result.value is not None and _symbol_of(result.value) is None:
                self.shell.displayhook(result.value)
            self._show(symbol, options, self._all_made(cell, result.made), name)

    def _all_made(self, cell: str, made: Sequence[str]) -> list[str]:
        """The Variables that this cell made, now or when it ran before."""
        space = self.shell.user_ns
        self._made.update(
            {name: (space[name], cell) for name in made if isinstance(space.get(name), Symbol)}
        )
        mine = [
            name
            for name, (value, by) in self._made.items()
            if by == cell and space.get(name) is value
        ]
        return list(dict.fromkeys([*made, *mine]))

    def _show(
        self, symbol: Symbol, options: Options, made: Sequence[str], name: str | None
    ) -> None:
        """Draw as the options ask, display, and save."""
        from symbook import render
        from symbook.render.picture import declared_specs

        graph = symbol.graph
        space = self.shell.user_ns
        shapes_given = binding.evaluated(options.shapes, "--shapes", space)
        shapes = binding.read_shapes(graph, shapes_given, space)
        # Declarations that contradict each other are drawn; shapes given here that do are an error.
        specs = binding.specs_for(graph, shapes) if shapes else declared_specs(graph)
        given = binding.evaluated(options.bind, "--bind", space)
        values, results = {}, []
        executor = None
        if options.bind or options.runs:
            executor = self._bound(symbol, given, shapes, options)
            ran = binding.ran(executor)
            specs, values = ran.specs, ran.values
            results = list(zip(symbol.list_outputs(), ran.outputs, strict=True))
        for path in options.save:
            render.saving.ready(path, ("html", *render.FORMATS))
        picture = render.draw(
            graph,
            specs=specs,
            values=values,
            direction=options.direction,
            title=options.title or name,
        )
        note = variables.note(made, space, {*given, *shapes})
        table = internals.rows(graph, specs, values) if options.internals else None
        views = live.views_for(symbol, executor, options)
        hidden = views[0].static_id if views and (options.internals or options.step) else ""
        Shown(symbol, picture, options.title, note, results, table, hidden).display()
        for view in views:
            if view.static_id == hidden:
                view.display_live()
            else:
                display(view)
        for path in options.save:
            if Path(path).suffix.lower() == ".html":
                (views[0] if views else live.plain(symbol, executor)).save(path)
            else:
                render.save_picture(picture, path)

    def _bound(
        self, symbol: Symbol, given: dict[str, Any], shapes: dict[str, Any], options: Options
    ) -> Executor:
        """Bind the values given; where that cannot be, show how far it comes before saying so."""
        space = self.shell.user_ns
        ctx = live.context_named(options.ctx)
        try:
            return binding.bound(symbol, given, shapes, space, ctx=ctx, grad=options.grad)
        except SymbookError as error:
            if options.step:
                live.show_failure(symbol, binding.readable(symbol, given, shapes), error)
            raise

    @line_magic
    def symstep(self, line: str) -> None:
        """Step through a run of an executor: `%symstep executor`.

        It runs forward, and backward if it was bound with gradients.
        """
        with _clean_errors():
            value = (
                cells.evaluate(self.shell, line, None, strict=True).value if line.strip() else None
            )
            if not isinstance(value, Executor):
                raise SymgraphError(
                    "%symstep needs an executor"
                    + (f"; {line.strip()} is {kind_of(value)}" if line.strip() else ""),
                    hint="Give one that Symbol.bind made: %symstep executor.",
                )
            display(live.stepper(value))

    @line_magic
    def symops(self, line: str) -> None:
        """Find operators, read about them and try them: `%symops`, or `%symops matrix product`."""
        with _clean_errors():
            live.operators(line.strip())


@contextmanager
def _clean_errors() -> Iterator[None]:
    """Errors that come from what stands on the magic's line are shown as a message, without any code."""
    try:
        yield
    except SymbookError as error:
        show_message_only(error)
        raise


def _symbol_of(value: Any) -> Symbol | None:
    if isinstance(value, Executor):
        return value.symbol
    return value if isinstance(value, Symbol) else None
