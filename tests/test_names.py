"""Which names of a cell exist nowhere. The oracle is Python: run the code, and see what it misses."""

from __future__ import annotations

import ast
import builtins
import sys

import pytest

from symbook.notebook.names import names_of


class Anything:
    """Stands for whatever a name may hold."""

    def __call__(self, *args, **kwargs):
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __iter__(self):
        return iter([Anything()])

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def __setitem__(self, key, value):
        pass

    def _same(self, other):
        return self

    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __gt__ = __lt__ = __getitem__ = _same

    def __index__(self):
        return 1

    def __format__(self, how):
        return "1"


def asked_for(code: str) -> list[str]:
    """The names that Python misses when it runs the code, in the order in which it misses them."""
    missed: list[str] = []
    while True:
        space = {name: Anything() for name in missed}
        try:
            exec(compile(code, "<cell>", "exec", dont_inherit=True), space)
            return missed
        except NameError as error:
            missed.append(str(error.name))


CELLS = [
    "E = (A*B) + (C*D)",
    "E = A\nA = 1\nF = A + B",
    "x = x + 1",
    "x += y",
    "a = b = c",
    "a, (b, *rest) = c, (d, e)\na + b",
    "x: int = y\nz: str",
    "t[0] = v\nu.name = w",
    "for k in range(n):\n    total = A * k\nelse:\n    other = B\nk + total",
    "while stop > limit:\n    break",
    "with opened as f, f.other as g:\n    f + g + h",
    "try:\n    1 / 0\nexcept ZeroDivisionError as problem:\n    str(problem) + A\nfinally:\n    B",
    "import os.path, numpy as np\nfrom math import pi as circle, sqrt\nos.sep, np.e, circle, sqrt(2), Q",
    "from math import *\npi + sqrt(2) + Q",
    "def f(x, y=P, *rest, z: int = Q, **more) -> str:\n    local = x + W\n    return local\nf(1)",
    "def f():\n    return later\nlater = 1\nf()",
    "def f():\n    global made\n    made = 1\nf()\nmade",
    "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = inner\n    g()\n    return x\nf()",
    "def f(n):\n    return f(n - 1) if n else base\nf(2)",
    "@decorate\ndef f(): pass",
    "@decorate\nclass K:\n    a = A\n    b = a\nK",
    "class K:\n    a = A\n    def m(self):\n        return M\nK().m()",
    "g = lambda x, y=D: x + y + G\ng(1)",
    "[x * A for x in xs if x > B]",
    "{1: v for k in pairs for v in k}, {1 for s in ss}",
    "[y := x * 2 for x in numbers]\ny + Z",
    "sum(x * W for x in [1, 2])",
    "[[a + b for a in row] for row in table]",
    "(n := 10) + n + m",
    "[[z := x + k for k in B] for x in A]\nz",
    "[x for x in A if (last := x) is not None]\nlast + x",
    "class K:\n    xs = [i * A for i in [1]]\n    i = B\nK",
    "def f():\n    return [i * A for i in [1]]\nf()",
    "g = lambda: [i * A for i in [1]]\ng()",
    'f"{A!r:>{width}} {B + 1}"',
    "x = 1\ndel x\nA",
    "print(A, sep=str(B))",
    "match point:\n    case [first, *others]:\n        first\n    case {'k': value, **rest}:\n        value\n"
    "    case str() as text:\n        text\n    case _:\n        nothing",
    "match 1:\n    case Kind.one:\n        pass\n    case bound if bound > guard:\n        bound",
    "E = A.first.second(B)[C:D]",
    "type(A)\nlen('x')\nint",
    "x = [i for i in range(3)]\ni",
]


@pytest.mark.parametrize("code", CELLS)
def test_the_names_are_those_that_python_misses(code):
    found = [name for name in names_of(ast.parse(code)).undefined if not hasattr(builtins, name)]
    # A function's own needs come when it is called, after all that the cell's own lines need.
    assert sorted(found) == sorted(asked_for(code))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
@pytest.mark.parametrize(
    "code",
    [
        "type Pair = tuple[later, int]\nPair.__value__\nA",
        "def first[T](items: list[T]) -> T:\n    return items[0] + W\nfirst([1])",
        "class Box[T]:\n    kind = A\nBox",
    ],
)
def test_the_names_are_those_that_python_misses_with_type_parameters(code):
    found = [name for name in names_of(ast.parse(code)).undefined if not hasattr(builtins, name)]
    assert sorted(found) == sorted(asked_for(code))


@pytest.mark.parametrize(
    "code", ["A if B else C", "assert A, C + B", "if A:\n    B\nelif C:\n    pass"]
)
def test_names_of_branches_that_are_not_taken_count_too(code):
    assert sorted(names_of(ast.parse(code)).undefined) == ["A", "B", "C"]


def test_annotations_name_no_values():
    assert names_of(ast.parse("x: T = A\ny: U\ndef f(a: V) -> W: pass")).undefined == ["A"]


def test_names_come_in_the_order_of_their_first_use():
    assert names_of(ast.parse("E = (D*B) + (C*A)")).undefined == ["D", "B", "C", "A"]


def test_lines_calls_and_attributes_are_noted():
    found = names_of(ast.parse("x = A\ny = f(A)\nz = np.ones(3) + np.e"))
    assert (found.lines["A"], found.lines["np"]) == (1, 3)
    assert found.called == {"f"}
    assert found.attributes == {"np": {"ones", "e"}}


def test_assignments_are_noted_in_order():
    code = "a = 1\nb, c = 2, 3\na = 4\nfor d in []: pass\ndef f():\n    global g\n    g = 1"
    assert names_of(ast.parse(code)).assigned == ["a", "b", "c", "a", "d", "g"]


def test_code_behind_a_time_magic_counts():
    tree = ast.parse("get_ipython().run_line_magic('time', 'F = A * Q')\nF + R")
    assert names_of(tree).undefined == ["get_ipython", "A", "Q", "R"]


def test_names_that_python_provides_are_left_out():
    assert names_of(ast.parse("__name__ + A")).undefined == ["A"]
