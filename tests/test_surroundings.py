"""The same hour's work (`surroundings_story.py`) where something is missing, full, locked or foreign.

Warnings are errors there, and nothing may stand on standard error. Versions of Python and of packages have a
command of their own, `build_matrix.py`.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from environments import bare_environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="stands in for other machines")

STORY = Path(__file__).with_name("surroundings_story.py")
GIGABYTE = 1_000_000_000

RUN_IT = """
import runpy, sys
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
COMPILED = {"SYMBOOK_JIT": "now"}
"""Loops are compiled at once, and kept where that is possible."""

NO_GRAPHVIZ = "import sys; sys.modules['pygraphviz'] = sys.modules['graphviz'] = None\n" + RUN_IT
NOBODY = (
    """
import pwd
def nobody(number): raise KeyError(number)
pwd.getpwuid = nobody
"""
    + RUN_IT
)

_PR_CAPBSET_DROP = 24
_MODES_DO_NOT_COUNT = (1, 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, which let root pass by files' modes."""


def modes_count() -> None:
    """From the next program on, root may do what the modes say, as everybody."""
    import ctypes

    for capability in _MODES_DO_NOT_COUNT:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def a_gigabyte() -> None:
    """Of memory that is the process's own (RLIMIT_DATA): heaps, arrays and threads' stacks, used or not.

    BLAS takes some for each core that it sees, so of these there are two, as on small machines.
    """
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    resource.setrlimit(resource.RLIMIT_DATA, (GIGABYTE, GIGABYTE))


def tell(
    tmp_path: Path,
    code: str = RUN_IT,
    *,
    cwd: Path | None = None,
    before: Callable[[], None] | None = None,
    **variables: str,
) -> str:
    """Run the story in a process of its own, with a new home; gives what it printed."""
    out = tmp_path / "what is kept"
    out.mkdir()
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    kept = bare_environment()
    for name in ("XDG_CACHE_HOME", "SYMBOOK_CACHE", "IPYTHONDIR", "PYTHONDONTWRITEBYTECODE"):
        kept.pop(name, None)
    path = os.pathsep.join(filter(None, sys.path))
    given = {**kept, "HOME": str(home), "PYTHONPATH": path, **variables}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(STORY), str(out)],
        cwd=cwd or tmp_path,
        env={name: value for name, value in given.items() if value},
        preexec_fn=before,
        capture_output=True,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
    assert done.stderr == b"", done.stderr.decode(errors="replace")
    return done.stdout.decode()


@pytest.fixture
def locked(tmp_path):
    """A folder that nobody may write into, for `modes_count`."""
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    test = f"import os; open({str(folder / 'x')!r}, 'w')"
    done = subprocess.run([sys.executable, "-c", test], preexec_fn=modes_count, capture_output=True)
    if b"PermissionError" not in done.stderr:
        pytest.skip("this user may write anywhere")
    yield folder
    folder.chmod(0o755)


def test_without_graphviz(tmp_path):
    assert tell(tmp_path, NO_GRAPHVIZ, PATH=str(tmp_path)) == "all of it\n"


def test_with_a_home_and_a_folder_that_may_not_be_written_to(tmp_path, locked):
    told = tell(tmp_path, cwd=locked, HOME=str(locked), before=modes_count, **COMPILED)
    assert told == "all of it\n"
    assert not list(locked.iterdir())


def test_with_a_home_that_may_not_be_looked_into(tmp_path, locked):
    locked.chmod(0)
    assert tell(tmp_path, HOME=str(locked / "home"), before=modes_count) == "all of it\n"


def test_with_a_home_that_is_a_file(tmp_path):
    file = tmp_path / "file"
    file.touch()
    assert tell(tmp_path, HOME=str(file)) == "all of it\n"


def test_without_a_home_and_a_name(tmp_path):
    """As a container gives that runs as a number that no user has."""
    assert tell(tmp_path, NOBODY, HOME="", **COMPILED) == "all of it\n"


def test_in_a_locale_that_is_ascii(tmp_path):
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert tell(tmp_path, **ascii_only, **COMPILED) == "all of it\n"


def test_in_a_locale_that_is_latin_1(tmp_path):
    """Made for this, where there are the sources of locales."""
    if shutil.which("localedef") is None:
        pytest.skip("no localedef")
    made = tmp_path / "locales" / "de_DE.iso88591"
    made.parent.mkdir()
    words = ["localedef", "--no-archive", "-i", "de_DE", "-f", "ISO-8859-1", str(made)]
    if subprocess.run(words, capture_output=True).returncode:
        pytest.skip("no sources of locales")
    given = {"LOCPATH": str(made.parent), "LC_ALL": made.name, "PYTHONUTF8": "0"}
    check = [sys.executable, "-c", "import sys; print(sys.getfilesystemencoding())"]
    said = subprocess.run(check, env={**os.environ, **given}, capture_output=True, text=True)
    assert said.stdout == "iso8859-1\n"
    assert tell(tmp_path, **given) == "all of it\n"


def test_in_folders_with_spaces_and_letters_of_other_scripts(tmp_path):
    folder = tmp_path / "mein größter Ordner 图"
    folder.mkdir()
    (folder / "home").mkdir()
    for name in ("symbook", "lessons"):
        shutil.copytree(Path(__file__).parents[1] / name, folder / "packages é" / name)
    others = [each for each in sys.path if each and not (Path(each) / "symbook").is_dir()]
    path = os.pathsep.join([str(folder / "packages é"), *others])
    code = "import symbook; assert 'é' in symbook.__file__\n" + RUN_IT
    assert tell(folder, code, PYTHONPATH=path, **COMPILED) == "all of it\n"


def test_on_one_core(tmp_path):
    assert tell(tmp_path, before=one_core) == "all of it\n"


def test_with_a_gigabyte_of_memory(tmp_path):
    assert tell(tmp_path, before=a_gigabyte, **COMPILED) == "all of it\n"
