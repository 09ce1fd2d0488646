"""What groups of nodes are called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from symbook.graph import Graph, Node
from symbook.render.text import clean, shorten

LONGEST = 60
TOKEN = re.compile(r"[^_/.\d]+\d*|\d+")
"""A word of a name: names are words with `_`, `/` or `.` between."""


def title(graph: Graph, nodes: Sequence[int], number: int | None = None) -> str:
    """What some nodes' names begin with, whole words only; else the number and the operators of a block that
    repeats; else the first and the last name.
    """
    known = [graph.nodes[i] for i in nodes]
    told = [node for node in known if not is_automatic(node)] or known
    names = [node.name for node in told if node.op is not None] or [node.name for node in told]
    common = _common(names)
    if common and (number is None or len(common) > 3):
        return shorten(clean(common), LONGEST)
    if number is not None:
        return f"block {number}: {_operators(graph, nodes)}"
    return shorten(f"{clean(names[0])} … {clean(names[-1])}", LONGEST)


def is_automatic(node: Node) -> bool:
    """Whether a node is called `_plus3` or `convolution0`, as what got no name is."""
    if node.name.startswith("_"):
        return True
    return node.op is not None and node.name.rstrip("0123456789") == node.op.name.lower()


def spanning(titles: Sequence[str]) -> str:
    """The first and the last of some titles, in one."""
    first, last = titles[0], titles[-1]
    return first if first == last else f"{first} … {last}"


def _common(names: Sequence[str]) -> str:
    first = names[0][:200]
    words = [(word[0], word.end()) for word in TOKEN.finditer(first)]
    kept = len(words)
    for name in names[1:]:
        other = TOKEN.findall(name[:200])
        kept = next(
            (k for k in range(min(kept, len(other))) if other[k] != words[k][0]),
            min(kept, len(other)),
        )
    return first[: words[kept - 1][1]] if kept else ""


def _operators(graph: Graph, nodes: Sequence[int]) -> str:
    ops = [node.op.name for node in (graph.nodes[i] for i in nodes) if node.op is not None]
    return ", ".join(name for name, _ in Counter(ops).most_common(3)) or "variables"
