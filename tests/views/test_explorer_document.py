"""What the explorer is told."""

from __future__ import annotations

import numpy as np
import pytest
from view_cases import items

import symbook as mx
from symbook.errors import ArgumentError
from symbook.views.explorer import of_operators, tried, typed


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
