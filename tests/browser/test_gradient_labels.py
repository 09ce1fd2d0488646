"""What stands on the edges of a gradient's view: values, and never a shape in the place of one."""

from __future__ import annotations

import re

import pytest

import symbook as mx

views = pytest.importorskip("symbook.views")


def _executor(shape):
    with mx.name.NameManager():
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        e = (a * b) + (c * d)
    arrays = {name: mx.nd.full(shape, k) for k, name in enumerate("ABCD", 1)}
    return e.bind(mx.cpu(), arrays, args_grad={name: mx.nd.zeros(shape) for name in "ABCD"})


def _labels(page):
    """By node, what stands on its edge, on the side that has it first."""
    found = {}
    for half in page.locator(".sb-half").all():
        for node in half.locator(".sb-node:has(.sb-label)").all():
            name = node.get_attribute("aria-label").split(",")[0].split()[-1]
            text = node.locator(".sb-label text").text_content()
            found.setdefault(name, " ".join(text.split()))
    return found


def test_values_stand_beside_values(offline_pages, tmp_path) -> None:
    """By hand: dE/dA = B, and so on; the gradients of the sum and of both products are 1."""
    file = views.GradientView(_executor((1,))).save(tmp_path / "small.html")
    page = offline_pages.open(file, ready=".sb-label")
    assert _labels(page) == {
        "A": "1 ∇ 2", "B": "2 ∇ 1", "C": "3 ∇ 4", "D": "4 ∇ 3",
        "_mul0": "2 ∇ 1", "_mul1": "12 ∇ 1", "_plus0": "14 ∇ 1", "_plus0_output_grad": "1",
        "_mul0_backward0": "2", "_mul0_backward1": "1", "_mul1_backward0": "4", "_mul1_backward1": "3",
    }  # fmt: skip
    file = views.GradientView(_executor((10, 3))).save(tmp_path / "large.html")
    texts = _labels(offline_pages.open(file, ready=".sb-label"))
    assert texts["_mul0"] == "(10, 3) ∇"
    assert not [text for text in texts.values() if re.search(r"∇ *\(", text)]


def _gradient_told(page, name):
    page.locator(f".sb-node:has(> text:text-is('{name}'))").first.click()
    return page.locator(".sb-gradient").inner_text()


def test_gradients_that_never_come_say_why(offline_pages, tmp_path) -> None:
    stepper = views.Stepper(_executor((1,)))
    page = offline_pages.open(stepper.save(tmp_path / "forward.html"))
    assert _gradient_told(page, "A") == "Gradient: no backward was run; backward() computes it"
    assert page.locator(".sb-gradient button").count() == 0
    stepper = views.Stepper(_executor((1,)), is_train=True)
    page = offline_pages.open(stepper.save(tmp_path / "both.html"))
    page.get_by_role("button", name="First", exact=True).click()
    assert _gradient_told(page, "A") == "Gradient: _mul0_backward0, not computed yet"
