"""`mx.init`: arrays as MXNet 1.9.1 fills them after the same seed, names, texts and mistakes."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symbook as mx
from symbook.errors import FormatError, SymbookError

ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "golden" / "initializers.json").read_text()
)


def label(row: dict[str, Any]) -> str:
    call = row["calls"][0]
    return f"{row['seed']}-{call['init']}-{call['name']}"


def fill(call: dict[str, Any]) -> tuple[Any, np.ndarray]:
    """The initializer of a recorded call, and the array that it fills."""
    array = mx.nd.full(tuple(call["shape"]), 7, dtype=call["dtype"])
    initializer = eval(call["init"], {"mx": mx})
    if call["plain"]:
        with pytest.warns(DeprecationWarning, match="InitDesc"):
            initializer(call["name"], array)
    else:
        initializer(mx.init.InitDesc(call["name"], call["attrs"]), array)
    return initializer, array.asnumpy()


@pytest.mark.parametrize("row", [row for row in ROWS if "error" not in row], ids=label)
def test_fills_as_mxnet_fills(row: dict[str, Any]) -> None:
    mx.random.seed(row["seed"])
    initializer = None
    for call, result in zip(row["calls"], row["results"], strict=True):
        initializer, found = fill(call)
        expected = np.array(result["data"], result["dtype"]).reshape(result["shape"])
        assert expected.dtype == found.dtype
        if "Orthogonal" in call["init"] and call["init"] == row["calls"][0]["init"]:
            # Each singular vector may point either way, and LAPACKs differ in which they give.
            np.testing.assert_allclose(abs(found), abs(expected), rtol=1e-4, atol=1e-5)
        elif call["dtype"] == "float16" or "Normal" in call["init"] or "gauss" in call["init"]:
            np.testing.assert_allclose(found, expected, rtol=1e-3 if found.itemsize == 2 else 3e-7)
        elif "MSRA" in call["init"]:
            np.testing.assert_allclose(found, expected, rtol=3e-7)
        else:
            np.testing.assert_array_equal(found, expected)
    if row["dumps"] is not None:
        assert json.loads(row["dumps"]) == json.loads(initializer.dumps())


@pytest.mark.parametrize("row", [row for row in ROWS if "error" in row], ids=label)
def test_what_mxnet_refuses_is_refused(row: dict[str, Any]) -> None:
    [call] = row["calls"]
    with pytest.raises(SymbookError) as caught:
        fill(call)
    assert isinstance(caught.value, ValueError)


def test_an_orthogonal_matrix_is_one() -> None:
    for shape in ((3, 8), (8, 3), (4, 2, 3, 3)):
        array = mx.nd.zeros(shape)
        mx.init.Orthogonal(scale=2)(mx.init.InitDesc("w_weight"), array)
        flat = array.asnumpy().reshape(shape[0], -1)
        product = flat @ flat.T if flat.shape[0] <= flat.shape[1] else flat.T @ flat
        np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


class TestTexts:
    @pytest.mark.parametrize(
        "initializer",
        [
            mx.init.Zero(), mx.init.One(), mx.init.Constant(2), mx.init.Uniform(), mx.init.Normal(3),
            mx.init.Xavier("gaussian"), mx.init.MSRAPrelu(slope=0), mx.init.Orthogonal(),
            mx.init.Bilinear(), mx.init.LSTMBias(), mx.init.Constant(np.eye(2)),
            mx.init.FusedRNN(mx.init.Xavier(), 2, 1, "lstm"), mx.init.FusedRNN(None, 2, 1, "gru"),
        ],
        ids=lambda init: init.dumps()[:30],
    )  # fmt: skip
    def test_are_read_back(self, initializer: Any) -> None:
        again = mx.init.create(initializer.dumps())
        assert again == initializer
        assert type(again) is type(initializer)
        assert again.dumps() == initializer.dumps()
        assert mx.init.create(initializer) is initializer

    def test_a_variable_keeps_its_initializers(self) -> None:
        variable = mx.sym.Variable("v", init=mx.init.One())
        assert '["one", {}]' == variable.attr("__init__")
        assert '["xavier", {"rnd_type": "uniform", "factor_type": "avg", "magnitude": 3}]' == (
            mx.sym.Variable("v", init=mx.init.Xavier()).attr("__init__")
        )

    @pytest.mark.parametrize(
        "text",
        ["nothing", "[", "[1]", '["one"]',
         '["one", []]', '["one", {"foo": 1}]', "{}", '{"a": 1}', "[" * 9999],
    )  # fmt: skip
    def test_others_are_refused(self, text: str) -> None:
        with pytest.raises(SymbookError):
            mx.init.create(text)

    def test_near_misses_are_offered(self) -> None:
        with pytest.raises(ValueError, match="xavie is not registered") as caught:
            mx.init.create("xavie")
        assert "Did you mean 'xavier'?" == caught.value.hint

    def test_names_and_arguments(self) -> None:
        assert (
            mx.init.Uniform(2) == mx.init.create("uniform", 2) == mx.init.create("Uniform", scale=2)
        )
        assert mx.init.Zero() == mx.init.create(initializer="zeros")
        assert mx.init.Uniform(2) != mx.init.Uniform(3)
        assert mx.init.Zero() != mx.init.One()
        with pytest.raises(SymbookError, match="complete"):
            mx.init.create(mx.init.One(), scale=1)


class TestOwnInitializers:
    def test_registered_it_is_found_by_name(self) -> None:
        @mx.init.register
        @mx.init.alias("ninth", "neun")
        class Nine(mx.init.Initializer):
            def _init_weight(self, name: str, arr: Any) -> None:
                arr[:] = 9

            def _init_bias(self, name: str, arr: Any) -> None:
                arr[:] = 1

        for text in ("nine", "ninth", "NEUN", Nine().dumps()):
            array = mx.nd.zeros(2)
            mx.init.Zero()(mx.init.InitDesc("x", {"__init__": text}), array)
            assert [9, 9] == array.asnumpy().tolist()
        array = mx.nd.zeros(2)
        mx.init.create("nine")(mx.init.InitDesc("fc_bias"), array)
        assert [1, 1] == array.asnumpy().tolist()
        with pytest.warns(UserWarning, match="'nine' is registered anew"):
            mx.init.register(Nine)

    def test_one_that_fills_no_weights(self) -> None:
        with pytest.raises(NotImplementedError):
            mx.init.Initializer()(mx.init.InitDesc("w_weight"), mx.nd.zeros(1))

    def test_only_initializers_are_registered(self) -> None:
        with pytest.raises(TypeError):
            mx.init.register(dict)


def test_what_is_filled_is_logged(caplog: Any) -> None:
    caplog.set_level("INFO")
    init = mx.init.One().set_verbosity(True)
    init(mx.init.InitDesc("w_weight"), mx.nd.zeros(4))
    assert "Initialized w_weight as weight: 1.0" in caplog.text
    init.set_verbosity(True, lambda array: f"of shape {array.shape}")
    init(mx.init.InitDesc("x", {"__init__": "one"}), mx.nd.zeros(4))
    assert "Initialized x as one: of shape (4,)" in caplog.text


class TestMistakes:
    @pytest.mark.parametrize(
        "code",
        [
            "Xavier('unifrom')", "Xavier(factor_type='both')", "Orthogonal(rand_type='x')",
            "FusedRNN(None, 2, 1, 'rnn')", "Mixed(['a'], [])", "Mixed(['('], [mx.init.One()])",
        ],
    )  # fmt: skip
    def test_parameters(self, code: str) -> None:
        with pytest.raises(ValueError, match=r".") as caught:
            eval(f"mx.init.{code}")
        assert isinstance(caught.value, SymbookError)

    @pytest.mark.parametrize(
        ("init", "shape"),
        [
            (mx.init.Bilinear(), (2, 2)),
            (mx.init.Xavier(), ()),
            (mx.init.FusedRNN(mx.init.One(), 3, 1, "lstm"), (85,)),
            (mx.init.FusedRNN(mx.init.One(), 3, 1, "lstm"), (4,)),
            (mx.init.FusedRNN(None, 3, 1, "lstm"), (84,)),
            (mx.init.Load({"w_weight": mx.nd.ones(2)}), (3,)),
            (mx.init.Load({"v_weight": mx.nd.ones(2)}), (3,)),
            (mx.init.Mixed(["v"], [mx.init.One()]), (3,)),
        ],
        ids=lambda given: str(given) if isinstance(given, tuple) else type(given).__name__,
    )  # fmt: skip
    def test_arrays(self, init: Any, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"weight|shape|parameters") as caught:
            init(mx.init.InitDesc("w_weight"), mx.nd.zeros(shape) if shape else mx.nd.array(1))
        assert isinstance(caught.value, SymbookError)

    def test_kinds(self) -> None:
        for desc, array in ((7, mx.nd.zeros(1)), ("w_weight", np.zeros(1))):
            with pytest.raises(TypeError):
                mx.init.One()(desc, array)
        with pytest.raises(TypeError):
            mx.init.Load([mx.nd.ones(1)])

    def test_arrays_without_elements_are_filled(self) -> None:
        for name in ("Xavier", "Uniform", "Bilinear", "Zero"):
            getattr(mx.init, name)()(mx.init.InitDesc("w_weight"), mx.nd.zeros((0, 1, 2, 0)))


def test_a_file_of_parameters_is_loaded(tmp_path: Path) -> None:
    mx.model.save_checkpoint(str(tmp_path / "p"), 1, None, {"w": mx.nd.ones(2)}, {})
    array = mx.nd.zeros(2)
    mx.init.Load(str(tmp_path / "p-0001.params"))("w", array)
    assert [1, 1] == array.asnumpy().tolist()
    (tmp_path / "p-0001.params").write_bytes(b"x")
    with contextlib.suppress(FormatError):
        mx.init.Load(str(tmp_path / "p-0001.params"))
