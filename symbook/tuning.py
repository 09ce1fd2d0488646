"""The numbers that choices of threads and blocks depend on.

Choices are made when a graph is bound, from shapes and from these: a program does the same each time it is
run on a machine. `python -m tests.benchmarks sweep` measures them; its results, and what they showed, are in
`tests/benchmarks/results/sweep.json` and in the README beside it. They need not be near the truth: what
depends on them differs by several times between the cases that are told apart.
"""

from __future__ import annotations

# What one thread does in a second.
FLOPS = 100e9
"""Additions and multiplications in matrix products of float32; float64 has half as many."""

BYTES = 10e9
"""Bytes that steps without a product read and write."""

CALL = 2e-6
"""Seconds that calling an operator takes however small its arrays are."""

HANDOFF = 15e-6
"""Seconds from waking a sleeping thread to its beginning with its work."""

BLAS_GAIN = 0.9
"""What each further thread of BLAS's own adds to a matrix product, as a part of what the first does."""

BLAS_START = 5e-6
"""Seconds that BLAS takes to bring its threads to work."""

HEAVY = 30e-6
"""Seconds of work from which on a step may be worth a thread of its own: about two handoffs."""

# Operators that take several times as long as reading and writing their bytes does.
SLOW = {
    **dict.fromkeys(("tanh", "sigmoid", "exp", "log", "Activation", "erf", "sin", "cos"), 4),
    **dict.fromkeys(("softmax", "log_softmax", "SoftmaxOutput", "LeakyReLU", "_power"), 6),
    **dict.fromkeys(("sort", "argsort", "topk", "gamma", "gammaln", "Dropout"), 20),
}
