"""What users lean on is what `public_api.txt` lists, so that whoever changes it means to."""

from __future__ import annotations

import difflib

import pytest

pytest.importorskip("IPython")

from build_api import LISTING, listing

SAY = """\
What users lean on has changed ({gone} lines gone, {new} new):
{changes}
If that is meant, say it in CHANGELOG.md and run: python tests/build_api.py"""


def difference(before: str, after: str) -> str:
    """What to say of two listings; empty where they are the same."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    changes = [line for line in list(lines)[2:] if line[:2] != "@@"]
    gone = sum(line[0] == "-" for line in changes)
    if not changes:
        return ""
    return SAY.format(gone=gone, new=len(changes) - gone, changes="\n".join(changes))


def test_nothing_changes_unnoticed():
    said = difference(LISTING.read_text(encoding="utf-8"), listing())
    assert not said, said


def test_a_change_is_told_by_its_lines():
    listed = LISTING.read_text(encoding="utf-8")
    changed = listed.replace("mx.cpu(device_id=0)", "mx.cpu(number=0)")
    assert changed != listed
    said = difference(listed, changed)
    assert "(1 lines gone, 1 new)" in said
    assert "\n-mx.cpu(device_id=0)\n+mx.cpu(number=0)\n" in said


@pytest.mark.parametrize(
    "line",
    [
        "class mx.Context(device_type, device_id=0)",
        "mx.sym.Symbol.list_arguments(self)",
        "mx.sym.Symbol.__add__(me, other)",
        "mx.nd.NDArray.asnumpy(self)",
        "mx.executor.Executor.forward(self, is_train=False, **kwargs)",
        "symbook draw: -o/--output",
        "%%symgraph: -g/--grad",
    ],
)
def test_the_listing_has_what_everybody_uses(line):
    assert line in LISTING.read_text(encoding="utf-8").splitlines()
