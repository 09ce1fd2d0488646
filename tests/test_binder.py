"""Binder: what repo2docker makes of `binder/`, and the lessons in an environment made by its steps.

There is no Docker here. repo2docker shows the Dockerfile that it would build, and carries the exact versions
of its notebook environment: a virtual environment gets those versions, then what the Dockerfile runs.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
from importlib.resources import files
from pathlib import Path

import pytest
from environments import Environment, bare_environment, run
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from symbook.cli.lessons import FIRST_LESSON

pytestmark = pytest.mark.slow

_SECONDS_TO_ANSWER = 60

# What has its own version in Binder's environment, and is left as it is.
OF_BINDER = {"ipython", "ipykernel", "ipywidgets"}


KERNEL = """
import json
import sys
import nbclient
import nbformat

name = sys.argv[1]
cells = [
    '%load_ext symbook' if name == 'python3' else 'import sys; print(sys.executable)',
    '%%symgraph\\nE = (A*B) + (C*D)',
    'E',
    'import symbook as mx',
    'values = {name: mx.nd.array([i]) for i, name in enumerate("ABCD", 1)}\\n'
    'E.bind(mx.cpu(), values).forward()[0].asnumpy()',
]
notebook = nbformat.v4.new_notebook(
    cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
    metadata={'kernelspec': {'name': name, 'display_name': name}},
)
nbclient.NotebookClient(notebook, timeout=120).execute()
print(json.dumps([cell.outputs for cell in notebook.cells]))
"""


def python_of_binder(root: Path) -> str:
    return (root / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")


def pins(root: Path) -> dict[str, str]:
    """The versions in `binder/requirements.txt`, by name."""
    lines = (root / "binder" / "requirements.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"==[\d.]+", str(each.specifier)) for each in found)
    return {each.name: str(each.specifier)[2:] for each in found}


def test_the_pins_are_what_symbook_and_its_lessons_require(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pinned = pins(root)
    for text in (*project["dependencies"], *project["optional-dependencies"]["lessons"]):
        required = Requirement(text)
        if required.name not in OF_BINDER:
            assert required.specifier.contains(pinned[required.name]), text
    assert not OF_BINDER & pinned.keys()
    assert Requirement(f"python{project['requires-python']}").specifier.contains(
        python_of_binder(root)
    )


def test_the_readme_opens_the_first_lesson(root):
    readme = (root / "README.md").read_text(encoding="utf-8")
    opened = re.findall(r"mybinder\.org/v2/gh/symbook/symbook/HEAD\?urlpath=([^)\s]+)", readme)
    assert opened
    assert set(opened) == {f"lab/tree/lessons/{FIRST_LESSON}"}
    on_colab = re.findall(
        r"colab\.research\.google\.com/github/symbook/symbook/blob/([^)\s]+)", readme
    )
    assert on_colab == [f"main/lessons/{FIRST_LESSON}"]
    assert (root / "lessons" / FIRST_LESSON).is_file()


def test_repo2docker_takes_the_folder_as_it_is_meant(root):
    pytest.importorskip("repo2docker")
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", root]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert f"Building conda environment for python={python_of_binder(root)}\n" in said
    steps = [
        line
        for line in said.splitlines()
        if re.match(r"(RUN|COPY|USER) .*binder/|COPY.*src/ ", line)
    ]
    assert [re.sub(r"^COPY --chown=\S+", "COPY", step) for step in steps] == [
        "COPY src/binder/requirements.txt ${REPO_DIR}/binder/requirements.txt",
        'RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"',
        "COPY src/ ${REPO_DIR}/",
        "RUN chmod +x binder/postBuild",
        "RUN ./binder/postBuild",
    ]


# --- the same steps without Docker ----------------------------------------------------------


class Binder(Environment):
    """An environment made by Binder's steps.

    Attributes
    ----------
    before : dict of str to str
        The packages, with their versions, of Binder's own environment.
    checkout : Path
        The repository, as Binder's user finds it.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        super().__init__(folder)
        locked = folder / "locked.txt"
        locked.write_text("\n".join(_locked(python_of_binder(root))), encoding="utf-8")
        self.install("-c", locked, "pip", "jupyterlab", "notebook", "ipywidgets")
        self.before = self.packages()
        self.checkout = folder / "home"
        _copy(root, self.checkout)
        self.install("-r", self.checkout / "binder" / "requirements.txt")
        path = os.pathsep.join([str(self.scripts), os.environ["PATH"]])
        run([self.checkout / "binder" / "postBuild"], cwd=self.checkout, PATH=path)


def _locked(python: str) -> list[str]:
    """What repo2docker has locked for a version of Python, as constraints for pip."""
    name = f"environment.py-{python}-linux-64.lock"
    lock = (files("repo2docker") / "buildpacks" / "conda" / name).read_text(encoding="utf-8")
    found = re.findall(r"/([A-Za-z][\w.-]*)-([^-/]+)-[^-/]+\.(?:conda|tar\.bz2)", lock)
    assert dict(found).keys() >= {"jupyterlab", "ipykernel", "ipywidgets"}
    return [f"{name}=={version}" for name, version in found if not name.startswith("_")]


def _copy(root: Path, target: Path) -> None:
    """What git has of the checkout; of an unpacked archive, all that an installation leaves out."""
    unwanted = (".git", ".venv", "__pycache__", ".ipynb_checkpoints", ".*_cache", "symbook-lessons")
    shutil.copytree(root, target, ignore=shutil.ignore_patterns(*unwanted))


@pytest.fixture(scope="module")
def binder(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Binder:
    pytest.importorskip("repo2docker")
    if python_of_binder(root) != f"{sys.version_info.major}.{sys.version_info.minor}":
        pytest.skip(f"Binder has Python {python_of_binder(root)}")
    return Binder(tmp_path_factory.mktemp("binder"), root)


def test_the_steps_add_the_pins_and_replace_nothing(binder, root):
    """So a link keeps giving the same, as long as repo2docker's own environment does."""
    now = binder.packages()
    assert {name: now.get(name) for name in binder.before} == binder.before
    added = {canonicalize_name(name) for name in now.keys() - binder.before.keys()}
    assert added == {canonicalize_name(name) for name in pins(root)}
    assert run(binder.pip("check")) == "No broken requirements found.\n"


def test_the_lessons_open_without_their_answers_and_the_kernel_is_there(binder):
    told = run([binder.scripts / "jupyter", "kernelspec", "list"])
    assert re.search(r"^ +symbook ", told, re.MULTILINE)
    for lesson in binder.checkout.glob("lessons/*.ipynb"):
        assert '"output_type"' not in lesson.read_text(encoding="utf-8")


@pytest.mark.notebook
def test_the_lessons_give_their_outputs_there(binder, root, tmp_path):
    """The first and the last of them; all, with their solutions, if `SYMBOOK_EVERY_LESSON=1`."""
    wanted = sorted((root / "lessons").glob("[0-9]*.ipynb"))
    if os.environ.get("SYMBOOK_EVERY_LESSON") == "1":
        wanted += sorted((root / "lessons").glob("solutions/*.ipynb"))
    else:
        wanted = [wanted[0], wanted[-1]]
    shutil.copytree(root / "lessons", tmp_path / "lessons")
    copies = {tmp_path / path.relative_to(root) for path in wanted}
    kernel = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    words = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": [str(binder.python), *words], "display_name": "Binder", "language": "python"}
    kernel.write_text(json.dumps(spec))
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", tmp_path]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist", "-q", "--nbval"]
    command += ["--nbval-sanitize-with", root / "tests" / "nbval_sanitize.cfg"]
    told = run([*command, *sorted(copies)], cwd=tmp_path, JUPYTER_PATH=str(tmp_path / "jupyter"))
    assert re.search(r"\d+ passed", told)


@pytest.mark.notebook
def test_lab_copies_the_lessons_answers_and_ends_on_ctrl_c(binder):
    process = subprocess.Popen(
        [str(binder.symbook), "lab", "--no-browser"],
        cwd=binder.work,
        env=bare_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = process.stdout.readline()
        folder = binder.work / "symbook-lessons"
        assert said == f"Lessons: {folder}\n"
        assert (folder / "01_dataflow.ipynb").is_file()
        [url] = itertools.islice(
            (line.split()[-1] for line in process.stdout if line.startswith("Lesson 1: ")), 1
        )
        base, _, rest = url.partition("/lab/tree/01_dataflow.ipynb")
        with urllib.request.urlopen(url, timeout=_SECONDS_TO_ANSWER) as page:
            assert page.status == 200
            assert "jupyterlab" in page.read().decode().lower()
        contents = f"{base}/api/contents/01_dataflow.ipynb{rest}"
        with urllib.request.urlopen(contents, timeout=_SECONDS_TO_ANSWER) as answer:
            assert json.load(answer)["type"] == "notebook"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=_SECONDS_TO_ANSWER)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.notebook
@pytest.mark.parametrize("kernel", ["python3", "symbook"])
def test_the_magics_work_in_a_real_kernel(binder, kernel):
    """Of the kernel that comes with symbook, without a line before them."""
    outputs = json.loads(binder.runs(KERNEL, kernel))
    first, drawn, shown, _, result = outputs
    if kernel == "symbook":
        assert first == [{"output_type": "stream", "name": "stdout", "text": first[0]["text"]}]
        assert Path(first[0]["text"].strip()).parent == binder.python.parent
    else:
        assert first == []
    for cell in (drawn, shown):
        [html] = [item["data"]["text/html"] for item in cell if "text/html" in item.get("data", {})]
        text = "".join(html)
        [alt] = re.findall(r'<img[^>]*\balt="([^"]+)"', text)
        assert all(name in alt for name in "ABCD")
    assert any(item["data"]["text/plain"].startswith("<Symbol ") for item in shown)
    assert result[0]["data"]["text/plain"].startswith("array([14.]")
