"""NumPy by hand, and ResNet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..program import Arrays, Builder, Latest, Program, Size, importing
from ..resnet import EPSILON, resnet50
from .by_hand import programs, softmax


def blas() -> str:
    """The name and version of NumPy's BLAS."""
    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found['name']} {found['version']}"


def about() -> dict[str, Any]:
    """What runs here."""
    return {"version": np.__version__, "blas": blas()}


class NumPyLayers:
    """The layers of ResNet, convolutions as matrix products of copied windows."""

    def conv(self, data: np.ndarray, weight: np.ndarray, stride: int, pad: int) -> np.ndarray:
        """See `resnet.Layers`."""
        kernel = weight.shape[-1]
        if kernel == 1:
            data = data[:, :, ::stride, ::stride]
            columns = data.reshape(*data.shape[:2], -1)
            height, width = data.shape[2:]
        else:
            data = np.pad(data, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
            windows = sliding_window_view(data, (kernel, kernel), (2, 3))[:, :, ::stride, ::stride]
            height, width = windows.shape[2:4]
            columns = windows.transpose(0, 1, 4, 5, 2, 3).reshape(len(data), -1, height * width)
        found = weight.reshape(len(weight), -1) @ columns
        return found.reshape(len(data), len(weight), height, width)

    def norm(self, data: Any, gamma: Any, beta: Any, mean: Any, var: Any) -> np.ndarray:
        """See `resnet.Layers`."""
        scale = 1 / np.sqrt(var + var.dtype.type(EPSILON))
        scale = scale if gamma is None else scale * gamma
        found = data * scale[:, None, None]
        found += (beta - mean * scale)[:, None, None]
        return found

    def relu(self, data: np.ndarray) -> np.ndarray:
        """See `resnet.Layers`; what was given is gone."""
        return np.maximum(data, 0, out=data)

    def max_pool(self, data: np.ndarray) -> np.ndarray:
        """See `resnet.Layers`."""
        data = np.pad(data, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
        return sliding_window_view(data, (3, 3), (2, 3))[:, :, ::2, ::2].max(axis=(4, 5))

    def add(self, data: np.ndarray, other: np.ndarray) -> np.ndarray:
        """See `resnet.Layers`; the first is gone."""
        return np.add(data, other, out=data)

    def classify(self, data: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """See `resnet.Layers`."""
        return softmax(data.mean(axis=(2, 3)) @ weight.T + bias)


def resnet_predict(p: Arrays) -> Arrays:
    """The class probabilities."""
    return {"out": resnet50(NumPyLayers(), p)}


def _resnet(size: Size, inputs: Arrays) -> Program:
    return Latest(lambda: resnet_predict(inputs), dict).program()


PROGRAMS: dict[str, Builder] = {
    **programs(np, np.asarray, np.asarray),
    "resnet": _resnet,
    "import": importing("numpy"),
}
