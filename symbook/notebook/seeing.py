"""`%symstep` and `%symops`: step through an executor's run; find operators and try them."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from symbook.errors import (
    did_you_mean,
    kind_of,
)
from symbook.executor import Executor
from symbook.symbol.symbol import Symbol

from . import binding, live
from .magics import clean_errors
from .tracebacks import SymgraphError

_HELP = ("-h", "--help")


@magics_class
class SeeingMagics(Magics):
    """The magics of one line, as IPython wants them."""

    shell: Any

    @no_var_expand
    @line_magic
    def symstep(self, line: str) -> None:
        """Step through a run of an executor, forwards and back.

            executor = E.bind(mx.cpu(), {"A": a, "B": b})
            %symstep executor

        The executor runs once, forward, and then backward from ones if it was bound with gradients. The
        view shows how the graph was composed, how its shapes became known, which arrays were bound, and
        each step of the run with its value, its time and its thread. Step, step back, play, or go to any
        step; choose a node to see all that is known of it; give a variable another value and see what
        changes; or let Predict ask you for each value before it is shown.

        %%symgraph --step does the same for the graph of a cell. -h says this.
        """
        with clean_errors():
            if line.strip() in _HELP:
                print(_text(SeeingMagics.symstep))
                return
            display(live.stepper(self._executor(line.strip())))

    @no_var_expand
    @line_magic
    def symops(self, line: str) -> None:
        """Find operators, read about them, and try them on small arrays.

            %symops
            %symops matrix product

        Words are looked for in names, other names and descriptions. An operator that is chosen is tried on
        arrays and parameters that can be changed, and the code that does the same can be copied. -h says
        this.
        """
        with clean_errors():
            if line.strip() in _HELP:
                print(_text(SeeingMagics.symops))
                return
            if line.strip().startswith("-"):
                raise SymgraphError(
                    f"%symops has no option {line.split()[0]}",
                    hint="Give it words to look for: %symops matrix product.",
                )
            live.operators(line.strip())

    def _executor(self, text: str) -> Executor:
        """The executor that an expression gives. Raises SymgraphError if it is none."""
        space = self.shell.user_ns
        known = [name for name, value in space.items() if isinstance(value, Executor)]
        example = f"For example: %symstep {known[-1] if known else 'executor'}."
        if not text:
            raise SymgraphError(
                "%symstep needs an executor",
                hint=example if known else f"Symbol.bind makes one. {example}",
            )
        if text.startswith("-"):
            raise SymgraphError(f"%symstep has no option {text.split()[0]}", hint=example)
        if text.isidentifier() and text not in space:
            hint = did_you_mean(text, known) or (
                example if known else "Make one first: executor = E.bind(mx.cpu(), …)."
            )
            raise SymgraphError(f"{text} is not defined", hint=hint)
        value = binding.evaluated([("executor", text)], "%symstep", space)["executor"]
        if isinstance(value, Symbol):
            raise SymgraphError(
                f"%symstep needs an executor; {text} is a Symbol, which has no values",
                hint=f"Bind it: %symstep {text}.bind(mx.cpu(), …); or draw it: %symgraph --step {text}.",
            )
        if not isinstance(value, Executor):
            raise SymgraphError(
                f"%symstep needs an executor; {text} is {kind_of(value)}", hint=example
            )
        return value


def _text(magic: Any) -> str:
    """A magic's docstring without its indents."""
    lines = (magic.__doc__ or "").strip().splitlines()
    return "\n".join(line.removeprefix(" " * 8).rstrip() for line in lines)
