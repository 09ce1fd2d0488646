"""Symbol files as MXNet 0.8 wrote them, made from those of 1.9.

That release wrote every parameter, under `param`; attributes under `attr`, without underscores;
`backward_source_id` on each node; inputs and heads of two numbers; no nodes for auxiliary states,
no version. Its sums and scalings had other names.
"""

from __future__ import annotations

import json
import re
from typing import Any

# Operators' names in 0.8, where they differ, and the auxiliary states that it did not write.
OLD_NAMES = {"elemwise_add": "_Plus", "_mul_scalar": "_MulScalar"}
AUXILIARY = {"BatchNorm": 2}

# What 0.8 wrote for parameters that were not given.
DEFAULTS: dict[str, dict[str, str]] = {
    "Activation": {},
    "BatchNorm": {
        "eps": "0.001", "fix_gamma": "True", "momentum": "0.9", "use_global_stats": "False"},
    "Concat": {"dim": "1"},
    "Convolution": {
        "cudnn_off": "False", "cudnn_tune": "off", "dilate": "(1,1)", "no_bias": "False",
        "num_group": "1", "pad": "(0,0)", "stride": "(1,1)", "workspace": "1024"},
    "Dropout": {"p": "0.5"},
    "Flatten": {},
    "FullyConnected": {"no_bias": "False"},
    "LRN": {"alpha": "0.0001", "beta": "0.75", "knorm": "2"},
    "Pooling": {
        "global_pool": "False", "pad": "(0,0)", "pooling_convention": "valid", "stride": "(1,1)"},
    "SoftmaxOutput": {
        "grad_scale": "1", "ignore_label": "-1", "multi_output": "False", "normalization": "null",
        "use_ignore": "False"},
    "_copy": {}, "_mul_scalar": {}, "clip": {}, "elemwise_add": {},
}  # fmt: skip


def as_0_8(text: str) -> str:
    """The text of a symbol of MXNet 1.9 as 0.8 had it. Raises KeyError for an unknown operator."""
    rows = json.loads(text)
    nodes = rows["nodes"]
    auxiliary = {
        source[0]
        for node in nodes
        if node["op"] in AUXILIARY
        for source in node["inputs"][-AUXILIARY[node["op"]] :]
    }
    kept = [i for i in range(len(nodes)) if i not in auxiliary]
    position = {old: new for new, old in enumerate(kept)}

    def pin(source: list[int]) -> list[int]:
        return [position[source[0]], source[1]]

    def sources(node: dict[str, Any]) -> list[list[int]]:
        return [pin(source) for source in node["inputs"] if source[0] not in auxiliary]

    old = {
        "nodes": [_node(nodes[i], sources(nodes[i])) for i in kept],
        "arg_nodes": [position[i] for i in rows["arg_nodes"] if i in position],
        "heads": [pin(head) for head in rows["heads"]],
    }
    return json.dumps(old, indent=1, separators=(", ", ": "))


def _node(node: dict[str, Any], inputs: list[list[int]]) -> dict[str, Any]:
    op, attrs = node["op"], node.get("attrs", {})
    own = {} if op == "null" else {k: v for k, v in attrs.items() if not k.startswith("__")}
    written = {key: re.sub(r",\s+", ",", value) for key, value in own.items()}
    made = {
        "op": OLD_NAMES.get(op, op),
        "param": {} if op == "null" else dict(sorted({**DEFAULTS[op], **written}.items())),
        "name": node["name"],
        "inputs": inputs,
        "backward_source_id": -1,
    }
    attributes = {k.strip("_"): v for k, v in attrs.items() if k in ("__lr_mult__", "__wd_mult__")}
    return {**made, **({"attr": attributes} if attributes else {})}
