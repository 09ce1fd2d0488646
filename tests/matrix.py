"""The surroundings that symbook is tried in, what was tried there, and the table of it in `tests/README.md`.

`build_matrix.py` makes and runs them; the results are in `matrix.json`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "tests" / "matrix.json"
PAGE = ROOT / "tests" / "README.md"

_COSTLY = ("test_compose", "test_gradient", "test_names", "test_optimiser_graphs")
ARRAYS = (
    *(
        "test_transcript",
        "test_executor",
        "test_engine",
        "test_infer",
        "test_ndarray",
        "test_files",
    ),
    *(
        "test_runners",
        "test_operator",
        "test_training",
        "test_random",
        "test_monitor",
        "test_contexts",
    ),
    *(
        "test_blas_threads",
        "test_ops_schema",
        "test_ops_elementwise",
        "test_ops_unary",
        "test_ops_reduce",
    ),
    *("test_ops_matrix", "test_ops_shape", "test_ops_index", "test_ops_sorting", "test_ops_linalg"),
    "test_ops_normalization",
)
MAGICS = ("test_magics", "test_magics_views", "test_display", "test_cli", "views/test_widgets")
VIEWS = (
    *("test_views", "test_render", "test_viz", "test_saved_views", "views/test_documents"),
    *("views/test_saving", "views/test_values", "views/test_timelines"),
)
ALL = (*ARRAYS, *_COSTLY, *MAGICS, *VIEWS)
BROWSER = ("browser/test_hosts",)


@dataclass(frozen=True)
class Surroundings:
    """One environment.

    Attributes
    ----------
    name : str
        How the table and the command line call it.
    python : str
        The version, as `3.12`.
    pins : tuple of str
        What pip is told, beside symbook and what the tests need; of the rest it takes the newest.
    parts : tuple of str
        The files of tests that are run.
    without : tuple of str
        What is taken away when all is installed.
    """

    name: str
    python: str = "3.11"
    pins: tuple[str, ...] = ()
    parts: tuple[str, ...] = ALL
    without: tuple[str, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """What pip installs for the tests."""
        if self.parts == BROWSER:
            return (*_TESTED_BY, *_NOTEBOOKS, "playwright>=1.45", "axe-playwright-python>=0.1.4")
        return (*_TESTED_BY, *_NOTEBOOKS) if set(MAGICS) & set(self.parts) else _TESTED_BY


_TESTED_BY = ("pytest>=8.2", "hypothesis>=6.100", "packaging>=23", "psutil")
_NOTEBOOKS = ("jupytext>=1.16", "nbclient", "nbformat", "nbconvert", "nbval>=0.11")


def bounds(extra: str = "") -> dict[str, str]:
    """The lowest version, by name, of each thing that symbook requires, or one of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = project["optional-dependencies"][extra] if extra else project["dependencies"]
    found = map(Requirement, texts)
    return {
        each.name: spec.version
        for each in found
        for spec in each.specifier
        if each.name != "symbook" and spec.operator == ">="
    }


def lowest(*extras: str) -> tuple[str, ...]:
    """What symbook requires, and its extras, each at its lowest version."""
    return tuple(
        f"{name}=={version}" for extra in extras for name, version in bounds(extra).items()
    )


EVERYWHERE = (
    *(Surroundings(f"newest, Python {version}", version) for version in
      ("3.11", "3.12", "3.13", "3.14", "3.15")),
    Surroundings("all lowest bounds", pins=lowest("", "lessons", "jit")),
    Surroundings("NumPy 2.0, the rest newest", pins=("numpy==2.0.0",), parts=ARRAYS),
    *(Surroundings(f"NumPy {version}", pins=(f"numpy=={version}.*",), parts=ARRAYS)
      for version in ("2.1", "2.2", "2.3")),
    Surroundings("NumPy alone", parts=ARRAYS, without=tuple(set(bounds()) - {"numpy"})),
    Surroundings("IPython 8.0", pins=("ipython==8.0.0",), parts=MAGICS),
    Surroundings("ipywidgets 8.0", pins=("ipywidgets==8.0.0", "anywidget==0.9.9"), parts=MAGICS),
    Surroundings("no Graphviz", parts=(*MAGICS, "test_render", "test_viz"), without=("pygraphviz",)),
    Surroundings("JupyterLab 4.2", pins=("jupyterlab==4.2.0", "notebook==7.2.0"), parts=BROWSER),
    Surroundings("Notebook 7.0", pins=("jupyterlab==4.2.0", "notebook==7.0.0"), parts=BROWSER),
)  # fmt: skip

SHOWN = (
    "numpy", "ipython", "ipykernel", "ipywidgets", "anywidget", "graphviz", "pygraphviz", "threadpoolctl",
    "numba", "matplotlib", "jupyterlab", "notebook",
)  # fmt: skip
"""The packages whose versions the table has."""


def results() -> dict[str, dict[str, Any]]:
    """What came of it, by the names of the surroundings."""
    found: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def rows(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The table's lines, in Markdown."""
    heads = ("surroundings", "Python", *SHOWN, "passed", "failed", "skipped")
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join([' --- '] * len(heads))}|"
    for name, result in found.items():
        versions = [result["versions"][each] or "–" for each in SHOWN]
        counts = (result["passed"], len(result["failed"]), result["skipped"])
        yield f"| {' | '.join((name, result['python'], *versions, *map(str, counts)))} |"


_TABLE = re.compile(r"(?<=<!-- matrix -->\n).*?(?=<!-- end of the matrix -->)", re.DOTALL)


def page(text: str) -> str:
    """`tests/README.md` with the table as the results have it."""
    return _TABLE.sub(lambda _: "".join(f"{line}\n" for line in rows(results())), text)
