"""Calls of NumPy's own loops from compiled code, which then need no GIL and no array objects.

A ufunc holds, for each dtype, the address of a C function that works on strided memory
(`PyUFuncGenericFunction` in NumPy's C API). Called with the same memory it gives the same bits as the ufunc.
Only compiled loops import this module, for it needs Numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_BYTE = ir.IntType(8).as_pointer()
_WORD = ir.IntType(64)


def _call(
    context: Any, builder: Any, addresses: Any, operands: list[Any], steps: list[Any], size: Any
) -> Any:
    """Emit a call of the function at an address: pointers and steps in bytes of the inputs and the output."""
    function, data = addresses
    count = len(operands)
    pointers = cgutils.alloca_once(builder, ir.ArrayType(_BYTE, count))
    strides = cgutils.alloca_once(builder, ir.ArrayType(_WORD, count))
    sizes = cgutils.alloca_once(builder, _WORD)
    builder.store(size, sizes)
    for k, (operand, step) in enumerate(zip(operands, steps, strict=True)):
        builder.store(
            builder.bitcast(operand, _BYTE), cgutils.gep_inbounds(builder, pointers, 0, k)
        )
        builder.store(step, cgutils.gep_inbounds(builder, strides, 0, k))
    kind = ir.FunctionType(
        ir.VoidType(), [_BYTE.as_pointer(), _WORD.as_pointer(), _WORD.as_pointer(), _BYTE]
    )
    builder.call(
        builder.inttoptr(function, kind.as_pointer()),
        [
            cgutils.gep_inbounds(builder, pointers, 0, 0),
            sizes,
            cgutils.gep_inbounds(builder, strides, 0, 0),
            builder.inttoptr(data, _BYTE),
        ],
    )
    return context.get_dummy_value()


def _emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """The body of both: address, data, then arrays each with its step, then the size."""
    arrays = range(2, len(args) - 1, 2)
    operands = [
        context.make_array(signature.args[k])(context, builder, args[k]).data for k in arrays
    ]
    steps = [context.cast(builder, args[k + 1], signature.args[k + 1], types.intp) for k in arrays]
    size = context.cast(builder, args[-1], signature.args[-1], types.intp)
    return _call(context, builder, args[:2], operands, steps, size)


@intrinsic
def unary(typing, address, data, a, step, out, out_step, size):  # type: ignore[no-untyped-def]  # Numba's own
    """Call the function of one argument at `address` for `size` elements of arrays, `step` bytes apart."""
    return types.void(address, data, a, step, out, out_step, size), _emit


@intrinsic
def binary(typing, address, data, a, step, b, b_step, out, out_step, size):  # type: ignore[no-untyped-def]  # Numba's own
    """The same for a function of two arguments."""
    return types.void(address, data, a, step, b, b_step, out, out_step, size), _emit
