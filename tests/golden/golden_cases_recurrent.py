"""Gradient cases of recurrent networks and of sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from golden_draw import FLOATS, Case, Cases, Draw, Params

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}


def parameter_count(mode: str, width: int, hidden: int, layers: int, directions: int) -> int:
    """The size of the flat vector of weights and biases of ``RNN``."""
    total = 0
    for layer in range(layers):
        read = width if layer == 0 else hidden * directions
        total += directions * GATES[mode] * hidden * (read + hidden + 2)
    return total


def rnn(draw: Draw, mode: str, sizes: tuple[int, int, int, int], dtype: str,
        params: Params) -> tuple[dict[str, Any], Params]:
    """Inputs and parameters for ``(steps, batch, width, hidden)``."""
    steps, batch, width, hidden = sizes
    layers, directions = params.get("num_layers", 1), 1 + params.get("bidirectional", False)
    count = parameter_count(mode, width, hidden, layers, directions)
    state = (layers * directions, batch, hidden)
    inputs = {"data": draw(steps, batch, width, dtype=dtype),
              "parameters": draw(count, dtype=dtype, low=-1, high=1),
              "state": draw(*state, dtype=dtype)}
    if mode == "lstm":
        inputs["state_cell"] = draw(*state, dtype=dtype)
    return inputs, {"mode": mode, "state_size": hidden, "num_layers": layers, **params}


def recurrent() -> Cases:
    """``RNN`` in every mode."""
    draw = Draw(40)
    options: list[tuple[tuple[int, int, int, int], Params]] = [
        ((3, 2, 3, 2), {}), ((3, 2, 3, 2), {"state_outputs": True}),
        ((4, 1, 2, 3), {"num_layers": 2, "state_outputs": True}),
        ((3, 2, 2, 2), {"bidirectional": True, "state_outputs": True}),
        ((3, 2, 3, 2), {"bidirectional": True, "num_layers": 2}),
        ((1, 1, 1, 1), {"state_outputs": True}),
        ((5, 2, 4, 3), {"num_layers": 3, "bidirectional": True, "state_outputs": True})]
    for mode in GATES:
        for sizes, params in options:
            for dtype in ("float32", "float64"):
                inputs, given = rnn(draw, mode, sizes, dtype, params)
                yield Case("RNN", inputs, given)
        inputs, given = rnn(draw, mode, (3, 2, 3, 2), "float32", {"state_outputs": True})
        yield Case("RNN", inputs, given, train=False)
        yield Case("RNN", inputs, given, req="add")
        yield Case("RNN", inputs, given, req={"data": "write", "parameters": "add",
                                              "state": "null", "state_cell": "write"})
        inputs, given = rnn(draw, mode, (3, 2, 3, 2), "float16", {"state_outputs": True})
        yield Case("RNN", inputs, given)
        inputs, given = rnn(draw, mode, (3, 2, 3, 2), "float32", {"num_layers": 2, "p": 0.5})
        yield Case("RNN", inputs, given, train=False)
        yield Case("RNN", inputs, given, seed=4)
    projected = {"data": draw(3, 2, 3), "parameters": draw(
        4 * 3 * (3 + 2 + 2) + 2 * 3), "state": draw(1, 2, 2), "state_cell": draw(1, 2, 3)}
    yield Case("RNN", projected, {"mode": "lstm", "state_size": 3, "num_layers": 1,
                                  "projection_size": 2, "state_outputs": True})


def sequences() -> Cases:
    """``SequenceMask``, ``SequenceLast`` and ``SequenceReverse``."""
    draw = Draw(41)
    for op in ("SequenceMask", "SequenceLast", "SequenceReverse"):
        for dtype in FLOATS:
            for shape in ((4, 3, 2), (4, 3), (3, 3, 2, 2), (1, 3, 1)):
                yield Case(op, {"data": draw(*shape, dtype=dtype)}, {})
                for lengths in ([1, 3, 2], [4, 4, 1], [2, 1, 1]):
                    inputs = {"data": draw(*shape, dtype=dtype), "sequence_length": np.minimum(
                        np.array(lengths, dtype), shape[0]).astype(dtype)}
                    yield Case(op, inputs, {"use_sequence_length": True})
            inputs = {"data": draw(3, 4, 2, dtype=dtype),
                      "sequence_length": np.array([1, 4, 2], dtype)}
            yield Case(op, inputs, {"use_sequence_length": True, "axis": 1})
            yield Case(op, {"data": draw(3, 4, 2, dtype=dtype)}, {"axis": 1})
        inputs = {"data": draw(4, 3, 2), "sequence_length": np.array([1, 4, 2], "int32")}
        yield Case(op, inputs, {"use_sequence_length": True})
        inputs = {"data": draw(4, 3, 2), "sequence_length": np.array([1, 4, 2], "float32")}
        yield Case(op, inputs, {"use_sequence_length": True}, req="add")
    for value in (-1.0, 2.5):
        yield Case("SequenceMask", inputs, {"use_sequence_length": True, "value": value})
    inputs = {"data": draw(4, 3, 2), "sequence_length": np.array([0, 4, 2], "float32")}
    yield Case("SequenceMask", inputs, {"use_sequence_length": True})


GROUPS = (recurrent, sequences)
