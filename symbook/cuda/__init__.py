"""Kernels of ours for a GPU: C++ text, compiled when first called, launched on CuPy's stream.

    _SCALE = Kernel("scale", '''
    KERNEL scale(const T* x, T* y, long long n, double factor) {
        FOR_EACH(i, n) y[i] = T(A(x[i]) * A(factor));
    }''', types=FLOATS)

    _SCALE(xp, x.dtype, (x, y, x.size, 2.0), size=x.size)

Parameters are pointers to C-contiguous arrays (an array, or 0 for a null pointer; of an array with
other strides, its `.data`), `long long` (an int), `unsigned long long` (an int that counts nothing: a
seed, a mask) and `double` (a float). A kernel must be right for any number of blocks and any power of
two of threads a block, up to its `most_threads`. It changes nothing but the
arrays behind pointers without `const`.

What the text can use, besides CUDA's own functions:

- `T`, `T1`, `T2`, …: the instance's types, in the order of `dtypes`. `A`, `A1`, …: the types that they are
  summed in, float for float16 and float32, int64 for bool, else the same. `I`: the type of indices, int where
  everything is small enough, else long long. `int8` … `int64`, `uint8` … `uint64`, `half`.
  float16 is read by `A(x[i])` and written by `T(value)` or by assignment; both are right for all types.
- `FOR_EACH(i, n)` over the grid, `FOR_BLOCKS(row, n)` a block each, `FOR_THREADS(i, n)` over the block;
  `THREAD`, `THREADS`, `BLOCK`, `BLOCKS`; `SHARED V name[32];`, `SYNC();`
- as NumPy has them: `maximum`, `minimum` (not a number wins), `fmaximum`, `fminimum` (it loses), `clip`,
  `sign`, `modulo`, `floor_divide`, `integer_power`, `is_nan`, `lowest<V>()`, `highest<V>()`,
  `infinity_of(V())`, `nan_of(V())`, `bits_as<V>(x)`
- by all threads of a block, for all of them: `block_sum`, `block_max`, `block_min`, `block_product`,
  `block_any`, `block_all`, `block_argmax`, `block_argmin` (of a `Place<V>`), `block_reduce(x, join)`, and of
  f(0) … f(n - 1): `row_sum(n, f)`, which loses nothing in long rows, `row_max`, `row_min`, `row_argmax`,
  `row_argmin`. `Sum<A> sum = {};` with `sum.add(x)` and `sum.value()` does so in one
  thread, and `block_sum(sum)` joins those of a block.
- `atomic_add(address, value)` of all types. Sums of floating-point numbers by it differ from run to run.
- `Pack<T>`, 16 bytes of neighbours: `load_pack(address)`, `store_pack(address, pack)`, `aligned(address)`
- `philox(seed, stream, counter)`: four random words; `uniform` and `normals` make numbers of them

Where each element comes of those at the same place, `elementwise` writes such a kernel, which loads and
stores 16 bytes at once.

Arithmetic is not contracted (`--fmad=false`), so that it gives NumPy's bits; `fmad=True` allows it. Like
everything that CuPy compiles, float32 numbers below 1.18e-38 are taken for 0.
"""

from __future__ import annotations

from .elementwise import elementwise
from .kernel import KERNELS, Kernel
from .source import BOOL, FLOATS, INTEGERS, NUMBERS, TYPES

__all__ = ["BOOL", "FLOATS", "INTEGERS", "KERNELS", "NUMBERS", "TYPES", "Kernel", "elementwise"]
