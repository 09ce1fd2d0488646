"""Captured CUDA graphs: what a small plan launches, kept as one thing that is launched again.

A graph has the addresses that its kernels were captured with. So runs are told apart by the addresses of
all memory that may be another from run to run: arrays bound, outputs, gradients. For those that have come up
a few times a graph is kept, a few at a time; others are launched kernel by kernel.

Only plans all of whose kernels are ours are captured (`can_capture`): they use no memory but what they are
given. A capture is made on a stream of its own, which nobody else knows and which does not wait for the
default stream; so no other thread's work gets into it. Memory is refused meanwhile. Whatever goes wrong, the
capture is ended and its graph thrown away, and the run is launched as ever.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from types import TracebackType
from typing import Any

from ..fusion import Fused
from ..garbage import put_off
from ..plan import ADD, COPY, Plan, Step

FEWEST_LAUNCHES = 2
"""Kernels of the smallest plan that is captured: one is launched as quickly by itself."""

RUNS_BEFORE_CAPTURE = 3
"""Runs with the same addresses before they are worth a capture, which takes as long as some ten."""

MOST_GRAPHS = 4
"""Graphs kept of one plan: programs that hold an output while the next is computed use two."""

# As many sets of addresses are remembered that have no graph yet.
_MOST_SEEN = 16

# After so many captures that went wrong none is tried again.
_MOST_FAILURES = 2

# Operators that give views of what has no gaps, and do nothing else.
_VIEWS = frozenset(("Reshape", "Flatten", "expand_dims", "squeeze", "BlockGrad", "_copy"))

Issue = AbstractContextManager[Any]


def can_capture(plan: Plan) -> bool:
    """Whether a plan's runs consist of nothing but several kernels of ours, in memory that they are given."""
    given = {*plan.placement.buffer_of, *plan.placement.lent, *plan.sinks}
    launches = [step for step in plan.steps if not _is_view(step)]
    return len(launches) >= FEWEST_LAUNCHES and all(
        step.op is ADD or (_is_ours(step) and given.issuperset(step.outs)) for step in launches
    )


def _is_view(step: Step) -> bool:
    return step.op.view and step.op.name in _VIEWS and step.ctx is None


def _is_ours(step: Step) -> bool:
    own = isinstance(step.op.fn, Fused) or step.op is COPY or hasattr(step.op.fn, "capturable")
    return own and step.op.takes_out and step.ctx is None


class Graphs:
    """The graphs of one plan's runs.

    Parameters
    ----------
    xp : module
        CuPy.
    """

    __slots__ = ("_failures", "_graphs", "_seen", "_xp")

    def __init__(self, xp: Any) -> None:
        self._xp = xp
        self._graphs: OrderedDict[Hashable, Any] = OrderedDict()
        self._seen: OrderedDict[Hashable, int] = OrderedDict()
        self._failures = 0

    def __len__(self) -> int:
        return len(self._graphs)

    def __call__(self, key: Hashable) -> Iterable[Issue]:
        """Launch the graph for some addresses; or, if there is none, the contexts to launch the steps in.

        That is each after the other: steps that are captured in one, which may turn out to be impossible, are
        launched in the next.
        """
        graph = self._graphs.get(key)
        if graph is None:
            return self._issues(key)
        self._graphs.move_to_end(key)
        graph.launch()
        return ()

    def _issues(self, key: Hashable) -> Iterable[Issue]:
        seen = self._seen.pop(key, 0) + 1
        if seen > RUNS_BEFORE_CAPTURE and self._failures < _MOST_FAILURES:
            return self._captured(key)
        self._seen[key] = seen
        if len(self._seen) > _MOST_SEEN:
            self._seen.popitem(last=False)
        return (_PLAINLY,)

    def _captured(self, key: Hashable) -> Iterator[Issue]:
        capture = Capture(self._xp)
        yield capture
        if capture.graph is None:
            self._failures += 1
            if capture.began:
                yield _PLAINLY
            return
        self._graphs[key] = capture.graph
        if len(self._graphs) > MOST_GRAPHS:
            self._graphs.popitem(last=False)
        capture.graph.launch()


_PLAINLY: Issue = nullcontext()


class _Refused(Exception):
    """A step asked for memory while it was captured."""


def _refuse(size: int) -> Any:
    raise _Refused(f"{size} bytes")


class Capture:
    """A capture, in a `with` statement: what is launched in it is not done, but becomes a graph.

    Errors do not leave it; after one there is no graph. Where not even a capture can begin, what is launched
    is done.

    Attributes
    ----------
    began : bool
    graph : cupy.cuda.Graph or None
    """

    def __init__(self, xp: Any) -> None:
        self._cuda = xp.cuda
        self.began = False
        self.graph: Any = None
        self._stream: Any = None
        self._around = ExitStack()

    def __enter__(self) -> None:
        cuda = self._cuda
        try:
            self._stream = cuda.Stream(non_blocking=True)
            self._around.enter_context(put_off())  # a destructor might launch something
            self._around.enter_context(cuda.using_allocator(_refuse))
            # Not `with stream`, which forgets what was made the current one by `use`.
            self._around.callback(cuda.get_current_stream().use)
            self._stream.use()
            self._stream.begin_capture(cuda.runtime.streamCaptureModeRelaxed)
            self.began = True
        except Exception:
            self._around.close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if not self.began:
            return False
        graph = None
        with self._around:
            try:
                graph = self._stream.end_capture()
            except Exception:  # of what was launched, said by the runtime
                graph = None
        if error is None:
            self.graph = graph
        return error is None or isinstance(error, Exception)
