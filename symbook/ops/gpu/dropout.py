"""Dropout on a GPU: one kernel that draws, writes the mask, and multiplies."""

from __future__ import annotations

from typing import Any

from ...cuda import FLOATS, Kernel

# Four elements for each counter. Without x only the mask is written.
_DROPOUT = Kernel(
    "dropout",
    """
KERNEL dropout(const T* x, T* y, T* mask, long long size, double keep, unsigned long long seed,
               unsigned long long start) {
    const float kept = float(keep), scale = 1.0f / kept;
    FOR_EACH(k, (I(size) + 3) / 4) {
        const Words words = philox(seed, 0, start + k);
        for (int j = 0; j < 4; j++) {
            const I i = k * 4 + j;
            if (i >= I(size)) break;
            const T by = T((uniform(words.at[j]) < kept ? 1.0f : 0.0f) * scale);
            mask[i] = by;
            if (x) y[i] = T(A(x[i]) * A(by));
        }
    }
}""",
    types=FLOATS,
)


def dropout(
    xp: Any, data: Any, shape: tuple[int, ...], keep: float, generator: Any
) -> tuple[Any, Any]:
    """The result and the mask, of that shape: that of the data, or with 1 along shared axes."""
    mask = xp.empty(shape, dtype=data.dtype)
    counters = -(-mask.size // 4)
    key, start = generator.take(counters)
    if shape != data.shape:
        args = (0, 0, mask, mask.size, keep, key, start)
        _DROPOUT(xp, mask.dtype, args=args, size=counters)
        return data * mask, mask
    data = xp.ascontiguousarray(data)
    out = xp.empty(shape, dtype=data.dtype)
    args = (data, out, mask, mask.size, keep, key, start)
    _DROPOUT(xp, mask.dtype, args=args, size=counters)
    return out, mask
