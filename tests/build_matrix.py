"""Try symbook among old and new versions of everything: `python tests/build_matrix.py FOLDER [NAME ...]`.

Makes an environment for each of `matrix.EVERYWHERE`, or of those named, in FOLDER, which is made; installs
the wheel there; runs the part of the tests that it has; and writes what came of it to `tests/matrix.json` and
as a table to `tests/README.md`. One takes up to three minutes. Each needs a command `python3.N` on the path;
where that is missing, the earlier result stays.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import matrix
from environments import Environment, bare_environment, run
from matrix import EVERYWHERE, PAGE, RESULTS, ROOT, Surroundings

_SECONDS = 900
# What ipywidgets before 8.0.3 does, as newer traitlets and ipykernel say.
_OF_OTHERS = ("Deprecated in traitlets 4.1", "The `ipykernel.comm.Comm` class has been deprecated")
_OF_A_CHECKOUT = (
    "test_cli.py::test_in_a_checkout_the_lessons_are_copied_to_an_ignored_folder",
    "test_cli.py::test_doctor_fits_one_screen_and_is_content_here",  # its lines have the folder's name
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=[each.name for each in EVERYWHERE])
    given = parser.parse_args()
    folder = given.folder.resolve()
    folder.mkdir(parents=True)
    run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT])
    [wheel] = folder.glob("*.whl")
    for surroundings in EVERYWHERE:
        if surroundings.name in given.names:
            try:
                _try(surroundings, folder / re.sub(r"\W+", "-", surroundings.name), wheel)
            except AssertionError as error:  # what pip said
                print(f"{surroundings.name}: {error}", flush=True)
    PAGE.write_text(matrix.page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def _try(surroundings: Surroundings, folder: Path, wheel: Path) -> None:
    """Make one environment, run its tests, keep the result, and take the environment away."""
    python = _python(surroundings.python)
    if python is None:
        print(f"{surroundings.name}: there is no python{surroundings.python}.", flush=True)
        return
    folder.mkdir()
    environment = Environment(folder, python)
    environment.install(*surroundings.needed, str(wheel), *surroundings.pins)
    if surroundings.without:
        run(environment.pip("uninstall", "-q", "-y", *surroundings.without))
    result = _result(surroundings, environment, _suite(environment, folder))
    print(f"{surroundings.name}: {json.dumps(result)}", flush=True)
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results[surroundings.name] = result
    ordered = {each.name: results[each.name] for each in EVERYWHERE if each.name in results}
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder)


def _python(version: str) -> str | None:
    """The command that is this version of Python; a version manager's may be there and refuse to start."""
    for folder in os.get_exec_path():
        command = Path(folder, f"python{version}")
        words = [str(command), "-c", "import sys, venv; print(*sys.version_info[:2], sep='.')"]
        if command.exists():
            said = subprocess.run(words, capture_output=True, text=True).stdout
            if said.strip() == version:
                return str(command)
    return None


def _suite(environment: Environment, folder: Path) -> Path:
    """The checkout, with what is installed in the place of its own package."""
    suite = folder / "suite"
    names = run(["git", "ls-files", "-z"], cwd=ROOT).rstrip("\0").split("\0")
    for name in names:
        if not name.startswith(("symbook/", "lessons/")):
            (suite / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, suite / name)
    installed = environment.runs("import symbook; print(*symbook.__path__)").strip()
    (suite / "symbook").symlink_to(installed)
    (suite / "lessons").symlink_to(Path(installed, "_lessons"))
    return suite


def _result(surroundings: Surroundings, environment: Environment, suite: Path) -> dict[str, object]:
    """What ran there, and how it went."""
    report = suite.parent / "report.xml"
    words = [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "addopts=",
        f"--junitxml={report}",
    ]
    words += [
        word for message in _OF_OTHERS for word in ("-W", f"ignore:{message}:DeprecationWarning")
    ]
    if surroundings.parts == matrix.BROWSER:
        words += ["-k", "test_in_a_notebook"]
    words += [f"--deselect=tests/{name}" for name in _OF_A_CHECKOUT]
    words += [f"tests/{part}.py" for part in surroundings.parts]
    began = time.monotonic()
    with (suite.parent.parent / f"{suite.parent.name}.txt").open("w") as said:
        subprocess.run(
            [str(environment.python), *words],
            cwd=suite,
            env={**bare_environment(), "PYTHONNOUSERSITE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            timeout=_SECONDS,
        )
    seconds = time.monotonic() - began
    cases = list(ElementTree.parse(report).iter("testcase"))
    failures = [f"{case.get('classname')}::{case.get('name')}" for case in cases
                if case.find("failure") is not None or case.find("error") is not None]  # fmt: skip
    skipped = sum(case.find("skipped") is not None for case in cases)
    python = environment.runs("import platform; print(platform.python_version())").strip()
    installed = {name.lower(): version for name, version in environment.packages().items()}
    return {
        "date": date.today().isoformat(),
        "python": python,
        "versions": {name: installed.get(name) for name in matrix.SHOWN},
        "passed": len(cases) - len(failures) - skipped,
        "failed": failures,
        "skipped": skipped,
        "seconds": round(seconds),
    }


if __name__ == "__main__":
    main()
