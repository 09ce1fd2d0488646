"""The options of `symgraph`: what they are, how a line is read, and the help text.

The line is read by hand and not by argparse: values are Python expressions with spaces, brackets and quotes
in them, the line form ends in an expression, and every mistake deserves one sentence of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from symbook.errors import did_you_mean
from symbook.render import DIRECTIONS, FORMATS

from .tracebacks import SymgraphError


class Option(NamedTuple):
    """One option. `takes` is what follows it: empty, the name of one value, or `NAME=…` for any number."""

    short: str
    long: str
    takes: str
    help: str


_PAIRS = "NAME=…"
OPTIONS = (
    Option("-b", "--bind", _PAIRS, "values to run with: -b A=1 B=x*2 C=[3,4]; -b **a_dict"),
    Option("-s", "--shapes", _PAIRS, "shapes to write on the edges: -s A=(2,3)"),
    Option("-i", "--internals", "", "choose nodes in the picture, see each value; add a table"),
    Option("-p", "--step", "", "step through shapes, binding and the run, forward and back"),
    Option("-g", "--grad", "", "run backward too, from ones; values beside their gradients"),
    Option("-l", "--timeline", "", "see when each step ran, and on which thread"),
    Option("-z", "--optimized", "", "see what each pass of the optimiser does, and its code"),
    Option("-c", "--ctx", "CTX", "where to run: -c cpu() or -c gpu(0)"),
    Option("-d", "--direction", "WAY", "from inputs to outputs: TB (downwards), BT, LR, RL"),
    Option("-t", "--title", "TEXT", 'a title for the picture: -t "Two products"'),
    Option("-o", "--save", "FILE", f"write it to a file too: .{', .'.join(FORMATS)}, or .html"),
    Option("-S", "--strict", "", "make no Variables of names that are not defined"),
    Option("-h", "--help", "", "show this text"),
)
_WATCH = ("--step", "--grad", "--timeline", "--optimized")
_FLAGS = frozenset(option.short[1] for option in OPTIONS if not option.takes)
# What people call options that are called otherwise here.
_MEANT = {
    "--gradient": "--grad", "--gradients": "--grad", "--backward": "--grad",
    "--optimiser": "--optimized", "--optimizer": "--optimized", "--passes": "--optimized",
    "--threads": "--timeline", "--time": "--timeline", "--profile": "--timeline",
    "--context": "--ctx", "--device": "--ctx", "--values": "--bind", "--args": "--bind",
    "--stepper": "--step", "--steps": "--step", "--interactive": "--internals",
    "--orientation": "--direction", "--output": "--save", "--file": "--save", "--name": "--title",
}  # fmt: skip
_BY_NAME = {name: option for option in OPTIONS for name in (option.short, option.long)}
_PAIR = re.compile(r"([^\W\d]\w*)=(?!=)(.*)", re.DOTALL)
_SPREAD = re.compile(r"\*\*(.+)", re.DOTALL)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass
class Options:
    """What a line asks for.

    `bind` and `shapes` hold expressions by name; a name of `**` spreads a dict. `given` are the options of
    one value that were given.
    """

    bind: list[tuple[str, str]] = field(default_factory=list)
    shapes: list[tuple[str, str]] = field(default_factory=list)
    internals: bool = False
    step: bool = False
    grad: bool = False
    timeline: bool = False
    optimized: bool = False
    ctx: str | None = None
    direction: str = "TB"
    title: str | None = None
    save: list[str] = field(default_factory=list)
    strict: bool = False
    help: bool = False
    expression: str = ""
    given: set[str] = field(default_factory=set)

    @property
    def watched(self) -> list[str]:
        """The options that show a run, and so need values."""
        return [name for name in _WATCH if getattr(self, name[2:])]


class _Word(NamedTuple):
    text: str
    start: int


def parse(line: str, *, cell: bool) -> Options:
    """Read the line behind `%%symgraph` (`cell`) or `%symgraph`.

    Raises
    ------
    SymgraphError
        For an unknown option, a value that is missing or has no meaning, and whatever else is left over.
    """
    options, words = Options(), _words(line)
    position = 0
    while position < len(words):
        word = words[position]
        if word.text == "--":
            options.expression = line[word.start + 2 :].strip()
            position = len(words)
        elif not word.text.startswith("-") and not options.expression:
            position = _behind_expression(words, position)
            end = words[position].start if position < len(words) else len(line)
            options.expression = line[word.start : end].strip()
        elif not word.text.startswith("-"):
            raise SymgraphError(
                f"symgraph takes one expression; {word.text!r} is left over",
                hint="Options go before the expression: %symgraph -d LR A*B.",
            )
        else:
            position = _read_option(options, words, position)
    if cell and options.expression and not options.help:
        raise SymgraphError(
            f"%%symgraph does not know what to do with {options.expression!r} on its first line",
            hint="Code goes below the first line; %symgraph with one % sign draws an expression.",
        )
    return options


def _behind_expression(words: list[_Word], position: int) -> int:
    """Where an expression that begins at a position ends: at the next long option, if there is one.

    `E --internals` would be Python too, E minus minus internals, but nobody means that. `E -i` may be meant.
    """
    longs = {option.long for option in OPTIONS}
    for later in range(position + 1, len(words)):
        if words[later].text.partition("=")[0] in longs:
            return later
    return len(words)


def _read_option(options: Options, words: list[_Word], position: int) -> int:
    """Read the option at a position; give the position behind it and its values."""
    name, equals, value = words[position].text.partition("=")
    option = _BY_NAME.get(name)
    if option is None and not equals and _FLAGS.issuperset(name[1:]):
        # `-pgl` is `-p -g -l`.
        for letter in name[1:]:
            setattr(options, _BY_NAME[f"-{letter}"].long[2:], True)
        return position + 1
    if option is None:
        raise _unknown(name)
    attribute = option.long[2:]
    values = [value] if equals else []
    position += 1
    if not option.takes:
        if equals:
            raise SymgraphError(f"{name} takes no value", hint=f"Write {name} alone.")
        setattr(options, attribute, True)
        return position
    many = option.takes == _PAIRS
    while position < len(words) and (_is_pair(words[position].text) if many else not values):
        values.append(words[position].text)
        position += 1
    if many:
        _refuse_spaces(option, values, [word.text for word in words[position : position + 2]])
    if not values or (not many and values[0].startswith("-") and not equals):
        behind = words[position].text if many and position < len(words) else ""
        raise _without_value(option, name, "" if behind.startswith("-") else behind)
    if many:
        getattr(options, attribute).extend(_pair(option, text) for text in values)
    else:
        _set_value(options, option, _unquoted(values[0]))
    return position


def _refuse_spaces(option: Option, values: list[str], behind: list[str]) -> None:
    """Raise SymgraphError for `A = 1`, `A =1` and `A= 1`, which are several words."""
    name, sign = [*behind, "", ""][:2]
    after = bool(values) and values[-1].endswith("=") and bool(name) and not name.startswith("-")
    before = name.isidentifier() and sign.startswith("=") and not sign.startswith("==")
    if before or after:
        raise SymgraphError(
            f"{option.long} takes no spaces around =",
            hint=f"Write each name and value in one piece: {_example(option)}.",
        )


def _set_value(options: Options, option: Option, value: str) -> None:
    if option.long == "--save":
        options.save.append(value)
        return
    if option.long == "--direction":
        if value.upper() not in DIRECTIONS:
            raise SymgraphError(
                f"{value!r} is not a direction", hint=f"Use one of: {', '.join(DIRECTIONS)}."
            )
        value = value.upper()
    attribute = option.long[2:]
    if attribute in options.given:
        raise SymgraphError(
            f"{option.long} is given twice", hint="It takes one value: leave one out."
        )
    options.given.add(attribute)
    setattr(options, attribute, value)


def _is_pair(text: str) -> bool:
    return bool(_PAIR.match(text) or _SPREAD.match(text))


def _pair(option: Option, text: str) -> tuple[str, str]:
    spread, found = _SPREAD.match(text), _PAIR.match(text)
    if spread:
        return "**", spread[1]
    if not found or not found[2]:
        raise SymgraphError(
            f"{option.long} cannot read {text!r}",
            hint=f"Write a name, = and a value: {_example(option)}.",
        )
    return found[1], found[2]


def _example(option: Option) -> str:
    return {
        "--bind": "--bind A=1 B=2",
        "--shapes": "--shapes A=(2,3)",
        "--direction": "--direction LR",
        "--title": '--title "Two products"',
        "--save": "--save graph.svg",
        "--ctx": "--ctx gpu(0)",
    }[option.long]


def _without_value(option: Option, name: str, behind: str) -> SymgraphError:
    if behind:
        every = f" **{behind} adds all that a dict has." if behind.isidentifier() else ""
        return SymgraphError(
            f"{name} takes NAME=VALUE, not {behind!r}",
            hint=f"For example: {_example(option)}.{every}",
        )
    return SymgraphError(f"{name} needs a value", hint=f"For example: {_example(option)}.")


def _unknown(name: str) -> SymgraphError:
    told = ", ".join(option.long for option in OPTIONS[:-1])
    hint = near_option(name) or f"The options are {told}; -h says what they do."
    return SymgraphError(f"symgraph has no option {name}", hint=hint)


def near_option(name: str) -> str:
    """`Did you mean '--step'?` for what is nearly an option, or another word for one; else nothing."""
    if not name.startswith("--"):
        other = name.swapcase()
        return f"Did you mean {other!r}?" if other in _BY_NAME and other != name else ""
    meant = _MEANT.get(name.lower())
    longs = [option.long for option in OPTIONS]
    begun = [long for long in longs if long.startswith(name.lower()) and len(name) > 3]
    if meant or len(begun) == 1:
        return f"Did you mean {meant or begun[0]!r}?"
    return did_you_mean(name, longs)


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _words(line: str) -> list[_Word]:
    """The line split at spaces outside brackets and quotes."""
    words: list[_Word] = []
    start: int | None = None
    depth, closing = 0, ""
    for i, char in enumerate(line):
        if not closing and depth == 0 and char.isspace():
            if start is not None:
                words.append(_Word(line[start:i], start))
            start = None
            continue
        start = i if start is None else start
        if closing:
            closing = "" if char == closing and line[i - 1] != "\\" else closing
        elif char in "'\"":
            closing = char
        elif char in _CLOSING:
            depth += 1
        elif char in _CLOSING.values():
            depth = max(0, depth - 1)
    if start is not None:
        words.append(_Word(line[start:], start))
    return words


def help_text() -> str:
    """What `-h` prints."""
    return "\n".join(_help_lines())


def _help_lines() -> Iterator[str]:
    yield from _USAGE
    for option in OPTIONS:
        names = f"{option.short}, {option.long} {option.takes}".rstrip()
        yield f"  {names:<21} {option.help}"


_USAGE = (
    "symgraph: draw a graph of symbols",
    "",
    "  %%symgraph [options]         in the first line of a cell: run it, draw its graph",
    "  E = (A*B) + (C*D)",
    "",
    "  %symgraph [options] A*B + C  draw one expression, and return its Symbol",
    "",
    "The cell is ordinary Python. A name that exists nowhere becomes a Variable.",
    "The last expression is drawn, or else the last Symbol that was assigned.",
    "-p, -g, -l and -z make values up where none are given, and say so.",
    "%symgraph? says more. %symstep steps through an executor; %symops finds operators.",
    "",
    "options:",
)
