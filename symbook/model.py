"""`mx.model`: a symbol and its parameters as the files of a checkpoint.

A checkpoint `P` of epoch 7 is `P-symbol.json` and `P-0007.params`; in the latter arguments are named
`arg:fc_weight` and auxiliary states `aux:bn_moving_mean`. One symbol serves all epochs.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from . import ndarray, symbol
from .context import cpu
from .errors import ArgumentError, FormatError, asked_of
from .ndarray import NDArray
from .symbol import Symbol

__all__ = ["load_checkpoint", "load_params", "save_checkpoint"]

Params = dict[str, NDArray]


def save_checkpoint(
    prefix: str,
    epoch: int,
    symbol: Symbol | None,
    arg_params: Mapping[str, NDArray],
    aux_params: Mapping[str, NDArray],
    remove_amp_cast: bool = True,
) -> None:
    """Write a symbol to `prefix-symbol.json` and its parameters to `prefix-0001.params`.

    Each file is written whole or not at all.

    Parameters
    ----------
    prefix : str
        Beginning of both names, folders included.
    epoch : int
        The number in the name of the parameters' file.
    symbol : Symbol or None
        Not written if None.
    arg_params, aux_params : dict of str to NDArray
        Arguments and auxiliary states by name.
    remove_amp_cast : bool
        Leave out the casts of automatic mixed precision, as :meth:`Symbol.save`.

    Raises
    ------
    ArgumentError
        If a value is no NDArray. A TypeError.
    OSError
        If a file cannot be written.
    """
    path = _params_path(prefix, epoch)
    arrays = {**_labelled("arg", arg_params), **_labelled("aux", aux_params)}
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
    ndarray.save(path, arrays)
    logging.info('Saved checkpoint to "%s"', path)


def load_checkpoint(prefix: str, epoch: int) -> tuple[Symbol, Params, Params]:
    """The symbol, arguments and auxiliary states that :func:`save_checkpoint` wrote.

    Raises
    ------
    FormatError, LookupFailure, ParamError, OSError
        As :func:`symbook.symbol.load` and :func:`load_params`.
    """
    loaded = symbol.load(f"{prefix}-symbol.json")
    return loaded, *load_params(prefix, epoch)


def load_params(prefix: str, epoch: int) -> tuple[Params, Params]:
    """The arguments and auxiliary states of `prefix-0001.params`, by name.

    Arrays under other labels than `arg:` and `aux:` are left out.

    Raises
    ------
    FormatError
        If the file is damaged, or an array has no label. A ValueError.
    OSError
        If it cannot be read; MissingFile, a FileNotFoundError, if there is none.
    """
    path = _params_path(prefix, epoch)
    arrays = ndarray.load(path)
    if not arrays:
        logging.warning("Params file '%s' is empty", path)
        return {}, {}
    if not isinstance(arrays, dict):
        raise FormatError(
            f"{path}: its arrays have no names, so they are no parameters of a symbol",
            hint="mx.nd.load reads it.",
        )
    parts: dict[str, Params] = {"arg": {}, "aux": {}}
    for key, array in arrays.items():
        label, colon, name = key.partition(":")
        if not colon:
            raise FormatError(
                f"{path}: the array {key!r} is neither an argument, arg:{key}, nor an auxiliary "
                f"state, aux:{key}",
                hint="mx.nd.load reads it.",
            )
        parts.get(label, {})[name] = array
    return parts["arg"], parts["aux"]


def _params_path(prefix: str, epoch: int) -> str:
    try:
        return f"{prefix}-{epoch:04d}.params"
    except (TypeError, ValueError):
        raise ArgumentError(
            f"an epoch is a whole number, not {epoch!r}", hint="Write 0 for network-0000.params."
        ) from None


def _labelled(label: str, params: Any) -> dict[str, Any]:
    """The parameters under the keys of a checkpoint, on the CPU."""
    if not isinstance(params, Mapping):
        raise ArgumentError(
            f"{label}_params is a dict of str to NDArray, not {type(params)}",
            hint="Give {} where there are none.",
        )
    return {
        f"{label}:{name}": value.as_in_context(cpu()) if isinstance(value, NDArray) else value
        for name, value in params.items()
    }


__getattr__ = asked_of("mx.model", __all__)
