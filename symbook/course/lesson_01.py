"""The exercises of lesson 1, why dataflow."""

from __future__ import annotations

from symbook.course import Comparison, Exercise, Mistake, same_function
from symbook.symbol import Symbol


def rounds_of(graph: Symbol) -> int:
    """How many operators there are one after the other on the longest way to an output."""
    depth: dict[object, int] = {}
    for node in graph.graph.nodes:
        before = max((depth[entry.node] for entry in node.inputs), default=0)
        depth[node] = before + (node.op is not None)
    return max(depth.values())


def _is_faster_sum(faster: Symbol) -> Comparison:
    same = same_function(faster, lambda A, B, C, D: A + B + C + D)
    if same and rounds_of(faster) > 2:
        return Comparison(False, f"It needs {rounds_of(faster)} rounds.")
    return same


EXERCISES = (
    Exercise(
        "1.1",
        asks="A graph that computes (A + B) · (C − D), of the variables A, B, C and D.",
        kinds=(Symbol,),
        right=lambda graph: same_function(graph, lambda A, B, C, D: (A + B) * (C - D)),
        mistakes=(
            Mistake(
                lambda graph: same_function(graph, lambda A, B, C, D: A + B * C - D),
                "In your graph the product comes first: Python multiplies before it adds. "
                "Draw the graph. What goes into the product, and what should?",
                example="graph = A + B * C - D",
            ),
            Mistake(
                lambda graph: same_function(graph, lambda A, B, C, D: (A + B) * C - D),
                "Your graph takes D off only once, from the whole bill. "
                "The voucher holds for each menu: what has to be ready before the product?",
                example="graph = (A + B) * C - D",
            ),
            Mistake(
                lambda graph: same_function(graph, lambda A, B, C, D: (A + B) * (C + D)),
                "With this graph the voucher makes each menu dearer. Look at the sign before D.",
                example="graph = (A + B) * (C + D)",
            ),
            Mistake(
                lambda graph: sorted(graph.list_arguments()) != ["A", "B", "C", "D"],
                "Each of the four variables has to be in the graph, and no other. "
                "Draw it, and look at the names in the blue boxes.",
                example="graph = (A + B) * C",
            ),
        ),
        otherwise="Draw your graph, and follow each variable to the output: what happens to it on the way?",
        praise="The sum and the difference do not wait for each other, and the product waits for both.",
        hints=(
            "Copy the formula as it stands, with `*` for the dot. The brackets stay.",
            "Two operators are ready at once, a sum and a difference. The product takes their results.",
        ),
    ),
    Exercise(
        "1.2",
        asks="The rounds that ((A · B) + (C · D)) · (A − D) needs, with as many friends as you like.",
        kinds=(int,),
        right=lambda rounds: rounds == 3,
        mistakes=(
            Mistake(
                lambda rounds: rounds == 5,
                "That is the number of operators. Several may be done in the same round: "
                "which of them need nothing but variables?",
                example="rounds = 5",
            ),
            Mistake(
                lambda rounds: rounds == 4,
                "Does A − D have to wait for the sum? Draw the graph: is there an arrow between the two?",
                example="rounds = 4",
            ),
            Mistake(
                lambda rounds: rounds == 2,
                "The sum waits for two products, and what waits for the sum? Think of the last operator.",
                example="rounds = 2",
            ),
        ),
        otherwise="Draw the graph with `%%symgraph`, and count the yellow boxes on the longest way down.",
        praise="The longest way down decides, and not the number of operators: there are five.",
        hints=(
            "Draw the graph. In round 1 everything is done that needs variables only.",
            "Follow the longest way from a variable to the output. How many operators are on it?",
        ),
    ),
    Exercise(
        "1.3",
        asks="A graph of the sum of A, B, C and D that needs only two rounds.",
        kinds=(Symbol,),
        right=_is_faster_sum,
        mistakes=(
            Mistake(
                lambda faster: same_function(faster, lambda A, B, C, D: A + B + C + D),
                "This is the right sum, but some operator in it still has to wait two times. "
                "Draw it: can you make two sums that do not wait for each other?",
                example="faster = A + (B + (C + D))",
            ),
            Mistake(
                lambda faster: sorted(faster.list_arguments()) != ["A", "B", "C", "D"],
                "Each of A, B, C and D has to be in the sum, and nothing else. "
                "Look at the blue boxes in its picture.",
                example="faster = (A + B) + C",
            ),
            Mistake(
                lambda faster: same_function(faster, lambda A, B, C, D: A * B * C * D),
                "This is the product of the four. Here their sum is wanted.",
                example="faster = (A * B) * (C * D)",
            ),
        ),
        otherwise="It should give the same as `A + B + C + D`. Draw both, and compare.",
        praise="The result is the same, and the work too: three sums. Only the waiting became less.",
        hints=(
            "Section 5 does this with a product.",
            "Brackets decide what is added first. Make two pairs.",
        ),
    ),
)
