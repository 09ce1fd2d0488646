"""The exercises of lesson 13, your own operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symbook.context import cpu
from symbook.course import Comparison, Exercise, Mistake, same_function, same_value
from symbook.errors import GradientError
from symbook.ndarray import array
from symbook.operator import Operator
from symbook.ops.registry import InputTypeError
from symbook.symbol import Variable

_LENGTHS = (3, 7)
# On both sides of 0, and not 0 itself.
_PLACES = [-4.0, -1.0, 2.0, 5.0]
_FORGOTTEN = (
    "It is a plain Python function: a graph knows nothing of it. Which line stood above each function "
    "of the lesson?"
)


def _is_plain(answer: Any) -> bool:
    return not isinstance(answer, Operator)


def _computes(
    answer: Callable[..., Any], function: Callable[..., Any], **how: Any
) -> Comparison | bool:
    """Whether it is an operator that gives what a NumPy function does."""
    if not isinstance(answer, Operator):
        return False
    return same_function(answer(Variable("x")), function, **how)


def _there_and_back(there_and_back: Callable[..., Any]) -> Comparison | bool:
    return _rows(there_and_back, lambda x: np.concatenate([x, x[::-1]]))


def _rows(answer: Callable[..., Any], function: Callable[..., Any]) -> Comparison | bool:
    """Whether it is an operator that gives what a function does for rows of any length."""
    verdict: Comparison | bool = True
    for length in _LENGTHS:
        if verdict:
            verdict = _computes(answer, function, shapes={"x": (length,)})
    return verdict


def _promised(answer: Operator, length: int) -> Any:
    """The shape that inference says comes out for a row of that length; None if it says nothing."""
    try:
        _, [shape], _ = answer(Variable("x")).infer_shape(x=(length,))
    except Exception:  # the rule is the learner's, and it has been told already
        return None
    return shape


def _is_fixed(answer: Any) -> bool:
    """Whether its shape rule gives the same for rows of two lengths."""
    found = [_promised(answer, length) for length in _LENGTHS]
    return found[0] is not None and bool(found[0] == found[1])


def _takes_a_shape_for_a_number(answer: Any) -> bool:
    """Whether its shape rule makes `(3, 3)` or `((3, 3),)` of the shape `(3,)` of a row."""
    return all(
        _promised(answer, length) in [(length, length), ((length, length),)] for length in _LENGTHS
    )


def _leaks(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, x / 10)


def _leaky(leaky: Callable[..., Any]) -> Comparison | bool:
    verdict = _computes(leaky, _leaks)
    if not verdict:
        return verdict
    for factor in (1.0, 3.0):
        try:
            found = _gradient(leaky, factor)
        except Exception as error:  # the rule is the learner's
            told = str(error).partition("\n")[0]
            return Comparison(False, f"Its gradient rule fails: {type(error).__name__}: {told}")
        verdict = same_value(found, [factor / 10, factor / 10, factor, factor])
        if not verdict:
            row = ", ".join(f"{x:g}" for x in _PLACES)
            return Comparison(
                False, f"The gradient of {factor:g} · leaky(x), for x = {row}: {verdict.says}"
            )
    return True


def _gradient(leaky: Callable[..., Any], factor: float) -> np.ndarray:
    """The gradient of a multiple of it at the places that are tried."""
    graph = (leaky(Variable("x")) * factor).gradient("x")
    found: np.ndarray = graph.eval(ctx=cpu(), x=array(_PLACES))[0].asnumpy()
    return found


def _is_given_numbers(leaky: Any) -> bool:
    """Whether its gradient rule gives an operator a number where a symbol must be."""
    try:
        leaky(Variable("x")).gradient("x")
    except InputTypeError:
        return True
    except Exception:  # the rule is the learner's, and it has been told already
        return False
    return False


def _has_no_rule(leaky: Any) -> bool:
    try:
        leaky(Variable("x")).gradient("x")
    except GradientError as error:
        return "has no gradient" in str(error)
    except Exception:  # the rule is the learner's, and it has been told already
        return False
    return False


def _gives_back(leaky: Any, factor: float, wrong: list[float]) -> bool:
    """Whether it is right forward, and the gradient of a multiple of it is that."""
    try:
        return bool(_computes(leaky, _leaks)) and np.allclose(_gradient(leaky, factor), wrong)
    except Exception:
        return False


EXERCISES = (
    Exercise(
        "13.1",
        asks="An operator `rounded` of one input, which rounds up to the next half euro.",
        kinds=(Callable,),
        right=lambda rounded: _computes(rounded, lambda x: np.ceil(2 * x) / 2, between=(0, 7)),
        mistakes=(
            Mistake(
                _is_plain,
                _FORGOTTEN,
                example="def rounded(xp, x):\n    return xp.ceil(x * 2) / 2",
            ),
            Mistake(
                lambda rounded: _computes(rounded, lambda x: np.ceil(x)),
                "This rounds up to whole euros: 2.1 becomes 3. How many half euros are 2.1 euros?",
                example="@mx.operator.define\ndef rounded(xp, x):\n    return xp.ceil(x)",
            ),
            Mistake(
                lambda rounded: _computes(rounded, lambda x: np.round(2 * x) / 2),
                "Half euros, yes, but to the nearest one: 2.1 becomes 2. Which function goes up in any case?",
                example="@mx.operator.define\ndef rounded(xp, x):\n    return xp.round(x * 2) / 2",
            ),
            Mistake(
                lambda rounded: _computes(rounded, lambda x: np.ceil(2 * x)),
                "That is the number of half euros. How many euros are that?",
                example="@mx.operator.define\ndef rounded(xp, x):\n    return xp.ceil(2 * x)",
            ),
            Mistake(
                lambda rounded: _computes(rounded, lambda x: np.ceil(x + 0.5)),
                "Try it on 2.1 and on 2.6. Adding a half first does not make the steps any smaller.",
                example="@mx.operator.define\ndef rounded(xp, x):\n    return xp.ceil(x + 0.5)",
            ),
        ),
        otherwise="Try it: `rounded(mx.nd.array([2.1, 2.5, 2.6])).asnumpy()`. It should be 2.5, 2.5 and 3.",
        praise="It works on a bill, on a thousand bills, and as a box in any graph.",
        hints=(
            "Count in half euros: 2.1 euros are 4.2 half euros. Round that up, and go back to euros.",
            "Multiply by 2, `xp.ceil`, divide by 2; and the line `@mx.operator.define` above the function.",
        ),
    ),
    Exercise(
        "13.2",
        asks="An operator `there_and_back`: a row, and behind it the same row from its end.",
        kinds=(Callable,),
        right=_there_and_back,
        mistakes=(
            Mistake(
                _is_plain,
                _FORGOTTEN,
                example=(
                    "def there_and_back(xp, row):\n    return xp.concatenate([row, row[::-1]])"
                ),
            ),
            Mistake(
                lambda there_and_back: all(
                    _promised(there_and_back, length) == (length,) for length in _LENGTHS
                ),
                "symbook believes that a row of 3 gives a row of 3: nobody told it otherwise. What was "
                "added to `rises`?",
                example=(
                    "@mx.operator.define\ndef there_and_back(xp, row):\n"
                    "    return xp.concatenate([row, row[::-1]])"
                ),
            ),
            Mistake(
                _takes_a_shape_for_a_number,
                "In the shape rule `row` is a whole shape, a tuple: `(3,)` for a row of 3, and twice that is "
                "`(3, 3)`. The number in it is `row[0]`.",
                example=(
                    "@mx.operator.define(shape=lambda row: (row * 2,))\n"
                    "def there_and_back(xp, row):\n    return xp.concatenate([row, row[::-1]])"
                ),
            ),
            Mistake(
                lambda there_and_back: (
                    "scalar" in getattr(_there_and_back(there_and_back), "says", "")
                ),
                "`xp.concatenate` takes one list, with both rows in it: look at the square brackets.",
                example=(
                    "@mx.operator.define(shape=lambda row: (2 * row[0],))\n"
                    "def there_and_back(xp, row):\n    return xp.concatenate(row, row[::-1])"
                ),
            ),
            Mistake(
                _is_fixed,
                "Your shape rule gives the same for rows of every length. It gets the shape that goes in.",
                example=(
                    "@mx.operator.define(shape=lambda row: (6,))\ndef there_and_back(xp, row):\n"
                    "    return xp.concatenate([row, row[::-1]])"
                ),
            ),
            Mistake(
                lambda there_and_back: _rows(
                    there_and_back, lambda x: np.concatenate([x[::-1], x])
                ),
                "Back and there: the two halves change places. The row as it is comes first.",
                example=(
                    "@mx.operator.define(shape=lambda row: (2 * row[0],))\n"
                    "def there_and_back(xp, row):\n    return xp.concatenate([row[::-1], row])"
                ),
            ),
            Mistake(
                lambda there_and_back: _rows(there_and_back, lambda x: np.concatenate([x, x])),
                "The lengths are right. The second half is to begin with the last number.",
                example=(
                    "@mx.operator.define(shape=lambda row: (2 * row[0],))\n"
                    "def there_and_back(xp, row):\n    return xp.concatenate([row, row])"
                ),
            ),
            Mistake(
                lambda there_and_back: _rows(
                    there_and_back, lambda x: np.concatenate([x, x[-2::-1]])
                ),
                "The last number comes once only. In 1, 2, 3, 3, 2, 1 it is there twice.",
                example=(
                    "@mx.operator.define(shape=lambda row: (2 * row[0] - 1,))\n"
                    "def there_and_back(xp, row):\n    return xp.concatenate([row, row[-2::-1]])"
                ),
            ),
        ),
        otherwise="Try it on rows of two lengths, such as `mx.nd.array([1, 2, 3])`, and read what it says.",
        praise="The rule and the function say the same in two languages: one of shapes, one of numbers.",
        hints=(
            "A row of n numbers becomes one of 2 · n. The shape rule says it, with `row[0]` for n.",
            "`shape=lambda row: (…,)` in the brackets of `define`. The comma makes it a tuple.",
        ),
    ),
    Exercise(
        "13.3",
        asks="An operator `leaky`, with its gradient: positive numbers stay, negative ones become a tenth.",
        kinds=(Callable,),
        right=_leaky,
        mistakes=(
            Mistake(
                _is_plain,
                _FORGOTTEN,
                example="def leaky(xp, x):\n    return xp.where(x > 0, x, x / 10)",
            ),
            Mistake(
                lambda leaky: _computes(leaky, lambda x: np.where(x > 0, x, 0)),
                "Negative numbers become 0. A tenth of them is to get through.",
                example=(
                    "@mx.operator.define(gradient=lambda F, g, y, x: F.where(x > 0, g, 0 * g))\n"
                    "def leaky(xp, x):\n    return xp.where(x > 0, x, 0)"
                ),
            ),
            Mistake(
                lambda leaky: not _computes(leaky, _leaks),
                lambda leaky: (
                    "Forward it is not right yet. "
                    f"{getattr(_computes(leaky, _leaks), 'says', '')} Look at the rule after that."
                ),
                example=(
                    "@mx.operator.define(gradient=lambda F, g, y, x: F.where(x > 0, g, 0.1 * g))\n"
                    "def leaky(xp, x):\n    return xp.where(x > 0, x, -0.1 * x)"
                ),
            ),
            Mistake(
                _is_given_numbers,
                "In the rule both sides of `F.where` must be symbols. A number is none; `g` is one, and "
                "`0.1 * g` is one.",
                example=(
                    "@mx.operator.define(gradient=lambda F, g, y, x: g * F.where(x > 0, 1, 0.1))\n"
                    "def leaky(xp, x):\n    return xp.where(x > 0, x, x / 10)"
                ),
            ),
            Mistake(
                lambda leaky: _computes(leaky, _leaks) and _has_no_rule(leaky),
                "Forward it is right. Backward symbook does not know the way: there is no gradient rule yet.",
                example="@mx.operator.define\ndef leaky(xp, x):\n    return xp.where(x > 0, x, x / 10)",
            ),
            Mistake(
                lambda leaky: _gives_back(leaky, 3.0, [0.1, 0.1, 1, 1]),
                "Your rule forgets `g`, the gradient that comes from behind. In a larger graph, such as "
                "`3 * leaky(x)`, it gives the same as without the 3.",
                example=(
                    "@mx.operator.define(gradient=lambda F, g, y, x: 0.1 + 0.9 * (x > 0))\n"
                    "def leaky(xp, x):\n    return xp.where(x > 0, x, x / 10)"
                ),
            ),
            Mistake(
                lambda leaky: _gives_back(leaky, 1.0, [1, 1, 0.1, 0.1]),
                "Your rule has the two sides the wrong way round. Test it by pushing, at -4 and at 5.",
                example=(
                    "@mx.operator.define(gradient=lambda F, g, y, x: F.where(x > 0, g / 10, g))\n"
                    "def leaky(xp, x):\n    return xp.where(x > 0, x, x / 10)"
                ),
            ),
            Mistake(
                lambda leaky: any(_gives_back(leaky, 1.0, [same] * 4) for same in (0, 0.1, 1)),
                "Your rule says the same for every `x`. Do negative numbers pass on as much as others?",
                example=(
                    "@mx.operator.define(gradient=lambda F, g, y, x: g / 10)\n"
                    "def leaky(xp, x):\n    return xp.where(x > 0, x, x / 10)"
                ),
            ),
        ),
        otherwise="Test it by `test(leaky, [-4, -1, 2, 5])`, and compare the two lines.",
        praise="This is the leaky ReLU. Some gradient always leaks through, so that nothing gets stuck at 0.",
        hints=(
            "`xp.where(x > 0, …, …)` is the function. The rule looks much the same, with `F` and with `g`.",
            "Where `x` is positive, all of `g` goes back. Where it is not, a tenth of it does.",
        ),
    ),
)
