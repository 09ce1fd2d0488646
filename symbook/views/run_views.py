"""Views of recorded runs: with steps, with values, with times, with gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from symbook.errors import ArgumentError, LookupFailure, one_of
from symbook.executor import Executor
from symbook.files import path_text
from symbook.ndarray import NDArray
from symbook.profiler import chrome_trace
from symbook.render import saving
from symbook.render.beside import beside
from symbook.render.picture import Picture

from . import pictures, sections
from .document import Recorded, memory_of, of_run
from .page import page
from .sections import Section
from .values import for_page, part, summary
from .widget import View, require_executor, step_count, titled

Json = dict[str, Any]

WITH_GRADIENTS = (
    "Bind with arrays for them: executor = E.bind(mx.cpu(), args, "
    "args_grad={name: mx.nd.zeros_like(args[name]) for name in args})"
)
"""A hint with a line to copy."""


class RunView(View):
    """What views of a recorded run share.

    Parameters
    ----------
    executor : Executor
        Runs once, with every value kept.
    is_train : bool
        Run as in training, and then go backward, if the executor has gradients.
    out_grads : optional
        The gradients of the outputs, as :meth:`Executor.backward` takes them; ones, if left out.
    optimized : bool
        Record what the optimiser made of the graph, instead of the graph as it was written.
    title : str, optional
    """

    def __init__(
        self,
        executor: Executor,
        *,
        is_train: bool = False,
        out_grads: Any = None,
        optimized: bool = False,
        title: str = "",
    ) -> None:
        require_executor(executor, type(self).__name__)
        recorded = of_run(executor, is_train=is_train, out_grads=out_grads, optimized=optimized)
        self._show(recorded, title)

    @classmethod
    def of(cls, recorded: Recorded, title: str = "") -> Self:
        """A view of a run that was recorded before, as :func:`symbook.views.document.of_run` does.

        Several views of one run thus show the same numbers and times.
        """
        view = cls.__new__(cls)
        view._show(recorded, title)
        return view

    def _show(self, recorded: Recorded, title: str) -> None:
        self._symbol = recorded.executor.symbol
        self._recorded = recorded
        super().__init__(recorded.document, title or titled(self._symbol))

    def page(self) -> str:
        """The whole view as one HTML file, which needs no network and no kernel."""
        shown = zip(self._document["values"], self._recorded.arrays, strict=True)
        known = ((value, array.asnumpy()) for value, array in shown)
        values = for_page(known, len(self._recorded.arrays))
        return page({**self._document, "values": values}, self.title)

    def picture(self) -> Picture:
        """The graph, with the values that are short enough to be read in it."""
        return pictures.of_run(self._recorded)

    def value(self, name: str | None = None) -> NDArray:
        """The value of a node, as it was at the end of the run: forward, or forward and backward.

        Parameters
        ----------
        name : str, optional
            A node's name, or that of one of its outputs, such as `split0_output1`; the node that is
            `selected`, if left out.

        Returns
        -------
        NDArray
            As it was then: what is written to an array afterwards is not seen. Of a state that the run
            changed, the new value; of a node with several outputs, the first.

        Raises
        ------
        LookupFailure
            If nothing of this name has a value, or no node is selected.
        """
        wanted = self.selected if name is None else name
        if wanted is None:
            raise LookupFailure("no node is selected", hint="Give the name of one.")
        found = pictures.values_by_name(self._recorded)
        if wanted not in found:
            raise LookupFailure(
                f"nothing called {wanted!r} has a value", hint=one_of(wanted, found)
            )
        return found[wanted]

    def save_perfetto(self, path: str | Path) -> Path:
        """Write the run as a file that Perfetto and Chrome's tracing open; gives its path.

        Forward and backward are in it, a lane for each thread or stream, arrows from steps to those that read
        their results, and how many bytes those results take.
        """
        target = Path(path_text(path, "path")).expanduser()
        counters = {"bytes of values": memory_of(self._recorded)}
        saving.write(target, chrome_trace(*self._recorded.traces, counters=counters).encode())
        return target

    def more(self) -> list[Section]:
        """What happened in each step."""
        return [sections.steps(self._document)]

    def _answer(self, asked: Json) -> Json:
        """A value that is looked at, what comes of another value of a variable, or another run."""
        if "value" in asked:
            number = asked["value"]
            if type(number) is not int or not 0 <= number < len(self._recorded.arrays):
                raise ArgumentError(f"there is no value {number!r}")
            array = self._recorded.arrays[number].asnumpy()
            if "part" not in asked:
                return {"value": number, "summary": summary(array), "news": True}
            kind, at = asked["part"], asked["at"]
            return {"value": number, "kind": kind, "at": at, "part": part(array, kind, at)}
        if type(asked.get("optimized")) is bool:
            self._record_again(asked["optimized"])
            return {}
        answer = self._recorded.what_if.answer(asked)
        self._tried = len(answer["act"]["steps"]) if "act" in answer else 0
        return {**answer, "news": True}

    def _record_again(self, optimized: bool) -> None:
        """Show another run, or the same once more, of the graph as written or as the optimiser left it."""
        self._recorded = self._recorded.again(optimized)
        document = self._recorded.document
        self.selected, self._tried = None, 0
        self._names = {node["name"] for node in document["graph"]["nodes"]}
        with self.hold_sync():
            self._document = {**self._document, **document}
            self.step = step_count(document)


class Stepper(RunView):
    """Steps through a recorded run, forwards and backwards, with its values and its timeline.

    Parameters are those of :class:`RunView`.
    """

    _parts = ("stepper", "picture", "inspector", "timeline")

    def more(self) -> list[Section]:
        """What happened in each step, the larger values, and when each step ran."""
        return [*super().more(), sections.values(self._recorded), sections.times(self._document)]


class ValueView(RunView):
    """The picture of a graph that was run, with every value there to be looked at.

    Parameters are those of :class:`RunView`.
    """

    _parts = ("picture", "inspector")

    def picture(self) -> Picture:
        """The graph with its values; of large arrays, the range and the mean."""
        return pictures.of_run(self._recorded, statistics=True)

    def more(self) -> list[Section]:
        """The values that are too large to stand in the picture."""
        return [sections.values(self._recorded)]


class Timeline(RunView):
    """When a recorded run's steps ran, and on which thread or stream.

    Parameters are those of :class:`RunView`.
    """

    _parts = ("timeline", "picture", "inspector")

    def picture(self) -> Picture:
        """The bars of each thread or stream, to scale."""
        return pictures.of_times(self._document)

    def sections(self) -> list[Section]:
        """The bars, and a table of the steps with their times."""
        return [sections.times(self._document)]


class GradientView(RunView):
    """A graph and its gradient side by side, with the values of both.

    Parameters
    ----------
    executor : Executor
        Bound with gradients. It runs forward, as in training, and backward.
    out_grads : optional
        The gradients of the outputs, as :meth:`Executor.backward` takes them.
    title : str, optional

    Raises
    ------
    ArgumentError
        If the executor was bound without gradients.
    """

    _parts = ("gradient", "inspector")

    def __init__(self, executor: Executor, out_grads: Any = None, title: str = "") -> None:
        if executor.backward_plan is None:
            raise ArgumentError("this executor was bound without gradients", hint=WITH_GRADIENTS)
        super().__init__(executor, is_train=True, out_grads=out_grads, title=title)

    def picture(self) -> Picture:
        """The graph, and the graph with its gradient."""
        return beside(pictures.of_gradient(self._recorded))

    def sections(self) -> list[Section]:
        """The graph with its gradient, each value beside its gradient, and what happened in each step."""
        return [sections.gradients(self._recorded), sections.steps(self._document)]
