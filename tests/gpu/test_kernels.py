"""Kernels of ours: each compiles for a GPU, and what the prelude gives is what NumPy gives."""

from __future__ import annotations

import numpy as np
import nvrtc
import on_cpu
import pytest

from symbook.cuda import FLOATS, TYPES, Kernel

SCALE = Kernel(
    "test_scale",
    """
KERNEL test_scale(const T* x, T* y, long long n, double factor) {
    FOR_EACH(i, n) y[i] = T(A(x[i]) * A(factor));
}""",
    TYPES,
    listed=False,
)
SUMS = Kernel(
    "test_sums",
    """
KERNEL test_sums(const T* x, A* sums, long long* best, long long rows, long long n) {
    FOR_BLOCKS(row, rows) {
        const T* from = x + (int64)row * n;
        A sum = row_sum(n, [&](I i) { return from[i]; });
        I index = row_argmax(n, [&](I i) { return from[i]; });
        if (THREAD == 0) sums[row] = sum, best[row] = index;
    }
}""",
    FLOATS,
    listed=False,
)

needs_nvrtc = pytest.mark.skipif(nvrtc.library() is None, reason=nvrtc.REASON)
needs_compiler = pytest.mark.skipif(not on_cpu.compiler.command(), reason="no C++ compiler")


def run(kernel: Kernel, dtypes: object, args: tuple, blocks: int = 3, threads: int = 64) -> None:
    """The kernel on arrays of NumPy's."""
    module = on_cpu.load(kernel.source(dtypes), kernel.options)
    values = [arg.ctypes.data if isinstance(arg, np.ndarray) else arg for arg in args]
    module.function(kernel.name)((blocks,), (threads,), values)


@needs_nvrtc
@pytest.mark.parametrize("kernel", [SCALE, SUMS], ids=repr)
def test_samples_compile_for_a_gpu(kernel: Kernel) -> None:
    for dtypes in kernel.instances:
        for architecture in nvrtc.ARCHITECTURES:
            for wide in (False, True):
                assert kernel.name in nvrtc.compile(
                    kernel.source(dtypes, wide), kernel.options, architecture
                )


@needs_compiler
@pytest.mark.parametrize("dtype", FLOATS)
def test_a_loop_over_the_grid(dtype: str) -> None:
    x = np.linspace(-3, 3, 1000).astype(dtype)
    y = np.empty_like(x)
    run(SCALE, dtype, (x, y, x.size, 0.375))
    assert (x * np.dtype(dtype).type(0.375)).tobytes() == y.tobytes()


@needs_compiler
@pytest.mark.parametrize("threads", [1, 2, 32, 64, 1024])
@pytest.mark.parametrize("dtype", FLOATS)
def test_rows_by_blocks(dtype: str, threads: int) -> None:
    x = np.random.default_rng(5).normal(size=(5, 700)).astype(dtype)
    sums = np.empty(5, "float64" if dtype == "float64" else "float32")
    best = np.empty(5, "int64")
    run(SUMS, dtype, (x, sums, best, 5, 700), threads=threads)
    np.testing.assert_allclose(sums, x.sum(1, dtype="float64"), rtol=1e-6)
    np.testing.assert_array_equal(best, x.argmax(1))
