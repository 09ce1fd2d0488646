"""Hypothesis strategies for calls of operators at points where they can be differentiated.

`SPACES[op]` gives `(inputs, params)`. All values of an input differ, and none of them is at a kink: not
at whole or half numbers, nor equal to a value of another input.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

Inputs = dict[str, np.ndarray]
Space = st.SearchStrategy[tuple[Inputs, dict[str, Any]]]
SPACES: dict[str, Space] = {}

SHAPES = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple)
FULL_SHAPES = st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple)


def spread(draw: Any, shape: tuple[int, ...], low: float = -3, high: float = 3, which: int = 0):
    """Values evenly over an interval, in random order; inputs with other `which` share none of them."""
    size = math.prod(shape)
    offset = math.sqrt(2 + which) % 1
    values = low + (high - low) * (np.arange(size) + offset) / max(size, 1)
    return np.random.default_rng(draw(st.integers(0, 99))).permutation(values).reshape(shape)


def space(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of `draw` and the operator's name for these operators."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            SPACES[name] = st.composite(function)(name)
        return function

    return register


def product(**choices: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Every parameter from a list of its values."""
    return st.fixed_dictionaries({key: st.sampled_from(values) for key, values in choices.items()})


# Element by element

ANYWHERE = (
    "abs", "arcsinh", "arctan", "BlockGrad", "cbrt", "ceil", "_copy", "cos", "cosh", "degrees", "erf",
    "exp", "expm1", "fix", "floor", "logical_not", "negative", "ones_like", "radians", "rcbrt", "relu",
    "rint", "round", "sigmoid", "sign", "sin", "sinh", "softsign", "square", "tanh", "trunc",
    "zeros_like", "shape_array", "size_array",
)  # fmt: skip
UNARY: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(ANYWHERE, (-3, 3)),
    **dict.fromkeys(("sqrt", "rsqrt", "reciprocal", "log", "log10", "log2"), (0.2, 3)),
    **dict.fromkeys(("arcsin", "arccos", "arctanh", "erfinv"), (-0.9, 0.9)),
    **dict.fromkeys(("gamma", "gammaln"), (-0.95, -0.05)),
    "log1p": (-0.8, 3),
    "arccosh": (1.2, 3),
    "tan": (-1.3, 1.3),
}


@space(*UNARY)
def unary(draw, name):
    return {"data": spread(draw, draw(SHAPES), *UNARY[name])}, {}


@space("hard_sigmoid")
def hard_sigmoid(draw, name):
    params = draw(product(alpha=[0.2, 0.3], beta=[0.5, 0.4]))
    return {"data": spread(draw, draw(SHAPES), -4, 4)}, params


POSITIVE = ("div", "mod", "power")
ARITHMETIC = ("add", "sub", "mul", "div", "mod", "power", "maximum", "minimum", "hypot")
COMPARISON = (
    "equal", "not_equal", "greater", "greater_equal", "lesser", "lesser_equal",
    "logical_and", "logical_or", "logical_xor",
)  # fmt: skip
ELEMWISE = ("add", "sub", "mul", "div")


@space(
    *(f"broadcast_{name}" for name in ARITHMETIC + COMPARISON),
    *(f"elemwise_{name}" for name in ELEMWISE),
    *(f"_{name}" for name in ARITHMETIC + COMPARISON if name not in ELEMWISE),
)
def binary(draw, name):
    shapes = draw(
        hnp.mutually_broadcastable_shapes(num_shapes=2, min_dims=1, max_dims=3)
    ).input_shapes
    low = 0.3 if name.endswith(POSITIVE) else -3
    lhs, rhs = (spread(draw, shape, low, 3, which) for which, shape in enumerate(shapes))
    return {"lhs": lhs, "rhs": rhs}, {}


@space(
    *(
        f"_{name}_scalar"
        for name in (*ARITHMETIC, *COMPARISON, "plus", "minus")
        if name not in ("add", "sub")
    ),
    *(f"_r{name}_scalar" for name in ("minus", "div", "mod", "power")),
)
def scalar(draw, name):
    number = draw(st.sampled_from([0.5, 1, 1.5, 2, 3]))
    return {"data": spread(draw, draw(SHAPES), 0.3, 3)}, {"scalar": number}


@space("add_n")
def add_n(draw, name):
    shape, number = draw(SHAPES), draw(st.integers(1, 4))
    return {f"arg{i}": spread(draw, shape) for i in range(number)}, {}


@space("_grad_add", "_identity_with_attr_like_rhs")
def of_one_shape(draw, name):
    shape = draw(SHAPES)
    return {"lhs": spread(draw, shape), "rhs": spread(draw, shape)}, {}


@space("cast_storage")
def cast_storage(draw, name):
    return {"data": spread(draw, draw(SHAPES))}, {"stype": "default"}


@space("_unravel_index", "_ravel_multi_index")
def flat(draw, name):
    return {"data": spread(draw, (3, 2), 0, 2)}, {"shape": (2, 3, 4)}


@space("Cast", "amp_cast")
def cast(draw, name):
    return {"data": spread(draw, draw(SHAPES))}, {"dtype": "float64"}


@space("amp_multicast")
def amp_multicast(draw, name):
    number = draw(st.integers(1, 3))
    return {f"arg{i}": spread(draw, draw(SHAPES)) for i in range(number)}, {"num_outputs": number}


@space("clip")
def clip(draw, name):
    return {"data": spread(draw, draw(SHAPES))}, draw(product(a_min=[-1, 0.5], a_max=[1, 1.5]))


# Reductions


def axes(draw: Any, rank: int) -> int | tuple[int, ...] | None:
    """An axis, several, or None for all."""
    several = st.lists(st.integers(0, rank - 1), unique=True, min_size=1).map(tuple)
    return draw(st.none() | st.integers(-rank, rank - 1) | several)


@space("sum", "nansum", "mean", "prod", "nanprod", "max", "min")
def reduction(draw, name):
    shape = draw(FULL_SHAPES)
    params = {"axis": axes(draw, len(shape)), "keepdims": draw(st.booleans())}
    return {"data": spread(draw, shape, -2, 2)}, {**params, "exclude": draw(st.booleans())}


@space("norm")
def norm(draw, name):
    shape = draw(FULL_SHAPES)
    params = {"axis": axes(draw, len(shape)), **draw(product(ord=[1, 2], keepdims=[False, True]))}
    return {"data": spread(draw, shape)}, params


@space("argmax", "argmin", "_np_cumsum")
def along(draw, name):
    shape = draw(FULL_SHAPES)
    axis = draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    return {"a" if name == "_np_cumsum" else "data": spread(draw, shape)}, {"axis": axis}


# Shapes


@space("Flatten", "transpose", "squeeze", "Reshape")
def of_one(draw, name):
    shape = draw(FULL_SHAPES)
    order = draw(st.permutations(range(len(shape)))).copy()
    params = {
        "transpose": {"axes": tuple(order)} if draw(st.booleans()) else {},
        "Reshape": {"shape": draw(st.sampled_from([(-1,), (0, -1), (-2,), (1, -1)]))},
    }
    return {"data": spread(draw, shape)}, params.get(name, {})


@space("expand_dims")
def expand_dims(draw, name):
    shape = draw(SHAPES)
    return {"data": spread(draw, shape)}, {"axis": draw(st.integers(-len(shape) - 1, len(shape)))}


@space("SwapAxis", "reverse")
def two_axes(draw, name):
    shape = draw(st.tuples(*[st.integers(0, 3)] * 3))
    first, second = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    params = {"dim1": first, "dim2": second}
    return {"data": spread(draw, shape)}, params if name == "SwapAxis" else {"axis": (first,)}


@space("broadcast_to", "broadcast_axis", "broadcast_like")
def broadcast(draw, name):
    target = draw(st.tuples(*[st.integers(1, 3)] * 3))
    axis = draw(st.integers(0, 2))
    data = spread(draw, (*target[:axis], 1, *target[axis + 1 :]))
    if name == "broadcast_like":
        return {"lhs": data, "rhs": spread(draw, target)}, {}
    sizes = {"shape": target} if name == "broadcast_to" else {"axis": axis, "size": target[axis]}
    return {"data": data}, sizes


@space("reshape_like")
def reshape_like(draw, name):
    return {"lhs": spread(draw, (2, 6)), "rhs": spread(draw, (4, 3))}, {}


@space("tile")
def tile(draw, name):
    reps = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple))
    return {"data": spread(draw, draw(SHAPES))}, {"reps": reps}


@space("repeat")
def repeat(draw, name):
    shape = draw(SHAPES)
    axis = draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    return {"data": spread(draw, shape)}, {"repeats": draw(st.integers(1, 3)), "axis": axis}


@space("Pad")
def pad(draw, name):
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    mode = draw(st.sampled_from(["constant", "edge", "reflect"]))
    widths = [
        draw(st.integers(0, size - 1 if mode == "reflect" else 3)) for size in shape for _ in "ab"
    ]
    return {"data": spread(draw, shape)}, {"mode": mode, "pad_width": tuple(widths)}


@space("Concat", "stack")
def join(draw, name):
    shape = draw(st.tuples(*[st.integers(0, 2)] * 3))
    number, dim = draw(st.integers(1, 3)), draw(st.integers(-3, 2))
    inputs = {}
    for i in range(number):
        part = list(shape)
        part[dim] = part[dim] if name == "stack" else draw(st.integers(0, 3))
        inputs[f"arg{i}"] = spread(draw, tuple(part))
    return inputs, {"axis" if name == "stack" else "dim": dim}


@space("SliceChannel")
def split(draw, name):
    parts, width, axis = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(-3, 2))
    shape = [2, 2, 2]
    shape[axis] = parts * width
    params = {
        "num_outputs": parts,
        "axis": axis,
        "squeeze_axis": width == 1 and draw(st.booleans()),
    }
    return {"data": spread(draw, tuple(shape))}, params


@space("_split_v2")
def split_v2(draw, name):
    params = {"indices": (0, *draw(st.sampled_from([(), (1,), (1, 3), (2, 2)]))), "axis": 1}
    if draw(st.booleans()):
        params = {"indices": (), "sections": draw(st.sampled_from([1, 2, 4])), "axis": 1}
    return {"data": spread(draw, (2, 4, 2))}, params


@space("depth_to_space", "space_to_depth")
def depth(draw, name):
    return {"data": spread(draw, (2, 8, 2, 4))}, {"block_size": draw(st.integers(1, 2))}


# Choosing


@space("slice")
def slice_(draw, name):
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    bounds = [draw(st.slices(size)) for size in shape]
    begin, end, step = zip(*[(part.start, part.stop, part.step) for part in bounds], strict=True)
    return {"data": spread(draw, shape)}, {"begin": begin, "end": end, "step": step}


@space("slice_axis")
def slice_axis(draw, name):
    axis, begin = draw(st.integers(-2, 1)), draw(st.integers(-4, 3))
    end = draw(st.none() | st.integers(begin % 4, 4))
    return {"data": spread(draw, (4, 4))}, {"axis": axis, "begin": begin, "end": end}


@space("slice_like")
def slice_like(draw, name):
    shape = draw(st.tuples(*[st.integers(1, 3)] * 3))
    like = tuple(draw(st.integers(1, size)) for size in shape)
    params = draw(product(axes=[(), (0, 2), (-2,)]))
    return {"data": spread(draw, shape), "shape_like": spread(draw, like)}, params


@space("where")
def where(draw, name):
    shape = draw(SHAPES)
    whole = shape if draw(st.booleans()) else shape[:1]
    condition = (spread(draw, whole) > 0).astype("int32")
    return {"condition": condition, "x": spread(draw, shape), "y": spread(draw, shape)}, {}


def positions(draw: Any, shape: tuple[int, ...], low: int, high: int) -> np.ndarray:
    """Whole numbers as int32, which are no floats to be moved."""
    return draw(hnp.arrays("int32", shape, elements=st.integers(low, high)))


@space("take")
def take(draw, name):
    shape = draw(FULL_SHAPES)
    axis, mode = (
        draw(st.integers(-len(shape), len(shape) - 1)),
        draw(st.sampled_from(["clip", "wrap", "raise"])),
    )
    bounds = (0, shape[axis] - 1) if mode == "raise" else (-4, 6)
    indices = positions(draw, draw(SHAPES), *bounds)
    return {"a": spread(draw, shape), "indices": indices}, {"axis": axis, "mode": mode}


@space("pick", "batch_take")
def pick(draw, name):
    shape = draw(FULL_SHAPES) if name == "pick" else (4, 3)
    axis, keepdims = draw(st.integers(-len(shape), len(shape) - 1)), draw(st.booleans())
    place = axis % len(shape)
    if name == "batch_take":
        return {"a": spread(draw, shape), "indices": positions(draw, (4,), -1, 4)}, {}
    left = (*shape[:place], *([1] if keepdims else []), *shape[place + 1 :]) or (1,)
    params = {"axis": axis, "keepdims": keepdims, **draw(product(mode=["clip", "wrap"]))}
    return {"data": spread(draw, shape), "index": positions(draw, left, -4, 6)}, params


@space("one_hot")
def one_hot(draw, name):
    return {"indices": spread(draw, draw(SHAPES), 0, 4)}, {"depth": 4, "dtype": "float64"}


@space("gather_nd")
def gather_nd(draw, name):
    shape = draw(FULL_SHAPES)
    indices = positions(draw, (draw(st.integers(1, len(shape))), 4), -min(shape), min(shape) - 1)
    return {"data": spread(draw, shape), "indices": indices}, {}


@space("scatter_nd")
def scatter_nd(draw, name):
    places = draw(st.permutations([(0, 0), (0, 1), (1, 0), (1, 1)]))[: draw(st.integers(1, 4))]
    indices = np.array(places, "int32").T
    return {"data": spread(draw, (len(places), 3)), "indices": indices}, {"shape": (2, 2, 3)}


@space("diag")
def diag(draw, name):
    if draw(st.booleans()):
        return {"data": spread(draw, (3,))}, {"k": draw(st.integers(-2, 2))}
    params = {"k": draw(st.integers(-1, 1)), **draw(product(axis1=[0, -1], axis2=[1, -2]))}
    return {"data": spread(draw, (3, 4, 3)[: draw(st.integers(3, 3))])}, params


@space("topk", "sort", "argsort")
def order(draw, name):
    shape = draw(FULL_SHAPES)
    axis = draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    params = {"axis": axis, "is_ascend": draw(st.booleans())}
    if name == "topk":
        size = math.prod(shape) if axis is None else shape[axis]
        kinds = st.sampled_from(["value", "both", "indices", "mask"])
        params |= {"k": draw(st.integers(0, size)), "ret_typ": draw(kinds)}
    return {"data": spread(draw, shape)}, params


# Products


@space("dot", "batch_dot")
def product_of_matrices(draw, name):
    rows, inner, columns = draw(st.tuples(*[st.integers(1, 3)] * 3))
    a, b = draw(st.booleans()), draw(st.booleans())
    more = draw(st.sampled_from([(), (2,)])) if name == "dot" else ()
    left = (inner, rows, *more) if a else (*more, rows, inner)
    right = (columns, *more, inner) if b else (inner, *more, columns)
    batch = () if name == "dot" else draw(st.sampled_from([(2,), (2, 1)]))
    if name == "dot" and draw(st.booleans()):
        left, right, a, b = (inner,), right if not b else (inner,), False, False
    inputs = {"lhs": spread(draw, batch + left), "rhs": spread(draw, batch + right)}
    return inputs, {"transpose_a": a, "transpose_b": b}


@space("khatri_rao")
def khatri_rao(draw, name):
    return {"arg0": spread(draw, (2, 3)), "arg1": spread(draw, (4, 3))}, {}


# Drawn with these


@space("_random_uniform_like", "_random_normal_like", "_random_exponential_like")
def drawn_like(draw, name):
    return {"data": spread(draw, draw(SHAPES))}, {}
