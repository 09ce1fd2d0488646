"""GoogLeNet, Inception-BN and Inception v3: modules whose branches are concatenated."""

from __future__ import annotations

from functools import partial

from .parts import (
    Layer,
    Package,
    Symbol,
    classifier,
    conv_relu,
    global_average,
    local_norm,
    pool,
    scaled,
)

# GoogLeNet's table 1: 1×1, reduction and 3×3, reduction and 5×5, projection; "pool" halves the map.
GOOGLENET = {
    "in3a": (64, 96, 128, 16, 32, 32),
    "in3b": (128, 128, 192, 32, 96, 64),
    "pool3": (),
    "in4a": (192, 96, 208, 16, 48, 64),
    "in4b": (160, 112, 224, 24, 64, 64),
    "in4c": (128, 128, 256, 24, 64, 64),
    "in4d": (112, 144, 288, 32, 64, 64),
    "in4e": (256, 160, 320, 32, 128, 128),
    "pool4": (),
    "in5a": (256, 160, 320, 32, 128, 128),
    "in5b": (384, 192, 384, 48, 128, 128),
}


def googlenet(
    mx: Package,
    width: float = 1,
    classes: int = 1000,
    image: int = 224,
    spelled: bool = False,
) -> Symbol:
    """Szegedy et al., 2014, without the auxiliary classifiers.

    `image` is the input's side; see `local_norm` for `spelled`.
    """
    n = scaled(width)
    net = conv_relu(mx, mx.sym.Variable("data"), n(64), 7, "conv1", stride=2, pad=3)
    net = pool(mx, net, 3, 2, "pool1", convention="full")
    net = local_norm(mx, net, "norm1", 1, spelled)
    net = conv_relu(mx, net, n(64), 1, "conv2_reduce")
    net = conv_relu(mx, net, n(192), 3, "conv2", pad=1)
    net = local_norm(mx, net, "norm2", 1, spelled)
    net = pool(mx, net, 3, 2, "pool2", convention="full")
    for name, sizes in GOOGLENET.items():
        if sizes:
            net = _google_module(mx, net, [n(size) for size in sizes], name)
        else:
            net = pool(mx, net, 3, 2, name, convention="full")
    net = pool(mx, net, image // 32, 1, "pool5", "avg")
    return classifier(mx, mx.sym.Dropout(net, p=0.4, name="drop5"), classes)


def _google_module(mx: Package, data: Symbol, sizes: list[int], name: str) -> Symbol:
    one, reduce3, three, reduce5, five, projection = sizes
    branches = [
        conv_relu(mx, data, one, 1, f"{name}_1x1"),
        conv_relu(
            mx,
            conv_relu(mx, data, reduce3, 1, f"{name}_3x3_reduce"),
            three,
            3,
            f"{name}_3x3",
            pad=1,
        ),
        conv_relu(
            mx, conv_relu(mx, data, reduce5, 1, f"{name}_5x5_reduce"), five, 5, f"{name}_5x5", pad=2
        ),
        conv_relu(mx, pool(mx, data, 3, 1, f"{name}_pool", pad=1), projection, 1, f"{name}_proj"),
    ]
    return mx.sym.Concat(*branches, name=f"{name}_concat")


def bn_layer(
    mx: Package,
    data: Symbol,
    filters: int,
    kernel: tuple[int, int],
    name: str,
    stride: int = 1,
    pad: tuple[int, int] = (0, 0),
    *,
    no_bias: bool = False,
    eps: float | None = None,
    active: bool = True,
) -> Symbol:
    """Convolution, batch normalization with gamma fixed at 1, and a rectifier if `active`."""
    bare = {"no_bias": True} if no_bias else {}
    conv = mx.sym.Convolution(
        data,
        kernel=kernel,
        num_filter=filters,
        stride=(stride, stride),
        pad=pad,
        name=f"conv_{name}",
        **bare,
    )
    norm = mx.sym.BatchNorm(conv, name=f"bn_{name}", **({} if eps is None else {"eps": eps}))
    return mx.sym.Activation(norm, act_type="relu", name=f"relu_{name}") if active else norm


# Inception-BN's table: 1×1, reduction and 3×3, reduction and twice 3×3, pooling, projection.
INCEPTION_BN = {
    "3a": (64, 64, 64, 64, 96, "avg", 32),
    "3b": (64, 64, 96, 64, 96, "avg", 64),
    "3c": (128, 160, 64, 96),
    "4a": (224, 64, 96, 96, 128, "avg", 128),
    "4b": (192, 96, 128, 96, 128, "avg", 128),
    "4c": (160, 128, 160, 128, 160, "avg", 128),
    "4d": (96, 128, 192, 160, 192, "avg", 128),
    "4e": (128, 192, 192, 256),
    "5a": (352, 192, 320, 160, 224, "avg", 128),
    "5b": (352, 192, 320, 192, 224, "max", 128),
}


def inception_bn(mx: Package, width: float = 1, classes: int = 1000) -> Symbol:
    """Ioffe and Szegedy, 2015; as in MXNet's first models, convolutions keep their bias."""
    n = scaled(width)
    layer = partial(bn_layer, mx)
    net = layer(mx.sym.Variable("data"), n(64), (7, 7), "1", 2, (3, 3))
    net = pool(mx, net, 3, 2, "pool_1")
    net = layer(layer(net, n(64), (1, 1), "2_red"), n(192), (3, 3), "2", 1, (1, 1))
    net = pool(mx, net, 3, 2, "pool_2")
    for name, sizes in INCEPTION_BN.items():
        module = _bn_module if len(sizes) > 4 else _bn_reduction
        net = module(mx, layer, net, [s if isinstance(s, str) else n(s) for s in sizes], name)
    return classifier(mx, global_average(mx, net, 7, "global_pool"), classes)


def _bn_module(
    mx: Package, layer: Layer, data: Symbol, sizes: list[int | str], name: str
) -> Symbol:
    one, reduce3, three, reduce_double, double, kind, projection = sizes
    side = layer(data, reduce3, (1, 1), f"{name}_3x3_reduce")
    deep = layer(data, reduce_double, (1, 1), f"{name}_double_3x3_reduce")
    deep = layer(deep, double, (3, 3), f"{name}_double_3x3_0", 1, (1, 1))
    pooled = pool(mx, data, 3, 1, f"{kind}_pool_{name}_pool", str(kind), pad=1)
    branches = [
        layer(data, one, (1, 1), f"{name}_1x1"),
        layer(side, three, (3, 3), f"{name}_3x3", 1, (1, 1)),
        layer(deep, double, (3, 3), f"{name}_double_3x3_1", 1, (1, 1)),
        layer(pooled, projection, (1, 1), f"{name}_proj"),
    ]
    return mx.sym.Concat(*branches, name=f"ch_concat_{name}_chconcat")


def _bn_reduction(
    mx: Package, layer: Layer, data: Symbol, sizes: list[int | str], name: str
) -> Symbol:
    reduce3, three, reduce_double, double = sizes
    side = layer(data, reduce3, (1, 1), f"{name}_3x3_reduce")
    deep = layer(data, reduce_double, (1, 1), f"{name}_double_3x3_reduce")
    deep = layer(deep, double, (3, 3), f"{name}_double_3x3_0", 1, (1, 1))
    branches = [
        layer(side, three, (3, 3), f"{name}_3x3", 2, (1, 1)),
        layer(deep, double, (3, 3), f"{name}_double_3x3_1", 2, (1, 1)),
        pool(mx, data, 3, 2, f"max_pool_{name}_pool", pad=1),
    ]
    return mx.sym.Concat(*branches, name=f"ch_concat_{name}_chconcat")


# What a chain of convolutions is made of: kernel, stride, padding.
SHAPES = {
    "1x1": ((1, 1), 1, (0, 0)),
    "3x3": ((3, 3), 1, (1, 1)),
    "5x5": ((5, 5), 1, (2, 2)),
    "1x7": ((1, 7), 1, (0, 3)),
    "7x1": ((7, 1), 1, (3, 0)),
    "1x3": ((1, 3), 1, (0, 1)),
    "3x1": ((3, 1), 1, (1, 0)),
    "3x3v": ((3, 3), 1, (0, 0)),
    "3x3/2": ((3, 3), 2, (0, 0)),
}

Chain = list[tuple[str, int]]
# Inception v3's modules: branches as chains, then the kind of pooling and its projection.
INCEPTION_V3: list[tuple[str, list[Chain], str, int]] = [
    *(
        (
            f"mixed{suffix}",
            [[("1x1", 64)], [("1x1", 48), ("5x5", 64)], [("1x1", 64), ("3x3", 96), ("3x3", 96)]],
            "avg",
            projection,
        )
        for suffix, projection in (("", 32), ("_1", 64), ("_2", 64))
    ),
    ("mixed_3", [[("3x3/2", 384)], [("1x1", 64), ("3x3", 96), ("3x3/2", 96)]], "max", 0),
    *(
        (
            f"mixed_{i}",
            [
                [("1x1", 192)],
                [("1x1", c), ("1x7", c), ("7x1", 192)],
                [("1x1", c), ("7x1", c), ("1x7", c), ("7x1", c), ("1x7", 192)],
            ],
            "avg",
            192,
        )
        for i, c in ((4, 128), (5, 160), (6, 160), (7, 192))
    ),
    (
        "mixed_8",
        [
            [("1x1", 192), ("3x3/2", 320)],
            [("1x1", 192), ("1x7", 192), ("7x1", 192), ("3x3/2", 192)],
        ],
        "max",
        0,
    ),
]


def inception_v3(mx: Package, width: float = 1, classes: int = 1000) -> Symbol:
    """Szegedy et al., 2015, without the auxiliary classifier; made for 299 × 299."""
    n = scaled(width)
    layer = partial(bn_layer, mx, no_bias=True, eps=0.001)
    net = chain(
        layer, mx.sym.Variable("data"), [("3x3/2", n(32)), ("3x3v", n(32)), ("3x3", n(64))], "stem"
    )
    net = chain(layer, pool(mx, net, 3, 2, "pool"), [("1x1", n(80)), ("3x3v", n(192))], "stem2")
    net = pool(mx, net, 3, 2, "pool1")
    for name, chains, kind, projection in INCEPTION_V3:
        branches = [
            chain(layer, net, [(shape, n(size)) for shape, size in links], f"{name}_tower_{i}")
            for i, links in enumerate(chains)
        ]
        branches.append(_pooled(mx, layer, net, kind, projection and n(projection), name))
        net = mx.sym.Concat(*branches, name=f"ch_concat_{name}_chconcat")
    for name, kind in (("mixed_9", "avg"), ("mixed_10", "max")):
        net = _wide_module(mx, layer, net, [n(s) for s in (320, 384, 448, 192)], kind, name)
    return classifier(mx, global_average(mx, net, 8, "global_pool"), classes)


def chain(layer: Layer, net: Symbol, links: Chain, name: str) -> Symbol:
    """Convolutions one after another, each a shape of `SHAPES` and a number of filters."""
    for i, (shape, filters) in enumerate(links):
        kernel, stride, pad = SHAPES[shape]
        net = layer(net, filters, kernel, f"{name}_conv_{i}", stride, pad)
    return net


def _pooled(
    mx: Package, layer: Layer, data: Symbol, kind: str, projection: int, name: str
) -> Symbol:
    if not projection:
        return pool(mx, data, 3, 2, f"{kind}_pool_{name}_pool", kind)
    pooled = pool(mx, data, 3, 1, f"{kind}_pool_{name}_pool", kind, pad=1)
    return layer(pooled, projection, (1, 1), f"{name}_tower_proj")


def _wide_module(
    mx: Package, layer: Layer, data: Symbol, sizes: list[int], kind: str, name: str
) -> Symbol:
    """The last modules: two branches end in a 1×3 and a 3×1 convolution side by side."""
    one, side, deep, projection = sizes
    left = chain(layer, data, [("1x1", side)], f"{name}_left")
    right = chain(layer, data, [("1x1", deep), ("3x3", side)], f"{name}_right")
    branches = [chain(layer, data, [("1x1", one)], f"{name}_one")]
    for part, net in (("left", left), ("right", right)):
        branches += [
            chain(layer, net, [(shape, side)], f"{name}_{part}_{shape}") for shape in ("1x3", "3x1")
        ]
    branches.append(_pooled(mx, layer, data, kind, projection, name))
    return mx.sym.Concat(*branches, name=f"ch_concat_{name}_chconcat")
