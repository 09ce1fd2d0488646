"""Borders of copies around arrays on a GPU, and their gradients: a launch for each axis that has one."""

from __future__ import annotations

from typing import Any

from ..cuda import NUMBERS, Kernel
from .device import MOVED, lanes, moved, packed

_BORDER = Kernel(
    "border",
    """
KERNEL border(const T* data, T* out, long long size, long long after, long long first, long long wide,
              long long reflect, long long n) {
    FOR_EACH(k, n) {
        I inner = k % (I)after, row = k / (I)after;
        I lane = row / (I)wide, at = row % (I)wide - (I)first, end = (I)size - 1;
        if (reflect) at = at < 0 ? -at : at > end ? 2 * end - at : at;
        else at = at < 0 ? 0 : at > end ? end : at;
        out[k] = data[(lane * (I)size + at) * (I)after + inner];
    }
}
""",
    types=MOVED,
)

# One element's own gradient, then those of its copies before it, then after it.
_BORDER_BACK = Kernel(
    "border_back",
    """
KERNEL border_back(const T* grad, T* out, long long size, long long after, long long first,
                   long long wide, long long reflect, long long n) {
    FOR_EACH(k, n) {
        I inner = k % (I)after, row = k / (I)after;
        I at = row % (I)size, end = (I)size - 1;
        const T* lane = grad + row / (I)size * (I)wide * (I)after + inner;
        I last = (I)wide - (I)first - (I)size;
        A sum = A(lane[(first + at) * after]);
        if (reflect) {
            if (at > 0 && at <= first) sum += A(lane[(first - at) * after]);
            if (at < end && end - at <= last) sum += A(lane[(first + 2 * end - at) * after]);
        } else {
            A before = A(0), behind = A(0);
            if (at == 0) for (I i = 0; i < first; i++) before += A(lane[i * after]);
            if (at == end) for (I i = 0; i < last; i++) behind += A(lane[(first + size + i) * after]);
            sum = sum + before + behind;
        }
        out[k] = T(sum);
    }
}
""",
    types=NUMBERS,
)


def bordered(
    xp: Any, data: Any, pairs: list[tuple[int, int]], mode: str, constant_value: float
) -> Any:
    """`numpy.pad` with the modes constant, edge and reflect."""
    if mode == "constant":
        shape = [size + sum(pair) for size, pair in zip(data.shape, pairs, strict=True)]
        result = xp.full(shape, constant_value, data.dtype)
        places = zip(data.shape, pairs, strict=True)
        result[tuple([slice(first, first + size) for size, (first, _) in places])] = data
        return result
    if not any(map(any, pairs)):
        return data.copy()
    reflect = int(mode == "reflect")
    for axis, (first, last) in enumerate(pairs):
        if first or last:
            _, size, after = lanes(data.shape, axis)
            wide = size + first + last
            result = xp.empty((*data.shape[:axis], wide, *data.shape[axis + 1 :]), data.dtype)
            if result.size:
                source, into = moved(packed(data)), moved(result)
                args = (source, into, size, after, first, wide, reflect, result.size)
                _BORDER(xp, source.dtype, args, size=result.size)
            data = result
    return data


def unbordered(
    xp: Any, grad: Any, shape: tuple[int, ...], pad_width: tuple[int, ...], mode: str
) -> Any:
    """The gradient of :func:`bordered`, for an array of that shape with a border of copies."""
    reflect = int(mode == "reflect")
    for axis, size in enumerate(shape):
        first, last = pad_width[2 * axis : 2 * axis + 2]
        if first or last:
            grad = packed(grad)
            _, wide, after = lanes(grad.shape, axis)
            result = xp.empty((*grad.shape[:axis], size, *grad.shape[axis + 1 :]), grad.dtype)
            args = (grad, result, size, after, first, wide, reflect, result.size)
            _BORDER_BACK(xp, grad.dtype, args, size=result.size)
            grad = result
    return grad
