"""The exercises of lesson 6, matrices."""

from __future__ import annotations

import numpy as np

from symbook.course import Comparison, Exercise, Mistake, same_value
from symbook.ndarray import NDArray

_SIZE = 1000
_UPPER = np.repeat([[1.0], [0.0]], _SIZE // 2, axis=0) * np.ones((1, _SIZE))


def _is(mask: NDArray | np.ndarray, wanted: np.ndarray) -> Comparison:
    return same_value(mask, wanted)


def _shines_through(mask: NDArray | np.ndarray) -> bool:
    """Whether there are numbers other than 0 and 1 in it."""
    values = mask.asnumpy() if isinstance(mask, NDArray) else mask
    return values.dtype.kind in "biuf" and not np.isin(values, (0, 1)).all()


EXERCISES = (
    Exercise(
        "6.1",
        asks="A matrix of 1000 × 1000 numbers that shows the face in the upper half and the waves "
        "in the lower half.",
        kinds=((np.ndarray, NDArray),),
        right=lambda mask: _is(mask, _UPPER),
        mistakes=(
            Mistake(
                lambda mask: _is(mask, 1 - _UPPER),
                "There is an edge in the right place. Which of the two pictures is multiplied by "
                "`mask`, and which by `1 - mask`?",
                example="mask = np.zeros((1000, 1000))\nmask[500:] = 1",
            ),
            Mistake(
                lambda mask: _is(mask, _UPPER.T) or _is(mask, 1 - _UPPER.T),
                "The edge goes from top to bottom. In `mask[…]`, are rows counted first, or columns?",
                example="mask = np.zeros((1000, 1000))\nmask[:, :500] = 1",
            ),
            Mistake(
                lambda mask: mask.shape != (_SIZE, _SIZE),
                lambda mask: (
                    f"`mask.shape` is {tuple(map(int, mask.shape))}: the matrix should have 1000 "
                    "rows and 1000 columns."
                ),
                example="mask = np.linspace(1, 0, 1000)",
            ),
            Mistake(
                _shines_through,
                "There are other numbers than 0 and 1 in it, so both pictures shine through. "
                "Display the mask.",
                example="mask = np.linspace(1, 0, 1000).reshape(1000, 1) * np.ones((1, 1000))",
            ),
        ),
        otherwise="Display `mx.nd.array(mask)`: where should it be 1, and where 0? How many rows "
        "has each half?",
        praise="Right. A mask of zeros and ones cuts a picture out. The graph did not change for it.",
        hints=(
            "Where the mask is 1, the face is seen; where it is 0, the waves.",
            "`np.zeros((1000, 1000))` is a beginning. `mask[first:last] = 1` writes into rows.",
        ),
    ),
    Exercise(
        "6.2",
        asks="The shape of A·B + C·D, where A is (1, 4), B is (3, 1), C and D are (1,).",
        kinds=(tuple,),
        right=lambda shape: list(shape) == [3, 4],
        mistakes=(
            Mistake(
                lambda shape: list(shape) == [4, 3],
                "Both sizes are there. Which comes first in a shape, the rows or the columns?",
                example="shape = (4, 3)",
            ),
            Mistake(
                lambda shape: list(shape) in ([1, 4], [3, 1]),
                "This is the shape of one of the two. A is used for each row of B, and B for each "
                "column of A.",
                example="shape = (1, 4)",
            ),
            Mistake(
                lambda shape: list(shape) == [12],
                "So many numbers are right. But they stand in a table, as those of 1 to 10 did.",
                example="shape = (12,)",
            ),
            Mistake(
                lambda shape: list(shape) == [1, 1],
                "Where 1 meets a larger size, which of them wins?",
                example="shape = (1, 1)",
            ),
        ),
        otherwise="Write the two shapes one above the other, and go through them from the right. "
        "`E.infer_shape(A=…, B=…, C=…, D=…)` knows it, too.",
        praise="Right: at each place the larger size wins, and the sum uses the single number of "
        "C·D twelve times.",
        hints=(
            "The row and the column of section 4 were (1, 10) and (10, 1).",
            "How many rows has B? How many columns has A?",
        ),
    ),
    Exercise(
        "6.3",
        asks="Three numbers for B, C and D that make A·B + C·D the negative of a picture A.",
        kinds=(float, float, float),
        right=lambda b, c, d: same_value([b, b + c * d], [-1, 0]),
        mistakes=(
            Mistake(
                lambda b, c, d: b == -1 and c * d == 0,
                "With these, 1 becomes −1, and 0 stays 0. What must be added, so that 0 becomes 1?",
                example="b, c, d = -1, 0, 0",
            ),
            Mistake(
                lambda b, c, d: b == 1 and c * d == -1,
                "This is A − 1: 1 becomes 0, but 0 becomes −1. Which should have the minus?",
                example="b, c, d = 1, -1, 1",
            ),
            Mistake(
                lambda b, c, d: b == 0,
                "A is multiplied by 0, so nothing of the picture is left.",
                example="b, c, d = 0, 1, 1",
            ),
            Mistake(
                lambda b, c, d: b == 1,
                "A is multiplied by 1, so where it was lighter than elsewhere, it still is.",
                example="b, c, d = 1, 1, 1",
            ),
        ),
        otherwise="Put 1 for A into A·B + C·D, and then 0. Which results do your numbers give, "
        "and which are wanted?",
        praise="Right: 1 − A. Without a minus in the graph, the data made a subtraction of it.",
        hints=(
            "For A = 0 the first product is 0. So what must C·D be?",
            "For A = 1 the result should be 0. What must B be, now that you know C·D?",
        ),
    ),
)
