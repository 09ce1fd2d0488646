"""Gradients of gradients: against MXNet's, and against differences in float64."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from gradients import (
    GOLDEN,
    GRADIENTS,
    Arrays,
    check_numeric_gradient,
    close,
    nd,
    symbol_of,
    unpacker,
)
from test_numeric_gradients import NOT_DERIVATIVES, SMOOTH, moved, shaken, smooth_symbol

import symbook as mx
from symbook.errors import GradientError
from symbook.ops import registry
from symbook.symbol import Symbol

# Operators whose gradient cannot be differentiated here; MXNet has no second derivative of them either.
ONCE = {
    "BatchNorm", "BatchNorm_v1", "BilinearSampler", "CTCLoss", "Correlation", "GridGenerator",
    "GroupNorm", "InstanceNorm", "L2Normalization", "LRN", "LayerNorm", "Pooling_v1", "RNN",
    "ROIPooling", "SpatialTransformer", "moments", "softmax_cross_entropy", "sort", "topk",
}  # fmt: skip


@dataclass(frozen=True)
class Second:
    """A golden case: `second` is the gradient of Σ seed·gradient, by the inputs of `seeds`."""

    id: str
    op: str
    params: dict[str, Any]
    inputs: Arrays
    out_grads: list[np.ndarray]
    seeds: Arrays
    second: Arrays
    agrees: bool = True

    def __str__(self) -> str:
        return self.id


@functools.cache
def golden() -> tuple[Second, ...]:
    """Every golden case of second derivatives that agrees with MXNet's own gradients."""
    rows = json.loads((GOLDEN / "_second.json").read_text(encoding="utf-8"))
    unpack = unpacker("_second")
    found = [Second(**{key: unpack(key, value) for key, value in row.items()}) for row in rows]
    return tuple(case for case in found if case.agrees)


def gradient_of(symbol: Symbol, wrt: list[str]) -> Symbol:
    """The gradient graph, with a variable `head0`, `head1` … for each output's gradient."""
    heads = [mx.sym.Variable(f"head{k}") for k in range(len(symbol))]
    return symbol.gradient(wrt, heads)


@pytest.mark.parametrize(
    "case", [case for case in golden() if registry.find(case.op) is not None], ids=str
)
def test_golden(case):
    symbol = symbol_of(case.op, case.inputs, case.params)
    graph = gradient_of(symbol, list(case.seeds))
    arrays = {**case.inputs, **{f"head{k}": head for k, head in enumerate(case.out_grads)}}
    # What is linear in an input has a gradient that does not depend on it.
    there = [name for name in case.seeds if name in graph.list_arguments()]
    grads = {name: nd(np.zeros_like(case.inputs[name])) for name in there}
    executor = graph.bind(
        mx.current_context(),
        {name: nd(arrays[name]) for name in graph.list_arguments()},
        args_grad=grads,
    )
    executor.forward(is_train=True)
    executor.backward([nd(seed) for seed in case.seeds.values()])
    for name, expected in case.second.items():
        found = grads[name].asnumpy() if name in there else np.zeros_like(expected)
        close(found, expected, GRADIENTS, what=f"second derivative by {name}")


@pytest.mark.parametrize("op", [op for op in SMOOTH if op not in {*ONCE, *NOT_DERIVATIVES}])
def test_numeric(op):
    graph, arrays, aux = _gradient_graph(op)
    check_numeric_gradient(graph, arrays, aux, _moved(op, graph))


@pytest.mark.parametrize("op", sorted(ONCE))
def test_refuses_what_it_cannot_differentiate_again(op):
    assert op not in {case.op for case in golden()}
    graph, _, _ = _gradient_graph(op)
    with pytest.raises(GradientError):
        graph.gradient(_moved(op, graph))


def _moved(op: str, graph: Symbol) -> list[str]:
    """The arguments of a gradient graph to differentiate by."""
    inputs = moved(SMOOTH[op])
    return [name for name in graph.list_arguments() if name in inputs or name.startswith("head")]


def _gradient_graph(op: str) -> tuple[Symbol, Arrays, Arrays]:
    """The gradient graph of an operator's smooth case, arrays of its arguments, and its states."""
    case = SMOOTH[op]
    graph = gradient_of(smooth_symbol(op), moved(case))
    arrays = shaken(case)
    random = np.random.default_rng(6)
    for k, output in enumerate(case.outputs):
        arrays[f"head{k}"] = random.standard_normal(output.shape)
    names = graph.list_auxiliary_states()
    aux = {name: arrays[name] for name in names}
    return graph, {name: arrays[name] for name in graph.list_arguments()}, aux
