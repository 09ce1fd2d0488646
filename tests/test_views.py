"""Operators declared as views cost a view only; no other gives memory of its inputs away."""

from __future__ import annotations

import numpy as np
import pytest
from ops_cases import golden

import symbook as mx
from symbook import errors
from symbook.ndarray import NDArray
from symbook.ops import registry

DATA = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
FLAT = DATA.reshape(2, 12)

# A call of each view whose result can be one.
CALLS = {
    "BlockGrad": ([DATA], {}),
    "Dropout": ([DATA], {}),
    "Flatten": ([DATA], {}),
    "Reshape": ([DATA], {"shape": (-1, 2)}),
    "SliceChannel": ([DATA], {"num_outputs": 3}),
    "SwapAxis": ([DATA], {"dim1": 0, "dim2": 2}),
    "_backward_Concat": ([DATA, DATA[:, :1], DATA[:, 1:]], {"num_args": 3, "dim": 1}),
    "_backward_broadcast": ([DATA, DATA], {}),
    "_backward_rows": ([DATA], {}),
    "_backward_stretched": ([DATA[:1], DATA], {}),
    "_backward_sum": ([DATA[:, 0], DATA], {"axis": 1}),
    "_copy": ([DATA], {}),
    "_identity_with_attr_like_rhs": ([DATA, DATA + 1], {}),
    "_split_v2": ([DATA], {"indices": (0, 1), "axis": 1}),
    "broadcast_axis": ([DATA[:1]], {"axis": 0, "size": 5}),
    "broadcast_like": ([DATA[:1], DATA], {}),
    "broadcast_to": ([DATA[:1]], {"shape": (5, 3, 4)}),
    "cast_storage": ([DATA], {"stype": "default"}),
    "expand_dims": ([DATA], {"axis": 1}),
    "reshape_like": ([DATA, FLAT], {}),
    "reverse": ([DATA], {"axis": (0, 2)}),
    "slice": ([DATA], {"begin": (0, 2), "end": (None, None), "step": (1, -1)}),
    "slice_axis": ([DATA], {"axis": 1, "begin": 1, "end": 3}),
    "slice_like": ([DATA, DATA[:1, :2]], {"axes": (0, 1)}),
    "squeeze": ([DATA[:1]], {}),
    "transpose": ([DATA], {"axes": (2, 0, 1)}),
}

# Declared as views because the memory that they make themselves is never written to.
OWN = {"_backward_mean"}


def views() -> set[str]:
    registry.load_all()
    return {op.name for op in registry._ops.values() if op.view}


def test_every_view_has_a_call():
    assert views() == CALLS.keys() | OWN


@pytest.mark.parametrize("name", CALLS)
def test_a_view_is_memory_of_its_first_input(name):
    arrays, params = CALLS[name]
    op = registry.get(name)
    first, *others = [array.copy() for array in arrays]
    results = op.call(np, [first, *others], op.parse(params))
    for k, result in enumerate(results):
        if name != "Dropout" or k == 0:  # the second is the mask
            assert np.shares_memory(first, result)
        assert not any(np.shares_memory(other, result) for other in others)


@pytest.mark.parametrize("name", [name for name in CALLS if not name.startswith("_backward")])
def test_a_view_takes_no_memory_in_a_plan(name):
    """Its source is computed into a buffer, and it is read by a step: nothing is copied on the way."""
    arrays, params = CALLS[name]
    function = getattr(mx.sym, name, None) or getattr(mx.sym._internal, name)
    variables = [mx.sym.Variable(f"v{i}") for i in range(len(arrays))]
    made = function(mx.sym.exp(variables[0]), *variables[1:], **params)
    symbol = mx.sym.Group([mx.sym.sum(made[k]) for k in range(len(made.list_outputs()))])
    bound = {f"v{i}": mx.nd.array(array) for i, array in enumerate(arrays)}
    for optimize in (True, False):
        plan = symbol.bind(mx.cpu(), bound, optimize=optimize).plan
        assert (4 * arrays[0].size,) == plan.placement.sizes  # that of exp
        assert not any(step.op.name == "copy to output" for step in plan.steps)


@pytest.mark.parametrize("name", sorted({case.op for case in golden()}))
def test_what_is_no_view_gives_memory_of_its_own(name):
    op = registry.get(name)
    if op.mutates or op.view:
        return
    for case in golden():
        if case.op != name or case.outputs is None:
            continue
        inputs = [item.copy() for item in case.inputs]
        try:
            call = registry.sort_call(op, tuple(map(mx.nd.array, inputs)), case.params, NDArray)
        except errors.SymbookError:
            continue  # differs from MXNet on purpose: the operators' own tests say where
        raws = [item._data for item in call.inputs if item is not None]
        try:
            with np.errstate(all="ignore"):
                results = op.call(np, raws, call.params)
        except (errors.SymbookError, TypeError, ValueError):
            continue
        for k, result in enumerate(results):
            assert not any(np.shares_memory(result, raw) for raw in raws)
            assert not any(np.shares_memory(result, other) for other in results[:k])


class TestOutputs:
    """Outputs are the caller's, whatever they are views of."""

    @pytest.mark.parametrize("optimize", [True, False])
    def test_of_an_argument(self, optimize):
        x = mx.sym.Variable("x")
        bound = mx.nd.array(DATA)
        symbol = mx.sym.Group([mx.sym.reshape(x, shape=(-1,)), x * 1, x])
        executor = symbol.bind(mx.cpu(), {"x": bound}, optimize=optimize)
        outputs = executor.forward()
        bound[:] = 0
        for out in outputs:
            np.testing.assert_array_equal(DATA.reshape(-1), out.asnumpy().reshape(-1))
            out[:] = 7
        assert not bound.asnumpy().any()
        for out in executor.forward():
            assert not out.asnumpy().any()

    @pytest.mark.parametrize("optimize", [True, False])
    def test_of_a_value_that_is_written_over(self, optimize):
        """The view is an output; what it is of is read once more, and its memory used again."""
        x = mx.sym.Variable("x")
        top = mx.sym.exp(x)
        tail = mx.sym.sin(mx.sym.cos(top))
        symbol = mx.sym.Group(
            [mx.sym.transpose(top), mx.sym.slice_axis(top, axis=1, begin=0, end=1), tail]
        )
        executor = symbol.bind(mx.cpu(), {"x": mx.nd.array(DATA)}, optimize=optimize)
        held = []
        for k in range(3):
            executor.arg_dict["x"][:] = DATA / (k + 1)
            held.append(executor.forward())
        for k, (turned, part, _) in enumerate(held):
            expected = np.exp((DATA / (k + 1)).astype(np.float32))
            np.testing.assert_allclose(expected.T, turned.asnumpy(), rtol=1e-6)
            np.testing.assert_allclose(expected[:, :1], part.asnumpy(), rtol=1e-6)
