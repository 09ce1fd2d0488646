"""Damaged files, some thousands with a new seed each time: `python -m tests.fuzz_files` tries millions."""

from __future__ import annotations

import secrets

import pytest
from fuzz_files import campaign, checks, corpus
from fuzz_files.campaign import Campaign


def test_damaged_files_are_read_or_refused() -> None:
    seed = secrets.randbelow(2**32)
    run = Campaign(seed)
    run.run(12_000)
    told = [f"{failure.target} {failure.raw!r}\n{failure.why}" for failure in run.failures]
    assert told == [], f"python -m tests.fuzz_files --executions 12000 --seed {seed}"
    for target in run.targets:
        assert target.outcomes["read"] > 100
        assert len(target.outcomes) > 15


@pytest.mark.parametrize("raw", sorted(corpus.large_symbols(), key=len)[:6], ids=range(6))
def test_whole_networks_take_little_memory(raw: bytes) -> None:
    assert checks.require_little_memory(checks.read_symbol, raw) <= checks.TIMES


def test_what_breaks_a_promise_is_found(tmp_path) -> None:
    """The fuzzer finds a plain error, a message without a place, too much memory, and time."""

    def broken(raw: bytes) -> str:
        if raw[40:41] == b"\x00":
            raise ValueError
        return "read"

    run = Campaign(1, tmp_path)
    for target in run.targets:
        target.read = broken
        target.again = None
    run.run(3_000)
    assert run.failures
    assert len(run.failures) * 2 == len(list(tmp_path.iterdir()))
    with pytest.raises(checks.Broken, match="bytes for a file"):
        checks.require_little_memory(lambda raw: str(len(bytes(10_000_000))), b"x")
    assert campaign.PATIENCE < 1
