"""Damage: bytes changed anywhere, and what a format is made of put where it does not belong."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from functools import lru_cache
from random import Random

Mutation = Callable[[Random, bytes, bytes], bytes]
"""`(random, file, another file) -> damaged file`."""

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[-+.\w]+|\s+|.', re.DOTALL)
_ITEM = re.compile(
    rb'\[[^][{}]*\]|\{[^{}]*\}|"(?:[^"\\]|\\.)*": (?:"[^"]*"|\[[^][]*\]|\{[^{}]*\})|-?\d+'
)
_LITTLE = [0, 1, 2, 3, 4, 7, 8, 64, 65, 127, 128, 255]
_NUMBERS = [
    *_LITTLE, 256, 0x112, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, 2**53, 2**62,
    2**63 - 1, 2**63, 2**64 - 1, 2**64 - 8, 0xF993FAC8, 0xF993FAC9, 0xF993FACA, 1000, 1_000_000,
]  # fmt: skip
_DIGITS = b"9" * 5_000
_SCALARS = [
    b"0", b"1", b"-1", b"2", b"-0", b"7", b"1.0", b"0.5", b"1e3", b"1e999", b"-1e999", b"NaN", b"Infinity",
    b"null", b"true", b"false", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809",
    b"18446744073709551616", b"1000000", b"1000000000", b"4294967296", b"01", b"+1", b"1L", b"0x10", b"1_0",
    b"\xd9\xa3", b"10901", b"10900", b"904", b"800", b"900", b"-5", _DIGITS,
]  # fmt: skip
_TEXTS = [
    b'""', b'"null"', b'"x"', b'"__shape__"', b'"__init__"', b'"lr_mult"', b'"weight_lr_mult"',
    b'"ctx_group"', b'"num_args"', b'"num_outputs"', b'"num_weights"', b'"num_arrays"',
    b'"sections"', b'"axis"', b'"op_type"', b'"op"', b'"name"', b'"inputs"', b'"attrs"', b'"attr"',
    b'"param"', b'"nodes"', b'"heads"', b'"arg_nodes"', b'"mxnet_version"', b'"int"',
    b'"1000000000"', b'"1000000"', b'"-1"', b'"9223372036854775808"', b'"1e999"', b'"nan"',
    b'"inf"', b'"None"', b'"True"', b'"(1, 2)"', b'"(1,"', b'"((((((("', b'"()"', b'"[]"',
    b'"[1,2"', b'"(None,)"', b'"(1e999,)"', b'"__import__(\'os\').system(\'true\')"', b'"\\u0000"',
    b'"\\ud800"', b'"\\udfff\\ud800"', b'"\xed\xa0\x80"', b'"\xef\xbb\xbf"', b'"\\u202e"',
    b'"\xff"', b'"a\\nb"', b'"\x1b[31m"', b'"SliceChannel"', b'"Concat"', b'"BatchNorm"',
    b'"Custom"', b'"UpSampling"', b'"RNN"', b'"Reshape"', b'"Activation"', b'"FullyConnected"',
    b'"multi_sgd_update"', b'"_foreach"', b'"argmax"', b'"Cast"', b'"' + _DIGITS + b'"',
    b'"(' + b"1," * 500 + b')"', b'"' + b"(" * 500 + b'"', b'"' + b"x" * 3_000 + b'"',
]  # fmt: skip
_PIECES = [
    b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"[]", b"{}", b"[0, 0, 0]", b"[[0, 0, 0]]", b"[0, 0]",
    b", [1, 0, 0]", b"[true, 0]", b"[0.0, 0]", b'["0", 0]', b"\n", b" ", b"\x00", b"\xef\xbb\xbf",
    b'"attrs": {"a": "b"}, ', b'"op": "null", ', b"[" * 400, b'{"a":' * 400, b"[]," * 300,
]  # fmt: skip
_POOL = [*_SCALARS, *_TEXTS, *_PIECES]


@lru_cache(4096)
def _tokens(raw: bytes) -> list[bytes]:
    return _TOKEN.findall(raw)


def _at(random: Random, number: int) -> int:
    return int(random.random() * number)


def _pick(random: Random, items: list[bytes]) -> bytes:
    return items[int(random.random() * len(items))]


def _token(random: Random, raw: bytes, other: bytes) -> bytes:
    """A token made another one, which mostly fits the place."""
    tokens = _tokens(raw).copy()
    if not tokens:
        return _pick(random, _POOL)
    kind = random.random()
    for _ in range(8):
        at = _at(random, len(tokens))
        token = tokens[at]
        if kind > 0.85 or token[:1] == b'"' or token[:1].isdigit():
            break
    if kind < 0.85 and token[:1] == b'"':
        tokens[at] = _pick(random, _TEXTS)
    elif kind < 0.85 and token[:1].isdigit():
        tokens[at] = _pick(random, _SCALARS)
    elif kind < 0.89:
        tokens[at] = _pick(random, _POOL)
    elif kind < 0.92:
        tokens[at] = b""
    elif kind < 0.95:
        tokens[at] = token + _pick(random, _POOL)
    else:
        tokens[at] = _pick(random, _tokens(other) or _POOL)
    return b"".join(tokens)


def _tokens_moved(random: Random, raw: bytes, other: bytes) -> bytes:
    """A run of tokens left out, put elsewhere, or taken from another file."""
    tokens = _tokens(raw).copy()
    begin = _at(random, len(tokens) + 1)
    end = begin + 1 + _at(random, 12)
    kind = random.random()
    if kind < 0.3:
        del tokens[begin:end]
    elif kind < 0.6:
        to = _at(random, len(tokens) + 1)
        tokens[to:to] = tokens[begin:end]
    else:
        others = _tokens(other)
        start = _at(random, len(others) + 1)
        tokens[begin:end] = others[start : start + 1 + _at(random, 12)]
    return b"".join(tokens)


def _item(random: Random, raw: bytes, other: bytes) -> bytes:
    """What stands between two commas or brackets left out, repeated, or of another file: often still JSON."""
    spans = [match.span() for match in _ITEM.finditer(raw)]
    others = _ITEM.findall(other)
    if not spans or not others:
        return raw
    begin, end = spans[_at(random, len(spans))]
    kind = random.random()
    if kind < 0.4:
        return raw[:begin] + raw[end:].lstrip(b", \n")
    if kind < 0.7:
        return raw[:end] + b", " + raw[begin:end] + raw[end:]
    return raw[:begin] + _pick(random, others) + raw[end:]


def _lines(random: Random, raw: bytes, other: bytes) -> bytes:
    """A line exchanged, repeated, left out, or of another file: the layout stays."""
    lines = raw.split(b"\n")
    at, kind = _at(random, len(lines)), random.random()
    if kind < 0.3:
        to = _at(random, len(lines))
        lines[at], lines[to] = lines[to], lines[at]
    elif kind < 0.5:
        lines[at] = _pick(random, other.split(b"\n"))
    elif kind < 0.75:
        del lines[at]
    else:
        lines.insert(_at(random, len(lines)), lines[at])
    return b"\n".join(lines)


def _byte(random: Random, raw: bytes, other: bytes) -> bytes:
    at = _at(random, len(raw) + 1)
    new, kind = bytes([_at(random, 256)]), random.random()
    if kind < 0.6:
        return raw[:at] + new + raw[at + 1 :]
    return raw[:at] + new + raw[at:] if kind < 0.8 else raw[:at] + raw[at + 1 :]


def _bit(random: Random, raw: bytes, other: bytes) -> bytes:
    if not raw:
        return raw
    at = _at(random, len(raw))
    return raw[:at] + bytes([raw[at] ^ 1 << _at(random, 8)]) + raw[at + 1 :]


def _number(random: Random, raw: bytes, other: bytes) -> bytes:
    """A number that means something, of 4 or 8 bytes, mostly where a number may be."""
    at = _at(random, len(raw) + 1)
    if random.random() < 0.8:
        at -= at % 4
    number = _NUMBERS[_at(random, len(_NUMBERS))]
    if random.random() < 0.2:
        number = (number + _at(random, 9) - 4) % 2**64
    if number < 2**32 and random.random() < 0.5:
        return raw[:at] + struct.pack("<I", number) + raw[at + 4 :]
    return raw[:at] + struct.pack("<Q", number) + raw[at + 8 :]


def _cut(random: Random, raw: bytes, other: bytes) -> bytes:
    return raw[: _at(random, len(raw) + 1)]


def _chunk(random: Random, raw: bytes, other: bytes) -> bytes:
    """A piece left out, repeated, or of another file."""
    begin = _at(random, len(raw) + 1)
    end = begin + 1 + _at(random, 40)
    kind = random.random()
    if kind < 0.3:
        return raw[:begin] + raw[end:]
    if kind < 0.6:
        to = _at(random, len(raw) + 1)
        return raw[:to] + raw[begin:end] + raw[to:]
    start = _at(random, len(other) + 1)
    return raw[:begin] + other[start : start + end - begin] + raw[end:]


def _splice(random: Random, raw: bytes, other: bytes) -> bytes:
    return raw[: _at(random, len(raw) + 1)] + other[_at(random, len(other) + 1) :]


_TEXT: list[Mutation] = [_token] * 24 + [_item] * 6 + [_lines] * 4 + [_tokens_moved] * 2
_TEXT += [_byte, _bit, _chunk, _cut, _splice]
_BINARY: list[Mutation] = [_number] * 5 + [_byte] * 2 + [_bit, _bit, _chunk, _chunk, _cut, _splice]


def symbol(random: Random, raw: bytes, other: bytes) -> bytes:
    """A damaged symbol file, out of one and parts of another."""
    return _several(random, _TEXT, raw, other)


def arrays(random: Random, raw: bytes, other: bytes) -> bytes:
    """A damaged file of arrays, out of one and parts of another."""
    return _several(random, _BINARY, raw, other)


def grown(random: Random, raw: bytes, most: int) -> bytes:
    """The file with a run of its tokens or bytes repeated until it has about `most` bytes."""
    tokens = (
        _tokens(raw) if raw[:1] in (b"{", b"[") else [raw[i : i + 4] for i in range(0, len(raw), 4)]
    )
    begin = _at(random, len(tokens) + 1)
    end = begin + 1 + _at(random, 60)
    run = b"".join(tokens[begin:end])
    times = (most - len(raw)) // max(len(run), 1)
    return b"".join(tokens[:begin]) + run * max(times, 1) + b"".join(tokens[end:])


def _several(random: Random, mutations: list[Mutation], raw: bytes, other: bytes) -> bytes:
    while True:
        raw = mutations[_at(random, len(mutations))](random, raw, other)
        if random.random() < 0.7:
            return raw
