"""The operators, by family. Importing this package registers them all."""

from . import (
    arithmetic,
    cast,
    comparison,
    create,
    index,
    linalg,
    random,
    reduce,
    scalar,
    shape,
    unary,
)

__all__ = [
    "arithmetic",
    "cast",
    "comparison",
    "create",
    "index",
    "linalg",
    "random",
    "reduce",
    "scalar",
    "shape",
    "unary",
]
