"""Random number generators: MXNet's CPU streams bit for bit; `philox` has those of GPUs.

MXNet's CPU generator is 1024 Mersenne twisters (MT19937), number i seeded with `127 * seed + i`,
that live on from draw to draw. A draw of n values uses `k = min(1024, ceil(n / 64))` of them, each
for one stretch of `ceil(n / k)` values. All CPU contexts share them. A program that sets no seed
gets seed 0.

The twisters are the rows of one matrix here: seeding and advancing run over all of them at once.
Generator: M. Matsumoto and T. Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998) 3-30.
"""

from __future__ import annotations

import contextlib
import copy
import math
import operator
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from . import forks
from .context import Context
from .errors import ArgumentError, ParamError
from .philox import GpuGenerator, Sequence
from .specs import DType, count

STREAMS = 1024
SEED_FACTOR = 127
LEAST_PER_STREAM = 64

_SIZE = 624
_SHIFT = 397
_WORD = 2.0**32
_HIGH, _LOW, _ODD = np.uint32(0x80000000), np.uint32(0x7FFFFFFF), np.uint32(1)
_MATRIX = np.uint32(0x9908B0DF)
# What one word and two words make.
_UNIT: dict[int, DType] = {1: np.dtype(np.float32), 2: np.dtype(np.float64)}
_TEMPER = (
    (np.right_shift, 11, None),
    (np.left_shift, 7, np.uint32(0x9D2C5680)),
    (np.left_shift, 15, np.uint32(0xEFC60000)),
    (np.right_shift, 18, None),
)
# Sizes for which the arrays of a step fit a core's cache: rows of states, and words.
_GROUP = 64
_BLOCK = 2**14

if TYPE_CHECKING:
    from numpy.typing import NDArray  # a hundredth of the time of `import symbook`

    Words = NDArray[np.uint32]
    Floats = NDArray[np.floating[Any]]
    CpuState = tuple[int, "Twisters | None", np.random.RandomState | None]


class Generator(Protocol):
    """What operators draw from; every method gives a fresh array of the device's namespace.

    Floating values are float32 or float64.
    """

    def seed(self, seed: int) -> None:
        """Start again from a seed."""

    def uniform(self, shape: tuple[int, ...], dtype: DType) -> Any:
        """Values in [0, 1)."""

    def normal(self, shape: tuple[int, ...], dtype: DType) -> Any:
        """Values of the standard normal distribution."""

    def exponential(self, shape: tuple[int, ...], dtype: DType, rate: Any = 1.0) -> Any:
        """Values of the exponential distribution of mean 1 / rate; the rate may be an array."""

    def integers(self, low: int, high: int, shape: tuple[int, ...], dtype: DType) -> Any:
        """Whole numbers in [low, high)."""

    def gamma(self, alpha: Any, shape: tuple[int, ...]) -> Any:
        """Values, float64, of the gamma distribution of shape `alpha`, a number or an array, and scale 1."""

    def poisson(self, lam: Any, shape: tuple[int, ...]) -> Any:
        """Whole numbers of the Poisson distribution of mean `lam`, a number or an array."""

    def permutation(self, size: int) -> Any:
        """The numbers from 0 to size - 1 in random order."""

    def in_turn(self, shape: tuple[int, ...]) -> Any:
        """Values in [0, 1), float32, of one stream, each drawn after the one before."""


class Twisters:
    """1024 MT19937 generators side by side, row i seeded with `base + i` modulo 2**32."""

    def __init__(self, base: int) -> None:
        keys = np.empty((_SIZE, STREAMS), np.uint32)
        keys[0] = (np.arange(STREAMS, dtype=np.int64) + base % 2**32) % 2**32
        for i in range(1, _SIZE):
            keys[i] = (keys[i - 1] ^ (keys[i - 1] >> 30)) * np.uint32(1812433253) + np.uint32(i)
        self.keys: Words = np.ascontiguousarray(keys.T)
        self.used = np.full(STREAMS, _SIZE)

    def words(self, first: int, last: int, out: Words) -> None:
        """Fill `out`, of shape (last - first, each), with the next words of those generators."""
        each = out.shape[1]
        used = self.used[first:last]
        done = np.zeros(last - first, np.int64)
        while True:
            take = np.minimum(_SIZE - used, each - done)
            # Neighbours at one place, which is nearly always all of them, are copied together.
            edges = np.flatnonzero(np.diff(used) | np.diff(done)) + 1
            for start, stop in zip([0, *edges], [*edges, last - first], strict=True):
                here, there, size = used[start], done[start], take[start]
                block = self.keys[first + start : first + stop, here : here + size]
                out[start:stop, there : there + size] = block
            used += take
            done += take
            short = np.flatnonzero(done < each)
            if not short.size:
                break
            self._refill(first + short)
        _temper(out)

    def skip(self, first: int, last: int, counts: NDArray[np.int64]) -> None:
        """Pass over so many words of each of the generators first to last - 1."""
        position = self.used[first:last] + counts
        while (over := np.flatnonzero(position > _SIZE)).size:
            self._refill(first + over)
            position[over] -= _SIZE
        self.used[first:last] = position

    def save(self, first: int, last: int) -> tuple[Words, NDArray[np.int64]]:
        """A copy of the state of some generators, for :meth:`restore`."""
        return self.keys[first:last].copy(), self.used[first:last].copy()

    def restore(self, first: int, last: int, state: tuple[Words, NDArray[np.int64]]) -> None:
        """Go back to a state that :meth:`save` gave."""
        self.keys[first:last], self.used[first:last] = state

    def _refill(self, rows: NDArray[np.int64]) -> None:
        """Make the next 624 words of these generators, which have used up theirs."""
        whole = len(rows) == rows[-1] - rows[0] + 1
        keys = self.keys[rows[0] : rows[-1] + 1] if whole else self.keys[rows]
        _twist(keys)
        if not whole:
            self.keys[rows] = keys
        self.used[rows] = 0


def _twist(keys: Words) -> None:
    """The recurrence of MT19937, in place on every row.

    It goes in stretches that read finished ones only, and by groups of rows that stay in the cache.
    """
    for row in range(0, len(keys), _GROUP):
        group = keys[row : row + _GROUP]
        for start, stop in ((0, 227), (227, 454), (454, 623)):
            source = (start + _SHIFT) % _SIZE
            mixed = group[:, start:stop] & _HIGH
            mixed |= group[:, start + 1 : stop + 1] & _LOW
            _mix(mixed)
            near = group[:, source : source + stop - start]
            np.bitwise_xor(near, mixed, out=group[:, start:stop])
        last = group[:, 623] & _HIGH
        last |= group[:, 0] & _LOW
        _mix(last)
        group[:, 623] = group[:, 396] ^ last


def _mix(words: Words) -> None:
    """Times the matrix A of MT19937, in place."""
    odd = words & _ODD
    odd *= _MATRIX
    words >>= 1
    words ^= odd


def _temper(words: Words) -> Words:
    """MT19937's output function, in place, by blocks that stay in the cache."""
    flat = words.reshape(-1)
    scratch = np.empty(min(_BLOCK, flat.size), np.uint32)
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK]
        other = scratch[: block.size]
        for shift, bits, mask in _TEMPER:
            shift(block, bits, out=other)
            if mask is not None:
                other &= mask
            block ^= other
    return words


class CpuGenerator:
    """MXNet's CPU generator.

    Uniform values and integers are MXNet's to the bit; normal and exponential ones up to the last
    bits of the logarithm, because NumPy's differs from the C library's.

    Parameters
    ----------
    lock : lock, optional
        Held while anything is drawn; one of its own, if left out.
    """

    def __init__(self, lock: contextlib.AbstractContextManager[object] | None = None) -> None:
        self._lock = threading.RLock() if lock is None else lock
        self._seed = 0
        self._twisters: Twisters | None = None
        self._single: np.random.RandomState | None = None

    def seed(self, seed: int) -> None:
        """Start again from a seed, of which the low 32 bits count."""
        with self._lock:
            self._seed = seed
            self._twisters = self._single = None

    @contextlib.contextmanager
    def borrowed(self, seed: int) -> Iterator[None]:
        """Draw from a seed, and go on afterwards as if nothing had been drawn."""
        with self.resumed((seed, None, None)):
            yield

    def state(self) -> CpuState:
        """A copy of where it stands."""
        with self._lock:
            return copy.deepcopy((self._seed, self._twisters, self._single))

    @contextlib.contextmanager
    def resumed(self, state: CpuState) -> Iterator[None]:
        """Draw from a state, which stays as it is, and go on afterwards as if nothing had been drawn."""
        with self._lock:
            before = self._seed, self._twisters, self._single
            self._seed, self._twisters, self._single = copy.deepcopy(state)
        try:
            yield
        finally:
            with self._lock:
                self._seed, self._twisters, self._single = before

    def uniform(self, shape: tuple[int, ...], dtype: DType) -> Floats:
        """A word / 2**32 for float32; two words, the low one first, / 2**64 for float64."""
        return _to_unit(self._words(count(shape), _width(dtype))).reshape(shape)

    def exponential(self, shape: tuple[int, ...], dtype: DType, rate: Any = 1.0) -> Floats:
        """-log(1 - u) / rate in float64, rounded to the dtype."""
        values = _to_unit(self._words(count(shape), _width(dtype))).astype(np.float64, copy=False)
        np.subtract(1.0, values, out=values)
        np.log(values, out=values)
        return (values.reshape(shape) / -np.asarray(rate, np.float64)).astype(dtype)

    def integers(self, low: int, high: int, shape: tuple[int, ...], dtype: DType) -> Any:
        """`low + (w0 * 2**31 + w1) mod (high - low)` of two words each.

        MXNet has only `low` where there are more than 2**63 such numbers: these are of `w0 * 2**32 + w1`.
        """
        words = self._words(count(shape), 2).astype(np.uint64)
        size = high - low
        values = (words[:, 0] << np.uint64(31 if size <= 2**63 else 32)) + words[:, 1]
        # Modulo 2**64, in which a negative `low` is as good as any.
        values = values % np.uint64(size) + np.uint64(low % 2**64)
        return values.view(np.int64).astype(dtype, copy=False).reshape(shape)

    def gamma(self, alpha: float, shape: tuple[int, ...]) -> Any:
        """NumPy's, from a generator seeded with the next words; not MXNet's values."""
        return self._numpy().standard_gamma(alpha, shape)

    def poisson(self, lam: float, shape: tuple[int, ...]) -> Any:
        """NumPy's, from a generator seeded with the next words; not MXNet's values."""
        return self._numpy().poisson(lam, shape)

    def _numpy(self) -> np.random.Generator:
        return np.random.default_rng(self._words(2, 2).ravel())

    def permutation(self, size: int) -> Any:
        """The order of as many 64-bit numbers; MXNet shuffles from another generator."""
        words = self._words(size, 2).astype(np.uint64)
        return np.argsort((words[:, 0] << np.uint64(32)) | words[:, 1], kind="stable")

    def in_turn(self, shape: tuple[int, ...]) -> Floats:
        """From another generator of MXNet's: one twister, seeded with `127 * seed`."""
        with self._lock:
            if self._single is None:
                self._single = np.random.RandomState(SEED_FACTOR * self._seed % 2**32)
            words = self._single.randint(0, 2**32, (count(shape), 1), np.uint32)
        return _to_unit(words).reshape(shape)

    def normal(self, shape: tuple[int, ...], dtype: DType) -> Floats:
        """Marsaglia's polar method on pairs of uniform values; the second of each pair is kept."""
        width = _width(dtype)
        result = np.empty(count(shape), _UNIT[width])
        with self._lock:
            for first, last, each in _stretches(result.size):
                for row in range(first, last, _GROUP):
                    part = self._normals(row, min(row + _GROUP, last), each, width)
                    start = row * _per_stream(result.size)
                    result[start : start + part.size] = part
        return result.reshape(shape)

    def _words(self, size: int, width: int) -> Words:
        """`width` words for each of `size` values: shape (size, width)."""
        result = np.empty((size, width), np.uint32)
        with self._lock:
            for first, last, each in _stretches(size):
                start = first * _per_stream(size)
                part = result[start : start + (last - first) * each]
                self._rows.words(first, last, part.reshape(last - first, each * width))
        return result

    @property
    def _rows(self) -> Twisters:
        if self._twisters is None:
            self._twisters = Twisters(SEED_FACTOR * self._seed)
        return self._twisters

    def _normals(self, first: int, last: int, each: int, width: int) -> Floats:
        """`each` values of each generator; these end just after the last pair that was needed."""
        rows, number = self._rows, last - first
        state = rows.save(first, last)
        # A pair is accepted with probability pi/4; so many are nearly always enough.
        tries = math.ceil(each * 4 / math.pi + 8 * math.sqrt(each) + 8)
        while True:
            words = np.empty((number, tries * 2 * width), np.uint32)
            rows.words(first, last, words)
            rows.restore(first, last, state)
            pairs = _to_unit(words.reshape(-1, width)).reshape(number, tries, 2)
            x, y = pairs[:, :, 0] * 2 - 1, pairs[:, :, 1] * 2 - 1
            square = x * x + y * y
            accepted = (square <= 1) & (square != 0)
            order = np.cumsum(accepted, axis=1)
            if order[:, -1].min() >= each:
                break
            tries *= 2
        rows.skip(first, last, (np.argmax(order == each, axis=1) + 1) * 2 * width)
        accepted &= order <= each
        square = square[accepted]
        # C's float32 logarithm is exact to the last bit; NumPy's is, when rounded from float64.
        log = np.log(square, dtype=np.float64).astype(square.dtype, copy=False)
        values: Floats = y[accepted] * np.sqrt(-2 * log / square)
        return values


def _per_stream(size: int) -> int:
    """How many of `size` values each generator in use gives; the last one gives the rest."""
    streams = min(STREAMS, -(-size // LEAST_PER_STREAM))
    return -(-size // streams)


def _stretches(size: int) -> list[tuple[int, int, int]]:
    """Who draws: (first, last, values each), the generators from first to last - 1."""
    if size == 0:
        return []
    each = _per_stream(size)
    whole, rest = divmod(size, each)
    return [(0, whole, each)] * (whole > 0) + [(whole, whole + 1, rest)] * (rest > 0)


def _width(dtype: DType) -> int:
    """Words for one value: one for float32, two for float64."""
    return 1 if dtype == np.float32 else 2


def _to_unit(words: Words) -> Floats:
    """Numbers in [0, 1), in the words' own memory: one word a row as float32, or two as float64.

    As in C++, what rounding would take to 1 becomes the number before 1.
    """
    width = words.shape[1]
    result = words.reshape(-1).view(_UNIT[width])
    one = result.dtype.type(1)
    below = np.nextafter(one, one - one)
    for start in range(0, result.size, _BLOCK):
        block = words[start : start + _BLOCK]
        values = block[:, -1].astype(result.dtype)
        if width == 2:
            values *= _WORD
            values += block[:, 0]
        values *= _WORD**-width
        np.minimum(values, below, out=result[start : start + _BLOCK])
    return result


_cpu = CpuGenerator(forks.lock())
_gpus: dict[int, Sequence] = {}
_seed = 0
_lock = forks.lock()


def generator(xp: ModuleType) -> Generator:
    """The generator of the device that an array namespace works on now."""
    if xp is np:
        return _cpu
    return GpuGenerator(xp, _sequence(int(xp.cuda.runtime.getDevice())))


def borrowed(seed: int) -> contextlib.AbstractContextManager[None]:
    """Let what is drawn on the CPU in a block be that of a seed, and nothing of it be seen afterwards."""
    return _cpu.borrowed(seed)


class State(NamedTuple):
    """Where the generators of all devices stand.

    Attributes
    ----------
    cpu : CpuState
    gpus : dict of int to (int, int)
        For each GPU that was drawn on, the key and how many counters were used.
    """

    cpu: CpuState
    gpus: dict[int, tuple[int, int]]


def state() -> State:
    """Where the generators stand now; about 3 MB once something was drawn on the CPU."""
    with _lock:
        return State(_cpu.state(), {i: sequence.state for i, sequence in _gpus.items()})


@contextlib.contextmanager
def resumed(start: State) -> Iterator[None]:
    """Let a block draw from a state on, and let nothing of it be seen afterwards."""
    with _lock:
        before = {i: sequence.state for i, sequence in _gpus.items()}
        for i, known in start.gpus.items():
            _gpus[i].state = known
    try:
        with _cpu.resumed(start.cpu):
            yield
    finally:
        with _lock:
            for i, sequence in _gpus.items():
                sequence.state = before[i] if i in before else Sequence(_seed, i).state


def _sequence(device_id: int) -> Sequence:
    with _lock:
        if device_id not in _gpus:
            _gpus[device_id] = Sequence(_seed, device_id)
        return _gpus[device_id]


def seed(seed_state: int, ctx: Context | str = "all") -> None:
    """Start the generators of all devices, or of one, again from a seed.

    As in MXNet, all devices have numbers of their own from one seed; GPUs that are seeded one by one from the
    same seed have the same.

    Parameters
    ----------
    seed_state : int
        Its low 32 bits count.
    ctx : Context or "all"

    Raises
    ------
    ParamError
        If the seed is not a whole number.
    ArgumentError
        If `ctx` is neither a context nor "all".
    DeviceError
        If `ctx` is a GPU that is not there.
    """
    global _seed
    try:
        value = operator.index(seed_state)
    except TypeError:
        raise ParamError(
            f"seed_state must be int, not {seed_state!r}", hint="Pass a whole number, such as 42."
        ) from None
    if isinstance(ctx, Context):
        _seed_one(value, ctx)
        return
    if ctx != "all":
        raise ArgumentError(f"{ctx!r} is not a context", hint='Pass mx.cpu(), mx.gpu(0) or "all".')
    with _lock:
        _seed = value
        _cpu.seed(value)
        for device_id, sequence in _gpus.items():
            sequence.seed(value, device_id)


def _seed_one(value: int, ctx: Context) -> None:
    if not ctx.is_gpu:
        _cpu.seed(value)
        return
    ctx.xp  # noqa: B018  # a device that is not there is refused
    _sequence(ctx.device_id).seed(value)
