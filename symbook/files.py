"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO

from .errors import ArgumentError, MissingFile


def path_text(path: object, role: str = "fname") -> str:
    """A file's name as text, from a string or a path.

    Raises
    ------
    ArgumentError
        For anything else, and for letters that no file's name can have on this machine.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"{role} is the name of a file, a string, not {path!r}")
    text = os.fsdecode(path)
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        code = sys.getfilesystemencoding()
        letter = text[error.start]
        raise ArgumentError(
            f"{text!a} can be no file's name here: names are in {code}, which has no {letter!a}",
            hint=""
            if code == "utf-8"
            else "Start Python with the environment variable PYTHONUTF8=1.",
        ) from None
    return text


@contextlib.contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of the one of that name when the block ends.

    If the block raises, what was there before is untouched.

    Raises
    ------
    MissingFile
        If there is no such folder. A FileNotFoundError.
    OSError
        If the file cannot be written.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise MissingFile(f"{path!r} cannot be written: there is no folder {folder!r}")
    # Of so many random letters that no other file has them: it may be removed whatever happens.
    temporary = os.path.join(folder, f".symbook-{os.urandom(12).hex()}")
    try:
        with open(temporary, "xb") as file:
            yield file
            # The system has taken what the umask forbids. A browser's Python says that it forbids all.
            os.chmod(temporary, 0o600 | os.fstat(file.fileno()).st_mode & 0o777)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
