"""What each operator does, as a verb with its objects: `multiplied C (1000×1000) by D`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from symbook.render.text import clean, number_text

_MANY = 4
"""Of more inputs than this, the first are named and the others counted."""


def by(shape: Sequence[int]) -> str:
    """A shape in a sentence: `1000×1000`, `7 elements`; of no axes, `one number`."""
    if not shape:
        return "one number"
    if len(shape) == 1:
        return "1 element" if shape[0] == 1 else f"{shape[0]} elements"
    return "×".join(map(str, shape))


def together(names: Sequence[str], most: int = _MANY) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b, c and 17 others`."""
    shown = [*names[: most - 1], f"{len(names) - most + 1} others"] if len(names) > most else names
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


class Step(NamedTuple):
    """What a sentence is made of.

    Attributes
    ----------
    x : sequence of str
        The inputs: `C (1000×1000)`, `A = [1 2]`.
    names : sequence of str
        Their names alone.
    p : mapping of str to Any
        The node's parameters.
    read, made : sequence of tuple of int
        Shapes of inputs and outputs.
    is_train : bool
    """

    x: Sequence[str]
    names: Sequence[str]
    p: Mapping[str, Any]
    read: Sequence[tuple[int, ...]]
    made: Sequence[tuple[int, ...]]
    is_train: bool

    def many(self) -> str:
        """The inputs in a row: `a, b and c`."""
        return together(self.x)

    def over(self) -> str:
        """The axes that a reduction goes along."""
        axis = self.p.get("axis")
        if axis is None or axis == ():
            return ""
        axes = axis if isinstance(axis, tuple) else (axis,)
        word = "axis" if len(axes) == 1 else "axes"
        but = "every axis but " if self.p.get("exclude") else f"{word} "
        return f" along {but}{together([str(k) for k in axes])}"

    def result(self) -> str:
        """The first output's shape."""
        return by(self.made[0]) if self.made else "nothing"


Told = str | Callable[[Step], str]
"""What is filled with the inputs, and with a scalar after or before them; or a function that gives it."""


def _activation(s: Step) -> str:
    return f"applied {clean(str(s.p.get('act_type', 'a function')))} to {s.x[0]}"


def _dropout(s: Step) -> str:
    if not s.is_train and s.p.get("mode") != "always":
        return f"passed {s.x[0]} on as it is: Dropout acts in training only"
    part = number_text(100 * float(s.p.get("p", 0.5)))
    return f"set about {part} % of {s.x[0]} to zero at random, and scaled up the rest"


def _batch_norm(s: Step) -> str:
    if s.is_train and not s.p.get("use_global_stats"):
        return f"gave each channel of {s.x[0]} the mean 0 and variance 1 over the batch, then scale and shift"
    return f"scaled and shifted each channel of {s.x[0]} by the mean and variance seen in training"


def _fully_connected(s: Step) -> str:
    bias = "" if s.p.get("no_bias") or len(s.x) < 3 else f" and added {s.x[2]}"
    return f"multiplied {s.x[0]} by {s.x[1]}, transposed,{bias}".rstrip(",")


def _convolution(s: Step) -> str:
    window = by(s.p.get("kernel") or ())
    bias = "" if s.p.get("no_bias") or len(s.x) < 3 else f", and added {s.names[2]}"
    return f"slid {s.p.get('num_filter')} filters of {window}, {s.names[1]}, over {s.x[0]}{bias}"


def _pooling(s: Step) -> str:
    what = {"max": "the largest", "avg": "the mean", "sum": "the sum", "lp": "a norm"}
    kind = what.get(str(s.p.get("pool_type", "max")), "one number")
    window = "channel" if s.p.get("global_pool") else f"{by(s.p.get('kernel') or ())} window"
    return f"took {kind} of each {window} of {s.x[0]}"


def _product(s: Step) -> str:
    sides = [
        f"{side}, transposed," if s.p.get(f"transpose_{which}") else side
        for side, which in zip(s.x, "ab", strict=False)
    ]
    kind = "matrix product" if max(map(len, s.read), default=0) > 1 else "dot product"
    return f"made the {kind} of {together(sides)}".rstrip(",")


def _reduced(verb: str) -> Callable[[Step], str]:
    return lambda s: f"{verb} {s.x[0]}{s.over() or ', all its elements'}"


def _loss(what: str) -> Callable[[Step], str]:
    def told(s: Step) -> str:
        goal = f", to be compared with {s.names[1]}" if len(s.names) > 1 else ""
        return f"{what.format(s.x[0])}{goal}"

    return told


def _softmax(s: Step) -> str:
    return f"made probabilities of {s.x[0]}, which add up to 1 along axis {s.p.get('axis', -1)}"


def _split(s: Step) -> str:
    return f"split {s.x[0]} into {len(s.made)} parts along axis {s.p.get('axis', 1)}"


def _transposed(s: Step) -> str:
    axes = s.p.get("axes") or ()
    order = f" to the order {together([str(k) for k in axes])}" if len(axes) > 2 else ""
    return f"turned the axes of {s.x[0]}{order}" if len(s.read[0]) > 2 else f"transposed {s.x[0]}"


def _clipped(s: Step) -> str:
    low, high = number_text(s.p["a_min"]), number_text(s.p["a_max"])
    return f"brought {s.x[0]} between {low} and {high}"


def _embedding(s: Step) -> str:
    return f"looked up a row of {s.names[1]} ({by(s.read[1])}) for each number of {s.x[0]}"


def _slope(s: Step) -> str:
    return f"let {s.x[0]} pass where it is positive, and {s.p.get('act_type', 'leaky')} where not"


TOLD: dict[str, Told] = {
    # arithmetic
    "add": "added {0} and {1}",
    "plus": "added {0} and {1}",
    "grad_add": "added {0} and {1}",
    "sub": "subtracted {1} from {0}",
    "minus": "subtracted {1} from {0}",
    "mul": "multiplied {0} by {1}",
    "div": "divided {0} by {1}",
    "mod": "took the remainder of {0} by {1}",
    "power": "raised {0} to the power {1}",
    "maximum": "took the larger of {0} and {1}",
    "minimum": "took the smaller of {0} and {1}",
    "hypot": "took the hypotenuse over {0} and {1}",
    "add_n": lambda s: f"added {s.many()}",
    "negative": "turned the sign of {0}",
    "reciprocal": "divided 1 by {0}",
    "abs": "took the sizes of {0} without their signs",
    "sign": "took the signs of {0}",
    "square": "squared {0}",
    "sqrt": "took the square root of {0}",
    "rsqrt": "divided 1 by the square root of {0}",
    "cbrt": "took the cube root of {0}",
    "exp": "raised e to the power {0}",
    "expm1": "raised e to the power {0} and subtracted 1",
    "log": "took the natural logarithm of {0}",
    "log1p": "took the logarithm of 1 plus {0}",
    "log2": "took the logarithm to base 2 of {0}",
    "log10": "took the logarithm to base 10 of {0}",
    "sin": "took the sine of {0}",
    "cos": "took the cosine of {0}",
    "tan": "took the tangent of {0}",
    "tanh": "brought {0} between −1 and 1 by tanh",
    "sigmoid": "brought {0} between 0 and 1 by sigmoid",
    "relu": "kept what is positive of {0}, and made the rest 0",
    "erf": "took the error function of {0}",
    "softsign": "brought {0} between −1 and 1 by softsign",
    "round": "rounded {0}",
    "rint": "rounded {0}",
    "fix": "cut the fractions off {0}",
    "trunc": "cut the fractions off {0}",
    "floor": "rounded {0} down",
    "ceil": "rounded {0} up",
    "clip": _clipped,
    "smooth_l1": "took the smooth L1 loss of {0}",
    # reductions
    "sum": _reduced("summed"),
    "nansum": _reduced("summed, but for NaN,"),
    "mean": _reduced("took the mean of"),
    "max": _reduced("took the largest of"),
    "min": _reduced("took the smallest of"),
    "prod": _reduced("multiplied together"),
    "nanprod": _reduced("multiplied together, but for NaN,"),
    "norm": _reduced("took the norm of"),
    "argmax": _reduced("found where the largest is of"),
    "argmin": _reduced("found where the smallest is of"),
    "cumsum": _reduced("added up, one after the other,"),
    # products and layers
    "dot": _product,
    "batch_dot": _product,
    "linalg_gemm2": _product,
    "FullyConnected": _fully_connected,
    "Convolution": _convolution,
    "Deconvolution": _convolution,
    "Pooling": _pooling,
    "Activation": _activation,
    "LeakyReLU": _slope,
    "BatchNorm": _batch_norm,
    "LayerNorm": "gave each row of {0} the mean 0 and the variance 1, then scale and shift",
    "InstanceNorm": "gave each channel of each example of {0} the mean 0 and the variance 1",
    "L2Normalization": "divided {0} by its length",
    "LRN": "divided {0} by what neighbouring channels have",
    "Dropout": _dropout,
    "Embedding": _embedding,
    "RNN": lambda s: (
        f"went through {s.x[0]} step by step with {s.p.get('state_size')} hidden units"
    ),
    "UpSampling": "made each point of {0} several",
    "Pad": "put a border around {0}",
    # losses
    "softmax": _softmax,
    "log_softmax": lambda s: f"made logarithms of probabilities of {s.x[0]}",
    "softmin": "made probabilities of {0}, the smallest the likeliest",
    "SoftmaxActivation": "made probabilities of {0}",
    "SoftmaxOutput": _loss("made probabilities of {0}"),
    "LinearRegressionOutput": _loss("passed {0} on as the prediction"),
    "MAERegressionOutput": _loss("passed {0} on as the prediction"),
    "LogisticRegressionOutput": _loss("brought {0} between 0 and 1 as the prediction"),
    "SVMOutput": _loss("passed {0} on as the scores"),
    "softmax_cross_entropy": "compared the probabilities of {0} with {1} by cross-entropy",
    "MakeLoss": "passed {0} on as the loss",
    "make_loss": "passed {0} on as the loss",
    "BlockGrad": "passed {0} on; no gradient goes back through it",
    # shapes
    "Reshape": lambda s: f"gave {s.x[0]} the shape {s.result()}",
    "reshape_like": lambda s: f"gave {s.x[0]} the shape of {s.names[1]}",
    "Flatten": lambda s: f"laid each example of {s.x[0]} out in one row",
    "expand_dims": "put an axis of size 1 into {0}",
    "squeeze": "took the axes of size 1 out of {0}",
    "transpose": _transposed,
    "SwapAxis": "exchanged two axes of {0}",
    "Concat": lambda s: f"joined {s.many()} along axis {s.p.get('dim', 1)}",
    "stack": lambda s: f"stacked {s.many()} along a new axis",
    "SliceChannel": _split,
    "split_v2": _split,
    "slice": "took a part of {0}",
    "slice_axis": "took a part of {0}",
    "slice_like": "took a part of {0} as large as {1}",
    "tile": "repeated {0} as a whole",
    "repeat": "repeated each element of {0}",
    "reverse": "reversed {0}",
    "broadcast_to": lambda s: f"stretched {s.x[0]} to {s.result()}",
    "broadcast_axis": lambda s: f"stretched {s.x[0]} to {s.result()}",
    "broadcast_like": lambda s: f"stretched {s.x[0]} to the shape of {s.names[1]}",
    # choosing
    "where": "took {1} where {0} is not 0, and {2} elsewhere",
    "take": "took the parts of {0} that {1} names",
    "pick": "picked from {0} what {1} names",
    "one_hot": "made a 1 in a row of zeros for each number of {0}",
    "topk": "found the largest of {0}",
    "sort": "sorted {0}",
    "argsort": "found the order of {0}",
    "gather_nd": "gathered the elements of {0} that {1} names",
    "SequenceMask": "masked what lies beyond the ends of the sequences of {0}",
    # comparing
    "equal": "compared {0} with {1}: 1 where they are equal",
    "not_equal": "compared {0} with {1}: 1 where they differ",
    "greater": "compared {0} with {1}: 1 where it is greater",
    "greater_equal": "compared {0} with {1}: 1 where it is as great or greater",
    "lesser": "compared {0} with {1}: 1 where it is less",
    "lesser_equal": "compared {0} with {1}: 1 where it is as little or less",
    "logical_not": "made 1 of 0, and 0 of all else, in {0}",
    # making
    "Cast": lambda s: f"made {clean(str(s.p.get('dtype')))} of {s.x[0]}",
    "identity": "copied {0}",
    "copy": "copied {0}",
    "zeros": lambda s: f"made {s.result()} zeros",
    "ones": lambda s: f"made {s.result()} ones",
    "zeros_like": "made zeros in the shape of {0}",
    "ones_like": "made ones in the shape of {0}",
    "arange": lambda s: f"counted up in {s.result()} steps",
    "random_uniform": lambda s: f"drew {s.result()} random numbers",
    "random_normal": lambda s: f"drew {s.result()} random numbers",
}
