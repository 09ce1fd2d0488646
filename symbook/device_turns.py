"""Taking turns on a GPU: the device is the current one, and callers' streams wait for each other.

A run's work goes to the stream that is current where it is called, and has just begun when it returns. When
the next run is called with another stream, which knows nothing of the first, three things keep it right:

- Its stream waits for what the other has been given so far, so that nobody writes to memory that is in use.
- It takes new memory for outputs, for whoever lets go of the old leaves it to the pool of the other stream.
- From then on, every run's end is waited for by all streams that runs were called on: any of them may get
  back what the executor lets go of. The stream that it was bound on gets back arrays when it dies, and
  waits then.

Who stays on one stream, as nearly everybody does, pays nothing for this.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from .context import Context
from .ndarray import NDArray
from .ndarray.storage import placed
from .turns import Result, Turns

# CUDA's name for "the default stream of this thread", which is another one in each.
_PER_THREAD = 2


class _Callers:
    """The streams of one device that runs were called on.

    Attributes
    ----------
    gpu : Context
    last : stream
        That of the latest run; before the first, the one that was current at bind.
    all : list of streams
    """

    __slots__ = ("_bound_on", "_cuda", "_thread", "all", "gpu", "last")

    def __init__(self, gpu: Context) -> None:
        self.gpu = gpu
        self._cuda: Any = gpu.xp.cuda
        self.last = self._bound_on = self._cuda.get_current_stream(gpu.device_id)
        self._thread = threading.get_ident()
        self.all: list[Any] = []

    def enter(self) -> bool:
        """Let the current stream come after the latest run's; whether it is another one."""
        stream = self._cuda.get_current_stream(self.gpu.device_id)
        if stream.ptr == self.last.ptr and self.all and not self._is_anothers(stream):
            return False
        with placed(self.gpu):
            moved = self._follow(stream)
        self.last, self._thread = stream, threading.get_ident()
        if all(stream.ptr != other.ptr for other in self.all):
            self.all.append(stream)
        return moved

    def _is_anothers(self, stream: Any) -> bool:
        return stream.ptr == _PER_THREAD and self._thread != threading.get_ident()

    def _follow(self, stream: Any) -> bool:
        if self._is_anothers(stream):
            self._cuda.Device().synchronize()  # another thread's stream cannot be named
            return True
        if stream.ptr == self.last.ptr:
            return False
        stream.wait_event(self._recorded())
        return True

    def leave(self) -> None:
        """Let all other streams come after the run."""
        if len(self.all) > 1:
            self._followed_by(self.all)

    def end(self) -> None:
        """Let all streams that memory may go back to come after the latest run."""
        if self.all:
            self._followed_by([self._bound_on, *self.all])

    def _followed_by(self, streams: Sequence[Any]) -> None:
        others = [other for other in streams if other.ptr != self.last.ptr]
        if others:
            with placed(self.gpu):
                event = self._recorded()
                for other in others:
                    other.wait_event(event)

    def in_the_middle(self, function: Callable[[], Result]) -> Result:
        """Call a function in a run, which may have made another stream the current one."""
        before = self._cuda.get_current_stream(self.gpu.device_id)
        if before.ptr == self.last.ptr:
            return function()
        with placed(self.gpu):
            self.last.use()
        try:
            return function()
        finally:
            with placed(self.gpu):
                before.use()

    def _recorded(self) -> Any:
        event = self._cuda.Event(disable_timing=True)
        event.record(self.last)
        return event


class DeviceTurns(Turns):
    """Turns of an executor that computes on a GPU, or on several.

    Parameters
    ----------
    home : Context
        What the executor is bound to.
    gpus : sequence of Context
    outputs : sequence of NDArray
        Handles whose memory a run may write to if nobody else refers to it.

    Attributes
    ----------
    stream : int or None
        The address of the one stream that runs are called on, which a run without a turn must be on too;
        None where there are none or several.
    """

    __slots__ = ("_callers", "_home", "_left", "_outputs", "_placed", "stream")

    def __init__(self, home: Context, gpus: Sequence[Context], outputs: Sequence[NDArray]) -> None:
        super().__init__()
        self._home = home
        self._callers = [_Callers(gpu) for gpu in gpus]
        self._left: list[Any] = []
        self._placed = False
        self._outputs = tuple(outputs)
        self.stream: int | None = None

    def __del__(self) -> None:
        with suppress(Exception):  # of a device, or a Python, that does nothing any more
            for callers in self._callers:
                callers.end()

    def take(self, function: Callable[[], Result]) -> Result:
        """Call a function when nobody else has a turn, on the device; see :meth:`Turns.take`."""
        return super().take(lambda: self._on_device(function))

    def _on_device(self, function: Callable[[], Result]) -> Result:
        if self.within or self._placed:
            return self._callers[0].in_the_middle(function)
        with placed(self._home):
            self._enter()
            self._placed = True
            try:
                result = function()
            except BaseException:
                with suppress(Exception):  # of a device that does nothing any more
                    self._leave()
                raise
            finally:
                self._placed = False
            self._leave()
            return result

    def _enter(self) -> None:
        for callers in self._callers:
            if callers.enter():
                # Referred to, they are not written to.
                self._left += [output._data for output in self._outputs]
        first = self._callers[0]
        alone = len(self._callers) == 1 and len(first.all) == 1
        self.stream = first.last.ptr if alone and first.last.ptr != _PER_THREAD else None

    def _leave(self) -> None:
        self._left.clear()
        for callers in self._callers:
            callers.leave()


def turns_on(home: Context, places: Sequence[Context], outputs: Sequence[NDArray]) -> Turns:
    """The turns of an executor that is bound to `home`, has parts in some places, and gives these outputs."""
    gpus = [place for place in dict.fromkeys([home, *places]) if place.is_gpu]
    return DeviceTurns(home, gpus, outputs) if gpus else Turns()
