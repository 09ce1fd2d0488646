"""The base of initializers: which method fills an array, by the parameter's name; and their registry."""

from __future__ import annotations

import json
import logging
import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from ..errors import (
    ArgumentError,
    LookupFailure,
    ParamError,
    ShapeError,
    UnsupportedError,
    calling_users,
    one_of,
    shape_text,
)
from ..ndarray import NDArray, random


class InitDesc(str):
    """A parameter's name with what else an initializer goes by.

    Parameters
    ----------
    name : str
    attrs : dict of str to str, optional
        The variable's attributes, as in `Symbol.attr_dict()`; `__init__` names its own initializer.
    global_init : Initializer, optional
        The one for parameters without their own; the first that is called with this name, if left out.
    """

    attrs: Mapping[str, str]
    global_init: Initializer | None

    def __new__(
        cls,
        name: str,
        attrs: Mapping[str, str] | None = None,
        global_init: Initializer | None = None,
    ) -> InitDesc:
        desc = super().__new__(cls, name)
        desc.attrs = attrs or {}
        desc.global_init = global_init
        return desc


# What a name ends in, and the method that fills the array; the first that fits.
_BY_ENDING = {
    "weight": "_init_weight",
    "bias": "_init_bias",
    "gamma": "_init_gamma",
    "beta": "_init_beta",
    "min": "_init_zero",
    "max": "_init_one",
    "weight_quantize": "_init_quantized_weight",
    "bias_quantize": "_init_quantized_bias",
}
# The same for names that are plain strings, with what they begin with.
_BY_PLAIN_NAME = {
    ("upsampling", ""): "_init_bilinear",
    ("stn_loc", "weight"): "_init_zero",
    ("stn_loc", "bias"): "_init_loc_bias",
    ("", "bias"): "_init_bias",
    ("", "gamma"): "_init_gamma",
    ("", "beta"): "_init_beta",
    ("", "weight"): "_init_weight",
    ("", "moving_mean"): "_init_zero",
    ("", "moving_var"): "_init_one",
    ("", "moving_inv_var"): "_init_zero",
    ("", "moving_avg"): "_init_zero",
    ("", "min"): "_init_zero",
    ("", "max"): "_init_one",
}


class Initializer:
    """The base of initializers. A subclass says in `_init_weight(name, array)` how to fill weights.

    Biases and beta become 0, gamma 1; `_init_bias`, `_init_gamma`, `_init_beta` and `_init_default` can be
    overridden too.

    Parameters
    ----------
    **kwargs
        The constructor's arguments, for :meth:`dumps`.

    >>> import symbook as mx
    >>> weight = mx.nd.zeros((1, 2))
    >>> mx.init.One()(mx.init.InitDesc("fc_weight"), weight)
    >>> weight.asnumpy()
    array([[1., 1.]], dtype=float32)
    """

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs
        self._verbose = False
        self._print_func: Callable[[NDArray], str] = _root_mean_square

    def set_verbosity(
        self, verbose: bool = False, print_func: Callable[[NDArray], str] | None = None
    ) -> Initializer:
        """Log each array that is filled, with `print_func(array)`, its root mean square by default."""
        self._verbose = verbose
        self._print_func = print_func or _root_mean_square
        return self

    def dumps(self) -> str:
        """The initializer as text, which :func:`create` reads and a variable's `__init__` holds.

        >>> import symbook as mx
        >>> mx.init.Normal(0.5).dumps()
        '["normal", {"sigma": 0.5}]'
        """
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, desc: str, arr: NDArray) -> None:
        """Fill an array.

        Parameters
        ----------
        desc : InitDesc
            The parameter's name; as a plain string it is deprecated, as in MXNet.
        arr : NDArray

        Raises
        ------
        ParamError
            If the name does not tell what the parameter is. A ValueError.
        ArgumentError
            If the name is no string or the array no NDArray. A TypeError.
        """
        if not isinstance(desc, str):
            raise ArgumentError(
                f"name must be string, not {desc!r}", hint="Write mx.init.InitDesc('fc1_weight')."
            )
        if not isinstance(arr, NDArray):
            raise ArgumentError(
                f"arr must be NDArray, not {type(arr)}",
                hint="Give the array to be filled, as mx.nd.zeros((2, 3)).",
            )
        if not isinstance(desc, InitDesc):
            warnings.warn(
                "Calling an initializer with a plain string is deprecated: "
                f"write mx.init.InitDesc({desc!r}).",
                DeprecationWarning,
                stacklevel=2,
            )
            getattr(self, _method_of_plain_name(desc))(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        own = desc.attrs.get("__init__")
        if own:
            create(own)._init_weight(desc, arr)
            self._log(desc, own, arr)
            return
        ending = next((end for end in _BY_ENDING if desc.endswith(end)), "")
        with calling_users():  # derived classes are the user's
            getattr(self, _BY_ENDING.get(ending, "_init_default"))(desc, arr)
        self._log(desc, ending, arr)

    def _log(self, desc: str, init: str, arr: NDArray) -> None:
        if self._verbose:
            logging.info("Initialized %s as %s: %s", desc, init, self._print_func(arr))

    def _init_weight(self, name: str, arr: NDArray) -> None:
        raise UnsupportedError(
            f"{type(self).__name__} does not say how to fill weights",
            hint="Take one of mx.init that does, such as mx.init.Xavier(), or define _init_weight.",
        )

    def _init_bilinear(self, name: str, arr: NDArray) -> None:
        arr[:] = bilinear(arr.shape)

    def _init_loc_bias(self, name: str, arr: NDArray) -> None:
        if arr.shape != (6,):
            raise ShapeError(
                f"{name}: an affine map has 6 numbers, not shape {shape_text(arr.shape)}",
                hint="Use it for the weights that SpatialTransformer reads.",
            )
        arr[:] = [1, 0, 0, 0, 1, 0]

    def _init_zero(self, name: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_one(self, name: str, arr: NDArray) -> None:
        arr[:] = 1

    def _init_bias(self, name: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_gamma(self, name: str, arr: NDArray) -> None:
        arr[:] = 1

    def _init_beta(self, name: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_quantized_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = random.randint(-127, 127, dtype="int32")

    def _init_quantized_bias(self, name: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_default(self, name: str, arr: NDArray) -> None:
        raise ParamError(
            f"Unknown initialization pattern for {name}: its name ends neither in weight, bias, gamma "
            "nor beta",
            hint="Set one: mx.sym.Variable(name, init=mx.init.Normal()).",
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Initializer):
            return NotImplemented
        return type(self) is type(other) and self._kwargs == other._kwargs

    __hash__ = None  # type: ignore[assignment]  # equal ones may be changed apart


def _method_of_plain_name(name: str) -> str:
    for (start, end), method in _BY_PLAIN_NAME.items():
        if name.startswith(start) and name.endswith(end):
            return method
    return "_init_default"


def _root_mean_square(arr: NDArray) -> str:
    return str(float(np.sqrt(np.mean(np.square(arr.asnumpy(), dtype=np.float64)))))


def bilinear(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Hat functions along both axes; MXNet takes their width from the last, and so do we."""
    if len(shape) != 4:
        raise ShapeError(
            f"bilinear weights have four dimensions, not shape {shape_text(shape)}",
            hint="Use it for the weight of a Deconvolution.",
        )
    half = math.ceil(shape[3] / 2)
    if not half:
        return np.zeros(shape, np.float32)
    centre = (2 * half - 1 - half % 2) / (2 * half)
    rows, columns = (1 - np.abs(np.arange(size) / half - centre) for size in shape[2:])
    return np.broadcast_to(np.outer(rows, columns).astype(np.float32), shape)


_registered: dict[str, type[Initializer]] = {}
_Class = TypeVar("_Class", bound=type[Initializer])


def register(klass: _Class) -> _Class:
    """Make a subclass of Initializer known to :func:`create` by its name in lower case.

    Raises
    ------
    ArgumentError
        If it is no such class. A TypeError.
    """
    return _register(klass, klass.__name__)


def alias(*names: str) -> Callable[[_Class], _Class]:
    """A decorator that makes an initializer known by other names too."""

    def decorate(klass: _Class) -> _Class:
        for name in names:
            _register(klass, name)
        return klass

    return decorate


def _register(klass: _Class, name: str) -> _Class:
    if not issubclass(klass, Initializer):
        raise ArgumentError(
            f"Can only register subclass of Initializer, not {klass!r}",
            hint="class Mine(mx.init.Initializer): …",
        )
    key = name.lower()
    if key in _registered:
        warnings.warn(
            f"the initializer {key!r} is registered anew: {klass.__module__}.{klass.__name__} takes the "
            f"place of {_registered[key].__module__}.{_registered[key].__name__}",
            UserWarning,
            stacklevel=3,
        )
    _registered[key] = klass
    return klass


def create(initializer: Any, *args: Any, **kwargs: Any) -> Initializer:
    """The initializer of a name, or of a text that `dumps` gave; one that is one already is given back.

    Parameters
    ----------
    initializer : str, dict or Initializer
        `"xavier"`, `'["xavier", {"magnitude": 2}]'`, or `{"initializer": "xavier", "magnitude": 2}`, also as
        JSON text.
    *args, **kwargs
        Arguments of a name's constructor.

    Raises
    ------
    LookupFailure
        If no initializer has that name. A ValueError.
    ParamError
        If the text is none of these, or the arguments do not fit.
    """
    if isinstance(initializer, str) and initializer[:1] in ("[", "{"):
        initializer = _parsed(initializer)
    if isinstance(initializer, (Initializer, list, dict)) and (args or kwargs):
        raise ParamError(
            f"{initializer!r} is complete: it takes no more arguments", hint="Leave the others out."
        )
    if isinstance(initializer, Initializer):
        return initializer
    if isinstance(initializer, dict):
        kwargs = dict(initializer)
        initializer = kwargs.pop("initializer", None)
    elif isinstance(initializer, list):
        if len(initializer) != 2 or not isinstance(initializer[1], dict):
            raise ParamError(
                f"{initializer!r} is no name with a table of arguments",
                hint='For example: ["xavier", {}].',
            )
        initializer, kwargs = initializer
    if not isinstance(initializer, str):
        raise ArgumentError(
            f"an initializer is named by a string, not {initializer!r}",
            hint="For example: mx.init.create('xavier').",
        )
    klass = _registered.get(initializer.lower())
    if klass is None:
        raise LookupFailure(
            f"{initializer} is not registered as an initializer",
            hint=one_of(initializer, _registered) or "Decorate its class with mx.init.register.",
        )
    try:
        return klass(*args, **kwargs)
    except TypeError as error:
        raise ParamError(
            f"the initializer {initializer}: {error}", hint="help(mx.init) lists what each takes."
        ) from None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParamError(
            f"{text!r} is no text of an initializer: {error}",
            hint="Write what its method dumps() gives.",
        ) from None


def require_choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ParamError if the value of a parameter is none of the choices."""
    if value not in choices:
        raise ParamError(
            f"{key} is one of {', '.join(choices)}, not {value!r}",
            hint=one_of(value, choices),
        )
