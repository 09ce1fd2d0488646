"""Fusion: several element-wise operators computed as one, without their intermediate results in memory.

A chain of n NumPy calls reads and writes memory n times over. A group is computed block by block instead,
shared out over threads: by the operators' own functions, and after a while by compiled loops, if Numba is
there. All ways give the same bits, except for the sign of a zero that is the larger or the smaller of 0 and
-0, which NumPy leaves open.

`group` is the data, `parts` cuts it, `blocks` and `compiled` are the two ways to compute it, `operator`
chooses. For compiled loops `lowering` makes instructions of the operators' kernels, `segments` orders them,
`source` writes them out, `addresses` and `calls` let them call NumPy's own functions, and `compiler` has them
compiled. Steps of small graphs, :mod:`symbook.stretches`, become loops in the same way.

On a GPU a group is one kernel, of float16, whole numbers and bool, too. `widened` makes instructions of
groups with such lines, `statements` writes them in C++, `layouts` says how the arrays lie, `cuda` makes the
kernel's text, and `device` launches it; `totals`, `reduction` and `reduced` do so for a reduction and what is
computed before it. Arithmetic, comparisons, roots and rounding give NumPy's bits, but that float32 numbers
below 1.18e-38 count as 0, as in all that CuPy compiles; other functions are CUDA's own, within a few units in
the last place.
"""

from __future__ import annotations

from .group import Group, Line, pointwise
from .operator import Fused, fused_operator

__all__ = ["Fused", "Group", "Line", "fused_operator", "pointwise"]
