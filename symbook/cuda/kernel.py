"""`Kernel`: C++ text, compiled for each type when it is first called for that, and launched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import ArgumentError, SymbookError
from .source import EXACT, MOST_THREADS, OPTIONS, parameters, source, written

# By name, in the order of definition.
KERNELS: dict[str, Kernel] = {}

# Of a grid-stride loop: more blocks than this gain nothing on any device.
_MOST_BLOCKS = 1 << 16
# Where a count or an array reaches it, indices have 64 bits. Half of what an int holds, as a
# grid-stride loop steps beyond the end.
_WIDE = 1 << 30

_WHOLE = (int, np.integer, np.bool_)
_REAL = (float, np.floating, *_WHOLE)

# A dtype, or a tuple of them: T, T1, …
DTypes = Any


class Kernel:
    """A kernel of ours: C++ text with one `KERNEL name(…)`; `symbook.cuda` says what it can use.

    Parameters
    ----------
    name : str
        Of the function in the text.
    text : str
    types : sequence of dtypes or of tuples of dtypes
        The instances that there are: of each what `T` is, or what `T`, `T1`, … are.
    fmad : bool
        Whether a product and a sum may be one instruction, which rounds once: faster and mostly more
        accurate, but not NumPy's bits.
    most_threads : int
        Of a block: with fewer than 1024, a thread may have more registers than 64.
    per_thread : int
        How many elements of `size` a thread takes at once.
    listed : bool
        Whether it is one of `KERNELS`, where no two have the same name; not for text made for one graph.

    Making one costs little and compiles nothing.
    """

    __slots__ = (
        *("_kinds", "_lock", "_ready", "_types", "_wide"),
        *("fmad", "most_threads", "name", "per_thread", "text"),
    )

    def __init__(
        self,
        name: str,
        text: str,
        types: Sequence[DTypes],
        *,
        fmad: bool = False,
        most_threads: int = MOST_THREADS,
        per_thread: int = 1,
        listed: bool = True,
    ) -> None:
        if listed and name in KERNELS:
            raise ArgumentError(f"there is a kernel {name!r} already")
        self.name = name
        self.text = text
        self.fmad = fmad
        self.most_threads = most_threads
        self.per_thread = per_thread
        self._types = types
        self._kinds: tuple[str, ...] | None = None
        self._wide: Callable[..., bool] = _unwritten
        self._ready: dict[Any, Any] = {}
        self._lock = threading.Lock()
        if listed:
            KERNELS[name] = self

    def __repr__(self) -> str:
        return f"Kernel({self.name!r})"

    @property
    def options(self) -> tuple[str, ...]:
        """What the compiler is given."""
        return OPTIONS if self.fmad else EXACT

    @property
    def instances(self) -> list[tuple[np.dtype[Any], ...]]:
        """The types of each instance."""
        return [_dtypes(types) for types in self._types]

    def source(self, dtypes: DTypes, wide: bool = False) -> str:
        """The whole text that is compiled for these types, with 64-bit indices if `wide`."""
        return source(self.text, _dtypes(dtypes), wide, self.most_threads)

    def __call__(
        self,
        xp: ModuleType,
        dtypes: DTypes,
        args: Sequence[Any],
        *,
        size: int | None = None,
        blocks: int = 1,
        threads: int = 256,
    ) -> None:
        """Launch it on CuPy's current stream.

        Parameters
        ----------
        xp : module
            CuPy.
        dtypes : dtype or tuple of dtypes
            Which instance: what `T`, `T1`, … are.
        args : sequence
            For each parameter an array (or its `.data`; or for a null pointer 0, None more slowly), an int or
            a float.
        size : int, optional
            How many elements a grid-stride loop goes over: as many blocks as that wants. With 0 nothing
            is launched.
        blocks : int
            How many blocks, where there is no `size`. With 0 nothing is launched.
        threads : int
            How many threads in each block, a power of two, `most_threads` at most.

        Raises
        ------
        ArgumentError
            If there is no such instance, or the arguments do not fit the parameters.
        SymbookError
            If the compiler refuses the text; with the compiler's message.
        """
        if size is not None:
            blocks = self._blocks(size, threads)
        if not blocks:
            return
        try:
            wide = self._wide(*args)
        except (AttributeError, TypeError):  # other types or another number of arguments
            wide, args = self._checked(args)
        function = self._ready.get((xp, dtypes, wide))
        if function is None:
            function = self._made(xp, dtypes, wide)
        function((blocks,), (threads,), args)

    def _blocks(self, size: int, threads: int) -> int:
        blocks = -(-size // (threads * self.per_thread))
        return blocks if blocks < _MOST_BLOCKS else _MOST_BLOCKS

    def _checked(self, args: Sequence[Any]) -> tuple[bool, Sequence[Any]]:
        """Whether indices need 64 bits, and the arguments in the types that CuPy passes rightly."""
        kinds = self._kinds
        if kinds is None:
            kinds = self._kinds = parameters(self.name, self.text)
            self._wide = written(kinds, _WIDE)
        if len(args) != len(kinds):
            raise ArgumentError(
                f"kernel {self.name!r} takes {len(kinds)} arguments, not {len(args)}"
            )
        args = self._converted(kinds, args)
        sizes = [
            getattr(value, "size", 0) if kind == "pointer" else value
            for kind, value in zip(kinds, args, strict=True)
            if kind in ("pointer", "count")
        ]
        return max(sizes, default=0) >= _WIDE, args

    def _converted(self, kinds: tuple[str, ...], args: Sequence[Any]) -> list[Any]:
        """Numbers of NumPy's, and ints where floats are wanted, as Python's own."""
        made = list(args)
        for k, (kind, value) in enumerate(zip(kinds, args, strict=True)):
            if kind == "pointer":
                # CuPy would give the driver no address of a null pointer, but none of the argument itself.
                made[k] = 0 if value is None else value
                continue
            wanted = _REAL if kind == "number" else _WHOLE
            if not isinstance(value, wanted):
                raise ArgumentError(
                    f"argument {k} of the kernel {self.name!r} is a {type(value).__name__}"
                )
            made[k] = float(value) if kind == "number" else _signed(int(value))
        return made

    def _made(self, xp: ModuleType, dtypes: DTypes, wide: bool) -> Any:
        """The function for these types, compiled by whoever comes first."""
        types = _dtypes(dtypes)
        with self._lock:
            function = self._ready.get((xp, types, wide))
            if function is None:
                function = self._compiled(xp, types, wide)
                self._ready[xp, types, wide] = function
            self._ready[xp, dtypes, wide] = function
        return function

    def _compiled(self, xp: Any, types: tuple[np.dtype[Any], ...], wide: bool) -> Any:
        named = ", ".join(dtype.name for dtype in types)
        if types not in self.instances:
            have = "; ".join(", ".join(d.name for d in one) for one in self.instances)
            raise ArgumentError(
                f"there is no kernel {self.name!r} for {named}", hint=f"There is one for {have}."
            )
        try:
            module = xp.RawModule(code=self.source(types, wide), options=self.options)
            return module.get_function(self.name)
        except Exception as error:
            raise SymbookError(
                f"the kernel {self.name!r} for {named} cannot be compiled: {error}"
            ) from error


def _dtypes(dtypes: DTypes) -> tuple[np.dtype[Any], ...]:
    several = dtypes if isinstance(dtypes, tuple) else (dtypes,)
    return tuple(np.dtype(dtype) for dtype in several)


def _unwritten(*args: Any) -> bool:
    raise TypeError("the first call finds out what the parameters are")


def _signed(value: int) -> int:
    """The int of 64 bits with a sign that has the same bits."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)
