"""A process of its own that reads, draws and runs hostile files, and prints what Python's audit hooks saw.

`python hostile_audit.py FOLDER`: every file there ending in .json is a symbol, every other one arrays.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import symbook as mx
from symbook.errors import SymbookError
from symbook.ops import registry

# Beginnings of what a file of data has no use for.
WATCHED = (
    "exec",
    "compile",
    "import",
    "open",
    "os.",
    "subprocess.",
    "socket.",
    "ctypes.",
    "pickle.",
)
WATCHED += ("marshal.", "shutil.", "code.__new__")


def bound(symbol: mx.sym.Symbol) -> None:
    """Look at a symbol in every way that needs no notebook, and run it by every runner."""
    repr(symbol), symbol.tojson(), symbol.attr_dict(), symbol.list_outputs()
    shapes = dict.fromkeys(symbol.list_arguments(), (2, 2))
    executor = symbol.simple_bind(mx.cpu(), **shapes)
    for train in (False, True):
        [out.asnumpy() for out in executor.forward(is_train=train)]
    executor.debug_str()


def main(folder: Path) -> None:
    """Do all of it once unseen, so that what is loaded is loaded, and then seen."""
    registry.load_all()
    texts = {path: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    seen: list[list[str]] = []
    watching = False

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event.startswith(WATCHED):
            seen.append([event, repr(arguments)[:2_000]])

    sys.addaudithook(hook)
    symbols = []
    for again in (False, True):
        for path, raw in texts.items():
            watching = again
            try:
                if path.suffix == ".json":
                    symbols.append(mx.sym.load_json(raw.decode()))
                else:
                    mx.nd.load_frombuffer(raw)
            except SymbookError as error:
                str(error)
            watching = False
    reading, seen[:] = list(seen), []
    for again in (False, True):
        for symbol in symbols:
            watching = again
            try:
                bound(symbol)
            except SymbookError as error:
                str(error)
            watching = False
    print(json.dumps({"reading": reading, "running": seen, "symbols": len(symbols)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
