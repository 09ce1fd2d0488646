"""Symbols taken for arrays or numbers."""

from __future__ import annotations

from mistakes.case import Mistake

NOT_ARRAYS = [
    Mistake(
        "a symbol in an if",
        ('if A > 3:\n    print("large")'),
        "NotImplementedForSymbol",
        ("<Symbol _greater_scalar0>", "`if`"),
    ),
    Mistake(
        "the values of a symbol",
        "E.asnumpy()",
        "NotImplementedForSymbol",
        ("asnumpy",),
    ),
    Mistake(
        "a symbol is run without binding",
        "E.forward()",
        "MissingAttribute",
        ("forward",),
    ),
    Mistake(
        "a NumPy array beside a symbol",
        "A + np.ones(3)",
        "ArgumentError",
        ("A",),
    ),
    Mistake(
        "a list beside a symbol",
        "A * [1, 2, 3]",
        "ArgumentError",
        ("A",),
    ),
    Mistake(
        "a number in place of a symbol",
        "mx.sym.exp(3)",
        "InputTypeError",
        ("exp",),
    ),
    Mistake(
        "a symbol changed in place",
        "A += B",
        "NotImplementedForSymbol",
        ("A",),
    ),
    Mistake(
        "an array in an if",
        ('if mx.nd.array([1, 2]) > 0:\n    print("positive")'),
        "ShapeError",
        ("NDArray",),
    ),
    Mistake(
        "a symbol compared with None",
        "A == None",
        "ArgumentError",
        ("A", "None"),
        fix="A is None",
    ),
    Mistake(
        "a symbol in a loop's condition",
        ("while A < 3:\n    A = A + 1"),
        "NotImplementedForSymbol",
        ("_lesser_scalar0",),
    ),
    Mistake(
        "the larger of two symbols by Python's max",
        "max(A, B)",
        "NotImplementedForSymbol",
        ("_greater0", "mx.sym.where"),
        fix="mx.sym.where(A > B, A, B)",
    ),
    Mistake(
        "a symbol as a number",
        "float(A)",
        "NotImplementedForSymbol",
        ("float", "A"),
    ),
    Mistake(
        "a symbol in a format",
        'f"{A:.2f}"',
        "TypeError",
        ("Symbol", "eval"),
    ),
    Mistake(
        "a symbol as a key",
        "{A: one}",
        "TypeError",
        ("'Symbol'", "'A'"),
        fix="{'A': one}",
    ),
    Mistake(
        "a symbol that NumPy is to compute with",
        "np.exp(A)",
        "ArgumentError",
        ("A",),
        fix="mx.sym.exp(A)",
    ),
    Mistake(
        "a symbol made an array",
        "mx.nd.array(A)",
        "ArgumentError",
        ("A",),
    ),
    Mistake(
        "the shape of a symbol",
        "E.shape",
        "MissingAttribute",
        ("shape",),
        fix="E.infer_shape(A=(2, 3))[1]",
    ),
    Mistake(
        "a method without its parentheses",
        "E.list_arguments[0]",
        "TypeError",
        ("E.list_arguments()[0]",),
        fix="E.list_arguments()[0]",
    ),
    Mistake(
        "a function without its parentheses",
        ("a = mx.sym.Variable\na * 2"),
        "TypeError",
        ("a()",),
        line=2,
    ),
    Mistake(
        "a symbol is given a new name",
        'E.name = "sum"',
        "AttributeError",
        ("name",),
        fix="mx.sym.exp(A, name='y')",
    ),
    Mistake(
        "a symbol is run by a name it has not",
        "E.run()",
        "MissingAttribute",
        ("run",),
        fix="E.eval(A=mx.nd.array([1, 2]), B=one, C=one, D=one)[0]",
    ),
]
