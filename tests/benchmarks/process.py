"""The parent's side of a peer's process."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from . import TESTS

PATIENCE = 900.0

# Seconds between two looks at the processor time of a child, and how many there are at most.
_WAIT = 0.03
_MOST_WAITS = 20


class PeerError(Exception):
    """A peer failed, gave no answer in time, or gave a wrong result."""

    def __init__(self, why: str, peer: str = "") -> None:
        super().__init__(why)
        self.peer = peer


class Child:
    """A peer in a process of its own, with nobody else's threads or arrays.

    Parameters
    ----------
    peer : str
    python : str, optional
        The interpreter that has it; this one, if left out.
    device : {"cpu", "gpu"}
    patience : float
        Seconds that one answer may take: compiling a network of 50 steps takes minutes in some.
    """

    def __init__(
        self,
        peer: str,
        python: str | None = None,
        device: str = "cpu",
        patience: float = PATIENCE,
    ) -> None:
        self.peer, self._patience = peer, patience
        paths = [str(TESTS), str(TESTS.parent)]
        if python is None and "PYTHONPATH" in os.environ:
            paths.append(os.environ["PYTHONPATH"])
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close()
        self._process = subprocess.Popen(
            [python or sys.executable, "-m", "benchmarks.child", device, peer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Its answer to one line.

        Raises
        ------
        PeerError
            If it answers with an error, ends, or takes too long; then it is ended.
        """
        line = json.dumps({"do": do, **more}).encode() + b"\n"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure(self._last_words("ended")) from None
        if not select.select([self._process.stdout], [], [], self._patience)[0]:
            self.close()
            raise self._failure(f"no answer to {do} in {self._patience:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise self._failure(self._last_words(f"ended with status {self._process.returncode}"))
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise self._failure(answer["error"].strip().splitlines()[-1])
        return answer

    def settle(self) -> None:
        """Wait until it is at rest: threads of OpenBLAS spin for 0.1 s before they sleep.

        The next peer would share the cores with them.
        """
        before = -1.0
        for _ in range(_MOST_WAITS):
            used = self._processor_time()
            if used == before:
                return
            before = used
            time.sleep(_WAIT)

    def _processor_time(self) -> float:
        """In ticks of the system, which are 10 ms."""
        text = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        fields = text.rpartition(")")[2].split()  # the name before may hold spaces
        return float(fields[11]) + float(fields[12])

    def _failure(self, why: str) -> PeerError:
        return PeerError(why, self.peer)

    def _last_words(self, what: str) -> str:
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        return f"{what}: {said[-1]}" if said else what

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for file in (self._process.stdin, self._process.stdout, self._said):
            if file is not None:
                file.close()
