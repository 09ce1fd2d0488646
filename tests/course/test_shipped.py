"""The files that lessons read are found from anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symbook.course import data, shipped
from symbook.errors import LookupFailure


def test_a_file_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert json.loads(Path(data("lenet-symbol.json")).read_text(encoding="utf-8"))["nodes"]


def test_an_installed_symbook_has_them_inside_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "symbook")
    folder = tmp_path / "symbook" / "_lessons" / "data"
    folder.mkdir(parents=True)
    (folder / "one.params").touch()
    assert data("one.params") == str(folder / "one.params")


def test_what_is_not_there_is_told_with_what_is():
    with pytest.raises(LookupFailure, match=r"no file 'lenet.json'; there are .*lenet-symbol.json"):
        data("lenet.json")
