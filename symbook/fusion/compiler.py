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
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from ..errors import ArgumentError
from ..workers import pool
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

_lock = threading.Lock()
_made: dict[Key, Code | None] = {}
_queue: deque[Callable[[], None]] = deque()
_thread: threading.Thread | None = None
_forked = False
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
    return found if importlib.util.find_spec("numba") else "off"


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
            task()
        except Exception as error:
            failures.append(error)


def code(loop: Loop) -> Code | None:
    """The machine code of a loop; None if Numba cannot make it, and the graph then runs without."""
    if loop.key not in _made:
        try:
            _made[loop.key] = _compiled(loop)
        except Exception as error:
            failures.append(error)
            _made[loop.key] = None
    return _made[loop.key]


failures: list[Exception] = []
"""What was raised in this process so far. Graphs run without compiled code then: the tests look here."""


def _compiled(loop: Loop) -> Code:
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
    module, is_file = _module(loop.text + loop.frame)
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


def _module(text: str) -> tuple[Any, bool]:
    """The module of a source, and whether it stands in a file, as Numba's cache needs it."""
    name = f"_symbook_loop_{sha256(text.encode()).hexdigest()[:32]}"
    path = _stored(name, text)
    module = ModuleType(name)
    exec(compile(text, "<loop>" if path is None else str(path), "exec"), vars(module))
    # Numba's cache asks for the module by name when it loads the code in another process.
    sys.modules[name] = module
    return module, path is not None


def _stored(name: str, text: str) -> Path | None:
    """The file of a source in the cache; None where none can be written."""
    try:
        folder = cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{name}.py"
        if not path.exists() or path.read_text() != text:
            with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".tmp", delete=False) as file:
                file.write(text)
            os.replace(file.name, path)
    except OSError:
        return None
    return path


def cache_folder() -> Path:
    """Where compiled loops are kept: `SYMBOOK_CACHE`, else `symbook` in the user's cache folder."""
    given = os.environ.get("SYMBOOK_CACHE")
    if given:
        return Path(given) / "kernels"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "symbook" / "kernels"


def _forget() -> None:
    """In a forked child: its parent may have been compiling, and nobody would give back the locks of that."""
    global _lock, _thread, _forked
    _lock, _thread, _forked = threading.Lock(), None, True
    _queue.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
