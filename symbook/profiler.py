"""`mx.profiler`: what executors ran and when, as a file that Chrome's `about:tracing` and Perfetto open.

The events are those of the traces that `executor.trace()` gives.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any

from . import forks
from .errors import (
    ParamError,
    SymbookError,
    asked_of,
    did_you_mean,
    listed,
    one_of,
)
from .files import path_text, replacing
from .runners import watch
from .runners.trace import Record, Trace

Event_ = dict[str, Any]

# MXNet's options; those that choose what is profiled are accepted, since all of it comes from one trace.
_OPTIONS = """
    filename profile_all profile_symbolic profile_imperative profile_memory profile_api
    continuous_dump dump_period aggregate_stats gpu_memory_profile_filename_prefix profile_process
""".split()  # noqa: SIM905  # a page of quoted names reads worse


_lock = forks.lock()


class _Profile:
    """The events gathered so far; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = _lock
        self._begin = time.perf_counter()
        self.filename = "profile.json"
        self.running = False
        self.paused = False
        self.events: list[Event_] = []
        self._flows = 0

    def hears(self) -> bool:
        return self.running and not self.paused

    def add(self, event: Event_) -> None:
        with self._lock:
            self.events.append({"pid": os.getpid(), **event})

    def microseconds(self, moment: float) -> float:
        return (moment - self._begin) * 1e6

    def run(self, act: str, moment: float, trace: Trace) -> None:
        """Note a run: one event for itself and one for each of its steps."""
        start = self.microseconds(moment)
        self.add(_complete(act, "run", start, trace.seconds, _CALLER, {"runner": trace.runner}))
        makers: dict[int, Record] = {}
        for record in trace.records:
            begin = start + record.start * 1e6
            self.add(
                _complete(
                    record.node, "operator", begin, record.seconds, _lane(record), _told(record)
                )
            )
            makers |= {id(value): record for value in record.outputs}
        for record in trace.records:
            for value in record.inputs:
                if id(value) in makers:
                    self._flow(start, makers[id(value)], record)

    def _flow(self, start: float, maker: Record, reader: Record) -> None:
        """Note an arrow from a step to one that reads its result; its ends are inside of their events."""
        self._flows += 1
        for phase, record in (("s", maker), ("f", reader)):
            event = {
                "name": "reads", "cat": "data", "ph": phase, "id": self._flows,
                "ts": _nanos(start + record.start * 1e6), "tid": _lane(record),
            }  # fmt: skip
            self.add(event | ({"bp": "e"} if phase == "f" else {}))

    def taken(self, reset: bool) -> list[Event_]:
        with self._lock:
            found = list(self.events)
            if reset:
                self.events.clear()
        return found


def _complete(
    name: str, category: str, start: float, seconds: float, thread: int, args: Mapping[str, Any]
) -> Event_:
    begin = _nanos(start)
    # Of both ends the same rounding, so that events that meet, or lie in another, still do.
    length = round(_nanos(start + seconds * 1e6) - begin, 3)
    return {
        "name": name, "cat": category, "ph": "X", "ts": begin, "dur": length, "tid": thread,
        "args": dict(args),
    }  # fmt: skip


def _nanos(microseconds: float) -> float:
    """Microseconds, rounded to nanoseconds, which is what Perfetto counts in."""
    return round(microseconds, 3)


def _told(record: Record) -> dict[str, Any]:
    told = {
        "op": record.op,
        "inputs": list(record.input_names),
        "outputs": list(record.output_names),
        "made at": str(record.where) if record.where else "",
    }
    return {**told, "stream": record.stream} if record.stream else told


_CALLER = 1
"""The calling thread's number, as in a trace. Perfetto keeps 0 for what no thread does."""

# A GPU's streams, in the order in which they appeared; their numbers come after those of threads.
_FIRST_STREAM = 1000
_streams: list[str] = []


def _lane(record: Record) -> int:
    """The number of the row that it is drawn in."""
    if not record.stream:
        return record.thread
    if record.stream not in _streams:
        _streams.append(record.stream)
    return _FIRST_STREAM + _streams.index(record.stream)


def _lane_name(number: int) -> str:
    if number >= _FIRST_STREAM:
        return f"stream {_streams[number - _FIRST_STREAM]}"
    return f"thread {number}"


_profile = _Profile()


def chrome_trace(
    *traces: Trace, counters: Mapping[str, Sequence[tuple[float, float]]] = MappingProxyType({})
) -> str:
    """The Chrome and Perfetto form of traces, such as `executor.trace()` gives: JSON text.

    Parameters
    ----------
    *traces : Trace
        One, or forward and backward of one executor.
    counters : mapping of str to sequence of (float, float)
        Curves to be drawn below: the seconds since the first trace began, and the value from then on.
    """
    profile = _Profile()
    profile._begin = traces[0].began if traces else 0.0
    names = ("forward", "backward") if len(traces) > 1 else ("run",)
    for name, trace in zip(names, traces, strict=True):
        profile.run(name, trace.began, trace)
    for name, curve in counters.items():
        for moment, value in curve:
            event = {"name": name, "cat": "memory", "ph": "C", "ts": _nanos(moment * 1e6)}
            profile.add({**event, "tid": _CALLER, "args": {name: value}})
    return _text(profile.taken(False))


def _text(events: list[Event_]) -> str:
    threads = sorted({(event["pid"], event["tid"]) for event in events if "tid" in event})
    named: list[Event_] = [
        {"name": "process_name", "ph": "M", "pid": pid, "args": {"name": "symbook"}}
        for pid in sorted({pid for pid, _ in threads})
    ]
    for pid, tid in threads:
        row = {"ph": "M", "pid": pid, "tid": tid}
        named.append({"name": "thread_name", **row, "args": {"name": _lane_name(tid)}})
        named.append({"name": "thread_sort_index", **row, "args": {"sort_index": tid}})
    return json.dumps({"traceEvents": [*named, *events], "displayTimeUnit": "ms"}, indent=1)


def set_config(**kwargs: Any) -> None:
    """Choose where :func:`dump` writes: `filename`, `profile.json` unless given.

    MXNet's other options are accepted; they choose among what is recorded here anyhow.

    Raises
    ------
    ParamError
        If an option is unknown.
    """
    for key in kwargs:
        if key not in _OPTIONS:
            raise ParamError(
                f"the profiler has no option {key!r}; it has {listed(_OPTIONS)}",
                hint=one_of(key, _OPTIONS),
            )
    if "filename" in kwargs:
        _profile.filename = path_text(kwargs["filename"], "filename")


def set_state(state: str = "stop", profile_process: str = "worker") -> None:
    """Begin or end profiling: `run` or `stop`.

    Raises
    ------
    ParamError
        If it is neither.
    """
    if state not in ("run", "stop"):
        raise ParamError(
            f"the profiler's state is 'run' or 'stop', not {state!r}",
            hint=did_you_mean(str(state), ("run", "stop")) or "Write mx.profiler.set_state('run').",
        )
    _profile.running = state == "run"
    _profile.paused = False
    _listen()


def pause(profile_process: str = "worker") -> None:
    """Record nothing until :func:`resume`."""
    _profile.paused = True
    _listen()


def resume(profile_process: str = "worker") -> None:
    """Go on after :func:`pause`."""
    _profile.paused = False
    _listen()


def _listen() -> None:
    watch.set_listener(_profile.run if _profile.hears() else None)


def dump(finished: bool = True, profile_process: str = "worker") -> None:
    """Write what was recorded to the file, whole or not at all, and forget it; `finished` ends profiling.

    Raises
    ------
    OSError
        If the file cannot be written; nothing is forgotten then.
    """
    text = _text(_profile.taken(False))
    with replacing(_profile.filename) as file:
        file.write(text.encode())
    _profile.taken(True)
    if finished:
        set_state("stop")


def dumps(
    reset: bool = False, format: str = "table", sort_by: str = "total", ascending: bool = False
) -> str:
    """Totals for each operator: how often it ran, and its times in milliseconds.

    Parameters
    ----------
    reset : bool
        Forget what was recorded.
    format : {"table", "json"}
    sort_by : {"total", "avg", "min", "max", "count"}
    ascending : bool

    Raises
    ------
    ParamError
        If `format` or `sort_by` is none of these.
    """
    if format not in ("table", "json") or sort_by not in _COLUMNS:
        raise ParamError(
            f"format is 'table' or 'json' and sort_by one of {listed(list(_COLUMNS))}, not {format!r} "
            f"and {sort_by!r}",
            hint="For example: mx.profiler.dumps(format='table', sort_by='total').",
        )
    rows = _totals(_profile.taken(reset))
    order = sorted(rows, key=lambda name: rows[name][sort_by], reverse=not ascending)
    if format == "json":
        return json.dumps({name: rows[name] for name in order})
    lines = [f"{'Name':<28}{'Count':>10}" + "".join(f"{c + ' (ms)':>14}" for c in _COLUMNS[1:])]
    for name in order:
        times = "".join(f"{rows[name][column]:>14.4f}" for column in _COLUMNS[1:])
        lines.append(f"{name:<28}{rows[name]['count']:>10.0f}{times}")
    return "\n".join(lines) + "\n"


_COLUMNS = ("count", "total", "min", "max", "avg")


def _totals(events: list[Event_]) -> dict[str, dict[str, float]]:
    times: dict[str, list[float]] = {}
    for event in events:
        if event["ph"] == "X":
            name = event["args"].get("op", event["name"])
            times.setdefault(name, []).append(event["dur"] / 1e3)
    return {
        name: {
            "count": len(found), "total": sum(found), "min": min(found), "max": max(found),
            "avg": sum(found) / len(found),
        }
        for name, found in times.items()
    }  # fmt: skip


profiler_set_state = set_state
dump_profile = dump


def profiler_set_config(mode: str = "symbolic", filename: str = "profile.json") -> None:
    """As :func:`set_config`, in MXNet's older form."""
    set_config(filename=filename)


class Domain:
    """A group of the user's own events.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    def new_task(self, name: str) -> Task:
        """A :class:`Task` of this domain."""
        return Task(self, name)

    def new_frame(self, name: str) -> Frame:
        """A :class:`Frame` of this domain."""
        return Frame(self, name)

    def new_counter(self, name: str, value: float | None = None) -> Counter:
        """A :class:`Counter` of this domain."""
        return Counter(self, name, value)

    def new_marker(self, name: str) -> Marker:
        """A :class:`Marker` of this domain."""
        return Marker(self, name)


class _Span:
    """A stretch of time that the user begins and ends, also by `with`."""

    _category = "span"

    def __init__(self, domain: Domain | None, name: str) -> None:
        self._domain, self.name = domain, name
        self._start: float | None = None

    def start(self) -> None:
        """Begin."""
        self._start = time.perf_counter()

    def stop(self) -> None:
        """End; raises SymbookError if it has not begun."""
        if self._start is None:
            raise SymbookError(
                f"{self.name} was stopped and had not been started", hint="Call start() first."
            )
        start, self._start = self._start, None
        if _profile.hears():
            seconds = time.perf_counter() - start
            category = str(self._domain or self._category)
            _profile.add(
                _complete(self.name, category, _profile.microseconds(start), seconds, _CALLER, {})
            )

    def __enter__(self) -> _Span:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __str__(self) -> str:
        return self.name


class Task(_Span):
    """A task of the user's own: `with domain.new_task("load"): …`"""

    _category = "task"


class Frame(_Span):
    """One of a row of equal stretches, such as a batch."""

    _category = "frame"


class Event(_Span):
    """A stretch of time without a domain.

    Parameters
    ----------
    name : str
    """

    _category = "event"

    def __init__(self, name: str) -> None:
        super().__init__(None, name)


class Counter:
    """A number that changes over time.

    Parameters
    ----------
    domain : Domain
    name : str
    value : float, optional
        Its first value, 0 when left out.
    """

    def __init__(self, domain: Domain, name: str, value: float | None = None) -> None:
        self._domain, self.name, self.value = domain, name, value or 0
        if value is not None:
            self.set_value(value)

    def set_value(self, value: float) -> None:
        """Let it be `value`."""
        self.value = value
        if _profile.hears():
            moment = _profile.microseconds(time.perf_counter())
            _profile.add(
                {"name": self.name, "cat": str(self._domain), "ph": "C", "ts": moment, "tid": _CALLER,
                 "args": {self.name: value}}
            )  # fmt: skip

    def increment(self, delta: float = 1) -> None:
        """Let it grow by `delta`."""
        self.set_value(self.value + delta)

    def decrement(self, delta: float = 1) -> None:
        """Let it shrink by `delta`."""
        self.set_value(self.value - delta)

    def __iadd__(self, delta: float) -> Counter:
        self.increment(delta)
        return self

    def __isub__(self, delta: float) -> Counter:
        self.decrement(delta)
        return self

    def __str__(self) -> str:
        return self.name


class Marker:
    """A moment of the user's own.

    Parameters
    ----------
    domain : Domain
    name : str
    """

    def __init__(self, domain: Domain, name: str) -> None:
        self._domain, self.name = domain, name

    def mark(self, scope: str = "process") -> None:
        """Note the moment; `scope` is how much of the picture its line crosses: process, thread, global."""
        if _profile.hears():
            moment = _profile.microseconds(time.perf_counter())
            _profile.add(
                {"name": self.name, "cat": str(self._domain), "ph": "i", "ts": moment, "tid": _CALLER,
                 "s": {"process": "p", "thread": "t"}.get(scope, "g")}
            )  # fmt: skip


__getattr__ = asked_of("mx.profiler", dir())
