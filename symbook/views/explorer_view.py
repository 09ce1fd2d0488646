"""The operators to be looked through and tried, as a view."""

from __future__ import annotations

from typing import Any

from symbook.errors import ArgumentError

from . import sections
from .explorer import of_operators, recorded, tried
from .page import page
from .sections import Section
from .widget import View

Json = dict[str, Any]


class Explorer(View):
    """The operators: find one, read about it, try it on small arrays, and take the code.

    Parameters
    ----------
    text : str
        What to look for at first.
    """

    _parts = ("explorer",)
    _forms = ("html",)

    def __init__(self, text: str = "") -> None:
        super().__init__({**of_operators(), "text": text}, "The operators")
        self._operators = {op["name"] for op in self._document["operators"]}

    def _answer(self, asked: Json) -> Json:
        """What an operator gives, as the reader tries it."""
        name, inputs, params = (asked.get(key) for key in ("try", "inputs", "params"))
        if not isinstance(name, str) or name not in self._operators:
            raise ArgumentError(f"there is no operator {name!r} to try")
        if not isinstance(inputs, list) or not isinstance(params, dict):
            raise ArgumentError("an operator is tried on a list of inputs and named parameters")
        if not all(isinstance(text, str) for text in (*inputs, *params.values())):
            raise ArgumentError("the inputs and parameters of an operator are typed as text")
        return tried(name, inputs, params)

    def page(self) -> str:
        """The explorer as one HTML file; in place of trying, it has what the examples give."""
        return page({**self._document, "recorded": recorded()}, self.title)

    def sections(self) -> list[Section]:
        """Tables of the operators."""
        rows = [
            (op["name"], op["summary"], ", ".join(op["others"]))
            for op in self._document["operators"]
        ]
        return [sections.operators(rows)]
