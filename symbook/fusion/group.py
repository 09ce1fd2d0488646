"""A fused group as data: element-wise nodes of one shape that are one step of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..ops.registry import Op
from ..ops.rules import broadcast, elementwise
from ..specs import DType, Spec, as_dtype, count, known

Sizes = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One operator of a group.

    Attributes
    ----------
    op : Op
    params : mapping
    args : tuple of int
        What it reads: the group's inputs count from 0, and after them the lines' results.
    dtype : dtype
        Of the result.
    name : str
        The user's node that it computes.
    """

    op: Op
    params: Mapping[str, Any]
    args: tuple[int, ...]
    dtype: DType
    name: str


class Group:
    """Lines that are computed together.

    Parameters
    ----------
    lines : sequence of Line
    inputs : sequence of Spec
        Their shapes broadcast to `shape`.
    shape : tuple of int
        Of every line's result.
    outputs : sequence of int
        Which values, counted as the lines' `args`, are the group's outputs; all are lines' results.

    Attributes
    ----------
    inputs : tuple of dtype
    given : list of tuple of int
        The inputs' shapes.
    sizes : tuple of int
        The shape with dimensions taken together where no input is stretched along one of them only; at
        least one dimension.
    shapes : list of tuple of int
        The inputs' shapes in these dimensions.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        inputs: Sequence[Spec],
        shape: Sizes,
        outputs: Sequence[int],
    ) -> None:
        self.lines, self.shape = tuple(lines), shape
        self.inputs = tuple([as_dtype(spec.dtype) for spec in inputs])
        self.given = [known(spec.shape) for spec in inputs]
        self.outputs = tuple(outputs)
        self.size = count(shape)
        aligned = [_aligned(own, len(shape)) for own in self.given]
        self.sizes, self.shapes = _collapsed(shape, aligned)

    @property
    def output_dtypes(self) -> list[DType]:
        """Of each output, its dtype."""
        return [self.lines[value - len(self.inputs)].dtype for value in self.outputs]

    @property
    def title(self) -> str:
        """The operators in short, as a plan names the step."""
        names = list(dict.fromkeys(line.op.name for line in self.lines))
        shown = [*names[:3], "…"] if len(names) > 3 else names
        return f"fused {len(self.lines)}: {' '.join(shown)}"

    def may_overwrite(self, output: int, given: int) -> bool:
        """Whether output `output` may be written over input `given`: nothing reads that afterwards."""
        made = self.outputs[output] - len(self.inputs)
        return all(given not in line.args for line in self.lines[made + 1 :])


def pointwise(
    op: Op, params: Mapping[str, Any], inputs: Sequence[Spec], outputs: Sequence[Spec]
) -> bool:
    """Whether each element of an operator's output comes from those at its place of the inputs.

    And whether a group can have it: it has a kernel, and writes into memory given.
    """
    if op.kernel is None or not op.takes_out or len(outputs) > 1:
        return False
    if op.shape not in (elementwise, broadcast) and any(
        spec.shape != outputs[0].shape for spec in inputs
    ):
        return False
    return op.expression(params) is not None


def _aligned(shape: Sizes, rank: int) -> Sizes:
    return (1,) * (rank - len(shape)) + shape


def _collapsed(shape: Sizes, inputs: Sequence[Sizes]) -> tuple[Sizes, list[Sizes]]:
    """Shapes with neighbouring dimensions made one where every input has either both whole or neither."""
    dims: list[int] = []
    columns: list[list[int]] = []
    kinds: list[tuple[bool, ...]] = []
    for axis, dim in enumerate(shape):
        if dim == 1:
            continue
        column = [row[axis] for row in inputs]
        kind = tuple([size == dim for size in column])
        if dims and kind == kinds[-1]:
            dims[-1] *= dim
            columns[-1] = [a * b for a, b in zip(columns[-1], column, strict=True)]
        else:
            dims.append(dim)
            columns.append(column)
            kinds.append(kind)
    if not dims:
        return (1,), [(1,) for _ in inputs]
    return tuple(dims), [tuple([column[k] for column in columns]) for k in range(len(inputs))]
