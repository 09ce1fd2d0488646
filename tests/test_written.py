"""Runs written out as Python: that nothing but the time they take is different."""

from __future__ import annotations

import contextvars
import gc
import signal
import threading
import time
import weakref
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jostling import jostle
from random_graphs import random_case
from test_runners import operator

import symbook as mx
from symbook import held, scripts, written
from symbook.ops import registry

MANY = written.RUNS_BEFORE + 3


def is_written(executor):
    return executor._program.predict in executor._written


def products(n=4):
    """(A*B)+(C*D), bound and written out."""
    a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
    bound = {name: mx.nd.array(np.arange(n) + k) for k, name in enumerate("ABCD")}
    return warm((a * b + c * d).bind(mx.cpu(), bound))


def expected(executor):
    a, b, c, d = (executor.arg_dict[name].asnumpy() for name in "ABCD")
    return a * b + c * d


def warm(executor):
    for _ in range(MANY):
        executor.forward()
    assert is_written(executor)
    return executor


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_any_graph_is_numpys_to_the_bit(seed):
    case = random_case(seed)
    executor = warm(case.symbol.bind(mx.cpu(), case.bound()))
    held = executor.forward()
    for result, value in zip(held, case.expected, strict=True):
        assert value.shape == result.shape
        assert value.tobytes() == result.asnumpy().tobytes()
    for array in executor.arg_arrays:
        array[:] = 1
    executor.forward()
    for result, value in zip(held, case.expected, strict=True):
        assert value.tobytes() == result.asnumpy().tobytes()


class TestOutputs:
    HOLD = {  # noqa: RUF012  # not changed
        "the list": lambda outs: outs,
        "an array": lambda outs: outs[0],
        "a part": lambda outs: outs[0][1:3],
        "another shape": lambda outs: outs[0].reshape((2, 2)),
        "a handle": lambda outs: outs[0].detach(),
        "its NumPy array": lambda outs: np.asarray(outs[0]),
        "a view of that": lambda outs: np.asarray(outs[0])[::2],
        "by DLPack": lambda outs: np.from_dlpack(outs[0]),
    }

    @pytest.mark.parametrize("hold", HOLD.values(), ids=HOLD)
    def test_what_somebody_holds_is_never_overwritten(self, hold):
        executor = products()
        held, values = [], []
        for k in range(6):
            executor.arg_dict["A"][:] = k
            held.append(hold(executor.forward()))
            values.append(hold([mx.nd.array(expected(executor))]))
        for item, value in zip(held, values, strict=True):
            for result, wanted in zip(
                item if isinstance(item, list) else [item],
                value if isinstance(value, list) else [value],
                strict=True,
            ):
                np.testing.assert_array_equal(np.asarray(wanted), np.asarray(result))

    def test_memory_that_nobody_holds_is_used_again(self):
        executor = products()
        addresses = {executor.forward()[0]._data.ctypes.data for _ in range(5)}
        assert 1 == len(addresses)
        held = executor.forward()
        assert held[0]._data.ctypes.data in addresses
        assert executor.forward()[0]._data.ctypes.data not in addresses

    def test_each_run_gives_arrays_of_its_own(self):
        executor = products()
        first = executor.forward()
        second = executor.forward()
        assert first is not second
        assert first[0] is not second[0]
        assert first[0] is not executor.outputs[0]

    def test_a_result_that_is_only_weakly_referred_to_goes(self):
        executor = products()
        ref = weakref.ref(executor.forward()[0])
        executor.forward()
        assert ref() is None

    def test_handles_show_the_latest_run(self):
        executor = products()
        (handle,) = executor.outputs
        executor.arg_dict["A"][:] = 50
        executor.forward()
        assert handle is executor.outputs[0]
        np.testing.assert_array_equal(expected(executor), handle.asnumpy())
        executor.outputs.clear()  # the user's list
        executor.arg_dict["A"][:] = 60
        (result,) = executor.forward()
        np.testing.assert_array_equal(expected(executor), result.asnumpy())

    def test_where_references_cannot_be_counted_memory_is_new(self, monkeypatch):
        for module in (held, scripts):
            monkeypatch.setattr(module, "UNHELD", held.References(0, 0, 0))
        executor = products()
        before = executor.outputs[0]._data
        executor.forward()
        assert before is not executor.outputs[0]._data
        np.testing.assert_array_equal(expected(executor), executor.outputs[0].asnumpy())

    def test_an_output_may_be_bound_elsewhere(self):
        """Its memory is another after each run, as long as somebody holds the result."""
        x = mx.sym.Variable("x")
        first = warm((x + 1).bind(mx.cpu(), {"x": mx.nd.zeros((3,))}))
        second = warm((x * 2).bind(mx.cpu(), {"x": first.outputs[0]}))
        held = []
        for value in range(4):
            held.append(first.forward(x=mx.nd.full((3,), value)))
            assert [2 * (value + 1)] * 3 == second.forward()[0].asnumpy().tolist()

    def test_a_dropped_executor_frees_its_arrays_at_once(self):
        executor = products()
        dead = weakref.ref(executor.arg_dict["A"]), weakref.ref(executor.outputs[0])
        gc.disable()
        try:
            del executor
            assert [None, None] == [ref() for ref in dead]
        finally:
            gc.enable()


class TestFailures:
    def failing(self, error, times=MANY):
        """x → 2 x → an operator that raises when it has run often → + 1."""
        calls = []

        def _test_fails(xp, data, /):
            """Raise later."""
            calls.append(1)
            if len(calls) == times + 1:
                raise error
            return data * 3

        x = mx.sym.Variable("x")
        with operator(_test_fails) as fails:
            symbol = fails(x * 2, name="bad") + 1
        return warm(symbol.bind(mx.cpu(), {"x": mx.nd.ones((2, 3))}))

    def test_an_error_names_its_node_and_the_next_run_works(self):
        executor = self.failing(ZeroDivisionError("on purpose"))
        (held,) = executor.outputs
        before = held.detach()
        with pytest.raises(ZeroDivisionError, match="on purpose") as caught:
            executor.forward()
        notes = "\n".join(caught.value.__notes__)
        assert "while running node bad = _test_fails((2, 3) float32)" in notes
        assert "test_written.py" in notes
        np.testing.assert_array_equal(np.full((2, 3), 7), before.asnumpy())
        np.testing.assert_array_equal(np.full((2, 3), 7), executor.outputs[0].asnumpy())
        np.testing.assert_array_equal(np.full((2, 3), 7), executor.forward()[0].asnumpy())
        assert is_written(executor)

    def test_an_interrupt_leaves_the_executor_to_others(self):
        executor = self.failing(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            executor.forward()
        found = []
        thread = threading.Thread(target=lambda: found.extend(executor.forward()), daemon=True)
        thread.start()
        thread.join(20)
        np.testing.assert_array_equal(np.full((2, 3), 7), found[0].asnumpy())

    def test_backward_after_a_failed_forward_is_refused(self):
        x = mx.sym.Variable("x")
        calls = []

        def _test_raises(xp, data, /):
            """Raise at last."""
            calls.append(1)
            if len(calls) > MANY:
                raise ZeroDivisionError
            return data * 1

        with operator(_test_raises) as raises:
            symbol = x * 2 + mx.sym.BlockGrad(raises(x))
        executor = symbol.simple_bind(mx.cpu(), x=(2,))
        for _ in range(MANY):
            executor.forward(is_train=True)
        with pytest.raises(ZeroDivisionError):
            executor.forward(is_train=True)
        with pytest.raises(mx.base.MXNetError, match="before forward"):
            executor.backward(mx.nd.ones((2,)))


class TestReentry:
    """A run in the middle of another one, as a signal's handler may start it."""

    def nested(self, again):
        calls = []

        def _test_nests(xp, data, /):
            """Run something at one of the calls."""
            calls.append(1)
            if len(calls) == MANY + 1:
                again()
            return data * 1

        x = mx.sym.Variable("x")
        with operator(_test_nests) as nests:
            y = mx.sym.exp(x)
            symbol = mx.sym.exp(nests(y + 1)) - y
        return warm(symbol.bind(mx.cpu(), {"x": mx.nd.zeros((3,))}))

    def value(self, x):
        y = np.exp(np.full(3, x, np.float32))
        return np.exp(y + 1) - y

    def test_both_runs_are_right(self):
        inner = []
        executor = self.nested(lambda: inner.extend(executor.forward(x=mx.nd.ones((3,)))))
        (outer,) = executor.forward()
        np.testing.assert_array_equal(self.value(0), outer.asnumpy())
        np.testing.assert_array_equal(self.value(1), inner[0].asnumpy())
        np.testing.assert_array_equal(self.value(1), executor.forward()[0].asnumpy())

    @pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no such signal")
    def test_in_a_signals_handler(self):
        inner = []
        old = signal.signal(signal.SIGUSR1, lambda *_: inner.extend(executor.forward()))
        try:
            executor = self.nested(lambda: signal.raise_signal(signal.SIGUSR1))
            (outer,) = executor.forward()
        finally:
            signal.signal(signal.SIGUSR1, old)
        np.testing.assert_array_equal(self.value(0), outer.asnumpy())
        np.testing.assert_array_equal(self.value(0), inner[0].asnumpy())

    def test_while_another_thread_waits_for_its_turn(self):
        """The one that waits must not keep a handler of the one that runs from running."""
        found = {}

        def feed():
            found["waited"] = executor.forward(x=mx.nd.ones((3,)))[0].asnumpy()

        def again():
            thread.start()
            deadline = time.monotonic() + 20
            while not executor._turns.taken and time.monotonic() < deadline:
                time.sleep(0.001)
            found["inner"] = executor.forward()[0].asnumpy()

        thread = threading.Thread(target=feed, daemon=True)
        executor = self.nested(again)
        found["outer"] = executor.forward()[0].asnumpy()
        thread.join(20)
        for name, value in (("outer", 0), ("inner", 0), ("waited", 1)):
            np.testing.assert_array_equal(self.value(value), found[name])
        assert 0 == executor._turns.taken

    def test_an_operators_own_error_is_not_taken_for_a_refusal(self):
        calls = []

        def again():
            calls.append(1)
            raise RuntimeError("cannot enter context")

        executor = self.nested(again)
        with pytest.raises(RuntimeError, match="cannot enter context"):
            executor.forward()
        assert [1] == calls


class TestSurroundings:
    def test_no_warnings_and_the_users_settings_stay(self):
        x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
        executor = (x / y).bind(mx.cpu(), {"x": mx.nd.array([1, 0]), "y": mx.nd.zeros((2,))})
        with np.errstate(divide="raise", over="call"):
            before = np.geterr()
            warm(executor)
            np.testing.assert_array_equal([np.inf, np.nan], executor.forward()[0].asnumpy())
            assert before == np.geterr()
            with pytest.raises(FloatingPointError):
                np.divide(1.0, 0.0)

    def test_users_operators_have_the_callers_context_variables(self):
        variable = contextvars.ContextVar("variable", default=0)
        seen = []

        @mx.operator.define
        def reads_variable_for_test(xp, x):
            seen.append(variable.get())
            variable.set(variable.get() + 1)
            return x * 1

        symbol = reads_variable_for_test(mx.sym.Variable("x"))
        warm(symbol.bind(mx.cpu(), {"x": mx.nd.ones((2,))}))
        assert list(range(MANY)) == seen
        assert MANY == variable.get()

    def test_threads_take_turns(self):
        x = mx.sym.Variable("x")
        symbol = mx.sym.exp(x) + x
        executor = warm(symbol.bind(mx.cpu(), {"x": mx.nd.zeros((500,))}))
        right = {v: np.exp(np.float32(v)) + np.float32(v) for v in (0.0, 1.0, 2.0)}
        wrong = []

        def feed(value):
            for _ in range(100):
                (result,) = executor.forward(x=np.full((500,), value, np.float32))
                if not (result.asnumpy() == right[value]).all():
                    wrong.append(value)

        def look():
            for _ in range(200):
                found = np.unique(executor.forward()[0].asnumpy())
                if len(found) != 1 or found[0] not in right.values():
                    wrong.append(found)

        jostle(*(partial(feed, value) for value in right), look, look, look)
        assert [] == wrong

    def test_a_monitor_is_heard_and_then_no_more(self):
        executor = products()
        seen = []
        executor.set_monitor_callback(lambda name, array: seen.append(name))
        executor.forward()
        assert 3 == len(seen)
        executor.set_monitor_callback(None)
        warm(executor)
        assert 3 == len(seen)

    def test_a_trace_and_fed_values(self):
        executor = products()
        trace = executor.trace(A=np.full(4, 9))
        np.testing.assert_array_equal(expected(executor), trace.outputs[0].asnumpy())
        (result,) = executor.forward(B=np.full(4, 2))
        assert [9 * 2 + 2 * 3] == [result.asnumpy()[0]]
        np.testing.assert_array_equal(expected(executor), result.asnumpy())


class TestGradients:
    @pytest.mark.parametrize("req", ["write", "add"])
    def test_of_a_product(self, req):
        x, w = mx.sym.Variable("x"), mx.sym.Variable("w")
        symbol = mx.sym.exp(x * w)
        bound = {"x": mx.nd.array([0.5, 1]), "w": mx.nd.array([2, -1])}
        grads = {name: mx.nd.zeros((2,)) for name in bound}
        executor = symbol.bind(mx.cpu(), bound, args_grad=grads, grad_req=req)
        total = {name: np.zeros(2, np.float32) for name in bound}
        for k in range(2 * MANY):
            bound["x"][:] = np.array([0.5 + k, 1 - k]) / MANY
            head = np.array([1, k], np.float32)
            (out,) = executor.forward(is_train=True)
            executor.backward(mx.nd.array(head))
            x_now, w_now = bound["x"].asnumpy(), bound["w"].asnumpy()
            np.testing.assert_allclose(np.exp(x_now * w_now), out.asnumpy(), rtol=1e-6)
            slope = head * np.exp(x_now * w_now)
            for name, other in (("x", w_now), ("w", x_now)):
                total[name] = slope * other + (total[name] if req == "add" else 0)
                np.testing.assert_allclose(total[name], grads[name].asnumpy(), rtol=1e-5)
        assert executor._trains is not None
        assert executor._written

    def test_of_held_outputs_and_of_predictions(self):
        x = mx.sym.Variable("x")
        executor = mx.sym.sigmoid(x).simple_bind(mx.cpu(), x=(2,))
        held = []
        for k in range(2 * MANY):
            (out,) = executor.forward(x=np.array([k, -k]))
            if k % 2:
                held.append((k, out))
            executor.backward(mx.nd.ones((2,)), is_train=False)
            y = 1 / (1 + np.exp(-np.array([k, -k], np.float64)))
            np.testing.assert_allclose(
                y * (1 - y), executor.grad_dict["x"].asnumpy(), rtol=1e-4, atol=1e-7
            )
        for k, out in held:
            y = 1 / (1 + np.exp(-np.array([k, -k], np.float64)))
            np.testing.assert_allclose(y, out.asnumpy(), rtol=1e-6)


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-40, 1e38, -1e38, np.inf, -np.inf, np.nan]


def single_operators():
    """Operators that are one expression for each element and need no parameters but a number."""
    registry.load_all()
    return sorted(
        name
        for name, op in registry._ops.items()
        if name == op.name and op.kernel and set(op.params) <= {"scalar", "is_int"}
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", single_operators())
def test_what_is_called_in_place_of_an_operators_function_gives_the_same_bits(name, dtype):
    op = registry.get(name)
    pairs = np.array([(a, b) for a in SPECIAL for b in SPECIAL], dtype)
    arrays = [np.ascontiguousarray(pairs.T[k % 2]) for k in range(len(op.inputs))]
    for scalar in [-0.0, 0.3, 2.0, -3.0, 1e300] if "scalar" in op.params else [None]:
        params = {} if scalar is None else {"scalar": scalar}
        variables = [mx.sym.Variable(f"in{k}") for k in range(len(arrays))]
        symbol = getattr(mx.sym, name, None) or getattr(mx.sym._internal, name)
        symbol = symbol(*variables, **params)
        bound = {f"in{k}": mx.nd.array(a, dtype=dtype) for k, a in enumerate(arrays)}
        executor = warm(symbol.bind(mx.cpu(), bound, optimize=False))
        with np.errstate(all="ignore"):
            wanted = op.fn(np, *arrays, **op.parse(params))
        found = executor.forward()[0].asnumpy()
        assert wanted.dtype == found.dtype
        assert wanted.tobytes() == found.tobytes()
