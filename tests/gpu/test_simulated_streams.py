"""The simulated GPU's streams, events, graphs and memory: mistakes are found, what is right is let be."""

from __future__ import annotations

import numpy as np
import pytest
from simulated import Race, installed

from symbook.cuda import Kernel

_SCALE = Kernel(
    "scaled_for_a_test",
    """KERNEL scaled_for_a_test(const T* x, T* y, long long n, double by) {
    FOR_EACH(i, n) y[i] = x[i] * T(by);
}""",
    ["float32"],
    listed=False,
)


@pytest.fixture
def cp(simulation):
    import cupy

    return cupy


def scale(cp, x, y, by):
    _SCALE(cp, "float32", (x, y, x.size, by), size=x.size)


# Streams and events


def test_a_missing_wait_is_found(cp, simulation):
    x = cp.zeros(4)
    stream = cp.cuda.Stream(non_blocking=True)
    with pytest.raises(Race, match="cupy_add"), stream:
        cp.add(x, 1, x)
    simulation.races.clear()


def test_an_event_orders_streams(cp):
    x = cp.zeros(4)
    event = cp.cuda.get_current_stream().record()
    stream = cp.cuda.Stream(non_blocking=True)
    stream.wait_event(event)
    with stream:
        cp.add(x, 1, x)
    stream.synchronize()
    assert x.get().tolist() == [1, 1, 1, 1]


def test_a_blocking_stream_waits_for_the_null_stream(cp):
    x = cp.zeros(4)
    with cp.cuda.Stream():
        cp.add(x, 1, x)
    assert x.get().tolist() == [1, 1, 1, 1]


def test_memory_used_after_it_was_given_back_is_found(cp, simulation):
    x = cp.zeros(1000)
    stream = cp.cuda.Stream(non_blocking=True)
    stream.wait_event(cp.cuda.get_current_stream().record())
    with stream:
        y = x + 1
    del x
    with pytest.raises(Race, match="malloc"):
        cp.empty(1000)
    simulation.races.clear()
    assert y.size == 1000


def test_what_cannot_be_captured_is_refused(cp):
    stream = cp.cuda.Stream(non_blocking=True)
    x = cp.zeros(4)
    for mistake in (lambda: cp.empty(3), lambda: x.get(), stream.synchronize, lambda: x + 1):
        with stream:
            stream.begin_capture()
            with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="Capture"):
                mistake()
            with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="Invalidated"):
                stream.end_capture()


def test_a_graph_is_launched_again(cp):
    x, y = cp.arange(10, dtype=np.float32), cp.zeros(10, np.float32)
    scale(cp, x, y, 2.0)
    assert y.get().tolist() == [2.0 * i for i in range(10)]
    stream = cp.cuda.Stream(non_blocking=True)
    with stream:
        stream.begin_capture()
        scale(cp, x, y, 3.0)
        graph = stream.end_capture()
    assert y.get()[1] == 2
    graph.launch()
    assert y.get().tolist() == [3.0 * i for i in range(10)]


def test_branches_of_a_graph_join(cp, simulation):
    x, y, z = (cp.ones(10, np.float32) for _ in range(3))
    main, side = (cp.cuda.Stream(non_blocking=True) for _ in range(2))
    cp.cuda.Device().synchronize()
    with main:
        main.begin_capture()
        scale(cp, x, y, 2.0)
        side.wait_event(main.record())
        with side:
            assert side.is_capturing()
            scale(cp, y, z, 3.0)
        scale(cp, y, x, 5.0)
        with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="Unjoined"):
            main.end_capture()

        main.begin_capture()
        scale(cp, x, y, 2.0)
        side.wait_event(main.record())
        with side:
            scale(cp, y, z, 3.0)
        scale(cp, y, x, 5.0)
        main.wait_event(side.record())
        graph = main.end_capture()
        graph.launch()
        main.synchronize()
    assert (x.get()[0], y.get()[0], z.get()[0]) == (10, 2, 6)
    assert not side.is_capturing()


def test_a_race_in_a_graph_is_found(cp, simulation):
    x, y = (cp.ones(10, np.float32) for _ in range(2))
    main, side = (cp.cuda.Stream(non_blocking=True) for _ in range(2))
    with main:
        main.begin_capture()
        side.wait_event(main.record())
        with side:
            scale(cp, x, y, 3.0)
        with pytest.raises(Race, match="in a graph"):
            scale(cp, x, y, 5.0)
    simulation.races.clear()


def test_the_null_stream_cannot_wait_for_a_captured_stream(cp):
    x = cp.zeros(4)
    stream = cp.cuda.Stream()
    stream.begin_capture()
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="Implicit"):
        x.fill(1)
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="Invalidated"):
        stream.end_capture()


# Orders


def test_orders_that_are_allowed_are_taken():
    """Two streams write the same memory: each is last for some seed."""
    seen = set()
    for seed in range(20):
        with installed(seed) as world:
            import cupy as cp

            world.tolerant = True
            x = cp.zeros(1)
            for number in (1, 2):
                with cp.cuda.Stream():
                    x.fill(number)
            cp.cuda.Device().synchronize()
            seen.add(x.get().tolist()[0])
    assert seen == {1, 2}


def test_work_is_late(cp, simulation):
    simulation.eagerness = 0
    x = cp.zeros(3)
    event = cp.cuda.get_current_stream().record()
    assert not event.done
    assert not cp.cuda.get_current_stream().done
    later = cp.cuda.get_current_stream().record()
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="NotReady"):
        cp.cuda.get_elapsed_time(event, later)
    x.get()
    later.synchronize()
    assert event.done
    assert cp.cuda.get_elapsed_time(event, later) > 0


def test_a_copy_takes_what_the_host_had(cp, simulation):
    simulation.eagerness = 0
    host = np.ones(3)
    x = cp.asarray(host)
    host[:] = 7
    assert x.get().tolist() == [1, 1, 1]


def test_pinned_memory_is_read_when_the_copy_is_due(cp, simulation):
    simulation.eagerness = 0
    memory = cp.cuda.alloc_pinned_memory(24)
    host = np.frombuffer(memory, np.float64, 3)
    host[:] = 1
    x = cp.empty(3)
    x.data.copy_from_host_async(memory.ptr, 24)
    host[:] = 7
    assert x.get().tolist() == [7, 7, 7]


def test_the_same_part_is_what_collides(cp):
    x = cp.zeros((4, 4))
    ready = cp.cuda.get_current_stream().record()
    for column in range(4):
        stream = cp.cuda.Stream(non_blocking=True)
        stream.wait_event(ready)
        with stream:
            x[:, column] = column
    cp.cuda.Device().synchronize()
    assert x.get()[2].tolist() == [0, 1, 2, 3]


# Memory


def test_memory_goes_back_to_its_stream(cp):
    stream = cp.cuda.Stream()
    x = cp.zeros(1000)
    place = x.data.ptr
    del x
    with stream:
        assert cp.zeros(1000).data.ptr != place
    assert cp.zeros(1000).data.ptr == place


def test_the_pool_counts(cp, simulation):
    pool = cp.get_default_memory_pool()
    assert (pool.used_bytes(), pool.total_bytes()) == (0, 0)
    x, y = cp.zeros(1, "b"), cp.zeros(200)
    assert pool.used_bytes() == pool.total_bytes() == 512 + 2048
    del y
    assert (pool.used_bytes(), pool.free_bytes(), pool.n_free_blocks()) == (512, 2048, 1)
    pool.free_all_blocks()
    assert (pool.total_bytes(), pool.n_free_blocks()) == (512, 0)
    del x


def test_memory_ends(cp):
    pool = cp.get_default_memory_pool()
    pool.set_limit(size=2**20)
    x = cp.zeros(2**16)
    with pytest.raises(cp.cuda.memory.OutOfMemoryError, match="Out of memory allocating"):
        cp.zeros(2**17)
    del x
    assert cp.zeros(2**17).size
    with installed(memory=2**20):
        import cupy

        with pytest.raises(MemoryError):
            cupy.zeros(2**20)


# Devices


def test_arrays_stay_on_their_device(cp):
    with cp.cuda.Device(1):
        x = cp.zeros(3)
        there = cp.cuda.Stream()
    assert x.device.id == 1
    with pytest.raises(ValueError, match="Array device"):
        x + 1
    with pytest.raises(RuntimeError, match="not created on current device"):
        there.use()
    event = cp.cuda.Event()
    with cp.cuda.Device(1):
        event = cp.cuda.get_current_stream().record()
    cp.cuda.get_current_stream().wait_event(event)
    assert x.copy().device.id == 0
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="InvalidDevice"):
        cp.cuda.Device(2).use()


# Kernels


def test_a_kernel_is_given_what_it_takes(cp):
    x = cp.zeros(10, np.float32)
    function = cp.RawModule(code=_SCALE.source("float32"), options=_SCALE.options).get_function(
        _SCALE.name
    )
    for args in ((x, x, 10, 2), (x, x.astype("d"), 10, 2.0), (x, 3, 10, 2.0), (x, x, 10.0, 2.0)):
        with pytest.raises(TypeError):
            function((1,), (32,), args)
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="InvalidValue"):
        function((1,), (2048,), (x, x, 10, 2.0))


def test_a_kernel_that_writes_outside_its_arrays_is_found(cp, simulation):
    x = cp.ones(256, np.float32)  # longer, so that what is written outside is no rubbish
    y = cp.zeros(128, np.float32)
    _SCALE(cp, "float32", (x, y, 130, 2.0), size=130)
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="IllegalAddress"):
        y.get()
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError, match="IllegalAddress"):
        cp.zeros(3)
    simulation.failure = None
