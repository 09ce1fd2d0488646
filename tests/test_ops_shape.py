"""Operators that change shape, order or dtype, and the creation operators."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ops_cases import cases_of, check, golden, ops_of, run

import symbook as mx
from symbook.ops import registry
from symbook.ops.rules import Mismatch

EMPTY = "arrays without elements are arrays here"
DIFFERENT = {
    "_zeros-4": EMPTY,
    "_ones-4": EMPTY,
    "_full-4": EMPTY,
    "_arange-11": EMPTY,
    "_arange-12": EMPTY,
    "reverse-2": "an axis may be counted from the end",
    "broadcast_axis-2": "an axis may be counted from the end",
    "Pad-14": "any number of dimensions",
    "Pad-15": "any dimension can be padded",
    "Pad-19": "any dtype",
}
FAMILIES = [
    name
    for module in ("reshape", "shape", "stretch", "join", "create", "cast")
    for name in ops_of(module)
]
X = np.arange(24, dtype="float32").reshape(2, 3, 4)


@pytest.mark.parametrize("case", cases_of(FAMILIES, DIFFERENT), ids=str)
def test_golden(case):
    check(case)


def equal(result, expected):
    np.testing.assert_array_equal(result, expected)
    assert result.dtype == expected.dtype


# Where symbook does more than MXNet


@pytest.mark.parametrize("name", ["zeros", "ones", "full"])
def test_created_without_elements(name):
    values = (2.5,) if name == "full" else ()
    assert getattr(mx.nd, name)((0, 2), *values).shape == (0, 2)
    assert getattr(mx.sym, name)((0, 2), *values).eval()[0].shape == (0, 2)


def test_empty_ranges():
    assert run("_arange", start=3, stop=3)[0].shape == (0,)
    assert run("_arange", start=3, stop=1)[0].shape == (0,)


def test_axes_from_the_end():
    equal(run("reverse", X, axis=-1)[0], X[:, :, ::-1])
    one = X[:, :1, :1]
    equal(run("broadcast_axis", one, axis=-1, size=2)[0], np.repeat(one, 2, axis=2))


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect"])
@pytest.mark.parametrize("dtype", ["float32", "int32", "bool"])
def test_pad_anything(mode, dtype):
    data = (X[0] % 5).astype(dtype)
    width = ((1, 2), (3, 0))
    (result,) = run("Pad", data, mode=mode, pad_width=(1, 2, 3, 0))
    equal(result, np.pad(data, width, mode=mode))


# Special codes, against NumPy


@given(st.permutations([2, 3, 5, 7]), st.integers(0, 3), st.booleans())
def test_reshape_finds_one_size(dims, place, reverse):
    data = np.arange(210).reshape(10, 21)
    codes = [-1 if i == place else dim for i, dim in enumerate(dims)]
    equal(run("Reshape", data, shape=codes, reverse=reverse)[0], data.reshape(dims))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.data())
def test_reshape_codes_rebuild_the_shape(shape, data):
    """Codes drawn so that they must give a shape that is known before."""
    codes, expected, at = [], [], 0
    while at < len(shape):
        code = data.draw(st.sampled_from([0, -3, -4, -2] if at + 1 < len(shape) else [0, -4, -2]))
        codes.append(code)
        if code == 0:
            expected.append(shape[at])
            at += 1
        elif code == -3:
            expected.append(shape[at] * shape[at + 1])
            at += 2
        elif code == -4:
            codes += [-1, shape[at]] if data.draw(st.booleans()) else [shape[at], -1]
            expected += [1, shape[at]] if codes[-2] == -1 else [shape[at], 1]
            at += 1
        else:
            expected += shape[at:]
            at = len(shape)
    array = np.arange(np.prod(shape)).reshape(shape)
    equal(run("Reshape", array, shape=codes)[0], array.reshape(expected))


def test_reshape_in_the_old_way():
    equal(run("Reshape", X, target_shape=(4, 0))[0], X.reshape(4, 6))
    equal(run("Reshape", X, target_shape=(0, 0), keep_highest=True)[0], X.reshape(2, 12))


def test_empty_arrays():
    empty = np.zeros((0, 3), "float32")
    assert run("Reshape", empty, shape=(-1,))[0].shape == (0,)
    assert run("Flatten", np.zeros((2, 0, 3), "float32"))[0].shape == (2, 0)
    assert run("Concat", empty, X[0, :, :3], num_args=2, dim=0)[0].shape == (3, 3)
    assert run("transpose", empty)[0].shape == (3, 0)
    assert run("SliceChannel", empty, num_outputs=3)[2].shape == (0, 1)


def test_depth_and_space():
    data = np.arange(32, dtype="float32").reshape(1, 8, 2, 2)
    (wide,) = run("depth_to_space", data, block_size=2)
    assert wide.shape == (1, 2, 4, 4)
    for i, j, c, y, x in np.ndindex(2, 2, 2, 2, 2):
        assert wide[0, c, 2 * y + i, 2 * x + j] == data[0, (2 * i + j) * 2 + c, y, x]
    equal(run("space_to_depth", wide, block_size=2)[0], data)
    with pytest.raises(Mismatch, match="3 channels"):
        run("depth_to_space", np.zeros((1, 3, 2, 2)), block_size=2)
    with pytest.raises(Mismatch, match="4 dimensions"):
        run("space_to_depth", X, block_size=2)


# Views

VIEWS = [
    ("Reshape", {"shape": (4, 6)}),
    ("Flatten", {}),
    ("expand_dims", {"axis": 1}),
    ("squeeze", {}),
    ("transpose", {}),
    ("SwapAxis", {"dim1": 0, "dim2": 2}),
    ("reverse", {"axis": 0}),
    ("broadcast_to", {"shape": (2, 3, 4)}),
    ("broadcast_axis", {}),
    ("SliceChannel", {"num_outputs": 3}),
    ("slice", {"begin": (0, 1), "end": (1, 3)}),
    ("slice_axis", {"axis": 2, "begin": 1, "end": None}),
    ("_copy", {}),
    ("BlockGrad", {}),
]


@pytest.mark.parametrize(("op", "params"), VIEWS)
def test_views_copy_nothing(op, params):
    assert registry.get(op).view
    assert all(np.shares_memory(result, X) for result in run(op, X, **params))


COPIES = {
    case.op: case
    for case in golden()
    if case.inputs and not case.error and not registry.get(case.op).view
}


@pytest.mark.parametrize("case", COPIES.values(), ids=str)
def test_only_views_share_memory(case):
    results = run(case.op, *case.inputs, **case.params)
    assert not any(np.shares_memory(a, b) for a in results for b in case.inputs)


@pytest.mark.parametrize("op", ["depth_to_space", "space_to_depth", "diag"])
def test_copies_even_where_nothing_moves(op):
    data = np.ones((1, 1, 1, 1), "float32")
    params = {} if op == "diag" else {"block_size": 1}
    assert not np.shares_memory(run(op, data, **params)[0], data)


# Inference in both directions; the expectations are MXNet's `infer_shape_partial`


def inferred(op, ins, outs=None, **given_):
    operator = registry.get(op)
    params = operator.parse(given_)
    outs = outs or (None,) * len(operator.output_names(params))
    return operator.shape(tuple(ins), tuple(outs), params)


_ = None
PARTIAL = [
    ("transpose", {"axes": (1, 2, 0)}, [_], [(2, 3, 4)], [(4, 2, 3)], [(2, 3, 4)]),
    ("transpose", {"axes": (1, 2, 0)}, [(2, _, 4)], [(_, 4, 2)], [(2, _, 4)], [(_, 4, 2)]),
    ("Reshape", {"shape": (-1, 4)}, [(_, 4)], [(3, 4)], [(3, 4)], [(3, 4)]),
    ("Reshape", {"shape": (-1, 4)}, [(_, 8)], [(4, 4)], [(2, 8)], [(4, 4)]),
    ("Reshape", {"shape": (0, -1)}, [(_, 8)], [(4, 8)], [(4, 8)], [(4, 8)]),
    ("Reshape", {"shape": (0, -1)}, [_], [(4, 8)], [_], [(4, 8)]),
    ("Reshape", {"shape": (3, 4)}, [(_, 6)], [_], [(2, 6)], [(3, 4)]),
    ("Reshape", {"shape": (-3, 0)}, [(_, 2, 4)], [_], [(_, 2, 4)], [(_, 4)]),
    ("Reshape", {"shape": (-2,)}, [(_, 2, 4)], [_], [(_, 2, 4)], [(_, 2, 4)]),
    ("Reshape", {"shape": (-4, 2, -1, 0, 0)}, [(_, 2, 4)], [_], [(_, 2, 4)], [(2, _, 2, 4)]),
    ("Reshape", {"shape": (2, 3)}, [_], [_], [_], [_]),
    ("expand_dims", {"axis": 1}, [_], [(2, 1, 3)], [(2, 3)], [(2, 1, 3)]),
    ("expand_dims", {"axis": 1}, [(_, 3)], [(2, 1, _)], [(2, 3)], [(2, 1, 3)]),
    ("Concat", {"num_args": 2}, [(2, 3), (_, _)], [_], [(2, 3), (2, _)], [(2, _)]),
    ("Concat", {"num_args": 2}, [(2, _), (_, 5)], [(_, 7)], [(2, 2), (2, 5)], [(2, 7)]),
    ("SliceChannel", {"num_outputs": 2}, [(_, 4)], [_, _], [(_, 4)], [(_, 2), (_, 2)]),
    ("SwapAxis", {"dim1": 0, "dim2": 1}, [(_, 3)], [_], [(_, 3)], [(3, _)]),
    ("reverse", {"axis": 0}, [_], [(3, 4)], [(3, 4)], [(3, 4)]),
    ("_copy", {}, [_], [(3, 4)], [(3, 4)], [(3, 4)]),
    ("BlockGrad", {}, [_], [(3, 4)], [(3, 4)], [(3, 4)]),
    ("Cast", {"dtype": "int32"}, [_], [(2, 3)], [(2, 3)], [(2, 3)]),
    ("zeros_like", {}, [_], [(2, 3)], [(2, 3)], [(2, 3)]),
    ("broadcast_to", {"shape": (2, 3)}, [_], [_], [_], [_]),
    ("broadcast_to", {"shape": (2, 0)}, [(1, _)], [_], [(1, _)], [(2, _)]),
    ("Pad", {"mode": "edge", "pad_width": (0, 0, 1, 1)}, [(_, 4)], [_], [(_, 4)], [(_, 6)]),
    ("shape_array", {}, [(_, 2)], [_], [(_, 2)], [(2,)]),
    ("shape_array", {}, [_], [_], [_], [(_,)]),
    ("size_array", {}, [_], [_], [_], [(1,)]),
]
# Here symbook finds more than MXNet: what must be true whatever the unknown sizes are.
BEYOND = [
    ("transpose", {}, [_], [(2, 3)], [(3, 2)], [(2, 3)]),
    ("Flatten", {}, [(_, 3, 4)], [(5, 12)], [(5, 3, 4)], [(5, 12)]),
    ("Flatten", {}, [(5, _, 4)], [_], [(5, _, 4)], [(5, _)]),
    ("Concat", {"num_args": 2}, [(2, 3), _], [(2, 7)], [(2, 3), (2, 4)], [(2, 7)]),
    ("Concat", {"num_args": 2}, [(2, 3), _], [_], [(2, 3), (2, _)], [(2, _)]),
    ("stack", {"num_args": 2, "axis": 1}, [(2, 3), _], [_], [(2, 3), (2, 3)], [(2, 2, 3)]),
    ("stack", {"num_args": 2, "axis": 1}, [_, _], [(4, 2, 3)], [(4, 3), (4, 3)], [(4, 2, 3)]),
    ("SwapAxis", {"dim1": 0, "dim2": 1}, [_], [(2, 3)], [(3, 2)], [(2, 3)]),
    ("SliceChannel", {"num_outputs": 2}, [(2, _)], [_, _], [(2, _)], [(2, _), (2, _)]),
    ("broadcast_to", {"shape": (2, 3)}, [(_, 3)], [_], [(_, 3)], [(2, 3)]),
]


@pytest.mark.parametrize(("op", "params", "ins", "outs", "all_ins", "all_outs"), PARTIAL + BEYOND)
def test_partial_inference(op, params, ins, outs, all_ins, all_outs):
    assert inferred(op, ins, outs, **params) == (tuple(all_ins), tuple(all_outs))


@pytest.mark.parametrize(
    ("op", "params", "ins", "outs", "message"),
    [
        ("expand_dims", {"axis": 1}, [(2, 3)], [(2, 2, 3)], r"expected \(2, 1, 3\)"),
        ("Reshape", {"shape": (4, 4)}, [(2, 3)], [_], "has 6 elements and cannot be reshaped"),
        ("Reshape", {"shape": (-1, 4)}, [(2, 3)], [_], "has 6 elements"),
        ("Reshape", {"shape": (0, 0, 0)}, [(2, 3)], [_], "need more dimensions"),
        ("Reshape", {}, [(2, 3)], [_], "shape is missing"),
        ("Concat", {"num_args": 2}, [(2, 3), (4, 3)], [_], r"expected \(2, \?\), got \(4, \?\)"),
        ("Concat", {"num_args": 2}, [(2, 3), (3,)], [_], "same number of dimensions"),
        ("transpose", {"axes": (0, 0)}, [(2, 3)], [_], "do not name each of the 2"),
        ("SliceChannel", {"num_outputs": 2}, [(2, 3)], [_, _], "cannot be split into 2 equal"),
        ("squeeze", {"axis": 1}, [(2, 3)], [_], "axis 1 has size 3"),
        ("broadcast_to", {"shape": (4, 3)}, [(2, 3)], [_], r"cannot be broadcast to \(4, 3\)"),
        ("Pad", {"mode": "edge", "pad_width": (1, 1)}, [(2, 3)], [_], r"\(2, 3\) needs 4"),
        ("reverse", {"axis": 2}, [(2, 3)], [_], "axis 2 is out of range"),
    ],
)
def test_refused_in_one_sentence(op, params, ins, outs, message):
    with pytest.raises(Mismatch, match=message):
        inferred(op, ins, outs, **params)
