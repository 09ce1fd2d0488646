"""The exercises of lesson 11, a network by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symbook.course import Comparison, Exercise, Mistake, operators, same_function
from symbook.errors import SymbookError
from symbook.symbol import Symbol

_SHAPES = {
    "data": (5, 4),
    "fc1_weight": (8, 4),
    "fc1_bias": (8,),
    "fc2_weight": (3, 8),
    "fc2_bias": (3,),
}


def _relu_network(
    data: Any, fc1_weight: Any, fc1_bias: Any, fc2_weight: Any, fc2_bias: Any
) -> np.ndarray[Any, Any]:
    hidden = np.maximum(data @ fc1_weight.T + fc1_bias, 0)
    found: np.ndarray[Any, Any] = hidden @ fc2_weight.T + fc2_bias
    return found


def _small(small: Symbol) -> Comparison:
    return same_function(small, _relu_network, shapes=_SHAPES)


def _has_grown(small: Symbol) -> bool:
    """Whether it was put on top of another network, with layers of the same names perhaps."""
    try:
        return operators(small).count("FullyConnected") > 2
    except SymbookError as error:
        return "two variables are called" in str(error)


def _sizes(small: Symbol) -> list[int]:
    """How many numbers each of its layers makes."""
    nodes = [node for node in small.graph.nodes if node.op and node.op.name == "FullyConnected"]
    return [int(node.attrs["num_hidden"]) for node in nodes]


def _bend_misplaced(small: Symbol) -> str:
    """Where a relu is that does not belong there; nothing if none is."""
    found = operators(small)
    if found[-1:] == ["Activation"] and found.count("Activation") > 1:
        return "There is a relu after the last layer, too. The network is to end with `fc2`."
    if found[-1:] == ["Activation"]:
        return "The relu comes last here. It is to stand between the two layers."
    if found[:1] == ["Activation"]:
        return "The relu comes first here. It is to stand between the two layers."
    return ""


def _gives_nothing(stepped: Callable[..., Any]) -> bool:
    try:
        return stepped(np.ones(1), np.ones(1), np.ones(1)) is None
    except Exception:  # the function is the learner's, and it has been told already
        return False


def _exchanged(stepped: Callable[..., Any]) -> bool:
    """Whether it would be right if its parameters stood in another order."""

    def taken(order: tuple[int, int, int]) -> Callable[..., Any]:
        def function(weight: Any, gradient: Any, rate: Any) -> Any:
            given = (weight, gradient, rate)
            return given[order[0]] - given[order[1]] * given[order[2]]

        return function

    return any(_steps(stepped, taken(order)) for order in ((1, 0, 2), (2, 0, 1)))


def _steps(function: Callable[..., Any], right: Callable[..., Any]) -> Comparison:
    return same_function(function, right)


_DATA = "value = mx.sym.Variable('data')\n"
_FC1 = "value = mx.sym.FullyConnected(value, num_hidden=8, name='fc1')\n"
_RELU = "value = mx.sym.Activation(value, act_type='relu')\n"
_FC2 = "small = mx.sym.FullyConnected(value, num_hidden=3, name='fc2')"

EXERCISES = (
    Exercise(
        "11.1",
        asks="How many weights and biases the network of lesson 11 has, all numbers together.",
        kinds=(int,),
        right=lambda count: count == 354,
        mistakes=(
            Mistake(
                lambda count: count == 320,
                "These are the weights. Each layer has a bias for each number that it makes, too.",
                example="count = 2*16 + 16*16 + 16*2",
            ),
            Mistake(
                lambda count: count == 6,
                "These are the *arrays*. How many numbers are in each of them?",
                example="count = 6",
            ),
            Mistake(
                lambda count: count in (354 + 400 + 200, 354 + 400),
                "The points and the labels were given. Which arguments have been learnt?",
                example="count = 954",
            ),
            Mistake(
                lambda count: count == 34,
                "These are the biases. And the weights?",
                example="count = 16 + 16 + 2",
            ),
        ),
        otherwise="In a layer that makes 16 numbers of 2, the weights are a matrix (16, 2), and the biases "
        "are 16. "
        "Go on with the other layers, and add.",
        praise="And each of these numbers got its gradient from one run backward.",
        hints=(
            "The shapes are in the picture of section 2. Or look at `executor.arg_dict[name].size`.",
            "A layer that makes `n` numbers of `m` has `n * m` weights, and `n` biases.",
        ),
    ),
    Exercise(
        "11.2",
        asks="A network: `data`, a layer of 8 with the name fc1, a relu, a layer of 3 with the name fc2.",
        kinds=(Symbol,),
        right=_small,
        mistakes=(
            Mistake(
                lambda small: "SoftmaxOutput" in operators(small),
                "There is a softmax at the end, and this network is to have none.",
                example=_DATA
                + _FC1
                + _RELU
                + _FC2.replace("small", "value")
                + "\nsmall = mx.sym.SoftmaxOutput(value, name='softmax')",
            ),
            Mistake(
                lambda small: (
                    operators(small).count("FullyConnected") == 2 and len(operators(small)) == 2
                ),
                "Nothing bends between the two layers. Where does the relu belong?",
                example=_DATA + _FC1 + _FC2,
            ),
            Mistake(
                _has_grown,
                "There are more than two layers: is the `value` of section 2 still in it? Begin with a new "
                "`mx.sym.Variable('data')`.",
                example=_DATA + _FC1.replace("8", "16") + _FC1 + _RELU + _FC2,
            ),
            Mistake(
                lambda small: _bend_misplaced(small) != "",
                _bend_misplaced,
                example=_DATA
                + _FC1
                + _FC2.replace("small", "value")
                + "\n"
                + _RELU
                + "small = value",
            ),
            Mistake(
                lambda small: any(
                    node.attrs.get("act_type") == "tanh" for node in small.graph.nodes
                ),
                "It bends with `tanh`. A `relu` is wanted: look at `act_type`.",
                example=_DATA + _FC1 + _RELU.replace("relu", "tanh") + _FC2,
            ),
            Mistake(
                lambda small: "data" not in small.list_arguments(),
                "None of its arguments is called `data`. With which variable do you begin?",
                example=_DATA.replace("data", "x") + _FC1 + _RELU + _FC2,
            ),
            Mistake(
                lambda small: sorted(_sizes(small)) == [3, 8] and _sizes(small) != [8, 3],
                "The sizes are exchanged: `fc1` is to make 8 numbers, and `fc2` is to make 3.",
                example=_DATA + _FC1.replace("8", "3") + _RELU + _FC2.replace("3", "8"),
            ),
            Mistake(
                lambda small: _sizes(small) != [8, 3],
                lambda small: (
                    f"Its layers make {' and '.join(map(str, _sizes(small)))} numbers. "
                    "Which sizes are asked for?"
                ),
                example=_DATA + _FC1 + _RELU + _FC2.replace("3", "2"),
            ),
            Mistake(
                lambda small: not {"fc1_weight", "fc2_weight"} <= set(small.list_arguments()),
                lambda small: (
                    f"Look at the names of its arguments: {', '.join(small.list_arguments())}. "
                    "Weights are called after their layers."
                ),
                example=_DATA + _FC1.replace(", name='fc1'", "") + _RELU + _FC2,
            ),
        ),
        otherwise="Draw it with `%symgraph small --shapes data=(5,4)`, and look at the two layers.",
        praise="Its three outputs could tell three spirals apart.",
        hints=(
            "Begin with `mx.sym.Variable('data')`, and put one layer after the other, as in section 2.",
            "`Activation` takes `act_type='relu'`.",
        ),
    ),
    Exercise(
        "11.3",
        asks="A function of a weight, its gradient and a learning rate, which gives the new weight.",
        kinds=(Callable,),
        right=lambda stepped: _steps(
            stepped, lambda weight, gradient, rate: weight - rate * gradient
        ),
        mistakes=(
            Mistake(
                lambda stepped: _steps(
                    stepped, lambda weight, gradient, rate: weight + rate * gradient
                ),
                "With plus it goes to where the loss *grows*.",
                example="def stepped(weight, gradient, rate):\n    return weight + rate * gradient",
            ),
            Mistake(
                lambda stepped: _steps(stepped, lambda weight, gradient, rate: weight - gradient),
                "The rate is not used: this goes the whole way, and not a little of it.",
                example="def stepped(weight, gradient, rate):\n    return weight - gradient",
            ),
            Mistake(
                lambda stepped: _steps(stepped, lambda weight, gradient, rate: rate * gradient),
                "This is how far to go. What is the *new weight*?",
                example="def stepped(weight, gradient, rate):\n    return rate * gradient",
            ),
            Mistake(
                _gives_nothing,
                "Your function gives nothing back. To print is not enough: it needs a `return`.",
                example="def stepped(weight, gradient, rate):\n    print(weight - rate * gradient)",
            ),
            Mistake(
                _exchanged,
                "The right step, but the three come in this order: `stepped(weight, gradient, rate)`.",
                example="def stepped(rate, weight, gradient):\n    return weight - rate * gradient",
            ),
        ),
        otherwise="Compare it with the last line of the loop in `learn`, in section 4.",
        praise="This is called gradient descent, and much of what networks can do was learnt by it.",
        hints=(
            "The line is in `learn`, in section 4. There it changes an array in its place.",
            "`def stepped(weight, gradient, rate):` and then `return` and the new weight.",
        ),
    ),
)
