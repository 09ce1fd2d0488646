"""Order: what needs no more memory than it sets free runs early.

The gradient of a weight, say, goes to an array that is there already, and reads what the next layer's
gradient was made of. Left to the order of the graph it may come last, and all it reads waits for it.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ..specs import Spec

if TYPE_CHECKING:
    from ..plan import Step


def order(
    steps: Sequence[Step],
    specs: Sequence[Spec],
    roots: Sequence[int],
    outputs: Collection[int],
    first: Collection[int],
) -> list[int]:
    """Positions of steps in the order to run them in.

    Some steps keep their order and come first. Then comes, again and again, the first step that can run
    and takes no more memory than it sets free; when there is none, the first that can run.

    Parameters
    ----------
    steps : sequence of Step
        In topological order.
    specs : sequence of Spec
        For each slot.
    roots : sequence of int
        For each slot, the slot whose memory it may be a view of.
    outputs : collection of int
        Slots that have memory anyhow, and keep it.
    first : collection of int
        Positions of the steps that come first, in order. They depend on no others.
    """
    found = list(first)
    return found + _Choice(steps, specs, roots, outputs, set(found)).positions()


class _Choice:
    """The steps not yet chosen, and which of them can run."""

    def __init__(
        self,
        steps: Sequence[Step],
        specs: Sequence[Spec],
        roots: Sequence[int],
        outputs: Collection[int],
        first: Collection[int],
    ) -> None:
        self._specs, self._roots = specs, roots
        self._left = [i for i in range(len(steps)) if i not in first]
        self._steps = steps
        own = {roots[slot] for i in self._left for slot in steps[i].outs}
        # Values of other steps stay; those of outputs have their own memory.
        self._counted = own - {roots[slot] for slot in outputs}
        self._readers: dict[int, set[int]] = {root: set() for root in self._counted}
        self._followers: dict[int, list[int]] = {i: [] for i in self._left}
        self._waiting: dict[int, int] = {}
        for i in self._left:
            deps = [dep for dep in steps[i].deps if dep in self._followers]
            self._waiting[i] = len(deps)
            for dep in deps:
                self._followers[dep].append(i)
            for root in self._read(i):
                self._readers[root].add(i)
        self._ready = [i for i in self._left if not self._waiting[i]]
        # First those that nobody waits for, which only set memory free.
        self._cheap: list[tuple[bool, int]] = []
        for i in self._ready:
            self._note(i)

    def positions(self) -> list[int]:
        """All of them, as they are to run. To be called once."""
        found: list[int] = []
        done: set[int] = set()
        for _ in self._left:
            while self._cheap and self._cheap[0][1] in done:
                heapq.heappop(self._cheap)
            while not self._cheap and self._ready[0] in done:
                heapq.heappop(self._ready)
            i = heapq.heappop(self._cheap)[1] if self._cheap else heapq.heappop(self._ready)
            done.add(i)
            found.append(i)
            self._finish(i)
        return found

    def _read(self, i: int) -> set[int]:
        return {self._roots[slot] for slot in self._steps[i].ins} & self._counted

    def _cost(self, i: int) -> int:
        """Bytes that a step takes, less those that nobody needs after it."""
        taken = sum(
            self._specs[slot].nbytes for slot in self._steps[i].outs if slot in self._counted
        )
        freed = [root for root in self._read(i) if len(self._readers[root]) == 1]
        return taken - sum(self._specs[root].nbytes for root in freed)

    def _finish(self, i: int) -> None:
        for follower in self._followers[i]:
            self._waiting[follower] -= 1
            if not self._waiting[follower]:
                heapq.heappush(self._ready, follower)
                self._note(follower)
        for root in self._read(i):
            readers = self._readers[root]
            readers.discard(i)
            if len(readers) == 1:
                (last,) = readers
                if not self._waiting[last]:
                    self._note(last)

    def _note(self, i: int) -> None:
        if self._cost(i) <= 0:
            heapq.heappush(self._cheap, (bool(self._followers[i]), i))
