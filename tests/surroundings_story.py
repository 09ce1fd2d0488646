"""What a beginner does in an hour, in one process: `test_surroundings.py` runs it where much is missing.

    python surroundings_story.py FOLDER

FOLDER is where files may be written. It prints one line at its end, and nothing before.
"""

from __future__ import annotations

import io
import os
import sys
import warnings
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import symbook as mx
from symbook.cli import main

VALUES = {name: np.full((300, 300), ord(name) - ord("@"), np.float32) for name in "ABCD"}


def run_a_graph() -> None:
    """Forward and backward, beside NumPy: first by NumPy's functions, then by a compiled loop."""
    a, b, c, d = map(mx.sym.Variable, "ABCD")
    executor = mx.sym.tanh((a * b) + (c * d)).bind(
        mx.cpu(),
        {name: mx.nd.array(value) for name, value in VALUES.items()},
        args_grad={name: mx.nd.zeros((300, 300)) for name in "ABCD"},
    )
    for _ in range(3):
        [output] = executor.forward(is_train=True)
        np.testing.assert_allclose(
            output.asnumpy(), np.tanh(np.full((300, 300), 14, np.float32)), 1e-6
        )
        executor.backward(mx.nd.ones((300, 300)))
        slope = 1 - np.tanh(np.float32(14)) ** 2
        np.testing.assert_allclose(executor.grad_dict["C"].asnumpy(), 4 * slope, 1e-5, 1e-6)


def name(text: str) -> str:
    """A file's name, which where names are in ASCII has no other letters."""
    code = sys.getfilesystemencoding()
    return text.encode(code, "replace").decode(code).replace("?", "-")


def keep_files(folder: Path) -> None:
    """A symbol, arrays and a picture, whose names are not English."""
    graph = mx.sym.Variable("größe") * mx.sym.Variable("ширина")
    kept = folder / name("mein größter Graph.json")
    graph.save(str(kept))
    assert mx.sym.load(str(kept)).list_arguments() == ["größe", "ширина"]
    arrays = folder / name("Größen.params")
    mx.nd.save(str(arrays), {"größe": mx.nd.array([1, 2])})
    assert mx.nd.load(str(arrays))["größe"].asnumpy().tolist() == [1, 2]
    drawn = folder / name("größe.svg")
    with redirect_stdout(io.StringIO()):
        assert main(["draw", str(kept), "-o", str(drawn)]) == 0
    picture = drawn.read_text(encoding="utf-8")
    assert "größe" in picture
    assert "ширина" in picture
    try:
        graph.save(str(folder / "图.json"))
        refused = ""
    except mx.base.MXNetError as error:
        refused = str(error)
    assert ("PYTHONUTF8=1" in refused) == (name("图") != "图")


def use_magics() -> None:
    """The magics, in an IPython that has whatever home there is."""
    shell = InteractiveShell.instance()
    for cell in (
        "%load_ext symbook",
        "%%symgraph --bind A=1 B=2\nE = A * B + A",
        "%%symgraph --step --timeline --bind A=1 B=2\nF = A * B + A",
        "%symgraph F",
    ):
        with capture_output() as captured:
            done = shell.run_cell(cell, store_history=True)
        done.raise_error()
        assert captured.outputs or cell.startswith("%load"), cell
        assert not captured.stderr, captured.stderr


def show_commands(folder: Path) -> None:
    """What needs no writable folder, and the lessons, which do."""
    exported = folder / name("Übung")
    for words in (["doctor"], ["lessons"], ["lessons", "export", str(exported)]):
        assert main(words) == 0, words
    assert (exported / "01_dataflow.ipynb").is_file()


if __name__ == "__main__":
    # IPython warns of a home that it cannot write into.
    warnings.filterwarnings("ignore", module="IPython")
    target = Path(os.fsdecode(sys.argv[1]))
    run_a_graph()
    keep_files(target)
    use_magics()
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding=sys.stdout.encoding)):
        show_commands(target)
    print("all of it")
