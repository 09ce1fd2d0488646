"""Short runs are recorded several times, and the quickest is shown: where that changes nothing."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from view_cases import bound

import symbook as mx
from symbook.executor import Executor
from symbook.views import Stepper, recording
from symbook.views.document import of_run


@pytest.fixture
def spans(monkeypatch):
    """A function that says how long the next recordings take, the first to warm up; gives what is left."""

    def these(*seconds, act="attempt"):
        left = list(seconds)
        real = getattr(Executor, act)

        def recorded(self, *args, **options):
            trace = real(self, *args, **options)
            return dataclasses.replace(trace, seconds=left.pop(0))

        monkeypatch.setattr(Executor, act, recorded)
        return left

    return these


def test_one_unlucky_recording_is_not_shown(spans) -> None:
    """The first is quickest, but it is to warm up."""
    left = spans(0.001, 0.168, 0.004, 0.002, 0.003, 0.005, 9.0)
    found = of_run(bound())
    assert [9.0] == left
    assert 0.002 == found.traces[0].seconds
    assert "This is the quickest of 5 recordings." in found.document["ran"]["text"]
    assert [5] == [line["recordings"] for line in found.document["timelines"]]


def test_backward_too(spans) -> None:
    left = spans(0.001, 0.3, 0.2, 0.1, 0.4, 0.5, act="trace_backward")
    grads = {"A": mx.nd.zeros((2,))}
    found = of_run(bound(args_grad=grads), is_train=True)
    assert [] == left
    assert 0.1 == found.traces[1].seconds
    assert [0.0, 0.0] == grads["A"].asnumpy().tolist()


def test_nobody_waits_long(monkeypatch) -> None:
    """By hand, of runs of 60 ms by the clock: 60 to warm up and two more make 180; a third would make 240."""
    now = [0.0]
    real = Executor.attempt

    def recorded(self, *args):
        now[0] += 0.06
        return real(self, *args)

    monkeypatch.setattr(Executor, "attempt", recorded)
    monkeypatch.setattr(recording, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    assert 2 == of_run(bound()).document["timelines"][0]["recordings"]
    assert pytest.approx(0.18) == now[0]


def test_a_long_run_is_recorded_once(monkeypatch) -> None:
    now = iter([0.0, 0.3])
    monkeypatch.setattr(recording, "time", SimpleNamespace(perf_counter=lambda: next(now)))
    found = of_run(bound())
    assert 1 == found.document["timelines"][0]["recordings"]
    assert "quickest" not in found.document["ran"]["text"]


def test_backward_that_adds_is_recorded_once() -> None:
    grads = {"A": mx.nd.array([10.0, 20.0])}
    found = of_run(bound(args_grad=grads, grad_req="add"), is_train=True)
    assert [10.0, 20.0] == grads["A"].asnumpy().tolist()
    assert [5, 1] == [line["recordings"] for line in found.document["timelines"]]


def test_a_gradient_in_the_memory_of_an_argument() -> None:
    """Backward once more would read what it has written."""
    a = mx.nd.array([1.0, 2.0])
    arrays = {"A": a, **{name: mx.nd.array([3.0, 4.0]) for name in "BCD"}}
    executor = bound().symbol.bind(mx.cpu(), arrays, args_grad={"A": a})
    found = of_run(executor, is_train=True)
    assert [1.0, 2.0] == a.asnumpy().tolist()
    assert 1 == found.document["timelines"][1]["recordings"]


def test_states_and_random_numbers_stay() -> None:
    x = mx.sym.Variable("x")
    at = np.array([[1.0, 2.0], [3.0, 6.0]], np.float32)
    net = mx.sym.BatchNorm(x, momentum=0.5, name="n")
    executor = net.simple_bind(mx.cpu(), x=at.shape)
    executor.arg_dict["x"][:] = at
    of_run(executor, is_train=True)
    np.testing.assert_array_equal(executor.aux_dict["n_moving_mean"].asnumpy(), [0, 0])
    noisy = mx.sym.Dropout(x, name="d").bind(mx.cpu(), {"x": mx.nd.ones((100,))})
    mx.random.seed(7)
    first = noisy.forward(is_train=True)[0].asnumpy()
    mx.random.seed(7)
    of_run(noisy, is_train=True)
    np.testing.assert_array_equal(first, noisy.forward(is_train=True)[0].asnumpy())


def test_no_monitor_is_called() -> None:
    executor = bound(args_grad={"A": mx.nd.zeros((2,))})
    called = []
    executor.set_monitor_callback(lambda name, value: called.append(name))
    of_run(executor, is_train=True)
    assert [] == called


@pytest.mark.parametrize("optimized", [False, True])
def test_a_view_records_again(optimized, spans) -> None:
    """The same once more, in the same way; what it tells is of the new recording."""
    view = Stepper(bound(), optimized=optimized)
    replies = []
    view.send = lambda reply, buffers=None: replies.append(reply)
    left = spans(*[1.0] * 3, 0.25, 1.0, 1.0)
    view._received(view, {"optimized": optimized, "asker": "me", "question": 1}, [])
    assert [] == left
    assert [{"asker": "me", "question": 1}] == replies
    assert 0.25 == view._recorded.traces[0].seconds
    assert optimized is view._document["ran"]["optimized"]
    assert view.step == sum(len(act["steps"]) for act in view._document["acts"])
