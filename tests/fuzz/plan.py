"""How one graph is run: chosen at random, and as data, so that it can be shown and made simpler."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from .values import Source


@dataclass(frozen=True)
class Plan:
    """What symbook is asked to do with a graph. The defaults are the plainest way.

    Attributes
    ----------
    seed : int
        Of what is chosen on the way: orders, other values, heads.
    optimize : bool
        Whether the optimiser runs.
    fused : bool
        Whether even the smallest arrays are worth a fused group.
    blocks : bool
        Whether groups are computed in blocks of a few elements.
    lends : bool
        Whether even the smallest output's memory is used for other values before.
    runner : str
        `serial`, `threads`, `auto`; or `shuffled`, which is serial in another order.
    threads : int
        Of `threads`.
    written : bool
        Whether runs are written out as Python from the second on.
    runs : int
        How many forward runs there are.
    fresh : bool
        Whether runs after the first have other inputs.
    given : bool
        Whether those are given to `forward`, rather than written into the arrays bound.
    held : bool
        Whether outputs are held, and must stay what they were; otherwise some are written to.
    trace : bool
        Whether a run is recorded, between the others.
    saved : bool
        Whether the symbol is written to JSON and read again, and the arrays to the bytes of a `.params` file.
    aliased : bool
        Whether arguments of the same numbers are one array, and others views of a larger array.
    repeated : bool
        Whether each use of a variable is a symbol of its own, of the same name.
    simple : bool
        Whether `simple_bind` makes the arrays.
    inferred : bool
        Whether shapes and dtypes are inferred and compared.
    at_once : bool
        Whether the calls are made one by one with `mx.nd`, too.
    backward : str
        "": no gradients. Otherwise their requests: `write`, `add`, `null`, `mixed`.
    """

    seed: int = 0
    optimize: bool = False
    fused: bool = False
    blocks: bool = False
    lends: bool = False
    runner: str = "serial"
    threads: int = 1
    written: bool = False
    runs: int = 1
    fresh: bool = False
    given: bool = False
    held: bool = False
    trace: bool = False
    saved: bool = False
    aliased: bool = False
    repeated: bool = False
    simple: bool = False
    inferred: bool = False
    at_once: bool = False
    backward: str = ""

    def text(self) -> str:
        """What is not the default."""
        default = Plan()
        said = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self)
                if getattr(self, f.name) != getattr(default, f.name)]  # fmt: skip
        return f"Plan({', '.join(said)})"


def random_plan(source: Source, kind: str, calls: int) -> Plan:
    """A plan for a graph of this kind and so many calls."""
    chance = source.chance
    runner = source.choice(("serial", "serial", "auto", "auto", "shuffled", "threads"))
    if calls < 2 and runner in ("shuffled", "threads"):
        runner = "serial"
    runs = source.choice((1, 1, 2, 3))
    options: dict[str, Any] = {
        "seed": source.between(0, 2**31),
        "optimize": chance(0.75),
        "fused": chance(0.5),
        "blocks": chance(0.3),
        "lends": chance(0.4),
        "runner": runner,
        "threads": source.between(1, 8) if runner == "threads" else 1,
        "written": runs > 1 and runner in ("serial", "auto") and chance(0.35),
        "runs": runs,
        "fresh": runs > 1 and chance(0.6),
        "given": chance(0.5),
        "held": chance(0.5),
        "trace": chance(0.12),
        "saved": chance(0.1),
        "aliased": chance(0.2),
        "repeated": chance(0.2),
        "simple": chance(0.1),
        "inferred": chance(0.15),
        "at_once": calls <= 12 and chance(0.05),
    }
    if options["fresh"] or options["simple"]:
        options["aliased"] = options["aliased"] and not options["simple"]
    if kind != "any":
        options["backward"] = source.choice(("write", "write", "add", "mixed", "null"))
    return Plan(**options)
