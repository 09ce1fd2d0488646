"""Every operator: that it is tested, and that its names, inputs and parameters are MXNet's."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ops_cases import GOLDEN, golden

from symbook.ops import registry

HERE = Path(__file__).parent

# Operators whose results no golden case can hold, and the test that checks each of them.
BY_HAND: dict[str, str] = {
    "_random_exponential": "test_random.py::test_golden",
    "_random_exponential_like": "test_random.py::test_like",
    "_random_gamma": "test_random.py::test_gamma",
    "_random_normal": "test_random.py::test_golden",
    "_random_normal_like": "test_random.py::test_like",
    "_random_poisson": "test_random.py::test_poisson",
    "_random_randint": "test_random.py::test_golden",
    "_random_uniform": "test_random.py::test_golden",
    "_random_uniform_like": "test_random.py::test_like",
    "_sample_exponential": "test_random.py::test_sample",
    "_sample_normal": "test_random.py::test_sample",
    "_sample_uniform": "test_random.py::test_golden",
    "_shuffle": "test_random.py::test_shuffle",
    "batch_take": "test_ops_index.py::test_batch_take",
    "depth_to_space": "test_ops_shape.py::test_depth_and_space",
    "diag": "test_ops_index.py::test_diag",
    "pick": "test_ops_index.py::test_pick",
    "space_to_depth": "test_ops_shape.py::test_depth_and_space",
}

# Where a signature is not MXNet's, and why.
DIFFERENT: dict[tuple[str, str], str] = {
    ("add_n", "num_args"): "MXNet keeps the count of inputs apart from its list of parameters",
    # MXNet prints the parameters of _arange here; these are what it takes.
    **{("_linspace", key): "" for key in ("step", "repeat", "infer_range", "num", "endpoint")},
    ("_linspace", "stop"): "required, whatever MXNet prints",
}


def _signatures() -> dict[str, Any]:
    rows = json.loads((GOLDEN / "signatures.json").read_text(encoding="utf-8"))
    return {row["name"]: row for row in rows if "arguments" in row}


SIGNATURES = _signatures()
KNOWN = [op for op in registry.all_ops() if op.name in SIGNATURES]


@pytest.mark.parametrize("op", registry.all_ops(), ids=lambda op: op.name)
def test_every_operator_has_a_case(op):
    if op.name in BY_HAND:
        file, function = BY_HAND[op.name].split("::")
        assert re.search(rf"^def {function}\(", (HERE / file).read_text(encoding="utf-8"), re.M)
    else:
        assert any(case.op == op.name for case in golden())


def test_every_golden_operator_is_registered():
    assert {case.op for case in golden() if registry.find(case.op) is None} == set()


@pytest.mark.parametrize("op", registry.all_ops(), ids=lambda op: op.name)
def test_every_operator_is_documented(op):
    first, *_ = op.doc.split("\n\n")
    assert len(first) > 10
    assert first.endswith(".")


@pytest.mark.parametrize("op", KNOWN, ids=lambda op: op.name)
def test_names_are_mxnets(op):
    listed = {name for names in SIGNATURES[op.name]["aliases"].values() for name in names}
    assert listed - {op.name} == set(op.alias)


@pytest.mark.parametrize("op", KNOWN, ids=lambda op: op.name)
def test_inputs_are_mxnets(op):
    row = SIGNATURES[op.name]
    assert op.variadic == bool(row["key_var_num_args"])
    if not op.variadic:
        assert list(op.inputs) == [argument["name"] for argument in row["arguments"]]


@pytest.mark.parametrize("op", KNOWN, ids=lambda op: op.name)
def test_parameters_are_mxnets(op):
    theirs = {item["name"]: item for item in SIGNATURES[op.name]["parameters"]}
    ours = {key: item for key, item in op.params.items() if (op.name, key) not in DIFFERENT}
    theirs = {key: item for key, item in theirs.items() if (op.name, key) not in DIFFERENT}
    assert list(ours) == list(theirs)
    for key, item in theirs.items():
        assert ours[key].required == item["required"]
        if not item["required"]:
            # MXNet prints the default of a `float` with the digits of float32.
            expected = ours[key].read(item["default"])
            if isinstance(expected, float):
                expected = pytest.approx(expected, rel=1e-7)
            assert ours[key].default == expected
