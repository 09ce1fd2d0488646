"""What every test runs under: no Jupyter settings of the machine's user, and marks that skip."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from symbook.ops import registry

ROOT = Path(__file__).resolve().parent.parent
_SETTINGS = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    # The path in pyproject.toml is relative to the root; pytest may be started elsewhere.
    sanitize = getattr(config.option, "nbval_sanitize_with", None)
    if sanitize:
        config.option.nbval_sanitize_with = str(config.rootpath / sanitize)

    # Kernels and servers inherit these: the user's profiles, kernels and themes decide no test.
    folder = Path(tempfile.mkdtemp(prefix="symbook-jupyter-"))
    config.stash[_SETTINGS] = folder
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        os.environ[name] = str(folder / name.lower())
        Path(os.environ[name]).mkdir()
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SETTINGS in config.stash:
        shutil.rmtree(config.stash[_SETTINGS], ignore_errors=True)


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.path.suffix == ".ipynb":
        item.add_marker("notebook")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu"):
        reason = _no_gpu()
        if reason:
            pytest.skip(reason)


def _no_gpu() -> str:
    """Why tests marked `gpu` cannot run here; empty when they can."""
    if importlib.util.find_spec("cupy") is None:
        return "CuPy is not installed"
    import cupy

    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        return f"no CUDA device: {error}"
    return "" if count else "no CUDA device"


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(autouse=True)
def _own_operators_are_forgotten():
    """Operators that a test defines are gone after it."""
    before = set(registry._users)
    yield
    for name in registry._users - before:
        registry._ops.pop(name, None)
    registry._users.intersection_update(before)
