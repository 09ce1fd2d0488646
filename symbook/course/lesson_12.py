"""The exercises of lesson 12, old models."""

from __future__ import annotations

from symbook.course import Exercise, Mistake
from symbook.symbol import Symbol

_BEFORE_FC2 = [
    "data",
    *("conv1_weight", "conv1_bias", "conv2_weight", "conv2_bias"),
    *("fc1_weight", "fc1_bias"),
]


# Of `lenet`, from its input to its end.
_VALUES = [
    *("data", "conv1_output", "tanh1_output", "pool1_output"),
    *("conv2_output", "tanh2_output", "pool2_output", "flatten_output"),
    *("fc1_output", "tanh3_output", "fc2_output", "softmax_output"),
]


def _side(cut: Symbol) -> str:
    """Whether it ends before `tanh3` or after it; nothing for a graph of other values."""
    if len(_outputs(cut)) != 1 or _outputs(cut)[0] not in _VALUES:
        return ""
    at = _VALUES.index(_outputs(cut)[0]) - _VALUES.index("tanh3_output")
    return "too early" if at < 0 else "too late" if at > 0 else ""


def _outputs(cut: Symbol) -> list[str]:
    return cut.list_outputs()


EXERCISES = (
    Exercise(
        "12.1",
        asks="The position of the picture of which the network is the least sure.",
        kinds=(float,),
        right=lambda position: position == 10,
        mistakes=(
            Mistake(
                lambda position: position % 1 != 0,
                "This is how sure it is, and not of which picture. At which position does that number stand?",
                example="position = output.max(axis=1).min()",
            ),
            Mistake(
                lambda position: position == 11,
                "Are you counting from 1? The first picture has the position 0.",
                example="position = 11",
            ),
            Mistake(
                lambda position: position == 6,
                "This is the digit that is in the picture, or its place in the ten probabilities. At which "
                "position is the picture?",
                example="position = 6",
            ),
            Mistake(
                lambda position: position == 19,
                "This is the last picture. Does your code take the largest of all in place of the smallest?",
                example="position = 19",
            ),
            Mistake(
                lambda position: position > 19,
                "There are 20 pictures. `output` has 200 numbers: first find one number for each picture.",
                example="position = output.argmin()",
            ),
        ),
        otherwise="Look at `output.max(axis=1).round(3)`. What do its numbers say, and which one is "
        "the smallest?",
        praise="It is right all the same. A probability says how sure it is, not whether it is right.",
        hints=(
            "For each picture, the network is as sure as its largest probability: `output.max(axis=1)`.",
            "`argmin()` gives the position of the smallest number.",
        ),
    ),
    Exercise(
        "12.2",
        asks="A symbol that is `lenet` up to `tanh3`.",
        kinds=(Symbol,),
        right=lambda cut: _outputs(cut) == ["tanh3_output"] and cut.list_arguments() == _BEFORE_FC2,
        mistakes=(
            Mistake(
                lambda cut: len(_outputs(cut)) > 1,
                lambda cut: (
                    f"It has {len(_outputs(cut))} outputs. Take one of them, by its name in square brackets."
                ),
                example="cut = lenet.get_internals()",
            ),
            Mistake(
                lambda cut: _outputs(cut) == ["softmax_output"],
                "It still ends with the softmax. Lesson 3 has a way to get at what is inside a graph.",
                example="cut = lenet",
            ),
            Mistake(
                lambda cut: (
                    cut.list_arguments() == ["tanh3_output"] or cut.list_arguments() == ["tanh3"]
                ),
                "This is a new variable with that name. Take the value out of `lenet`.",
                example="cut = mx.sym.Variable('tanh3')",
            ),
            Mistake(
                lambda cut: _outputs(cut) == ["fc1_output"],
                "This ends one operator too early: before it is bent.",
                example="cut = lenet.get_internals()['fc1_output']",
            ),
            Mistake(
                lambda cut: _side(cut) == "too early",
                lambda cut: (
                    f"It ends with `{_outputs(cut)[0]}`, which is too early: `tanh3` comes after it."
                ),
                example="cut = lenet.get_internals()['tanh2_output']",
            ),
            Mistake(
                lambda cut: _side(cut) == "too late",
                lambda cut: (
                    f"It ends with `{_outputs(cut)[0]}`, which is too late: `tanh3` comes before it."
                ),
                example="cut = lenet.get_internals()['fc2_output']",
            ),
        ),
        otherwise=lambda cut: f"It ends with {', '.join(_outputs(cut))}. Draw it.",
        praise="The arguments of `fc2` are gone, as nothing needs them.",
        hints=(
            "`lenet.get_internals()` has all values as outputs.",
            "In section 4, `middle` was made in this way.",
        ),
    ),
    Exercise(
        "12.3",
        asks="How many numbers are in the .params file.",
        kinds=(int,),
        right=lambda count: count == 4386,
        mistakes=(
            Mistake(
                lambda count: count == 8,
                "These are the arrays. How many numbers are in each?",
                example="count = len(saved)",
            ),
            Mistake(
                lambda count: count == 148,
                "You added the lengths. `len` of an array counts its rows only.",
                example="count = 148",
            ),
            Mistake(
                lambda count: count == 4312,
                "These are the weights. The biases are in the file, too.",
                example="count = 4312",
            ),
            Mistake(
                lambda count: count in (9526, 9506),
                "The data and the label are among them. They are not in the file.",
                example="count = sum(array.size for array in executor.arg_dict.values())",
            ),
        ),
        otherwise="Multiply the numbers of each shape in section 3, and add the products.",
        praise="At four bytes each, that is nearly all of the file.",
        hints=(
            "An array knows how many numbers it has: `array.size`.",
            "Go through `saved.values()`, and add.",
        ),
    ),
)
