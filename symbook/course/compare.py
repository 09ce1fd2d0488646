"""Whether an answer is right, however it was found: by what it computes, not by how it is written."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from symbook.context import cpu
from symbook.errors import SymbookError, counted, listed, shape_text
from symbook.ndarray import NDArray, array
from symbook.symbol import Symbol

Shape = tuple[int, ...]

_SEED = 20
_SIMPLE = (2.0, 3.0, 5.0, 7.0, 1.0, -1.0, 0.0, -2.0, 0.5)
"""Each argument begins at another place of this row, so that a message has easy numbers in it."""
_RELATIVE, _ABSOLUTE = 1e-4, 1e-5


class Comparison(NamedTuple):
    """What two things being compared gave: true if they are the same, and else where they are not."""

    same: bool
    says: str = ""

    def __bool__(self) -> bool:
        return self.same


_SAME = Comparison(True)


def operators(graph: Symbol) -> list[str]:
    """The names of a graph's operators, each node's once, in the order of `get_internals`."""
    return [node.op.name for node in graph.graph.nodes if node.op is not None]


def same_value(answer: Any, wanted: Any) -> Comparison:
    """Whether an answer, an NDArray, NumPy array, number or list of numbers, has the wanted shape and values.

    Values may differ by what rounding does to float32.
    """
    found = _as_numpy(answer)
    if found is None:
        return Comparison(False, "It is not made of numbers alone.")
    return _compared(found, np.asarray(wanted), "It")


def numbers_in(answer: Sequence[Any]) -> list[float] | None:
    """The numbers in a list, each alone or in an array of just one; None if there is anything else."""
    found = [_as_numpy(item) for item in answer]
    numbers = [float(item.item()) for item in found if item is not None and item.size == 1]
    return numbers if len(numbers) == len(found) else None


def same_function(
    graph: Symbol | Callable[..., Any],
    function: Callable[..., Any],
    *,
    shapes: Mapping[str, Shape] | None = None,
    between: tuple[float, float] = (-3.0, 7.0),
    dtype: Any = np.float32,
) -> Comparison:
    """Whether a graph computes what a function of NumPy arrays does; a mistake in the graph raises nothing.

    Both are run on the same numbers, several times: easy and special ones (0, 1, −1, ½, all equal), and
    random ones, the same each time.

    Parameters
    ----------
    graph : Symbol, or a Python function of NumPy arrays
    function : callable
        Takes the arguments by the graph's names, as float64 (or `dtype` if that is of integers); gives an
        array, or a tuple of as many as the graph has outputs.
    shapes : dict of str to tuple of int, optional
        Shapes of all arguments; without it arguments are vectors, and then matrices, of one shape.
    between : pair of float
        Numbers lie in this range, ends included: `(0.1, 7)` for a logarithm.
    dtype : dtype
        Of the graph's arguments.
    """
    names = list(inspect.signature(function).parameters)
    wrong = _wrong_arguments(graph, names) if isinstance(graph, Symbol) else None
    if wrong is not None:
        return wrong
    for inputs in _inputs(names, shapes, between, np.dtype(dtype)):
        verdict = _compared_on(graph, function, inputs)
        if not verdict:
            return verdict
    return _SAME


def _wrong_arguments(graph: Symbol, names: Sequence[str]) -> Comparison | None:
    found = graph.list_inputs()
    missing = [name for name in names if name not in found]
    beyond = [name for name in found if name not in names]
    if missing:
        return Comparison(False, f"Among its arguments there is no {listed(missing)}.")
    if beyond:
        return Comparison(False, f"Among its arguments there is {listed(beyond)}, too.")
    return None


def _inputs(
    names: Sequence[str],
    shapes: Mapping[str, Shape] | None,
    between: tuple[float, float],
    dtype: np.dtype[Any],
) -> Iterator[dict[str, np.ndarray]]:
    """The numbers to try, from the easiest on."""
    low, high = between
    whole = dtype.kind in "iu"
    row = [x for x in _SIMPLE if low <= x <= high and (x == int(x) or not whole)] or [low]
    draw = np.random.default_rng(_SEED)

    def each(shape: Shape) -> Mapping[str, Shape]:
        return shapes or dict.fromkeys(names, shape)

    def repeated(numbers: Sequence[float], shape: Shape) -> dict[str, np.ndarray]:
        rolled = (np.roll(numbers, -i) for i in range(len(names)))
        return {
            name: np.resize(one, size).astype(dtype)
            for one, (name, size) in zip(rolled, each(shape).items(), strict=True)
        }

    yield repeated(row, (len(row),))
    for number in [x for x in (1.0, 0.0) if x in row]:
        yield repeated([number], (1,))
    for _ in range(2):
        yield {
            name: draw.uniform(low, high, size).astype(dtype) for name, size in each((2, 3)).items()
        }


def _compared_on(
    graph: Any, function: Callable[..., Any], inputs: dict[str, np.ndarray]
) -> Comparison:
    """Compare a graph with a function on one set of numbers."""
    exact = {name: x if x.dtype.kind in "iu" else x.astype(float) for name, x in inputs.items()}
    with np.errstate(all="ignore"):
        wanted = function(**exact)
    expected = [np.asarray(item) for item in (wanted if isinstance(wanted, tuple) else (wanted,))]
    try:
        found = _outputs(graph, inputs)
    except Exception as error:  # the graph is the learner's, and may hold operators of her own
        return Comparison(False, f"{_given(inputs)} it cannot be run: {_told(error)}")
    if len(found) != len(expected):
        wants = counted(len(expected), "output")
        return Comparison(
            False, f"It gives {counted(len(found), 'output')}, and {wants} is wanted."
        )
    for number, (result, right) in enumerate(zip(found, expected, strict=True)):
        which = "its result" if len(expected) == 1 else f"output {number}"
        place = _first_difference(result, right)
        if place is None:
            continue
        if result.shape == right.shape and all(x.shape == right.shape for x in inputs.values()):
            return Comparison(False, _at_a_point(inputs, place, which, result, right))
        return Comparison(False, f"{_given(inputs)} {_compared(result, right, which).says}")
    return _SAME


def _outputs(graph: Any, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    if isinstance(graph, Symbol):
        arrays = {name: array(x, dtype=x.dtype) for name, x in inputs.items()}
        return [item.asnumpy() for item in graph.eval(ctx=cpu(), **arrays)]
    given = graph(*(x.copy() for x in inputs.values()))
    results = [_as_numpy(item) for item in (given if isinstance(given, tuple) else (given,))]
    if any(item is None for item in results):
        raise TypeError(f"it gave {type(given).__name__}, which is not made of numbers alone")
    return [item for item in results if item is not None]


def _as_numpy(answer: Any) -> np.ndarray | None:
    """An answer as an array of numbers; None if it is something else."""
    if isinstance(answer, NDArray):
        return answer.asnumpy()
    if isinstance(answer, list | tuple):
        arrays = [item for item in map(_as_numpy, answer) if item is not None]
        alike = len(arrays) == len(answer) and len({item.shape for item in arrays}) == 1
        return np.array(arrays) if alike else None
    try:
        found = np.asarray(answer)
    except (ValueError, TypeError):
        return None
    return found if found.dtype.kind in "biuf" else None


def _close(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    near: np.ndarray = np.isclose(found, wanted, rtol=_RELATIVE, atol=_ABSOLUTE, equal_nan=True)
    return near


def _first_difference(found: np.ndarray, wanted: np.ndarray) -> tuple[int, ...] | None:
    """Where the first difference is, `()` if already the shapes differ, None if there is none."""
    if found.shape != wanted.shape:
        return ()
    wrong = np.argwhere(~_close(found, wanted))
    return tuple(int(i) for i in wrong[0]) if len(wrong) else None


def _compared(found: np.ndarray, wanted: np.ndarray, which: str) -> Comparison:
    place = _first_difference(found, wanted)
    if place is None:
        return _SAME
    if found.shape != wanted.shape:
        shapes = f"the shape {shape_text(found.shape)}, and {shape_text(wanted.shape)} is wanted"
        return Comparison(False, f"{which} has {shapes}.")
    what = (
        f"{which} has {_number(found[place])} at {list(place)}"
        if place
        else f"{which} is {_number(found[place])}"
    )
    return Comparison(False, f"{what}, and {_number(wanted[place])} is wanted.")


def _at_a_point(
    inputs: dict[str, np.ndarray],
    place: tuple[int, ...],
    which: str,
    found: np.ndarray,
    wanted: np.ndarray,
) -> str:
    """The first difference of functions of single numbers."""
    given = [f"{name} = {_number(x[place])}" for name, x in inputs.items()]
    point = " and ".join(filter(None, [", ".join(given[:-1]), *given[-1:]]))
    return (
        f"For {point} {which} is {_number(found[place])}, and {_number(wanted[place])} is wanted."
    )


def _given(inputs: dict[str, np.ndarray]) -> str:
    shapes = {x.shape for x in inputs.values()}
    if not inputs:
        return "Without data"
    if len(shapes) == 1:
        return f"With data of the shape {shape_text(next(iter(shapes)))}"
    return f"With {', '.join(f'{name} of the shape {shape_text(x.shape)}' for name, x in inputs.items())}"


def _told(error: Exception) -> str:
    if isinstance(error, SymbookError):
        return " ".join(filter(None, [_ended(error.message), error.hint]))
    return _ended(f"{type(error).__name__}: {error}")


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _number(value: Any) -> str:
    return f"{value:.6g}" if np.asarray(value).dtype.kind == "f" else str(value)
