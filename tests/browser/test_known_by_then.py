"""Each act shows what is known by then: names first, then shapes, then dtypes, then values."""

from __future__ import annotations

import pytest

import symbook as mx

views = pytest.importorskip("symbook.views")


def _executor():
    with mx.name.NameManager():
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        e = (a * b) + (c * d)
    arrays = {name: mx.nd.array([float(k)]) for k, name in enumerate("ABCD", 1)}
    return e.bind(mx.cpu(), arrays)


def test_names_then_shapes_then_dtypes_then_values(offline_pages, tmp_path) -> None:
    view = views.Stepper(_executor())
    page = offline_pages.open(view.save(tmp_path / "view.html"), ready=".sb-output")
    acts = [(act["name"], step["text"]) for act in view._document["acts"] for step in act["steps"]]
    last = {name: k for k, (name, _) in enumerate(acts, 1)}
    typed = next(k for k, (_, text) in enumerate(acts, 1) if text.startswith("Types of elements"))
    # Of a file, the inspector shows C all the time; no number stands in its fields.
    page.locator(".sb-node.sb-variable", has_text="C").click()

    def go(k):
        page.locator(".sb-scrubber").fill(str(k))
        dtypes = [row.is_visible() for row in page.locator(".sb-dtype").all()]
        labels = page.locator(".sb-node .sb-label text").all_text_contents()
        output = page.locator(".sb-node.sb-output").get_attribute("class").split()
        spec = page.locator(".sb-inspector .sb-spec").inner_text()
        return (
            any(dtypes),
            all(dtypes),
            sorted(labels),
            {"sb-unwritten", "sb-awaited"} & {*output},
            spec,
        )

    nothing = [""] * 7
    assert go(0) == (False, False, nothing, {"sb-unwritten", "sb-awaited"}, "no shape yet")
    assert go(1) == (False, False, nothing, {"sb-unwritten", "sb-awaited"}, "no shape yet")
    assert go(last["compose"]) == (False, False, nothing, {"sb-awaited"}, "no shape yet")
    assert go(typed - 1) == (False, False, ["(1,)"] * 7, {"sb-awaited"}, "(1,)")
    told = "(1,) · float32 · 4 B"
    assert go(typed) == (True, True, ["(1,)"] * 7, {"sb-awaited"}, told)
    bound = ["(1,)"] * 3 + ["1", "2", "3", "4"]
    assert go(last["bind"]) == (True, True, bound, {"sb-awaited"}, told)
    # By hand: 1×2 = 2, 3×4 = 12, their sum 14.
    done = sorted(["1", "2", "3", "4", "2", "12", "14"])
    assert go(last["forward"]) == (True, True, done, set(), told)
