"""What each pass made of a graph, for whoever wants to see the optimiser's work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import counted
from ..graph import Graph
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
        What the pass did, one for each node that it left out, merged, changed, computed or removed.
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
        nodes = sum([node.op is not None for node in self.graph.nodes])
        acts = dict.fromkeys(note.act for note in self.notes)
        did = [f"{sum(note.act == act for note in self.notes)} {act}" for act in acts]
        return f"{self.name}: {counted(nodes, 'operator')}" + (f"; {', '.join(did)}" if did else "")
