"""Every operator: that it is tested, and that its names, inputs and parameters are MXNet's."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from gradients import cases, families
from ops_cases import GOLDEN, golden

import symbook as mx
from symbook.ops import registry
from symbook.ops.unserved import UNSERVED

HERE = Path(__file__).parent

# Operators whose results no golden case can hold, and the test that checks each of them.
BY_HAND: dict[str, str] = {
    "Custom": "test_operator.py::test_it_runs_forward_and_backward_like_the_built_in_one",
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
    "_sample_gamma": "test_ops_distribution.py::test_gamma",
    "_sample_poisson": "test_ops_distribution.py::test_poisson",
    "_sample_multinomial": "test_ops_distribution.py::test_multinomial",
    "_sample_unique_zipfian": "test_ops_distribution.py::test_zipfian",
    **{
        f"_{kind}{name}negative_binomial{like}": f"test_ops_distribution.py::test_{test}"
        for name in ("", "generalized_")
        for kind, like, test in (
            ("random_", "", name + "negative_binomial"),
            ("sample_", "", name + "negative_binomial"),
            ("random_", "_like", "like"),
        )
    },
    "_random_gamma_like": "test_ops_distribution.py::test_like",
    "_random_poisson_like": "test_ops_distribution.py::test_like",
}

# Where a signature is not MXNet's, and why. Of a parameter:
DIFFERENT: dict[tuple[str, str], str] = {
    **{(op, "num_args"): "MXNet keeps the count of inputs apart" for op in ("add_n", "khatri_rao")},
    # MXNet prints the parameters of _arange here; these are what it takes.
    **{("_linspace", key): "" for key in ("step", "repeat", "infer_range", "num", "endpoint")},
    ("_linspace", "stop"): "required, whatever MXNet prints",
    ("smooth_l1", "scalar"): "MXNet prints no default, and takes 1",
    ("Custom", "op_type"): "MXNet's function asks for it, its registry does not",
}
# Of the inputs:
_STATES = "MXNet's list leaves out the auxiliary states"
_MANY = "any number of arrays, which MXNet's list calls data"
DIFFERENT_INPUTS: dict[str, str] = {
    "BatchNorm_v1": _STATES,
    "IdentityAttachKLSparseReg": _STATES,
    **dict.fromkeys(
        ["Custom", "amp_multicast", "multi_all_finite", "multi_sum_sq", "reset_arrays"]
        + [
            f"{kind}multi_{precision}sgd_{momentum}update"
            for kind in ("", "preloaded_")
            for precision in ("", "mp_")
            for momentum in ("", "mom_")
        ],
        _MANY,
    ),
}
# Of the names:
DIFFERENT_NAMES: dict[str, str] = {
    "BatchNorm_v2": "no name of MXNet's functions; files of old versions have it",
}

# The operators that programs and models use most: all of them are served.
TIERS = """
    elemwise_add elemwise_sub elemwise_mul elemwise_div _mod _power _maximum _minimum add_n negative
    _plus_scalar _minus_scalar _rminus_scalar _mul_scalar _div_scalar _rdiv_scalar _mod_scalar
    _rmod_scalar _power_scalar _rpower_scalar _maximum_scalar _minimum_scalar _equal _not_equal
    _greater _greater_equal _lesser _lesser_equal _equal_scalar _not_equal_scalar _greater_scalar
    _greater_equal_scalar _lesser_scalar _lesser_equal_scalar logical_not broadcast_add
    broadcast_sub broadcast_mul broadcast_div broadcast_mod broadcast_power broadcast_maximum
    broadcast_minimum broadcast_equal broadcast_not_equal broadcast_greater
    broadcast_greater_equal broadcast_lesser broadcast_lesser_equal abs sign reciprocal sqrt rsqrt
    square exp log log2 log10 log1p expm1 sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh
    arccosh arctanh floor ceil round rint fix trunc clip relu sigmoid softsign erf Cast identity
    BlockGrad zeros_like ones_like sum mean prod max min norm argmax argmin Reshape Flatten
    transpose SwapAxis expand_dims squeeze broadcast_to broadcast_axis slice slice_axis Concat stack
    SliceChannel tile repeat reverse Pad take pick one_hot Embedding where topk sort argsort dot
    batch_dot zeros ones full arange FullyConnected Convolution Deconvolution Pooling Activation
    LeakyReLU BatchNorm LayerNorm Dropout LRN L2Normalization UpSampling RNN softmax log_softmax
    SoftmaxOutput LinearRegressionOutput LogisticRegressionOutput MAERegressionOutput MakeLoss
    make_loss softmax_cross_entropy smooth_l1 Custom uniform normal random_randint shuffle
    sgd_update sgd_mom_update adam_update
""".split()  # noqa: SIM905  # a page of quoted names reads worse


def _signatures() -> dict[str, Any]:
    rows = json.loads((GOLDEN / "signatures.json").read_text(encoding="utf-8"))
    return {row["name"]: row for row in rows if "arguments" in row}


SIGNATURES = _signatures()
KNOWN = [op for op in registry.all_ops() if op.name in SIGNATURES]


PUBLIC = [op for op in registry.all_ops() if not op.name.startswith("_backward_")]
RECORDED = [case for family in families() for case in cases(family)]
CASES = Counter(case.op for case in (*golden(), *RECORDED))
DIFFERENTIATED = Counter(case.op for case in RECORDED)


@pytest.mark.parametrize("op", PUBLIC, ids=lambda op: op.name)
def test_every_operator_has_cases(op):
    if op.name in BY_HAND:
        file, function = BY_HAND[op.name].split("::")
        assert re.search(rf"def {function}\(", (HERE / file).read_text(encoding="utf-8"))
    else:
        # Of each, MXNet was also asked for gradients: tests/golden/make_golden.py gives them.
        assert CASES[op.name] >= 3
        assert DIFFERENTIATED[op.name] >= 3


@pytest.mark.parametrize("name", TIERS)
def test_every_name_of_the_tiers_is_served(name):
    assert registry.find(name) is not None or callable(getattr(mx.sym, name))


def test_every_name_of_mxnets_is_served_or_said_not_to_be():
    names = {name for row in SIGNATURES.values() for name in row["aliases"]["sym"]}
    assert not {name for name in names if registry.find(name) is None} - UNSERVED


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
    assert listed - {op.name} == set(op.alias) - set(DIFFERENT_NAMES)


@pytest.mark.parametrize("op", KNOWN, ids=lambda op: op.name)
def test_number_of_outputs_is_mxnets(op):
    shown, hidden = (SIGNATURES[op.name][key] for key in ("num_outputs", "num_hidden"))
    if isinstance(op.outputs, tuple) and isinstance(shown, int) and isinstance(hidden, int):
        assert len(op.outputs) == shown + hidden


@pytest.mark.parametrize("op", KNOWN, ids=lambda op: op.name)
def test_inputs_are_mxnets(op):
    if op.name in DIFFERENT_INPUTS:
        return
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
