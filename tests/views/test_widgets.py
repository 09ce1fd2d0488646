"""The Python side of the widgets: what they tell the front end, and what the front end may tell them."""

from __future__ import annotations

import math
import re

import pytest

import symbook as mx
from symbook import views
from symbook.errors import ArgumentError, LookupFailure
from symbook.views import bundle
from symbook.views.page import page


def executor():
    with mx.name.NameManager():
        a, b = mx.sym.Variable("A"), mx.sym.Variable("B")
        total = a * b + a
    arrays = {"A": mx.nd.array([1.0, 2.0]), "B": mx.nd.array([3.0, 4.0])}
    return total.bind(mx.cpu(), arrays)


@pytest.fixture
def stepper():
    """A stepper whose answers are kept in `sent`, rather than sent."""
    view = views.Stepper(executor())
    return _kept(view)


def _kept(view):
    view.sent = []
    view.send = lambda content, buffers=None: view.sent.append(content)
    return view


def _asked(view, message):
    """What a message from the front end is answered with."""
    view._handle_custom_msg(message, [])
    return view.sent[-1]


class TestSelected:
    def test_is_a_node_or_none(self, stepper) -> None:
        stepper.selected = "_mul0"
        assert stepper.selected == "_mul0"
        stepper.selected = None
        with pytest.raises(LookupFailure, match="no node 'nobody'"):
            stepper.selected = "nobody"
        assert stepper.selected is None

    def test_observers_hear_what_the_front_end_chooses(self, stepper) -> None:
        heard = []
        stepper.observe(
            lambda change: heard.append((change.name, change.new)), ["selected", "step"]
        )
        stepper.set_state({"selected": "B", "step": 2})
        stepper.set_state({"selected": None})
        assert sorted(heard, key=str) == sorted(
            [("selected", "B"), ("step", 2), ("selected", None)], key=str
        )

    def test_it_begins_at_the_last_step(self, stepper) -> None:
        assert stepper.step == sum(len(act["steps"]) for act in stepper._document["acts"])
        assert views.GraphView(mx.sym.Variable("x")).step is None

    @pytest.mark.parametrize(
        "state",
        [
            {"selected": "nobody"}, {"selected": ["A"]}, {"selected": 3}, {"step": -1}, {"step": 1.5},
            {"step": "2"}, {"step": None}, {"step": True}, {"_document": {}}, {"static_id": "x"},
        ],
    )  # fmt: skip
    def test_nothing_else_is_taken_from_the_front_end(self, stepper, state) -> None:
        before = stepper.get_state()
        stepper.set_state(state)
        assert stepper.get_state() == before


class TestQuestions:
    def test_a_value_is_what_was_bound(self, stepper) -> None:
        reply = _asked(stepper, {"value": 0, "asker": "me", "question": 7})
        assert reply["summary"]["items"] == [1.0, 2.0]
        assert (reply["asker"], reply["question"], reply["value"]) == ("me", 7, 0)

    def test_what_if_is_computed_with_the_new_value(self, stepper) -> None:
        reply = _asked(stepper, {"change": "B", "items": [10, "NaN"]})
        last = reply["values"][-1]["items"]
        assert last[0] == 1 * 10 + 1
        assert math.isnan(float(last[1]))

    @pytest.mark.parametrize(
        "message",
        [
            None, 3, "value", [], {}, {"value": "0"}, {"value": -1}, {"value": 10**9}, {"value": None},
            {"value": True}, {"value": [0]}, {"change": "B"}, {"change": "nobody", "items": [1, 2]},
            {"change": ["B"], "items": [1, 2]}, {"change": "B", "items": "12"}, {"change": "B", "items": [1]},
            {"change": "B", "items": [1, [2]]}, {"change": "B", "items": ["one", "two"]},
            {"change": "B", "items": [None, None]}, {"try": "clip", "inputs": ["1"], "params": {}},
        ],
    )  # fmt: skip
    def test_a_bad_one_is_answered_with_a_sentence(self, stepper, message, capsys) -> None:
        assert _asked(stepper, message)["error"]
        assert stepper.sent[:-1] == []
        assert capsys.readouterr() == ("", "")

    def test_an_error_of_ours_is_answered_too(self, stepper, monkeypatch) -> None:
        def fail(*_):
            raise MemoryError("no room")

        monkeypatch.setattr(stepper._recorded.what_if, "change", fail)
        reply = _asked(stepper, {"change": "B", "items": [1, 2], "asker": "me", "question": 1})
        asked = {"asker": "me", "question": 1, "change": "B"}
        assert reply == {"error": "MemoryError: no room", **asked}

    def test_an_interrupt_ends_the_answer_alone(self, stepper, monkeypatch) -> None:
        def interrupted(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(stepper._recorded.what_if, "change", interrupted)
        assert "interrupted" in _asked(stepper, {"change": "B", "items": [1, 2]})["error"]
        monkeypatch.undo()
        assert _asked(stepper, {"change": "B", "items": [1, 2]})["values"][-1]["items"] == [
            2.0,
            6.0,
        ]

    @pytest.mark.parametrize(
        "message",
        [
            {}, {"try": "__class__", "inputs": [], "params": {}}, {"try": ["clip"]},
            {"try": "save", "inputs": ["1"], "params": {}}, {"try": "clip", "inputs": "1", "params": {}},
            {"try": "clip", "inputs": [1], "params": {}}, {"try": "clip", "inputs": ["1"], "params": []},
            {"try": "clip", "inputs": ["1"], "params": {"a_min": 1}},
        ],
    )  # fmt: skip
    def test_only_operators_are_tried(self, message) -> None:
        explorer = _kept(views.Explorer())
        assert _asked(explorer, {**message, "number": 4})["error"]
        assert explorer.sent[-1]["number"] == 4


class TestBundle:
    def test_each_file_is_there_once_and_nothing_is_loaded(self) -> None:
        text = bundle.script("widget")
        assert not re.search(r"^\s*import\b|\bimport\(", text, re.MULTILINE)
        assert text.count("class Picture ") == 1
        assert "https://" not in text

    def test_no_text_in_backquotes_goes_over_several_lines(self) -> None:
        # Indents are taken away, which would change such a text.
        for line in bundle.script("widget").splitlines():
            assert line.count("`") % 2 == 0, line


class TestPage:
    def test_the_policy_names_the_script_and_the_style_by_their_contents(self) -> None:
        from base64 import b64encode
        from hashlib import sha256

        text = page({"format": 1, "operators": []}, "A title")
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
        assert policy.startswith("default-src 'none'; ")
        for tag in ('script type="module"', "style"):
            body = re.search(rf"<{tag}>(.*?)</{tag.split()[0]}>", text, re.DOTALL)[1]
            assert f"'sha256-{b64encode(sha256(body.encode()).digest()).decode()}'" in policy


@pytest.mark.parametrize(
    "make", [views.GradientView, lambda bound: views.Inside(bound, show=["gradient"])]
)
def test_where_gradients_are_missing_the_hint_has_a_line_to_copy(make) -> None:
    bound = executor()
    with pytest.raises(ArgumentError) as caught:
        make(bound)
    [line] = re.findall(r"executor = [^;]*", caught.value.hint)
    names = {"E": bound.symbol, "args": bound.arg_dict, "mx": mx}
    exec(line, names)
    view = views.GradientView(names["executor"])
    assert view.value("A").asnumpy().tolist() == [1, 2]
    names["executor"].forward(is_train=True)
    names["executor"].backward(mx.nd.ones((2,)))
    # The gradient of A*B + A with respect to A is B + 1.
    assert names["executor"].grad_dict["A"].asnumpy().tolist() == [4, 5]
