"""What is done to a graph between the user's symbols and the plan.

:data:`PASSES` are run in their order. Each is a function of a graph with its specs that gives another, whose
outputs are the same, or the very same where there was nothing to do. They are the same to the bit, but after
:mod:`.products`, which sums in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..underway import Part, tells
from .columns import turn_weights
from .cse import merge
from .dead import remove_dead
from .folding import fold
from .fusing import fuse
from .layers import join_layers
from .products import join_products
from .rewrite import Note, Notes, Typed
from .simplify import simplify
from .stages import Stage


class Pass(NamedTuple):
    """A pass.

    Attributes
    ----------
    name : str
        As stages show it.
    run : callable
        `run(typed, notes)`; where `notes` is a list, it notes there what it did.
    exported : bool
        The graph that it gives is made of registered operators only, so that it can be a symbol.
    again : bool
        It follows up what the pass before it found, and is left out where that found nothing.
    predicts : bool
        The graph that it gives is right in prediction only.
    device : bool
        It is for graphs that run on a GPU.
    """

    name: str
    run: Callable[[Typed, Notes], Typed]
    exported: bool = True
    again: bool = False
    predicts: bool = False
    device: bool = False


def _spell_out(typed: Typed, notes: Notes) -> Typed:
    from .spelling import spell_out  # only who runs graphs on a GPU needs it

    return spell_out(typed, notes)


def _reduce(typed: Typed, notes: Notes) -> Typed:
    from .reducing import reduce  # only who runs graphs on a GPU needs it

    return reduce(typed, notes)


PASSES = (
    # First what is equal as written: simplification asks whether two operands are one value.
    Pass("merge", merge),
    Pass("simplify", simplify),
    Pass("merge again", merge, again=True),
    Pass("simplify again", simplify, again=True),
    Pass("fold constants", fold, exported=False),
    Pass("remove dead code", remove_dead),
    Pass("join products", join_products),
    Pass("turn weights", turn_weights, exported=False),
    Pass("join layers", join_layers, exported=False, predicts=True),
    Pass("spell out", _spell_out, exported=False, device=True),
    Pass("fuse", fuse, exported=False),
    Pass("fuse reductions", _reduce, exported=False, device=True),
)


def _under_way(known: Mapping[str, Any]) -> Part | None:
    """How far :func:`optimised` has come, from its local variables."""
    each: Pass | None = known.get("each")
    return None if each is None else Part(PASSES.index(each), len(PASSES), "passes", each.name)


@tells(_under_way)
def optimised(
    typed: Typed,
    stages: list[Stage] | None = None,
    exported: bool = False,
    predicts: bool = False,
) -> Typed:
    """The graph that is run in place of the user's: its outputs are the same.

    Where a draw of random numbers or a change of a state would be left out, it is left as it is.

    Parameters
    ----------
    typed : Typed
    stages : list of Stage, optional
        Gets the graph as it was and as each pass left it.
    exported : bool
        Run only the passes whose graphs can be symbols.
    predicts : bool
        Run the passes, too, whose graphs are right in prediction only; `Typed.predicts` says whether one
        had something to do.
    """
    before = found = typed
    if stages is not None:
        stages.append(Stage("as written", typed, ()))
    for each in PASSES:
        if (exported and not each.exported) or (each.again and found is before):
            continue
        if (each.predicts and not predicts) or (each.device and typed.xp is np):
            continue
        notes: list[Note] | None = None if stages is None else []
        before, found = found, each.run(found, notes)
        if stages is not None:
            stages.append(Stage(each.name, found, tuple(notes or ())))
    if _ordered(found) == _ordered(typed):
        return found
    if stages is not None:
        del stages[1:]
    return typed


def _ordered(typed: Typed) -> int:
    """How many nodes there are that do more than give a value."""
    return sum(
        [
            node.op is not None and (node.op.random or node.op.state is not None or bool(node.op.mutates))
            for node in typed.graph.nodes
        ]
    )  # fmt: skip
