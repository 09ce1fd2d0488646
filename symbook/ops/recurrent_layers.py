"""Stacked recurrent layers, in one or both directions, forward and backward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .cells import Trace, Weights, net_of, run, run_back, weights_of


class Layers:
    """A network on its inputs, ready to run forward and back.

    float16 is computed in float32.
    """

    def __init__(self, xp: Any, params: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        self.xp, self.net = xp, net_of(params)
        dtype = arrays["data"].dtype
        wide = np.dtype("float32") if dtype == "float16" else dtype
        self.data, self.vector, self.state = (
            xp.ascontiguousarray(arrays[name].astype(wide, copy=False))
            for name in ("data", "parameters", "state")
        )
        cell = arrays.get("state_cell")
        self.cell = None if cell is None else cell.astype(wide, copy=False)
        self.weights = weights_of(self.net, self.vector, self.data.shape[2])
        self.alive = self._alive(arrays.get("sequence_length"))
        self.mask = arrays.get("mask")
        self.inputs: list[Any] = []
        self.traces: list[Trace] = []

    def _alive(self, lengths: Any) -> Any:
        """(T, N, 1): which steps are before the ends of their sequences."""
        if lengths is None:
            return None
        return self.xp.arange(len(self.data))[:, None, None] < lengths.astype("int64")[:, None]

    def forward(self) -> Any:
        """The last layer's output, (T, N, directions · R)."""
        x, net = self.data, self.net
        for layer in range(net.layers):
            if layer and self.mask is not None:
                x = x * self.mask[layer - 1].astype(x.dtype, copy=False)
            self.inputs.append(x)
            parts = []
            for k in range(layer * net.directions, (layer + 1) * net.directions):
                reverse = k % net.directions == 1
                cell = None if self.cell is None else self.cell[k]
                args = self.weights[k], x, self.state[k], cell, self.alive, reverse
                trace = run(self.xp, net, *args)
                self.traces.append(trace)
                parts.append(trace.output[::-1] if reverse else trace.output)
            x = self.xp.concatenate(parts, axis=2)
        return x

    def last(self) -> tuple[Any, Any]:
        """The last states of all layers and directions, and the last cell states or None."""
        states = self.xp.stack([trace.states[-1] for trace in self.traces])
        if self.cell is None:
            return states, None
        return states, self.xp.stack([trace.cells[-1] for trace in self.traces])

    def backward(self, grads: Mapping[str, Any]) -> dict[str, Any]:
        """The gradients of the inputs by name, from those of the outputs by name."""
        xp, net = self.xp, self.net
        states = self._given(grads.get("state_output"), self.state)
        cells = self._given(grads.get("statecell_output"), self.cell)
        vector = xp.zeros_like(self.vector)
        to = weights_of(net, vector, self.data.shape[2])
        flowing = grads["output"].astype(self.data.dtype, copy=False)
        for layer in range(net.layers - 1, -1, -1):
            flowing = self._layer_back(layer, flowing, (states, cells), to)
            if layer and self.mask is not None:
                flowing = flowing * self.mask[layer - 1].astype(flowing.dtype, copy=False)
        found = {"data": flowing, "parameters": vector, "state": states, "state_cell": cells}
        return {name: value for name, value in found.items() if value is not None}

    def _given(self, grad: Any, like: Any) -> Any:
        """A copy of the gradient of the last states, or zeros; the first states' will take its place."""
        if like is None:
            return None
        return self.xp.zeros_like(like) if grad is None else grad.astype(like.dtype)

    def _layer_back(
        self, layer: int, flowing: Any, states: tuple[Any, Any], to: list[Weights]
    ) -> Any:
        """One layer back: the gradient of its input, from that of its output."""
        net, x = self.net, self.inputs[layer]
        total = None
        for direction in range(net.directions):
            k = layer * net.directions + direction
            part = flowing[:, :, direction * net.outputs : (direction + 1) * net.outputs]
            part = part[::-1] if direction else part
            cell = None if states[1] is None else states[1][k]
            found, state, cell = run_back(
                self.xp, net, self.weights[k], to[k], self.traces[k], x,
                (part, states[0][k], cell), direction == 1,
            )  # fmt: skip
            states[0][k] = state
            if states[1] is not None:
                states[1][k] = cell
            total = found if total is None else total + found
        return total
