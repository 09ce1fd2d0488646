"""A reduction on a GPU, with the element-wise operators before it: one step, that reads their inputs once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ..graph import NOTHING
from ..ops.registry import Op
from ..specs import DType, count
from .device import THREADS, aligned_to, argument, compiled, contiguous, have_gaps, seen, spread
from .group import Group, Sizes
from .layouts import MOST_BYTES, collapsed, described
from .lowering import Lowered
from .operator import inferred
from .reduction import JOINED, REDUCED, Form, Reducing
from .totals import Total
from .widened import lower_any

BUSY, BLOCKS = 1024, 4096
"""Blocks from which a device is busy, and how many there are where values are shared: so many that it matters
little which of them are the last. They are the same for all devices, so that these give the same bits."""

# Turns of a thread's loop, at least, before its team grows; before blocks share them, which takes a second
# launch; and then of each thread.
_WORTH, _SHARED, _LEFT = 4, 32, 8
# Ways that arrays can lie for which launches are kept.
_MOST_KNOWN = 64


class Shares(NamedTuple):
    """Who adds up what.

    Attributes
    ----------
    lanes : int
        Threads of a team.
    splits : int
        Blocks that share the values of one result.
    blocks : int
    """

    lanes: int
    splits: int
    blocks: int


class Launches(NamedTuple):
    """What a call launches: functions, grids, and arguments after the arrays; `joined` may be None."""

    reduced: Any
    grid: tuple[int]
    rest: tuple[Any, ...]
    joined: Any
    second: tuple[int]
    last: tuple[Any, ...]
    parts: Any


class Reduced:
    """What the step of a reduction calls on a GPU. It never waits for the device.

    Parameters
    ----------
    group : Group
        What is computed element by element; its only output is reduced.
    total : Total
    axes : tuple of int
        Those of the group's shape that are reduced.
    shape : tuple of int
        Of the result.
    dtype : dtype
        Of the result.
    """

    capturable = True  # it launches nothing but kernels of ours, in memory that it has or is given

    def __init__(
        self, group: Group, total: Total, axes: tuple[int, ...], shape: Sizes, dtype: DType
    ) -> None:
        self.group, self.total, self.axes, self.shape, self.dtype = group, total, axes, shape, dtype
        lowered = lower_any(group)
        assert lowered is not None, "the group was made of nodes that can be lowered"
        self._lowered: Lowered = lowered
        self._launches: dict[Any, Launches] = {}

    def __call__(self, xp: Any, *arrays: Any, out: Any = None) -> Any:
        """Compute the result, into `out` where it is given."""
        if out is None:
            out = xp.empty(self.shape, self.dtype)
        addresses = 0
        for array in arrays:
            addresses |= array.data.ptr
        key = (addresses % MOST_BYTES, *[array.strides for array in arrays])
        launches = self._launches.get(key)
        if launches is None:
            if not count(self.shape):
                return out
            if have_gaps(arrays, self.group.given):
                pairs = zip(arrays, self.group.given, strict=True)
                return self(xp, *[array.reshape(shape) for array, shape in pairs], out=out)
            launches = self._prepared(xp, arrays, key)
        block, parts = (THREADS,), launches.parts
        launches.reduced(launches.grid, block, (*arrays, out, parts, *launches.rest))
        if launches.joined is not None:
            launches.joined(launches.second, block, (parts, out, *launches.last))
        return out

    def listing(self, name: str) -> str:
        """The kernels' text, for people, under this name: that for contiguous arrays."""
        steps = [contiguous(shape) for shape in self.group.given]
        form, _, _, _ = self._form(steps, self.group.given, MOST_BYTES)
        text = Reducing(self._lowered, self.total, self.dtype, form).loop
        return (
            "# A kernel in C++, as it is where arrays have no gaps; and one that joins the totals of\n"
            f"# blocks, where several share the values of one result.\n{name} = kernel('''\n{text}''')\n"
        )

    def _form(
        self, steps: Sequence[Sizes], shapes: Sequence[Sizes], aligned: int
    ) -> tuple[Form, Sizes, Sizes, list[int]]:
        """The text's form; the sizes of the dimensions kept, and of those reduced; and steps."""
        whole = self.group.shape
        rows = [spread(row, shape, whole) for row, shape in zip(steps, shapes, strict=True)]
        kept, kept_steps = _along([k for k in range(len(whole)) if k not in self.axes], whole, rows)
        gone, gone_steps = _along(list(self.axes), whole, rows)
        if not gone:
            gone, gone_steps = (1,), [(0,) for _ in rows]
        side_by_side = [row[-1] == 1 for row in kept_steps if row]
        # By columns where that is how most arrays lie.
        by_rows = sum(side_by_side) <= sum(row[-1] == 1 for row in gone_steps)
        itemsizes = [dtype.itemsize for dtype in self._lowered.inputs]
        first, second = (kept, gone) if by_rows else (gone, kept)
        pairs = zip(kept_steps, gone_steps, strict=True)
        columns = [k + g if by_rows else g + k for k, g in pairs]
        laid = described(first + second, columns, itemsizes, aligned, linear=False)
        layout = laid.layout if by_rows else replace(laid.layout, vector=1, ends=False)
        return Form(layout, len(kept), by_rows), kept, gone, laid.steps

    def _prepared(self, xp: Any, arrays: Sequence[Any], key: tuple[Any, ...]) -> Launches:
        """The launches for arrays that lie so, which are kept, with memory for blocks' totals.

        That memory is this step's own, so that a run that was captured finds it where it was.
        """
        shapes = self.group.given
        steps = [seen(array, shape) for array, shape in zip(arrays, shapes, strict=True)]
        form, kept, gone, given = self._form(steps, shapes, aligned_to(key[0]))
        made = Reducing(self._lowered, self.total, self.dtype, form)
        results, values, vector = count(kept), count(gone), form.layout.vector
        turns = -(-values // vector)
        shares = shared_by_rows(results, turns) if form.rows else shared_by_columns(results, turns)
        sizes = [*kept, *gone] if form.rows else [*gone, *kept]
        sizes[-1] //= vector
        rest = [argument(self._lowered, number) for number in made.numbers]
        rest += [results, turns, values, shares.lanes, shares.splits, *sizes[1:], *given]
        lanes, several = min(_power(shares.splits), THREADS), shares.splits > 1
        # Where it is not used it is there, too: some versions of CuPy make no null pointer of None.
        nbytes = (results * shares.splits if several else 1) * self.total.itemsize
        launches = Launches(
            compiled(xp, made.text, form.layout.wide, REDUCED), (shares.blocks,), tuple(rest),
            compiled(xp, made.text, form.layout.wide, JOINED) if several else None,
            (-(-results // (THREADS // lanes)),), (results, shares.splits, values, lanes),
            xp.empty((nbytes,), "uint8"),
        )  # fmt: skip
        if len(self._launches) >= _MOST_KNOWN:
            self._launches.clear()
        self._launches[key] = launches
        return launches


def _along(axes: Sequence[int], whole: Sizes, rows: Sequence[Sizes]) -> tuple[Sizes, list[Sizes]]:
    """Sizes and steps along some of the dimensions, taken together where they can be."""
    chosen = [tuple([row[axis] for axis in axes]) for row in rows]
    return collapsed(tuple([whole[axis] for axis in axes]), chosen)


def shared_by_rows(results: int, turns: int) -> Shares:
    """Who adds up so many results of so many turns each, by teams whose threads follow each other."""
    lanes = min(_power(-(-turns // (2 * _WORTH))), THREADS)
    while lanes < THREADS and lanes < turns and results * lanes < BUSY * THREADS:
        lanes *= 2
    return _split(results, turns, lanes)


def shared_by_columns(results: int, turns: int) -> Shares:
    """The same for teams that follow each other."""
    return _split(results, turns, min(_power(-(-turns // _WORTH)), THREADS // 32))


def _split(results: int, turns: int, lanes: int) -> Shares:
    groups = -(-results // (THREADS // lanes))
    splits = 1
    if groups < BUSY and turns >= lanes * _SHARED:
        splits = min(-(-BLOCKS // groups), turns // (lanes * _LEFT))
    return Shares(lanes, splits, groups * splits)


def _power(number: int) -> int:
    """The smallest power of two that is not below a number."""
    return 1 << max(number - 1, 0).bit_length()


def reduced_operator(name: str, fn: Reduced, lines: Sequence[tuple[str, str]]) -> Op:
    """The operator of a reduction; `lines` are the nodes that it computes, each with its operator."""
    alone = len(lines) == 1
    return Op(
        name=name
        if alone
        else f"reduced {len(lines)}: " + " ".join(dict.fromkeys(op for _, op in lines)),
        fn=fn,
        inputs=tuple([f"arg{k}" for k in range(len(fn.group.given))]),
        variadic=False,
        params=NOTHING,
        shape=inferred,
        dtype=inferred,
        outputs=("output",),
        takes_out=True,
        text="" if alone else "\n".join(f"{node} = {op}" for node, op in lines),
    )
