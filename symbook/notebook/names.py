"""Which names a cell's code uses before anything defines them.

The code is walked in the order in which Python evaluates it; what functions, lambdas, classes and
comprehensions take from outside is asked of Python's own symbol tables, so that parameters, `global`,
`nonlocal` and `:=` count as they do when the code runs.
"""

from __future__ import annotations

import ast
import importlib
import symtable
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Names:
    """What a cell does with the names of the notebook.

    Attributes
    ----------
    undefined : list of str
        Read before the cell defines them, in order of first use. They may exist outside the cell.
    assigned : list of str
        Given a value, in order, each time.
    lines : dict of str to int
        The first line that reads a name, counted from 1.
    called : set of str
        Names that the code calls: `f(x)`.
    attributes : dict of str to set of str
        For `np.ones`, `ones` under `np`.
    """

    undefined: list[str] = field(default_factory=list)
    assigned: list[str] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    attributes: dict[str, set[str]] = field(default_factory=dict)


def names_of(tree: ast.Module) -> Names:
    """Analyse a cell. Double-underscore names, which Python provides, are left out."""
    walk = _Walk()
    walk.visit(tree)
    found = Names(assigned=walk.assigned)
    _collect_uses(tree, found)
    later = [name for name in walk.later if name not in walk.bound]
    candidates = dict.fromkeys([*walk.early, *later])
    found.undefined = [name for name in candidates if not (name[:2] == "__" == name[-2:])]
    return found


def _collect_uses(tree: ast.AST, found: Names) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.called.add(node.func.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.attributes.setdefault(node.value.id, set()).add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            first = found.lines.get(node.id, node.lineno)
            found.lines[node.id] = min(first, node.lineno)


class _Walk(ast.NodeVisitor):
    """Notes reads and assignments of the cell's own scope, in the order of evaluation."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.early: dict[str, None] = {}
        self.later: dict[str, None] = {}
        self.assigned: list[str] = []

    def load(self, names: Iterable[str]) -> None:
        self.early.update(dict.fromkeys(name for name in names if name not in self.bound))

    def store(self, name: str) -> None:
        self.bound.add(name)
        self.assigned.append(name)

    def visit_all(self, *parts: ast.AST | Iterable[ast.AST | None] | None) -> None:
        for part in parts:
            for node in [part] if isinstance(part, ast.AST) or part is None else part:
                if node is not None:
                    self.visit(node)

    # Plain statements and expressions

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.load([node.id])
        elif isinstance(node.ctx, ast.Store):
            self.store(node.id)
        else:
            # Whoever deletes a name and reads it again gets Python's own error.
            self.bound.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit_all(node.value, node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        # An annotation is no value: a type that is not defined is Python's own error.
        self.visit_all(node.value, node.target if node.value else None)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.load([node.target.id])
        self.visit_all(node.value, node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit_all(node.value, node.target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit_all(node.iter, node.target, node.body, node.orelse)

    visit_AsyncFor = visit_For

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.visit_all(node.type)
        if node.name:
            self.bound.add(node.name)
        self.visit_all(node.body)

    def visit_Import(self, node: ast.Import) -> None:
        self.bound.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.bound.update(_star_names(node.module or ""))
            else:
                self.bound.add(alias.asname or alias.name)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.visit_all(node.pattern)
        if node.name:
            self.store(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self.store(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.visit_all(node.keys, node.patterns)
        if node.rest:
            self.store(node.rest)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        self.visit_all(_timed_code(node))

    # Scopes inside the cell's

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.visit_all(node.decorator_list)
        self._visit_arguments(node.args)
        self._visit_later(node)
        self.bound.add(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_arguments(node.args)
        self._visit_later(node)

    def _visit_arguments(self, args: ast.arguments) -> None:
        self.visit_all(args.defaults, args.kw_defaults)

    def _visit_later(self, node: ast.AST) -> None:
        """A function's body runs when it is called: what it reads may be defined below it."""
        read, stored = _taken_from_outside(_tables_below(node))
        self.later.update(dict.fromkeys(read))
        for name in stored:
            self.store(name)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_all(node.decorator_list, node.bases, [word.value for word in node.keywords])
        for table in _tables_below(node):
            read, stored = _taken_from_outside([table])
            if table.get_type() == "class":
                self.load(read)
            else:
                self.later.update(dict.fromkeys(read))
            for name in stored:
                self.store(name)
        self.bound.add(node.name)

    def _visit_comprehension(self, node: ast.expr) -> None:
        # As a lambda's body: at the outermost level, Python 3.12 and later mix its variables with the cell's.
        inside = ast.Lambda(_NO_ARGUMENTS, node)
        self.load(_taken_from_outside(_tables_below(inside))[0])
        for part in ast.walk(node):
            if isinstance(part, ast.NamedExpr):
                self.store(part.target.id)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def visit_TypeAlias(self, node: ast.AST) -> None:
        """`type X = …` (Python 3.12): the right side is evaluated when somebody asks for it."""
        self.later.update(dict.fromkeys(_taken_from_outside(_tables_below(node))[0]))
        name = next(ast.iter_child_nodes(node))
        if isinstance(name, ast.Name):
            self.bound.add(name.id)


def _timed_code(call: ast.Call) -> ast.Module | None:
    """The code of a `%time` line, which IPython has made `get_ipython().run_line_magic("time", code)`."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "run_line_magic"):
        return None
    texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    if len(texts) != 2 or texts[0] != "time":
        return None
    try:
        return ast.parse(str(texts[1]))
    except SyntaxError:
        return None


_NO_ARGUMENTS = ast.arguments([], [], None, [], [], None, [])


def _tables_below(node: ast.AST) -> list[symtable.SymbolTable]:
    """Python's symbol tables of all scopes in a piece of code, outer ones first.

    Annotations have scopes of their own from Python 3.14; they name no values.
    """
    tables = [symtable.symtable(ast.unparse(node), "<cell>", "exec")]
    for table in tables:  # grows while it is walked
        inner = table.get_children()
        tables.extend(each for each in inner if str(each.get_type()) != "annotation")
    return tables[1:]


def _taken_from_outside(tables: Iterable[symtable.SymbolTable]) -> tuple[list[str], list[str]]:
    """Names that scopes read from the notebook, and names that they assign there."""
    read: dict[str, None] = {}
    stored: dict[str, None] = {}
    for table in tables:
        for symbol in table.get_symbols():
            if not symbol.is_global():
                continue
            if symbol.is_assigned():
                stored[symbol.get_name()] = None
            elif symbol.is_referenced():
                read[symbol.get_name()] = None
    return list(read), list(stored)


def _star_names(module: str) -> set[str]:
    """What `from module import *` defines; nothing where it fails, which the cell itself will tell."""
    try:
        found = importlib.import_module(module)
    except Exception:
        return set()
    public = [name for name in vars(found) if not name.startswith("_")]
    return set(getattr(found, "__all__", public))
