"""Layers: a convolution or a batch normalisation together with what follows it in prediction.

What follows works on each part of the result while that is in the cache, with the very operations of the
operators that it stands for, so that the results are the same to the bit: a number for each channel is added
(`bias`), each channel is scaled and shifted by a batch normalisation's states (`norm`), another array is
added (`add`), what is below 0 becomes 0 (`relu`). `passes/layers.py` makes such layers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..graph import NOTHING
from .convolve import Where, correlate
from .registry import Op
from .rules import Params, same_dtype, same_shape
from .statistics import inverse_root
from .windows import window

CHUNK_BYTES = 2**18
"""Bytes of a chunk of channels, which all that follows is done to before the next one."""

LONG_ROW = 512
"""Elements of a row from which NumPy's buffer is worse than none; see :func:`_short_buffer`."""


class Follower(NamedTuple):
    """One thing that follows.

    Attributes
    ----------
    kind : str
        `bias`, `norm`, `add` or `relu`.
    eps : float
    fix_gamma : bool
        Of a batch normalisation.
    """

    kind: str
    eps: float = 0.0
    fix_gamma: bool = False


Followers = tuple[Follower, ...]
_INPUTS = {
    "bias": ("bias",),
    "norm": ("gamma", "beta", "mean", "var"),
    "add": ("other",),
    "relu": (),
}
_STATES = ("mean", "var")


@lru_cache(maxsize=256)
def layer(convolution: bool, kinds: tuple[str, ...]) -> Op:
    """The operator of a convolution, or of nothing but what follows it."""
    first = ("data", "weight") if convolution else ("data",)
    inputs, states, names = [*first], [], ["Convolution"] if convolution else []
    for k, kind in enumerate(kinds):
        inputs += [f"{name}{k}" for name in _INPUTS[kind]]
        states += [f"{name}{k}" for name in _STATES] if kind == "norm" else []
        names.append({"norm": "BatchNorm"}.get(kind, kind))
    # What is added is read after the result has been written to: it may not lie in the same memory.
    in_place = not convolution and "add" not in kinds
    # Not registered: it is no operator of the user's graph.
    return Op(
        "+".join(names), _convolved if convolution else _followed, tuple(inputs), False, NOTHING,
        same_shape if in_place else _known, same_dtype, aux=frozenset(states), takes_out=True,
    )  # fmt: skip


def _known(ins: Any, outs: Any, params: Params) -> tuple[Any, Any]:
    """The rule of layers that are made when all shapes are known."""
    return ins, outs


def _convolved(
    xp: Any,
    data: Any,
    weight: Any,
    *others: Any,
    settings: Params,
    followers: Followers,
    out: Any = None,
) -> Any:
    at = window(settings["kernel"], settings["stride"], settings["dilate"], settings["pad"])
    if out is None:
        shape = (len(data), len(weight), *at.whole_counts(data.shape[2:]))
        out = xp.empty(shape, dtype=data.dtype)
    finish = finishing(xp, followers, others)
    correlate(xp, data, weight, at, settings["num_group"], out, finish)
    return out


def _followed(xp: Any, data: Any, *others: Any, followers: Followers, out: Any = None) -> Any:
    if out is None:
        out = xp.empty(data.shape, dtype=data.dtype)
    if xp is not np:
        finishing(xp, followers, others).write(xp, data, out)
        return out
    finish = finishing(xp, followers, others)
    for i in range(len(data)):
        finish(data[i], out[i], (slice(i, i + 1), slice(0, data.shape[1]), slice(0, data.shape[2])))
    return out


# Followers at work


def finishing(xp: Any, followers: Followers, arrays: Sequence[Any]) -> Any:
    """What :func:`convolve.correlate` does with its results: all that follows, chunk by chunk."""
    if xp is not np:
        return _on_gpu(xp, followers, arrays)
    steps = _steps(xp, followers, arrays)

    first = next((i for i, (kind, _) in enumerate(steps) if kind == "add"), len(steps))

    def finish(values: Any, place: Any, where: Where, matrix: Any = None) -> None:
        with _short_buffer(math.prod(place.shape[1:])):
            for chunk, channels in _chunks(place, where[1]):
                own = where[0], channels, where[2]
                read, write = values[chunk], place[chunk]
                if matrix is None:
                    _run(xp, steps, read, write, own)
                else:
                    _run(xp, steps[:first], matrix[chunk], matrix[chunk], own)
                    write[...] = read
                    _run(xp, steps[first:], write, write, own)

    return finish


def _on_gpu(xp: Any, followers: Followers, arrays: Sequence[Any]) -> Any:
    from .gpu.convolve import Following

    rest = [xp.ascontiguousarray(item) for item in arrays]
    operands: list[Any] = []
    for follower in followers:
        operands += [rest.pop(0) for _ in _INPUTS[follower.kind]]
        if follower.kind == "norm":
            operands += [follower.eps, int(follower.fix_gamma)]
    return Following(tuple(item.kind for item in followers), tuple(operands))


def _run(xp: Any, steps: Sequence[tuple[str, Any]], read: Any, write: Any, where: Where) -> None:
    """Do some steps one after the other, the first from `read` to `write`."""
    for kind, operand in steps:
        if kind == "relu":
            xp.maximum(read, _zeros(write.shape[1:], write.dtype), out=write)
        elif kind == "add":
            xp.add(read, _part(xp, operand, where), out=write)
        else:
            call = xp.multiply if kind == "scale" else xp.add
            call(read, operand[where[1]].reshape(-1, *(1,) * (write.ndim - 1)), out=write)
        read = write


@contextmanager
def _short_buffer(row: int) -> Iterator[None]:
    """Let NumPy take rows of that many elements one by one, if they are long.

    Otherwise, where one operand has a number for each row, it first copies several numbers many times over,
    up to its buffer's size, to take several rows at once: twice the time for rows of 512 to 8192.
    """
    if row < LONG_ROW:
        yield
        return
    before = np.setbufsize(LONG_ROW)
    try:
        yield
    finally:
        np.setbufsize(before)


def _steps(xp: Any, followers: Followers, arrays: Sequence[Any]) -> list[tuple[str, Any]]:
    """Each operation: `scale` and `shift` with a number for each channel, `add` an array, `relu`."""
    rest = list(arrays)
    found: list[tuple[str, Any]] = []
    for follower in followers:
        own = [rest.pop(0) for _ in _INPUTS[follower.kind]]
        if follower.kind == "norm":
            gamma, beta, mean, variance = own
            scale = inverse_root(xp, variance, follower.eps)
            if not follower.fix_gamma:
                scale *= gamma
            found += [("scale", scale), ("shift", beta - mean * scale)]
        else:
            found.append(("shift" if follower.kind == "bias" else follower.kind, *own, None)[:2])
    return found


def _chunks(place: Any, channels: slice) -> list[tuple[slice, slice]]:
    """Parts of the first axis, and which channels they are."""
    count = len(place)
    most = max(place[:1].nbytes, 1)
    step = max(CHUNK_BYTES // most, 1)
    return [
        (
            slice(i, min(i + step, count)),
            slice(channels.start + i, channels.start + min(i + step, count)),
        )
        for i in range(0, count, step)
    ]


def _part(xp: Any, array: Any, where: Where) -> Any:
    """A part of `(N, F, *counts)` as finishing has it: channels first, several samples last."""
    part = array[where]
    return part[0] if len(part) == 1 else xp.moveaxis(part, 0, -1)


@lru_cache(maxsize=64)
def _zeros(shape: tuple[int, ...], dtype: Any) -> Any:
    """Zeros to compare with: a maximum with a scalar takes four times as long as with an array."""
    found = np.zeros(shape, dtype=dtype)
    found.flags.writeable = False
    return found
