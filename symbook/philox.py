"""Random numbers on a GPU: each from its place in a sequence, by kernels of ours.

Philox4x32-10 makes four random words of a seed and a counter, so a generator is a seed and how many counters
were used. Nothing is kept on the device: what is drawn on several streams, or by several threads, needs no
order on the device, and each draw is new. CuPy's generators keep a state of many megabytes in the device's
memory, that each draw reads and writes, and whose draws must not overlap.

Words become numbers of a distribution by inversion, and by the methods of G. Box and M. Muller, "A note on
the generation of random normal deviates" (1958), G. Marsaglia and W. Tsang, "A simple method for generating
gamma variables" (2000), and W. Hörmann, "The transformed rejection method for generating Poisson random
variables" (1993). A number that is tried again takes its next words by the counter's upper half.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from .cuda import Kernel
from .specs import DType, count

_REALS = ("float32", "float64")

# NumPy's: ten standard deviations more are still an int64.
_MOST_POISSON = 2.0**63 - 10 * 2.0**31.5

# In (0, 1], with all bits of a word: so a logarithm of it is finite, and the tail of what is made of it long.
_TEXT = """
DEVICE float above_zero(uint32 high, uint32, float) { return ((float)high + 1.0f) * 2.3283064365386963e-10f; }
DEVICE double above_zero(uint32 high, uint32 low, double) { return 1.0 - uniform(high, low); }
DEVICE float from_zero(uint32 high, uint32, float) { return uniform(high); }
DEVICE double from_zero(uint32 high, uint32 low, double) { return uniform(high, low); }

// The values that four words give, which fill 16 bytes.
static const int EACH = 16 / (int)sizeof(T);
DEVICE T first(const Words& words, int k, T) {
    return from_zero(words.at[k * 4 / EACH], words.at[(k * 4 / EACH + 1) & 3], T(0));
}

DEVICE void store_words(T* y, int64 n, I k, const Pack<T>& pack) {
    int64 start = (int64)k * EACH;
    if (start + EACH <= n && aligned(y)) {
        store_pack(y + start, pack);
    } else {
        for (int j = 0; j < EACH && start + j < n; j++) y[start + j] = pack.at[j];
    }
}
"""

_UNIFORM = Kernel(
    "random_uniform",
    _TEXT
    + """
KERNEL random_uniform(T* y, long long n, unsigned long long seed, unsigned long long start, double factor,
                    double offset) {
    FOR_EACH(k, (n + EACH - 1) / EACH) {
        Words words = philox(seed, 0, start + k);
        Pack<T> pack;
        for (int j = 0; j < EACH; j++) pack.at[j] = T(factor) * first(words, j, T(0)) + T(offset);
        store_words(y, n, k, pack);
    }
}""",
    _REALS,
)

_NORMAL = Kernel(
    "random_normal",
    _TEXT
    + """
KERNEL random_normal(T* y, long long n, unsigned long long seed, unsigned long long start, double factor,
                    double offset) {
    FOR_EACH(k, (n + EACH - 1) / EACH) {
        Words words = philox(seed, 0, start + k);
        Pack<T> pack;
        for (int j = 0; j < EACH; j += 2) {
            int at = j * 4 / EACH;
            T radius = sqrt(T(-2) * log(above_zero(words.at[at], words.at[(at + 1) & 3], T(0))));
            T turns = T(2) * first(words, j + 1, T(0));
            pack.at[j] = T(factor) * (radius * cospi(turns)) + T(offset);
            pack.at[j + 1] = T(factor) * (radius * sinpi(turns)) + T(offset);
        }
        store_words(y, n, k, pack);
    }
}""",
    _REALS,
)

_EXPONENTIAL = Kernel(
    "random_exponential",
    _TEXT
    + """
KERNEL random_exponential(T* y, long long n, unsigned long long seed, unsigned long long start) {
    FOR_EACH(k, (n + EACH - 1) / EACH) {
        Words words = philox(seed, 0, start + k);
        Pack<T> pack;
        for (int j = 0; j < EACH; j++) {
            int at = j * 4 / EACH;
            pack.at[j] = -log(above_zero(words.at[at], words.at[(at + 1) & 3], T(0)));
        }
        store_words(y, n, k, pack);
    }
}""",
    _REALS,
)

_INTEGERS = Kernel(
    "random_integers",
    """
KERNEL random_integers(T* y, long long n, unsigned long long seed, unsigned long long start,
                       long long low, unsigned long long range) {
    FOR_EACH(k, (n + 1) / 2) {
        Words words = philox(seed, 0, start + k);
        for (int j = 0; j < 2; j++) {
            int64 i = (int64)k * 2 + j;
            uint64 word = (uint64)words.at[2 * j] << 32 | words.at[2 * j + 1];
            if (i < n) y[i] = T((int64)((uint64)low + word % range));
        }
    }
}""",
    ("int32", "int64"),
)

_GAMMA = Kernel(
    "random_gamma",
    """
KERNEL random_gamma(const T* shapes, long long each, T* y, long long n, unsigned long long seed,
                    unsigned long long start) {
    FOR_EACH(i, n) {
        double shape = shapes[i / each];
        if (!isfinite(shape)) {
            y[i] = shape;  // no attempt would ever be the last
            continue;
        }
        double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / sqrt(9 * d);
        double value = 0, power = 0;
        for (uint64 attempt = 0;; attempt++) {
            Words a = philox(seed, 2 * attempt, start + i), b = philox(seed, 2 * attempt + 1, start + i);
            double radius = sqrt(-2 * log(1 - uniform(a.at[0], a.at[1])));
            double x = radius * cos(6.283185307179586 * uniform(a.at[2], a.at[3]));
            double v = 1 + c * x;
            if (v <= 0) continue;
            v = v * v * v;
            power = uniform(b.at[2], b.at[3]);
            value = d * v;
            if (log(1 - uniform(b.at[0], b.at[1])) < x * x / 2 + d * (1 - v + log(v))) break;
        }
        y[i] = shape < 1 ? value * pow(power, 1 / shape) : value;
    }
}""",
    ("float64",),
)

_POISSON = Kernel(
    "random_poisson",
    """
DEVICE int64 poisson_small(double mean, uint64 seed, uint64 counter) {
    double product = 1, least = exp(-mean);
    for (uint64 attempt = 0;; attempt++) {
        Words words = philox(seed, attempt, counter);
        for (int j = 0; j < 2; j++) {
            product *= uniform(words.at[2 * j], words.at[2 * j + 1]);
            if (product <= least) return (int64)(2 * attempt + j);
        }
    }
}
DEVICE int64 poisson_large(double mean, uint64 seed, uint64 counter) {
    double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    double inverse = 1.1239 + 1.1328 / (b - 3.4), inside = 0.9277 - 3.6224 / (b - 2);
    for (uint64 attempt = 0;; attempt++) {
        Words words = philox(seed, attempt, counter);
        double u = uniform(words.at[0], words.at[1]) - 0.5;
        double v = 1 - uniform(words.at[2], words.at[3]), left = 0.5 - fabs(u);
        if (left <= 0) continue;
        double k = floor((2 * a / left + b) * u + mean + 0.43);
        if (left >= 0.07 && v <= inside) return (int64)k;
        if (k < 0 || (left < 0.013 && v > left)) continue;
        // Of large means, the logarithm of the probability without a difference of large numbers.
        double bound = mean < 1e4 ? k * log(mean) - mean - lgamma(k + 1)
                                  : (k - mean) - k * log1p((k - mean) / mean)
                                        - log(6.283185307179586 * k) / 2 - 1 / (12 * k);
        if (log(v * inverse / (a / (left * left) + b)) <= bound) return (int64)k;
    }
}
KERNEL random_poisson(const double* means, long long each, T* y, long long n, unsigned long long seed,
                      unsigned long long start) {
    FOR_EACH(i, n) {
        double mean = means[i / each];
        y[i] = mean < 10 ? poisson_small(mean, seed, start + i) : poisson_large(mean, seed, start + i);
    }
}""",
    ("int64",),
)


class Sequence:
    """The random words of one device: a seed, and how many counters were used."""

    def __init__(self, seed: int, stream: int) -> None:
        self._lock = threading.Lock()
        self.seed(seed, stream)

    def seed(self, seed: int, stream: int = 0) -> None:
        """Start again from a seed, of which the low 32 bits count; each stream has numbers of its own."""
        with self._lock:
            self._key = seed % 2**32 | stream << 32
            self._used = 0

    @property
    def state(self) -> tuple[int, int]:
        """Where it stands: the key, and how many counters were used."""
        with self._lock:
            return self._key, self._used

    @state.setter
    def state(self, state: tuple[int, int]) -> None:
        with self._lock:
            self._key, self._used = state

    def take(self, counters: int) -> tuple[int, int]:
        """The key, and the first of that many counters that nobody else gets."""
        with self._lock:
            start = self._used
            self._used += counters
            return self._key, start


class GpuGenerator:
    """Draws from a :class:`Sequence` on the current device, of the namespace `xp`.

    A seed gives the same numbers again, on each device that was seeded by itself; they are not MXNet's.
    """

    __slots__ = ("_sequence", "_xp")

    def __init__(self, xp: Any, sequence: Sequence) -> None:
        self._xp = xp
        self._sequence = sequence

    def seed(self, seed: int) -> None:
        """Start again from a seed, of which the low 32 bits count."""
        self._sequence.seed(seed)

    def take(self, counters: int) -> tuple[int, int]:
        """The key, and the first of that many counters, for a kernel that draws by itself."""
        return self._sequence.take(counters)

    def uniform(
        self, shape: tuple[int, ...], dtype: DType, factor: float = 1, offset: float = 0
    ) -> Any:
        """Values in [0, 1), in steps of 2**-24 (float32) or 2**-53 (float64); times a number, plus one."""
        return self._real(_UNIFORM, shape, dtype, float(factor), float(offset))

    def normal(
        self, shape: tuple[int, ...], dtype: DType, factor: float = 1, offset: float = 0
    ) -> Any:
        """Values of the standard normal distribution; times a number, plus one."""
        return self._real(_NORMAL, shape, dtype, float(factor), float(offset))

    def exponential(self, shape: tuple[int, ...], dtype: DType, rate: Any = 1.0) -> Any:
        """Drawn and divided in float64, rounded to the dtype."""
        values = self._real(_EXPONENTIAL, shape, np.dtype(np.float64))
        values /= rate
        return values.astype(dtype, copy=False)

    def integers(self, low: int, high: int, shape: tuple[int, ...], dtype: DType) -> Any:
        """Whole numbers in [low, high): 64 random bits modulo their number."""
        result = self._xp.empty(shape, dtype)
        key, start = self._sequence.take(-(-result.size // 2))
        args = (result, result.size, key, start, low, high - low)
        _INTEGERS(self._xp, dtype, args, size=-(-result.size // 2))
        return result

    def gamma(self, alpha: Any, shape: tuple[int, ...]) -> Any:
        """Values, float64, of the gamma distribution of shape `alpha`, a number or an array, and scale 1."""
        return self._by_parameter(_GAMMA, alpha, shape, "float64")

    def poisson(self, lam: Any, shape: tuple[int, ...]) -> Any:
        """Whole numbers of the Poisson distribution of mean `lam`, a number or an array.

        Raises
        ------
        ValueError
            For a number so large that it has no place among int64, as NumPy's generator.
        """
        if isinstance(lam, (int, float)) and lam > _MOST_POISSON:
            raise ValueError("lam value too large")
        return self._by_parameter(_POISSON, lam, shape, "int64")

    def permutation(self, size: int) -> Any:
        """The numbers from 0 to size - 1 in random order."""
        return self._xp.argsort(self.uniform((size,), np.dtype(np.float64)))

    def in_turn(self, shape: tuple[int, ...]) -> Any:
        """Values in [0, 1), float32."""
        return self.uniform(shape, np.dtype(np.float32))

    def _real(self, kernel: Kernel, shape: tuple[int, ...], dtype: DType, *numbers: float) -> Any:
        result = self._xp.empty(shape, dtype)
        counters = -(-result.nbytes // 16)
        key, start = self._sequence.take(counters)
        kernel(self._xp, dtype, (result, result.size, key, start, *numbers), size=counters)
        return result

    def _by_parameter(
        self, kernel: Kernel, parameter: Any, shape: tuple[int, ...], dtype: str
    ) -> Any:
        xp, size = self._xp, count(shape)
        values = xp.asarray(parameter, dtype=np.float64)
        if values.size != 1:
            values = xp.ascontiguousarray(xp.broadcast_to(values, shape))
        result = xp.empty(shape, dtype)
        key, start = self._sequence.take(size)
        each = max(size, 1) if values.size == 1 else 1
        kernel(xp, dtype, (values, each, result, size, key, start), size=size)
        return result
