"""The page on speed: its tables are made of a run's figures, between comments that name them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from . import growth
from .peers import DEFAULT
from .report import amount, device, rates
from .timing import spread
from .verdict import Verdict, tightest, to_bound, to_symbook, verdicts
from .workloads import LIMIT

Json = dict[str, Any]

NAMES = {
    "cupy": "CuPy",
    "cupy-fuse": "cupy.fuse",
    "torch-tf32": "PyTorch, TF32",
    "torch-compile": "torch.compile",
    "numpy": "NumPy",
    "numexpr": "numexpr",
    "mxnet": "MXNet",
    "jax": "JAX",
    "torch": "PyTorch",
    "numba": "the loop",
    "copy": "copying",
    "blas": "BLAS",
}
_BLOCK = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- /\2 -->)", re.DOTALL)


def page(text: str, found: Json) -> str:
    """The page with the figures of a run in its blocks; those of runs on another device stay.

    Raises
    ------
    KeyError
        If the page has a block of another name.
    """
    device = found.get("on", "cpu")

    def block(match: re.Match[str]) -> str:
        owner, made = _BLOCKS[match[2]]
        return f"{match[1]}{made(found)}\n{match[3]}" if owner == device else match[0]

    return _BLOCK.sub(block, text)


def _peers(found: Json) -> tuple[str, ...]:
    """The peers that have a column: those that take part unless asked otherwise."""
    return DEFAULT[found.get("on", "cpu")]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _machine(found: Json) -> str:
    own = found["machine"]
    versions = ", ".join(
        f"{NAMES[peer]} {about['version']}"
        for peer, about in found["peers"].items()
        if peer in _peers(found)
    )
    memory = f"{own['memory'] / 2**30:.0f} GiB"
    return (
        f"{own['cpu']}, {own['cores']} cores, {memory}; Python {own['python']}; {versions}.\n"
        f"The load average was {own['load'][0]} before and {own['load at the end'][0]} at the end."
    )


def _comparison(found: Json) -> str:
    rows = []
    for row in found["workloads"]:
        own = row["figures"].get("symbook")
        if own is None:
            continue
        ratios = [to_symbook(row, peer) for peer in _peers(found)]
        bound, name = to_bound(row, "symbook"), tightest(row)
        rows.append([
            row["title"],
            amount(spread(own).median, row["unit"]),
            *("" if ratio is None else f"{ratio.median:.3g}" for ratio in ratios),
            f"{bound.median:.2f} × {NAMES[name]}" if bound and name else "",
        ])  # fmt: skip
    head = ["", "symbook", *(NAMES[peer] for peer in _peers(found)), "symbook beside the bound"]
    return _table(head, rows)


def _goals(found: Json) -> str:
    rows = [
        [
            row["title"],
            NAMES.get(verdict.rival, "–"),
            shown(verdict.most),
            shown(verdict.ratio.median),
            f"{shown(verdict.ratio.low)} … {shown(verdict.ratio.high)}",
            "yes" if verdict.met else "**no**",
        ]
        for row in found["workloads"]
        for verdict in verdicts(row)
        for shown in [_shown(verdict)]
    ]
    return _table(["", "beside", "at most", "is", "quartiles", "met"], rows)


def _shown(verdict: Verdict) -> Callable[[float], str]:
    """How a goal's figures are written: as times, or as ratios."""
    return partial(amount, unit="s") if verdict.rival == LIMIT else "{:.3g}".format


def _on_gpu(found: Json) -> str:
    """All that a run on a GPU says."""
    own = found["machine"]
    about = [
        f"{NAMES[peer]} {said['version']}"
        for peer, said in found["peers"].items()
        if peer in ("cupy", "jax", "torch")
    ]
    machine = (
        f"{device(found['device'])}; {own['cpu']}, Python {own['python']}; {', '.join(about)}."
    )
    failed = [
        f"{NAMES.get(peer, peer)} failed at {row['name']}: {why}"
        for row in found["workloads"]
        for peer, why in row["failed"].items()
    ]
    missing = [
        f"{NAMES.get(peer, peer)} was not there: {why}" for peer, why in found["skipped"].items()
    ]
    head, *bounds = rates(found)
    parts = [machine, _comparison(found), _goals(found), _table(head, bounds), *failed, *missing]
    return "\n\n".join(parts)


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


def _of_views(found: Json) -> str:
    own, rows = found["machine"], found["rows"]
    machine = (
        f"{own['cpu']}, {own['cores']} cores, Python {own['python']}; load average "
        f"{own['load'][0]} before and {own['load at the end'][0]} at the end.\n"
    )
    told = [
        [
            row["what"],
            f"{row['figure']:.3g} {row['unit']}",
            "" if row["goal"] is None else f"{row['goal']:g} {row['unit']}",
            "" if row["goal"] is None else "yes" if row["figure"] <= row["goal"] else "**no**",
        ]
        for row in rows
    ]
    return f"{machine}\n{_table(['', 'is', 'at most', 'met'], told)}"


_BLOCKS: dict[str, tuple[str, Callable[[Json], str]]] = {
    "machine": ("cpu", _machine),
    "comparison": ("cpu", _comparison),
    "goals": ("cpu", _goals),
    "growth": ("cpu", _growth),
    "gpu": ("gpu", _on_gpu),
    "views": ("views", _of_views),
}
