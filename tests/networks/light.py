"""MobileNet v1 and v2, made of depthwise convolutions, and DenseNet-121."""

from __future__ import annotations

from .parts import Package, Symbol, classifier, global_average, pool, scaled


def _layer(
    mx: Package,
    data: Symbol,
    filters: int,
    kernel: int,
    name: str,
    stride: int = 1,
    groups: int = 1,
    active: str = "relu",
) -> Symbol:
    """Convolution, batch normalization, and a rectifier, one that ends at 6, or none."""
    net = mx.sym.Convolution(
        data,
        num_filter=filters,
        kernel=(kernel, kernel),
        stride=(stride, stride),
        pad=(kernel // 2, kernel // 2),
        num_group=groups,
        no_bias=True,
        name=name,
    )
    net = mx.sym.BatchNorm(net, fix_gamma=False, eps=1e-5, name=f"{name}/bn")
    if active == "relu":
        return mx.sym.Activation(net, act_type="relu", name=f"relu_{name}")
    return mx.sym.clip(net, a_min=0, a_max=6, name=f"relu6_{name}") if active else net


def mobilenet(mx: Package, width: float = 1, classes: int = 1000) -> Symbol:
    """Howard et al., 2017: each 3×3 convolution reads one channel, a 1×1 mixes them."""
    n = scaled(width)
    net = _layer(mx, mx.sym.Variable("data"), n(32), 3, "conv1", stride=2)
    filters, halving = 32, {64: 1, 128: 2, 256: 2, 512: 2, 1024: 2}
    wide = [64, 128, 128, 256, 256, *[512] * 6, 1024, 1024]
    for i, grown in enumerate(wide, 2):
        stride = halving[grown] if grown != filters else 1
        net = _layer(mx, net, n(filters), 3, f"conv{i}/dw", stride, groups=n(filters))
        net = _layer(mx, net, n(grown), 1, f"conv{i}/sep")
        filters = grown
    net = mx.sym.Pooling(net, kernel=(7, 7), global_pool=True, pool_type="avg", name="pool6")
    net = mx.sym.Convolution(net, num_filter=classes, kernel=(1, 1), name="fc7")
    return mx.sym.SoftmaxOutput(mx.sym.Flatten(net, name="flatten"), name="softmax")


def mobilenet_v2(mx: Package, width: float = 1, classes: int = 1000) -> Symbol:
    """Sandler et al., 2018: wide inside a block, narrow and linear between blocks."""
    n = scaled(width)
    net = _layer(mx, mx.sym.Variable("data"), n(32), 3, "first", stride=2, active="relu6")
    filters = n(32)
    # Its table 2: expansion, channels, repetitions, stride of the first.
    table = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )
    for i, (expansion, grown, count, stride) in enumerate(table, 1):
        for j in range(count):
            block = _inverted(
                mx, net, filters * expansion, n(grown), 1 if j else stride, f"block{i}_{j}"
            )
            net = mx.sym.elemwise_add(net, block, name=f"block{i}_{j}_sum") if j else block
            filters = n(grown)
    net = _layer(mx, net, n(1280), 1, "last", active="relu6")
    net = global_average(mx, net, 7, "pool")
    net = mx.sym.Convolution(net, num_filter=classes, kernel=(1, 1), no_bias=True, name="pred")
    return mx.sym.SoftmaxOutput(mx.sym.Flatten(net, name="flatten"), name="softmax")


def _inverted(
    mx: Package, data: Symbol, inner: int, filters: int, stride: int, name: str
) -> Symbol:
    net = _layer(mx, data, inner, 1, f"{name}_expand", active="relu6")
    net = _layer(mx, net, inner, 3, f"{name}_depthwise", stride, inner, active="relu6")
    return _layer(mx, net, filters, 1, f"{name}_project", active="")


def densenet121(mx: Package, width: float = 1, classes: int = 1000) -> Symbol:
    """Huang et al., 2016, growth rate 32: each layer reads all before it in its block."""
    n = scaled(width)
    growth, filters = n(32), n(64)
    net = _layer(mx, mx.sym.Variable("data"), filters, 7, "conv1", stride=2)
    net = pool(mx, net, 3, 2, "pool1", pad=1)
    for i, count in enumerate((6, 12, 24, 16), 1):
        for j in range(1, count + 1):
            name = f"dense{i}_{j}"
            grown = _activated(mx, net, 4 * growth, 1, f"{name}_a")
            grown = _activated(mx, grown, growth, 3, f"{name}_b")
            net = mx.sym.Concat(net, grown, dim=1, name=f"{name}_concat")
        filters += growth * count
        if i < 4:
            filters //= 2
            net = pool(
                mx,
                _activated(mx, net, filters, 1, f"transition{i}"),
                2,
                2,
                f"transition{i}_pool",
                "avg",
            )
    net = mx.sym.BatchNorm(net, fix_gamma=False, eps=1e-5, name="bn_last")
    net = mx.sym.Activation(net, act_type="relu", name="relu_last")
    return classifier(mx, global_average(mx, net, 7, "pool_last"), classes)


def _activated(mx: Package, data: Symbol, filters: int, kernel: int, name: str) -> Symbol:
    """Batch normalization and a rectifier before the convolution."""
    net = mx.sym.BatchNorm(data, fix_gamma=False, eps=1e-5, name=f"{name}_bn")
    net = mx.sym.Activation(net, act_type="relu", name=f"{name}_relu")
    return mx.sym.Convolution(
        net,
        num_filter=filters,
        kernel=(kernel, kernel),
        pad=(kernel // 2, kernel // 2),
        no_bias=True,
        name=f"{name}_conv",
    )
