"""What a thread is at, read off its stack: for a progress bar, and to say what an interrupt has stopped.

Runs keep no notes for this. A run of a few elements takes some microseconds, and a note of each of its steps
would take as long as some steps; but all that one wants to know is in the local variables of a few functions
anyway. These are named here: those that are an *act*, such as `Executor.forward`, and those whose variables
tell how far it has come. Who looks, from another thread or in an exception's traceback, pays for it alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple, TypeVar, cast


class Part(NamedTuple):
    """How far something has come.

    Attributes
    ----------
    done, total : int
    unit : str
        What is counted: `steps`.
    now : str
        The name of the one that is under way, or empty.
    what : str
        What that is, such as its operator, or empty.
    share : float or None
        Which part of the time is over, as far as that can be estimated; from 0 to 1.
    """

    done: int
    total: int
    unit: str
    now: str = ""
    what: str = ""
    share: float | None = None


class Work(NamedTuple):
    """What a thread is at.

    Attributes
    ----------
    act : str
        `forward`, `bind`.
    frame : FrameType
        Of the call that it is. While it is referred to, no other has its identity.
    part : Part or None
    """

    act: str
    frame: FrameType
    part: Part | None


Reader = Callable[[Mapping[str, Any]], Part | None]
"""Gives, from a function's local variables, how far it has come."""

Function = TypeVar("Function", bound=Callable[..., Any])

SCRIPT = "<script>"
"""The global name, which no text can have, of what knows a written function's lines; it has `at(line)`."""

_acts: dict[CodeType, str] = {}
_readers: dict[CodeType, Reader] = {}


def act(name: str) -> Callable[[Function], Function]:
    """Name what a function does. It costs its calls nothing."""

    def naming(function: Function) -> Function:
        _acts[function.__code__] = name
        return function

    return naming


def interruptible(name: str) -> Callable[[Function], Function]:
    """Name what a function does, and let the interrupts that stop it say so."""

    def naming(function: Function) -> Function:
        @wraps(function)
        def calling(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except KeyboardInterrupt as error:
                explain(error)
                raise

        act(name)(function)
        return cast(Function, calling)

    return naming


def tells(reader: Reader) -> Callable[[Function], Function]:
    """Let a function's local variables tell how far it has come. It costs its calls nothing."""

    def noting(function: Function) -> Function:
        _readers[function.__code__] = reader
        return function

    return noting


def stack(frame: FrameType | None) -> list[tuple[FrameType, int]]:
    """The calls that led to a frame, the outermost first, and the line that each is at."""
    found = []
    while frame is not None:
        found.append((frame, frame.f_lineno))
        frame = frame.f_back
    return found[::-1]


def traced(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """The same of the calls that an exception has left."""
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def of_thread(identity: int) -> Work | None:
    """What a thread is at; None if that is nothing of ours."""
    frame = sys._current_frames().get(identity)
    try:
        return of_calls(stack(frame))
    finally:
        del frame


def of_calls(calls: Iterable[tuple[FrameType, int]]) -> Work | None:
    """The outermost act among calls, and the outermost count in it."""
    name, outermost, part = "", None, None
    for frame, line in calls:
        if outermost is None:
            name = _acts.get(frame.f_code, "")
            outermost = frame if name else None
        if outermost is not None and part is None:
            part = _part(frame, line)
    return None if outermost is None else Work(name, outermost, part)


def _part(frame: FrameType, line: int) -> Part | None:
    reader = _readers.get(frame.f_code)
    if reader is not None:
        return reader(frame.f_locals)
    script = frame.f_globals.get(SCRIPT)
    return None if script is None else cast("Part | None", script.at(line))


def explain(error: KeyboardInterrupt) -> None:
    """Let an interrupt say what it has stopped: `interrupted in forward after 37 of 120 steps, at conv3_2`.

    Of acts in each other it is the outermost.
    """
    work = of_calls(traced(error.__traceback__))
    if work is not None:
        error.args = (_sentence(work),)


def _sentence(work: Work) -> str:
    text = f"interrupted in {work.act}"
    if work.part is None:
        return text
    done, total, unit, now, *_ = work.part
    return f"{text} after {done:,} of {total:,} {unit}{f', at {now}' if now else ''}"
