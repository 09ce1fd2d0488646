"""Outputs of a run that did not finish: what they had before, where that is certain, else nothing.

A run may compute an output into the memory of the one before, so that half of that may be new when it fails
or is interrupted. To tell costs a run nothing: what it had in hand is in the local variables of the calls
that the exception has left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from types import CodeType, TracebackType
from typing import Any, NoReturn

from .errors import UnfinishedError
from .ndarray import NDArray
from .scripts import Output
from .underway import SCRIPT

WRITERS: set[CodeType] = set()
"""Functions whose local variables refer to memory of outputs while they change it."""

HINT = "Call forward() again; an output that you keep, as in y = executor.forward()[0], is never overwritten."


class Unfinished:
    """Stands for memory that may be half new. Its shape and dtype are known; all else is refused.

    Parameters
    ----------
    raw : array
        What it stands for.
    """

    __array_priority__ = 1000.0

    def __init__(self, raw: Any) -> None:
        self.shape, self.dtype, self.size = raw.shape, raw.dtype, raw.size

    @property
    def base(self) -> Unfinished:
        """Itself: as memory that somebody else has, no run writes to it."""
        return self

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise UnfinishedError(
            "this output has no value: the run that was to compute it failed or was interrupted",
            hint=HINT,
        )

    def __getattr__(self, name: str) -> NoReturn:
        self._refuse()

    # NumPy looks these up on the class.
    __array__ = __array_ufunc__ = __array_function__ = _refuse
    __getitem__ = __setitem__ = __len__ = __iter__ = _refuse


def give_up(
    outputs: Sequence[Output],
    latest: list[NDArray | None],
    bound: Collection[NDArray],
    error: BaseException,
) -> None:
    """Let outputs that a run may have begun to change have no value.

    Parameters
    ----------
    outputs : sequence of Output
    latest : list of NDArray or None
        What written runs go on with.
    bound : collection of NDArray
        Arrays that must keep what they have: a handle among them is an argument, too.
    error : BaseException
        What the run raised.
    """
    in_hand = {id(raw): raw for raw in _in_hand(error.__traceback__)}
    arguments = set(map(id, bound))
    for k, output in enumerate(outputs):
        handle = output.handle
        raw = in_hand.get(id(handle._data))
        if raw is None or id(handle) in arguments:
            continue
        nothing = Unfinished(raw)
        # No call in between: another thread may have run it meanwhile.
        if handle._data is raw:
            handle._data = nothing
            latest[k] = None


def _in_hand(traceback: TracebackType | None) -> Iterator[Any]:
    """The arrays that the local variables of a run's calls refer to, also in lists and by NDArrays."""
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_code in WRITERS or SCRIPT in frame.f_globals:
            for value in frame.f_locals.values():
                yield from _arrays(value)
        traceback = traceback.tb_next


def _arrays(value: Any) -> Iterator[Any]:
    for item in value if type(value) is list else (value,):
        if type(item) is NDArray:
            yield item._data
        elif hasattr(type(item), "strides"):
            yield item
