"""Operators of neural networks on a GPU, beside the same on the CPU, which MXNet's data vouch for."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import gradients
import numpy as np
import pytest
from beside import on_gpu, same
from ops_cases import ops_of

import symbook as mx
from symbook.errors import SymbookError
from symbook.ops import registry

FAMILIES = [
    *("activation", "batch_norm", "columns", "convolution", "correlation", "ctc", "deconvolution"),
    *("dropout", "leaky", "local_norm", "normalization", "pooling", "pooling_v1", "recurrent"),
    *("regions", "softmax", "softmax_output", "upsampling", "vision"),
]


class Call(NamedTuple):
    """What an operator was called with on the CPU, and what it gave."""

    op: registry.Op
    arrays: tuple[Any, ...]
    params: Mapping[str, Any]
    results: tuple[Any, ...]
    changed: tuple[Any, ...]

    @property
    def draws(self) -> bool:
        """Whether results are drawn at random."""
        params = self.params
        return (
            params.get("act_type") == "rrelu"
            or self.op.name == "Dropout"
            or (self.op.name == "RNN" and params["p"] > 0)
        )


def _copies(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(np.array(item) if isinstance(item, np.ndarray) else item for item in items)


@functools.cache
def calls(family: str) -> list[Call]:
    """All that the operators of a family are called with by MXNet's golden cases, gradients included."""
    names = ops_of(family)
    found: list[Call] = []
    kept = {name: registry.get(name).fn for name in names}

    def recorded(name: str) -> Any:
        op, function = registry.get(name), kept[name]

        @functools.wraps(function)
        def call(xp: Any, *arrays: Any, **params: Any) -> Any:
            before = _copies(arrays)
            given = {key: value for key, value in params.items() if key != "out"}
            results = function(xp, *arrays, **params)
            whole = results if isinstance(results, tuple) else (results,)
            found.append(Call(op, before, given, _copies(whole), _copies(arrays)))
            return results

        return call

    try:
        for name in names:
            registry.get(name).fn = recorded(name)
        for case in (each for one in gradients.families() for each in gradients.cases(one)):
            if case.op in names or (case.op == "graph" and family == "activation"):
                _run(case)
    finally:
        for name, function in kept.items():
            registry.get(name).fn = function
    return found


def _run(case: gradients.Case) -> None:
    try:
        gradients.check(case, hidden=False)
    except (AssertionError, SymbookError):
        return  # what differs from MXNet on purpose, or is refused


def replay(gpu: Any, call: Call, gaps: bool) -> None:
    results, inputs = on_gpu(gpu, call.op, call.arrays, call.params, gaps)
    what = f"{call.op.name} {dict(call.params)} of {[np.shape(item) for item in call.arrays]}"
    assert len(results) == len(call.results), what
    for ours, expected in zip(results, call.results, strict=True):
        if call.draws:
            assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype)
        else:
            same(ours, expected, what=what)
    for ours, expected in zip(inputs, call.changed, strict=True):
        if isinstance(expected, np.ndarray):
            same(ours, expected, what=f"input of {what}")


@pytest.mark.parametrize("family", FAMILIES)
def test_golden_calls(gpu, family):
    recorded = calls(family)
    assert recorded
    for call in recorded:
        replay(gpu, call, gaps=False)


@pytest.mark.parametrize("family", FAMILIES)
def test_arrays_with_gaps(gpu, family):
    """A few calls of each operator, with inputs that do not lie together in memory."""
    met: Counter[str] = Counter()
    for call in calls(family):
        met[call.op.name] += 1
        if met[call.op.name] <= 12:
            replay(gpu, call, gaps=True)


# How many kernels

IMAGES, VECTOR = np.ones((4, 3, 16, 16), "float32"), np.ones(3, "float32")
THREE = {"kernel": (3, 3), "num_filter": 3, "no_bias": True}
LAUNCHES = {
    "Convolution": ((IMAGES, np.ones((3, 3, 1, 1), "float32")), {**THREE, "kernel": (1, 1)}, 1),
    "Convolution 3×3": ((IMAGES, np.ones((3, 3, 3, 3), "float32")), THREE, 2),
    "Convolution biased": (
        (IMAGES, np.ones((3, 3, 3, 3), "float32"), VECTOR),
        {**THREE, "no_bias": False},
        3,
    ),
    "Convolution by channel": (
        (IMAGES, np.ones((3, 1, 3, 3), "float32")),
        {**THREE, "num_group": 3},
        1,
    ),
    "Pooling": ((IMAGES,), {"kernel": (3, 3), "stride": (2, 2)}, 1),
    "BatchNorm": ((IMAGES, *[VECTOR] * 4), {"is_train": True}, 3),
    "LayerNorm": ((IMAGES, *[np.ones(16, "float32")] * 2), {}, 1),
    "softmax": ((IMAGES,), {}, 1),
    "SoftmaxOutput": ((np.ones((9, 5), "float32"), np.ones(9, "float32")), {}, 1),
    "LRN": ((IMAGES,), {"nsize": 5}, 1),
    "LeakyReLU": ((IMAGES,), {"act_type": "elu", "is_train": False}, 1),
    "Dropout": ((IMAGES,), {"is_train": True}, 1),
    "BilinearSampler": ((IMAGES, np.zeros((4, 2, 5, 5), "float32")), {}, 8),
    "ROIPooling": (
        (IMAGES, np.ones((2, 5), "float32")),
        {"pooled_size": (2, 2), "spatial_scale": 1.0},
        1,
    ),
}


@pytest.mark.parametrize("what", LAUNCHES)
def test_few_kernels_are_launched(simulation, what):
    arrays, given, most = LAUNCHES[what]
    xp = mx.gpu(0).xp
    op = registry.get(what.split()[0])
    train = {"is_train": given["is_train"]} if "is_train" in given else {}
    params = {key: value for key, value in given.items() if key != "is_train"}
    call = registry.sort_call(op, tuple(arrays), params, np.ndarray)
    ours = [xp.asarray(item) for item in call.inputs]
    simulation.launched.clear()
    op.call(xp, ours, {**call.params, **train})
    launched = [name for name in simulation.launched if name != "malloc"]
    assert len(launched) <= most, launched
