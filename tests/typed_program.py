"""A user's small program, which mypy reads beside the installed wheel.

`assert_type` says what mypy is to find; a comment `type: ignore` that has nothing to ignore is an error, too,
so that each of them proves that a mistake is found. It also runs.
"""

from __future__ import annotations

from typing import Any, assert_type

import numpy as np

import symbook as mx
from symbook.executor import Executor
from symbook.ndarray import NDArray
from symbook.symbol import Symbol


def compose() -> Symbol:
    a = mx.sym.Variable("A")
    b = mx.sym.Variable("B")
    assert_type(a, Symbol)
    graph = a * b + 2
    assert_type(graph, Symbol)
    assert_type(graph.list_arguments(), list[str])
    assert_type(graph.tojson(), str)
    assert_type(graph.reshape((2, -1)).sum(axis=0), Symbol)
    return graph


def run(graph: Symbol) -> float:
    values = {"A": mx.nd.array([1, 2]), "B": mx.nd.ones((2,))}
    assert_type(values, dict[str, NDArray])
    executor = graph.bind(mx.cpu(), values)
    assert_type(executor, Executor)
    outputs = executor.forward(is_train=True)
    assert_type(outputs, list[NDArray])
    assert_type(outputs[0].exp().astype("float64"), NDArray)
    first = outputs[0].asnumpy()
    assert_type(outputs[0].shape, tuple[int, ...])
    total: np.ndarray[Any, Any] = first.sum()
    return float(total)


def mistakes() -> None:
    graph = compose()
    graph.list_argumens()  # type: ignore[attr-defined]
    mx.sym.Variable(3)  # type: ignore[arg-type]
    graph.bind(mx.cpu(), {}, grad=1)  # type: ignore[call-arg]
    wrong: int = graph.tojson()  # type: ignore[assignment]
    print(wrong)


if __name__ == "__main__":
    print(run(compose()))
