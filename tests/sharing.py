"""Which tests go to which worker, when pytest-xdist runs them on several (`pytest -n 2`).

A unit of work is a file: what it needs is made once, and the cells of a notebook stay in order on one kernel.
A file of very many tests, of which none takes long, is cut into several.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

_MOST_TESTS = 250

SECONDS = {
    "tests/browser/test_hosts.py": 110,
    "tests/browser/test_access.py": 105,
    "tests/browser/test_lessons_live.py": 100,
    "tests/browser/test_harness.py": 20,
    "tests/browser/test_hostile.py": 20,
    "tests/browser/test_big_graphs.py": 15,
    "tests/browser/test_lesson_1.py": 15,
    "tests/test_lesson_runs.py": 100,
    "tests/test_binder.py": 45,
    "tests/test_reading.py": 40,
    "tests/views/test_hostile_documents.py": 35,
    "tests/views/test_kept_views.py": 24,
    "tests/gpu/test_fusion.py": 24,
    "tests/test_fusion.py": 22,
    "tests/test_benchmarks.py": 20,
    "tests/test_surroundings.py": 20,
    "tests/test_render.py": 20,
    "tests/test_symbol.py": 20,
    "tests/gpu/test_run.py": 15,
    "tests/test_processes.py": 15,
    "tests/test_sharing.py": 13,
    "tests/test_package.py": 15,
    "tests/test_colab.py": 15,
    "tests/test_progress.py": 12,
    "tests/test_gradient.py": 10,
    "tests/test_saved_views.py": 9,
    "tests/test_stretches.py": 9,
    "tests/test_networks.py": 8,
}
"""The files whose slow tests take longest, with about the seconds (`pytest -n 2 --durations=150`)."""

SECONDS_OF_A_NOTEBOOK = 7
"""What another file takes with tests that are marked as slow, or run a kernel."""


class Sharing(LoadScopeScheduling):
    """Units in the order that the tests have, each to the worker that is free first."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False
        self._units: dict[str, str] = {}

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        super().add_node_collection(node, collection)
        if not self._units:
            self._units = units(collection)

    def _split_scope(self, nodeid: str) -> str:
        return self._units[nodeid]

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        nodeid = self.registered_collections[node][item_index]
        assigned, unit = self.assigned_work[node], self._units[nodeid]
        assigned[unit][nodeid] = True
        if all(assigned[unit].values()):
            del assigned[unit]  # or each test that ends would take the longer, the more have ended
        self._reschedule(node)


def units(nodeids: Iterable[str]) -> dict[str, str]:
    """The unit that each test belongs to."""
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for nodeid in nodeids:
        file = nodeid.split("::")[0]
        before = counts.get(file, 0)
        found[nodeid] = f"{file} {before // _MOST_TESTS}"
        counts[file] = before + 1
    return found
