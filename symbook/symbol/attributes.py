"""Attributes of nodes: text under names such as `__shape__`, with MXNet's undecorated synonyms."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from ..errors import ArgumentError, ParamError, brief, did_you_mean
from ..naming import scopes
from ..specs import CODE_OF_DTYPE, as_dtype

# MXNet keeps these under `__key__` and shows them under both names (c_api_symbolic.cc, kHiddenKeys).
HIDDEN = ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage")


def normalise(attrs: Mapping[str, Any]) -> dict[str, str]:
    """Attributes as nodes keep them.

    Raises
    ------
    ParamError
        If a value is not text.
    ArgumentError
        If they are no dict.
    """
    if not isinstance(attrs, Mapping):
        raise ArgumentError(
            f"attributes are a dict of strings, not {brief(attrs)}",
            hint="For example: attr={'__note__': 'mine'}.",
        )
    for key, value in attrs.items():
        if not isinstance(value, str):
            raise ParamError(
                f"Set Attr only accepts string values: {key}={value!r}",
                hint=f"Write {key}={str(value)!r}.",
            )
    return {f"__{key}__" if key in HIDDEN else key: value for key, value in attrs.items()}


def is_attribute(key: str) -> bool:
    """Whether a keyword names an attribute rather than a parameter: `__group__`, `lr_mult`."""
    return key in HIDDEN or (key.startswith("__") and key.endswith("__"))


def in_scope(own: dict[str, str] | None) -> dict[str, str]:
    """A node's own attributes over those of the scope it is made in. Raises ParamError as `normalise`."""
    merged = scopes.attrs[-1].get(own)
    return normalise(merged) if merged else merged


def shown(attrs: Mapping[str, str]) -> dict[str, str]:
    """Attributes as `list_attr` and `attr_dict` show them: hidden keys under both names."""
    result = dict(attrs)
    for key in HIDDEN:
        if f"__{key}__" in attrs:
            result[key] = attrs[f"__{key}__"]
    return result


def lookup(attrs: Mapping[str, str], key: str) -> str | None:
    """One attribute by either of its names, or None."""
    return attrs.get(f"__{key}__" if key in HIDDEN else key)


def of_variable(
    attr: Mapping[str, str] | None,
    declared: Mapping[str, Any],
    extra: Mapping[str, Any],
) -> dict[str, str]:
    """A variable's own attributes from `Variable`'s arguments.

    Raises
    ------
    ParamError
        If a keyword is unknown: additional attributes start and end with two underscores.
    """
    if attr is not None and not isinstance(attr, Mapping):
        raise ArgumentError(
            f"Variable takes one name, and then a dict of attributes, not {brief(attr)}",
            hint='Call it once for each: A, B = mx.sym.Variable("A"), mx.sym.Variable("B").',
        )
    attrs = normalise(attr or {})
    for key, value in declared.items():
        if value is not None:
            attrs[f"__{key}__"] = _declaration(key, value)
    for key, value in extra.items():
        if not is_attribute(key):
            raise ParamError(
                f"Attribute name={key} is not supported. Additional attributes must start and end "
                "with double underscores, e.g, __yourattr__",
                hint=did_you_mean(key, declared) or f"Write __{key.strip('_')}__={value!r}.",
            )
        attrs[key] = str(value)
    return attrs


def _declaration(key: str, value: Any) -> str:
    if key == "dtype":
        return str(CODE_OF_DTYPE[as_dtype(value)])
    if key == "shape":
        _require_shape(value)
    if key == "init" and not isinstance(value, str):
        if not hasattr(value, "dumps"):
            raise ParamError(
                f"init must be a string or an initializer, not {value!r}",
                hint="For example: init=mx.init.Normal().",
            )
        return str(value.dumps())
    return str(value)


def _require_shape(value: Any) -> None:
    try:
        for dim in value if isinstance(value, (tuple, list)) else (value,):
            operator.index(dim)
    except TypeError:
        raise ParamError(
            f"{value!r} is not a shape", hint="A shape is a tuple of whole numbers, such as (2, 3)."
        ) from None
