"""Gradient cases of layers: dense, convolution, pooling, activations, dropout, embedding."""

from __future__ import annotations

from typing import Any

import numpy as np
from golden_draw import FLOATS, Case, Cases, Draw, Params


def dense() -> Cases:
    """``FullyConnected``, ``Embedding`` and ``dot``-like layers."""
    draw = Draw(1)
    shapes: list[tuple[tuple[int, ...], int, Params]] = [
        ((2, 3), 4, {}), ((2, 3), 1, {"no_bias": True}), ((1, 1), 1, {}),
        ((2, 3, 5), 4, {"flatten": False}), ((2, 3, 5), 4, {"flatten": False, "no_bias": True}),
        ((2, 3, 2, 2), 4, {}), ((5, 7), 6, {}), ((2, 2, 3, 4), 3, {"flatten": False})]
    for shape, hidden, params in shapes:
        for dtype in FLOATS:
            width = shape[-1] if "flatten" in params else int(np.prod(shape[1:]))
            inputs = {"data": draw(*shape, dtype=dtype), "weight": draw(hidden, width, dtype=dtype)}
            if "no_bias" not in params:
                inputs["bias"] = draw(hidden, dtype=dtype)
            for req in ("write", "add") if shape == (2, 3) else ("write",):
                yield Case("FullyConnected", inputs, {"num_hidden": hidden, **params}, req=req)
    inputs = {"data": draw(2, 3), "weight": draw(4, 3), "bias": draw(4)}
    for req in ({"data": "null", "weight": "add", "bias": "write"}, "null"):
        yield Case("FullyConnected", inputs, {"num_hidden": 4}, req=req)
    yield Case("FullyConnected", inputs, {"num_hidden": 4}, train=False)


def embedding() -> Cases:
    """``Embedding``: indices repeated, out of range, and of other dtypes."""
    draw = Draw(2)
    for dtype in FLOATS:
        weight = draw(5, 3, dtype=dtype)
        params = {"input_dim": 5, "output_dim": 3, "dtype": dtype}
        for data in (np.array([[0, 4, 4], [1, 0, 4]]), np.array([2]), np.array([[[1], [3]]])):
            yield Case("Embedding", {"data": data.astype("float32"), "weight": weight}, params,
                       req={"weight": "write"})
        yield Case("Embedding", {"data": np.array([1, 3, 1], "int32"), "weight": weight}, params)
    data = np.array([-1, 7, 2.9], "float32")
    params = {"input_dim": 5, "output_dim": 3}
    for req in ("write", "add"):
        yield Case("Embedding", {"data": data, "weight": draw(5, 3)}, params, req={"weight": req})


CONVOLUTIONS: list[tuple[tuple[int, ...], Params]] = [
    ((2, 3, 7), {"kernel": (3,), "num_filter": 4}),
    ((2, 4, 7), {"kernel": (3,), "num_filter": 6, "num_group": 2, "stride": (2,), "pad": (1,)}),
    ((1, 2, 7), {"kernel": (2,), "num_filter": 3, "dilate": (3,), "pad": (2,), "no_bias": True}),
    ((2, 3, 5, 5), {"kernel": (3, 3), "num_filter": 4}),
    ((2, 3, 5, 6), {"kernel": (3, 2), "num_filter": 2, "stride": (2, 1), "pad": (1, 1)}),
    ((1, 3, 7, 7), {"kernel": (3, 3), "num_filter": 2, "dilate": (2, 2), "pad": (2, 1)}),
    ((2, 4, 5, 5), {"kernel": (3, 3), "num_filter": 4, "num_group": 4, "pad": (1, 1),
                    "no_bias": True}),
    ((2, 4, 4, 5), {"kernel": (2, 3), "num_filter": 6, "num_group": 2, "stride": (1, 2)}),
    ((2, 3, 4, 4), {"kernel": (1, 1), "num_filter": 5}),
    ((2, 3, 5, 5), {"kernel": (1, 1), "num_filter": 2, "stride": (2, 2), "no_bias": True}),
    ((1, 2, 4, 4), {"kernel": (4, 4), "num_filter": 3}),
    ((1, 1, 6, 6), {"kernel": (2, 2), "num_filter": 1, "stride": (3, 3)}),
    ((1, 2, 3, 3), {"kernel": (3, 3), "num_filter": 2, "pad": (3, 3), "stride": (2, 2)}),
    ((1, 2, 4, 4, 4), {"kernel": (2, 2, 2), "num_filter": 3}),
    ((2, 2, 4, 3, 5), {"kernel": (3, 1, 2), "num_filter": 4, "num_group": 2, "pad": (1, 0, 1),
                       "stride": (1, 2, 2)}),
    ((1, 2, 5, 4, 4), {"kernel": (2, 2, 2), "num_filter": 2, "dilate": (2, 1, 2),
                       "no_bias": True}),
]


def convolution() -> Cases:
    """``Convolution`` in one, two and three dimensions."""
    draw = Draw(3)
    for shape, params in CONVOLUTIONS:
        for dtype in FLOATS:
            groups = params.get("num_group", 1)
            inputs = {"data": draw(*shape, dtype=dtype), "weight": draw(
                params["num_filter"], shape[1] // groups, *params["kernel"], dtype=dtype)}
            if not params.get("no_bias"):
                inputs["bias"] = draw(params["num_filter"], dtype=dtype)
            yield Case("Convolution", inputs, params)
    params = {"kernel": (3, 3), "num_filter": 4}
    inputs = {"data": draw(2, 3, 5, 5), "weight": draw(4, 3, 3, 3), "bias": draw(4)}
    yield Case("Convolution", inputs, params, req="add")
    yield Case("Convolution", inputs, params, req={"data": "write", "weight": "null",
                                                   "bias": "add"})
    yield Case("Convolution", inputs, params, train=False)
    for more in ({"pad": (1, 1)}, {"stride": (2, 2), "no_bias": True}, {"num_group": 1}):
        given = {k: v for k, v in inputs.items() if k != "bias" or "no_bias" not in more}
        yield Case("Convolution_v1", given, {**params, **more})


DECONVOLUTIONS: list[tuple[tuple[int, ...], Params]] = [
    ((2, 3, 4), {"kernel": (3,), "num_filter": 2}),
    ((1, 4, 4), {"kernel": (3,), "num_filter": 4, "num_group": 2, "stride": (2,), "pad": (1,),
                 "adj": (1,), "no_bias": False}),
    ((2, 3, 3, 3), {"kernel": (3, 3), "num_filter": 2}),
    ((2, 3, 3, 4), {"kernel": (4, 3), "num_filter": 2, "stride": (2, 2), "pad": (1, 1),
                    "no_bias": False}),
    ((1, 2, 3, 3), {"kernel": (3, 3), "num_filter": 2, "stride": (2, 2), "pad": (1, 1),
                    "adj": (1, 1)}),
    ((1, 2, 3, 3), {"kernel": (2, 2), "num_filter": 3, "dilate": (2, 2), "no_bias": False}),
    ((1, 4, 3, 3), {"kernel": (4, 4), "num_filter": 4, "num_group": 4, "stride": (2, 2),
                    "pad": (1, 1)}),
    ((2, 4, 3, 2), {"kernel": (2, 3), "num_filter": 6, "num_group": 2, "stride": (1, 2)}),
    ((1, 2, 3, 3), {"kernel": (3, 3), "num_filter": 2, "stride": (2, 2),
                    "target_shape": (6, 6)}),
    ((1, 2, 3, 3), {"kernel": (3, 3), "num_filter": 2, "stride": (2, 2),
                    "target_shape": (5, 6), "pad": (9, 9), "adj": (1, 1)}),
    ((1, 2, 4, 4), {"kernel": (1, 1), "num_filter": 3}),
    ((1, 2, 2, 3, 2), {"kernel": (2, 2, 3), "num_filter": 2, "stride": (2, 1, 2)}),
    ((1, 2, 2, 2, 2), {"kernel": (3, 3, 3), "num_filter": 1, "pad": (1, 1, 1),
                       "stride": (2, 2, 2), "adj": (1, 0, 1), "no_bias": False}),
]


def deconvolution() -> Cases:
    """``Deconvolution``, the gradient of a convolution with respect to its data."""
    draw = Draw(4)
    for shape, params in DECONVOLUTIONS:
        for dtype in FLOATS:
            width = params["num_filter"] // params.get("num_group", 1)
            inputs = {"data": draw(*shape, dtype=dtype),
                      "weight": draw(shape[1], width, *params["kernel"], dtype=dtype)}
            if params.get("no_bias") is False:
                inputs["bias"] = draw(params["num_filter"], dtype=dtype)
            yield Case("Deconvolution", inputs, params)
    inputs = {"data": draw(1, 2, 3, 3), "weight": draw(2, 2, 3, 3)}
    yield Case("Deconvolution", inputs, {"kernel": (3, 3), "num_filter": 2}, req="add")


def pooling() -> Cases:
    """``Pooling``: kinds, conventions, strides, pads, ties."""
    draw = Draw(5)
    windows: list[tuple[tuple[int, ...], Params]] = [
        ((2, 3, 7), {"kernel": (3,)}), ((1, 2, 8), {"kernel": (2,), "stride": (2,)}),
        ((1, 2, 7), {"kernel": (3,), "stride": (2,), "pad": (1,)}),
        ((2, 2, 5, 5), {"kernel": (2, 2)}),
        ((2, 2, 6, 5), {"kernel": (2, 2), "stride": (2, 2)}),
        ((1, 2, 5, 6), {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1)}),
        ((1, 2, 7, 7), {"kernel": (3, 2), "stride": (1, 3), "pad": (1, 0)}),
        ((1, 1, 4, 4), {"kernel": (4, 4)}),
        ((1, 2, 3, 4, 4), {"kernel": (2, 2, 3), "stride": (1, 2, 1), "pad": (0, 1, 1)})]
    for kind in ("max", "avg", "sum", "lp"):
        power = {"p_value": 2} if kind == "lp" else {}
        for shape, window in windows:
            for convention in ("valid", "full"):
                params = {"pool_type": kind, "pooling_convention": convention, **power, **window}
                yield Case("Pooling", {"data": draw.distinct(*shape)}, params)
        params = {"pool_type": kind, "kernel": (3, 3), "stride": (2, 2), "pad": (1, 1), **power}
        for dtype in FLOATS:
            yield Case("Pooling", {"data": draw.distinct(2, 2, 5, 5, dtype=dtype)}, params)
            for shape in ((2, 3, 5), (2, 3, 4, 3), (1, 2, 2, 3, 2)):
                yield Case("Pooling", {"data": draw.distinct(*shape, dtype=dtype)},
                           {"pool_type": kind, "global_pool": True, **power})
        yield Case("Pooling", {"data": draw.integers(1, 2, 5, 5, high=3)}, params)
        yield Case("Pooling", {"data": draw(1, 2, 5, 5)}, params, req="add")
        yield Case("Pooling", {"data": draw(1, 2, 5, 5)}, params, train=False)
        yield Case("Pooling", {"data": draw(1, 2, 5)}, {**power, "pool_type": kind, "kernel": (2,),
                   "stride": (2,), "pooling_convention": "same", "pad": (0,)})
        yield Case("Pooling", {"data": draw(1, 2, 4, 4)},
                   {**power, "pool_type": kind, "global_pool": True, "kernel": (2, 2)})
    for shape, params in (((1, 2, 5, 5), {"kernel": (3, 3), "pad": (1, 1)}),
                          ((1, 2, 5, 6), {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1)}),
                          ((1, 2, 6), {"kernel": (3,), "pad": (2,)}),
                          ((1, 1, 3, 3, 3), {"kernel": (2, 2, 2), "pad": (1, 1, 1)})):
        for include in (True, False):
            for convention in ("valid", "full"):
                yield Case("Pooling", {"data": draw(*shape)}, {
                    **params, "pool_type": "avg", "count_include_pad": include,
                    "pooling_convention": convention})
    for power in (1, 3):
        yield Case("Pooling", {"data": draw(1, 2, 4, 4, low=0.25)},
                   {"kernel": (2, 2), "pool_type": "lp", "p_value": power})
    for layout, shape in (("NWC", (2, 5, 3)), ("NHWC", (2, 5, 5, 2)), ("NDHWC", (1, 3, 3, 3, 2))):
        for kind in ("max", "avg"):
            yield Case("Pooling", {"data": draw.distinct(*shape)}, {
                "kernel": (2,) * (len(shape) - 2), "pool_type": kind, "layout": layout})
    data = np.array([[[[1, np.nan, 2, 3], [0, 1, 5, 5], [-np.inf, 1, 0, 5], [2, 2, 2, 2]]]])
    yield Case("Pooling", {"data": data.astype("float32")}, {"kernel": (2, 2), "stride": (2, 2)})
    for params in ({"kernel": (2, 2)}, {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1)},
                   {"kernel": (3, 3), "stride": (2, 2), "pooling_convention": "full"},
                   {"kernel": (1, 1), "global_pool": True}):
        for kind in ("max", "avg", "sum"):
            yield Case("Pooling_v1", {"data": draw.distinct(1, 2, 6, 6)},
                       {**params, "pool_type": kind})


def activations() -> Cases:
    """``Activation``, ``LeakyReLU`` and the softmax family."""
    draw = Draw(6)
    edges = np.array([-np.inf, -20, -1, -0.0, 0, 0.5, 1, 20, np.inf, np.nan])
    for dtype in FLOATS:
        for kind in ("relu", "sigmoid", "tanh", "softrelu", "softsign"):
            params = {"act_type": kind}
            yield Case("Activation", {"data": draw(2, 3, dtype=dtype)}, params)
            yield Case("Activation", {"data": edges.astype(dtype)}, params)
            yield Case("Activation", {"data": draw(1, 2, 2, 2, dtype=dtype)}, params, req="add")
        for kind in ("leaky", "elu", "selu", "gelu"):
            for slope in ({}, {"slope": 0.5}):
                params = {"act_type": kind, **slope}
                yield Case("LeakyReLU", {"data": draw(2, 3, dtype=dtype)}, params)
            yield Case("LeakyReLU", {"data": edges.astype(dtype)}, {"act_type": kind})
        for shape, gamma in (((2, 3), (3,)), ((2, 3, 2, 2), (3,)), ((2, 3, 2), (1,)),
                             ((4,), (1,)), ((2, 1, 3), (1,))):
            inputs = {"data": draw(*shape, dtype=dtype), "gamma": draw(*gamma, dtype=dtype)}
            yield Case("LeakyReLU", inputs, {"act_type": "prelu"})
        yield Case("LeakyReLU", {"data": draw(2, 3, dtype=dtype)}, {"act_type": "rrelu"}, seed=3)
        yield Case("LeakyReLU", {"data": draw(2, 3, dtype=dtype)},
                   {"act_type": "rrelu", "lower_bound": 0.25, "upper_bound": 0.5}, train=False)
    yield from softmaxes(Draw(7))


def softmaxes(draw: Draw) -> Cases:
    """``softmax``, ``softmin``, ``log_softmax``, ``SoftmaxActivation``."""
    options: list[Params] = [
        {}, {"axis": 1}, {"axis": 0}, {"axis": -2}, {"temperature": 2.0},
        {"axis": 1, "temperature": 0.25}, {"dtype": "float64"}]
    for op in ("softmax", "softmin", "log_softmax"):
        for dtype in FLOATS:
            for params in options:
                yield Case(op, {"data": draw(2, 3, 4, dtype=dtype)}, params)
            for shape in ((3,), (1, 1), (2, 5)):
                yield Case(op, {"data": draw(*shape, dtype=dtype)}, {})
        yield Case(op, {"data": np.array([[1e4, 0, -1e4], [90, 89, -90]], "float32")}, {})
        yield Case(op, {"data": np.array([[np.inf, 0], [-np.inf, 0], [np.nan, 1]], "float32")}, {})
        yield Case(op, {"data": draw(2, 3)}, {}, req="add")
    for dtype in FLOATS:
        for params, length in (({}, [[1, 4, 2], [3, 2, 4]]), ({"axis": 1}, [[1, 3, 2, 1], [3] * 4]),
                               ({"temperature": 2.0}, [[4, 0, 1], [2, 2, 2]])):
            for kind in ("int32", "int64"):
                inputs = {"data": draw(2, 3, 4, dtype=dtype), "length": np.array(length, kind)}
                yield Case("softmax", inputs, {"use_length": True, **params})
        for mode, shape in (("instance", (2, 3)), ("instance", (2, 3, 2)), ("channel", (2, 3, 2)),
                            ("channel", (2, 3, 2, 2))):
            yield Case("SoftmaxActivation", {"data": draw(*shape, dtype=dtype)}, {"mode": mode})


def dropout() -> Cases:
    """``Dropout``: the mask is MXNet's own for the seed."""
    draw = Draw(8)
    for dtype in FLOATS:
        for params in ({}, {"p": 0.3}, {"p": 0.9, "mode": "always"}, {"p": 0.0}):
            for shape in ((4, 5), (3,), (2, 2, 3, 3)):
                yield Case("Dropout", {"data": draw(*shape, dtype=dtype)}, params, seed=11)
        for axes in ((0,), (1,), (1, 2), (-1,)):
            yield Case("Dropout", {"data": draw(3, 4, 2, dtype=dtype)}, {"axes": axes}, seed=5)
        for mode in ("training", "always"):
            yield Case("Dropout", {"data": draw(4, 5, dtype=dtype)}, {"mode": mode}, train=False,
                       seed=2)
    yield Case("Dropout", {"data": draw(30, 40)}, {"p": 0.25}, seed=1)
    yield Case("Dropout", {"data": draw(4, 5)}, {}, req="add", seed=1)


def upsampling() -> Cases:
    """``UpSampling``, nearest and bilinear."""
    draw = Draw(9)
    for dtype in FLOATS:
        for scale, shape in ((2, (1, 2, 2, 3)), (3, (2, 1, 2, 2)), (1, (1, 1, 2, 2))):
            yield Case("UpSampling", {"arg0": draw(*shape, dtype=dtype)},
                       {"scale": scale, "sample_type": "nearest"})
        pair = {"arg0": draw(1, 2, 2, 2, dtype=dtype), "arg1": draw(1, 2, 4, 4, dtype=dtype)}
        for mode in ("concat", "sum"):
            yield Case("UpSampling", pair, {"scale": 2, "sample_type": "nearest", "num_args": 2,
                                            "multi_input_mode": mode})
        for scale in (2, 3):
            width = 2 * scale - scale % 2
            inputs: dict[str, Any] = {"arg0": draw(1, 2, 3, 3, dtype=dtype),
                                      "arg1": draw(2, 1, width, width, dtype=dtype)}
            yield Case("UpSampling", inputs, {"scale": scale, "sample_type": "bilinear",
                                              "num_filter": 2, "num_args": 2})


GROUPS = (dense, embedding, convolution, deconvolution, pooling, activations, dropout, upsampling)
