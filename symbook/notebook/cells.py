"""Running the code of a `%%symgraph` cell in the user's namespace, and finding what it made."""

from __future__ import annotations
import __future__

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

from symbook.errors import SymbookError
from symbook.naming import NameManager
from symbook.symbol.symbol import Symbol

from . import variables
from .names import Names, names_of
from .syntax import line_error, syntax_error
from .tracebacks import show_own_lines

_FUTURE = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


@dataclass(frozen=True)
class Code:
    """Code ready to run.

    Attributes
    ----------
    body, tail : code
        All statements, but for a last expression; that expression, if there is one.
    file : str
        The file name that the code is known by.
    names : Names
        What it does with names.
    """

    body: CodeType
    tail: CodeType | None
    file: str
    names: Names


@dataclass(frozen=True)
class Result:
    """What a cell gave.

    Attributes
    ----------
    value
        The value of its last expression; None where the last statement is another.
    symbol : Symbol or None
        What to draw.
    name : str or None
        The name that the symbol was assigned to, if it is not the last expression's.
    made : tuple of str
        Names that became Variables.
    """

    value: Any
    symbol: Symbol | None
    name: str | None
    made: tuple[str, ...]


class FreshNames(NameManager):
    """Automatic names that start anew for a cell, and keep clear of those in the graphs that the cell reads.

    Running the cell again thus gives the same names, and no two nodes of its graph share one.
    """

    def __init__(self, taken: set[str]) -> None:
        super().__init__()
        self._taken = taken

    def get(self, name: str | None, hint: str) -> str:
        found = super().get(name, hint)
        while not name and found in self._taken:
            found = super().get(name, hint)
        return found


def read(shell: Any, first_line: str, body: str) -> Code:
    """Parse a cell's body; line 1 of the code is the magic's own line, so that line numbers are the cell's.

    Raises
    ------
    SymgraphError
        If the code is not Python.
    """
    empty = 0
    for line in body.splitlines():
        if line.strip():
            break
        empty += 1
    source = "\n" * (empty + 1) + shell.transform_cell(body)
    shown = f"{first_line}{source}"
    file = shell.compile.cache(shown, _cell_number(shell), raw_code=f"{first_line}\n{body}")
    return _parsed(shell, source, file)


def _cell_number(shell: Any) -> int:
    """The number beside the running cell; in newer IPythons `execution_count` is that of the next one."""
    return int(shell.displayhook.prompt_count)


def _parsed(shell: Any, source: str, file: str) -> Code:
    try:
        # Not with the shell's own flags: they make every open bracket "incomplete input".
        flags = ast.PyCF_ONLY_AST | (shell.compile.flags & _FUTURE)
        tree = shell.transform_ast(compile(source, file, "exec", flags, dont_inherit=True))
        names = names_of(tree)
        tail = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        # Compiled before anything runs: `return` outside a function is found here and not earlier.
        return Code(
            shell.compile(tree, file, "exec"),
            shell.compile(ast.Expression(tail.value), file, "eval")
            if isinstance(tail, ast.Expr)
            else None,
            file,
            names,
        )
    except SyntaxError as error:
        raise syntax_error(error, "the cell") from None


def run(shell: Any, code: Code, *, strict: bool) -> Result:
    """Run a cell's code; names that exist nowhere become Variables first.

    Raises
    ------
    SymgraphError
        If a name cannot become a Variable.
    Exception
        Whatever the code raises.
    """
    space = shell.user_ns
    names = variables.missing(code.names, space)
    variables.refuse(names, code.names, space, strict=strict)
    made = variables.make(names, code.names, code.file)
    before = {name: space.get(name) for name in code.names.assigned}
    space.update(made)
    try:
        with FreshNames(_names_read(code.names, space)):
            value = _execute(shell, code)
    except BaseException as error:
        for name, variable in made.items():
            if space.get(name) is variable:
                del space[name]
        _tell_modules(error, code.names, made)
        show_own_lines(error)
        raise
    if isinstance(value, Symbol):
        return Result(value, value, None, tuple(names))
    last = _last_assigned(code.names, space, before)
    return Result(value, space[last] if last else None, last, tuple(names))


def _tell_modules(error: BaseException, names: Names, made: Mapping[str, Symbol]) -> None:
    """Say which names became Variables though an attribute was taken of them: `nq.exp(A)` for `np`."""
    mistaken = [name for name in made if name in names.attributes]
    if mistaken and isinstance(error, SymbookError):
        one = f"{mistaken[0]} was not defined, so it became a Variable."
        error.hint = f"{error.hint} {one}" if error.hint else one


def _names_read(names: Names, space: dict[str, Any]) -> set[str]:
    """Names of all nodes in the graphs that the code takes from outside."""
    taken: set[str] = set()
    for name in names.undefined:
        value = space.get(name)
        if isinstance(value, Symbol):
            taken.update(node.name for node in value.graph.nodes)
    return taken


def _execute(shell: Any, code: Code) -> Any:
    exec(code.body, shell.user_global_ns, shell.user_ns)
    return None if code.tail is None else eval(code.tail, shell.user_global_ns, shell.user_ns)


def _last_assigned(names: Names, space: dict[str, Any], before: dict[str, Any]) -> str | None:
    """The last name that the cell gave a Symbol; names that kept what they had come second."""
    symbols = [name for name in reversed(names.assigned) if isinstance(space.get(name), Symbol)]
    changed = [name for name in symbols if space[name] is not before[name]]
    return next(iter([*changed, *symbols]), None)


def evaluate(shell: Any, expression: str, local: dict[str, Any] | None, *, strict: bool) -> Result:
    """The line form: evaluate one expression in the user's namespace.

    Raises
    ------
    SymgraphError
        If it is no expression, or a name cannot become a Variable.
    Exception
        Whatever the expression raises.
    """
    space = shell.user_ns if local is None else {**shell.user_ns, **local}
    text = expression.strip()
    file = shell.compile.cache(text + "\n", _cell_number(shell))
    try:
        tree = ast.parse(text, file, "eval")
    except SyntaxError as error:
        raise line_error(error, expression) from None
    found = names_of(ast.Module(body=[ast.Expr(tree.body)], type_ignores=[]))
    names = variables.missing(found, space)
    variables.refuse(names, found, space, strict=strict, line_numbers=False)
    made = variables.make(names, found, file)
    with FreshNames(_names_read(found, space)):
        try:
            value = eval(compile(tree, file, "eval"), {**space, **made})
        except Exception as error:
            _tell_modules(error, found, made)
            show_own_lines(error)
            raise
    shell.user_ns.update(made)
    return Result(value, value if isinstance(value, Symbol) else None, None, tuple(names))
