"""`symbook lessons lite`: the course as a site whose Python runs in the browser."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.util
import io
import json
import tomllib
import types
import zipfile
from importlib import metadata

import nbformat
import pytest
from packaging.requirements import Requirement

from symbook import limits
from symbook._version import __version__
from symbook.cli import lite, main, wheels
from symbook.cli.lessons import FIRST_LESSON, shipped_lessons

IN_THE_BROWSER = {"sys_platform": "emscripten", "platform_machine": "wasm32"}
OF_PYODIDE = {"numpy", "ipython", "threadpoolctl"}
"""What the distribution of Pyodide has itself."""


def _names(requirements):
    read = map(Requirement, requirements)
    return {
        item.name for item in read if item.marker is None or item.marker.evaluate(IN_THE_BROWSER)
    }


def test_all_that_symbook_needs_is_there(root):
    """A kernel stands there already, and nothing compiled is asked for."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    needed = _names(project["dependencies"])
    assert not needed & {"ipykernel", "pygraphviz"}
    assert needed - OF_PYODIDE <= set(lite._CARRIED)
    # What those need in their turn.
    for name in needed - OF_PYODIDE:
        further = {item for item in metadata.requires(name) or () if "extra ==" not in item}
        known = {name.replace("-", "_") for name in OF_PYODIDE | {"traitlets", *lite._CARRIED}}
        assert {name.replace("-", "_") for name in _names(further)} <= known


def test_the_extra_is_what_the_message_says(root, tmp_path, monkeypatch, capsys):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert tuple(project["optional-dependencies"]["lite"]) == lite.LITE_REQUIREMENTS
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["lessons", "lite", str(tmp_path / "site")]) == 2
    assert '"jupyterlite-core==0.6.*"' in capsys.readouterr().err


def test_each_lesson_installs_symbook_from_the_site():
    for path in shipped_lessons().glob("*.ipynb"):
        made = nbformat.reads(lite.for_browser(path.read_bytes()).decode(), as_version=4)
        nbformat.validate(made)
        first = next(cell for cell in made.cells if cell.cell_type == "code").source
        assert first.startswith("%pip install -q symbook\n")
        assert "import symbook as mx" in first
        assert "git+" not in first
        assert "except" not in first
        assert made.metadata.kernelspec.name == "python"


def test_an_installed_symbook_is_packed_as_a_wheel(tmp_path):
    about = tmp_path / "site" / "symbook-1.2.dist-info"
    (tmp_path / "site" / "symbook" / "__pycache__").mkdir(parents=True)
    about.mkdir()
    files = {
        "symbook/__init__.py": b"a = 1\n",
        "symbook/__pycache__/__init__.pyc": b"x",
        "symbook-1.2.dist-info/METADATA": b"Metadata-Version: 2.1\nName: symbook\nVersion: 1.2\n",
        "symbook-1.2.dist-info/INSTALLER": b"pip",
        "symbook-1.2.dist-info/direct_url.json": b"{}",
    }
    for name, content in files.items():
        (tmp_path / "site" / name).write_bytes(content)
    record = [*files, "symbook-1.2.dist-info/RECORD", "../bin/symbook"]
    (about / "RECORD").write_text("".join(f"{name},,\n" for name in record))

    wheels._pack(metadata.PathDistribution(about), tmp_path)

    kept = {"symbook/__init__.py", "symbook-1.2.dist-info/METADATA"}
    with zipfile.ZipFile(tmp_path / "symbook-1.2-py3-none-any.whl") as wheel:
        assert set(wheel.namelist()) == kept | {"symbook-1.2.dist-info/RECORD"}
        told = wheel.read("symbook-1.2.dist-info/RECORD").decode()
        for name, digest, size in list(csv.reader(io.StringIO(told)))[:-1]:
            content = wheel.read(name)
            assert content == files[name]
            expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
            assert digest == f"sha256={expected.decode().rstrip('=')}"
            assert int(size) == len(content)


def test_limits_are_looked_for_where_python_knows_none(monkeypatch):
    """Pyodide's module `resource` is there, and names no limits."""
    monkeypatch.setattr(limits, "resource", types.ModuleType("resource"))
    assert limits.address_space() is None


@pytest.mark.slow
def test_the_site_is_built(tmp_path):
    pytest.importorskip("jupyterlite_pyodide_kernel", reason="needs symbook[lite]")
    site = tmp_path / "a site"
    assert main(["lessons", "lite", str(site)]) == 0
    carried = json.loads((site / "pypi" / "all.json").read_text())
    names = {name.replace("-", "_") for name in carried}
    assert names == {"symbook", *lite._CARRIED}
    with zipfile.ZipFile(site / "pypi" / f"symbook-{__version__}-py3-none-any.whl") as wheel:
        assert "symbook/views/static/views.css" in wheel.namelist()
    listed = json.loads((site / "api" / "contents" / "all.json").read_text())["content"]
    shown = {item["name"] for item in listed}
    assert {path.name for path in shipped_lessons().glob("*.ipynb")} <= shown
    assert f"lab/index.html?path={FIRST_LESSON}" in (site / "index.html").read_text()
    settings = json.loads((site / "jupyter-lite.json").read_text())["jupyter-config-data"]
    extensions = {item["name"] for item in settings["federated_extensions"]}
    assert {"@jupyter-widgets/jupyterlab-manager", "anywidget"} <= extensions
