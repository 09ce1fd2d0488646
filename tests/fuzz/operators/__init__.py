"""For each operator: what NumPy says it computes, how calls of it are drawn, and how gradients flow back."""

from __future__ import annotations

from .table import OPERATORS, Operator

# Each module adds its operators to the table.
from . import choosing, elementwise, moving, products, reducing  # noqa: E402, F401, I001
from .left_out import LEFT_OUT  # noqa: E402

__all__ = ["LEFT_OUT", "OPERATORS", "Operator"]
