"""The command: `python -m tests.fuzz --graphs 1000000 --seed 1 --result FILE.json`, or `--show SEED`."""

from __future__ import annotations

import argparse
import gc
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import campaign

_BETWEEN = 30.0
"""Seconds between two lines that say how far it is, and between two writings of the result."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 1 if anything differs."""
    given = _parser().parse_args(arguments)
    if given.show is not None:
        return _show(given.show)
    seed = secrets.randbelow(2**28) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    command = f"python -m tests.fuzz {' '.join(sys.argv[1:] if arguments is None else arguments)}"
    if given.workers > 1:
        tally = campaign.shared(seed, given.graphs, given.seconds, given.workers)
    else:
        tally = _alone(given, seed, command)
    if given.result:
        campaign.write(given.result, campaign.recorded(tally, seed, command))
    print(_said(tally))
    for graph_seed in tally.differing[:5]:
        print("\n" + campaign.report(graph_seed))
    return bool(tally.differing)


def _alone(given: argparse.Namespace, seed: int, command: str) -> campaign.Tally:
    last, known = time.monotonic(), 0
    tally = campaign.Tally()
    gc.collect()
    gc.freeze()  # no search for garbage goes through what is there now
    for tally in campaign.run(seed, 0, given.graphs, given.seconds):
        for graph_seed in tally.differing[known:]:
            print(campaign.report(graph_seed), flush=True)
        known = len(tally.differing)
        if time.monotonic() - last > _BETWEEN:
            last = time.monotonic()
            print(_said(tally), flush=True)
            if given.result:
                campaign.write(given.result, campaign.recorded(tally, seed, command))
    return tally


def _show(graph_seed: int) -> int:
    graph, plan, kind = campaign.drawn(graph_seed)
    print(f"kind {kind!r}\n{graph.text()}\n{plan.text()}\n")
    try:
        campaign.check(graph, plan, kind)
    except campaign.Difference:
        print(campaign.report(graph_seed))
        return 1
    print("It does not differ.")
    return 0


def _said(tally: campaign.Tally) -> str:
    each = tally.seconds / max(tally.graphs, 1)
    return (
        f"{tally.graphs:,} graphs, {tally.calls:,} operators, {len(tally.differing)} differ; "
        f"{tally.seconds:,.0f} s, {each * 1e3:.1f} ms each"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "--graphs", type=int, help="how many; without it and --seconds, until interrupted"
    )
    parser.add_argument("--seconds", type=float, help="how long at most")
    parser.add_argument(
        "--seed", type=int, help="of all graphs; another one each time, if left out"
    )
    parser.add_argument("--workers", type=int, default=1, help="how many processes")
    parser.add_argument(
        "--result", type=Path, metavar="FILE.json", help="where to write what came of it"
    )
    parser.add_argument("--show", type=int, metavar="SEED", help="one graph, by its own seed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
