"""`symbook lessons lite`: the course as a site whose Python runs in the reader's browser.

JupyterLite is JupyterLab without a server. Its Python is Pyodide, CPython for browsers: no threads, no
processes, no Graphviz. The site carries symbook's wheel, and the wheels that it needs and Pyodide lacks, of
the versions installed here: the widgets' JavaScript in the site is from here, too.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from symbook.cli.errors import CommandError
from symbook.cli.export import refuse
from symbook.cli.lessons import FIRST_LESSON, cleared, lesson_files, shipped_lessons, write
from symbook.cli.wheels import symbook_wheel
from symbook.errors import counted
from symbook.remedies import pip_install

LITE_REQUIREMENTS = (
    "jupyterlite-core==0.6.*",
    "jupyterlite-pyodide-kernel==0.6.*",
    "jupyter-server>=2",
)
"""What builds the site: versions that go together, and whose Pyodide symbook was run in."""

_CARRIED = (
    "anywidget",
    "comm",
    "graphviz",
    "ipywidgets",
    "jupyterlab_widgets",
    "psygnal",
    "typing_extensions",
    "widgetsnbextension",
)
"""What symbook needs there and Pyodide has not."""

_PYTHON = "3.12"
"""The version of Python in the browser, which chooses the wheels."""

_FIND_OR_INSTALL = re.compile(
    r"try:\n    import symbook as mx\nexcept ImportError:.*\n(?:    .*\n?)+"
)
_INSTALL = "%pip install -q symbook\n"
_KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
# JupyterLite's own first page leads to no notebook. Its other pages read their settings from this one, too.
_OPENS = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={lesson}">
<title>symbook: the lessons</title>
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{{}}</script>
<p><a href="{lesson}">Lesson 1</a></p>
</html>
"""


def build(target: Path, pyodide: Path | None = None) -> None:
    """Build the site in a new folder, and say how to look at it.

    Parameters
    ----------
    target : Path
        A folder that is not there or is empty.
    pyodide : Path, optional
        The folder of a full distribution of Pyodide 0.27, with its packages, to put into the site. By default
        a reader's browser gets it from the address that JupyterLite knows.

    Raises
    ------
    CommandError
        When JupyterLite is not installed, the folder has something in it, wheels cannot be had, or the
        build fails.
    """
    if importlib.util.find_spec("jupyterlite_pyodide_kernel") is None:
        raise CommandError(
            f"JupyterLite is not installed. Type:\n    {pip_install(*LITE_REQUIREMENTS)}"
        )
    source = shipped_lessons()
    refuse(source, target)
    if pyodide is not None and not (pyodide / "pyodide-lock.json").is_file():
        raise CommandError(
            f"{pyodide} has no pyodide-lock.json: name the folder of Pyodide's files"
        )
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        lessons = _lay_out(source, work / "contents")
        wheels = [symbook_wheel(work / "wheels"), *_carried_wheels(work / "wheels")]
        if pyodide is not None:
            shutil.copytree(pyodide, work / "static" / "pyodide")
        # Its own folder is the child's: JupyterLite reads settings from there.
        _run_jupyterlite(work, wheels, target.resolve())
    opens = _OPENS.format(lesson=f"lab/index.html?path={FIRST_LESSON}")
    (target / "index.html").write_text(opens, encoding="utf-8")
    print(f"A site with {counted(lessons, 'lesson')} is in {target}. To look at it, type")
    print(f"    {sys.executable} -m http.server --directory {target}")
    print("and open http://localhost:8000. Any server of files can serve it.")


def _lay_out(source: Path, folder: Path) -> int:
    """Write the lessons as a browser's Python runs them; how many there are."""
    count = 0
    for relative in lesson_files(source):
        content = cleared(source / relative)
        if relative.suffix == ".ipynb":
            content = for_browser(content)
            count += len(relative.parts) == 1
        write(folder / relative, content)
    return count


def for_browser(content: bytes) -> bytes:
    """A notebook for JupyterLite: for its kernel; the first cell installs symbook from the site."""
    notebook: dict[str, Any] = json.loads(content)
    notebook["metadata"]["kernelspec"] = _KERNEL
    first = next((cell for cell in notebook["cells"] if cell["cell_type"] == "code"), None)
    if first is not None:
        code = "".join(first["source"])
        code = _INSTALL + _FIND_OR_INSTALL.sub("import symbook as mx\n", code)
        first["source"] = code.splitlines(keepends=True)
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _carried_wheels(folder: Path) -> list[Path]:
    """Wheels that hold nothing compiled, which pip gets from its index."""
    wanted = [f"{name}=={metadata.version(name)}" for name in _CARRIED]
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
    command += ["--platform=any", "--implementation=py", f"--python-version={_PYTHON}"]
    gotten = folder / "carried"
    _checked(
        [*command, "-d", str(gotten), *wanted], None, "cannot get the wheels that the site carries"
    )
    return sorted(gotten.glob("*.whl"))


def _run_jupyterlite(work: Path, wheels: list[Path], target: Path) -> None:
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(work)]
    command += ["--output-dir", str(target), "--contents", str(work / "contents"), "--apps", "lab"]
    command += ["--no-sourcemaps", "--no-unused-shared-packages"]
    for wheel in wheels:
        command += ["--piplite-wheels", str(wheel)]
    _checked(command, work, "JupyterLite could not build the site")


def _checked(command: list[str], folder: Path | None, told: str) -> None:
    """Run a command. Raises CommandError with the end of what it said if it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise CommandError(f"{told}:\n{said}")
