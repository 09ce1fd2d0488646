"""What the lessons' texts say: their links lead somewhere, and their words are spelt in one way."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from build_lessons import ROOT
from lesson_files import HOSTS, PAGES, SOURCES, name_of, text_of

TEXTS = [*SOURCES, *PAGES]

# What stands before a path of the repository in links to places that show it.
OWN = (
    "https://github.com/symbook/symbook/blob/HEAD/",
    "https://github.com/symbook/symbook/tree/HEAD/",
    "https://colab.research.google.com/github/symbook/symbook/blob/main/",
    "https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/",
)

AMERICAN = re.compile(
    r"\b(\w*colors?|colored|behaviors?|centers?|centered|gray|neighbors?|favorites?|labeled|modeling|"
    r"catalogs?|analyz\w+|\w+(?:im|al|ogn|an|ar|on)iz(?:e|es|ed|er|ers|ing|ation|ations))\b",
    re.IGNORECASE,
)
# Words that are written with z everywhere.
NOT_AMERICAN = {"horizon"}

each_text = pytest.mark.parametrize("path", TEXTS, ids=name_of)


def links(text: str) -> list[tuple[str, str]]:
    """The links of a text; the words of one may be a picture."""
    return re.findall(r"(?<!!)\[((?:!\[[^]]*\]\([^)]*\)|[^]\[])+)\]\(([^)\s]+)\)", text)


@each_text
def test_links_lead_somewhere(path):
    found = links(text_of(path))
    for words, target in found:
        assert words.lower() not in {"here", "link", "this"}
        if "://" in target:
            _assert_outside(target)
        else:
            _assert_inside(path, target)
    for target in re.findall(r'<a [^>]*href="([^"]*)"', text_of(path)):
        assert target in {target for _, target in found}, f"{target}: write links in Markdown"


def _assert_outside(target: str) -> None:
    parts = urlsplit(target)
    assert parts.scheme == "https", target
    assert parts.hostname in HOSTS, target
    for before in OWN:
        if target.startswith(before):
            _assert_inside(ROOT / "README.md", target.removeprefix(before))


def _assert_inside(path: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    file = (path.parent / name).resolve() if name else path
    assert file.exists(), target
    if anchor:
        source = file.with_suffix(".py") if file.suffix == ".ipynb" else file
        assert anchor in anchors(text_of(source)), target


def anchors(text: str) -> set[str]:
    """What headings can be reached by: as JupyterLab makes it, and as GitHub does."""
    titles = [title.strip() for title in re.findall(r"^#+ (.*)", text, re.MULTILINE)]
    lab = {title.replace(" ", "-") for title in titles}
    return lab | {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_anchors_are_those_of_jupyterlab_and_of_github():
    assert anchors("# One, two\n\n## 1. The graph\n") == {
        "One,-two",
        "one-two",
        "1.-The-graph",
        "1-the-graph",
    }


def test_words_are_spelt_right(tmp_path):
    """All texts at once: the checker reads its long list only once."""
    for path in TEXTS:
        copy = tmp_path / f"{name_of(path)}{path.suffix}.txt"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text_of(path), encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "codespell_lib", "--builtin", "clear,rare", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not found.stderr
    assert not found.stdout.replace(str(tmp_path), "lessons")


@each_text
def test_words_are_spelt_as_in_britain(path):
    words = {word.lower() for word in AMERICAN.findall(text_of(path))}
    assert not words - NOT_AMERICAN


def test_american_spelling_is_found():
    text = (
        "The color of the neighbor: optimizer, normalized, recognize, summarizes, a size, a prize."
    )
    assert AMERICAN.findall(text) == [
        *("color", "neighbor", "optimizer", "normalized", "recognize", "summarizes"),
    ]
