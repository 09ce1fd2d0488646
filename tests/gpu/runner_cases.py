"""What tests of runs on a GPU share: small graphs, and what NumPy says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from graphs import Case

import symbook as mx
from symbook.executor import Executor

NAMES = "ABCD"


def arrays_on(gpu: mx.Context, values: Mapping[str, np.ndarray]) -> dict[str, mx.nd.NDArray]:
    return {name: mx.nd.array(value, ctx=gpu, dtype=value.dtype) for name, value in values.items()}


def bound_on(gpu: mx.Context, case: Case, runner: str = "auto") -> Executor:
    return case.symbol.bind(gpu, arrays_on(gpu, case.arrays), runner=runner)


def agree(expected: Sequence[np.ndarray], outputs: Sequence[mx.nd.NDArray]) -> None:
    for value, output in zip(expected, outputs, strict=True):
        np.testing.assert_allclose(value, output.asnumpy(), rtol=1e-5, atol=1e-6)


def two_products(size: int = 8) -> tuple[mx.sym.Symbol, dict[str, np.ndarray]]:
    """The tutorial's E, with another kernel: two launches of a captured graph."""
    a, b, c, d = map(mx.sym.Variable, NAMES)
    with mx.name.NameManager():
        symbol = mx.sym.Group([a * b + c * d, mx.sym.broadcast_add(mx.sym.exp(a), b)])
    draw = np.random.default_rng(3)
    return symbol, {name: draw.normal(size=(size, size)).astype("float32") for name in NAMES}


def answers(values: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    a, b, c, d = (values[name] for name in NAMES)
    return [a * b + c * d, np.exp(a) + b]
