"""Initializers by name: arrays from a file, and other initializers for some names."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import ArgumentError, LookupFailure, ParamError, ShapeError, one_of, shape_text
from ..ndarray import NDArray, load


class Load:
    """Values from a file or a dict, for the parameters that it has.

    Parameters
    ----------
    param : str, or dict of str to NDArray
        A file that `mx.nd.load` reads, or what it gives; `arg:` and `aux:` before names are dropped.
    default_init : callable, optional
        The initializer of the other parameters.
    verbose : bool
        Log where each array's values come from.

    Raises
    ------
    FormatError, OSError
        As :func:`symbook.ndarray.load`.
    ArgumentError
        If it holds a list. A TypeError.
    """

    def __init__(
        self,
        param: Any,
        default_init: Callable[[str, NDArray], Any] | None = None,
        verbose: bool = False,
    ) -> None:
        arrays = load(param) if isinstance(param, str) else param
        if not isinstance(arrays, Mapping):
            raise ArgumentError(
                "Load takes a dict of str to NDArray, or a file of one",
                hint="Give {'weight': array}, or the file's name.",
            )
        self.param = {
            name[4:] if name[:4] in ("arg:", "aux:") else name: arrays[name] for name in arrays
        }
        self.default_init = default_init
        self.verbose = verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill an array by its name.

        Raises
        ------
        ShapeError
            If the loaded array has another shape. A ValueError.
        LookupFailure
            If there is none, and no default. A ValueError.
        """
        if name in self.param:
            if arr.shape != self.param[name].shape:
                raise ShapeError(
                    f"Parameter {name} cannot be initialized from loading: it has shape "
                    f"{shape_text(arr.shape)}, and what was loaded {shape_text(self.param[name].shape)}",
                    hint="The file is another network's, or was made for other shapes of its data.",
                )
            arr[:] = self.param[name]
        elif self.default_init is None:
            raise LookupFailure(
                f"Cannot Initialize {name}. Not found in loaded param and no default Initializer is "
                "provided.",
                hint=one_of(name, self.param),
            )
        else:
            self.default_init(name, arr)
        if self.verbose:
            logging.info(
                "Initialized %s by %s", name, "loading" if name in self.param else "default"
            )


class Mixed:
    """Different initializers for parameters of different names.

    Parameters
    ----------
    patterns : list of str
        Regular expressions; the first that fits a name's beginning decides.
    initializers : list of Initializer
        One for each pattern.

    Raises
    ------
    ParamError
        If there are not as many of one as of the other, or a pattern is no regular expression.
    """

    def __init__(self, patterns: Sequence[str], initializers: Sequence[Callable[..., Any]]) -> None:
        if len(patterns) != len(initializers):
            raise ParamError(
                f"there are {len(patterns)} patterns and {len(initializers)} initializers",
                hint="Give one initializer for each pattern.",
            )
        try:
            compiled = [re.compile(pattern) for pattern in patterns]
        except re.error as error:
            raise ParamError(
                f"a pattern is no regular expression: {error}",
                hint='".*" is the pattern of all names.',
            ) from None
        self.map = list(zip(compiled, initializers, strict=True))

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill an array by its name. Raises LookupFailure, a ValueError, if no pattern fits."""
        for pattern, init in self.map:
            if pattern.match(name):
                init(name, arr)
                return
        raise LookupFailure(
            f"Parameter name {name} did not match any pattern",
            hint='Put the pattern ".*" last, with an initializer for all others.',
        )
