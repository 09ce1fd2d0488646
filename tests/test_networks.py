"""The classic networks: files, inference, outputs, inner outputs and gradients as MXNet's.

The data are in `golden/networks`; `golden/golden_networks.py` says how MXNet 1.9.1 made them.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import answers, digests
from networks.catalogue import NETWORKS, Network

import symbook as mx

DATA = Path(__file__).parent / "golden" / "networks"
INDEX = {row["name"]: row for row in json.loads((DATA / "index.json").read_text())}

each_network = pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)


def unpacked(name: str) -> str:
    return gzip.decompress((DATA / name).read_bytes()).decode()


@cache
def written(network: Network) -> str:
    """The symbol's text as MXNet wrote it."""
    if network.params_file:
        return (DATA / f"{network.name}-symbol.json").read_text()
    return unpacked(f"{network.name}-symbol.json.gz")


def nodes(text: str) -> list[Any]:
    """The graph in a symbol's text, without the versions of inputs."""
    return [
        (node["op"], node["name"], node.get("attrs", {}), [pin[:2] for pin in node["inputs"]])
        for node in json.loads(text)["nodes"]
    ]


@each_network
def test_composing_it_gives_the_file_that_mxnet_wrote(network: Network) -> None:
    assert network.build(mx, network.small).tojson() == written(network)


@each_network
def test_reading_and_writing_changes_no_byte(network: Network) -> None:
    assert mx.sym.load_json(written(network)).tojson() == written(network)


@each_network
def test_the_form_of_0_8_is_read_as_mxnet_reads_it(network: Network) -> None:
    read = mx.sym.load_json(unpacked(f"{network.name}-0.8.json.gz"))
    assert nodes(read.tojson()) == nodes(unpacked(f"{network.name}-0.8-read.json.gz"))
    symbol = mx.sym.load_json(written(network))
    assert read.list_arguments() == symbol.list_arguments()
    assert read.list_auxiliary_states() == symbol.list_auxiliary_states()
    assert read.list_outputs() == symbol.list_outputs()
    inside, inside_read = symbol.get_internals(), read.get_internals()
    assert inside_read.list_outputs() == inside.list_outputs()


@each_network
def test_names_and_shapes_at_full_size(network: Network) -> None:
    symbol = network.build(mx, network.full)
    shapes = symbol.infer_shape(data=network.full.data)
    names = (symbol.list_arguments(), symbol.list_outputs(), symbol.list_auxiliary_states())
    for part, own, found in zip(("arguments", "outputs", "auxiliary"), names, shapes, strict=True):
        expected = INDEX[network.name][part]
        assert own == list(expected)
        assert [list(shape) for shape in found] == list(expected.values())


@pytest.mark.parametrize(
    ("network", "run"),
    [
        pytest.param(network, run, id=f"{network.name}-{run}")
        for network in NETWORKS
        for run in network.runs(network.small)
    ],
)
def test_it_computes_what_mxnet_computes(network: Network, run: str) -> None:
    expected = digests.load(DATA / f"{network.name}.npz")[run]
    symbol, arguments, auxiliary = loaded(network)
    own = answers.answers(mx, symbol, arguments, auxiliary, run)
    worst = digests.compare(expected, {name: digests.digest(array) for name, array in own})
    bounds = answers.bounds(run)
    assert {kind: found for kind, found in worst.items() if found.error > bounds[kind]} == {}


def loaded(network: Network) -> tuple[Any, answers.Arrays, answers.Arrays]:
    """The symbol and its arrays, as far as possible from MXNet's files."""
    size = network.small
    if not network.params_file:
        symbol = mx.sym.load_json(written(network))
        return symbol, *answers.made_up(symbol, size.data, size.classes, network.gain)
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(DATA / network.name), 0)
    made, states = answers.made_up(symbol, size.data, size.classes, network.gain)
    given = {name: made.pop(name) for name in ("data", answers.LABEL)}
    assert set(arguments) == set(made)
    assert set(auxiliary) == set(states)
    read = {name: arguments[name].asnumpy() for name in made}
    np.testing.assert_equal(read, made)
    return symbol, {**read, **given}, {name: auxiliary[name].asnumpy() for name in states}


@each_network
def test_the_form_of_0_8_computes_the_same(network: Network) -> None:
    size = network.small
    symbol = mx.sym.load_json(unpacked(f"{network.name}-0.8.json.gz"))
    arguments, auxiliary = answers.made_up(symbol, size.data, size.classes, network.gain)
    arrays = {name: mx.nd.array(value) for name, value in arguments.items()}
    states = {name: mx.nd.array(value) for name, value in auxiliary.items()}
    output = symbol.bind(mx.cpu(), arrays, aux_states=states).forward()[0].asnumpy()
    expected = digests.load(DATA / f"{network.name}.npz")["predict32"]
    expected = {name: found for name, found in expected.items() if name.startswith("output:")}
    own = {f"output:{symbol.list_outputs()[0]}": digests.digest(output)}
    assert digests.compare(expected, own)["output"].error <= answers.bounds("predict32")["output"]
