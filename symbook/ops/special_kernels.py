"""The special functions of :mod:`.special` on a GPU: the same series, one launch each.

The text is made of the same coefficients and computes in the same order, in double, so that a GPU differs
from the CPU by what its exp, log and sin do.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, pi, sqrt
from typing import Any

from ..cuda import FLOATS, Kernel
from . import special
from .device import delivered, packed, target

_FAR = repr(special._FAR)


def _clenshaw(name: str, coefficients: Sequence[float]) -> str:
    """A function of t: the Chebyshev series Σ cₖ Tₖ(t), its steps written out."""
    steps = "".join(
        f"    next = twice * latest - later + {coefficient!r}; later = latest; latest = next;\n"
        for coefficient in coefficients[:0:-1]
    )
    return (
        f"DEVICE double {name}(double t) {{\n"
        "    double twice = 2 * t, later = 0, latest = 0, next;\n"
        f"{steps}    return t * latest - later + {coefficients[0]!r};\n}}\n"
    )


def _even_series(name: str, coefficients: Sequence[float]) -> str:
    """A function of x: Σ cₖ / x²ᵏ for k from 1."""
    steps = "".join(f"    total = (total + {c!r}) * square;\n" for c in reversed(coefficients))
    return (
        f"DEVICE double {name}(double x) {{\n"
        f"    double square = 1 / (x * x), total = 0;\n{steps}    return total;\n}}\n"
    )


_STIRLING = (
    "DEVICE double stirling(double x) {\n"
    "    double inverse = 1 / x, square = inverse * inverse, total = 0;\n"
    + "".join(f"    total = total * square + {c!r};\n" for c in reversed(special._STIRLING))
    + "    return total * inverse;\n}\n"
)

_SIN_PI = """
DEVICE double sin_pi(double x) {
    double turn = fmod(x, 2.0), whole = rint(turn);
    return sin(PI * (turn - whole)) * (1 - 2 * fmod(whole, 2.0));
}
"""

_ERF = """
DEVICE double erf_near(double x) { return x * erf_series(2 * (x * x) - 1); }
DEVICE double erfc_far(double x) {
    const double near = 2.0 / 8, far = 2.0 / 3;
    double t = 2 / (x + 2);
    t = t < near ? near : t;
    return exp(-x * x) / x * erfc_series((2 * t - near - far) / (far - near));
}
DEVICE double of_erf(double x) {
    double a = fabs(x);
    return a <= 1 ? erf_near(x) : copysign(1 - erfc_far(a), x);
}
DEVICE double of_erfc(double x) { return x <= 1 ? 1 - erf_near(x) : erfc_far(x); }
"""

_ERFINV = """
DEVICE double of_erfinv(double x) {
    double a = fabs(x);
    if (!(a < 1)) return a == 1 ? copysign(infinity_of(x), x) : nan_of(x);
    double part = 0.5 * log((1 - a) * (1 + a));
    double middle = 2 / (PI * 0.147) + part;
    double y = sqrt(maximum(sqrt(middle * middle - 2 * part / 0.147) - middle, 0.0));
    for (int k = 0; k < 3; k++) {
        double miss = a < 0.5 ? of_erf(y) - a : (1 - a) - of_erfc(y);
        double step = miss * HALF_SQRT_PI * exp(y * y);
        y = y - step / (1 + y * step);
    }
    return copysign(y, x);
}
"""

_GAMMA = """
DEVICE double gamma_near(double x) {
    double near = x < 1 ? x + 1 : x, product = 1;
    while (near > 2) {
        near -= 1;
        product *= near;
    }
    double value = gamma_series(2 * near - 3) * product;
    return x < 1 ? value / x : value;
}
DEVICE double gamma_far(double x) {
    if (x > 172) return infinity_of(x);
    double half_power = pow(x, 0.5 * x - 0.25);
    return SQRT_TWO_PI * half_power * exp(-x) * half_power * exp(stirling(x));
}
DEVICE double of_gamma(double x) {
    double a = fabs(x);
    if (is_nan(x) || (x < 0 && floor(x) == x)) return nan_of(x);
    if (x == 0) return copysign(infinity_of(x), x);
    double positive = a < FAR ? gamma_near(a) : gamma_far(a);
    return x > 0 ? positive : -PI / (a * sin_pi(a) * positive);
}
"""

_GAMMALN = """
DEVICE double of_gammaln(double x) {
    double a = fabs(x), value;
    if (is_nan(x)) return x;
    if (a == infinity_of(x)) return a;
    if (a < 1) {
        value = gammaln_series(2 * a - 1) * a * (a - 1) + -log(a);
    } else if (a < FAR) {
        double near = a, product = 1;
        while (near > 2) {
            near -= 1;
            product *= near;
        }
        near -= 1;
        value = gammaln_series(2 * near - 1) * near * (near - 1) + log(product);
    } else {
        value = (a - 0.5) * log(a) - a + HALF_LOG_TWO_PI + stirling(a);
    }
    return x >= 0 ? value : LOG_PI - log(a) - log(fabs(sin_pi(a))) - value;
}
"""

_DIGAMMA = """
DEVICE double of_digamma(double x) {
    double a = fabs(x), far = a, steps = 0;
    if (x <= 0 && floor(x) == x) return infinity_of(x);
    for (; far < FAR; far += 1) steps += 1 / far;
    double value = log(far) - 0.5 / far - digamma_series(far) - steps;
    return x < 0 ? value + 1 / a + PI / tan(PI * (a - rint(a))) : value;
}
"""

_TRIGAMMA = """
DEVICE double of_trigamma(double x) {
    double a = fabs(x), far = a, steps = 0;
    if (x <= 0 && floor(x) == x) return infinity_of(x);
    for (; far < FAR; far += 1) steps += 1 / (far * far);
    double value = (1 + 0.5 / far + trigamma_series(far)) / far + steps;
    if (!(x < 0)) return value;
    double slope = PI / sin_pi(a);
    return slope * slope - value + 1 / (a * a);
}
"""

_NUMBERS = {
    "FAR": _FAR,
    "PI": repr(pi),
    "HALF_SQRT_PI": repr(sqrt(pi) / 2),
    "SQRT_TWO_PI": repr(sqrt(2 * pi)),
    "LOG_PI": repr(log(pi)),
    "HALF_LOG_TWO_PI": repr(0.5 * log(2 * pi)),
}
_CONSTANTS = "".join(f"#define {name} {value}\n" for name, value in _NUMBERS.items())

_ERRORS = _clenshaw("erf_series", special._ERF) + _clenshaw("erfc_series", special._ERFC) + _ERF
_TEXTS = {
    "erf": _ERRORS,
    "erfinv": _ERRORS + _ERFINV,
    "gamma": _clenshaw("gamma_series", special._GAMMA) + _STIRLING + _SIN_PI + _GAMMA,
    "gammaln": _clenshaw("gammaln_series", special._GAMMALN) + _STIRLING + _SIN_PI + _GAMMALN,
    "digamma": _even_series("digamma_series", special._DIGAMMA) + _DIGAMMA,
    "trigamma": _even_series("trigamma_series", special._TRIGAMMA) + _SIN_PI + _TRIGAMMA,
}

_KERNELS = {
    name: Kernel(
        f"special_{name}",
        f"""{_CONSTANTS}{text}
KERNEL special_{name}(const T* x, T* y, long long n) {{
    FOR_EACH(i, n) y[i] = T(of_{name}((double)A(x[i])));
}}
""",
        types=FLOATS,
    )
    for name, text in _TEXTS.items()
}


def special_function(xp: Any, name: str, data: Any, out: Any = None) -> Any:
    """A function of :mod:`.special` on a GPU, of floating-point data; computed in double."""
    data = packed(data)
    result = target(xp, out, data.shape, data.dtype)
    _KERNELS[name](xp, data.dtype, (data, result, data.size), size=data.size)
    return delivered(result, out)
