"""The wheel, as somebody gets it who has nothing: built, installed into an empty environment, used.

Everything here runs in that environment's own Python, isolated from this one's.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
import types
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from symbook._version import __version__

pytestmark = pytest.mark.slow

_SECONDS_TO_ANSWER = 60

TRANSCRIPT = """
import numpy as np
import symbook as mx

a = mx.symbol.Variable('A')
b = mx.symbol.Variable('B')
c = mx.symbol.Variable('C')
d = mx.symbol.Variable('D')
e = (a*b) + (c*d)
assert repr((a, b, c, d)) == '(<Symbol A>, <Symbol B>, <Symbol C>, <Symbol D>)'
assert repr(e) == '<Symbol _plus0>'
assert repr(type(e)) == "<class 'symbook.symbol.Symbol'>"
assert e.list_arguments() == ['A', 'B', 'C', 'D']
assert e.list_outputs() == ['_plus0_output']
assert e.get_internals().list_outputs() == [
    'A', 'B', '_mul0_output', 'C', 'D', '_mul1_output', '_plus0_output']

arrays = {name: mx.nd.array([i], dtype=np.int32) for i, name in enumerate('ABCD', 1)}
executor = e.bind(mx.cpu(), arrays)
assert repr(executor).startswith('<symbook.executor.Executor object at 0x')
e_data = executor.forward()
assert repr(e_data) == '[<NDArray 1 @cpu(0)>]'
assert repr(e_data[0].asnumpy()) == 'array([14], dtype=int32)'

arrays = {name: mx.nd.uniform(low=0, high=1, shape=(1000, 1000)) for name in 'ABCD'}
e_data = e.bind(mx.cpu(), arrays).forward()
assert repr(e_data) == '[<NDArray 1000x1000 @cpu(0)>]'
A, B, C, D = (arrays[name].asnumpy() for name in 'ABCD')
assert e_data[0].asnumpy().dtype == np.float32
np.testing.assert_allclose(e_data[0].asnumpy(), A*B + C*D, rtol=1e-6)
print('the transcript holds')
"""

IMPORTED = """
import sys
import numpy
numpys = set(sys.modules)
import symbook
extra = {name.partition('.')[0] for name in set(sys.modules) - numpys}
print(*sorted(extra - set(sys.stdlib_module_names) - {'symbook', 'numpy'}))
"""

KERNEL = """
import json
import nbclient
import nbformat

cells = [
    'import symbook as mx',
    '%load_ext symbook',
    '%%symgraph\\nE = (A*B) + (C*D)',
    'E',
    'values = {name: mx.nd.array([i]) for i, name in enumerate("ABCD", 1)}\\n'
    'E.bind(mx.cpu(), values).forward()[0].asnumpy()',
]
notebook = nbformat.v4.new_notebook(
    cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
    metadata={'kernelspec': {'name': 'python3', 'display_name': 'Python 3'}},
)
nbclient.NotebookClient(notebook, timeout=120).execute()
print(json.dumps([cell.outputs for cell in notebook.cells]))
"""


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout by the standard tool."""
    folder = tmp_path_factory.mktemp("dist")
    _run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, root])
    [path] = folder.glob("*.whl")
    return path


class Environment:
    """A virtual environment, with a folder to work in; both have a space in their names."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "my work"
        self.work.mkdir()
        venv.create(folder / "an environment", with_pip=True)
        scripts = folder / "an environment" / ("Scripts" if os.name == "nt" else "bin")
        self.python = scripts / "python"
        self.symbook = scripts / "symbook"

    def install(self, *requirements: str) -> None:
        _run([self.python, "-m", "pip", "install", "-q", *requirements])

    def runs(self, script: str) -> str:
        """What a script prints that knows nothing of the checkout."""
        return _run([self.python, "-I", "-c", script], cwd=self.work)


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the wheel and what it requires, and nothing else."""
    made = Environment(tmp_path_factory.mktemp("a machine"))
    made.install(str(wheel))
    return made


@pytest.fixture(scope="module")
def environment_with_lab(environment: Environment, wheel: Path) -> Environment:
    """The same environment, once JupyterLab is there."""
    environment.install(f"symbook[lab] @ {wheel.as_uri()}")
    return environment


def _run(command: list[object], cwd: Path | None = None) -> str:
    """What a command prints; when it fails, the test fails with all that it said."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=_bare_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _bare_environment() -> dict[str, str]:
    """This process's environment, less what would let this Python's packages through."""
    left_out = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in left_out}


# --- what is in it --------------------------------------------------------------------------


def test_the_wheel_is_pure_python_and_carries_the_lessons(wheel):
    assert wheel.name == f"symbook-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"symbook/__init__.py", "symbook/py.typed"} <= names
    assert "symbook/_lessons/01_symbols.ipynb" in names
    assert f"symbook-{__version__}.dist-info/licenses/LICENSE" in names
    top = {name.partition("/")[0] for name in names}
    assert top == {"symbook", f"symbook-{__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or ".ipynb_checkpoints" in name]


def test_binder_pins_what_the_wheel_requires(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lines = (root / "binder" / "requirements.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert all(len(pin.specifier) == 1 and str(pin.specifier).startswith("==") for pin in pins)
    pinned = {pin.name: next(iter(pin.specifier)).version for pin in pins}
    of_binder = {"ipython", "ipykernel"}
    for text in project["dependencies"]:
        required = Requirement(text)
        if required.name not in of_binder:
            assert required.specifier.contains(pinned[required.name]), text
    version = re.fullmatch(
        r"python-(\d+)\.(\d+)", (root / "binder/runtime.txt").read_text().strip()
    )
    assert Requirement(f"python{project['requires-python']}").specifier.contains(
        f"{version[1]}.{version[2]}"
    )


@pytest.fixture
def python_check(root, monkeypatch):
    """The check of Python's version that the build makes, without the build tool."""
    interface = types.ModuleType("hatchling.metadata.plugin.interface")
    interface.MetadataHookInterface = object
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    spec = importlib.util.spec_from_file_location("hatch_build", root / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.PythonCheck()


def test_an_old_python_is_refused_in_one_sentence(python_check, root, monkeypatch):
    metadata = {"name": "symbook"}
    python_check.update(metadata)
    assert metadata == {"name": "symbook"}
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    with pytest.raises(SystemExit) as stop:
        python_check.update(metadata)
    assert stop.value.code == "symbook needs Python 3.11 or later; this is Python 3.10.13."
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"


@pytest.mark.parametrize(
    ("system", "machine", "wanted"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", True),
        ("linux", "riscv64", False),
        ("darwin", "arm64", True),
        ("darwin", "x86_64", True),
        ("win32", "AMD64", True),
        ("win32", "ARM64", False),
        ("emscripten", "wasm32", False),
    ],
)
def test_pygraphviz_is_asked_for_where_it_has_wheels(root, system, machine, wanted):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    [text] = [item for item in project["dependencies"] if item.startswith("pygraphviz")]
    here = {"sys_platform": system, "platform_machine": machine}
    assert Requirement(text).marker.evaluate(here) is wanted


# --- what it does ---------------------------------------------------------------------------


def test_the_transcript_holds(environment):
    assert environment.runs(TRANSCRIPT) == "the transcript holds\n"


def test_the_import_loads_numpy_and_the_standard_library_only(environment):
    assert environment.runs(IMPORTED).split() == []


def test_lab_without_jupyterlab_says_what_to_type(environment):
    done = subprocess.run(
        [str(environment.symbook), "lab"],
        cwd=environment.work,
        env=_bare_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("symbook: JupyterLab is not installed. Type:\n")
    assert not list(environment.work.glob("symbook-lessons"))


def test_doctor_and_draw(environment):
    assert "1·2 + 3·4 = 14" in _run([environment.symbook, "doctor"], cwd=environment.work)
    environment.runs(
        "import symbook as mx; (mx.sym.Variable('A') * mx.sym.Variable('B')).save('e.json')"
    )
    picture = _run([environment.symbook, "draw", "e.json", "-o", "-"], cwd=environment.work)
    assert "<svg" in picture


@pytest.mark.notebook
def test_lab_copies_the_lessons_answers_and_ends_on_ctrl_c(environment_with_lab):
    environment = environment_with_lab
    process = subprocess.Popen(
        [str(environment.symbook), "lab", "--no-browser"],
        cwd=environment.work,
        env=_bare_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = process.stdout.readline()
        folder = environment.work / "symbook-lessons"
        assert said == f"Lessons: {folder}\n"
        assert (folder / "01_symbols.ipynb").is_file()
        [url] = itertools.islice(
            (line.split()[-1] for line in process.stdout if line.startswith("Lesson 1: ")), 1
        )
        base, _, rest = url.partition("/lab/tree/01_symbols.ipynb")
        with urllib.request.urlopen(url, timeout=_SECONDS_TO_ANSWER) as page:
            assert page.status == 200
            assert "jupyterlab" in page.read().decode().lower()
        contents = f"{base}/api/contents/01_symbols.ipynb{rest}"
        with urllib.request.urlopen(contents, timeout=_SECONDS_TO_ANSWER) as answer:
            assert json.load(answer)["type"] == "notebook"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=_SECONDS_TO_ANSWER)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.notebook
def test_the_magics_work_in_a_real_kernel(environment_with_lab):
    outputs = json.loads(environment_with_lab.runs(KERNEL))
    _, _, drawn, shown, result = outputs
    for cell in (drawn, shown):
        [html] = [item["data"]["text/html"] for item in cell if "text/html" in item.get("data", {})]
        text = "".join(html)
        [alt] = re.findall(r'<img[^>]*\balt="([^"]+)"', text)
        assert all(name in alt for name in "ABCD")
    assert any(item["data"]["text/plain"].startswith("<Symbol ") for item in shown)
    assert result[0]["data"]["text/plain"].startswith("array([14.]")
