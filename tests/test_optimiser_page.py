"""What the page on the optimiser says is what its programs print, and it names every pass."""

from __future__ import annotations

import re

import pytest
from build_optimiser import PAGE, page

import symbook as mx
from symbook.passes import PASSES
from symbook.passes.folding import MOST_BYTES


@pytest.fixture(scope="module")
def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_its_programs_print_what_stands_below_them(text):
    assert page(text) == text, "run `python tests/build_optimiser.py`"
    assert 3 == len(re.findall("```python", text))


def test_it_has_every_pass_in_order(text):
    rows = re.findall(r"^\| ([a-z, ]+?) \|", text, re.MULTILINE)
    named = [name for row in rows for name in row.split(", ") if name != "pass"]
    assert [each.name for each in PASSES] == named


def test_its_numbers_and_names_are_those_of_the_code(text):
    assert f"{MOST_BYTES // 1024} KiB" in text
    executor = mx.sym.Variable("x").bind(mx.cpu(), {"x": mx.nd.ones(3)})
    for name in re.findall(r"executor\.(\w+)", text):
        assert hasattr(executor, name)


def test_the_readme_links_it(root):
    assert "(OPTIMISER.md)" in (root / "README.md").read_text(encoding="utf-8")
