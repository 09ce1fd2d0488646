"""Streams, events and buffers of plans: proven right for every legal order, without a device."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from graphs import bits, random_graph
from networks.inception import googlenet
from plan_checker import AnyOrder, Memory, Wrong, check
from random_graphs import random_case

import symbook as mx
from symbook.executor import Executor
from symbook.passes import memory
from symbook.plan import Plan, Program
from symbook.runners import streams
from symbook.runners.streams import MAIN, Assignment, assign, on_main, ordered


def kept(program: Program) -> set[int]:
    """The slots that forward writes and backward reads."""
    behind = [plan for plan in (program.backward, program.backward_predict) if plan]
    return {slot for plan in behind for step in plan.steps for slot in step.ins}


def assigned(executor: Executor, weigh: bool = False, most: int = 4) -> dict[Plan, Assignment]:
    program = executor._program
    leaving = {*program.predict.outputs, *kept(program)}
    found = {program.predict: assign(program.predict, leaving, weigh=weigh, most=most)}
    if program.backward is not None:
        found[program.backward] = assign(
            program.backward, program.backward.outputs, weigh=weigh, most=most
        )
    return found


def check_program(executor: Executor, assignments: dict[Plan, Assignment]) -> None:
    """Forward, and backward twice: all right in every order."""
    program = executor._program
    forward, backward = program.predict, program.backward
    written = {slot for step in forward.steps for slot in step.outs}
    left = {*forward.outputs, *(kept(program) & written)}
    state = check(forward, assignments[forward], left)
    if backward is not None:
        state = check(backward, assignments[backward], backward.outputs, state)
        check(backward, assignments[backward], backward.outputs, state)


def bound_with_gradients(seed: int, nodes: int) -> tuple[Executor, list[np.ndarray]]:
    case = random_case(seed, nodes)
    arrays = case.bound()
    grads = {name: mx.nd.zeros(array.shape, dtype=array.dtype) for name, array in arrays.items()}
    reqs = {name: ("write", "add", "null")[(seed + k) % 3] for k, name in enumerate(arrays)}
    return case.symbol.bind(mx.cpu(), arrays, args_grad=grads, grad_req=reqs), case.expected


@pytest.mark.parametrize("part", range(10))
def test_random_graphs(part: int) -> None:
    used = 0
    for seed in range(part * 100, part * 100 + 100):
        case = random_graph(seed, 10 + seed % 50)
        executor = case.symbol.bind(mx.cpu(), case.bound())
        assignments = assigned(executor, most=2 + seed % 5)
        check_program(executor, assignments)
        used += any(found.sides for found in assignments.values())
    assert used > 50


@pytest.mark.parametrize("part", range(10))
@pytest.mark.parametrize("lends", [False, True])
def test_random_graphs_and_their_gradients(part: int, lends: bool, monkeypatch) -> None:
    if lends:  # outputs as small as these, too
        monkeypatch.setattr(memory, "_LENDING", 1)
    for seed in range(part * 50, part * 50 + 50):
        executor, _ = bound_with_gradients(seed, 5 + seed % 55)
        check_program(executor, assigned(executor, most=2 + seed % 5))


@pytest.mark.parametrize("part", range(5))
def test_any_order_gives_numpys_values(part: int, monkeypatch) -> None:
    for seed in range(part * 20, part * 20 + 20):
        case = random_graph(seed, 30)
        executor = case.symbol.bind(mx.cpu(), case.bound())
        assignment = assigned(executor)[executor.plan]
        for order in range(4):
            executor._runner = AnyOrder(order, lambda plan, found=assignment: found)
            for expected, output in zip(case.expected(), executor.forward(), strict=True):
                assert bits(expected) == bits(output.asnumpy())


@pytest.mark.parametrize("part", range(5))
def test_any_order_gives_the_gradients_of_one_after_the_other(part: int) -> None:
    for seed in range(part * 20, part * 20 + 20):
        plain, _ = bound_with_gradients(seed, 30)
        executor, expected = bound_with_gradients(seed, 30)
        if executor.backward_plan is None:
            continue
        assignments = assigned(executor)
        executor._runner = AnyOrder(seed, assignments.__getitem__)
        heads = [mx.nd.ones(value.shape, dtype=value.dtype) for value in expected]
        for run in (plain, executor):
            run.forward()
            for _ in range(2):
                run.backward(heads, is_train=True)
        for name, grad in plain.grad_dict.items():
            if grad is not None:
                assert bits(grad.asnumpy()) == bits(executor.grad_dict[name].asnumpy())


def test_the_checker_notices_every_event_that_is_left_out() -> None:
    dropped = 0
    for seed in range(80):
        executor, _ = bound_with_gradients(seed, 40)
        for plan, found in assigned(executor).items():
            for broken in without_one_event(found):
                dropped += 1
                with pytest.raises(Wrong):
                    check_program(executor, {**assigned(executor), plan: broken})
    assert dropped > 500


def without_one_event(found: Assignment) -> list[Assignment]:
    """The assignment with one wait less, each in turn."""
    broken = []
    for i, waits in enumerate(found.waits):
        for other in waits:
            left = list(found.waits)
            left[i] = tuple(set(waits) - {other})
            broken.append(replace(found, waits=tuple(left)))
    broken += [replace(found, begins=found.begins - {stream}) for stream in found.begins]
    broken += [replace(found, joins=tuple(set(found.joins) - {i})) for i in found.joins]
    return broken


def test_the_checker_notices_buffers_that_are_exchanged() -> None:
    """Whatever it takes for right gives NumPy's values in any order."""
    noticed = 0
    for seed in range(60):
        rng = random.Random(seed)
        case = random_graph(seed, 30)
        executor = case.symbol.bind(mx.cpu(), case.bound())
        plan, found = executor.plan, assigned(executor)[executor.plan]
        if len(plan.placement.sizes) < 2:
            continue
        one, other = rng.sample(sorted(plan.placement.buffer_of), 2)
        places = dict(plan.placement.buffer_of)
        if places[one] == places[other]:
            places[one] = (places[one] + 1) % len(plan.placement.sizes)
        else:
            places[one] = places[other]
        sizes = (max(plan.placement.sizes),) * len(plan.placement.sizes)
        broken = replace(plan, placement=replace(plan.placement, buffer_of=places, sizes=sizes))
        try:
            check(broken, found)
        except Wrong:
            noticed += 1
            continue
        executor._program = replace(executor._program, predict=broken, train=broken)
        executor._into = None
        for order in range(8):
            executor._runner = AnyOrder(order, lambda plan, found=found: found)
            for expected, output in zip(case.expected(), executor.forward(), strict=True):
                assert bits(expected) == bits(output.asnumpy())
    assert noticed > 20


def test_a_step_on_another_stream_than_planned_is_noticed() -> None:
    noticed = tried = 0
    for seed in range(60):
        rng = random.Random(seed)
        executor, _ = bound_with_gradients(seed, 40)
        plan = executor.plan
        found = assigned(executor)[plan]
        if len(found.streams) < 2 or not found.sides:
            continue
        moved = list(found.streams)
        moved[rng.randrange(len(moved))] = rng.randrange(5)
        if tuple(moved) == found.streams:
            continue
        tried += 1
        broken = replace(found, streams=tuple(moved))
        try:
            check(plan, broken)
        except Wrong:
            noticed += 1
            continue
        # Right by chance: then the events it has are enough for those streams.
        needed = ordered(plan, moved)
        assert len(needed.recorded) <= len(broken.recorded)
    assert noticed > tried / 2


# What is worth a stream


def heavy_branches(count: int, size: int = 256, inner: int = 4096) -> Executor:
    """Sums of products that leave much of a GPU to others."""
    names = [f"{side}{k}" for k in range(count) for side in "ab"]
    parts = [mx.sym.dot(mx.sym.Variable(f"a{k}"), mx.sym.Variable(f"b{k}")) for k in range(count)]
    shapes = {name: (size, inner) if name[0] == "a" else (inner, size) for name in names}
    return mx.sym.add_n(*parts).simple_bind(mx.cpu(), grad_req="null", **shapes)


def test_heavy_branches_that_leave_room_run_side_by_side() -> None:
    executor = heavy_branches(3)
    found = assign(executor.plan, executor.plan.outputs)
    check(executor.plan, found)
    assert 3 == len(set(found.streams[:3]))
    assert MAIN == found.streams[-1]


def test_what_fills_the_gpu_or_is_short_stays_on_main() -> None:
    for executor in (heavy_branches(3, size=4096, inner=4096), heavy_branches(3, 16, 16)):
        found = assign(executor.plan, executor.plan.outputs)
        assert () == found.sides
        assert ["run"] * len(executor.plan.steps) == [command.act for command in found.commands]


def test_a_network_of_branches_uses_streams_for_few_pictures_at_a_time() -> None:
    """Of one picture, a module's convolutions leave room to each other; of 32, each fills the GPU."""
    for batch, sides in ((1, 2), (32, 0)):
        net = googlenet(mx)
        executor = net.simple_bind(mx.cpu(), grad_req="null", data=(batch, 3, 224, 224))
        found = assign(executor.plan, executor.plan.outputs)
        check(executor.plan, found)
        assert sides == len(found.sides)


def test_one_event_orders_all_that_came_before() -> None:
    """A side reads three values of main's: it waits for the last alone."""
    x = mx.sym.Variable("x")
    a, b, c = (mx.sym.sin(x + k) for k in range(3))
    symbol = mx.sym.add_n(mx.sym.dot(a, b), mx.sym.dot(b, c))
    plan = symbol.bind(mx.cpu(), {"x": mx.nd.ones((4, 4))}, optimize=False).plan
    first = next(i for i, step in enumerate(plan.steps) if step.op.name == "dot")
    lanes = [0] * len(plan.steps)
    lanes[first] = 1
    found = ordered(plan, lanes)
    check(plan, found)
    assert 1 == len(found.waits[first])
    assert (first,) == found.waits[-1]
    assert () == found.joins


def test_an_assignment_prints() -> None:
    executor = heavy_branches(2)
    text = str(assign(executor.plan, executor.plan.outputs))
    assert "wait for the beginning" in text
    assert "wait for the end" in text
    assert "side 1" in text


def test_random_numbers_stay_on_main() -> None:
    symbol = mx.sym.dot(mx.sym.random.normal(shape=(3, 3)), mx.sym.random.normal(shape=(3, 3)))
    executor = symbol.bind(mx.cpu(), {})
    found = assign(executor.plan, executor.plan.outputs, weigh=False)
    assert {MAIN} == {
        stream
        for stream, step in zip(found.streams, executor.plan.steps, strict=True)
        if step.op.random
    }


def test_nothing_to_order_on_one_stream() -> None:
    executor, _ = bound_with_gradients(1, 30)
    found = on_main(executor.plan)
    assert not found.recorded
    check(executor.plan, found, executor.plan.outputs, Memory())
    assert streams.assign(executor.plan, executor.plan.outputs).streams == found.streams
