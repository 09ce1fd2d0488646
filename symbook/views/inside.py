"""Several views of one run as one: what is chosen in one of them is chosen in all."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self

from symbook.errors import ArgumentError, listed, one_of
from symbook.executor import Executor

from . import sections
from .document import Recorded
from .optimiser import of_optimiser
from .run_views import WITH_GRADIENTS, RunView
from .sections import Section

SHOWN = ("steps", "values", "gradient", "timeline", "optimiser")
"""What can be seen of a run."""


class Inside(RunView):
    """A run with all that can be seen of it, in one view.

    The stepper, the picture with its values, the graph beside its gradient, the timeline and the optimiser's
    work: what is chosen in one is chosen in the others.

    Parameters
    ----------
    executor : Executor
        Runs once, with every value kept.
    show : collection of str
        Some of `steps`, `values`, `gradient`, `timeline` and `optimiser`; all that there are, if left out.
    is_train : bool
        Run as in training, and then go backward, if the executor has gradients.
    out_grads : optional
        The gradients of the outputs, as :meth:`Executor.backward` takes them.
    optimized : bool
        Record what the optimiser made of the graph, instead of the graph as it was written.
    title : str, optional

    Raises
    ------
    ArgumentError
        For something else to show, or a gradient where the run did not go backward.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        show: Collection[str] = (),
        is_train: bool = False,
        out_grads: Any = None,
        optimized: bool = False,
        title: str = "",
    ) -> None:
        self._shown = show
        super().__init__(
            executor, is_train=is_train, out_grads=out_grads, optimized=optimized, title=title
        )

    @classmethod
    def of(cls, recorded: Recorded, title: str = "", show: Collection[str] = ()) -> Self:
        """A view of a run that was recorded before."""
        view = cls.__new__(cls)
        view._shown = show
        view._show(recorded, title)
        return view

    def _show(self, recorded: Recorded, title: str) -> None:
        self._shown = _checked(self._shown, recorded)
        if "optimiser" in self._shown:
            document = {**recorded.document, "optimiser": of_optimiser(recorded.executor)}
            recorded = recorded._replace(document=document)
        self._parts = _parts(self._shown)
        super()._show(recorded, title)

    def more(self) -> list[Section]:
        """A part for each thing that is shown."""
        return sections.of_run(self._shown, self._recorded)


def _checked(show: Collection[str], recorded: Recorded) -> tuple[str, ...]:
    """What is to be shown, in order. Raises ArgumentError."""
    back = len(recorded.traces) > 1
    for name in show:
        if name not in SHOWN:
            raise ArgumentError(
                f"there is no {name!r} to be seen of a run; there are {listed(SHOWN)}",
                hint=one_of(name, SHOWN),
            )
    if "gradient" in show and not back:
        raise ArgumentError(
            "this run did not go backward, so there is no gradient to be seen",
            hint=f"{WITH_GRADIENTS}; and give is_train=True.",
        )
    wanted = show or [name for name in SHOWN if back or name != "gradient"]
    return tuple(name for name in SHOWN if name in wanted)


def _parts(shown: Collection[str]) -> tuple[str, ...]:
    """The front end's names of what is shown, from above."""
    graph = not {"steps", "values", "timeline"}.isdisjoint(shown)
    there = {
        "stepper": "steps" in shown,
        "picture": graph,
        "gradient": "gradient" in shown,
        "optimiser": "optimiser" in shown,
        "inspector": graph or "gradient" in shown,
        "timeline": "timeline" in shown,
    }
    return tuple(name for name, yes in there.items() if yes)
