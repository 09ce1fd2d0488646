"""Operators of one's own: MXNet's CustomOp, and the decorator."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from gradients import check_numeric_gradient

import symbook as mx
import symbook.defining
from symbook.errors import GradientError, ShapeError, SymbookError

DATA = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]])
LABEL = np.array([2.0, 0.0])


class Softmax(mx.operator.CustomOp):
    """MXNet's tutorial example: softmax with the gradient of its cross-entropy."""

    def forward(self, is_train, req, in_data, out_data, aux):
        x = in_data[0].asnumpy()
        y = np.exp(x - x.max(axis=1, keepdims=True))
        self.assign(out_data[0], req[0], mx.nd.array(y / y.sum(axis=1, keepdims=True)))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        y = out_data[0].asnumpy()
        y[np.arange(len(y)), in_data[1].asnumpy().astype(int)] -= 1
        self.assign(in_grad[0], req[0], mx.nd.array(y))


@mx.operator.register("softmax_for_test")
class SoftmaxProp(mx.operator.CustomOpProp):
    def __init__(self):
        super().__init__(need_top_grad=False)

    def list_arguments(self):
        return ["data", "label"]

    def infer_shape(self, in_shape):
        return [in_shape[0], (in_shape[0][0],)], [in_shape[0]], []

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Softmax()


class Counting(mx.operator.CustomOp):
    """x·scale and x + 1; keeps the mean of what it saw as an auxiliary state, and counts its calls."""

    def __init__(self, scale):
        self.scale, self.calls = scale, 0

    def forward(self, is_train, req, in_data, out_data, aux):
        self.calls += 1
        self.is_train = is_train
        self.assign(out_data[0], req[0], in_data[0] * self.scale)
        self.assign(out_data[1], req[1], in_data[0] + 1)
        aux[0][:] = in_data[0].mean()

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        assert self.calls == 1, "each executor has an operator of its own"
        self.assign(in_grad[0], req[0], out_grad[0] * self.scale + out_grad[1])
        aux[0][:] += 100


@mx.operator.register("counting_for_test")
class CountingProp(mx.operator.CustomOpProp):
    def __init__(self, scale="2"):
        super().__init__()
        self.scale = float(scale)

    def list_outputs(self):
        return ["scaled", "more"]

    def list_auxiliary_states(self):
        return ["mean"]

    def infer_shape(self, in_shape):
        return in_shape, [in_shape[0], in_shape[0]], [(1,)]

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Counting(self.scale)


def softmax_symbol():
    return mx.sym.Custom(data=mx.sym.Variable("x"), name="softmax", op_type="softmax_for_test")


def expected_softmax():
    y = np.exp(DATA)
    return y / y.sum(axis=1, keepdims=True)


class TestCustom:
    def test_it_composes_and_infers(self):
        symbol = softmax_symbol()
        assert ["x", "softmax_label"] == symbol.list_arguments()
        assert ["softmax_output"] == symbol.list_outputs()
        assert ([(2, 3), (2,)], [(2, 3)], []) == symbol.infer_shape(x=(2, 3))
        assert {"op_type": "softmax_for_test"} == symbol.list_attr()

    def test_it_runs_forward_and_backward_like_the_built_in_one(self):
        args = {"x": mx.nd.array(DATA), "softmax_label": mx.nd.array(LABEL)}
        grads = {"x": mx.nd.zeros((2, 3))}
        executor = softmax_symbol().bind(mx.cpu(), args, args_grad=grads)
        (out,) = executor.forward(is_train=True)
        executor.backward()
        np.testing.assert_allclose(expected_softmax(), out.asnumpy(), rtol=1e-6)
        hot = np.eye(3)[LABEL.astype(int)]
        np.testing.assert_allclose(expected_softmax() - hot, grads["x"].asnumpy(), rtol=1e-5)

    def test_arrays_at_once(self):
        out = mx.nd.Custom(mx.nd.array(DATA), mx.nd.array(LABEL), op_type="softmax_for_test")
        np.testing.assert_allclose(expected_softmax(), out.asnumpy(), rtol=1e-6)

    def test_states_outputs_and_parameters(self):
        with mx.name.NameManager():
            symbol = mx.sym.Custom(mx.sym.Variable("x"), op_type="counting_for_test", scale=3)
        assert ["custom0_scaled", "custom0_more"] == symbol.list_outputs()
        assert ["custom0_mean"] == symbol.list_auxiliary_states()
        executor = symbol.simple_bind(mx.cpu(), x=(2, 3))
        executor.arg_dict["x"][:] = mx.nd.array(DATA)
        scaled, more = executor.forward(is_train=True)
        np.testing.assert_allclose(3 * DATA, scaled.asnumpy(), rtol=1e-6)
        np.testing.assert_allclose(DATA + 1, more.asnumpy(), rtol=1e-6)
        np.testing.assert_allclose(DATA.mean(), executor.aux_dict["custom0_mean"].asscalar())
        executor.backward([mx.nd.ones((2, 3)), mx.nd.ones((2, 3)) * 5])
        np.testing.assert_array_equal(np.full((2, 3), 8), executor.grad_dict["x"].asnumpy())
        np.testing.assert_allclose(
            DATA.mean() + 100, executor.aux_dict["custom0_mean"].asscalar(), rtol=1e-6
        )

    def test_one_output_without_a_gradient_has_zeros(self):
        symbol = mx.sym.Custom(mx.sym.Variable("x"), op_type="counting_for_test")[1]
        executor = symbol.simple_bind(mx.cpu(), x=(2, 3))
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2, 3)))
        np.testing.assert_array_equal(np.ones((2, 3)), executor.grad_dict["x"].asnumpy())

    def test_executors_of_one_symbol_keep_apart(self):
        symbol = mx.sym.Custom(mx.sym.Variable("x"), op_type="counting_for_test")
        first, second = (symbol.simple_bind(mx.cpu(), x=(2, 3)) for _ in range(2))
        first.forward(is_train=True)
        second.forward(is_train=True)
        for executor in (first, second):
            executor.backward([mx.nd.ones((2, 3))] * 2)

    def test_files_keep_it(self):
        symbol = mx.sym.load_json(softmax_symbol().tojson())
        assert ["x", "softmax_label"] == symbol.list_arguments()
        out = symbol.eval(x=mx.nd.array(DATA), softmax_label=mx.nd.array(LABEL))[0]
        np.testing.assert_allclose(expected_softmax(), out.asnumpy(), rtol=1e-6)

    def test_it_is_stepped_through(self):
        executor = softmax_symbol().simple_bind(mx.cpu(), x=(2, 3))
        assert ["Custom"] == [record.op for record in executor.trace().records]

    def test_what_the_user_raises_comes_out_with_the_node(self):
        class Failing(mx.operator.CustomOp):
            def forward(self, is_train, req, in_data, out_data, aux):
                raise ZeroDivisionError("of the user")

        @mx.operator.register("failing_for_test")
        class FailingProp(mx.operator.CustomOpProp):
            def create_operator(self, ctx, in_shapes, in_dtypes):
                return Failing()

        symbol = mx.sym.Custom(mx.sym.Variable("x"), name="f", op_type="failing_for_test")
        executor = symbol.simple_bind(mx.cpu(), x=(2,))
        with pytest.raises(ZeroDivisionError, match="of the user") as caught:
            executor.forward()
        assert "f = Custom" in "".join(caught.value.__notes__)

    @pytest.mark.parametrize(
        ("call", "error", "text"),
        [
            (lambda x: mx.sym.Custom(x), ValueError, "op_type"),
            (
                lambda x: mx.sym.Custom(x, op_type="softmax_for_tset"),
                ValueError,
                "softmax_for_tset",
            ),
            (
                lambda x: mx.sym.Custom(x, op_type="counting_for_test", depth=3),
                ValueError,
                "depth",
            ),
            (lambda x: mx.sym.Custom(x, x, x, op_type="counting_for_test"), ValueError, "inputs"),
            (lambda x: mx.operator.register("r")(Softmax), TypeError, "CustomOpProp"),
        ],
    )
    def test_mistakes(self, call, error, text):
        with pytest.raises(error, match=text) as caught:
            call(mx.sym.Variable("x"))
        assert isinstance(caught.value, SymbookError)

    def test_a_property_that_fails_is_named(self):
        @mx.operator.register("shapeless_for_test")
        class Shapeless(mx.operator.CustomOpProp):
            def infer_shape(self, in_shape):
                return [in_shape[0]], [in_shape[7]], []

        symbol = mx.sym.Custom(mx.sym.Variable("x"), op_type="shapeless_for_test")
        with pytest.raises(
            ValueError, match="infer_shape of shapeless_for_test failed: IndexError"
        ):
            symbol.infer_shape(x=(2, 3))

    @pytest.mark.parametrize(
        ("answer", "text"),
        [
            (lambda shapes: shapes[0], r"must give lists for inputs, .*, and gave \[1\]"),
            (lambda shapes: (shapes, shapes[0]), r"must give lists of shapes, and gave"),
        ],
    )
    def test_shapes_that_are_none_are_named(self, answer, text):
        @mx.operator.register("misshaped_for_test")
        class Misshaped(mx.operator.CustomOpProp):
            def infer_shape(self, in_shape):
                return answer(in_shape)

        symbol = mx.sym.Custom(mx.sym.Variable("x"), op_type="misshaped_for_test")
        with pytest.raises(ValueError, match=f"infer_shape of misshaped_for_test {text}"):
            symbol.infer_shape(x=(1,))


@pytest.fixture
def swish():
    def gradient(F, g, y, x, beta):
        s = F.sigmoid(beta * x)
        return g * (s + beta * y * (1 - s))

    @mx.operator.define(gradient=gradient)
    def swish_for_test(xp, x, *, beta: float = 1.0):
        """x times the sigmoid of beta times x."""
        return x / (1 + xp.exp(-beta * x))

    return swish_for_test


class TestDefine:
    def test_symbols_and_arrays(self, swish):
        with mx.name.NameManager():
            symbol = swish(mx.sym.Variable("x"), beta=2)
        assert ["swish_for_test0_output"] == symbol.list_outputs()
        assert {"beta": "2"} == symbol.list_attr()
        expected = DATA / (1 + np.exp(-2 * DATA))
        (out,) = symbol.eval(x=mx.nd.array(DATA))
        np.testing.assert_allclose(expected, out.asnumpy(), rtol=1e-6)
        np.testing.assert_allclose(expected, swish(mx.nd.array(DATA), beta=2).asnumpy(), rtol=1e-6)
        assert "swish_for_test" in repr(swish)

    def test_it_is_one_of_the_functions(self, swish):
        x = mx.sym.Variable("x")
        assert ["x"] == mx.sym.swish_for_test(x).list_arguments()
        assert "x times the sigmoid" in mx.nd.swish_for_test.__doc__
        assert "swish_for_test" == mx.sym.search("sigmoid of beta")[0].name
        with pytest.raises(ValueError, match="beta"):
            swish(x, beta="b")

    def test_its_gradient_is_right_and_is_differentiated_again(self, swish):
        symbol = swish(mx.sym.Variable("x"), beta=2)
        check_numeric_gradient(symbol, {"x": DATA})
        check_numeric_gradient(symbol.gradient("x"), {"x": DATA})

    def test_files_keep_it(self, swish):
        symbol = mx.sym.load_json(swish(mx.sym.Variable("x"), beta=2).tojson())
        (out,) = symbol.eval(x=mx.nd.array(DATA))
        np.testing.assert_allclose(DATA / (1 + np.exp(-2 * DATA)), out.asnumpy(), rtol=1e-6)

    def test_float32_stays_float32(self, swish):
        @mx.operator.define
        def widened_for_test(xp, x):
            return xp.multiply(x, np.float64(0.5), dtype="float64")

        assert np.float32 == widened_for_test(mx.nd.array(DATA)).dtype

    def test_inputs_broadcast_unless_a_shape_is_given(self):
        @mx.operator.define
        def sum_for_test(xp, a, b):
            return a + b

        assert (2, 3) == sum_for_test(mx.nd.ones((2, 1)), mx.nd.ones((1, 3))).shape

        @mx.operator.define(shape=lambda x, n: (n, *x))
        def repeated_for_test(xp, x, *, n: int):
            return xp.stack([x] * n)

        symbol = repeated_for_test(mx.sym.Variable("x"), n=4)
        assert [(4, 2)] == symbol.infer_shape(x=(2,))[1]
        assert (4, 2) == symbol.eval(x=mx.nd.ones(2))[0].shape

    def test_several_outputs(self):
        @mx.operator.define(
            outputs=("low", "high"),
            shape=lambda x: [x[1:], x[1:]],
            gradient=lambda F, g, y, x: F.broadcast_mul(g[1], x) if g[0] is None else None,
        )
        def range_for_test(xp, x):
            return x.min(axis=0), x.max(axis=0)

        low, high = range_for_test(mx.nd.array(DATA))
        np.testing.assert_array_equal(DATA.min(axis=0), low.asnumpy())
        np.testing.assert_array_equal(DATA.max(axis=0), high.asnumpy())
        with mx.name.NameManager():
            symbol = range_for_test(mx.sym.Variable("x"))
        assert ["range_for_test0_low", "range_for_test0_high"] == symbol.list_outputs()

    def test_state_and_mode(self):
        @mx.operator.define
        def counted_for_test(xp, x, *, is_train, state):
            state["calls"] = state.get("calls", 0) + 1
            return x * state["calls"] * (10 if is_train else 1)

        symbol = counted_for_test(mx.sym.Variable("x"))
        executor = symbol.simple_bind(mx.cpu(), x=(1,), grad_req="null")
        executor.arg_dict["x"][:] = 1
        assert [1, 2, 30] == [
            executor.forward(is_train=mode)[0].asscalar() for mode in (False, False, True)
        ]
        assert 1 == symbol.eval(x=mx.nd.ones(1))[0].asscalar()

    def test_defined_again_it_is_the_new_one(self):
        def make(factor):
            @mx.operator.define(name="scaled_for_test")
            def scaled(xp, x):
                return x * factor

            return scaled

        make(2)
        old = mx.sym.scaled_for_test(mx.sym.Variable("x"))
        make(3)
        assert 3 == mx.nd.scaled_for_test(mx.nd.ones(1)).asscalar()
        assert 2 == old.eval(x=mx.nd.ones(1))[0].asscalar()

    def test_without_a_gradient_it_says_so(self):
        @mx.operator.define
        def plain_for_test(xp, x):
            return x

        with pytest.raises(GradientError, match="plain_for_test has no gradient"):
            plain_for_test(mx.sym.Variable("x")).simple_bind(mx.cpu(), x=(1,))

    @pytest.mark.parametrize(
        ("define", "error", "text"),
        [
            (
                lambda: mx.operator.define(lambda xp, x: x, name="exp"),
                ValueError,
                "'exp' is the name",
            ),
            (lambda: mx.operator.define(lambda x: x, name="n"), TypeError, "must be xp"),
            (lambda: mx.operator.define(3), TypeError, "not 3"),
            (lambda: mx.operator.define(lambda xp, x: x), ValueError, "'<lambda>'"),
            (lambda: mx.operator.define(lambda xp, x, p=2: x, name="n"), ValueError, "put a star"),
            (lambda: mx.operator.define(lambda xp, x, *, p: x, name="n"), ValueError, "no type"),
        ],
    )
    def test_mistakes(self, define, error, text):
        with pytest.raises(error, match=text) as caught:
            define()
        assert isinstance(caught.value, SymbookError)

    def test_a_result_of_another_shape_is_an_error(self):
        @mx.operator.define
        def shorter_for_test(xp, x):
            return x[1:]

        with pytest.raises(ValueError, match=r"gave \(2,\), and inference says \(3,\)"):
            shorter_for_test(mx.sym.Variable("x")).eval(x=mx.nd.ones(3))

    def test_a_result_that_is_an_input_has_memory_of_its_own(self):
        @mx.operator.define
        def same_for_test(xp, x):
            return x

        a = mx.nd.ones(2)
        same_for_test(a)[:] = 5
        np.testing.assert_array_equal([1, 1], a.asnumpy())
        output = same_for_test(mx.sym.Variable("x")).eval(x=a)[0]
        a[:] = 7
        np.testing.assert_array_equal([1, 1], output.asnumpy())

    def test_inputs_cannot_be_changed_in_place(self):
        @mx.operator.define
        def greedy_for_test(xp, x):
            x += 1
            return x

        a = mx.nd.ones(2)
        with pytest.raises(ValueError, match="read-only"):
            greedy_for_test(a)
        np.testing.assert_array_equal([1, 1], a.asnumpy())

    def test_gradients_of_inputs_that_broadcast_are_summed(self):
        @mx.operator.define(gradient=lambda F, g, y, a, b: (g, g * 2))
        def added_for_test(xp, a, b):
            return a + 2 * b

        symbol = added_for_test(mx.sym.Variable("a"), mx.sym.Variable("b"))
        executor = symbol.simple_bind(mx.cpu(), a=(2, 3), b=(3,))
        executor.forward(is_train=True)
        executor.backward(mx.nd.array([[1, 2, 3], [4, 5, 6]]))
        np.testing.assert_array_equal([10, 14, 18], executor.grad_dict["b"].asnumpy())
        np.testing.assert_array_equal([[1, 2, 3], [4, 5, 6]], executor.grad_dict["a"].asnumpy())

    def test_a_gradient_of_another_shape_is_an_error(self):
        @mx.operator.define(gradient=lambda F, g, y, x: F.sum(g))
        def summed_for_test(xp, x):
            return x

        with pytest.raises(GradientError, match=r"of x has the shape \(1,\), and x has \(3,\)"):
            summed_for_test(mx.sym.Variable("x")).simple_bind(mx.cpu(), x=(3,))
        behind = summed_for_test(mx.sym.exp(mx.sym.Variable("x"), name="e"))
        with pytest.raises(GradientError, match=r"of e has the shape \(1,\), and e has \(3,\)"):
            behind.simple_bind(mx.cpu(), x=(3,))
        blocked = summed_for_test(mx.sym.BlockGrad(mx.sym.Variable("x") * 2))
        executor = blocked.simple_bind(mx.cpu(), x=(3,))
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones(3))
        np.testing.assert_array_equal([0, 0, 0], executor.grad_dict["x"].asnumpy())

    @pytest.mark.parametrize("shape", [lambda x: 3, lambda x: [(3,), (3,)], lambda x: [3]])
    def test_a_shape_that_is_none_is_an_error(self, shape):
        @mx.operator.define(shape=shape)
        def shapeless_for_test(xp, x):
            return x

        with pytest.raises(ShapeError, match="shape of shapeless_for_test must give a tuple"):
            shapeless_for_test(mx.nd.ones(3))

    def test_too_few_outputs_are_an_error(self):
        @mx.operator.define(outputs=("low", "high"))
        def pair_for_test(xp, x):
            return x

        with pytest.raises(TypeError, match="gave 1 output, not 2"):
            pair_for_test(mx.nd.ones(3))

    def test_the_example_of_the_documentation(self):
        found = doctest.testmod(symbook.defining)
        assert found.attempted >= 3
        assert 0 == found.failed
