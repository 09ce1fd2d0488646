"""A group computed by a compiled loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import compiler
from .addresses import address
from .group import Group
from .lowering import lower
from .parts import blocks, starts
from .source import Loop, pattern


class ByLoop:
    """The group's loop and its code.

    Attributes
    ----------
    loop : Loop
    """

    def __init__(
        self, group: Group, loop: Loop, code: compiler.Code, found: Sequence[int], most: int
    ) -> None:
        self.loop = loop
        self._code, self._team = code, compiler.team()
        first = len(group.inputs)
        outputs = {value: k for k, value in enumerate(loop.outputs)}
        # Where each of the loop's arrays is: in the inputs, or in the outputs after them.
        self._places = [value if value < first else first + outputs[value] for value in loop.arrays]
        shapes = [*group.shapes, *[group.sizes] * len(group.outputs)]
        cut = list(blocks(group.sizes, most))
        tables = [
            np.array(
                [
                    [
                        starts(shapes[k], group.sizes, block) * loop.dtypes[value].itemsize
                        for k, value in zip(self._places, loop.arrays, strict=True)
                    ]
                    for block in cut
                ],
                np.intp,
            ),
            np.array([[s.stop - s.start for s in block] for block in cut], np.intp),
            np.array(loop.numbers, np.float64),
            np.array(found, np.intp),
        ]
        record = [
            code.part,
            len(cut),
            len(loop.arrays),
            loop.rank,
            *[t.ctypes.data for t in tables],
        ]
        tables.append(np.array(record, np.intp))
        self._record = tables[-1].ctypes.data
        self._tables = tables  # their addresses are in use

    def run(self, arrays: Sequence[Any], outs: Sequence[Any], threads: int) -> None:
        """Compute it; arrays and outputs have the group's `shapes` and `sizes`."""
        given = [*map(_plain, arrays), *outs]
        self._team.run(self._code.begin, [given[k] for k in self._places], self._record, threads)


def _plain(array: Any) -> Any:
    """The array itself if its elements lie one after another, else a copy of which that is true."""
    flags = array.flags
    return array if flags.c_contiguous and flags.aligned else np.array(array, order="C")


def compiled(group: Group, over: Mapping[int, int], most: int) -> ByLoop | None:
    """A group's compiled loop; None where it cannot be had.

    Parameters
    ----------
    group : Group
    over : mapping of int to int
        For outputs that are written over an input, by position, that input.
    most : int
        Elements that one call computes.
    """
    lowered = lower(group)
    if lowered is None:
        return None
    patterns = [pattern(shape, group.sizes) for shape in group.shapes]
    loop = Loop(lowered, patterns, {lowered.outputs[k]: given for k, given in over.items()})
    found = addresses(loop)
    code = None if found is None else compiler.code(loop)
    return None if code is None or found is None else ByLoop(group, loop, code, found, most)


def addresses(loop: Loop) -> list[int] | None:
    """Those of NumPy's functions that a loop calls, each with that of its data; None if one is not found."""
    found: list[int] = []
    for name, dtype in loop.functions:
        pair = address(name, dtype)
        if pair is None:
            return None
        found += pair
    return found
