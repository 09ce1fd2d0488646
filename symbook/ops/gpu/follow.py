"""What follows a layer in prediction, on a GPU: one kernel that reads and writes each element once.

It does to the result of a convolution, or to the data of a batch normalisation, the operations that
`ops/layers.py` lists, in that order, each rounded as by itself, so that the results are the CPU's to the bit
where the products are. It is also the way back of results that were computed with all samples of a channel
side by side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from ...cuda import Kernel
from .unfold import Columns

TILE = 8
"""Elements of a row that a thread takes."""
THREADS = 256

# For each kind: its parameters, what is found once for a row, and what is done to each value.
_PARTS = {
    "bias": (("const T2* bias{k}",), "const A b{k} = A(bias{k}[channel]);", "v = v + b{k};"),
    "norm": (
        (
            *("const T2* gamma{k}", "const T2* beta{k}", "const T2* mean{k}", "const T2* var{k}"),
            *("double eps{k}", "long long fixed{k}"),
        ),
        "A s{k} = A(1.0f) / sqrt(A(var{k}[channel]) + A(eps{k}));\n"
        "    if (!fixed{k}) s{k} = s{k} * A(gamma{k}[channel]);\n"
        "    const A t{k} = A(beta{k}[channel]) - A(mean{k}[channel]) * s{k};",
        "v = v * s{k};\n            v = v + t{k};",
    ),
    "batch": (
        (
            *(
                "const T2* gamma{k}",
                "const T2* beta{k}",
                "const T2* mean{k}",
                "const T2* inverse{k}",
            ),
            "long long fixed{k}",
        ),
        "const A m{k} = A(mean{k}[channel]), t{k} = A(beta{k}[channel]);\n"
        "        A s{k} = A(inverse{k}[channel]);\n"
        "        if (!fixed{k}) s{k} = s{k} * A(gamma{k}[channel]);",
        "v = (v - m{k}) * s{k};\n            v = v + t{k};",
    ),
    "add": (("const T* other{k}",), "", "v = v + A(other{k}[to]);"),
    "relu": ((), "", "v = maximum(v, A(0.0f));"),
}

# T is the result's type, T1 that of what is read, T2 that of the vectors. A row is one channel of one sample;
# `width` threads, a power of two, take one together.
_TEXT = """
KERNEL follow{name}(const T1* x, T* y, long long rows, long long channels, long long size,
              long long by_sample, long long by_channel, long long width{params}) {{
    const I team = I(width) < THREADS ? I(width) : THREADS, teams = THREADS / team;
    const I step = team * {tile}, tiles = (I(size) + step - 1) / step;
    FOR_BLOCKS(b, (I(rows) + teams - 1) / teams * tiles) {{
        const I row = b / tiles * teams + THREAD / team, first = b % tiles * step;
        if (row >= I(rows)) continue;
        const I channel = row % I(channels);
        {once}
        const T1* from = x + (row / I(channels)) * I(by_sample) + channel * I(by_channel);
        const I end = first + step < I(size) ? first + step : I(size);
        for (I p = first + THREAD % team; p < end; p += team) {{
            const I to = row * I(size) + p;
            A v = A(from[p]);
            {each}
            y[to] = T(v);
        }}
    }}
}}"""

# The same where rows are short: an element by each thread.
_TEXT_SHORT = """
KERNEL follow{name}_short(const T1* x, T* y, long long rows, long long channels, long long size,
                          long long by_sample, long long by_channel{params}) {{
    FOR_EACH(to, I(rows) * I(size)) {{
        const I row = to / I(size), channel = row % I(channels);
        {once}
        A v = A(x[(row / I(channels)) * I(by_sample) + channel * I(by_channel) + to % I(size)]);
        {each}
        y[to] = T(v);
    }}
}}"""
SHORT = 16
"""Elements of a row below which rows are short."""

_TYPES = [
    ("float16", "float32", "float16"),
    ("float16", "float16", "float16"),
    ("float16", "float16", "float32"),
    ("float32", "float32", "float32"),
    ("float64", "float64", "float64"),
]


def written(kinds: tuple[str, ...]) -> dict[str, str]:
    """What follows in C++: `params`; what is found `once` for a `channel`; what is done to `each` value `v`.

    `to` is the place of the value in the result.
    """
    params, once, each = [], [], []
    for k, kind in enumerate(kinds):
        names, before, during = _PARTS[kind]
        params += [name.format(k=k) for name in names]
        once.append(before.format(k=k))
        each.append(during.format(k=k))
    return {
        "params": "".join(f",\n    {param}" for param in params),
        "once": "\n        ".join(filter(None, once)),
        "each": "\n            ".join(each),
    }


@cache
def followers(kinds: tuple[str, ...]) -> tuple[Kernel, Kernel]:
    """The kernels of what follows, by kinds: for long rows and for short ones."""
    name = "".join(f"_{kind}" for kind in kinds)
    long, short = (
        text.format(name=name, tile=TILE, **written(kinds)) for text in (_TEXT, _TEXT_SHORT)
    )
    return (
        Kernel(f"follow{name}", long, types=_TYPES),
        Kernel(f"follow{name}_short", short, types=_TYPES),
    )


# Made at once, so that they are known with all other kernels; further ones are made when first needed.
for _kinds in ((), ("bias",), ("norm",), ("batch",), ("bias", "norm", "add", "relu")):
    followers(_kinds)


def follow(
    xp: Any,
    kinds: tuple[str, ...],
    operands: Sequence[Any],
    source: Any,
    lie: Columns,
    out: Any,
) -> None:
    """Write what follows on `source` into `out`, `(n, C, *space)`; `lie` says how the source lies."""
    samples, channels, *space = out.shape
    if out.size == 0:
        return
    size = math.prod(space)
    vector = next((item.dtype for item in operands if getattr(item, "ndim", 0) == 1), out.dtype)
    dtypes = (out.dtype, source.dtype, vector)
    args = (source, out, samples * channels, channels, size, *lie)
    long, short = followers(kinds)
    if size < SHORT:
        short(xp, dtypes, args=(*args, *operands), size=out.size, threads=THREADS)
        return
    width, blocks = shares(samples * channels, size)
    long(xp, dtypes, args=(*args, width, *operands), blocks=blocks, threads=THREADS)


@lru_cache(maxsize=4096)
def shares(rows: int, size: int) -> tuple[int, int]:
    """How many threads take a row of that size together, and how many blocks there are for all rows."""
    width = 1
    while width < min(size, THREADS):
        width *= 2
    return width, -(-rows // (THREADS // width)) * -(-size // (width * TILE))
