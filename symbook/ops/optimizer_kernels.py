"""Steps of optimisers on a GPU, one launch each.

A kernel's text says what is done with one weight, by the names of its arrays and numbers. Arithmetic is in
float32 for float16, and rounded when stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..cuda import FLOATS, Kernel, elementwise
from ..specs import DType
from .device import delivered, packed, target

FLOAT32 = np.dtype("float32")
_MIXED = tuple(("float32", low) for low in FLOATS)

_HELPERS = (
    "auto limited = [](A x, A edge) "
    "{ return edge < A(0) ? x : x < -edge ? -edge : x > edge ? edge : x; };",
    # To the arrays' type: where a difference is of two numbers that are nearly equal.
    "auto rounded = [](A x) { return A(T(x)); };",
    "auto direction = [](A x) { return A((int)(x > A(0)) - (int)(x < A(0))); };",
)


class Update:
    """A kernel that changes states in place and gives one new array.

    Parameters
    ----------
    name : str
        Of the kernel.
    text : str
        C++ of one element: it changes the states' variables and gives `result` its value.
    reads : str
        Names of the arrays that are only read.
    states : str
        Names of those that are changed.
    ones : str
        Names of arrays of one number, each with its type after a colon: `r1:T`.
    numbers : str
        Names of the numbers.
    low : str
        Of a mixed step, computed in float32: names of the arrays, or `result`, of another dtype.
    """

    def __init__(
        self,
        name: str,
        text: str,
        *,
        reads: str = "weight grad",
        states: str = "",
        ones: str = "",
        numbers: str = "",
        low: str = "",
    ) -> None:
        self._mixed, self._low_result = bool(low), "result" in low.split()
        types = {array: "T1" if array in low.split() else "T" for array in _words(reads, states)}
        types["result"] = "T1" if self._low_result else "T"
        single = dict(one.split(":") for one in ones.split())
        changed = [*states.split(), "result"]
        body = [
            *(f"A {array} = A({array}_at);" for array in _words(reads, states)),
            *(f"const A {one} = A({one}_at[0]);" for one in single),
            *(f"const A {number} = A({number}_given);" for number in numbers.split()),
            *(helper for helper in _HELPERS if helper.split()[1] in text),
            "A result;",
            *(line.strip() for line in text.strip().splitlines()),
            *(f"{array}_at = {types[array]}({array});" for array in changed),
        ]
        plain = [f"double {number}_given" for number in numbers.split()]
        instances = _MIXED if low else FLOATS
        if single:
            text = _with_ones(name, types, changed, single, plain, body)
            self._kernel = Kernel(name, text, instances)
        else:
            marks = {**dict.fromkeys(_words(reads), "const {}"), **dict.fromkeys(changed, "{}&")}
            marks["result"] = "{}"
            arrays = [f"{marks[array].format(kind)} {array}_at" for array, kind in types.items()]
            self._kernel = elementwise(
                name, ", ".join([*arrays, *plain]), "\n    ".join(body), instances
            )

    def __call__(
        self,
        xp: Any,
        reads: Sequence[Any],
        states: Sequence[Any] = (),
        numbers: Sequence[float] = (),
        *,
        ones: Sequence[Any] = (),
        low: DType | None = None,
        out: Any = None,
    ) -> Any:
        """The new array, in `out` where it is given; the states are changed.

        `low` is the other dtype of a mixed step.
        """
        like = reads[0]
        types: Any = (FLOAT32, low) if self._mixed else like.dtype
        dtype = low if self._low_result else FLOAT32 if self._mixed else like.dtype
        assert dtype is not None  # mixed steps are called with `low`
        kept = [packed(state) for state in states]
        result = target(xp, out, like.shape, dtype)
        args = (*map(packed, reads), *kept, result, *ones, *map(float, numbers), result.size)
        self._kernel(xp, types, args, size=result.size)
        for state, copy in zip(states, kept, strict=True):
            if copy is not state:
                state[...] = copy
        return delivered(result, out)


def _words(*texts: str) -> list[str]:
    return " ".join(texts).split()


def _with_ones(
    name: str,
    types: dict[str, str],
    changed: list[str],
    single: dict[str, str],
    plain: list[str],
    body: list[str],
) -> str:
    """The text of a step that reads numbers from arrays, which :func:`elementwise` cannot."""
    arrays = [
        f"{'' if array in changed else 'const '}{kind}* {array}_all"
        for array, kind in types.items()
    ]
    given = [*arrays, *(f"const {kind}* {one}_at" for one, kind in single.items()), *plain]
    here = [
        f"{'' if array in changed else 'const '}{kind}& {array}_at = {array}_all[i];"
        for array, kind in types.items()
    ]
    inner = "\n        ".join([*here, *body])
    return (
        f"KERNEL {name}({', '.join(given)}, long long n) {{\n"
        f"    FOR_EACH(i, n) {{\n        {inner}\n    }}\n}}"
    )


# Plain descent, with momentum, by the sign. `step` is the rescaled and clipped gradient times the rate.

_STEP = "A step = limited(grad * scale, limit) * factor;\n"

SGD = Update(
    "sgd_step",
    _STEP + "result = weight * keep - step;",
    numbers="keep scale limit factor",
)
SGD_MOM = Update(
    "sgd_mom_step",
    _STEP
    + """
    mom = mom * kept - weight * decay - step;
    result = weight + mom;""",
    states="mom",
    numbers="kept decay scale limit factor",
)
NAG = Update(
    "nag_step",
    """
    A step = limited(grad * scale, limit);
    A slid = mom * kept;
    result = (slid - (weight * wd + step) * rate) * (kept + A(1)) + (weight - slid);
    A from = by_new != A(0) ? A(T(result)) : weight;
    mom = slid - (step + from * wd) * rate;""",
    states="mom",
    numbers="kept rate wd scale limit by_new",
)
SIGNSGD = Update(
    "signsgd_step", "result = weight * keep - direction(grad) * rate;", numbers="keep rate"
)
SIGNUM = Update(
    "signum_step",
    _STEP
    + """
    mom = mom * kept - weight * decay - step;
    result = weight * keep + direction(mom) * rate;""",
    states="mom",
    numbers="kept decay keep rate scale limit factor",
)

# The same, computed on weights in float32.

MIXED_SGD = Update(
    "mixed_sgd_step",
    _STEP
    + """
    weight32 = weight32 * keep - step;
    result = weight32;""",
    reads="grad",
    states="weight32",
    numbers="keep scale limit factor",
    low="grad result",
)
MIXED_SGD_MOM = Update(
    "mixed_sgd_mom_step",
    _STEP
    + """
    mom = mom * kept - weight32 * decay - step;
    weight32 += mom;
    result = weight32;""",
    reads="grad",
    states="mom weight32",
    numbers="kept decay scale limit factor",
    low="grad result",
)
MIXED_NAG = Update(
    "mixed_nag_step",
    """
    A step = limited(grad * scale, limit);
    A slid = mom * kept;
    A jump = (weight32 * wd + step) * rate;
    weight32 = (slid - jump) * (kept + A(1)) + (weight32 - slid);
    mom = slid - (step + weight32 * wd) * rate;
    result = weight32;""",
    reads="grad",
    states="mom weight32",
    numbers="kept rate wd scale limit",
    low="grad result",
)


# Steps whose length adapts to each weight. `step` is the gradient with decay, clipped.

_DECAYED = "A step = limited(grad * scale + weight * wd, limit);\n"

ADAM = Update(
    "adam_step",
    _DECAYED
    + """
    mean = mean * beta1 + step * (A(1) - beta1);
    var = var * beta2 + step * (A(1) - beta2) * step;
    result = weight - mean * rate / (sqrt(var) + epsilon);""",
    states="mean var",
    numbers="rate beta1 beta2 epsilon wd scale limit",
)
RMSPROP = Update(
    "rmsprop_step",
    _DECAYED
    + """
    n_mean = n_mean * gamma1 + step * step * (A(1) - gamma1);
    result = limited(weight - step / sqrt(n_mean + epsilon) * rate, edge);""",
    states="n_mean",
    numbers="rate gamma1 epsilon wd scale limit edge",
)
RMSPROP_ALEX = Update(
    "rmspropalex_step",
    _DECAYED
    + """
    n_mean = n_mean * gamma1 + step * step * (A(1) - gamma1);
    g_mean = g_mean * gamma1 + step * (A(1) - gamma1);
    delta = delta * gamma2 - step * rate / sqrt(n_mean - g_mean * g_mean + epsilon);
    result = limited(weight + delta, edge);""",
    states="n_mean g_mean delta",
    numbers="rate gamma1 gamma2 epsilon wd scale limit edge",
)
FTRL = Update(
    "ftrl_step",
    """
    A step = rounded(limited(grad * scale, limit));
    A root = rounded(sqrt(n_sum));
    n_sum = rounded(n_sum + rounded(step * step));
    A after = rounded(sqrt(n_sum));
    z = rounded(z + rounded(step - rounded(rounded((after - root) * weight) / rate)));
    A pull = (after + beta) / rate + wd;
    result = (direction(z) * edge - z) / pull * A(fabs(z) > edge ? 1 : 0);""",
    states="z n_sum",
    numbers="rate edge beta wd scale limit",
)
FTML = Update(
    "ftml_step",
    _DECAYED
    + """
    v = v * beta2 + step * step * (A(1) - beta2);
    A root = (sqrt(v / left2) + epsilon) * pace;
    z = z * beta1 + step * (A(1) - beta1) - (root - d * beta1) * weight;
    d = root;
    result = -z / root;""",
    states="d v z",
    numbers="beta1 beta2 left2 epsilon pace wd scale limit",
)

_LAMB = """
    A step = limited(grad * scale, limit);
    mean = mean * beta1 + (A(1) - beta1) * step;
    var = var * beta2 + (A(1) - beta2) * step * step;
    result = mean / left1 / (sqrt(var / left2) + epsilon) + weight * wd;"""
_LAMB_NUMBERS = "beta1 beta2 left1 left2 epsilon wd scale limit"
LAMB_DIRECTION = Update("lamb_direction", _LAMB, states="mean var", numbers=_LAMB_NUMBERS)
MIXED_LAMB_DIRECTION = Update(
    "mixed_lamb_direction", _LAMB, states="mean var", numbers=_LAMB_NUMBERS, low="grad"
)

_RATIO = """
    A norm = low < A(0) ? r1 : maximum(r1, low);
    norm = high < A(0) ? norm : minimum(norm, high);
    A ratio = norm != A(0) && r2 != A(0) ? rate * norm / r2 : rate;
    result = weight - ratio * g;"""
LAMB_STEP = Update("lamb_step", _RATIO, reads="weight g", ones="r1:T r2:T", numbers="rate low high")
MIXED_LAMB_STEP = Update(
    "mixed_lamb_step",
    _RATIO,
    reads="weight g",
    ones="r1:T r2:T",
    numbers="rate low high",
    low="result",
)

_LARS = Kernel(
    "lars_rates",
    """
KERNEL lars_rates(const float* rates, const float* weights, const float* grads, const float* decays,
                  float* out, double trust, double least, double scale, long long n) {
    FOR_EACH(i, n) {
        float weight = sqrtf(weights[i]), grad = sqrtf(grads[i]) * (float)scale;
        float below = grad + decays[i] * weight + (float)least;
        out[i] = weight > 0 && grad > 0 ? rates[i] * (float)trust * weight / below : rates[i];
    }
}
""",
    types=("float32",),
)


def lars_rates(xp: Any, arrays: Sequence[Any], trust: Any, least: Any, scale: Any) -> Any:
    """The learning rates of `multi_lars`, from its four inputs."""
    result = xp.empty(arrays[0].shape, FLOAT32)
    args = (*map(packed, arrays), result, *map(float, (trust, least, scale)), result.size)
    _LARS(xp, FLOAT32, args, size=result.size)
    return result


_FINITE = Kernel(
    "finite_flag",
    """
KERNEL finite_flag(const T* data, float* flag, long long n) {
    FOR_EACH(i, n) if (!isfinite(A(data[i]))) *flag = 0;
}
""",
    types=FLOATS,
)


def clear_unless_finite(xp: Any, data: Any, flag: Any) -> None:
    """Make the one number of `flag` 0 if there is an infinity or NaN among the data."""
    _FINITE(xp, data.dtype, (packed(data), flag, data.size), size=data.size)
