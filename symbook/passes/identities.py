"""Arithmetic that gives one of its operands again, to the bit, for every value of every dtype."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..graph import Pin
from ..specs import DType
from .rules import Answer, Rule, Site, Swap


def _first(site: Site) -> Answer:
    return _ordered(site, site.inputs[0])


def _ordered(site: Site, pin: Pin) -> Pin | None:
    """The value, if it lies in memory as the result of arithmetic does."""
    return pin if site.in_order(pin) else None


# A number on one side


def _by(number: float, kinds: str = "biuf") -> Callable[[Site], Answer]:
    """The first operand, where the other is the number; its text tells 0 from -0."""

    def find(site: Site) -> Answer:
        fits = repr(site.params["scalar"]) == repr(number) and _kind(site) in kinds
        return _first(site) if fits else None

    return find


def _power(site: Site) -> Answer:
    # NumPy's powers of float16 do not keep the bits of every NaN.
    return None if site.own.dtype == np.float16 else _by(1.0)(site)


def _kind(site: Site) -> str:
    dtype = site.own.dtype
    return "" if dtype is None else dtype.kind


# Arrays of one value


def _filled(site: Site, pin: Pin, number: int) -> bool:
    """Whether an array is known to hold one number only."""
    if site.made_by(pin, *(("_ones", "ones_like") if number else ("_zeros", "zeros_like"))):
        return True
    params = site.maker(pin).params
    return site.made_by(pin, "_full") and repr(params["value"]) == repr(float(number))


def _with_filled(number: int, either: bool, kinds: str = "biuf") -> Callable[[Site], Answer]:
    """One operand, where the second, or either, is an array of that number."""

    def find(site: Site) -> Answer:
        if _kind(site) not in kinds:
            return None
        left, right = site.inputs
        if _filled(site, right, number):
            return _ordered(site, left)
        return _ordered(site, right) if either and _filled(site, left, number) else None

    return find


def _twice_the_same(site: Site) -> Answer:
    left, right = site.inputs
    return _ordered(site, left) if left == right else None


def _equal_branches(site: Site) -> Answer:
    condition, left, right = site.inputs
    return _ordered(site, left) if left == right and site.in_order(condition) else None


# A function of a function


def _twice_negative(site: Site) -> Answer:
    (inner,) = site.inputs
    return _ordered(site, site.behind(inner)[0]) if site.made_by(inner, "negative") else None


def _twice_by_minus_one(site: Site) -> Answer:
    """What is written as `-(-x)`: Python's minus multiplies by -1, as in MXNet."""
    (inner,) = site.inputs
    numbers = [site.params["scalar"]]
    if site.made_by(inner, "_mul_scalar"):
        numbers.append(site.maker(inner).params["scalar"])
    fits = numbers == [-1.0, -1.0] and _kind(site) in "iuf"
    return _ordered(site, site.behind(inner)[0]) if fits else None


def _after(*names: str) -> Callable[[Site], Answer]:
    """The operand, where it comes from one of these operators with the same parameters."""

    def find(site: Site) -> Answer:
        inner = site.inputs[0]
        same = site.made_by(inner, *names) and dict(site.maker(inner).params) == dict(site.params)
        return _ordered(site, inner) if same else None

    return find


def _clipped_twice(site: Site) -> Answer:
    # Bounds that are turned round may move a number each time.
    ordered = site.params["a_min"] <= site.params["a_max"]
    return _after("clip")(site) if ordered else None


def _of_integers(site: Site) -> Answer:
    return _first(site) if _kind(site) in "iu" else None


_WHOLE = ("floor", "ceil", "rint", "trunc", "fix")

# Dtypes


def _chain(site: Site) -> Answer:
    """One conversion in place of two, or none, where the first one loses nothing."""
    inner = site.inputs[0]
    if not site.made_by(inner, "Cast", "amp_cast", "_backward_Cast"):
        return None
    source = site.behind(inner)[0]
    start, middle, end = (pin.dtype for pin in (site.spec(source), site.spec(inner), site.own))
    if start is None or middle is None or end is None or not site.in_order(source):
        return None
    if not _needless(start, middle, end):
        return None
    return source if start == end else Swap("Cast", (source,), {"dtype": end.name})


def _needless(start: DType, middle: DType, end: DType) -> bool:
    """Whether a conversion by way of `middle` gives what the direct one gives."""
    if not _holds(middle, start):
        return False
    if middle.kind != "f" or start.kind == "b":
        return True
    # What a float beyond an integer's range becomes depends on the float's dtype.
    return end.kind in "bf" if start.kind == "f" else end.kind in "bf" or _holds(end, start)


def _holds(wide: DType, narrow: DType) -> bool:
    """Whether every number of a dtype is one of another."""
    if wide == narrow or narrow.kind == "b":
        return True
    if wide.kind == "f":
        bits = np.finfo(wide).nmant + 1
        return (
            wide.itemsize > narrow.itemsize if narrow.kind == "f" else 8 * narrow.itemsize <= bits
        )
    if narrow.kind == "f" or wide.kind == "b" or (wide.kind == "u" and narrow.kind == "i"):
        return False
    return wide.itemsize > narrow.itemsize


_SAME = Rule("the dtype is the same", _first)
_CHAIN = Rule("the conversion before it loses nothing", _chain)

RULES: dict[str, tuple[Rule, ...]] = {
    "_plus_scalar": (
        Rule("x + -0 is x", _by(-0.0)),
        Rule("x + 0 is x, of integers", _by(0.0, "iu")),
    ),
    "_minus_scalar": (
        Rule("x - 0 is x", _by(0.0)),
        Rule("x - -0 is x, of integers", _by(-0.0, "iu")),
    ),
    "_mul_scalar": (
        Rule("x * 1 is x", _by(1.0)),
        Rule("-(-x) is x", _twice_by_minus_one),
    ),
    "_div_scalar": (Rule("x / 1 is x", _by(1.0)),),
    "_power_scalar": (Rule("x ** 1 is x", _power),),
    "_maximum_scalar": (Rule("nothing is less than -inf", _by(-np.inf, "f")),),
    "_minimum_scalar": (Rule("nothing is more than inf", _by(np.inf, "f")),),
    **dict.fromkeys(
        ("elemwise_mul", "broadcast_mul"),
        (Rule("a factor is all ones", _with_filled(1, either=True)),),
    ),
    **dict.fromkeys(
        ("elemwise_div", "broadcast_div"),
        (Rule("the divisor is all ones", _with_filled(1, either=False)),),
    ),
    **dict.fromkeys(
        ("elemwise_sub", "broadcast_sub"),
        (Rule("zeros are taken away", _with_filled(0, either=False)),),
    ),
    **dict.fromkeys(
        ("elemwise_add", "broadcast_add", "_grad_add"),
        (Rule("zeros are added, to integers", _with_filled(0, either=True, kinds="iu")),),
    ),
    **dict.fromkeys(
        ("_maximum", "broadcast_maximum", "_minimum", "broadcast_minimum"),
        (Rule("both operands are the same", _twice_the_same),),
    ),
    "where": (Rule("both branches are the same", _equal_branches),),
    "add_n": (Rule("a sum of one", lambda site: None if len(site.inputs) > 1 else _first(site)),),
    "negative": (Rule("-(-x) is x", _twice_negative),),
    **{name: (Rule(f"{name} of {name}", _after(name)),) for name in ("abs", "sign", "relu")},
    "clip": (Rule("clip of clip", _clipped_twice),),
    **dict.fromkeys(
        _WHOLE,
        (
            Rule("integers are whole", _of_integers),
            Rule("the numbers are whole already", _after(*_WHOLE)),
        ),
    ),
    "round": (Rule("integers are whole", _of_integers),),
    "Cast": (_SAME, _CHAIN),
    "amp_cast": (_SAME, _CHAIN),
    "_backward_Cast": (_SAME, _CHAIN),
}
