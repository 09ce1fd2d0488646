"""A group computed by its operators' own functions, block by block: what lies between stays in the cache."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..specs import DType, count
from ..workers import share
from .group import Group
from .parts import Slices, blocks, chunked, part


class ByFunctions:
    """The group's lines, each by its operator's function.

    Parameters
    ----------
    group : Group
    nbytes : int
        Of one array of a block.
    """

    def __init__(self, group: Group, nbytes: int) -> None:
        self._group = group
        widest = max(line.dtype.itemsize for line in group.lines)
        self.blocks = list(blocks(group.sizes, max(nbytes // widest, 1)))
        self._registers, self._scratch = _allocate(group)
        self._most = max(count(_extent(block)) for block in self.blocks)
        self._free: deque[_Scratch] = deque()

    def run(self, arrays: Sequence[Any], outs: Sequence[Any], threads: int) -> None:
        """Compute it; arrays and outputs have the group's `shapes` and `sizes`."""
        if threads == 1 or len(self.blocks) == 1:
            self._compute(arrays, outs, self.blocks)
            return
        chunks = chunked(self.blocks, 4 * threads)
        share(lambda k: self._compute(arrays, outs, chunks[k]), len(chunks), threads)

    def _compute(self, arrays: Sequence[Any], outs: Sequence[Any], some: Sequence[Slices]) -> None:
        try:
            scratch = self._free.pop()
        except IndexError:
            scratch = _Scratch(self._scratch, self._most)
        group, registers = self._group, self._registers
        for block in some:
            values = [
                part(array, shape, group.sizes, block)
                for array, shape in zip(arrays, group.shapes, strict=True)
            ]
            own = scratch.arrays(_extent(block))
            for line, register in zip(group.lines, registers, strict=True):
                out = outs[-1 - register][block] if register < 0 else own[register]
                line.op.fn(np, *[values[arg] for arg in line.args], **line.params, out=out)
                values.append(out)
        self._free.append(scratch)


class _Scratch:
    """Memory of one thread for what lies between lines."""

    def __init__(self, dtypes: Sequence[DType], most: int) -> None:
        self._dtypes = dtypes
        self._raw = [np.empty(most, dtype) for dtype in dtypes]
        self._arrays: dict[tuple[int, ...], list[Any]] = {}

    def arrays(self, extent: tuple[int, ...]) -> list[Any]:
        """The registers as arrays of a block's shape, of which there are few."""
        if extent not in self._arrays:
            size = count(extent)
            self._arrays[extent] = [raw[:size].reshape(extent) for raw in self._raw]
        return self._arrays[extent]


def _extent(block: Slices) -> tuple[int, ...]:
    return tuple([s.stop - s.start for s in block])


def _allocate(group: Group) -> tuple[list[int], list[DType]]:
    """For each line, where its result goes: a register of scratch memory, or `-1 - k` for output k.

    A register is used again, by the line itself too, when nothing reads what it holds any more. The second
    list has each register's dtype.
    """
    inputs = len(group.inputs)
    last = {value: k for k, line in enumerate(group.lines) for value in line.args}
    place = {value: -1 - k for k, value in enumerate(group.outputs)}
    registers: list[int] = []
    dtypes: list[DType] = []
    free: list[int] = []
    for k, line in enumerate(group.lines):
        ending = {value for value in line.args if value >= inputs and last[value] == k}
        free += [registers[value - inputs] for value in ending if registers[value - inputs] >= 0]
        if inputs + k in place:
            registers.append(place[inputs + k])
            continue
        fitting = [register for register in free if dtypes[register] == line.dtype]
        if fitting:
            free.remove(fitting[-1])
            registers.append(fitting[-1])
        else:
            registers.append(len(dtypes))
            dtypes.append(line.dtype)
    return registers, dtypes
