"""How long a call takes: rounds, each long enough to be told from noise, of all peers in turn."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

# Takes a number of calls and gives what they take together.
Measure = Callable[[int], float]


@dataclass(frozen=True)
class Settings:
    """How carefully it is measured.

    Attributes
    ----------
    repeat : int
        Rounds of each peer.
    shortest : float
        Seconds that a round lasts at least.
    warm : float
        Seconds that a peer works before it is measured.
    budget : float
        Seconds that one workload takes, about; where rounds are long there are fewer, at least 3.
    """

    repeat: int = 15
    shortest: float = 0.02
    warm: float = 0.5
    budget: float = 90.0


# A GPU, which nobody else uses, is disturbed less.
ON_GPU = Settings(repeat=15, shortest=0.02, warm=0.2, budget=30.0)
QUICK_ON_GPU = Settings(repeat=7, shortest=0.01, warm=0.1, budget=5.0)
QUICK = Settings(repeat=5, shortest=0.01, warm=0.3, budget=15.0)


def calls_for(measure: Measure, settings: Settings) -> int:
    """How many calls make a round long enough, after warming up.

    The first call may compile; how many calls fit is therefore found anew until the time is over.
    """
    begin, calls = time.perf_counter(), 1
    while True:
        took = measure(calls)
        if took < settings.shortest:
            calls = _more(calls, took, settings)
        elif time.perf_counter() - begin >= settings.warm:
            return calls


def _more(calls: int, took: float, settings: Settings) -> int:
    """How many calls to try after so many took too short a time."""
    growth = 1.2 * settings.shortest / max(took, 1e-9)
    return max(calls + 1, math.ceil(calls * min(growth, 10)))


def interleaved(
    measures: Mapping[str, Measure], settings: Settings, settle: Callable[[str], object]
) -> dict[str, list[float]]:
    """For each peer, seconds per call in each round: A B C A B C …

    Each round begins with a call that is not counted, for others have used the caches since. `settle`
    is called with the name of who has had its turn, and returns when that one is at rest. Who has become
    quicker since, because its code has been compiled meanwhile, makes more calls from then on.
    """
    calls = {}
    for name, measure in measures.items():
        calls[name] = calls_for(measure, settings)
        settle(name)
    found: dict[str, list[float]] = {name: [] for name in measures}
    begin = time.perf_counter()
    for done in range(1, settings.repeat + 1):
        for name, measure in measures.items():
            measure(1)
            spent = measure(calls[name])
            found[name].append(spent / calls[name])
            if spent < settings.shortest:
                calls[name] = _more(calls[name], spent, settings)
            settle(name)
        took = time.perf_counter() - begin
        if done >= 3 and took + took / done > settings.budget:
            break
    return found


@dataclass(frozen=True)
class Spread:
    """The quartiles of some figures."""

    low: float
    median: float
    high: float


def spread(figures: Sequence[float]) -> Spread:
    """Their quartiles; one figure is all three."""
    if len(figures) == 1:
        return Spread(figures[0], figures[0], figures[0])
    return Spread(*statistics.quantiles(figures, n=4, method="inclusive"))


def ratios(figures: Sequence[float], to: Sequence[float]) -> Spread:
    """How many times what was measured in the same round.

    Neighbours in time are compared, so that what slows the machine for a while slows both.
    """
    return spread([a / b for a, b in zip(figures, to, strict=True)])
