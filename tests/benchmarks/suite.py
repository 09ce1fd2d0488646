"""A whole run: every workload by every peer, and what came of it as one JSON object.

on           "cpu" or "gpu"; absent for "cpu" in older results
machine      what `machine.describe` says, and the load at the end
device       the GPU, as symbook's process sees it; absent for the CPU
settings     of the timing
peers        {peer: what it says of itself}
skipped      {peer: why}
workloads    a list of {name, title, unit, how, goals: [[rival, factor]], figures: {peer: [per round]},
             errors: {peer: relative}, failed: {peer: why}, work: {peer: {"bytes" or "flops": …}}}
left out     names of workloads for which there was no time; absent if there are none
growth       what `growth.measure` gives; absent if not asked for
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from . import machine, reference
from .checking import check
from .peers import PEERS
from .process import PATIENCE, Child, PeerError
from .program import Arrays
from .timing import Measure, Settings, interleaved
from .workloads import Workload

Json = dict[str, Any]
Say = Callable[[str], None]


class Suite:
    """The peers' processes and what has been found.

    Parameters
    ----------
    peers : sequence of str
    pythons : dict of str to str
        Interpreters of peers that are not in this one.
    settings : Settings
    toy : bool
        Measure tiny sizes, to try the command.
    say : callable
        Is told what happens.
    device : {"cpu", "gpu"}
    patience : float
        Seconds that one answer of a peer may take.
    """

    def __init__(
        self,
        peers: Sequence[str],
        pythons: dict[str, str],
        settings: Settings,
        toy: bool = False,
        say: Say = print,
        device: str = "cpu",
        patience: float = PATIENCE,
    ) -> None:
        self._pythons, self._settings, self._toy, self._say = pythons, settings, toy, say
        self._device, self._patience = device, patience
        self._children: dict[str, Child] = {}
        self.found: Json = {
            "on": device,
            "machine": machine.describe(),
            "settings": {**asdict(settings), "toy": toy},
            "peers": {},
            "skipped": {},
            "workloads": [],
        }
        for peer in peers:
            self._start(peer)

    def _start(self, peer: str) -> None:
        child = Child(peer, self._pythons.get(peer), self._device, self._patience)
        try:
            answer = child.ask("about")
        except PeerError as error:
            answer = {"missing": str(error)}
        if "missing" in answer:
            child.close()
            self._children.pop(peer, None)
            self.found["skipped"][peer] = answer["missing"]
            self._say(f"{peer} is skipped: {answer['missing']}")
            return
        self._children[peer] = child
        self.found["peers"][peer] = answer["about"]
        if "device" in answer["about"] and peer == "symbook":
            self.found["device"] = answer["about"].pop("device")

    def close(self) -> None:
        """End the peers."""
        for child in self._children.values():
            child.close()
        self.found["machine"]["load at the end"] = machine.load()

    def run(self, workload: Workload) -> Json:
        """Measure one workload; its row of `workloads`, which is also kept in `found`."""
        size = workload.toy if self._toy else workload.size
        row: Json = {
            "name": workload.name,
            "title": workload.title,
            "unit": workload.unit,
            "how": workload.how,
            "goals": [[goal.rival, goal.factor] for goal in workload.goals],
            "figures": {}, "errors": {}, "failed": {}, "work": {},
        }  # fmt: skip
        self.found["workloads"].append(row)
        given = reference.inputs(workload.kind, size)
        expected = reference.expected(workload.kind, size, given)
        with tempfile.TemporaryDirectory() as folder:
            inputs = Path(folder) / "inputs.npz"
            np.savez(inputs, **given)
            del given
            measures: dict[str, Measure] = {}
            for peer in list(self._children):
                measure = self._ready(peer, workload, size, inputs, expected, row)
                if measure is not None:
                    measures[peer] = measure
        row["figures"] = self._figures(workload, measures, row)
        return row

    def _ready(
        self, peer: str, workload: Workload, size: Json, inputs: Path, expected: Arrays, row: Json
    ) -> Measure | None:
        """A peer's measure, when it has the workload and computes the right results."""
        if not self._children[peer].alive:
            self._start(peer)
        child = self._children.get(peer)
        if child is None:
            return None
        try:
            answer = child.ask("prepare", kind=workload.kind, size=size, inputs=str(inputs))
            if not answer["has"]:
                return None
            if answer["work"]:
                row["work"][peer] = answer["work"]
            else:
                tolerance = max(workload.tolerance, PEERS[self._device][peer].loose)
                row["errors"][peer] = self._error(child, inputs, expected, tolerance)
        except PeerError as error:
            self._failed(peer, workload, row, error)
            return None
        return partial(_measured, child, workload.how)

    def _error(self, child: Child, inputs: Path, expected: Arrays, tolerance: float) -> float:
        path = inputs.with_name("results.npz")
        child.ask("results", into=str(path))
        with np.load(path) as file:
            return check({name: file[name] for name in file.files}, expected, tolerance)

    def _figures(
        self, workload: Workload, measures: dict[str, Measure], row: Json
    ) -> dict[str, list[float]]:
        """The rounds of those that do not fail."""
        while True:
            try:
                if workload.unit == "s":
                    return interleaved(measures, self._settings, self._settle)
                return {peer: [measure(1)] for peer, measure in measures.items()}
            except PeerError as error:
                self._failed(error.peer, workload, row, error)
                del measures[error.peer]

    def _settle(self, peer: str) -> None:
        if self._device == "cpu":  # a GPU's work has been waited for
            self._children[peer].settle()

    def _failed(self, peer: str, workload: Workload, row: Json, error: PeerError) -> None:
        row["failed"][peer] = str(error)
        self._say(f"{workload.name}: {peer} failed: {error}")


def _measured(child: Child, how: str, calls: int) -> float:
    total: float = child.ask("measure", calls=calls, how=how)["total"]
    return total
