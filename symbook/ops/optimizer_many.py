"""Steps of gradient descent for many weights in one call, and what many arrays are asked at once.

The inputs of the `multi_` update operators come in groups, one for each weight: the weight, its
gradient and its states. Everything else is as in :mod:`.optimizer`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import counted
from . import numbered
from .casting import floating
from .optimizer import FLOAT32, number, numbers, rounded, scaled, slide, with_notes
from .optimizer_many_kernels import steps
from .registry import Op, add, read_signature
from .rules import (
    DTypes,
    Mismatch,
    Params,
    Shapes,
    unify,
    unify_all,
    unify_dtypes,
)

Floats = tuple[float, ...]


class Group(NamedTuple):
    """What the inputs of one weight are, and what follows after those of all weights."""

    roles: tuple[str, ...]
    rest: tuple[str, ...] = ()

    def names(self, count: int) -> tuple[str, ...]:
        """The inputs' names, for so many weights."""
        return (*(f"{role}_{i}" for i in range(count) for role in self.roles), *self.rest)

    def split(self, values: tuple[Any, ...]) -> tuple[list[tuple[Any, ...]], tuple[Any, ...]]:
        """What belongs to each weight, and what is left."""
        size, end = len(self.roles), len(values) - len(self.rest)
        return [values[i : i + size] for i in range(0, end, size)], values[end:]

    def require(self, number: int, params: Params) -> None:
        """Raise Mismatch unless the inputs, and the numbers given, are as many as the weights need."""
        weights = params["num_weights"]
        if number != len(self.names(weights)):
            raise Mismatch(
                f"{counted(weights, 'weight')} need {counted(len(self.names(weights)), 'input')}, "
                f"{number} were given",
                hint=f"Give {', '.join(self.roles)} for each weight"
                + (f", then {' and '.join(self.rest)}." if self.rest else "."),
            )
        for key in ("lrs", "wds"):
            if key in params and len(params[key]) != weights:
                raise Mismatch(
                    f"{key} has {counted(len(params[key]), 'number')} for {counted(weights, 'weight')}",
                    hint=f"Give one number of {key} for each weight.",
                )

    def shapes(self, ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
        """Everything of a weight has the weight's shape; learning rates and decays are vectors."""
        self.require(len(ins), params)
        groups, rest = self.split(ins)
        found = [unify_all((*group, out)) for group, out in zip(groups, outs, strict=True)]
        vectors = tuple(unify(shape, (len(found),)) for shape in rest)
        return (*(shape for shape in found for _ in self.roles), *vectors), tuple(found)

    def dtypes(self, ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
        """All weights and gradients have one floating dtype, and the momenta with them.

        Beside float32 copies, the momenta are float32, as are learning rates and decays.
        """
        self.require(len(ins), params)
        groups, rest = self.split(ins)
        mixed = "weight32" in self.roles
        same = 2 if mixed else len(self.roles)
        plain = [dtype for group in groups for dtype in group[:same]]
        (low, *_), _ = floating((unify_dtypes((*plain, *outs)),), (None,), params)
        for dtype in (*(d for group in groups for d in group[same:]), *rest):
            unify_dtypes((FLOAT32, dtype))
        each = (low,) * same + (FLOAT32,) * (len(self.roles) - same)
        return each * len(groups) + (FLOAT32,) * len(rest), (low,) * len(groups)


def _outputs(params: Mapping[str, Any]) -> Sequence[str]:
    return numbered.outputs(params["num_weights"])


_NOTES = {
    "lrs": "The learning rates, one for each weight.",
    "wds": "The weight decays, one for each weight.",
    "momentum": "How much of the momentum is kept at each step.",
    "rescale_grad": "The gradients are multiplied by it first.",
    "clip_gradient": "Limit of each part of the rescaled gradients; below 0, there is none.",
    "num_weights": "How many weights there are.",
}


def many(*roles: str, rest: tuple[str, ...] = ()) -> Callable[[Callable[..., Any]], None]:
    """Register an operator of groups of inputs."""
    group = Group(roles, rest)
    states = tuple(f"{role}_" for role in roles if role in ("mom", "weight32"))

    def register(fn: Callable[..., Any]) -> None:
        fn.__doc__ = with_notes(fn, _NOTES)
        add_counted(
            Op(
                name=fn.__name__,
                fn=lambda xp, *data, **given: fn(xp, *group.split(data), **given),
                inputs=(),
                variadic=True,
                params=read_signature(fn)[2],
                shape=group.shapes,
                dtype=group.dtypes,
                outputs=_outputs,
                text=fn.__doc__ or "",
            ),
            "num_weights",
            group.names,
            states,
        )

    return register


def add_counted(
    base: Op, key: str, names_of: Callable[[int], tuple[str, ...]], states: tuple[str, ...]
) -> None:
    """Register an operator whose inputs' names depend on a parameter that counts them.

    Parameters
    ----------
    base : Op
        The operator, variadic.
    key : str
        The parameter.
    names_of : callable
        Gives the inputs' names for a count.
    states : tuple of str
        Beginnings of the names of inputs that are changed in place.
    """

    def specialise(kwargs: Mapping[str, Any]) -> Op:
        param = base.params[key]
        return of_count(param.parse(kwargs.get(key, 1 if param.required else param.default), key))

    @functools.lru_cache(256)
    def of_count(count: int) -> Op:
        names = names_of(count)
        changed = frozenset(name for name in names if name.startswith(states))
        return base.but(inputs=names, variadic=False, aux=changed, mutates=changed)

    add(base.but(specialise=specialise))


def many_stepped(
    xp: Any,
    groups: list[tuple[Any, ...]],
    lrs: Any,
    wds: Any,
    rescale_grad: float,
    clip_gradient: float,
    momentum: float | None = None,
    mixed: bool = False,
) -> tuple[Any, ...]:
    """The new weights; momenta and float32 copies are changed in place."""
    if xp is not np:
        dtype = FLOAT32 if mixed else groups[0][0].dtype
        if isinstance(lrs, tuple):
            lrs, wds = numbers(dtype, *lrs), numbers(dtype, *wds)
        given = numbers(dtype, momentum or 0, rescale_grad, clip_gradient)
        return tuple(steps(xp, groups, lrs, wds, given, momentum is not None, mixed))
    results = []
    for (weight, grad, *states), lr, wd in zip(groups, lrs, wds, strict=True):
        source = states[-1] if mixed else weight
        dtype = source.dtype
        rate = lr.astype(dtype) if hasattr(lr, "astype") else number(dtype, lr)
        decay = wd.astype(dtype) if hasattr(wd, "astype") else number(dtype, wd)
        step = scaled(xp, grad.astype(dtype, copy=False), rate, rescale_grad, clip_gradient)
        mom = xp.zeros_like(source) if momentum is None else states[0]
        slide(mom, source, step, number(dtype, momentum or 0), rate * decay)
        if mixed:
            source += mom
            results.append(rounded(source, weight, None))
        else:
            results.append(source + mom)
    return tuple(results)


@many("weight", "grad")
def multi_sgd_update(
    xp,
    groups,
    rest,
    /,
    *,
    lrs: Floats,
    wds: Floats,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
):
    """As `sgd_update` for several weights, each with a learning rate and a weight decay of its own.

    Inputs: `weight_0, grad_0, weight_1, grad_1, …`, of one floating dtype. Outputs: the new weights.

    >>> import symbook as mx
    >>> a, grad_a, b, grad_b = (mx.nd.array([x]) for x in (1, 2, 3, 4))
    >>> new = mx.nd.multi_sgd_update(a, grad_a, b, grad_b, lrs=(1, 2), wds=(0, 0), num_weights=2)
    >>> [x.asscalar().item() for x in new]
    [-1.0, -5.0]
    """
    return many_stepped(xp, groups, lrs, wds, rescale_grad, clip_gradient)


@many("weight", "grad", "mom")
def multi_sgd_mom_update(
    xp,
    groups,
    rest,
    /,
    *,
    lrs: Floats,
    wds: Floats,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
):
    """As `sgd_mom_update` for several weights, each with a learning rate and a decay of its own.

    Inputs: `weight_0, grad_0, mom_0, weight_1, …`, of one floating dtype; the momenta are changed in
    place. Outputs: the new weights.

    >>> import symbook as mx
    >>> weight, grad, mom = (mx.nd.array([x]) for x in (1, 2, 4))
    >>> mx.nd.multi_sgd_mom_update(weight, grad, mom, lrs=(1,), wds=(0,), momentum=0.5).asnumpy()
    array([1.], dtype=float32)
    """
    return many_stepped(xp, groups, lrs, wds, rescale_grad, clip_gradient, momentum)


@many("weight", "grad", "weight32")
def multi_mp_sgd_update(
    xp,
    groups,
    rest,
    /,
    *,
    lrs: Floats,
    wds: Floats,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
):
    """As `mp_sgd_update` for several weights, each with a learning rate and a decay of its own.

    Inputs: `weight_0, grad_0, weight32_0, weight_1, …`; the float32 weights are changed in place.
    Outputs: the new weights, in the dtype of weights and gradients.

    >>> import symbook as mx
    >>> weight, grad = (mx.nd.array([x], dtype="float16") for x in (1, 2))
    >>> mx.nd.multi_mp_sgd_update(weight, grad, mx.nd.array([1]), lrs=(1,), wds=(0,)).asnumpy()
    array([-1.], dtype=float16)
    """
    return many_stepped(xp, groups, lrs, wds, rescale_grad, clip_gradient, mixed=True)


@many("weight", "grad", "mom", "weight32")
def multi_mp_sgd_mom_update(
    xp,
    groups,
    rest,
    /,
    *,
    lrs: Floats,
    wds: Floats,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
):
    """As `mp_sgd_mom_update` for several weights, each with a learning rate and a decay of its own.

    Inputs: `weight_0, grad_0, mom_0, weight32_0, weight_1, …`; momenta and float32 weights are
    changed in place. Outputs: the new weights, in the dtype of weights and gradients.

    >>> import symbook as mx
    >>> weight, grad = (mx.nd.array([x], dtype="float16") for x in (1, 2))
    >>> states = mx.nd.array([4]), mx.nd.array([1])
    >>> settings = {"lrs": (1,), "wds": (0,), "momentum": 0.5}
    >>> mx.nd.multi_mp_sgd_mom_update(weight, grad, *states, **settings).asnumpy()
    array([1.], dtype=float16)
    """
    return many_stepped(xp, groups, lrs, wds, rescale_grad, clip_gradient, momentum, mixed=True)


def _no_outputs(ins: Any, outs: Any, params: Params) -> tuple[Any, Any]:
    return ins, outs


def _reset(xp: Any, *data: Any, num_arrays: int) -> tuple[()]:
    """Fill arrays of any shapes and dtypes with zeros, in place. There is no output.

    num_arrays
        How many there are.

    >>> import symbook as mx
    >>> a, b = mx.nd.ones(2), mx.nd.ones(1)
    >>> mx.nd.reset_arrays(a, b, num_arrays=2)
    []
    >>> a.asnumpy()
    array([0., 0.], dtype=float32)
    """
    for array in data:
        array.fill(0)
    return ()


add_counted(
    Op(
        name="reset_arrays",
        fn=_reset,
        inputs=(),
        variadic=True,
        params=read_signature(_reset)[2],
        shape=_no_outputs,
        dtype=_no_outputs,
        outputs=(),
        text=_reset.__doc__ or "",
    ),
    "num_arrays",
    lambda count: tuple(f"array_{i}" for i in range(count)),
    ("array_",),
)
