"""How large graphs are put into groups: by names, by blocks that repeat, gradients as what they are of."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbook as mx
from symbook.views.tree import SMALL, arranged


def _random_graph(seed, count=400):
    """Additions of near and far nodes, some with names that say where they belong, in no good order."""
    drawn = random.Random(seed)
    with mx.name.NameManager():
        nodes = [mx.sym.Variable(f"v{k}") for k in range(4)]
        for k in range(count):
            name = drawn.choice([None, f"b{k // 20}_x{k}", f"s{k % 3}_u{k % 7}_{k}"])
            near, far = drawn.choice(nodes[-12:]), drawn.choice(nodes)
            added = mx.sym.elemwise_add(near, far, name=name)
            nodes.append(added if drawn.random() < 0.7 else mx.sym.tanh(near, name=name))
        return mx.sym.Group(nodes[-5:]).graph


def _titles(groups):
    return [group.title for group in groups]


def _names(graph, arrangement, group):
    return [graph.nodes[i].name for i in arrangement.order[group.start : group.stop]]


class TestOrder:
    @pytest.mark.parametrize("seed", range(8))
    def test_every_node_stands_once_and_after_its_inputs(self, seed) -> None:
        graph = _random_graph(seed)
        order = list(arranged(graph, limit=50).order)
        assert sorted(order) == list(range(len(graph)))
        place = {i: k for k, i in enumerate(order)}
        for i, pins in enumerate(graph.inputs):
            assert all(place[pin.node] < place[i] for pin in pins)

    @pytest.mark.parametrize("seed", range(4))
    def test_groups_are_runs_one_in_the_other_and_easily_looked_over(self, seed) -> None:
        graph = _random_graph(seed)

        def check(groups, start, stop):
            shown, at = len(groups), start
            for group in groups:
                assert at <= group.start < group.stop <= stop
                shown += group.start - at
                at = group.stop
                check(group.parts, group.start, group.stop)
            assert shown + stop - at <= 90

        check(arranged(graph, limit=50).groups, 0, len(graph))

    names = st.lists(
        st.text("ab_/.0123456789", min_size=1, max_size=8) | st.sampled_from(["_plus0", "x", "layer1_w"]),
        min_size=1, max_size=700,
    )  # fmt: skip

    @settings(deadline=None, max_examples=30)
    @given(names=names)
    def test_whatever_names_are(self, names) -> None:
        value = mx.sym.Variable("x")
        for name in names:
            value = mx.sym.relu(value, name=name)
        arrangement = arranged(value.graph, limit=20)
        assert list(arrangement.order) == list(range(len(value.graph)))

        def check(parts, start, stop):
            for part in parts:
                assert start <= part.start < part.stop <= stop
                assert part.stop - part.start > 1
                check(part.parts, part.start, part.stop)
                start = part.stop

        check(arrangement.groups, 0, len(value.graph))

    def test_names_that_peel_off_one_by_one(self) -> None:
        value = mx.sym.Variable("x")
        for k in range(1500):
            value = mx.sym.relu(value, name="_".join(["a"] * (k % 90 + 1)))
        assert arranged(value.graph).groups

    def test_steps_of_a_loop_follow_each_other(self) -> None:
        with mx.name.NameManager():
            state = mx.sym.Variable("h")
            parts = mx.sym.SliceChannel(mx.sym.Variable("data"), num_outputs=100, name="parts")
            for k in range(100):
                # The part is named first, so that a walk from the outputs meets the last one first.
                state = mx.sym.tanh(parts[k] * 2 + state)
        graph = state.graph
        arrangement = arranged(graph)
        tanhs = [i for i in arrangement.order if graph.nodes[i].name.startswith("tanh")]
        assert [graph.nodes[i].name for i in tanhs] == [f"tanh{k}" for k in range(100)]
        between = [i for i in arrangement.order if graph.nodes[i].name.startswith("_mulscalar")]
        place = {i: k for k, i in enumerate(arrangement.order)}
        for k, i in enumerate(between[1:]):
            assert place[tanhs[k]] < place[i] < place[tanhs[k + 1]]


class TestNames:
    def test_small_graphs_have_no_groups(self) -> None:
        value = mx.sym.relu(mx.sym.Variable("x"))
        assert arranged(value.graph).groups == ()

    def test_what_is_opened_is_looked_over_easily(self) -> None:
        value = mx.sym.Variable("x")
        for stage in range(8):
            for unit in range(40):
                value = mx.sym.relu(value, name=f"stage{stage}_unit{unit}_relu")
                value = value + 1

        def count(group):
            inside = sum(part.stop - part.start - 1 for part in group.parts)
            return group.stop - group.start - inside

        groups = arranged(value.graph).groups
        pending = list(groups)
        assert [f"stage{k}" for k in range(8)] == _titles(groups)
        while pending:
            group = pending.pop()
            assert count(group) <= 60
            pending += group.parts

    def test_more_groups_than_can_be_looked_over_are_in_groups(self) -> None:
        value = mx.sym.Variable("x")
        for unit in range(300):
            for name in ("a", "b", "c", "d", "e"):
                value = mx.sym.relu(value, name=f"unit{unit}_{name}")
        groups = arranged(value.graph).groups
        assert len(groups) <= 24
        inner = [part.title for group in groups for part in group.parts or [group]]
        assert inner == [f"unit{unit}" for unit in range(300)]

    def test_weights_go_with_what_reads_them(self) -> None:
        value = mx.sym.Variable("x")
        for k in range(60):
            weight = mx.sym.Variable(f"w{k}")
            value = mx.sym.dot(value, weight, name=f"layer{k}_dot")
            value = mx.sym.relu(value, name=f"layer{k}_relu")
            value = mx.sym.tanh(value + 1, name=f"layer{k}_tanh")
        graph = value.graph
        arrangement = arranged(graph, limit=100)
        for k, group in enumerate(arrangement.groups):
            assert group.title == f"layer{k}"
            assert f"w{k}" in _names(graph, arrangement, group)


class TestSmallGraphs:
    """Of 60 nodes and less, which can as well be shown one by one."""

    @staticmethod
    def _net(named, units):
        with mx.name.NameManager():
            value = mx.sym.Variable("data")
            for k in range(1, units + 1):
                names = [f"unit{k}_fc", f"unit{k}_relu"] if named else [None, None]
                value = mx.sym.FullyConnected(value, num_hidden=3, name=names[0])
                value = mx.sym.Activation(value, act_type="relu", name=names[1])
        return value

    @pytest.mark.parametrize("named", [True, False])
    @pytest.mark.parametrize("units", [6, 14])
    def test_like_units_are_groups(self, named, units) -> None:
        graph = self._net(named, units).graph
        assert 20 < len(graph) <= 60
        arrangement = arranged(graph, limit=SMALL)
        assert len(arrangement.groups) == units
        for k, group in enumerate(arrangement.groups):
            ops = [graph.nodes[i].op for i in arrangement.order[group.start : group.stop]]
            assert [op.name for op in ops if op] == ["FullyConnected", "Activation"]
            if named:
                assert group.title == f"unit{k + 1}"

    def test_their_gradients_are_groups_too(self) -> None:
        executor = self._net(True, 6).simple_bind(mx.cpu(), data=(2, 3))
        written = set(executor.symbol.graph.nodes)
        graph = executor.graph
        mine = {i for i, node in enumerate(graph.nodes) if node in written}
        titles = _titles(arranged(graph, mine, SMALL).groups)
        assert titles[:6] == [f"unit{k}" for k in range(1, 7)]
        assert set(titles[6:]) <= {f"gradient of unit{k}" for k in range(1, 7)}
        assert len(titles) > 6

    @pytest.mark.parametrize("count", [30, 59])
    def test_what_has_no_like_parts_has_no_groups(self, count) -> None:
        drawn = random.Random(count)
        ops = ("relu", "tanh", "exp", "log", "sin", "cos", "sqrt", "abs", "floor", "sigmoid")
        with mx.name.NameManager():
            value = mx.sym.Variable("x")
            for k in range(count):
                value = getattr(mx.sym, drawn.choice(ops))(
                    value, name="abcdefghij"[k % 10] * (k + 1)
                )
        assert arranged(value.graph, limit=SMALL).groups == ()
        assert list(arranged(value.graph, limit=SMALL).order) == list(range(len(value.graph)))


class TestBlocks:
    def test_they_are_found_under_automatic_names(self) -> None:
        with mx.name.NameManager():
            value = mx.sym.Variable("data")
            for _ in range(50):
                value = mx.sym.Convolution(value, num_filter=4, kernel=(3, 3), pad=(1, 1))
                value = mx.sym.Activation(mx.sym.BatchNorm(value), act_type="relu")
        graph = value.graph
        arrangement = arranged(graph)
        assert len(arrangement.groups) == 50
        for k, group in enumerate(arrangement.groups):
            assert group.title == f"block {k + 1}: Convolution, BatchNorm, Activation"
            ops = [graph.nodes[i].op for i in arrangement.order[group.start : group.stop]]
            assert [op.name for op in ops if op] == ["Convolution", "BatchNorm", "Activation"]

    def test_they_are_found_under_unrelated_names(self) -> None:
        with mx.name.NameManager():
            value = mx.sym.Variable("data")
            for k in range(50):
                net = mx.sym.Convolution(
                    value, num_filter=4, kernel=(3, 3), pad=(1, 1), name=f"conv{k}"
                )
                net = mx.sym.Activation(mx.sym.BatchNorm(net), act_type="relu")
                value = net + value if k else net
        graph = value.graph
        arrangement = arranged(graph)
        assert _titles(arrangement.groups) == [f"conv{k}" for k in range(50)]
        for k, group in enumerate(arrangement.groups[1:]):
            names = _names(graph, arrangement, group)
            assert names[-1] == f"_plus{k}"
            assert f"batchnorm{k + 1}" in names

    def test_of_different_kinds_one_after_the_other(self) -> None:
        value = mx.sym.Variable("x")
        for _ in range(30):
            value = mx.sym.exp(mx.sym.relu(mx.sym.tanh(mx.sym.sigmoid(value)) + 1) * 2)
        for _ in range(40):
            value = mx.sym.log(mx.sym.sin(mx.sym.cos(mx.sym.sqrt(value))))
        titles = _titles(arranged(value.graph).groups)
        assert sum("sigmoid" in title or "tanh" in title for title in titles) == 30
        assert sum("cos" in title for title in titles) == 40


class TestGradients:
    @staticmethod
    def _graph():
        with mx.name.NameManager():
            value = mx.sym.Variable("data")
            for stage in range(1, 4):
                for unit in range(1, 9):
                    name = f"stage{stage}_unit{unit}"
                    net = mx.sym.FullyConnected(value, num_hidden=3, name=f"{name}_fc1")
                    net = mx.sym.Activation(net, act_type="relu", name=f"{name}_relu")
                    net = mx.sym.FullyConnected(net, num_hidden=3, name=f"{name}_fc2")
                    value = mx.sym.tanh(net + value, name=f"{name}_out")
        shapes, _, _ = value.infer_shape(data=(2, 3))
        names = value.list_arguments()
        arrays = {name: mx.nd.ones(shape) for name, shape in zip(names, shapes, strict=True)}
        grads = {name: mx.nd.zeros(shape) for name, shape in zip(names, shapes, strict=True)}
        executor = value.bind(mx.cpu(), arrays, args_grad=grads)
        mine = set(executor.symbol.graph.nodes)
        written = {i for i, node in enumerate(executor.graph.nodes) if node in mine}
        return executor.graph, written

    @pytest.mark.parametrize("told", [True, False])
    def test_of_a_group_they_are_a_group(self, told) -> None:
        graph, written = self._graph()
        arrangement = arranged(graph, written if told else None)
        titles = _titles(arrangement.groups)
        assert titles[:3] == ["stage1", "stage2", "stage3"]
        assert titles[3:] == [f"gradient of stage{k}" for k in (3, 2, 1)]
        assert arrangement.forward == len(written)
        assert set(arrangement.order[: len(written)]) == written
        for group in arrangement.groups[3:]:
            stage = group.title.removeprefix("gradient of ")
            units = _titles(group.parts)
            assert units == [f"gradient of {stage}_unit{k}" for k in range(8, 0, -1)]
            named = [
                name for name in _names(graph, arrangement, group) if re.match(r"stage\d", name)
            ]
            assert named
            assert all(name.startswith(stage) for name in named)
