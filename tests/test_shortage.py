"""A graph that cannot fit into memory is refused when it is bound, in bytes, before anything is allocated."""

from __future__ import annotations

import re
import subprocess
import sys
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest
from random_graphs import random_case

import symbook as mx
from symbook import limits
from symbook.errors import MemoryShortage
from symbook.limits import Limit

HUGE = 2_000_000  # squared, as float32, 16 TB
MIB = 2**20


@contextmanager
def nothing_is_allocated(most=MIB):
    """NumPy tells tracemalloc of each array."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def refused(call):
    """The bytes that a refusal names: of values, and of arrays."""
    call()  # what is imported and kept at first is not counted
    with nothing_is_allocated():
        error = call()
    assert isinstance(error, MemoryError)
    assert isinstance(error, mx.base.MXNetError)
    assert "hint" in str(error)
    values, arrays = re.search(
        r"need ([\d,]+) bytes, its (?:new )?arrays ([\d,]+),", str(error)
    ).groups()
    return int(values.replace(",", "")), int(arrays.replace(",", ""))


def told(function, *args, **kwargs):
    def call():
        with pytest.raises(MemoryShortage) as caught:
            function(*args, **kwargs)
        return caught.value

    return call


def x():
    return mx.sym.Variable("x")


def table():
    """x by x, of a vector."""
    return mx.sym.broadcast_mul(
        mx.sym.reshape(x(), shape=(-1, 1)), mx.sym.reshape(x(), shape=(1, -1)), name="table"
    )


SQUARE = 4 * HUGE * HUGE


class TestWhatIsCounted:
    def test_a_huge_value_in_the_middle(self) -> None:
        bound = {"x": mx.nd.zeros((HUGE,))}
        for optimize in (True, False):
            call = told(mx.sym.sum(table()).bind, mx.cpu(), bound, optimize=optimize)
            assert (SQUARE + 4, 4 * HUGE) == refused(call)
        assert "table = broadcast_mul is the largest: (2000000, 2000000) float32" in str(call())
        assert "test_shortage.py" in str(call())

    def test_an_output(self) -> None:
        assert (SQUARE, 4 * HUGE) == refused(
            told(table().bind, mx.cpu(), {"x": mx.nd.zeros((HUGE,))})
        )

    def test_what_simple_bind_would_make(self) -> None:
        bind = (x() * 2).simple_bind
        assert (SQUARE, SQUARE) == refused(told(bind, mx.cpu(), grad_req="null", x=(HUGE, HUGE)))
        assert (SQUARE, 2 * SQUARE) == refused(told(bind, mx.cpu(), x=(HUGE, HUGE)))
        half = {"type_dict": {"x": "float16"}, "grad_req": "null"}
        assert (SQUARE // 2, SQUARE // 2) == refused(told(bind, mx.cpu(), x=(HUGE, HUGE), **half))

    def test_arrays_alone(self) -> None:
        """The values of this graph are small."""
        error = told(mx.sym.sum(x()).simple_bind, mx.cpu(), grad_req="null", x=(HUGE, HUGE))
        assert (4, SQUARE) == refused(error)
        assert "an array to be bound is the largest: (2000000, 2000000)" in str(error())

    def test_gradients_need_what_prediction_does_not(self, monkeypatch) -> None:
        """exp keeps its value for its gradient: ten of them, where two buffers do to predict."""
        symbol = x()
        for k in range(10):
            symbol = mx.sym.exp(mx.sym.dot(symbol, mx.sym.Variable(f"w{k}")))
        shapes = {"x": (512, 512), **{f"w{k}": (512, 512) for k in range(10)}}
        monkeypatch.setattr(limits, "memory", lambda: Limit(25 * MIB))
        symbol.simple_bind(mx.cpu(), grad_req="null", **shapes)
        values, arrays = refused(told(symbol.simple_bind, mx.cpu(), **shapes))
        assert 22 * MIB == arrays
        assert values >= 10 * MIB

    def test_shapes_beyond_what_an_address_can_say(self) -> None:
        shape = (2**40, 2**40)
        assert ([shape], [shape], []) == (x() * 2).infer_shape(x=shape)
        values, arrays = refused(told((x() * 2).simple_bind, mx.cpu(), grad_req="null", x=shape))
        assert (2**82, 2**82) == (values, arrays)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: mx.sym.zeros(shape=(HUGE, HUGE)),
            lambda: mx.sym.arange(0, HUGE * HUGE),
            lambda: mx.sym.random.uniform(shape=(HUGE, HUGE)),
        ],
        ids=["zeros", "arange", "random"],
    )
    def test_values_that_no_argument_has_a_part_in(self, make) -> None:
        assert (SQUARE + 4, 0) == refused(told(mx.sym.sum(make()).bind, mx.cpu(), {}))

    def test_eval(self) -> None:
        assert SQUARE == refused(told(table().eval, ctx=mx.cpu(), x=mx.nd.zeros((HUGE,))))[0]

    def test_an_array_bound_twice_is_counted_once(self, monkeypatch) -> None:
        a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
        array = mx.nd.zeros((MIB,))
        monkeypatch.setattr(limits, "memory", lambda: Limit(9 * MIB))
        mx.sym.sum(mx.sym.maximum(a, b)).bind(mx.cpu(), {"a": array, "b": array})
        mx.sym.sum(mx.sym.maximum(a, b)).bind(mx.cpu(), {"a": array, "b": array.reshape((-1,))})


class TestReshape:
    def test_it_is_refused_and_the_executor_goes_on(self) -> None:
        executor = (x() * 2).simple_bind(mx.cpu(), x=(10,))
        executor.arg_dict["x"][:] = 3
        call = told(executor.reshape, allow_up_sizing=True, x=(HUGE, HUGE))
        assert (SQUARE, 2 * SQUARE) == refused(call)
        np.testing.assert_array_equal(np.full(10, 6), executor.forward()[0].asnumpy())

    def test_a_grown_array_is_zeros_and_a_shrunk_one_shared(self) -> None:
        executor = (x() * 2).simple_bind(mx.cpu(), x=(4,))
        executor.arg_dict["x"][:] = 3
        grown = executor.reshape(allow_up_sizing=True, x=(6,))
        np.testing.assert_array_equal(np.zeros(6), grown.arg_dict["x"].asnumpy())
        np.testing.assert_array_equal(np.zeros(6), grown.forward()[0].asnumpy())
        shrunk = executor.reshape(x=(2,))
        shrunk.arg_dict["x"][:] = 5
        np.testing.assert_array_equal([5, 5, 3, 3], executor.arg_dict["x"].asnumpy())

    def test_a_shared_buffer_is_as_it_was(self) -> None:
        buffer = {}
        call = told((x() * 2).simple_bind, mx.cpu(), shared_buffer=buffer, x=(HUGE, HUGE))
        refused(call)
        assert {} == buffer
        executor = (x() * 2).simple_bind(mx.cpu(), shared_buffer=buffer, x=(3,))
        assert buffer["x"] is not None
        buffer["x"][:] = 4
        np.testing.assert_array_equal([8, 8, 8], executor.forward()[0].asnumpy())


class TestLimit:
    @pytest.mark.parametrize("seed", range(8))
    def test_it_is_exact(self, seed, monkeypatch) -> None:
        """With the bytes that it names it binds and runs; with one less it does not."""
        case = random_case(seed, 30)
        needed = sum(map(int, self.named(monkeypatch, case)))
        monkeypatch.setattr(limits, "memory", lambda: Limit(needed))
        executor = case.symbol.bind(mx.cpu(), case.bound())
        for result, value in zip(executor.forward(), case.expected, strict=True):
            np.testing.assert_array_equal(value, result.asnumpy())
        monkeypatch.setattr(limits, "memory", lambda: Limit(needed - 1))
        with pytest.raises(MemoryShortage):
            case.symbol.bind(mx.cpu(), case.bound())

    def named(self, monkeypatch, case):
        monkeypatch.setattr(limits, "memory", lambda: Limit(0))
        with pytest.raises(MemoryShortage) as caught:
            case.symbol.bind(mx.cpu(), case.bound())
        text = re.search(r"need ([\d,]+) bytes, its arrays ([\d,]+),", str(caught.value))
        return [part.replace(",", "") for part in text.groups()]

    @pytest.mark.parametrize("train", [False, True])
    def test_it_is_what_a_run_allocates(self, train, monkeypatch) -> None:
        """What NumPy allocates in bind and a run; without fused groups, which have blocks of their own."""
        symbol = x()
        for k in range(6):
            symbol = mx.sym.tanh(mx.sym.dot(symbol, mx.sym.Variable(f"w{k}"))) + symbol
        bound = {
            name: mx.nd.array(np.full((300, 300), 0.01, np.float32))
            for name in symbol.list_arguments()
        }
        grads = {name: mx.nd.zeros((300, 300)) for name in bound} if train else None
        monkeypatch.setattr(limits, "memory", lambda: Limit(0))
        values, _ = refused(told(symbol.bind, mx.cpu(), bound, args_grad=grads, optimize=False))
        monkeypatch.undo()
        seed = mx.nd.ones((300, 300))
        tracemalloc.start()
        executor = symbol.bind(mx.cpu(), bound, args_grad=grads, optimize=False)
        executor.forward(is_train=train)
        if train:
            executor.backward(seed)
        snapshot = tracemalloc.take_snapshot()
        tracemalloc.stop()
        arrays = snapshot.filter_traces([tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)])
        found = sum(trace.size for trace in arrays.traces)
        assert values <= found < values + MIB // 8

    def test_a_containers_limit_is_named(self, monkeypatch) -> None:
        monkeypatch.setattr(limits, "_of_groups", lambda: MIB)
        assert MIB == mx.cpu().memory
        with pytest.raises(MemoryShortage, match="1,048,576 bytes of memory, the limit of its con"):
            (x() * 2).simple_bind(mx.cpu(), x=(MIB,))
        monkeypatch.setattr(limits, "_of_groups", lambda: 2**70)
        assert 2**70 > mx.cpu().memory

    def test_where_the_system_says_nothing_it_is_bound(self, monkeypatch) -> None:
        monkeypatch.setattr(limits, "memory", lambda: None)
        assert mx.cpu().memory is None
        (x() * 2).simple_bind(mx.cpu(), x=(3,))


class TestControlGroups:
    """A container's limit, from files as the kernel writes them."""

    def limit(self, tmp_path, own, files):
        (tmp_path / "own").write_text(own)
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return limits._of_groups(tmp_path, tmp_path / "own")

    def test_version_2(self, tmp_path) -> None:
        assert 5000 == self.limit(tmp_path, "0::/\n", {"memory.max": "5000\n"})

    def test_the_least_of_all_groups_above_holds(self, tmp_path) -> None:
        files = {"a/memory.max": "900\n", "a/b/memory.max": "max\n", "memory.max": "1000\n"}
        assert 900 == self.limit(tmp_path, "0::/a/b\n", files)

    def test_version_1(self, tmp_path) -> None:
        files = {
            "memory/x/memory.limit_in_bytes": "7000\n",
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
        }
        assert 7000 == self.limit(tmp_path, "4:memory:/x\n1:cpu,cpuacct:/x\n0::/\n", files)

    @pytest.mark.parametrize("files", [{}, {"memory.max": "max\n"}, {"memory.max": "?"}])
    def test_no_limit(self, tmp_path, files) -> None:
        assert self.limit(tmp_path, "0::/\n", files) is None


ULIMIT = """
import resource, symbook as mx
def used():
    return int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
x = mx.sym.Variable("x")
(x * 2).simple_bind(mx.cpu(), x=(3,)).forward()
most = used() + 300 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (most, most))
table = mx.sym.dot(x, x)
for size, req in ((8000, "write"), (8000, "null"), (2000, "write")):
    before = used()
    try:
        executor = table.simple_bind(mx.cpu(), grad_req=req, x=(size, size))
        executor.forward(is_train=req == "write")
        if req == "write":
            executor.backward(mx.nd.ones((size, size)))
        print("runs")
    except mx.errors.MemoryShortage as error:
        print(str(error).splitlines()[0].split(", and ")[0], "of `ulimit -v`" in str(error))
        assert used() - before < 2**21
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what is used")
def test_ulimit() -> None:
    """In a process that may have 300 MiB more than it has; a smaller graph binds and runs there."""
    done = subprocess.run(
        [sys.executable, "-c", ULIMIT], capture_output=True, text=True, timeout=120
    )
    assert "" == done.stderr
    # x, and its gradient; the product, and backward both parts of the gradient.
    assert re.fullmatch(
        r"the values of this graph need (\d{3},\d{3},\d{3}) bytes, its new arrays 512,000,000 True\n"
        r"the values of this graph need 256,000,000 bytes, its new arrays 256,000,000 True\n"
        r"runs\n",
        done.stdout,
    )
