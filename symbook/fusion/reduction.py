"""The C++ text of a reduction with what is computed element by element before it.

Threads work in teams, each on one result: its threads share the values along the dimensions reduced, and
together make one total. Where the last dimension is reduced, the threads of a team follow each other, so that
they read side by side; where it is kept, the teams do. Where there are too few results to keep a device busy,
several blocks share the values of one, and a second kernel joins their totals, in a fixed order: the same
values give the same bits, every time.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..specs import DType
from .cuda import constant, declared, parameter, place, signature, steps_of
from .layouts import Layout
from .lowering import Lowered, Number
from .statements import HELPERS, TYPES, Statements, held
from .totals import HELPERS as TOTALS
from .totals import Total, stored

REDUCED, JOINED = "reduced", "joined_blocks"


@dataclass(frozen=True, slots=True)
class Form:
    """What a text depends on besides the group.

    Attributes
    ----------
    layout : Layout
        Of the inputs, in dimensions of which those in the last ones follow each other in memory.
    kept : int
        How many of the dimensions stay.
    rows : bool
        The last dimension is reduced, and the dimensions kept come first; else they come last.
    """

    layout: Layout
    kept: int
    rows: bool

    @property
    def kept_axes(self) -> range:
        """The positions of the dimensions that stay."""
        return (
            range(self.kept) if self.rows else range(self.layout.rank - self.kept, self.layout.rank)
        )

    @property
    def reduced_axes(self) -> range:
        """The positions of the others."""
        return (
            range(self.kept, self.layout.rank) if self.rows else range(self.layout.rank - self.kept)
        )


class Reducing:
    """The text of a reduction's two kernels.

    Parameters of the first: the inputs; the results, and memory for totals of several blocks; numbers; how
    many results there are, vectors of values for each, values for each, threads of a team, and blocks that
    share the values of one; sizes of all dimensions but the first, and steps. Of the second: the totals, the
    results, how many there are, totals for each, values for each, and threads of a team.

    Parameters
    ----------
    lowered : Lowered
        Its only output is what is reduced.
    total : Total
    out : dtype
    form : Form

    Attributes
    ----------
    text : str
    loop : str
        Without helpers.
    numbers : list of Number
    """

    def __init__(self, lowered: Lowered, total: Total, out: DType, form: Form) -> None:
        self._lowered, self._total, self._out, self._form = lowered, total, out, form
        count = len(lowered.inputs)
        self._inputs = [f"x{k}" for k in range(count)]
        statements = Statements(lowered)
        self._body, names = statements.written({k: f"v{k}" for k in range(count)})
        (value,) = lowered.outputs
        self._body.append(f"add(a, {total.taken.format(names[value])});")
        self._names = statements.numbers
        self.numbers: list[Number] = list(statements.numbers)
        self.loop = (
            "\n".join([f"typedef {total.kind} Total;", *self._reduced(), *self._joined()]) + "\n"
        )
        self.text = HELPERS + TOTALS + self.loop

    def _reduced(self) -> list[str]:
        steps = [f"d{axis}" for axis in range(1, self._form.layout.rank)] + steps_of(
            self._form.layout
        )
        inputs = zip(self._inputs, self._lowered.inputs, strict=True)
        parameters = [f"const {TYPES[dtype.name]}* {name}" for name, dtype in inputs]
        parameters += [f"{TYPES[self._out.name]}* y", "Total* parts"]
        parameters += [f"{parameter(number)} {name}_" for number, name in self._names.items()]
        counts = ["results", "count", "n", "lanes", "splits"]
        parameters += [f"long long {name}_" for name in [*counts, *steps]]
        lines = [signature(REDUCED, parameters)]
        lines += [f"    {constant(number, name)}" for number, name in self._names.items()]
        lines += self._team(counts, steps)
        lines += ["    Total a;", "    start(a);"]
        for k, text in enumerate(self._form.layout.steps):
            if set(text) == {"0"}:
                lines.append(f"    const {held(self._lowered.inputs[k])} v{k} = x{k}[0];")
        lines += [
            "    if (j < results) {",
            *("        " + line for line in self._values()),
            "    }",
        ]
        lines.append(f"    a = {self._join()};")
        return [
            *lines,
            "    if (lane == 0 && j < results) {",
            "        if (splits > 1) parts[j * splits + part] = a;",
            f"        else y[j] = {stored(self._total.made, self._out)};",
            "    }",
            "}",
        ]

    def _team(self, counts: list[str], steps: list[str]) -> list[str]:
        """Who the thread is: its team, place in it and result, and the part of the values it shares."""
        lines = [f"    const I {name} = (I){name}_;" for name in [*counts, *steps] if name != "n"]
        lines += ["    const long long n = n_;", "    const I teams = THREADS / lanes;"]
        if self._form.rows:
            lines.append("    const I team = THREAD / lanes, lane = THREAD % lanes;")
        else:
            lines.append("    const I team = THREAD % teams, lane = THREAD / teams;")
        return [
            *lines,
            "    const I part = BLOCK % splits, j = BLOCK / splits * teams + team;",
        ]

    def _join(self) -> str:
        return "row_joined(a, lanes)" if self._form.rows else "column_joined(a, lanes, teams)"

    def _values(self) -> list[str]:
        """A thread's loop over its values."""
        form, vector = self._form, self._form.layout.vector
        lines = _indices("j", form.kept_axes)
        lines += ["#pragma unroll 4"] * (vector == 1)
        lines.append("for (I r = part * lanes + lane; r < count; r += splits * lanes) {")
        inner = _indices("r", form.reduced_axes)
        inner += (
            self._loads()
            if vector > 1
            else [
                f"const {held(dtype)} v{k} = x{k}[{self._at(k)}];"
                for k, dtype in enumerate(self._lowered.inputs)
                if set(form.layout.steps[k]) != {"0"}
            ]
        )
        body = self._body
        if vector > 1:
            end = "left" if form.layout.ends else str(vector)
            body = ["    " + line for line in [*self._elements(), *body]]
            limit = [f"    if (e >= {end}) break;"] if form.layout.ends else []
            body = ["#pragma unroll", f"for (int e = 0; e < {vector}; e++) {{", *limit, *body, "}"]
        return [*lines, *("    " + line for line in [*inner, *body]), "}"]

    def _at(self, k: int) -> str:
        return place(k, self._form.layout.steps[k], self._form.layout.vector)

    def _rows(self) -> list[int]:
        """The inputs that have an element for each of a vector's."""
        return [k for k, text in enumerate(self._form.layout.steps) if text[-1] != "0"]

    def _loads(self) -> list[str]:
        layout, dtypes = self._form.layout, self._lowered.inputs
        lines = [
            f"const {held(dtypes[k])} v{k} = x{k}[{self._at(k)}];"
            for k, text in enumerate(layout.steps)
            if text[-1] == "0" and set(text) != {"0"}
        ]
        rows = self._rows()
        kinds = [f"Vector<{TYPES[dtypes[k].name]}, {layout.vector}>" for k in rows]
        lines += declared([(kind, f"x{k}s") for kind, k in zip(kinds, rows, strict=True)])
        whole = [f"load(x{k}s, x{k} + {self._at(k)});" for k in rows]
        if not layout.ends:
            return [*lines, *whole]
        some = [f"    load_some(x{k}s, x{k} + {self._at(k)}, left);" for k in rows]
        return [
            *lines,
            f"const I left = (I)n - {layout.vector} * r;",
            f"if (left >= {layout.vector}) {{",
            *("    " + line for line in whole),
            "} else {",
            *some,
            "}",
        ]

    def _elements(self) -> list[str]:
        dtypes = self._lowered.inputs
        return [f"const {held(dtypes[k])} v{k} = x{k}s.at[e];" for k in self._rows()]

    def _joined(self) -> list[str]:
        """The second kernel."""
        counts = ["results", "count", "n", "lanes"]
        parameters = ["const Total* parts", f"{TYPES[self._out.name]}* y"]
        parameters += [f"long long {name}_" for name in counts]
        lines = [signature(JOINED, parameters)]
        lines += [f"    const I {name} = (I){name}_;" for name in counts if name != "n"]
        return [
            *lines,
            "    const long long n = n_;",
            "    const I teams = THREADS / lanes, lane = THREAD % lanes;",
            "    const I j = BLOCK * teams + THREAD / lanes;",
            "    Total a;",
            "    start(a);",
            "    if (j < results)",
            "        for (I r = lane; r < count; r += lanes) a = joined(a, parts[j * count + r]);",
            "    a = row_joined(a, lanes);",
            f"    if (lane == 0 && j < results) y[j] = {stored(self._total.made, self._out)};",
            "}",
        ]


def _indices(index: str, axes: range) -> list[str]:
    """An index as one for each of some dimensions."""
    lines, rest = [], index
    for axis in reversed(axes[1:]):
        lines.append(f"const I i{axis} = {rest} % d{axis};")
        lines.append(f"const I r{axis} = {rest} / d{axis};")
        rest = f"r{axis}"
    return [*lines, f"const I i{axes[0]} = {rest};"] if axes else lines
