"""Kernels that compute each element from the elements at the same place of other arrays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import ArgumentError
from .kernel import DTypes, Kernel

_NUMBERS = ("long long", "unsigned long long", "double")


class _Parameter(NamedTuple):
    type: str
    name: str
    read: bool
    written: bool

    @property
    def is_array(self) -> bool:
        return self.read or self.written


def elementwise(
    name: str,
    parameters: str,
    body: str,
    types: Sequence[DTypes],
    *,
    fmad: bool = False,
    listed: bool = True,
) -> Kernel:
    """A kernel that goes over arrays of one size, 16 bytes at a time where addresses allow it.

    Parameters
    ----------
    parameters : str
        "const T x" is an element that is read, "T y" one that is written, "T& z" one that is both;
        "double a", "long long n" and "unsigned long long seed" are numbers.
    body : str
        C++ statements for one element, which use those names, and `i`, its index.
    types, fmad, listed
        As for `Kernel`.

    The kernel's arguments are an array or a number for each parameter, and then the number of elements:

        _CLIP = elementwise("clip", "const T x, T y, double a", "y = T(clip(A(x), -A(a), A(a)));", FLOATS)
        _CLIP(xp, x.dtype, (x, y, 1.5, x.size), size=x.size)

    What is written may be the same array as what is read, but must not overlap it otherwise.
    """
    found = [_parameter(name, one.strip()) for one in parameters.split(",")]
    text = _TEXT.format(
        name=name,
        body=body,
        one=", ".join(_of_one(p) for p in found),
        all=", ".join(_of_all(p) for p in found),
        types=", ".join(p.type for p in found if p.is_array),
        aligned=" && ".join(
            f"aligned({p.name}, lanes * sizeof({p.type}))" for p in found if p.is_array
        ),
        load="\n        ".join(_load(p) for p in found if p.is_array),
        packed=", ".join(f"{p.name}_pack.at[k]" if p.is_array else p.name for p in found),
        store="\n        ".join(
            f"store_pack({p.name} + p * lanes, {p.name}_pack);" for p in found if p.written
        ),
        single=", ".join(f"{p.name}[i]" if p.is_array else p.name for p in found),
    )
    return Kernel(name, text, types, fmad=fmad, per_thread=4, listed=listed)


_TEXT = """
DEVICE void {name}_one(I i, {one}) {{
    {body}
}}
KERNEL {name}({all}, long long elements) {{
    constexpr int lanes = lanes_of<{types}>();
    I packs = {aligned} ? (I)elements / lanes : 0;
    FOR_EACH(p, packs) {{
        {load}
        #pragma unroll
        for (int k = 0; k < lanes; k++)
            {name}_one(p * lanes + k, {packed});
        {store}
    }}
    FOR_EACH(rest, (I)elements - packs * lanes) {{
        I i = packs * lanes + rest;
        {name}_one(i, {single});
    }}
}}"""


def _parameter(kernel: str, declared: str) -> _Parameter:
    parts = re.fullmatch(r"(const )?\s*([\w ]+?)\s*(&)?\s*\b(\w+)", declared)
    if parts is None:
        raise ArgumentError(f"kernel {kernel!r} has the parameter {declared!r}")
    constant, kind, both, name = parts.groups()
    if kind in _NUMBERS:
        return _Parameter(kind, name, False, False)
    return _Parameter(kind, name, bool(constant or both), not constant)


def _of_one(p: _Parameter) -> str:
    if not p.is_array:
        return f"{p.type} {p.name}"
    return f"{p.type}& {p.name}" if p.written else f"const {p.type}& {p.name}"


def _of_all(p: _Parameter) -> str:
    if not p.is_array:
        return f"{p.type} {p.name}"
    return f"{p.type}* {p.name}" if p.written else f"const {p.type}* {p.name}"


def _load(p: _Parameter) -> str:
    pack = f"Pack<{p.type}, lanes> {p.name}_pack"
    return f"{pack} = load_pack<lanes>({p.name} + p * lanes);" if p.read else f"{pack};"
