"""Comparison and logic of two arrays, element by element: 1 for true, 0 for false.

The result has the arrays' own dtype, so that it can be multiplied by them. As in `arithmetic`, each
function serves an operator for arrays of one shape and one that broadcasts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .backward import no_gradient
from .casting import numeric
from .registry import op
from .rules import broadcast, elementwise

Binary = Callable[..., Any]


def _compare(
    name: str, function: str, kernel: str, doc: str, example: tuple[str, str, str]
) -> Binary:
    """Register `_name`, `_Name` and `broadcast_name`, which apply the namespace's function."""

    def compare(xp, lhs, rhs, /, *, out=None):
        result = getattr(xp, function)(lhs, rhs, out=out)
        return result.astype(lhs.dtype) if out is None else result

    compare.__name__ = name
    compare.__doc__ = f"""{doc}

    Both arrays have one dtype, which is the result's; sizes of 1 stretch to the partner's. Its
    gradient is zero everywhere.

    >>> mx.nd.broadcast_{name}(mx.nd.array({example[0]}), mx.nd.array({example[1]})).asnumpy()
    array({example[2]}, dtype=float32)
    """
    alias = "_" + name.title()
    op(
        "_" + name,
        alias=(alias,),
        shape=elementwise,
        dtype=numeric,
        gradient=no_gradient,
        kernel=kernel,
    )(compare)
    return op(
        "broadcast_" + name, shape=broadcast, dtype=numeric, gradient=no_gradient, kernel=kernel
    )(compare)


_ORDERED = "[1, 2, 3]", "[2, 2, 2]"
_LOGICAL = "[0, 0, 5, 5]", "[0, 5, 0, 5]"

equal = _compare(
    "equal",
    "equal",
    "lhs == rhs",
    "1 where `lhs == rhs`, else 0; NaN equals nothing.",
    (*_ORDERED, "[0., 1., 0.]"),
)
not_equal = _compare(
    "not_equal",
    "not_equal",
    "lhs != rhs",
    "1 where `lhs != rhs`, else 0; 1 beside NaN.",
    (*_ORDERED, "[1., 0., 1.]"),
)
greater = _compare(
    "greater",
    "greater",
    "lhs > rhs",
    "1 where `lhs > rhs`, else 0; 0 beside NaN.",
    (*_ORDERED, "[0., 0., 1.]"),
)
greater_equal = _compare(
    "greater_equal",
    "greater_equal",
    "lhs >= rhs",
    "1 where `lhs >= rhs`, else 0; 0 beside NaN.",
    (*_ORDERED, "[0., 1., 1.]"),
)
lesser = _compare(
    "lesser",
    "less",
    "lhs < rhs",
    "1 where `lhs < rhs`, else 0; 0 beside NaN.",
    (*_ORDERED, "[1., 0., 0.]"),
)
lesser_equal = _compare(
    "lesser_equal",
    "less_equal",
    "lhs <= rhs",
    "1 where `lhs <= rhs`, else 0; 0 beside NaN.",
    (*_ORDERED, "[1., 1., 0.]"),
)
logical_and = _compare(
    "logical_and",
    "logical_and",
    "(lhs != 0) & (rhs != 0)",
    "1 where both elements are other than 0, else 0; NaN is not 0.",
    (*_LOGICAL, "[0., 0., 0., 1.]"),
)
logical_or = _compare(
    "logical_or",
    "logical_or",
    "(lhs != 0) | (rhs != 0)",
    "1 where an element is other than 0, else 0; NaN is not 0.",
    (*_LOGICAL, "[0., 1., 1., 1.]"),
)
logical_xor = _compare(
    "logical_xor",
    "logical_xor",
    "(lhs != 0) != (rhs != 0)",
    "1 where one element is 0 and the other is not; NaN is not 0.",
    (*_LOGICAL, "[0., 1., 1., 0.]"),
)
