"""Arrays on their way into the data: from a process of its own, and into flat arrays by dtype."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from typing import Any

import mxnet as mx
import numpy as np
from golden_common import HERE


class Store:
    """Arrays packed by dtype, each kept once."""

    def __init__(self) -> None:
        self._parts: dict[str, list[bytes]] = {}
        self._sizes: Counter[str] = Counter()
        self._known: dict[tuple[str, bytes], int] = {}

    def add(self, array: Any) -> list[Any]:
        """Keep an array; gives its entry in the index."""
        dtype, data = array.dtype.name, np.ascontiguousarray(array).tobytes()
        offset = self._known.get((dtype, data))
        if offset is None:
            offset = self._known[dtype, data] = self._sizes[dtype]
            self._parts.setdefault(dtype, []).append(data)
            self._sizes[dtype] += array.size
        return [dtype, list(array.shape), offset]

    def save(self, path: str) -> None:
        """Write the flat arrays."""
        flat = {dtype: np.frombuffer(b"".join(parts), dtype)
                for dtype, parts in sorted(self._parts.items())}
        np.savez_compressed(HERE / path, **flat)


def pack(value: Any) -> Any:
    """Arrays within lists and dicts as JSON that holds their bytes."""
    if isinstance(value, mx.nd.NDArray):
        value = value.asnumpy()
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.name, "shape": list(value.shape),
                "bytes": base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()}
    if isinstance(value, Mapping):
        return {key: pack(item) for key, item in value.items()}
    return [pack(item) for item in value] if isinstance(value, (list, tuple)) else value


def keep(value: Any, store: Store) -> Any:
    """What :func:`pack` gave, with the arrays moved to the store."""
    if isinstance(value, dict) and "bytes" in value:
        if value["bytes"] is None:
            return [value["dtype"], value["shape"], None]
        raw = np.frombuffer(base64.b64decode(value["bytes"]), value["dtype"])
        return store.add(raw.reshape(value["shape"]))
    if isinstance(value, dict):
        return {key: keep(item, store) for key, item in value.items()}
    return [keep(item, store) for item in value] if isinstance(value, list) else value


def settled(one: Any, other: Any) -> Any:
    """What two runs agree on; an array in which they differ loses its values."""
    if isinstance(one, dict) and "bytes" in one:
        same = one == other
        return one if same else {**one, "bytes": None}
    if isinstance(one, dict):
        return {key: settled(one[key], other[key]) for key in one}
    if isinstance(one, list):
        return [settled(*pair) for pair in zip(one, other, strict=True)]
    return one
