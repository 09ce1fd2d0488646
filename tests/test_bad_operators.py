"""Operators of the user's that raise, hang, or give what they did not announce: the next run is right."""

from __future__ import annotations

import _thread
import threading
import time

import numpy as np
import pytest

import symbook as mx
from symbook.errors import ArgumentError, ShapeError
from symbook.runners import ThreadRunner
from symbook.workers import pool

VALUE = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.float32)
WARM = 6


class Operator(mx.operator.CustomOp):
    """x + 1 with the gradient 2, or what a test has put in the place of either."""

    forward_does = backward_does = None

    def forward(self, is_train, req, in_data, out_data, aux):
        if Operator.forward_does is not None:
            return Operator.forward_does(self, req, in_data, out_data)
        return self.assign(out_data[0], req[0], in_data[0] + 1)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        if Operator.backward_does is not None:
            return Operator.backward_does(self, req, in_data, in_grad)
        return self.assign(in_grad[0], req[0], out_grad[0] * 2)


class Prop(mx.operator.CustomOpProp):
    shapes = types = None
    makes = Operator

    def infer_shape(self, in_shape):
        return in_shape, [Prop.shapes or in_shape[0]], []

    def infer_type(self, in_type):
        return in_type, [Prop.types or in_type[0]], []

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Prop.makes()


mx.operator.register("bad_for_test")(Prop)


@pytest.fixture(autouse=True)
def three_threads(monkeypatch):
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", "3")
    mx.engine.num_threads()


@pytest.fixture(params=["first run", "written out", "threads"])
def executor(request):
    """Of two branches, one of which is the operator; its first run, or when it has run often."""
    x = mx.sym.Variable("x")
    symbol = mx.sym.Custom(x, op_type="bad_for_test", name="bad") + mx.sym.exp(x * 0.0)
    made = symbol.bind(
        mx.cpu(), {"x": mx.nd.array(VALUE)}, args_grad={"x": mx.nd.zeros(VALUE.shape)},
        runner="threads" if request.param == "threads" else "serial",
    )  # fmt: skip
    if request.param == "threads":
        made._runner = ThreadRunner(3)
    if request.param == "written out":
        for _ in range(WARM):
            run(made)
    return made


def run(executor):
    (result,) = executor.forward(is_train=True)
    executor.backward(mx.nd.ones(VALUE.shape))
    return result.asnumpy(), executor.grad_dict["x"].asnumpy()


def is_right(executor):
    """What runs next is right, and nothing of the run before goes on, or is locked."""
    assert not pool.jobs
    assert (0, 0, False) == (executor._turns.taken, executor._turns._holder, executor._running)
    np.testing.assert_array_equal(VALUE, executor.arg_dict["x"].asnumpy())
    for _ in range(WARM):
        found, gradient = run(executor)
        np.testing.assert_array_equal(VALUE + 2, found)
        np.testing.assert_array_equal(np.full_like(VALUE, 2), gradient)


def replaces(k, array):
    def does(self, req, ins, outs):
        outs[k:] = [array]

    return does


BAD = {
    "raises": (lambda self, req, ins, outs: 1 / 0, ZeroDivisionError, "division"),
    "another shape": (
        lambda self, req, ins, outs: self.assign(outs[0], req[0], mx.nd.ones((5,))),
        ShapeError,
        "cannot be assigned",
    ),
    "no array": (
        lambda self, req, ins, outs: self.assign(outs[0], req[0], "one"), ArgumentError, "array like",
    ),
    "an array of its own": (replaces(0, mx.nd.ones((7,))), ArgumentError, "other arrays"),
    "one array more": (replaces(1, mx.nd.ones((2, 3))), ArgumentError, "other arrays"),
    "one array less": (lambda self, req, ins, outs: outs.clear(), ArgumentError, "other arrays"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("where", ["forward", "backward"])
def test_what_it_does_wrong_is_told_with_its_node(executor, monkeypatch, where, name) -> None:
    does, error, text = BAD[name]
    with monkeypatch.context() as patch:
        patch.setattr(Operator, f"{where}_does", does)
        with pytest.raises(error, match=text) as caught:
            run(executor)
    assert any("bad" in note and "Custom" in note for note in caught.value.__notes__)
    is_right(executor)


def test_another_dtype_is_converted(executor, monkeypatch) -> None:
    def does(self, req, ins, outs):
        self.assign(outs[0], req[0], mx.nd.array(ins[0].asnumpy() + 1, dtype="float64"))

    monkeypatch.setattr(Operator, "forward_does", does)
    found, _ = run(executor)
    assert np.float32 == found.dtype
    np.testing.assert_array_equal(VALUE + 2, found)


@pytest.mark.parametrize("what", [{"shapes": [4, 4]}, {"types": np.float64}], ids=str)
def test_a_property_that_says_something_else_later_is_not_heard(
    executor, monkeypatch, what
) -> None:
    """It is bound to what was inferred; outputs had another shape than every reader was told."""
    for name, value in what.items():
        monkeypatch.setattr(Prop, name, value)
    found, _ = run(executor)
    assert np.float32 == found.dtype
    np.testing.assert_array_equal(VALUE + 2, found)


def test_a_property_that_makes_no_operator_is_told(monkeypatch) -> None:
    monkeypatch.setattr(Prop, "makes", lambda: None)
    x = mx.sym.Variable("x")
    symbol = mx.sym.Custom(x, op_type="bad_for_test", name="bad")
    executor = symbol.bind(mx.cpu(), {"x": mx.nd.array(VALUE)})
    with pytest.raises(ArgumentError, match="create_operator of bad_for_test gave None"):
        executor.forward()


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_one_that_hangs_can_be_interrupted(executor, monkeypatch, where) -> None:
    """Ctrl-C, while it is inside; on another thread it is left when it looks up."""
    begun = threading.Event()
    stopped: list[None] = []

    def hangs(self, req, ins, outs):
        begun.set()
        deadline = time.monotonic() + 60
        while not stopped and time.monotonic() < deadline:
            time.sleep(0.001)

    def interrupt():
        begun.wait(60)
        _thread.interrupt_main()
        if executor._runner.name == "threads":
            # A worker is inside perhaps: an interrupt comes to the main thread, and that waits for all.
            time.sleep(0.05)
            stopped.append(None)

    with monkeypatch.context() as patch:
        patch.setattr(Operator, f"{where}_does", hangs)
        helper = threading.Thread(target=interrupt)
        helper.start()
        with pytest.raises(KeyboardInterrupt) as caught:
            run(executor)
        helper.join()
    assert str(caught.value).startswith(f"interrupted in {where}")
    is_right(executor)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_is_no_exception_comes_through(executor, monkeypatch, error) -> None:
    def leaves(self, req, ins, outs):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Operator, "forward_does", leaves)
        with pytest.raises(error):
            run(executor)
    is_right(executor)
