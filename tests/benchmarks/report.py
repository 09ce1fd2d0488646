"""A run as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from . import growth
from .timing import Spread, spread
from .verdict import tightest, to_bound, to_symbook, verdicts
from .workloads import BOUNDS, LIMIT

Json = dict[str, Any]


def table(rows: Iterable[Sequence[str]]) -> str:
    """Columns of equal width; all but the first are set to the right."""
    cells = [list(row) for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = (
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in lines)


def amount(figure: float, unit: str) -> str:
    """Seconds or bytes for a reader, three digits."""
    if unit == "bytes":
        return f"{figure / 2**20:.3g} MiB"
    for factor, name in ((1.0, "s"), (1e3, "ms"), (1e6, "µs")):
        if figure * factor >= 1:
            return f"{figure * factor:.3g} {name}"
    return f"{figure * 1e9:.3g} ns"


def _ratio(found: Spread | None) -> str:
    if found is None:
        return "–"
    return f"{found.median:.2f}" if found.median < 99.5 else f"{found.median:.0f}"


def _noise(figures: Sequence[float]) -> str:
    found = spread(figures)
    return f"±{50 * (found.high - found.low) / found.median:.0f} %"


def machine(found: Json) -> str:
    """What the figures belong to."""
    own = found["machine"]
    lines = [
        f"{own['cpu']}, {own['cores']} cores, {own['memory'] / 2**30:.0f} GiB; {own['system']}; "
        f"Python {own['python']}",
        f"load {own['load']} at the beginning, {own.get('load at the end', '?')} at the end",
    ]
    if "device" in found:
        lines.append(device(found["device"]))
    lines += [f"{name}={value}" for name, value in own["environment"].items()]
    for peer, about in found["peers"].items():
        lines.append(f"{peer}: " + ", ".join(f"{key} {value}" for key, value in about.items()))
    lines += [f"{peer} was skipped: {why}" for peer, why in found["skipped"].items()]
    return "\n".join(lines)


def device(found: Json) -> str:
    """A GPU in a line."""
    return (
        f"{found['name']}, {found['memory'] / 2**30:.0f} GiB, {found['multiprocessors']} "
        f"multiprocessors, compute capability {found['compute capability']}; driver "
        f"{found['driver'] or 'unknown'} (CUDA {found['driver CUDA']}), CUDA {found['CUDA']}"
    )


def comparison(found: Json) -> str:
    """Each workload: symbook's figure, its spread, and peers and bounds as multiples of it."""
    others = [peer for peer in found["peers"] if peer != "symbook"]
    rows = [["workload", "symbook", "spread", *others, "symbook / bound"]]
    for row in found["workloads"]:
        own = row["figures"].get("symbook")
        bound = tightest(row)
        rows.append(
            [
                row["name"],
                amount(spread(own).median, row["unit"]) if own else "–",
                _noise(own) if own else "–",
                *(_ratio(to_symbook(row, peer)) for peer in others),
                f"{_ratio(to_bound(row, 'symbook'))} × {bound}" if bound and own else "–",
            ]
        )
    return table(rows)


def goals(found: Json) -> str:
    """Each goal, met or missed."""
    rows = [["workload", "symbook is", "quartiles", "must be", ""]]
    for row in found["workloads"]:
        for rival, ratio, most in (judged := verdicts(row)):
            met = next(v.met for v in judged if v.rival == rival)
            shown = partial(amount, unit="s") if rival == LIMIT else "{:.3g}".format
            times = "" if rival == LIMIT else f" × {rival}"
            rows.append(
                [
                    row["name"],
                    f"{shown(ratio.median)}{times}",
                    f"{shown(ratio.low)} … {shown(ratio.high)}",
                    f"≤ {shown(most)}",
                    "met" if met else "MISSED",
                ]
            )
    return table(rows)


def rates(found: Json) -> list[list[str]]:
    """The bounds as rates of the machine: rows of a table, after its head."""
    rows = [["bound of", "", "rate"]]
    for row in found["workloads"]:
        for bound, work in row["work"].items():
            if bound not in row["figures"]:
                continue
            seconds = spread(row["figures"][bound]).median
            for what, count in work.items():
                unit = {"flops": "GFLOP/s", "bytes": "GB/s"}[what]
                rows.append([row["name"], bound, f"{count / seconds / 1e9:.3g} {unit}"])
    return rows


def grown(found: Json) -> str:
    """The growth with the number of nodes."""
    rows = [["nodes", *growth.STAGES, "peak of the process"]]
    for row in found["growth"]["rows"]:
        stages = [amount(row[stage], "s") for stage in growth.STAGES]
        rows.append([f"{row['nodes']:,}", *stages, amount(row["peak"], "bytes")])
    exponents = [f"{found['growth']['exponents'][stage]:.2f}" for stage in growth.STAGES]
    rows.append(["exponent", *exponents, ""])
    return table(rows)


def text(found: Json) -> str:
    """All of it."""
    parts = [machine(found)]
    if found["workloads"] and found["settings"]["toy"]:
        parts += [
            "Sizes are tiny: that it runs is all that the figures say.\n\n" + comparison(found)
        ]
    elif found["workloads"]:
        parts += [
            "Time (or bytes) of each peer as a multiple of symbook's: above 1, symbook is faster.\n"
            f"{', '.join(BOUNDS)} are bounds: near 1 is near the hardware's limit.\n\n"
            + comparison(found),
            goals(found),
            table(rates(found)),
        ]
    failed = [
        f"{row['name']}: {peer} failed: {why}"
        for row in found["workloads"]
        for peer, why in row["failed"].items()
    ]
    parts += ["\n".join(failed)] if failed else []
    if "left out" in found:
        parts.append(f"There was no time for {', '.join(found['left out'])}.")
    parts += [grown(found)] if "growth" in found else []
    return "\n\n".join(parts)
