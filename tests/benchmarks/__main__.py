"""The command: `python -m tests.benchmarks cpu …`, `… sweep …`, `… plot …` and `… page …`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from . import growth, page, plot, report, sweep
from .peers import DEFAULT, PEERS
from .suite import Suite
from .timing import QUICK, Settings
from .workloads import BOUNDS, Workload, chosen

GROWTH = (1_000, 10_000, 100_000, 1_000_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit status."""
    given = _parser().parse_args(arguments)
    if given.command == "plot":
        found = json.loads(given.result.read_text(encoding="utf-8"))
        given.picture.write_text(plot.svg(found), encoding="utf-8")
        return 0
    if given.command == "page":
        found = json.loads(given.result.read_text(encoding="utf-8"))
        text = page.page(given.page.read_text(encoding="utf-8"), found)
        given.page.write_text(text, encoding="utf-8")
        return 0
    if given.command == "sweep":
        return _sweep(given)
    return _cpu(given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    cpu = commands.add_parser("cpu", help="measure symbook and its peers on the CPU")
    cpu.add_argument("--peers", type=_names, default=list(DEFAULT), metavar="A,B,…",
                     help=f"of {', '.join(p for p in PEERS if p not in ('symbook', *BOUNDS))}; "
                     f"{', '.join(DEFAULT)} if left out")  # fmt: skip
    cpu.add_argument("--mxnet-python", metavar="PATH", help="the Python that has mxnet==1.9.1")
    cpu.add_argument("--workloads", type=_names, default=[], metavar="A,B,…",
                     help="names or patterns such as e-*; growth; all if left out")  # fmt: skip
    cpu.add_argument("--no-bounds", action="store_true", help="leave the bounds out")
    cpu.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    cpu.add_argument("--repeat", type=int, metavar="N", help="rounds of each peer")
    cpu.add_argument("--quick", action="store_true", help="few and short rounds")
    cpu.add_argument("--toy", action="store_true", help="tiny sizes, to try the command")
    picture = commands.add_parser("plot", help="draw the ratios of a result")
    picture.add_argument("result", type=Path, metavar="RESULT.json")
    picture.add_argument("picture", type=Path, metavar="OUT.svg")
    tables = commands.add_parser("page", help="put a result's figures into a page's tables")
    tables.add_argument("result", type=Path, metavar="RESULT.json")
    tables.add_argument("page", type=Path, metavar="PAGE.md")
    tuning = commands.add_parser(
        "sweep", help="measure what the numbers in symbook/tuning.py are from"
    )
    tuning.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    tuning.add_argument("--quick", action="store_true", help="a tenth of the time for each figure")
    return parser


def _sweep(given: argparse.Namespace) -> int:
    found = sweep.measure(0.02 if given.quick else 0.2)
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(sweep.text(found))
    return 0


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _cpu(given: argparse.Namespace) -> int:
    unknown = [peer for peer in given.peers if peer not in PEERS]
    if unknown:
        print(
            f"no peer is called {', '.join(unknown)}; there are {', '.join(PEERS)}", file=sys.stderr
        )
        return 2
    grows = not given.workloads or "growth" in given.workloads
    patterns = [pattern for pattern in given.workloads if pattern != "growth"]
    try:
        workloads = () if given.workloads and not patterns else chosen(patterns)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    settings = QUICK if given.quick else Settings()
    if given.repeat is not None:
        settings = replace(settings, repeat=given.repeat)
    suite = _suite(given, settings)
    try:
        _measure(suite, workloads, given, grows)
    finally:
        suite.close()
    if given.json is not None:
        given.json.write_text(json.dumps(suite.found, indent=1) + "\n", encoding="utf-8")
    print("\n" + report.text(suite.found))
    return 0


def _suite(given: argparse.Namespace, settings: Settings) -> Suite:
    peers = dict.fromkeys(["symbook", *given.peers, *(() if given.no_bounds else BOUNDS)])
    pythons = {"mxnet": given.mxnet_python} if given.mxnet_python else {}
    return Suite(list(peers), pythons, settings, toy=given.toy)


def _measure(
    suite: Suite, workloads: Sequence[Workload], given: argparse.Namespace, grows: bool
) -> None:
    for workload in workloads:
        print(f"{workload.name} …", flush=True)
        suite.run(workload)
    if grows:
        print("growth …", flush=True)
        sizes = (40, 80) if given.toy else GROWTH[:2] if given.quick else GROWTH
        suite.found["growth"] = growth.measure(sizes)


if __name__ == "__main__":
    sys.exit(main())
