"""The arithmetic of recurrent layers: one layer in one direction, forward and backward.

A layer's steps are numbered in the order in which they run. The products of all steps' inputs with the
weights are one matrix product, before the loop over the steps; so are the gradients of the weights, after
it.

Letters in shapes: T steps, N sequences, I inputs, H units, R outputs of a unit layer (H, or the size of
the projection), G gates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}


class Net(NamedTuple):
    """What kind of network it is.

    Attributes
    ----------
    mode : str
    units : int
        H.
    layers, directions : int
    projection : int or None
        Size of an LSTM's projection.
    clip : tuple or None
        An LSTM's least and greatest cell state.
    clip_nan : bool
        Whether clipping makes a number of NaN: the least.
    """

    mode: str
    units: int
    layers: int
    directions: int
    projection: int | None
    clip: tuple[float, float] | None
    clip_nan: bool

    @property
    def rows(self) -> int:
        """Rows of a layer's weights: G · H."""
        return GATES[self.mode] * self.units

    @property
    def outputs(self) -> int:
        """R."""
        return self.projection or self.units

    @property
    def keeps_inner(self) -> bool:
        """Whether a step has a value inside that the gradient needs; see :class:`Trace`."""
        return self.mode == "gru" or self.projection is not None

    def size(self, inputs: int) -> int:
        """Length of the vector of all weights and biases, for so many inputs."""
        later = (self.layers - 1) * (self.directions + 1) * self.outputs
        columns = inputs + self.outputs + later + 2 * self.layers
        projections = self.layers * self.units * (self.projection or 0)
        return self.directions * (self.rows * columns + projections)


def net_of(params: Mapping[str, Any]) -> Net:
    """The network that an operator's parameters describe."""
    clip = params["lstm_state_clip_min"], params["lstm_state_clip_max"]
    return Net(
        params["mode"],
        params["state_size"],
        params["num_layers"],
        2 if params["bidirectional"] else 1,
        params["projection_size"],
        None if None in clip else clip,
        params["lstm_state_clip_nan"],
    )


class Weights(NamedTuple):
    """The weights of one layer in one direction: views of the vector that holds all.

    Attributes
    ----------
    x : array
        (G·H, I), for the layer's input.
    h : array
        (G·H, R), for the state.
    r : array or None
        (R, H), the projection.
    bx, bh : array
        (G·H,), the biases of both products.
    """

    x: Any
    h: Any
    r: Any
    bx: Any
    bh: Any


def weights_of(net: Net, vector: Any, inputs: int) -> list[Weights]:
    """The weights of all layers and directions, by layers: first all matrices, then all biases."""
    place, found = 0, []

    def take(*shape: int) -> Any:
        nonlocal place
        start, place = place, place + shape[0] * (shape[1] if len(shape) > 1 else 1)
        return vector[start:place].reshape(shape)

    for k in range(net.layers * net.directions):
        columns = inputs if k < net.directions else net.directions * net.outputs
        x, h = take(net.rows, columns), take(net.rows, net.outputs)
        r = take(net.outputs, net.units) if net.projection else None
        found.append((x, h, r))
    return [Weights(*matrices, take(net.rows), take(net.rows)) for matrices in found]


@dataclass
class Trace:
    """What a layer did in one direction, step by step in the order of running.

    Attributes
    ----------
    gates : array
        (T, N, G, H): before the steps have run, the products of their inputs; then the gates.
    states : array
        (T + 1, N, R): the states before each step, and the last.
    cells : array or None
        (T + 1, N, H): an LSTM's cell states, likewise.
    inner : array or None
        (T, N, H): of a GRU, the state's product for the new gate; of an LSTM, what is projected.
    alive : array or None
        (T, N, 1): which sequences have not ended.
    """

    gates: Any
    states: Any
    cells: Any
    inner: Any
    alive: Any

    @property
    def output(self) -> Any:
        """(T, N, R): the states after each step; 0 where the sequence has ended."""
        states = self.states[1:]
        return states if self.alive is None else states * self.alive


def run(
    xp: Any, net: Net, weights: Weights, x: Any, h: Any, c: Any, alive: Any, reverse: bool
) -> Trace:
    """Run a layer in one direction on inputs (T, N, I), from states (N, R) and cell states (N, H)."""
    if xp is not np:
        from .gpu import cells

        return cells.run(xp, net, weights, x, h, c, alive, reverse)
    steps, batch, inputs = x.shape
    # A GRU multiplies its state's product by a gate before adding, bias and all.
    bias = weights.bx if net.mode == "gru" else weights.bx + weights.bh
    products = x.reshape(steps * batch, inputs) @ weights.x.T
    products += bias
    gates = products.reshape(steps, batch, GATES[net.mode], net.units)
    trace = begun(xp, net, gates, h, c, alive, reverse)
    step = {"lstm": _lstm, "gru": _gru}.get(net.mode, _simple)
    for t in range(steps):
        step(xp, net, weights, trace, t)
        if trace.alive is not None:
            _hold(xp, trace, t)
    return trace


def begun(xp: Any, net: Net, gates: Any, h: Any, c: Any, alive: Any, reverse: bool) -> Trace:
    """The trace of a layer whose steps have not run; `gates` are their inputs' products, (T, N, G, H)."""
    steps, batch = gates.shape[:2]
    trace = Trace(
        gates[::-1] if reverse else gates,
        xp.empty((steps + 1, batch, net.outputs), dtype=gates.dtype),
        xp.empty((steps + 1, batch, net.units), dtype=gates.dtype) if net.mode == "lstm" else None,
        xp.empty((steps, batch, net.units), dtype=gates.dtype) if net.keeps_inner else None,
        alive[::-1] if reverse and alive is not None else alive,
    )
    trace.states[0] = h
    if trace.cells is not None:
        trace.cells[0] = c
    return trace


def _hold(xp: Any, trace: Trace, t: int) -> None:
    """Leave the states of the sequences that have ended as they were."""
    for states in (trace.states, trace.cells):
        if states is not None:
            states[t + 1] = xp.where(trace.alive[t], states[t + 1], states[t])


def _sigmoid(xp: Any, values: Any) -> None:
    """The logistic function, in place."""
    # Not `negative`: NumPy 2.4's is wrong for float32 where every fourth number is taken (one unit, 4 gates).
    xp.multiply(values, -1, out=values)
    xp.exp(values, out=values)
    values += 1
    xp.reciprocal(values, out=values)


def _simple(xp: Any, net: Net, weights: Weights, trace: Trace, t: int) -> None:
    gate = trace.gates[t, :, 0]
    gate += trace.states[t] @ weights.h.T
    if net.mode == "rnn_tanh":
        xp.tanh(gate, out=gate)
    else:
        xp.maximum(gate, 0, out=gate)
    trace.states[t + 1] = gate


def _lstm(xp: Any, net: Net, weights: Weights, trace: Trace, t: int) -> None:
    gates = trace.gates[t]
    gates += (trace.states[t] @ weights.h.T).reshape(gates.shape)
    _sigmoid(xp, gates[:, :2])
    xp.tanh(gates[:, 2], out=gates[:, 2])
    _sigmoid(xp, gates[:, 3])
    cell = gates[:, 1] * trace.cells[t]
    cell += gates[:, 0] * gates[:, 2]
    if net.clip is not None:
        least, most = net.clip
        low, high = (xp.fmax, xp.fmin) if net.clip_nan else (xp.maximum, xp.minimum)
        cell = high(low(cell, least), most)
    trace.cells[t + 1] = cell
    xp.tanh(cell, out=cell)
    cell *= gates[:, 3]
    if weights.r is None:
        trace.states[t + 1] = cell
    else:
        trace.inner[t] = cell
        trace.states[t + 1] = cell @ weights.r.T


def _gru(xp: Any, net: Net, weights: Weights, trace: Trace, t: int) -> None:
    gates, before = trace.gates[t], trace.states[t]
    products = (before @ weights.h.T + weights.bh).reshape(gates.shape)
    gates[:, :2] += products[:, :2]
    _sigmoid(xp, gates[:, :2])
    trace.inner[t] = products[:, 2]
    gates[:, 2] += gates[:, 0] * products[:, 2]
    xp.tanh(gates[:, 2], out=gates[:, 2])
    trace.states[t + 1] = gates[:, 2] + gates[:, 1] * (before - gates[:, 2])


@dataclass
class Flow:
    """Gradients on their way back through a layer in one direction.

    Attributes
    ----------
    state : array
        (N, R): of the state after the step in hand.
    cell : array or None
        (N, H): of the cell state.
    gates : array
        (T, N, G, H): of what the gates' functions are taken of.
    products : array
        (T, N, G, H): of the products of the state; of a GRU, not the same.
    projected : array or None
        (T, N, R): of the results of the projection.
    """

    state: Any
    cell: Any
    gates: Any
    products: Any
    projected: Any


def run_back(
    xp: Any,
    net: Net,
    weights: Weights,
    grads: Weights,
    trace: Trace,
    x: Any,
    flowing: tuple[Any, Any, Any],
    reverse: bool,
) -> tuple[Any, Any, Any]:
    """Gradients of the inputs, the first states and the first cell states; those of the weights go into
    `grads`.

    `flowing` holds the gradients of the outputs (T, N, R), in the order of running, of the last states
    and of the last cell states, or None.
    """
    if xp is not np:
        from .gpu import cells

        return cells.run_back(xp, net, weights, grads, trace, x, flowing, reverse)
    output, state, cell = flowing
    gates = xp.empty(trace.gates.shape, dtype=x.dtype)
    flow = Flow(
        state,
        cell,
        gates,
        xp.empty(gates.shape, dtype=x.dtype) if net.mode == "gru" else gates,
        None if weights.r is None else xp.empty(output.shape, dtype=x.dtype),
    )
    back = {"lstm": _lstm_back, "gru": _gru_back}.get(net.mode, _simple_back)
    for t in range(len(x) - 1, -1, -1):
        if trace.alive is None:
            flow.state = flow.state + output[t]
            back(xp, net, weights, trace, flow, t)
        else:
            _back_alive(xp, back, (net, weights, trace, flow, t), output[t])
    to_x = weights_back(net, weights, grads, trace, x, flow, reverse)
    return to_x, flow.state, flow.cell


def _back_alive(xp: Any, back: Any, args: tuple[Any, ...], output: Any) -> None:
    """One step back, by which what ended sequences hold passes unchanged."""
    trace, flow, t = args[2:]
    alive, state, cell = trace.alive[t], flow.state, flow.cell
    zero = state.dtype.type(0)
    flow.state = xp.where(alive, state + output, zero)
    flow.cell = None if cell is None else xp.where(alive, cell, zero)
    back(xp, *args)
    flow.state = xp.where(alive, flow.state, state)
    flow.cell = None if cell is None else xp.where(alive, flow.cell, cell)


def weights_back(
    net: Net, weights: Weights, grads: Weights, trace: Trace, x: Any, flow: Flow, reverse: bool
) -> Any:
    """Write the gradients of the weights; gives that of the inputs."""
    count = x.shape[0] * x.shape[1]
    products = flow.products.reshape(count, net.rows)
    grads.h[...] = products.T @ trace.states[:-1].reshape(count, net.outputs)
    grads.bh[...] = products.sum(axis=0)
    if weights.r is not None:
        projected = flow.projected.reshape(count, net.outputs)
        grads.r[...] = projected.T @ trace.inner.reshape(count, net.units)
    gates = (flow.gates[::-1] if reverse else flow.gates).reshape(count, net.rows)
    grads.x[...] = gates.T @ x.reshape(count, x.shape[2])
    grads.bx[...] = gates.sum(axis=0)
    return (gates @ weights.x).reshape(x.shape)


def _simple_back(xp: Any, net: Net, weights: Weights, trace: Trace, flow: Flow, t: int) -> None:
    gate = trace.gates[t, :, 0]
    slope = 1 - gate * gate if net.mode == "rnn_tanh" else gate > 0
    flow.gates[t, :, 0] = flow.state * slope
    flow.state = flow.gates[t, :, 0] @ weights.h


def _lstm_back(xp: Any, net: Net, weights: Weights, trace: Trace, flow: Flow, t: int) -> None:
    gates, cell, to = trace.gates[t], trace.cells[t + 1], flow.gates[t]
    enter, forget, new, leave = (gates[:, k] for k in range(4))
    if weights.r is not None:
        flow.projected[t] = flow.state
    state = flow.state if weights.r is None else flow.state @ weights.r
    bent = xp.tanh(cell)
    to_cell = flow.cell + state * leave * (1 - bent * bent)
    if net.clip is not None:
        to_cell *= (cell > net.clip[0]) & (cell < net.clip[1])
    to[:, 0] = to_cell * new * enter * (1 - enter)
    to[:, 1] = to_cell * trace.cells[t] * forget * (1 - forget)
    to[:, 2] = to_cell * enter * (1 - new * new)
    to[:, 3] = state * bent * leave * (1 - leave)
    flow.cell = to_cell * forget
    flow.state = to.reshape(len(to), net.rows) @ weights.h


def _gru_back(xp: Any, net: Net, weights: Weights, trace: Trace, flow: Flow, t: int) -> None:
    gates, to, products = trace.gates[t], flow.gates[t], flow.products[t]
    reset, update, new = (gates[:, k] for k in range(3))
    to[:, 2] = flow.state * (1 - update) * (1 - new * new)
    to[:, 1] = flow.state * (trace.states[t] - new) * update * (1 - update)
    to[:, 0] = to[:, 2] * trace.inner[t] * reset * (1 - reset)
    products[:, :2] = to[:, :2]
    products[:, 2] = to[:, 2] * reset
    flow.state = flow.state * update + products.reshape(len(to), net.rows) @ weights.h
