"""What the README says is so: its program runs and gives what stands beside it, its links and counts hold."""

from __future__ import annotations

import ast
import re
import tokenize
import xml.etree.ElementTree as ET
from io import StringIO
from pathlib import Path

import pytest

from symbook.ops import registry


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def blocks(readme: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)


def comments(code: str) -> dict[int, str]:
    """The comments of a program by line number."""
    tokens = tokenize.generate_tokens(StringIO(code).readline)
    return {
        token.start[0]: token.string.lstrip("# ")
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def test_the_program_gives_what_its_comments_say(readme):
    [code] = blocks(readme, "python")
    said, space, compared = comments(code), {}, 0
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.Expr):
            value = eval(compile(ast.Expression(statement.value), "README.md", "eval"), space)
            assert repr(value) == said[statement.end_lineno]
            compared += 1
        else:
            exec(compile(ast.Module([statement], []), "README.md", "exec"), space)
    assert compared == 2
    assert len([line for line in code.splitlines() if line.strip()]) <= 10


def test_the_two_commands_are_one_line_each(readme):
    commands = blocks(readme, "sh")
    assert [len(command.splitlines()) for command in commands] == [1, 1]
    assert all(command.startswith("python3 -m venv .venv && ") for command in commands)
    assert f"<!-- test command -->\n```sh\n{commands[1]}```" in readme


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
    assert listed == sorted(path.name for path in (root / "lessons").glob("*.ipynb"))


def test_the_operators_are_counted(readme):
    [(operators, names)] = re.findall(r"(\d+), under (\d+) names", readme)
    assert int(operators) == len({id(registry.get(name)) for name in registry.names()})
    assert int(names) == len(registry.names())
