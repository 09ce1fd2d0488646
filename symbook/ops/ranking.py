"""How well an operator fits what is looked for: the same in Python and in the explorer's page.

`RANKING` is all that is known of words and weights; `search.js` reads it, and computes just what
`ranked` does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

_ELSEWHERE = (
    "matmul=dot mm=dot gemm=linalg_gemm einsum=dot concatenate=concat cat=concat average=mean avg=mean "
    "dense=fullyconnected linear=fullyconnected conv=convolution conv2d=convolution maxpool=pooling "
    "avgpool=pooling plus=add minus=sub times=mul multiplication=product image=picture images=picture "
    "photo=picture embed=embedding multiply=mul divide=div pow=power permute=transpose astype=cast "
    "ifelse=where clamp=clip lookup=embedding flip=reverse bn=batchnorm normalize=norm"
)
RANKING: dict[str, Any] = {
    # What people call things elsewhere.
    "elsewhere": dict(pair.split("=") for pair in _ELSEWHERE.split()),
    "phrases": {
        "matrix product": "dot",
        "matrix multiplication": "dot",
        "product of matrices": "dot",
        "matrix multiply": "dot",
        "fully connected": "fullyconnected",
        "random normal": "normal",
        "random uniform": "uniform",
    },
    "small": [
        "a",
        "an",
        "and",
        "as",
        "by",
        "for",
        "in",
        "is",
        "of",
        "on",
        "or",
        "the",
        "to",
        "with",
    ],
    "weights": {
        "name": 100,
        "other": 88,
        "start": 66,
        "part": 62,
        "inside": 45,
        "word": 34,
        "told": 8,
        "typo": 0.7,
        "late": 20,
    },
    # What is there for old files and for gradients comes after what people write.
    "late": r"^_|_v1$|^mp_|^multi_|^preloaded_|_scalar$",
}
_W = RANKING["weights"]
_LATE = re.compile(RANKING["late"])
_SMALL = frozenset(RANKING["small"])
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"([a-z\d])([A-Z])")
_ENDING = re.compile(r"(ings?|ed|es|s)\Z")


class Described(NamedTuple):
    """What is known of an operator's name and text."""

    name: str
    others: tuple[str, ...]
    summary: str
    text: str


class _Index(NamedTuple):
    name: str
    others: list[str]
    parts: list[str]
    other_parts: list[str]
    summary: str
    told: list[str]
    doc: str
    late: float


def ranked(operators: Sequence[Described], text: str) -> list[Described]:
    """Those that fit, the best first; all, in their order, if no word is looked for.

    Where none has all words, those that have most of them are given, if that is half of them at least.
    """
    words = _words(text)
    if not words:
        return list(operators)
    phrase = text.strip().lower()
    scored = [_score(_index(op), words, phrase) for op in operators]
    most = max((count for count, _ in scored), default=0)
    if 2 * most < len(words):
        return []
    found = [k for k, (count, _) in enumerate(scored) if count == most]
    found.sort(key=lambda k: (-scored[k][1], k))
    return [operators[k] for k in found]


def _words(text: str) -> list[str]:
    words: list[str] = _WORD.findall(text.lower())
    return [word for word in words if word not in _SMALL] or words


@cache
def _index(op: Described) -> _Index:
    """What is looked through."""
    return _Index(
        _bare(op.name),
        [_bare(name) for name in op.others],
        _parts(op.name),
        [part for name in op.others for part in _parts(name)],
        op.summary.lower(),
        _words(op.summary),
        op.text.lower(),
        _W["late"] if _LATE.search(op.name) else 0,
    )


def _bare(name: str) -> str:
    return name.lower().lstrip("_")


def _parts(name: str) -> list[str]:
    return _WORD.findall(_HUMP.sub(r"\1 \2", name).lower())


def _score(op: _Index, words: Sequence[str], phrase: str) -> tuple[int, float]:
    """How many of the words it has, and how well."""
    if RANKING["phrases"].get(phrase) == op.name:
        return len(words), _W["name"]
    scores = [_of_word(op, word) for word in words]
    # Added one by one, as the page does: Python's own sum rounds otherwise.
    total = 0.0
    for score in scores:
        total += score
    # The words that come first in a sentence say what it is about.
    at = op.summary.find(phrase) if len(words) > 1 else -1
    whole = 25 - min(15, at / 8) if at >= 0 else 0
    count = sum(score > 0 for score in scores)
    return count, total / len(words) + whole - op.late - len(op.name) / 10


def _of_word(op: _Index, word: str) -> float:
    known = RANKING["elsewhere"].get(word)
    return max(_of_one(op, word), _of_one(op, known) - 2 if known else 0)


def _of_one(op: _Index, word: str) -> float:
    stem = _stem(word)
    long = len(stem) > 2
    if op.name == word:
        return float(_W["name"])
    if word in op.others:
        return float(_W["other"])
    if word in op.parts:
        return float(_W["part"] + 4)
    if word in op.other_parts:
        return float(_W["part"] - 4)
    if op.name.startswith(stem):
        return float(_W["start"])
    if long and stem in op.name:
        return float(_W["inside"])
    if long and any(stem in other for other in op.others):
        return float(_W["inside"] - 4)
    for place, other in enumerate(op.told):
        if _stem(other) == stem or (len(stem) > 3 and other.startswith(stem)):
            return float(_W["word"] - min(10, place))
    told = _W["told"] if long and stem in op.doc else 0
    return float(max(told, _W["typo"] * _misspelt(op, word)))


def _misspelt(op: _Index, word: str) -> float:
    if len(word) < 4:
        return 0
    if _near(word, op.name):
        return float(_W["name"])
    for texts, weight in ((op.others, "other"), (op.parts, "part"), (op.told, "word")):
        if any(_near(word, other) for other in texts):
            return float(_W[weight])
    return 0


@cache
def _near(word: str, other: str) -> bool:
    most = 2 if len(word) >= 8 else 1
    return abs(len(other) - len(word)) <= most and distance(word, other) <= most


@cache
def _stem(word: str) -> str:
    """`pooling` and `pools` are `pool`, `matrices` are `matrix`."""
    if word.endswith("ices"):
        return word[:-4] + ("ex" if word == "indices" else "ix")
    if len(word) > 5:
        return _ENDING.sub("", word)
    return word.removesuffix("s") if len(word) > 3 else word


def distance(a: str, b: str) -> int:
    """How many letters are wrong: left out, added, another one, or two in the wrong order."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i in range(1, len(a) + 1):
        following = [i]
        for j in range(1, len(b) + 1):
            cost = min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        before, row = row, following
    return row[-1]
