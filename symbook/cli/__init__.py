"""The command `symbook`: `symbook lab`, `symbook lessons`, `symbook draw` and `symbook doctor`.

Each subcommand is one module, imported only when it is asked for. A subcommand refuses with
:class:`CommandError`, which :func:`main` prints on standard error, with exit status 2.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from symbook._version import __version__
from symbook.cli.errors import CommandError

__all__ = ["CommandError", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one `symbook` command and return its exit status.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after `symbook`; by default those of the process.

    Returns
    -------
    int
        0 when all went well, 1 when `symbook doctor` found something essential broken, 2 when the
        command was refused, 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        On `--help`, `--version` and words that argparse does not understand.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A console that has no × prints something else for it, and never fails.
            stream.reconfigure(errors="replace")
    words = list(sys.argv[1:] if argv is None else argv)
    words, passed_on = _split_passed_on(words)
    words = _split_shapes(words)
    options = _parser().parse_args(words)
    try:
        return _run(options, passed_on)
    except CommandError as error:
        print(f"symbook: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _split_passed_on(words: list[str]) -> tuple[list[str], list[str]]:
    """Cut `symbook lab … -- words` at the `--`: what follows is for JupyterLab, unread by us."""
    if words[:1] == ["lab"] and "--" in words:
        cut = words.index("--")
        return words[:cut], words[cut + 1 :]
    return words, []


def _split_shapes(words: list[str]) -> list[str]:
    """Give each of the shapes in `--shape A=2,3 B=3,4 FILE.json` a `--shape` of its own.

    argparse would take the file for a shape too.
    """
    split: list[str] = []
    for i, word in enumerate(words):
        if i > 1 and "=" in word and word[0] != "-" and split[-2] == "--shape":
            split.append("--shape")
        split.append(word)
    return split


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return number


def _run(options: argparse.Namespace, passed_on: list[str]) -> int:
    if options.command == "lab":
        from symbook.cli.lab import lab

        lab(options.dir, port=options.port, browser=options.browser, extra=passed_on)
    if options.command == "lessons":
        return _run_lessons(options)
    if options.command == "draw":
        from symbook.cli.draw import draw

        return draw(options.file, options.output, options.shape, options.direction)
    from symbook.cli.doctor import doctor

    return doctor(as_json=options.json)


def _run_lessons(options: argparse.Namespace) -> int:
    if options.action == "html":
        from symbook.cli.site import build as build_pages

        build_pages(options.dir)
    elif options.action == "lite":
        from symbook.cli.lite import build

        build(options.dir, options.pyodide)
    elif options.action == "export":
        from symbook.cli.export import export

        export(
            options.dir,
            solutions=options.solutions,
            outputs=options.outputs,
            nbgrader=options.nbgrader,
        )
    else:
        from symbook.cli.export import show

        show()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="symbook", description="Symbolic graphs on NumPy, drawn and taught in notebooks."
    )
    parser.add_argument("--version", action="version", version=f"symbook {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    lab = commands.add_parser(
        "lab",
        help="open the lessons in JupyterLab",
        description="Open lesson 1 in JupyterLab. You work on copies, without outputs, in a folder of "
        "your own; a lesson that you changed there is never overwritten: a newer one is put beside "
        "it.",
        usage="symbook lab [-h] [--no-browser] [--port N] [--dir DIR] [-- JUPYTERLAB-OPTIONS]",
    )
    lab.add_argument(
        "--no-browser",
        dest="browser",
        action="store_false",
        help="print the address and leave the browser to you",
    )
    lab.add_argument(
        "--port",
        type=_port,
        metavar="N",
        help="port to try first, 1 to 65535 (default: 8888; when it is in use, another one)",
    )
    lab.add_argument(
        "--dir",
        type=Path,
        metavar="DIR",
        help="folder for the lessons (default: ./symbook-lessons, made when it is not there)",
    )

    _add_lessons(commands)

    draw = commands.add_parser(
        "draw",
        help="draw a saved symbol",
        description="Draw a symbol saved by Symbol.save, or by MXNet, to a picture.",
    )
    draw.add_argument("file", type=Path, metavar="FILE.json", help="the saved symbol")
    draw.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="PICTURE",
        help="file to write; its ending chooses svg, png, pdf or dot; - writes SVG to the output",
    )
    draw.add_argument(
        "--shape",
        action="append",
        default=[],
        metavar="NAME=N,N,…",
        help="shape of an argument, as A=1000,1000; shapes are then drawn on the edges",
    )
    draw.add_argument(
        "--direction",
        choices=("TB", "LR"),
        help="top to bottom or left to right (default: as in a notebook)",
    )

    doctor = commands.add_parser(
        "doctor",
        help="show what symbook found on this machine",
        description="Show what symbook found on this machine, with a remedy for what is missing. "
        "The exit status is 0 unless something essential is broken.",
    )
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    return parser


def _add_lessons(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    lessons = commands.add_parser(
        "lessons",
        help="list the lessons, or copy them for a class",
        description="List the lessons; with an action, give them another form.",
    )
    actions = lessons.add_subparsers(dest="action", metavar="ACTION")

    export = actions.add_parser(
        "export",
        help="copy the lessons to hand them out",
        description="Copy the lessons to a new folder, without outputs, to hand them out in a class.",
    )
    export.add_argument(
        "--no-solutions",
        dest="solutions",
        action="store_false",
        help="leave out the solutions of exercises, and links to them",
    )
    form = export.add_mutually_exclusive_group()
    form.add_argument(
        "--with-outputs",
        dest="outputs",
        action="store_true",
        help="keep the outputs of all cells",
    )
    form.add_argument(
        "--nbgrader",
        action="store_true",
        help="make exercises cells that nbgrader grades; solutions stand in them, where it takes them out",
    )

    pages = actions.add_parser(
        "html",
        help="make pages of the lessons, to be read without Python",
        description="Run the lessons, and make pages of them in a new folder, in which the interactive "
        "views work. They need no Python, no server and no network: open index.html.",
    )

    lite = actions.add_parser(
        "lite",
        help="build a site whose Python runs in the browser",
        description="Build the course as a site of JupyterLite in a new folder. Its Python runs in the "
        "reader's browser: nothing is installed, and no server computes. Experimental.",
    )
    lite.add_argument(
        "--pyodide",
        type=Path,
        metavar="FOLDER",
        help="files of a full Pyodide 0.27 to put into the site; browsers fetch nothing from elsewhere then",
    )
    for parser in (export, pages, lite):
        parser.add_argument("dir", type=Path, metavar="DIR", help="a folder that is new, or empty")
