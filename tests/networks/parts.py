"""What the definitions share: widths, and convolutions with what usually follows them.

Every definition takes the package that is to build it, `mxnet` or `symbook`, as `mx`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Symbol = Any
Package = Any
Layer = Callable[..., Symbol]


def scaled(width: float) -> Callable[[int], int]:
    """How many channels there are where the paper has `n`; at least one."""
    return lambda n: max(1, round(n * width))


def conv_relu(
    mx: Package, data: Symbol, filters: int, kernel: int, name: str, stride: int = 1, pad: int = 0
) -> Symbol:
    """A square convolution with a bias, then a rectifier."""
    conv = mx.sym.Convolution(
        data,
        kernel=(kernel, kernel),
        num_filter=filters,
        stride=(stride, stride),
        pad=(pad, pad),
        name=name,
    )
    return mx.sym.Activation(conv, act_type="relu", name=f"relu_{name}")


def pool(
    mx: Package,
    data: Symbol,
    kernel: int,
    stride: int,
    name: str,
    kind: str = "max",
    pad: int = 0,
    convention: str | None = None,
) -> Symbol:
    """A square pooling; the convention is left out of the file where it is the default."""
    more = {} if convention is None else {"pooling_convention": convention}
    return mx.sym.Pooling(
        data,
        kernel=(kernel, kernel),
        stride=(stride, stride),
        pad=(pad, pad),
        pool_type=kind,
        name=name,
        **more,
    )


def local_norm(mx: Package, data: Symbol, name: str, knorm: float, spelled: bool) -> Symbol:
    """Local response normalization over 5 channels; Krizhevsky et al., 2012, section 3.3.

    MXNet's LRN cannot run in float64. `spelled` makes the same of operators that can.
    """
    if not spelled:
        return mx.sym.LRN(data, alpha=1e-4, beta=0.75, knorm=knorm, nsize=5, name=name)
    volume = mx.sym.expand_dims(mx.sym.square(data), axis=1)
    near = mx.sym.Pooling(
        volume, kernel=(5, 1, 1), stride=(1, 1, 1), pad=(2, 0, 0), pool_type="sum"
    )
    scale = mx.sym.squeeze(near, axis=1) * (1e-4 / 5) + knorm
    return mx.sym.elemwise_mul(data, scale**-0.75, name=name)


def global_average(mx: Package, data: Symbol, kernel: int, name: str) -> Symbol:
    """The mean of each channel. The kernel is written to the file and not used."""
    return mx.sym.Pooling(
        data, kernel=(kernel, kernel), global_pool=True, pool_type="avg", name=name
    )


def classifier(mx: Package, data: Symbol, classes: int, name: str = "fc1") -> Symbol:
    """Logits from everything, and the loss head."""
    flat = mx.sym.Flatten(data, name="flatten")
    logits = mx.sym.FullyConnected(flat, num_hidden=classes, name=name)
    return mx.sym.SoftmaxOutput(logits, name="softmax")
