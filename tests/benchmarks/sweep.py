"""What the numbers in `symbook/tuning.py`, and the sizes of blocks, come from, measured on this machine.

Each section asks one question and measures it in this process, the quickest of many calls: what others do
on the machine makes calls slower, never quicker.
"""

from __future__ import annotations

import functools
import importlib.util
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import symbook as mx
from symbook import workers
from symbook.fusion import Fused, source
from symbook.fusion.compiled import compiled
from symbook.ops import convolve

from . import machine

Section = dict[str, Any]


def measure(seconds: float = 0.3) -> dict[str, Any]:
    """All sections, each of whose figures is measured for so many seconds, with the machine.

    All times are in seconds.
    """
    clock = _Clock(seconds)
    return {
        "machine": machine.describe(),
        "numpy": np.__version__,
        "threads": workers.thread_count(),
        "caches": caches(),
        "handoff": _handoff(clock),
        "call": _calls(clock),
        "products": _products(clock),
        "moving": _moving(clock),
        "functions": _functions(clock),
        "sharing": _sharing(clock),
        "blocks": _blocks(clock),
        "tiles": _tiles(clock),
        "windows": _windows(clock),
    }


class _Clock:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __call__(self, work: Callable[[], object]) -> float:
        """The time of a quick call: the tenth part of all calls are quicker."""
        work()
        times = []
        end = time.perf_counter() + self._seconds
        while len(times) < 5 or time.perf_counter() < end:
            begin = time.perf_counter()
            work()
            times.append(time.perf_counter() - begin)
        return sorted(times)[len(times) // 10]

    def each(self, works: Mapping[int, Callable[[], object]]) -> dict[int, float]:
        """The times of several, which take turns: what slows the machine for a while slows all."""
        turn = _Clock(self._seconds / 2)
        found = [{key: turn(work) for key, work in works.items()} for _ in range(5)]
        return {key: min(times[key] for times in found) for key in works}


def caches() -> dict[str, int]:
    """Bytes of each cache of a core, by name: `L1d`, `L2`, `L3`; empty where the system does not say."""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = (
            (folder / name).read_text().strip() for name in ("level", "type", "size")
        )
        if kind != "Instruction":
            name = f"L{level}" + ("d" if kind == "Data" else "")
            found[name] = int(size[:-1]) * {"K": 1024, "M": 1024**2}[size[-1]]
    return found


# Sections


def _handoff(clock: _Clock) -> Section:
    """From announcing a job to a worker's beginning with it; and what a job takes that nobody helps with."""
    times: list[float] = []

    def once() -> None:
        woken = threading.Event()

        def task(i: int) -> None:
            if threading.current_thread() is threading.main_thread():
                woken.wait(1)
            else:
                times.append(time.perf_counter() - begin)
                woken.set()

        time.sleep(0.0005)  # workers go to sleep
        begin = time.perf_counter()
        workers.share(task, 2, 2)

    if workers.thread_count() > 1:
        clock(once)
    times.sort()
    parts = {f"{q}%": times[len(times) * q // 100] for q in (10, 50, 90)} if times else {}
    return {"begin": parts, "job": clock(lambda: workers.share(lambda i: None, 2))}


def _calls(clock: _Clock) -> Section:
    """What NumPy's functions take for 4 elements."""
    a, b = np.ones(4, "float32"), np.ones((2, 2), "float32")
    out = np.empty_like(a)
    return {
        "add": clock(lambda: np.add(a, a, out=out)),
        "sum": clock(lambda: a.sum()),
        "matmul": clock(lambda: np.matmul(b, b)),
    }


def _products(clock: _Clock) -> list[Section]:
    """Matrix products of n×n: BLAS with one thread, with all, and as many at once with one thread each."""
    count = workers.thread_count()
    rows = []
    for n in (64, 96, 128, 192, 256, 384, 512, 768, 1024):
        factors = [np.ones((n, n), "float32") for _ in range(2 * count)]
        outs = [np.empty((n, n), "float32") for _ in range(count)]

        def one(i: int, a=factors, o=outs) -> None:
            np.matmul(a[2 * i], a[2 * i + 1], out=o[i])

        def all_of_them(i: int, one=one) -> None:
            for k in range(count):
                one(k)

        with mx.engine.threads(1):
            alone = _limited(lambda f=one: clock(lambda: f(0)))
        with mx.engine.threads(count):
            several = clock(lambda f=all_of_them: f(0)) / count
            beside = clock(lambda f=one: workers.share(f, count, blas=True)) / count
        rows.append({"n": n, "flops": 2 * n**3, "one": alone, "blas": several, "beside": beside})
    return rows


def _limited(work: Callable[[], float]) -> float:
    """What some work gives while BLAS has no more threads than may run."""
    found: list[float] = []
    workers.thread_count()
    workers.Job(lambda _: found.append(work()), [0], 0, blas=True).run()
    return found[0]


def _moving(clock: _Clock) -> list[Section]:
    """Adding two arrays into a third, on one thread: bytes a second by the size of one array."""
    rows = []
    for n in (1 << k for k in range(8, 25, 2)):
        a, b, out = (np.ones(n, "float32") for _ in range(3))
        rows.append(
            {
                "elements": n,
                "bytes": 12 * n,
                "seconds": clock(lambda a=a, b=b, o=out: np.add(a, b, out=o)),
            }
        )
    return rows


def _functions(clock: _Clock) -> Mapping[str, float]:
    """How many times as long as adding operators take for their bytes; 65,536 elements of float32."""
    array = mx.nd.array(np.linspace(0.1, 3, 1 << 16, dtype="float32").reshape(256, 256))
    names = "tanh sigmoid exp log erf sin cos gamma gammaln softmax log_softmax sort argsort topk sum max"
    calls = {name: getattr(mx.nd, name) for name in names.split()}
    calls["_power"] = lambda x: x**x
    calls["Activation"] = lambda x: mx.nd.Activation(x, act_type="relu")
    plain = clock(lambda: array + array) / 3
    return {name: clock(lambda f=call: f(array)) / 2 / plain for name, call in calls.items()}


def _sharing(clock: _Clock) -> list[Section]:
    """The same work on one thread, and shared in 2 and in 8 parts: from how long on that is worth it."""
    rows = []
    for n in (1 << k for k in range(14, 22)):
        for name in ("multiply", "tanh"):
            x, out = np.ones(n, "float32"), np.empty(n, "float32")
            function = _over(getattr(np, name), [x, x] if name == "multiply" else [x], out)
            row = {"function": name, "elements": n, "1": clock(lambda f=function: f(0, 1))}
            for parts in (2, 8):
                task = functools.partial(_part, function, parts)
                row[str(parts)] = clock(lambda f=task, c=parts: workers.share(f, c))
            rows.append(row)
    return rows


def _over(ufunc: Any, args: list[np.ndarray], out: np.ndarray) -> Callable[[int, int], object]:
    def part(i: int, parts: int) -> None:
        size = out.size // parts
        cut = slice(i * size, (i + 1) * size)
        ufunc(*[arg[cut] for arg in args], out=out[cut])

    return part


def _part(function: Callable[[int, int], object], parts: int, i: int) -> None:
    function(i, parts)


def _blocks(clock: _Clock) -> list[Section]:
    """Six functions one after the other on 2M elements, in blocks, on one thread and on all."""
    x = np.linspace(0.1, 1, 1 << 21, dtype="float32")
    y, out = x[::-1].copy(), np.empty_like(x)
    one, every = {}, {}
    for kib in (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 8192):
        size = kib * 256
        count = max(x.size // size, 1)
        scratch: dict[int, np.ndarray] = {}

        def block(i: int, size=size, scratch=scratch) -> None:
            cut = slice(i * size, (i + 1) * size)
            me = threading.get_ident()
            if me not in scratch:
                scratch[me] = np.empty(size, "float32")
            a, b, o = x[cut], y[cut], out[cut]
            s = scratch[me][: len(a)]
            np.multiply(a, b, out=s)
            np.add(s, a, out=s)
            np.multiply(s, b, out=s)
            np.subtract(s, a, out=s)
            np.multiply(s, s, out=s)
            np.add(s, b, out=o)

        one[kib] = lambda f=block, c=count: [f(i) for i in range(c)]
        every[kib] = lambda f=block, c=count: workers.share(f, c)
    alone, shared = clock.each(one), clock.each(every)
    return [{"block": kib * 1024, "one": alone[kib], "all": shared[kib]} for kib in one]


def _tiles(clock: _Clock) -> list[Section]:
    """A compiled loop that calls three of NumPy's functions, 1M elements on one thread, by their tiles."""
    if importlib.util.find_spec("numba") is None:
        return []
    x = mx.sym.Variable("x")
    symbol = mx.sym.exp(x) * mx.sym.tanh(x) + mx.sym.log(x)
    data = np.linspace(0.1, 1, 1 << 20, dtype="float32")
    executor = symbol.bind(mx.cpu(), {"x": mx.nd.array(data)})
    (step,) = executor.plan.steps
    fused, out, works, before = step.op.fn, np.empty_like(data), {}, source.TILE
    assert isinstance(fused, Fused)
    try:
        for tile in (128, 256, 512, 1024, 2048, 4096, 16384):
            source.TILE = tile
            made = compiled(fused.group, fused.over, data.size)
            assert made is not None
            works[tile] = lambda m=made: m.run([data], [out], 1)
    finally:
        source.TILE = before
    return [{"tile": tile, "seconds": took} for tile, took in clock.each(works).items()]


def _windows(clock: _Clock) -> list[Section]:
    """Convolutions 3×3 of 64 channels, on one thread, by the bytes of windows that are copied at a time."""
    sizes = [1 << k for k in range(17, 25)]
    found = {
        side: clock.each({size: _convolution(side, size) for size in sizes}) for side in (14, 56)
    }
    return [{"block": size, "14": found[14][size], "56": found[56][size]} for size in sizes]


def _convolution(side: int, size: int) -> Callable[[], object]:
    data, weight = mx.nd.ones((1, 64, side, side)), mx.nd.ones((64, 64, 3, 3))
    x, w = mx.sym.Variable("x"), mx.sym.Variable("w")
    settings = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 64, "no_bias": True}
    executor = mx.sym.Convolution(x, weight=w, **settings).bind(mx.cpu(), {"x": data, "w": weight})

    def run() -> None:
        before, convolve.BLOCK_BYTES = convolve.BLOCK_BYTES, size
        try:
            with mx.engine.threads(1):
                executor.forward()
        finally:
            convolve.BLOCK_BYTES = before

    return run


# As text


def text(found: Mapping[str, Any]) -> str:
    """The figures as tables."""
    us = 1e6
    begin = ", ".join(f"{q} {took * us:.0f}" for q, took in found["handoff"]["begin"].items())
    lines = [
        f"{found['threads']} threads, caches {found['caches']}",
        f"a woken worker begins after (us): {begin}; a job of nothing {found['handoff']['job'] * us:.1f}",
        "calls (us): " + ", ".join(f"{k} {v * us:.2f}" for k, v in found["call"].items()),
        "", "products of n×n, GFLOP/s: one thread, BLAS's threads, as many side by side",
        *[
            f"{r['n']:>6}" + "".join(f"{r['flops'] / r[k] / 1e9:8.0f}" for k in ("one", "blas", "beside"))
            for r in found["products"]
        ],
        "", "adding, by elements: us, GB/s",
        *[
            f"{r['elements']:>9} {r['seconds'] * us:9.1f} {r['bytes'] / r['seconds'] / 1e9:7.1f}"
            for r in found["moving"]
        ],
        "", "times as long as their bytes take in adding",
        ", ".join(f"{name} {times:.1f}" for name, times in found["functions"].items()),
        "", "shared (us): on one thread, in 2 parts, in 8",
        *[
            f"{r['function']:>9} {r['elements']:>8}" + "".join(f"{r[k] * us:9.0f}" for k in "128")
            for r in found["sharing"]
        ],
        "", "six functions in blocks of so many KiB (us): one thread, all",
        *[f"{r['block'] // 1024:>6} {r['one'] * us:8.0f} {r['all'] * us:8.0f}" for r in found["blocks"]],
        "", "a compiled loop in tiles of so many elements (us): one thread",
        *[f"{r['tile']:>6} {r['seconds'] * us:8.0f}" for r in found["tiles"]],
        "", "convolutions by KiB of windows at a time (us): 64 channels of 14×14, 56×56",
        *[f"{r['block'] // 1024:>6} {r['14'] * us:8.0f} {r['56'] * us:8.0f}" for r in found["windows"]],
    ]  # fmt: skip
    return "\n".join(lines)
