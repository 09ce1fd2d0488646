"""A plan as straight-line Python: one line for each step, with nothing to look up while it runs.

Small graphs spend more time on finding out what to do than on doing it. The text is worth reading, too:
`print(executor.source)`.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import shape_text
from ..plan import Plan, Step
from .base import note

MOST_STEPS = 2000
"""Steps of the longest plan that is written out: writing out and compiling takes 50 us a line."""

Run = Callable[[list[Any], Sequence[Any]], None]
"""`(slots, into)`: what :meth:`symbook.runners.base.Runner.run` does."""


class Straight:
    """A plan's source and the function made of it.

    Attributes
    ----------
    source : str
        `s` holds the values by slot, and `into` the memory to write to.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._space: dict[str, Any] = {"xp": plan.xp}
        self._names: dict[int, str] = {}
        self._taken: set[str] = {"xp", "s", "into", "run", "r"}
        lines = ["def run(s, into):"]
        lines += self._arguments()
        self._first = len(lines) + 1
        lines += [self._line(step) for step in plan.steps] or ["    pass"]
        self.source = "\n".join(lines) + "\n"
        exec(compile(self.source, "<plan>", "exec"), self._space)
        self._function: Run = self._space["run"]

    def run(self, slots: list[Any], into: Sequence[Any]) -> None:
        """Run every step; what one raises gets a note with the node and its inputs."""
        try:
            self._function(slots, into)
        except Exception as error:
            trace = error.__traceback__
            while trace is not None and trace.tb_frame.f_code is not self._function.__code__:
                trace = trace.tb_next
            if trace is not None:
                note(error, self._plan, self._plan.steps[trace.tb_lineno - self._first])
            raise

    def _arguments(self) -> list[str]:
        places = {**self._plan.args, **self._plan.aux}
        read = {slot for step in self._plan.steps for slot in step.ins}
        found = [(self._named(slot, name), slot) for name, slot in places.items() if slot in read]
        return [f"    {name} = s[{slot}]" for name, slot in found]

    def _line(self, step: Step) -> str:
        outs = ", ".join(f"s[{slot}]" for slot in step.outs)
        call = self._call(step)
        spec = self._plan.specs[step.outs[0]]
        comment = f"  # {shape_text(spec.shape)} {spec.dtype}"
        if len(step.outs) > 1:
            return f"    {outs} = {call}{comment}"
        name = self._named(step.outs[0], step.origin.name)
        if not step.op.takes_out:
            call = f"r[0] if type(r := {call}) is tuple else r"
        return f"    {name} = {outs} = {call}{comment}"

    def _call(self, step: Step) -> str:
        function = self._bound(step.op.name, step.op.fn)
        xp = "xp" if step.ctx is None else self._bound(f"xp_of_{step.ctx}", step.ctx.xp)
        inputs = [self._names.get(slot, f"s[{slot}]") for slot in step.ins]
        params = [f"{key}={self._constant(key, value)}" for key, value in step.params.items()]
        out = [f"out=into[{step.outs[0]}]"] if step.op.takes_out else []
        return f"{function}({', '.join([xp, *inputs, *params, *out])})"

    def _constant(self, key: str, value: Any) -> str:
        plain = isinstance(value, (bool, int, str, type(None))) or (
            isinstance(value, float) and math.isfinite(value)
        )
        if plain or (isinstance(value, tuple) and all(type(item) is int for item in value)):
            return repr(value)
        return self._bound(key, value)

    def _bound(self, name: str, value: Any) -> str:
        """A global name for a value; the same for the same value."""
        wanted = _identifier(name)
        while self._space.get(wanted, value) is not value or (
            wanted in self._taken and wanted not in self._space
        ):
            wanted += "_"
        self._space[wanted] = value
        self._taken.add(wanted)
        return wanted

    def _named(self, slot: int, name: str) -> str:
        """A local name for a slot's value, of its own."""
        wanted = _identifier(name)
        while wanted in self._taken:
            wanted += "_"
        self._taken.add(wanted)
        self._names[slot] = wanted
        return wanted


def _identifier(name: str) -> str:
    found = re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"v{found}" if not found or found[0].isdigit() or keyword.iskeyword(found) else found
