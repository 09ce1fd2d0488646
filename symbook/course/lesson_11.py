"""The exercises of lesson 11, a network by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symbook.course import Comparison, Exercise, Mistake, operators, same_function
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
                lambda small: operators(small)[-1:] == ["Activation"],
                "The relu comes last here. It is to stand between the two layers.",
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
                lambda small: not {"fc1_weight", "fc2_weight"} <= set(small.list_arguments()),
                lambda small: (
                    f"Look at the names of its arguments: {', '.join(small.list_arguments())}. "
                    "Weights are called after their layers."
                ),
                example=_DATA + _FC1.replace(", name='fc1'", "") + _RELU + _FC2,
            ),
        ),
        otherwise="Draw it with `%symgraph --shapes data=(5,4)`, and look at the sizes of the two layers.",
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
        ),
        otherwise=lambda stepped: (
            _steps(stepped, lambda weight, gradient, rate: weight - rate * gradient).says
        ),
        praise="This is called gradient descent, and much of what networks can do was learnt by it.",
        hints=(
            "The line is in `learn`, in section 4. There it changes an array in its place.",
            "`def stepped(weight, gradient, rate):` and then `return` and the new weight.",
        ),
    ),
)
