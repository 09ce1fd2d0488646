"""The executor: what it reads, what it gives, and what it refuses."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case

import symbook as mx
from symbook.errors import ArgumentError, BindError, DeviceError, DTypeError, ShapeError
from symbook.ndarray import NDArray


def two_products():
    a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
    return (a * b) + (c * d)


def arrays(shape=(2, 3), dtype="float32"):
    values = np.arange(1, 1 + 4 * int(np.prod(shape))).reshape((4, *shape))
    return {
        name: mx.nd.array(value, dtype=dtype) for name, value in zip("ABCD", values, strict=True)
    }


def expected(bound):
    a, b, c, d = (bound[name].asnumpy() for name in "ABCD")
    return a * b + c * d


class TestArraysBound:
    def test_the_array_bound_is_the_one_that_is_read(self):
        bound = arrays()
        executor = two_products().bind(mx.cpu(), bound)
        assert executor.arg_dict["A"] is bound["A"]
        before = executor.forward()[0].asnumpy()
        bound["A"][:] = 10
        bound["B"] += 1
        after = executor.forward()[0].asnumpy()
        np.testing.assert_array_equal(expected(bound), after)
        assert not np.array_equal(before, after)

    def test_a_list_binds_in_the_order_of_the_arguments(self):
        bound = arrays()
        executor = two_products().bind(mx.cpu(), list(bound.values()))
        np.testing.assert_array_equal(expected(bound), executor.forward()[0].asnumpy())
        for ours, value in zip(executor.arg_arrays, bound.values(), strict=True):
            assert ours is value

    def test_keywords_of_forward_are_copied_into_the_arrays(self):
        bound = arrays()
        executor = two_products().bind(mx.cpu(), bound)
        executor.forward(A=np.zeros((2, 3)), C=mx.nd.ones((2, 3)))
        np.testing.assert_array_equal(np.zeros((2, 3)), bound["A"].asnumpy())
        np.testing.assert_array_equal(bound["D"].asnumpy(), executor.outputs[0].asnumpy())

    def test_one_name_given_twice_is_one_argument(self):
        symbol = mx.sym.Variable("x") * mx.sym.Variable("x")
        assert ["x"] == symbol.list_arguments()
        (value,) = symbol.bind(mx.cpu(), {"x": mx.nd.array([3])}).forward()
        assert 9 == value.asscalar()

    def test_replacing_a_bound_array_is_refused_because_it_would_not_be_seen(self):
        executor = two_products().bind(mx.cpu(), arrays())
        with pytest.raises(BindError, match="cannot be replaced, only changed"):
            executor.arg_dict["A"] = mx.nd.zeros((2, 3))


class TestRefusals:
    """Each by name, before anything runs; every class is one that code written for MXNet catches."""

    def refused(self, error, builtin, text, **changes):
        bound = {**arrays(), **changes}
        bound = {name: value for name, value in bound.items() if value is not None}
        with pytest.raises(error, match=text) as caught:
            two_products().bind(mx.cpu(), bound)
        assert isinstance(caught.value, (builtin, mx.base.MXNetError))
        assert isinstance(caught.value, builtin)

    def test_missing(self):
        self.refused(BindError, ValueError, "key `B` is missing in `args`", B=None)

    def test_unknown(self):
        self.refused(BindError, ValueError, "'E' in `args` is no argument", E=mx.nd.zeros((2, 3)))

    def test_mis_shaped(self):
        self.refused(
            ShapeError,
            ValueError,
            r"Error in operator _mul\d+: .*\n.*\n.*A  \(2, 3\)",
            B=mx.nd.zeros((4,)),
        )

    def test_mis_typed(self):
        wrong = mx.nd.zeros((2, 3), dtype="int32")
        self.refused(DTypeError, TypeError, "mixed dtypes: float32 and int32", B=wrong)

    @pytest.mark.parametrize("value", [1, [1, 2], np.zeros((2, 3)), "x"], ids=repr)
    def test_no_array(self, value):
        self.refused(ArgumentError, TypeError, "B in `args` is an? .*, and only NDArrays", B=value)

    def test_wrong_device(self):
        class OnGpu(NDArray):
            pass

        elsewhere = OnGpu(np.zeros((2, 3), np.float32), mx.gpu(1))
        self.refused(
            DeviceError,
            RuntimeError,
            r"B is on gpu\(1\), and the graph is bound to cpu\(0\)",
            B=elsewhere,
        )

    def test_a_list_of_the_wrong_length(self):
        with pytest.raises(BindError, match="Length of args does not match"):
            two_products().bind(mx.cpu(), [mx.nd.zeros((1,))])

    def test_no_context(self):
        with pytest.raises(ArgumentError, match="Context type error"):
            two_products().bind("cpu", arrays())

    def test_no_gpu(self):
        if mx.num_gpus():
            pytest.skip("there is a GPU here")
        with pytest.raises(DeviceError, match=r"gpu\(0\) cannot be used"):
            two_products().bind(mx.gpu(), arrays())

    @pytest.mark.parametrize(
        ("values", "error", "text"),
        [
            ({"Z": np.zeros((2, 3))}, TypeError, "Unknown argument Z"),
            (
                {"A": [[1, 2, 3]]},
                ValueError,
                "only accept keyword argument of NDArrays and numpy.ndarray",
            ),
            (
                {"A": np.zeros((3, 2))},
                ValueError,
                r"Argument A, need: \(2, 3\), received: \(3, 2\)",
            ),
        ],
    )
    def test_forward_checks_all_before_it_copies_any(self, values, error, text):
        bound = arrays()
        executor = two_products().bind(mx.cpu(), bound)
        with pytest.raises(error, match=text):
            executor.forward(B=np.zeros((2, 3)), **values)
        np.testing.assert_array_equal(arrays()["B"].asnumpy(), bound["B"].asnumpy())


class TestOutputs:
    def test_what_forward_returned_is_never_overwritten(self):
        bound = arrays((50, 50))
        executor = two_products().bind(mx.cpu(), bound)
        held, values = [], []
        for k in range(5):
            bound["A"][:] = k
            held.append(executor.forward())
            values.append(expected(bound))
        for result, value in zip(held, values, strict=True):
            np.testing.assert_array_equal(value, result[0].asnumpy())

    def test_a_view_that_is_held_keeps_its_values(self):
        bound = arrays()
        executor = two_products().bind(mx.cpu(), bound)
        row = executor.forward()[0][1]
        before = row.asnumpy()
        bound["A"][:] = 100
        executor.forward()
        np.testing.assert_array_equal(before, row.asnumpy())

    def test_outputs_are_handles_that_show_the_latest_run(self):
        bound = arrays()
        executor = two_products().bind(mx.cpu(), bound)
        handle = executor.outputs[0]
        executor.forward()
        np.testing.assert_array_equal(expected(bound), handle.asnumpy())
        bound["A"][:] = 7
        executor.forward()
        assert (
            handle is executor.outputs[0] is executor.output_dict[executor.symbol.list_outputs()[0]]
        )
        np.testing.assert_array_equal(expected(bound), handle.asnumpy())

    def test_memory_that_nobody_holds_is_used_again(self):
        executor = two_products().bind(mx.cpu(), arrays((100, 100)))
        executor.forward()
        address = executor.outputs[0]._data.ctypes.data
        for _ in range(3):
            executor.forward()
            assert address == executor.outputs[0]._data.ctypes.data
        held = executor.forward()
        assert held[0]._data.ctypes.data == address
        executor.forward()
        assert address != executor.outputs[0]._data.ctypes.data

    @pytest.mark.parametrize(
        "make",
        [
            lambda x: x,
            lambda x: mx.sym.reshape(x, shape=(-1,)),
            lambda x: mx.sym.Group([x, x]),
            lambda x: mx.sym.transpose(mx.sym.identity(x)),
            lambda x: mx.sym.Group([x + 1, mx.sym.reshape(x + 1, shape=(-1,))]),
            lambda x: (lambda y: mx.sym.Group([y, mx.sym.reshape(y, shape=(-1,)), y]))(x + 1),
        ],
        ids=[
            "argument",
            "view",
            "twice",
            "view of a view",
            "a value and another's view",
            "a value and its own view",
        ],
    )
    def test_outputs_share_memory_with_nothing(self, make):
        x = mx.nd.array(np.arange(6.0).reshape(2, 3))
        executor = make(mx.sym.Variable("x")).bind(mx.cpu(), {"x": x})
        results = executor.forward()
        before = [result.asnumpy() for result in results]
        x[:] = -1
        for i, result in enumerate(results):
            np.testing.assert_array_equal(before[i], result.asnumpy())
            assert result._data.flags.c_contiguous
            for other in results[:i]:
                assert not np.shares_memory(result._data, other._data)

    def test_output_dict_refuses_names_that_clash(self):
        x = mx.sym.Variable("x")
        executor = mx.sym.Group([x, x]).bind(mx.cpu(), {"x": mx.nd.zeros((1,))})
        with pytest.raises(ValueError, match="outputs share a name"):
            _ = executor.output_dict

    @settings(deadline=None, max_examples=40)
    @given(seed=st.integers(0, 2**32))
    def test_held_results_of_any_graph_stay_true(self, seed):
        case = random_case(seed)
        bound = case.bound()
        executor = case.symbol.bind(mx.cpu(), bound)
        first = executor.forward()
        for value in bound.values():
            value[:] = 1
        executor.forward()
        executor.trace()
        for result, value in zip(first, case.expected, strict=True):
            np.testing.assert_array_equal(value, result.asnumpy())


class TestSimpleBind:
    def test_makes_zeros_of_the_inferred_shapes(self):
        executor = two_products().simple_bind(mx.cpu(), A=(2, 3), C=(2, 3))
        assert dict.fromkeys("ABCD", (2, 3)) == {k: v.shape for k, v in executor.arg_dict.items()}
        assert all(not value.asnumpy().any() for value in executor.arg_arrays)
        assert np.float32 == executor.forward()[0].dtype

    def test_types(self):
        executor = two_products().simple_bind(mx.cpu(), type_dict={"A": "int32"}, A=(2,))
        assert np.int32 == executor.arg_dict["D"].dtype

    def test_what_is_missing_is_named(self):
        with pytest.raises(RuntimeError, match="the shape of A, B, C, D cannot be inferred"):
            two_products().simple_bind(mx.cpu())


class TestCopyParams:
    def test_copies(self):
        executor = two_products().bind(mx.cpu(), arrays())
        executor.copy_params_from(
            {"A": mx.nd.ones((2, 3)), "extra": mx.nd.ones((1,))}, allow_extra_params=True
        )
        np.testing.assert_array_equal(np.ones((2, 3)), executor.arg_dict["A"].asnumpy())

    def test_an_unknown_name_copies_nothing(self):
        executor = two_products().bind(mx.cpu(), arrays())
        with pytest.raises(ValueError, match='Find name "zzz" that is not in the arguments'):
            executor.copy_params_from({"A": mx.nd.ones((2, 3)), "zzz": mx.nd.ones((1,))})
        np.testing.assert_array_equal(arrays()["A"].asnumpy(), executor.arg_dict["A"].asnumpy())

    @pytest.mark.parametrize("name", ["arg:A", "aux:mean"])
    def test_names_of_a_file_are_not_advised_to_be_left_out(self, name):
        """With allow_extra_params=True, nothing at all would be copied, and wrong numbers would come out."""
        executor = two_products().bind(mx.cpu(), arrays())
        for params in ({"arg_params": {name: mx.nd.ones((2, 3))}},
                       {"arg_params": {}, "aux_params": {name: mx.nd.ones((2, 3))}}):  # fmt: skip
            with pytest.raises(ValueError, match=f'Find name "{name}"') as caught:
                executor.copy_params_from(**params)
            assert "mx.model.load_checkpoint" in caught.value.hint
            assert "allow_extra_params" not in caught.value.hint


class TestReshape:
    def test_smaller_shapes_share_memory(self):
        executor = two_products().bind(mx.cpu(), arrays((4, 3)))
        smaller = executor.reshape(**dict.fromkeys("ABCD", (2, 3)))
        assert [(2, 3)] == [output.shape for output in smaller.forward()]
        assert np.shares_memory(executor.arg_dict["A"]._data, smaller.arg_dict["A"]._data)
        np.testing.assert_array_equal(expected(smaller.arg_dict), smaller.outputs[0].asnumpy())

    def test_growing_must_be_allowed(self):
        executor = two_products().bind(mx.cpu(), arrays())
        with pytest.raises(BindError, match="New shape of A is larger"):
            executor.reshape(**dict.fromkeys("ABCD", (9, 3)))
        bigger = executor.reshape(allow_up_sizing=True, **dict.fromkeys("ABCD", (9, 3)))
        assert (9, 3) == bigger.forward()[0].shape

    def test_changing_what_was_not_named_must_be_allowed(self):
        executor = two_products().bind(mx.cpu(), arrays())
        with pytest.raises(BindError, match="Shape of unspecified argument B would change"):
            executor.reshape(A=(1, 3))
        assert (1, 3) == executor.reshape(partial_shaping=True, A=(1, 3)).arg_dict["D"].shape


class TestWatching:
    def test_a_trace_has_every_node_with_its_values_and_times(self):
        bound = arrays()
        executor = two_products().bind(mx.cpu(), bound)
        trace = executor.trace()
        assert ["elemwise_add", "elemwise_mul", "elemwise_mul"] == sorted(
            record.op for record in trace
        )
        assert len(trace) == 3
        a, b = bound["A"].asnumpy(), bound["B"].asnumpy()
        product = trace[executor.symbol.get_internals().list_outputs()[2].removesuffix("_output")]
        assert ("A", "B") == product.input_names
        np.testing.assert_array_equal(a, product.inputs[0].asnumpy())
        np.testing.assert_array_equal(a * b, product.outputs[0].asnumpy())
        assert all(0 <= record.start <= record.end <= trace.seconds for record in trace.records)
        bound["A"][:] = 0
        np.testing.assert_array_equal(a, product.inputs[0].asnumpy())

    def test_a_trace_shows_in_the_outputs(self):
        bound = arrays()
        executor = two_products().bind(mx.cpu(), bound)
        trace = executor.trace(A=np.zeros((2, 3)))
        np.testing.assert_array_equal(expected(bound), executor.outputs[0].asnumpy())
        np.testing.assert_array_equal(expected(bound), trace.outputs[0].asnumpy())

    def test_the_monitor_sees_what_mxnets_sees(self):
        """Names and order as MXNet 1.9.1 calls back, for `monitor_all` too, with names as text."""
        with mx.name.NameManager():
            symbol = mx.sym.Variable("a") + mx.sym.Variable("b")
        executor = symbol.bind(mx.cpu(), {"a": mx.nd.ones((2,)), "b": mx.nd.ones((2,))})
        seen = []
        executor.set_monitor_callback(
            lambda name, array: seen.append((name, array.asnumpy().tolist()))
        )
        executor.forward()
        assert [("_plus0_output", [2, 2])] == seen
        executor.set_monitor_callback(None)
        executor.forward()
        assert 1 == len(seen)

    def test_debug_str_tells_the_graph_and_its_memory(self):
        executor = two_products().bind(mx.cpu(), arrays((1000, 1000)), optimize=False)
        text = executor.debug_str()
        assert text.startswith("Symbol Outputs:\n\toutput[0]=")
        assert "Total 7 MB allocated" in text  # two products of 4,000,000 bytes

    def test_the_plan_prints(self):
        text = str(two_products().bind(mx.cpu(), arrays()).plan)
        assert "3 steps, 48 bytes in 2 buffers" == text.splitlines()[0]
        assert ["[output]", "after", "0,", "1"] == text.splitlines()[3].split()[-4:]


class TestFeeding:
    """What `forward(**inputs)` and `copy_params_from` do to the arrays bound."""

    def bound(self, **given):
        a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
        return (a - b).bind(mx.cpu(), {"a": mx.nd.array([1, 2]), "b": mx.nd.array([5, 5]), **given})

    def test_two_arguments_can_change_places(self):
        executor = self.bound()
        old = dict(executor.arg_dict)
        (result,) = executor.forward(a=old["b"], b=old["a"].reshape((2,)))
        np.testing.assert_array_equal(result.asnumpy(), [4, 3])

    @pytest.mark.parametrize(
        "bad", [np.array(["x", "y"]), np.array([1j, 2]), np.array([None, 1])], ids=str
    )
    def test_a_bad_value_leaves_all_as_it_was(self, bad):
        executor = self.bound()
        for feed in (lambda: executor.forward(a=np.zeros(2), b=bad),
                     lambda: executor.copy_params_from({"a": mx.nd.zeros((2,)), "b": bad})):  # fmt: skip
            with pytest.raises(ArgumentError, match="of numbers"):
                feed()
            np.testing.assert_array_equal(executor.arg_dict["a"].asnumpy(), [1, 2])

    def test_a_read_only_array_leaves_all_as_it_was(self):
        fixed = np.array([5, 5], np.float32)
        fixed.flags.writeable = False
        executor = self.bound(b=mx.nd.from_numpy(fixed))
        with pytest.raises(ValueError, match="read-only"):
            executor.forward(a=np.zeros(2), b=np.zeros(2))
        np.testing.assert_array_equal(executor.arg_dict["a"].asnumpy(), [1, 2])

    @pytest.mark.parametrize(
        "change",
        [
            lambda bound: bound.update(a=mx.nd.zeros((2,))),
            lambda bound: bound.pop("a"),
            lambda bound: bound.clear(),
            lambda bound: bound.setdefault("c", mx.nd.zeros((2,))),
            lambda bound: bound.__delitem__("a"),
        ],
        ids=["update", "pop", "clear", "setdefault", "del"],
    )
    def test_what_is_bound_stays_bound(self, change):
        executor = self.bound()
        with pytest.raises(BindError, match="cannot be changed"):
            change(executor.arg_dict)
        assert list(executor.arg_dict) == ["a", "b"]

    def test_what_is_no_dict_and_no_function_is_refused_at_once(self):
        executor = self.bound()
        with pytest.raises(ArgumentError, match="dict of str to NDArray, not 5"):
            executor.copy_params_from(5)
        with pytest.raises(ArgumentError, match="not 'print'"):
            executor.set_monitor_callback("print")


def test_a_graph_larger_than_memory_is_refused_before_it_runs():
    column, row = mx.sym.Variable("column"), mx.sym.Variable("row")
    table = mx.sym.broadcast_add(column, row, name="table")
    bound = {"column": mx.nd.zeros((10**7, 1)), "row": mx.nd.zeros((1, 10**7))}
    for symbol in (table, mx.sym.sum(table)):
        with pytest.raises(MemoryError, match=r"400,000,000,000,00[04] bytes") as caught:
            symbol.bind(mx.cpu(), bound)
        assert isinstance(caught.value, mx.base.MXNetError)
        assert "table = broadcast_add is the largest: (10000000, 10000000)" in str(caught.value)


def test_a_dropped_executor_frees_its_arrays():
    executor = two_products().bind(mx.cpu(), arrays())
    executor.forward()
    dead = weakref.ref(executor.outputs[0])
    del executor
    gc.collect()
    assert dead() is None


def test_division_by_zero_is_infinity_and_no_warning():
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    (value,) = (x / y).eval(x=mx.nd.array([1, 0, -1]), y=mx.nd.zeros((3,)))
    np.testing.assert_array_equal([np.inf, np.nan, -np.inf], value.asnumpy())


def test_arrays_of_no_elements_run():
    bound = {name: mx.nd.array(np.zeros((0, 3)), dtype="float32") for name in "ABCD"}
    (value,) = two_products().bind(mx.cpu(), bound).forward()
    assert (0, 3) == value.shape


def test_its_text_form_says_what_is_bound_where():
    executor = mx.sym.relu(mx.sym.var("a"), name="y").bind(mx.cpu(), {"a": mx.nd.ones((2,))})
    assert "<Executor of y on cpu(0): 1 argument, 1 step>" == str(executor)


@pytest.mark.parametrize("value", ["no", 0, None])
def test_optimize_is_true_or_false(value):
    with pytest.raises(ArgumentError, match="`optimize` is True or False"):
        mx.sym.var("a").bind(mx.cpu(), {"a": mx.nd.ones((2,))}, optimize=value)
