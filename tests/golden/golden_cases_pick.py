"""Gradient cases of operators that order, choose, scatter or cast elements."""

from __future__ import annotations

import numpy as np
from golden_draw import FLOATS, Case, Cases, Draw, Params


def ordering() -> Cases:
    """``sort``, ``argsort`` and ``topk``."""
    draw = Draw(80)
    ties = np.array([[3, 1, 3, 2], [0, 0, 0, 0], [-1, 5, 5, -1]])
    axes: list[Params] = [{}, {"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": None},
                          {"axis": -2, "is_ascend": False}, {"is_ascend": False}]
    for dtype in FLOATS:
        for params in axes:
            for op in ("sort", "argsort"):
                yield Case(op, {"data": draw.distinct(2, 3, 4, dtype=dtype)}, params)
        for op in ("sort", "argsort"):
            for ascending in (True, False):
                yield Case(op, {"data": ties.astype(dtype)}, {"is_ascend": ascending})
            yield Case(op, {"data": draw.distinct(1, dtype=dtype)}, {})
        for kind in ("value", "indices", "mask", "both"):
            for params in ({}, {"k": 2}, {"k": 2, "axis": 0}, {"k": 3, "is_ascend": True},
                           {"k": 0}, {"k": 2, "axis": None}, {"k": 2, "dtype": "int32"}):
                yield Case("topk", {"data": draw.distinct(3, 4, dtype=dtype)},
                           {"ret_typ": kind, **params})
            yield Case("topk", {"data": ties.astype(dtype)}, {"ret_typ": kind, "k": 2})
    for kind in ("float64", "int32", "int64", "uint8", "float16"):
        yield Case("argsort", {"data": draw.distinct(2, 3)}, {"dtype": kind})
    yield Case("argsort", {"data": ties.astype("int32")})
    yield Case("sort", {"data": draw.distinct(2, 3)}, {}, req="add")
    yield Case("topk", {"data": draw.distinct(2, 3)}, {"ret_typ": "value"}, req="add")


def picking() -> Cases:
    """``pick``, ``batch_take``, ``gather_nd``, ``scatter_nd``."""
    draw = Draw(81)
    for dtype in FLOATS:
        for params, shape in (({}, (3,)), ({"axis": 1}, (3,)), ({"axis": 0}, (4,)),
                              ({"keepdims": True}, (3, 1)), ({"axis": -2}, (4,)),
                              ({"mode": "wrap"}, (3,)), ({"axis": 0, "keepdims": True}, (1, 4))):
            for kind in ("float32", "int32"):
                inputs = {"data": draw(3, 4, dtype=dtype),
                          "index": draw.integers(*shape, low=-2, high=6, dtype=kind)}
                yield Case("pick", inputs, params)
        inputs = {"data": draw(2, 3, 4, dtype=dtype), "index": draw.integers(2, 4, high=3)}
        yield Case("pick", inputs, {"axis": 1})
        for high in (4, 9):
            yield Case("batch_take", {"a": draw(3, 4, dtype=dtype),
                                      "indices": draw.integers(3, low=-1, high=high, dtype="int32")})
        for index in ([[0, 1, 1], [2, 0, 0]], [[1, 1, 1]], [[[0, 1]], [[1, 2]]]):
            for kind in ("float32", "int32"):
                chosen = np.array(index, kind)
                yield Case("gather_nd", {"data": draw(2, 3, 2, dtype=dtype), "indices": chosen},
                           req={"data": "write"})
        for index, shape, out in (([[0, 1, 1], [2, 0, 1]], (3,), (2, 3)), ([[1, 0]], (2, 2), (3, 2)),
                                  ([[0]], (1, 2, 2), (2, 2, 2))):
            yield Case("scatter_nd", {"data": draw(*shape, dtype=dtype),
                                      "indices": np.array(index, "float32")}, {"shape": out},
                       req={"data": "write"})


def taking() -> Cases:
    """``take`` from other axes."""
    draw = Draw(85)
    for mode in ("clip", "wrap"):
        for axis in (0, 1, -1):
            inputs = {"a": draw(3, 4), "indices": draw.integers(2, 2, low=-3, high=6, dtype="int32")}
            yield Case("take", inputs, {"axis": axis, "mode": mode})
            yield Case("take", inputs, {"axis": axis, "mode": mode}, req="add")


def placing() -> Cases:
    """Operators that rearrange or cut."""
    draw = Draw(82)
    for dtype in FLOATS:
        for params, shape in (({}, (3, 3)), ({"k": 1}, (3, 4)), ({"k": -1}, (4, 3)), ({}, (3,)),
                              ({"k": 1}, (2,)), ({"axis1": 0, "axis2": 2}, (2, 3, 2)),
                              ({"k": -2}, (2,)), ({"axis1": -1, "axis2": 0, "k": 1}, (3, 2, 3))):
            yield Case("diag", {"data": draw(*shape, dtype=dtype)}, params)
        for size, shape in ((2, (1, 4, 2, 3)), (1, (1, 1, 2, 2)), (3, (1, 9, 1, 2))):
            yield Case("depth_to_space", {"data": draw(*shape, dtype=dtype)}, {"block_size": size})
        for size, shape in ((2, (1, 2, 4, 2)), (1, (1, 1, 2, 2)), (3, (1, 1, 3, 6))):
            yield Case("space_to_depth", {"data": draw(*shape, dtype=dtype)}, {"block_size": size})
        for params in ({"indices": (0, 2), "axis": 1}, {"indices": (0, 1, 3), "axis": -1},
                       {"indices": (0,), "axis": 0}, {"indices": (), "sections": 2, "axis": 1},
                       {"indices": (), "sections": 4, "axis": 1, "squeeze_axis": True}):
            yield Case("_split_v2", {"data": draw(2, 4, 3 + 1, dtype=dtype)}, params)
        for axes in ((0,), (1, 2), (-1,), (0, 1, 2)):
            for keep in (False, True):
                yield Case("moments", {"data": draw(2, 3, 4, dtype=dtype)},
                           {"axes": axes, "keepdims": keep})
        inputs = {"lhs": draw(3, 4, dtype=dtype), "mhs": draw(3, dtype=dtype),
                  "rhs": draw.integers(3, high=4, dtype=dtype)}
        yield Case("fill_element_0index", inputs, at_once=True)
        for begin, end, step, shape in (
                ((0, 1), (2, 3), (), (2, 2)), ((None, 0), (None, 4), (2, 2), (2, 2)),
                ((2,), (None,), (-1,), (3, 4))):
            inputs = {"lhs": draw(3, 4, dtype=dtype), "rhs": draw(*shape, dtype=dtype)}
            yield Case("_slice_assign", inputs, {"begin": begin, "end": end, "step": step})
        for begin, end, scalar in (((0, 1), (2, 3), 2.5), ((1,), (2,), 0), ((-1,), (None,), -1)):
            yield Case("_slice_assign_scalar", {"data": draw(3, 4, dtype=dtype)},
                       {"begin": begin, "end": end, "scalar": scalar})
        for op in ("_grad_add", "_identity_with_attr_like_rhs"):
            for shape in ((2, 3), (1,), (2, 1, 2)):
                yield Case(op, {"lhs": draw(*shape, dtype=dtype), "rhs": draw(*shape, dtype=dtype)})


def accumulating() -> Cases:
    """``cumsum``, which has kept NumPy's name for its input."""
    draw = Draw(84)
    for dtype in FLOATS:
        for params in ({}, {"axis": 0}, {"axis": -1}, {"axis": 1, "dtype": "float64"}):
            yield Case("_np_cumsum", {"a": draw(2, 3, 2, dtype=dtype)}, params)
    yield Case("_np_cumsum", {"a": draw(3, 2)}, {"axis": 0}, req="add")
    inputs = {"lhs": draw(2, 3), "mhs": draw(2), "rhs": draw.integers(2, high=3)}
    for _ in range(2):
        inputs["rhs"] = (inputs["rhs"] + 1) % 3
        yield Case("fill_element_0index", dict(inputs), at_once=True)
    for op in ("_scatter_plus_scalar", "_scatter_minus_scalar"):
        for scalar in (1.5, -2, 0):
            yield Case(op, {"data": draw(2, 3)}, {"scalar": scalar})
    for _ in range(3):
        yield Case("_scatter_elemwise_div", {"lhs": draw(2, 3), "rhs": draw(2, 3, low=1)})


def casting() -> Cases:
    """``amp_cast`` and others that pass values on."""
    draw = Draw(83)
    for dtype in FLOATS:
        for target in FLOATS:
            yield Case("amp_cast", {"data": draw(2, 3, dtype=dtype)}, {"dtype": target})
        for narrow in (False, True):
            for other in FLOATS:
                inputs = {"arg0": draw(2, dtype=dtype), "arg1": draw(3, dtype=other)}
                yield Case("amp_multicast", inputs, {"num_outputs": 2, "cast_narrow": narrow})
        yield Case("cast_storage", {"data": draw(2, 3, dtype=dtype)}, {"stype": "default"})
        data = draw(2, 3, dtype=dtype)
        yield Case("all_finite", {"data": data})
        yield Case("all_finite", {"data": np.where(data > 0, np.inf, data).astype(dtype)})
        yield Case("multi_all_finite", {"arg0": data, "arg1": data * np.nan}, {"num_arrays": 2})
        yield Case("multi_all_finite", {"arg0": data, "arg1": data}, {"num_arrays": 2})
        yield Case("multi_sum_sq", {"arg0": data, "arg1": draw(4, dtype=dtype)}, {"num_arrays": 2})
        yield Case("multi_sum_sq", {"arg0": data}, {"num_arrays": 1})
        yield Case("reset_arrays", {"arg0": data, "arg1": draw(4, dtype=dtype)}, {"num_arrays": 2},
                   at_once=True)
        counts = {"data": draw(12, dtype=dtype)}
        for params in ({"bin_cnt": 4, "range": (-2, 2)}, {"bin_cnt": 3, "range": (-1, 1.5)},
                       {"bin_cnt": 1, "range": (0, 1)}):
            yield Case("_histogram", counts, params)
        yield Case("_histogram", {**counts, "bins": np.array([-2, -0.5, 0, 1.25, 1.5], dtype)})
    for kind in ("float32", "int32", "int64"):
        for shape in ((2, 3, 4), (5,), (3, -1)):
            flat = draw.integers(4, high=5 if len(shape) == 1 else 12, dtype=kind)
            yield Case("_unravel_index", {"data": flat}, {"shape": shape})
            many = np.stack([draw.integers(4, high=2, dtype=kind) for _ in shape])
            yield Case("_ravel_multi_index", {"data": many}, {"shape": shape})


GROUPS = (ordering, picking, placing, casting, accumulating)
