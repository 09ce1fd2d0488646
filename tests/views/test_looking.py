"""Looking at a run changes nothing of what is looked at, and tells what the run would change."""

from __future__ import annotations

import re

import numpy as np
import pytest
from view_cases import bound, items, values_at_the_end

import symbook as mx
from symbook.views import GradientView, Stepper, Timeline
from symbook.views.document import of_run

_DATA = [[1.0, 2.0], [3.0, 6.0]]


def _adding():
    """x², with gradients that are added."""
    x = mx.sym.Variable("x")
    return mx.sym.square(x).bind(
        mx.cpu(),
        {"x": mx.nd.array([1, 2, 3])},
        args_grad={"x": mx.nd.ones((3,))},
        grad_req="add",
    )


def _normalising():
    """BatchNorm of columns of mean 2 and 4, variance 1 and 4; its states keep nine tenths."""
    net = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn", fix_gamma=True, momentum=0.9)
    executor = net.simple_bind(mx.cpu(), data=(2, 2))
    executor.arg_dict["data"][:] = mx.nd.array(_DATA)
    executor.arg_dict["bn_gamma"][:] = 5
    executor.aux_dict["bn_moving_var"][:] = 1
    return executor


def _drawing():
    with mx.name.NameManager():
        mu, sigma = mx.sym.Variable("mu"), mx.sym.Variable("sigma")
        first = mx.sym.sample_normal(mu, sigma, shape=(2,), name="first")
        second = mx.sym.sample_normal(mu * 2, sigma, shape=(2,), name="second")
        graph = mx.sym.Group([first, second])
    return graph.bind(mx.cpu(), {"mu": mx.nd.array([0.0]), "sigma": mx.nd.array([1.0])})


@pytest.mark.parametrize("view", [Stepper, Timeline])
def test_gradients_that_are_added_stay_as_they_are(view) -> None:
    executor = _adding()
    shown = view(executor, is_train=True)
    for optimized in (True, False):
        shown._record_again(optimized)
    GradientView(executor)
    assert [1, 1, 1] == executor.grad_dict["x"].asnumpy().tolist()
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((3,)))
    assert [3, 5, 7] == executor.grad_dict["x"].asnumpy().tolist()


def test_what_backward_would_add_to_is_told() -> None:
    document = of_run(_adding(), is_train=True).document
    (text,) = (step["text"] for step in document["acts"][-1]["steps"] if "grad_req" in step["text"])
    assert "adds it to what the array of x's gradient has: [1 1 1] becomes [3 5 7]" in text


def test_states_and_arguments_that_operators_change_stay_as_they_are() -> None:
    executor = _normalising()
    view = Stepper(executor, is_train=True)
    assert [0, 0] == executor.aux_dict["bn_moving_mean"].asnumpy().tolist()
    assert [1, 1] == executor.aux_dict["bn_moving_var"].asnumpy().tolist()
    assert [5, 5] == executor.arg_dict["bn_gamma"].asnumpy().tolist()
    np.testing.assert_allclose(view.value("bn_moving_mean").asnumpy(), [0.2, 0.4], rtol=1e-6)


@pytest.mark.parametrize("optimized", [False, True])
def test_the_step_that_changes_a_state_says_so_and_shows_it(optimized) -> None:
    """The new mean is 0.9·0 + 0.1·(2, 4); the variance 0.9·1 + 0.1·(1, 4)."""
    document = of_run(_normalising(), is_train=True, optimized=optimized).document
    names = [node["name"] for node in document["graph"]["nodes"]]
    mean, var = names.index("bn_moving_mean"), names.index("bn_moving_var")
    course = {act["name"]: act["steps"] for act in document["acts"]}
    (start,) = (
        document["values"][number]
        for step in course["bind"]
        for entry, number in step.get("values", ())
        if entry == [mean, 0]
    )
    assert [0, 0] == items(start).tolist()
    (told,) = (step for step in course["backward"] if "it changed" in step["text"])
    assert "bn_moving_mean to [0.2 0.4]" in told["text"]
    assert {(mean, 0), (var, 0)} <= {tuple(entry) for entry, _ in told["values"]}
    found = values_at_the_end(document)
    np.testing.assert_allclose(items(found[mean, 0]), [0.2, 0.4], rtol=1e-6)
    np.testing.assert_allclose(items(found[var, 0]), [1.0, 1.3], rtol=1e-6)


def test_random_numbers_are_drawn_from_copies() -> None:
    executor = _drawing()
    mx.random.seed(5)
    expected = [output.asnumpy() for output in executor.forward()]
    mx.random.seed(5)
    recorded = of_run(executor).again(True).again(False)
    for value, output, then in zip(
        recorded.traces[0].outputs, executor.forward(), expected, strict=True
    ):
        np.testing.assert_array_equal(output.asnumpy(), then)
        np.testing.assert_array_equal(value.asnumpy(), then)


def test_what_is_tried_draws_the_run_s_numbers() -> None:
    """A shift of the mean by 10 shifts what was drawn by 10; by 20, where the mean is doubled."""
    mx.random.seed(7)
    recorded = of_run(_drawing())
    first, second = (value.asnumpy() for value in recorded.traces[0].outputs)
    for _ in range(2):
        mx.random.seed(1)  # what the user does meanwhile
        answer = recorded.what_if.answer({"change": "mu", "items": [10]})
        shown = {
            step["node"]: items(answer["values"][step["values"][0][1]])
            for step in answer["act"]["steps"]
        }
        names = [node["name"] for node in recorded.document["graph"]["nodes"]]
        np.testing.assert_allclose(shown[names.index("first")], first + 10, rtol=1e-6)
        np.testing.assert_allclose(shown[names.index("second")], second + 20, rtol=1e-6)
        assert not any("other random" in step["text"] for step in answer["act"]["steps"])


def test_outputs_stay_and_cannot_reach_what_was_recorded() -> None:
    """E = A*B + C*D."""
    executor = bound()
    executor.forward()
    executor.outputs[0][:] = 3
    view = Stepper(executor)
    assert [3, 3] == executor.outputs[0].asnumpy().tolist()
    executor.outputs[0][:] = 7
    assert [38, 56] == view.value("_plus0").asnumpy().tolist()
    trace = executor.trace()
    executor.outputs[0][:] = 7
    assert [38, 56] == trace.outputs[0].asnumpy().tolist()


@pytest.mark.parametrize("optimized", [False, True])
def test_each_of_several_steps_that_change_a_state_says_so(optimized) -> None:
    """By hand: three BatchNorms with the same states; a moving mean m becomes 0.9 m + 0.1 times the mean."""
    names = ("gamma", "beta", "moving_mean", "moving_var")
    shared = {name: mx.sym.Variable(name) for name in names}
    data = mx.sym.Variable("data")
    parts = [
        mx.sym.BatchNorm(
            mx.sym.elemwise_add(data, data * (k - 1.0)), name=f"bn{k}", momentum=0.9, **shared
        )
        for k in (1, 2, 3)
    ]
    executor = mx.sym.Group(parts).simple_bind(mx.cpu(), data=(2, 2))
    executor.arg_dict["data"][:] = mx.nd.array(_DATA)
    document = of_run(executor, is_train=True, optimized=optimized).document
    assert np.all(executor.aux_dict["moving_mean"].asnumpy() == 0)
    nodes = [node["name"] for node in document["graph"]["nodes"]]
    place = nodes.index("moving_mean")
    mean = np.zeros(2)
    steps = [
        step
        for act in document["acts"]
        if act["name"] in ("forward", "backward")
        for step in act["steps"]
        if any(entry == [place, 0] for entry, _ in step.get("values", ()))
    ]
    factors = [int(re.match(r"bn(\d)", nodes[step["node"]])[1]) for step in steps]
    assert sorted(factors) == [1, 2, 3]
    for k, step in zip(factors, steps, strict=True):
        mean = 0.9 * mean + 0.1 * k * np.mean(_DATA, axis=0)
        [number] = [number for entry, number in step["values"] if entry == [place, 0]]
        np.testing.assert_allclose(document["values"][number]["items"], mean, rtol=1e-6)
        assert "moving_mean" in step["text"]
