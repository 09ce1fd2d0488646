"""What lies between the operators when networks are trained: which losses count, which states change."""

from __future__ import annotations

import numpy as np
import pytest

import symbook as mx

DATA = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], "float32")
WEIGHT = np.array([[0.2, -0.4, 0.1], [0.3, 0.6, -0.5]], "float32")
LABEL = np.array([1, 0], "float32")


def scores() -> mx.sym.Symbol:
    """The product of data and weight, of shape (2, 2)."""
    data, weight = mx.sym.Variable("data"), mx.sym.Variable("weight")
    return mx.sym.FullyConnected(data, weight, num_hidden=2, no_bias=True, name="fc")


def softmax_loss() -> mx.sym.Symbol:
    return mx.sym.SoftmaxOutput(scores(), mx.sym.Variable("label"), name="softmax")


def weight_gradient(symbol: mx.sym.Symbol, **states: mx.nd.NDArray) -> np.ndarray:
    """The gradient of the weight; what flows into each output is ones."""
    arrays = {"data": DATA, "weight": WEIGHT, "label": LABEL, "gamma": [1, 1], "beta": [0, 0]}
    args = {name: mx.nd.array(arrays[name]) for name in symbol.list_arguments()}
    executor = symbol.bind(
        mx.cpu(), args, args_grad={"weight": mx.nd.zeros((2, 3))}, aux_states=states
    )
    outputs = executor.forward(is_train=True)
    executor.backward([mx.nd.ones(output.shape) for output in outputs])
    return executor.grad_dict["weight"].asnumpy()


def softmax_gradient() -> np.ndarray:
    """That of the weight under the cross entropy of the softmax, by hand."""
    powers = np.exp(DATA @ WEIGHT.T)
    chances = powers / powers.sum(axis=1, keepdims=True)
    return (chances - np.eye(2)[LABEL.astype(int)]).T @ DATA


class TestLossesThatNothingAsks:
    """A loss counts wherever it is in the graph, as in MXNet: it takes no notice of what flows back to it."""

    @pytest.mark.parametrize(
        "use",
        [
            mx.sym.BlockGrad,
            lambda loss: mx.sym.argmax(loss, axis=1),
            lambda loss: mx.sym.BlockGrad(mx.sym.square(loss)),
            lambda loss: loss > 0.5,
            mx.sym.zeros_like,
            lambda loss: mx.sym.Group([loss, mx.sym.BlockGrad(loss)]),
        ],
    )
    def test_softmax_output(self, use):
        gradient = weight_gradient(use(softmax_loss()))
        assert np.allclose(gradient, softmax_gradient(), rtol=1e-5)

    def test_beside_another_path(self):
        symbol = mx.sym.Group([mx.sym.BlockGrad(softmax_loss()), scores()])
        expected = softmax_gradient() + np.ones((2, 2)) @ DATA
        assert np.allclose(weight_gradient(symbol), expected, rtol=1e-5)

    @pytest.mark.parametrize("make", [mx.sym.MakeLoss, mx.sym.make_loss])
    def test_make_loss(self, make):
        gradient = weight_gradient(mx.sym.BlockGrad(make(scores())))
        assert np.allclose(gradient, np.ones((2, 2)) @ DATA, rtol=1e-6)

    def test_what_is_no_loss_is_blocked(self):
        gradient = weight_gradient(mx.sym.BlockGrad(mx.sym.tanh(scores())))
        assert not gradient.any()

    def test_the_gradient_graph_has_no_nodes_for_what_is_blocked(self):
        symbol = scores() + mx.sym.BlockGrad(mx.sym.tanh(scores()))
        names = symbol.gradient("weight").get_internals().list_outputs()
        assert not [name for name in names if name.startswith("tanh") and "backward" in name]

    def test_custom_operator(self):
        class Pull(mx.operator.CustomOp):
            def forward(self, is_train, req, in_data, out_data, aux):
                self.assign(out_data[0], req[0], in_data[0])

            def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
                self.assign(in_grad[0], req[0], mx.nd.ones(in_data[0].shape) * 3)

        @mx.operator.register("pull")
        class PullProp(mx.operator.CustomOpProp):
            def __init__(self):
                super().__init__(need_top_grad=False)

            def create_operator(self, ctx, in_shapes, in_dtypes):
                return Pull()

        symbol = mx.sym.BlockGrad(mx.sym.Custom(scores(), op_type="pull"))
        assert np.allclose(weight_gradient(symbol), 3 * np.ones((2, 2)) @ DATA)


@pytest.mark.parametrize(
    "use",
    [
        mx.sym.BlockGrad,
        lambda normal: mx.sym.argmax(normal, axis=1),
        lambda normal: mx.sym.Group([mx.sym.BlockGrad(normal), scores()]),
    ],
)
def test_states_are_updated_behind_what_blocks_gradients(use):
    names = ("gamma", "beta", "mean", "var")
    normal = mx.sym.BatchNorm(scores(), *map(mx.sym.Variable, names), momentum=0.9, name="bn")
    states = {"mean": mx.nd.ones((2,)), "var": mx.nd.ones((2,))}
    weight_gradient(use(normal), **states)
    values = DATA @ WEIGHT.T
    assert np.allclose(states["mean"].asnumpy(), 0.9 + 0.1 * values.mean(axis=0), rtol=1e-5)
    assert np.allclose(states["var"].asnumpy(), 0.9 + 0.1 * values.var(axis=0), rtol=1e-5)


class TestDeclaredShapes:
    """MXNet takes a variable's own shape unless another one is given in full."""

    @pytest.mark.parametrize(
        ("given", "shape"),
        [((4, 5), (4, 5)), ((4, 0), (2, 3)), ((0, 0), (2, 3)), ((0, 7, 8), (2, 3))],
    )
    def test_given_beside_declared(self, given, shape):
        symbol = mx.sym.Variable("x", shape=(2, 3)) + 1
        assert symbol.infer_shape(x=given) == ([shape], [shape], [])

    def test_given_in_part_beside_nothing_declared(self):
        symbol = mx.sym.Variable("x") + mx.sym.Variable("y", shape=(0, 3))
        assert symbol.infer_shape(x=(2, 0))[1] == [(2, 3)]


def test_composing_a_group_names_its_first_output():
    first, second = mx.sym.Variable("a") + 1, mx.sym.exp(mx.sym.Variable("b"), name="second")
    group = mx.sym.Group([first, second])
    assert group(a=mx.sym.Variable("c"), name="new").list_outputs() == [
        "new_output",
        "second_output",
    ]


@pytest.mark.parametrize("name", ["sort", "topk"])
def test_sorting_an_empty_batch_has_an_empty_gradient(name):
    params = {"ret_typ": "value", "k": 2} if name == "topk" else {}
    symbol = getattr(mx.sym, name)(mx.sym.Variable("x"), axis=1, **params)
    empty = mx.nd.array(np.zeros((0, 4, 3)))
    executor = symbol.bind(mx.cpu(), {"x": empty}, args_grad={"x": empty.copy()})
    (output,) = executor.forward(is_train=True)
    executor.backward(output)
    assert executor.grad_dict["x"].shape == (0, 4, 3)


class TestStatesOfAnyBatch:
    """A 0 in the shape of an array made from nothing stands for the size that the graph needs."""

    def test_states_of_an_unrolled_network(self):
        weight, state = mx.sym.Variable("weight"), mx.sym.zeros(shape=(0, 3))
        for step in mx.sym.SliceChannel(mx.sym.Variable("data"), num_outputs=2, squeeze_axis=True):
            turned = mx.sym.FullyConnected(state, weight, num_hidden=3, no_bias=True)
            state = mx.sym.tanh(step + turned)
        assert state.infer_shape(data=(4, 2, 3)) == ([(4, 2, 3), (3, 3)], [(4, 3)], [])
        data, matrix = (
            np.linspace(-1, 1, 24).reshape(4, 2, 3),
            np.linspace(-0.5, 0.7, 9).reshape(3, 3),
        )
        args = {"data": mx.nd.array(data), "weight": mx.nd.array(matrix)}
        executor = state.bind(mx.cpu(), args, args_grad={"weight": mx.nd.zeros((3, 3))})
        (output,) = executor.forward(is_train=True)
        first = np.tanh(data[:, 0])
        second = np.tanh(data[:, 1] + first @ matrix.T)
        assert np.allclose(output.asnumpy(), second, rtol=1e-5)
        executor.backward(mx.nd.ones((4, 3)))
        expected = (1 - second**2).T @ first
        assert np.allclose(executor.grad_dict["weight"].asnumpy(), expected, rtol=1e-4)

    def test_a_file_with_such_states(self):
        symbol = mx.sym.load_json((mx.sym.ones((0, 3)) + mx.sym.Variable("x")).tojson())
        (output,) = symbol.eval(x=mx.nd.array([[1, 2, 3]]))
        assert output.asnumpy().tolist() == [[2, 3, 4]]

    def test_random_numbers(self):
        symbol = mx.sym.Variable("x") - mx.sym.random.uniform(shape=(0, 0))
        (output,) = symbol.eval(x=mx.nd.zeros((20, 30)))
        assert output.shape == (20, 30)
        assert len(np.unique(output.asnumpy())) > 500

    def test_where_nothing_says_more_zero_is_a_size(self):
        symbol = mx.sym.zeros((0, 3)) * 2
        assert symbol.infer_shape() == ([], [(0, 3)], [])
        assert symbol.eval()[0].shape == (0, 3)


def test_gradients_of_predictions_take_states_for_constants():
    symbol = mx.sym.BatchNorm(mx.sym.Variable("x"), fix_gamma=False, eps=0, name="bn")
    args = {
        "x": mx.nd.array(DATA),
        "bn_gamma": mx.nd.array([2, 3, 4]),
        "bn_beta": mx.nd.zeros((3,)),
    }
    states = {"bn_moving_mean": mx.nd.ones((3,)), "bn_moving_var": mx.nd.array([4, 9, 16])}
    grads = {name: mx.nd.zeros(array.shape) for name, array in args.items()}
    executor = symbol.bind(mx.cpu(), args, args_grad=grads, aux_states=states)
    executor.forward(is_train=False)
    executor.backward(mx.nd.ones((2, 3)), is_train=False)
    assert np.allclose(grads["x"].asnumpy(), 1)
    assert np.allclose(grads["bn_gamma"].asnumpy(), (DATA - 1).sum(axis=0) / [2, 3, 4], rtol=1e-5)
    assert states["bn_moving_mean"].asnumpy().tolist() == [1, 1, 1]
    assert states["bn_moving_var"].asnumpy().tolist() == [4, 9, 16]


@pytest.mark.parametrize("squeeze_axis", [False, True])
def test_sizes_flow_from_a_part_to_the_whole(squeeze_axis):
    parts = mx.sym.SliceChannel(
        mx.sym.Variable("x"), num_outputs=3, axis=1, squeeze_axis=squeeze_axis
    )
    symbol = parts[1] + mx.sym.Variable("y")
    part = (2, 4) if squeeze_axis else (2, 1, 4)
    assert symbol.infer_shape(x=(0, 3, 0), y=part) == ([(2, 3, 4), part], [part], [])


class TestShared:
    """What `simple_bind` takes over from others."""

    def test_arguments_and_states_of_another_executor(self):
        net = mx.sym.BatchNorm(mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=3, name="fc"))
        first = net.simple_bind(mx.cpu(), x=(4, 2))
        names = ["fc_weight", "fc_bias"]
        second = net.simple_bind(mx.cpu(), x=(8, 2), shared_exec=first, shared_arg_names=names)
        for name in names:
            assert second.arg_dict[name] is first.arg_dict[name]
            assert second.grad_dict[name] is first.grad_dict[name]
        assert second.arg_dict["x"] is not first.arg_dict["x"]
        for name, state in first.aux_dict.items():
            assert second.aux_dict[name] is state

    def test_a_buffer_is_filled_and_used_again(self):
        net = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=3, name="fc")
        buffer = {}
        first = net.simple_bind(mx.cpu(), x=(4, 2), shared_buffer=buffer)
        assert set(first.arg_dict) == set(buffer)
        second = net.simple_bind(mx.cpu(), x=(2, 2), shared_buffer=buffer)
        second.arg_dict["x"][:] = 7
        np.testing.assert_array_equal([[7, 7], [7, 7]], first.arg_dict["x"].asnumpy()[:2])

    def test_dense_storage_may_be_named(self):
        x = mx.sym.Variable("x")
        mx.sym.exp(x).simple_bind(mx.cpu(), x=(2,), stype_dict={"x": "default"})
        with pytest.raises(ValueError, match="stype_dict"):
            mx.sym.exp(x).simple_bind(mx.cpu(), x=(2,), stype_dict={"x": "csr"})


def test_an_attribute_set_later():
    x = mx.sym.Variable("x")
    symbol = mx.sym.exp(x, name="e")
    x._set_attr(lr_mult="2")
    assert "2" == symbol.attr_dict()["x"]["__lr_mult__"]
    with pytest.raises(ValueError, match="only accepts string values"):
        x._set_attr(lr_mult=2)
