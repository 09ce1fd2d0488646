"""`mx.base`: the error classes, as MXNet's module of that name."""

from .errors import NotImplementedForSymbol
from .errors import SymbookError as MXNetError

__all__ = ["MXNetError", "NotImplementedForSymbol"]
