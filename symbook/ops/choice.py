"""Random choices: positions with given probabilities, and different numbers of a Zipf distribution.

They have the right distributions and repeat with the seed; they are not MXNet's own.
"""

from __future__ import annotations

import functools
import math
from typing import Annotated, Any, Literal

import numpy as np

from ..cuda import Kernel
from ..errors import counted, shape_text
from ..rng import generator
from ..specs import DType, Shape, as_dtype
from . import moving
from .accumulate import running
from .backward import added_at
from .create import OptionalSizes, Sizes
from .params import Range
from .registry import op
from .rules import DTypes, Mismatch, Params, Shapes, first_dtype, unify, unify_dtypes

INT64 = as_dtype("int64")


def _chosen_shape(data: Shape | None, params: Params) -> Shape | None:
    """The shape of the choices for distributions in the last dimension of `data`."""
    if data is None:
        return None
    if not data or data[-1] == 0:
        raise Mismatch(
            f"there is nothing to choose from in {shape_text(data)}",
            hint="Give probabilities: an array whose last dimension is at least 1.",
        )
    return (*data[:-1], *params["shape"]) or (1,)


def _multinomial_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = _chosen_shape(ins[0], params)
    return ins, tuple(unify(shape, out) for out in outs)


def _multinomial_dtype(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    """Choices have the dtype asked for, logarithms that of the probabilities."""
    found: list[DType | None] = [unify_dtypes((as_dtype(params["dtype"]), outs[0]))]
    (dtype,) = ins
    if dtype is not None and dtype.kind != "f":
        raise Mismatch(
            f"probabilities are floats, not {dtype}", hint="Convert them: x.astype('float32')."
        )
    if params["get_prob"]:
        dtype = unify_dtypes((dtype, outs[1]))
        found.append(dtype)
    return (dtype,), tuple(found)


def _multinomial_gradient(F, g, y, data, get_prob, **params):
    """The logarithms' gradient: `g / p` of each choice goes to its probability."""
    if not get_prob or g[1] is None:
        return None
    return F._backward_sample_multinomial(g[1], y[0], data)


@op(
    "_sample_multinomial",
    alias=("sample_multinomial",),
    shape=_multinomial_shape,
    dtype=_multinomial_dtype,
    outputs=lambda params: ("output0", "output1") if params["get_prob"] else ("output",),
    random=True,
    gradient=_multinomial_gradient,
)
def sample_multinomial(
    xp,
    data,
    /,
    *,
    shape: Sizes = (),
    get_prob: bool = False,
    dtype: Literal["float16", "float32", "float64", "int32", "uint8"] = "int32",
):
    """Draws positions: for each distribution in the last dimension, an array of `shape` of them.

    data of shape (…, k) gives (…) + shape, and one distribution without `shape` the shape (1,). With
    `get_prob` there is a second output of that shape, the logarithms of the probabilities of what was
    drawn; its gradient goes to `data`, as in REINFORCE (R. Williams, "Simple statistical
    gradient-following algorithms", Machine Learning 8, 1992, 229-256). The values are not MXNet's.

    data
        Probabilities; those of a distribution should add up to 1. What is missing goes to the last.
    shape
        How many positions for each distribution, and in which shape.
    get_prob
        Give the logarithms of the probabilities too.
    dtype
        Dtype of the positions.

    >>> mx.nd.sample_multinomial(mx.nd.array([[0, 1, 0], [0, 0, 1]]), shape=2).asnumpy()
    array([[1, 1],
           [2, 2]], dtype=int32)
    """
    rows = data.reshape(-1, data.shape[-1]).astype("float64", copy=False)
    edges = xp.cumsum(rows, axis=1) if xp is np else running(xp, rows, 1)
    each = math.prod(shape)
    u = generator(xp).uniform((len(edges), each), as_dtype("float64"))
    # How many edges are at or below the value; one edge at a time, to need no array of all pairs.
    chosen = _chosen(xp, edges, u)
    result = (*data.shape[:-1], *shape) or (1,)
    positions = chosen.reshape(result).astype(dtype)
    if not get_prob:
        return positions
    along = xp.take_along_axis if xp is np else functools.partial(moving.taken_along, xp)
    picked = along(data.reshape(edges.shape), chosen, axis=1)
    return positions, xp.log(picked).reshape(result)


# As many edges as are not above the number, the last one left out.
_CHOOSE = Kernel(
    "choose_by_edges",
    """
KERNEL choose_by_edges(const double* edges, const double* numbers, long long* out, long long sizes,
                       long long each, long long n) {
    FOR_EACH(i, n) {
        const double* row = edges + i / (I)each * (I)sizes;
        long long found = 0;
        for (I k = 0; k < sizes - 1; k++) found += row[k] <= numbers[i];
        out[i] = found;
    }
}
""",
    types=("float64",),
)


def _chosen(xp: Any, edges: Any, numbers: Any) -> Any:
    """For each number of a row the position that it chooses among the row's edges."""
    if xp is not np:
        chosen = xp.empty(numbers.shape, "int64")
        args = (edges, numbers, chosen, edges.shape[1], numbers.shape[1], chosen.size)
        _CHOOSE(xp, edges.dtype, args, size=chosen.size)
        return chosen
    chosen = xp.zeros(numbers.shape, "int64")
    for i in range(edges.shape[1] - 1):
        chosen += edges[:, i, None] <= numbers
    return chosen


def _last_shape(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    return ins, (unify(ins[-1], outs[0]),)


def _scores_added(xp: Any, grad: Any, positions: Any, flat: Any) -> Any:
    """The gradient of the probabilities, on a GPU."""
    count, size = flat.shape
    columns = positions.reshape(count, -1).astype("int64", copy=False)
    scores = grad.reshape(columns.shape) / moving.taken_along(xp, flat, columns, 1)
    places = (columns + xp.arange(count)[:, None] * size).reshape(-1)
    return added_at(xp, (count * size,), places, scores.reshape(-1, 1))


@op("_backward_sample_multinomial", shape=_last_shape, dtype=first_dtype)
def backward_sample_multinomial(xp, grad, positions, data, /):
    """Zeros in the shape of `data`, with `grad / p` added for each position drawn."""
    flat = data.reshape(-1, data.shape[-1])
    if xp is not np:
        return _scores_added(xp, grad, positions, flat).reshape(data.shape)
    result = xp.zeros_like(flat)
    rows = xp.repeat(xp.arange(len(flat)), grad.size // max(len(flat), 1))
    columns = positions.reshape(-1).astype("int64")
    xp.add.at(result, (rows, columns), grad.reshape(-1) / flat[rows, columns])
    return result.reshape(data.shape)


def _zipfian_shape(params: Params) -> Shape:
    shape: tuple[int, ...] = params["shape"] or ()
    if len(shape) != 2:
        raise Mismatch(f"shape must have two dimensions, not {len(shape)}", hint="shape=(1, n)")
    if shape[1] > params["range_max"]:
        raise Mismatch(
            f"there are no {shape[1]} different numbers among {counted(params['range_max'], 'number')}",
            hint="Ask for fewer, or make range_max larger.",
        )
    return shape


def _zipfian_shapes(ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
    shape = _zipfian_shape(params)
    return ins, (unify(shape, outs[0]), unify(shape[:1], outs[1]))


def _int64s(ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
    return ins, tuple(unify_dtypes((INT64, out)) for out in outs)


@op(
    "_sample_unique_zipfian",
    shape=_zipfian_shapes,
    dtype=_int64s,
    outputs=("output0", "output1"),
    random=True,
    cpu_only="how many numbers it draws depends on which ones they are",
)
def sample_unique_zipfian(
    xp, /, *, range_max: Annotated[int, Range(1, None)], shape: OptionalSizes = None
):
    """Different whole numbers, the small ones more often; and how many draws each row took.

    Each row of the first output holds different numbers from 0 to range_max - 1, in the order drawn
    from an approximate Zipf distribution: `range_max^u`, u even over [0, 1), rounded, less 1. The
    second output, a vector, counts the draws, repeated ones included. Both are int64. Used to sample
    negative classes (S. Jean et al., "On using very large target vocabulary for neural machine
    translation", ACL 2015). The values are not MXNet's.

    range_max
        How many numbers there are to draw from.
    shape
        (rows, numbers in a row).

    >>> numbers, tries = mx.nd._internal._sample_unique_zipfian(range_max=3, shape=(1, 3))
    >>> sorted(numbers.asnumpy()[0].tolist())
    [0, 1, 2]
    """
    rows, each = shape or (1, 1)
    numbers, tries = xp.zeros((rows, each), INT64), xp.zeros(rows, INT64)
    for row in range(rows if each else 0):
        drawn_so_far = xp.zeros(0, INT64)
        first = drawn_so_far
        while len(first) < each:
            u = generator(xp).uniform((2 * each,), as_dtype("float64"))
            more = xp.floor(xp.exp(u * math.log(range_max)) + 0.5).astype(INT64) - 1
            drawn_so_far = xp.concatenate([drawn_so_far, more])
            first = xp.sort(xp.unique(drawn_so_far, return_index=True)[1])
        numbers[row] = drawn_so_far[first[:each]]
        tries[row] = first[each - 1] + 1
    return numbers, tries
