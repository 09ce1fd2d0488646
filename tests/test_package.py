"""The wheel, as somebody gets it who has nothing: built, installed into an empty environment, used.

Everything here runs in that environment's own Python, isolated from this one's.
"""

from __future__ import annotations

import importlib.util
import json
import struct
import subprocess
import sys
import tomllib
import types
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from environments import Environment, bare_environment, run
from packaging.requirements import Requirement

from symbook._version import __version__

pytestmark = pytest.mark.slow

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


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout by the standard tool."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, root])
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the wheel and what it requires, and nothing else."""
    made = Environment(tmp_path_factory.mktemp("a machine"))
    made.install(str(wheel))
    return made


# --- what is in it --------------------------------------------------------------------------


def test_the_wheel_is_pure_python_and_carries_the_lessons(wheel):
    assert wheel.name == f"symbook-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"symbook/__init__.py", "symbook/py.typed"} <= names
    assert "symbook/_lessons/01_dataflow.ipynb" in names
    assert f"symbook-{__version__}.dist-info/licenses/LICENSE" in names
    top = {name.partition("/")[0] for name in names}
    ours = {"symbook", f"symbook-{__version__}.dist-info", f"symbook-{__version__}.data"}
    assert top == ours
    assert not [name for name in names if "__pycache__" in name or ".ipynb_checkpoints" in name]


def test_the_wheel_carries_the_kernel_with_its_logo(wheel):
    """All that Jupyter looks for: https://jupyter-client.readthedocs.io/en/stable/kernels.html"""
    folder = f"symbook-{__version__}.data/data/share/jupyter/kernels/symbook/"
    with zipfile.ZipFile(wheel) as archive:
        got = {
            name.removeprefix(folder): archive.read(name)
            for name in archive.namelist()
            if ".data/" in name
        }
    assert set(got) == {"kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"}
    spec = json.loads(got["kernel.json"])
    assert spec["display_name"] == "Symbook (Python 3)"
    # Jupyter puts its own interpreter, which is the environment's, in the place of this name.
    assert spec["argv"][0] == "python"
    for size in (32, 64):
        image = got[f"logo-{size}x{size}.png"]
        assert image[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", image[16:24]) == (size, size)
    assert ElementTree.fromstring(got["logo-svg.svg"]).get("viewBox") == "0 0 64 64"


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
        env=bare_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("symbook: JupyterLab is not installed. Type:\n")
    assert not list(environment.work.glob("symbook-lessons"))


def test_doctor_and_draw(environment):
    assert "1·2 + 3·4 = 14" in run([environment.symbook, "doctor"], cwd=environment.work)
    environment.runs(
        "import symbook as mx; (mx.sym.Variable('A') * mx.sym.Variable('B')).save('e.json')"
    )
    picture = run([environment.symbook, "draw", "e.json", "-o", "-"], cwd=environment.work)
    assert "<svg" in picture
