"""NumPy, or CuPy, as one writes it by hand who wants speed: results go into arrays that are there already.

The networks work in the dtype of their inputs; in float64 they are what all peers are checked against.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arithmetic import ROUNDS
from ..program import Arrays, Builder, Latest, Program, Size

Array = Any
Named = dict[str, Array]
Call = Callable[[], object]


def _e(xp: Any, p: Named) -> tuple[Call, Array]:
    a, b, c, d = p.values()
    out, temporary = xp.empty_like(a), xp.empty_like(a)

    def call() -> None:
        xp.multiply(a, b, out=out)
        xp.multiply(c, d, out=temporary)
        xp.add(out, temporary, out=out)

    return call, out


def _chain(xp: Any, p: Named) -> tuple[Call, Array]:
    x, y, w = p.values()
    out, quarter = xp.empty_like(x), np.float32(0.25)

    def call() -> None:
        z = x
        for _ in range(ROUNDS):
            xp.multiply(z, y, out=out)
            xp.add(out, quarter, out=out)
            xp.subtract(out, x, out=out)
            xp.divide(out, w, out=out)
            z = out

    return call, out


def _line(xp: Any, p: Named) -> tuple[Call, Array]:
    x = p["x"]
    out, quarter, half = xp.empty_like(x), np.float32(0.25), np.float32(0.5)

    def call() -> None:
        z = x
        for _ in range(ROUNDS):
            xp.multiply(z, x, out=out)
            xp.add(out, quarter, out=out)
            xp.subtract(out, x, out=out)
            xp.multiply(out, half, out=out)
            z = out

    return call, out


def _mix(xp: Any, p: Named) -> tuple[Call, Array]:
    x, y = p.values()
    out, one, two = (xp.empty_like(x) for _ in range(3))

    def call() -> None:
        xp.negative(y, out=out)
        xp.exp(out, out=out)
        xp.add(out, 1, out=out)
        xp.tanh(x, out=one)
        xp.divide(one, out, out=out)  # tanh(x) times sigmoid(y)
        xp.multiply(x, -0.5, out=one)
        xp.exp(one, out=one)
        xp.multiply(y, y, out=two)
        xp.add(two, 1, out=two)
        xp.log(two, out=two)
        xp.multiply(one, two, out=one)
        xp.add(out, one, out=out)

    return call, out


def _softmax(xp: Any, p: Named) -> tuple[Call, Array]:
    x = p["x"]
    out = xp.empty_like(x)

    def call() -> None:
        xp.subtract(x, x.max(axis=-1, keepdims=True), out=out)
        xp.exp(out, out=out)
        xp.divide(out, out.sum(axis=-1, keepdims=True), out=out)

    return call, out


def _distance(xp: Any, p: Named) -> tuple[Call, Array]:
    x, y = p.values()
    squares, out = xp.empty_like(x), xp.empty(len(x), x.dtype)

    def call() -> None:
        xp.subtract(x, y, out=squares)
        xp.multiply(squares, squares, out=squares)
        xp.sum(squares, axis=1, out=out)

    return call, out


def _dot(xp: Any, p: Named) -> tuple[Call, Array]:
    a, b = p.values()
    out = xp.empty((len(a), b.shape[1]), a.dtype)
    return lambda: xp.matmul(a, b, out=out), out


def _branches(xp: Any, p: Named) -> tuple[Call, Array]:
    pairs = [(p[f"a{k}"], p[f"b{k}"]) for k in range(len(p) // 2)]
    product, total = xp.empty_like(pairs[0][0]), xp.zeros((), "float32")

    def call() -> None:
        total.fill(0)
        for a, b in pairs:
            xp.matmul(a, b, out=product)
            xp.tanh(product, out=product)
            xp.add(total, product.sum(), out=total)

    return call, total


def softmax(x: Array, xp: Any = np) -> Array:
    """Along the last axis."""
    found = x - x.max(axis=-1, keepdims=True)
    xp.exp(found, out=found)
    found /= found.sum(axis=-1, keepdims=True)
    return found


def mlp_step(p: Named, xp: Any = np) -> Named:
    """The class probabilities, and the gradients of the cross entropy summed over the batch."""
    count = sum(name[0] == "w" for name in p)
    values = [p["data"]]
    for i in range(1, count + 1):
        value = values[-1] @ p[f"w{i}"].T
        value += p[f"b{i}"]
        values.append(xp.maximum(value, 0, out=value) if i < count else softmax(value, xp))
    found = {"out": values[-1]}
    grad = values[-1].copy()
    grad[xp.arange(len(grad)), p["label"].astype(int)] -= 1
    for i in range(count, 0, -1):
        found[f"grad:w{i}"] = grad.T @ values[i - 1]
        found[f"grad:b{i}"] = grad.sum(axis=0)
        if i > 1:
            grad = grad @ p[f"w{i}"]
            grad *= values[i - 1] > 0
    return found


def _sigmoid(x: Array, xp: Any) -> Array:
    xp.negative(x, out=x)
    xp.exp(x, out=x)
    x += 1
    return xp.divide(1, x, out=x)


def lstm_step(p: Named, xp: Any = np) -> Named:
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
        _sigmoid(gate[:, : 2 * hidden], xp)
        xp.tanh(gate[:, 2 * hidden : 3 * hidden], out=gate[:, 2 * hidden : 3 * hidden])
        _sigmoid(gate[:, 3 * hidden :], xp)
        i, f, g, o = xp.split(gate, 4, axis=1)
        c.append(f * c[-1] + i * g)
        tanhs.append(xp.tanh(c[-1]))
        h.append(o * tanhs[-1])
    grads = _lstm_gate_grads(p, gates, c, tanhs, xp)
    flat = grads.reshape(steps * batch, -1)
    before = xp.concatenate(h[:-1])
    bias = flat.sum(axis=0)
    return {
        "out": h[-1],
        "grad:wx": flat.T @ p["data"].reshape(steps * batch, -1),
        "grad:bx": bias,
        "grad:wh": flat.T @ before,
        "grad:bh": bias,
    }


def _lstm_gate_grads(p: Named, gates: Array, c: list[Array], tanhs: list[Array], xp: Any) -> Array:
    """The gradients of what goes into the gates, for all steps."""
    grads = xp.empty_like(gates)
    dh, dc = p["head"], xp.zeros_like(p["c0"])
    for t in reversed(range(len(gates))):
        i, f, g, o = xp.split(gates[t], 4, axis=1)
        dc = dc + dh * o * (1 - tanhs[t] ** 2)
        di, df, dg, do = xp.split(grads[t], 4, axis=1)
        di[...] = dc * g * i * (1 - i)
        df[...] = dc * c[t] * f * (1 - f)
        dg[...] = dc * i * (1 - g**2)
        do[...] = dh * tanhs[t] * o * (1 - o)
        dh = grads[t] @ p["wh"]
        dc = dc * f
    return grads


_IN_PLACE = {
    "e": _e, "chain": _chain, "line": _line, "mix": _mix, "softmax": _softmax,
    "distance": _distance, "dot": _dot, "branches": _branches,
}  # fmt: skip


def programs(
    xp: Any, given: Callable[[Array], Array], taken: Callable[[Array], np.ndarray], **more: Any
) -> dict[str, Builder]:
    """The programs by kind.

    Parameters
    ----------
    xp : module
        Whose arrays they work with.
    given, taken : callable
        An array of `xp` from one of NumPy's, and back.
    **more
        Of each `Program`.
    """

    def in_place(make: Callable[[Any, Named], tuple[Call, Array]]) -> Builder:
        def build(size: Size, inputs: Arrays) -> Program:
            call, out = make(xp, {name: given(value) for name, value in inputs.items()})
            return Program(call, lambda: {"out": taken(out)}, **more)

        return build

    def of(step: Callable[[Named, Any], Named]) -> Builder:
        def build(size: Size, inputs: Arrays) -> Program:
            p = {name: given(value) for name, value in inputs.items()}

            def named(found: Named) -> Arrays:
                return {name: taken(value) for name, value in found.items()}

            return Latest(lambda: step(p, xp), named).program(**more)

        return build

    return {
        **{kind: in_place(make) for kind, make in _IN_PLACE.items()},
        "mlp": of(mlp_step),
        "lstm": of(lstm_step),
    }
