"""Mistakes with views and pictures."""

from __future__ import annotations

from mistakes.case import Mistake

VIEWS = [
    Mistake(
        "a symbol for a view of a run",
        ("from symbook.views import ValueView\nValueView(E)"),
        "ArgumentError",
        ("ValueView",),
        line=2,
        fix=("from symbook.views import ValueView\nValueView(f)"),
    ),
    Mistake(
        "a number for a view",
        ("from symbook.views import ValueView\nValueView(3)"),
        "ArgumentError",
        ("ValueView",),
        line=2,
    ),
    Mistake(
        "an executor for a view of a graph",
        ("from symbook.views import GraphView\nGraphView(f)"),
        "ArgumentError",
        ("GraphView",),
        line=2,
        fix=("from symbook.views import GraphView\nGraphView(f.symbol)"),
    ),
    Mistake(
        "a view is misspelt",
        "from symbook.views import Valueview",
        "ImportError",
        ("Valueview",),
        fix="from symbook.views import ValueView",
    ),
    Mistake(
        "a node that is not there is chosen",
        ('from symbook.views import ValueView\nview = ValueView(f)\nview.selected = "_mul7"'),
        "LookupFailure",
        ("view", "_mul7"),
        line=3,
        fix=('from symbook.views import ValueView\nview = ValueView(f)\nview.selected = "_mul0"'),
    ),
    Mistake(
        "a node is chosen by a number",
        ("from symbook.views import ValueView\nview = ValueView(f)\nview.selected = 3"),
        "ArgumentError",
        ("3",),
        line=3,
        fix=("from symbook.views import ValueView\nview = ValueView(f)\nview.selected = '_mul0'"),
    ),
    Mistake(
        "a value is asked for and no node is chosen",
        ("from symbook.views import ValueView\nview = ValueView(f)\nview.value()"),
        "LookupFailure",
        ("no node",),
        line=3,
        fix=('from symbook.views import ValueView\nview = ValueView(f)\nview.value("_mul0")'),
    ),
    Mistake(
        "a view saved as text",
        ('from symbook.views import ValueView\nview = ValueView(f)\nview.save("view.txt")'),
        "ArgumentError",
        ("view", "view.txt"),
        line=3,
        fix=('from symbook.views import ValueView\nview = ValueView(f)\nview.save("view.html")'),
    ),
    Mistake(
        "a view of gradients that there are not",
        ("from symbook.views import GradientView\nGradientView(f)"),
        "ArgumentError",
        ("args_grad",),
        line=2,
    ),
    Mistake(
        "a number drawn as a network",
        "mx.viz.plot_network(f)",
        "ArgumentError",
        ("Executor", "executor.symbol"),
        fix="mx.viz.plot_network(f.symbol)",
    ),
    Mistake(
        "shapes for a network's picture",
        "mx.viz.plot_network(E, shape=3)",
        "ArgumentError",
        ("shape",),
    ),
]
