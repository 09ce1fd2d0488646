"""`cupy.cuda`: devices, streams, events and graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .capture import Capture
from .errors import STATUS, CUDARuntimeError
from .streams import (
    current_queue,
    current_stream,
    device_now,
    enter_stream,
    leave_stream,
    use_device,
    use_stream,
)
from .world import Part, Queue, Task, world

CAPABILITY = "90"


class Device:
    """`cupy.cuda.Device`: in a `with` statement, the thread's current device."""

    def __init__(self, device: Any = None) -> None:
        self.id = device_now() if device is None else int(device)
        self._before: list[int] = []

    def __int__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"

    def __enter__(self) -> Device:
        self._before.append(device_now())
        self.use()
        return self

    def __exit__(self, *args: object) -> None:
        use_device(self._before.pop())

    def use(self) -> None:
        """Make it the thread's current device."""
        _check_device(self.id)
        use_device(self.id)

    def synchronize(self) -> None:
        """Wait until all its work is done."""
        world().counts["synchronizations"] += 1
        world().finish_device(self.id)

    @property
    def compute_capability(self) -> str:
        """Major and minor version as digits."""
        return CAPABILITY

    @property
    def mem_info(self) -> tuple[int, int]:
        """Free and total bytes of its memory."""
        return world().memory - world().allocated[self.id], world().memory

    @property
    def attributes(self) -> dict[str, int]:
        """Numbers about the device, by CUDA's names."""
        return {
            "MultiProcessorCount": 8,
            "MaxThreadsPerBlock": 1024,
            "MaxSharedMemoryPerBlock": 49152,
            "MaxThreadsPerMultiProcessor": 2048,
            "WarpSize": 32,
            "ComputeCapabilityMajor": int(CAPABILITY[:-1]),
            "ComputeCapabilityMinor": int(CAPABILITY[-1]),
        }

    @property
    def pci_bus_id(self) -> str:
        """Where it is plugged in."""
        return f"0000:{self.id:02X}:00.0"


def _check_device(number: int) -> None:
    if not 0 <= number < world().devices:
        raise CUDARuntimeError(STATUS["cudaErrorInvalidDevice"])


class _Now:
    """The queue of a singleton stream: the null stream of the current device."""

    def __get__(self, stream: Any, owner: type) -> Queue:
        return world().nulls[device_now()]


class BaseStream:
    """What the null stream and others share."""

    queue: Any
    device_id = -1
    ptr = 0

    def __enter__(self) -> BaseStream:
        self._check_device()
        enter_stream(None if self.ptr == 0 else self)
        return self

    def __exit__(self, *args: object) -> None:
        leave_stream()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BaseStream) and other.ptr == self.ptr

    def __hash__(self) -> int:
        return hash(self.ptr)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.ptr} (device {self.device_id})>"

    def __cuda_stream__(self) -> tuple[int, int]:
        return 0, self.ptr

    def use(self) -> BaseStream:
        """Make it the thread's current stream."""
        self._check_device()
        use_stream(None if self.ptr == 0 else self, device_now())
        return self

    def _check_device(self) -> None:
        if self.device_id not in (-1, device_now()):
            raise RuntimeError(
                f"This stream was not created on current device. Current device: {device_now()}. "
                f"Stream device: {self.device_id}."
            )

    @property
    def done(self) -> bool:
        """Whether all its work is done."""
        self._refuse_capture()
        world().raise_failure()
        return not self.queue.waiting

    def synchronize(self) -> None:
        """Wait until all its work is done."""
        self._refuse_capture()
        world().refuse_implicit(self.queue)
        world().counts["synchronizations"] += 1
        world().finish([self.queue.last, *self._null_waits()])

    def _null_waits(self) -> list[Task | None]:
        return world()._by_null_stream(self.queue) if self.queue.null else []

    def _refuse_capture(self) -> None:
        if self.queue.capture is not None:
            self.queue.capture.broken = True
            raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureUnsupported"])

    def record(self, event: Event | None = None) -> Event:
        """Record an event here, a new one if none is given."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Later work here waits for what the event was recorded after."""
        queue, captured, task = self.queue, event.captured, event.task
        if captured is not None and captured.open:
            captured.wait(queue, event.node)
        elif queue.capture is not None:
            if task is not None and not task.done:
                queue.capture.broken = True
                raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureIsolation"])
        elif task is not None:
            queue.waits.append(task)

    def launch_host_func(self, callback: Callable[[Any], None], arg: Any) -> None:
        """A call of a function on the host, in the order of the stream."""
        world().enqueue(self.queue, "host_func", lambda: callback(arg), capturable=True)

    def add_callback(self, callback: Callable[..., None], arg: Any) -> None:
        """A call of a function on the host, with stream, error and argument."""
        world().enqueue(self.queue, "callback", lambda: callback(self, 0, arg))

    def begin_capture(self, mode: int | None = None) -> None:
        """Later work here is not done, but becomes a graph."""
        if self.queue.null:
            raise RuntimeError("cannot capture on the default (legacy) stream")
        if self.queue.capture is not None:
            raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureUnsupported"])
        Capture(self.queue)

    def end_capture(self) -> Graph:
        """The graph of what was put here since `begin_capture`."""
        if self.queue.capture is None:
            raise CUDARuntimeError(STATUS["cudaErrorInvalidValue"])
        return Graph(self.queue.capture.end(self.queue))

    def is_capturing(self) -> bool:
        """Whether the stream is being captured."""
        return self.queue.capture is not None

    @property
    def is_non_blocking(self) -> bool:
        """Whether it does not wait for the null stream, nor that for it."""
        return not self.queue.blocking

    @property
    def priority(self) -> int:
        """Lower numbers go first."""
        return 0


class Stream(BaseStream):
    """`cupy.cuda.Stream`."""

    null: BaseStream
    ptds: BaseStream

    def __new__(
        cls,
        null: bool = False,
        non_blocking: bool = False,
        ptds: bool = False,
        priority: Any = None,
    ) -> Any:
        return super().__new__(_NullStream if null else cls)

    def __init__(
        self,
        null: bool = False,
        non_blocking: bool = False,
        ptds: bool = False,
        priority: Any = None,
    ) -> None:
        if ptds:
            raise NotImplementedError("per-thread default streams are not simulated")
        if not null:
            self.device_id = device_now()
            self.queue = world().queue(self.device_id, blocking=not non_blocking)
            self.ptr = 0x5EA000 + self.queue.number


class _NullStream(Stream):
    queue: Any = _Now()


_NullStream.__name__ = "Stream"
Stream.null = Stream(null=True)


class Event:
    """`cupy.cuda.Event`."""

    def __init__(
        self, block: bool = False, disable_timing: bool = False, interprocess: bool = False
    ) -> None:
        self._timed = not disable_timing
        self.device_id = device_now()
        self.ptr = id(self)
        self.task: Task | None = None
        self.time: float | None = None
        self.captured: Capture | None = None
        self.node: Any = None

    def record(self, stream: Any = None) -> None:
        """It happens when what the stream has to do now is done."""
        queue = current_queue() if stream is None else stream.queue
        if queue.device != self.device_id:
            raise CUDARuntimeError(STATUS["cudaErrorInvalidResourceHandle"])
        if queue.capture is not None:
            self.captured, self.node, self.task = queue.capture, queue.capture.here(queue), None
            return
        self.captured, self.time = None, None
        here = world()

        def happen() -> None:
            self.time = here.time

        self.task = here.mark(queue, "event", happen)

    def _refuse_captured(self) -> None:
        if self.captured is not None:
            self.captured.broken = True
            raise CUDARuntimeError(STATUS["cudaErrorCapturedEvent"])

    @property
    def done(self) -> bool:
        """Whether it has happened."""
        self._refuse_captured()
        world().raise_failure()
        return self.task is None or self.task.done

    def synchronize(self) -> None:
        """Wait until it has happened."""
        self._refuse_captured()
        world().counts["synchronizations"] += 1
        world().finish([self.task])


def get_elapsed_time(start_event: Event, end_event: Event) -> float:
    """Milliseconds between two events, by a clock that is made up and goes on."""
    for event in (start_event, end_event):
        if not event._timed or event.task is None:
            raise CUDARuntimeError(STATUS["cudaErrorInvalidResourceHandle"])
        if not event.task.done:
            raise CUDARuntimeError(STATUS["cudaErrorNotReady"])
    assert start_event.time is not None
    assert end_event.time is not None
    return end_event.time - start_event.time


class Graph:
    """`cupy.cuda.Graph`: what was captured, to be done again with the same addresses."""

    def __init__(self, capture: Capture | None = None) -> None:
        if capture is None:
            raise RuntimeError("Graphs are made by Stream.end_capture")
        self._capture = capture
        self._last: Task | None = None

    def launch(self, stream: Any = None) -> None:
        """Do all of it, in the order of the stream."""
        queue = current_queue() if stream is None else stream.queue
        here = world()
        here.counts["graphs"] += 1
        reads: list[Part] = []
        writes: list[Part] = []
        for node in self._capture.nodes:
            reads += node.reads
            writes += node.writes
        if self._last is not None:
            # Launches of a graph follow each other, whichever streams they are on.
            queue.waits.append(self._last)
        run = here.enqueue(queue, "graph", lambda: self._capture.replay(here), reads, writes)
        self._last = run or self._last

    def upload(self, stream: Any = None) -> None:
        """Make ready for the first launch."""


def get_current_stream(device_id: int = -1) -> Any:
    """The thread's current stream of a device, the current one by default."""
    return current_stream(None if device_id == -1 else device_id) or Stream.null


def get_device_id() -> int:
    """The number of the current device."""
    return device_now()


def synchronize() -> None:
    """Wait until all work of the current device is done."""
    Device().synchronize()


def is_available() -> bool:
    """Whether there is a device."""
    return world().devices > 0
