"""`mx.engine`: how many threads graphs run on, and MXNet's size of bulks.

Environment variables, read when something is run:

- `SYMBOOK_NUM_THREADS`: how many threads may run at once, those of NumPy's BLAS included;
- `OMP_NUM_THREADS`: the same, where the former is not set;
- `MXNET_ENGINE_TYPE=NaiveEngine`: graphs that are bound then run their steps one after the other.

Without them there are as many threads as this process may use processors. MXNet's
`MXNET_CPU_WORKER_NTHREADS` is not read: there it counts threads each of which has further ones.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from . import workers
from .errors import ArgumentError, asked_of

__all__ = ["bulk", "num_threads", "set_bulk_size", "set_num_threads", "threads"]


def num_threads() -> int:
    """How many threads may run at once.

    Raises
    ------
    ArgumentError
        If `SYMBOOK_NUM_THREADS` is no positive number. A TypeError.
    """
    return workers.thread_count()


def set_num_threads(count: int | None) -> int:
    """Set how many threads may run at once in this process, whatever the environment says.

    It bounds NumPy's BLAS as well, while a graph runs that is bound afterwards.

    Parameters
    ----------
    count : int or None
        1 or more; None: what the environment says, as before any call.

    Returns
    -------
    int
        How many it was before.

    Raises
    ------
    ArgumentError
        If it is no positive number. A TypeError.

    >>> import symbook as mx
    >>> before = mx.engine.set_num_threads(1)
    >>> mx.engine.set_num_threads(before)
    1
    """
    before = workers.thread_count()
    workers.set_thread_count(_positive(count))
    return before


def threads(count: int | None) -> _Scope:
    """Let that many threads run at once, for the whole process, in a `with` block.

    >>> import symbook as mx
    >>> with mx.engine.threads(2):
    ...     mx.engine.num_threads()
    2

    Raises
    ------
    ArgumentError
        If it is no positive number. A TypeError.
    """
    return _Scope(workers.set_thread_count, _positive(count))


def _positive(count: int | None) -> int | None:
    if count is None:
        return None
    found = _whole(count)
    if found < 1 or isinstance(count, bool):
        raise ArgumentError(f"{count!r} is no number of threads", hint="Give 1 or more.")
    if found > workers.most_threads():
        raise ArgumentError(
            f"at most {workers.most_threads()} threads can run, not {found}",
            hint="None gives as many as there are processors.",
        )
    return found


class _Scope:
    """Sets a value on entering, and the former one on leaving."""

    def __init__(self, setter: Callable[[Any], Any], value: Any) -> None:
        self._setter, self._value = setter, value
        self._before: list[Any] = []

    def __enter__(self) -> _Scope:
        self._before.append(self._setter(self._value))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._setter(self._before.pop())


# Bulks


_local = threading.local()


def set_bulk_size(size: int) -> int:
    """Note this thread's size of bulks, MXNet's limit of operators that are run as one.

    A graph's steps are always run as one here, so nothing depends on it.

    Returns
    -------
    int
        The size before; 0 at first.

    Raises
    ------
    ArgumentError
        If it is no whole number from 0 on. A TypeError.
    """
    found = _whole(size)
    if found < 0:
        raise ArgumentError(f"{size!r} is no size of a bulk", hint="Give 0 or more.")
    before: int = getattr(_local, "bulk", 0)
    _local.bulk = found
    return before


def bulk(size: int) -> _Scope:
    """The size of bulks in a `with` block; see :func:`set_bulk_size`.

    >>> import symbook as mx
    >>> with mx.engine.bulk(10):
    ...     x = mx.nd.zeros((1,)) + 1
    """
    return _Scope(set_bulk_size, size)


def _whole(value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise ArgumentError(
            f"{value!r} is {type(value).__name__}, not int", hint="Give a whole number, such as 2."
        ) from None


__getattr__ = asked_of("mx.engine", __all__)
