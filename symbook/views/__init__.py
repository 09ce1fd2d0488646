"""Interactive views of graphs and runs: widgets for notebooks, and pages of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .inside import Composed, Inside
    from .widget import (
        Explorer,
        Failure,
        GradientView,
        GraphView,
        OptimiserView,
        Stepper,
        Timeline,
        ValueView,
        View,
    )

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


def __getattr__(name: str) -> Any:
    # anywidget takes longer to import than everything else here.
    if name in __all__:
        from . import inside, widget

        return getattr(inside if hasattr(inside, name) else widget, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
