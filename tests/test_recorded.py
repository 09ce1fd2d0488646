"""A trace's values stay as they were, however bound arrays and outputs are written to afterwards."""

from __future__ import annotations

import copy
import gc
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbook as mx
from symbook.ndarray import storage
from symbook.ndarray.later import Later

SIDE = 100  # 40,000 bytes: more than what is copied at once


def ones(value: float = 1.0) -> mx.nd.NDArray:
    return mx.nd.full((SIDE, SIDE), value)


def number(value: float) -> np.ndarray:
    return np.full((SIDE, SIDE), value, np.float32)


def by_custom_operator(a: mx.nd.NDArray) -> None:
    @mx.operator.register("writes_to_its_input")
    class Prop(mx.operator.CustomOpProp):
        def create_operator(self, ctx, shapes, dtypes):
            class Op(mx.operator.CustomOp):
                def forward(self, is_train, req, in_data, out_data, aux):
                    in_data[0][:] = 7
                    self.assign(out_data[0], req[0], in_data[0])

            return Op()

    mx.sym.Custom(mx.sym.Variable("x"), op_type="writes_to_its_input").bind(
        mx.cpu(), {"x": a}
    ).forward()


def by_gradient(a: mx.nd.NDArray, req: str = "write") -> None:
    x = mx.sym.Variable("x")
    executor = (x * 3).bind(mx.cpu(), {"x": ones()}, args_grad={"x": a}, grad_req=req)
    executor.forward(is_train=True)
    executor.backward(ones())


def by_updating_graph(a: mx.nd.NDArray) -> None:
    names = ("weight", "grad", "mom")
    update = mx.sym.sgd_mom_update(*map(mx.sym.Variable, names), lr=0.5, momentum=0.5)
    executor = update.bind(mx.cpu(), {"weight": ones(), "grad": ones()}, aux_states={"mom": a})
    executor.forward()
    for _ in range(3):  # the later ones are those that are written out
        executor.forward()


def by_states(a: mx.nd.NDArray) -> None:
    """As the moving mean of a normalisation of so many channels."""
    wide = a.reshape(-1)
    net = mx.sym.BatchNorm(mx.sym.Variable("x"), fix_gamma=False, name="n")
    executor = net.simple_bind(mx.cpu(), x=(2, SIDE * SIDE))
    aux = {"n_moving_mean": wide, "n_moving_var": mx.nd.ones((SIDE * SIDE,))}
    executor = net.bind(mx.cpu(), executor.arg_dict, executor.grad_dict, aux_states=aux)
    executor.arg_dict["x"][:] = 5
    for _ in range(3):
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2, SIDE * SIDE)))


def by_executor_of(a: mx.nd.NDArray) -> mx.executor.Executor:
    return (mx.sym.Variable("A") * 2).bind(mx.cpu(), {"A": a})


WRITERS = {
    "all": lambda a: a.__setitem__(slice(None), 7),
    "a row": lambda a: a.__setitem__(3, 7),
    "rows": lambda a: a.__setitem__(slice(2, 5), ones(7)[:3]),
    "one": lambda a: a.__setitem__((1, 2), 7),
    "add a number": lambda a: a.__iadd__(6),
    "add an array": lambda a: a.__iadd__(ones(6)),
    "add a row": lambda a: a.__iadd__(mx.nd.ones((1, SIDE))),
    "multiply": lambda a: a.__imul__(ones(7)),
    "divide": lambda a: a.__itruediv__(4),
    "copyto": lambda a: ones(7).copyto(a),
    "out": lambda a: mx.nd.elemwise_add(ones(3), ones(4), out=a),
    "out of a number": lambda a: mx.nd.exp(ones(3), out=a),
    "random": lambda a: mx.nd.random.uniform(2, 3, (SIDE, SIDE), out=a),
    "an update": lambda a: mx.nd.sgd_update(a, ones(), lr=0.5, out=a),
    "an update's state": lambda a: mx.nd.sgd_mom_update(
        ones(), ones(), a, lr=0.5, momentum=0.5, out=ones()
    ),
    "initialiser": lambda a: mx.init.Constant(7)(mx.init.InitDesc("a_weight"), a),
    "a part": lambda a: a[2:4].__setitem__(slice(None), 7),
    "another shape": lambda a: a.reshape(-1).__setitem__(slice(None), 7),
    "NumPy's view": lambda a: np.asarray(a).__setitem__(..., 7),
    "NumPy's function": lambda a: np.copyto(a, 7),
    "NumPy's out": lambda a: np.add(np.asarray(a), 1, out=np.asarray(a)),
    "DLPack": lambda a: np.from_dlpack(a).__setitem__(..., 7),
    "DLPack to write": lambda a: mx.nd.from_dlpack(a.to_dlpack_for_write()).__setitem__(0, 7),
    "custom operator": by_custom_operator,
    "gradient": by_gradient,
    "added gradient": lambda a: by_gradient(a, "add"),
    "graph that updates": by_updating_graph,
    "states": by_states,
    "forward's argument": lambda a: by_executor_of(a).forward(A=ones(7)),
    "new parameters": lambda a: by_executor_of(a).copy_params_from({"A": ones(7)}),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_what_is_written_to_an_argument_is_not_seen_in_a_trace(write):
    a = ones()
    executor = (mx.sym.Variable("A") * 2 + mx.sym.Variable("B")).bind(
        mx.cpu(), {"A": a, "B": ones(3)}
    )
    trace = executor.trace()
    assert isinstance(trace.records[0].inputs[0], Later)  # otherwise nothing is tested here
    write(a)
    assert not np.array_equal(a.asnumpy(), number(1))
    np.testing.assert_array_equal(trace.records[0].inputs[0].asnumpy(), number(1))
    np.testing.assert_array_equal(trace.outputs[0].asnumpy(), number(5))


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_what_is_written_to_an_output_is_not_seen_in_a_trace(write):
    executor = (mx.sym.Variable("A") + 0).bind(mx.cpu(), {"A": ones()})
    trace = executor.trace()
    assert isinstance(trace.outputs[0], Later)
    write(executor.outputs[0])
    assert not np.array_equal(executor.outputs[0].asnumpy(), number(1))
    np.testing.assert_array_equal(trace.outputs[0].asnumpy(), number(1))
    np.testing.assert_array_equal(executor.arg_dict["A"].asnumpy(), number(1))


def others() -> dict:
    """Arrays over memory that somebody else has, and what writes there."""
    shared, viewed, exported = np.ones((SIDE, SIDE), np.float32), ones(), ones()
    seen, taken = np.asarray(viewed), np.from_dlpack(exported)
    part = np.ones((SIDE + 1, SIDE), np.float32)
    return {
        "from_numpy": (mx.nd.from_numpy(shared), shared),
        "from_numpy of a part": (mx.nd.from_numpy(part[1:]), part),
        "seen by NumPy": (viewed, seen),
        "given by DLPack": (exported, taken),
    }


@pytest.mark.parametrize("name", others())
def test_memory_that_others_have_is_copied_at_once(name):
    array, theirs = others()[name]
    trace = by_executor_of(array).trace()
    theirs[...] = 7
    np.testing.assert_array_equal(array.asnumpy(), number(7))
    np.testing.assert_array_equal(trace.records[0].inputs[0].asnumpy(), number(1))
    np.testing.assert_array_equal(trace.outputs[0].asnumpy(), number(2))


def test_values_that_are_views_of_an_argument_stay_too():
    a = ones()
    flat = mx.sym.reshape(mx.sym.Variable("A"), shape=(-1,))
    trace = mx.sym.Group([flat, flat * 2]).bind(mx.cpu(), {"A": a}).trace()
    a[:] = 7
    for record in trace:
        for value in record.inputs:
            np.testing.assert_array_equal(value.asnumpy(), np.ones(value.shape, np.float32))


def test_an_output_that_is_an_argument_is_apart_from_it():
    a = ones()
    executor = mx.sym.Group([mx.sym.Variable("A"), mx.sym.identity(mx.sym.Variable("A"))]).bind(
        mx.cpu(), {"A": a}
    )
    executor.trace()
    a[:] = 7
    for output in executor.outputs:
        np.testing.assert_array_equal(output.asnumpy(), number(1))
    executor.outputs[0][:] = 8
    np.testing.assert_array_equal(a.asnumpy(), number(7))
    np.testing.assert_array_equal(executor.outputs[1].asnumpy(), number(1))


def test_writing_to_a_traces_value_changes_nothing_else():
    a = ones()
    executor = by_executor_of(a)
    trace = executor.trace()
    trace.records[0].inputs[0][:] = 7
    trace.outputs[0][2:4] = 8
    np.testing.assert_array_equal(a.asnumpy(), number(1))
    np.testing.assert_array_equal(executor.outputs[0].asnumpy(), number(2))
    assert trace.outputs[0].asnumpy()[3, 0] == 8
    assert trace.records[0].inputs[0].asnumpy()[0, 0] == 7


def test_copies_of_a_traces_value_are_plain_arrays():
    a = ones()
    value = by_executor_of(a).trace().records[0].inputs[0]
    for made in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        a[:] = 7
        np.testing.assert_array_equal(made.asnumpy(), number(1))
        assert type(made) is mx.nd.NDArray
    assert repr(value) == f"<NDArray {SIDE}x{SIDE} @cpu(0)>"


def test_a_trace_backward_stays_too():
    a, grad = ones(3), ones(0)
    x = mx.sym.Variable("A")
    executor = (x * x).bind(mx.cpu(), {"A": a}, args_grad={"A": grad})
    executor.trace(is_train=True)
    back = executor.trace_backward(ones())
    read = [value for record in back for value in record.inputs]
    before = [value.asnumpy() for value in read]
    assert any(np.array_equal(value, number(3)) for value in before)
    a[:], grad[:] = 7, 8
    executor.outputs[0][:] = 9
    for value, found in zip(read, before, strict=True):
        np.testing.assert_array_equal(value.asnumpy(), found)


def test_nothing_is_remembered_of_traces_that_are_gone():
    executor = by_executor_of(ones())
    trace = executor.trace()
    assert storage.watched
    del trace
    gc.collect()
    assert not storage.watched


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.booleans()), max_size=6))
def test_memory_serves_again_only_when_nobody_has_it(runs):
    """Values of about 1 MB, so that a later run would take the memory of one that is gone."""
    side = 520
    a = mx.nd.zeros((side, side))
    x = mx.sym.Variable("A")
    executor = mx.sym.sum(mx.sym.sqrt(x * x) + x).bind(mx.cpu(), {"A": a})
    kept = []
    for value, keeps_all, keeps_part in runs:
        a[:] = value
        trace = executor.trace()
        if keeps_all:
            kept += [
                (made, value) for made in (*trace[trace.records[1].node].outputs, *trace.outputs)
            ]
        elif keeps_part:
            kept.append((trace.records[1].outputs[0][5:7], value))
        del trace
    for array, value in kept:
        expected = 2 * value * side * side if array.shape == (1,) else value
        np.testing.assert_allclose(array.asnumpy(), np.full(array.shape, expected), rtol=1e-6)
