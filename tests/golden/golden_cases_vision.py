"""Gradient cases of operators on images: samplers, regions, patches, crops."""

from __future__ import annotations

import numpy as np
from golden_draw import FLOATS, Case, Cases, Draw, Params


def sampling() -> Cases:
    """``GridGenerator``, ``BilinearSampler`` and ``SpatialTransformer``."""
    draw = Draw(120)
    for dtype in FLOATS:
        for target in ((3, 4), (2, 2), (1, 3), (5, 1)):
            theta = np.array([[1, 0, 0, 0, 1, 0], [0.5, 0.25, 0.125, -0.25, 0.75, -0.5]], dtype)
            yield Case("GridGenerator", {"data": theta},
                       {"transform_type": "affine", "target_shape": target})
            for image in ((2, 2, 4, 3), (2, 1, 3, 5)):
                yield Case("SpatialTransformer", {"data": draw(*image, dtype=dtype), "loc": theta},
                           {"transform_type": "affine", "sampler_type": "bilinear",
                            "target_shape": target})
        for shape in ((1, 2, 3, 3), (2, 2, 2, 4), (1, 2, 4, 2)):
            yield Case("GridGenerator", {"data": draw(*shape, dtype=dtype)},
                       {"transform_type": "warp"})
        for image, grid in (((1, 2, 4, 4), (1, 2, 3, 3)), ((2, 1, 3, 5), (2, 2, 2, 2)),
                            ((1, 3, 2, 2), (1, 2, 4, 5))):
            for scale in (0.9, 1.3):
                where = (draw(*grid, dtype=dtype, low=-1, high=1) * scale).astype(dtype)
                yield Case("BilinearSampler", {"data": draw(*image, dtype=dtype), "grid": where})
    edges = np.array([[[[-1, 0, 1]], [[-1, 0, 1]]]], "float32")
    yield Case("BilinearSampler", {"data": draw(1, 1, 3, 3), "grid": edges})


def regions() -> Cases:
    """``ROIPooling``, ``Correlation`` and ``Crop``."""
    draw = Draw(121)
    rois = np.array([[0, 0, 0, 3, 3], [1, 1, 1, 5, 4], [0, 2, 2, 2, 2], [1, 0, 0, 7, 7]], "float32")
    for dtype in FLOATS:
        for size in ((2, 2), (1, 3), (3, 3)):
            for scale in (1.0, 0.5):
                inputs = {"data": draw.distinct(2, 2, 6, 6, dtype=dtype),
                          "rois": rois.astype(dtype)}
                yield Case("ROIPooling", inputs, {"pooled_size": size, "spatial_scale": scale})
        options: list[Params] = [
            {}, {"kernel_size": 1, "max_displacement": 2, "pad_size": 2},
            {"kernel_size": 3, "max_displacement": 1, "pad_size": 2},
            {"max_displacement": 2, "stride1": 2, "stride2": 2, "pad_size": 2},
            {"max_displacement": 1, "pad_size": 1, "is_multiply": False}]
        for params in options:
            pair = {"data1": draw(1, 2, 5, 6, dtype=dtype), "data2": draw(1, 2, 5, 6, dtype=dtype)}
            yield Case("Correlation", pair, params)
        for params in ({"h_w": (2, 3)}, {"h_w": (2, 2), "offset": (1, 2)},
                       {"h_w": (3, 2), "center_crop": True}):
            yield Case("Crop", {"arg0": draw(1, 2, 5, 5, dtype=dtype)}, {"num_args": 1, **params})
        for params in ({}, {"offset": (1, 1)}, {"center_crop": True}):
            pair = {"arg0": draw(1, 2, 5, 5, dtype=dtype), "arg1": draw(1, 1, 3, 2, dtype=dtype)}
            yield Case("Crop", pair, {"num_args": 2, **params})


def patches() -> Cases:
    """``im2col`` and ``col2im``."""
    draw = Draw(122)
    for dtype in FLOATS:
        for shape, params in (((1, 2, 4, 4), {"kernel": (2, 2)}),
                              ((2, 1, 5, 4), {"kernel": (3, 2), "stride": (2, 1), "pad": (1, 0)}),
                              ((1, 2, 5, 5), {"kernel": (2, 2), "dilate": (2, 2)})):
            yield Case("im2col", {"data": draw(*shape, dtype=dtype)}, params)
        for shape, params in (
                ((1, 8, 9), {"output_size": (4, 4), "kernel": (2, 2)}),
                ((2, 6, 9), {"output_size": (5, 4), "kernel": (3, 2), "stride": (2, 1),
                              "pad": (1, 0)}),
                ((1, 8, 9), {"output_size": (5, 5), "kernel": (2, 2), "dilate": (2, 2)})):
            yield Case("col2im", {"data": draw(*shape, dtype=dtype)}, params)


GROUPS = (sampling, regions, patches)
