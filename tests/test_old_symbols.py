"""Symbols of earlier versions: what MXNet 1.9.1 makes of them, and files that are damaged."""

from __future__ import annotations

import contextlib
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbook as mx
from symbook.errors import FormatError, ParamError, SymbookError

ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "golden" / "upgrades.json").read_text()
)
CASTS = [row for row in ROWS if "code" in row]
ROWS = [row for row in ROWS if "text" in row]
TEXTS = {row["name"]: row["text"] for row in ROWS}


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "error" not in row], ids=lambda r: r["name"]
)
class TestUpgrades:
    def test_becomes_what_mxnet_makes_of_it(self, row: dict[str, Any]) -> None:
        text = mx.sym.load_json(row["text"]).tojson()
        if row["name"].startswith("0.8"):
            # MXNet leaves the edges of states that it adds at version 0; a new symbol has 1 there.
            text = text.replace(", 0, 1]", ", 0, 0]")
        assert row["upgraded"] == text

    def test_lists_what_mxnet_lists(self, row: dict[str, Any]) -> None:
        symbol = mx.sym.load_json(row["text"])
        assert row["arguments"] == symbol.list_arguments()
        assert row["auxiliary"] == symbol.list_auxiliary_states()
        assert row["attr_dict"] == symbol.attr_dict()


@pytest.mark.parametrize("row", [row for row in ROWS if "error" in row], ids=lambda r: r["name"])
def test_what_mxnet_refuses_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises((FormatError, ParamError), match=r"node \d+ \(|arg_nodes"):
        mx.sym.load_json(row["text"])


@pytest.mark.parametrize("row", CASTS, ids=lambda row: row["name"])
def test_casts_of_mixed_precision_are_left_out_as_by_mxnet(row: dict[str, Any]) -> None:
    *lines, last = row["code"].strip().splitlines()
    space: dict[str, Any] = {"mx": mx}
    exec("\n".join(lines), space)
    symbol = eval(last, space)
    assert row["kept"] == symbol.tojson(remove_amp_cast=False)
    assert row["saved"] == symbol.tojson()
    assert row["kept"] == pickle.loads(pickle.dumps(symbol)).tojson(remove_amp_cast=False)


def test_states_of_old_files_are_bound_by_their_names() -> None:
    symbol = mx.sym.load_json(TEXTS["0.8 batch norm"])
    _, _, aux = symbol.infer_shape(data=(2, 3, 8, 8))
    assert [(8,), (8,)] == aux


class TestDamage:
    def changed(self, change: Any, name: str = "1.0 batch norm") -> str:
        data = json.loads(TEXTS[name])
        change(data)
        return json.dumps(data)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda d: d["nodes"][2]["inputs"].__setitem__(0, [2, 0, 0]), r"node 2 \(c\): \[2, 0, 0"),
            (lambda d: d["nodes"][2]["inputs"].__setitem__(0, [7, 0, 0]), "of an earlier node"),
            (lambda d: d["nodes"][2]["inputs"].__setitem__(0, [-1, 0]), "of an earlier node"),
            (lambda d: d["nodes"][2]["inputs"].__setitem__(0, [0, 0, 0, 0]), "of an earlier node"),
            (lambda d: d["nodes"][2]["inputs"].__setitem__(0, [True, 0]), "of an earlier node"),
            (lambda d: d["nodes"][2]["inputs"].__setitem__(0, [0, 1]), r"data has 1 output, none is 1"),
            (lambda d: d["nodes"][2]["inputs"].pop(), r"node 2 \(c\): Convolution takes 2 inputs"),
            (lambda d: d["nodes"][2].update(inputs={}), "its inputs are no list"),
            (lambda d: d["nodes"][2].update(attrs=[]), "its attrs is no table of texts"),
            (lambda d: d["nodes"][2].update(name=7), "node 2: not a node with an op and a name"),
            (lambda d: d["nodes"][0].update(inputs=[[0, 0]]), "of an earlier node"),
            (lambda d: d["nodes"][1].update(inputs=[[0, 0]]), "a variable has no inputs, this has 1"),
            (lambda d: d["nodes"][0].update(name="\ud800"), "no Unicode text"),
            (lambda d: d["nodes"][0].update(attrs={"\udfff": "x"}), "no Unicode text"),
            (lambda d: d.update(arg_nodes=7), "arg_nodes: not a list"),
            (lambda d: d.update(arg_nodes=[2]), "arg_nodes: 2 is no variable"),
            (lambda d: d.update(arg_nodes=[99]), "arg_nodes: 99 is no variable"),
            (lambda d: d.update(arg_nodes=["data"]), "arg_nodes: 'data' is no variable"),
            (lambda d: d.update(heads={"a": 1}), "no heads"),
            (lambda d: d.update(heads=[[8, 1]]), "heads: relu has 1 output, none is 1"),
            (lambda d: d.update(attrs=[]), "the version of MXNet"),
            (lambda d: d["attrs"].update(mxnet_version=10901), "the version of MXNet"),
            (lambda d: d["attrs"].update(mxnet_version=["int", "x"]), "the version of MXNet"),
        ],
    )  # fmt: skip
    def test_it_is_said_where(self, change: Any, message: str) -> None:
        with pytest.raises(FormatError, match=message):
            mx.sym.load_json(self.changed(change))

    def test_variables_of_one_name_that_disagree(self) -> None:
        def change(data: Any) -> None:
            data["nodes"][3].update(name="data", attrs={"__shape__": "(2,)"})
            data["nodes"][0].update(attrs={"__shape__": "(3,)"})

        with pytest.raises(
            FormatError, match=r"node 3 \(data\): node 0 \(data\) has that name too"
        ):
            mx.sym.load_json(self.changed(change))

    def test_number_of_arguments_and_inputs_agree(self) -> None:
        def change(data: Any) -> None:
            data["nodes"][7]["param"]["num_args"] = "3"

        with pytest.raises(FormatError, match=r"node 7 \(c\): Concat takes 3 inputs, this has 2"):
            mx.sym.load_json(self.changed(change, "0.8 old names"))

    @pytest.mark.parametrize("count", ["1000000000", " 1000000000", "9" * 5000])
    def test_outputs_that_no_memory_holds(self, count: str) -> None:
        def change(data: Any) -> None:
            data["nodes"][8]["param"]["num_outputs"] = count

        with pytest.raises((FormatError, ParamError), match=r"node 8 \(t\)"):
            mx.sym.load_json(self.changed(change, "0.8 old names"))

    @settings(deadline=None, max_examples=200)
    @given(data=st.data())
    def test_a_text_changed_anywhere_is_read_or_refused(self, data: st.DataObject) -> None:
        text = TEXTS[data.draw(st.sampled_from(["0.8 batch norm in a group", "0.8 old names"]))]
        at = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(at, min(at + 30, len(text))))
        with contextlib.suppress(SymbookError):
            mx.sym.load_json(text[:at] + data.draw(st.text(max_size=3)) + text[end:])


def test_versions_of_states_count_their_updates() -> None:
    """Edges hold how often a state was updated before; MXNet's answer for one state of two nodes."""
    data, mean, var = (mx.sym.Variable(name) for name in ("data", "mm", "mv"))
    first = mx.sym.BatchNorm(data, moving_mean=mean, moving_var=var, name="b1")
    second = mx.sym.BatchNorm(first, moving_mean=mean, moving_var=var, name="b2")
    nodes = json.loads((second + mean).tojson())["nodes"]
    assert [[5, 0, 0], [6, 0, 0], [7, 0, 0], [3, 0, 2], [4, 0, 2]] == nodes[8]["inputs"]
    assert [[8, 0, 0], [3, 0, 2]] == nodes[9]["inputs"]
    heads = json.loads(first.get_internals().tojson())["heads"]
    assert [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 1], [4, 0, 1], [5, 0, 0]] == heads
