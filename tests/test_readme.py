"""What the README says is so: its program runs and gives what stands beside it, its links and counts hold."""

from __future__ import annotations

import ast
import re
import tomllib
import xml.etree.ElementTree as ET
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import build_operators
import numpy as np
import pytest
from packaging.requirements import Requirement
from programs import blocks, comments

import symbook as mx
from symbook.cli import main
from symbook.errors import UnsupportedError
from symbook.ops import registry
from symbook.ops.search import is_internal


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def test_the_programs_give_what_their_comments_say(readme, tmp_path, monkeypatch):
    pytest.importorskip("anywidget")
    monkeypatch.chdir(tmp_path)
    tutorial, views, own = blocks(readme, "python")
    space: dict[str, object] = {}
    with mx.name.NameManager():
        assert [2, 2, 1] == [run(code, space) for code in (tutorial, views, own)]
    assert {path.name for path in tmp_path.iterdir()} == {"values.html", "values.svg"}
    assert len([line for line in tutorial.splitlines() if line.strip()]) <= 10


def run(code: str, space: dict[str, object]) -> int:
    """Run a program; compare its expressions with the comments beside them, and count them."""
    said, compared = comments(code), 0
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.Expr):
            value = eval(compile(ast.Expression(statement.value), "README.md", "eval"), space)
            assert repr(value) == said[statement.end_lineno]
            compared += 1
        else:
            exec(compile(ast.Module([statement], []), "README.md", "exec"), space)
    return compared


def test_the_two_commands_are_one_line_each(readme):
    commands = blocks(readme, "sh")
    assert [len(command.splitlines()) for command in commands] == [1, 1]
    assert all(command.startswith("python3 -m venv .venv && ") for command in commands)
    assert f"<!-- test command -->\n```sh\n{commands[1]}```" in readme


def test_its_commands_name_extras_and_options_that_are_there(readme, root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = {
        name for listed in re.findall(r"\.\[([\w,]+)\]", readme) for name in listed.split(",")
    }
    assert {"lab", "test", "cuda12", "cuda13"} <= extras <= set(project["optional-dependencies"])
    rows = re.findall(r"^\| `symbook (\w+).*$", readme, re.MULTILINE)
    assert set(rows) == {"lab", "lessons", "draw", "doctor"}
    for command in rows:
        [row] = [line for line in readme.splitlines() if line.startswith(f"| `symbook {command}")]
        with redirect_stdout(StringIO()) as usage:
            for words in [command, *re.findall(rf"`symbook ({command} \w+) ", row)]:
                with pytest.raises(SystemExit):
                    main([*words.split(), "--help"])
        for option in re.findall(r"--\w[\w-]*", row):
            assert option in usage.getvalue()


def test_what_is_not_there_yet_is_refused_as_such(readme):
    for name in ("contrib", "image", "sparse"):
        with pytest.raises(UnsupportedError):
            getattr(mx.sym, name)
    with pytest.raises(UnsupportedError):
        mx.autograd  # noqa: B018  # asked for
    [row] = [line for line in readme.splitlines() if line.startswith("| **The rest of MXNet**")]
    there, missing = (re.findall(r"`mx\.(\w+)`", cell) for cell in row.split("|")[2:4])
    assert there
    assert missing
    for name in there:
        getattr(mx, name)
    for name in missing:
        with pytest.raises(UnsupportedError):
            getattr(mx, name)


def test_symbols_of_unequal_shapes_broadcast(readme):
    [shapes] = re.findall(r"unequal shapes, `(\(.*?\))` with `(\(.*?\))`", readme)
    left, right = map(ast.literal_eval, shapes)
    product = mx.sym.Variable("A", shape=left) * mx.sym.Variable("B", shape=right)
    assert product.infer_shape()[1] == [np.broadcast_shapes(left, right)]


def test_the_line_without_pygraphviz_installs_what_is_required(readme, root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    [line] = re.findall(r"pip install (numpy .*)$", readme, re.MULTILINE)
    required = {Requirement(text).name for text in project["dependencies"]}
    # ipykernel brings IPython.
    assert {*line.split(), "ipython"} == required - {"pygraphviz"} | {"jupyterlab"}


def test_the_picture_is_described(readme, root):
    [(alt, target)] = re.findall(r"^!\[([^\]]*)\]\((\S+)\)$", readme, re.MULTILINE)
    svg = ET.parse(root / target).getroot()
    assert alt == svg.find("{http://www.w3.org/2000/svg}desc").text


def test_the_links_lead_to_files(readme, root):
    targets = re.findall(r"\]\(([^)\s]+)\)", readme)
    local = [target for target in targets if "://" not in target]
    assert local
    for target in local:
        assert (root / target).is_file(), target


def test_every_lesson_is_listed(readme, root):
    listed = re.findall(r"^\d+\. \[.*?\]\(lessons/(.*?)\)", readme, re.MULTILINE)
    found = sorted(path.name for path in (root / "lessons").glob("*.ipynb"))
    assert listed == found


def test_the_operators_are_counted(readme):
    [(operators, names)] = re.findall(r"\[(\d+), under (\d+) names\]\(OPERATORS.md\)", readme)
    ops = [op for op in registry.all_ops() if not is_internal(op)]
    assert int(operators) == len(ops)
    assert int(names) == len({name for op in ops for name in (op.name, *op.alias)})


def test_the_page_of_operators_is_the_registrys():
    assert build_operators.PAGE.read_text(encoding="utf-8") == build_operators.page()
    assert build_operators.TABLE.read_text(encoding="utf-8") == build_operators.table()


def test_what_the_page_says_of_searching_is_so():
    """It finds operators by name: those with the word in one of theirs, named as on the page."""
    text = build_operators.PAGE.read_text(encoding="utf-8")
    assert 'mx.sym.search("pool")' in text
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", text, re.MULTILINE)
    named = {name for name, others in rows if "pool" in f"{name} {others}".lower()}
    assert named
    assert named == {match.name for match in mx.sym.search("pool")}
