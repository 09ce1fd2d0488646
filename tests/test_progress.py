"""The progress bar of a notebook, and what interrupts do there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import nbformat
import numpy as np
import pytest
from notebooks import ROOT, kernel
from test_runners import operator

import symbook as mx
from symbook import passes, underway, written
from symbook.notebook import progress
from symbook.runners import ThreadRunner
from symbook.underway import Part, Work


class Meeting:
    """An operator that waits in its last run until somebody has looked."""

    def __init__(self, runs: int = 0) -> None:
        self.reached, self.seen = threading.Event(), threading.Event()
        calls = []

        def _test_waits(xp, data, /):
            """Wait at last."""
            calls.append(1)
            if len(calls) == runs + 1:
                self.reached.set()
                assert self.seen.wait(60)
            return data * 1

        self._function = _test_waits

    def chain(self, before: int = 2, after: int = 1):
        """Steps, one that waits, and more steps."""
        x = mx.sym.Variable("x")
        for k in range(before):
            x = mx.sym.exp(x, name=f"before{k}")
        with operator(self._function) as waits:
            x = waits(x, name="middle")
        for k in range(after):
            x = mx.sym.sqrt(x, name=f"after{k}")
        return x

    def looked(self, call) -> Work | None:
        """What a thread is at that makes the call, at the step that waits."""
        thread = threading.Thread(target=call)
        thread.start()
        try:
            assert self.reached.wait(60)
            return underway.of_thread(thread.ident)
        finally:
            self.seen.set()
            thread.join()


@pytest.mark.parametrize("kind", ["steps", "written", "threads"])
def test_what_a_run_is_at(kind) -> None:
    runs = written.RUNS_BEFORE + 2 if kind == "written" else 0
    meeting = Meeting(runs)
    executor = meeting.chain().bind(
        mx.cpu(), {"x": mx.nd.zeros((2,))}, runner="serial", optimize=False
    )
    if kind == "threads":
        executor._runner = ThreadRunner(2)
    for _ in range(runs):
        executor.forward()
    work = meeting.looked(executor.forward)
    assert "forward" == work.act
    assert (2, 4, "steps", "middle") == work.part[:4]
    assert 0 < work.part.share < 1
    assert f"forward: 2 of 4 steps, now middle ({work.part.what})" == progress.told(work)
    np.testing.assert_allclose(np.sqrt([np.e, np.e]), executor.forward()[0].asnumpy(), rtol=1e-6)


def test_what_backward_and_a_recorded_run_are_at() -> None:
    a = mx.sym.Variable("a")
    meeting = Meeting()
    net = meeting.chain()
    executor = net.bind(mx.cpu(), {"x": mx.nd.zeros((2,))}, runner="serial")
    work = meeting.looked(executor.trace)
    assert ("trace", 2, 4, "middle") == (work.act, work.part.done, work.part.total, work.part.now)

    reached, seen = threading.Event(), threading.Event()

    class Waits(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], in_data[0])

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            reached.set()
            assert seen.wait(60)
            self.assign(in_grad[0], req[0], out_grad[0])

    @mx.operator.register("test_waits_backward")
    class _Prop(mx.operator.CustomOpProp):
        def create_operator(self, ctx, shapes, dtypes):
            return Waits()

    custom = mx.sym.Custom(mx.sym.exp(a), op_type="test_waits_backward", name="custom")
    executor = custom.simple_bind(mx.cpu(), a=(2,))
    executor.forward(is_train=True)
    thread = threading.Thread(target=executor.backward, args=(mx.nd.ones((2,)),))
    thread.start()
    assert reached.wait(60)
    work = underway.of_thread(thread.ident)
    seen.set()
    thread.join()
    assert "backward" == work.act
    assert 0 == work.part.done
    assert work.part.now.startswith("custom")


def test_what_bind_is_at(monkeypatch) -> None:
    reached, seen = threading.Event(), threading.Event()

    def wait(typed, notes):
        reached.set()
        assert seen.wait(60)
        return typed

    found = (*passes.PASSES[:2], passes.Pass("waits", wait))
    monkeypatch.setattr(passes, "PASSES", found)
    x = mx.sym.Variable("x")
    call = partial((x + 1).bind, mx.cpu(), {"x": mx.nd.zeros((2,))})
    thread = threading.Thread(target=call)
    thread.start()
    assert reached.wait(60)
    work = underway.of_thread(thread.ident)
    seen.set()
    thread.join()
    assert "bind: 2 of 3 passes, now waits" == progress.told(work)


def test_of_runs_in_each_other_the_outermost_is_told() -> None:
    meeting = Meeting()
    inner = meeting.chain().bind(mx.cpu(), {"x": mx.nd.zeros((2,))}, runner="serial")

    def _test_nests(xp, data, /):
        """Run another executor."""
        return inner.forward()[0]._data

    with operator(_test_nests) as nests:
        symbol = nests(mx.sym.Variable("y"), name="custom")
    outer = symbol.bind(mx.cpu(), {"y": mx.nd.zeros((2,))}, runner="serial")
    work = meeting.looked(outer.forward)
    assert ("forward", 0, 1, "custom") == (work.act, *work.part[:2], work.part.now)


def test_threads_are_told_apart() -> None:
    """Two runs of a user's threads at once: each is at its own step, and this thread at nothing."""
    meetings = [Meeting(), Meeting()]
    executors = [
        meeting.chain(before=k).bind(mx.cpu(), {"x": mx.nd.zeros((2,))}, runner="serial")
        for k, meeting in enumerate(meetings, 1)
    ]
    threads = [threading.Thread(target=executor.forward) for executor in executors]
    for thread, meeting in zip(threads, meetings, strict=True):
        thread.start()
        assert meeting.reached.wait(60)
    found = [underway.of_thread(thread.ident).part.done for thread in threads]
    assert underway.of_thread(threading.get_ident()) is None
    for thread, meeting in zip(threads, meetings, strict=True):
        meeting.seen.set()
        thread.join()
    assert [1, 2] == found


def test_the_words() -> None:
    frame = sys._getframe()
    part = Part(1200, 3000, "steps", "conv3_2", "Convolution", 0.25)
    assert "forward: 1,200 of 3,000 steps, now conv3_2 (Convolution)" == progress.told(
        Work("forward", frame, part)
    )
    assert "bind" == progress.told(Work("bind", frame, None))
    assert "5 s" == progress.times(5, progress.whole(5, None))
    assert "5 s" == progress.times(5, progress.whole(5, 0.1))  # too early to tell
    assert "5 s, about 15 s left" == progress.times(5, progress.whole(5, 0.25))
    assert "9 s, about 11 s left" == progress.times(9, progress.whole(5, 0.25))  # one long step
    assert "30 s, about 1 s left" == progress.times(30, progress.whole(5, 0.25))
    assert "2 min 5 s, about 6 min 15 s left" == progress.times(125, progress.whole(125, 0.25))


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    with kernel(tmp_path_factory.mktemp("progress")) as found:
        found.run("import numpy as np\nimport symbook as mx\n%load_ext symbook")
        yield found


CHAIN = """
x = mx.sym.Variable("x")
y = x
for k in range(400):
    y = mx.sym.dot(y, x, name=f"product{k}")
executor = y.bind(mx.cpu(), {"x": mx.nd.array(np.eye(SIZE))}, optimize=False)
"""


WATCHED = """
import threading
from symbook.notebook import progress
from symbook.notebook.progress_bar import WidgetBar
progress.AFTER = 0
shown = threading.Event()
WidgetBar.show = lambda *given, show=WidgetBar.show: (show(*given), shown.set())
"""


def test_a_front_end_that_shows_no_page_is_sent_nothing(notebook) -> None:
    notebook.run("from symbook.notebook import progress\nprogress.AFTER = 0")
    notebook.run("bar, bars = progress.Cell.bar, []")
    notebook.run("progress.Cell.bar = lambda cell: bars.append(bar(cell)) or bars[-1]")
    notebook.run(CHAIN.replace("SIZE", "60"))
    found = notebook.run("while not bars:\n    executor.forward()\nbars")
    notebook.run("progress.AFTER, progress.Cell.bar = 1, bar")
    assert ([], [], "", "") == (found.displays, found.comms, found.stdout, found.stderr)
    assert "[None]" == found.text


def test_a_page_is_sent_a_widget_that_is_never_displayed(notebook) -> None:
    notebook.run(WATCHED + CHAIN.replace("SIZE", "100"))
    found = notebook.run("while not shown.is_set():\n    executor.forward()", cell="of-a-page")
    notebook.run("progress.AFTER = 1")
    assert ([], [], "", "") == (found.displays, found.results, found.stdout, found.stderr)
    opened = {
        content["comm_id"]: content["data"]["state"]
        for kind, content in found.comms
        if kind == "comm_open"
    }
    closed = {content["comm_id"] for kind, content in found.comms if kind == "comm_close"}
    (state,) = [state for state in opened.values() if "source" in state]
    assert "executor.forward()" in state["source"]
    assert re.fullmatch(r"forward: \d+ of 400 steps(, now product\d+ \(dot\))?", state["text"])
    assert opened.keys() == closed


LONG_STEP = """
@mx.operator.define
def waits_for_the_bar(xp, x):
    "Take as long as until there is a bar."
    waited.append(shown.wait(60))
    return x * 1
waited = []
long = waits_for_the_bar(mx.sym.Variable("x"), name="long").bind(
    mx.cpu(), {"x": mx.nd.ones((2,))}, runner="serial"
)
"""


def test_one_long_step_is_enough(notebook) -> None:
    notebook.run(WATCHED.replace("AFTER = 0", "AFTER = 1") + LONG_STEP)
    found = notebook.run("long.forward()\nprint(waited)", cell="of-a-page")
    assert ([], "[True]\n", "") == (found.displays, found.stdout, found.stderr)
    states = [content["data"]["state"] for kind, content in found.comms if kind == "comm_open"]
    (state,) = [state for state in states if "source" in state]
    assert "forward: 0 of 1 steps, now long (waits_for_the_bar)" == state["text"]
    assert re.fullmatch(r"\d+ s", state["times"])


WHAT_IF = """
import time
from symbook import views
calls = []
@mx.operator.define
def is_interrupted_once(xp, x):
    "Take for ever, the second time."
    calls.append(1)
    if len(calls) == 2:
        print("begun", flush=True)
        while True: time.sleep(0.01)
    return x * 3
executor = (is_interrupted_once(mx.sym.Variable("x"), name="y") + 1).bind(
    mx.cpu(), {"x": mx.nd.ones((2,))}, runner="serial"
)
view = views.ValueView(executor)
sent = []
view.send = sent.append
print(view.model_id)
"""


def test_an_interrupt_of_what_a_widget_asked_for(notebook) -> None:
    comm = notebook.run(WHAT_IF).stdout.strip()
    question = {"change": "x", "items": [4.0, 5.0]}
    notebook.tell(comm, question, interrupt="begun")
    assert "interrupted" in notebook.run("print(sent)").stdout
    notebook.run("sent.clear()")
    notebook.tell(comm, question)
    assert "'changed': ['x']" in notebook.run("print(sent)").stdout
    values = (
        "print([value['values'] if 'values' in value else value for value in sent[0]['values']])"
    )
    assert "13" in notebook.run(values).stdout
    assert "4.0 4.0" in notebook.run("print(*executor.forward()[0].asnumpy())").stdout


def test_an_interrupt(notebook) -> None:
    notebook.run(CHAIN.replace("SIZE", "1000"))
    found = notebook.run("print('begun')\nexecutor.forward()", interrupt="begun")
    assert "KeyboardInterrupt" == found.error["ename"]
    shown = found.shown_error
    assert re.search(r"interrupted in forward after \d+ of 400 steps, at product\d+$", shown)
    assert "executor.forward()" in shown
    assert "executor.py" not in shown
    assert len(shown.splitlines()) < 10
    notebook.run(
        "executor.arg_dict['x'][:] = 0\nfor k in range(5): executor.arg_dict['x'][k, k] = k"
    )
    notebook.run("small = y.bind(mx.cpu(), {'x': mx.nd.array(np.eye(3))})")
    assert "3.0" in notebook.run("small.forward()[0].asnumpy().sum()").text
    refused = notebook.run("executor.outputs[0].asnumpy()")
    assert "UnfinishedError" == refused.error["ename"]


def test_an_interrupt_of_what_is_no_run(notebook) -> None:
    """Composing, and the user's own code, which is shown as ever."""
    composing = "print('begun')\nz = mx.sym.Variable('x')\nwhile True: z = mx.sym.exp(z)"
    found = notebook.run(composing, interrupt="begun")
    assert "KeyboardInterrupt" == found.error["ename"]
    assert "while True" in found.shown_error
    own = notebook.run("print('begun')\nwhile True: pass", interrupt="begun")
    assert ("KeyboardInterrupt", "") == (own.error["ename"], own.error["evalue"])


def test_strict_nbval_sees_no_bar(tmp_path: Path) -> None:
    """A lesson on a machine so slow that each step takes too long passes as on any other."""
    setup = """
        import symbook as mx, numpy as np
        %load_ext symbook
        from symbook.notebook import progress
        progress.AFTER = 0
        progress.Cell.bar = lambda cell: made.append(1) or WidgetBar(cell.source)
        from symbook.notebook.progress_bar import WidgetBar
        made = []"""
    setup = "\n".join(line.strip() for line in setup.splitlines() if line.strip())
    cells = [
        nbformat.v4.new_code_cell(setup, execution_count=1),
        nbformat.v4.new_code_cell(CHAIN.replace("SIZE", "60").strip(), execution_count=2),
        nbformat.v4.new_code_cell(
            "print('before')\nwhile not made:\n    executor.forward()\n1 + 1", execution_count=3,
            outputs=[
                nbformat.v4.new_output("stream", name="stdout", text="before\n"),
                nbformat.v4.new_output(
                    "execute_result", {"text/plain": "2"}, execution_count=3
                ),
            ],
        ),
        nbformat.v4.new_code_cell(
            "bool(made)", execution_count=4,
            outputs=[
                nbformat.v4.new_output("execute_result", {"text/plain": "True"}, execution_count=4)
            ],
        ),
    ]  # fmt: skip
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    path = tmp_path / "slow.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", str(path)],
        cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    assert 0 == found.returncode, found.stdout


class TestTerminal:
    class Shell:
        """As much of a terminal's IPython as is needed."""

        def __init__(self) -> None:
            self.functions = {}
            self.events = self

        def register(self, event, function) -> None:
            self.functions[event] = function

        def unregister(self, event, function) -> None:
            assert self.functions.pop(event) == function

    def test_a_line_is_written_and_wiped_out(self, monkeypatch) -> None:
        written = []
        drawn = threading.Event()

        class Screen:
            def isatty(self):
                return True

            def write(self, text):
                written.append(text)
                drawn.set()

            def flush(self): ...

        monkeypatch.setattr(sys, "stderr", Screen())
        monkeypatch.setattr(progress, "AFTER", 0)
        monkeypatch.setattr(progress, "PERIOD", 0.001)
        shell = self.Shell()
        watch = progress.Watch(shell)
        watch.install()
        calls = []

        def _test_seen(xp, data, /):
            """Wait for the line."""
            calls.append(drawn.wait(60))
            return data

        with operator(_test_seen) as seen:
            symbol = mx.sym.exp(seen(mx.sym.Variable("x"), name="seen"))
        executor = symbol.bind(mx.cpu(), {"x": mx.nd.zeros((2,))}, runner="serial")
        shell.functions["pre_run_cell"](None)
        executor.forward()
        shell.functions["post_run_cell"](None)
        assert [True] == calls
        assert any("forward: 0 of 2 steps, now seen (_test_seen)" in text for text in written)
        assert "\r\x1b[K" == written[-1]
        watch.uninstall()
        watch._thread.join()
        assert {} == shell.functions
