"""A bound: the workload's matrix products and nothing else, by NumPy's BLAS on all cores.

A convolution counts as the product of its weights with the windows, which are there already.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..program import Arrays, Builder, Program, Size
from ..resnet import resnet50
from .by_numpy import about as about

Product = tuple[int, int, int]  # rows, inner, columns


def _program(products: list[Product]) -> Program:
    """One array serves all products: where the operands lie in memory is not what is measured."""
    rng = np.random.default_rng(0)
    pieces = [
        rng.random(max(pair(product) for product in products), dtype="float32")
        for pair in (lambda p: p[0] * p[1], lambda p: p[1] * p[2], lambda p: p[0] * p[2])
    ]
    arrays = [
        tuple(
            piece[: rows * columns].reshape(rows, columns)
            for piece, (rows, columns) in zip(pieces, ((m, k), (k, n), (m, n)), strict=True)
        )
        for m, k, n in products
    ]

    def call() -> None:
        for left, right, out in arrays:
            np.matmul(left, right, out=out)

    return Program(call, work={"flops": sum(2.0 * m * k * n for m, k, n in products)})


def _branches(size: Size, inputs: Arrays) -> Program:
    n = size["n"]
    return _program([(n, n, n)] * size["branches"])


def _mlp(size: Size, inputs: Arrays) -> Program:
    batch, widths = size["batch"], size["layers"]
    products = []
    for before, after in pairwise(widths):
        products += [(batch, before, after), (after, batch, before)]
    products += [(batch, after, before) for before, after in pairwise(widths[1:])]
    return _program(products)


def _lstm(size: Size, inputs: Arrays) -> Program:
    """Products that depend on no state are done for all steps at once."""
    steps, batch, hidden = size["steps"], size["batch"], size["hidden"]
    rows, gates = steps * batch, 4 * hidden
    at_once = [(rows, hidden, gates), (gates, rows, hidden), (gates, rows, hidden)]
    return _program([*at_once, *[(batch, hidden, gates), (batch, gates, hidden)] * steps])


class _Shapes:
    """Layers that compute shapes only, and note the matrix products."""

    def __init__(self) -> None:
        self.products: list[Product] = []

    def conv(self, data: Any, weight: Any, stride: int, pad: int) -> Any:
        count, channels, height, width = data
        filters, kernel = weight[0], weight[-1]
        height, width = ((side + 2 * pad - kernel) // stride + 1 for side in (height, width))
        self.products += [(filters, channels * kernel**2, height * width)] * count
        return count, filters, height, width

    def norm(self, data: Any, *states: Any) -> Any:
        return data

    def relu(self, data: Any) -> Any:
        return data

    def max_pool(self, data: Any) -> Any:
        return *data[:2], (data[2] - 1) // 2 + 1, (data[3] - 1) // 2 + 1

    def add(self, data: Any, other: Any) -> Any:
        return data

    def classify(self, data: Any, weight: Any, bias: Any) -> Any:
        self.products.append((data[0], weight[1], weight[0]))
        return data[0], weight[0]


def _resnet(size: Size, inputs: Arrays) -> Program:
    shapes = _Shapes()
    resnet50(shapes, {name: array.shape for name, array in inputs.items()})
    return _program(shapes.products)


PROGRAMS: dict[str, Builder] = {
    "branches": _branches,
    "mlp": _mlp,
    "lstm": _lstm,
    "resnet": _resnet,
}
