"""Machine code for loops, made by Numba while the plan already runs without it.

Loops are compiled one after another on a thread of their own. The code is kept in a folder of the user's
cache, where Numba looks whether it fits the processor and the version, and in this process by the loop's
source: two graphs with the same arithmetic share it.

Numba is optional (`pip install symbook[jit]`). `SYMBOOK_JIT=0` does without it, and `SYMBOOK_JIT=now`
compiles before a group runs first, for measurements.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from collections import deque
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

from ..errors import ArgumentError
from ..workers import pool
from . import kept
from .source import Loop
from .team import Team


class Code(NamedTuple):
    """The machine code of a loop.

    Attributes
    ----------
    begin : callable
        Called with arrays, the address of a record, that of the team's board, and how many may help. That
        of a loop that holds the lock: called with arrays, then its numbers and functions, if it has any.
        It does not look at the arrays: they must have the loop's dtypes and ranks, and be contiguous.
    part : int
        The address of the function of one block; 0 if there is none.
    keep : object
        What owns the code.
    """

    begin: Callable[..., None]
    part: int
    keep: object


Key = tuple[object, ...]

_lock = threading.RLock()
_busy = threading.RLock()  # who imports Numba, or compiles
_made: dict[Key, Code | None] = {}
_queue: deque[Callable[[], None]] = deque()
_thread: threading.Thread | None = None
_forked = False
_waited = False
_team: Team | None = None


@cache
def mode() -> str:
    """When loops are compiled: `off`, `later`, in the background, or `now`, in a group's first run.

    It is what `SYMBOOK_JIT` says, 0, 1 or `now`, and `off` without Numba.

    Raises
    ------
    ArgumentError
        If the variable is something else.
    """
    found = asked()
    try:
        return found if importlib.util.find_spec("numba") else "off"
    except (ImportError, ValueError):  # something keeps it from being found
        return "off"


def asked() -> str:
    """What `SYMBOOK_JIT` says, whether or not Numba is there.

    Raises
    ------
    ArgumentError
        If the variable is something else.
    """
    text = os.environ.get("SYMBOOK_JIT", "").strip().lower()
    modes = {"": "later", "0": "off", "1": "later", "now": "now"}
    if text not in modes:
        raise ArgumentError(
            f"the environment variable SYMBOOK_JIT is {text!r}", hint="Set it to 0, 1 or now."
        )
    return modes[text]


def later(task: Callable[[], None]) -> None:
    """Run a task, which may ask for :func:`code`, on the thread that compiles."""
    global _thread
    with _lock:
        if _forked:
            return
        _queue.append(task)
        if _thread is None:
            # No daemon: a process that ends in the midst of LLVM would crash. It ends by itself.
            _thread = threading.Thread(target=_work, name="symbook-compiler")
            try:
                _thread.start()
            except RuntimeError:  # no thread can be started: do without
                _thread = None
                _queue.clear()


def is_busy() -> bool:
    """Whether some task has not run yet."""
    return _thread is not None


def wait() -> None:
    """Wait until all tasks have run."""
    thread = _thread
    if thread is not None:
        thread.join()


def _work() -> None:
    global _thread
    while True:
        with _lock:
            if not _queue or not threading.main_thread().is_alive():
                _queue.clear()
                _thread = None
                return
            task = _queue.popleft()
        try:
            with _busy:
                task()
        except Exception as error:
            failures.append(error)


def code(loop: Loop) -> Code | None:
    """The machine code of a loop; None if Numba cannot make it, and the graph then runs without."""
    if loop.key not in _made:
        try:
            with _busy:
                _made[loop.key] = _compiled(loop)
        except Exception as error:
            failures.append(error)
            _made[loop.key] = None
    return _made[loop.key]


failures: list[Exception] = []
"""What was raised in this process so far. Graphs run without compiled code then: the tests look here."""


def _compiled(loop: Loop) -> Code:
    """Compiled, or read from the cache.

    A damaged cache is made anew; where that is impossible, as on a full disk, it is left alone.
    """
    from numba.core.errors import NumbaError

    text = loop.text + loop.frame
    for attempt in range(2):
        try:
            return _made_of(loop, *kept.module(text))
        except NumbaError:
            raise
        except Exception:
            if attempt == 0:
                kept.discard(text)
    return _made_of(loop, *kept.module(text, kept=False))


def _made_of(loop: Loop, module: Any, is_file: bool) -> Code:
    import numba

    _allow_many_arrays()
    types = [
        numba.types.Array(
            numba.from_dtype(loop.dtypes[value]),
            loop.ranks[value],
            "C",
            readonly=value not in loop.written,
        )
        for value in loop.arrays
    ]
    kinds = [numba.float64] * bool(loop.numbers) + [numba.intp] * bool(loop.functions)
    more = [numba.types.Array(kind, 1, "C") for kind in kinds]
    # As NumPy: x / 0 is inf. No fast-math: the same bits as NumPy's own arithmetic.
    compile = partial(numba.njit, nogil=not loop.holds_lock, cache=is_file, error_model="numpy")
    module.loop = compile(numba.void(*types, *more))(module.loop)
    if loop.holds_lock:
        (made,) = module.loop.overloads.values()
        # Numba's own look at the arguments takes longer than such a loop.
        return Code(made.entry_point, 0, module.loop)
    from .native import PART

    part = numba.cfunc(PART, cache=is_file)(module.part)
    begin = compile(numba.void(*types, *[numba.intp] * 3))(module.begin)
    return Code(begin, part.address, part)


def team() -> Team:
    """Those who run loops; they wait where workers do."""
    global _team
    if _team is None:
        from .native import serve

        _team = pool.place = Team(serve)
    return _team


@cache
def _allow_many_arrays() -> None:
    """Let LLVM compare more pairs of arrays, to be sure that none overlap, than the 8 that it does by itself.

    With more it would not use the processor's vector instructions.
    """
    from llvmlite import binding

    binding.set_option("symbook", "-runtime-memory-check-threshold=128")


_SECONDS_BEFORE_FORK = 10.0


def _before_fork() -> None:
    """Let who imports Numba or compiles end first: in the child nobody would give back the locks of that."""
    global _waited
    _waited = _busy.acquire(timeout=_SECONDS_BEFORE_FORK)


def _after_fork() -> None:
    if _waited:
        _busy.release()


def _forget() -> None:
    """In a forked child there is no thread that compiles."""
    global _lock, _busy, _thread, _forked
    _lock, _busy, _thread, _forked = threading.RLock(), threading.RLock(), None, True
    _queue.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_forget)
