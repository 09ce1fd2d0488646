"""The glossary: in order, whole, and each word leads to the lesson where it is first told."""

from __future__ import annotations

import re

import pytest
from lesson_files import LESSON_SOURCES, LESSONS, SERIES, markdown, number, saved

ROW = re.compile(r"^\| \*\*(.+?)\*\* \| (.+) \| \[(\d+)\. (.+?)\]\((\w+)\.ipynb\) \|$")


def entries() -> list[tuple[str, ...]]:
    """The rows of the table: word, meaning, number, title and file of a lesson."""
    page = (LESSONS / "glossary.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")][2:]
    return [found.groups() for row in rows if (found := ROW.match(row))] + [
        (row,) for row in rows if not ROW.match(row)
    ]


ENTRIES = entries()
TEXTS = {number(source): markdown(saved(source)) for source in LESSON_SOURCES}


def test_words_are_in_order_and_each_is_there_once():
    words = [entry[0].casefold() for entry in ENTRIES]
    assert words == sorted(set(words))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry[0])
def test_a_word_leads_to_the_lesson_that_tells_it(entry):
    word, meaning, lesson, title, file = entry
    assert SERIES[int(lesson)] == (file, title)
    assert re.search(rf"\b{re.escape(word)}", TEXTS[int(lesson)], re.IGNORECASE)
    assert meaning.endswith((".", ".)", "?"))
    earlier = [n for n in range(1, int(lesson)) if word in told(n)]
    assert not earlier


def told(lesson: int) -> list[str]:
    """The words in bold in what a lesson says has been seen."""
    recap = TEXTS[lesson].partition("## What you have seen")[2]
    rows = [
        line.split("|")[1] for line in recap.splitlines() if line.startswith("|") and "**" in line
    ]
    return [word for row in rows for word in re.findall(r"\*\*(.+?)\*\*", row)]


@pytest.mark.parametrize("lesson", sorted(TEXTS))
def test_every_word_of_a_recap_is_there(lesson):
    there = {entry[0] for entry in ENTRIES}
    missing = [word for word in told(lesson) if not {word, word.removesuffix("s")} & there]
    assert not missing
