"""Several views of one recorded run."""

from __future__ import annotations

import numpy as np
import pytest

import symbook as mx
from symbook.views.document import of_run

views = pytest.importorskip("symbook.views")


def _noisy():
    x = mx.sym.Variable("x")
    noise = mx.sym.random.normal(shape=(3,), name="noise")
    executor = mx.sym.broadcast_add(x, noise, name="sum").bind(
        mx.cpu(), {"x": mx.nd.zeros((3,))}, args_grad={"x": mx.nd.zeros((3,))}
    )
    executor.forward()
    return executor


def _values(view) -> dict[str, list[float]]:
    document = view._document
    names = [node["name"] for node in document["graph"]["nodes"]]
    return {
        names[node]: document["values"][number]["items"]
        for act in document["acts"]
        for step in act["steps"]
        for (node, _), number in step.get("values", ())
    }


def test_views_of_one_run_show_the_same_numbers() -> None:
    executor = _noisy()
    recorded = of_run(executor, is_train=True, out_grads=mx.nd.ones((3,)))
    shown = [kind.of(recorded) for kind in (views.Stepper, views.Timeline, views.GradientView)]
    first, *others = map(_values, shown)
    assert all(other == first for other in others)
    (drawn,) = (trace.outputs[0].asnumpy() for trace in recorded.traces[:1])
    np.testing.assert_array_equal(np.float32(first["sum"]), drawn)
    # A run of its own, once the next was drawn, draws other numbers.
    executor.forward(is_train=True)
    assert _values(views.Stepper(executor))["sum"] != first["sum"]


def test_views_of_one_run_are_of_their_own_kind() -> None:
    recorded = of_run(_noisy())
    stepper, line = views.Stepper.of(recorded, "A title"), views.Timeline.of(recorded)
    assert isinstance(stepper, views.Stepper)
    assert isinstance(line, views.Timeline)
    assert stepper.title == "A title"
    assert line.title == "Graph of sum"
    assert stepper.static_id != line.static_id
