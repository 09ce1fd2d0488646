"""Names that would control a terminal or end a line, in every text that is for one: they are spelt there."""

from __future__ import annotations

import io
import json
import logging
import unicodedata
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest
from hostile_cases import HOSTILE, hostile_run
from hypothesis import given, settings
from hypothesis import strategies as st

import symbook as mx
from symbook import render
from symbook.quoting import brief, one_line
from symbook.quoting import given as quoted

_TURNING = set(
    "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
NASTY = "\x1b]0;title\x07\x1b[2J\x9b31m\r\n  hint  type rm -rf\u202e\u2066\ud800\x00\x7f\x85\u2028"


def harmless(text: str, own: str = "\n") -> str:
    """The text, if nothing in it controls a terminal but the breaks that are ours."""
    text.encode("utf-8")
    bad = {char for char in text if unicodedata.category(char) in ("Cc", "Cs") or char in _TURNING}
    assert bad <= set(own)
    return text


def symbols() -> dict[str, mx.sym.Symbol]:
    x = mx.sym.Variable(NASTY, attr={"__note__": NASTY})
    return {
        "variable": x,
        "operator": mx.sym.tanh(x, name=NASTY),
        "group": mx.sym.Group([x, mx.sym.split(x, num_outputs=2, axis=0, name=NASTY)]),
        "all": hostile_run(HOSTILE).symbol,
    }


SYMBOLS = symbols()


@pytest.mark.parametrize("symbol", SYMBOLS.values(), ids=SYMBOLS.keys())
class TestTexts:
    def test_repr(self, symbol: mx.sym.Symbol) -> None:
        assert "\n" not in harmless(repr(symbol))

    def test_debug_str(self, symbol: mx.sym.Symbol) -> None:
        lines = harmless(symbol.debug_str(), "\n\t").split("\n")
        assert not any(line.startswith("  hint") for line in lines)

    def test_print_summary(self, symbol: mx.sym.Symbol) -> None:
        printed = io.StringIO()
        with redirect_stdout(printed):
            mx.viz.print_summary(symbol, dict.fromkeys(symbol.list_arguments(), (2,)))
        assert not any(
            line.startswith("  hint") for line in harmless(printed.getvalue()).split("\n")
        )

    def test_plan_and_what_is_run(self, symbol: mx.sym.Symbol) -> None:
        executor = symbol.simple_bind(mx.cpu(), **dict.fromkeys(symbol.list_arguments(), (2,)))
        executor.forward()
        harmless(repr(executor))
        harmless(str(executor.plan))
        harmless(executor.debug_str(), "\n\t")

    def test_monitor(self, symbol: mx.sym.Symbol, caplog: Any) -> None:
        executor = symbol.simple_bind(mx.cpu(), **dict.fromkeys(symbol.list_arguments(), (2,)))
        monitor = mx.monitor.Monitor(1)
        monitor.install(executor)
        with caplog.at_level(logging.INFO):
            monitor.tic()
            executor.forward()
            monitor.toc_print()
        assert caplog.records
        for record in caplog.records:
            harmless(record.getMessage(), "\t")

    @pytest.mark.parametrize("kind", ["svg", "dot"])
    def test_pictures(self, symbol: mx.sym.Symbol, kind: str, tmp_path: Path) -> None:
        path = tmp_path / f"graph.{kind}"
        render.save(symbol, path)
        text = harmless(path.read_text(encoding="utf-8"), "\n\t\ufeff")
        if kind == "svg":
            tags = {
                item.tagName
                for item in minidom.parseString(text.encode()).getElementsByTagName("*")
            }
            assert not {"script", "foreignObject", "image", "iframe"} & tags  # fmt: skip


def test_profiles(tmp_path: Path) -> None:
    mx.profiler.set_config(filename=str(tmp_path / "profile.json"))
    mx.profiler.set_state("run")
    hostile_run([*HOSTILE, NASTY]).forward()
    mx.profiler.set_state("stop")
    harmless(mx.profiler.dumps())
    mx.profiler.dump()
    text = (tmp_path / "profile.json").read_text(encoding="utf-8")
    harmless(text)
    json.loads(text)


def _mistakes() -> dict[str, Any]:
    x, y = mx.sym.Variable(NASTY), mx.sym.Variable(f"{NASTY}2")
    ones, executor = mx.nd.ones((2,)), hostile_run([NASTY, "b"])
    return {
        "shapes": lambda: (x * y).bind(mx.cpu(), {NASTY: ones, f"{NASTY}2": mx.nd.ones((3,))}),
        "missing": lambda: (x * y).bind(mx.cpu(), {}),
        "unknown shapes": lambda: (x * y).simple_bind(mx.cpu()),
        "more": lambda: (x * y).simple_bind(mx.cpu(), **{f"{NASTY}3": (2,)}),
        "output": lambda: (x * y)[NASTY],
        "operator": lambda: getattr(mx.sym, NASTY),
        "parameter": lambda: mx.sym.relu(x, **{NASTY: 1}),
        "value": lambda: mx.sym.Activation(x, act_type=NASTY),
        "attribute": lambda: mx.sym.Variable("a", **{NASTY: 1}),
        "declaration": lambda: mx.sym.Variable(NASTY, attr={"__shape__": NASTY}).infer_shape(),
        "inference": lambda: (x * y).infer_shape(**{NASTY: (2,), f"{NASTY}2": (3,)}),
        "composing": lambda: (x * y)(**{f"{NASTY}3": x}),
        "symbol file": lambda: mx.sym.load(f"{NASTY[:-6]}.json"),
        "arrays": lambda: mx.nd.load(f"{NASTY[:5]}.params"),
        "gradient": lambda: (x * y).gradient(f"{NASTY}3"),
        "forward": lambda: executor.forward(**{f"{NASTY}3": ones}),
        "copy": lambda: executor.copy_params_from({f"{NASTY}3": ones}),
        "clash": lambda: mx.sym.Group(
            [mx.sym.Variable(NASTY, shape=(1,)), mx.sym.Variable(NASTY, shape=(2,))]
        ).infer_shape(),
        "custom": lambda: mx.sym.Custom(x, op_type=NASTY),
        "initializer": lambda: mx.init.create(NASTY),
    }


@pytest.mark.parametrize("mistake", _mistakes().values(), ids=_mistakes().keys())
def test_messages(mistake: Any) -> None:
    """A message is one line and the lines of its table: no name makes another line."""
    with pytest.raises(mx.base.MXNetError) as caught:
        mistake()
    lines = harmless(str(caught.value)).split("\n")
    assert not any(line.startswith("  hint  type rm") for line in lines)


@settings(deadline=None, max_examples=200)
@given(text=st.text(st.characters(), max_size=300))
def test_spelling(text: str) -> None:
    """What has an effect is spelt as Python spells it; everything else stays; what is long is cut."""
    harmless(one_line(text), "")
    assert one_line(text.encode("ascii", "ignore").decode()) == "".join(
        char if char.isprintable() else repr(char)[1:-1] for char in text if char.isascii()
    )
    harmless(brief(text), "")
    assert len(brief(text, 20)) <= 20 * 10
    harmless(quoted(text), "")
    if text.isprintable() and len(text) <= 80:
        assert brief(text) == one_line(text)
