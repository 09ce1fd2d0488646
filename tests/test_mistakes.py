"""Every mistake of `tests/mistakes`: its message is what MISTAKES.md has, and a message that helps.

Each cell runs in a real kernel. `In[n]` stands for the number of the cell, which differs. Above the message
an ordinary cell shows the learner's own line, marked; never a line of ours. A mistake on a magic's own line
shows the message alone.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import build_mistakes
import pytest
from mistakes import ALL
from mistakes.case import SETUP, Mistake
from mistakes.making import commanded, made, message
from mistakes.making import notebook as open_notebook
from notebooks import Kernel

from symbook import driver, errors
from symbook.ndarray import indexing
from symbook.notebook.tracebacks import SymgraphError
from symbook.ops import params, registry
from symbook.render.saving import SaveError

pytestmark = pytest.mark.notebook

PAGE = build_mistakes.PAGE.read_text(encoding="utf-8")
SAID = build_mistakes.read(PAGE)
OURS = [
    *(kind for kind in vars(errors).values() if isinstance(kind, type)),
    SymgraphError,
    SaveError,
    indexing.IndexKindError,
    params.NoDTypeError,
    registry.InputTypeError,
]
DOCUMENTED = {kind.__name__ for kind in OURS if issubclass(kind, errors.SymbookError)}
PYTHONS = {name for name, kind in vars(builtins).items() if isinstance(kind, type)}
MOST_LINES = 12
INTERNALS = re.compile(
    r"NoneType| at 0x|<class 'symbook|<function|<bound method|<module|symbook/\w+\.py|File "
)
# An error of the user's own, about nothing of ours.
OWN = {"an error of one's own in a cell"}
# Python itself says so of None, which MXNet gives for a gradient that nobody asked for.
OF_NONE = {"a gradient that no array was bound for"}
IN_CELLS = [mistake for mistake in ALL if mistake.way != "command"]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with open_notebook(tmp_path_factory.mktemp("mistakes")) as running:
        yield running


def ids(mistake: Mistake) -> str:
    return mistake.what


def said(mistake: Mistake) -> str:
    """What the page says that is said."""
    return SAID[mistake.what[0].upper() + mistake.what[1:]]


def test_the_page_has_every_mistake_once():
    assert len({mistake.what for mistake in ALL}) == len(ALL) >= 60
    assert build_mistakes.page({mistake.what: said(mistake) for mistake in ALL}) == PAGE


@pytest.mark.parametrize("mistake", ALL, ids=ids)
def test_the_message_helps(mistake: Mistake):
    """What must be true of each message, whatever it says."""
    text = said(mistake)
    lines = text.split("\n")
    assert len(lines) <= MOST_LINES
    if mistake.what not in OF_NONE:
        assert not INTERNALS.search(text)
    told = re.sub(r"\n  made at .*", "", text)
    for name in mistake.names:
        assert name in told
    if mistake.way != "cell":
        return
    assert text.startswith(f"{mistake.kind}: ")
    assert mistake.kind in DOCUMENTED | PYTHONS | {"SymbookError"}
    hints = [line for line in lines if line.startswith("  hint ")]
    assert len(hints) == (mistake.what not in OWN), text
    assert not hints or lines[-1] == hints[0]
    assert all(hint.removeprefix("  hint").strip() for hint in hints)


@pytest.mark.parametrize("mistake", IN_CELLS, ids=ids)
def test_the_message_is_what_the_page_has(notebook: Kernel, mistake: Mistake):
    no_gpu = "gpu(0) cannot be used: CuPy is not installed" in said(mistake)
    if no_gpu and (importlib.util.find_spec("cupy") or driver.version()):
        pytest.skip("CuPy or a driver is installed")
    outputs = made(notebook, mistake)
    assert message(outputs, mistake, notebook.folder) == said(mistake)
    assert outputs.stderr == "" or mistake.way == "usage"
    if mistake.way == "cell":
        assert outputs.error is not None
        assert outputs.error["ename"] == mistake.kind
        _require_own_lines(outputs.shown_error, mistake, said(mistake))


def _require_own_lines(shown: str, mistake: Mistake, text: str) -> None:
    """Above the message stand lines of the cell, one of them marked, or for a magic's line nothing."""
    above = shown[: shown.rindex(f"{mistake.kind}: ")].rstrip("\n").split("\n")
    if not mistake.line:
        assert above == [""]
        return
    assert above[0] == "-" * 75
    assert above[1] == f"{mistake.kind:<42}Traceback (most recent call last)"
    own = mistake.cell.removeprefix("%symgraph ").split("\n")
    places = [line for line in above[2:] if line.startswith("Cell In[n], line ")]
    assert places[0].partition(", in ")[0] == f"Cell In[n], line {mistake.line}"
    numbered = [re.sub(r"^[ -]*(>?) *(\d+) ?", r"\1\2 ", line).rstrip() for line in above[2:]]
    plain = {f"{k} {line}".rstrip() for k, line in enumerate(own, 1)}
    assert f">{mistake.line} {own[mistake.line - 1]}".rstrip() in numbered
    # How many lines are shown around it depends on IPython's version.
    assert {line.removeprefix(">") for line in numbered if line} - set(places) <= plain


@pytest.mark.parametrize("mistake", [item for item in ALL if item.way == "command"], ids=ids)
def test_the_command_says_what_the_page_has(tmp_path: Path, mistake: Mistake):
    assert commanded(mistake, tmp_path) == said(mistake)


@pytest.mark.parametrize("mistake", [item for item in ALL if item.fix], ids=ids)
def test_what_the_hint_says_works(notebook: Kernel, mistake: Mistake):
    outputs = made(notebook, mistake._replace(cell=mistake.fix))
    assert outputs.error is None, outputs.shown_error
    assert outputs.stderr == ""


def test_a_mistake_inside_ones_own_function_shows_both_lines(notebook: Kernel):
    notebook.run(SETUP)
    cell = "def train(symbol):\n    return symbol.eval(A=one)\n\ntrain(E)"
    shown = notebook.run(cell).shown_error
    assert "----> 4 train(E)" in shown
    assert "----> 2     return symbol.eval(A=one)" in shown
    assert "symbook" not in shown


OWN_FUNCTIONS = {
    "the operator, at once": "mx.operator.define(lambda xp, x: wrong(), name='own')(one)",
    "the operator, in a graph": "mx.operator.define(lambda xp, x: wrong(), name='own')(A).eval(A=one)",
    "its shape": "mx.operator.define(lambda xp, x: x, name='own', shape=wrong)(A).infer_shape(A=(1,))",
    "its gradient": "mx.operator.define(lambda xp, x: x, name='own', gradient=wrong)(A).gradient('A')",
    "a monitor's": "f = E.bind(mx.cpu(), data); f.set_monitor_callback(wrong); f.forward()",
    "CustomOp.forward": "mx.sym.Custom(A, op_type='own').eval(A=one)",
    "CustomOp.forward, at once": "mx.nd.Custom(one, op_type='own')",
    "an initializer's": "type('I', (mx.init.Zero,), {'_init_bias': wrong})()(mx.init.InitDesc('bias'), one)",
}


@pytest.mark.parametrize("cell", OWN_FUNCTIONS.values(), ids=list(OWN_FUNCTIONS))
def test_an_error_in_ones_own_function_shows_no_internals(notebook: Kernel, cell: str):
    notebook.run(SETUP)
    prepared = notebook.run(
        "def wrong(*args, **kwargs):\n    return 1 / 0\n"
        "class Op(mx.operator.CustomOp):\n    forward = wrong\n"
        "@mx.operator.register('own')\nclass Prop(mx.operator.CustomOpProp):\n"
        "    def create_operator(self, *args):\n        return Op()"
    )
    assert prepared.error is None
    shown = notebook.run(cell).shown_error
    assert f"----> 1 {cell}" in shown
    assert "----> 2     return 1 / 0" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert ".py" not in shown


def test_a_mistake_while_another_is_handled_shows_no_internals(notebook: Kernel):
    notebook.run(SETUP)
    cell = "try:\n    E.eval()\nexcept ValueError:\n    A += B"
    shown = notebook.run(cell).shown_error
    assert "BindError" in shown
    assert "NotImplementedForSymbol: a symbol cannot be changed in place" in shown
    assert ".py" not in shown


def test_a_mistake_in_a_magic_that_times_shows_no_internals(notebook: Kernel):
    notebook.run(SETUP)
    shown = notebook.run("%timeit -n1 -r1 E.bind(mx.cpu(), {})").shown_error
    assert shown.startswith("BindError: keys `A`, `B`, `C`, `D` are missing")


def test_without_the_extension_python_shows_all(notebook: Kernel):
    notebook.run(SETUP)
    assert notebook.run("%unload_ext symbook").error is None
    try:
        shown = notebook.run("E.eval()").shown_error
    finally:
        notebook.run("%load_ext symbook")
    assert "binding.py" in shown


# Their errors are given a hint where they are caught: files of symbols, and what a view's reader typed.
HINTED_LATER = ("symbol/json.py", "views/", "cli/")
# For those who write kernels, and for faults of ours.
OF_OURS = ("cuda/", "fusion/")


def _without_hint(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = DOCUMENTED | {"Mismatch"}
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in names
    ]
    return [
        f"{path.name}:{node.lineno}"
        for node in calls
        if "hint" not in {keyword.arg for keyword in node.keywords}
        and not (node.func.id == "Mismatch" and len(node.args) > 1)
    ]


def test_every_error_is_raised_with_a_hint():
    folder = build_mistakes.PAGE.parent / "symbook"
    left_out = (*HINTED_LATER, *OF_OURS)
    files = [
        path
        for path in sorted(folder.rglob("*.py"))
        if not path.relative_to(folder).as_posix().startswith(left_out)
    ]
    assert len(files) > 200
    assert [place for path in files for place in _without_hint(path)] == []


def test_what_nobody_foresaw_shows_no_internals_until_all_is_asked_for(notebook: Kernel):
    notebook.run(SETUP)
    # A part of ours that fails: what is called there is no function.
    notebook.run("label, mx.viz._edge_label = mx.viz._edge_label, None")
    shown = notebook.run("mx.viz.plot_network(E)").shown_error
    notebook.run("mx.viz._edge_label = label")
    assert "----> 1 mx.viz.plot_network(E)" in shown
    assert shown.endswith(
        "\n  note  symbook did not expect this. See what the line above gives it; %tb shows where it stopped."
    )
    assert ".py" not in shown
    # Without this method IPython shows all frames, as %tb asks it to.
    asked = notebook.run("import sys\nprint(hasattr(sys.last_value, '_render_traceback_'))")
    assert asked.stdout == "False\n"


def test_errors_that_have_nothing_to_do_with_symbook_are_left_alone(notebook: Kernel):
    for cell, last in {
        "[1, 2][5]": "IndexError: list index out of range",
        "{}['a']": "KeyError: 'a'",
        "'text'.foo": "AttributeError: 'str' object has no attribute 'foo'",
        "int('x')": "ValueError: invalid literal for int() with base 10: 'x'",
    }.items():
        assert notebook.run(cell).shown_error.endswith(last)


def test_a_handler_of_the_users_own_is_kept(notebook: Kernel):
    notebook.run("%unload_ext symbook")
    notebook.run(
        "def mine(shell, kind, error, traceback, tb_offset=None):\n    print('mine')\n"
        "get_ipython().set_custom_exc((ZeroDivisionError,), mine)\n%load_ext symbook"
    )
    try:
        kept = notebook.run("print(get_ipython().custom_exceptions)").stdout
    finally:
        notebook.run(
            "%unload_ext symbook\nget_ipython().set_custom_exc((), None)\n%load_ext symbook"
        )
    assert "ZeroDivisionError" in kept
