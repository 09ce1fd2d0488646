"""A long-lived kernel in little: very many runs of all kinds, and whether the process grows meanwhile.

`python -m tests.soak --forwards 1000000` takes some minutes of one processor, prints what it found, and fails
if anything is wrong; `--record FILE` keeps it. Who runs a graph every tenth of a second has run as many in
24 hours.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

import symbook as mx
from symbook import workers

SHAPES = ((2, 3), (4, 5), (3, 8), (1, 7))
LARGEST = (4, 8)
GROWTH = 4 * 2**20
"""Bytes that the process may have more at the end than after the first tenth: what the allocator keeps."""

OBJECTS = 400
"""Objects of Python that there may be more; caches and the interpreter's own lists of free ones make some."""


class Wrong(AssertionError):
    """A run gave something else than NumPy."""


def same(expected: Any, found: Any) -> None:
    """Raise Wrong unless two arrays are alike."""
    if not np.allclose(expected, found.asnumpy(), rtol=1e-4, atol=1e-5):
        raise Wrong(f"{found.asnumpy()} is not {expected}")


def network() -> Any:
    """Two outputs, several dtypes on the way, views, and a branch that may run beside another."""
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    left = mx.sym.tanh(a * b + 1) * 2
    right = mx.sym.transpose(mx.sym.Cast(mx.sym.transpose(a), dtype="float32")) - b
    total = mx.sym.sum(mx.sym.reshape(left + right, shape=(-1,)))
    return mx.sym.Group([left + right, total])


def expected(a: Any, b: Any) -> Any:
    return np.tanh(a * b + 1) * 2 + a - b


def gradients(a: Any, b: Any) -> tuple[Any, Any]:
    """Of both outputs' sums."""
    slope = 2 * (1 - np.tanh(a * b + 1) ** 2)
    return 2 * (slope * b + 1), 2 * (slope * a - 1)


class Subject:
    """One executor, its values, and what may be done with it."""

    def __init__(self, shape: tuple[int, ...], runner: str, rng: np.random.Generator) -> None:
        self.shape, self.runner, self.rng = shape, runner, rng
        self.values = {name: rng.uniform(-1, 1, shape).astype(np.float32) for name in "ab"}
        self.bind(mx.sym.load_json(network().tojson()))

    def bind(self, symbol: Any) -> None:
        arrays = {name: mx.nd.array(value) for name, value in self.values.items()}
        grads = {name: mx.nd.zeros(self.shape) for name in "ab"}
        self.executor = symbol.bind(mx.cpu(), arrays, args_grad=grads, runner=self.runner)
        self.kept: list[Any] = []

    def check(self, outputs: Sequence[Any]) -> None:
        right = expected(**self.values)
        same(right, outputs[0])
        same([right.sum()], outputs[1])

    def forward(self) -> int:
        self.check(self.executor.forward())
        return 1

    def many(self) -> int:
        """Quick runs, some results of which are held for a while."""
        for k in range(40):
            outputs = self.executor.forward()
            if k % 8 == 0:
                self.kept = outputs
        self.check(self.kept)
        self.check(outputs)
        return 40

    def feed(self) -> int:
        self.values["a"] = self.rng.uniform(-1, 1, self.shape).astype(np.float32)
        self.check(self.executor.forward(a=mx.nd.array(self.values["a"])))
        return 1

    def train(self) -> int:
        outputs = self.executor.forward(is_train=True)
        self.executor.backward([mx.nd.ones(output.shape) for output in outputs])
        for name, right in zip("ab", gradients(**self.values), strict=True):
            same(right, self.executor.grad_dict[name])
        return 1

    def trace(self) -> int:
        trace = self.executor.trace()
        self.check(trace.outputs)
        assert len(list(trace)) > 5
        return 1

    def reshape(self) -> int:
        other = self.executor.reshape(
            partial_shaping=True, allow_up_sizing=True, a=LARGEST, b=LARGEST
        )
        other.forward()
        return 1

    def rebind(self) -> int:
        self.bind(network())
        return self.forward()

    def fail(self) -> int:
        """A run that an operator of the user's stops, and one with an argument that is none."""
        x = mx.sym.Variable("x")
        executor = mx.sym.Custom(x * 2, op_type="soak_fails").bind(
            mx.cpu(), {"x": mx.nd.ones((3,))}, runner=self.runner
        )
        for call in (executor.forward, lambda: self.executor.forward(c=1)):
            try:
                call()
            except (ZeroDivisionError, TypeError):
                continue
            raise Wrong("nothing was raised")
        return 2

    def save(self) -> int:
        """A symbol and its arrays through files, and a draw of random numbers."""
        with tempfile.TemporaryDirectory() as folder:
            arrays = {f"arg:{k}": mx.nd.array(v) for k, v in self.values.items()}
            mx.nd.save(f"{folder}/x.params", arrays)
            self.executor.symbol.save(f"{folder}/x.json")
            loaded = mx.nd.load(f"{folder}/x.params")
            symbol = mx.sym.load(f"{folder}/x.json")
        named = {key.removeprefix("arg:"): array for key, array in loaded.items()}
        self.check(symbol.eval(ctx=mx.cpu(), **named))
        mx.sym.Dropout(symbol[0], p=0.5).eval(ctx=mx.cpu(), **named)
        return 2

    def share(self) -> int:
        """Two threads beside the caller run it at once."""
        wrong: list[BaseException] = []

        def use() -> None:
            try:
                for _ in range(5):
                    self.forward()
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=use) for _ in range(2)]
        for thread in threads:
            thread.start()
        use()
        for thread in threads:
            thread.join()
        if wrong:
            raise wrong[0]
        return 15


class Failing(mx.operator.CustomOp):
    """Raises."""

    def forward(self, is_train: bool, req: Any, in_data: Any, out_data: Any, aux: Any) -> None:
        raise ZeroDivisionError


@mx.operator.register("soak_fails")
class FailingProp(mx.operator.CustomOpProp):
    """An operator that raises."""

    def create_operator(self, ctx: Any, in_shapes: Any, in_dtypes: Any) -> Failing:
        return Failing()


WEIGHTS = {
    "many": 40, "forward": 20, "feed": 20, "train": 40, "trace": 6, "reshape": 6, "rebind": 6,
    "fail": 3, "save": 2, "share": 2,
}  # fmt: skip
"""How often each thing is done, of 145 times."""


def acts(rng: np.random.Generator) -> Iterator[tuple[str, Callable[[], int]]]:
    """Things to do, for ever; each gives how many runs it was."""
    subjects = [Subject(shape, runner, rng) for shape in SHAPES for runner in ("serial", "threads")]
    names = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
    while True:
        for name in rng.permutation(names):
            yield name, getattr(subjects[rng.integers(len(subjects))], name)


class Sample(dict[str, Any]):
    """What the process has at a moment."""

    def __init__(self, forwards: int) -> None:
        gc.collect()
        super().__init__(
            forwards=forwards,
            resident=psutil.Process().memory_info().rss,
            objects=len(gc.get_objects()),
            threads=threading.active_count(),
        )


def soak(forwards: int, seed: int, samples: int = 20) -> dict[str, Any]:
    """Do as many runs, and say what was done and how large the process was meanwhile.

    The first sample is taken after a tenth: by then every kind of thing was done often, and what is kept
    for good, such as compiled loops, is there.
    """
    rng = np.random.default_rng(seed)
    done = dict.fromkeys(WEIGHTS, 0)
    found: list[Sample] = []
    count, begin = 0, time.process_time()
    marks = [forwards * k // samples for k in range(samples // 10, samples + 1)]
    with mx.name.NameManager():
        for name, act in acts(rng):
            count += act()
            done[name] += 1
            while marks and count >= marks[0]:
                marks = [mark for mark in marks if mark > count]
                found.append(Sample(count))
            if not marks:
                break
    return {
        "forwards": count,
        "seed": seed,
        "processor seconds": round(time.process_time() - begin, 1),
        "done": done,
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "grown by bytes": found[-1]["resident"] - found[0]["resident"],
        "grown by objects": found[-1]["objects"] - found[0]["objects"],
        "samples": found,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--forwards", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--record", type=Path)
    given = parser.parse_args(arguments)
    workers.set_thread_count(3)
    found = soak(given.forwards, given.seed)
    print(json.dumps({key: value for key, value in found.items() if key != "samples"}, indent=1))
    for first, second in itertools.pairwise(found["samples"]):
        print(second, second["resident"] - first["resident"])
    if given.record:
        given.record.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    flat = found["grown by bytes"] < GROWTH and found["grown by objects"] < OBJECTS
    print("memory is flat" if flat else "MEMORY GROWS")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
