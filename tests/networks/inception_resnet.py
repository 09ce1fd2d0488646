"""Inception-ResNet-v2: modules whose concatenated branches are scaled and added to their input."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .inception import Chain, bn_layer, chain
from .parts import Layer, Package, Symbol, classifier, global_average, pool, scaled

# Name, repetitions, scale, branches. The 129 filters are in the paper's own code and in MXNet's.
MODULES: list[tuple[str, int, float, list[Chain]]] = [
    ("block35", 10, 0.17,
     [[("1x1", 32)], [("1x1", 32), ("3x3", 32)], [("1x1", 32), ("3x3", 48), ("3x3", 64)]]),
    ("block17", 20, 0.1, [[("1x1", 192)], [("1x1", 129), ("1x7", 160), ("7x1", 192)]]),
    ("block8", 10, 0.2, [[("1x1", 192)], [("1x1", 192), ("1x3", 224), ("3x1", 256)]]),
]  # fmt: skip

# After the modules of that name: what halves the map, beside a pooling.
REDUCTIONS: dict[str, list[Chain]] = {
    "block35": [[("3x3/2", 384)], [("1x1", 256), ("3x3", 256), ("3x3/2", 384)]],
    "block17": [
        [("1x1", 256), ("3x3/2", 384)], [("1x1", 256), ("3x3/2", 288)],
        [("1x1", 256), ("3x3", 288), ("3x3/2", 320)]],
}  # fmt: skip

FIRST: list[Chain] = [
    [("1x1", 96)], [("1x1", 48), ("5x5", 64)], [("1x1", 64), ("3x3", 96), ("3x3", 96)]]  # fmt: skip


def inception_resnet_v2(mx: Package, width: float = 1, classes: int = 1000) -> Symbol:
    """Szegedy et al., 2016, without the auxiliary classifier; made for 299 × 299."""
    n = scaled(width)
    layer = partial(bn_layer, mx, eps=0.001)
    net = _stem(mx, layer, n)
    filters = n(96) + n(64) + n(96) + n(64)
    for kind, count, scale, links in MODULES:
        for i in range(count):
            last = (kind, i) == ("block8", count - 1)
            branches = _branches(mx, layer, net, links, n, f"{kind}_{i}")
            net = _added(mx, layer, net, branches, filters, scale, f"{kind}_{i}", last)
        if kind in REDUCTIONS:
            pooled = pool(mx, net, 3, 2, f"{kind}_reduction_pool")
            net = _branches(mx, layer, net, REDUCTIONS[kind], n, f"{kind}_reduction", pooled)
            filters += sum(n(each[-1][1]) for each in REDUCTIONS[kind])
    net = layer(net, n(1536), (1, 1), "last")
    net = mx.sym.Dropout(global_average(mx, net, 8, "global_pool"), p=0.2, name="drop")
    return classifier(mx, net, classes)


def _stem(mx: Package, layer: Layer, n: Callable[[int], int]) -> Symbol:
    first = [("3x3/2", n(32)), ("3x3v", n(32)), ("3x3", n(64))]
    net = chain(layer, mx.sym.Variable("data"), first, "stem1")
    second = [("1x1", n(80)), ("3x3v", n(192))]
    net = chain(layer, pool(mx, net, 3, 2, "pool1"), second, "stem2")
    net = pool(mx, net, 3, 2, "pool2")
    pooled = layer(pool(mx, net, 3, 1, "first_pool", "avg", pad=1), n(64), (1, 1), "first_proj")
    return _branches(mx, layer, net, FIRST, n, "first", pooled)


def _branches(
    mx: Package, layer: Layer, data: Symbol, links: list[Chain], n: Callable[[int], int],
    name: str, *more: Symbol,
) -> Symbol:  # fmt: skip
    """Chains of convolutions side by side, and what else there is, concatenated."""
    sized = [[(shape, n(size)) for shape, size in each] for each in links]
    made = [chain(layer, data, each, f"{name}_{i}") for i, each in enumerate(sized)]
    return mx.sym.Concat(*made, *more, name=f"{name}_concat")


def _added(
    mx: Package, layer: Layer, data: Symbol, branches: Symbol, filters: int, scale: float,
    name: str, last: bool,
) -> Symbol:  # fmt: skip
    """The input plus a 1×1 convolution of the branches; scaled and rectified except at the end."""
    wide = layer(branches, filters, (1, 1), f"{name}_up", active=False)
    if last:
        return data + wide
    return mx.sym.Activation(data + wide * scale, act_type="relu", name=f"{name}_relu")
