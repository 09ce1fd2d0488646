"""The page of the lessons: every lesson is on it, in order, with a line, and can be run from there."""

from __future__ import annotations

import re

from lesson_files import BINDER, COLAB, LESSONS, SERIES

ROW = re.compile(
    r"^\| \[(\d+)\. (.+?)\]\((\w+)\.ipynb\) \| (\S.*\S) \| \[Binder\]\((\S+)\) · \[Colab\]\((\S+)\) \|$",
    re.MULTILINE,
)


def test_every_lesson_is_there_with_a_line_and_its_places():
    rows = ROW.findall((LESSONS / "README.md").read_text(encoding="utf-8"))
    assert [(int(at), (file, title)) for at, title, file, *_ in rows] == list(SERIES.items())
    for _, _, file, about, binder, colab in rows:
        assert about.endswith(".")
        assert binder == BINDER.format(file)
        assert colab == COLAB.format(file)
