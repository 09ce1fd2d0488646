"""Tests of the front end's modules, which are in `js/*.test.js`: each of them is a test here.

A file is opened in a page of its own, with the modules as they are, and no network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).parent
_FILES = sorted(_HERE.joinpath("js").glob("*.test.js"))
_STATIC = _HERE.parent.parent / "symbook" / "views" / "static"
_NAMED = re.compile(r'^test\(\s*("(?:[^"\\]|\\.)*")', re.MULTILINE)
_ORIGIN = "http://localhost"
_KINDS = {".js": "text/javascript", ".css": "text/css"}
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>tests</title>
<link rel="stylesheet" href="/views/views.css">
<script type="importmap">{"imports": {"views/": "/views/", "testing": "/js/testing.js"}}</script>
<body></body></html>"""

Outcomes = dict[str, str]


def _names(file: Path) -> list[str]:
    return [json.loads(name) for name in _NAMED.findall(file.read_text(encoding="utf-8"))]


def _answer(route: Any) -> None:
    """Give a page what it asks for: the tests, the modules, the bundle of one, or a document."""
    path = route.request.url.removeprefix(_ORIGIN).split("?")[0]
    _, folder, name = (path + "//").split("/")[:3]
    if path == "/":
        route.fulfill(content_type="text/html", body=_PAGE)
    elif folder == "bundle":
        from symbook.views.bundle import script

        route.fulfill(content_type=_KINDS[".js"], body=script(name.removesuffix(".js")))
    elif folder == "document":
        route.fulfill(json=_DOCUMENTS[name]())
    else:
        file = {"js": _HERE / "js", "views": _STATIC}[folder] / name
        route.fulfill(content_type=_KINDS[file.suffix], body=file.read_text(encoding="utf-8"))


def _optimised() -> Any:
    """The optimiser's document of a graph of which one node is left out and two are merged."""
    import symbook as mx
    from symbook.views.optimiser import of_optimiser

    x = mx.sym.Variable("x")
    left = mx.sym.exp(mx.sym._internal._mul_scalar(x, scalar=1, name="one"), name="left")
    total = mx.sym.elemwise_add(left, mx.sym.exp(x, name="right"), name="sum")
    return of_optimiser(mx.sym.tanh(total, name="out").bind(mx.cpu(), {"x": mx.nd.ones((2, 3))}))


_SEARCHED = (
    "matrix product|matrix multiplication|matmul|dot|conv|conv2d|convolution of "
    "pictures|pooling|poling|max pooling|avg|average|mean of an "
    "axis|sum|add|plus|minus|times|mul|multiply|divide|softmax|sofmax|cross entropy|loss|concat|CONCATENA"
    "TE|cat|stack|split|slice|transpose|trasnpose|permute|reshape|flatten|embedding|lookup|take|gather|on"
    "e hot|where|ifelse|clip|clamp|abs|absolute value|sqrt|square root|exp|log|logarithm|power|random "
    "normal|random uniform|gaussian|dropout|batchnorm|BatchNorm|batch normalization|bn|layer "
    "norm|group|rnn|lstm|sequence mask|sort|topk|argmax|agrmax|largest element|smallest|norm|normalize|li"
    "nalg|cholesky|inverse|determinant|trace|diag|eye|zeros|ones|arange|range|cast|astype|float16|optimiz"
    "er|sgd|adam|sgd with "
    "momentum|broadcast|broadcast_add|_mul_scalar|constructor|toString|__proto__|indices|matrices|the|of "
    "the|a|x|xyzzy|xyzzy dot|two words nowhere|tile|repeat|pad|flip|image|photo|resize|roi|grid "
    "generator|spatial|ctc|fully connected|dense|linear layer|activation|relu|leaky|elu|erf|gamma "
    "function|  "
)


def _searches() -> Any:
    """What Python finds for many texts."""
    import symbook as mx
    from symbook.views.explorer import of_operators

    queries = _SEARCHED.split("|")
    found = [[text, [match.name for match in mx.sym.search(text)]] for text in queries]
    return {**of_operators(), "found": found}


_DOCUMENTS = {"optimised.json": _optimised, "searches.json": _searches}


@pytest.fixture(scope="module")
def outcome_of(chromium: Any) -> Iterator[Callable[[Path], Outcomes]]:
    """What became of the tests of a file, which are run once."""
    context = chromium.new_context(viewport={"width": 1000, "height": 800}, offline=True)
    context.route("**/*", _answer)
    known: dict[Path, Outcomes] = {}

    def find(file: Path) -> Outcomes:
        if file not in known:
            page = context.new_page()
            wrong: list[str] = []
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.goto(f"{_ORIGIN}/")
            known[file] = page.evaluate(
                "async (url) => { await import(url); return (await import('testing')).run(); }",
                f"/js/{file.name}",
            )
            known[file]["errors outside of tests"] = "\n".join(wrong)
            page.close()
        return known[file]

    yield find
    context.close()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        pytest.param(file, name, id=f"{file.name.removesuffix('.test.js')}: {name}")
        for file in _FILES
        for name in _names(file)
    ],
)
def test_module(file: Path, name: str, outcome_of: Callable[[Path], Outcomes]) -> None:
    wrong = outcome_of(file)[name]
    if wrong:
        pytest.fail(f"{file.name}, {name}:\n{wrong}", pytrace=False)


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name.removesuffix(".test.js"))
def test_every_test_of_a_file_is_found(file: Path, outcome_of: Callable[[Path], Outcomes]) -> None:
    found = {name for name in outcome_of(file) if name != "errors outside of tests"}
    assert found == set(_names(file))
    assert outcome_of(file)["errors outside of tests"] == ""
