"""Every operator on a GPU: what MXNet recorded, called at once and bound, with its gradients.

Two or three cases run for each operator and dtype: what takes most time is to compile their kernels.
SYMBOOK_EVERY_CASE=1 runs all on a real device. The simulated one also counts what goes to the host and who
waits: nobody may who is not in `WAITING`.
"""

from __future__ import annotations

import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gradients
import numpy as np
import ops_cases
import pytest
import test_golden_gradients as by_gradients
import test_second_order as by_second
from gradients import nd

import symbook as mx
from symbook.errors import SymbookError, UnsupportedError
from symbook.ndarray import NDArray
from symbook.ndarray.invoke import invoke
from symbook.ndarray.storage import computing
from symbook.ops import registry
from symbook.symbol import Symbol
from symbook.symbol.compose import apply

# Operators that wait for values, and for what.
_INSIDE = "positions outside are an error of the call"
_FACTORS = "whether there are factors at all"
WAITING: dict[str, str] = {
    "take": _INSIDE + ", with mode='raise'",
    "gather_nd": _INSIDE,
    "scatter_nd": _INSIDE,
    "_histogram": "edges out of order are an error of the call",
    "_linalg_potrf": _FACTORS,
    "_linalg_potri": _FACTORS,
    "_linalg_inverse": _FACTORS,
}

# How many times the CPU's tolerance, and why.
_WIDE = "MXNet rounds to float16 in between; here it is computed in float32"
LOOSE: dict[str, tuple[float, str]] = {
    "BilinearSampler float16": (4, _WIDE),
    "SpatialTransformer float16": (4, _WIDE),
}

Params = dict[str, Any]

# What is drawn at random: parameters, with arrays as inputs; mean and standard deviation come of the CPU.
_HALF = np.array([0.5, 2.0], "f4")
DRAWN: dict[str, tuple[Sequence[np.ndarray], Params]] = {
    "_random_uniform": ((), {"low": -1, "high": 3}),
    "_random_normal": ((), {"loc": 1, "scale": 2}),
    "_random_exponential": ((), {"lam": 2}),
    "_random_gamma": ((), {"alpha": 2, "beta": 0.5}),
    "_random_poisson": ((), {"lam": 3}),
    "_random_randint": ((), {"low": -5, "high": 20}),
    "_random_negative_binomial": ((), {"k": 3, "p": 0.4}),
    "_random_generalized_negative_binomial": ((), {"mu": 2, "alpha": 0.3}),
    "_random_uniform_like": ((np.zeros(20_000, "f4"),), {"low": -1, "high": 3}),
    "_random_normal_like": ((np.zeros(20_000, "f8"),), {"loc": 1, "scale": 2}),
    "_random_exponential_like": ((np.zeros(20_000, "f4"),), {"lam": 2}),
    "_random_gamma_like": ((np.zeros(20_000, "f4"),), {"alpha": 2, "beta": 0.5}),
    "_random_poisson_like": ((np.zeros(20_000, "f4"),), {"lam": 3}),
    "_random_negative_binomial_like": ((np.zeros(20_000, "f4"),), {"k": 3, "p": 0.4}),
    "_random_generalized_negative_binomial_like": (
        (np.zeros(20_000, "f4"),),
        {"mu": 2, "alpha": 0.3},
    ),
    "_sample_uniform": ((_HALF, _HALF + 1), {}),
    "_sample_normal": ((_HALF, _HALF), {}),
    "_sample_exponential": ((_HALF,), {}),
    "_sample_gamma": ((_HALF, _HALF), {}),
    "_sample_poisson": ((_HALF,), {}),
    "_sample_negative_binomial": ((_HALF, _HALF / 4), {}),
    "_sample_generalized_negative_binomial": ((_HALF, _HALF), {}),
    "_sample_multinomial": ((np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0]], "f4"),), {}),
    "_shuffle": ((np.arange(20_000, dtype="f4"),), {}),
    "Dropout": ((np.full(20_000, 3, "f4"),), {"p": 0.25, "mode": "always"}),
}

# Covered elsewhere: operators whose function is the user's.
ELSEWHERE = {"Custom": "test_surroundings.py"}

OPERATORS = registry.all_ops()
PUBLIC = [op.name for op in OPERATORS if not op.name.startswith("_backward_")]


def _by_operator(cases: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for case in cases:
        if case.op == "graph" or registry.find(case.op) is not None:
            found[case.op].append(case)
    return found


CALLED = _by_operator(ops_cases.golden())
BOUND = _by_operator([c for c in by_gradients.SERVED if c.id not in by_gradients.DIFFERENT])
SECOND = _by_operator(by_second.golden())

# Names of the operators that bound graphs had, for each kind of device; and of what has run.
_ran: dict[str, set[str]] = defaultdict(set)
_done: dict[str, set[str]] = defaultdict(set)


def _inputs(case: Any) -> Sequence[np.ndarray]:
    return list(case.inputs.values()) if isinstance(case.inputs, dict) else case.inputs


# Cases of an operator on the simulated device, for each of which kernels are compiled.
_MOST = 1
# Of other gradients than most of the operators' cases, so that they are among them.
_ALWAYS = ("FullyConnected-10", "Activation-9", "LeakyReLU-3", "LeakyReLU-12", "topk-1")


def chosen(cases: Sequence[Any], kind: str, each: int) -> list[Any]:
    """As many of them for each dtype, the same each time; or all on a device, if that is asked for."""
    if kind == "device" and os.environ.get("SYMBOOK_EVERY_CASE") == "1":
        return list(cases)
    by_dtype: dict[Any, list[Any]] = defaultdict(list)
    for case in cases:
        by_dtype[tuple(sorted({values.dtype.name for values in _inputs(case)}))].append(case)
    found = [
        (-1 if case.id in _ALWAYS else place, zlib.crc32(case.id.encode()), case)
        for cases in by_dtype.values()
        for place, case in enumerate(
            sorted(cases, key=lambda case: (case.id not in _ALWAYS, zlib.crc32(case.id.encode())))[
                :each
            ]
        )
    ]
    # Some of all dtypes first.
    found.sort(key=lambda row: row[:2])
    most = max(_MOST, sum(place < 0 for place, _, _ in found))
    return [case for _, _, case in found[: len(found) if kind == "device" else most]]


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """Which GPU it is: `device` or `simulated`."""
    found: str = request.node.callspec.params["gpu"]
    return found


@pytest.fixture
def quiet(request: pytest.FixtureRequest, gpu: mx.Context, kind: str) -> Callable[..., Any]:
    """`with quiet(name):` nobody waits and nothing goes to the host, if the operator is not in `WAITING`."""
    counts = None if kind == "device" else request.getfixturevalue("simulation").counts

    def noted() -> Any:
        names = ("downloads", "sizes", "synchronizations")
        return None if counts is None else {name: counts[name] for name in names}

    @contextmanager
    def watching(name: str) -> Iterator[None]:
        before = noted()
        yield
        assert noted() == before or name in WAITING, f"{name} has waited for the GPU"

    return watching


def of(case: Any, run: Callable[[], None]) -> None:
    """Run it, and let an error say of which case it is."""
    try:
        run()
    except Exception as error:
        error.add_note(f"case {case.id}: {case.op} {case.params}")
        raise


# At once


def _call(name: str, inputs: Sequence[np.ndarray], params: Params, quiet: Any = None) -> Any:
    """The outputs of a call of `mx.nd`'s on the current context."""
    op = registry.get(name)
    arrays = tuple(nd(values) for values in inputs)
    if op.specialise is not None:
        op = op.specialise(dict(params))
    call = registry.sort_call(op, arrays, dict(params), NDArray)
    if quiet is None:
        result = invoke(op, call)
    else:
        with quiet(name):
            result = invoke(op, call)
    return result if isinstance(result, list) else [result]


def _check_call(case: ops_cases.Case, gpu: mx.Context, quiet: Any) -> None:
    if case.error is not None:
        try:
            ops_cases.run(case.op, *case.inputs, **case.params)
        except ops_cases.REFUSED:
            with pytest.raises(SymbookError):
                _call(case.op, case.inputs, case.params)
        return  # else symbook serves what MXNet refuses, and the CPU's tests say what it gives
    expected = case.outputs
    assert expected is not None
    results = _call(case.op, case.inputs, case.params, quiet)
    assert all(result.context == gpu for result in results)
    answers = [result.asnumpy() for result in results]
    try:
        for answer, value in zip(answers, expected, strict=True):
            _same(answer, value)
    except AssertionError:
        # Where symbook differs from MXNet on purpose, which other tests say, it is as on the CPU.
        for answer, value in zip(
            answers, ops_cases.run(case.op, *case.inputs, **case.params), strict=False
        ):
            _same(answer, value)


def _same(answer: np.ndarray, expected: np.ndarray) -> None:
    assert (answer.shape, answer.dtype) == (expected.shape, expected.dtype)
    ops_cases.same(answer, expected, signed_zero=False)


@pytest.mark.parametrize("name", sorted(CALLED))
def test_called(gpu: mx.Context, kind: str, quiet: Any, name: str) -> None:
    with gpu:
        for case in chosen(CALLED[name], kind, 3):
            of(case, lambda case=case: _check_call(case, gpu, quiet))  # type: ignore[misc]
    _done[kind].add(name)


# Arrays that lie otherwise: values within a graph may be views, and results may have a place to go to


def _apart(xp: Any, values: np.ndarray) -> Any:
    """An array of these values with gaps between them."""
    view = xp.empty((*values.shape, 2), values.dtype)[..., 0]
    view[...] = xp.asarray(values)
    return view


def _raw(op: registry.Op, case: Any) -> tuple[registry.Op, registry.Call]:
    params = dict(case.params)
    op = op if op.specialise is None else op.specialise(params)
    return op, registry.sort_call(op, tuple(map(np.asarray, _inputs(case))), params, np.ndarray)


def _check_views(case: Any, gpu: mx.Context) -> None:
    xp: Any = gpu.xp
    op, call = _raw(registry.get(case.op), case)
    given = [values for values in call.inputs if values is not None]
    together, apart = [xp.asarray(v) for v in given], [_apart(xp, v) for v in given]
    params = {**call.params, **({"is_train": True} if op.takes_mode else {})}
    expected = op.call(xp, together, params)
    results = [*op.call(xp, apart, params), *apart]
    for k, (result, value) in enumerate(zip(results, [*expected, *together], strict=True)):
        np.testing.assert_array_equal(result.get(), value.get(), err_msg=f"array {k}")
    if op.takes_out and not op.mutates:
        (value,) = expected
        for out in (
            xp.full(value.shape, 1, value.dtype),
            _apart(xp, np.ones(value.shape, value.dtype)),
        ):
            (written,) = op.call(xp, together, params, out=out)
            assert written is out or xp.may_share_memory(written, out) or not out.size
            np.testing.assert_array_equal(out.get(), value.get(), err_msg="out")


_VIEWED = {
    name: [case for case in cases if getattr(case, "error", None) is None]
    for name, cases in {**BOUND, **CALLED}.items()
    if name != "graph" and not registry.get(name).random
}


@pytest.mark.parametrize("name", sorted(_VIEWED))
def test_views_and_places_for_results(gpu: mx.Context, kind: str, name: str) -> None:
    with gpu, computing(gpu):
        for case in chosen(_VIEWED[name], kind, 1):
            of(case, lambda case=case: _check_views(case, gpu))  # type: ignore[misc]


# Bound, with gradients


@pytest.mark.parametrize("name", sorted(BOUND))
def test_bound(
    gpu: mx.Context, kind: str, quiet: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Noted(gradients.Run):
        """Notes which operators there are, and that only reading results waits."""

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            graph = self.executor._whole.graph
            _ran[kind].update(node.op.name for node in graph.nodes if node.op is not None)

        def forward(self) -> list[np.ndarray]:
            if not self._waits():
                with quiet(name):
                    self.executor.forward(is_train=self.case.train)
            return super().forward()

        def _waits(self) -> bool:
            # What has been seen to wait; and states would be changed twice.
            nodes = self.executor._whole.graph.nodes
            names = {node.op.name for node in nodes if node.op is not None}
            return bool(names & WAITING.keys()) or bool(self.aux)

    monkeypatch.setattr(gradients, "Run", Noted)
    with gpu:
        for case in chosen(BOUND[name], kind, 2):
            if (case.op == "Dropout" or "RNN" in case.op) and case.seed is not None:
                continue  # the CPU's own random numbers
            of(case, lambda case=case: _check_bound(case))  # type: ignore[misc]
    _done[kind].add(name)


def _check_bound(case: gradients.Case) -> None:
    keys = (case.op, f"{case.op} {by_gradients.dtype_of(case)}")
    times = max({**by_gradients.LOOSE, **LOOSE}.get(key, (1, ""))[0] for key in keys)
    gradients.check(case, times, times, not {case.op, case.id} & set(by_gradients.UNCOMPARED))


def _among_views(case: gradients.Case, ctx: mx.Context) -> dict[str, np.ndarray]:
    """Outputs and gradients where the operator's inputs, and the gradients it gets, are views."""
    whole, inputs = {}, {}
    for name, values in case.inputs.items():
        inputs[name] = mx.sym.Variable(name)
        whole[name] = values
        if name not in case.aux_names and values.ndim and values.shape[-1]:
            inputs[name] = mx.sym.slice_axis(inputs[name], axis=-1, begin=0, end=values.shape[-1])
            whole[name] = np.concatenate([values, values], axis=-1)
    given = (tuple(inputs.values()), {}) if "arg0" in inputs else ((), inputs)
    symbol = apply(
        registry.get(case.op), case.op, given[0], {**given[1], **case.params}, Symbol, "op"
    )
    heads = [
        mx.sym.SwapAxis(symbol[k], dim1=0, dim2=-1) if case.outputs[k].ndim > 1 else symbol[k]
        for k in range(len(symbol))
    ]
    grads = [np.swapaxes(g, 0, -1) if g.ndim > 1 else g for g in case.out_grads]
    graph = mx.sym.Group(heads)
    with ctx:
        arrays = {name: nd(values) for name, values in whole.items()}
        states = {name: arrays.pop(name) for name in graph.list_auxiliary_states()}
        found = {name: mx.nd.zeros_like(arrays[name]) for name in case.grads}
        executor = graph.bind(ctx, arrays, args_grad=found or None, aux_states=states)
        results = executor.forward(is_train=case.train)
        if found:
            executor.backward([nd(grad) for grad in grads] or None)
        answers = {f"output {k}": result.asnumpy() for k, result in enumerate(results)}
        return answers | {name: grad.asnumpy() for name, grad in found.items()}


_AMONG = {
    name: [c for c in cases if not c.at_once and c.seed is None and name != "graph"]
    for name, cases in BOUND.items()
    if name != "graph" and not name.startswith("_linalg_syevd")
}


@pytest.mark.parametrize("name", sorted(name for name, cases in _AMONG.items() if cases))
def test_bound_to_views(gpu: mx.Context, kind: str, name: str) -> None:
    case = max(_AMONG[name], key=lambda case: (bool(case.grads), zlib.crc32(case.id.encode())))

    def compare() -> None:
        ours, expected = _among_views(case, gpu), _among_views(case, mx.cpu())
        for key, values in expected.items():
            gradients.close(ours[key], values, gradients.GRADIENTS, 10, key)

    of(case, compare)


@pytest.mark.parametrize("name", sorted(SECOND))
def test_second_derivatives(gpu: mx.Context, kind: str, name: str) -> None:
    with gpu:
        for case in chosen(SECOND[name], kind, 1):
            of(case, lambda case=case: by_second.test_golden(case))  # type: ignore[misc]


X = mx.sym.Variable("x")
TWICE = {
    "_backward_stretched": mx.sym.broadcast_mul(X, mx.sym.Variable("y")),
    "_backward_digamma": mx.sym.gammaln(X * X + 1),
    "_backward_backward_Pooling": mx.sym.Pooling(X, kernel=(2, 2), stride=(2, 2), pool_type="max"),
}


@pytest.mark.parametrize("name", sorted(TWICE))
def test_second_derivatives_are_those_of_the_cpu(gpu: mx.Context, kind: str, name: str) -> None:
    symbol = TWICE[name]
    random = np.random.default_rng(3)
    shapes = {"x": (2, 3, 4, 4), "y": (1, 3, 1, 4)}
    arguments = {key: random.standard_normal(shapes[key]) for key in symbol.list_arguments()}
    heads = random.standard_normal((2, 3, 2, 2) if "Pooling" in name else (2, 3, 4, 4))
    graph = by_second.gradient_of(symbol, ["x"])
    seeds = [random.standard_normal((2, 3, 4, 4))]
    found = []
    for ctx in (gpu, mx.cpu()):
        with ctx:
            arrays = {key: nd(values) for key, values in {**arguments, "head0": heads}.items()}
            given = {key: arrays[key] for key in graph.list_arguments()}
            grads = {key: mx.nd.zeros_like(array) for key, array in given.items()}
            executor = graph.bind(ctx, given, args_grad=grads)
            executor.forward(is_train=True)
            executor.backward([nd(seed) for seed in seeds])
            found.append({key: grad.asnumpy() for key, grad in grads.items()})
            nodes = executor._whole.graph.nodes
    assert name in {node.op.name for node in nodes if node.op is not None}
    for key, values in found[0].items():
        np.testing.assert_allclose(values, found[1][key], 1e-11, 1e-12)
    _ran[kind].add(name)


# Drawn at random


def _drawn(ctx: mx.Context, name: str) -> list[np.ndarray]:
    inputs, params = DRAWN[name]
    if name.startswith("_sample"):
        params = {**params, "shape": (10_000,)}
    elif not inputs:
        params = {**params, "shape": (20_000,)}
    with ctx:
        mx.random.seed(7, ctx=ctx)
        if not inputs:
            params = {**params, "ctx": str(ctx)}
        return [result.asnumpy() for result in _call(name, inputs, params)]


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_drawn(gpu: mx.Context, kind: str, name: str) -> None:
    ours, again, expected = _drawn(gpu, name), _drawn(gpu, name), _drawn(mx.cpu(), name)
    for a, b, c in zip(ours, again, expected, strict=True):
        assert (a.shape, a.dtype) == (c.shape, c.dtype)
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)
        rows = a.ndim > 1 and len(a) == 2
        for row, other in zip(a if rows else [a], c if rows else [c], strict=True):
            spread = max(float(other.std()), 1e-6)
            assert abs(float(row.mean()) - float(other.mean())) < 0.07 * spread
            assert abs(float(row.std()) - float(other.std())) < 0.12 * spread
    _done[kind].add(name)


def test_the_gradient_of_drawn_choices(gpu: mx.Context) -> None:
    data = np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]], "f4")
    positions = np.array([[0, 2, 2, 1], [1, 1, 0, 1]], "i4")
    grad = np.arange(8, dtype="f4").reshape(2, 4)
    expected = np.zeros((2, 3), "f4")
    for row in range(2):
        for k, place in enumerate(positions[row]):
            expected[row, place] += grad[row, k] / data[row, place]
    with gpu:
        (found,) = _call("_backward_sample_multinomial", (grad, positions, data), {})
    np.testing.assert_allclose(found.asnumpy(), expected, 1e-6)
    _ran["device"].add("_backward_sample_multinomial")
    _ran["simulated"].add("_backward_sample_multinomial")


# Sizes at which kernels go other ways than the cases above


@pytest.mark.parametrize("dtype", ["float16", "float32", "int32", "uint8"])
@pytest.mark.parametrize("size", [1, 33, 1000, 1024, 1025, 3000])
def test_sorts_rows_of_any_length(gpu: mx.Context, dtype: str, size: int) -> None:
    data = (np.random.default_rng(size).integers(0, 50, (3, size)) - 10).astype(dtype)
    if dtype[0] == "f":
        data[1, :: max(size // 7, 1)] = np.nan
    with gpu:
        for ascending in (True, False):
            (found,) = _call("argsort", [data], {"is_ascend": ascending, "dtype": "int32"})
            for row, order in zip(data, found.asnumpy(), strict=True):
                keys = row.astype("f8") * (1 if ascending else -1)
                np.testing.assert_array_equal(order, np.argsort(keys, kind="stable"))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32"])
@pytest.mark.parametrize("bound", [False, True])
def test_whole_numbers_of_floats_wrap(gpu: mx.Context, dtype: str, bound: bool) -> None:
    data = np.array([300.7, -1.2, -129, 255, 2.0**31 + 512, 0.9, -0.9], "f4")
    expected = data.astype("i8").astype(dtype)
    with gpu:
        if bound:
            symbol = mx.sym.cast(mx.sym.Variable("x"), dtype=dtype)
            (found,) = symbol.bind(gpu, {"x": nd(data)}).forward()
        else:
            (found,) = _call("Cast", [data], {"dtype": dtype})
    np.testing.assert_array_equal(found.asnumpy(), expected)


@pytest.mark.parametrize("shape", [(5, 700), (1, 1), (3, 33, 2), (40_000,)])
def test_running_sums_of_any_length(gpu: mx.Context, shape: tuple[int, ...]) -> None:
    data = np.random.default_rng(1).integers(-9, 9, shape).astype("i4")
    with gpu:
        for axis in range(len(shape)):
            (found,) = _call("_np_cumsum", [data], {"axis": axis})
            np.testing.assert_array_equal(found.asnumpy(), np.cumsum(data, axis, "i4"))
            (back,) = _call("_backward_cumsum", [data, data], {"axis": axis})
            expected = np.flip(np.cumsum(np.flip(data, axis), axis, "i4"), axis)
            np.testing.assert_array_equal(back.asnumpy(), expected)


@pytest.mark.parametrize("rows", [1, 50, 3000, 2**15 + 1])
@pytest.mark.parametrize("dtype", ["float16", "float32", "int8"])
def test_rows_of_one_place_are_added_in_their_order(gpu: mx.Context, rows: int, dtype: str) -> None:
    random = np.random.default_rng(rows)
    grad = (random.standard_normal((rows, 5)) * 9).astype(dtype)
    places = random.integers(0, 7, rows)
    wide = "f4" if dtype == "float16" else dtype
    expected = np.zeros((7, 5), wide)
    np.add.at(expected, places, grad.astype(wide))
    like = np.zeros((7, 5), dtype)
    with gpu:
        (found,) = _call("_backward_take", [grad, places.astype("f4"), like], {})
    np.testing.assert_array_equal(found.asnumpy(), expected.astype(dtype))


@pytest.mark.parametrize("preloaded", [False, True])
@pytest.mark.parametrize("mixed", [False, True])
def test_many_weights_are_updated_together(gpu: mx.Context, preloaded: bool, mixed: bool) -> None:
    random, low = np.random.default_rng(4), "f2" if mixed else "f4"
    sizes = [1, 7, 0, 300, 2, 33, 5, 4, 9, 1000, 3]
    inputs = []
    for size in sizes:
        inputs += [random.standard_normal(size).astype(low) for _ in range(2)]
        inputs += [random.standard_normal(size).astype("f4") for _ in range(2 if mixed else 1)]
    rates, decays = (random.random(len(sizes)).astype("f4") for _ in range(2))
    name = f"{'preloaded_' * preloaded}multi_{'mp_' * mixed}sgd_mom_update"
    params = {"momentum": 0.9, "clip_gradient": 0.7, "num_weights": len(sizes)}
    if preloaded:
        inputs += [rates, decays]
    else:
        params |= {"lrs": tuple(map(float, rates)), "wds": tuple(map(float, decays))}
    found = []
    for ctx in (gpu, mx.cpu()):
        with ctx:
            arrays = [nd(values) for values in inputs]
            results = getattr(mx.nd, name)(*arrays, **params)
            found.append([array.asnumpy() for array in (*results, *arrays)])
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, 2e-3 if ours.dtype == "f2" else 2e-6, 1e-6)


def test_the_last_of_several_stays(gpu: mx.Context) -> None:
    places = np.array([[0, 2, 0, 2, 1, 0]])
    with gpu:
        (found,) = _call("scatter_nd", [np.arange(6, dtype="f4"), places], {"shape": (4,)})
    np.testing.assert_array_equal(found.asnumpy(), [5, 4, 3, 0])


@pytest.mark.parametrize("size", [1, 5, 32, 33, 70])
@pytest.mark.parametrize("batch", [(), (3,)])
def test_matrices_of_any_size(gpu: mx.Context, size: int, batch: tuple[int, ...]) -> None:
    random = np.random.default_rng(size)
    a = random.standard_normal((*batch, size, size))
    positive = a @ np.swapaxes(a, -1, -2) + size * np.eye(size)
    right = random.standard_normal((*batch, size, 3))
    with gpu:
        answers = {
            name: [item.asnumpy() for item in _call(f"_linalg_{name}", inputs, params)]
            for name, inputs, params in (
                ("potrf", [positive], {}),
                ("inverse", [a], {}),
                ("potri", [np.tril(positive)], {}),
                ("slogdet", [a], {}),
                ("trsm", [positive, right], {"lower": True}),
                ("syevd", [positive], {}),
            )
        }
        backward = [
            _call("_linalg_trsm", [positive, right], {"lower": False, "transpose": flip})[
                0
            ].asnumpy()
            for flip in (False, True)
        ]
    close = {"rtol": 1e-7, "atol": 1e-9}
    np.testing.assert_allclose(answers["potrf"][0], np.linalg.cholesky(positive), **close)
    np.testing.assert_allclose(answers["inverse"][0], np.linalg.inv(a), **close)
    half = np.linalg.inv(np.tril(positive))
    np.testing.assert_allclose(answers["potri"][0], np.swapaxes(half, -1, -2) @ half, **close)
    sign, log = np.linalg.slogdet(a)
    np.testing.assert_allclose(answers["slogdet"][0], np.reshape(sign, batch or (1,)), **close)
    np.testing.assert_allclose(answers["slogdet"][1], np.reshape(log, batch or (1,)), **close)
    lower, upper = np.tril(positive), np.triu(positive)
    np.testing.assert_allclose(answers["trsm"][0], np.linalg.solve(lower, right), **close)
    np.testing.assert_allclose(backward[0], np.linalg.solve(upper, right), **close)
    turned = np.swapaxes(upper, -1, -2)
    np.testing.assert_allclose(backward[1], np.linalg.solve(turned, right), **close)
    np.testing.assert_allclose(answers["syevd"][1], np.linalg.eigvalsh(positive), **close)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("potrf", [[1, 2], [2, 1]]),
        ("potrf", [[1, 0], [0, 0]]),
        ("potri", [[1, 0], [3, 0]]),
        ("inverse", [[1, 2], [2, 4]]),
    ],
)
def test_matrices_without_factors_are_refused(gpu: mx.Context, name: str, data: Any) -> None:
    with gpu, pytest.raises(mx.errors.OutOfRange):
        _call(f"_linalg_{name}", [np.array(data, "f4")], {})


@pytest.mark.parametrize("mode", ["take", "gather_nd", "scatter_nd"])
def test_positions_outside_are_refused(gpu: mx.Context, mode: str) -> None:
    data, places = np.arange(4, dtype="f4"), np.array([[0, 4, 1, 2]], "f4")
    params = {"take": {"mode": "raise"}, "scatter_nd": {"shape": (4,)}}.get(mode, {})
    with gpu, pytest.raises(mx.errors.OutOfRange):
        _call(mode, [data, places], params)


# What cannot run there, and that all others do


CPU_ONLY = [op.name for op in OPERATORS if op.cpu_only]


def test_what_runs_on_the_cpu_only_is_refused_at_once(gpu: mx.Context) -> None:
    assert CPU_ONLY == ["_sample_unique_zipfian"]
    given = {"range_max": 5, "shape": (1, 3)}
    words = r"_sample_unique_zipfian cannot run on gpu\(0\): how many numbers it draws"
    with gpu, pytest.raises(UnsupportedError, match=words):
        mx.nd._internal._sample_unique_zipfian(**given)
    symbol = mx.sym._internal._sample_unique_zipfian(**given, name="numbers")
    with pytest.raises(UnsupportedError, match=words) as raised:
        symbol.bind(gpu, {})
    assert "numbers" in str(raised.value)
    with mx.AttrScope(ctx_group="there"):
        placed = mx.sym._internal._sample_unique_zipfian(**given)
    with pytest.raises(UnsupportedError, match=words):
        placed.bind(mx.cpu(), {}, group2ctx={"there": gpu})


@pytest.mark.parametrize("which", ["device", "simulated"])
def test_every_operator_has_run(which: str) -> None:
    needed = {*CALLED, *BOUND, *DRAWN} - {"graph"}
    assert set(PUBLIC) == (needed & set(PUBLIC)) | set(CPU_ONLY) | set(ELSEWHERE)
    if not needed <= _done[which]:
        pytest.skip("not all tests above have run here")
    assert {op.name for op in OPERATORS} - set(PUBLIC) <= _ran[which]
