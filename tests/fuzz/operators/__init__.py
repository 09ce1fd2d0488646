"""For each operator: what NumPy says it computes, how calls of it are drawn, and how gradients flow back."""

from __future__ import annotations

# Each module adds its operators to the table.
from . import choosing, elementwise, factors, heads, layers, moving, products, reducing  # noqa: F401
from .left_out import LEFT_OUT
from .table import OPERATORS, Operator

__all__ = ["LEFT_OUT", "OPERATORS", "Operator"]
