"""A plan in words: one line for each step, with what it gives and where that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import counted, listed, shape_text
from .ops import registry
from .quoting import one_line

if TYPE_CHECKING:
    from .plan import Plan, Step

# Characters after which a column no longer makes the others move, and specs that are shown.
_WIDEST, _MOST_SPECS = 44, 2

# Views where the shape stays, else sums.
_SOMETIMES = ("_backward_broadcast", "_backward_mean")


def summary(plan: Plan) -> str:
    """How many steps there are, and how much memory they share."""
    sizes = plan.placement.sizes
    parts = [
        counted(len(plan.steps), "step"),
        f"{counted(sum(sizes), 'byte')} in {counted(len(sizes), 'buffer')}",
    ]
    if plan.constants:
        nbytes = sum(plan.specs[slot].nbytes for slot in plan.constants)
        parts.append(f"{counted(nbytes, 'byte')} in {counted(len(plan.constants), 'constant')}")
    return ", ".join(parts)


def text(plan: Plan) -> str:
    """The summary and the steps, in columns.

    In square brackets is where a step's result is kept: a buffer, which others use too; the output; memory
    of its own; or nowhere, if it is a view of what the step reads. `over x` means in place of `x`.
    """
    names, places = _names(plan), _places(plan)
    rows = [
        (
            f"{one_line(step.origin.name)} = {_operator(step)}",
            _specs(plan, step),
            f"[{_memory(step, names, places)}]" + ("" if step.ctx is None else f" @{step.ctx}"),
        )
        for step in plan.steps
    ]
    widths = [min(max([len(row[k]) for row in rows], default=0), _WIDEST) for k in range(3)]
    lines = [summary(plan)]
    for i, (step, row) in enumerate(zip(plan.steps, rows, strict=True)):
        columns = "  ".join(part.ljust(width) for part, width in zip(row, widths, strict=True))
        after = f" after {', '.join(map(str, step.deps))}" if step.deps else ""
        lines.append(f"{i:>4}  {columns}{after}".rstrip())
        lines += _inside(step)
    return "\n".join(lines)


def _names(plan: Plan) -> dict[int, str]:
    """The values' names by slot: the node's, with a number where it has several outputs."""
    found = {}
    for (node, k), slot in plan.slot_of.items():
        name = one_line(node.name)
        found[slot] = name if node.output_count == 1 else f"{name}[{k}]"
    for slot, original in plan.outlines.items():
        found[slot] = f"shape of {found.get(original, '…')}"
    return found


def _specs(plan: Plan, step: Step) -> str:
    """What a step's results are like, each shape and dtype once."""
    specs = dict.fromkeys(plan.specs[slot] for slot in step.outs)
    found = [f"{shape_text(spec.shape)} {spec.dtype}" for spec in specs]
    return listed(found, _MOST_SPECS)


def _places(plan: Plan) -> dict[int, str]:
    """The memory that is planned for values, by slot."""
    placement, alone = plan.placement, len(plan.outputs) == 1
    found = {slot: f"buffer {buffer}" for slot, buffer in placement.buffer_of.items()}
    found |= {slot: "output" if alone else f"output {k}" for k, slot in enumerate(plan.outputs)}
    lent = {slot: found.get(output, "output") for slot, output in placement.lent.items()}
    return found | lent


def _memory(step: Step, names: dict[int, str], places: dict[int, str]) -> str:
    found = []
    for slot in step.outs:
        if slot not in places:
            is_view = step.op.view and step.ins and step.op.name not in _SOMETIMES
            found.append(f"view of {names.get(step.ins[0], '…')}" if is_view else "own")
            continue
        over = [names.get(other, "…") for other in step.ins if places.get(other) == places[slot]]
        found.append(f"{places[slot]}, over {over[0]}" if over else places[slot])
    return "; ".join(dict.fromkeys(found))


def _is_joined(step: Step) -> bool:
    """Whether a step computes what several nodes did, which its operator's text lists."""
    return bool(step.op.text) and registry.find(step.op.name) is not step.op


def _operator(step: Step) -> str:
    return step.op.name.partition(":")[0] if _is_joined(step) else step.op.name


def _inside(step: Step) -> list[str]:
    """What a step computes that was made of several nodes, a line for each."""
    return [f"          {line}" for line in step.op.text.split("\n")] if _is_joined(step) else []
