"""Runs that a GPU has been given and nobody has waited for yet: an error that shows late is one of theirs.

A GPU does its work after the call that asked for it has returned, and what goes wrong then is said by a later
call, at the latest by one that waits. Nobody knows which step it was; but what ran since the last wait
is known, and added to the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from .errors import listed

NAIVE = "MXNET_ENGINE_TYPE=NaiveEngine"

_MOST_NODES = 8


class Flight:
    """What runs of one plan say of themselves.

    Parameters
    ----------
    outputs : sequence of str
        Names of what the plan computes.
    nodes : sequence of str
        Names of its nodes, in the order in which they run.
    """

    __slots__ = ("_text",)

    def __init__(self, outputs: Sequence[str], nodes: Sequence[str]) -> None:
        self._text = f"{listed(outputs)} (nodes {listed(nodes, _MOST_NODES)})"

    def __str__(self) -> str:
        return self._text


launched: dict[Flight, int | None] = {}
"""What has been launched since the last wait, and on which stream, by its address, or on `ANY`."""

ANY = None


def landed(stream: int | None = None) -> None:
    """Note that all that was launched is done, or all on one stream."""
    for flight, where in list(launched.items()):
        if stream is None or where in (stream, ANY):
            launched.pop(flight, None)


def explain(error: BaseException) -> None:
    """Add to what a GPU's library raised what was in flight, and what memory it had not got."""
    kind = type(error)
    if kind.__name__ == "OutOfMemoryError":
        asked = getattr(error, "_size", None)
        error.add_note(
            ("" if asked is None else f"the GPU has no {asked:,} bytes of memory left. ")
            + "Hint: bind smaller arrays, let go of executors and arrays that are not needed, or give what "
            "CuPy's pool holds back with mx.gpu().empty_cache()"
        )
    elif kind.__name__ in ("CUDARuntimeError", "CUDADriverError") and launched:
        error.add_note("in flight since the last wait: " + "; ".join(map(str, list(launched))))
        error.add_note(
            f"Hint: with {NAIVE} in the environment each step is waited for, and the node is named"
        )


class Waiting:
    """A wait, in a `with` statement: it ends with nothing in flight, or its error says what was.

    Parameters
    ----------
    stream : int, optional
        The address of the stream that is waited for; all, if left out.
    """

    __slots__ = ("_stream",)

    def __init__(self, stream: int | None = None) -> None:
        self._stream = stream

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            landed(self._stream)
        else:
            explain(error)
