"""symbook's own wheel, for places that install it from a file."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

from symbook._version import __version__
from symbook.cli.errors import CommandError

_ROOT = Path(__file__).resolve().parent.parent.parent
_OF_THE_INSTALLATION = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


def symbook_wheel(folder: Path) -> Path:
    """Put this symbook's wheel into a folder: built from the checkout, or packed again as it was installed.

    Raises
    ------
    CommandError
        If pip cannot build it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (_ROOT / "pyproject.toml").is_file():
        _build(folder)
    else:
        _pack(metadata.distribution("symbook"), folder)
    return folder / f"symbook-{__version__}-py3-none-any.whl"


def _build(folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        str(folder),
        str(_ROOT),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"cannot build symbook's wheel:\n{done.stderr.strip()}")


def _pack(installed: metadata.Distribution, folder: Path) -> None:
    """Pack an installed distribution of pure Python as its wheel was, with a RECORD made anew.

    The form is that of https://packaging.python.org/en/latest/specifications/binary-distribution-format/.
    """
    lines = []
    path = folder / f"symbook-{installed.version}-py3-none-any.whl"
    about = f"symbook-{installed.version}.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for file in sorted(installed.files or ()):
            if (
                ".." in file.parts
                or "__pycache__" in file.parts
                or file.name in _OF_THE_INSTALLATION
            ):
                continue
            content = Path(str(file.locate())).read_bytes()
            digest = (
                base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            )
            wheel.writestr(file.as_posix(), content)
            lines.append(f"{file.as_posix()},sha256={digest},{len(content)}")
        wheel.writestr(f"{about}/RECORD", "\n".join([*lines, f"{about}/RECORD,,", ""]))
