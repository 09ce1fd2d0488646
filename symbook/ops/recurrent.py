"""The recurrent operator: simple, LSTM and GRU networks of any number of layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from ..errors import shape_text
from ..rng import generator
from ..specs import Shape
from .casting import floating, single
from .cells import Net, net_of
from .params import Range
from .recurrent_layers import Layers
from .registry import op
from .rules import DTypes, Mismatch, Params, Shapes, unify, unify_all, unify_dtypes

Mode = Literal["gru", "lstm", "rnn_relu", "rnn_tanh"]
Names = tuple[str, ...]


# Inputs and outputs


def _inputs(params: Mapping[str, Any]) -> Names:
    cell = ("state_cell",) if params["mode"] == "lstm" else ()
    lengths = ("sequence_length",) if params["use_sequence_length"] else ()
    return ("data", "parameters", "state", *cell, *lengths)


def _visible(params: Mapping[str, Any]) -> Names:
    if not params["state_outputs"]:
        return ("output",)
    cell = ("statecell_output",) if params["mode"] == "lstm" else ()
    return ("output", "state_output", *cell)


def _drops(params: Mapping[str, Any]) -> bool:
    """Whether there is dropout between layers; its mask is a hidden output then, for the gradient."""
    return bool(params["p"] > 0 and params["num_layers"] > 1)


def _outputs(params: Mapping[str, Any]) -> Names:
    return (*_visible(params), "mask") if _drops(params) else _visible(params)


def _backward_inputs(params: Mapping[str, Any]) -> Names:
    grads = (f"grad_{name}" for name in _visible(params))
    return (*grads, *_inputs(params), *(("mask",) if _drops(params) else ()))


# Inference


def _require_sense(params: Mapping[str, Any]) -> None:
    bounds = params["lstm_state_clip_min"], params["lstm_state_clip_max"]
    if params["mode"] != "lstm" and (params["projection_size"] or bounds != (None, None)):
        raise Mismatch(
            "only an LSTM has projections and clipped cell states",
            hint="Write mode='lstm', or leave these parameters out.",
        )
    if (bounds[0] is None) != (bounds[1] is None):
        raise Mismatch(
            "lstm_state_clip_min and lstm_state_clip_max belong together",
            hint="Give both, or neither.",
        )
    if bounds[0] is not None and bounds[0] > bounds[1]:
        raise Mismatch(
            "lstm_state_clip_min is greater than lstm_state_clip_max", hint="Exchange them."
        )
    if (params["projection_size"] or 0) > params["state_size"]:
        raise Mismatch(
            "projection_size is greater than state_size", hint="Make it smaller, or leave it out."
        )
    if params["p"] >= 1:
        raise Mismatch("p must be less than 1: something must be left", hint="For example: p=0.5.")


def _input_size(net: Net, parameters: Shape, size: int | None) -> int | None:
    """How many inputs a network has, from the length of its parameters."""
    (length,) = parameters
    if length is None or size is not None:
        return size
    inputs, rest = divmod(length - net.size(0), net.size(1) - net.size(0))
    if rest or inputs < 0:
        raise Mismatch(
            f"a network of this kind cannot have {length} parameters",
            hint="Leave the shape of the parameters to infer_shape.",
        )
    return inputs


def _state(given: Shape | None, later: Shape | None, needed: Shape) -> Shape | None:
    """What is known of the state's shape."""
    try:
        return unify_all((given, later, needed))
    except Mismatch:
        raise Mismatch(
            f"the state must have the shape {shape_text(needed)}, not {shape_text(given or later)}",
            hint="It is (layers * directions, batch, state_size); infer_shape finds it from the data's.",
        ) from None


def _rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    _require_sense(params)
    net, names, out_names = net_of(params), _inputs(params), _outputs(params)
    known, made = dict(zip(names, ins, strict=True)), dict(zip(out_names, outs, strict=True))
    layers, width = net.layers * net.directions, net.directions * net.outputs
    data = unify(known["data"], (None, None, None)) or ()
    output = unify(made["output"], (*data[:2], width)) or ()
    state = _state(known["state"], made.get("state_output"), (layers, output[1], net.outputs))
    cells = known.get("state_cell"), made.get("statecell_output")
    cell = unify_all((*cells, (layers, (state or ())[1], net.units))) or ()
    batch = unify((cell[1],), known.get("sequence_length")) or ()
    parameters = unify(known["parameters"], (None,)) or ()
    size = _input_size(net, parameters, data[2])
    if size is not None:
        parameters = unify(parameters, (net.size(size),)) or ()
    shapes = {
        "data": (output[0], *batch, size),
        "parameters": parameters,
        "state": (layers, *batch, net.outputs),
        "state_cell": (layers, *batch, net.units),
        "sequence_length": batch,
        "output": (output[0], *batch, width),
        "state_output": (layers, *batch, net.outputs),
        "statecell_output": (layers, *batch, net.units),
        "mask": (net.layers - 1, output[0], *batch, width),
    }
    return tuple(shapes[name] for name in names), tuple(shapes[name] for name in out_names)


def _dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """All arrays have one floating-point dtype, but the lengths have any."""
    count = len(ins) - params["use_sequence_length"]
    found, outs = floating(ins[:count], outs, params)
    return (*found, *(found[0] if item is None else item for item in ins[count:])), outs


def _backward_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    visible, count = len(_visible(params)), len(_inputs(params))
    own = tuple(
        unify(a, b)
        for a, b in zip(ins[visible : visible + count], _padded(outs, count), strict=True)
    )
    own, made = _rule(own, (*ins[:visible], *ins[visible + count :]), params)
    return (*made[:visible], *own, *made[visible:]), own[: len(outs)]


def _backward_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    names = _backward_inputs(params)
    floats = [item for name, item in zip(names, ins, strict=True) if name != "sequence_length"]
    dtype = unify_dtypes((*floats, *outs))
    found = tuple(
        item if name == "sequence_length" else dtype for name, item in zip(names, ins, strict=True)
    )
    return found, (dtype,) * len(outs)


def _padded(shapes: Shapes, count: int) -> Shapes:
    return (*shapes, *(None,) * (count - len(shapes)))


# Running


def _mask(xp: Any, params: Mapping[str, Any], data: Any, is_train: bool) -> Any:
    """What the outputs of all layers but the last are multiplied with."""
    net, keep = net_of(params), 1 - single(params["p"])
    shape = (net.layers - 1, *data.shape[:2], net.directions * net.outputs)
    if not is_train:
        return xp.ones(shape, dtype=data.dtype)
    drawn = generator(xp).in_turn(shape)
    return ((drawn >= single(params["p"])) / keep).astype(data.dtype)


def _gradient(F: Any, g: Any, y: Any, *inputs: Any, **params: Any) -> Any:
    outputs = _outputs(params)
    grads, values = (g, y) if len(outputs) > 1 else ((g,), (y,))
    visible = len(_visible(params))
    given = [
        F.zeros_like(value) if grad is None else grad
        for grad, value in zip(grads[:visible], values[:visible], strict=True)
    ]
    found = F._backward_RNN(*given, *inputs, *values[visible:], **params)
    differentiable = len(inputs) - params["use_sequence_length"]
    return *(found[k] for k in range(differentiable)), *[None] * (len(inputs) - differentiable)


@op(
    "RNN",
    shape=_rule,
    dtype=_dtype,
    inputs=_inputs,
    outputs=_outputs,
    shown=lambda params: len(_visible(params)),
    uncounted=lambda params: int(_drops(params)),
    random=True,
    gradient=_gradient,
)
def RNN(
    xp,
    data,
    parameters,
    state,
    state_cell=None,
    sequence_length=None,
    /,
    *,
    state_size: Annotated[int, Range(1, None)],
    num_layers: Annotated[int, Range(1, None)],
    bidirectional: bool = False,
    mode: Mode,
    p: Annotated[float, Range(0, 1)] = 0.0,
    state_outputs: bool = False,
    projection_size: Annotated[int | None, Range(1, None)] = None,
    lstm_state_clip_min: float | None = None,
    lstm_state_clip_max: float | None = None,
    lstm_state_clip_nan: bool = False,
    use_sequence_length: bool = False,
    is_train,
):
    """Recurrent layers over a sequence: simple, LSTM or GRU, stacked, in one or both directions.

    With x the step's input and h the state after the step before, each layer computes

    - `rnn_relu`, `rnn_tanh`: `h' = f(Wx x + bx + Wh h + bh)`, where f is max(·, 0) or tanh;
    - `lstm`: `(i, f, g, o) = Wx x + bx + Wh h + bh`, the sigmoids of i, f and o and tanh of g, then
      `c' = f c + i g` and `h' = o tanh(c')`;
    - `gru`: `r = σ(Wxr x + bxr + Whr h + bhr)`, z likewise,
      `n = tanh(Wxn x + bxn + r (Whn h + bhn))`, then `h' = (1 - z) n + z h`.

    Outputs: the last layer's states, (steps, batch, directions · state_size), the two directions side
    by side; with `state_outputs` the last states of all layers, of the shape of `state`, and of an LSTM
    the last cell states. All arrays have one floating-point dtype.

    data
        Of shape (steps, batch, inputs).
    parameters
        All weights and biases in one vector: for each layer, for each direction, Wx and Wh by rows, gate
        after gate (of an LSTM i, f, g, o; of a GRU r, z, n), and the projection; then, in the same
        order, bx and bh of each. A layer after the first has the directions · state_size outputs of
        the one before as inputs.
    state
        The first states, (layers · directions, batch, state_size).
    state_cell
        The first cell states of an LSTM, of the same shape; only with `mode="lstm"`.
    sequence_length
        How many steps each sequence has, (batch,), of any dtype; only with `use_sequence_length`. After
        its end a sequence keeps its states, and the output is 0; backward, it starts at its last step.
    state_size
        Units of each layer in one direction.
    num_layers
        How many layers, each on the outputs of the one before.
    bidirectional
        Run each layer from both ends; each direction has weights and states of its own.
    mode
        The kind of layers.
    p
        In training, the output of each layer but the last is dropped with this probability, and what
        stays is divided by 1 - p. A hidden output then holds the mask.
    state_outputs
        Give the last states, too.
    projection_size
        Of an LSTM: the state is `Wr o tanh(c')`, so much smaller than the cell state.
    lstm_state_clip_min
        Lower bound of an LSTM's cell states; only together with the upper one.
    lstm_state_clip_max
        Upper bound of an LSTM's cell states.
    lstm_state_clip_nan
        Make cell states that are NaN the lower bound.
    use_sequence_length
        Take the sequences' lengths from `sequence_length`.

    Sources: Elman, Finding Structure in Time, 1990; Hochreiter and Schmidhuber, Long Short-Term Memory,
    1997; Cho and others, 2014, arXiv:1406.1078; Sak and others, 2014, arXiv:1402.1128.

    >>> import symbook as mx
    >>> x, weights, state = mx.nd.ones((2, 1, 1)), mx.nd.array([1, 1, 0, 0]), mx.nd.zeros((1, 1, 1))
    >>> mx.nd.RNN(x, weights, state, mode="rnn_relu", state_size=1, num_layers=1).asnumpy().ravel()
    array([1., 2.], dtype=float32)
    """
    params = {
        "state_size": state_size, "num_layers": num_layers, "bidirectional": bidirectional,
        "mode": mode, "p": p, "state_outputs": state_outputs, "projection_size": projection_size,
        "lstm_state_clip_min": lstm_state_clip_min, "lstm_state_clip_max": lstm_state_clip_max,
        "lstm_state_clip_nan": lstm_state_clip_nan, "use_sequence_length": use_sequence_length,
    }  # fmt: skip
    given = (data, parameters, state, state_cell, sequence_length)
    arrays = dict(zip(_inputs(params), (item for item in given if item is not None), strict=True))
    if _drops(params):
        arrays["mask"] = _mask(xp, params, data, is_train)
    network = Layers(xp, params, arrays)
    output = network.forward()
    results = (output, *network.last())[: len(_visible(params))]
    found = tuple(result.astype(data.dtype, copy=False) for result in results)
    return (*found, arrays["mask"]) if _drops(params) else found


@op(
    "_backward_RNN",
    shape=_backward_rule,
    dtype=_backward_dtype,
    inputs=_backward_inputs,
    outputs=lambda params: tuple(n for n in _inputs(params) if n != "sequence_length"),
)
def _backward_RNN(
    xp,
    grad_output,
    grad_state_output,
    grad_statecell_output,
    data,
    parameters=None,
    state=None,
    state_cell=None,
    sequence_length=None,
    mask=None,
    /,
    *,
    state_size: int,
    num_layers: int,
    bidirectional: bool = False,
    mode: Mode,
    p: float = 0.0,
    state_outputs: bool = False,
    projection_size: int | None = None,
    lstm_state_clip_min: float | None = None,
    lstm_state_clip_max: float | None = None,
    lstm_state_clip_nan: bool = False,
    use_sequence_length: bool = False,
):
    """Gradients of RNN's inputs, from those of its outputs; the layers run once more.

    Which of the inputs there are, and so their positions, depends on the parameters.
    """
    params = {
        "state_size": state_size, "num_layers": num_layers, "bidirectional": bidirectional,
        "mode": mode, "p": p, "state_outputs": state_outputs, "projection_size": projection_size,
        "lstm_state_clip_min": lstm_state_clip_min, "lstm_state_clip_max": lstm_state_clip_max,
        "lstm_state_clip_nan": lstm_state_clip_nan, "use_sequence_length": use_sequence_length,
    }  # fmt: skip
    given = (
        grad_output, grad_state_output, grad_statecell_output, data, parameters, state, state_cell,
        sequence_length, mask,
    )  # fmt: skip
    present = [item for item in given if item is not None]
    arrays = dict(zip(_backward_inputs(params), present, strict=True))
    network = Layers(xp, params, arrays)
    network.forward()
    visible = _visible(params)
    found = network.backward({name: arrays[f"grad_{name}"] for name in visible})
    dtype = arrays["data"].dtype
    return tuple(value.astype(dtype, copy=False) for value in found.values())
