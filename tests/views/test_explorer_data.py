"""Operators as the explorer has them: examples of all that give results, and code that gives the same."""

from __future__ import annotations

import numpy as np
import pytest

import symbook as mx
from symbook.errors import ArgumentError
from symbook.views import Explorer
from symbook.views.explorer import (
    MOST_ELEMENTS,
    choices_of,
    of_operators,
    operators,
    recorded,
    tried,
    typed,
)
from symbook.views.samples import examples_of
from symbook.views.tables import Rows
from symbook.views.values import summary

WORDS = {"NaN": np.nan, "∞": np.inf, "−∞": -np.inf}
EXAMPLES = [
    pytest.param(name, k, id=f"{name}-{k}")
    for name, op in operators().items()
    for k in range(len(examples_of(op)))
]
FOUND = {op["name"]: op for op in of_operators()["operators"]}


def numbers(value):
    """What a summary that has all elements has."""
    assert "items" in value, value
    found = [WORDS.get(item, item) for item in value["items"]]
    return np.array(found, np.float64).reshape(value["shape"])


def first(name):
    example = FOUND[name]["examples"][0]
    return tried(name, example["inputs"], example["params"])


def test_it_has_every_operator_that_is_called() -> None:
    assert {"dot", "Convolution", "broadcast_add", "clip"} <= set(FOUND)
    assert not any(name.startswith("_backward") for name in FOUND)


def test_the_functions_are_where_it_says() -> None:
    for op in FOUND.values():
        assert callable(eval(op["call"], {"mx": mx}))


@pytest.mark.parametrize(("name", "which"), EXAMPLES)
def test_an_example_gives_a_result_and_its_code_the_same(name, which) -> None:
    example = FOUND[name]["examples"][which]
    reply = tried(name, example["inputs"], example["params"])
    if name == "Custom":
        # It has no default: it is for operators of the user's own.
        assert "Required parameter op_type" in reply["error"]
        return
    assert "error" not in reply, reply
    shown: list[object] = []
    space = {"print": lambda *arrays: shown.extend(arrays)}
    exec(reply["code"], space)
    found = shown[0] if isinstance(shown[0], list) else shown
    assert [summary(array.asnumpy()) for array in found] == reply["values"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dot", [12, 34]),
        ("clip", [[2, 2, 3], [4, 5, 5]]),
        ("broadcast_add", [[11, 12, 13], [24, 25, 26]]),
        ("FullyConnected", [[4, 12], [10, 15]]),
        ("SequenceMask", [[[1], [10]], [[2], [20]], [[-1], [30]], [[-1], [40]]]),
        ("LinearRegressionOutput", [1, 2, 3]),
        ("take", [30, 10, 10]),
        ("linalg_trsm", [[1, 2], [2, 2]]),
        ("RNN", [[[1]], [[3]], [[3]], [[2]]]),
        ("sgd_update", [0.95, 2, 3.05]),
    ],
)
def test_examples_are_right(name, expected) -> None:
    """Worked out by hand."""
    np.testing.assert_allclose(numbers(first(name)["values"][0]), expected, rtol=1e-6)


def test_an_edge_is_seen_in_a_picture() -> None:
    op, reply = FOUND["Convolution"], first("Convolution")
    picture, filters, _ = (typed(text) for text in op["examples"][0]["inputs"])
    padded = np.pad(picture[0, 0], 1)
    expected = [
        [(padded[y : y + 3, x : x + 3] * filters[0, 0]).sum() for x in range(8)] for y in range(8)
    ]
    assert np.array_equal(numbers(reply["values"][0])[0, 0], expected)
    assert [name for name, _ in reply["given"]] == ["data", "weight", "bias"]


def test_inputs_that_are_not_read_are_left_out() -> None:
    op = FOUND["Convolution"]
    example = op["examples"][0]
    reply = tried("Convolution", example["inputs"], {**example["params"], "no_bias": "True"})
    assert [name for name, _ in reply["given"]] == ["data", "weight"]
    assert "no_bias=True" in reply["code"]
    assert "bias =" not in reply["code"]


@pytest.mark.parametrize(
    ("name", "inputs", "params", "text"),
    [
        ("dot", ["1 2", "x"], {}, "no array"),
        ("dot", ["1 2 3", "1 2"], {}, "dot"),
        ("dot", ["1 2 3", ""], {}, "'rhs' is missing"),
        ("clip", ["1"], {"a_min": "q"}, "a_min"),
        ("clip", ["1"], {"a_min": "1"}, "a_max"),
        ("clip", ["1"], {"a_min": "1", "a_max": "2", "other": "3"}, "other"),
        ("tile", ["1 2"], {"reps": "(100000, 100000)"}, "too large to try"),
        ("Pad", ["1 2"], {"mode": "wrong", "pad_width": "(1, 1)"}, "mode"),
    ],
)
def test_a_mistake_is_said(name, inputs, params, text) -> None:
    assert text in tried(name, inputs, params)["error"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 2 3", [1, 2, 3]),
        ("1, 2,3", [1, 2, 3]),
        ("1 2; 3 4", [[1, 2], [3, 4]]),
        ("1 2\n3 4\n", [[1, 2], [3, 4]]),
        ("1 2;", [[1, 2]]),
        ("(2, 1, 2) 1 2; 3 4", [[[1, 2]], [[3, 4]]]),
        ("(2,) 1 2", [1, 2]),
        ("() 5", 5),
        ("[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        ("nan inf -inf", [np.nan, np.inf, -np.inf]),
        ("1e3 -0.5", [1000, -0.5]),
    ],
)
def test_arrays_are_typed(text, expected) -> None:
    found = typed(text)
    np.testing.assert_array_equal(found, np.array(expected, np.float32))
    assert found.shape == np.shape(expected)
    assert found.dtype == np.float32


def test_a_dtype_may_be_typed() -> None:
    found = typed("int32 1 2; 3 4")
    assert found.dtype == np.int32
    assert found.tolist() == [[1, 2], [3, 4]]
    assert "dtype='int32'" in tried("batch_take", ["1 2; 3 4", "int32 0 1"], {})["code"]


@pytest.mark.parametrize(
    "text",
    ["x", "1 2; 3", "(2, 2) 1 2 3", "(2, -1) 1", "(a) 1", "[1, [2]]", "[1", "__import__('os')"],
)
def test_what_is_no_array_is_said(text) -> None:
    with pytest.raises(ArgumentError):
        typed(text)


def test_too_many_elements_are_refused() -> None:
    with pytest.raises(ArgumentError, match="too many to try"):
        typed("1 " * (MOST_ELEMENTS + 1))


def test_trying_what_is_random_changes_nothing_for_others() -> None:
    mx.random.seed(3)
    expected = [mx.nd.random.uniform(shape=(4,)).asnumpy() for _ in range(2)]
    mx.random.seed(3)
    found = [mx.nd.random.uniform(shape=(4,)).asnumpy()]
    again = [first("random_uniform" if "random_uniform" in FOUND else "uniform") for _ in range(2)]
    found.append(mx.nd.random.uniform(shape=(4,)).asnumpy())
    np.testing.assert_array_equal(found, expected)
    assert again[0]["values"] == again[1]["values"]


def test_parameters_say_what_they_take() -> None:
    params = {param["name"]: param for param in FOUND["Pooling"]["params"]}
    assert ["avg", "lp", "max", "sum"] == params["pool_type"]["choices"]
    assert ["False", "True"] == params["global_pool"]["choices"]
    assert "None" == params["layout"]["choices"][0]
    assert "Size of a window" in params["kernel"]["about"]
    dropout = {param["name"]: param for param in FOUND["Dropout"]["params"]}
    assert (0, 1) == (dropout["p"]["low"], dropout["p"]["high"])


def test_choices_are_taken() -> None:
    for op in operators().values():
        for param in op.params.values():
            for choice in choices_of(param):
                param.parse(choice, op.name)


def test_a_page_has_results_of_all() -> None:
    found = recorded()
    assert set(FOUND) == set(found)
    assert found["dot"] == first("dot")


def test_a_word_of_names_and_errors_is_never_markup() -> None:
    reply = tried("dot", ["<script>", "1"], {})
    assert "<script>" in reply["error"]


def test_public_operators_are_listed_first():
    groups = of_operators()["groups"]
    names = [name for _, group in groups for name in group]
    assert sorted(names) == sorted(FOUND)
    internal = [name.startswith("_") for name in names]
    assert internal == sorted(internal)
    assert names[0] == "broadcast_add"


def test_the_static_tables_have_whole_sentences_and_set_code_as_code():
    [told] = Explorer().sections()
    assert "<td" in told.html
    assert "`" not in told.html + told.text
    sentence = "{} up to but without {}, each value {} times."
    words = ("start + i*step", "stop", "repeat")
    assert sentence.format(*(f"<code>{word}</code>" for word in words)) in told.html
    assert sentence.format(*words) in told.text
    # The internal ones come last.
    assert (
        told.text.index("\n  abs ")
        < told.text.index("\n  zeros_like ")
        < told.text.index("\n  _arange ")
    )


def test_a_long_cell_is_cut_between_words_and_a_long_name_in_its_middle():
    text = Rows("Title", ("What", "Name"), [("word " * 20, "n" * 40 + "m" * 40)]).text()
    cell, name = text.splitlines()[-1].split("…", 1)
    assert set(cell.split()) == {"word"}
    assert "n" in name
    assert name.endswith("m")


def test_what_is_found_sets_code_as_code():
    found = mx.sym.search("arange")
    assert "<code>stop</code>" in found._repr_html_()
    assert "`" not in repr(found) + found._repr_html_()
