"""A few graphs forward and backward on `mx.gpu(0)`, small and of odd sizes, for compute-sanitizer.

    compute-sanitizer --tool memcheck python -m tests.gpu.few_kernels

Every array has an allocation of its own, so that reading beside one is seen. Results are compared with the
CPU's; the exit status is 1 where they differ.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

TESTS = Path(__file__).resolve().parent.parent
if str(TESTS) not in sys.path:
    sys.path.append(str(TESTS))

from benchmarks import simulated  # noqa: E402  # found there

import symbook as mx  # noqa: E402

TOLERANCE = 1e-4  # relative to an array's largest value
RUNS = 8  # enough for what is written out, or captured, to take over


def _graphs() -> dict[str, tuple[Any, tuple[int, ...]]]:
    """Symbols of one input `data`, and its shape."""
    sym = mx.sym
    x = sym.Variable("data")
    convolved = sym.Convolution(x, kernel=(3, 3), num_filter=5, stride=(2, 2), pad=(1, 1), name="c")
    return {
        "element-wise": ((x * 2 + 1) * sym.tanh(x) - x, (1037,)),
        "captured": (sym.sqrt(sym.sum(sym.square(x * 3), axis=1)) * 2, (9, 131)),
        "sums": (sym.sum(sym.square(x), axis=0) + sym.max(x, axis=0), (67, 131)),
        "softmax": (sym.softmax(x), (5, 1037)),
        "loss": (sym.SoftmaxOutput(sym.FullyConnected(x, num_hidden=7, name="fc")), (9, 33)),
        "convolution": (sym.Activation(convolved, act_type="relu"), (2, 3, 13, 11)),
        "pooling": (sym.Pooling(x, kernel=(3, 3), stride=(2, 2), pool_type="max"), (2, 3, 13, 11)),
        "batch norm": (sym.BatchNorm(x, fix_gamma=False, name="bn"), (4, 5, 7, 3)),
        "layer norm": (sym.LayerNorm(x, name="ln"), (11, 67)),
        "moved": (sym.transpose(sym.slice_axis(x, axis=1, begin=3, end=60)) + 1, (13, 67)),
        "taken": (sym.take(x, sym.arange(0, 7)), (31, 67)),
    }


def _run(symbol: Any, shape: tuple[int, ...], ctx: Any) -> dict[str, np.ndarray]:
    """Outputs and gradients, of numbers that depend on nothing but the shape."""
    executor = symbol.simple_bind(ctx, data=shape)
    rng = np.random.default_rng(0)
    for name, array in [*executor.arg_dict.items(), *executor.aux_dict.items()]:
        whole = name.endswith("label")
        value = np.zeros(array.shape) if whole else rng.uniform(0.1, 1.0, array.shape)
        array[:] = mx.nd.array(value, ctx=ctx, dtype=array.dtype)
    heads = [mx.nd.array(rng.uniform(size=out.shape), ctx=ctx) for out in executor.outputs]
    for _ in range(RUNS):
        outputs = executor.forward(is_train=True)
        executor.backward(heads)
    found = {f"output {i}": out.asnumpy() for i, out in enumerate(outputs)}
    grads = {name: grad.asnumpy() for name, grad in executor.grad_dict.items() if grad is not None}
    return {**found, **grads}


def _differences(run: Callable[[Any], dict[str, np.ndarray]]) -> list[str]:
    """The arrays that are not the CPU's."""
    right, found = run(mx.cpu()), run(mx.gpu(0))
    return [
        name
        for name, value in right.items()
        if not np.abs(found[name] - value).max() <= TOLERANCE * max(np.abs(value).max(), 1e-6)
    ]


def main() -> int:
    """Run them all; 1 where results differ."""
    simulated.install_if_asked()
    import cupy

    cupy.cuda.set_allocator(None)
    wrong = False
    for name, (symbol, shape) in _graphs().items():
        bad = _differences(lambda ctx, symbol=symbol, shape=shape: _run(symbol, shape, ctx))
        print(name, "differs: " + ", ".join(bad) if bad else "is right", flush=True)
        wrong = wrong or bool(bad)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
