"""The views as widgets: live in every notebook that anywidget serves, static where nothing runs.

A view is displayed twice: as a picture and tables, which stay when the notebook is saved, and as the widget,
which hides them while it is there.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self
from uuid import uuid4

import anywidget
import traitlets
from ipywidgets import Layout
from ipywidgets.widgets.widget import _instances

from symbook.errors import ArgumentError, LookupFailure, SymbookError, did_you_mean
from symbook.executor import Executor
from symbook.ndarray import NDArray
from symbook.profiler import chrome_trace
from symbook.render import draw, saving
from symbook.render.beside import beside
from symbook.render.picture import Picture, declared_specs
from symbook.symbol import Symbol

from . import pictures, sections, standing
from .bundle import script, style
from .document import Recorded, memory_of, of_failure, of_run, of_symbol
from .explorer import of_operators, recorded, tried
from .optimiser import of_optimiser
from .packing import packed
from .page import page
from .sections import Section
from .values import for_page, part, summary

Json = dict[str, Any]


WITH_GRADIENTS = (
    "Bind with arrays for them: executor = E.bind(mx.cpu(), args, "
    "args_grad={name: mx.nd.zeros_like(args[name]) for name in args})"
)
"""A hint with a line to copy."""


class View(anywidget.AnyWidget):  # type: ignore[misc]  # it publishes no types
    """What all views share.

    Attributes
    ----------
    selected : str or None
        The name of the node that is chosen; set it to choose one. `observe` it to react to a choice.
        There is a LookupFailure for a name that no node has.
    static_id : str
        The class of the static form, which the live one hides.
    step : int or None
        How many steps are done; set it to go there. None where there are no steps.
    title : str
        What the file that `save` writes is called.
    """

    _esm = script("widget")
    _css = style()
    _document = traitlets.Dict().tag(sync=True, to_json=lambda document, _: packed(document))
    static_id = traitlets.Unicode().tag(sync=True)
    selected = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    step = traitlets.Int(None, allow_none=True, min=0).tag(sync=True)
    _parts: tuple[str, ...] = ()
    _forms: ClassVar[tuple[str, ...]] = ("html", *saving.FORMATS)
    _own_layout: Layout | None = None
    _tried = 0  # steps of a what-if, which come after those of the document

    def __init__(self, document: Json, title: str) -> None:
        self._names = {node["name"] for node in document.get("graph", {}).get("nodes", ())}
        self.title = title
        self._wanted, self._closed = False, False
        super().__init__(
            _document={**document, "parts": list(self._parts)},
            static_id=f"symbook-{uuid4().hex}",
            step=_count(document),
        )
        # A view that held itself would keep its arrays until Python looks for such circles.
        received = weakref.WeakMethod(self._received)
        self.on_msg(lambda *message: (answer := received()) and answer(*message))

    @property
    def model_id(self) -> str | None:
        """What the front end calls the view: asked for when it is displayed, or put into another widget.

        ipywidgets keeps a view, with its arrays, from then on; before, it goes when nobody holds it.
        """
        if not self._wanted:
            self._wanted = True
            self.open()
        return None if self.comm is None else self.comm.comm_id

    def open(self) -> None:
        """Tell the front end of the view; nothing happens before it is displayed."""
        if self._wanted:
            self.layout.open()
            super().open()

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def close(self) -> None:
        """Take the view out of the front end, for good."""
        self._wanted = self._closed = True
        self._leave()

    def withdraw(self) -> None:
        """Take the view out of the front end until it is displayed again, unless another widget shows it."""
        if self.comm is None or any(_has(other, self) for other in list(_instances.values())):
            return
        self._leave()
        self._wanted, self._model_id = False, None
        # ipywidgets lets nothing be displayed that was closed.
        self.__dict__.pop("_repr_mimebundle_", None)

    @traitlets.default("layout")
    def _made_layout(self) -> Layout:
        self._own_layout = Layout()
        return self._own_layout

    def _leave(self) -> None:
        super().close()
        if self._own_layout is not None:
            self._own_layout.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r})"

    @traitlets.validate("step")
    def _reached(self, proposal: Json) -> int | None:
        """No more steps are done than there are."""
        step: int | None = proposal["value"]
        count = _count(self._document)
        return None if step is None or count is None else min(step, count + self._tried)

    @traitlets.validate("selected")
    def _known(self, proposal: Json) -> str | None:
        name: str | None = proposal["value"]
        if name is not None and name not in self._names:
            raise LookupFailure(
                f"there is no node {name!r} in this view", hint=did_you_mean(name, self._names)
            )
        return name

    def set_state(self, sync_data: Json) -> None:
        """Take what the front end says was chosen, and where it is; nothing else is its to change."""
        name, step = sync_data.get("selected"), sync_data.get("step")
        taken: Json = {}
        if "selected" in sync_data and (
            name is None or (isinstance(name, str) and name in self._names)
        ):
            taken["selected"] = name
        if type(step) is int and step >= 0:
            taken["step"] = step
        super().set_state(taken)

    def _received(self, _: Any, message: Any, buffers: Any) -> None:
        """Answer a question that a rendering of the view asks. Whatever it says, nothing is raised."""
        asked = message if isinstance(message, dict) else {}
        try:
            reply = self._answer(asked)
        except SymbookError as error:
            reply = {"error": str(error)}
        except KeyboardInterrupt:
            reply = {"error": "Python was interrupted before the answer was there."}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        back = {key: asked[key] for key in ("asker", "question", "number") if key in asked}
        self.send({**reply, **back})

    def _answer(self, asked: Json) -> Json:
        """What is sent for a question; with `news`, to all renderings of the view."""
        raise ArgumentError("this view has nothing to ask of Python")

    def sections(self) -> list[Section]:
        """The parts of the view's static form: the picture, and :meth:`more`."""
        return [sections.pictured(self.picture()), *self.more()]

    def more(self) -> list[Section]:
        """What stands below the picture in the static form."""
        return []

    def html(self) -> str:
        """The view as static HTML: pictures with their words, and tables."""
        return "".join(part.html for part in self.sections())

    def picture(self) -> Picture:
        """The view as a static picture."""
        raise NotImplementedError

    def page(self) -> str:
        """The whole view as one HTML file, which needs no network and no kernel."""
        return page(self._document, self.title)

    def save(self, path: str | Path) -> Path:
        """Write the view to a file, in the format that the file's ending names; gives its path.

        Parameters
        ----------
        path : str or path
            .html is :meth:`page`, with the whole interaction; .svg, .png, .pdf and .dot are :meth:`picture`.
            An existing file is replaced.

        Raises
        ------
        ArgumentError
            For another ending.
        SaveError
            If the file cannot be written, or the format needs Graphviz and there is none; nothing is
            written then.
        """
        target, form = saving.ready(path, self._forms)
        if form == "html":
            saving.write(target, self.page().encode())
        else:
            saving.save_picture(self.picture(), target)
        return target

    def _ipython_display_(self) -> None:
        parts = self.sections()
        self.static_id = standing.name_of("".join(part.html for part in parts))
        standing.show_static(parts, self.static_id)
        standing.show_live(self)


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
        super().__init__(recorded.document, title or _titled(self._symbol))

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
                f"nothing called {wanted!r} has a value", hint=did_you_mean(wanted, found)
            )
        return found[wanted]

    def save_perfetto(self, path: str | Path) -> Path:
        """Write the run as a file that Perfetto and Chrome's tracing open; gives its path.

        Forward and backward are in it, a lane for each thread or stream, arrows from steps to those that read
        their results, and how many bytes those results take.
        """
        target = Path(path).expanduser()
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
            self.step = _count(document)


class Stepper(RunView):
    """Steps through a recorded run, forwards and backwards, with its values and its timeline.

    Parameters are those of :class:`RunView`.
    """

    _parts = ("stepper", "picture", "inspector", "timeline")

    def more(self) -> list[Section]:
        """What happened in each step, the larger values, and when each step ran."""
        return [*super().more(), sections.values(self._recorded), sections.times(self._document)]


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
        self._symbol = graph
        super().__init__(of_symbol(graph, declared_specs(graph.graph)), title or _titled(graph))

    def picture(self) -> Picture:
        """The graph, with the shapes that its declarations tell."""
        return draw(self._symbol)


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
        super().__init__(of_failure(symbol, arrays, error, brief), title or _titled(symbol))

    def picture(self) -> Picture:
        """The graph with the shapes that were found, and the node that failed."""
        return pictures.of_failure(self._symbol, self._arrays, self._document)

    def sections(self) -> list[Section]:
        """The error, the picture, and what happened in each step up to it."""
        error = sections.failure(self._document, self.picture())
        return [error, sections.steps(self._document)]


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
            of_optimiser(executor), title or f"The optimiser on {_titled(executor.symbol)}"
        )

    def picture(self) -> Picture:
        """The graph before and after."""
        return pictures.of_stages(self._executor)

    def sections(self) -> list[Section]:
        """The graph as it was written, before and after each pass, the plan's memory and the code."""
        done = sections.passes(self._document, self._executor)
        return [sections.pictured(draw(self._symbol)), done]


class Explorer(View):
    """The operators: find one, read about it, try it on small arrays, and take the code.

    Parameters
    ----------
    text : str
        What to look for at first.
    """

    _parts = ("explorer",)
    _forms = ("html",)

    def __init__(self, text: str = "") -> None:
        super().__init__({**of_operators(), "text": text}, "The operators")
        self._operators = {op["name"] for op in self._document["operators"]}

    def _answer(self, asked: Json) -> Json:
        """What an operator gives, as the reader tries it."""
        name, inputs, params = (asked.get(key) for key in ("try", "inputs", "params"))
        if not isinstance(name, str) or name not in self._operators:
            raise ArgumentError(f"there is no operator {name!r} to try")
        if not isinstance(inputs, list) or not isinstance(params, dict):
            raise ArgumentError("an operator is tried on a list of inputs and named parameters")
        if not all(isinstance(text, str) for text in (*inputs, *params.values())):
            raise ArgumentError("the inputs and parameters of an operator are typed as text")
        return tried(name, inputs, params)

    def page(self) -> str:
        """The explorer as one HTML file; in place of trying, it has what the examples give."""
        return page({**self._document, "recorded": recorded()}, self.title)

    def sections(self) -> list[Section]:
        """Tables of the operators."""
        rows = [
            (op["name"], op["summary"], ", ".join(op["others"]))
            for op in self._document["operators"]
        ]
        return [sections.operators(rows)]


def _count(document: Json) -> int | None:
    """How many steps there are; None where none are told."""
    acts = document.get("acts")
    return None if acts is None else sum(len(act["steps"]) for act in acts)


def _has(other: Any, view: View) -> bool:
    """Whether another widget has a view, as a box has it among its children."""
    values = other._trait_values.values() if other is not view else ()
    return any(
        view is item
        for value in values
        for item in (value if isinstance(value, list | tuple) else (value,))
    )


def _titled(symbol: Symbol) -> str:
    return f"Graph of {symbol.name or ', '.join(symbol.list_outputs()[:3])}"
