"""JupyterLab as a learner gets it, by `symbook lab`, and a Chromium that looks at it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from notebook_page import NotebookPage
from offline_pages import OfflinePages

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
_SECONDS_TO_START = 60
_CHROMIUM_OPTIONS = [
    # A container has no user namespaces and a small /dev/shm, and a test machine no network.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker("browser")
            item.add_marker("slow")


def _find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    chosen = os.environ.get("SYMBOOK_CHROMIUM")
    return next(filter(None, map(shutil.which, [chosen] if chosen else names)), None)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """A Chromium, driven by playwright. It ends with this folder: its event loop must not be
    running while other tests start kernels.
    """
    path = _find_chromium()
    if path is None:
        reason = "no Chromium found; SYMBOOK_CHROMIUM names one"
        if os.environ.get("SYMBOOK_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def offline_pages(chromium: Any) -> Iterator[OfflinePages]:
    """Opens files with the network off; nothing may go wrong on their pages."""
    with OfflinePages(chromium) as pages:
        yield pages


@dataclass(frozen=True)
class Lab:
    """A running `symbook lab`: the learner's folder, the address and what was printed so far."""

    folder: Path
    base_url: str
    first_lesson_url: str
    printed: list[str]


@pytest.fixture(scope="package")
def jupyterlab(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """`symbook lab`, which puts the lessons into a new folder with a space in its name."""
    home = tmp_path_factory.mktemp("a learner")
    folder = home / "my lessons"
    command = [sys.executable, "-m", "symbook", "lab", "--no-browser"]
    command += ["--port", str(_free_port()), "--dir", str(folder), "--"]
    command += ["--ip=127.0.0.1", "--expose-app-in-browser", "--IdentityProvider.token="]
    # The same server serves Notebook 7, where that is installed.
    command += ["--JupyterNotebookApp.expose_app_in_browser=True"]
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        command,
        cwd=home,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed: list[str] = []
    address = _Address()
    reader = threading.Thread(target=_read, args=(process.stdout, printed, address))
    reader.start()
    try:
        address.seen.wait(_SECONDS_TO_START)
        assert address.url, "symbook lab printed no address:\n" + "".join(printed)
        base = address.url.split("/lab/")[0]
        yield Lab(folder, base, address.url, printed)
    finally:
        process.terminate()
        process.wait()
        reader.join()


class _Address:
    """Where lesson 1 is, once it was printed."""

    def __init__(self) -> None:
        self.url = ""
        self.seen = threading.Event()


def _read(lines: Any, printed: list[str], address: _Address) -> None:
    with lines:
        for line in lines:
            printed.append(line)
            found = re.match(r"Lesson 1: (\S+)", line)
            if found:
                address.url = found[1]
                address.seen.set()
    address.seen.set()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def open_notebook(
    jupyterlab: Lab, chromium: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., NotebookPage]]:
    """A function that opens a notebook in JupyterLab, or in `app="notebook"`: one of the learner's folder
    by its name, a new one from the sources of its code cells, or what `symbook lab` says to open first.
    Pictures go to `$SYMBOOK_SCREENSHOTS`, else to the test's folder.
    """
    kept = os.environ.get("SYMBOOK_SCREENSHOTS")
    pictures = Path(kept) if kept else tmp_path
    pictures.mkdir(parents=True, exist_ok=True)
    context = chromium.new_context(viewport={"width": 1280, "height": 900})

    def open_it(
        name: str | None = None, cells: list[str] | None = None, app: str = "lab"
    ) -> NotebookPage:
        if name is None:
            return NotebookPage(context.new_page(), jupyterlab.first_lesson_url, pictures)
        if cells is not None:
            _write_notebook(jupyterlab.folder / name, cells)
        if app == "notebook":
            url = f"{jupyterlab.base_url}/notebooks/{name}"
            return NotebookPage(context.new_page(), url, pictures)
        # A workspace of its own: no other notebook is restored beside this one.
        workspace = re.sub(r"\W+", "-", f"{request.node.name}-{name}")
        url = f"{jupyterlab.base_url}/lab/workspaces/{workspace}/tree/{name}"
        return NotebookPage(context.new_page(), url, pictures)

    yield open_it
    context.close()


def _write_notebook(path: Path, sources: list[str]) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, path)


@pytest.fixture
def marimo(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """A function that runs a notebook of marimo's, given its text, and gives its address."""
    pytest.importorskip("marimo")
    processes = []

    def run(text: str) -> str:
        path = tmp_path / "app.py"
        path.write_text(text, encoding="utf-8")
        port = _free_port()
        command = [sys.executable, "-m", "marimo", "-y", "-q", "run", str(path), "--headless"]
        command += ["--no-token", "--host", "127.0.0.1", "--port", str(port)]
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "HOME": str(tmp_path)}
        processes.append(subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL))
        _until_open(port)
        return f"http://127.0.0.1:{port}"

    yield run
    for process in processes:
        process.terminate()
        process.wait()


def _until_open(port: int) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")
