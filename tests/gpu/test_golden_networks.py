"""The classic networks, small, on a GPU: outputs, inner outputs, gradients and states as MXNet's.

The data are those of `tests/test_networks.py`. Training is compared in float64, where no signal near 0
falls on the other side of a rectifier, and without Dropout, whose numbers are each device's own.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from networks import answers, digests
from networks.catalogue import NETWORKS, Network
from simulated.world import Current

import symbook as mx

DATA = Path(__file__).resolve().parent.parent / "golden" / "networks"
# Those that a simulated device is given: one of each kind of layers.
FEW = {
    "mlp-train64",
    "lenet-train64",
    "alexnet-predict32",
    "squeezenet-predict32",
    "mobilenet-v1-predict32",
}


def drops(network: Network) -> bool:
    """Whether Dropout decides what it gives in training."""
    return "Dropout" in network.build(mx, network.small).tojson()


RUNS = [
    pytest.param(network, run, id=f"{network.name}-{run}")
    for network in NETWORKS
    for run in ("predict32", "train64")
    if run == "predict32" or not drops(network)
]


@cache
def made(network: Network) -> tuple[Any, answers.Arrays, answers.Arrays]:
    """The symbol, its arguments and its states."""
    size = network.small
    symbol = network.build(mx, size)
    return symbol, *answers.made_up(symbol, size.data, size.classes, network.gain)


@pytest.mark.parametrize(("network", "run"), RUNS)
def test_it_computes_what_mxnet_computes(gpu, network, run):
    if Current.world is not None and f"{network.name}-{run}" not in FEW:
        pytest.skip("too much for a simulated device")
    expected = digests.load(DATA / f"{network.name}.npz")[run]
    own = answers.answers(mx, *made(network), run, ctx=gpu)
    worst = digests.compare(expected, {name: digests.digest(array) for name, array in own})
    bounds = answers.bounds(run)
    assert {kind: found for kind, found in worst.items() if found.error > bounds[kind]} == {}
