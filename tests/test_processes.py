"""Several processes: by fork, spawn and forkserver, while threads are at work; and every process ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FORKS = hasattr(os, "fork")

BEFORE = """
import atexit, os, signal, sys, threading, time, warnings
warnings.simplefilter("error")
# From Python 3.12 on, to fork where there are threads is the caller's risk; here it is what is tried.
warnings.filterwarnings("ignore", ".*multi-threaded.*", DeprecationWarning)
import numpy as np
import symbook as mx

mx.engine.set_num_threads(3)
names = "abcd"
a, b, c, d = map(mx.sym.Variable, names)
graph = mx.sym.dot(a, b) + mx.sym.dot(c, d)
values = {name: np.random.default_rng(k).random((60, 60), "f") for k, name in enumerate(names)}
right = values["a"] @ values["b"] + values["c"] @ values["d"]

def arrays():
    return {name: mx.nd.array(value) for name, value in values.items()}

def bound(runner="threads"):
    return graph.bind(mx.cpu(), arrays(), runner=runner)

def is_right(found):
    return bool(np.allclose(right, found.asnumpy(), rtol=1e-5))

executor = bound()
assert is_right(executor.forward()[0])

def for_ever(does=lambda: executor.forward()):
    while True:
        does()
"""


def run(code: str, seconds: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a process that runs the code says; it is given up, and the test fails, if it hangs."""
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", BEFORE + code],
        capture_output=True, text=True, timeout=seconds, env={**os.environ, **environment},
    )  # fmt: skip


START = '''
import multiprocessing, sys
import numpy as np
import symbook as mx
mx.engine.set_num_threads(3)

graph = mx.sym.dot(mx.sym.Variable("a"), mx.sym.Variable("b")) + 1
values = {name: np.random.default_rng(k).random((60, 60), "f") for k, name in enumerate("ab")}

def computed(symbol, arrays):
    """Sent to another process, and back."""
    return symbol, symbol.bind(mx.cpu(), arrays, runner="threads").forward()[0]

if __name__ == "__main__":
    arrays = {name: mx.nd.array(value) for name, value in values.items()}
    mine = graph.bind(mx.cpu(), arrays, runner="threads")
    right = mine.forward()[0].asnumpy()
    import warnings
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", ".*multi-threaded.*", DeprecationWarning)
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        for symbol, result in pool.starmap(computed, [(graph, arrays)] * 4):
            assert np.allclose(right, result.asnumpy(), rtol=1e-5)
            assert symbol.tojson() == graph.tojson()
    assert np.array_equal(right, mine.forward()[0].asnumpy())
    print("right")
'''


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(method, tmp_path) -> None:
    """Threads have run before; a symbol and arrays are sent, and a result comes back."""
    if method != "spawn" and not FORKS:
        pytest.skip("this system has no fork")
    script = tmp_path / "script.py"
    script.write_text(START)
    found = subprocess.run(
        [sys.executable, str(script), method],
        capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])},
    )  # fmt: skip
    assert (found.stdout, found.stderr) == ("right\n", "")


KERNEL = """
mine = (mx.sym.exp(a) * a - a).bind(mx.cpu(), {"a": mx.nd.array(values["a"])})
assert all(
    np.allclose(np.exp(values["a"]) * values["a"] - values["a"], mine.forward()[0].asnumpy(), rtol=1e-5)
    for _ in range(20)
)
mx.nd.save(sys.argv[1], arrays())
for name, array in mx.nd.load(sys.argv[1]).items():
    assert np.array_equal(values[name], array.asnumpy())
print("right")
"""


def test_two_kernels_with_the_same_cache_and_the_same_files(tmp_path) -> None:
    """Both compile the same loops and write the same file at the same time."""
    environment = {**os.environ, "SYMBOOK_JIT": "now", "SYMBOOK_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-c", BEFORE + KERNEL, str(tmp_path / "x.params")]
    kernels = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(2)
    ]
    for kernel in kernels:
        assert ("right\n", "") == kernel.communicate(timeout=120)
    assert ["cache", "x.params"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.skipif(not FORKS, reason="this system has no fork")
def test_children_of_a_process_whose_threads_are_at_everything() -> None:
    """A child hung where another thread held a lock at that moment: drawing numbers, or asking a graph."""
    code = """
from symbook.render import draw, layout

def picture():
    layout.forget()
    assert "dot" in draw(graph).svg

def profiled():
    mx.profiler.set_state("run")
    (mx.sym.exp(a) + b).eval(a=mx.nd.ones(3), b=mx.nd.ones(3))
    mx.profiler.dumps(reset=True)

def trained():
    symbol = mx.sym.sum(mx.sym.Dropout(mx.sym.exp(a * b), p=0.5))
    mine = symbol.simple_bind(mx.cpu(), a=(3, 4), b=(3, 4))
    mine.forward(is_train=True)
    mine.backward(mx.nd.ones((1,)))
    mine.trace()

acts = [
    lambda: executor.forward(), lambda: mx.nd.random.uniform(shape=(200_000,)), picture, profiled, trained,
    lambda: mx.random.seed(3), lambda: mx.sym.load_json(graph.tojson()).list_arguments(),
]
for act in acts:
    act()
    threading.Thread(target=for_ever, args=(act,), daemon=True).start()
codes = []
for _ in range(15):
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        for act in acts:
            act()
        os._exit(0 if is_right(executor.forward()[0]) and is_right(bound().forward()[0]) else 1)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
assert is_right(executor.forward()[0])
print(codes)
os._exit(0)
"""
    found = run(code)
    assert (found.stdout, found.stderr) == (f"{[0] * 15}\n", "")


@pytest.mark.skipif(not FORKS, reason="this system has no fork")
def test_a_child_made_by_an_operator_or_in_a_callback() -> None:
    """In the middle of a run, on the calling thread: child and parent both go on with it."""
    code = """
made = []

@mx.operator.define
def forks(xp, x):
    if not made:
        made.append(os.fork())
    return x * 2

mine = (forks(a) + mx.sym.exp(a * 0)).bind(mx.cpu(), {"a": mx.nd.ones(3)}, runner="serial")
mine.set_monitor_callback(lambda name, array: None)
result = mine.forward()[0].asnumpy()
assert (result == 3).all() and is_right(executor.forward()[0])
if made[0] == 0:
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(made[0], 0)[1]))
"""
    found = run(code)
    assert (found.stdout, found.stderr) == ("7\n", "")


ENDS = {
    "a daemon runs the executor": "threading.Thread(target=for_ever, daemon=True).start(); time.sleep(0.1)",
    "daemons run their own": """
for _ in range(4):
    threading.Thread(target=for_ever, args=(lambda e=bound(): e.forward(),), daemon=True).start()
time.sleep(0.1)
""",
    "a thread still has runs to do": """
threading.Thread(target=lambda: print([is_right(executor.forward()[0]) for _ in range(50)][-1])).start()
""",
    "a thread begins when all is over": """
threading.Thread(target=lambda: (time.sleep(0.3), print(is_right(bound().forward()[0])))).start()
""",
    "an operator on a worker takes long": """
@mx.operator.define
def slow(xp, x):
    time.sleep(0.5)
    return x * 1
mine = (slow(a) + slow(b)).bind(mx.cpu(), {"a": mx.nd.ones(3), "b": mx.nd.ones(3)}, runner="threads")
threading.Thread(target=mine.forward, daemon=True).start()
time.sleep(0.1)
""",
    "a run when Python ends": "atexit.register(lambda: print(is_right(executor.forward()[0])))",
    "a run when an object goes": """
class Runs:
    def __del__(self):
        print(is_right(executor.forward()[0]))
runs = Runs()
""",
    "loops are being compiled": """
mine = (mx.sym.exp(a) * a - a).bind(mx.cpu(), {"a": mx.nd.ones((100_000,))})
for _ in range(30):
    mine.forward()
""",
    "a live view, and a daemon that runs what it shows": """
from symbook import views
view = views.Inside(executor)
view.reach()
threading.Thread(target=for_ever, daemon=True).start()
time.sleep(0.1)
""",
    "another process was forked": """
threading.Thread(target=for_ever, daemon=True).start()
child = os.fork()
assert is_right(bound().forward()[0])
assert child == 0 or os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
""",
}


@pytest.mark.parametrize("when", ENDS)
def test_python_ends_while(when) -> None:
    if "os.fork" in ENDS[when] and not FORKS:
        pytest.skip("this system has no fork")
    found = run(ENDS[when])
    assert (0, "") == (found.returncode, found.stderr)
    assert found.stdout in ("", "True\n")


LEAVES = {
    "sys.exit in an operator": """
@mx.operator.define
def leaves(xp, x):
    sys.exit(4)
(leaves(a) + mx.sym.exp(b)).bind(mx.cpu(), {"a": mx.nd.ones(3), "b": mx.nd.ones(3)}, runner=RUNNER).forward()
""",
    "sys.exit in a signal's handler": """
executor = bound(RUNNER)
signal.signal(signal.SIGALRM, lambda *_: sys.exit(4))
signal.setitimer(signal.ITIMER_REAL, 0.2)
for_ever()
""",
    "an interrupt that nobody catches": """
executor = bound(RUNNER)
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.2)
for_ever()
""",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no such signals")
@pytest.mark.parametrize("runner", ["serial", "threads"])
@pytest.mark.parametrize("how", LEAVES)
def test_python_ends_by(how, runner) -> None:
    found = run(LEAVES[how].replace("RUNNER", repr(runner)))
    if "sys.exit" in how:
        assert (4, "", "") == (found.returncode, found.stdout, found.stderr)
    else:
        assert "KeyboardInterrupt" in found.stderr.splitlines()[-1]
        assert found.returncode != 0
