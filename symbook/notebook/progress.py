"""A progress bar that appears by itself while a bind or a run takes longer than a second.

A thread of its own watches each cell that runs: ten times a second it reads off the stack of the cell's
thread what that is at (:mod:`symbook.underway`). So a run costs the same as without it, to the last
instruction; one long step is seen like many short ones; and threads that run steps never print. While no cell
runs, it sleeps.

Nothing of it is left in the notebook. An output could never be taken back: what is displayed stays in what
is saved, empty at best, and a test of a lesson on a slow machine would see an output that was not there
before. So it is a widget that is never displayed: its model alone is made, and draws into the running cell's
place in the page. Front ends that run cells of a page say so, by a cell's identity in their request; others,
such as those that test or convert notebooks, are sent nothing at all. A terminal has a line instead, which is
wiped out.

What other threads of the user's run is not shown: they may be at several things at once.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from symbook import underway
from symbook.garbage import COUNTS
from symbook.underway import Work

AFTER = 1.0
"""Seconds that something must take before a bar is shown."""

PERIOD = 0.1
"""Seconds between two looks; more where a look takes long, of a graph of very many steps."""

_SHARE_OF_TIME = 0.02
"""What looking may take of the time."""

_SOUND_FROM = 0.2
"""What must be over before the rest is estimated: the steps before may be all of one kind."""


class Bar(Protocol):
    """Where progress is shown."""

    def show(self, text: str, times: str, share: float | None) -> None:
        """Show what is being done, how long it has taken, and which share is over, if that is known."""

    def hide(self) -> None:
        """Show nothing, for a while."""

    def close(self) -> None:
        """Show nothing any more."""


class Cell:
    """A cell that is running.

    Attributes
    ----------
    thread : int
        The identity of the thread that runs it.
    source : str
    place : str
        What the front end calls the cell; empty where there is none.
    """

    def __init__(self, shell: Any, source: str) -> None:
        self.thread = threading.get_ident()
        self.source = source
        request = shell.get_parent() if hasattr(shell, "get_parent") else {}
        self.place = str((request or {}).get("metadata", {}).get("cellId", ""))
        self._terminal = not hasattr(shell, "kernel")

    def bar(self) -> Bar | None:
        """A bar for it; None where none can be shown."""
        if self.place:
            from .progress_bar import WidgetBar  # takes long to import

            return WidgetBar(self.source)
        return Line() if self._terminal and sys.stderr.isatty() else None


class Line:
    """Progress as a line of a terminal."""

    def show(self, text: str, times: str, share: float | None) -> None:
        """Write the line over the one before."""
        done = "" if share is None else f"{share:4.0%}  "
        sys.stderr.write(f"\r{done}{text}  ({times})"[:79] + "\x1b[K")
        sys.stderr.flush()

    def hide(self) -> None:
        """Wipe the line out."""
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    close = hide


class Watch:
    """Watches the cells that a shell runs."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        # Its `put` takes no lock that an interrupt could leave locked.
        self._cells: SimpleQueue[Cell | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._ended = False
        self._shown = False
        self._quiet = threading.Event()

    def install(self) -> None:
        """Watch from now on, the cell that is running too."""
        if not COUNTS:
            return  # without the GIL nobody may look at another thread's stack
        self._shell.events.register("pre_run_cell", self._begin)
        self._shell.events.register("post_run_cell", self._end)
        run_code = getattr(self._shell.__class__, "run_code", None)
        codes = [frame.f_code for frame, _ in underway.stack(sys._getframe())]
        if run_code is not None and run_code.__code__ in codes:
            self._begin(None)

    def uninstall(self) -> None:
        """Watch no more."""
        for event, function in (("pre_run_cell", self._begin), ("post_run_cell", self._end)):
            with suppress(ValueError):
                self._shell.events.unregister(event, function)
        self._ended = True
        self._cells.put(None)

    def _begin(self, info: Any) -> None:
        cell = Cell(self._shell, getattr(info, "raw_cell", None) or "")
        # New after a fork, too, where the thread does not exist.
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._loop, name="symbook progress", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no thread can be started here
                self._thread = None
                return
        self._cells.put(cell)

    def _end(self, result: Any) -> None:
        self._quiet.clear()
        self._cells.put(None)
        if self._shown:  # in a terminal the prompt comes next
            self._quiet.wait(1)

    def _loop(self) -> None:
        cell: Cell | None = None
        while not self._ended:
            cell = self._cells.get() if cell is None else self._watched(cell)

    def _watched(self, cell: Cell) -> Cell | None:
        """Watch a cell until it has ended; the one that has begun then, if any."""
        show = _Show(cell)
        pause = min(PERIOD, AFTER)
        try:
            while True:
                try:
                    return self._cells.get(timeout=pause)
                except Empty:
                    self._shown = show.look() or self._shown
                    pause = max(PERIOD, show.looking / _SHARE_OF_TIME)
        finally:
            show.close()
            self._shown = False
            self._quiet.set()


class _Show:
    """What is shown of one cell.

    Attributes
    ----------
    looking : float
        Seconds that the latest look at its thread took.
    """

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._frame: Any = None
        self._since = self._looked = time.monotonic()
        self._bar: Bar | None = None
        self._visible, self._can_show = False, True
        self._share: float | None = None
        self._whole: float | None = None
        self.looking = 0.0

    def look(self) -> bool:
        """Look at what the cell is at, and show it if it has taken long; whether there is a bar."""
        try:
            began = time.thread_time()
            work = underway.of_thread(self._cell.thread)
            self.looking = time.thread_time() - began
            now = time.monotonic()
            if work is None or work.frame is not self._frame:
                self._frame = None if work is None else work.frame
                self._since = self._looked  # it may have begun right after
                self._hide()
            self._looked = now
            if work is not None and now - self._since >= AFTER:
                self._show(work, now - self._since)
        except Exception:  # whatever front end or stack it is, the cell goes on, without a bar
            self._bar, self._can_show = None, False
        return self._bar is not None

    def _show(self, work: Work, seconds: float) -> None:
        if self._bar is None and self._can_show:
            self._bar = self._cell.bar()
            self._can_show = self._bar is not None
        if self._bar is not None:
            self._visible = True
            share = None if work.part is None else work.part.share
            if share != self._share:
                self._share, self._whole = share, whole(seconds, share)
            self._bar.show(told(work), times(seconds, self._whole), share)

    def _hide(self) -> None:
        if self._bar is not None and self._visible:
            self._visible = False
            self._bar.hide()

    def close(self) -> None:
        """The cell has ended."""
        self._frame = None
        bar, self._bar = self._bar, None
        if bar is not None:
            with suppress(Exception):
                bar.close()


def told(work: Work) -> str:
    """`forward: 37 of 120 steps, now conv3_2 (Convolution)`."""
    part = work.part
    if part is None:
        return work.act
    now = f", now {part.now}" if part.now else ""
    what = f" ({part.what})" if part.now and part.what else ""
    return f"{work.act}: {part.done:,} of {part.total:,} {part.unit}{now}{what}"


def whole(seconds: float, share: float | None) -> float | None:
    """How many seconds all takes, when a share of it has just been done; None where it is too early."""
    return None if share is None or not _SOUND_FROM <= share < 1 else seconds / share


def times(seconds: float, most: float | None) -> str:
    """`5 s, about 9 s left`, of `most` seconds, if that is known."""
    text = _duration(seconds)
    return text if most is None else f"{text}, about {_duration(max(1.0, most - seconds))} left"


def _duration(seconds: float) -> str:
    """Whole seconds, or minutes and seconds."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
