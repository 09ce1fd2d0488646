"""Delivery of gradients: each is computed straight into its array where nobody could tell, else copied."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .arguments import Gradients
from .ndarray import NDArray
from .ndarray.storage import Raw, calling, extent, home, moved, require_writable
from .plan import Plan


class Delivery:
    """Puts what `backward` computes into the arrays of an executor's gradients.

    Parameters
    ----------
    grads : Gradients
    targets : sequence of str
        The arguments whose gradients the plan's outputs are; the others have the gradient zero.
    bound : iterable of NDArray
        All arrays that the executor reads.
    """

    def __init__(self, grads: Gradients, targets: Sequence[str], bound: Iterable[NDArray]) -> None:
        self._grads, self._targets = grads, targets
        self._arrays = {name: grads.arrays[name] for name in grads.wanted}
        raws = {name: self._arrays[name]._data for name in targets}
        self._alone = _Alone(raws, [array._data for array in bound])

    def prepare(self, plan: Plan, slots: list[Any], into: list[Any], given: Sequence[Raw]) -> None:
        """Say what the steps of `backward` are to write to.

        Parameters
        ----------
        plan : Plan
        slots : list
            Gets what gradients are added to.
        into : list
            Gets what gradients are written to.
        given : sequence of raw array
            The gradients of outputs that `backward` was called with.

        Raises
        ------
        ReadOnlyError
            If an array must not be written to. Nothing has been written then.
        """
        for array in self._arrays.values():
            require_writable(array._data, array._ctx)
        alone = self._alone.beside(given)
        for name, slot in zip(self._targets, plan.outputs, strict=True):
            raw = self._arrays[name]._data
            if slot in plan.sums:
                # Adding -0 changes nothing, not even the sign of a zero.
                slots[plan.sums[slot]] = raw if name in alone else plan.xp.full_like(raw, -0.0)
            elif name in alone and raw.dtype == plan.specs[slot].dtype:
                into[slot] = raw

    def repeats(self, given: Sequence[Raw]) -> bool:
        """Whether doing it once more changes nothing: nothing is added to, or is what something is read from.

        `given` are the gradients of outputs.
        """
        written = all(self._grads.reqs[name] == "write" for name in self._arrays)
        return written and self._arrays.keys() <= self._alone.beside(given)

    def finish(self, results: Sequence[Raw]) -> None:
        """Put the results that are not there yet into their arrays, as each argument's `grad_req` says."""
        found = dict(zip(self._targets, results, strict=True))
        for array in self._arrays.values():
            require_writable(array._data, array._ctx)
        for name, array in self._arrays.items():
            if name in found and found[name] is array._data:
                continue
            calling(array._ctx, self._deliver, name, array, found)

    def _deliver(self, name: str, array: NDArray, found: Mapping[str, Raw]) -> None:
        if name not in found:
            if self._grads.reqs[name] == "write":
                array._data[...] = 0
            return
        result = moved(found[name], home(found[name]), array._ctx)
        if self._grads.reqs[name] == "add":
            array._data[...] += result
        else:
            array._data[...] = result


class _Alone:
    """Arrays, by name, no part of whose memory is part of another's."""

    def __init__(self, named: Mapping[str, Raw], others: Sequence[Raw]) -> None:
        extents = [(*extent(raw), name) for name, raw in named.items()]
        rows = sorted([*extents, *((*extent(raw), "") for raw in others)])
        touched = {""}
        furthest, owner = 0, ""
        for start, end, name in rows:
            if start < furthest:
                touched |= {name, owner}
            if end > furthest:
                furthest, owner = end, name
        # What touches nothing is in order by its end, too.
        left = [row for row in rows if row[2] not in touched]
        self._starts = [start for start, _, _ in left]
        self._ends = [end for _, end, _ in left]
        self._names = [name for _, _, name in left]
        self._all = frozenset(self._names)

    def beside(self, others: Sequence[Raw]) -> frozenset[str]:
        """Those of them that touch none of some more arrays."""
        touched: set[str] = set()
        for raw in others:
            start, end = extent(raw)
            i = bisect_right(self._ends, start)
            while i < len(self._starts) and self._starts[i] < end:
                touched.add(self._names[i])
                i += 1
        return self._all - touched if touched else self._all
