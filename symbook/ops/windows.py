"""Sliding windows over the space of an array: their sizes, and strided views of what lies in them.

Arrays here are `(batch, channel, *space)`, whatever the operator's layout: :func:`channels_first` and
:func:`in_layout` translate by views. `kernel`, `stride`, `dilate` and `pad` have a number for each
dimension of space, of which there are one to three.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from ..errors import counted, shape_text
from ..specs import Shape, known
from .rules import Mismatch

Ints = tuple[int, ...]

LAYOUTS = {1: "NCW", 2: "NCHW", 3: "NCDHW"}
_LETTERS = {1: "W", 2: "HW", 3: "DHW"}


@dataclass(frozen=True, slots=True)
class Window:
    """Where windows lie: a number for each dimension of space in each of the fields.

    Windows start at `-pad`, `stride` apart; in each, `kernel` points are `dilate` apart.
    """

    kernel: Ints
    stride: Ints
    dilate: Ints
    pad: Ints

    @property
    def reach(self) -> Ints:
        """How much space a window covers: `dilate (kernel - 1) + 1`."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilate, strict=True))

    def counts(self, space: Shape) -> Shape:
        """How many windows fit: `⌊(size + 2 pad - reach) / stride⌋ + 1`; None for an unknown size.

        Raises
        ------
        Mismatch
            If not even one does.
        """
        rows = zip(space, self.pad, self.reach, self.stride, strict=True)
        return tuple(
            None if size is None else (fitting(size, p, reach) - reach) // s + 1
            for size, p, reach, s in rows
        )

    def whole_counts(self, space: Sequence[int]) -> Ints:
        """As :meth:`counts`, of a space that is known."""
        return known(self.counts(tuple(space)))

    def offsets(self) -> Iterator[Ints]:
        """The points of a window, as distances from its first."""
        for point in product(*map(range, self.kernel)):
            yield tuple(i * d for i, d in zip(point, self.dilate, strict=True))


@lru_cache(maxsize=1024)
def window(
    kernel: Ints, stride: Ints = (), dilate: Ints = (), pad: Ints = (), least: int = 1
) -> Window:
    """The windows that an operator's parameters mean; () is 1, or 0 for `pad`.

    Raises
    ------
    Mismatch
        If the parameters differ in length, or have one to three numbers not at all, or too small ones.
    """
    rank = len(kernel)
    if not least <= rank <= 3:
        raise Mismatch(
            f"kernel {kernel} has {counted(rank, 'dimension')}; there may be {least} to 3",
            hint="Give a number for each dimension of space: kernel=(3, 3) for images.",
        )
    for name, value, low in (
        ("kernel", kernel, 1),
        ("stride", stride, 1),
        ("dilate", dilate, 1),
        ("pad", pad, 0),
    ):
        if value and len(value) != rank:
            raise Mismatch(
                f"{name} {value} must have as many numbers as kernel {kernel}",
                hint=f"Give {rank}, or leave {name} out.",
            )
        if any(item < low for item in value):
            raise Mismatch(
                f"{name} {value} has a number below {low}",
                hint=f"All its numbers must be {low} or more.",
            )
    one = (1,) * rank
    return Window(kernel, stride or one, dilate or one, pad or (0,) * rank)


def fitting(size: int, pad: int, reach: int) -> int:
    """The size with its padding, where a window of that reach fits in.

    Raises
    ------
    Mismatch
        If it does not.
    """
    whole = size + 2 * pad
    if reach > whole:
        raise Mismatch(
            f"kernel size exceed input: a window covers {reach}, the input has {size} and"
            f" {whole - size} of padding",
            hint="Make kernel or dilate smaller, or pad larger.",
        )
    return whole


# Layouts


def is_last(layout: str | None) -> bool:
    """Whether the layout has the channels last."""
    return layout is not None and layout[-1] == "C"


def check_layout(layout: str | None, rank: int) -> None:
    """Raise Mismatch unless the layout is one of arrays with so many dimensions of space."""
    if layout is None:
        return
    if layout not in (LAYOUTS[rank], f"N{_LETTERS[rank]}C"):
        raise Mismatch(
            f"layout {layout} is not one of {counted(rank, 'dimension')} of space",
            hint=f"Leave it out for {LAYOUTS[rank]}.",
        )


def check_rank(shape: Shape, rank: int, name: str = "data") -> None:
    """Raise Mismatch unless an array has so many dimensions of space beside batch and channel."""
    if len(shape) != rank + 2:
        raise Mismatch(
            f"{name} must have {rank + 2} dimensions for a kernel of {rank},"
            f" not {len(shape)}: {shape_text(shape)}",
            hint=f"Its layout is {LAYOUTS[rank]}: batch, channel, space.",
        )


def shape_first(shape: Shape, layout: str | None) -> Shape:
    """A shape of that layout as `(batch, channel, *space)`."""
    return (shape[0], shape[-1], *shape[1:-1]) if is_last(layout) else shape


def shape_in(shape: Shape, layout: str | None) -> Shape:
    """A shape `(batch, channel, *space)` in that layout."""
    return (shape[0], *shape[2:], shape[1]) if is_last(layout) else shape


def channels_first(array: Any, layout: str | None) -> Any:
    """An array of that layout seen as `(batch, channel, *space)`."""
    if not is_last(layout):
        return array
    return array.transpose(0, array.ndim - 1, *range(1, array.ndim - 1))


def in_layout(array: Any, layout: str | None) -> Any:
    """An array `(batch, channel, *space)` seen in that layout."""
    if not is_last(layout):
        return array
    return array.transpose(0, *range(2, array.ndim), 1)


# Views


def inside(space: Sequence[int], pad: Sequence[int]) -> tuple[Any, ...]:
    """The index of what is not padding in a padded array."""
    return (..., *(slice(p, p + size) for size, p in zip(space, pad, strict=True)))


def padded(xp: Any, array: Any, pad: Sequence[int], after: Sequence[int], value: Any) -> Any:
    """The array with `value` around its space, `pad` before and `after` after; itself where both are 0."""
    rank = len(pad)
    if not any(pad) and not any(after):
        return array
    space = array.shape[array.ndim - rank :]
    sizes = tuple(size + p + q for size, p, q in zip(space, pad, after, strict=True))
    result = xp.full(array.shape[: array.ndim - rank] + sizes, value, dtype=array.dtype)
    result[inside(space, pad)] = array
    return result


def at_offset(
    array: Any, offset: Sequence[int], stride: Sequence[int], counts: Sequence[int]
) -> Any:
    """The view of a padded array that has, for each window, its point at that offset."""
    return array[
        (
            ...,
            *(
                slice(i, i + (n - 1) * s + 1 if n else i, s)
                for i, s, n in zip(offset, stride, counts, strict=True)
            ),
        )
    ]


def sliding(xp: Any, array: Any, at: Window, counts: Ints) -> Any:
    """The view `(*front, *kernel, *counts)` of a padded array `(*front, *space)`: all windows."""
    rank = len(at.kernel)
    front, steps = array.strides[:-rank], array.strides[-rank:]
    return xp.lib.stride_tricks.as_strided(
        array,
        array.shape[:-rank] + at.kernel + counts,
        (
            *front,
            *(step * d for step, d in zip(steps, at.dilate, strict=True)),
            *(step * s for step, s in zip(steps, at.stride, strict=True)),
        ),
    )
