"""`symbook lab`: the lessons, opened in JupyterLab."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from symbook.cli.errors import CommandError
from symbook.cli.lessons import (
    FIRST_LESSON,
    RECORD,
    CopyReport,
    copy_lessons,
    shipped_lessons,
)
from symbook.remedies import pip_install

DEFAULT_FOLDER = "symbook-lessons"
LAB_REQUIREMENT = "jupyterlab>=4.2"
_ANNOUNCEMENTS = "@jupyterlab/apputils-extension:announcements"


class Place(NamedTuple):
    """What JupyterLab opens: the learner's folder, and the first lesson relative to that."""

    root: Path
    lesson: str


def lab(
    directory: Path | None = None,
    *,
    port: int | None = None,
    browser: bool = True,
    extra: Sequence[str] = (),
) -> NoReturn:
    """Run JupyterLab on lesson 1 until it is stopped, then end the process with status 0.

    Parameters
    ----------
    directory : Path, optional
        Folder for the lessons. By default the current one, where that is such a folder already;
        else `./symbook-lessons`.
    port : int, optional
        The port to try first; the next free one is taken when it is in use.
    browser : bool
        Whether to open a browser.
    extra : sequence of str
        Further options for JupyterLab; they win over ours.

    Raises
    ------
    CommandError
        When JupyterLab is not installed, or the lessons cannot be written.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise CommandError(
            f"JupyterLab is not installed. Type:\n    {pip_install(LAB_REQUIREMENT)}"
        )
    place = prepare(directory)
    options = server_options(place, port=port, browser=browser, extra=extra)
    _serve(options, port if f"--ServerApp.port={port}" in options else None)


def prepare(directory: Path | None) -> Place:
    """Bring the lessons to where the learner works on them, and say what was done."""
    here = Path.cwd()
    if directory is None:
        directory = here if (here / RECORD).is_file() else Path(DEFAULT_FOLDER)
    target = here / directory
    for line in _told(copy_lessons(shipped_lessons(), target), target):
        print(line)
    return Place(target, FIRST_LESSON)


def _told(report: CopyReport, target: Path) -> list[str]:
    lines = [f"Lessons: {target}"]
    if report.updated:
        names = ", ".join(map(str, report.updated))
        lines.append(f"  updated, as you had not changed them: {names}")
    lines += [
        f"  {own} has your changes and was kept; the newer one is beside it: {new}"
        for own, new in report.beside.items()
    ]
    return lines


def server_options(
    place: Place, *, port: int | None, browser: bool, extra: Sequence[str] = ()
) -> list[str]:
    """The command line for JupyterLab. An option that `extra` gives is left to `extra`."""
    options = {
        "ServerApp.root_dir": str(place.root),
        "LabApp.default_url": f"/lab/tree/{place.lesson}",
        # Jupyter's own report of a start fills a screen and hides the address.
        "Application.log_level": "WARN",
    }
    if port is not None:
        options["ServerApp.port"] = str(port)
    if not browser:
        options["ServerApp.open_browser"] = "False"
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # The only user of a container is root. The server still listens on this machine alone and
        # asks for its token.
        options["ServerApp.allow_root"] = "True"
    given = {word.lstrip("-").split("=", 1)[0] for word in extra}
    ours = [f"--{name}={value}" for name, value in options.items() if name not in given]
    return [*ours, *extra]


def _serve(options: list[str], port: int | None) -> NoReturn:
    """Start JupyterLab in this process, print its address, and end when it ends.

    Where `port` was asked for and JupyterLab took another one, that is said too.
    """
    from jupyterlab.labapp import LabApp

    server = LabApp.initialize_server(argv=options)
    server.web_app.settings["page_config_hook"] = _without_announcements

    def stop(number: int, frame: object) -> None:
        # Jupyter cleans up, kernels included; a second Ctrl-C does not wait for it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        server.stop(from_signal=True)

    def say_where() -> None:
        if port not in (None, server.port):
            print(f"Port {port} is in use or not allowed; port {server.port} is used instead.")
        print(f"Lesson 1: {server.local_url}\nStop with Ctrl-C.", flush=True)

    # Jupyter's own handler asks a question in a terminal, and elsewhere there is none: then Ctrl-C
    # would end the server with its kernels still running.
    signal.signal(signal.SIGINT, stop)
    # After the server's own first callback, which binds the port: the address then answers.
    server.io_loop.add_callback(say_where)
    server.start()
    # Jupyter has cleaned up. A request may have left an AnyIO worker thread that waits for ever,
    # and an ordinary exit would wait for that thread until a second Ctrl-C.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _without_announcements(handler: object, page_config: dict[str, Any]) -> dict[str, Any]:
    """Leave out JupyterLab's question about news: it would lie over the first lesson.

    Setting `LabApp.news_url` to None does not: it is asked all the same.
    """
    disabled = [*page_config.get("disabledExtensions", []), _ANNOUNCEMENTS]
    return {**page_config, "disabledExtensions": disabled}
