"""Groups of nodes: parts of a graph that are shown as one box."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from view_cases import bound

import symbook as mx
from symbook.views.tree import grouped


class TestGroups:
    names = st.lists(
        st.text("ab_/.0123456789", min_size=1, max_size=8) | st.sampled_from(["_plus0", "x", "layer1_w"]),
        min_size=1, max_size=700,
    )  # fmt: skip

    @settings(deadline=None, max_examples=30)
    @given(names=names)
    def test_they_are_runs_one_in_the_other(self, names) -> None:
        value = mx.sym.Variable("x")
        for name in names:
            value = mx.sym.relu(value, name=name)
        groups = grouped(value.graph, limit=20)

        def check(parts, start, stop):
            for part in parts:
                assert start <= part.start < part.stop <= stop
                assert part.stop - part.start > 1
                check(part.parts, part.start, part.stop)
                start = part.stop

        check(groups, 0, len(value.graph))

    def test_small_graphs_have_none(self) -> None:
        assert () == grouped(bound().symbol.graph)

    def test_what_is_opened_is_looked_over_easily(self) -> None:
        value = mx.sym.Variable("x")
        for stage in range(8):
            for unit in range(40):
                value = mx.sym.relu(value, name=f"stage{stage}_unit{unit}_relu")
                value = value + 1

        def count(group):
            inside = sum(part.stop - part.start - 1 for part in group.parts)
            return group.stop - group.start - inside

        groups = grouped(value.graph)
        pending = list(groups)
        assert [f"stage{k}" for k in range(8)] == [group.title for group in groups]
        while pending:
            group = pending.pop()
            assert count(group) <= 60
            pending += group.parts

    def test_blocks_that_repeat_are_told(self) -> None:
        value = mx.sym.Variable("x")
        for _ in range(50):
            value = mx.sym.exp(mx.sym.relu(mx.sym.tanh(mx.sym.sigmoid(value)) + 1) * 2)
        titles = [group.title for group in grouped(value.graph)]
        assert all(title.startswith("block ") for title in titles)
        assert 40 < len(titles) < 60
