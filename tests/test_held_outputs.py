"""What was got from a run and is held, in whatever form, never changes; what is dropped is freed."""

from __future__ import annotations

import gc
import os
import random
import tracemalloc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case

import symbook as mx
from symbook.fusion import compiler
from symbook.runners import SerialRunner, ThreadRunner

EXAMPLES = int(os.environ.get("SYMBOOK_EXAMPLES", 40))
"""How many random graphs are tried."""

FORMS = {
    "the array": lambda out: out,
    "another handle": lambda out: out.detach(),
    "a part": lambda out: out[0:1],
    "one row": lambda out: out[0],
    "a part of a part": lambda out: out[0:1][0],
    "reshaped": lambda out: out.reshape((-1,)),
    "an axis more": lambda out: out.expand_dims(axis=0),
    "no other dtype": lambda out: out.astype(out.dtype, copy=False),
    "on its context": lambda out: out.as_in_context(out.context),
    "NumPy's copy": lambda out: out.asnumpy(),
    "NumPy's view": lambda out: np.asarray(out),
    "a view of NumPy's view": lambda out: np.asarray(out).reshape(-1)[::-1],
    "through DLPack": lambda out: np.from_dlpack(out),
    "DLPack, and back": lambda out: mx.nd.from_dlpack(out.to_dlpack_for_read()),
    "a buffer": lambda out: memoryview(np.asarray(out)),
    "from NumPy, without a copy": lambda out: mx.nd.from_numpy(np.asarray(out)),
    "what an executor was bound to": lambda out: (
        (mx.sym.Variable("v") * 1).bind(mx.cpu(), {"v": out}).arg_dict["v"]
    ),
    "in a list of lists": lambda out: [[out]],
    "in a closure": lambda out: lambda: out,
}


def value_of(held):
    """Its numbers, copied."""
    while isinstance(held, list):
        held = held[0]
    held = held() if callable(held) and not isinstance(held, mx.nd.NDArray) else held
    if isinstance(held, mx.nd.NDArray):
        return held.asnumpy()
    return np.array(held)


def executors(case, rng):
    """The case's graph in a few ways: quick runs, steps, threads, with gradients."""
    made = []
    for kind in ("auto", "steps", "threads", "gradients", "as written"):
        arrays = case.bound()
        grads = None
        if kind == "gradients":
            grads = {k: mx.nd.zeros(v.shape, dtype=v.dtype) for k, v in arrays.items()}
        executor = case.symbol.bind(
            mx.cpu(), arrays, args_grad=grads, optimize=kind != "as written"
        )
        if kind == "steps":
            executor._runner = SerialRunner(lambda plan: range(len(plan.steps)))
        if kind == "threads":
            executor._runner = ThreadRunner(3)
        made.append(executor)
    return made


def act(executor, rng):
    """Run it in some way, perhaps with other values; its outputs."""
    if rng.random() < 0.7:
        for array in executor.arg_dict.values():
            array[:] = rng.randint(-9, 9)
    how = rng.choice(["forward", "forward", "forward", "train", "trace", "many"])
    if how == "trace":
        return list(executor.trace().outputs)
    if how == "many":
        for _ in range(5):
            executor.forward()
    outputs = executor.forward(is_train=how == "train")
    if executor.grad_dict and any(array is not None for array in executor.grad_dict.values()):
        executor.backward([mx.nd.ones(o.shape, dtype=o.dtype) for o in executor.outputs])
    return rng.choice([outputs, list(executor.outputs)]) if how == "forward" else outputs


@settings(deadline=None, max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32))
def test_whatever_is_held_never_changes(seed: int) -> None:
    rng = random.Random(seed)
    case = random_case(seed, rng.randint(1, 30))
    held = []
    for executor in executors(case, rng):
        for _ in range(12):
            outputs = act(executor, rng)
            handles = {id(handle) for handle in executor.outputs}
            for out in outputs:
                name = rng.choice(list(FORMS))
                if id(out) in handles and FORMS[name](out) is out:
                    continue  # the handle itself shows the latest run
                if id(out) in handles and name in _HANDLES:
                    continue
                found = FORMS[name](out)
                held.append((name, found, value_of(found)))
                if rng.random() < 0.5:
                    held.pop(rng.randrange(len(held)))
            del outputs, out
        for name, found, value in held:
            np.testing.assert_array_equal(value, value_of(found), err_msg=name)
    del executor
    gc.collect()
    for name, found, value in held:
        np.testing.assert_array_equal(value, value_of(found), err_msg=name)


_HANDLES = ("in a list of lists", "in a closure", "what an executor was bound to")
"""Forms that have the very handle, which shows what runs last."""


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("runs", [1, 3, 8], ids="after {} runs".format)
def test_each_form(name, runs) -> None:
    x = mx.sym.Variable("x")
    bound = {"x": mx.nd.array([[1, 2], [3, 4]])}
    executor = mx.sym.Group([mx.sym.exp(x) * 2, x + 1]).bind(mx.cpu(), bound)
    for _ in range(runs):
        outputs = executor.forward()
    held = [FORMS[name](out) for out in outputs]
    values = [value_of(item) for item in held]
    del outputs
    for k in range(10):
        bound["x"][:] = -k
        executor.forward()
        for item, value in zip(held, values, strict=True):
            np.testing.assert_array_equal(value, value_of(item))


# What is dropped is freed


def network():
    """Layers of several kinds, with states, gradients, views and random numbers."""
    net = mx.sym.Variable("data")
    net = mx.sym.Convolution(net, num_filter=4, kernel=(3, 3), name="conv")
    net = mx.sym.BatchNorm(net, name="norm", fix_gamma=False)
    net = mx.sym.Activation(net, act_type="relu")
    net = mx.sym.Dropout(mx.sym.Flatten(net), p=0.5)
    net = mx.sym.FullyConnected(net, num_hidden=3, name="full")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def used(runner: str) -> list[weakref.ref]:
    """Everything is done once with an executor, which is dropped; references to what it had."""
    symbol = network()
    executor = symbol.simple_bind(mx.cpu(), data=(2, 1, 8, 8))
    if runner == "threads":
        executor._runner = ThreadRunner(3)
    for _ in range(6):
        executor.forward(is_train=True)
        executor.backward()
        executor.forward()
    trace = executor.trace(is_train=True)
    executor.trace_backward()
    other = executor.reshape(partial_shaping=True, allow_up_sizing=True, data=(3, 1, 8, 8))
    other.forward()
    assert executor.source
    assert str(executor.stages)
    executor.set_monitor_callback(lambda name, array: None)
    executor.forward()
    things = [executor, other, executor.plan, symbol, trace, executor._turns]
    things += [*executor.outputs, *executor.arg_arrays, *executor.aux_arrays]
    return [weakref.ref(thing) for thing in things if hasattr(type(thing), "__weakref__")]


def kinds() -> dict[str, int]:
    """How many objects of symbook's and NumPy's types there are, of those that Python can list."""
    gc.collect()
    found: dict[str, int] = {}
    for thing in gc.get_objects():
        module = type(thing).__module__
        if isinstance(module, str) and module.split(".")[0] in ("symbook", "numpy"):
            name = type(thing).__name__
            found[name] = found.get(name, 0) + 1
    return found


def bytes_of_arrays() -> int:
    """Of NumPy's arrays that were made since `tracemalloc` began.

    Without the workspace of convolutions, of which each thread keeps one.
    """
    gc.collect()
    snapshot = tracemalloc.take_snapshot()
    arrays = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
    workspace = tracemalloc.Filter(False, "*/ops/workspace.py", all_frames=True)
    return sum(trace.size for trace in snapshot.filter_traces([arrays, workspace]).traces)


@pytest.mark.parametrize("runner", ["auto", "threads"])
def test_a_dropped_executor_leaves_nothing(runner, monkeypatch) -> None:
    """Counted: what it had, objects of every kind, and the bytes of NumPy's arrays."""
    monkeypatch.setattr(compiler, "mode", lambda: "off")  # nothing is compiled in the background
    for _ in range(2):
        used(runner)  # what is kept for good, such as readings of parameters
    before = kinds()
    tracemalloc.start(4)
    try:
        dead = [reference for _ in range(4) for reference in used(runner)]
        assert 0 == bytes_of_arrays()
    finally:
        tracemalloc.stop()
    assert len(dead) > 50
    assert not [reference() for reference in dead if reference() is not None]
    after = kinds()
    assert {} == {name: n for name, n in after.items() if n > before.get(name, 0)}


def test_most_of_it_goes_at_once_without_a_search_for_garbage() -> None:
    """A class of thirty binds in loops: arrays must not wait for Python to look."""
    x = mx.sym.Variable("x")
    gc.collect()
    gc.disable()
    try:
        executor = (mx.sym.exp(x) + 1).simple_bind(mx.cpu(), x=(1000, 1000))
        for _ in range(6):
            executor.forward(is_train=True)
            executor.backward(mx.nd.ones((1000, 1000)))
        dead = [weakref.ref(array) for array in (*executor.outputs, *executor.arg_arrays)]
        del executor
        assert [None, None] == [reference() for reference in dead]
    finally:
        gc.enable()
