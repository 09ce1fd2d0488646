"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO

from .errors import ArgumentError, FileFailure, MissingFile, brief


def path_text(path: object, role: str = "fname") -> str:
    """A file's name as text, from a string or a path.

    Raises
    ------
    ArgumentError
        For anything else, and for letters that no file's name can have on this machine.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(
            f"{role} is the name of a file, a string, not {brief(path)}",
            hint="Write it in quotes, and first: 'name.json'.",
        )
    text = os.fsdecode(path)
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        code = sys.getfilesystemencoding()
        letter = text[error.start]
        raise ArgumentError(
            f"{text!a} can be no file's name here: names are in {code}, which has no {letter!a}",
            hint="Give it another name."
            if code == "utf-8"
            else "Start Python with the environment variable PYTHONUTF8=1.",
        ) from None
    return text


def no_file(path: str) -> MissingFile:
    """The error for a file to be read that is not there."""
    return MissingFile(
        f"there is no file {path!r}", hint=f"It was looked for from the folder {os.getcwd()!r}."
    )


def unreadable(path: str, error: OSError) -> FileFailure:
    """The error for a file that is there and cannot be read."""
    if os.path.isdir(path):
        return FileFailure(f"{path!r} is a folder", hint="Give the name of a file in it.")
    return FileFailure(
        f"{path!r} cannot be read: {error.strerror or error}",
        hint="Look who may read it, or copy it to a folder of your own.",
    )


def _unwritable(path: str, why: str) -> FileFailure:
    return FileFailure(
        f"{path!r} cannot be written: {why}",
        hint="Give a file name in a folder that exists and that you may write to.",
    )


def _new(temporary: str, path: str) -> BinaryIO:
    try:
        return open(temporary, "xb")
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from None


@contextlib.contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of the one of that name when the block ends.

    If the block raises, what was there before is untouched.

    Raises
    ------
    MissingFile
        If there is no such folder. A FileNotFoundError.
    FileFailure
        If it may not be written, or is a folder. An OSError.
    OSError
        If there is no more room, or the disk fails.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise MissingFile(
            f"{path!r} cannot be written: there is no folder {folder!r}",
            hint="Make the folder first, or give a file name in one that is there.",
        )
    if os.path.isdir(target):
        raise _unwritable(path, "it is a folder")
    # Of so many random letters that no other file has them: it may be removed whatever happens.
    temporary = os.path.join(folder, f".symbook-{os.urandom(12).hex()}")
    try:
        with _new(temporary, path) as file:
            yield file
            # The system has taken what the umask forbids. A browser's Python says that it forbids all.
            os.chmod(temporary, 0o600 | os.fstat(file.fileno()).st_mode & 0o777)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
