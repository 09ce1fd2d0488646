"""Connectionist temporal classification on a GPU: a block for each sequence, which goes through time.

`ops/ctc.py` has the recursion. The threads of a block share the places of the label. A label that is no class
has the probability 0; on the CPU it is an error, of which a GPU could only tell by making the program wait.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...cuda import Kernel
from .softmax import LOG_SOFTMAX, softmax

_CTC = Kernel(
    "ctc",
    """
DEVICE T log_add(T a, T b) {
    const T most = maximum(a, b), least = minimum(a, b);
    return most == lowest<T>() ? most : most + T(log1p(T(exp(least - most))));
}
KERNEL ctc(const T* scores, const int64* label, const int64* data_lengths, const int64* label_lengths,
           T* alphas, T* rows, T* loss, T* gradient, long long steps, long long sequences,
           long long classes, long long labels, long long blank, long long padding) {
    const I all = I(2 * labels + 1);
    FOR_BLOCKS(n, sequences) {
        const int64* own = label + n * I(labels);
        I length = I(labels);
        if (label_lengths) {
            length = I(clip(label_lengths[n], int64(0), int64(labels)));
        } else {
            length = row_min(I(labels), [&](I k) { return own[k] == padding ? k : I(labels); });
            length = length < I(labels) ? length : I(labels);
        }
        const I runs = I(data_lengths ? clip(data_lengths[n], int64(0), int64(steps)) : int64(steps));
        const I repeats = I(row_sum(I(labels), [&](I k) {
            return int64(k > 0 && k < length && own[k] == own[k - 1] ? 1 : 0);
        }));
        const bool feasible = length + repeats <= runs && runs > 0;
        const I end = 2 * length;
        const auto of = [&](I s) { return s & 1 && s / 2 < length ? own[s / 2] : int64(blank); };
        const auto skips = [&](I s) { return s >= 2 && of(s) != blank && of(s) != of(s - 2); };
        const auto emitted = [&](I t, I s) {
            const int64 c = of(s);
            return s <= end && c >= 0 && c < classes
                ? scores[(t * I(sequences) + n) * I(classes) + I(c)] : lowest<T>();
        };
        T* const alpha = alphas + n * I(steps) * all;
        for (I t = 0; t < I(steps); t++) {
            const T* before = alpha + (t - 1) * all;
            FOR_THREADS(s, all) {
                T ways = t == 0 && s < 2 ? T(0) : lowest<T>();
                if (t > 0) {
                    ways = before[s];
                    if (s > 0) ways = log_add(ways, before[s - 1]);
                    if (skips(s)) ways = log_add(ways, before[s - 2]);
                }
                alpha[t * all + s] = ways + emitted(t, s);
            }
            SYNC();
        }
        T* const beta = rows + n * 3 * all;
        T* const occupied = beta + 2 * all;
        for (I t = I(steps) - 1; t >= 0; t--) {
            const T* after = beta + (t + 1) % 2 * all;
            T* now = beta + t % 2 * all;
            T most = lowest<T>();
            FOR_THREADS(s, all) {
                T ways = lowest<T>();
                if (t == runs - 1) {
                    if (s == end || s == end - 1) ways = T(0);
                } else if (t < runs - 1) {
                    ways = after[s] + emitted(t + 1, s);
                    if (s + 1 < all) ways = log_add(ways, after[s + 1] + emitted(t + 1, s + 1));
                    if (s + 2 < all && skips(s + 2))
                        ways = log_add(ways, after[s + 2] + emitted(t + 1, s + 2));
                }
                now[s] = ways;
                occupied[s] = ways + alpha[t * all + s];
                most = maximum(most, occupied[s]);
            }
            most = block_max(most);
            const T base = isfinite(most) ? most : T(0);
            T sum = T(0);
            FOR_THREADS(s, all) sum += T(exp(occupied[s] - base));
            const T total = T(log(block_sum(sum))) + base, finite = isfinite(total) ? total : T(0);
            FOR_THREADS(s, all) occupied[s] = T(exp(occupied[s] - finite));
            if (t == 0 && THREAD == 0) loss[n] = feasible ? -total : T(0);
            const bool counts = feasible && t < runs;
            const I row = (t * I(sequences) + n) * I(classes);
            FOR_THREADS(c, classes) gradient[row + c] = counts ? T(exp(scores[row + c])) : T(0);
            SYNC();
            if (!counts) continue;
            // By the first place of each class, so that sums are the same in every run.
            FOR_THREADS(s, end + 1) {
                const int64 c = of(s);
                bool first = c >= 0 && c < classes && (s & 1 || s == 0) && !(s & 1 && c == blank);
                for (I k = 1; first && k < s; k += 2) first = of(k) != c;
                if (!first) continue;
                T chance = T(0);
                for (I k = 0; k <= end; k++) if (of(k) == c) chance += occupied[k];
                gradient[row + I(c)] -= chance;
            }
            SYNC();
        }
    }
}""",
    types=("float32", "float64"),
)


def solve(
    xp: Any, data: Any, label: Any, data_lengths: Any, label_lengths: Any, blank: int, padding: int
) -> tuple[Any, Any]:
    """The losses (N,) and their gradients (T, N, classes), in the dtype that is computed with."""
    wide = np.dtype("float32") if data.dtype == "float16" else data.dtype
    scores = softmax(xp, data, -1, LOG_SOFTMAX, None, wide)
    steps, sequences, classes = data.shape
    labels = label.shape[1]
    whole = np.dtype("int64")
    label, data_lengths, label_lengths = (
        0 if item is None else xp.ascontiguousarray(item.astype(whole))
        for item in (label, data_lengths, label_lengths)
    )
    places = 2 * labels + 1
    alphas = xp.empty((sequences, steps, places), dtype=wide)
    rows = xp.empty((sequences, 3, places), dtype=wide)
    loss, gradient = xp.empty(sequences, dtype=wide), xp.empty(data.shape, dtype=wide)
    arrays = (scores, label, data_lengths, label_lengths, alphas, rows, loss, gradient)
    args = (*arrays, steps, sequences, classes, labels, blank, padding)
    _CTC(xp, wide, args=args, blocks=sequences, threads=64 if places <= 64 else 256)
    return loss, gradient
