"""Initializers of recurrent layers: an LSTM's biases, and all parameters of the operator RNN."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..errors import ParamError, ShapeError
from ..ndarray import NDArray
from .base import InitDesc, Initializer, create, register, require_choice


@register
class LSTMBias(Initializer):
    """Biases of an LSTM cell: 0, but `forget_bias` for the second of its four gates, which forgets."""

    def __init__(self, forget_bias: float = 1.0) -> None:
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 0
        size = arr.shape[0] // 4
        arr[size : 2 * size] = self.forget_bias


_GATES = {
    "rnn_relu": ("",),
    "rnn_tanh": ("",),
    "lstm": ("_i", "_f", "_c", "_o"),
    "gru": ("_r", "_z", "_o"),
}


@register
class FusedRNN(Initializer):
    """The one vector of parameters of the operator RNN, part by part.

    Parameters
    ----------
    init : Initializer, str or None
        For the weights and biases of each gate; None is the initializer of the whole network.
    num_hidden, num_layers : int
    mode : {"rnn_relu", "rnn_tanh", "lstm", "gru"}
    bidirectional : bool
    forget_bias : float
        The value of both biases of an LSTM's forget gate.
    """

    def __init__(
        self,
        init: Initializer | str | None,
        num_hidden: int,
        num_layers: int,
        mode: str,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ) -> None:
        require_choice("mode", mode, tuple(_GATES))
        self._init = None if init is None else create(init)
        super().__init__(
            init=None if self._init is None else self._init.dumps(),
            num_hidden=num_hidden,
            num_layers=num_layers,
            mode=mode,
            bidirectional=bidirectional,
            forget_bias=forget_bias,
        )

    def _init_weight(self, name: str, arr: NDArray) -> None:
        whole = getattr(name, "global_init", None)
        init = self._init or whole
        if init is None or init is self:
            raise ParamError(
                f"{name}: FusedRNN has no initializer for the gates", hint="Give it one."
            )
        for part, view in self._parts(arr.reshape((-1,))):
            if self._kwargs["mode"] == "lstm" and part.endswith("_f_bias"):
                view[:] = self._kwargs["forget_bias"]
            else:
                init(InitDesc(part, global_init=whole), view)

    def _parts(self, vector: NDArray) -> Iterator[tuple[str, NDArray]]:
        """Views of the vector with the gates' names: all weights, then all biases."""
        start = 0
        for name, shape in self._layout(vector.size):
            size = math.prod(shape)
            yield name, vector[start : start + size].reshape(shape)
            start += size

    def _layout(self, size: int) -> list[tuple[str, tuple[int, ...]]]:
        given = self._kwargs
        hidden, layers, gates = given["num_hidden"], given["num_layers"], _GATES[given["mode"]]
        sides = "lr" if given["bidirectional"] else "l"
        own = len(sides) * hidden * len(gates)  # rows of weights in a layer
        inputs = size / own - (layers - 1) * (hidden + len(sides) * hidden + 2) - hidden - 2
        if inputs != int(inputs) or inputs < 1:
            raise ShapeError(
                f"{size:,} numbers are not the parameters of {self.dumps()}",
                hint="infer_shape of the RNN's symbol tells how many there are.",
            )
        weights: list[tuple[str, tuple[int, ...]]] = []
        biases: list[tuple[str, tuple[int, ...]]] = []
        for layer in range(layers):
            width = int(inputs) if layer == 0 else len(sides) * hidden
            for side in sides:
                for kind, columns in (("i2h", width), ("h2h", hidden)):
                    name = f"{side}{layer}_{kind}"
                    weights += [(f"{name}{gate}_weight", (hidden, columns)) for gate in gates]
                    biases += [(f"{name}{gate}_bias", (hidden,)) for gate in gates]
        return weights + biases
