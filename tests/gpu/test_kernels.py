"""Every kernel of ours compiles for GPUs and for the CPU; a `Kernel` is launched as it should be."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import nvrtc
import on_cpu
import pytest
from kernel_runs import needs_compiler, needs_nvrtc, run

import symbook
from symbook.cuda import FLOATS, KERNELS, TYPES, Kernel, elementwise
from symbook.errors import ArgumentError, SymbookError

SCALE = Kernel(
    "test_scale",
    """
KERNEL test_scale(const T* x, T* y, long long n, double factor) {
    FOR_EACH(i, n) y[i] = T(A(x[i]) * A(factor));
}""",
    TYPES,
    listed=False,
)
STEP = elementwise(
    "test_step",
    "const T x, T1& state, T y, double rate, long long many",
    "state = T1(A1(state) + A1(x)); y = T(A(rate) * A(x) + A(i % many));",
    [("float32", "float64"), ("float16", "float32"), ("float64", "float16"), ("int8", "int64")],
    listed=False,
)
OWN = [SCALE, STEP]


def kernels() -> list[Kernel]:
    """All that any module defines, those included that are imported when first needed."""
    package = Path(symbook.__file__).parent
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        if "cuda import" in path.read_text(encoding="utf-8") and parts[-1] != "__init__":
            import_module(".".join(parts))
    return [*KERNELS.values(), *OWN]


@needs_nvrtc
@pytest.mark.parametrize("kernel", kernels(), ids=lambda kernel: kernel.name)
def test_every_kernel_compiles_for_gpus(kernel: Kernel) -> None:
    """To machine code with its largest types, which need most of a GPU; with others to PTX."""
    old, new = nvrtc.ARCHITECTURES
    large = max(kernel.instances, key=lambda dtypes: sum(dtype.itemsize for dtype in dtypes))
    rest = [dtypes for dtypes in kernel.instances if dtypes is not large]
    ways = [(nvrtc.ptx(which), wide) for wide in (True, False) for which in (new, old)]
    jobs = [(large, (old, False))]
    jobs += [(dtypes, ways[k % 4]) for k, dtypes in enumerate(rest or [large])]
    with ThreadPoolExecutor(2) as pool:
        for checked in [
            pool.submit(nvrtc.check, kernel.source(dtypes, wide), kernel.options, architecture)
            for dtypes, (architecture, wide) in jobs
        ]:
            checked.result()


@needs_compiler
@pytest.mark.parametrize("kernel", kernels(), ids=lambda kernel: kernel.name)
def test_every_kernel_compiles_for_the_cpu(kernel: Kernel) -> None:
    with ThreadPoolExecutor(2) as pool:
        sources = map(kernel.source, kernel.instances)
        list(pool.map(lambda source: on_cpu.check(source, kernel.options), sources))


@needs_nvrtc
def test_nvidias_compiler_says_what_is_wrong() -> None:
    with pytest.raises(nvrtc.Error, match="nowhere"):
        nvrtc.compile("__global__ void f(float* x) { x[0] = nowhere; }", ())


# Kernels.


class Recording:
    """What a kernel needs of CuPy: a module that notes what is compiled and launched."""

    def __init__(self) -> None:
        self.compiled: list[str] = []
        self.launched: list[tuple] = []
        self.lock = threading.Lock()

    def RawModule(self, code: str, options: tuple[str, ...]) -> SimpleNamespace:
        with self.lock:
            self.compiled.append(code)
        if "nowhere" in code:
            raise RuntimeError('kernel.cu(3): error: identifier "nowhere" is undefined')
        return SimpleNamespace(get_function=lambda name: self.launch)

    def launch(self, grid: tuple, block: tuple, args: tuple) -> None:
        with self.lock:
            self.launched.append((grid, block, tuple(args)))


def test_each_instance_is_compiled_once_by_whoever_comes_first() -> None:
    xp = Recording()
    x = np.zeros(1000, "float32")
    call = lambda _: SCALE(xp, x.dtype, (x, x, 1000, 2.0), size=1000)  # noqa: E731
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(100)))
    SCALE(xp, "float32", (x, x, 1000, 2.0), blocks=7, threads=32)
    SCALE(xp, "float64", (x, x, 1 << 40, 2.0), size=1 << 40)
    assert 2 == len(xp.compiled)
    assert 102 == len(xp.launched)
    assert ((4,), (256,), (x, x, 1000, 2.0)) == xp.launched[0]
    assert ((7,), (32,)) == xp.launched[100][:2]
    assert ["typedef int I;", "typedef long long I;"] == [
        next(line for line in code.splitlines() if line.endswith(" I;")) for code in xp.compiled
    ]


def test_arguments_become_what_the_parameters_say() -> None:
    xp = Recording()
    x = np.zeros(3, "float32")
    SCALE(xp, "float32", (x, None, np.int32(3), 2), size=3)
    SCALE(xp, "float32", (x, None, True, np.float32(0.5)), size=3)
    given = [args[2:] for _, _, args in xp.launched]
    assert [(3, 2.0), (1, 0.5)] == given
    assert [(int, float)] * 2 == [tuple(map(type, args)) for args in given]


@pytest.mark.parametrize("args", [(1, 2, 3), (None, None, 2.5, 1.0), (None, None, 3, "1")])
def test_arguments_that_do_not_fit_are_refused(args: tuple) -> None:
    with pytest.raises(ArgumentError, match="test_scale"):
        SCALE(Recording(), "float32", args)


def test_nothing_is_launched_for_nothing() -> None:
    xp = Recording()
    SCALE(xp, "float32", (None, None, 0, 1.0), size=0)
    SCALE(xp, "float32", (None, None, 0, 1.0), blocks=0)
    assert ([], []) == (xp.compiled, xp.launched)


def test_an_error_names_the_kernel_and_shows_the_compilers_message() -> None:
    wrong = Kernel("wrong", "KERNEL wrong(T* x) { x[0] = nowhere; }", FLOATS, listed=False)
    with pytest.raises(SymbookError, match=r"'wrong' for float16.*\n?.*\"nowhere\" is undefined"):
        wrong(Recording(), "float16", (None,))


def test_there_are_only_the_instances_that_are_named() -> None:
    with pytest.raises(ArgumentError, match="no kernel 'test_step' for float32, float32") as caught:
        STEP(Recording(), ("float32", "float32"), (None, None, None, 1.0, 3, 0), blocks=1)
    assert "float64, float16" in str(caught.value)


def test_two_kernels_do_not_share_a_name() -> None:
    Kernel("test_twice", "", FLOATS)
    try:
        with pytest.raises(ArgumentError, match="test_twice"):
            Kernel("test_twice", "", FLOATS)
    finally:
        del KERNELS["test_twice"]


@pytest.mark.parametrize("declared", ["float x", "int n", "const T x", "bool b"])
def test_parameters_that_a_wrong_argument_could_fill_are_refused(declared: str) -> None:
    wrong = Kernel("wrong", f"KERNEL wrong({declared}) {{}}", FLOATS, listed=False)
    with pytest.raises(ArgumentError, match="wrong"):
        wrong(Recording(), "float32", (1,))


# On the CPU.


@needs_compiler
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("dtype", TYPES)
def test_a_loop_over_the_grid(dtype: str, wide: bool) -> None:
    x = np.linspace(-3, 3, 1000).astype(dtype)
    y = np.empty_like(x)
    run(SCALE, dtype, (x, y, x.size, 3.0), wide=wide)
    assert (x * np.asarray(3).astype(dtype)).tobytes() == y.tobytes()


@needs_compiler
@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("n", [0, 1, 15, 16, 1001])
@pytest.mark.parametrize("dtypes", STEP._types)
def test_elementwise_kernels_take_any_size_and_address(
    dtypes: tuple[str, str], n: int, offset: int
) -> None:
    rng = np.random.default_rng(n)
    x = rng.integers(-9, 9, n + offset).astype(dtypes[0])[offset:]
    before = rng.integers(-9, 9, n + offset).astype(dtypes[1])
    state, y = before.copy()[offset:], np.full_like(x, 77)
    run(STEP, dtypes, (x, state, y, 2.0, 5, n))
    np.testing.assert_array_equal(before[offset:] + x.astype(dtypes[1]), state)
    np.testing.assert_array_equal(2 * x + (np.arange(n) % 5).astype(x.dtype), y)


def on_the_cpu(body: str, threads: int = 64, blocks: int = 4) -> np.ndarray:
    """What a kernel with this body writes to y[BLOCK * THREADS + THREAD]."""
    kernel = Kernel("test_body", f"KERNEL test_body(float* y) {{ {body} }}", FLOATS, listed=False)
    y = np.zeros(threads * blocks + 8, "float32")
    run(kernel, "float32", (y,), blocks, threads)
    return y[: threads * blocks].reshape(blocks, threads)


REVERSED = """
    SHARED float told[64];
    told[THREAD] = THREAD;
    {barrier}
    y[BLOCK * THREADS + THREAD] = told[THREADS - 1 - THREAD];
"""


@needs_compiler
def test_threads_of_a_block_share_memory() -> None:
    np.testing.assert_array_equal(
        np.tile(np.arange(63, -1, -1.0), (4, 1)), on_the_cpu(REVERSED.format(barrier="SYNC();"))
    )


@needs_compiler
def test_a_missing_barrier_shows() -> None:
    body = REVERSED.format(barrier="if (false) SYNC();")
    assert (on_the_cpu(body) != np.arange(63, -1, -1.0)).any(1).all()


@needs_compiler
def test_a_barrier_missing_after_a_read_shows() -> None:
    body = """
        SHARED float told;
        for (int k = 0; k < 8; k++) {
            if (THREAD == 0) told = k;
            SYNC();
            y[BLOCK * THREADS + THREAD] += told;
        }"""
    assert (on_the_cpu(body) != 28).any()
    assert (on_the_cpu(body.replace("+= told;", "+= told; SYNC();")) == 28).all()


@needs_compiler
def test_a_barrier_that_only_some_threads_come_to_is_an_error() -> None:
    with pytest.raises(on_cpu.LaunchError, match="wait at a barrier"):
        on_the_cpu("if (THREAD < 32) SYNC();")


@needs_compiler
def test_shared_memory_begins_as_rubbish() -> None:
    body = "SHARED float told; SYNC(); y[BLOCK * THREADS + THREAD] = told;"
    assert (on_the_cpu(body) != 0).all()


@needs_compiler
def test_an_address_that_is_not_aligned_is_an_error() -> None:
    with pytest.raises(on_cpu.LaunchError, match="multiple"):
        on_the_cpu("y[0] = load_pack(y + 1).at[0];")


@needs_compiler
def test_a_grid_that_a_gpu_would_refuse_is_refused() -> None:
    with pytest.raises(on_cpu.LaunchError, match="grid"):
        on_the_cpu("", threads=2048)
    few = Kernel("test_few", "KERNEL test_few() {}", FLOATS, most_threads=256, listed=False)
    run(few, "float32", (), threads=256)
    with pytest.raises(on_cpu.LaunchError, match="grid"):
        run(few, "float32", (), threads=512)
