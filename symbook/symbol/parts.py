"""`split_v2` and `histogram`: functions that sort their arguments before they apply an operator."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError, ParamError
from ..ops import registry
from . import compose
from .symbol import Symbol


def split_v2(
    ary: Symbol,
    indices_or_sections: int | tuple[int, ...],
    axis: int = 0,
    squeeze_axis: bool = False,
) -> Symbol:
    """Parts of an array along an axis: equal ones, or those between the positions given.

    Parameters
    ----------
    ary : Symbol
    indices_or_sections : int or tuple of int
        How many equal parts; or the positions where parts begin, the first at 0 left out.
    axis : int
    squeeze_axis : bool
        Leave out the axis, which must be of size 1 in every part.

    Returns
    -------
    Symbol
        All parts, as its outputs.

    Raises
    ------
    ParamError
        If `indices_or_sections` is neither.
    """
    params = {"axis": axis, "squeeze_axis": squeeze_axis, **sections(indices_or_sections)}
    op = registry.get("_split_v2")
    return compose.apply(op, "_split_v2", (ary,), params, Symbol)


def sections(indices_or_sections: Any) -> dict[str, Any]:
    """The operator's parameters for what a caller of `split_v2` gives."""
    if isinstance(indices_or_sections, int):
        return {"indices": [], "sections": indices_or_sections}
    if isinstance(indices_or_sections, tuple):
        return {"indices": [0, *indices_or_sections], "sections": 0}
    raise ParamError(
        "indices_or_sections must either int or tuple of ints",
        hint="For example: 2, or (1, 3) to cut before positions 1 and 3.",
    )


def histogram(a: Symbol, bins: Any = 10, range: Any = None, **kwargs: Any) -> Symbol:
    """Counts of an array's elements in bins, and the bins' edges.

    Parameters
    ----------
    a : Symbol
    bins : int or Symbol
        How many equal bins, or their edges, ascending.
    range : tuple of float
        Where the first of the equal bins begins and the last ends.

    Raises
    ------
    ParamError
        If a number of bins comes without a range.
    ArgumentError
        If `bins` is neither.
    """
    op = registry.get("_histogram")
    name, attr = kwargs.pop("name", None), kwargs.pop("attr", None)
    if isinstance(bins, Symbol):
        return compose.apply(op, "_histogram", (a, bins), kwargs, Symbol, name, attr)
    if not isinstance(bins, int):
        raise ArgumentError(
            f"bins argument should be either an integer or a Symbol, not {bins!r}",
            hint="For example: bins=10, range=(0, 1).",
        )
    if range is None:
        raise ParamError(
            "null range is not supported in symbol mode: a symbol has no values yet",
            hint="Say where the bins begin and end: range=(0, 1).",
        )
    params = {"bin_cnt": bins, "range": range, **kwargs}
    return compose.apply(op, "_histogram", (a,), params, Symbol, name, attr)
