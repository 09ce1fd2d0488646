"""What each pass made of a graph, for whoever wants to see the optimiser's work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import LookupFailure, counted, listed, one_of, shortened
from ..graph import Graph
from .folding import CONSTANT
from .rewrite import Note, Row, Typed

if TYPE_CHECKING:
    from ..symbol import Symbol


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Stage:
    """A graph as a pass left it.

    Attributes
    ----------
    name : str
        The pass's; `as written` for what the passes were given.
    typed : Typed
        The graph and its specs.
    notes : tuple of Note
        What the pass did: one for each node that it left out, merged, changed, computed or removed.
    """

    name: str
    typed: Typed
    notes: tuple[Note, ...]

    @property
    def graph(self) -> Graph:
        """The graph; nodes that nothing reads are there until the pass for dead code."""
        return self.typed.graph

    @property
    def specs(self) -> Sequence[Row]:
        """For each node of the graph, the specs of its outputs."""
        return self.typed.specs

    @property
    def symbol(self) -> Symbol:
        """The graph as a symbol, which can be drawn."""
        from ..symbol import Symbol

        return Symbol(self.graph.linked().outputs)

    def __str__(self) -> str:
        return "\n".join([self._summary(), *(f"    {note}" for note in self.notes)])

    def __repr__(self) -> str:
        return f"<Stage {self._summary()}>"

    def _summary(self) -> str:
        constants = sum([node.op is CONSTANT for node in self.graph.nodes])
        operators = len(self.graph) - len(self.graph.variables) - constants
        size = counted(operators, "operator") + (
            f", {counted(constants, 'constant')}" if constants else ""
        )
        acts = Counter(note.act for note in self.notes)
        did = [f"{number:,} {act}" for act, number in acts.items()]
        return "; ".join([f"{self.name}: {size}", *did])


class Stages(tuple[Stage, ...]):
    """The stages of a graph, from the one as written to the one that is run; `print` says what was done."""

    def __getitem__(self, key: Any) -> Any:
        """The stage at a position, or of a name. Raises LookupFailure."""
        if not isinstance(key, str):
            return super().__getitem__(key)
        for stage in self:
            if stage.name == key:
                return stage
        names = [stage.name for stage in self]
        raise LookupFailure(
            f"no pass is called {key!r}; there are {listed(names)}", hint=one_of(key, names)
        )

    def __str__(self) -> str:
        return (
            "\n".join(map(str, self))
            or "the graph runs as written: it was bound without the optimiser"
        )

    def __repr__(self) -> str:
        return f"<Stages: {', '.join(stage.name for stage in self)}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """IPython's own text form: stages, those in the middle of a long text left out."""
        printer.text(shortened(str(self)))
