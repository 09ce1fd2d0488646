"""The networks that are compared, small for the tests and at full size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import inception, inception_resnet, light, plain, residual
from .parts import Package, Symbol


@dataclass(frozen=True)
class Size:
    """How wide a network is, and what it reads.

    Attributes
    ----------
    width : float
        Channels and hidden units, relative to the paper.
    classes : int
    data : tuple of int
        Shape of the input: images, channels, height, width.
    """

    width: float
    classes: int
    data: tuple[int, int, int, int]


@dataclass(frozen=True)
class Network:
    """One network.

    Attributes
    ----------
    name : str
    definition : callable
        `definition(mx, width, classes)`, and `image` if `reads_image`.
    small, full : Size
        Small keeps every layer; its maps end at 2 × 2 or more, for batch normalization needs
        several values of each channel.
    gain : float
        Weights are scaled by this beyond what keeps the variance of a rectified signal, so that
        nothing grows over hundreds of layers.
    params_file : bool
        Whether MXNet wrote the small network's parameters to a file that is kept.
    reads_image : bool
        Whether the definition depends on the input's side.
    local_norm : bool
        Whether it has local response normalization.
    normalised : bool
        Whether it has batch normalization.
    """

    name: str
    definition: Callable[..., Symbol]
    small: Size
    full: Size
    gain: float = 1.0
    params_file: bool = False
    reads_image: bool = False
    local_norm: bool = False
    normalised: bool = False

    def runs(self, size: Size) -> tuple[str, ...]:
        """Which of `answers.RUNS` the network of that size is compared in.

        Statistics of a few values make gradients so sensitive that MXNet's own in float32 are 10 %
        and more from those in float64, where signals near 0 fall on the other side of a rectifier.
        Small networks that have batch normalization are therefore trained in float64, and in
        float32 with the statistics that they hold. At full size such signals, and near ties in
        max pooling, are many in every network: gradients are compared in float64 only.
        """
        if size == self.full:
            return ("predict32", "train64")
        return ("predict32", "frozen32" if self.normalised else "train32", "train64")

    def build(self, mx: Package, size: Size, *, spelled: bool = False) -> Symbol:
        """The network made by the package `mx`, with automatic names counted from 0.

        `spelled` makes the same function of operators that MXNet can run in float64.
        """
        options = {"image": size.data[-1]} if self.reads_image else {}
        if spelled and self.local_norm:
            options["spelled"] = True
        with mx.name.NameManager():
            return self.definition(mx, width=size.width, classes=size.classes, **options)


def _small(width: float, side: int = 64, batch: int = 4) -> Size:
    return Size(width, 10, (batch, 3, side, side))


_DIGITS = Size(1, 10, (2, 1, 28, 28))
_FULL = Size(1, 1000, (2, 3, 224, 224))

NETWORKS = (
    Network("mlp", plain.mlp, Size(0.25, 10, (4, 1, 12, 12)), _DIGITS, params_file=True),
    Network("lenet", plain.lenet, Size(0.2, 10, (4, 1, 28, 28)), _DIGITS, params_file=True),
    Network("alexnet", plain.alexnet, _small(1 / 16, 99, 2), _FULL, local_norm=True),
    Network("vgg16", plain.vgg16, _small(1 / 16, batch=2), _FULL),
    Network("googlenet", inception.googlenet, _small(1 / 8, batch=2), _FULL, reads_image=True,
            local_norm=True),
    Network("inception-bn", inception.inception_bn, _small(1 / 8), _FULL, normalised=True),
    Network("inception-v3", inception.inception_v3, _small(1 / 8, 107),
            Size(1, 1000, (2, 3, 299, 299)), normalised=True),
    Network("inception-resnet-v2", inception_resnet.inception_resnet_v2,
            _small(1 / 8, 107, 2), Size(1, 1000, (2, 3, 299, 299)), gain=0.9, normalised=True),
    Network("resnet-50", residual.resnet50, _small(1 / 16), _FULL, gain=0.7, normalised=True),
    Network("resnet-152", residual.resnet152, _small(1 / 16), _FULL, gain=0.6, normalised=True),
    Network("resnext-50", residual.resnext50, _small(1 / 8), _FULL, gain=0.5, normalised=True),
    Network("mobilenet-v1", light.mobilenet, _small(1 / 16), _FULL, params_file=True, normalised=True),
    Network("mobilenet-v2", light.mobilenet_v2, _small(1 / 8), _FULL, gain=0.7, normalised=True),
    Network("squeezenet", plain.squeezenet, _small(1 / 16, 68), _FULL, params_file=True),
    Network("densenet-121", light.densenet121, _small(1 / 8), _FULL, normalised=True),
)  # fmt: skip


def named(name: str) -> Network:
    """The network of that name."""
    return next(network for network in NETWORKS if network.name == name)
