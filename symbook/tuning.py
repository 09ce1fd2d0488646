"""The numbers that choices of threads and blocks depend on.

Choices are made from shapes and from these, so a program does the same each time it runs on a machine, and
its results have the same bits. `python -m tests.benchmarks sweep` measures them; its figures are in
`tests/benchmarks/results/sweep.json`, and what they show in `tests/benchmarks/README.md`. They need not be
near the truth: the cases that they tell apart differ by several times.
"""

from __future__ import annotations

# What one thread does in a second.
FLOPS = 100e9
"""Additions and multiplications in matrix products of float32; float64 has half as many."""

BYTES = 40e9
"""Bytes that steps without a product read and write: from memory half as many, from the caches twice."""

CALL = 2e-6
"""Seconds that calling an operator takes however small its arrays are."""

HANDOFF = 40e-6
"""Seconds from waking a sleeping thread to its beginning with its work; with a GIL it sleeps twice."""

PATIENCE = 100e-6
"""Seconds for which a thread that waits for another's end stays awake: some handoffs."""

SHARING = 150e-6
"""Seconds of work on one thread from which on it is worth sharing it with others: two handoffs each way."""

BLAS_GAIN = 0.9
"""What each further thread of BLAS's own adds to a matrix product, as a part of what the first does."""

BLAS_START = 5e-6
"""Seconds that BLAS takes to bring its threads to work."""

HEAVY = 60e-6
"""Seconds of work from which on a step may be worth a thread of its own: more than a handoff."""

# How many times as long as reading and writing their bytes operators take that do more.
SLOW = {
    **dict.fromkeys(("tanh", "exp", "log", "Activation", "sum", "max", "min", "mean"), 5),
    **dict.fromkeys(("sigmoid", "sin", "cos", "_power", "LeakyReLU"), 10),
    **dict.fromkeys(("softmax", "log_softmax", "SoftmaxOutput", "argsort", "topk", "Dropout"), 25),
    **dict.fromkeys(("sort", "BatchNorm", "LayerNorm"), 50),
    **dict.fromkeys(("erf", "gamma", "gammaln"), 300),
}

# A GPU, for which of its streams a step runs on. The figures are of NVIDIA's data sheet of the A100 (2021);
# on others both sides of each comparison change much alike.
GPU_FLOPS = 19.5e12
"""Additions and multiplications in a second of float32 outside of the matrix units; float64 has half."""

GPU_BYTES = 1.5e12
"""Bytes of its memory that it reads and writes in a second."""

GPU_THREADS = 108 * 2048
"""Threads that run at once: multiprocessors, and threads of each. Kernels with as many fill it."""

GPU_TILE = 4096
"""Elements of a matrix product that one block computes, on one of the 108 multiprocessors: 64 by 64."""

GPU_KERNEL = 3e-6
"""Seconds that the shortest kernel takes from the end of the one before: CUDA's programming guide and
everybody's profiles have 2 to 5 us."""

GPU_LAUNCH = 6e-6
"""Seconds of the host that a step takes to be launched, CuPy's part included."""

GPU_EVENT = 1.5e-6
"""Seconds of the host to record an event or to have a stream wait for one."""

GPU_HEAVY = 25e-6
"""Seconds of work from which on a step may be worth a stream of its own: some launches and events."""
