"""symbook as in a browser's Python, which has no threads, no processes and no Graphviz.

What stands in for that here is a process in which none of them can be started. The real one is tried by
`tests/lite`, see CONTRIBUTING.md.
"""

from __future__ import annotations

import subprocess
import sys

BROWSER = """
import sys, threading
import IPython.core.interactiveshell, numpy, subprocess, sysconfig
sysconfig.get_config_vars()

def refuse(*args, **kwargs):
    raise RuntimeError("can't start new thread")

def no_process(*args, **kwargs):
    raise OSError("emscripten does not support processes")

threading.Thread.start = refuse
subprocess.Popen = no_process
sys.modules["pygraphviz"] = sys.modules["numba"] = sys.modules["signal"] = None
sys.platform = "emscripten"
"""

LESSON = (
    BROWSER
    + '''
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

shell = InteractiveShell.instance()
cells = """
import numpy as np
import symbook as mx
%load_ext symbook
from symbook.course import check, hint
-----
%%symgraph --bind A=1 B=2
E = A * B + A
-----
%%symgraph --step --timeline --optimized --bind A=1 B=2
E = A * B + A
-----
gradients = {"A": mx.nd.zeros((1000, 1000))}
values = {"A": mx.nd.ones((1000, 1000)), "B": mx.nd.full((1000, 1000), 2)}
bound = E.bind(mx.cpu(), values, args_grad=gradients)
bound.forward(is_train=True)
bound.backward(mx.nd.ones((1000, 1000)))
assert (bound.outputs[0].asnumpy() == 3).all()
assert (gradients["A"].asnumpy() == 3).all()
-----
mx.nd.waitall()
mx.nd.save("x.params", values)
assert sorted(mx.nd.load("x.params")) == ["A", "B"]
-----
%symstep bound
-----
check("1.1", ...)
""".split("-----\\n")
for cell in cells:
    with capture_output() as captured:
        done = shell.run_cell(cell.strip(), store_history=True)
    done.raise_error()
    assert not captured.stderr, captured.stderr
    for output in captured.outputs:
        # Graphviz being away is nothing that a reader could change.
        assert "raphviz" not in output.data.get("text/plain", ""), output.data
print("ran", len(cells))
'''
)

COUNTS = (
    BROWSER
    + """
import symbook as mx
from symbook import workers
print(workers.processors(), workers.thread_count(), threading.active_count())
"""
)


def _run(script, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        env={"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    return done.stdout


def test_one_thread_is_counted_whatever_the_machine_has(tmp_path):
    assert _run(COUNTS, tmp_path).split() == ["1", "1", "1"]


def test_a_lessons_cells_run_without_a_word_of_what_is_missing(tmp_path):
    assert _run(LESSON, tmp_path).startswith("ran 7")
