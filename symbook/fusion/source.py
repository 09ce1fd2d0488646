"""The source of a group's compiled loop: Python that Numba compiles, and that a person can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..specs import DType
from .group import Sizes
from .lowering import Instruction, Lowered, Number, Operand
from .segments import Segment, registers, segments
from .ties import first_wins

TILE = 512
"""Elements between two calls of NumPy's functions: with their results they stay in the nearest cache."""

HEADER = """\
from math import fabs, sqrt
from numpy import bool_, ceil, empty, float32, float64, floor, trunc
"""
FRAME = """\

from numba import carray
from numpy import intp
from symbook.fusion.native import lead, pointer
"""
CALLS = "from symbook.fusion.calls import binary, unary\n"

Pattern = tuple[bool, ...]
"""For each dimension, whether an array has it whole; it is stretched along the others."""


def pattern(shape: Sizes, sizes: Sizes) -> Pattern:
    """How an array of a shape lies in the loop over `sizes`."""
    return tuple([own == dim for own, dim in zip(shape, sizes, strict=True)])


class Loop:
    """The source of a group.

    Parameters
    ----------
    lowered : Lowered
    patterns : sequence of Pattern
        For each input.
    over : mapping of int to int
        For values that are written over an input, that input.
    ranks : mapping of int to int, optional
        For each input and output, the dimensions of its array, for a loop that takes arrays as they are
        and goes through them in one dimension. It is short, and runs with Python's lock held: who gave it
        up would wait for it longer than the loop takes.

    Attributes
    ----------
    text : str
        A module that defines `loop`, which takes `arrays`, then `numbers` and the addresses of `functions`,
        if there are any.
    arrays : list of int
        Values: inputs that are read, then outputs that are not written over an input.
    written : set of int
        Those of `arrays` that it writes.
    dtypes : dict of int to dtype
        Theirs.
    numbers : list of float
    functions : list of (str, dtype)
        NumPy's functions that it calls.
    outputs : list of int
        Values: the group's outputs.
    rank : int
    ranks : dict of int to int
        Of `arrays`, the dimensions that they are given with.
    holds_lock : bool
    """

    def __init__(
        self,
        lowered: Lowered,
        patterns: Sequence[Pattern],
        over: Mapping[int, int],
        ranks: Mapping[int, int] | None = None,
    ) -> None:
        self._lowered, self._over = lowered, over
        self.rank, self.outputs = len(patterns[0]), lowered.outputs
        self._segments = segments(lowered, over)
        self._places, self._dtypes_of_places = registers(lowered, self._segments)
        read = {value for segment in self._segments for value in segment.reads}
        fresh = [value for value in lowered.outputs if value not in over]
        inputs = [k for k in range(len(lowered.inputs)) if k in read or k in over.values()]
        self.arrays = [*inputs, *fresh]
        self.written = {*fresh, *over.values()}
        self.holds_lock = ranks is not None
        self.ranks = {value: self.rank if ranks is None else ranks[value] for value in self.arrays}
        self.dtypes: dict[int, DType] = {value: lowered.dtype(value) for value in self.arrays}
        whole = (True,) * self.rank
        self._patterns = {
            value: patterns[value] if value < len(patterns) else whole for value in self.arrays
        }
        self._names = {value: f"a{k}" for k, value in enumerate(self.arrays)}
        self._constants: dict[Number, str] = {}
        self.functions: list[tuple[str, DType]] = []
        body = self._body()
        self.text = HEADER + (CALLS if self.functions else "") + "\n\n" + "\n".join(body) + "\n"
        self.numbers = [lowered.numbers[number.position] for number in self._constants]

    @property
    def frame(self) -> str:
        """What stands after the text in the module that is compiled.

        `part` is the loop for one block, whose arrays are at the sums of `bases` and `offsets`, and `begin`
        is what is called with whole arrays. A loop that holds the lock is called itself.
        """
        if self.holds_lock:
            return ""
        names = [self._names[value] for value in self.arrays]
        lines = ["", "", "def part(bases, offsets, sizes, numbers, functions):", "    loop("]
        for k, value in enumerate(self.arrays):
            shape = "".join(
                f"sizes[{axis}], " if whole else "1, "
                for axis, whole in enumerate(self._patterns[value])
            )
            dtype = str(self.dtypes[value]).replace("bool", "bool_")
            lines.append(f"        carray(pointer(bases[{k}] + offsets[{k}], {dtype}), ({shape})),")
        extras = {"numbers": len(self._constants), "functions": 2 * len(self.functions)}
        lines += [f"        carray({name}, {size})," for name, size in extras.items() if size]
        lines += [
            "    )",
            "",
            "",
            f"def begin({', '.join(names)}, record, board, others):",
            f"    bases = empty({len(names)}, intp)",
            *[f"    bases[{k}] = {name}.ctypes.data" for k, name in enumerate(names)],
            "    lead(board, record, bases.ctypes.data, others)",
        ]
        return FRAME + "\n".join(lines) + "\n"

    @property
    def key(self) -> tuple[object, ...]:
        """What two loops have in common that one machine code serves."""
        types = tuple(
            [(str(self.dtypes[v]), self.ranks[v], v in self.written) for v in self.arrays]
        )
        return (self.text, self.holds_lock, types)

    @property
    def _tiled(self) -> bool:
        return len(self._segments) > 1 or self._segments[0].by_numpy

    def _body(self) -> list[str]:
        inner = self._tiles() if self._tiled else self._elements(self._segments[0], self.rank)
        lines = self._head()
        for k, (number, name) in enumerate(self._constants.items()):
            lines.append(f"    {name} = {number.dtype}(numbers[{k}])")
        if self._tiled:
            tiles = [d.replace("bool", "bool_") for d in self._dtypes_of_places]
            lines += [f"    s{k} = empty({TILE}, {dtype})" for k, dtype in enumerate(tiles)]
        widest = next(value for value in self.arrays if all(self._patterns[value]))
        lines += self._loads(0)
        for axis in range(self.rank - self._tiled):
            space = "    " * (axis + 1)
            lines.append(f"{space}for i{axis} in range({self._names[widest]}.shape[{axis}]):")
            lines += self._loads(axis + 1)
        return lines + inner

    def _head(self) -> list[str]:
        """The function's first lines: what it takes, and arrays of more dimensions flattened."""
        params, flattened = [], []
        for value in self.arrays:
            name = self._names[value]
            if self.ranks[value] == self.rank:
                params.append(name)
            else:
                whole = f"w{name[1:]}"
                params.append(whole)
                flattened.append(f"    {name} = {whole}.reshape({whole}.size)")
        params += ["numbers"] if self._constants else []
        params += ["functions"] if self.functions else []
        return [f"def loop({', '.join(params)}):", *flattened]

    # Where values are

    def _loads(self, depth: int) -> list[str]:
        """Loads of the inputs that do not change in the loops further in; in tiles, views of their rows."""
        lines = []
        space = "    " * (depth + 1)
        for value in self.arrays:
            name, whole = self._names[value], self._patterns[value]
            index = ", ".join(f"i{k}" if own else "0" for k, own in enumerate(whole[:-1]))
            depends = max((axis + 1 for axis in range(self.rank) if whole[axis]), default=0)
            if self._tiled:
                row = max((axis + 1 for axis in range(self.rank - 1) if whole[axis]), default=0)
                if row == depth:
                    lines.append(f"{space}r{name[1:]} = {name}" + (f"[{index}]" if index else ""))
            elif depends == depth and value < len(self._lowered.inputs) and self._is_read(value):
                at = ", ".join(f"i{k}" if own else "0" for k, own in enumerate(whole))
                lines.append(f"{space}v{name[1:]} = {name}[{at}]")
        return lines

    def _is_read(self, value: int) -> bool:
        return any(value in segment.reads for segment in self._segments)

    # One loop over elements

    def _elements(self, segment: Segment, depth: int) -> list[str]:
        values = {value: f"v{self._names[value][1:]}" for value in segment.reads}
        at = ", ".join(f"i{axis}" for axis in range(self.rank))
        lines = self._statements(segment, values)
        for value in segment.writes:
            target = self._names[self._over.get(value, value)]
            lines.append(f"{target}[{at}] = {values[value]}")
        return ["    " * (depth + 1) + line for line in lines]

    def _statements(self, segment: Segment, values: dict[int, str]) -> list[str]:
        lowered, first = self._lowered, len(self._lowered.inputs)
        lines = []
        for i in segment.positions:
            item = lowered.instructions[i]
            operands = [self._operand(operand, values) for operand in item.operands]
            values[first + i] = f"t{i}"
            lines.append(f"t{i} = {_expression(item, operands)}")
        return lines

    def _operand(self, operand: Operand, values: Mapping[int, str]) -> str:
        if isinstance(operand, Number):
            return self._constants.setdefault(operand, f"c{len(self._constants)}")
        return values[operand]

    # Tiles

    def _tiles(self) -> list[str]:
        """The loop over tiles of the last dimension."""
        widest = next(value for value in self.arrays if all(self._patterns[value]))
        size = f"r{self._names[widest][1:]}.size"
        lines = [
            f"for start in range(0, {size}, {TILE}):",
            f"    stop = min(start + {TILE}, {size})",
        ]
        for value in self.arrays:
            name, whole = self._names[value][1:], self._patterns[value][-1]
            lines.append(
                f"    b{name} = r{name}[start:stop]" if whole else f"    b{name} = r{name}"
            )
        for segment in self._segments:
            part = self._call(segment) if segment.by_numpy else self._tile_loop(segment)
            lines += ["    " + line for line in part]
        return ["    " * self.rank + line for line in lines]

    def _tile_loop(self, segment: Segment) -> list[str]:
        lines, within = [], []
        values: dict[int, str] = {}
        for value in segment.reads:
            source = self._tile(value)
            name = f"v{source}"
            values[value] = name
            if value in self._patterns and not self._patterns[value][-1]:
                lines.append(f"{name} = {source}[0]")
            else:
                within.append(f"{name} = {source}[i]")
        within += self._statements(segment, values)
        within += [f"{self._tile(value)}[i] = {values[value]}" for value in segment.writes]
        return [*lines, "for i in range(stop - start):", *("    " + line for line in within)]

    def _call(self, segment: Segment) -> list[str]:
        (i,) = segment.positions
        item = self._lowered.instructions[i]
        k = len(self.functions)
        self.functions.append((item.function, item.dtype))
        before, operands = [], []
        for n, operand in enumerate(item.operands):
            if isinstance(operand, Number):
                before += [
                    f"k{n} = empty(1, {operand.dtype})",
                    f"k{n}[0] = {self._operand(operand, {})}",
                ]
                operands.append(f"k{n}, 0")
            else:
                stretched = operand in self._patterns and not self._patterns[operand][-1]
                step = 0 if stretched else self._lowered.dtype(operand).itemsize
                operands.append(f"{self._tile(operand)}, {step}")
        operands.append(f"{self._tile(len(self._lowered.inputs) + i)}, {item.dtype.itemsize}")
        which = "unary" if len(item.operands) == 1 else "binary"
        call = f"{which}(functions[{2 * k}], functions[{2 * k + 1}], {', '.join(operands)}, stop - start)"
        return [*before, call]

    def _tile(self, value: int) -> str:
        """The array that holds a value's tile."""
        value = self._over.get(value, value)
        return f"b{self._names[value][1:]}" if value in self._names else f"s{self._places[value]}"


def _expression(item: Instruction, operands: Sequence[str]) -> str:
    """One instruction in Python that Numba makes branchless code of."""
    a, *rest = operands
    b = rest[0] if rest else ""
    match item.function:
        case "neg":
            return f"-{a}"
        case "cast":
            return f"{item.dtype}({a})"
        case "absolute":
            return f"fabs({a})"
        case "sqrt" | "ceil" | "floor" | "trunc":
            return f"{item.function}({a})"
        case "maximum":
            above = ">=" if first_wins("maximum", item.dtype) else ">"
            return f"{a} if ({a} {above} {b}) | ({a} != {a}) else {b}"
        case "minimum":
            below = "<=" if first_wins("minimum", item.dtype) else "<"
            return f"{a} if ({a} {below} {b}) | ({a} != {a}) else {b}"
        case "where":
            return f"{b} if {a} else {rest[1]}"
        case "sign":
            one, zero = f"{item.dtype}(1)", f"{item.dtype}(0)"
            below = f"-{one} if {a} < {zero} else ({zero} if {a} == {zero} else {a})"
            return f"{one} if {a} > {zero} else ({below})"
    return f"{a} {item.function} {b}"
