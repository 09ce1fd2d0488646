"""The cheat sheet: its programs run, one after the other in one kernel, and give what stands beside them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from lesson_files import LESSONS
from notebooks import Kernel, afresh, good, kernel
from programs import blocks, comments

pytestmark = pytest.mark.notebook

PAGE = LESSONS / "cheat_sheet.md"
MOST_LINES = 200


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with kernel(tmp_path_factory.mktemp("cheats")) as started:
        yield started


def test_it_is_one_page():
    assert len(PAGE.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_every_program_gives_what_stands_beside_it(running):
    page = PAGE.read_text(encoding="utf-8")
    programs = blocks(page, "python")
    assert len(programs) == page.count("```") // 2
    notebook = afresh(running)
    compared = 0
    for program in programs:
        if re.search(r"^%", program, re.MULTILINE):
            shown = good(notebook, program)
            assert shown.alt or "load_ext" in program
            continue
        said = comments(program)
        for statement in ast.parse(program).body:
            source = ast.get_source_segment(program, statement)
            given = good(notebook, decorated(statement, source)).text.strip()
            wanted = said.get(statement.end_lineno)
            if isinstance(statement, ast.Expr) and wanted and is_value(wanted):
                assert given == wanted, source
                compared += 1
    assert compared == len(re.findall(r"# (?=[\[('\dT]|array)", page))


def decorated(statement: ast.stmt, source: str | None) -> str:
    """A statement's text, with the lines of decorators above it."""
    return "\n".join(
        [
            *(f"@{ast.unparse(item)}" for item in getattr(statement, "decorator_list", [])),
            source or "",
        ]
    )


def is_value(comment: str) -> bool:
    """Whether a comment is what an expression gives, and no remark."""
    return re.match(r"[\[('\dT]|array", comment) is not None


def test_the_options_are_those_that_there_are(running):
    options = re.findall(r"^\| `(-\w)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(options) > 5
    usage = good(afresh(running), "%symgraph -h").stdout
    for option in options:
        assert re.search(rf"^  {option}, ", usage, re.MULTILINE), option


def test_the_errors_say_so(running):
    notebook = afresh(running)
    good(notebook, "a, b = mx.sym.Variable('A'), mx.sym.Variable('B')")
    good(notebook, "data = {'A': mx.nd.ones((2,)), 'B': mx.nd.ones((3,))}")
    good(notebook, "@mx.operator.define\ndef own(xp, x):\n    return x")
    wrong = {
        "has no value yet": "bool(a)",
        "ShapeError": "(a*b).bind(mx.cpu(), data)",
        "BindError": "(a*b).bind(mx.cpu(), {})",
        "has no gradient": "own(a).gradient('A')",
    }
    table = PAGE.read_text(encoding="utf-8").partition("| you read |")[2]
    assert set(re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE)) == set(wrong)
    for words, cell in wrong.items():
        error = notebook.run(cell).error
        assert words in f"{error['ename']}: {error['evalue']}"
