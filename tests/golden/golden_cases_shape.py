"""The cases of ``ops.json``: operators that move, pick, join or cut elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import golden_cases as base

Case = tuple[str, list[Any], dict[str, Any]]
Params = dict[str, Any]

DTYPES = ("float64", "float16", "int32", "int64", "uint8")


def each(op: str, shape: tuple[int, ...], *params: Params) -> Iterator[Case]:
    """``op`` with each set of parameters, then the first set with every dtype."""
    for chosen in params:
        yield op, [base.ramp(*shape)], chosen
    for dtype in DTYPES:
        yield op, [base.ramp(*shape, dtype=dtype)], params[0]


def reshapes() -> Iterator[Case]:
    """``Reshape`` with its special codes, from the left and from the right.

    MXNet does not compare sizes, and reads or writes past the end where they differ, so no
    case here changes the size.
    """
    both = [(6, 4), (4, 0, 2), (0, -1), (-1,), (0, 0, -1), (-2,), (0, -2), (-3, 4), (0, -3),
            (-3, -2), (-4, 1, 2, -2), (2, -4, -1, 3, -2), (-4, -1, 2, -2), (-1, 0), (24,),
            (-3, 0), (-1, 2), (-1, 1, 1), (0, -4, -1, 3, 4), (0, 0, 0),
            (1, 0, 0, 0), (-1, -1), (0, 0, 0, 0), (-5, 2), (0, 0, -3)]
    from_left = [(-1, -2), (2, 3, 4, -2), (-2, 1, 1), (-1, 6), (2, 2, 6)]
    from_right = [(1, -2), (1, 1, -2), (-1, 1, 2, -4)]
    yield from each("Reshape", (2, 3, 4), *({"shape": shape} for shape in both + from_left))
    for shape in both + from_right:
        yield "Reshape", [base.ramp(2, 3, 4)], {"shape": shape, "reverse": True}
    yield "Reshape", [base.ramp(8, 3, 3, 3, 4, 4)], {"shape": (-4, -1, 2, 0, 0, 0, -3)}
    yield "Reshape", [base.ramp(2, 3, 4, 5)], {"shape": (-3, -3)}
    yield "Reshape", [base.ramp(10, 5, 4)], {"shape": (-1, 0)}
    yield "Reshape", [base.ramp(10, 5, 4)], {"shape": (-1, 0), "reverse": True}
    yield "Reshape", [base.ramp(2, 3, 4)], {}
    yield "Reshape", [base.ramp(1)], {"shape": (1, 1)}
    yield "Reshape", [base.ramp(2, 3)], {"shape": ()}


def shaping() -> Iterator[Case]:
    """Operators that change the shape alone, and those that return it."""
    like: list[Params] = [
        {}, {"lhs_begin": 0, "lhs_end": 2, "rhs_begin": 0, "rhs_end": 1},
        {"lhs_begin": -1, "lhs_end": None, "rhs_begin": 1, "rhs_end": None}]
    for params, shape in zip(like, ((4, 6), (6, 2), (2, 2, 2)), strict=True):
        yield "reshape_like", [base.ramp(2, 3, 4), base.ramp(*shape)], params
    yield "reshape_like", [base.ramp(2, 3), base.ramp(6)], {}
    yield "reshape_like", [base.ramp(2, 3), base.ramp(5)], {}
    for op in ("shape_array", "size_array", "Flatten"):
        for shape in ((2, 3, 4), (1,), (5,), (2, 3), (1, 1, 1, 2)):
            yield op, [base.ramp(*shape)], {}
        yield op, [base.ramp(2, 3, dtype="int32")], {}
        yield op, [base.ramp(2, 3, dtype="float64")], {}
    yield from each("expand_dims", (2, 3), *({"axis": axis} for axis in (0, 1, 2, -1, -3, 3, -4)))
    yield from each("squeeze", (2, 1, 3, 1), {}, {"axis": 1}, {"axis": -1}, {"axis": (1, 3)},
                    {"axis": 0}, {"axis": 4}, {"axis": ()})
    yield "squeeze", [base.ramp(1, 1)], {}
    yield from each("transpose", (2, 3, 4), {}, {"axes": (1, 0, 2)}, {"axes": (2, 0, 1)},
                    {"axes": (-1, 0, 1)}, {"axes": (0, 1)}, {"axes": ()})
    yield "transpose", [base.ramp(5)], {}
    yield from each("SwapAxis", (2, 3, 4), {"dim1": 0, "dim2": 2}, {"dim1": 1, "dim2": 1},
                    {}, {"dim1": -1, "dim2": 0}, {"dim1": 0, "dim2": 5})
    yield from each("reverse", (2, 3, 4), {"axis": 0}, {"axis": (0, 2)}, {"axis": -1},
                    {"axis": (1,)}, {"axis": 3})


def stretching() -> Iterator[Case]:
    """Operators that repeat elements or surround them."""
    yield from each("broadcast_to", (1, 3), {"shape": (2, 3)}, {"shape": (0, 3)},
                    {"shape": (4, 0)}, {"shape": (2, 4)}, {"shape": (2, 2, 3)})
    yield "broadcast_to", [base.ramp(1)], {"shape": (4,)}
    yield "broadcast_to", [base.ramp(2, 1, 1)], {"shape": (2, 2, 2)}
    yield from each("broadcast_axis", (1, 2, 1), {"axis": 0, "size": 2},
                    {"axis": (0, 2), "size": (2, 3)}, {"axis": -1, "size": 2},
                    {"axis": 1, "size": 2}, {"axis": (0, 2), "size": 2})
    for params, shape in (({}, (2, 3)), ({}, (5, 3)), ({}, (2, 2)),
                          ({"lhs_axes": (0,), "rhs_axes": (1,)}, (3, 7)),
                          ({"lhs_axes": (0,), "rhs_axes": (-1,)}, (3, 4, 6))):
        yield "broadcast_like", [base.ramp(1, 3), base.ramp(*shape)], params
    yield from each("tile", (2, 3), {"reps": (2,)}, {"reps": (2, 2)}, {"reps": (2, 1, 3)},
                    {"reps": 3}, {"reps": (1, 1)}, {"reps": ()})
    yield "tile", [base.ramp(2, 1, 2)], {"reps": (2, 2)}
    yield from each("repeat", (2, 3), {"repeats": 2}, {"repeats": 2, "axis": 0},
                    {"repeats": 3, "axis": 1}, {"repeats": 2, "axis": -1}, {"repeats": 1},
                    {"repeats": 0}, {"repeats": -1}, {"repeats": 2, "axis": 2})
    flat = (0, 0, 0, 0, 1, 2, 2, 1)
    deep = (*flat, 1, 1)
    for shape, width in (((2, 1, 3, 4), flat), ((1, 2, 3, 3, 2), deep)):
        for mode in ("constant", "edge", "reflect"):
            params: Params = {"mode": mode, "pad_width": width}
            yield "Pad", [base.ramp(*shape)], params
            yield "Pad", [base.ramp(*shape, dtype="float64")], params
        yield "Pad", [base.ramp(*shape)], {**params, "mode": "constant", "constant_value": -1.5}
    for shape, width, mode in (((2, 3), (1, 1, 1, 1), "constant"),
                               ((1, 1, 2, 2), (1, 1, 0, 0, 1, 1, 1, 1), "constant"),
                               ((1, 1, 2, 2), (0, 0, 0, 0, 2, 2, 2, 2), "reflect"),
                               ((1, 1, 2, 2), (0, 0, 0, 0, 1, 1, 1, 1), "wrap"),
                               ((1, 1, 2, 2), (0, 0, 0, 0, 1, 1), "edge")):
        yield "Pad", [base.ramp(*shape)], {"mode": mode, "pad_width": width}
    yield "Pad", [base.ramp(1, 1, 2, 2, dtype="int32")], {"mode": "edge", "pad_width": flat}


def joining() -> Iterator[Case]:
    """``Concat`` and ``stack``, and what takes them apart."""
    for params, shapes in (({}, ((2, 3), (2, 1))), ({"dim": 0}, ((2, 3), (1, 3), (2, 3))),
                           ({"dim": -1}, ((2, 3), (2, 2))), ({"dim": 0}, ((2,), (3,))),
                           ({}, ((2, 3),)), ({"dim": 2}, ((1, 2, 1), (1, 2, 4))),
                           ({}, ((2, 3), (3, 3))), ({"dim": 2}, ((2, 3), (2, 3))),
                           ({"dim": 0}, ((2, 3), (3,)))):
        yield "Concat", [base.ramp(*shape) + i for i, shape in enumerate(shapes)], params
    for params, shapes in (({}, ((2, 3), (2, 3))), ({"axis": 1}, ((2, 3), (2, 3), (2, 3))),
                           ({"axis": -1}, ((2, 3), (2, 3))), ({"axis": 2}, ((2, 3), (2, 3))),
                           ({"axis": -3}, ((2, 3), (2, 3))), ({}, ((3,),)),
                           ({"axis": 3}, ((2, 3), (2, 3)))):
        yield "stack", [base.ramp(*shape) + i for i, shape in enumerate(shapes)], params
    for op in ("Concat", "stack"):
        for dtype in ("float64", "float16", "int32", "uint8"):
            yield op, [base.ramp(2, 2, dtype=dtype), base.ramp(2, 2, dtype=dtype)], {}
        yield op, [base.ramp(2, 2), base.ramp(2, 2, dtype="float64")], {}
    yield from each("SliceChannel", (2, 4, 3), {"num_outputs": 2}, {"num_outputs": 4},
                    {"num_outputs": 4, "squeeze_axis": True}, {"num_outputs": 3, "axis": 2},
                    {"num_outputs": 3, "axis": -1, "squeeze_axis": True}, {"num_outputs": 3},
                    {"num_outputs": 2, "axis": 0, "squeeze_axis": True},
                    {"num_outputs": 2, "squeeze_axis": True}, {"num_outputs": 1})


def cutting() -> Iterator[Case]:
    """The slices."""
    some: list[Params] = [
        {"begin": (0, 1), "end": (2, 3)}, {"begin": (1,), "end": (2,)},
        {"begin": (None, 1), "end": (None, 3)}, {"begin": (-3, -2), "end": (-1, None)},
        {"begin": (0, 0), "end": (4, 5), "step": (2, 2)},
        {"begin": (3, None), "end": (0, None), "step": (-1, None)},
        {"begin": (None, None), "end": (None, None), "step": (-1, -2)},
        {"begin": (0, 1), "end": (9, 99)}, {"begin": (2,), "end": (2,)},
        {"begin": (3,), "end": (1,)}, {"begin": (0,), "end": (2,), "step": (0,)},
        {"begin": (0, 0, 0), "end": (1, 1, 1)}, {"begin": (-9,), "end": (2,)},
        {"begin": (9,), "end": (12,)}, {"begin": (0,), "end": (2, 3)}]
    yield from each("slice", (4, 5), *some)
    yield from each("slice_axis", (4, 5), {"axis": 0, "begin": 1, "end": 3},
                    {"axis": 1, "begin": -3, "end": -1}, {"axis": -1, "begin": 2, "end": None},
                    {"axis": 1, "begin": 0, "end": 9}, {"axis": 0, "begin": 2, "end": 2},
                    {"axis": 2, "begin": 0, "end": 1}, {"axis": 0, "begin": 3, "end": 1})
    for params, shape in (({}, (2, 3)), ({"axes": (0,)}, (2, 9)), ({"axes": (0, -1)}, (1, 2)),
                          ({"axes": (1,)}, (9, 2)), ({}, (5, 3)), ({}, (2,))):
        yield "slice_like", [base.ramp(4, 5), base.ramp(*shape)], params
    yield "slice_like", [base.ramp(4, 5, dtype="int32"), base.ramp(2, 2, dtype="int32")], {}


def picking() -> Iterator[Case]:
    """Operators that choose elements."""
    yield from each("clip", (3, 4), {"a_min": -1, "a_max": 1.5}, {"a_min": 0.0, "a_max": 0.0},
                    {"a_min": 1, "a_max": -1}, {"a_min": -base.INF, "a_max": 1})
    yield "clip", [base.array(base.EDGES)], {"a_min": -1.0, "a_max": 2.0}
    yield "clip", [base.ramp(5, dtype="int32")], {"a_min": -1.5, "a_max": 2.5}
    for dtype in ("float32", "float64", "int32"):
        data = [base.ramp(2, 3, dtype=dtype), -base.ramp(2, 3, dtype=dtype)]
        yield "where", [base.array([[1, 0, -2], [0, 0.5, 0]]), *data], {}
        yield "where", [base.array([0, 1]), *data], {}
        yield "where", [base.array([[1, 0, 1], [0, 0, 1]], dtype), *data], {}
    yield "where", [base.array([base.NAN, 0]), base.ramp(2), base.ramp(2) + 9], {}
    yield "where", [base.array([1, 0, 1]), base.ramp(2, 3), base.ramp(2, 3)], {}
    yield "where", [base.array([1, 0]), base.ramp(2, 3), base.ramp(3, 2)], {}
    yield "where", [base.array([1, 0]), base.ramp(2), base.ramp(2, dtype="float64")], {}
    halves = base.array([-2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5])
    for source in ("float32", "float64", "float16", "int32"):
        for target in ("float16", "float32", "float64", "int8", "int32", "int64", "bool"):
            yield "Cast", [halves.astype(source)], {"dtype": target}
    yield "Cast", [base.array([0.5, 200.7])], {"dtype": "uint8"}
    yield "Cast", [base.array([1e5, 65519.0, base.NAN, -base.INF, 1e-8])], {"dtype": "float16"}
    yield "Cast", [base.array([1])], {"dtype": "complex64"}
    for params in ({"depth": 4}, {"depth": 2}, {"depth": 3, "on_value": 5, "off_value": -1},
                   {"depth": 3, "dtype": "int32"}, {"depth": 3, "dtype": "float64"}, {"depth": 0}):
        for dtype in ("float32", "int32"):
            yield "one_hot", [base.array([[0, 2], [-1, 1]], dtype)], params
    yield "one_hot", [base.array([0.9, 1.5])], {"depth": 3}
    index = base.array([[0, 2], [-1, 5]])
    for params in ({}, {"axis": 1}, {"axis": -1}, {"mode": "wrap"}, {"mode": "wrap", "axis": 1},
                   {"mode": "raise"}, {"axis": 2}, {"mode": "other"}):
        yield "take", [base.ramp(3, 4), index], params
    for dtype in DTYPES:
        yield "take", [base.ramp(3, 4, dtype=dtype), index.astype("int32")], {}
    yield "take", [base.ramp(3, 4), base.array([0.9, 1.5])], {}
    yield "take", [base.ramp(5), base.array([1])], {}
    yield "take", [base.ramp(3), base.array([1, 2])], {"mode": "raise"}


GROUPS: tuple[Callable[[], Iterator[Case]], ...] = (
    reshapes, shaping, stretching, joining, cutting, picking)
