"""Python's syntax errors in words: the line, a mark under the place, and what may be meant."""

from __future__ import annotations

import linecache
import re

from .tracebacks import SymgraphError


def syntax_error(error: SyntaxError, what: str) -> SymgraphError:
    """A syntax error in words, with the line and a mark under the place."""
    place = f", line {error.lineno}" if error.lineno and what == "the cell" else ""
    text = error.text or linecache.getline(error.filename or "", error.lineno or 0)
    text = text.rstrip("\n")
    lines = [f"{what} is not valid Python{place}: {error.msg}"]
    if text.strip():
        lines.append(f"    {text.strip()}")
        # No column is given where the text ends too early.
        column = (error.offset or len(text) + 1) - 1 - (len(text) - len(text.lstrip()))
        lines.append(" " * (4 + max(0, column)) + "^")
    return SymgraphError("\n".join(lines), hint=_advice(error.msg, text))


def line_error(error: SyntaxError, expression: str) -> SymgraphError:
    """The same of the expression on the line of a magic."""
    problem = syntax_error(error, "the expression")
    if " -" in expression:
        problem.hint = "Options go before the expression: %symgraph -d LR A*B."
    elif re.search(r"[=;]|^(import|from|for|if|while|print)\b", expression):
        problem.hint = "%symgraph takes an expression; statements go into a cell below %%symgraph."
    return problem


_ADVICE = {
    r"'(.)' was never closed": "Write the bracket that closes it.",
    r"unmatched '(.)'": "Take it away, or write the bracket that opens it.",
    r"expected ':'": "The line ends with a colon.",
    r"unexpected indent": "Begin the line where the line above it begins.",
    r"expected an indented block": "Begin the next line with four spaces.",
    r"unindent does not match": "Begin the line where an earlier line begins.",
    r"outside (async )?function": "This word stands inside a function only: leave it out.",
    r"invalid decimal literal": "A name begins with a letter; a product has a star: 3*x.",
    r"unterminated (triple-quoted )?(f-)?string": "Write the quote that ends the text.",
    r"cannot assign to": "On the left of = stands a name; two of them, ==, compare.",
    r"Missing parentheses in call to 'print'": "Write print(…).",
}
_CHARACTERS = {
    "×": "*",
    "·": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "“": '"',
    "”": '"',
    "„": '"',
    "’": "'",
    "²": "**2",
}


def _advice(message: str, line: str) -> str:
    strange = re.search(r"invalid (?:non-printable )?character (?:'(.)')?", message)
    if strange:
        meant = _CHARACTERS.get(strange[1] or "")
        return f"Write {meant} for {strange[1]}." if meant else "Take it away, and type it anew."
    found = next((told for text, told in _ADVICE.items() if re.search(text, message)), "")
    if not found and re.search(r"\w \w", line):
        return "The mark shows where Python stopped. Is a sign missing there, such as * or a comma?"
    return found or "The mark shows where Python stopped: look there, and just before it."
