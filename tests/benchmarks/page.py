"""The page on speed: its tables are made of a run's figures, between comments that name them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from . import growth
from .report import amount
from .timing import spread
from .verdict import tightest, to_bound, to_symbook, verdicts

Json = dict[str, Any]

NAMES = {
    "numpy": "NumPy",
    "numexpr": "numexpr",
    "mxnet": "MXNet",
    "jax": "JAX",
    "torch": "PyTorch",
    "numba": "the loop",
    "copy": "copying",
    "blas": "BLAS",
}
_PEERS = ("numpy", "numexpr", "mxnet", "jax", "torch")
_BLOCK = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- /\2 -->)", re.DOTALL)


def page(text: str, found: Json) -> str:
    """The page with the figures of a run in its blocks.

    Raises
    ------
    KeyError
        If the page has a block of another name.
    """
    return _BLOCK.sub(lambda match: f"{match[1]}{_BLOCKS[match[2]](found)}\n{match[3]}", text)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _machine(found: Json) -> str:
    own = found["machine"]
    versions = ", ".join(
        f"{NAMES[peer]} {about['version']}"
        for peer, about in found["peers"].items()
        if peer in _PEERS
    )
    memory = f"{own['memory'] / 2**30:.0f} GiB"
    return (
        f"{own['cpu']}, {own['cores']} cores, {memory}; Python {own['python']}; {versions}.\n"
        f"The load average was {own['load'][0]} before and {own['load at the end'][0]} at the end."
    )


def _comparison(found: Json) -> str:
    rows = []
    for row in found["workloads"]:
        own = row["figures"]["symbook"]
        ratios = [to_symbook(row, peer) for peer in _PEERS]
        bound, name = to_bound(row, "symbook"), tightest(row)
        rows.append([
            row["title"],
            amount(spread(own).median, row["unit"]),
            *("" if ratio is None else f"{ratio.median:.3g}" for ratio in ratios),
            f"{bound.median:.2f} × {NAMES[name]}" if bound and name else "",
        ])  # fmt: skip
    head = ["", "symbook", *(NAMES[peer] for peer in _PEERS), "symbook beside the bound"]
    return _table(head, rows)


def _goals(found: Json) -> str:
    rows = [
        [
            row["title"],
            NAMES[verdict.rival],
            f"{verdict.most:.3g}",
            f"{verdict.ratio.median:.3g}",
            f"{verdict.ratio.low:.3g} … {verdict.ratio.high:.3g}",
            "yes" if verdict.met else "**no**",
        ]
        for row in found["workloads"]
        for verdict in verdicts(row)
    ]
    return _table(["", "beside", "at most", "is", "quartiles", "met"], rows)


def _growth(found: Json) -> str:
    rows = [
        [
            f"{row['nodes']:,}",
            *(amount(row[stage], "s") for stage in growth.STAGES),
            amount(row["peak"], "bytes"),
        ]
        for row in found["growth"]["rows"]
    ]
    exponents = found["growth"]["exponents"]
    rows.append(["exponent", *(f"{exponents[stage]:.2f}" for stage in growth.STAGES), ""])
    return _table(["nodes", *growth.STAGES, "memory of the process"], rows)


_BLOCKS: dict[str, Callable[[Json], str]] = {
    "machine": _machine,
    "comparison": _comparison,
    "goals": _goals,
    "growth": _growth,
}
