"""The memory plan is right in every order: checked against ancestor sets, computed the slow way."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case

import symbook as mx
from symbook.ops.rules import broadcast, elementwise, same_shape
from symbook.plan import Plan


def plan_of(symbol, arrays) -> Plan:
    return symbol.bind(mx.cpu(), arrays).plan


def ancestors(plan: Plan) -> list[set[int]]:
    """For each step, every step that must have finished before it starts."""
    found: list[set[int]] = []
    for step in plan.steps:
        found.append(
            set().union(*({dep} | found[dep] for dep in step.deps)) if step.deps else set()
        )
    return found


def memory_of(plan: Plan) -> list[int]:
    """For each slot, the slot whose memory it may be a view of."""
    root = list(range(len(plan.specs)))
    for step in plan.steps:
        if step.op.view and step.ins:
            for slot in step.outs:
                root[slot] = root[step.ins[0]]
    return root


def check(plan: Plan) -> None:
    """Of two values in one buffer, every use of one comes before the other is written, in any order."""
    before, root = ancestors(plan), memory_of(plan)
    writer = {slot: i for i, step in enumerate(plan.steps) for slot in step.outs}
    uses: dict[int, set[int]] = {}
    for i, step in enumerate(plan.steps):
        for slot in (*step.ins, *step.outs):
            uses.setdefault(root[slot], set()).add(i)
    assert not set(plan.outputs) & set(plan.placement.buffer_of)
    assert not {*plan.args.values(), *plan.aux.values()} & set(plan.placement.buffer_of)
    shared: dict[int, list[int]] = {}
    for slot, buffer in plan.placement.buffer_of.items():
        assert plan.specs[slot].nbytes <= plan.placement.sizes[buffer]
        shared.setdefault(buffer, []).append(slot)
    for slots in shared.values():
        slots.sort(key=lambda slot: writer[slot])
        for old, new in itertools.pairwise(slots):
            step = plan.steps[writer[new]]
            assert uses[old] - {writer[new]} <= before[writer[new]], (old, new)
            if writer[new] in uses[old]:
                assert step.op.shape in (same_shape, elementwise, broadcast)
                assert plan.specs[old] == plan.specs[new]


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 2**32), nodes=st.integers(1, 80))
def test_random_graphs(seed: int, nodes: int) -> None:
    case = random_case(seed, nodes)
    check(plan_of(case.symbol, case.bound()))


def test_a_chain_takes_one_buffer() -> None:
    x = mx.sym.Variable("x")
    for _ in range(100):
        x = mx.sym.exp(x)
    plan = plan_of(x, {"x": mx.nd.zeros((10, 10))})
    check(plan)
    assert (400,) == plan.placement.sizes


def test_branches_do_not_share() -> None:
    a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
    plan = plan_of(a * b + c * d, {name: mx.nd.zeros((10,)) for name in "ABCD"})
    check(plan)
    assert 2 == len(set(plan.placement.buffer_of.values()))


def test_a_view_keeps_its_source() -> None:
    """The reshape of y is read last: y's buffer must not be taken before."""
    x = mx.sym.Variable("x")
    y = mx.sym.exp(x)
    view = mx.sym.reshape(y, shape=(-1,))
    z = y
    for _ in range(6):
        z = mx.sym.negative(z)
    symbol = mx.sym.sum(z) + mx.sym.sum(view * 2)
    value = np.linspace(0, 1, 6).reshape(2, 3).astype(np.float32)
    executor = symbol.bind(mx.cpu(), {"x": mx.nd.array(value)})
    check(executor.plan)
    np.testing.assert_allclose(
        [3 * np.exp(value).sum()], executor.forward()[0].asnumpy(), rtol=1e-6
    )


def test_a_wide_graph_and_then_a_chain_take_no_quadratic_time() -> None:
    x = mx.sym.Variable("x")
    # Each in its own way, so that no two are one.
    symbol = mx.sym.add_n(*[mx.sym.sin(mx.sym.exp(x + i)) for i in range(20_000)])
    for _ in range(20_000):
        symbol = mx.sym.exp(symbol)
    plan = plan_of(symbol, {"x": mx.nd.zeros((1,))})
    assert len(plan.placement.sizes) == 20_000  # the chain needs none of its own


def test_without_reuse_nothing_is_shared() -> None:
    case = random_case(3)
    executor = case.symbol.bind(mx.cpu(), case.bound())
    assert {} == executor._compile(reuse=False).predict.placement.buffer_of


def test_values_are_not_kept_for_their_shape() -> None:
    """The gradient of a sum reads how large its input was, and no number of it."""
    x = mx.sym.Variable("x")
    with mx.name.NameManager():
        symbol = mx.sym.sum((x + 1) * 2)
    executor = symbol.simple_bind(mx.cpu(), x=(1000,))
    executor.arg_dict["x"][:] = 1
    executor.forward(is_train=True)
    executor.backward(mx.nd.array([3]))
    np.testing.assert_array_equal(np.full(1000, 6), executor.grad_dict["x"].asnumpy())
    written = {slot for step in executor.plan.steps for slot in step.outs}
    read = {slot for step in executor.backward_plan.steps for slot in step.ins}
    assert not written & read
    trace = executor.trace()
    np.testing.assert_array_equal(np.full(1000, 4), trace["_mulscalar0"].outputs[0].asnumpy())
