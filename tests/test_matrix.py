"""What symbook asks for was tried: `build_matrix.py` ran among these versions, and nothing failed."""

from __future__ import annotations

import tomllib

import pytest
from matrix import BROWSER, EVERYWHERE, PAGE, bounds, lowest, page, results
from packaging.version import Version


def test_every_one_was_tried_and_nothing_failed():
    found = results()
    assert list(found) == [each.name for each in EVERYWHERE]
    for name, result in found.items():
        assert result["failed"] == [], name
        assert result["passed"] >= (2 if name in ("JupyterLab 4.2", "Notebook 7.0") else 300), name


def test_the_lowest_bounds_are_the_oldest_that_were_tried():
    asked = {**bounds(), **bounds("lessons"), **bounds("jit")}
    tried = results()["all lowest bounds"]["versions"]
    for name, version in asked.items():
        assert Version(tried[name]) == Version(version), name
    assert set(lowest("", "lessons", "jit")) == {f"{name}=={asked[name]}" for name in asked}
    in_lab = results()["JupyterLab 4.2"]["versions"]["jupyterlab"]
    assert Version(in_lab) == Version(f"{bounds('lab')['jupyterlab']}.0")


def test_every_python_that_is_promised_was_tried(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    prefix = "Programming Language :: Python :: 3."
    promised = {word.removeprefix(prefix) for word in project["classifiers"] if prefix in word}
    tried = {result["python"].split(".")[1] for result in results().values()}
    assert promised == tried


def test_the_page_has_the_table():
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text
    assert "| all lowest bounds | 3.11" in text


@pytest.mark.parametrize("each", EVERYWHERE, ids=lambda each: each.name)
def test_what_is_run_is_there(each, root):
    assert all((root / "tests" / f"{part}.py").is_file() for part in each.parts)
    assert each.parts == BROWSER or len(set(each.parts)) == len(each.parts)
