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
