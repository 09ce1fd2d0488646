"""The GPU of the tests: a real one, and a simulated one that is there everywhere."""

from __future__ import annotations

import gc
import importlib.util
import os
import zlib
from collections.abc import Iterator

import no_hypothesis
import pytest
import simulated

import symbook as mx
from symbook import context, in_flight, rng
from symbook.runners import cuda

if importlib.util.find_spec("hypothesis") is None:
    no_hypothesis.install()

# Another number, and orders of work are others: for a search for races.
_SEED = int(os.environ.get("SYMBOOK_SIMULATION_SEED", "0"))


# Of cases that differ in numbers, shapes and dtypes, the simulated device takes one in so many, for each has
# kernels to be compiled; SYMBOOK_EVERY_CASE=1 takes all. What compiles all kernels is not thinned.
_ONE_IN = {"test_operators": 3, "test_reductions": 2, "test_layers": 2, "test_normalization": 2}
_ONE_IN |= {"test_runner_mixed": 2, "test_graphs": 2, "test_arrays": 2, "test_memory_use": 2}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave some cases of the simulated device out."""
    if os.environ.get("SYMBOOK_EVERY_CASE") == "1":
        return
    kept, left = [], []
    for item in items:
        values = getattr(getattr(item, "callspec", None), "params", {})
        one_in = _ONE_IN.get(item.path.stem, 1) if item.path.parent.name == "gpu" else 1
        thinned = values.get("gpu") == "simulated" and len(values) > 1
        chosen = zlib.crc32(item.name.encode()) % one_in == 0
        (kept if chosen or not thinned else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


@pytest.fixture(params=[pytest.param("device", marks=pytest.mark.gpu), "simulated"])
def gpu(request: pytest.FixtureRequest) -> Iterator[mx.Context]:
    """`mx.gpu(0)`: of this machine, and then of a simulated one, which has two."""
    if request.param == "device":
        yield mx.gpu(0)
    else:
        request.getfixturevalue("simulation")
        yield mx.gpu(0)


@pytest.fixture
def simulation(request: pytest.FixtureRequest) -> Iterator[simulated.World]:
    """The simulated machine, for what is tested there only; in a test of `gpu` too, the same.

    A race between streams fails the test, at once or at its end.
    """
    seed = zlib.crc32(request.node.nodeid.encode()) + _SEED
    _forget()
    # Work is done when it is due, now and then before, or half of it at once.
    eagerness = (0.0, 0.05, 0.5)[seed % 3]
    with simulated.installed(seed, eagerness=eagerness) as world:
        yield world
        problems, failure = list(world.races), world.failure
        world.races.clear()
        _forget()
        gc.collect(1)  # what the test has made; all would take longer than the test
    assert not problems
    assert failure is None


def _forget() -> None:
    """What symbook keeps of a device that it has used."""
    context._usable.clear()
    rng._gpus.clear()
    cuda._sides.clear()
    in_flight.landed()
