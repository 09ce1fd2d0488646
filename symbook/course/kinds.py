"""Answers of the wrong kind: what they are, what is wanted, and how to get from one to the other."""

from __future__ import annotations

import collections.abc
import inspect
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symbook.errors import article, counted
from symbook.ndarray import NDArray
from symbook.symbol import Symbol

_WORDS: dict[Any, str] = {
    Symbol: "a symbol",
    NDArray: "an NDArray",
    np.ndarray: "a NumPy array",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    str: "text",
    list: "a list",
    tuple: "a tuple like `(2, 2)`",
    dict: "a dictionary",
    collections.abc.Callable: "a function",
}


def untouched(answer: Any) -> bool:
    """Whether it is `...`, or a list or dictionary with `...` left in it."""
    if isinstance(answer, list | tuple):
        return any(item is ... for item in answer)
    if isinstance(answer, Mapping):
        return any(item is ... for item in answer.values())
    return answer is ...


def fits(answer: Any, kind: Any) -> bool:
    """Whether an answer is of a kind; `kind` may be a tuple, of which one is enough."""
    if isinstance(kind, tuple):
        return any(fits(answer, one) for one in kind)
    if kind in (int, float):
        real = isinstance(answer, numbers.Real) and not isinstance(answer, bool)
        return real and (kind is float or _is_whole(answer))
    if kind is bool:
        return isinstance(answer, bool | np.bool_)
    if kind in (list, tuple):
        return isinstance(answer, list | tuple)
    return isinstance(answer, kind)


def complaint(name: str, answer: Any, kind: Any) -> str | None:
    """What is wrong with the kind of an answer, and what to do about it; None where nothing is."""
    if fits(answer, kind):
        return None
    wanted = kind if isinstance(kind, tuple) else (kind,)
    told = f"`{name}` is {described(answer)}, and {' or '.join(map(word, wanted))} is wanted."
    return f"{told} {_way(answer, wanted)}".rstrip()


def word(kind: Any) -> str:
    """A kind in words: `a symbol`."""
    return _WORDS.get(kind) or article(_readable(kind.__name__))


def described(answer: Any) -> str:
    """What an answer is, in words: `a list with one NDArray in it`."""
    if answer is None:
        return "`None`, which means nothing at all"
    if isinstance(answer, bool | np.bool_):
        return f"`{answer}`"
    if isinstance(answer, numbers.Number):
        return f"the number `{answer}`"
    if isinstance(answer, str):
        return f"the text `{_short(repr(answer))}`"
    if _is_uncalled(answer):
        return f"the function `{_name(answer)}` itself"
    if inspect.isclass(answer):
        return f"the class `{_name(answer)}` itself"
    if isinstance(answer, list | tuple):
        return _list_described(answer)
    for kind, words in _WORDS.items():
        if inspect.isclass(kind) and isinstance(answer, kind):
            return words
    return word(type(answer))


def _list_described(answer: Sequence[Any]) -> str:
    if not answer:
        return "an empty list"
    if len(answer) == 1:
        inner = described(answer[0]).removeprefix("a ").removeprefix("an ")
        return (
            f"a list with one {inner} in it"
            if _is_ours(answer[0])
            else "a list with one thing in it"
        )
    return f"a list of {counted(len(answer), 'thing')}"


def _is_ours(value: Any) -> bool:
    return isinstance(value, Symbol | NDArray | np.ndarray)


def _way(answer: Any, wanted: tuple[Any, ...]) -> str:
    """How to get from what it is to what is wanted, where that can be known."""
    if answer is None:
        return "Calls that only do something, such as `print(…)`, give back `None`."
    if _is_uncalled(answer) or inspect.isclass(answer):
        return "It was not called: write `()` after its name, with what it needs in between."
    if isinstance(answer, list | tuple) and len(answer) == 1:
        further = "" if fits(answer[0], wanted) else _way(answer[0], wanted)
        return f"`[0]` takes the one thing out of a list. {further}".rstrip()
    if isinstance(answer, NDArray | np.ndarray) and answer.size != 1 and wanted[0] in (int, float):
        return f"It has {counted(answer.size, 'number')}, and one is wanted."
    for kind in wanted:
        way = _from_executor(answer, kind) or _WAYS.get((_family(answer), _family_of(kind)), "")
        if way:
            return way
    return ""


_WAYS: dict[tuple[str, str], str] = {
    ("ndarray", "numpy"): "Its `asnumpy()` gives a NumPy array.",
    (
        "ndarray",
        "number",
    ): "Its `asnumpy()` gives a NumPy array, and `[0]` of that its first number.",
    ("ndarray", "list"): "Its `asnumpy().tolist()` gives a list.",
    (
        "ndarray",
        "symbol",
    ): "An array has been computed already; a symbol describes what to compute.",
    ("numpy", "ndarray"): "`mx.nd.array(…)` makes an NDArray of it.",
    ("numpy", "number"): "`[0]` takes the first number out of it.",
    ("numpy", "list"): "Its `tolist()` gives a list.",
    ("numpy", "symbol"): "An array has been computed already; a symbol describes what to compute.",
    ("number", "ndarray"): "`mx.nd.array([…])` makes an NDArray of numbers.",
    ("number", "numpy"): "`np.array([…])` makes a NumPy array of numbers.",
    ("number", "symbol"): (
        "A number has been computed already. A symbol is made of variables: `mx.sym.Variable(…)`."
    ),
    ("number", "number"): "It is not whole.",
    ("number", "text"): "Text stands in quotes.",
    ("number", "list"): "A list stands in square brackets.",
    ("symbol", "number"): "A symbol has no value: it only describes how to get one.",
    ("symbol", "ndarray"): "A symbol has no value before it is bound to arrays and run.",
    ("symbol", "numpy"): "A symbol has no value before it is bound to arrays and run.",
    ("symbol", "text"): "What a symbol is called is its `name`.",
    ("symbol", "list"): "Symbols have methods that give lists; their names begin with `list_`.",
    ("symbol", "executor"): "`bind` makes an executor of a symbol and arrays.",
    ("text", "number"): "In quotes it is text, even if there are digits in it.",
    ("text", "symbol"): "A name alone is no symbol: `mx.sym.Variable(…)` makes one that has it.",
    ("text", "list"): "A list stands in square brackets, with a comma after each thing in it.",
    ("text", "tuple"): "A tuple stands in round brackets, without quotes.",
    ("number", "tuple"): "A tuple stands in round brackets, with a comma after each thing in it.",
    ("text", "truth"): "`True` and `False` are written without quotes.",
    ("list", "ndarray"): "`mx.nd.array(…)` makes an NDArray of a list of numbers.",
    ("list", "numpy"): "`np.array(…)` makes a NumPy array of a list of numbers.",
    ("list", "symbol"): "`mx.sym.Group` joins several symbols into one.",
    ("list", "dict"): "A dictionary has a name for each thing: `{'A': …}`.",
    ("dict", "list"): "A list has no names in it: `[…]`.",
}


def _from_executor(answer: Any, kind: Any) -> str:
    if type(answer).__name__ != "Executor":
        return ""
    if kind is Symbol:
        return "An executor is a graph together with its arrays; the graph alone is what was bound."
    return "Its `forward()` runs it, and gives the list of its outputs."


def _family(answer: Any) -> str:
    families = {
        "symbol": Symbol,
        "ndarray": NDArray,
        "numpy": np.ndarray,
        "truth": bool | np.bool_,
        "number": numbers.Number,
        "text": str,
        "list": list | tuple,
        "dict": Mapping,
    }
    return next((name for name, kind in families.items() if isinstance(answer, kind)), "")


def _family_of(kind: Any) -> str:
    named = {
        Symbol: "symbol",
        NDArray: "ndarray",
        np.ndarray: "numpy",
        int: "number",
        float: "number",
        bool: "truth",
        str: "text",
        list: "list",
        tuple: "tuple",
        dict: "dict",
    }
    return named.get(kind) or _readable(kind.__name__)


def _is_uncalled(answer: Any) -> bool:
    return inspect.isroutine(answer)


def _is_whole(number: Any) -> bool:
    # Neither an infinity nor NaN is.
    return bool(number == number // 1)


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _readable(name: str) -> str:
    return {"Executor": "executor", "Context": "device"}.get(name, name)


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
