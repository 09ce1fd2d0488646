"""The table of operators, and what the families that fill it share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..draft import Draft

Draw = Callable[["Draft"], "int | None"]
Gradient = Callable[..., Any]


@dataclass(frozen=True)
class Operator:
    """An operator as the generator knows it.

    Attributes
    ----------
    name : str
        The registered name.
    reference : callable
        `reference(*arrays, **params)` with NumPy alone: an array, or a list of them.
    draw : callable
        Adds a call to a draft; None if it would not.
    ulps : float
        By how many units in the last place of the larger numbers results may differ; 0 is not at all.
    gradient : callable or str, optional
        `gradient(g, y, *arrays, **params)`: for each input an array or None, `g` and `y` lists of as many
        as there are results. "moves": each element of a result is one of an input, or none. "unit":
        by whole steps of each element, which is exact for polynomials of the second degree. "steps": by
        small steps. "zero": nothing flows back.
    moved : tuple of int, optional
        Of what moves elements: the inputs whose elements are moved. All by default.
    smooth : bool
        Whether it may be part of graphs whose gradients are compared roughly.
    still : dict
        Parameters to use instead where elements are followed, such as a border of 0.
    unsaid : tuple of str
        Parameters of the reference that symbook is not told.
    whole : bool
        Whether it makes whole numbers of whole numbers, in its gradient too.
    signless : bool
        Whether a result that is 0 may have either sign, as that depends on the order of a sum.
    """

    name: str
    reference: Callable[..., Any]
    draw: Draw
    ulps: float = 0.0
    gradient: Gradient | str | None = None
    moved: tuple[int, ...] | None = None
    smooth: bool = False
    still: tuple[tuple[str, Any], ...] = ()
    unsaid: tuple[str, ...] = ()
    whole: bool = True
    signless: bool = False


OPERATORS: dict[str, Operator] = {}


def add(name: str, reference: Callable[..., Any], draw: Draw, **more: Any) -> None:
    """Put an operator into the table."""
    assert name not in OPERATORS, name
    OPERATORS[name] = Operator(name, reference, draw, **more)
