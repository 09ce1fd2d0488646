"""The command `symbook`: what it prints, what it refuses, and how it treats a learner's files."""

from __future__ import annotations

import copy
import importlib.util
import json
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import jupyter_core.paths as jupyter_paths
import nbformat
import pytest

import symbook as mx
from symbook import driver, workers
from symbook._version import __version__
from symbook.cli import doctor as doctor_module
from symbook.cli import lab as lab_module
from symbook.cli import main
from symbook.cli.doctor import WIDTH, Finding, examine, report
from symbook.cli.draw import parse_shape
from symbook.cli.errors import CommandError
from symbook.cli.lab import LAB_REQUIREMENT, Place, prepare, server_options
from symbook.cli.lessons import (
    FIRST_LESSON,
    RECORD,
    copy_lessons,
    lesson_files,
    shipped_lessons,
)
from symbook.fusion import compiler
from symbook.remedies import CUPY_REQUIREMENT, pip_install
from symbook.render import layout
from symbook.workers import counts

# A shell reads a program's path with spaces in it only in quotes.
PYTHON = f'"{sys.executable}"' if " " in sys.executable else sys.executable
PIP = f"{PYTHON} -m pip install"

# --- the command itself ---------------------------------------------------------------------


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"symbook {__version__}\n"


def test_python_m_symbook_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "symbook", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"symbook {__version__}\n"


@pytest.mark.parametrize("words", [[], ["fly"], ["lab", "--fly"], ["draw", "x.json"]])
def test_unknown_words_give_the_usage_and_status_2(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("usage: symbook")


# --- lab: the learner's folder --------------------------------------------------------------


@pytest.fixture
def shipped(tmp_path):
    """A folder as the wheel ships it: two lessons, a picture, and files that are for authors."""
    folder = tmp_path / "shipped"
    (folder / "data").mkdir(parents=True)
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / FIRST_LESSON).write_text("lesson 1")
    (folder / "02_next.ipynb").write_text("lesson 2")
    (folder / "data" / "net.json").write_text("{}")
    (folder / "01_dataflow.py").write_text("the jupytext source")
    (folder / ".ipynb_checkpoints" / FIRST_LESSON).write_text("old")
    return folder


def test_a_learner_gets_the_lessons_and_not_their_sources(shipped, tmp_path):
    target = tmp_path / "new folder" / "lessons"
    report = copy_lessons(shipped, target)
    expected = [Path("01_dataflow.ipynb"), Path("02_next.ipynb"), Path("data/net.json")]
    assert list(lesson_files(shipped)) == report.added == expected
    present = {path.relative_to(target) for path in target.rglob("*") if path.is_file()}
    assert present == {*expected, Path(RECORD)}
    assert (target / FIRST_LESSON).read_text() == "lesson 1"


def test_copying_twice_changes_nothing(shipped, tmp_path):
    target = tmp_path / "mine"
    copy_lessons(shipped, target)
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*.ipynb")}
    report = copy_lessons(shipped, target)
    assert not report.added
    assert not report.updated
    assert not report.beside
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*.ipynb")} == before


def test_a_changed_lesson_is_kept_while_no_newer_one_comes(shipped, tmp_path):
    target = tmp_path / "mine"
    copy_lessons(shipped, target)
    (target / FIRST_LESSON).write_text("my answers")
    report = copy_lessons(shipped, target)
    assert not report.beside
    assert (target / FIRST_LESSON).read_text() == "my answers"
    assert len(list(target.glob("01_*"))) == 1


def test_an_unchanged_lesson_is_brought_up_to_date(shipped, tmp_path):
    target = tmp_path / "mine"
    copy_lessons(shipped, target)
    (shipped / FIRST_LESSON).write_text("lesson 1, better")
    (shipped / "03_more.ipynb").write_text("lesson 3")
    report = copy_lessons(shipped, target)
    assert report.updated == [Path(FIRST_LESSON)]
    assert report.added == [Path("03_more.ipynb")]
    assert (target / FIRST_LESSON).read_text() == "lesson 1, better"


def test_a_newer_lesson_goes_beside_a_changed_one_once(shipped, tmp_path):
    target = tmp_path / "mine"
    copy_lessons(shipped, target, "0.1.0")
    (target / FIRST_LESSON).write_text("my answers")
    (shipped / FIRST_LESSON).write_text("lesson 1, better")
    report = copy_lessons(shipped, target, "0.2.0")
    assert report.beside == {Path(FIRST_LESSON): Path("01_dataflow-0.2.0.ipynb")}
    assert (target / FIRST_LESSON).read_text() == "my answers"
    assert (target / "01_dataflow-0.2.0.ipynb").read_text() == "lesson 1, better"

    (target / "01_dataflow-0.2.0.ipynb").write_text("my second answers")
    assert not copy_lessons(shipped, target, "0.2.0").beside
    assert (target / "01_dataflow-0.2.0.ipynb").read_text() == "my second answers"


def test_a_newer_lesson_never_takes_the_name_of_a_learners_file(shipped, tmp_path):
    target = tmp_path / "mine"
    copy_lessons(shipped, target, "0.1.0")
    (target / FIRST_LESSON).write_text("my answers")
    (target / "01_dataflow-0.2.0.ipynb").write_text("my own file")
    (shipped / FIRST_LESSON).write_text("lesson 1, better")
    report = copy_lessons(shipped, target, "0.2.0")
    assert report.beside == {Path(FIRST_LESSON): Path("01_dataflow-0.2.0-2.ipynb")}
    assert (target / "01_dataflow-0.2.0.ipynb").read_text() == "my own file"


@pytest.mark.parametrize("record", [None, "", "[1]", '{"01_dataflow.ipynb": 3}', "\x00"])
def test_without_a_readable_record_every_different_file_is_the_learners(shipped, tmp_path, record):
    target = tmp_path / "mine"
    target.mkdir()
    (target / FIRST_LESSON).write_text("a file that was here before")
    if record is not None:
        (target / RECORD).write_text(record)
    report = copy_lessons(shipped, target, "0.1.0")
    assert report.beside == {Path(FIRST_LESSON): Path("01_dataflow-0.1.0.ipynb")}
    assert (target / FIRST_LESSON).read_text() == "a file that was here before"


def test_a_deleted_lesson_comes_back(shipped, tmp_path):
    target = tmp_path / "mine"
    copy_lessons(shipped, target)
    (target / FIRST_LESSON).unlink()
    assert copy_lessons(shipped, target).added == [Path(FIRST_LESSON)]


@pytest.mark.parametrize("inside", [".", "symbook-lessons"])
def test_the_lessons_are_not_copied_into_their_own_folder(shipped, inside):
    before = sorted(shipped.rglob("*"))
    with pytest.raises(CommandError, match=r"the lessons come from .*shipped.*--dir"):
        copy_lessons(shipped, shipped / inside)
    assert sorted(shipped.rglob("*")) == before


@pytest.mark.parametrize(
    ("folder", "said"),
    [("taken", "is a file: the lessons need a folder"), ("taken/x", "cannot write the lessons to")],
)
def test_a_folder_that_cannot_be_made_is_refused_in_one_line(shipped, tmp_path, folder, said):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(CommandError) as refusal:
        copy_lessons(shipped, tmp_path / folder)
    assert said in str(refusal.value)
    assert "--dir" in str(refusal.value)
    assert "\n" not in str(refusal.value)


# --- lab: notebooks -------------------------------------------------------------------------


@pytest.fixture
def notebook(tmp_path):
    """A shipped folder with one real notebook, with outputs, and that notebook."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    output = nbformat.v4.new_output("execute_result", {"text/plain": "14"}, execution_count=2)
    cells = [
        nbformat.v4.new_markdown_cell("# Lesson 1 ×"),
        nbformat.v4.new_code_cell("import symbook as mx", execution_count=1),
        nbformat.v4.new_code_cell("1*2 + 3*4", execution_count=2, outputs=[output]),
    ]
    cells[2].metadata["tags"] = ["keep-me"]
    made = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(made, folder / FIRST_LESSON)
    return made


def _run_and_saved(path):
    """What JupyterLab may do to a file whose cells nobody edits."""
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(notebook.cells):
        cell.metadata["collapsed"] = False
        if cell.cell_type == "code":
            cell.execution_count = number + 40
            cell.outputs = [nbformat.v4.new_output("stream", text="other")]
    notebook.cells.append(nbformat.v4.new_code_cell(""))
    notebook.metadata["language_info"] = {"name": "python", "version": "3.99"}
    nbformat.write(notebook, path)


def test_a_learner_sees_no_answers_before_she_runs_a_cell(notebook, tmp_path):
    target = tmp_path / "mine"
    copy_lessons(tmp_path / "shipped", target)
    got = nbformat.read(target / FIRST_LESSON, as_version=4)
    nbformat.validate(got)
    expected = copy.deepcopy(notebook)
    for cell in expected.cells[1:]:
        cell.outputs, cell.execution_count = [], None
    assert got == expected
    shipped = nbformat.read(tmp_path / "shipped" / FIRST_LESSON, as_version=4)
    assert shipped == notebook


def test_a_lesson_that_was_only_run_and_saved_is_unchanged(notebook, tmp_path):
    target = tmp_path / "mine"
    copy_lessons(tmp_path / "shipped", target)
    _run_and_saved(target / FIRST_LESSON)
    before = (target / FIRST_LESSON).read_bytes()
    assert not copy_lessons(tmp_path / "shipped", target).updated
    assert (target / FIRST_LESSON).read_bytes() == before

    notebook.cells[2].source = "7 * 2"
    nbformat.write(notebook, tmp_path / "shipped" / FIRST_LESSON)
    assert copy_lessons(tmp_path / "shipped", target).updated == [Path(FIRST_LESSON)]
    assert "7 * 2" in (target / FIRST_LESSON).read_text()


def test_a_lesson_with_new_outputs_only_is_no_newer_one(notebook, tmp_path):
    target = tmp_path / "mine"
    copy_lessons(tmp_path / "shipped", target)
    _run_and_saved(tmp_path / "shipped" / FIRST_LESSON)
    report = copy_lessons(tmp_path / "shipped", target)
    assert not report.updated
    assert not report.beside


@pytest.mark.parametrize("change", ["edit", "add", "remove"])
def test_a_lesson_with_changed_cells_is_the_learners(notebook, tmp_path, change):
    target = tmp_path / "mine"
    copy_lessons(tmp_path / "shipped", target, "0.1.0")
    mine = nbformat.read(target / FIRST_LESSON, as_version=4)
    if change == "edit":
        mine.cells[0].source += "\n\nMy note."
    elif change == "add":
        mine.cells.append(nbformat.v4.new_code_cell("my_answer = 14"))
    else:
        mine.cells.pop()
    nbformat.write(mine, target / FIRST_LESSON)
    before = (target / FIRST_LESSON).read_bytes()
    notebook.cells[2].source = "7 * 2"
    nbformat.write(notebook, tmp_path / "shipped" / FIRST_LESSON)
    report = copy_lessons(tmp_path / "shipped", target, "0.2.0")
    assert report.beside == {Path(FIRST_LESSON): Path("01_dataflow-0.2.0.ipynb")}
    assert (target / FIRST_LESSON).read_bytes() == before
    assert "7 * 2" in (target / "01_dataflow-0.2.0.ipynb").read_text()


# --- lab: what is opened --------------------------------------------------------------------


def test_the_lessons_are_copied(shipped, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lab_module, "shipped_lessons", lambda: shipped)
    monkeypatch.chdir(tmp_path)
    place = prepare(None)
    assert place == Place(tmp_path / "symbook-lessons", FIRST_LESSON)
    assert (place.root / FIRST_LESSON).read_text() == "lesson 1"
    (place.root / FIRST_LESSON).write_text("my answers")
    (shipped / FIRST_LESSON).write_text("lesson 1, better")
    (shipped / "02_next.ipynb").write_text("lesson 2, better")
    capsys.readouterr()
    prepare(None)
    assert capsys.readouterr().out == (
        f"Lessons: {place.root}\n"
        "  updated, as you had not changed them: 02_next.ipynb\n"
        "  01_dataflow.ipynb has your changes and was kept; the newer one is beside it: "
        f"01_dataflow-{__version__}.ipynb\n"
    )
    assert prepare(None) == place
    assert (place.root / FIRST_LESSON).read_text() == "my answers"


def test_dir_names_the_folder(shipped, tmp_path, monkeypatch):
    monkeypatch.setattr(lab_module, "shipped_lessons", lambda: shipped)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    place = prepare(Path("../my lessons"))
    assert place.root.resolve() == tmp_path / "my lessons"
    assert (place.root / FIRST_LESSON).read_text() == "lesson 1"


def test_a_folder_of_lessons_is_used_again_from_inside(shipped, tmp_path, monkeypatch):
    monkeypatch.setattr(lab_module, "shipped_lessons", lambda: shipped)
    monkeypatch.chdir(tmp_path)
    place = prepare(None)
    monkeypatch.chdir(place.root)
    assert prepare(None) == place
    assert not (place.root / "symbook-lessons").exists()


def test_in_a_checkout_the_lessons_are_copied_to_an_ignored_folder(root, tmp_path):
    lessons = shipped_lessons()
    assert lessons == root / "lessons"
    copy_lessons(lessons, tmp_path / "symbook-lessons")
    got = nbformat.read(tmp_path / "symbook-lessons" / FIRST_LESSON, as_version=4)
    assert not any(cell.get("outputs") for cell in got.cells)
    assert not any(cell.get("execution_count") for cell in got.cells)
    assert not list((tmp_path / "symbook-lessons").glob("*.py"))
    assert "symbook-lessons/" in (root / ".gitignore").read_text().splitlines()


def test_this_installation_has_its_lessons():
    assert FIRST_LESSON in map(str, lesson_files(shipped_lessons()))


def test_server_options():
    place = Place(Path("/home/a b"), FIRST_LESSON)
    options = server_options(place, port=9000, browser=False)
    assert "--ServerApp.root_dir=/home/a b" in options
    assert "--LabApp.default_url=/lab/tree/01_dataflow.ipynb" in options
    assert "--ServerApp.port=9000" in options
    assert "--ServerApp.open_browser=False" in options
    default = server_options(place, port=None, browser=True)
    assert not any("port" in word or "open_browser" in word for word in default)


def test_words_after_the_dashes_go_to_jupyterlab_and_win(monkeypatch):
    pytest.importorskip("jupyterlab")
    seen = {}

    def end(options, port):
        seen["options"], seen["port"] = options, port
        raise SystemExit(0)

    monkeypatch.setattr(lab_module, "prepare", lambda _: Place(Path("/lessons"), FIRST_LESSON))
    monkeypatch.setattr(lab_module, "_serve", end)
    extra = ["--ServerApp.port=9001", "--ip=0.0.0.0"]
    with pytest.raises(SystemExit):
        main(["lab", "--no-browser", "--port", "9000", "--", *extra])
    assert seen["options"][-2:] == extra
    assert sum("port" in word for word in seen["options"]) == 1
    assert seen["port"] is None


@pytest.mark.parametrize("port", ["0", "65536", "99999", "-1", "eighty", "8888.0", "²"])
def test_a_number_that_is_no_port_is_refused(port, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["lab", f"--port={port}"])
    assert stop.value.code == 2
    said = f"argument --port: {port!r} is no port: give a number from 1 to 65535"
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_when_the_port_is_in_use_another_one_is_named(tmp_path):
    pytest.importorskip("jupyterlab")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "symbook", "lab", "--no-browser", "--port", str(port)]
        with subprocess.Popen(
            [*command, "--dir", str(tmp_path / "mine"), "--", "--ip=127.0.0.1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            said = []
            for line in process.stdout:
                said.append(line)
                if line.startswith("Lesson 1: "):
                    break
            process.send_signal(signal.SIGINT)
            process.stdout.read()
    told = f"Port {port} is in use or not allowed; port "
    [other] = [line.removeprefix(told).split()[0] for line in said if line.startswith(told)]
    assert other != str(port)
    assert f":{other}/lab/tree/" in said[-1]
    assert process.returncode == 0


def test_without_jupyterlab_the_line_to_type_is_said(monkeypatch, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "jupyterlab" else found(name)
    )
    monkeypatch.setattr(sys, "executable", "/home/a b/bin/python")
    assert main(["lab"]) == 2
    assert capsys.readouterr().err == (
        "symbook: JupyterLab is not installed. Type:\n"
        '    "/home/a b/bin/python" -m pip install "jupyterlab>=4.2"\n'
    )


# --- doctor ---------------------------------------------------------------------------------


def test_doctor_fits_one_screen_and_is_content_here(capsys):
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= WIDTH
    assert any("1·2 + 3·4 = 14" in line for line in lines)
    for name in (
        "Python",
        "NumPy",
        "BLAS",
        "Threads",
        "Loops",
        "Graphviz",
        "GPU",
        "Kernel",
        "Widgets",
    ):
        assert sum(line[5:].startswith(name) for line in lines) == 1, name


def test_doctor_json(capsys):
    assert main(["doctor", "--json"]) == 0
    findings = {item["what"]: item for item in json.loads(capsys.readouterr().out)}
    assert findings["Engine"] == {
        "what": "Engine",
        "found": "1·2 + 3·4 = 14",
        "remedy": "",
        "broken": False,
    }
    assert findings["Python"]["found"].startswith("3.")


def test_a_report_where_everything_is_missing_still_fits_one_screen():
    worst = [Finding(f.what, "x" * 100, "y" * 100, broken=True) for f in examine()]
    lines = report(worst).splitlines()
    assert len(lines) <= 24
    assert max(len(line) for line in lines if "x" in line) <= WIDTH
    # A remedy is there to be typed: it is never cut.
    assert lines.count("     → " + "y" * 100) == len(worst)


@pytest.fixture
def absent(monkeypatch):
    """Make modules and distributions of these names look uninstalled."""

    def hide(*names):
        find, version = importlib.util.find_spec, doctor_module._version
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: None if name in names else find(name)
        )
        monkeypatch.setattr(
            doctor_module, "_version", lambda name: None if name in names else version(name)
        )
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    return hide


def test_doctor_without_the_notebook_layer(absent, capsys):
    absent("ipykernel", "jupyterlab", "notebook", "anywidget", "jupyterlab_widgets")
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    for line in (
        "ipykernel is not installed",
        f'→ {PIP} "ipykernel>=6.17"',
        "no JupyterLab",
        f'→ {PIP} "jupyterlab>=4.2"',
        f'→ {PIP} "anywidget>=0.9.9" jupyterlab_widgets\n',
    ):
        assert line in out


def test_doctor_says_whether_jupyter_finds_the_kernel(root, tmp_path, monkeypatch):
    monkeypatch.setattr(jupyter_paths, "ENV_JUPYTER_PATH", [])
    monkeypatch.setattr(jupyter_paths, "SYSTEM_JUPYTER_PATH", [])
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    versions = {"ipykernel": "7.1", "ipython": "9.1"}
    monkeypatch.setattr(doctor_module, "_version", versions.get)
    told = "ipykernel 7.1, IPython 9.1; symbook runs from a folder, without a kernel"
    assert doctor_module.kernel() == Finding("Kernel", told)
    versions["symbook"] = "0.1"
    told = "ipykernel 7.1, IPython 9.1; Jupyter finds none of symbook's"
    assert doctor_module.kernel() == Finding("Kernel", told, "install symbook again")
    shutil.copytree(root / "kernelspec", tmp_path / "kernels" / "symbook")
    told = "ipykernel 7.1, IPython 9.1, “Symbook (Python 3)”"
    assert doctor_module.kernel() == Finding("Kernel", told)


def test_doctor_without_graphviz(monkeypatch):
    engine = layout.Engine(layout.OWN, "", "pygraphviz is not installed; dot is not on PATH")
    monkeypatch.setattr(layout, "engine", lambda: engine)
    finding = doctor_module.graphviz()
    assert finding.found == "built-in layout: pygraphviz is not installed; dot is not on PATH"
    assert finding.remedy == f'{PIP} "pygraphviz>=2.0"'
    assert not finding.broken


def test_doctor_with_the_graphviz_of_pygraphviz(monkeypatch):
    engine = layout.Engine("Graphviz of pygraphviz", "14.1.5")
    monkeypatch.setattr(layout, "engine", lambda: engine)
    monkeypatch.setattr(doctor_module, "_version", lambda name: {"pygraphviz": "2.0.4"}[name])
    found = "Graphviz 14.1.5 (from pygraphviz 2.0.4)"
    assert doctor_module.graphviz() == Finding("Graphviz", found)


def test_doctor_with_a_system_graphviz_only(monkeypatch):
    engine = layout.Engine("Graphviz", "2.43.0", "pygraphviz is not installed")
    monkeypatch.setattr(layout, "engine", lambda: engine)
    assert doctor_module.graphviz() == Finding("Graphviz", "Graphviz 2.43.0")


@pytest.mark.parametrize(
    ("served", "capability", "remedy"),
    [
        ((12, 4), (9, 0), f'{PIP} "cupy-cuda12x[ctk]>=14"'),
        ((13, 0), (9, 0), f'{PIP} "cupy-cuda13x[ctk]>=14"'),
        ((13, 0), (7, 0), f'{PIP} "cupy-cuda12x[ctk]>=14"'),  # CUDA 13 has left Volta behind
        ((14, 1), (12, 0), f'{PIP} "cupy-cuda13x[ctk]>=14"'),
        ((11, 8), (7, 0), "Update the NVIDIA driver: CuPy needs one for CUDA 12 or later."),
    ],
)
def test_doctor_with_a_gpu_and_no_cupy(absent, monkeypatch, served, capability, remedy):
    absent("cupy")
    monkeypatch.setattr(driver, "version", lambda: served)
    monkeypatch.setattr(driver, "gpus", lambda: [driver.Gpu("NVIDIA X1", capability)])
    finding = doctor_module.gpus()
    seen = f"NVIDIA X1, driver for CUDA {served[0]}.{served[1]}: CuPy is not installed"
    assert finding.found.startswith(seen)
    assert finding.remedy == remedy
    assert not finding.broken


def test_doctor_without_a_gpu_asks_for_nothing(absent, monkeypatch):
    absent("cupy")
    monkeypatch.setattr(driver, "version", lambda: None)
    assert not doctor_module.gpus().remedy


def test_doctor_fails_when_the_engine_is_broken(monkeypatch, capsys):
    def broken(*args, **kwargs):
        raise RuntimeError("no arrays\ntoday")

    monkeypatch.setattr(mx.nd, "array", broken)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "FAIL Engine      RuntimeError: no arrays today\n" in out
    assert out.endswith("symbook cannot work until what is marked FAIL is mended.\n")


def test_doctor_where_no_thread_can_start(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(doctor_module.threading.Thread, "start", refuse)
    assert "no thread starts" in doctor_module.threads().found


@pytest.mark.parametrize(
    ("variables", "ending"),
    [
        ({}, "graphs run on 8 threads"),
        ({"SYMBOOK_NUM_THREADS": "1"}, "graphs run on 1 thread, SYMBOOK_NUM_THREADS=1"),
        ({"OMP_NUM_THREADS": "3"}, "graphs run on 3 threads"),
        (
            {"MXNET_ENGINE_TYPE": "NaiveEngine"},
            "graphs run on 8 threads, MXNET_ENGINE_TYPE=NaiveEngine",
        ),
    ],
)
def test_doctor_says_how_many_threads_run(monkeypatch, variables, ending):
    for name in ("SYMBOOK_NUM_THREADS", "OMP_NUM_THREADS", "MXNET_ENGINE_TYPE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(counts, "processors", lambda: 8)
    assert doctor_module.threads().found.endswith(ending)


def test_doctor_with_a_number_of_threads_that_is_none(monkeypatch):
    monkeypatch.setenv("SYMBOOK_NUM_THREADS", "all")
    finding = doctor_module.threads()
    assert "SYMBOOK_NUM_THREADS is 'all'" in finding.found
    assert finding.remedy


@pytest.mark.parametrize(
    ("variable", "absent", "text"),
    [
        (None, False, "compiled by Numba"),
        ("0", False, "by NumPy, SYMBOOK_JIT=0"),
        (None, True, "pip install numba"),
        ("often", False, "SYMBOOK_JIT is 'often'"),
    ],
)
def test_doctor_says_what_computes_loops(monkeypatch, tmp_path, variable, absent, text):
    pytest.importorskip("numba", reason="Numba is not installed")
    monkeypatch.delenv("SYMBOOK_JIT", raising=False)
    if variable is not None:
        monkeypatch.setenv("SYMBOOK_JIT", variable)
    monkeypatch.setenv("SYMBOOK_CACHE", str(tmp_path))
    compiler.mode.cache_clear()
    try:
        if absent:
            monkeypatch.setattr(doctor_module, "_is_absent", lambda name: name == "numba")
        finding = doctor_module.loops()
    finally:
        compiler.mode.cache_clear()
    assert text in finding.found
    assert bool(finding.remedy) == (variable == "often")


@pytest.mark.parametrize(
    ("count", "text"), [(1, "1 thread"), (6, "6 threads"), (None, "an unknown number of threads")]
)
def test_doctor_says_how_many_threads_blas_has(monkeypatch, count, text):
    monkeypatch.setattr(workers, "blas_threads", lambda: count)
    assert f", {text}" in doctor_module.blas().found


def test_doctor_where_blas_cannot_be_limited(absent):
    absent("threadpoolctl")
    finding = doctor_module.blas()
    assert finding.found.endswith("its threads cannot be limited")
    assert finding.remedy == f'{PIP} "threadpoolctl>=3.5"'


# --- draw -----------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    """The tutorial's symbol, saved."""
    a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
    path = tmp_path / "e.json"
    ((a * b) + (c * d)).save(str(path))
    return path


@pytest.mark.parametrize(
    ("ending", "magic"),
    [("svg", b"<svg"), ("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-"), ("dot", b"digraph")],
)
def test_draw_writes_the_format_that_the_name_says(saved, tmp_path, ending, magic):
    if ending in ("png", "pdf"):
        pytest.importorskip("pygraphviz")
    picture = tmp_path / f"a picture.{ending}"
    assert main(["draw", str(saved), "-o", str(picture)]) == 0
    assert magic in picture.read_bytes()[:2000]


def test_draw_to_the_output_with_shapes(saved, capsys):
    words = [f"{name}=2,3" for name in "ABCD"]
    assert main(["draw", str(saved), "-o", "-", "--direction", "LR", "--shape", *words]) == 0
    out = capsys.readouterr().out
    assert out.rstrip().endswith("</svg>")
    assert "2×3" in out or "(2, 3)" in out


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        (None, ["-o", "x.svg"], "there is no file"),
        ("{}", ["-o", "x"], "cannot tell the format of 'x': end its name in .svg, .png, .pdf or"),
        ("{}", ["-o", "x.bmp"], "cannot tell the format of 'x.bmp'"),
        (
            "{}",
            ["-o", "x.svg", "--shape", "A"],
            "--shape takes NAME=N,N,… as in A=1000,1000, not 'A'",
        ),
        ("{}", ["-o", "x.svg", "--shape", "A=1,b"], "--shape takes NAME=N,N,…"),
        ("[]", ["-o", "x.svg"], "cannot read e.json: this is no symbol"),
        ("{}", ["-o", "x.svg"], "cannot read e.json: this is no symbol"),
    ],
)
def test_draw_refuses_in_one_line(tmp_path, monkeypatch, capsys, content, words, message):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "e.json").write_text(content)
    assert main(["draw", "e.json", *words]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"symbook: {message}")
    # What is wrong, and for a file what to do about it, which is indented.
    assert [line[:2] for line in captured.err.splitlines()][1:] in ([], ["  "])
    assert not captured.out


def test_draw_refuses_a_shape_of_no_argument(saved, tmp_path, capsys):
    words = ["--shape", "A=2,3", "nobody=4,5"]
    assert main(["draw", str(saved), "-o", str(tmp_path / "e.svg"), *words]) == 2
    err = capsys.readouterr().err
    assert err == ("symbook: there is no argument 'nobody'\n  The arguments are: A, B, C, D.\n")


@pytest.mark.parametrize("content", [b"{", b"\x00\x01", b"\xff\xfe\x00", b""])
def test_draw_names_the_file_that_is_no_symbol(tmp_path, monkeypatch, capsys, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_bytes(content)
    assert main(["draw", "bad.json", "-o", "x.svg"]) == 2
    first, *hints = capsys.readouterr().err.splitlines()
    assert first.startswith("symbook: cannot read bad.json: ")
    assert all(hint.startswith("  ") for hint in hints)
    assert not (tmp_path / "x.svg").exists()


def test_draw_refuses_a_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["draw", ".", "-o", "x.svg"]) == 2
    assert capsys.readouterr().err == "symbook: '.' is a folder: give the file of a saved symbol\n"


@pytest.mark.parametrize(
    "line",
    [
        "--shape A=2,3 B=2,3 {file} -o -",
        "-o - --shape A=2,3 {file}",
        "--shape A=2,3 --shape B=2,3 -o - {file}",
        "{file} --shape=A=2,3 -o -",
    ],
)
def test_draw_takes_options_and_file_in_any_order(saved, capsys, line):
    assert main(["draw", *(word.format(file=saved) for word in line.split())]) == 0
    assert capsys.readouterr().out.rstrip().endswith("</svg>")


def test_draw_refuses_a_picture_it_cannot_write(saved, tmp_path, capsys):
    assert main(["draw", str(saved), "-o", str(tmp_path / "no" / "e.svg")]) == 2
    assert capsys.readouterr().err.splitlines()[0].startswith("symbook: cannot write ")


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("data=1,3,224,224", ("data", (1, 3, 224, 224))),
        ("x=5", ("x", (5,))),
        ("x=(5,)", ("x", (5,))),
        ("x=", ("x", ())),
        ("x=0,2", ("x", (0, 2))),
    ],
)
def test_parse_shape(text, shape):
    assert parse_shape(text) == shape


# --- one place for a requirement ------------------------------------------------------------


def test_the_lines_to_type_name_what_pyproject_requires(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert LAB_REQUIREMENT in extras["lab"]
    assert extras["cuda12"] == [CUPY_REQUIREMENT[12]]
    assert extras["cuda13"] == [CUPY_REQUIREMENT[13]]
    source = (root / "symbook" / "cli" / "doctor.py").read_text(encoding="utf-8")
    for name in ("numpy", "ipykernel", "ipywidgets", "anywidget", "pygraphviz"):
        [required] = [item for item in project["dependencies"] if item.startswith(name)]
        assert f'"{required.split(";")[0]}"' in source


@pytest.mark.parametrize(
    "python", ["/usr/bin/python3", "/home/a b/c'd/bin/python", "/x(1)/$y/python"]
)
def test_a_line_to_type_is_one_that_a_shell_takes(python, monkeypatch):
    monkeypatch.setattr(sys, "executable", python)
    assert shlex.split(pip_install("numpy>=2.0", "jupyterlab_widgets", "cupy[ctk]>=14")) == [
        python,
        "-m",
        "pip",
        "install",
        "numpy>=2.0",
        "jupyterlab_widgets",
        "cupy[ctk]>=14",
    ]


def test_a_line_to_type_on_windows(monkeypatch):
    monkeypatch.setattr(sys, "executable", r"C:\Users\me\x\.venv\Scripts\python.exe")
    expected = r'C:\Users\me\x\.venv\Scripts\python.exe -m pip install "jupyterlab>=4.2"'
    assert pip_install("jupyterlab>=4.2") == expected
