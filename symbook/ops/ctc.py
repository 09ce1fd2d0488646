"""Connectionist temporal classification: the loss of a sequence whose labels have no places in time.

Source: Graves, Fernández, Gomez and Schmidhuber, Connectionist Temporal Classification: Labelling
Unsegmented Sequence Data with Recurrent Neural Networks, ICML 2006. All batches go through the recursion
at once, in logarithms; the loops are over time and over places in the label.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from ..errors import OutOfRange
from .casting import floating
from .registry import op
from .rules import DTypes, Mismatch, Params, Shapes, unify, unify_all


def _inputs(params: Mapping[str, Any]) -> tuple[str, ...]:
    lengths = ("data_lengths", "label_lengths")
    return ("data", "label", *(name for name in lengths if params[f"use_{name}"]))


def _rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    data = unify_all((ins[0], outs[1], (None,) * 3))
    label = unify(ins[1], (None, None))
    assert data is not None
    assert label is not None
    batch = unify_all((data[1:2], label[:1], outs[0], *ins[2:]))
    assert batch is not None
    if data[0] is not None and label[1] is not None and label[1] > data[0]:
        raise Mismatch(
            f"{label[1]} labels do not fit into {data[0]} steps",
            hint="The data is of shape (steps, batch, classes), the labels of shape (batch, labels).",
        )
    data = (data[0], *batch, data[2])
    return (data, (*batch, label[1]), *[batch] * (len(ins) - 2)), (batch, data)


def _dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    (data,), outs = floating(ins[:1], outs, params)
    return (data, *ins[1:]), outs


class _Problem(NamedTuple):
    """What the recursion runs on. T steps, N sequences, S = 2 · labels + 1 places.

    Attributes
    ----------
    emitted : array
        (T, N, S): the logarithm of the probability of each place's class at each step.
    places : array
        (N, S): blank, label, blank, label, …, blank.
    skip : array
        (N, S): whether the place may follow the one two before it.
    last : array
        (N, S): 0 at the last blank and the last label, elsewhere minus infinity.
    steps : array
        (N, 1): the sequences' lengths.
    """

    emitted: Any
    places: Any
    skip: Any
    last: Any
    steps: Any


def _log_softmax(xp: Any, data: Any) -> Any:
    shifted = data - data.max(axis=-1, keepdims=True)
    return shifted - xp.log(xp.exp(shifted).sum(axis=-1, keepdims=True))


def _lengths(xp: Any, label: Any, lengths: Any, padding: int) -> Any:
    """Lengths of the labels: those given, or up to the first padding."""
    if lengths is not None:
        return xp.clip(lengths.astype("int64"), 0, label.shape[1])
    return xp.cumprod((label != padding).astype("int64"), axis=1).sum(axis=1)


def _problem(xp: Any, scores: Any, label: Any, lengths: Any, steps: Any, blank: int) -> _Problem:
    batch, most = label.shape
    used = xp.arange(most) < lengths[:, None]
    chosen = xp.where(used, label, blank)
    if chosen.size and not (int(chosen.min()) >= 0 and int(chosen.max()) < scores.shape[2]):
        raise OutOfRange(
            f"labels go from {int(chosen.min())} to {int(chosen.max())}, the data has "
            f"{scores.shape[2]} classes",
            hint="Labels count classes; make the data's last dimension larger, or the labels smaller.",
        )
    places = xp.full((batch, 2 * most + 1), blank, dtype="int64")
    places[:, 1::2] = chosen
    skip = xp.zeros(places.shape, dtype=bool)
    skip[:, 2:] = (places[:, 2:] != blank) & (places[:, 2:] != places[:, :-2])
    end = 2 * lengths[:, None]
    place = xp.arange(2 * most + 1)
    closed = scores.dtype.type(-xp.inf)
    last = xp.where((place == end) | (place == end - 1), scores.dtype.type(0), closed)
    emitted = xp.take_along_axis(scores, places[None], axis=2)
    return _Problem(xp.where(place <= end, emitted, closed), places, skip, last, steps[:, None])


def _alphas(xp: Any, problem: _Problem) -> Any:
    """(T, N, S): logarithm of the probability of all ways to be at a place at the end of a step."""
    emitted, closed = problem.emitted, -xp.inf
    result = xp.full_like(emitted, closed)
    result[0, :, :2] = emitted[0, :, :2]
    for t in range(1, len(emitted)):
        before = result[t - 1]
        ways = before.copy()
        ways[:, 1:] = xp.logaddexp(ways[:, 1:], before[:, :-1])
        jumped = xp.where(problem.skip[:, 2:], before[:, :-2], closed)
        ways[:, 2:] = xp.logaddexp(ways[:, 2:], jumped)
        result[t] = ways + emitted[t]
    return result


def _betas(xp: Any, problem: _Problem) -> Any:
    """(T, N, S): logarithm of the probability of all ways to go on from a place to the end."""
    emitted, closed = problem.emitted, -xp.inf
    result = xp.full_like(emitted, closed)
    for t in range(len(emitted) - 1, -1, -1):
        if t + 1 < len(emitted):
            after = result[t + 1] + emitted[t + 1]
            ways = after.copy()
            ways[:, :-1] = xp.logaddexp(ways[:, :-1], after[:, 1:])
            jumped = xp.where(problem.skip[:, 2:], after[:, 2:], closed)
            ways[:, :-2] = xp.logaddexp(ways[:, :-2], jumped)
            result[t] = ways
        result[t] = xp.where(problem.steps == t + 1, problem.last, result[t])
    return result


def _feasible(xp: Any, problem: _Problem, lengths: Any) -> Any:
    """(N,): whether there are steps for all labels, with a blank between two that are alike."""
    labels = problem.places[:, 1::2]
    pairs = xp.arange(1, labels.shape[1]) < lengths[:, None]
    repeats = ((labels[:, 1:] == labels[:, :-1]) & pairs).sum(axis=1)
    return (lengths + repeats <= problem.steps[:, 0]) & (problem.steps[:, 0] > 0)


def _log_sum(xp: Any, values: Any) -> Any:
    """The logarithm of the sum of exponentials over the last axis."""
    largest = values.max(axis=-1, keepdims=True)
    largest = xp.where(xp.isfinite(largest), largest, largest.dtype.type(0))
    return xp.log(xp.exp(values - largest).sum(axis=-1)) + largest[..., 0]


def _solve(xp: Any, data: Any, label: Any, lengths: Any, steps: Any, blank: int) -> tuple[Any, Any]:
    """The losses (N,) and their gradients (T, N, classes)."""
    scores = _log_softmax(xp, data)
    problem = _problem(xp, scores, label, lengths, steps, blank)
    passed = _alphas(xp, problem) + _betas(xp, problem)
    batch = xp.arange(data.shape[1])
    # Every way is at one place at any step. The sums of all steps are the same but for rounding, by
    # which a step's chances would not add up to 1.
    totals = _log_sum(xp, passed)
    finite = xp.where(xp.isfinite(totals), totals, totals.dtype.type(0))
    occupied = xp.exp(passed - finite[:, :, None])
    gradient = xp.exp(scores)
    for place in range(problem.places.shape[1]):
        gradient[:, batch, problem.places[:, place]] -= occupied[:, :, place]
    feasible = _feasible(xp, problem, lengths)
    running = (xp.arange(len(data))[:, None] < steps) & feasible
    loss = xp.where(feasible, -totals[0], totals.dtype.type(0))
    return loss, xp.where(running[:, :, None], gradient, gradient.dtype.type(0))


def _gradient(F: Any, g: Any, y: Any, *inputs: Any, **params: Any) -> Any:
    data = None if g[0] is None else F._backward_CTCLoss(g[0], y[1])
    return (data, *[None] * (len(inputs) - 1))


@op(
    "CTCLoss",
    alias=("ctc_loss",),
    shape=_rule,
    dtype=_dtype,
    inputs=_inputs,
    outputs=("output0", "output1"),
    shown=lambda params: 1,
    gradient=_gradient,
)
def CTCLoss(
    xp,
    data,
    label,
    data_lengths=None,
    label_lengths=None,
    /,
    *,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal["first", "last"] = "first",
):
    """Connectionist temporal classification: the loss of labels whose places in time are not known.

    `loss = -log Σ Π p(step, class)`: the sum is over all ways to write one class at each step that give
    the labels when, first, classes that repeat become one and, then, blanks are left out. The
    probabilities are the softmax of the data over its classes.

    Output: (batch,), of the data's dtype. A hidden second output is the gradient of the data.

    Where there are too few steps for the labels, with a blank between two that are alike, the loss is
    0, as in MXNet, and so is the gradient.

    data
        Scores before the softmax, of shape (steps, batch, classes) and a floating-point dtype.
    label
        Class numbers, of shape (batch, labels), at most as many as steps; any dtype.
    data_lengths
        How many steps each sequence has, of shape (batch,); only with `use_data_lengths`.
    label_lengths
        How many labels each sequence has, of shape (batch,); only with `use_label_lengths`.
    use_data_lengths
        Take the steps' number from `data_lengths`; without it, all are used.
    use_label_lengths
        Take the labels' number from `label_lengths`; without it, labels end before the first
        padding: 0 where the blank is first, -1 where it is last.
    blank_label
        Whether the blank is class 0 ("first") or the last class ("last").

    Source: Graves and others, Connectionist Temporal Classification, ICML 2006.

    >>> import symbook as mx
    >>> mx.nd.CTCLoss(mx.nd.zeros((1, 1, 2)), mx.nd.array([[1]])).asnumpy()
    array([0.6931472], dtype=float32)
    """
    if use_label_lengths and not use_data_lengths:
        data_lengths, label_lengths = None, data_lengths
    first = blank_label == "first"
    if xp is not np and data.size:
        from .gpu import ctc

        blank, padding = (0, 0) if first else (data.shape[2] - 1, -1)
        found = ctc.solve(xp, data, label, data_lengths, label_lengths, blank, padding)
        return tuple(item.astype(data.dtype, copy=False) for item in found)
    wide = data.astype("float32") if data.dtype == "float16" else data
    steps = xp.full(data.shape[1], data.shape[0], dtype="int64")
    if data_lengths is not None:
        steps = xp.clip(data_lengths.astype("int64"), 0, data.shape[0])
    labels = label.astype("int64")
    lengths = _lengths(xp, labels, label_lengths, 0 if first else -1)
    blank = 0 if first else data.shape[2] - 1
    if data.size == 0:
        return xp.zeros(data.shape[1], dtype=data.dtype), xp.zeros_like(data)
    results = _solve(xp, wide, labels, lengths, steps, blank)
    return tuple(result.astype(data.dtype, copy=False) for result in results)


def _backward_rule(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    return ins, (unify(ins[1], outs[0]),)


@op("_backward_CTCLoss", shape=_backward_rule, dtype=floating)
def _backward_CTCLoss(xp, grad, gradient, /):
    """Gradient of the data of CTCLoss, from what flows back and from its second output."""
    return gradient * grad[:, None]
