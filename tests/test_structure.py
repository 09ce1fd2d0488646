"""The architecture, enforced: who may import whom, and what is loaded when."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "symbook"

# From the bottom up; a module imports from its own layer and from those before it.
LAYERS = [
    [
        "cached",
        "places",
        "quoting",
        "errors",
        "remedies",
        "in_flight",
        "driver",
        "diagnosis",
        "specs",
        "control_groups",
        "limits",
        "context",
        "cuda",
        "naming",
        "forks",
        "philox",
        "rng",
        "files",
        "garbage",
        "tuning",
        "underway",
        "workers",
    ],
    ["graph"],
    ["ops"],
    ["fusion"],
    ["infer", "name", "attribute", "base"],
    ["ndarray", "random", "symbol"],
    ["custom", "defining", "operator", "initializer", "model"],
    ["passes"],
    ["plan_text", "plan"],
    ["runners"],
    [
        *(
            "arguments",
            "differentiated",
            "to_make",
            "shortage",
            "delivery",
            "turns",
            "device_turns",
            "held",
            "recorded",
            "unfinished",
            "device_scripts",
            "stretches",
            "scripts",
            "written",
        ),
        *("executor", "binding"),
    ],
    ["engine", "monitor", "profiler"],
    ["render", "viz"],
    ["views"],
    ["course"],
    ["notebook", "cli"],
]
ENGINE = {name for layer in LAYERS[:11] for name in layer}

# Imports that point upwards, each inside a function, and why.
LATE = {
    ("symbol", "binding"): "Symbol.bind gives an Executor",
    ("symbol", "executor"): "the annotation of Symbol.bind names Executor",
    ("symbol", "passes"): "Symbol.gradient gives what a pass makes",
    ("graph", "ops"): "a Node's annotation names Op",
    ("passes", "plan"): "the memory pass's annotations name Step",
}

# Third-party libraries, and the one place each may be imported in.
THIRD_PARTY = {
    "numba": {"fusion/calls.py", "fusion/compiler.py", "fusion/native.py"},
    "llvmlite": {"fusion/calls.py", "fusion/compiler.py", "fusion/native.py"},
    "cupy": {"context.py"},
    "graphviz": {"render/dot.py", "viz.py"},
    "pygraphviz": {"render"},
    "IPython": {"notebook", "views/standing.py"},
    "anywidget": {"views/widget.py", "notebook/progress_bar.py"},
    "threadpoolctl": {"workers/blas.py"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def layer_of(name: str) -> int:
    return next(i for i, layer in enumerate(LAYERS) if name in layer)


def imports(path: Path) -> list[tuple[str, bool]]:
    """What a file imports, absolute names, and whether at the top level of the module."""
    inside = path.relative_to(PACKAGE.parent).with_suffix("").parts
    package = inside if path.name == "__init__.py" else inside[:-1]
    package = package[:-1] if path.name == "__init__.py" else package
    found = []
    tree = ast.parse(path.read_text())
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            base += node.module.split(".") if node.module else []
            found += [(".".join([*base, alias.name]), id(node) in top) for alias in node.names]
    return found


def own_imports() -> list[tuple[str, str, bool]]:
    """Pairs of parts of the package: who imports whom, and whether at the top."""
    pairs = []
    for path in modules():
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] in ("__init__", "__main__", "_version"):
            continue
        for name, top in imports(path):
            target = name.split(".")
            if target[0] == "symbook" and len(target) > 1 and target[1] != "_version":
                pairs.append((parts[0], target[1], top))
    return pairs


def test_every_part_has_a_layer() -> None:
    parts = {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in modules()}
    assert parts - {"__init__", "__main__", "_version"} == {
        name for layer in LAYERS for name in layer
    }


def test_no_import_points_up() -> None:
    wrong = {
        (source, target)
        for source, target, top in own_imports()
        if layer_of(target) > layer_of(source) and ((source, target) not in LATE or top)
    }
    assert set() == wrong


def test_the_engine_imports_numpy_and_the_standard_library_only() -> None:
    allowed = {"numpy", "symbook", *sys.stdlib_module_names}
    wrong = set()
    for path in modules():
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] not in ENGINE:
            continue
        for name, _ in imports(path):
            root = name.split(".")[0]
            place = str(path.relative_to(PACKAGE))
            if root not in allowed and place not in THIRD_PARTY.get(root, set()):
                wrong.add((place, root))
    assert set() == wrong


def loaded_by(statement: str) -> set[str]:
    """The modules that a new Python has loaded after the statement."""
    code = f"import sys; {statement}; print(sorted(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    return set(ast.literal_eval(result.stdout))


def test_importing_symbook_loads_numpy_and_the_standard_library_only() -> None:
    names = {
        name.partition(".")[0] for name in loaded_by("import symbook") - loaded_by("import numpy")
    }
    assert names - sys.stdlib_module_names <= {"numpy", "symbook"}


def test_what_takes_long_to_import_is_not_loaded_before_it_is_asked_for() -> None:
    """With these `import symbook` took half as long again as `import numpy`."""
    late = {"dataclasses", "json", "concurrent.futures", "logging", "numpy.typing", "subprocess"}
    assert not late & (loaded_by("import symbook") - loaded_by("import numpy"))


def test_the_notebook_layer_is_not_loaded_before_it_is_asked_for() -> None:
    late = ("symbook.notebook", "symbook.render", "symbook.cli", "symbook.viz", "symbook.course")
    assert not [name for name in loaded_by("import symbook") if name.startswith(late)]


def test_the_course_loads_nothing_heavy() -> None:
    """It works in any kernel, so it needs none; and an exercise is read when it is asked for."""
    found = loaded_by("import symbook.course") - loaded_by("import symbook")
    ours = {name for name in found if name.startswith("symbook")}
    assert all(name.startswith("symbook.course") for name in ours)
    assert not [name for name in ours if "lesson" in name]
    assert {name.partition(".")[0] for name in found - ours} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    if path.read_text().strip():
        assert ast.get_docstring(ast.parse(path.read_text()))


def test_names_of_mxnets_modules_exist() -> None:
    import symbook as mx

    assert mx.sym is mx.symbol
    assert mx.nd is mx.ndarray
    for name in (
        "symbol",
        "ndarray",
        "context",
        "executor",
        "name",
        "random",
        "viz",
        "base",
        "attribute",
    ):
        assert name in dir(mx)
        assert getattr(mx, name).__name__ == f"symbook.{name}"
    assert mx.AttrScope is mx.attribute.AttrScope
    assert mx.name.NameManager().get(None, "x") == "x0"
