"""The calls of calls.txt, of which what comes back is recorded, and compared with the simulation's.

Only what does not depend on values counts: types, shapes, strides, whether memory is shared, exceptions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

DTYPES = "?bBilefd"
SCALARS = {
    "True": True,
    "1": 1,
    "-1": -1,
    "2.5": 2.5,
    "300": 300,
    "float32": np.float32(1),
    "float64": np.float64(1),
    "int8": np.int8(1),
    "int64": np.int64(1),
}
REDUCTIONS = [
    "sum",
    "prod",
    "mean",
    "var",
    "std",
    "max",
    "min",
    "any",
    "all",
    "argmax",
    "argmin",
    "cumsum",
    "cumprod",
    "ptp",
]

# One a line; `cp` is CuPy, and the letters are the arrays of `arrays`.
CALLS = Path(__file__).with_name("calls.txt").read_text().splitlines()


def arrays(cp: Any) -> dict[str, Any]:
    """What the letters in `CALLS` stand for."""
    made = {kind: cp.ones((3, 4), kind) for kind in "eidl"}
    made |= {"b": cp.ones((3, 4), "?"), "u": cp.ones((3, 4), "B"), "f": cp.ones((3, 4), "f")}
    made["q"] = cp.ones((4, 3), "f").T
    made["r"] = cp.ones((3, 8), "f")[:, ::2]
    made["s"], made["t"] = cp.ones((4, 4), "f"), cp.ones((2, 3, 4), "f")
    made["v"], made["o"], made["x"] = cp.ones(4, "f"), cp.ones((), "f"), cp.ones((0, 4), "l")
    return made | {"n": np.ones((3, 4), "f"), "np": np, "cp": cp}


def outcome(cp: Any, call: str) -> Any:
    """What a call gives: its kind, or the exception's."""
    known = arrays(cp)
    try:
        result = eval(call, known)
    except Exception as error:
        return f"raises {type(error).__name__}"
    return described(cp, result, known)


def described(cp: Any, value: Any, known: dict[str, Any]) -> Any:
    """Dtype, shape, layout and whose memory of an array, of a sequence those of each; else the type."""
    if isinstance(value, cp.ndarray):
        layout = (
            "C" if value.flags.c_contiguous else "F" if value.flags.f_contiguous else value.strides
        )
        theirs = [
            n for n, a in known.items() if isinstance(a, cp.ndarray) and a.size and value.size
        ]
        ends = [n for n in theirs if a_holds(known[n], value)]
        return f"{_letter(value)} {value.shape} {layout} {' '.join(ends)}".strip()
    if isinstance(value, np.ndarray):
        return f"numpy {_letter(value)} {value.shape} {'C' if value.flags.c_contiguous else 'F'}"
    if isinstance(value, list | tuple):
        return [described(cp, each, known) for each in value]
    if isinstance(value, bool | int | float) and not isinstance(value, float):
        return f"{type(value).__name__} {value}"
    return type(value).__name__


def _letter(array: Any) -> str:
    # One of several for the same type.
    return np.dtype(array.dtype.str).char


def a_holds(array: Any, other: Any) -> bool:
    """Whether the other array begins in the memory of this one."""
    return 0 <= other.data.ptr - array.data.ptr < array.nbytes or other.data.ptr == array.data.ptr


def loops(cp: Any, name: str) -> str:
    """The dtypes that a ufunc gives for dtypes, pairs of them, and beside scalars; `!` for a refusal."""
    function = getattr(cp, name)
    ins = {kind: cp.ones(2, kind) for kind in DTYPES}
    if function.nin == 1:
        operands = [(each,) for each in ins.values()]
    else:
        operands = [(x, y) for x in ins.values() for y in (*ins.values(), *SCALARS.values())]
    return "".join(_char(function, each) for each in operands)


def _char(function: Any, operands: Any) -> str:
    try:
        result = function(*operands)
    except TypeError:
        return "!"
    except OverflowError:
        return "^"
    return "".join(map(_letter, result if isinstance(result, tuple) else (result,)))


def reductions(cp: Any, name: str) -> str:
    """The dtypes that a reduction gives for all dtypes."""
    function = getattr(cp, name)
    return "".join(_char(lambda x: function(x, 0), (cp.ones((2, 2), kind),)) for kind in DTYPES)


def everything(cp: Any) -> dict[str, Any]:
    """All that is recorded."""
    # Of several names of a ufunc the last.
    ufuncs = {f.name: n for n in dir(cp) if isinstance(f := getattr(cp, n, None), cp.ufunc)}
    return {
        "loops": {name: loops(cp, name) for name in ufuncs.values()},
        "reductions": {name: reductions(cp, name) for name in REDUCTIONS},
        "calls": {call: outcome(cp, call) for call in CALLS},
    }
