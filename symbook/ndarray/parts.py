"""`split_v2` and `histogram` of arrays: functions that sort their arguments before they run an operator."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, ParamError
from ..ops import registry
from .creation import array
from .invoke import call_operator
from .ndarray import NDArray
from .storage import computing


def split_v2(
    ary: NDArray,
    indices_or_sections: int | tuple[int, ...],
    axis: int = 0,
    squeeze_axis: bool = False,
) -> Any:
    """Parts of an array along an axis: equal ones, or those between the positions given.

    Parameters
    ----------
    ary : NDArray
    indices_or_sections : int or tuple of int
        How many equal parts; or the positions where parts begin, the first at 0 left out.
    axis : int
    squeeze_axis : bool
        Leave out the axis, which must be of size 1 in every part.

    Returns
    -------
    NDArray, or list of NDArray
        One array if there is one part.

    Raises
    ------
    ParamError
        If `indices_or_sections` is neither, or the parts would not be equal.
    """
    if isinstance(indices_or_sections, int):
        size = ary.shape[axis]
        if indices_or_sections <= 0 or size % indices_or_sections:
            raise ParamError(
                f"array split does not result in an equal division: {size} by {indices_or_sections}",
                hint="Give a number that divides the size, or a tuple of positions to cut at.",
            )
        step = size // indices_or_sections
        indices = [i * step for i in range(indices_or_sections)]
    elif isinstance(indices_or_sections, tuple):
        indices = [0, *indices_or_sections]
    else:
        raise ParamError(
            "indices_or_sections must either int or tuple of ints",
            hint="For example: 2, or (1, 3) to cut before positions 1 and 3.",
        )
    params = {"indices": indices, "axis": axis, "squeeze_axis": squeeze_axis}
    return call_operator(registry.get("_split_v2"), (ary,), params)


def histogram(a: NDArray, bins: Any = 10, range: Any = None) -> Any:
    """Counts of an array's elements in bins, and the bins' edges.

    Parameters
    ----------
    a : NDArray
        Of any shape.
    bins : int or NDArray
        How many equal bins, or their edges, ascending.
    range : tuple of float, optional
        Where the first of the equal bins begins and the last ends; the smallest and the largest element
        when left out.

    Returns
    -------
    list of two NDArrays
        Counts, and edges.

    Raises
    ------
    ArgumentError
        If `bins` is neither.
    """
    op = registry.get("_histogram")
    if isinstance(bins, NDArray):
        return call_operator(op, (a, bins), {})
    if not isinstance(bins, int):
        raise ArgumentError(
            f"bins argument should be either an integer or an NDArray, not {bins!r}",
            hint="For example: bins=10, range=(0, 1).",
        )
    if range is None and a.context.is_gpu and a.size:
        with computing(a.context):
            first, last = a.context.xp.stack((a._data.min(), a._data.max())).astype("float64").get()
        if first == last:  # as NumPy does
            first, last = first - 0.5, last + 0.5
        limits = (float(first), float(last))
        found: Any = call_operator(op, (a,), {"bin_cnt": bins, "range": limits})
        return [item.astype("float32") for item in found]
    if range is None:
        counts, edges = np.histogram(a.asnumpy(), bins=bins)
        return [array(counts, ctx=a.context), array(edges, ctx=a.context)]
    return call_operator(op, (a,), {"bin_cnt": bins, "range": range})
