"""What gradient cases are made of: `Case`, and arrays drawn from a generator with a seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FLOATS = ("float32", "float64", "float16")

Params = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One operator on given arrays.

    Attributes
    ----------
    op : str
        MXNet's registered name.
    inputs : mapping of str to numpy.ndarray
        By the operator's names, auxiliary states among them; ``arg0 arg1 ...`` where it takes any
        number.
    params : dict
    train : bool
        Whether ``forward`` is told that it trains; without, nothing flows back.
    req : str or mapping of str to str
        ``grad_req``.
    heads : bool
        Whether ``backward`` is given gradients of the outputs; loss heads need none.
    seed : int, optional
        Of MXNet's generator, set before ``forward``.
    at_once : bool
        Whether ``mx.nd`` computes it. Some operators that change arrays cannot be bound.
    out : tuple of str
        The inputs that ``mx.nd`` is to write the outputs into; some operators need to be told.
    """

    op: str
    inputs: Mapping[str, Any]
    params: Params = field(default_factory=dict)
    train: bool = True
    req: Any = "write"
    heads: bool = True
    seed: int | None = None
    at_once: bool = False
    out: tuple[str, ...] = ()


Cases = Iterator[Case]


class Draw:
    """Arrays of one generator, so that a group of cases is the same in every run.

    Values are multiples of 1/64, which all float types hold exactly.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.RandomState(seed)

    def __call__(self, *shape: int, dtype: str = "float32", low: float = -2.0,
                 high: float = 2.0) -> Any:
        """Numbers in ``[low, high)``."""
        whole = self._random.randint(int(low * 64), int(high * 64), shape)
        return (whole / 64).astype(dtype)

    def integers(self, *shape: int, high: int, low: int = 0, dtype: str = "float32") -> Any:
        """Whole numbers in ``[low, high)``."""
        return self._random.randint(low, high, shape).astype(dtype)

    def distinct(self, *shape: int, dtype: str = "float32") -> Any:
        """Numbers no two of which are equal, of both signs and never 0, an eighth apart."""
        size = int(np.prod(shape))
        values = self._random.permutation(size) - size // 2
        return ((values * 2 + 1) / 16).astype(dtype).reshape(shape)
