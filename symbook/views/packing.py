"""A view's document on its way to a browser: as it is, or compressed where it is large."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

_LARGE = 1000
"""So many nodes or values make a document large: it says the same of each, which compresses well."""
_LEVEL = 2
"""Higher levels take longer than they save on the way."""
_HEADER = 31
"""Window bits of zlib that give a gzip header, which has no time in it: the same document packs alike."""


def packed(document: Json) -> Json:
    """The document itself, or, where it is large, `{"gzip": its JSON, compressed, in Base64}`."""
    nodes = document.get("graph", {}).get("nodes", ())
    if max(len(nodes), len(document.get("values", ()))) < _LARGE:
        return document
    packer = zlib.compressobj(_LEVEL, wbits=_HEADER)
    content = packer.compress(text(document).encode()) + packer.flush()
    return {"gzip": b64encode(content).decode("ascii")}


def text(value: Any) -> str:
    """JSON as short as it can be; NaN is none."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
