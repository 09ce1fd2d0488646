"""`mx.operator`: operators of one's own, as MXNet's `CustomOp` or by the decorator :func:`define`."""

from __future__ import annotations

from .custom import CustomOp, CustomOpProp, get_all_registered_operators, register
from .defining import Operator, define
from .errors import asked_of

__all__ = [
    "CustomOp",
    "CustomOpProp",
    "Operator",
    "define",
    "get_all_registered_operators",
    "register",
]

__getattr__ = asked_of("mx.operator", __all__)
