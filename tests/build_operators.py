"""Write the page of supported operators and the table of families: `python tests/build_operators.py`.

`OPERATORS.md` is made from the registry: every operator by the file that defines it, and MXNet's that are
not there. `symbook/ops/families.py` says which file defines which names. A test compares both with what
this would write.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import symbook as mx
from symbook.ops import registry
from symbook.ops.backward import no_gradient
from symbook.ops.registry import Op
from symbook.ops.search import is_internal, public_name, summary
from symbook.ops.unserved import UNSERVED

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "OPERATORS.md"
TABLE = ROOT / "symbook" / "ops" / "families.py"

_TABLE = '''"""Which file defines which operators: made by `python tests/build_operators.py`.

A file is loaded when one of its operators is first asked for.
"""

from __future__ import annotations

_TEXT = """
{rows}
"""


def _read(text: str) -> dict[str, str]:
    module, found = "", {{}}
    for word in text.split():
        if word.endswith(":"):
            module = word[:-1]
        else:
            found[word] = module
    return found


_FAMILY_OF = _read(_TEXT)


def family_of(name: str) -> str | None:
    """The module that defines the operator of that name, or None."""
    return _FAMILY_OF.get(name)
'''

_HEAD = """# Operators

symbook {version} has {count} operators under {names} names, the same for `mx.sym` and `mx.nd`, with the
inputs, parameters, defaults and automatic names of MXNet 1.9.1. `mx.sym.search("pool")` finds them by
name and description, and `mx.sym.Pooling?` in a notebook shows an operator's documentation: formula,
shapes, parameters and an example.

The gradient of an operator is `yes` where it has one; `zero` where nothing flows back, as in MXNet; and
`none` where asking for it is an error. A name that begins with `_` is that of symbol files and of
Python's operators; call it as `mx.sym._internal.NAME`.

All run on the CPU, and on an NVIDIA GPU but for those that say so.

This page is made from the definitions by `python tests/build_operators.py`.
"""

_LEFT_OUT = """## What is left out

These operators of MXNet's are not there; asking for one says so and offers the nearest that is. Neither
are the operators of its NumPy interface `mx.np`, whose names begin with `_np`.

{rows}
"""

# Beginnings of names that tell what operators are about.
_GROUPS = {
    "_contrib_": "`mx.sym.contrib`",
    "_sparse_": "sparse storage",
    "_image_": "`mx.sym.image`",
    "_": "internal operators",
    "": "operators of `mx.sym`",
}


def page() -> str:
    """The page's text."""
    ops = [op for op in registry.all_ops() if not is_internal(op)]
    names = {name for op in ops for name in (op.name, *op.alias)}
    parts = [_HEAD.format(version=mx.__version__, count=len(ops), names=len(names))]
    parts += [
        _section(module, [op for op in ops if op.fn.__module__ == module])
        for module in sorted({op.fn.__module__ for op in ops}, key=_title)
    ]
    missing = sorted(name for name in UNSERVED if registry.find(name) is None)
    groups: dict[str, list[str]] = {}
    for name in missing:
        groups.setdefault(next(start for start in _GROUPS if name.startswith(start)), []).append(
            name
        )
    rows = [
        f"- **{_GROUPS[start]}**: " + ", ".join(f"`{name}`" for name in groups[start])
        for start in reversed(_GROUPS)
        if start in groups
    ]
    parts.append(_LEFT_OUT.format(rows="\n".join(rows)))
    return "\n".join(parts)


def table() -> str:
    """The text of the table of families."""
    names: dict[str, list[str]] = {}
    for name in registry.names():
        operator = registry.get(name)
        module = MODULES.get(operator.name, operator.fn.__module__)
        names.setdefault(module.removeprefix("symbook."), []).append(name)
    rows = [
        "\n".join(
            textwrap.wrap(f"{module}: {' '.join(names[module])}", 98, subsequent_indent="    ")
        )
        for module in sorted(names)
    ]
    return _TABLE.format(rows="\n".join(rows))


# Operators whose function stands in another module than the one that registers them.
MODULES = {"Custom": "symbook.custom"}


def _title(module: str) -> str:
    """What a family is about: the first sentence of its file, up to the colon."""
    doc = sys.modules[module].__doc__ or module
    return " ".join(doc.split("\n\n")[0].split()).rstrip(".")


def _section(module: str, ops: list[Op]) -> str:
    return "\n".join([f"## {_title(module)}", "", *_rows(ops), ""])


def _rows(ops: list[Op]) -> Iterator[str]:
    yield "| operator | other names | inputs | gradient | what it does |"
    yield "|---|---|---|---|---|"
    for op in sorted(ops, key=lambda op: public_name(op).lower()):
        name = public_name(op)
        others = ", ".join(f"`{other}`" for other in (op.name, *op.alias) if other != name)
        inputs = "any number" if op.variadic else ", ".join(op.inputs)
        text = summary(op).replace("|", "\\|")
        if op.cpu_only:
            text += f" Not on a GPU: {op.cpu_only}."
        yield f"| `{name}` | {others} | {inputs} | {_gradient(op)} | {text} |"


def _gradient(op: Op) -> str:
    if op.specialise is not None and op.gradient is None and op.name == "Custom":
        return "its own"
    if op.gradient is None:
        return "none"
    return "zero" if op.gradient is no_gradient else "yes"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(page().splitlines())} lines")
