"""The command: `python -m tests.fuzz_files --executions 10_000_000 --seed 1 --json FILE`."""

from __future__ import annotations

import argparse
import json
import platform
import resource
import secrets
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import campaign, checks

ROOM = 512 << 20  # bytes that the process may take beyond what it has when it begins


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit status is 1 if a promise was broken."""
    given = _parser().parse_args(arguments)
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.default_int_handler)
    run = campaign.Campaign(given.seed, given.failures)
    _limit_memory()
    print(f"seed {given.seed}", flush=True)
    begin, shown = time.monotonic(), 0.0

    def told(done: int) -> None:
        nonlocal shown
        took = time.monotonic() - begin
        if took - shown > given.every or done >= given.executions:
            shown = took
            print(_line(run, done, took), flush=True)

    try:
        run.run(given.executions, told)
    except KeyboardInterrupt:
        print("interrupted")
    if given.json:
        found = _result(run, given.seed, time.monotonic() - begin)
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for failure in run.failures[:5]:
        print(f"{failure.target}: {failure.raw[:200]!r}\n{failure.why}")
    return 1 if run.failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_files", description=__doc__)
    parser.add_argument("--executions", type=int, default=100_000, metavar="N")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there")
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"), metavar="FOLDER")
    parser.add_argument("--every", type=float, default=30.0, metavar="S", help="seconds of silence")
    return parser


def _limit_memory() -> None:
    """What asks for much more memory than there is now gets a MemoryError, which is no error of ours."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmSize:"):
            most = int(line.split()[1]) * 1024 + ROOM
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _line(run: campaign.Campaign, done: int, took: float) -> str:
    kept = ", ".join(f"{len(target.files):,} {target.name}" for target in run.targets)
    return (
        f"{done:,} in {took:.0f} s; kept {kept}; {len(run.coverage.seen):,} pairs of lines; "
        f"{len(run.failures)} failures"
    )


def _result(run: campaign.Campaign, seed: int, took: float) -> dict[str, Any]:
    return {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "seed": seed,
        "seconds": round(took),
        "executions": sum(target.executions for target in run.targets),
        "failures": len(run.failures),
        "pairs of lines": len(run.coverage.seen),
        "memory": {"bytes for each of a file's, at most": checks.TIMES, "and": checks.AND},
        "readers": {
            target.name: {
                "executions": target.executions,
                "read": target.outcomes["read"],
                "kinds of refusal": len(target.outcomes) - 1,
                "files kept": len(target.files),
                "longest, in seconds": round(target.longest, 4),
                "most bytes for each of a file's": round(target.most_memory, 1),
            }
            for target in run.targets
        },
    }


if __name__ == "__main__":
    sys.exit(main())
