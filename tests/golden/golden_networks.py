"""Write ``networks/``: what MXNet 1.9.1 makes of the classic networks of ``tests/networks``.

With MXNet's Python::

    python tests/golden/golden_networks.py                        # the small networks
    python tests/golden/golden_networks.py vgg16                  # one of them
    python tests/golden/golden_networks.py --full FOLDER [NAME]   # full size; up to 8 GB of memory

index.json
    One row a network: ``name, nodes``; ``arguments, outputs, auxiliary``, each ``{name: shape}``
    at full size; with ``--full``, ``seconds`` of each run.
NAME-symbol.json.gz, NAME-0.8.json.gz, NAME-0.8-read.json.gz
    The symbol as MXNet 1.9.1 wrote it; in the form of 0.8 (``tests/networks/legacy.py``); and what
    MXNet 1.9.1 wrote after reading that.
NAME-symbol.json, NAME-0000.params
    Instead, for some: a checkpoint by ``mx.model.save_checkpoint``. The parameters of the others
    are made from their names (``tests/networks/answers.py``).
NAME.npz
    Digests (``tests/networks/digests.py``) of all outputs, internal outputs, gradients and states.
    In float64, LRN is made of other operators, for MXNet's has no float64.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MXNET_SUBGRAPH_BACKEND"] = "NONE"
# MKL-DNN's gradient of LRN is 4e-4 off, its Concat cannot run backward where channels are no whole
# blocks, and its numbers depend on the processor. MXNet's own operators have none of this.
os.environ["MXNET_MKLDNN_ENABLED"] = "0"
os.environ["MXNET_STORAGE_FALLBACK_LOG_VERBOSE"] = "0"
warnings.simplefilter("ignore")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import mxnet as mx  # noqa: E402
import numpy as np  # noqa: E402
from networks import answers, catalogue, digests, legacy  # noqa: E402

FOLDER = Path(__file__).resolve().parent / "networks"
Json = dict[str, Any]


def make(names: list[str] | None = None, folder: Path = FOLDER, full: bool = False) -> int:
    """Write the data of some networks, or of all, into a folder; return how many there were."""
    folder.mkdir(exist_ok=True)
    index = folder / "index.json"
    rows = {row["name"]: row for row in json.loads(index.read_text())} if index.exists() else {}
    chosen = [network for network in catalogue.NETWORKS if not names or network.name in names]
    for network in chosen:
        rows[network.name] = _write(network, folder, full)
        print(network.name, flush=True)
    ordered = [rows[network.name] for network in catalogue.NETWORKS if network.name in rows]
    lines = ",\n".join(json.dumps(row) for row in ordered)
    index.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return len(chosen)


def _write(network: catalogue.Network, folder: Path, full: bool) -> Json:
    """One network's files, and its row of the index."""
    size = network.full if full else network.small
    symbol = network.build(mx, size)
    arguments, auxiliary = answers.made_up(symbol, size.data, size.classes, network.gain)
    text = legacy.as_0_8(symbol.tojson())
    old = mx.sym.load_json(text)
    _verify(symbol, old, arguments, auxiliary)
    _write_symbol(network, folder, symbol, arguments, auxiliary, params=not full)
    _compress(folder / f"{network.name}-0.8.json.gz", text)
    _compress(folder / f"{network.name}-0.8-read.json.gz", old.tojson())
    spelled = network.build(mx, size, spelled=True)
    runs, seconds = {}, {}
    for run in network.runs(size):
        start = time.perf_counter()
        source = spelled if run == "train64" else symbol
        found = {
            name: digests.digest(array)
            for name, array in answers.answers(mx, source, arguments, auxiliary, run)}
        runs[run] = {name: found[name] for name in answers.names(symbol, run)}
        seconds[run] = round(time.perf_counter() - start, 2)
    digests.save(folder / f"{network.name}.npz", runs)
    row = {"name": network.name, "nodes": len(json.loads(symbol.tojson())["nodes"]),
           **_shapes(network)}
    return {**row, "seconds": seconds} if full else row


def _shapes(network: catalogue.Network) -> Json:
    symbol = network.build(mx, network.full)
    shapes = symbol.infer_shape(data=network.full.data)
    names = (symbol.list_arguments(), symbol.list_outputs(), symbol.list_auxiliary_states())
    return {
        part: dict(zip(own, found, strict=True))
        for part, own, found in zip(("arguments", "outputs", "auxiliary"), names, shapes,
                                    strict=True)}


def _write_symbol(network: catalogue.Network, folder: Path, symbol: Any, arguments: answers.Arrays,
                  auxiliary: answers.Arrays, *, params: bool) -> None:
    if not (network.params_file and params):
        _compress(folder / f"{network.name}-symbol.json.gz", symbol.tojson())
        return
    given = ("data", answers.LABEL)
    mx.model.save_checkpoint(
        str(folder / network.name), 0, symbol,
        {name: mx.nd.array(value) for name, value in arguments.items() if name not in given},
        {name: mx.nd.array(value) for name, value in auxiliary.items()})


def _compress(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _verify(symbol: Any, old: Any, arguments: answers.Arrays, auxiliary: answers.Arrays) -> None:
    """Fail unless MXNet makes the same graph of the file of 0.8, and the same numbers."""
    def graph(text: str) -> list[Any]:
        # A file of 0.8 tells no version of auxiliary states, the third number of an input.
        return [(node["op"], node["name"], [source[:2] for source in node["inputs"]])
                for node in json.loads(text)["nodes"]]

    if graph(symbol.tojson()) != graph(old.tojson()):
        raise ValueError("the file of 0.8 is another graph")
    ours, theirs = (
        dict(answers.answers(mx, each, arguments, auxiliary, "predict32")) for each in (symbol, old))
    if any(not np.array_equal(ours[name], theirs[name]) for name in ours):
        raise ValueError("the file of 0.8 computes something else")


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[:1] == ["--full"]:
        make(given[2:], Path(given[1]), full=True)
    else:
        make(given)
