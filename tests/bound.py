"""An operator bound the way a user binds it: its outputs, and the gradients of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gradients import nd, symbol_of

import symbook as mx

Arrays = dict[str, np.ndarray]


def outputs_of(op: str, inputs: Mapping[str, Any], train: bool = False, **params: Any) -> Any:
    """The outputs of an operator, by the executor, in a list."""
    arrays = {name: nd(np.asarray(values)) for name, values in inputs.items()}
    executor = symbol_of(op, inputs, params).bind(mx.cpu(), arrays, grad_req="null")
    return [output.asnumpy() for output in executor.forward(is_train=train)]


def gradients_of(
    op: str,
    inputs: Mapping[str, np.ndarray],
    out_grads: Sequence[np.ndarray] | None = None,
    aux: Sequence[str] = (),
    **params: Any,
) -> tuple[list[np.ndarray], Arrays]:
    """The outputs of an operator in training, and the gradients of the inputs; zero where there is none.

    Arrays of the inputs in `aux` are changed in place where the operator changes them.
    """
    symbol = symbol_of(op, inputs, params)
    arrays = {name: nd(values) for name, values in inputs.items()}
    states = {name: arrays.pop(name) for name in aux}
    grads = {name: nd(np.zeros_like(inputs[name])) for name in arrays}
    executor = symbol.bind(mx.cpu(), arrays, args_grad=grads, aux_states=states or None)
    outputs = [output.asnumpy() for output in executor.forward(is_train=True)]
    executor.backward(None if out_grads is None else [nd(grad) for grad in out_grads])
    for name, state in states.items():
        inputs[name][...] = state.asnumpy()
    return outputs, {name: grad.asnumpy() for name, grad in grads.items()}
