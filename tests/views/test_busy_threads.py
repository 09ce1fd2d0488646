"""The figures of a run on real threads, computed a second time in the plainest way."""

from __future__ import annotations

import itertools

import pytest
from view_cases import bound

import symbook as mx
from symbook.views.document import of_run
from symbook.workers import thread_count

NAMES = "ABCD"


@pytest.fixture(params=["small", "large", "back"])
def run(request):
    """A document, and what it is to be compared with: each of its traces, with its timeline."""
    side = {"small": 4, "large": 700, "back": 300}[request.param]
    arrays = {name: mx.nd.ones((side, side)) for name in NAMES}
    back = request.param == "back"
    grads = {name: mx.nd.zeros((side, side)) for name in NAMES} if back else None
    executor = bound().symbol.bind(mx.cpu(), arrays, args_grad=grads)
    found = of_run(executor, is_train=back)
    lines = found.document["timelines"]
    assert len(found.traces) == len(lines) == 1 + back
    return found, list(zip(found.traces, lines, strict=True))


def chains(records, reads):
    """Every chain of steps, each reading from the one before it or next on its thread, of all orders."""
    for size in range(1, len(records) + 1):
        for chain in itertools.permutations(records, size):
            if all(
                one.end <= two.start and (reads(two, one) or one.thread == two.thread)
                for one, two in itertools.pairwise(chain)
            ):
                yield chain


def test_figures_are_of_the_recording_that_is_kept(run) -> None:
    found, rows = run
    graph = found.graph
    for trace, line in rows:
        records = [record for record in trace if record.position >= 0]
        begun, ended = min(r.start for r in records), max(r.end for r in records)
        assert line["seconds"] == ended - begun
        assert line["busy"] == pytest.approx(sum(r.end - r.start for r in records), rel=1e-12)
        # At some step's start, as many ran as ever did.
        assert line["peak"] == max(
            sum(r.start <= moment < r.end for r in records) for moment in {r.start for r in records}
        )
        reads = lambda two, one: one.position in {p.node for p in graph.inputs[two.position]}  # noqa: E731
        longest = max(sum(r.end - r.start for r in chain) for chain in chains(records, reads))
        assert line["path_seconds"] == pytest.approx(longest, rel=1e-12)
        assert {r.position: (r.start - begun, r.end - begun) for r in records} == {
            node: (start, end) for node, _, start, end, *_ in line["bars"]
        }
        threads = {f"thread {r.thread}" for r in records}
        assert set(line["lanes"]) == threads
        assert line["threads"] in {len(threads), thread_count()}
        # What cannot be otherwise, however busy the computer is.
        assert line["path_seconds"] <= line["seconds"] * (1 + 1e-9)
        assert 1 <= line["peak"] <= len(threads) <= line["threads"]
        assert line["busy"] <= line["peak"] * line["seconds"] * (1 + 1e-9)
        for one, two in itertools.pairwise(sorted(records, key=lambda r: (r.thread, r.start))):
            assert one.thread != two.thread or one.end <= two.start


def test_the_picture_says_what_the_figures_say(run) -> None:
    from symbook.views import pictures

    found, rows = run
    words = pictures.of_times(found.document).svg
    for trace, line in rows:
        records = [record for record in trace if record.position >= 0]
        span = max(r.end for r in records) - min(r.start for r in records)
        busy = sum(r.end - r.start for r in records) / span
        assert f"{line['act'].capitalize()}: {busy:.1f} of {line['threads']} thread" in words
