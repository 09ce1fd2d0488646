"""NumPy as one writes it by hand who wants speed: results go into arrays that are there already.

The networks work in the dtype of their inputs; in float64 they are what all peers are checked against.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..program import Arrays, Builder, Latest, Program, Size, importing
from ..resnet import EPSILON, resnet50


def blas() -> str:
    """The name and version of NumPy's BLAS."""
    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found['name']} {found['version']}"


def about() -> dict[str, Any]:
    """What runs here."""
    return {"version": np.__version__, "blas": blas()}


def _e(size: Size, inputs: Arrays) -> Program:
    a, b, c, d = inputs.values()
    out, temporary = np.empty_like(a), np.empty_like(a)

    def call() -> None:
        np.multiply(a, b, out=out)
        np.multiply(c, d, out=temporary)
        np.add(out, temporary, out=out)

    return Program(call, lambda: {"out": out})


def _chain(size: Size, inputs: Arrays) -> Program:
    x, y, w = inputs.values()
    out, quarter = np.empty_like(x), np.float32(0.25)

    def call() -> None:
        z = x
        for _ in range(10):
            np.multiply(z, y, out=out)
            np.add(out, quarter, out=out)
            np.subtract(out, x, out=out)
            np.divide(out, w, out=out)
            z = out

    return Program(call, lambda: {"out": out})


def _mix(size: Size, inputs: Arrays) -> Program:
    x, y = inputs.values()
    out, one, two = (np.empty_like(x) for _ in range(3))

    def call() -> None:
        np.negative(y, out=out)
        np.exp(out, out=out)
        np.add(out, 1, out=out)
        np.tanh(x, out=one)
        np.divide(one, out, out=out)  # tanh(x) times sigmoid(y)
        np.multiply(x, -0.5, out=one)
        np.exp(one, out=one)
        np.multiply(y, y, out=two)
        np.add(two, 1, out=two)
        np.log(two, out=two)
        np.multiply(one, two, out=one)
        np.add(out, one, out=out)

    return Program(call, lambda: {"out": out})


def _branches(size: Size, inputs: Arrays) -> Program:
    pairs = [(inputs[f"a{k}"], inputs[f"b{k}"]) for k in range(size["branches"])]
    product = np.empty_like(pairs[0][0])

    def total() -> Any:
        found = np.float32(0)
        for a, b in pairs:
            np.dot(a, b, out=product)
            np.tanh(product, out=product)
            found += product.sum()
        return found

    return Latest(total, lambda found: {"out": np.array(found)}).program()


def softmax(x: np.ndarray) -> np.ndarray:
    """Along the last axis."""
    found = x - x.max(axis=-1, keepdims=True)
    np.exp(found, out=found)
    found /= found.sum(axis=-1, keepdims=True)
    return found


def mlp_step(p: Arrays) -> Arrays:
    """The class probabilities, and the gradients of the cross entropy summed over the batch."""
    count = sum(name[0] == "w" for name in p)
    values = [p["data"]]
    for i in range(1, count + 1):
        value = values[-1] @ p[f"w{i}"].T
        value += p[f"b{i}"]
        values.append(np.maximum(value, 0, out=value) if i < count else softmax(value))
    found = {"out": values[-1]}
    grad = values[-1].copy()
    grad[np.arange(len(grad)), p["label"].astype(int)] -= 1
    for i in range(count, 0, -1):
        found[f"grad:w{i}"] = grad.T @ values[i - 1]
        found[f"grad:b{i}"] = grad.sum(axis=0)
        if i > 1:
            grad = grad @ p[f"w{i}"]
            grad *= values[i - 1] > 0
    return found


def _sigmoid(x: np.ndarray, out: np.ndarray) -> np.ndarray:
    np.negative(x, out=out)
    np.exp(out, out=out)
    out += 1
    return np.divide(1, out, out=out)


def lstm_step(p: Arrays) -> Arrays:
    """The last hidden state, and the gradients for the gradient `head` of it.

    The gates are i, f, g and o. What does not depend on the state before is done for all steps at once.
    """
    steps, batch, hidden = p["data"].shape
    gates = p["data"].reshape(steps * batch, -1) @ p["wx"].T
    gates += p["bx"] + p["bh"]
    gates = gates.reshape(steps, batch, 4 * hidden)
    h, c = [p["h0"]], [p["c0"]]
    tanhs = []
    for gate in gates:
        gate += h[-1] @ p["wh"].T
        _sigmoid(gate[:, : 2 * hidden], gate[:, : 2 * hidden])
        np.tanh(gate[:, 2 * hidden : 3 * hidden], out=gate[:, 2 * hidden : 3 * hidden])
        _sigmoid(gate[:, 3 * hidden :], gate[:, 3 * hidden :])
        i, f, g, o = np.split(gate, 4, axis=1)
        c.append(f * c[-1] + i * g)
        tanhs.append(np.tanh(c[-1]))
        h.append(o * tanhs[-1])
    grads = _lstm_gate_grads(p, gates, c, tanhs)
    flat = grads.reshape(steps * batch, -1)
    before = np.concatenate(h[:-1])
    bias = flat.sum(axis=0)
    return {
        "out": h[-1],
        "grad:wx": flat.T @ p["data"].reshape(steps * batch, -1),
        "grad:bx": bias,
        "grad:wh": flat.T @ before,
        "grad:bh": bias,
    }


def _lstm_gate_grads(
    p: Arrays, gates: np.ndarray, c: list[np.ndarray], tanhs: list[np.ndarray]
) -> np.ndarray:
    """The gradients of what goes into the gates, for all steps."""
    grads = np.empty_like(gates)
    dh, dc = p["head"], np.zeros_like(p["c0"])
    for t in reversed(range(len(gates))):
        i, f, g, o = np.split(gates[t], 4, axis=1)
        dc = dc + dh * o * (1 - tanhs[t] ** 2)
        di, df, dg, do = np.split(grads[t], 4, axis=1)
        di[...] = dc * g * i * (1 - i)
        df[...] = dc * c[t] * f * (1 - f)
        dg[...] = dc * i * (1 - g**2)
        do[...] = dh * tanhs[t] * o * (1 - o)
        dh = grads[t] @ p["wh"]
        dc = dc * f
    return grads


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


def _of(step: Callable[[Arrays], Arrays]) -> Builder:
    return lambda size, inputs: Latest(lambda: step(inputs), dict).program()


PROGRAMS: dict[str, Builder] = {
    "e": _e,
    "chain": _chain,
    "mix": _mix,
    "branches": _branches,
    "mlp": _of(mlp_step),
    "lstm": _of(lstm_step),
    "resnet": _of(resnet_predict),
    "import": importing("numpy"),
}
