"""``random.json``: draws of a fresh process and after a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import mxnet as mx
import numpy as np
from golden_common import Json, isolated, run_snippet, write_rows

FULL = 200
ENDS = 20

UNIFORM = "mx.nd.random.uniform(shape={})"
DRAWS = [
    *([UNIFORM.format(shape)] for shape in ("5", "(5,)", "1000", "70000", "(2, 3)", "1")),
    [UNIFORM.format(5)] * 4, [UNIFORM.format(n) for n in (5, 1000, 3, 70000, 64, 65, 128)],
    [UNIFORM.format(1000)] * 3, ["mx.nd.uniform(shape=(5,))"], ["mx.random.uniform(shape=(5,))"],
    ["mx.nd.random.uniform(-2, 3, shape=(100,))"], ["mx.nd.random.uniform(0, 10, shape=(1000,))"],
    ["mx.nd.random.uniform(low=2.5, high=2.5, shape=(4,))"],
    ["mx.nd.random.uniform(3, 1, shape=(4,))"],
    ["mx.nd.random.uniform(shape=(1000,), dtype='float64')"],
    ["mx.nd.random.uniform(-1, 1, shape=(1000,), dtype='float64')"],
    ["mx.nd.random.uniform(shape=(1000,), dtype='float16')"],
    ["mx.nd.random.uniform(shape=(4,), dtype='int32')"], ["mx.nd.random.uniform()"],
    ["mx.nd.random.uniform(mx.nd.array([0, 10]), mx.nd.array([1, 20]), shape=3)"],
    ["mx.nd.random.normal(shape=(5,))"], ["mx.nd.random.normal(shape=(1000,))"],
    ["mx.nd.random.normal(shape=(70000,))"], ["mx.nd.random.normal(shape=(5,))"] * 3,
    ["mx.nd.random.normal(2, 3, shape=(1000,))"],
    ["mx.nd.random.normal(loc=-1, scale=0.1, shape=(65,))"],
    ["mx.nd.random.normal(shape=(1000,), dtype='float64')"],
    ["mx.nd.random.normal(shape=(1000,), dtype='float16')"], ["mx.nd.random.randn(2, 3)"],
    ["mx.nd.random.randn(2, 3, loc=1, scale=2)"], ["mx.nd.normal(shape=(5,))"],
    ["mx.nd.random.exponential(shape=(1000,))"],
    ["mx.nd.random.exponential(scale=2, shape=(1000,))"],
    ["mx.nd.random.exponential(scale=0.5, shape=(5,), dtype='float64')"],
    ["mx.nd.random.randint(0, 10, shape=(1000,))"], ["mx.nd.random.randint(0, 10, shape=(5,))"] * 3,
    ["mx.nd.random.randint(-5, 5, shape=(100,))"], ["mx.nd.random.randint(0, 2, shape=(100,))"],
    ["mx.nd.random.randint(0, 2**31 - 1, shape=(100,))"],
    ["mx.nd.random.randint(3, 4, shape=(5,))"],
    ["mx.nd.random.randint(0, 10, shape=(100,), dtype='int64')"],
    ["mx.nd.random.randint(0, 2**40, shape=(100,), dtype='int64')"],
    ["mx.nd.random.randint(0, 10, shape=(70000,))"], ["mx.nd.random.randint(5, 5, shape=(2,))"],
    [UNIFORM.format(5), "mx.nd.random.normal(shape=(5,))", UNIFORM.format(5),
     "mx.nd.random.randint(0, 10, shape=(5,))", UNIFORM.format(70)],
    ["mx.sym.random.uniform(shape=(1000,)).bind(mx.cpu(), {}).forward()[0]"],
    ["mx.sym.random.normal(shape=(5,)).bind(mx.cpu(), {}).forward()[0]"],
    ["ex = mx.sym.random.uniform(shape=(5,)).bind(mx.cpu(), {})\nex.forward()\nex.forward()[0]"],
    [UNIFORM.format(5), "mx.random.seed(7)\n" + UNIFORM.format(5), UNIFORM.format(5),
     "mx.random.seed(7)\n" + UNIFORM.format(5)],
    ["mx.random.seed(5, ctx=mx.cpu())\n" + UNIFORM.format(5)],
    ["mx.random.seed(5, ctx='all')\n" + UNIFORM.format(5)], ["mx.random.seed(1.5)\nNone"],
    ["mx.random.seed(-1)\n" + UNIFORM.format(5)], ["mx.random.seed(2**31)\n" + UNIFORM.format(5)],
    ["mx.random.seed(2**32 + 7)\n" + UNIFORM.format(5)], ["mx.random.seed('x')\nNone"],
    ["mx.nd.random.shuffle(mx.nd.arange(10))"],
    ["mx.nd.random.shuffle(mx.nd.arange(20).reshape((10, 2)))"],
    ["mx.nd.random.multinomial(mx.nd.array([0.1, 0.9]), shape=20)"],
]
SEEDED = [[UNIFORM.format(5)] * 2, [UNIFORM.format(1000)], ["mx.nd.random.normal(shape=(70,))"],
          ["mx.nd.random.randint(0, 100, shape=(70,))"],
          ["mx.sym.random.uniform(shape=(70,)).bind(mx.cpu(), {}).forward()[0]"]]
SEEDS = [0, 1, 42, 128, 12345, 2**31 - 1]


def digest(array: Any) -> Json:
    """A draw: all of it where short, else its ends; float64 sum and SHA-256 of the bytes."""
    values = array.asnumpy()
    flat = values.ravel()
    row: Json = {"dtype": values.dtype.name, "shape": list(values.shape),
                 "sum": float(flat.sum(dtype=np.float64)),
                 "sha256": hashlib.sha256(flat.tobytes()).hexdigest()}
    if flat.size <= FULL:
        return {**row, "data": flat.tolist()}
    return {**row, "first": flat[:ENDS].tolist(), "last": flat[-ENDS:].tolist()}


def run(task: Json) -> Json:
    """The draws of one task, in order, in a process that has drawn nothing before."""
    try:
        if task["seed"] is not None:
            mx.random.seed(task["seed"])
        names = {"mx": mx, "np": np}
        return {"draws": [digest(run_snippet(code, names)) for code in task["code"]]}
    except Exception as error:
        return {"error": type(error).__name__}


def tasks() -> Iterator[Json]:
    """Snippets with the seed set before them; None leaves the process unseeded."""
    for code in [*DRAWS, [UNIFORM.format((1000, 1000))] * 4]:
        yield {"seed": None, "code": code}
    for seed in SEEDS:
        for code in SEEDED:
            yield {"seed": seed, "code": code}


def make() -> int:
    """Write ``random.json``."""
    listed = list(tasks())
    results = isolated(run, listed)
    return write_rows("random.json", (
        {**task, **result} for task, result in zip(listed, results, strict=True)))
