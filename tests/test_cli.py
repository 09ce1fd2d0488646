"""The command `symbook`: what it prints, what it refuses, and how it treats a learner's files."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import symbook as mx
from symbook._version import __version__
from symbook.cli import doctor as doctor_module
from symbook.cli import lab as lab_module
from symbook.cli import main
from symbook.cli.doctor import CUPY_REQUIREMENT, WIDTH, Finding, examine, report
from symbook.cli.draw import parse_shape
from symbook.cli.errors import CommandError
from symbook.cli.lab import LAB_REQUIREMENT, Place, prepare, server_options
from symbook.cli.lessons import (
    FIRST_LESSON,
    RECORD,
    copy_lessons,
    find_checkout,
    lesson_files,
    shipped_lessons,
)
from symbook.render import layout

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
    (folder / "01_symbols.py").write_text("the jupytext source")
    (folder / ".ipynb_checkpoints" / FIRST_LESSON).write_text("old")
    return folder


def test_a_learner_gets_the_lessons_and_not_their_sources(shipped, tmp_path):
    target = tmp_path / "new folder" / "lessons"
    report = copy_lessons(shipped, target)
    expected = [Path("01_symbols.ipynb"), Path("02_next.ipynb"), Path("data/net.json")]
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
    assert report.beside == {Path(FIRST_LESSON): Path("01_symbols-0.2.0.ipynb")}
    assert (target / FIRST_LESSON).read_text() == "my answers"
    assert (target / "01_symbols-0.2.0.ipynb").read_text() == "lesson 1, better"

    (target / "01_symbols-0.2.0.ipynb").write_text("my second answers")
    assert not copy_lessons(shipped, target, "0.2.0").beside
    assert (target / "01_symbols-0.2.0.ipynb").read_text() == "my second answers"


def test_a_newer_lesson_never_takes_the_name_of_a_learners_file(shipped, tmp_path):
    target = tmp_path / "mine"
    copy_lessons(shipped, target, "0.1.0")
    (target / FIRST_LESSON).write_text("my answers")
    (target / "01_symbols-0.2.0.ipynb").write_text("my own file")
    (shipped / FIRST_LESSON).write_text("lesson 1, better")
    report = copy_lessons(shipped, target, "0.2.0")
    assert report.beside == {Path(FIRST_LESSON): Path("01_symbols-0.2.0-2.ipynb")}
    assert (target / "01_symbols-0.2.0.ipynb").read_text() == "my own file"


@pytest.mark.parametrize("record", [None, "", "[1]", '{"01_symbols.ipynb": 3}', "\x00"])
def test_without_a_readable_record_every_different_file_is_the_learners(shipped, tmp_path, record):
    target = tmp_path / "mine"
    target.mkdir()
    (target / FIRST_LESSON).write_text("a file that was here before")
    if record is not None:
        (target / RECORD).write_text(record)
    report = copy_lessons(shipped, target, "0.1.0")
    assert report.beside == {Path(FIRST_LESSON): Path("01_symbols-0.1.0.ipynb")}
    assert (target / FIRST_LESSON).read_text() == "a file that was here before"


def test_a_deleted_lesson_comes_back(shipped, tmp_path):
    target = tmp_path / "mine"
    copy_lessons(shipped, target)
    (target / FIRST_LESSON).unlink()
    assert copy_lessons(shipped, target).added == [Path(FIRST_LESSON)]


def test_copying_the_lessons_onto_themselves_does_nothing(shipped):
    before = sorted(shipped.rglob("*"))
    copy_lessons(shipped, shipped)
    assert sorted(shipped.rglob("*")) == before


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(shipped, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(
        CommandError, match=r"cannot write the lessons to .*taken.*--dir"
    ) as refusal:
        copy_lessons(shipped, tmp_path / "taken")
    assert "\n" not in str(refusal.value)


# --- lab: what is opened --------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "a checkout"
    (folder / "symbook").mkdir(parents=True)
    (folder / "lessons").mkdir()
    (folder / "symbook" / "_version.py").touch()
    (folder / "lessons" / FIRST_LESSON).touch()
    return folder


def test_in_a_checkout_the_lessons_are_opened_where_they_are(checkout, monkeypatch):
    monkeypatch.chdir(checkout / "lessons")
    assert find_checkout(Path.cwd()) == checkout
    assert prepare(None) == Place(checkout, "lessons/01_symbols.ipynb")
    assert not (checkout / RECORD).exists()


def test_elsewhere_the_lessons_are_copied(shipped, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lab_module, "shipped_lessons", lambda: shipped)
    monkeypatch.setattr(lab_module, "find_checkout", lambda _: None)
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
        f"  01_symbols.ipynb is yours and was kept; the newer one is "
        f"01_symbols-{__version__}.ipynb\n"
    )


def test_dir_copies_from_a_checkout_too(checkout, shipped, tmp_path, monkeypatch):
    monkeypatch.setattr(lab_module, "shipped_lessons", lambda: shipped)
    monkeypatch.chdir(checkout)
    place = prepare(Path("../my lessons"))
    assert place.root.resolve() == tmp_path / "my lessons"
    assert (place.root / FIRST_LESSON).read_text() == "lesson 1"


def test_this_installation_has_its_lessons():
    assert FIRST_LESSON in map(str, lesson_files(shipped_lessons()))


def test_server_options():
    place = Place(Path("/home/a b"), FIRST_LESSON)
    options = server_options(place, port=9000, browser=False)
    assert "--ServerApp.root_dir=/home/a b" in options
    assert "--LabApp.default_url=/lab/tree/01_symbols.ipynb" in options
    assert "--ServerApp.port=9000" in options
    assert "--ServerApp.open_browser=False" in options
    default = server_options(place, port=None, browser=True)
    assert not any("port" in word or "open_browser" in word for word in default)


def test_words_after_the_dashes_go_to_jupyterlab_and_win(monkeypatch):
    seen = {}

    def end(options):
        seen["options"] = options
        raise SystemExit(0)

    monkeypatch.setattr(lab_module, "prepare", lambda _: Place(Path("/lessons"), FIRST_LESSON))
    monkeypatch.setattr(lab_module, "_serve", end)
    extra = ["--ServerApp.port=9001", "--ip=0.0.0.0"]
    with pytest.raises(SystemExit):
        main(["lab", "--no-browser", "--port", "9000", "--", *extra])
    assert seen["options"][-2:] == extra
    assert sum("port" in word for word in seen["options"]) == 1


def test_without_jupyterlab_the_line_to_type_is_said(monkeypatch, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "jupyterlab" else found(name)
    )
    monkeypatch.setattr(sys, "executable", "/home/a b/bin/python")
    assert main(["lab"]) == 2
    assert capsys.readouterr().err == (
        "symbook: JupyterLab is not installed. Type:\n"
        "    \"/home/a b/bin/python\" -m pip install 'jupyterlab>=4.0'\n"
    )


# --- doctor ---------------------------------------------------------------------------------


def test_doctor_fits_one_screen_and_is_content_here(capsys):
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= WIDTH
    assert any("1·2 + 3·4 = 14" in line for line in lines)
    for name in ("Python", "NumPy", "BLAS", "Threads", "Graphviz", "GPU", "Kernel", "Widgets"):
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
    assert max(map(len, lines)) <= WIDTH


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
        "→ python -m pip install 'ipykernel>=6.29'",
        "no JupyterLab",
        "→ python -m pip install 'jupyterlab>=4.0'",
        "→ python -m pip install 'anywidget>=0.9' jupyterlab_widgets\n",
    ):
        assert line in out


def test_doctor_without_graphviz(monkeypatch):
    engine = layout.Engine(layout.OWN, "", "pygraphviz is not installed; dot is not on PATH")
    monkeypatch.setattr(layout, "engine", lambda: engine)
    finding = doctor_module.graphviz()
    assert finding.found == "built-in layout: pygraphviz is not installed; dot is not on PATH"
    assert finding.remedy == "python -m pip install 'pygraphviz>=2.0'"
    assert not finding.broken


def test_doctor_with_a_system_graphviz_only(monkeypatch):
    engine = layout.Engine("Graphviz", "2.43.0", "pygraphviz is not installed")
    monkeypatch.setattr(layout, "engine", lambda: engine)
    assert doctor_module.graphviz() == Finding("Graphviz", "Graphviz 2.43.0")


@pytest.mark.parametrize(
    ("driver", "remedy"),
    [
        ((12, 4), "python -m pip install 'cupy-cuda12x[ctk]>=14'"),
        ((13, 0), "python -m pip install 'cupy-cuda13x[ctk]>=14'"),
        ((14, 1), "python -m pip install 'cupy-cuda13x[ctk]>=14'"),
        ((11, 8), "update the driver"),
    ],
)
def test_doctor_with_a_gpu_and_no_cupy(absent, monkeypatch, driver, remedy):
    absent("cupy")
    monkeypatch.setattr(doctor_module, "cuda_driver", lambda: driver)
    monkeypatch.setattr(doctor_module, "_gpu_names", lambda: "NVIDIA X1")
    finding = doctor_module.cupy()
    assert finding.found == f"NVIDIA X1, driver for CUDA {driver[0]}.{driver[1]}, but no CuPy"
    assert finding.remedy == remedy
    assert not finding.broken


def test_doctor_without_a_gpu_asks_for_nothing(absent, monkeypatch):
    absent("cupy")
    monkeypatch.setattr(doctor_module, "cuda_driver", lambda: None)
    assert not doctor_module.cupy().remedy


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
    assert "none can start" in doctor_module.threads().found


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
        ("{}", ["-o", "x.svg", "--shape", "A"], "--shape takes NAME=N,N,… as in data=1,3,224,224"),
        ("{}", ["-o", "x.svg", "--shape", "A=1,b"], "--shape takes NAME=N,N,…"),
        ("{", ["-o", "x.svg"], ""),
        ("[]", ["-o", "x.svg"], ""),
        ("{}", ["-o", "x.svg"], ""),
        ("\x00\x01", ["-o", "-"], ""),
    ],
)
def test_draw_refuses_in_one_line(tmp_path, monkeypatch, capsys, content, words, message):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "e.json").write_text(content)
    assert main(["draw", "e.json", *words]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"symbook: {message}")
    assert len(captured.err.splitlines()) == 1
    assert not captured.out


def test_draw_refuses_a_shape_of_no_argument(saved, tmp_path, capsys):
    words = ["--shape", "A=2,3", "nobody=4,5"]
    assert main(["draw", str(saved), "-o", str(tmp_path / "e.svg"), *words]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "nobody" in err


def test_draw_refuses_a_picture_it_cannot_write(saved, tmp_path, capsys):
    assert main(["draw", str(saved), "-o", str(tmp_path / "no" / "e.svg")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


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
    assert extras["lab"] == [LAB_REQUIREMENT]
    assert extras["cuda12"] == [CUPY_REQUIREMENT[12]]
    assert extras["cuda13"] == [CUPY_REQUIREMENT[13]]
    source = (root / "symbook" / "cli" / "doctor.py").read_text()
    for name in ("numpy", "ipykernel", "ipywidgets", "anywidget", "pygraphviz"):
        [required] = [item for item in project["dependencies"] if item.startswith(name)]
        assert f'"{required.split(";")[0]}"' in source
