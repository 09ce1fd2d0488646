"""The element-wise workloads as anything can run them that has Python's operators."""

from __future__ import annotations

from typing import Any

ROUNDS = 10  # of four operators each, in `chain` and `line`


def e(a: Any, b: Any, c: Any, d: Any) -> Any:
    """The tutorial's first graph."""
    return (a * b) + (c * d)


def chain(x: Any, y: Any, w: Any, quarter: Any = 0.25) -> Any:
    """Forty operators in a row, none of which can be left out."""
    z = x
    for _ in range(ROUNDS):
        z = (z * y + quarter - x) / w
    return z


def line(x: Any, quarter: Any = 0.25, half: Any = 0.5) -> Any:
    """Forty operators that read one array, and no division, which takes many instructions."""
    z = x
    for _ in range(ROUNDS):
        z = (z * x + quarter - x) * half
    return z


def mix(f: Any, x: Any, y: Any, minus_half: Any = -0.5, one: Any = 1.0) -> Any:
    """Four functions; `f` has `tanh`, `sigmoid`, `exp` and `log`."""
    return f.tanh(x) * f.sigmoid(y) + f.exp(x * minus_half) * f.log(y * y + one)
