"""What if a bound value were another one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case
from view_cases import bound, items

import symbook as mx
from symbook.errors import ArgumentError, ShapeError
from symbook.views.document import of_run


class TestWhatIf:
    @settings(deadline=None, max_examples=25)
    @given(seed=st.integers(0, 10_000), data=st.data())
    def test_it_is_as_if_bound_so_and_only_what_depends_is_computed(self, seed, data) -> None:
        case = random_case(seed)
        executor = case.symbol.bind(mx.cpu(), case.bound())
        recorded = of_run(executor)
        name = data.draw(st.sampled_from(sorted(case.arrays)))
        size = case.arrays[name].size
        given_items = data.draw(st.lists(st.integers(-9, 9), min_size=size, max_size=size))
        answer = recorded.what_if.change(name, given_items)
        act, values = answer["act"], answer["values"]
        changed = {
            **case.arrays,
            name: np.array(given_items, float).reshape(case.arrays[name].shape),
        }
        fresh = case.symbol.bind(
            mx.cpu(), {key: mx.nd.array(value, dtype=value.dtype) for key, value in changed.items()}
        )
        graph = executor.graph
        computed = [step["node"] for step in act["steps"][1:]]
        place = next(i for i in graph.variables if graph.nodes[i].name == name)
        depend = {place}
        for i, pins in enumerate(graph.inputs):
            if any(pin.node in depend for pin in pins):
                depend.add(i)
        assert depend - {place} == set(computed)
        shown = {
            tuple(entry): values[number]
            for step in act["steps"]
            for entry, number in step["values"]
        }
        for pin, output in zip(graph.heads, fresh.forward(), strict=True):
            if tuple(pin) in shown:
                assert np.array_equal(items(shown[tuple(pin)]), output.asnumpy())

    def test_what_cannot_be_is_refused(self) -> None:
        recorded = of_run(bound())
        with pytest.raises(ArgumentError, match="no bound variable 'X'"):
            recorded.what_if.change("X", [1.0])
        with pytest.raises(ShapeError, match="A has 2 elements"):
            recorded.what_if.change("A", [1.0])
