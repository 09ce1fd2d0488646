"""A stepper as it stands on the screen of any host, and what NumPy says that it must show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

_VALUES = {"A": [1.5, -2.0], "B": [3.0, 4.0], "C": [5.0, 6.0], "D": [7.0, 0.5]}

SETUP = f"""import symbook as mx
from symbook.views import Stepper

with mx.name.NameManager():
    A, B, C, D = (mx.sym.Variable(name) for name in "ABCD")
    E = mx.sym.sum(A * B + C * D, name="total")
executor = E.bind(mx.cpu(), {{name: mx.nd.array(value) for name, value in {_VALUES}.items()}})"""
"""The cell before those that show a view of `executor`, which is what is looked at below."""


def computed(**changed: list[float]) -> dict[str, np.ndarray]:
    """What every node's value is, by NumPy."""
    a, b, c, d = (np.array({**_VALUES, **changed}[name]) for name in "ABCD")
    whole = a * b + c * d
    nodes = {"A": a, "B": b, "C": c, "D": d, "_mul0": a * b, "_mul1": c * d, "_plus0": whole}
    return {**nodes, "total": whole.sum()}


_INPUTS = {"_mul0": "AB", "_mul1": "CD", "_plus0": ["_mul0", "_mul1"], "total": ["_plus0"]}

_SHOWN = """root => Object.fromEntries([...root.querySelectorAll('.sb-node[data-box]')].map(node => [
    node.getAttribute('aria-label').split(', ')[0],
    [node.dataset.state, node.querySelector('.sb-label text')?.textContent ?? ''],
]))"""

# A click of the test's own costs 30 ms.
_WALK = f"""(root, [name, last]) => {{
    const shown = {_SHOWN}, found = [shown(root)];
    const button = root.querySelector(`button[aria-label="${{name}}"]`);
    const scrubber = root.querySelector('.sb-scrubber');
    while (scrubber.value !== last && found.length < 1000) {{
        button.click();
        found.push(shown(root));
    }}
    return found;
}}"""


@dataclass
class SteppedView:
    """One rendering of a stepper; `root` is playwright's locator of it."""

    root: Any

    def button(self, name: str) -> Any:
        return self.root.get_by_role("button", name=name, exact=True).first

    def node(self, name: str) -> Any:
        return self.root.locator(f'.sb-node[aria-label^="{name}, "]')

    def bar(self, name: str) -> Any:
        return self.root.locator(f'.sb-bar-node[aria-label^="{name}"]')

    @property
    def place(self) -> str:
        return self.root.locator(".sb-scrubber").get_attribute("aria-valuetext")

    @property
    def step(self) -> int:
        return int(self.root.locator(".sb-scrubber").input_value())

    @property
    def count(self) -> int:
        return int(self.root.locator(".sb-scrubber").get_attribute("max"))

    @property
    def sentence(self) -> str:
        return self.root.locator(".sb-sentence").inner_text()

    @property
    def notice(self) -> str:
        return self.root.locator(".sb-notice").inner_text()

    @property
    def chosen(self) -> str:
        return self.root.locator(".sb-inspector h3").inner_text()

    @property
    def shown(self) -> dict[str, list[str]]:
        """The state of each node, and what its label says."""
        return self.root.evaluate(_SHOWN)

    def until(self, condition: str, argument: Any = None) -> None:
        """Wait until a condition of the view's element holds."""
        page = self.root.page
        page.wait_for_function(condition, arg=[self.root.element_handle(), argument])

    def until_chosen(self, name: str) -> None:
        self.until(
            "([root, name]) => root.querySelector('.sb-inspector h3')?.innerText === name", name
        )

    def until_step(self, step: int) -> None:
        self.until(
            "([root, step]) => Number(root.querySelector('.sb-scrubber').value) === step", step
        )

    # What is done with it

    def walk(self) -> None:
        """Step to the end and back to the beginning, and compare all that is shown with NumPy."""
        self.button("First").click()
        forward = self.root.evaluate(_WALK, ["Step", str(self.count)])
        assert len(forward) == self.count + 1 > len(computed())
        for shown in forward:
            _is_right(shown)
        assert {state for state, _ in forward[0].values()} == {"hidden"}
        assert {state for state, _ in forward[-1].values()} == {"bound", "done"}
        assert self.root.evaluate(_WALK, ["Step back", "0"]) == forward[::-1]

    def go_and_return(self) -> None:
        """Go to the first step, and by steps to the end, whatever that shows."""
        self.button("First").click()
        assert self.step == 0
        assert len(self.root.evaluate(_WALK, ["Step", str(self.count)])) == self.count + 1

    def look(self) -> None:
        """Choose every node, and compare the table of its value with NumPy."""
        self.button("Last").click()
        for name, value in computed().items():
            self.node(name).click()
            self.until_chosen(name)
            cells = self.root.locator(".sb-inspector .sb-numbers tbody td").all_inner_texts()
            assert np.allclose(_numbers(" ".join(cells)), np.ravel(value)), name

    def predict(self) -> None:
        """Say what the first product will be, and then see it."""
        right = computed()["_mul0"]
        self.button("Forward").click()
        self.root.get_by_label("Predict").check()
        question = self.root.get_by_label("What will the 2 elements of _mul0 be?", exact=False).last
        while not question.is_visible():
            assert self.step < self.count, "the value was never asked for"
            self.button("Step").click()
        assert self.shown["_mul0"][0] != "done"
        question.fill(" ".join(map(str, right)))
        question.press("Enter")
        told = self.sentence, self.root.locator(".sb-question").inner_text()
        assert told[0].startswith("Yes"), told
        assert _numbers(self.shown["_mul0"][1]) == list(right)
        self.root.get_by_label("Predict").uncheck()

    def link(self) -> None:
        """Choose a bar of the timeline, and see its step and its node; choose a node, and see its bar."""
        self.button("First").click()
        self.bar("_mul1").click()
        assert self.chosen == "_mul1"
        assert "_mul1" in self.sentence
        assert self.place.startswith("Forward")
        self.node("_mul0").click()
        marked = self.root.locator(".sb-bar-node.sb-selected")
        assert marked.count() == 1
        assert marked.get_attribute("aria-label").startswith("_mul0")

    def change(self, name: str, items: list[float], **before: list[float]) -> None:
        """Ask what would be if a variable were another, besides earlier changes, and compare with NumPy."""
        self.button("Last").click()
        self.type(name, items)
        self.until(
            "([root, name]) => { const s = root.querySelector('.sb-scrubber');"
            " return s.value === s.max && s.ariaValueText.startsWith(`What if ${name}`); }",
            name,
        )
        _is_right(self.shown, **{**before, name: items})

    def type(self, name: str, items: list[float]) -> None:
        """Type other elements of a variable, and try them."""
        self.node(name).click()
        field = self.root.get_by_label(f"Elements of {name}, with spaces between")
        field.fill(" ".join(map(str, items)))
        field.press("Enter")


def _is_right(shown: dict[str, list[str]], **changed: list[float]) -> None:
    """Every value that is shown is NumPy's, and nothing is done before what it is computed from."""
    values = computed(**changed)
    assert set(shown) == set(values)
    for name, (state, label) in shown.items():
        if state in ("bound", "done"):
            assert np.allclose(_numbers(label), np.ravel(values[name]), rtol=1e-3), (name, label)
        else:
            # The shape may be known before the value.
            assert not label or label.startswith("("), (name, state, label)
        if state == "done":
            assert all(shown[other][0] in ("bound", "done") for other in _INPUTS[name])


def _numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))]
