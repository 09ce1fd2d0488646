"""What is told of parameters, of several outputs and of times, and how far a view's steps go."""

from __future__ import annotations

import numpy as np
import pytest

import symbook as mx
from symbook.views import Inside, Stepper, sections
from symbook.views.document import of_run
from symbook.views.sentences import duration


def split(parts: int, size: int = 2):
    x = mx.sym.Variable("x")
    symbol = mx.sym.SliceChannel(x, num_outputs=parts, name="s")
    return symbol.bind(mx.cpu(), {"x": mx.nd.array(np.zeros((size, parts * size)))})


def test_a_number_of_outputs_that_was_given_is_told() -> None:
    document = of_run(split(2)).document
    node = document["graph"]["nodes"][1]
    assert node["given"]["num_outputs"] == "2"
    composed = [step["text"] for step in document["acts"][0]["steps"]]
    assert any(text.startswith("s is SliceChannel of x with num_outputs=2") for text in composed)


@pytest.mark.parametrize(
    ("parts", "end"),
    [
        (2, "the results are s_output0 (3×3) and s_output1 (3×3)."),
        (3, "the results are s_output0 (3×3), s_output1 (3×3) and s_output2 (3×3)."),
        (8, "the results are s_output0 (3×3), s_output1 (3×3), s_output2 (3×3) and 5 more."),
    ],
)
def test_all_outputs_of_a_step_are_told(parts, end) -> None:
    document = of_run(split(parts, 3)).document
    forward = next(act for act in document["acts"] if act["name"] == "forward")
    assert forward["steps"][-1]["text"].endswith(end)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "less than 0.1 µs"),
        (1e-7, "0.1 µs"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (61.2, "1 min 1 s"),
        (3600.0, "1 h"),
        (7265.0, "2 h 1 min"),
    ],
)
def test_short_and_long_times(seconds, text) -> None:
    assert duration(seconds) == text


def test_a_view_goes_no_further_than_its_steps_and_those_of_a_what_if() -> None:
    view = Stepper(split(2))
    count = view.step
    view.set_state({"step": 10**6})
    assert view.step == count
    # The question, and the one step that depends on x.
    view._answer({"change": "x", "items": [1.0] * 8})
    view.set_state({"step": 10**6})
    assert view.step == count + 2
    view._answer({"optimized": False})
    view.step = 10**6
    assert view.step == count


def test_all_views_of_a_run_take_the_optimised_graph() -> None:
    view = Inside(split(2), optimized=True, show=["steps"])
    assert view._document["ran"]["optimized"] is True


def test_an_empty_workspace_is_not_told() -> None:
    x = mx.sym.Variable("x")
    symbol = mx.sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool")
    recorded = of_run(symbol.bind(mx.cpu(), {"x": mx.nd.ones((1, 1, 40, 40))}))
    told = recorded.document["acts"][-1]["steps"][-1]["text"]
    assert told.endswith("the result is 1×1×20×20.")
    listed = sections.values(recorded)
    assert "pool_output" in listed.html
    assert "pool_workspace" not in listed.html + listed.text
