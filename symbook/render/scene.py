"""A graph as the things to draw: boxes and lines, as plain data without positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from symbook.graph import Graph, Pin
from symbook.render.collapse import Parts
from symbook.render.opnames import counted, ordered_inputs, params_text, title_of
from symbook.render.text import clean, plural, shorten, spec_text, width
from symbook.specs import Spec

Kind = Literal["variable", "auxiliary", "operator", "output", "group", "value", "lane", "critical"]
Specs = Sequence[tuple[Spec, ...]]
Values = Mapping[str, Any]
Marks = Mapping[int, str]
"""What sets nodes apart, by their positions: `failed` also marks the edges into them."""

TITLE, SIGN, SMALL, TINY = 14.0, 18.0, 11.0, 10.0
"""Font sizes in pixels: a box's first line, a one-sign operator, further lines, names of inputs."""
LONGEST = 30
"""Most characters of a name inside a box; the whole name is in the tooltip."""
_ROOM_FOR = 16


@dataclass(frozen=True, slots=True)
class Row:
    """One line of text in a box: muted text is the lighter one."""

    text: str
    size: float
    bold: bool = False
    muted: bool = False

    @property
    def width(self) -> float:
        return width(self.text, self.size, self.bold)


@dataclass(frozen=True, slots=True)
class Box:
    """A thing drawn with its own outline.

    Attributes
    ----------
    kind : str
        `value` is the small label that sits on an edge and shows what flows there; `lane` and `critical`
        are grounds and bars in pictures of time.
    rows : tuple of Row
    tip : str
        Everything known of it, for a tooltip.
    ports : tuple of str
        Names of the inputs where their order matters: edges then arrive in this order. Empty:
        anywhere.
    size : pair of float
        Width and height in pixels.
    mark : str
        What sets it apart, such as `failed`; it has a heavy outline then.
    """

    kind: Kind
    rows: tuple[Row, ...]
    tip: str
    ports: tuple[str, ...]
    size: tuple[float, float]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An edge between two boxes of a scene, tail before head; `port` -1 is anywhere."""

    tail: int
    head: int
    port: int = -1


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is drawn, in an order in which every line points forward."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    direction: str


def build_scene(
    graph: Graph,
    parts: Parts,
    *,
    specs: Specs | None,
    values: Values,
    direction: str,
    outputs: bool,
    marks: Marks = MappingProxyType({}),
) -> Scene:
    """The scene of a graph sorted into parts; a part of one node is drawn as that node."""
    return _Builder(graph, parts, specs, values, direction, marks).build(outputs)


class _Builder:
    def __init__(
        self,
        graph: Graph,
        parts: Parts,
        specs: Specs | None,
        values: Values,
        direction: str,
        marks: Marks,
    ) -> None:
        self.graph, self.parts, self.specs, self.values = graph, parts, specs, values
        self.direction, self.marks = direction, marks
        self.boxes: list[Box] = []
        self.lines: list[Line] = []
        self.auxiliary = frozenset(graph.auxiliary)
        self.source: dict[Pin, int] = {}
        self.readers = self._count_readers(parts)
        alone = (part[0] for part in parts.members if len(part) == 1)
        self.band = (
            10 if any(ordered_inputs(self.graph, i) for i in alone if graph.nodes[i].op) else 0
        )
        """Height for the names of inputs: all operators have it, which keeps a row of them in line."""

    def build(self, outputs: bool) -> Scene:
        for part in self.parts.members:
            if len(part) == 1:
                self._add_node(part[0])
            else:
                self._add_group(part)
        if outputs:
            for pin in self.graph.heads:
                box = self._add(self._output_box(pin))
                self.lines.append(Line(self._from(pin), box))
        return Scene(tuple(self.boxes), tuple(self.lines), self.direction)

    def _count_readers(self, parts: Parts) -> set[Pin]:
        """Entries read from another part, or heads: the ones that show a value on the way."""
        read = set(self.graph.heads)
        for i, pins in enumerate(self.graph.inputs):
            read.update(pin for pin in pins if parts.of[pin.node] != parts.of[i])
        return read

    def _add(self, box: Box) -> int:
        self.boxes.append(box)
        return len(self.boxes) - 1

    def _add_node(self, i: int) -> None:
        node = self.graph.nodes[i]
        box = self._add(self._variable_box(i) if node.op is None else self._operator_box(i))
        ported = bool(self.boxes[box].ports)
        for k, pin in enumerate(self.graph.inputs[i]):
            self.lines.append(Line(self._from(pin), box, k if ported else -1))
        for k in range(node.output_count):
            self._add_value(Pin(i, k), box)

    def _add_group(self, part: range) -> None:
        box = self._add(self._group_box(part))
        me = self.parts.of[part[0]]
        outside = dict.fromkeys(
            self._from(pin)
            for i in part
            for pin in self.graph.inputs[i]
            if self.parts.of[pin.node] != me
        )
        self.lines.extend(Line(tail, box) for tail in outside)
        for i in part:
            for k in range(self.graph.nodes[i].output_count):
                if Pin(i, k) in self.readers:
                    self.source[Pin(i, k)] = box

    def _from(self, pin: Pin) -> int:
        return self.source[pin]

    def _add_value(self, pin: Pin, box: int) -> None:
        """The label on the way out of an entry, if it is read and something is known of it."""
        self.source[pin] = box
        text = self._value_text(pin)
        if not text or pin not in self.readers:
            return
        rows = tuple([Row(line, SMALL) for line in text.split("\n")])
        size = (
            round(max(row.width for row in rows) + 16),
            20 + round(1.3 * SMALL * (len(rows) - 1)),
        )
        label = Box("value", rows, self._entry_tip(pin), (), size)
        self.source[pin] = self._add(label)
        self.lines.append(Line(box, self.source[pin]))
        wide, tall = self.boxes[box].size
        if self.boxes[box].ports and wide < label.size[0]:
            # Inputs are placed along the width of the box and its label together.
            self.boxes[box] = replace(self.boxes[box], size=(label.size[0], tall))

    def _spec(self, pin: Pin) -> Spec | None:
        return self.specs[pin.node][pin.index] if self.specs is not None else None

    def _name(self, pin: Pin) -> str:
        return clean(self.graph.nodes[pin.node].output_names[pin.index])

    def _value_text(self, pin: Pin) -> str:
        node = self.graph.nodes[pin.node]
        value = self.values.get(node.output_names[pin.index])
        told = value_text(value) or spec_text(self._spec(pin))
        if not told and value is not None:
            told = spec_text(Spec(tuple(np.shape(value))))
        if node.op is not None and (node.shown_count > 1 or pin.index > 0):
            suffix = clean(node.op.output_names(node.params)[pin.index])
            return f"{suffix} {told}".strip()
        return told

    def _entry_tip(self, pin: Pin) -> str:
        known = spec_text(self._spec(pin), dtype=True)
        return f"{self._name(pin)}: {known}" if known else self._name(pin)

    def _variable_box(self, i: int) -> Box:
        name = clean(self.graph.nodes[i].name)
        auxiliary = i in self.auxiliary
        spec = self._spec(Pin(i, 0))
        rows = [Row(shorten(name, LONGEST) or "(no name)", TITLE, bold=True)]
        if auxiliary:
            rows.append(Row("auxiliary state", SMALL, muted=True))
        elif spec is not None and spec.dtype is not None:
            rows.append(Row(str(spec.dtype), SMALL, muted=True))
        known = spec_text(spec, dtype=True)
        tip = (
            f"{'auxiliary state' if auxiliary else 'variable'} {name}{': ' if known else ''}{known}"
        )
        kind: Kind = "auxiliary" if auxiliary else "variable"
        mark = self._mark(i, rows)
        return Box(kind, tuple(rows), tip, (), _size(rows, 30, 34), mark)

    def _operator_box(self, i: int) -> Box:
        node = self.graph.nodes[i]
        assert node.op is not None  # the caller's test
        title, told, name = title_of(node), params_text(node), clean(node.name)
        sign = len(title) <= 2
        rows = [Row(title, SIGN if sign else TITLE, bold=True)]
        if told:
            rows.append(Row(told, SMALL))
        rows.append(Row(shorten(name, LONGEST) or "(no name)", SMALL, muted=True))
        ports = ordered_inputs(self.graph, i)
        tip = f"{clean(node.op.name)} {name}: {self._formula(i)}"
        if params_text(node, 10_000):
            tip += f"; {params_text(node, 500)}"
        mark = self._mark(i, rows)
        return Box("operator", tuple(rows), tip, ports, self._operator_size(i, rows, ports), mark)

    def _mark(self, i: int, rows: list[Row]) -> str:
        """What sets a node apart, which its box then says, too."""
        mark = self.marks.get(i, "")
        if mark:
            rows.append(Row(mark, SMALL, bold=True))
        return mark

    def _formula(self, i: int) -> str:
        node = self.graph.nodes[i]
        assert node.op is not None  # the caller's test
        pins = self.graph.inputs[i]
        roles = node.op.input_names(node.params, len(pins))
        told = [f"{role}={self._name(pin)}" for role, pin in zip(roles, pins, strict=False)]
        return ", ".join(told[:12]) + (", …" if len(told) > 12 else "") or "no inputs"

    def _operator_size(
        self, i: int, rows: Sequence[Row], ports: tuple[str, ...]
    ) -> tuple[float, float]:
        wide, tall = _size(rows, 22, 44)
        upright = self.direction in ("TB", "BT")
        if not ports:
            # Room for the arrows that arrive side by side.
            room = min(len(self.graph.inputs[i]), _ROOM_FOR) * 12.0 + 16.0
            return (max(wide, room), tall + self.band) if upright else (wide, max(tall, room))
        widest = max(width(port, TINY) for port in ports)
        if upright:
            return max(wide, round(len(ports) * (widest + 10))), tall + self.band
        return wide + round(2 * widest), max(tall, len(ports) * 15.0)

    def _output_box(self, pin: Pin) -> Box:
        name = self._name(pin)
        rows = [
            Row(shorten(name, LONGEST) or "(no name)", TITLE, bold=True),
            Row("output", SMALL, muted=True),
        ]
        return Box("output", tuple(rows), f"output {self._entry_tip(pin)}", (), _size(rows, 46, 42))

    def _group_box(self, part: range) -> Box:
        ops: dict[str, int] = {}
        for i in part:
            op = self.graph.nodes[i].op
            if op is not None:
                ops[op.name] = ops.get(op.name, 0) + 1
        title = self.parts.title(self.graph, part)
        variables = len(part) - sum(ops.values())
        rows = [
            Row(shorten(title, LONGEST), TITLE, bold=True),
            Row(plural(len(part), "node"), SMALL),
        ]
        if ops:
            rows.append(Row(shorten(counted(ops, 3), 40), SMALL, muted=True))
        first, last = self.graph.nodes[part[0]].name, self.graph.nodes[part[-1]].name
        tip = (
            f"{plural(len(part), 'node')} from {clean(first)} to {clean(last)}: {counted(ops, 12)}"
        )
        tip += f" and {plural(variables, 'variable')}" if variables else ""
        return Box("group", tuple(rows), tip, (), _size(rows, 30, 60))


def _size(rows: Sequence[Row], sides: float, least: float) -> tuple[float, float]:
    wide = max(row.width for row in rows) + sides
    return max(64.0, float(round(wide))), max(
        least, round(sum(row.size * 1.3 for row in rows)) + 10.0
    )


def value_text(value: Any) -> str:
    """A value to read at a glance: `14`, `[1 2 3]`; empty for larger ones and for none; a text as it is."""
    if value is None or isinstance(value, str):
        return value or ""
    array = np.asarray(value.asnumpy() if hasattr(value, "asnumpy") else value)
    if array.size == 0 or array.size > 4 or array.dtype.kind not in "biuf":
        return ""
    numbers = [
        f"{item:.4g}" if array.dtype.kind == "f" else str(item) for item in array.ravel().tolist()
    ]
    return numbers[0] if array.size == 1 else f"[{' '.join(numbers)}]" if array.ndim == 1 else ""
