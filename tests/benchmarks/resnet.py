"""ResNet-50's layers in a row, for whatever has a convolution.

This is `networks.residual.resnet50` for those who have no symbols, with the same names of parameters.
"""

from __future__ import annotations

from typing import Any, Protocol

UNITS = (3, 4, 6, 3)
EPSILON = 2e-5
Array = Any


class Layers(Protocol):
    """What a framework must have. Data are (images, channels, height, width)."""

    def conv(self, data: Array, weight: Array, stride: int, pad: int) -> Array:
        """A convolution without a bias."""

    def norm(self, data: Array, gamma: Array, beta: Array, mean: Array, var: Array) -> Array:
        """Batch normalization by the states that it holds; `gamma` None counts as 1."""

    def relu(self, data: Array) -> Array:
        """What is above 0."""

    def max_pool(self, data: Array) -> Array:
        """Windows of 3×3, two apart, with one pixel of padding."""

    def add(self, data: Array, other: Array) -> Array:
        """The sum."""

    def classify(self, data: Array, weight: Array, bias: Array) -> Array:
        """Each channel's mean, a linear layer, and softmax."""


def resnet50(f: Layers, p: dict[str, Array]) -> Array:
    """The probabilities of each class; `p` holds parameters, states and the data by name."""

    def norm(data: Array, name: str, fixed: bool = False) -> Array:
        gamma = None if fixed else p[f"{name}_gamma"]
        states = p[f"{name}_moving_mean"], p[f"{name}_moving_var"]
        return f.norm(data, gamma, p[f"{name}_beta"], *states)

    def active(data: Array, name: str) -> Array:
        return f.relu(norm(data, name))

    net = f.conv(norm(p["data"], "bn_data", fixed=True), p["conv0_weight"], 2, 3)
    net = f.max_pool(active(net, "bn0"))
    for stage, count in enumerate(UNITS, 1):
        for unit in range(1, count + 1):
            name = f"stage{stage}_unit{unit}"
            stride = 2 if unit == 1 and stage > 1 else 1
            first = active(net, f"{name}_bn1")
            inner = f.conv(first, p[f"{name}_conv1_weight"], 1, 0)
            inner = f.conv(active(inner, f"{name}_bn2"), p[f"{name}_conv2_weight"], stride, 1)
            inner = f.conv(active(inner, f"{name}_bn3"), p[f"{name}_conv3_weight"], 1, 0)
            same = net if unit > 1 else f.conv(first, p[f"{name}_sc_weight"], stride, 0)
            net = f.add(inner, same)
    return f.classify(active(net, "bn1"), p["fc1_weight"], p["fc1_bias"])
