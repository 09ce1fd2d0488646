"""What the figures say: ratios between peers, and whether the goals are met."""

from __future__ import annotations

from typing import Any, NamedTuple

from .timing import Spread, ratios
from .workloads import BOUNDS, LIMIT

Json = dict[str, Any]


class Verdict(NamedTuple):
    """One goal: symbook's figure as a multiple of its rival's, or as it is, and how much it may be."""

    rival: str
    ratio: Spread
    most: float

    @property
    def met(self) -> bool:
        """Whether the median is within the goal."""
        return self.ratio.median <= self.most


def to_symbook(row: Json, peer: str) -> Spread | None:
    """A peer's figure as a multiple of symbook's; None where one of them is missing."""
    figures = row["figures"]
    if peer not in figures or "symbook" not in figures:
        return None
    return ratios(figures[peer], figures["symbook"])


def to_bound(row: Json, peer: str) -> Spread | None:
    """A peer's figure as a multiple of the tightest bound that was measured; None without a bound."""
    figures = row["figures"]
    bound = tightest(row)
    if bound is None or peer not in figures:
        return None
    return ratios(figures[peer], figures[bound])


def tightest(row: Json) -> str | None:
    """The bound that a workload is nearest to: the largest of those measured."""
    medians = {
        name: ratios(row["figures"][name], [1.0] * len(row["figures"][name])).median
        for name in BOUNDS
        if name in row["figures"]
    }
    return max(medians, key=lambda name: medians[name]) if medians else None


def verdicts(row: Json) -> list[Verdict]:
    """The goals whose rival was measured."""
    figures = row["figures"]
    if "symbook" not in figures:
        return []
    rivals = {**figures, LIMIT: [1.0] * len(figures["symbook"])}
    return [
        Verdict(rival, ratios(figures["symbook"], rivals[rival]), most)
        for rival, most in row["goals"]
        if rival in rivals
    ]
