"""Interrupts at every moment of what is called besides runs: compose, bind, save, load, views' messages.

After each the very same call works and is right, nothing is locked, and what is set for a while is as it was.
`tests/test_interrupts.py` has the runs.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import signal
import threading
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from interrupts import moments, stopped
from test_interrupts import SHAPE, expected, gradients, graph

import symbook as mx
from symbook import garbage, naming, rng, views
from symbook.context import _defaults
from symbook.fusion import compiler
from symbook.ndarray.later import _Lock
from symbook.ops import registry
from symbook.render import draw, graphviz_server, layout
from symbook.workers import blas, pool

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

RNG = np.random.default_rng(0)
VALUES = {name: RNG.uniform(0.5, 2, SHAPE).astype(np.float32) for name in "ab"}
RIGHT = expected(**VALUES)
MOST = int(os.environ.get("SYMBOOK_MOMENTS", 40))
"""How many moments of a call are tried, evenly spread."""

SIGNALS = 4 * MOST


def arrays():
    return {name: mx.nd.array(value) for name, value in VALUES.items()}


def is_right(outputs, right=RIGHT) -> None:
    for result, value in zip(outputs, right, strict=True):
        np.testing.assert_allclose(value, result.asnumpy(), rtol=1e-5)


def others():
    """How many threads there are that are no workers, nor timers, which end by themselves and do nothing."""
    kept = [thread for thread in threading.enumerate() if type(thread) is not threading.Timer]
    return sum(thread.name != "symbook" and thread.is_alive() for thread in kept)


def surroundings(folder):
    """What a call may change for a while."""
    mask = os.umask(0o22)
    os.umask(mask)
    named = [naming.scopes.names, naming.scopes.attrs, _defaults.stack]
    return {
        "scopes": [len(stack) for stack in named],
        "warnings": np.geterr(),
        "garbage": gc.isenabled(),
        "umask": mask,
        "threads": others(),
        "files": sorted(path.name for path in folder.iterdir()),
    }


def nothing_is_locked() -> None:
    locks = [
        rng._lock, rng._cpu._lock, compiler._lock, compiler._busy, _Lock.one, layout._lock,
        graphviz_server._lock, blas._lock,
    ]  # fmt: skip
    for lock in locks:
        assert "unlocked" in repr(lock), lock
    assert [] == pool.jobs
    assert threading.get_ident() not in pool.running


class Case:
    """A call, what becomes of its result, and what was there before."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.prepare()

    def prepare(self) -> None:
        pass


class Compose(Case):
    call = staticmethod(graph)

    def check(self, symbol) -> None:
        assert ["a", "b"] == symbol.list_arguments()
        is_right(symbol.eval(**arrays()))


class ComposeInScopes(Case):
    def call(self):
        scopes = naming.scopes
        before = scopes.names, scopes.attrs
        try:
            with mx.name.Prefix("p_"), mx.AttrScope(group="4"), mx.name.NameManager():
                return mx.sym.exp(mx.sym.Variable("x") + 1)
        finally:
            # A block's end is a function. Before its first line there may be an interrupt, as in every
            # `with` of Python's whose manager is written in Python; then the scope stays.
            scopes.names, scopes.attrs = before

    def check(self, symbol) -> None:
        assert "exp0_output" == symbol.list_outputs()[0]
        assert "4" == symbol.attr("group")


class Join(Case):
    """A symbol in the place of another's variable."""

    def call(self):
        return graph()(a=mx.sym.Variable("c") * 1)

    def check(self, symbol) -> None:
        is_right(symbol.eval(c=arrays()["a"], b=arrays()["b"]))


class GradientSymbol(Case):
    def call(self):
        return mx.sym.sum(graph()[1]).gradient(["a"])

    def check(self, symbol) -> None:
        a, b = VALUES.values()
        left = np.exp(a * 0.1) + b
        right = left / np.sqrt(left * left + 1) * np.exp(a * 0.1) * 0.1
        is_right(symbol.eval(**arrays()), [right])


class SimpleBind(Case):
    def call(self):
        return graph().simple_bind(mx.cpu(), a=SHAPE)

    def check(self, executor) -> None:
        executor.copy_params_from(arrays())
        is_right(executor.forward(is_train=True))
        executor.backward([mx.nd.ones(output.shape) for output in executor.outputs])
        for name, value in gradients(**VALUES).items():
            np.testing.assert_allclose(value, executor.grad_dict[name].asnumpy(), rtol=1e-4)


class WithExecutor(Case):
    """What is asked of one executor, which is there before."""

    def prepare(self) -> None:
        self.executor = graph().bind(
            mx.cpu(), arrays(), args_grad={name: mx.nd.zeros(SHAPE) for name in "ab"}
        )

    def check(self, found) -> None:
        is_right(self.executor.forward())


class Reshape(WithExecutor):
    def call(self):
        return self.executor.reshape(partial_shaping=True, allow_up_sizing=True, a=(5, 4), b=(5, 4))

    def check(self, found) -> None:
        assert [(1,), (5, 4)] == [output.shape for output in found.outputs]
        super().check(found)


class CopyParameters(WithExecutor):
    def call(self):
        self.executor.copy_params_from(arrays())

    def check(self, found) -> None:
        for name, value in VALUES.items():
            np.testing.assert_array_equal(value, self.executor.arg_dict[name].asnumpy())
        super().check(found)


class Attempt(WithExecutor):
    def call(self):
        return self.executor.attempt(is_train=True, optimized=True)

    def check(self, found) -> None:
        is_right(found.outputs)
        super().check(found)


class TraceBackward(WithExecutor):
    def call(self):
        self.executor.trace(is_train=True)
        return self.executor.trace_backward([mx.nd.ones((1,)), mx.nd.ones(SHAPE)])

    def check(self, found) -> None:
        for name, value in gradients(**VALUES).items():
            grad = self.executor.grad_dict[name]
            np.testing.assert_allclose(value, grad.asnumpy(), rtol=1e-4)
        super().check(found)


class Monitored(WithExecutor):
    def prepare(self) -> None:
        super().prepare()
        self.seen = []
        self.executor.set_monitor_callback(lambda name, array: self.seen.append(name), True)

    def call(self):
        self.seen.clear()
        return self.executor.forward()

    def check(self, found) -> None:
        is_right(found)
        assert {"a", "b", "product_output", "left_output"} <= set(self.seen)


class Listings(WithExecutor):
    def call(self):
        return str(self.executor.plan), self.executor.source, self.executor.debug_str()

    def check(self, found) -> None:
        assert all("product" in text for text in found)
        super().check(found)


class SaveSymbol(Case):
    def prepare(self) -> None:
        self.symbol, self.path = graph(), self.folder / "graph.json"
        self.call()

    def call(self):
        self.symbol.save(str(self.path))

    def check(self, found) -> None:
        is_right(mx.sym.load(str(self.path)).eval(**arrays()))


class LoadSymbol(SaveSymbol):
    def call(self):
        if not self.path.exists():
            self.symbol.save(str(self.path))
        return mx.sym.load(str(self.path))

    def check(self, found) -> None:
        is_right(found.eval(**arrays()))


class SaveArrays(Case):
    def prepare(self) -> None:
        self.path = self.folder / "x.params"
        self.call()

    def call(self):
        mx.nd.save(str(self.path), arrays())

    def check(self, found) -> None:
        loaded = mx.nd.load(str(self.path))
        for name, value in VALUES.items():
            np.testing.assert_array_equal(value, loaded[name].asnumpy())


class Checkpoint(Case):
    def prepare(self) -> None:
        self.prefix = str(self.folder / "net")
        self.call()

    def call(self):
        mx.model.save_checkpoint(self.prefix, 1, graph(), arrays(), {})
        return mx.model.load_checkpoint(self.prefix, 1)

    def check(self, found) -> None:
        symbol, args, aux = found
        assert {} == aux
        is_right(symbol.eval(**args))


class Draw(Case):
    """Random numbers: those of a seed, whatever an interrupt has taken."""

    def call(self):
        mx.random.seed(5)
        first = mx.nd.random.uniform(shape=(3,)).asnumpy()
        with rng.borrowed(7):
            mx.nd.random.uniform(shape=(2,))
        return first, mx.nd.random.uniform(shape=(3,)).asnumpy()

    def check(self, found) -> None:
        mx.random.seed(5)
        np.testing.assert_array_equal(
            np.concatenate(found), mx.nd.random.uniform(shape=(6,)).asnumpy()
        )


class Define(Case):
    def call(self):
        def interrupted_for_test(xp, x):
            return x * 2

        return mx.operator.define(interrupted_for_test)

    def check(self, found) -> None:
        assert "interrupted_for_test" in registry.names()
        is_right([found(mx.nd.array([1, 2]))], [[2, 4]])


class CustomRun(Case):
    def prepare(self) -> None:
        class Op(mx.operator.CustomOp):
            def forward(self, is_train, req, in_data, out_data, aux):
                self.assign(out_data[0], req[0], in_data[0] * 2)

            def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
                self.assign(in_grad[0], req[0], out_grad[0] * 2)

        class Prop(mx.operator.CustomOpProp):
            def create_operator(self, ctx, in_shapes, in_dtypes):
                return Op()

        mx.operator.register("interrupted_custom")(Prop)
        symbol = mx.sym.Custom(mx.sym.Variable("a"), op_type="interrupted_custom")
        self.executor = symbol.simple_bind(mx.cpu(), a=SHAPE)
        self.executor.arg_dict["a"][:] = VALUES["a"]

    def call(self):
        outputs = self.executor.forward(is_train=True)
        self.executor.backward(mx.nd.ones(SHAPE))
        return outputs

    def check(self, found) -> None:
        is_right(found, [VALUES["a"] * 2])
        np.testing.assert_array_equal(np.full(SHAPE, 2), self.executor.grad_dict["a"].asnumpy())


class WriteToArray(Case):
    def prepare(self) -> None:
        self.array = mx.nd.array(VALUES["a"])

    def call(self):
        self.array[:] = VALUES["b"]
        self.array += 1
        self.array[1:3, 0] = 7
        return self.array.reshape((2, 6)).T

    def check(self, found) -> None:
        right = VALUES["b"] + 1
        right[1:3, 0] = 7
        is_right([found], [right.reshape(2, 6).T])


class Draws(Case):
    """A picture."""

    def call(self):
        layout._cache.clear()
        return draw(graph()).svg

    def check(self, found) -> None:
        assert "product" in str(found)


CASES = [
    Compose, ComposeInScopes, Join, GradientSymbol, SimpleBind, Reshape, CopyParameters, Attempt,
    TraceBackward, Monitored, Listings, SaveSymbol, LoadSymbol, SaveArrays, Checkpoint, Draw, Define,
    CustomRun, WriteToArray, Draws,
]  # fmt: skip


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
def test_the_same_call_works_again(kind, tmp_path) -> None:
    case = kind(tmp_path)
    case.check(case.call())
    before = surroundings(tmp_path)
    threads = before.pop("threads")
    for moment in moments(case.call, MOST):
        stopped(moment, case.call)
        after = surroundings(tmp_path)
        # Graphviz's server, and the thread that reads from it, may go.
        assert after.pop("threads") <= threads
        assert before == after, moment
        nothing_is_locked()
        case.check(case.call())


@pytest.mark.parametrize("kind", [SaveSymbol, SaveArrays, Checkpoint], ids=lambda k: k.__name__)
def test_a_file_is_the_old_or_the_new_one(kind, tmp_path) -> None:
    case = kind(tmp_path)
    for moment in moments(case.call, MOST):
        stopped(moment, case.call)
        if kind is Checkpoint:
            case.check(mx.model.load_checkpoint(case.prefix, 1))
        else:
            case.check(None)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers")
def test_signals_at_any_time(tmp_path) -> None:
    """Interrupts as they really come, at random moments of one thing after another."""
    kinds = [
        Compose, GradientSymbol, SimpleBind, Reshape, CopyParameters, Attempt, TraceBackward, LoadSymbol,
        SaveArrays, CustomRun, WriteToArray,
    ]  # fmt: skip
    rng = random.Random(0)
    folders = [tmp_path / kind.__name__ for kind in kinds]
    for folder in folders:
        folder.mkdir()
    cases = [kind(folder) for kind, folder in zip(kinds, folders, strict=True)]
    before = [surroundings(folder) for folder in folders]
    handler = signal.signal(signal.SIGALRM, signal.default_int_handler)
    interrupted = 0
    try:
        for _ in range(SIGNALS):
            number = rng.randrange(len(cases))
            case = cases[number]
            gc.disable()  # what is called then would be interrupted, too
            try:
                signal.setitimer(signal.ITIMER_REAL, rng.expovariate(1 / 0.003) + 1e-5)
                while True:
                    case.call()
            except KeyboardInterrupt:
                interrupted += 1
            gc.enable()
            after = surroundings(folders[number])
            assert after.pop("threads") <= before[number]["threads"]
            assert after.items() <= before[number].items(), case
            nothing_is_locked()
            case.check(case.call())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        gc.enable()
    assert SIGNALS == interrupted


def test_the_search_for_garbage_comes_back(monkeypatch) -> None:
    """It stayed off for good if an interrupt came right after it was put off."""
    disable = gc.disable

    def interrupted() -> None:
        disable()
        raise KeyboardInterrupt

    monkeypatch.setattr(gc, "disable", interrupted)
    for call in (
        lambda: mx.sym.load_json(graph().tojson()),
        lambda: contextlib.ExitStack().enter_context(garbage.put_off()),
    ):
        with pytest.raises(KeyboardInterrupt):
            call()
        assert gc.isenabled()


def test_the_users_mask_is_left_alone(monkeypatch, tmp_path) -> None:
    """It was asked for by setting it to 0: an interrupt, or a second thread that saved, left it so."""
    before = os.umask(0o27)
    try:
        monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("it is set"))
        mx.nd.save(str(tmp_path / "x.params"), arrays())
        monkeypatch.undo()
    finally:
        os.umask(before)
    assert 0o640 == (tmp_path / "x.params").stat().st_mode & 0o777


@pytest.mark.parametrize("at", ["start", "cancel"])
def test_a_timer_that_is_left_does_nothing(monkeypatch, at) -> None:
    """It ended Graphviz a minute later, in the middle of another picture."""
    timers, done = [], getattr(threading.Timer, at)

    def interrupted(timer) -> None:
        timers.append(timer)
        if at == "start":
            done(timer)
        raise KeyboardInterrupt

    server = graphviz_server.Server.__new__(graphviz_server.Server)
    killed = []
    monkeypatch.setattr(server, "close", lambda: None, raising=False)
    monkeypatch.setattr(server, "_exchange", lambda *request: b"", raising=False)
    server._process = SimpleNamespace(kill=lambda: killed.append(None))
    monkeypatch.setattr(threading.Timer, at, interrupted)
    with pytest.raises(KeyboardInterrupt):
        server.ask("digraph {}", "plain", "dot", 60)
    monkeypatch.undo()
    (timer,) = timers
    timer.function(*timer.args)
    assert not killed
    timer.cancel()
    timer.join(20)
    assert not timer.is_alive()


class TestViews:
    """What the front end asks, and what a reader calls."""

    def view(self, kind=views.Inside):
        a, b = mx.sym.Variable("A"), mx.sym.Variable("B")
        total = mx.sym.exp(a * b) + a
        bound = {"A": mx.nd.array([1.0, 2.0]), "B": mx.nd.array([0.5, 0.25])}
        view = kind(total.bind(mx.cpu(), bound))
        view.sent = []
        view.send = lambda content, buffers=None: view.sent.append(content)
        return view

    def answered(self, view, message):
        """The answer to a message; the interrupt of one may be raised, and the next is answered."""
        view.sent.clear()
        with contextlib.suppress(KeyboardInterrupt):
            view._handle_custom_msg({**message, "question": 5}, [])

    def values_fit(self, view) -> None:
        """Each value of the document is the one that is recorded, and computed right."""
        found = {}
        for number, value in enumerate(view._document["values"]):
            view.sent.clear()
            view._handle_custom_msg({"value": number}, [])
            (reply,) = view.sent
            assert value["items"] == reply["summary"]["items"]
            found[str(value["items"])] = value
        right = [np.exp(0.5) + 1, np.exp(0.5) + 2]
        last = [value["items"] for value in view._document["values"] if len(value["items"]) == 2]
        assert any(np.allclose(right, items, rtol=1e-6) for items in last)

    @pytest.mark.parametrize(
        "message",
        [
            {"value": 0}, {"change": "B", "items": [10, 20]}, {"undo": True}, {"optimized": True},
            {"optimized": False}, {"nonsense": 1},
        ],
        ids=str,
    )  # fmt: skip
    def test_a_message(self, message) -> None:
        view = self.view()
        call = partial(self.answered, view, message)
        for moment in moments(call, MOST):
            stopped(moment, call)
            nothing_is_locked()
            self.values_fit(view)
        call()
        assert 5 == view.sent[-1]["question"]
        assert ("error" in view.sent[-1]) == ("nonsense" in message)

    @pytest.mark.parametrize("state", [{"selected": "A"}, {"step": 1}], ids=str)
    def test_what_is_chosen(self, state) -> None:
        view = self.view()
        call = partial(view.set_state, state)
        for moment in moments(call, MOST):
            view.selected, view.step = None, 0
            stopped(moment, call)
            call()
            assert state.items() <= {"selected": view.selected, "step": view.step}.items()

    # ipywidgets' own __del__ wants what an interrupted __init__ has not made yet.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    @pytest.mark.parametrize("kind", [views.Inside, views.Stepper, views.Timeline])
    def test_a_new_one(self, kind) -> None:
        for moment in moments(partial(self.view, kind), MOST // 2):
            stopped(moment, partial(self.view, kind))
            nothing_is_locked()
        self.values_fit(self.view(kind))

    def test_the_explorer(self) -> None:
        view = views.Explorer()
        view.sent = []
        view.send = lambda content, buffers=None: view.sent.append(content)
        message = {"try": "clip", "inputs": ["[1, 5]"], "params": {"a_min": "2", "a_max": "3"}}
        call = partial(self.answered, view, message)
        for moment in moments(call, MOST):
            stopped(moment, call)
            nothing_is_locked()
            call()
            assert "error" not in view.sent[-1], view.sent
            assert 5 == view.sent[-1]["question"]
