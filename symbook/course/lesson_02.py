"""The exercises of lesson 2, symbols."""

from __future__ import annotations

from symbook.course import Comparison, Exercise, Mistake, operators, same_function
from symbook.symbol import Symbol


def _is_shared_bill(shared: Symbol) -> Comparison:
    same = same_function(shared, lambda A, B, C, D: (A * B + C * D, (A * B + C * D) / 2))
    if same and len(operators(shared)) > 4:
        return Comparison(False, f"It has {len(operators(shared))} operators, and four will do.")
    return same


EXERCISES = (
    Exercise(
        "2.1",
        asks="A graph that computes P · P + Q · Q, of two variables with the names P and Q.",
        kinds=(Symbol,),
        right=lambda graph: same_function(graph, lambda P, Q: P * P + Q * Q),
        mistakes=(
            Mistake(
                lambda graph: sorted(graph.list_arguments()) == ["p", "q"],
                "Capital letters count: compare `graph.list_arguments()` with the names that are wanted.",
                example="p, q = mx.sym.Variable('p'), mx.sym.Variable('q')\ngraph = p*p + q*q",
            ),
            Mistake(
                lambda graph: same_function(graph, lambda P, Q: (P + Q) * (P + Q)),
                "You add first and square then. Try it by hand with P = 1 and Q = 1: "
                "what should come out, and what does your graph give?",
                example="p, q = mx.sym.Variable('P'), mx.sym.Variable('Q')\ngraph = (p + q) * (p + q)",
            ),
            Mistake(
                lambda graph: same_function(graph, lambda P, Q: P * 2 + Q * 2),
                "Your graph doubles P and Q. What has to be multiplied by what to get a square?",
                example="p, q = mx.sym.Variable('P'), mx.sym.Variable('Q')\ngraph = p*2 + q*2",
            ),
            Mistake(
                lambda graph: sorted(graph.list_arguments()) != ["P", "Q"],
                "Look at `graph.list_arguments()`: P and Q should be there, and nothing else. "
                "What stands in quotes where you make the variables?",
                example="graph = a*a + b*b",
            ),
        ),
        otherwise="Draw your graph, and follow P and Q to the output: what happens to them on the way?",
        praise="P is used twice, and yet it is one node and one argument.",
        hints=(
            "First make two variables, as in section 1. The name in the graph is what stands in quotes.",
            "Then write the formula with the Python names that you gave them.",
        ),
    ),
    Exercise(
        "2.2",
        asks="The name that symbook gives to the symbol `u` when Python has just been started.",
        kinds=(str,),
        right=lambda name: name.strip() == "_plus1",
        mistakes=(
            Mistake(
                lambda name: name.strip() == "u",
                "That is its Python name. The graph does not know it: what does the symbol do last?",
                example="name = 'u'",
            ),
            Mistake(
                lambda name: name.strip() == "_plus0",
                "A sum, yes. But is it the first sum of all? Look at the line for `s` again.",
                example="name = '_plus0'",
            ),
            Mistake(
                lambda name: name.strip() in ("_plus2", "_plus3", "_plus4"),
                "A sum, yes. But what do the numbers count, and from which number on? Section 2 has it.",
                example="name = '_plus2'",
            ),
            Mistake(
                lambda name: "_plus1" in name,
                "Almost: only the name itself is wanted, without anything before or after it.",
                example="name = '_plus1_output'",
            ),
        ),
        otherwise="What does `u` do last, a sum or a product? How many of those were there before?",
        praise="Sums and products are counted apart, and both from 0.",
        hints=(
            "Write down each operator in the order in which it is made, and give it its name.",
            "The first line makes two operators, the other two make one each.",
        ),
    ),
    Exercise(
        "2.3",
        asks="One graph with two outputs: A · B + C · D, and half of it.",
        kinds=(Symbol,),
        right=_is_shared_bill,
        mistakes=(
            Mistake(
                lambda shared: len(shared.list_outputs()) == 1,
                "Your graph has one output, and two are wanted. What did section 4 use to get two?",
                example="shared = (a*b + c*d) / 2",
            ),
            Mistake(
                lambda shared: same_function(
                    shared, lambda A, B, C, D: ((A * B + C * D) / 2, A * B + C * D)
                ),
                "Both outputs are there. Look at their order.",
                example="whole = a*b + c*d\nshared = mx.symbol.Group([whole / 2, whole])",
            ),
            Mistake(
                lambda shared: same_function(
                    shared, lambda A, B, C, D: (A * B + C * D, (A * B + C * D) / 2)
                ),
                "The numbers are right, but something is computed twice. Draw the graph: "
                "which products are there two times? Give what you need twice a Python name.",
                example="shared = mx.symbol.Group([a*b + c*d, (a*b + c*d) / 2])",
            ),
            Mistake(
                lambda shared: same_function(
                    shared, lambda A, B, C, D: (A * B + C * D, A * B + C * D / 2)
                ),
                "The second output halves only a part of the bill. Draw the graph: what goes into the `÷`?",
                example="shared = mx.symbol.Group([a*b + c*d, a*b + c*d / 2])",
            ),
        ),
        otherwise="Draw your graph: what goes into each of the two hexagons?",
        praise="Four operators are enough: the whole bill is an output, and an input of the half, too.",
        hints=(
            "Give the whole bill a Python name first.",
            "The half can be made from the whole with `/ 2`. Then put both into a group.",
        ),
    ),
    Exercise(
        "2.4",
        asks="The mean of A, B, C and D, made of `mean`.",
        kinds=(Symbol,),
        right=lambda mean_of_four: same_function(
            mean_of_four, lambda A, B, C, D: (A + B + C + D) / 4
        ),
        mistakes=(
            Mistake(
                lambda mean_of_four: {"x", "y"} & set(mean_of_four.list_arguments()),
                "There is still an x or a y among its arguments. Which call of `mean` left it open?",
                example="mean = (x + y) / 2\nmean_of_four = mean(x=mean(x=a, y=b))",
            ),
            Mistake(
                lambda mean_of_four: same_function(
                    mean_of_four, lambda A, B, C, D: (A + B + C + D) / 2
                ),
                "Try it by hand with four times the number 1: your graph gives 2. "
                "Draw it, and look for a sum that is not halved.",
                example="mean = (x + y) / 2\nmean_of_four = mean(x=a + b, y=c + d)",
            ),
            Mistake(
                lambda mean_of_four: same_function(
                    mean_of_four, lambda A, B, C, D: (((A + B) / 2 + C) / 2 + D) / 2
                ),
                "In your graph D is halved once, and A three times, so they do not count the same. "
                "Draw it. Can you make two pairs, as in lesson 1?",
                example="mean = (x + y) / 2\n"
                "mean_of_four = mean(x=mean(x=mean(x=a, y=b), y=c), y=d)",
            ),
        ),
        otherwise="Draw your graph, and follow each variable to the output: how often is it halved?",
        praise="The mean of two means. There are three copies of `mean` in it, "
        "and the nodes of the copies kept their names.",
        hints=(
            "The mean of A and B is `mean(x=a, y=b)`.",
            "What goes in for x may be composed itself. You need `mean` three times.",
        ),
    ),
)
