"""A peer in a process of its own: `python -m benchmarks.child DEVICE PEER`, started by `process`.

It answers lines of JSON on standard input with lines of JSON on standard output:

    about                        {"about": …}, or {"missing": why} where the peer is not installed
    prepare kind size inputs     {"has": whether the peer has the workload, "work": {…}}
    results into                 {}; the results of one call are written to that .npz file
    measure calls how            {"total": seconds}

What goes wrong is answered by {"error": the traceback}.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from typing import Any

import numpy as np

from . import simulated
from .peers import PEERS
from .program import Program, first_tile, tiled

Json = dict[str, Any]


class Server:
    """One peer and the workload that it has ready."""

    def __init__(self, device: str, peer: str) -> None:
        self._name = f"{__package__}.peers.{PEERS[device][peer].module}"
        self._module: Any = None
        self._program: Program | None = None
        self._size: Json = {}

    def answer(self, asked: Json) -> Json:
        """The answer to one line."""
        try:
            return getattr(self, f"_{asked.pop('do')}")(**asked)
        except Exception:
            return {"error": traceback.format_exc()}

    def _about(self) -> Json:
        try:
            self._module = importlib.import_module(self._name)
            return {"about": self._module.about()}
        except ImportError as error:
            return {"missing": str(error)}

    def _prepare(self, kind: str, size: Json, inputs: str) -> Json:
        self._program = None  # its arrays go before others come
        if kind not in self._module.PROGRAMS:
            return {"has": False}
        with np.load(inputs) as file:
            given = {name: file[name] for name in file.files}
        self._size = size
        self._program = self._module.PROGRAMS[kind](size, tiled(given, size))
        if self._program is None:
            return {"has": False}
        return {"has": True, "work": self._program.work}

    def _results(self, into: str) -> Json:
        assert self._program is not None
        if self._program.before is not None:
            self._program.before()
        self._program.call()
        self._program.wait()
        np.savez(into, **first_tile(self._program.results(), self._size))
        return {}

    def _measure(self, calls: int, how: str) -> Json:
        assert self._program is not None
        return {"total": self._program.measure(calls, how)}


def main() -> None:
    """Serve until standard input ends."""
    # Whatever a library prints must not come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    simulated.install_if_asked()
    server = Server(sys.argv[1], sys.argv[2])
    for line in sys.stdin:
        print(json.dumps(server.answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
