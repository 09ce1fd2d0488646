"""Interrupts of everything that an executor does: it stops, says where, and the next run is right."""

from __future__ import annotations

import threading
from functools import partial

import numpy as np
import pytest
from interrupts import moments, stopped
from test_runners import operator

import symbook as mx
from symbook import written
from symbook.errors import UnfinishedError
from symbook.fusion import compiler
from symbook.runners import SerialRunner, ThreadRunner
from symbook.unfinished import Unfinished
from symbook.workers import pool

SHAPE = (3, 4)
WARM = written.RUNS_BEFORE + 2


def graph():
    """Two outputs of several steps, some of which can run beside others, and one that draws nothing."""
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    product = mx.sym.dot(a, b, transpose_b=True, name="product")
    left = mx.sym.exp(a * 0.1, name="left") + b
    return mx.sym.Group([mx.sym.sum(product, name="total") * 2, mx.sym.sqrt(left * left + 1)])


def expected(a, b):
    left = np.exp(a * np.float32(0.1)) + b
    return [np.atleast_1d((a @ b.T).sum() * 2), np.sqrt(left * left + 1)]


def gradients(a, b):
    """Of the sum of both outputs, with respect to a and b."""
    left = np.exp(a * 0.1) + b
    back = left / np.sqrt(left * left + 1)
    return {
        "a": 2 * b.sum(0) + back * np.exp(a * 0.1) * 0.1,
        "b": 2 * a.sum(0) + back,
    }


class Subject:
    """An executor, and the values that were bound before and now."""

    def __init__(self, kind: str, grad_req: str | None = None) -> None:
        rng = np.random.default_rng(0)
        self._rng = rng
        bound = {name: mx.nd.array(rng.uniform(0.5, 2, SHAPE)) for name in "ab"}
        self.grads = {name: mx.nd.zeros(SHAPE) for name in "ab"} if grad_req else None
        self.executor = graph().bind(
            mx.cpu(), bound, args_grad=self.grads, grad_req=grad_req or "write", runner="serial"
        )
        if kind == "threads":
            self.executor._runner = ThreadRunner(3)
        if kind == "steps":
            self.executor._runner = SerialRunner(lambda plan: range(len(plan.steps)))
        self.train = grad_req is not None
        for _ in range(WARM):
            self.new_values()
            self.run()
            if self.train:
                self.back()
        assert (self.executor.plan in self.executor._written) == (kind in ("written", "compiled"))

    def new_values(self) -> None:
        for array in self.executor.arg_dict.values():
            array[:] = self._rng.uniform(0.5, 2, SHAPE)

    @property
    def values(self):
        return [self.executor.arg_dict[name].asnumpy() for name in "ab"]

    def run(self):
        return self.executor.forward(is_train=self.train)

    def back(self) -> None:
        self.executor.backward([mx.nd.ones(out.shape) for out in self.executor.outputs])

    def is_free(self) -> None:
        """Nothing of the interrupted run goes on, and nothing is locked."""
        turns = self.executor._turns
        assert (0, False, False) == (turns.taken, turns.within, self.executor._running)
        assert not turns._lock._is_owned()
        assert [] == pool.jobs
        assert threading.get_ident() not in pool.running

    def is_right(self) -> None:
        """What runs next gives NumPy's values, on this thread and on another one."""
        for result, value in zip(self.run(), expected(*self.values), strict=True):
            np.testing.assert_allclose(value, result.asnumpy(), rtol=1e-5)

    def outputs_are_whole(self, old) -> None:
        """Each output is that of the run before, or of a run that has ended, or refused."""
        for handle, before, after in zip(
            self.executor.outputs, old, expected(*self.values), strict=True
        ):
            try:
                found = handle.asnumpy()
            except UnfinishedError:
                continue
            same = np.allclose(before, found, rtol=1e-5), np.allclose(after, found, rtol=1e-5)
            assert any(same), (before, after, found)


@pytest.fixture(params=["steps", "written", "compiled", "threads"])
def kind(request, monkeypatch):
    """How steps run: one after another, as Python, with compiled loops in it, on several threads."""
    monkeypatch.setattr(compiler, "mode", lambda: "now" if request.param == "compiled" else "off")
    if request.param == "compiled":
        pytest.importorskip("numba")
    return request.param


@pytest.mark.parametrize("held", [False, True], ids=["outputs not held", "outputs held"])
def test_forward(kind, held) -> None:
    subject = Subject(kind)
    refused = 0
    for moment in moments(subject.run):
        kept = subject.run() if held else subject.run()[:0]
        old = [out.asnumpy() for out in subject.executor.outputs]
        subject.new_values()
        told = stopped(moment, subject.run)
        assert not told or told.startswith("interrupted in forward")
        subject.is_free()
        subject.outputs_are_whole(old)
        for array, value in zip(kept, old, strict=False):
            np.testing.assert_array_equal(value, array.asnumpy())
        refused += type(subject.executor.outputs[1]._data) is Unfinished
        subject.is_right()
    assert held or refused


def test_another_thread_runs_it_next(kind) -> None:
    subject = Subject(kind)
    for moment in moments(subject.run, most=25):
        stopped(moment, subject.run)
        found = []
        thread = threading.Thread(target=lambda found=found: found.extend(subject.run()))
        thread.start()
        thread.join()
        for result, value in zip(found, expected(*subject.values), strict=True):
            np.testing.assert_allclose(value, result.asnumpy(), rtol=1e-5)


def test_with_values_given(kind) -> None:
    subject = Subject(kind)
    given = [mx.nd.array(np.full(SHAPE, k, "f")) for k in (1, 2)]

    def call():
        return subject.executor.forward(a=given[0], b=given[1])

    for moment in moments(call, most=100):
        stopped(moment, call)
        subject.is_free()
        for result, value in zip(call(), expected(*subject.values), strict=True):
            np.testing.assert_allclose(value, result.asnumpy(), rtol=1e-5)


@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_backward(kind, grad_req) -> None:
    """Gradients are right again when backward runs again, from zero where they are added to."""
    subject = Subject(kind, grad_req)

    def call():
        subject.back()

    subject.run()
    for moment in moments(call):
        subject.new_values()
        subject.run()
        told = stopped(moment, call)
        assert not told or told.startswith("interrupted in backward")
        subject.is_free()
        for result, value in zip(subject.executor.outputs, expected(*subject.values), strict=True):
            np.testing.assert_allclose(value, result.asnumpy(), rtol=1e-5)
        for array in subject.grads.values():
            array[:] = 0
        call()
        for name, value in gradients(*subject.values).items():
            np.testing.assert_allclose(value, subject.grads[name].asnumpy(), rtol=1e-4)


def test_forward_then_backward(kind) -> None:
    """Backward never goes on from half a forward run."""
    subject, twin = Subject(kind, "write"), Subject(kind, "write")
    for moment in moments(subject.run, most=60):
        subject.new_values()
        twin.new_values()
        stopped(moment, subject.run)
        seeds = [mx.nd.ones((1,)), mx.nd.ones(SHAPE)]
        if subject.executor._ran[0] is None:
            with pytest.raises(mx.base.MXNetError, match="before forward"):
                subject.executor.backward(seeds)
            continue
        subject.executor.backward(seeds)
        # As after forward, or as if it had not been called at all.
        twin.executor.backward(seeds)
        for name, value in gradients(*subject.values).items():
            found = subject.grads[name].asnumpy()
            other = twin.grads[name].asnumpy()
            assert np.allclose(value, found, rtol=1e-4) or np.array_equal(other, found), moment
        twin.run()
        subject.run()


def test_the_first_training_run() -> None:
    """Then plans that predict are replaced by others, all at once or not at all."""

    def fresh():
        x = mx.sym.Variable("x")
        net = mx.sym.Convolution(x, num_filter=2, kernel=(1, 1), no_bias=True, name="conv")
        net = mx.sym.BatchNorm(net, fix_gamma=False, name="norm")
        executor = mx.sym.Activation(net, act_type="relu").simple_bind(
            mx.cpu(), grad_req="null", x=(2, 3, 4, 4)
        )
        rng = np.random.default_rng(1)
        for array in executor.arg_arrays:
            array[:] = rng.uniform(0.5, 1, array.shape)
        executor.aux_dict["norm_moving_var"][:] = 1
        return executor

    executor = fresh()
    predicted = executor.forward()[0].asnumpy()
    for moment in moments(lambda: fresh().forward(is_train=True), most=100):
        executor = fresh()
        executor.forward()
        stopped(moment, partial(executor.forward, is_train=True))
        for _ in range(WARM):
            np.testing.assert_allclose(predicted, executor.forward()[0].asnumpy(), rtol=1e-4)


def test_trace(kind) -> None:
    subject = Subject(kind)
    for moment in moments(subject.executor.trace, most=150):
        subject.new_values()
        old = [out.asnumpy() for out in subject.run()]
        subject.new_values()
        told = stopped(moment, subject.executor.trace)
        assert not told or told.startswith("interrupted in trace")
        subject.is_free()
        subject.outputs_are_whole(old)
        outputs = subject.executor.trace().outputs
        for result, value in zip(outputs, expected(*subject.values), strict=True):
            np.testing.assert_allclose(value, result.asnumpy(), rtol=1e-5)
        subject.is_right()


def test_bind_and_infer() -> None:
    symbol = graph()
    bound = {name: mx.nd.ones(SHAPE) for name in "ab"}
    calls = {
        "bind": lambda: symbol.bind(mx.cpu(), bound).forward(),
        "infer": lambda: symbol.infer_shape(a=SHAPE, b=SHAPE),
        "compose": graph,
    }
    for name, call in calls.items():
        for moment in moments(call, most=100):
            told = stopped(moment, call)
            assert not told or name in told or "forward" in told
        assert ([SHAPE, SHAPE], [(1,), SHAPE], []) == symbol.infer_shape(a=SHAPE, b=SHAPE)
    for result, value in zip(calls["bind"](), expected(*[np.ones(SHAPE, "f")] * 2), strict=True):
        np.testing.assert_allclose(value, result.asnumpy(), rtol=1e-5)


class TestMessage:
    def stopped(self, runner, after=0):
        """An executor of a chain, the third step of which is interrupted at its last run."""
        calls = []

        def _test_stops(xp, data, /):
            """Be interrupted at last."""
            calls.append(1)
            if len(calls) == after + 1:
                raise KeyboardInterrupt
            return data * 1

        x = mx.sym.Variable("x")
        with operator(_test_stops) as stops:
            y = mx.sym.exp(stops(mx.sym.sqrt(x + 1, name="root"), name="third"), name="end")
        executor = y.bind(mx.cpu(), {"x": mx.nd.ones((2,))}, runner=runner, optimize=False)
        for _ in range(after):
            executor.forward()
        return executor

    @pytest.mark.parametrize(
        ("runner", "after"), [("serial", 0), ("serial", WARM), ("threads", 0)],
        ids=["steps", "written", "threads"],
    )  # fmt: skip
    def test_it_says_what_was_stopped_and_where(self, runner, after) -> None:
        executor = self.stopped(runner, after)
        with pytest.raises(KeyboardInterrupt) as caught:
            executor.forward()
        assert "interrupted in forward after 2 of 4 steps, at third" == str(caught.value)

    def test_it_is_said_of_the_outermost_run(self) -> None:
        inner = self.stopped("serial")

        def _test_nests(xp, data, /):
            """Run another executor."""
            return inner.forward()[0]._data

        x = mx.sym.Variable("x")
        with operator(_test_nests) as nests:
            outer = nests(x, name="custom").bind(mx.cpu(), {"x": mx.nd.ones((2,))}, runner="serial")
        with pytest.raises(KeyboardInterrupt) as caught:
            outer.forward()
        assert "interrupted in forward after 0 of 1 steps, at custom" == str(caught.value)


def test_what_has_no_value_says_so_whatever_is_asked_of_it() -> None:
    executor = TestMessage().stopped("serial", WARM)
    (handle,) = executor.outputs
    with pytest.raises(KeyboardInterrupt):
        executor.forward()
    assert ((2,), np.float32, 2) == (handle.shape, handle.dtype, handle.size)
    for ask in (
        handle.asnumpy,
        lambda: np.asarray(handle),
        lambda: handle + 1,
        lambda: mx.nd.exp(handle),
        lambda: handle[0],
        lambda: str(handle),
        lambda: np.add(handle, 1),
    ):
        with pytest.raises(UnfinishedError, match="failed or was interrupted"):
            ask()
    assert "NDArray" in repr(handle)
    np.testing.assert_allclose(np.exp(np.sqrt([2, 2])), executor.forward()[0].asnumpy(), rtol=1e-6)
    np.testing.assert_allclose(np.exp(np.sqrt([2, 2])), handle.asnumpy(), rtol=1e-6)
