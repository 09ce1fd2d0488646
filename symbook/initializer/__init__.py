"""`mx.init`, also `mx.initializer`: the first values of a network's parameters.

An initializer is called with a parameter's name and its array, which it fills in place. The name's end
says what the parameter is; a variable's own `__init__` attribute overrides that. Random ones draw from the
generators that `mx.random.seed` seeds, in MXNet's order, and so give MXNet's numbers.
"""

from __future__ import annotations

from ..errors import asked_of
from .base import InitDesc, Initializer, alias, create, register
from .choosing import Load, Mixed
from .dense import (
    Bilinear,
    Constant,
    MSRAPrelu,
    Normal,
    One,
    Orthogonal,
    Uniform,
    Xavier,
    Zero,
)
from .recurrent import FusedRNN, LSTMBias

__all__ = [
    "Bilinear",
    "Constant",
    "FusedRNN",
    "InitDesc",
    "Initializer",
    "LSTMBias",
    "Load",
    "MSRAPrelu",
    "Mixed",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zero",
    "alias",
    "create",
    "register",
]

__getattr__ = asked_of("mx.init", __all__)
