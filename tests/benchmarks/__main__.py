"""The command: `python -m tests.benchmarks cpu …`, `gpu …`, `sweep …`, `views …`, `plot …` and `page …`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import gpu_workloads, growth, page, plot, report, sweep, views
from . import workloads as cpu_workloads
from .peers import DEFAULT, PEERS
from .process import PATIENCE
from .suite import Suite
from .timing import ON_GPU, QUICK, QUICK_ON_GPU, Settings
from .workloads import BOUNDS, Workload, chosen

GROWTH = (1_000, 10_000, 100_000, 1_000_000)
QUICK_PATIENCE = 60.0  # seconds for one answer; who compiles for longer is left out
_BOUNDS = {"cpu": BOUNDS, "gpu": ("copy", "blas")}
_WORKLOADS = {"cpu": cpu_workloads.WORKLOADS, "gpu": gpu_workloads.WORKLOADS}
_SETTINGS = {"cpu": (Settings(), QUICK), "gpu": (ON_GPU, QUICK_ON_GPU)}


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
    if given.command == "views":
        return _views(given)
    return _compare(given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    cpu = _comparison(commands, "cpu", "measure symbook and its peers on the CPU")
    cpu.add_argument("--mxnet-python", metavar="PATH", help="the Python that has mxnet==1.9.1")
    gpu = _comparison(commands, "gpu", "measure symbook and its peers on the first CUDA device")
    gpu.add_argument("--seconds", type=float, metavar="N",
                     help="begin no further workload after so many")  # fmt: skip
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
    shown = commands.add_parser(
        "views", help="measure the views, in Python, a browser and a kernel"
    )
    shown.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    shown.add_argument("--quick", action="store_true", help="few calls of each kind")
    shown.add_argument("--toy", action="store_true", help="small graphs, to try the command")
    return parser


def _comparison(commands: Any, device: str, text: str) -> argparse.ArgumentParser:
    """The options that both devices' commands have."""
    parser: argparse.ArgumentParser = commands.add_parser(device, help=text)
    known = [peer for peer in PEERS[device] if peer not in ("symbook", *BOUNDS)]
    parser.add_argument("--peers", type=_names, default=list(DEFAULT[device]), metavar="A,B,…",
                        help=f"of {', '.join(known)}; {', '.join(DEFAULT[device])} if left out")  # fmt: skip
    parser.add_argument("--workloads", type=_names, default=[], metavar="A,B,…",
                        help="names or patterns such as e-*; all if left out"
                        + ("; growth" if device == "cpu" else ""))  # fmt: skip
    parser.add_argument("--no-bounds", action="store_true", help="leave the bounds out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--repeat", type=int, metavar="N", help="rounds of each peer")
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument("--toy", action="store_true", help="tiny sizes, to try the command")
    return parser


def _sweep(given: argparse.Namespace) -> int:
    found = sweep.measure(0.02 if given.quick else 0.2)
    _keep(given.json, found)
    print(sweep.text(found))
    return 0


def _views(given: argparse.Namespace) -> int:
    found = views.measure(given.quick, given.toy)
    _keep(given.json, found)
    print(views.text(found))
    return 0


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _keep(file: Path | None, found: Any) -> None:
    if file is not None:
        file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _compare(given: argparse.Namespace) -> int:
    device = given.command
    known = PEERS[device]
    unknown = [peer for peer in given.peers if peer not in known]
    if unknown:
        print(
            f"no peer is called {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr
        )
        return 2
    grows = device == "cpu" and (not given.workloads or "growth" in given.workloads)
    patterns = [pattern for pattern in given.workloads if device == "gpu" or pattern != "growth"]
    try:
        found = chosen(patterns, _WORKLOADS[device])
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    workloads = () if given.workloads and not patterns else found
    suite = _suite(given)
    try:
        if "symbook" in suite.found["skipped"]:
            return 1
        _measure(suite, workloads, given, grows)
    finally:
        suite.close()
    _keep(given.json, suite.found)
    print("\n" + report.text(suite.found))
    return 0


def _suite(given: argparse.Namespace) -> Suite:
    device = given.command
    settings = _SETTINGS[device][given.quick]
    if given.repeat is not None:
        settings = replace(settings, repeat=given.repeat)
    bounds = () if given.no_bounds else _BOUNDS[device]
    peers = dict.fromkeys(["symbook", *given.peers, *bounds])
    python = getattr(given, "mxnet_python", None)
    pythons = {"mxnet": python} if python else {}
    patience = QUICK_PATIENCE if device == "gpu" and given.quick else PATIENCE
    return Suite(list(peers), pythons, settings, toy=given.toy, device=device, patience=patience)


def _measure(
    suite: Suite, workloads: Sequence[Workload], given: argparse.Namespace, grows: bool
) -> None:
    """Each workload in turn; what has been found is kept after each, for a run that is cut short."""
    begin, limit = time.perf_counter(), getattr(given, "seconds", None)
    for i, workload in enumerate(workloads):
        if limit is not None and time.perf_counter() - begin > limit:
            suite.found["left out"] = [left.name for left in workloads[i:]]
            return
        print(f"{workload.name} …", flush=True)
        suite.run(workload)
        _keep(given.json, suite.found)
    if grows:
        print("growth …", flush=True)
        sizes = (40, 80) if given.toy else GROWTH[:2] if given.quick else GROWTH
        suite.found["growth"] = growth.measure(sizes)


if __name__ == "__main__":
    sys.exit(main())
