"""The C++ text of a group's kernel: one loop over its elements, that a GPU's threads share.

Each thread computes a few elements side by side, moved 16 bytes at a time where the arrays' memory allows it;
that is what memory needs to be read and written as quickly as it can be. All of them are read before anything
is written, so that an output may be written over an input.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap

import numpy as np

from ..specs import DType
from .layouts import Layout
from .lowering import Lowered, Number
from .statements import HELPERS, TYPES, Statements, held

NAME = "fused"

# Elements that a thread has at once at most, where they do not lie side by side, and bytes of all arrays'.
MOST_SPACED, MOST_HELD = 4, 256

# Characters of a line with a kernel's parameters.
_WIDTH = 110


class Text:
    """The text of a kernel.

    Its parameters are the arrays, inputs first; the numbers; how many elements there are; and what `layout`
    leaves open: the sizes of all dimensions but the first, of the last in vectors, and steps.

    Parameters
    ----------
    lowered : Lowered
    layout : Layout
        Of the inputs, then of the outputs.

    Attributes
    ----------
    text : str
    numbers : list of Number
        Those that are parameters.
    many : int
        Elements that a thread computes in a turn.
    """

    def __init__(self, lowered: Lowered, layout: Layout) -> None:
        self._lowered, self._layout = lowered, layout
        count = len(lowered.inputs)
        self._inputs = [f"x{k}" for k in range(count)]
        self._outputs = [f"y{k}" for k in range(len(lowered.outputs))]
        self._dtypes = [*lowered.inputs, *map(lowered.dtype, lowered.outputs)]
        statements = Statements(lowered)
        body, names = statements.written({k: f"v{k}" for k in range(count)})
        self._results = [names[value] for value in lowered.outputs]
        self.numbers: list[Number] = list(statements.numbers)
        self._names = statements.numbers
        self.many = layout.vector if layout.vector > 1 else self._spaced()
        loop = self._loop(body)
        lines = [signature(NAME, self._parameters()), *self._head(), *loop, "}"]
        self.loop = "\n".join(lines) + "\n"
        self.text = HELPERS + self.loop

    def _parameters(self) -> list[str]:
        found = [
            f"const {TYPES[dtype.name]}* {name}"
            for name, dtype in zip(self._inputs, self._lowered.inputs, strict=True)
        ]
        outputs = self._dtypes[len(self._inputs) :]
        found += [f"{TYPES[d.name]}* {n}" for n, d in zip(self._outputs, outputs, strict=True)]
        found += [f"{parameter(number)} {name}_" for number, name in self._names.items()]
        found += ["long long n", *[f"long long {name}_" for name in self._integers()]]
        return found

    def _integers(self) -> list[str]:
        """The sizes and steps that are parameters."""
        return [f"d{axis}" for axis in range(1, self._layout.rank)] + steps_of(self._layout)

    def _head(self) -> list[str]:
        """Parameters in the types that they are used in, and what all elements have in common."""
        lines = [f"    {constant(number, name)}" for number, name in self._names.items()]
        lines += [f"    const I {name} = (I){name}_;" for name in self._integers()]
        for k, steps in enumerate(self._layout.steps[: len(self._inputs)]):
            if self._is_one(steps):
                lines.append(f"    {self._value(k)} = {self._inputs[k]}[0];")
        return lines

    def _value(self, k: int) -> str:
        return f"const {held(self._dtypes[k])} v{k}"

    def _is_one(self, steps: str) -> bool:
        """Whether an array has one element for all."""
        return set(steps) == {"0"}

    def _is_row(self, steps: str) -> bool:
        """Whether an array has an element for each of a vector's."""
        return steps[-1] != "0"

    def _loop(self, body: Sequence[str]) -> list[str]:
        vector, many = self._layout.vector, self.many
        if vector > 1:
            count = f"(n + {many - 1}) / {many}" if self._layout.ends else f"n / {many}"
            before, inner = [], self._place("i") + self._vectors(body)
        elif many > 1:
            count, before = "apart", [f"const I apart = (I)((n + {many - 1}) / {many});"]
            inner = self._apart(body)
        else:
            count, before = "n", []
            inner = [*self._place("i"), *self._loads("i"), *body, *self._stores("i")]
        # There are threads for all turns, or nearly.
        lines = [*before, "#pragma unroll 1", f"FOR_EACH(i, {count}) {{"]
        return ["    " + line for line in [*lines, *("    " + line for line in inner), "}"]]

    def _spaced(self) -> int:
        """Elements that a thread reads before it computes, where it cannot read those side by side at once.

        Memory is quickest where many reads are under way; all must fit into registers.
        """
        nbytes = sum([dtype.itemsize for dtype in self._dtypes])
        return max(min(MOST_SPACED, MOST_HELD // nbytes), 1)

    def _place(self, index: str) -> list[str]:
        """The loop's index as one for each dimension, where an array needs that."""
        rank = self._layout.rank
        if all(steps == "i" or self._is_one(steps) for steps in self._layout.steps):
            return []
        lines, rest = [], index
        for axis in range(rank - 1, 0, -1):
            lines.append(f"const I i{axis} = {rest} % d{axis};")
            lines.append(f"const I r{axis} = {rest} / d{axis};")
            rest = f"r{axis}"
        return [*lines, f"const I i0 = {rest};"]

    def _at(self, k: int, index: str = "i") -> str:
        """The place in an array of the elements that a thread computes."""
        return place(k, self._layout.steps[k], self._layout.vector, index)

    def _loads(self, index: str) -> list[str]:
        """Loads of the inputs that are not one element for all."""
        return [
            f"{self._value(k)} = {name}[{self._at(k, index)}];"
            for k, name in enumerate(self._inputs)
            if not self._is_one(self._layout.steps[k])
        ]

    def _stores(self, index: str) -> list[str]:
        lines, first = [], len(self._inputs)
        for k, (name, result) in enumerate(zip(self._outputs, self._results, strict=True)):
            dtype = TYPES[self._dtypes[first + k].name]
            value = f"half({result})" if dtype == "half" else result
            lines.append(f"{name}[{self._at(first + k, index)}] = {value};")
        return lines

    def _apart(self, body: Sequence[str]) -> list[str]:
        """Several elements, far from each other: their threads' neighbours compute those beside them."""
        many = self.many
        own = [k for k, steps in enumerate(self._layout.steps[: len(self._inputs)])]
        own = [k for k in own if not self._is_one(self._layout.steps[k])]
        lines = declared(
            [(held(self._dtypes[k]), f"{_packed(self._inputs[k])}[{many}]") for k in own]
        )
        loads = [
            f"{_packed(self._inputs[k])}[e] = {self._inputs[k]}[{self._at(k, 'at')}];" for k in own
        ]
        values = [f"{self._value(k)} = {_packed(self._inputs[k])}[e];" for k in own]
        linear = all(steps == "i" for steps in self._layout.steps[len(self._inputs) :])
        first = [
            "const I at = i + e * apart < (I)n ? i + e * apart : i;",
            *self._place("at"),
            *loads,
        ]
        second = [
            "const I at = i + e * apart;",
            "if (at >= (I)n) break;",
            *([] if linear else self._place("at")),
            *values,
            *body,
            *self._stores("at"),
        ]
        for part in (first, second):
            lines += ["#pragma unroll", f"for (int e = 0; e < {many}; e++) {{"]
            lines += [*("    " + line for line in part), "}"]
        return lines

    def _vectors(self, body: Sequence[str]) -> list[str]:
        """Loads, a loop over a vector's elements, and stores."""
        vector, ends = self._layout.vector, self._layout.ends
        first = len(self._inputs)
        rows = [k for k, s in enumerate(self._layout.steps[:first]) if self._is_row(s)]
        lines = [
            f"{self._value(k)} = {self._inputs[k]}[{self._at(k)}];"
            for k, steps in enumerate(self._layout.steps[:first])
            if k not in rows and not self._is_one(steps)
        ]
        arrays = [*self._inputs, *self._outputs]
        moved = [*rows, *range(first, len(arrays))]
        lines += declared(
            [
                (f"Vector<{TYPES[self._dtypes[k].name]}, {vector}>", _packed(arrays[k]))
                for k in moved
            ]
        )
        if ends:
            lines += [f"const I left = (I)n - {vector} * i;", f"if (left >= {vector}) {{"]
        space = "    " * ends
        lines += [f"{space}load({_packed(arrays[k])}, {arrays[k]} + {self._at(k)});" for k in rows]
        if ends:
            lines.append("} else {")
            lines += [
                f"    load_some({_packed(arrays[k])}, {arrays[k]} + {self._at(k)}, left);"
                for k in rows
            ]
            lines.append("}")
        lines += ["#pragma unroll", f"for (int e = 0; e < {vector}; e++) {{"]
        lines += [f"    {self._value(k)} = {_packed(arrays[k])}.at[e];" for k in rows]
        lines += ["    " + line for line in body]
        for name, result in zip(self._outputs, self._results, strict=True):
            lines.append(f"    {_packed(name)}.at[e] = {result};")
        lines.append("}")
        stores = [
            (_packed(name), f"{name} + {self._at(first + k)}")
            for k, name in enumerate(self._outputs)
        ]
        if ends:
            lines.append(f"if (left >= {vector}) {{")
        lines += [f"{space}store({to}, {pack});" for pack, to in stores]
        if ends:
            lines.append("} else {")
            lines += [f"    store_some({to}, {pack}, left);" for pack, to in stores]
            lines.append("}")
        return lines


def signature(name: str, parameters: Sequence[str]) -> str:
    """The beginning of a kernel."""
    line = f"KERNEL {name}({', '.join(parameters)}) {{"
    if len(line) <= _WIDTH:
        return line
    whole = [parameter.replace(" ", "\0") for parameter in parameters]
    inside = wrap(", ".join(whole), _WIDTH, initial_indent="    ", subsequent_indent="    ")
    return "\n".join([f"KERNEL {name}(", *inside, ") {"]).replace("\0", " ")


def declared(variables: Sequence[tuple[str, str]]) -> list[str]:
    """Declarations of variables, those of a type together."""
    kinds = dict.fromkeys(kind for kind, _ in variables)
    return [f"{kind} {', '.join(n for k, n in variables if k == kind)};" for kind in kinds]


def parameter(number: Number) -> str:
    """The type of a number's parameter: float32 is given as its bits, for GPUs convert doubles slowly."""
    return "double" if number.dtype == np.float64 else "long long"


def constant(number: Number, name: str) -> str:
    """The statement that makes a number of its parameter."""
    kind = held(number.dtype)
    value = f"bits_as<float>((uint32){name}_)" if kind == "float" else f"({kind}){name}_"
    return f"const {kind} {name} = {value};"


def steps_of(layout: Layout) -> list[str]:
    """The names of the steps that are parameters, array after array."""
    return [
        f"s{k}_{axis}"
        for k, steps in enumerate(layout.steps)
        for axis, step in enumerate(steps)
        if step == "s"
    ]


def place(k: int, steps: str, vector: int, index: str = "i") -> str:
    """The place in an array, number `k`, of the elements at an index, or at `i0`, `i1`, …, in vectors."""
    times = f"{vector} * " if vector > 1 else ""
    if steps == "i":
        return f"{times}{index}"
    last = len(steps) - 1
    terms = [
        f"{times}i{axis}" if step == "1" else f"i{axis} * s{k}_{axis}"
        for axis, step in enumerate(steps)
        if step != "0"
    ]
    assert vector == 1 or steps[last] != "s"
    return " + ".join(terms)


def _packed(name: str) -> str:
    """The variable for a vector of an array."""
    return f"{name}s"


def blocks_for(count: int, threads: int) -> int:
    """How many blocks, one thread for each of so many turns of a loop, unless they are too many."""
    return min(math.ceil(count / threads), 1 << 22)


def dtypes_of(lowered: Lowered) -> list[DType]:
    """Those of the kernel's arrays."""
    return [*lowered.inputs, *map(lowered.dtype, lowered.outputs)]
