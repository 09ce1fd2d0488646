"""How an operator is shown and said: `×` and `A times B` for an element-wise product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from symbook.graph import Graph, Node
from symbook.render.text import clean, number_text, shorten


class Look(NamedTuple):
    """An infix operator: its sign, its word, and whether its operands may change places."""

    sign: str
    word: str
    commutes: bool


_ADD, _SUB = Look("+", "plus", True), Look("−", "minus", False)
_MUL, _DIV = Look("×", "times", True), Look("÷", "divided by", False)
_MOD, _POW = Look("mod", "modulo", False), Look("**", "to the power", False)

# By the operator's bare name: without `_`, `elemwise_`, `broadcast_` before it and `_scalar` after
# it.
_INFIX: dict[str, Look] = {
    "add": _ADD,
    "plus": _ADD,
    "grad_add": _ADD,
    "sub": _SUB,
    "minus": _SUB,
    "mul": _MUL,
    "div": _DIV,
    "mod": _MOD,
    "power": _POW,
    "equal": Look("==", "equal to", True),
    "not_equal": Look("≠", "not equal to", True),
    "greater": Look(">", "greater than", False),
    "greater_equal": Look("≥", "at least", False),
    "lesser": Look("<", "less than", False),
    "lesser_equal": Look("≤", "at most", False),
    "logical_and": Look("and", "and", True),
    "logical_or": Look("or", "or", True),
    "logical_xor": Look("xor", "xor", True),
}
_COMMUTES = {"maximum", "minimum", "hypot", "add_n", "ElementWiseSum"}
_FAMILIES = ("elemwise_", "broadcast_")
_MANY_INPUTS = 8
HIDDEN = {"num_args", "ctx"}


def bare_name(name: str) -> str:
    """`mul` for `elemwise_mul`, `broadcast_mul`, `_mul`, `_mul_scalar`."""
    bare = name.lstrip("_").removesuffix("_scalar")
    for family in _FAMILIES:
        short = bare.removeprefix(family)
        # What is left of broadcast_to or broadcast_like says nothing.
        if short in _INFIX or short in _COMMUTES:
            return short
    return bare


def look_of(name: str) -> tuple[Look | None, bool]:
    """The infix look of an operator, and whether the scalar stands on the left (`2 − x`)."""
    bare = bare_name(name)
    found = _INFIX.get(bare)
    if found is None and name.endswith("_scalar") and bare[:1] == "r":
        return _INFIX.get(bare[1:]), True
    return found, False


def commutes(name: str) -> bool:
    """Whether the operator gives the same whatever the order of its inputs."""
    look, _ = look_of(name)
    return look.commutes if look is not None else bare_name(name) in _COMMUTES


def title_of(node: Node) -> str:
    """What stands large in the operator's box: `×`, `+ 2`, `2 −`, `exp`, `FullyConnected`."""
    assert node.op is not None  # only operators have such a box
    look, scalar_first = look_of(node.op.name)
    shown = look.sign if look is not None else shorten(clean(bare_name(node.op.name)), 30)
    if "scalar" not in node.params:
        return shown
    scalar = number_text(node.params["scalar"])
    if look is None:
        return f"{shown} {scalar}"
    return f"{scalar} {shown}" if scalar_first else f"{shown} {scalar}"


def params_text(node: Node, most: int = 30) -> str:
    """The parameters that differ from their defaults, briefly: `axis=1, keepdims=True`."""
    if node.op is None:
        return ""
    told = []
    for key, value in node.params.items():
        declared = node.op.params.get(key)
        if (
            key in HIDDEN
            or (key == "scalar")
            or (declared is not None and same(declared.default, value))
        ):
            continue
        told.append(f"{key}={clean(value) if isinstance(value, str) else number_text(value)}")
    return shorten(", ".join(told), most)


def ordered_inputs(graph: Graph, i: int) -> tuple[str, ...]:
    """What a node calls its inputs; nothing where their order does not matter or is plain."""
    node, pins = graph.nodes[i], graph.inputs[i]
    assert node.op is not None  # variables have no inputs: the callers' test
    if not 2 <= len(pins) <= _MANY_INPUTS or commutes(node.op.name):
        return ()
    roles = node.op.input_names(node.params, len(pins))
    # A layer makes its own variables, whose names end in their roles: the names say it already.
    named = [graph.nodes[pin.node].name for pin in pins[1:]]
    if all(name.endswith(f"_{role}") for name, role in zip(named, roles[1:], strict=False)):
        return ()
    return tuple(clean(role) for role in roles)


def phrase(node: Node, operands: Sequence[str]) -> str:
    """The operator on its operands in words: `A times B`, `exp of x`, `sum of x with axis=1`."""
    assert node.op is not None  # variables are named, not described
    look, scalar_first = look_of(node.op.name)
    sides = list(operands)
    if look is not None and "scalar" in node.params:
        scalar = number_text(node.params["scalar"])
        sides = [scalar, *sides] if scalar_first else [*sides, scalar]
    if look is not None and len(sides) == 2:
        return f"{sides[0]} {look.word} {sides[1]}"
    told = params_text(node)
    verb = clean(bare_name(node.op.name))
    with_params = f" with {told}" if told else ""
    return f"{verb} of {_listed(sides)}{with_params}" if sides else f"{verb}{with_params}"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def same(default: Any, value: Any) -> bool:
    """Whether a parameter is at its default."""
    try:
        return bool(default == value)
    except (TypeError, ValueError):
        return False


def counted(names: Mapping[str, int], most: int) -> str:
    """`3 Convolution, 2 BatchNorm, …`: the most frequent first."""
    ranked = sorted(names.items(), key=lambda item: (-item[1], item[0]))
    told = [f"{count} {clean(bare_name(name))}" for name, count in ranked[:most]]
    return ", ".join([*told, "…"] if len(ranked) > most else told)
