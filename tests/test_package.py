"""The wheel, as somebody gets it who has nothing: built, installed into an empty environment, used.

Everything here runs in that environment's own Python, isolated from this one's.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import importlib.util
import json
import os
import re
import struct
import subprocess
import sys
import tarfile
import tomllib
import types
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from environments import Environment, bare_environment, run
from packaging.requirements import Requirement

from symbook._version import __version__
from symbook.ops.fluent import METHODS

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


def build(source: Path, target: Path, *kinds: str, **variables: str) -> None:
    """What `pip` has the build tool do, without an environment of its own."""
    words = [word for kind in kinds for word in ("-t", kind)]
    run([sys.executable, "-m", "hatchling", "build", *words, "-d", target], cwd=source, **variables)


def only(folder: Path, pattern: str) -> Path:
    [found] = folder.glob(pattern)
    return found


@pytest.fixture(scope="module")
def dist(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build(root, folder, "wheel", "sdist")
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    return only(dist, "*.whl")


@pytest.fixture(scope="module")
def unpacked(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What somebody has who unpacks the sdist: other times, other modes, another folder."""
    folder = tmp_path_factory.mktemp("ein größeres Verzeichnis")
    with tarfile.open(only(dist, "*.tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    source = only(folder, "symbook-*")
    for path in source.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return source


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


KINDS = {".py", ".typed", ".js", ".css", ".ipynb", ".md", ".cuh", ".json", ".params", ".svg"}


def shipped(root: Path) -> dict[str, bytes]:
    """What a wheel is to have of the checkout, and where."""
    found = {}
    for folder, place in (("symbook", "symbook"), ("lessons", "symbook/_lessons")):
        for path in (root / folder).rglob("*"):
            if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
                found[f"{place}/{path.relative_to(root / folder).as_posix()}"] = path.read_bytes()
    return found


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel, root):
    expected = shipped(root)
    own = f"symbook-{__version__}"
    with zipfile.ZipFile(wheel) as archive:
        got = {name: archive.read(name) for name in archive.namelist()}
    assert {name: got.get(name) for name in expected} == expected
    others = {name for name in got.keys() - expected.keys() if ".data/" not in name}
    files = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    assert others == {f"{own}.dist-info/{name}" for name in files}
    assert {Path(name).suffix for name in expected} == KINDS
    assert not [name for name in got if "golden" in name or name.startswith("tests")]
    assert {
        "symbook/views/static/widget.js",
        "symbook/_lessons/data/lenet-0010.params",
    } <= got.keys()


def test_the_record_has_the_hash_of_every_file(wheel):
    """As https://packaging.python.org/en/latest/specifications/recording-installed-packages/ wants it."""
    with zipfile.ZipFile(wheel) as archive:
        rows = archive.read(f"symbook-{__version__}.dist-info/RECORD").decode().splitlines()
        recorded = dict(row.split(",", 1) for row in rows)
        assert recorded.keys() == set(archive.namelist())
        for name, told in recorded.items():
            if not name.endswith("/RECORD"):
                content = archive.read(name)
                code = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
                assert told == f"sha256={code.decode()},{len(content)}"


def test_the_sdist_has_what_the_wheel_is_built_from_and_the_tests(dist, root):
    with tarfile.open(only(dist, "*.tar.gz")) as archive:
        members = archive.getmembers()
    names = {member.name.partition("/")[2] for member in members}
    assert {member.name.partition("/")[0] for member in members} == {f"symbook-{__version__}"}
    wanted = {"LICENSE", "README.md", "pyproject.toml", "hatch_build.py", "PKG-INFO"}
    assert wanted | {"tests/conftest.py", "kernelspec/kernel.json"} <= names
    assert {f"symbook/{path.name}" for path in (root / "symbook").glob("*.py")} <= names
    stray = re.compile(r"(^|/)(\.venv|\.git/|__pycache__|.*\.pyc$|.*_cache|symbook-lessons)(/|$)")
    assert not [name for name in names if stray.search(name)]


def test_the_same_source_gives_the_same_bytes(dist, unpacked, tmp_path):
    """At another time, in another folder and locale, with other modes; so the sdist gives the wheel."""
    build(unpacked, tmp_path, "wheel", "sdist", TZ="Asia/Kathmandu", LC_ALL="C", PYTHONHASHSEED="7")
    for pattern in ("*.whl", "*.tar.gz"):
        assert only(tmp_path, pattern).read_bytes() == only(dist, pattern).read_bytes()


def test_the_same_source_gives_the_same_bytes_of_a_given_time(root, unpacked, tmp_path):
    moment = {"SOURCE_DATE_EPOCH": "1700000000"}
    for name, source in (("one", root), ("two", unpacked)):
        build(source, tmp_path / name, "wheel", **moment)
    first, second = (only(tmp_path / name, "*.whl") for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {member.date_time for member in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}


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


# --- what type checkers are told ------------------------------------------------------------


PROGRAM = Path(__file__).with_name("typed_program.py")


def test_a_users_program_is_checked_against_the_wheel(environment):
    """CI does it in its step of types, as mypy is not among what the tests need."""
    pytest.importorskip("mypy")
    words = ["-m", "mypy", "--strict", "--python-executable", environment.python, PROGRAM]
    told = run([sys.executable, *words], cwd=environment.work)
    assert told == "Success: no issues found in 1 source file\n"


def test_that_program_runs(environment):
    assert environment.runs(PROGRAM.read_text(encoding="utf-8")) == "7.0\n"


def test_type_checkers_know_every_method_that_is_attached(root):
    tree = ast.parse((root / "symbook" / "ops" / "fluent.py").read_text(encoding="utf-8"))
    [told] = [node for node in tree.body if getattr(node, "name", "") == "Methods"]
    names = {node.id for node in ast.walk(told) if isinstance(node, ast.Name)}
    assert names >= set(METHODS)
