"""Gradient cases of normalisation and of loss heads."""

from __future__ import annotations

from typing import Any

import numpy as np
from golden_draw import FLOATS, Case, Cases, Draw, Params


def batch_inputs(draw: Draw, shape: tuple[int, ...], axis: int, dtype: str) -> dict[str, Any]:
    """The five inputs of ``BatchNorm``: MXNet keeps float32 states for float16 data."""
    kind, width = "float32" if dtype == "float16" else dtype, shape[axis]
    return {"data": draw(*shape, dtype=dtype), "gamma": draw(width, dtype=kind),
            "beta": draw(width, dtype=kind), "moving_mean": draw(width, dtype=kind),
            "moving_var": draw(width, dtype=kind, low=0.5, high=3)}


def batch() -> Cases:
    """``BatchNorm`` and its old form."""
    draw = Draw(20)
    options: list[Params] = [
        {}, {"fix_gamma": False}, {"fix_gamma": False, "use_global_stats": True},
        {"use_global_stats": True}, {"fix_gamma": False, "eps": 0.1, "momentum": 0.5},
        {"fix_gamma": False, "output_mean_var": True}]
    for dtype in FLOATS:
        for params in options:
            inputs = batch_inputs(draw, (2, 3, 2, 2), 1, dtype)
            for train in (True, False):
                yield Case("BatchNorm", inputs, params, train=train)
        for shape, axis in (((4, 3), 1), ((2, 3, 4), 1), ((2, 3, 2, 2, 2), 1), ((2, 3, 2, 4), 3),
                            ((2, 3, 4), -1), ((3, 4), 0), ((1, 3), 1), ((2, 1, 2, 2), 1)):
            yield Case("BatchNorm", batch_inputs(draw, shape, axis, dtype),
                       {"axis": axis, "fix_gamma": False})
    inputs = batch_inputs(draw, (2, 3, 2, 2), 1, "float32")
    yield Case("BatchNorm", inputs, {"fix_gamma": False}, req="add")
    yield Case("BatchNorm", inputs, {}, req={"data": "write", "gamma": "null", "beta": "add"})
    yield Case("BatchNorm", inputs, {}, req="null")
    for params in options:
        for train in (True, False):
            yield Case("BatchNorm_v1", inputs, params, train=train)


def layer() -> Cases:
    """The normalisations over other axes than the batch's."""
    draw = Draw(21)
    for dtype in FLOATS:
        for shape, axis in (((2, 3, 4), -1), ((2, 3, 4), 1), ((4, 3), 0), ((2, 5), -1),
                            ((2, 3, 4, 2), 2), ((1, 1), -1)):
            for params in ({}, {"eps": 0.1}, {"output_mean_var": True}):
                inputs = {"data": draw(*shape, dtype=dtype), "gamma": draw(shape[axis], dtype=dtype),
                          "beta": draw(shape[axis], dtype=dtype)}
                yield Case("LayerNorm", inputs, {"axis": axis, **params})
        for shape, params in (((2, 4, 3), {"num_groups": 2}), ((2, 4, 2, 2), {"num_groups": 4}),
                              ((1, 6, 2), {"num_groups": 3, "eps": 0.1}), ((2, 4, 3), {}),
                              ((2, 4, 3), {"num_groups": 2, "output_mean_var": True})):
            for width in (shape[1], params.get("num_groups", 1)):
                inputs = {"data": draw(*shape, dtype=dtype), "gamma": draw(width, dtype=dtype),
                          "beta": draw(width, dtype=dtype)}
                yield Case("GroupNorm", inputs, params)
        for shape in ((2, 3, 4), (2, 3, 2, 2), (1, 2, 3, 2, 2)):
            for params in ({}, {"eps": 0.1}):
                inputs = {"data": draw(*shape, dtype=dtype), "gamma": draw(shape[1], dtype=dtype),
                          "beta": draw(shape[1], dtype=dtype)}
                yield Case("InstanceNorm", inputs, params)
        for mode in ("instance", "channel", "spatial"):
            for shape in ((2, 3, 2, 2), (2, 3, 4), (2, 3)):
                for params in ({}, {"eps": 0.1}):
                    yield Case("L2Normalization", {"data": draw(*shape, dtype=dtype)},
                               {"mode": mode, **params})
        for params in ({"nsize": 3}, {"nsize": 5, "alpha": 0.5, "beta": 0.5, "knorm": 1},
                       {"nsize": 1, "alpha": 1e-2}, {"nsize": 7, "alpha": 0.1, "beta": 1.5}):
            for shape in ((2, 4, 3, 3), (1, 6, 2, 2)):
                yield Case("LRN", {"data": draw(*shape, dtype=dtype)}, params)
    inputs = {"data": draw(2, 3, 4), "gamma": draw(4), "beta": draw(4)}
    yield Case("LayerNorm", inputs, {}, req="add")
    yield Case("LayerNorm", inputs, {}, req={"data": "write", "gamma": "null", "beta": "add"})
    yield Case("LRN", {"data": draw(2, 4, 3, 3)}, {"nsize": 3}, req="add")


def softmax_output() -> Cases:
    """``SoftmaxOutput``: every way to give labels, to ignore some, and to scale."""
    draw = Draw(22)
    scales: list[Params] = [
        {}, {"grad_scale": 2.5}, {"normalization": "batch"}, {"normalization": "valid"},
        {"use_ignore": True, "ignore_label": 1}, {"smooth_alpha": 0.1},
        {"use_ignore": True, "ignore_label": 1, "normalization": "valid"},
        {"use_ignore": True, "ignore_label": -1, "normalization": "valid", "grad_scale": 0.5},
        {"use_ignore": True, "ignore_label": 2, "normalization": "batch"},
        {"out_grad": True}, {"out_grad": True, "normalization": "batch", "grad_scale": 3}]
    kinds: list[tuple[tuple[int, ...], tuple[int, ...], Params]] = [
        ((5, 3), (5,), {}), ((2, 3, 4), (2, 4), {"multi_output": True}),
        ((2, 3, 2, 2), (2, 2, 2), {"multi_output": True}),
        ((2, 3, 4), (2, 3), {"preserve_shape": True}),
        ((2, 3, 2, 2), (2, 4), {"multi_output": True})]
    for dtype in FLOATS:
        for shape, label, kind in kinds:
            for scale in scales:
                inputs = {"data": draw(*shape, dtype=dtype),
                          "label": draw.integers(*label, high=3, dtype=dtype)}
                yield Case("SoftmaxOutput", inputs, {**kind, **scale},
                           heads="out_grad" in scale)
        for params in ({}, {"grad_scale": 2.0}, {"normalization": "batch"}, {"out_grad": True}):
            inputs = {"data": draw(4, 3, dtype=dtype),
                      "label": draw(4, 3, dtype=dtype, low=0, high=1)}
            yield Case("SoftmaxOutput", inputs, params, heads="out_grad" in params)
        inputs = {"data": draw(2, 3, 2, dtype=dtype), "label": draw.integers(2, high=6, dtype=dtype)}
        yield Case("SoftmaxOutput", inputs, {}, heads=False)
    inputs = {"data": draw(4, 3), "label": draw.integers(4, high=3)}
    yield Case("SoftmaxOutput", inputs, {}, heads=True)
    yield Case("SoftmaxOutput", inputs, {}, req="add", heads=False)
    yield Case("SoftmaxOutput", inputs, {}, req={"data": "write", "label": "null"}, heads=False)
    yield Case("SoftmaxOutput", inputs, {}, train=False)
    every = {**inputs, "label": np.full(4, 1, "float32")}
    yield Case("SoftmaxOutput", every, {"use_ignore": True, "ignore_label": 1,
                                        "normalization": "valid"}, heads=False)


def regressions() -> Cases:
    """The heads that compare with a label, and ``MakeLoss``."""
    draw = Draw(23)
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        ((4, 3), (4, 3)), ((4, 1), (4,)), ((4,), (4,)), ((2, 3, 2), (2, 3, 2)), ((1, 5), (1, 5)),
        ((4, 1), (4, 1))]
    for op in ("LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput"):
        for dtype in FLOATS:
            for data, label in shapes:
                inputs = {"data": draw(*data, dtype=dtype), "label": draw(*label, dtype=dtype)}
                for params in ({}, {"grad_scale": 0.5}):
                    yield Case(op, inputs, params, heads=False)
        inputs = {"data": draw(4, 3), "label": draw(4, 3)}
        yield Case(op, {**inputs, "label": inputs["data"]}, {}, heads=False)
        yield Case(op, inputs, {}, heads=True)
        yield Case(op, inputs, {}, heads=False, req="add")
        yield Case(op, inputs, {}, train=False)
    for dtype in FLOATS:
        for params in ({}, {"grad_scale": 2.5}, {"normalization": "batch"},
                       {"normalization": "valid"}, {"normalization": "valid", "valid_thresh": 0.5},
                       {"normalization": "valid", "valid_thresh": 9, "grad_scale": 3}):
            for shape in ((4, 3), (5,), (2, 3, 2)):
                yield Case("MakeLoss", {"data": draw(*shape, dtype=dtype)}, params, heads=False)
        for shape in ((4, 3), (1,), (2, 3, 2)):
            yield Case("make_loss", {"data": draw(*shape, dtype=dtype)}, {}, heads=False)
            yield Case("make_loss", {"data": draw(*shape, dtype=dtype)}, {}, heads=True)
    yield Case("MakeLoss", {"data": draw(4, 3)}, {}, heads=True)


def other_losses() -> Cases:
    """``softmax_cross_entropy``, ``smooth_l1``, ``SVMOutput``, ``CTCLoss`` and the KL penalty."""
    draw = Draw(24)
    for dtype in FLOATS:
        for shape in ((4, 3), (1, 5), (3, 1)):
            inputs = {"data": draw(*shape, dtype=dtype),
                      "label": draw.integers(shape[0], high=shape[1], dtype=dtype)}
            yield Case("softmax_cross_entropy", inputs, {}, req={"data": "write"})
            for params in ({}, {"margin": 0.5}, {"use_linear": True},
                           {"regularization_coefficient": 0.25},
                           {"use_linear": True, "margin": 2, "regularization_coefficient": 3}):
                yield Case("SVMOutput", inputs, params, heads=False)
        for scalar in (1.0, 2.0, 0.5, 0.0):
            data = {"data": np.array([-3, -1, -0.25, 0, 0.25, 1, 3, 0.5], dtype)}
            yield Case("smooth_l1", data, {"scalar": scalar})
            yield Case("smooth_l1", {"data": draw(2, 3, dtype=dtype)}, {"scalar": scalar})
        for params in ({}, {"sparseness_target": 0.3, "penalty": 0.1, "momentum": 0.5}):
            inputs = {"data": draw(4, 3, dtype=dtype, low=0.1, high=0.9),
                      "moving_avg": draw(3, dtype=dtype, low=0.1, high=0.9)}
            yield Case("IdentityAttachKLSparseReg", inputs, params)
    yield Case("smooth_l1", {"data": draw(2, 3)}, {"scalar": 1.0}, req="add")
    yield from connectionist(draw)
    for shape in ((2, 4), (3, 2, 2)):
        inputs = {"data": draw(*shape, low=0.1, high=0.9),
                  "moving_avg": draw(shape[1], low=0.1, high=0.9)}
        yield Case("IdentityAttachKLSparseReg", inputs, {"penalty": 0.5})


def connectionist(draw: Draw) -> Cases:
    """``CTCLoss``: blank first or last, lengths of data and labels, repeated labels."""
    for dtype in ("float32", "float64"):
        data = draw(6, 3, 4, dtype=dtype)
        first = np.array([[1, 2, 0], [3, 3, 0], [2, 1, 3]], dtype)
        last = np.array([[0, 1, -1], [2, 2, -1], [1, 0, 2]], dtype)
        lengths = np.array([6, 5, 4], dtype)
        counts = np.array([2, 2, 3], dtype)
        yield Case("CTCLoss", {"data": data, "label": first})
        yield Case("CTCLoss", {"data": data, "label": last}, {"blank_label": "last"})
        yield Case("CTCLoss", {"data": data, "label": first, "data_lengths": lengths},
                   {"use_data_lengths": True})
        yield Case("CTCLoss", {"data": data, "label": first, "label_lengths": counts},
                   {"use_label_lengths": True})
        yield Case("CTCLoss", {"data": data, "label": last, "data_lengths": lengths,
                               "label_lengths": counts},
                   {"use_data_lengths": True, "use_label_lengths": True, "blank_label": "last"})
        yield Case("CTCLoss", {"data": draw(2, 1, 3, dtype=dtype),
                               "label": np.array([[1]], dtype)}, req="add")


GROUPS = (batch, layer, softmax_output, regressions, other_losses)
