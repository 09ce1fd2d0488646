"""Views of graphs that did not run: as written, as far as it can be bound, as the optimiser leaves it."""

from __future__ import annotations

from collections.abc import Mapping

from symbook.errors import SymbookError
from symbook.executor import Executor
from symbook.ndarray import NDArray
from symbook.render import draw
from symbook.render.picture import Picture, declared_specs
from symbook.symbol import Symbol

from . import pictures, sections
from .document import of_composed, of_failure, of_symbol
from .optimiser import of_optimiser
from .sections import Section
from .widget import View, require_symbol, titled


class GraphView(View):
    """The picture of a graph: zoom, search, open groups, choose nodes.

    Parameters
    ----------
    graph : Symbol
        Of an executor, :class:`ValueView` shows the values, too.
    title : str, optional
    """

    _parts = ("picture", "inspector")

    def __init__(self, graph: Symbol, title: str = "") -> None:
        require_symbol(graph, "GraphView")
        self._symbol = graph
        super().__init__(of_symbol(graph, declared_specs(graph.graph)), title or titled(graph))

    def picture(self) -> Picture:
        """The graph, with the shapes that its declarations tell."""
        return draw(self._symbol)


class Composed(View):
    """A graph without values: the stepper of how it is composed, and of what is known of its shapes.

    Parameters
    ----------
    symbol : Symbol
    shapes : mapping of str to tuple of int
        Of arguments, besides those that are declared.
    title : str, optional
    """

    _parts = ("stepper", "picture", "inspector")

    def __init__(
        self, symbol: Symbol, shapes: Mapping[str, tuple[int, ...]], title: str = ""
    ) -> None:
        self._symbol = symbol
        super().__init__(of_composed(symbol, shapes), title or titled(symbol))

    def picture(self) -> Picture:
        """The graph."""
        return draw(self._symbol)

    def more(self) -> list[Section]:
        """What happened in each step."""
        return [sections.steps(self._document)]


class Failure(View):
    """How far a graph comes before an error: the stepper of what cannot be bound.

    Parameters
    ----------
    symbol : Symbol
    arrays : mapping of str to NDArray
        The values that there are.
    error : SymbookError
    title : str, optional
    brief : bool
        Tell what failed in a sentence: the whole error is told elsewhere.
    """

    _parts = ("stepper", "picture", "inspector")

    def __init__(
        self,
        symbol: Symbol,
        arrays: Mapping[str, NDArray],
        error: SymbookError,
        title: str = "",
        *,
        brief: bool = False,
    ) -> None:
        self._symbol, self._arrays = symbol, dict(arrays)
        super().__init__(of_failure(symbol, arrays, error, brief), title or titled(symbol))

    def picture(self) -> Picture:
        """The graph with the shapes that were found, and the node that failed."""
        return pictures.of_failure(self._symbol, self._arrays, self._document)

    def sections(self) -> list[Section]:
        """The error, the picture, and what happened in each step up to it."""
        error = sections.failure(self._document, self.picture())
        return [error, sections.steps(self._document)]


class OptimiserView(View):
    """What each of the optimiser's passes made of a graph, the plan's memory, and the code that runs.

    Parameters
    ----------
    executor : Executor
    title : str, optional
    """

    _parts = ("optimiser",)

    def __init__(self, executor: Executor, title: str = "") -> None:
        self._symbol = executor.symbol
        self._executor = executor
        super().__init__(
            of_optimiser(executor), title or f"The optimiser on {titled(executor.symbol)}"
        )

    def picture(self) -> Picture:
        """The graph before and after."""
        return pictures.of_stages(self._executor)

    def sections(self) -> list[Section]:
        """The graph as it was written, before and after each pass, the plan's memory and the code."""
        done = sections.passes(self._document, self._executor)
        return [sections.pictured(draw(self._symbol)), done]
