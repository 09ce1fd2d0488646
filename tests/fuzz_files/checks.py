"""What must hold of a reader, whatever it is given: a file is read, or our error says where it is wrong."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from typing import Any

import symbook as mx
from symbook.errors import FormatError, LookupFailure, ParamError, SymbookError, UnsupportedError
from symbook.ops import registry
from symbook.symbol import json as any_json

# Bytes that reading may take for each of the file's, and for any file: a list of JSON takes 21 for each of
# its letters, a node of a graph takes some more.
TIMES, AND = 64, 1 << 18

# How an error of Python's own reader begins.
NOT_JSON = "not JSON"

_SYMBOL_PLACE = re.compile(
    r"(?s)this is no symbol: |this symbol needs |node \d+|arg_nodes: |heads: |attrs: "
)
_ARRAYS_PLACE = re.compile(r"(?s)the buffer: [^\n]*, at byte [\d,]+: ")
_SYMBOL_ERRORS = (FormatError, LookupFailure, ParamError, UnsupportedError)
_ARRAYS_ERRORS = (FormatError, UnsupportedError)
_VARYING = re.compile(
    r"node \d+ \(.*?\)|'[^'\n]*'|\"[^\"\n]*\"|\([^)\n]*\)|\[.*\]|-?0x[0-9A-F]+|-?[\d,]*\d"
)


class Broken(Exception):
    """A promise that was not kept."""


def prepare() -> None:
    """Load what the first files would load, so that it is not counted as theirs."""
    registry.load_all()


def read_symbol(raw: bytes) -> str:
    """Read a symbol's text; the outcome in a few words.

    Raises
    ------
    Broken
        If the error does not say where.
    Exception
        Whatever the reader raises that is not its own.
    """
    text = _text(raw)
    try:
        mx.sym.load_json(text)
    except _SYMBOL_ERRORS as error:
        return _outcome(error, _SYMBOL_PLACE)
    return "read"


def read_arrays(raw: bytes) -> str:
    """As :func:`read_symbol`, of a file of arrays. What is read is no larger than the file holds."""
    try:
        found = mx.nd.load_frombuffer(raw)
    except _ARRAYS_ERRORS as error:
        return _outcome(error, _ARRAYS_PLACE)
    values = found.values() if isinstance(found, dict) else found
    if sum(array._data.nbytes for array in values) > 2 * len(raw):  # bfloat16 becomes twice as long
        raise Broken("the arrays hold more than the file")
    return "read"


def _text(raw: bytes) -> str:
    """The text of some bytes; half characters stay, as a string can hold them."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def _outcome(error: SymbookError, place: re.Pattern[str]) -> str:
    message = error.message
    if not place.match(message):
        raise Broken(f"does not say where: {message[:300]!r}")
    if len(message) > 2_000:
        raise Broken(f"a message of {len(message):,} letters: {message[:300]!r}…")
    return f"{type(error).__name__} {_VARYING.sub('', message)[:60]}"


def require_symbol_again(raw: bytes) -> None:
    """Both readers agree; what was read can be written, and read again to the same text. Raises Broken."""
    text = _text(raw)
    outcomes = [_told(read, text) for read in (mx.sym.load_json, _slowly)]
    if outcomes[0] != outcomes[1]:
        raise Broken(f"the readers do not agree: {outcomes}")
    if outcomes[0][0] is str and mx.sym.load_json(outcomes[0][1]).tojson() != outcomes[0][1]:
        raise Broken("written and read again it is another symbol")


def _slowly(text: str) -> Any:
    return mx.sym.Symbol(any_json.load(text))


def _told(read: Callable[[str], Any], text: str) -> tuple[type, str]:
    try:
        return str, read(text).tojson()
    except SymbookError as error:
        return type(error), error.message


def require_little_memory(read: Callable[[bytes], str], raw: bytes) -> float:
    """The bytes taken beyond `AND` for each of the file's. Raises Broken if it is over `TIMES`."""
    tracemalloc.start()
    try:
        read(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    times = max(peak - AND, 0) / max(len(raw), 1)
    if times > TIMES:
        raise Broken(f"{peak:,} bytes for a file of {len(raw):,}")
    return times
