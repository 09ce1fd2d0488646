"""Linear algebra on stacks of matrices, as LAPACK names it."""

from __future__ import annotations
