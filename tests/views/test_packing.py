"""Documents on their way to a browser: large ones are compressed, and are the same afterwards."""

from __future__ import annotations

import base64
import gc
import gzip
import json
import re

import numpy as np
import pytest

import symbook as mx

views = pytest.importorskip("symbook.views")

from symbook.views.packing import packed  # noqa: E402  # skipped where there is no anywidget
from symbook.views.values import for_page  # noqa: E402


def _read(sent):
    return json.loads(gzip.decompress(base64.b64decode(sent["gzip"])))


def _chain(count):
    with mx.name.NameManager():
        value = mx.sym.Variable("x")
        for k in range(count):
            value = mx.sym.relu(value, name=f"relu{k}")
    return value.bind(mx.cpu(), {"x": mx.nd.array(np.arange(64, dtype=np.float32))})


@pytest.fixture(scope="module")
def large():
    return views.Stepper(_chain(1500))


def test_a_small_document_goes_as_it_is() -> None:
    document = {"graph": {"nodes": [{"name": "ä<b"}]}, "values": [None]}
    assert packed(document) is document


def test_a_large_one_is_the_same_afterwards() -> None:
    document = {"graph": {"nodes": [{"name": f"ä{k}<b>"} for k in range(2000)]}, "values": []}
    sent = packed(document)
    assert set(sent) == {"gzip"}
    assert sent == packed(document)
    assert _read(sent) == document


def test_what_a_widget_sends_is_compressed(large) -> None:
    sent = large.get_state()["_document"]
    assert [node["name"] for node in _read(sent)["graph"]["nodes"]][-1] == "relu1499"
    assert len(json.dumps(sent)) < len(json.dumps(large._document)) / 4


def test_values_beyond_the_room_are_made_when_they_are_looked_at(large) -> None:
    sent = _read(large.get_state()["_document"])["values"]
    assert sent[0]["items"] == list(range(64))
    assert sent[-1] is None
    assert sum(len(value["items"]) for value in sent if value) <= 20_000
    reply = large._answer({"value": len(sent) - 1})
    assert reply["summary"]["items"] == list(range(64))


def test_a_page_of_many_values_has_all_statistics(large) -> None:
    text = re.search(r'id="document">(.*?)</script>', large.page(), re.DOTALL)[1]
    values = _read(json.loads(text))["values"]
    assert len(values) == 1501
    assert all(value["range"] == [0, 31.5, 63] for value in values)


def test_small_values_stay_in_a_page_of_many() -> None:
    small, wide = np.arange(4.0), np.ones((100, 100))
    found = for_page([(None, wide)] * 60 + [(None, small)], 2000)
    assert found[-1]["items"] == [0, 1, 2, 3]
    assert "data" in found[0]
    assert "plane" in found[20]
    assert not {"items", "data", "plane"} & set(found[-2])
    assert found[-2]["range"] == [1, 1, 1]


def test_garbage_is_looked_for_again(large) -> None:
    assert gc.isenabled()
