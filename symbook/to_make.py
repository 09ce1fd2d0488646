"""Arrays that are bound before they are made: first it is found out whether there is memory for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .context import Context
from .ndarray import NDArray, zeros
from .specs import Spec, as_dtype, count


class Outline(NamedTuple):
    """Stands for memory that is still to be had: what the array will be like, and nothing else."""

    shape: tuple[int, ...]
    dtype: Any

    @property
    def size(self) -> int:
        """Number of elements."""
        return count(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes that it will have."""
        return Spec(self.shape, self.dtype).nbytes


class ToMake:
    """Arrays that `simple_bind` and `reshape` bind, to be made when the graph was found to fit."""

    def __init__(self) -> None:
        self._arrays: list[tuple[NDArray, Callable[[], NDArray]]] = []

    def zeros(self, shape: tuple[int, ...], ctx: Context, dtype: Any) -> NDArray:
        """An array of zeros, which has no memory before :meth:`make`."""
        return self.array(shape, ctx, dtype, lambda: zeros(shape, ctx=ctx, dtype=dtype))

    def array(
        self, shape: tuple[int, ...], ctx: Context, dtype: Any, make: Callable[[], NDArray]
    ) -> NDArray:
        """An array that gets the memory of what `make` gives."""
        found = NDArray(Outline(shape, as_dtype(dtype)), ctx)
        self._arrays.append((found, make))
        return found

    def make(self) -> None:
        """Let all of them have memory."""
        for array, make in self._arrays:
            array._data = make()._data
        self._arrays.clear()
