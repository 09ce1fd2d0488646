"""The operators, by family. Importing this package registers them all."""

from . import arithmetic, comparison, reduce, scalar, unary

__all__ = ["arithmetic", "comparison", "reduce", "scalar", "unary"]
