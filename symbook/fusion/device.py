"""A fused group on a GPU: its kernel, launched with as little work of the host's as can be.

What can be prepared is, at the first call with arrays that lie so; a later one finds it by their steps and by
what their addresses can be divided by.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..cuda.source import EXACT, source
from ..errors import SymbookError
from .cuda import NAME, Text, blocks_for, dtypes_of
from .group import Group, Sizes
from .layouts import MOST_BYTES, Laid, laid
from .lowering import Lowered, Number
from .operator import Fused
from .widened import lower_any

THREADS = 256
"""Threads of a block: enough blocks fit on a processor of any device, whatever registers they take."""

# Ways that arrays can lie for which launches are kept; programs have one or two.
_MOST_KNOWN = 64


class Launch(NamedTuple):
    """A kernel and how it is called.

    Attributes
    ----------
    function : callable
        CuPy's, of a grid, a block and arguments.
    grid, block : tuple of int
    rest : tuple
        The arguments after the arrays.
    """

    function: Any
    grid: tuple[int]
    block: tuple[int]
    rest: tuple[Any, ...]


class DeviceFused(Fused):
    """What the step of a group calls on a GPU. It never waits for the device."""

    def __init__(self, group: Group) -> None:
        super().__init__(group)
        lowered = lower_any(group)
        assert lowered is not None, "the group was made of nodes that can be lowered"
        self._lowered: Lowered = lowered
        self._launches: dict[Any, Launch] = {}

    def __call__(self, xp: Any, *arrays: Any, out: Any = None) -> Any:
        """Compute the outputs, into `out` where it is given: an array, or for several a list of them."""
        if out is None or type(out) is list:
            outs = self._made(xp, out or (None,))
            together = (*arrays, *outs)
            result: Any = outs[0] if len(outs) == 1 else tuple(outs)
        else:
            together, result = (*arrays, out), out
        addresses = 0
        for array in together:
            addresses |= array.data.ptr
        key = (addresses % MOST_BYTES, *[array.strides for array in together])
        launch = self._launches.get(key)
        if launch is None:
            if not self.group.size:
                return result
            if have_gaps(arrays, self.group.given):
                pairs = zip(arrays, self.group.given, strict=True)
                return self(xp, *[array.reshape(shape) for array, shape in pairs], out=out)
            launch = self._prepared(xp, together, key)
        launch.function(launch.grid, launch.block, together + launch.rest)
        return result

    def listing(self, name: str) -> str:
        """The kernel's text, for people, under this name: that for contiguous arrays."""
        group = self.group
        shapes = [*group.given, *[group.shape] * len(group.outputs)]
        found = self._laid([contiguous(shape) for shape in shapes], shapes, MOST_BYTES)
        return (
            "# One launch of a kernel in C++, as it is where arrays have no gaps.\n"
            f"{name} = kernel('''\n{Text(self._lowered, found.layout).loop}''')\n"
        )

    def _made(self, xp: Any, outs: Sequence[Any]) -> list[Any]:
        """The outputs' memory, new where none is given."""
        group = self.group
        given = outs if len(outs) == len(group.outputs) else [None] * len(group.outputs)
        return [
            xp.empty(group.shape, dtype) if raw is None else raw
            for raw, dtype in zip(given, group.output_dtypes, strict=True)
        ]

    def _laid(self, steps: Sequence[Sizes], shapes: Sequence[Sizes], aligned: int) -> Laid:
        """How arrays of some shapes, with steps in elements, lie."""
        whole = self.group.shape
        rows = [spread(row, shape, whole) for row, shape in zip(steps, shapes, strict=True)]
        itemsizes = [dtype.itemsize for dtype in dtypes_of(self._lowered)]
        return laid(whole, rows, itemsizes, aligned)

    def _prepared(self, xp: Any, arrays: Sequence[Any], key: tuple[Any, ...]) -> Launch:
        """The launch for arrays that lie so, which is kept."""
        shapes = [*self.group.given, *[array.shape for array in arrays[len(self.group.given) :]]]
        steps = [seen(array, shape) for array, shape in zip(arrays, shapes, strict=True)]
        found = self._laid(steps, shapes, aligned_to(key[0]))
        layout, sizes = found.layout, found.sizes
        made = Text(self._lowered, layout)
        function = compiled(xp, made.text, layout.wide)
        inner = [
            size // layout.vector if k == len(sizes) - 1 else size for k, size in enumerate(sizes)
        ]
        rest = [argument(self._lowered, number) for number in made.numbers]
        rest += [self.group.size, *inner[1:], *found.steps]
        turns = -(-self.group.size // made.many)
        launch = Launch(function, (blocks_for(turns, THREADS),), (THREADS,), tuple(rest))
        if len(self._launches) >= _MOST_KNOWN:
            self._launches.clear()
        self._launches[key] = launch
        return launch


def argument(lowered: Lowered, number: Number) -> float | int:
    """A number as a kernel's argument, rounded to its dtype; see `cuda.parameter`."""
    value = lowered.numbers[number.position]
    if number.dtype.kind != "f" or number.dtype == np.float64:
        return float(value) if number.dtype.kind == "f" else int(value)
    with np.errstate(all="ignore"):
        return int(np.float32(number.dtype.type(value)).view(np.uint32))


def aligned_to(rest: int) -> int:
    """The largest power of two that divides addresses with that rest."""
    return MOST_BYTES if not rest else rest & -rest


def seen(array: Any, shape: Sizes) -> Sizes:
    """An array's steps, in elements, where it is seen in a shape, its own or one without gaps."""
    if array.shape != shape:
        return contiguous(shape)
    itemsize = array.dtype.itemsize
    return tuple([step // itemsize for step in array.strides])


def have_gaps(arrays: Sequence[Any], shapes: Sequence[Sizes]) -> bool:
    """Whether an array that is seen in another shape than its own has gaps between its elements."""
    pairs = zip(arrays, shapes, strict=False)
    return any(array.shape != shape and not array.flags.c_contiguous for array, shape in pairs)


def contiguous(shape: Sizes) -> Sizes:
    """The steps, in elements, of an array without gaps."""
    found, step = [], 1
    for size in reversed(shape):
        found.append(step)
        step *= size
    return tuple(reversed(found))


def spread(steps: Sizes, shape: Sizes, whole: Sizes) -> Sizes:
    """An array's steps along the dimensions of `whole`, to which it is broadcast."""
    extra = len(whole) - len(shape)
    own = [0 if size == 1 else step for size, step in zip(shape, steps, strict=True)]
    return (0,) * extra + tuple(own)


_modules: dict[tuple[Any, str, bool], Any] = {}
_lock = threading.Lock()


def compiled(xp: Any, text: str, wide: bool, name: str = NAME) -> Any:
    """The function of a name in a text, compiled where the text has not been yet.

    Raises
    ------
    SymbookError
        If the compiler refuses it.
    """
    key = (xp, text, wide)
    try:
        with _lock:
            module = _modules.get(key)
            if module is None:
                module = xp.RawModule(code=source(text, (), wide, THREADS), options=EXACT)
                _modules[key] = module
        return module.get_function(name)
    except Exception as error:
        raise SymbookError(f"a kernel of a fused group cannot be compiled: {error}") from error
