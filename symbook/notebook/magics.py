"""`%%symgraph` and `%symgraph`: run code, draw its graph, and run the graph on values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)

from symbook.errors import SymbookError, kind_of
from symbook.executor import Executor
from symbook.symbol.symbol import Symbol

from . import binding, cells, internals, live, running, variables
from .display import Drawn, Shown
from .options import Options, help_text, parse
from .tracebacks import SymgraphError, show_message_only

if TYPE_CHECKING:
    from symbook.views.document import Recorded

Shapes = Mapping[str, tuple[int, ...]]


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
            -l, --timeline         see when each step ran, and on which thread
            -z, --optimized        see what each pass of the optimiser does, and the code that runs
            -c, --ctx CTX          where to run: -c cpu() or -c gpu(0)
            -d, --direction WAY    TB (from top to bottom), BT, LR or RL
            -t, --title TEXT       a title for the picture
            -o, --save FILE        also write it to a .svg, .png, .pdf or .dot file, or the view that is
                                   shown to an .html file; may be repeated
            -S, --strict           make no Variables: a name that is not defined is an error
            -h, --help             say this

        Values are Python expressions of the notebook, evaluated after the cell has run: numbers, lists,
        NumPy arrays or NDArrays. Plain numbers take the dtype that the other values imply, else int32 if
        all are whole numbers and float32 if not (with --grad, always that); a number is an array of shape
        (1,). Where a run is to be shown and no values are given, they are those of an executor that the
        graph is bound to, or made up; the caption says so. Short options can be joined: -pgl.
        """
        with clean_errors():
            options = parse(line, cell=cell is not None)
        if options.help:
            print(help_text())
            return None
        if cell is None:
            return self._draw_line(options, local_ns)
        return self._draw_cell(line, cell, options)

    def _draw_line(self, options: Options, local_ns: dict[str, Any] | None) -> Any:
        with clean_errors():
            if not options.expression:
                raise SymgraphError(
                    "%symgraph has nothing to draw",
                    hint="Give it an expression: %symgraph A*B + C.",
                )
        outer = local_ns if local_ns is not self.shell.user_ns else None
        result = cells.evaluate(self.shell, options.expression, outer, strict=options.strict)
        with clean_errors():
            symbol = _symbol_of(result.value)
            if symbol is None:
                raise SymgraphError(
                    f"{options.expression} is no Symbol but {kind_of(result.value)}: "
                    "there is no graph to draw",
                    hint="Give it symbols: %symgraph A*B.",
                )
            self._show(symbol, result.value, options, result.made, None)
        self._drawn.remember(result.value, self.shell.execution_count)
        return result.value

    def _draw_cell(self, line: str, cell: str, options: Options) -> None:
        with clean_errors():
            if not cell.strip():
                raise SymgraphError(
                    "the cell is empty: there is nothing to draw",
                    hint="Write code below the first line, such as E = (A*B) + (C*D); -h says more.",
                )
            code = cells.read(self.shell, f"%%symgraph {line}".rstrip(), cell)
        result = cells.run(self.shell, code, strict=options.strict)
        with clean_errors():
            symbol = result.symbol if _symbol_of(result.value) is None else _symbol_of(result.value)
            if result.value is not None and _symbol_of(result.value) is None:
                self.shell.displayhook(result.value)
            if symbol is None:
                raise SymgraphError(
                    "the cell made no Symbol: there is nothing to draw",
                    hint="Assign one, or end the cell with one: E = (A*B) + (C*D).",
                )
            name = result.name if symbol is result.symbol else None
            self._show(symbol, result.value, options, self._all_made(cell, result.made), name)

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
        self,
        symbol: Symbol,
        value: Any,
        options: Options,
        made: Sequence[str],
        name: str | None,
    ) -> None:
        """Draw as the options ask, display, and save; `value` is what the cell or the line gave."""
        from symbook import render
        from symbook.render.picture import declared_specs

        graph = symbol.graph
        space = self.shell.user_ns
        shapes_given = binding.evaluated(options.shapes, "--shapes", space)
        given = binding.evaluated(options.bind, "--bind", space)
        binding.refuse_invented(graph, {**shapes_given, **given}, made, space)
        shapes = binding.read_shapes(graph, shapes_given, space)
        # Declarations that contradict each other are drawn; shapes given here that do are an error.
        specs = binding.specs_for(graph, shapes) if shapes else declared_specs(graph)
        for path in options.save:
            render.saving.ready(path, ("html", *render.FORMATS))
        values, results = {}, []
        recorded, told = self._recorded(symbol, value, given, shapes, options)
        if recorded is not None:
            ran = binding.ran(recorded)
            specs, values = ran.specs, ran.values
            results = list(zip(symbol.list_outputs(), ran.outputs, strict=True))
        picture = render.draw(
            graph,
            specs=specs,
            values=values,
            direction=options.direction,
            title=options.title or name,
        )
        note = " ".join(filter(None, [variables.note(made, space, {*given, *shapes}), told]))
        table = internals.rows(graph, specs, values) if options.internals else None
        shown = Shown(symbol, picture, options.title, note, results, table)
        view = (
            live.of_graph(symbol, shapes, options)
            if recorded is None
            else live.of_run(recorded, options)
        )
        live.display(shown, view)
        for path in options.save:
            if Path(path).suffix.lower() == ".html":
                (view or live.plain(symbol, recorded)).save(path)
            else:
                render.save_picture(picture, path)

    def _recorded(
        self, symbol: Symbol, value: Any, given: Mapping[str, Any], shapes: Shapes, options: Options
    ) -> tuple[Recorded | None, str]:
        """A run, if the options ask for one, and what is to be said of its values."""
        bound = isinstance(value, Executor) and options.internals
        if not (options.bind or options.watched or bound):
            if options.ctx is not None:
                raise SymgraphError(
                    "--ctx says where to run, and nothing is run", hint="Add --bind or --step."
                )
            return None, ""
        try:
            ready = running.ready(symbol, value, given, shapes, options, self.shell.user_ns)
        except SymbookError as error:
            # What was typed wrongly is told in words; what an argument lacks is seen in the graph.
            if options.step and (error.argument or not isinstance(error, SymgraphError)):
                live.show_failure(symbol, binding.readable(symbol, given, shapes), error)
            raise
        if ready is not None:
            return running.record(ready, options), ready.told
        if options.watched != ["--step"]:
            raise running.need_values(symbol, options, shapes)
        return None, "No values were given, so nothing is run: --bind gives some."


@contextmanager
def clean_errors() -> Iterator[None]:
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
