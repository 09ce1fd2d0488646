"""Record what lesson 9 prints on a GPU, for those who have none: `python tests/gpu/record_lesson.py`.

The cells of `lessons/09_gpu.py` tagged `on-gpu` are run, and what they print is written to
`lessons/data/gpu_run.json`, together with what kind of device it was. That is this machine's GPU, or, where
there is none, the simulated one of these tests, and the file says which.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

import numpy as np  # noqa: E402
import simulated  # noqa: E402

import symbook as mx  # noqa: E402

LESSON = ROOT / "lessons" / "09_gpu.py"
RECORD = ROOT / "lessons" / "data" / "gpu_run.json"
SIMULATED = "a simulated GPU"
_CELL = re.compile(r'^# %% tags=\["on-gpu"\]\n(.*?)(?=^# %%)', re.MULTILINE | re.DOTALL)
_OF_SIMULATED = (
    "No real GPU was there when this was recorded. It was recorded on the simulated GPU of symbook's tests: "
    "a program that takes the place of a GPU. It does the work on the ordinary processor, and it is made to "
    "be as strict about memory, queues and waiting as a real GPU. So results, places and queues are those "
    "that symbook asks a GPU for. How long anything takes on a real GPU cannot be learnt from it."
)


def cells() -> list[str]:
    """The lesson's cells that are run on a GPU, as they stand there."""
    return [found.strip() for found in _CELL.findall(LESSON.read_text(encoding="utf-8"))]


def printed(gpu: mx.Context) -> dict[str, str]:
    """What each of the cells prints on a GPU, by its function's name."""
    told: dict[str, str] = {}

    def on_gpu(cell: Callable[[mx.Context], None]) -> None:
        text = io.StringIO()
        with contextlib.redirect_stdout(text), mx.name.NameManager():
            cell(gpu)
        told[cell.__name__] = text.getvalue().rstrip("\n")

    with mx.name.NameManager():
        a, b, c, d = map(mx.sym.Variable, "ABCD")
        names = {"A": a, "B": b, "C": c, "D": d, "E": (a * b) + (c * d)}
    for cell in cells():
        exec(compile(cell, LESSON.name, "exec"), {"mx": mx, "np": np, "on_gpu": on_gpu, **names})
    return told


@contextlib.contextmanager
def device() -> Iterator[tuple[str, str]]:
    """A GPU: this machine's, or else a simulated one. Gives its name, and what is to be said of it."""
    if mx.num_gpus():
        import cupy

        properties = cupy.cuda.runtime.getDeviceProperties(0)
        name = properties["name"].decode()
        about = f"This was recorded on a real GPU, {name}, with CuPy {cupy.__version__}."
        yield name, about
        return
    with simulated.installed(seed=9):
        yield SIMULATED, _OF_SIMULATED


def recorded() -> dict[str, Any]:
    """What the file holds."""
    with device() as (name, made):
        return {"device": name, "made": made, "printed": printed(mx.gpu(0))}


def main() -> None:
    """Write the file."""
    RECORD.parent.mkdir(exist_ok=True)
    text = json.dumps(recorded(), indent=1, ensure_ascii=False) + "\n"
    RECORD.write_text(text, encoding="utf-8")
    print(RECORD.relative_to(ROOT))


if __name__ == "__main__":
    main()
