"""How compiled loops run on several threads without the GIL: whoever leads a job, and those who serve.

All that threads tell each other is in a board, an array of integers that each find at its address; see
:class:`symbook.fusion.team.Team`. Only compiled loops import this module, for it needs Numba.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import carray, njit, types
from numba.extending import intrinsic

from .board import (
    ACTIVE,
    ALLOWED,
    ARRAYS,
    BASES,
    CALLS,
    CODE,
    COUNT,
    FIELDS,
    FUNCTIONS,
    NEXT,
    NUMBERS,
    OFFSETS,
    OPEN,
    OWNER,
    RANK,
    RECORD,
    SERVERS,
    SIZES,
)
from .kept import stamp

_WORD = ir.IntType(64)
_ORDER = "seq_cst"

yield_processor = types.ExternalFunction(
    "SwitchToThread" if sys.platform == "win32" else "sched_yield", types.int32()
)


def _word(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, _WORD.as_pointer())


@intrinsic
def load(typing, address):  # type: ignore[no-untyped-def]  # Numba's own
    """The integer at an address, as the last thread left it."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_word(builder, args[0]), _ORDER, 8)

    return types.intp(types.intp), emit


@intrinsic
def store(typing, address, value):  # type: ignore[no-untyped-def]  # Numba's own
    """Write an integer, and all that has been written before, so that other threads see it."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store_atomic(args[1], _word(builder, args[0]), _ORDER, 8)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), emit


@intrinsic
def add(typing, address, value):  # type: ignore[no-untyped-def]  # Numba's own
    """Add to an integer that other threads add to; what it was before."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", _word(builder, args[0]), args[1], _ORDER)

    return types.intp(types.intp, types.intp), emit


@intrinsic
def swap(typing, address, value):  # type: ignore[no-untyped-def]  # Numba's own
    """Replace an integer; what it was before."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw("xchg", _word(builder, args[0]), args[1], _ORDER)

    return types.intp(types.intp, types.intp), emit


@intrinsic
def pointer(typing, address, dtype):  # type: ignore[no-untyped-def]  # Numba's own
    """A pointer to elements of a dtype at an address."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(signature.return_type))

    return types.CPointer(dtype.dtype)(types.intp, dtype), emit


@intrinsic
def call(typing, code, bases, offsets, sizes, numbers, functions):  # type: ignore[no-untyped-def]  # Numba's own
    """Call a loop's `part` by addresses: its own, and those of its arguments."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = [_WORD, _WORD, _WORD, ir.DoubleType(), _WORD]
        pointers = [kind.as_pointer() for kind in kinds]
        function = builder.inttoptr(args[0], ir.FunctionType(ir.VoidType(), pointers).as_pointer())
        given = [builder.inttoptr(a, p) for a, p in zip(args[1:], pointers, strict=True)]
        builder.call(function, given)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 6), emit


PART = types.void(
    *[types.CPointer(types.intp)] * 3, types.CPointer(types.float64), types.CPointer(types.intp)
)
"""The signature of a loop's `part`."""


def _compiled(arguments: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Compile a function of so many integers, and keep its code where Numba finds a folder for it."""

    def compiling(function: Callable[..., None]) -> Callable[..., None]:
        signature = types.void(*[types.intp] * arguments)
        # Numba's cache tells functions apart by their names and their file, and not by what that imports.
        function.__qualname__ += f"_{stamp()}"
        try:
            made = njit(signature, nogil=True, cache=True)(function)
        except Exception:  # there is no folder that can be written to, or what is there is damaged
            made = njit(signature, nogil=True)(function)
        return cast("Callable[..., None]", made)

    return compiling


@_compiled(3)
def _block(record: int, bases: int, k: int) -> None:
    """Compute one of a job's blocks."""
    r = carray(pointer(record, types.intp), FIELDS)
    call(
        r[CODE],
        bases,
        r[OFFSETS] + 8 * k * r[ARRAYS],
        r[SIZES] + 8 * k * r[RANK],
        r[NUMBERS],
        r[FUNCTIONS],
    )


@_compiled(4)
def lead(board: int, record: int, bases: int, others: int) -> None:
    """Compute all blocks of a job, with at most so many `others`; then nobody is at it any more.

    Where another thread leads at the moment, nobody helps.
    """
    count = carray(pointer(record, types.intp), FIELDS)[COUNT]
    if others < 1 or count < 2 or swap(board + OWNER, 1) != 0:
        for k in range(count):
            _block(record, bases, k)
        return
    store(board + RECORD, record)
    store(board + BASES, bases)
    store(board + ALLOWED, others)
    store(board + NEXT, 0)
    store(board + OPEN, count)
    k = add(board + NEXT, 1)
    while k < count:
        _block(record, bases, k)
        k = add(board + NEXT, 1)
    store(board + OPEN, 0)
    while load(board + ACTIVE) > 0:
        yield_processor()
    store(board + OWNER, 0)


@_compiled(3)
def serve(board: int, calls: int, patience: int) -> None:
    """Help whoever leads, until there has been nothing to do for `patience` rounds, or somebody calls.

    Who has counted itself in ACTIVE and finds the job open then may touch it: the leader closes it first, and
    then waits until ACTIVE is 0.
    """
    add(board + SERVERS, 1)
    left = patience
    while left > 0 and load(board + CALLS) == calls:
        helped = False
        if load(board + NEXT) < load(board + OPEN):
            if add(board + ACTIVE, 1) < load(board + ALLOWED):
                count = load(board + OPEN)
                k = add(board + NEXT, 1) if count else 0
                while k < count:
                    helped = True
                    _block(load(board + RECORD), load(board + BASES), k)
                    k = add(board + NEXT, 1)
            add(board + ACTIVE, -1)
        if helped:
            left = patience
        else:
            yield_processor()
            left -= 1
    add(board + SERVERS, -1)
