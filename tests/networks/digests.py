"""A few numbers that stand for an array, the file they are kept in, and how far two are apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

SAMPLES = 16
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Digest:
    """An array in short.

    Attributes
    ----------
    shape : tuple of int
    dtype : str
    largest : float
        The largest magnitude.
    norm : float
        The Euclidean norm.
    projection : float
        The sum of all elements with random signs: a change of any element shows in it.
    samples : numpy.ndarray
        At most 16 elements, evenly spread over the array in C order.
    """

    shape: tuple[int, ...]
    dtype: str
    largest: float
    norm: float
    projection: float
    samples: np.ndarray


def digest(array: np.ndarray) -> Digest:
    """The digest of an array of real numbers."""
    flat = array.ravel()
    signs = np.random.PCG64(flat.size)
    largest = squares = projection = 0.0
    for start in range(0, flat.size, _BLOCK):
        part = flat[start : start + _BLOCK].astype("float64")
        bits = np.unpackbits(signs.random_raw((part.size + 63) // 64).astype("<u8").view("u1"))
        largest = max(largest, float(np.abs(part).max()))
        squares += float(part @ part)
        projection += float(part @ (bits[: part.size] * 2.0 - 1.0))
    count = min(SAMPLES, flat.size)
    chosen = np.arange(count) * (flat.size - 1) // max(count - 1, 1)
    return Digest(array.shape, array.dtype.name, largest, squares**0.5, projection, flat[chosen])


def save(path: Path, runs: dict[str, dict[str, Digest]]) -> None:
    """Write the digests of several runs, each a dict by name, to an `.npz` file."""
    arrays = {}
    for run, found in runs.items():
        index = [[name, d.dtype, *d.shape] for name, d in found.items()]
        arrays[f"{run}.index"] = np.frombuffer(json.dumps(index).encode(), "u1")
        arrays[f"{run}.numbers"] = np.array(
            [(d.largest, d.norm, d.projection) for d in found.values()]
        )
        arrays[f"{run}.samples"] = np.concatenate([d.samples for d in found.values()])
    np.savez_compressed(path, **arrays)


def load(path: Path) -> dict[str, dict[str, Digest]]:
    """What `save` wrote."""
    runs = {}
    with np.load(path) as file:
        for key in file.files:
            run, part = key.split(".")
            if part == "index":
                index = json.loads(file[key].tobytes())
                numbers, samples = file[f"{run}.numbers"], file[f"{run}.samples"]
                runs[run] = _loaded(index, numbers, samples)
    return runs


def _loaded(index: list[list], numbers: np.ndarray, samples: np.ndarray) -> dict[str, Digest]:
    found, start = {}, 0
    for (name, dtype, *shape), row in zip(index, numbers.tolist(), strict=True):
        count = min(SAMPLES, int(np.prod(shape)))
        found[name] = Digest(tuple(shape), dtype, *row, samples[start : start + count])
        start += count
    return found


class Worst(NamedTuple):
    """The largest relative error among some arrays, and the array that has it."""

    error: float = 0.0
    name: str = ""


def compare(expected: dict[str, Digest], own: dict[str, Digest]) -> dict[str, Worst]:
    """The largest relative error by kind, for digests named `kind:name`.

    Errors of samples and of the largest magnitude are relative to the largest magnitude of the
    array, that of the projection to the norm. An array is not held to less than a millionth of the
    largest of its kind: a bias before batch normalization has a gradient of zero but for rounding.

    Raises
    ------
    AssertionError
        If names, their order, shapes or dtypes differ.
    """
    assert list(own) == list(expected)
    top: dict[str, float] = {}
    for name, digest in expected.items():
        kind = name.partition(":")[0]
        top[kind] = max(top.get(kind, 0.0), digest.largest)
    worst: dict[str, Worst] = {}
    for name, digest in expected.items():
        kind = name.partition(":")[0]
        error = _error(digest, own[name], 1e-6 * top[kind])
        worst[kind] = max(worst.get(kind, Worst()), Worst(error, name))
    return worst


def _error(expected: Digest, own: Digest, floor: float) -> float:
    assert (own.shape, own.dtype) == (expected.shape, expected.dtype)
    pairs = (
        (expected.largest, own.largest, expected.largest),
        (expected.norm, own.norm, expected.norm),
        (expected.projection, own.projection, expected.norm),
        (expected.samples.astype("float64"), own.samples, expected.largest),
    )
    errors = [
        float(np.max(np.abs(right - left), initial=0.0)) / (max(unit, floor) or 1.0)
        for left, right, unit in pairs
    ]
    return max(errors) if not np.isnan(errors).any() else float("inf")
