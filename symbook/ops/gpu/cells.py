"""The steps of recurrent layers on a GPU: one product and one kernel each, forward and back.

`ops/cells.py` says what a layer computes and in which letters. A thread has one unit of one sequence: all of
its gates. What an ended sequence holds goes by its units: forward, the kernel writes the old state once
more; back, gradients reach a step as the sum of a product and of what was carried past the step after it.
"""

from __future__ import annotations

from typing import Any

from ...cuda import Kernel
from ..cells import GATES, Flow, Net, Trace, Weights, begun, weights_back

_FLOATS = ("float32", "float64")
_SIGMOID = "DEVICE T sigmoid(T x) { return T(1.0f) / (T(1.0f) + T(exp(-x))); }\n"

# In all: `gates` (T, N, G, H) are the products of the input, and then what the gates are; `products` those of
# the state; `bx` and `bh` the biases. Step t has all arrays at t, but those of the input at `turn`: from the
# last one on, where the layer runs backward. Whole arrays and numbers, as a slice costs the host more.
_SIZES = "long long t, long long turn, long long sequences, long long units"
_HERE = """
    const int64 step = sequences * units;
    if (alive) alive += turn * sequences;
    %s
    FOR_EACH(i, sequences * units) {
        const I n = i / I(units), u = i %% I(units), h = I(units);
        const bool runs = !alive || alive[n];
"""

_SIMPLE = Kernel(
    "rnn_simple",
    "KERNEL rnn_simple(T* gates, const T* products, const T* bx, const T* bh, const T* before, T* after,"
    f" const bool* alive, long long tangent, {_SIZES}) {{"
    + _HERE % "gates += turn * step; before += t * step; after += (t + 1) * step;"
    + """
        const T sum = gates[i] + (bx[u] + bh[u]) + products[i];
        const T state = tangent ? T(tanh(sum)) : maximum(sum, T(0));
        gates[i] = state;
        after[i] = runs ? state : before[i];
    }
}""",
    types=_FLOATS,
)

# `out` is the state after the step or, where there is a projection, what it is a projection of.
_LSTM = Kernel(
    "rnn_lstm",
    _SIGMOID
    + "KERNEL rnn_lstm(T* gates, const T* products, const T* bx, const T* bh, const T* before, const T* cell,"
    " T* cell_after, T* out, const bool* alive, long long projects, long long clips, long long clip_nan,"
    f" double least, double most, {_SIZES}) {{"
    + _HERE
    % """gates += turn * step * 4; cell += t * step; cell_after += (t + 1) * step;
    out += (projects ? t : t + 1) * step;
    if (!projects) before += t * step;"""
    + """
        T gate[4];
        for (int g = 0; g < 4; g++) {
            const I k = (n * 4 + g) * h + u, b = g * h + u;
            const T sum = gates[k] + (bx[b] + bh[b]) + products[k];
            gate[g] = g == 2 ? T(tanh(sum)) : sigmoid(sum);
            gates[k] = gate[g];
        }
        T now = gate[1] * cell[i];
        now = now + gate[0] * gate[2];
        if (clips) {
            if (clip_nan) now = fminimum(fmaximum(now, T(least)), T(most));
            else now = minimum(maximum(now, T(least)), T(most));
        }
        const T state = T(tanh(now)) * gate[3];
        cell_after[i] = runs ? now : cell[i];
        out[i] = runs || projects ? state : before[i];
    }
}""",
    types=_FLOATS,
)

_GRU = Kernel(
    "rnn_gru",
    _SIGMOID
    + "KERNEL rnn_gru(T* gates, const T* products, const T* bx, const T* bh, const T* before, T* after,"
    f" T* inner, const bool* alive, {_SIZES}) {{"
    + _HERE
    % """gates += turn * step * 3; before += t * step; after += (t + 1) * step;
    inner += t * step;"""
    + """
        const I k = n * 3 * h + u;
        const T reset = sigmoid(gates[k] + bx[u] + (products[k] + bh[u]));
        const T update = sigmoid(gates[k + h] + bx[h + u] + (products[k + h] + bh[h + u]));
        const T product = products[k + 2 * h] + bh[2 * h + u];
        const T fresh = T(tanh(gates[k + 2 * h] + bx[2 * h + u] + reset * product));
        gates[k] = reset;
        gates[k + h] = update;
        gates[k + 2 * h] = fresh;
        inner[i] = product;
        after[i] = runs ? fresh + update * (before[i] - fresh) : before[i];
    }
}""",
    types=_FLOATS,
)

# The gradient of a state: `state`, a product, and `carry`, what came past it (or null), and `output`, that of
# the step's output. `past` is what goes on without a product: all, where a sequence has ended.
_STATE = """
        const T whole = carry ? state[i] + carry[i] : state[i];
        const T to_state = runs ? (output ? whole + output[i] : whole) : T(0);
        if (past) past[i] = runs ? T(0) : whole;
"""
_OUTPUT = "if (output) output += t * step;"
_BACK = "const T* state, const T* carry, const T* output, T* past, const bool* alive"

_SIMPLE_BACK = Kernel(
    "rnn_simple_back",
    f"KERNEL rnn_simple_back({_BACK}, const T* gates, T* to, long long tangent, {_SIZES}) {{"
    + _HERE % (_OUTPUT + " gates += turn * step; to += t * step;")
    + _STATE
    + """
        const T gate = gates[i];
        to[i] = to_state * (tangent ? T(1.0f) - gate * gate : gate > T(0) ? T(1.0f) : T(0));
    }
}""",
    types=_FLOATS,
)

_LSTM_BACK = Kernel(
    "rnn_lstm_back",
    f"KERNEL rnn_lstm_back({_BACK}, const T* gates, const T* cell, const T* cell_after, const T* flow,"
    f" T* flow_before, T* to, long long clips, double least, double most, {_SIZES}) {{"
    + _HERE
    % (
        _OUTPUT
        + " gates += turn * step * 4; to += t * step * 4; cell += t * step; cell_after += (t + 1) * step;"
    )
    + _STATE
    + """
        const I k = n * 4 * h + u;
        const T enter = gates[k], forget = gates[k + h], fresh = gates[k + 2 * h], leave = gates[k + 3 * h];
        const T now = cell_after[i], bent = T(tanh(now));
        T to_cell = (runs ? flow[i] : T(0)) + to_state * leave * (T(1.0f) - bent * bent);
        if (clips && !(now > T(least) && now < T(most))) to_cell = to_cell * T(0);
        to[k] = to_cell * fresh * enter * (T(1.0f) - enter);
        to[k + h] = to_cell * cell[i] * forget * (T(1.0f) - forget);
        to[k + 2 * h] = to_cell * enter * (T(1.0f) - fresh * fresh);
        to[k + 3 * h] = to_state * bent * leave * (T(1.0f) - leave);
        flow_before[i] = runs ? to_cell * forget : flow[i];
    }
}""",
    types=_FLOATS,
)

_GRU_BACK = Kernel(
    "rnn_gru_back",
    f"KERNEL rnn_gru_back({_BACK}, const T* gates, const T* before, const T* inner, T* to, T* products,"
    f" {_SIZES}) {{"
    + _HERE
    % (
        _OUTPUT
        + " gates += turn * step * 3; before += t * step; inner += t * step;"
        + " to += t * step * 3; products += t * step * 3;"
    )
    + _STATE
    + """
        const I k = n * 3 * h + u;
        const T reset = gates[k], update = gates[k + h], fresh = gates[k + 2 * h];
        const T to_fresh = to_state * (T(1.0f) - update) * (T(1.0f) - fresh * fresh);
        const T to_update = to_state * (before[i] - fresh) * update * (T(1.0f) - update);
        const T to_reset = to_fresh * inner[i] * reset * (T(1.0f) - reset);
        to[k] = to_reset;
        to[k + h] = to_update;
        to[k + 2 * h] = to_fresh;
        products[k] = to_reset;
        products[k + h] = to_update;
        products[k + 2 * h] = to_fresh * reset;
        if (runs) past[i] = to_state * update;
    }
}""",
    types=_FLOATS,
)

_PROJECTED_BACK = Kernel(
    "rnn_projected_back",
    f"KERNEL rnn_projected_back({_BACK}, T* to, {_SIZES}) {{"
    + _HERE % (_OUTPUT + " to += t * step;")
    + _STATE
    + "        to[i] = to_state;\n    }\n}",
    types=_FLOATS,
)


# Forward


def run(
    xp: Any, net: Net, weights: Weights, x: Any, h: Any, c: Any, alive: Any, reverse: bool
) -> Trace:
    """As `ops/cells.py` has it."""
    steps, batch, inputs = x.shape
    products = xp.matmul(x.reshape(steps * batch, inputs), weights.x.T)
    gates = products.reshape(steps, batch, GATES[net.mode], net.units)
    trace = begun(xp, net, gates, h, c, alive, reverse)
    if batch:
        _run_steps(xp, net, weights, trace, (products, 0 if alive is None else alive), reverse)
    return trace


def _run_steps(
    xp: Any, net: Net, weights: Weights, trace: Trace, whole: tuple[Any, Any], reverse: bool
) -> None:
    """All steps, with the inputs' products and what is alive in the order of the input."""
    gates, alive = whole
    steps, batch = trace.gates.shape[:2]
    count, dtype, by_state = batch * net.units, gates.dtype, weights.h.T
    products = xp.empty((batch, net.rows), dtype=dtype)
    first = (gates, products, weights.bx, weights.bh, trace.states)
    rest: tuple[Any, ...]
    if net.mode == "gru":
        kernel, rest = _GRU, (trace.states, trace.inner, alive)
    elif net.mode != "lstm":
        kernel, rest = _SIMPLE, (trace.states, alive, int(net.mode == "rnn_tanh"))
    else:
        out = trace.states if weights.r is None else trace.inner
        clips = (int(net.clip is not None), int(net.clip_nan), *_bounds(net))
        projects = int(weights.r is not None)
        kernel, rest = _LSTM, (trace.cells, trace.cells, out, alive, projects, *clips)
    for t in range(steps):
        xp.matmul(trace.states[t], by_state, out=products)
        turn = steps - 1 - t if reverse else t
        args = (*first, *rest, t, turn, batch, net.units)
        kernel(xp, dtype, args=args, size=count)
        if weights.r is not None:
            after = trace.states[t + 1]
            xp.matmul(trace.inner[t], weights.r.T, out=after)
            if trace.alive is not None:
                after[...] = xp.where(trace.alive[t], after, trace.states[t])


def _bounds(net: Net) -> tuple[float, float]:
    least, most = net.clip or (0.0, 0.0)
    return float(least), float(most)


# Back


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
    """As `ops/cells.py` has it."""
    output, state, cell = flowing
    output = xp.ascontiguousarray(output)
    gates = xp.empty(trace.gates.shape, dtype=x.dtype)
    flow = Flow(
        xp.ascontiguousarray(state),
        None if cell is None else xp.ascontiguousarray(cell),
        gates,
        xp.empty(gates.shape, dtype=x.dtype) if net.mode == "gru" else gates,
        None if weights.r is None else xp.empty(output.shape, dtype=x.dtype),
    )
    carry: Any = 0
    if len(state):
        for t in range(len(x) - 1, -1, -1):
            carry = _step_back(xp, net, weights, trace, flow, (carry, output), t, reverse)
    to_x = weights_back(net, weights, grads, trace, x, flow, reverse)
    return to_x, flow.state + carry, flow.cell


def _step_back(
    xp: Any,
    net: Net,
    weights: Weights,
    trace: Trace,
    flow: Flow,
    more: tuple[Any, Any],
    t: int,
    reverse: bool,
) -> Any:
    """One step: the flow's state becomes a product; gives what goes past it."""
    dtype, batch = flow.state.dtype, len(flow.state)
    gates, alive, turn = trace.gates, trace.alive, t
    if reverse:
        gates, turn = gates[::-1], len(gates) - 1 - t
        alive = None if alive is None else alive[::-1]
    alive = 0 if alive is None else alive
    past = 0
    if net.mode == "gru" or trace.alive is not None:
        past = xp.empty(flow.state.shape, dtype=dtype)
    first: tuple[Any, ...] = (flow.state, *more, past, alive)
    sizes, count = (t, turn, batch, net.units), batch * net.units
    given: tuple[Any, ...]
    if net.mode == "gru":
        given = (gates, trace.states, trace.inner, flow.gates, flow.products)
        _GRU_BACK(xp, dtype, args=(*first, *given, *sizes), size=count)
    elif net.mode != "lstm":
        given = (gates, flow.gates, int(net.mode == "rnn_tanh"))
        _SIMPLE_BACK(xp, dtype, args=(*first, *given, *sizes), size=count)
    else:
        if weights.r is not None:
            args = (*first, flow.projected, t, turn, batch, net.outputs)
            _PROJECTED_BACK(xp, dtype, args=args, size=batch * net.outputs)
            first = (xp.matmul(flow.projected[t], weights.r), 0, 0, 0, alive)
        cell = xp.empty(flow.cell.shape, dtype=dtype)
        given = (gates, trace.cells, trace.cells, flow.cell, cell, flow.gates)
        clips = (int(net.clip is not None), *_bounds(net))
        _LSTM_BACK(xp, dtype, args=(*first, *given, *clips, *sizes), size=count)
        flow.cell = cell
    products = flow.products[t].reshape(batch, net.rows)
    flow.state = xp.matmul(products, weights.h)
    return past
