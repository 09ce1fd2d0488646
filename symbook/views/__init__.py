"""Interactive views of graphs and runs: widgets for notebooks, and pages of their own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .explorer_view import Explorer
    from .graph_views import Composed, Failure, GraphView, OptimiserView
    from .inside import Inside
    from .run_views import GradientView, Stepper, Timeline, ValueView
    from .widget import View

__all__ = [
    "Composed",
    "Explorer",
    "Failure",
    "GradientView",
    "GraphView",
    "Inside",
    "OptimiserView",
    "Stepper",
    "Timeline",
    "ValueView",
    "View",
]

_HOMES = ("widget", "graph_views", "run_views", "inside", "explorer_view")


def __getattr__(name: str) -> Any:
    # anywidget takes longer to import than everything else here.
    if name in __all__:
        homes = (import_module(f".{home}", __name__) for home in _HOMES)
        return next(getattr(home, name) for home in homes if hasattr(home, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
