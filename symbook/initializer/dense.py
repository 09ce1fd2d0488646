"""Initializers of weights: constants and random numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ndarray import NDArray, random
from .base import Initializer, alias, bilinear, register, require_choice


@register
@alias("zeros")
class Zero(Initializer):
    """Weights of 0."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 0


@register
@alias("ones")
class One(Initializer):
    """Weights of 1."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 1


@register
class Constant(Initializer):
    """Weights of a given value.

    Parameters
    ----------
    value : float or array
        A number, or an array (or nested list) of the weights' shape.
    """

    def __init__(self, value: Any) -> None:
        plain = isinstance(value, (int, float, list))
        super().__init__(value=value if plain else np.asarray(value).tolist())
        self.value = value

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = self.value


@register
class Uniform(Initializer):
    """Weights drawn uniformly from [-scale, scale)."""

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, name: str, arr: NDArray) -> None:
        random.uniform(-self.scale, self.scale, arr.shape, dtype=arr.dtype, out=arr)


@register
class Normal(Initializer):
    """Weights drawn from the normal distribution with mean 0 and standard deviation `sigma`."""

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, name: str, arr: NDArray) -> None:
        random.normal(0, self.sigma, arr.shape, dtype=arr.dtype, out=arr)


@register
class Orthogonal(Initializer):
    """Weights whose rows, or columns if there are fewer of them, are orthogonal and of length `scale`.

    They are the singular vectors of a random matrix of n_out rows (Saxe, McClelland and Ganguli 2013,
    arXiv:1312.6120).

    Parameters
    ----------
    scale : float
    rand_type : {"uniform", "normal"}
        What the random matrix is drawn from: [-1, 1) or the standard normal distribution.
    """

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=scale, rand_type=rand_type)
        require_choice("rand_type", rand_type, ("uniform", "normal"))
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, name: str, arr: NDArray) -> None:
        shape = (arr.shape[0], math.prod(arr.shape[1:])) if arr.shape else (1, 1)
        draw = (
            random.uniform(-1, 1, shape)
            if self.rand_type == "uniform"
            else random.normal(0, 1, shape)
        )
        left, _, right = np.linalg.svd(draw.asnumpy(), full_matrices=False)
        arr[:] = self.scale * (left if left.shape == shape else right).reshape(arr.shape)


@register
class Xavier(Initializer):
    """Random weights scaled so that signals keep their size from layer to layer.

    With n_in = shape[1] · k and n_out = shape[0] · k, k being the product of the sizes of the kernel, they
    are drawn from [-c, c), or with standard deviation c, where c = √(magnitude / n) (Glorot and Bengio 2010).

    Parameters
    ----------
    rnd_type : {"uniform", "gaussian"}
    factor_type : {"avg", "in", "out"}
        n is (n_in + n_out) / 2, n_in or n_out.
    magnitude : float
    """

    def __init__(
        self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3
    ) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        require_choice("rnd_type", rnd_type, ("uniform", "gaussian"))
        require_choice("factor_type", factor_type, ("avg", "in", "out"))
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = float(magnitude)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        if arr.ndim < 2:
            raise ShapeError(
                f"Xavier initializer cannot be applied to vector {name}. It requires at least 2D.",
                hint="Set another for it: mx.sym.Variable(name, init=mx.init.Normal()).",
            )
        if not arr.size:
            return
        kernel = math.prod(arr.shape[2:])
        into, out = float(arr.shape[1] * kernel), float(arr.shape[0] * kernel)
        factor = {"avg": (into + out) / 2, "in": into, "out": out}[self.factor_type]
        scale = math.sqrt(self.magnitude / factor)
        if self.rnd_type == "uniform":
            random.uniform(-scale, scale, arr.shape, dtype=arr.dtype, out=arr)
        else:
            random.normal(0, scale, arr.shape, dtype=arr.dtype, out=arr)


@register
class MSRAPrelu(Xavier):
    """Normal weights for layers followed by rectifiers: Xavier's with magnitude 2 / (1 + slope²).

    After He, Zhang, Ren and Sun 2015, arXiv:1502.01852.

    Parameters
    ----------
    factor_type : {"avg", "in", "out"}
    slope : float
        Slope of the rectifiers for negative values.
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}


@register
class Bilinear(Initializer):
    """Weights with which a Deconvolution interpolates between pixels; of shape (n, m, height, width)."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = bilinear(arr.shape)
