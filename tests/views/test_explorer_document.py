"""What the explorer and the view of the optimiser are told."""

from __future__ import annotations

import numpy as np
import pytest
from view_cases import items

import symbook as mx
from symbook.errors import ArgumentError
from symbook.views.explorer import of_operators, tried, typed
from symbook.views.optimiser import of_optimiser


class TestOptimiser:
    def test_what_was_merged_is_told(self) -> None:
        with mx.name.NameManager():
            a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
            y = mx.sym.exp(a * b) + mx.sym.tanh(a * b)
        arrays = {"a": mx.nd.ones((4,)), "b": mx.nd.ones((4,))}
        document = of_optimiser(y.bind(mx.cpu(), arrays))
        merge = next(stage for stage in document["stages"] if stage["notes"])
        assert [("_mul1", "merged")] == [(note["node"], note["act"]) for note in merge["notes"]]
        first, last = document["stages"][0], document["stages"][-1]
        assert 7 == len(first["graph"]["nodes"])
        assert len(last["graph"]["nodes"]) < len(first["graph"]["nodes"])
        assert "def forward" in document["source"]
        for buffer, _, nbytes, begin, end in document["memory"]["rows"]:
            assert begin <= end < len(document["memory"]["steps"])
            assert buffer < 0 or nbytes <= document["memory"]["sizes"][buffer]


class TestExplorer:
    def test_it_has_every_operator_that_is_called(self) -> None:
        names = {op["name"] for op in of_operators()["operators"]}
        assert {"dot", "Convolution", "broadcast_add", "clip"} <= names
        assert not any(name.startswith("_backward") for name in names)

    def test_an_operator_is_tried(self) -> None:
        reply = tried("dot", ["1 2; 3 4", "1 0; 0 1"], {"transpose_a": "True"})
        assert np.array_equal([[1, 3], [2, 4]], items(reply["values"][0]))
        made = eval(reply["code"], {"mx": mx})
        assert np.array_equal([[1, 3], [2, 4]], made.asnumpy())

    @pytest.mark.parametrize(
        ("name", "inputs", "params", "text"),
        [
            ("dot", ["1 2", "x"], {}, "no array"),
            ("dot", ["1 2 3", "1 2"], {}, "dot"),
            ("clip", ["1"], {"a_min": "q"}, "a_min"),
        ],
    )
    def test_a_mistake_is_said(self, name, inputs, params, text) -> None:
        assert text in tried(name, inputs, params)["error"]

    def test_too_many_elements_are_refused(self) -> None:
        with pytest.raises(ArgumentError, match="too many to try"):
            typed("1 " * 10_001)
