"""Symbols of earlier versions of MXNet, made into what 1.9 would have written.

What each version changed is in MXNet's `src/nnvm/legacy_json_util.cc`. A file without a version is of 0.8 or
before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import SymbookError
from ..ops.registry import Op
from .attributes import HIDDEN

CURRENT = 10901
WITHOUT_VERSION = 800


@dataclass(slots=True, eq=False)
class Draft:
    """A node as a file describes it, before it is one.

    Attributes
    ----------
    op : Op or None
        None for a variable.
    name : str
    attrs : dict of str to str
        Parameters and attributes in one, as 1.9 keeps them.
    inputs : list of (Draft, int)
        The nodes that it reads, and which output of each.
    place : str
        What errors call it.
    """

    op: Op | None
    name: str
    attrs: dict[str, str]
    inputs: list[tuple[Draft, int]] = field(default_factory=list)
    place: str = ""


def parameters(op: Op, attrs: Mapping[str, str]) -> dict[str, Any]:
    """The operator's parameters, typed; attributes, such as `__lr_mult__`, are none.

    Raises
    ------
    ParamError
        If one does not parse or is unknown. An operator without parameters takes any, as in MXNet.
    """
    if not op.params:
        return op.parse({})
    return op.parse({key: attrs[key] for key in attrs if not _is_decorated(key)})


def _is_decorated(key: str) -> bool:
    return key.startswith("__") and key.endswith("__")


def upgrade(drafts: Sequence[Draft], version: int) -> None:
    """Change the nodes of a file to what 1.9 would have written, in place.

    Raises
    ------
    ParamError
        If an operator's parameters do not parse; the message names the node.
    """
    if version >= CURRENT:
        return
    for draft in drafts:
        try:
            _decorate(draft)
            if version < 900:
                _add_missing_inputs(draft)
            if version < 904:
                _note_initial_values(draft)
            if version < 905:
                _forget_last_axis(draft)
        except SymbookError as error:
            error.message = f"{draft.place}: {error.message}"
            raise


def _decorate(draft: Draft) -> None:
    """Move `lr_mult` to `__lr_mult__`, and an operator's `weight_lr_mult` to its variable's."""
    for key in [key for key in draft.attrs if key.endswith(HIDDEN) and not _is_decorated(key)]:
        if key in HIDDEN:
            draft.attrs[f"__{key}__"] = draft.attrs.pop(key)
            continue
        hidden = next(name for name in HIDDEN if key.endswith(name))
        role = key[: -len(hidden)].removesuffix("_")
        for name, (source, _) in _named_inputs(draft):
            if name == role and source.op is None:
                source.attrs[f"__{hidden}__"] = draft.attrs.pop(key)
                break


def _named_inputs(draft: Draft) -> Iterator[tuple[str, tuple[Draft, int]]]:
    """The inputs that there are, with the names that the operator has for them."""
    return zip(_input_names(draft), draft.inputs, strict=False)


def _input_names(draft: Draft) -> tuple[str, ...]:
    if draft.op is None:
        return ()
    # A key that ends as an attribute may be one of a variable, which `_decorate` finds with these names.
    given = {key: value for key, value in draft.attrs.items() if not key.endswith(HIDDEN)}
    return draft.op.input_names(parameters(draft.op, given), len(draft.inputs))


def _add_missing_inputs(draft: Draft) -> None:
    """Before 0.9 files held no auxiliary states, such as BatchNorm's moving averages."""
    for name in _input_names(draft)[len(draft.inputs) :]:
        own = f"{draft.name}_{name}" if draft.name else name
        variable = Draft(None, own, dict(draft.attrs), place=f"{draft.place}, input {name}")
        draft.inputs.append((variable, 0))


def _note_initial_values(draft: Draft) -> None:
    """Before 0.9.4 names alone told how to initialise a variable."""
    if draft.op is None or not draft.op.initial:
        return
    for name, (source, _) in _named_inputs(draft):
        if source.op is None and name in draft.op.initial:
            source.attrs.setdefault("__init__", draft.op.initial[name])


def _forget_last_axis(draft: Draft) -> None:
    """Before 0.9.5 axis -1 meant all axes to argmax and argmin."""
    over_all = draft.attrs.get("axis") == "-1"
    if over_all and draft.op is not None and draft.op.name in ("argmax", "argmin"):
        del draft.attrs["axis"]
