"""Names that are numbered, made when they are asked for: a few letters of a file can ask for a million."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from ..errors import ParamError

MOST = 1_000_000
"""Numbered inputs or outputs of an operator, and outputs of a whole graph that is read."""


class Numbered(Sequence[str]):
    """`output0`, `output1`, …: as a tuple of so many names would be, without its memory.

    Parameters
    ----------
    count : int
    beginning : str
        What stands before the number.

    Raises
    ------
    ParamError
        If there are more than `MOST`.
    """

    __slots__ = ("_beginning", "_numbers")

    def __init__(self, count: int, beginning: str = "output") -> None:
        if count > MOST:
            raise ParamError(
                f"{count:,} names are more than an operator may have, which is {MOST:,}",
                hint="Look at the operator's parameter that counts its inputs or outputs.",
            )
        self._numbers = range(count)
        self._beginning = beginning

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...

    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        if isinstance(at, slice):
            return tuple(f"{self._beginning}{i}" for i in self._numbers[at])
        return f"{self._beginning}{self._numbers[at]}"


def outputs(count: int) -> Sequence[str]:
    """The names of so many outputs of most operators: one is not numbered."""
    return ("output",) if count == 1 else Numbered(count)
