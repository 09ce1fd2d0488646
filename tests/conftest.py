"""What every test runs under: no Jupyter settings of the machine's user, and marks that skip."""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest

from symbook import workers
from symbook.fusion import compiler
from symbook.ops import registry

_MEMORY_OF_A_WORKER = 2 * 1024**3
ROOT = Path(__file__).resolve().parent.parent
_SETTINGS = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    # The path in pyproject.toml is relative to the root; pytest may be started elsewhere.
    sanitize = getattr(config.option, "nbval_sanitize_with", None)
    if sanitize:
        config.option.nbval_sanitize_with = str(config.rootpath / sanitize)

    # A shell's background command begins without Ctrl-C, as would all that tests start and interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than this process has processors (a container's quota counts), if memory allows.

    A third of the whole run's time, tests wait: for kernels, pages and packages.
    """
    return min(workers.processors() + 1, max(1, _memory() // _MEMORY_OF_A_WORKER))


def _memory() -> int:
    """What is free, in bytes."""
    import psutil

    return int(psutil.virtual_memory().available)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """How pytest-xdist shares the tests out, unless `--dist` says how."""
    if config.getoption("dist") != "load":
        return None
    from sharing import Sharing

    return Sharing(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of several workers none shall be left with much to do at the end: what takes long comes first."""
    if hasattr(config, "workerinput"):
        items.sort(key=_haste)


def _haste(item: pytest.Item) -> tuple[bool, float]:
    """Tests in a browser first and together, so that one is started once; then by their file's seconds."""
    from sharing import SECONDS, SECONDS_OF_A_NOTEBOOK

    file = item.nodeid.split("::")[0]
    is_long = any(map(item.get_closest_marker, ("slow", "notebook")))
    seconds = SECONDS.get(file, SECONDS_OF_A_NOTEBOOK if is_long else 0)
    return item.get_closest_marker("browser") is None, -seconds


def pytest_collection_finish() -> None:
    """The tests themselves are most of the objects here: no search for garbage goes through them."""
    gc.collect()
    gc.freeze()


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


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which random graphs there were, by their seed: also where none of them differed."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == "random graphs" and report.when == "call":
                terminalreporter.write_line(f"random graphs: {value}")


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(autouse=True)
def _nothing_is_left_to_the_next():
    """Operators that a test defines are gone after it, and loops are compiled for it no more."""
    before = set(registry._users)
    yield
    for name in registry._users - before:
        registry._ops.pop(name, None)
    registry._users.intersection_update(before)
    compiler._queue.clear()
