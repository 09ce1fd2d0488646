"""The files that damage begins with: of every version of both formats, small, so that much can be tried."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
LARGEST = 2_000  # bytes
_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA

# One node of operators whose parameters decide about inputs and outputs.
_NODES = [
    ("SliceChannel", 1, {"num_outputs": "2", "axis": "0"}),
    ("_split_v2", 1, {"indices": "(1, 2)", "axis": "0", "sections": "0"}),
    ("Concat", 2, {"num_args": "2", "dim": "0"}),
    ("UpSampling", 2, {"num_args": "2", "scale": "2", "sample_type": "nearest"}),
    ("RNN", 4, {"mode": "lstm", "state_size": "2", "num_layers": "1", "state_outputs": "True"}),
    ("multi_sgd_update", 2, {"num_weights": "1", "lrs": "(0.1,)", "wds": "[0.2]"}),
    ("multi_sum_sq", 2, {"num_arrays": "2"}),
    ("amp_multicast", 2, {"num_outputs": "2", "cast_narrow": "True"}),
    ("Convolution", 3, {"kernel": "(3, 3)", "num_filter": "4", "pad": "[1,1]", "no_bias": "0"}),
    ("slice", 1, {"begin": "(None, 0)", "end": "(2, 1)", "step": "()"}),
    ("sum", 1, {"axis": "(0, -1)", "keepdims": "1", "exclude": "False"}),
    ("Cast", 1, {"dtype": "float16"}),
    ("_zeros", 0, {"shape": "(2, 3)", "dtype": "6"}),
    ("topk", 1, {"ret_typ": "both", "k": "2"}),
    ("Dropout", 1, {"p": "0.5", "axes": "(0,)", "mode": "always"}),
    ("_plus_scalar", 1, {"scalar": "1e30"}),
]


def symbols() -> Iterator[bytes]:
    """Symbol files: MXNet's own of every version, and one of each operator that is special."""
    for path in sorted((GOLDEN / "symbols").glob("*.json")):
        if path.name != "index.json":
            yield path.read_bytes()
    for row in json.loads((GOLDEN / "upgrades.json").read_text(encoding="utf-8")):
        if "text" in row:
            yield row["text"].encode()
    yield (GOLDEN / "files" / "net-symbol.json").read_bytes()
    for op, inputs, attrs in _NODES:
        yield _layout(op, inputs, attrs).encode()


def large_symbols() -> Iterator[bytes]:
    """MXNet's files of whole networks."""
    for path in sorted((GOLDEN / "networks").glob("*.json.gz")):
        yield gzip.decompress(path.read_bytes())


def _layout(op: str, inputs: int, attrs: dict[str, str]) -> str:
    """A file of some variables and one operator, as MXNet 1.9 lays it out."""
    variables = [
        f'    {{\n      "op": "null", \n      "name": "v{i}", \n      "inputs": []\n    }}'
        for i in range(inputs)
    ]
    lines = ", \n".join(f'        "{key}": "{value}"' for key, value in attrs.items())
    edges = ", ".join(f"[{i}, 0, 0]" for i in range(inputs))
    node = (
        f'    {{\n      "op": "{op}", \n      "name": "n", \n      "attrs": {{\n{lines}\n      }}, \n'
        f'      "inputs": [{edges}]\n    }}'
    )
    return (
        '{\n  "nodes": [\n' + ", \n".join([*variables, node]) + "\n  ], \n"
        f'  "arg_nodes": {list(range(inputs))}, \n'
        f'  "node_row_ptr": {list(range(inputs + 2))}, \n'
        f'  "heads": [[{inputs}, 0, 0]], \n'
        '  "attrs": {"mxnet_version": ["int", 10901]}\n}'
    )


def arrays() -> Iterator[bytes]:
    """Files of arrays: MXNet's own, and each version of the format with names, ranks and dtypes."""
    for path in sorted((GOLDEN / "files").glob("*.params")):
        yield path.read_bytes()
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    packed = [_array(version, values) for version in (0, _V1, _V2, _V3)]
    yield _file(packed, ["arg:a", "aux:b", "", "é"])
    yield _file([_array(_V3, np.array(2, np.int64)), _array(_V2, np.zeros((0, 2), np.float64))], [])
    yield _file([_array(0, np.array([7], np.uint8))], ["x" * 40])


_CODES = {"float32": 0, "float64": 1, "uint8": 3, "int64": 6}


def _array(version: int, array: np.ndarray) -> bytes:
    rank, shape = array.ndim, array.shape
    heads = {
        0: lambda: struct.pack(f"<I{rank}I", rank, *shape),
        _V1: lambda: struct.pack(f"<Ii{rank}q", _V1, rank, *shape),
    }
    head = heads.get(version, lambda: struct.pack(f"<Iii{rank}q", version, 0, rank, *shape))()
    return head + struct.pack("<3i", 1, 0, _CODES[array.dtype.name]) + array.tobytes()


def _file(packed: list[bytes], names: list[str]) -> bytes:
    encoded = [name.encode() for name in names]
    parts = [struct.pack("<3Q", 0x112, 0, len(packed)), *packed, struct.pack("<Q", len(names))]
    return b"".join(parts + [struct.pack("<Q", len(name)) + name for name in encoded])
