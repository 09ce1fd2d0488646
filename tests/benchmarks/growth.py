"""How time and memory grow with the number of nodes: compose, infer, bind, save and load.

python -m benchmarks.growth symbook 100000     in a process of its own, for its memory's peak
"""

from __future__ import annotations

import importlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import TESTS
from .peers.by_symbol import SHAPES, composed

Json = dict[str, Any]
STAGES = ("compose", "infer", "bind", "forward", "save", "load")


def stages(package: str, n: int) -> Json:
    """Seconds of each stage for a graph of n nodes, and `peak`: bytes of the whole process.

    A small graph goes first: what is loaded when it is first needed belongs to no stage.
    """
    mx = importlib.import_module(package)
    _stages(mx, 8)
    return {"nodes": n, **_stages(mx, n), "peak": _peak()}


def _stages(mx: Any, n: int) -> Json:
    seconds: Json = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        made = work()
        seconds[stage] = time.perf_counter() - begin
        return made

    symbol = timed("compose", lambda: composed(mx, n))
    timed("infer", lambda: symbol.infer_shape(**SHAPES))
    args = {name: mx.nd.ones(shape) for name, shape in SHAPES.items()}
    executor = timed("bind", lambda: symbol.bind(mx.cpu(), args, grad_req="null"))
    timed("forward", lambda: executor.forward()[0].asnumpy())
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "graph.json")
        timed("save", lambda: symbol.save(path))
        timed("load", lambda: mx.sym.load(path))
    return seconds


def _peak() -> int:
    """The most memory that this process had. `getrusage` would count that of its parent before exec."""
    status = Path("/proc/self/status").read_text()
    (kibibytes,) = re.findall(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    return int(kibibytes) * 1024


def measure(sizes: Sequence[int]) -> Json:
    """`rows`, one of `stages` a size, and `exponents`: by which power of the nodes each stage grows.

    Each size is measured in three processes; each figure is the median.
    """
    paths = [str(TESTS), str(TESTS.parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    rows = []
    for n in sizes:
        command = [sys.executable, "-m", "benchmarks.growth", "symbook", str(n)]
        runs = [
            json.loads(
                subprocess.run(
                    command, env=environment, check=True, stdout=subprocess.PIPE, text=True
                ).stdout
            )
            for _ in range(3)
        ]
        rows.append({key: statistics.median(run[key] for run in runs) for key in runs[0]})
    return {"rows": rows, "exponents": {stage: exponent(rows, stage) for stage in STAGES}}


def exponent(rows: Sequence[Json], stage: str) -> float:
    """The slope of the line through log(seconds) over log(nodes): 1 is linear."""
    nodes, seconds = ([row[key] for row in rows] for key in ("nodes", stage))
    return float(np.polyfit(np.log(nodes), np.log(seconds), 1)[0])


if __name__ == "__main__":
    print(json.dumps(stages(sys.argv[1], int(sys.argv[2]))))
