"""Steps of gradient descent for many weights on a GPU, several weights in one launch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..cuda import FLOATS, Kernel
from ..specs import DType
from .device import packed

FLOAT32 = np.dtype("float32")

# Weights in a launch: networks have hundreds of small ones, which take less time than their launches.
_TOGETHER = 8


def _kernel(momentum: bool, mixed: bool, preloaded: bool) -> Kernel:
    """The kernel for these inputs; `preloaded`: learning rates and weight decays are two arrays."""
    low = "T1" if mixed else "T"
    moved = "kept * A(mom[i])" if momentum else "A(0)"
    weight = "weight32" if mixed else "weight"
    kinds = {
        **({} if mixed else {"weight": "const T"}),
        "grad": f"const {low}",
        **({"mom": "T"} if momentum else {}),
        **({"weight32": "T"} if mixed else {}),
        "out": low,
    }
    arrays = ", ".join(f"{kind}* {array}" for array, kind in kinds.items())
    stored = f"{'mom[i] = T(jump);' * momentum} {'weight32[i] = T(next);' * mixed}"
    places = range(_TOGETHER)
    given = [f"{kind}* {array}{k}" for k in places for array, kind in kinds.items()]
    given += [f"long long n{k}" for k in places]
    if preloaded:
        given += ["const float* rates", "const float* decays", "long long first"]
        # There are as many rates as weights: places without a weight have no elements.
        factors = [(f"A(rates[first + {k}])", f"A(decays[first + {k}])") for k in places]
    else:
        given += [f"double {what}{k}" for k in places for what in ("rate", "decay")]
        factors = [(f"A(rate{k})", f"A(decay{k})") for k in places]
    calls = "\n        ".join(
        f"if (i < n{k}) {{ one(i, {', '.join(f'{array}{k}' for array in kinds)}, {rate}, {decay}, "
        f"A(kept), A(scale), A(limit)); continue; }} i -= (I)n{k};"
        for k, (rate, decay) in enumerate(factors)
    )
    name = f"many_{'preloaded_' * preloaded}{'mixed_' * mixed}{'mom_' * momentum}steps"
    text = f"""
DEVICE void one(I i, {arrays}, A rate, A decay, A kept, A scale, A limit) {{
    A scaled = A(grad[i]) * scale;
    A step = limit < A(0) ? A(grad[i]) * (rate * scale)
                          : (scaled < -limit ? -limit : scaled > limit ? limit : scaled) * rate;
    A jump = {moved} - A({weight}[i]) * (rate * decay) - step;
    A next = A({weight}[i]) + jump;
    {stored}
    out[i] = {low}(next);
}}
KERNEL {name}({", ".join(given)}, double kept, double scale, double limit) {{
    FOR_EACH(at, {" + ".join(f"n{k}" for k in places)}) {{
        I i = at;
        {calls}
    }}
}}"""
    types = [("float32", dtype) for dtype in FLOATS] if mixed else FLOATS
    return Kernel(name, text, types)


_KERNELS = {
    (momentum, mixed, preloaded): _kernel(momentum, mixed, preloaded)
    for momentum in (False, True)
    for mixed in (False, True)
    for preloaded in (False, True)
}


def steps(
    xp: Any,
    groups: Sequence[tuple[Any, ...]],
    rates: Any,
    decays: Any,
    numbers: tuple[float, float, float],
    momentum: bool,
    mixed: bool,
) -> list[Any]:
    """The new weights; momenta and float32 copies are changed in place.

    Parameters
    ----------
    groups : sequence of tuple of array
        Of each weight: weight, gradient, and as far as there are momentum and float32 copy.
    rates, decays : sequence of float, or array
        One for each weight; arrays of float32 stay where they are.
    numbers : tuple of float
        How much of the momentum is kept, the gradient's factor, and its limit.
    """
    preloaded = isinstance(rates, xp.ndarray)
    kernel = _KERNELS[momentum, mixed, preloaded]
    dtype: DType = groups[0][0].dtype
    types: Any = (FLOAT32, dtype) if mixed else dtype
    results = []
    for first in range(0, len(groups), _TOGETHER):
        here = groups[first : first + _TOGETHER]
        outs = [xp.empty(group[0].shape, dtype) for group in here]
        states = [[packed(state) for state in group[2:]] for group in here]
        reads = [[packed(array) for array in group[1 if mixed else 0 : 2]] for group in here]
        rows = [[*reads[k], *states[k], outs[k]] for k in range(len(here))]
        missing = _TOGETHER - len(here)
        sizes = [out.size for out in outs] + [0] * missing
        rows += rows[:1] * missing  # no element of them is touched
        if preloaded:
            factors = [packed(rates), packed(decays), first]
        else:
            pairs = [*zip(rates, decays, strict=True)][first : first + _TOGETHER]
            factors = [float(x) for pair in [*pairs, *[(0.0, 0.0)] * missing] for x in pair]
        args = [*(array for row in rows for array in row), *sizes, *factors, *map(float, numbers)]
        kernel(xp, types, args, size=sum(sizes))
        for group, kept in zip(here, states, strict=True):
            for state, copy in zip(group[2:], kept, strict=True):
                if copy is not state:
                    state[...] = copy
        results += outs
    return results
