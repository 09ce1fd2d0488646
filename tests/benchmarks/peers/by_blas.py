"""A bound: the workload's matrix products and nothing else, by NumPy's BLAS on all cores.

A convolution counts as the product of its weights with the windows, which are there already.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from ..program import Arrays, Builder, Program, Size
from ..resnet import resnet50
from .by_numpy import about as about

Product = tuple[int, int, int]  # rows, inner, columns


def _program(products: list[Product], xp: Any, **more: Any) -> Program:
    """One array serves all products: where the operands lie in memory is not what is measured."""
    rng = np.random.default_rng(0)
    pieces = [
        xp.asarray(rng.random(max(pair(product) for product in products), dtype="float32"))
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
            xp.matmul(left, right, out=out)

    return Program(call, work={"flops": sum(2.0 * m * k * n for m, k, n in products)}, **more)


def _dot(size: Size, inputs: Arrays) -> list[Product]:
    return [(size["n"], size["n"], size["n"])]


def _branches(size: Size, inputs: Arrays) -> list[Product]:
    n = size["n"]
    return [(n, n, n)] * size["branches"]


def _mlp(size: Size, inputs: Arrays) -> list[Product]:
    batch, widths = size["batch"], size["layers"]
    products = []
    for before, after in pairwise(widths):
        products += [(batch, before, after), (after, batch, before)]
    products += [(batch, after, before) for before, after in pairwise(widths[1:])]
    return products


def _lstm(size: Size, inputs: Arrays) -> list[Product]:
    """Products that depend on no state are done for all steps at once."""
    steps, batch, hidden = size["steps"], size["batch"], size["hidden"]
    rows, gates = steps * batch, 4 * hidden
    at_once = [(rows, hidden, gates), (gates, rows, hidden), (gates, rows, hidden)]
    return [*at_once, *[(batch, hidden, gates), (batch, gates, hidden)] * steps]


class _Shapes:
    """Layers that compute shapes only, and note the matrix products: one for each image, or for all."""

    def __init__(self, together: bool) -> None:
        self._together = together
        self.products: list[Product] = []

    def conv(self, data: Any, weight: Any, stride: int, pad: int) -> Any:
        count, channels, height, width = data
        filters, kernel = weight[0], weight[-1]
        height, width = ((side + 2 * pad - kernel) // stride + 1 for side in (height, width))
        inner, places = channels * kernel**2, height * width
        if self._together:
            self.products.append((filters, inner, places * count))
        else:
            self.products += [(filters, inner, places)] * count
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


def _resnet(size: Size, inputs: Arrays, together: bool) -> list[Product]:
    shapes = _Shapes(together)
    resnet50(shapes, {name: array.shape for name, array in inputs.items()})
    return shapes.products


def programs(xp: Any, together: bool, **more: Any) -> dict[str, Builder]:
    """The programs by kind, of arrays of `xp`; `together` if one product serves all images."""
    kinds: dict[str, Callable[[Size, Arrays], list[Product]]] = {
        "dot": _dot,
        "branches": _branches,
        "mlp": _mlp,
        "lstm": _lstm,
        "resnet": lambda size, inputs: _resnet(size, inputs, together),
    }

    def builder(products: Callable[[Size, Arrays], list[Product]]) -> Builder:
        return lambda size, inputs: _program(products(size, inputs), xp, **more)

    return {kind: builder(products) for kind, products in kinds.items()}


PROGRAMS = programs(np, together=False)
