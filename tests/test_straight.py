"""Plans written out as Python: that they say and do what the steps do."""

from __future__ import annotations

import ast

import numpy as np
import pytest

import symbook as mx
from symbook.runners.straight import MOST_STEPS
from symbook.written import RUNS_BEFORE

TIMES = RUNS_BEFORE + 2


def run_often(executor):
    """The outputs of several runs: the first are not written out, the last two are."""
    return [[out.asnumpy() for out in executor.forward()] for _ in range(TIMES)]


@pytest.mark.parametrize(
    ("dtype", "calls"),
    [
        ("float32", ["multiply(A, B, …)", "multiply(C, D, …)", "add(_mul0, _mul1, …)"]),
        (
            "int32",
            ["elemwise_mul(xp, A, B)", "elemwise_mul(xp, C, D)", "elemwise_add(xp, _mul0, _mul1)"],
        ),
    ],
)
def test_the_source_reads_like_the_formula(dtype, calls):
    with mx.name.NameManager():
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        symbol = a * b + c * d
    arrays = {name: mx.nd.array([i], dtype=dtype) for i, name in enumerate("ABCD", 1)}
    executor = symbol.bind(mx.cpu(), arrays)
    found = {}
    for node in ast.walk(ast.parse(executor.source)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            args = [ast.unparse(arg) for arg in node.value.args]
            args = ["…" if arg.startswith(("buffer", "out")) else arg for arg in args]
            found[ast.unparse(node.targets[0])] = f"{node.value.func.id}({', '.join(args)})"
    assert calls == [found[name] for name in ("_mul0", "_mul1", "_plus0")]
    assert [[[14]]] * TIMES == [[out.tolist() for out in outs] for outs in run_often(executor)]


def test_parameters_of_every_kind():
    x = mx.sym.Variable("x")
    symbol = mx.sym.Group([
        mx.sym.clip(x, a_min=-float("inf"), a_max=2),
        mx.sym.transpose(x, axes=(1, 0)),
        mx.sym.Cast(x, dtype="float64"),
        mx.sym.sum(x, axis=None),
        x * float("nan"),
        mx.sym.softmax(x, axis=-1, temperature=None),
    ])  # fmt: skip
    value = np.arange(6, dtype=np.float32).reshape(2, 3)
    first, *others = run_often(symbol.bind(mx.cpu(), {"x": mx.nd.array(value)}))
    for outs in others:
        for expected, found in zip(first, outs, strict=True):
            assert expected.dtype == found.dtype
            assert expected.tobytes() == found.tobytes()


@pytest.mark.parametrize(
    "name",
    [
        "s",
        "into",
        "xp",
        "run",
        "r",
        "import",
        "None",
        "x y",
        "1st",
        "ä",
        "",
        "exp",
        "out",
        '"""\n#',
    ],
)
def test_any_name_will_do(name):
    variable = mx.sym.Variable(name)
    symbol = mx.sym.exp(mx.sym.exp(variable, name=name), name=name) + variable
    executor = symbol.bind(mx.cpu(), {name: mx.nd.array([0.0])})
    compile(executor.source, "<test>", "exec")
    for (out,) in run_often(executor):
        np.testing.assert_allclose([np.e], out, rtol=1e-6)


def test_a_step_that_fails_is_named():
    calls = []

    @mx.operator.define
    def fails_later_for_test(xp, x):
        calls.append(1)
        if len(calls) > RUNS_BEFORE:
            raise ZeroDivisionError("now")
        return x * 1

    symbol = mx.sym.exp(fails_later_for_test(mx.sym.exp(mx.sym.Variable("x")), name="mid"))
    executor = symbol.bind(mx.cpu(), {"x": mx.nd.ones(3)})
    for _ in range(RUNS_BEFORE):
        executor.forward()
    with pytest.raises(ZeroDivisionError, match="now") as caught:
        executor.forward()
    notes = "".join(caught.value.__notes__)
    assert "while running node mid = fails_later_for_test((3,) float32)" in notes
    assert "test_straight.py" in notes


def test_training_modes_are_written_out_apart():
    x = mx.sym.Variable("x")
    executor = mx.sym.Dropout(x, p=0.5).bind(mx.cpu(), {"x": mx.nd.ones(1000)})
    for _ in range(TIMES):
        assert 1000 == np.count_nonzero(executor.forward()[0].asnumpy() == 1)
        assert 1000 != np.count_nonzero(executor.forward(is_train=True)[0].asnumpy() == 1)


def test_gradients_of_predictions_are_written_out_once():
    """Each run must not leave another plan behind."""
    symbol = mx.sym.BatchNorm(mx.sym.Variable("x"), fix_gamma=False)
    executor = symbol.simple_bind(mx.cpu(), x=(4, 3))
    sizes = []
    for _ in range(9):
        executor.forward(is_train=False)
        executor.backward(mx.nd.ones((4, 3)), is_train=False)
        sizes.append((len(executor._runs), len(executor._written)))
    assert (2, 0) == sizes[0]
    assert (2, 2) == sizes[-1]


def test_a_long_plan_is_not_written_out():
    symbol = mx.sym.Variable("x")
    for _ in range(MOST_STEPS + 1):
        symbol = symbol + 1
    for (out,) in run_often(symbol.bind(mx.cpu(), {"x": mx.nd.zeros(2)})):
        assert [MOST_STEPS + 1] * 2 == out.tolist()


def test_groups_on_contexts():
    with mx.AttrScope(ctx_group="a"):
        y = mx.sym.exp(mx.sym.Variable("x"))
    with mx.AttrScope(ctx_group="b"):
        symbol = y * 2
    groups = {"a": mx.cpu(0), "b": mx.cpu(1)}
    executor = symbol.bind(mx.cpu(), {"x": mx.nd.zeros(2)}, group2ctx=groups)
    for (out,) in run_often(executor):
        assert [2, 2] == out.tolist()
