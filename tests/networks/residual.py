"""ResNet-50 and -152 in the pre-activation form, and ResNeXt-50: sums of branches."""

from __future__ import annotations

from functools import partial

from .parts import Package, Symbol, classifier, global_average, pool, scaled

FILTERS = (256, 512, 1024, 2048)


def _norm(mx: Package, data: Symbol, name: str, *, fix_gamma: bool = False) -> Symbol:
    return mx.sym.BatchNorm(data, fix_gamma=fix_gamma, eps=2e-5, momentum=0.9, name=name)


def _relu(mx: Package, data: Symbol, name: str) -> Symbol:
    return mx.sym.Activation(data, act_type="relu", name=name)


def _conv(
    mx: Package,
    data: Symbol,
    filters: int,
    kernel: int,
    name: str,
    stride: int = 1,
    groups: int = 1,
) -> Symbol:
    grouped = {} if groups == 1 else {"num_group": groups}
    return mx.sym.Convolution(
        data,
        num_filter=filters,
        kernel=(kernel, kernel),
        stride=(stride, stride),
        pad=(kernel // 2, kernel // 2),
        no_bias=True,
        workspace=256,
        name=name,
        **grouped,
    )


def _stem(mx: Package, filters: int) -> Symbol:
    """From the image to a quarter of its side; the image itself is normalised first."""
    data = mx.sym.identity(mx.sym.Variable("data"), name="id")
    net = _norm(mx, data, "bn_data", fix_gamma=True)
    net = _conv(mx, net, filters, 7, "conv0", stride=2)
    net = _relu(mx, _norm(mx, net, "bn0"), "relu0")
    return pool(mx, net, 3, 2, "pooling0", pad=1)


def resnet(
    mx: Package, width: float = 1, classes: int = 1000, units: tuple[int, ...] = (3, 4, 6, 3)
) -> Symbol:
    """He et al., 2016 (Identity mappings): the sums are never normalised or rectified."""
    n = scaled(width)
    net = _stem(mx, n(64))
    for stage, (count, filters) in enumerate(zip(units, FILTERS, strict=True), 1):
        for unit in range(1, count + 1):
            stride = 2 if unit == 1 and stage > 1 else 1
            net = _resnet_unit(
                mx, net, n(filters), n(filters // 4), stride, unit > 1, f"stage{stage}_unit{unit}"
            )
    net = _relu(mx, _norm(mx, net, "bn1"), "relu1")
    return classifier(mx, global_average(mx, net, 7, "pool1"), classes)


resnet50 = partial(resnet, units=(3, 4, 6, 3))
resnet152 = partial(resnet, units=(3, 8, 36, 3))


def _resnet_unit(
    mx: Package, data: Symbol, filters: int, inner: int, stride: int, same: bool, name: str
) -> Symbol:
    first = _relu(mx, _norm(mx, data, f"{name}_bn1"), f"{name}_relu1")
    net = _conv(mx, first, inner, 1, f"{name}_conv1")
    net = _relu(mx, _norm(mx, net, f"{name}_bn2"), f"{name}_relu2")
    net = _conv(mx, net, inner, 3, f"{name}_conv2", stride)
    net = _relu(mx, _norm(mx, net, f"{name}_bn3"), f"{name}_relu3")
    net = _conv(mx, net, filters, 1, f"{name}_conv3")
    return net + (data if same else _conv(mx, first, filters, 1, f"{name}_sc", stride))


def resnext50(mx: Package, width: float = 1, classes: int = 1000) -> Symbol:
    """Xie et al., 2016: 32 groups of 4 channels at full width, fewer groups of 4 below."""
    n = scaled(width)
    net = _stem(mx, n(64))
    for stage, (count, filters) in enumerate(zip((3, 4, 6, 3), FILTERS, strict=True), 1):
        for unit in range(1, count + 1):
            stride = 2 if unit == 1 and stage > 1 else 1
            net = _resnext_unit(
                mx, net, n(filters), n(32), stride, unit > 1, f"stage{stage}_unit{unit}"
            )
    return classifier(mx, global_average(mx, net, 7, "pool1"), classes)


def _resnext_unit(
    mx: Package, data: Symbol, filters: int, groups: int, stride: int, same: bool, name: str
) -> Symbol:
    inner = filters // 2
    net = _conv(mx, data, inner, 1, f"{name}_conv1")
    net = _relu(mx, _norm(mx, net, f"{name}_bn1"), f"{name}_relu1")
    net = _conv(mx, net, inner, 3, f"{name}_conv2", stride, groups)
    net = _relu(mx, _norm(mx, net, f"{name}_bn2"), f"{name}_relu2")
    net = _norm(mx, _conv(mx, net, filters, 1, f"{name}_conv3"), f"{name}_bn3")
    if not same:
        data = _norm(mx, _conv(mx, data, filters, 1, f"{name}_sc", stride), f"{name}_sc_bn")
    return _relu(mx, net + data, f"{name}_relu")
