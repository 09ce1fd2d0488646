"""Names, values and graphs that nobody expects: what the views hold and write of them is safe and whole."""

from __future__ import annotations

import json
import re
import unicodedata
from html.parser import HTMLParser

import numpy as np
import pytest
from hostile_cases import HOSTILE, hostile_run
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import symbook as mx
from symbook import views
from symbook.views.document import of_run
from symbook.views.page import embedded
from symbook.views.values import summary

_NAMES = st.one_of(st.text(min_size=1, max_size=20), st.sampled_from(HOSTILE))


class _Tags(HTMLParser):
    """The elements, and the names of attributes, of some HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def safe(text: str) -> None:
    """Nothing in a text controls what is around it, and it can be written to a file."""
    text.encode("utf-8")
    assert {char for char in text if unicodedata.category(char) in ("Cc", "Cs")} <= {"\n"}
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029") & set(text)


_STATIC = {"div", "p", "strong", "small", "br", "img", "pre", "details", "summary"} | {
    *("table", "caption", "thead", "tbody", "tr", "th", "td")
}

_ATTRIBUTES = {"style", "src", "alt", "scope", "colspan", "tabindex", "width", "height"}


class TestNames:
    @settings(deadline=None, max_examples=40)
    @given(names=st.lists(_NAMES, min_size=1, max_size=6, unique=True))
    def test_the_page_is_valid_and_holds_its_document(self, names) -> None:
        view = views.Stepper(hostile_run(names))
        text = view.page()
        safe(text)
        start = text.index('<script type="application/json"')
        document = text[text.index(">", start) + 1 : text.index("</script>", start)]
        assert "<" not in document
        nodes = json.loads(document)["graph"]["nodes"]
        assert len(nodes) == 2 * len(names) - 1
        # The page ends where it should: no name has opened or closed an element.
        assert 2 == len(re.findall("<script", text))
        assert 2 == len(re.findall("</script", text))

    @settings(deadline=None, max_examples=25)
    @given(names=st.lists(_NAMES, min_size=2, max_size=4, unique=True))
    def test_static_forms_have_no_elements_but_their_own(self, names) -> None:
        executor = hostile_run(names, grad=True)
        ones = mx.nd.ones((2,))
        shown = [
            views.Stepper(executor),
            views.GraphView(executor.symbol),
            views.GradientView(executor, out_grads=ones),
            views.OptimiserView(hostile_run(names)),
            views.Timeline(executor),
        ]
        for view in shown:
            html = view.html()
            safe(html)
            tags = _Tags(html)
            assert tags.tags <= _STATIC
            assert tags.attributes <= _ATTRIBUTES

    def test_a_failure_tells_of_hostile_names(self) -> None:
        symbol = mx.sym.Variable(HOSTILE[0]) * mx.sym.Variable(HOSTILE[9])
        arrays = {HOSTILE[0]: mx.nd.ones((2,)), HOSTILE[9]: mx.nd.ones((3,))}
        with pytest.raises(mx.base.MXNetError) as caught:
            symbol.bind(mx.cpu(), arrays)
        view = views.Failure(symbol, arrays, caught.value)
        for text in (view.page(), view.html()):
            safe(text)
        assert _Tags(view.html()).tags <= _STATIC
        assert "(2,)" in view.html()
        assert "(3,)" in view.html()

    def test_static_forms_do_not_grow_with_names(self) -> None:
        short = len(views.Stepper(hostile_run(["x", "y"])).html())
        long = len(views.Stepper(hostile_run(["x" * 10_000, "y" * 10_000])).html())
        assert long < short + 60_000

    def test_lines_of_source_are_shown_as_they_are(self, tmp_path) -> None:
        source = "x = mx.sym.Variable('a')  # </script><script>window.hacked = 1</script> \u202e\n"
        path = tmp_path / "cell.py"
        path.write_text(source, encoding="utf-8")
        scope = {"mx": mx}
        exec(compile(source, str(path), "exec"), scope)
        view = views.GraphView(mx.sym.relu(scope["x"]))
        text = view.page()
        safe(text)
        assert 2 == len(re.findall("<script", text))


_DTYPES = st.sampled_from(
    ["float16", "float32", "float64", "int8", "uint8", "int32", "int64", "bool"]
)
_VALUES = _DTYPES.flatmap(
    lambda dtype: arrays_of.arrays(
        dtype, arrays_of.array_shapes(min_dims=0, max_dims=8, min_side=0, max_side=3)
    )
)


def _number(item):
    """What an element of a document says; numbers that JavaScript has not exactly are texts."""
    words = {"NaN": np.nan, "∞": np.inf, "−∞": -np.inf}
    if isinstance(item, str):
        return words[item] if item in words else int(item)
    assert not isinstance(item, int) or abs(item) <= 2**53
    return item


class TestValues:
    @settings(deadline=None, max_examples=120)
    @given(values=_VALUES)
    def test_any_array_is_valid_json_and_the_same(self, values) -> None:
        shown = json.loads(embedded(summary(values)))
        assert tuple(shown["shape"]) == values.shape
        assert shown["dtype"] == str(values.dtype)
        if 0 < values.size <= 256:
            found = [_number(item) for item in shown["items"]]
            expected = values.ravel().tolist()
            assert len(found) == len(expected)
            for one, other in zip(found, expected, strict=True):
                assert one == other or (one != one and other != other)

    @settings(deadline=None, max_examples=40)
    @given(values=_VALUES)
    def test_any_array_has_a_static_form(self, values) -> None:
        x = mx.sym.Variable("x")
        executor = mx.sym.identity(x).bind(mx.cpu(), {"x": mx.nd.array(values, dtype=values.dtype)})
        html = views.ValueView(executor).html()
        safe(html)
        assert _Tags(html).tags <= _STATIC

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 5e-324, 1.7e308])
    def test_large_arrays_of_one_kind(self, value) -> None:
        shown = json.loads(embedded(summary(np.full((40, 40), value))))
        assert shown["shape"] == [40, 40]


class TestGraphs:
    def documents(self, symbol, count=1):
        x = {name: mx.nd.ones((2,)) for name in symbol.list_arguments()}
        view = views.Stepper(symbol.bind(mx.cpu(), x))
        safe(view.page())
        html = view.html()
        assert _Tags(html).tags <= _STATIC
        return view._document

    def test_one_variable(self) -> None:
        assert len(self.documents(mx.sym.Variable("x"))["graph"]["nodes"]) == 1

    def test_hundreds_of_outputs(self) -> None:
        x = mx.sym.Variable("x")
        document = self.documents(mx.sym.Group([x + k for k in range(300)]))
        assert len(document["graph"]["heads"]) == 300

    def test_a_hundred_inputs(self) -> None:
        symbol = mx.sym.add_n(*(mx.sym.Variable(f"v{k}") for k in range(100)))
        assert len(self.documents(symbol)["graph"]["nodes"][-1]["inputs"]) == 100

    def test_one_variable_fifty_times(self) -> None:
        document = self.documents(mx.sym.add_n(*[mx.sym.Variable("x")] * 50))
        assert document["graph"]["nodes"][-1]["inputs"] == [[0, 0]] * 50

    def test_a_chain_of_thousands(self) -> None:
        x = mx.sym.Variable("x")
        for _ in range(5000):
            x = mx.sym.relu(x)
        recorded = of_run(x.bind(mx.cpu(), {"x": mx.nd.ones((2,))}))
        assert len(recorded.document["graph"]["nodes"]) == 5001
        view = views.Stepper.of(recorded)
        json.loads(embedded(view._document["graph"]))
        assert len(view.html()) < 600_000
