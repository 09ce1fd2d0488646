"""Cases of the optimisers' update operators: no gradients, but states that change."""

from __future__ import annotations

from typing import Any

import numpy as np
from golden_draw import FLOATS, Case, Cases, Draw, Params

COMMON: list[Params] = [
    {"lr": 0.1}, {"lr": 0.1, "wd": 0.01, "rescale_grad": 0.5},
    {"lr": 0.05, "wd": 0.1, "clip_gradient": 0.25}, {"lr": 0.1, "rescale_grad": 2,
                                                     "clip_gradient": 1.0}]
# For each: the states, those of them that are not negative, and further sets of parameters.
SINGLE: dict[str, tuple[tuple[str, ...], tuple[str, ...], list[Params]]] = {
    "sgd_update": ((), (), [{"lazy_update": False}]),
    "sgd_mom_update": (("mom",), (), [{"momentum": 0.9}, {"momentum": 0.5, "lazy_update": False}]),
    "nag_mom_update": (("mom",), (), [{"momentum": 0.9}]),
    "signsgd_update": ((), (), []),
    "signum_update": (("mom",), (), [{"momentum": 0.9}, {"momentum": 0.9, "wd_lh": 0.01}]),
    "adam_update": (("mean", "var"), ("var",), [{"beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3},
                                                {"lazy_update": False}]),
    "rmsprop_update": (("n",), ("n",), [{"gamma1": 0.5, "epsilon": 1e-3}, {"clip_weights": 0.5}]),
    "rmspropalex_update": (("n", "g", "delta"), ("n",), [{"gamma1": 0.5, "gamma2": 0.5},
                                                         {"clip_weights": 0.5}]),
    "ftrl_update": (("z", "n"), ("n",), [{"lamda1": 0.5}, {"beta": 0.5, "lamda1": 0.1}]),
}


def single() -> Cases:
    """Updates of one weight in its own dtype."""
    draw = Draw(100)
    for op, (states, positive, more) in SINGLE.items():
        for dtype in FLOATS:
            for params in (*COMMON, *({**COMMON[1], **extra} for extra in more)):
                for shape in ((2, 3), (1,)):
                    inputs = {"weight": draw(*shape, dtype=dtype), "grad": draw(*shape, dtype=dtype)}
                    inputs |= state(draw, states, positive, shape, dtype)
                    yield Case(op, inputs, params, at_once=True)


def state(draw: Draw, names: tuple[str, ...], positive: tuple[str, ...], shape: tuple[int, ...],
          dtype: str) -> dict[str, Any]:
    """States, those of squares not negative and large enough."""
    return {name: draw(*shape, dtype=dtype, low=5 if name in positive else -1, high=9)
            if name in positive else draw(*shape, dtype=dtype, low=-1, high=1) for name in names}


def mixed() -> Cases:
    """Updates of a float16 weight that has a float32 copy; and those that count steps."""
    draw = Draw(101)
    for shape in ((2, 3), (1,)):
        for params in COMMON:
            copy = draw(*shape)
            inputs = {"weight": copy.astype("float16"), "grad": draw(*shape, dtype="float16")}
            last = {"weight32": copy}
            momentum = {"mom": draw(*shape, low=-1, high=1)}
            yield Case("mp_sgd_update", {**inputs, **last}, params, at_once=True)
            for op in ("mp_sgd_mom_update", "mp_nag_mom_update"):
                yield Case(op, {**inputs, **momentum, **last}, params, at_once=True)
                yield Case(op, {**inputs, **momentum, **last}, {**params, "momentum": 0.9},
                           at_once=True)
            moments = {"mean": draw(*shape, low=-1, high=1), "var": draw(*shape, low=1, high=3)}
            given = {"wd": 0.0, **{k: v for k, v in params.items() if k != "lr"}, "t": 3}
            for more in ({}, {"bias_correction": False}, {"beta1": 0.5, "epsilon": 1e-3}):
                yield Case("mp_lamb_update_phase1", {**inputs, **moments, **last},
                           {**given, **more}, at_once=True)
                for dtype in ("float32", "float64", "float16"):
                    one = {k: v.astype(dtype) for k, v in (inputs | moments).items()}
                    yield Case("lamb_update_phase1", one, {**given, **more}, at_once=True)
            for dtype in FLOATS:
                states = {"d": draw(*shape, dtype=dtype, low=1, high=3),
                          "v": draw(*shape, dtype=dtype, low=1, high=3),
                          "z": draw(*shape, dtype=dtype)}
                one = {k: v.astype(dtype) for k, v in inputs.items()} | states
                clip = {"clip_grad" if k == "clip_gradient" else k: v for k, v in params.items()}
                yield Case("ftml_update", one, {**clip, "t": 2}, at_once=True)
        for params in ({"lr": 0.1}, {"lr": 0.1, "lower_bound": 0.5},
                       {"lr": 0.1, "upper_bound": 1.0}, {"lr": 0.5, "lower_bound": 4.0}):
            for first, second in ((2.0, 3.0), (0.0, 1.0), (1.0, 0.0)):
                norms = {"r1": np.array([first], "float32"), "r2": np.array([second], "float32")}
                copy = draw(*shape)
                yield Case("lamb_update_phase2", {"weight": copy, "g": draw(*shape), **norms},
                           params, at_once=True)
                inputs = {"weight": copy.astype("float16"), "g": draw(*shape), **norms,
                          "weight32": copy}
                yield Case("mp_lamb_update_phase2", inputs, params, at_once=True)


def several() -> Cases:
    """Updates of several weights at once."""
    draw = Draw(102)
    rates: Params = {"lrs": (0.1, 0.2), "wds": (0.0, 0.01), "num_weights": 2}
    for more in ({}, {"rescale_grad": 0.5}, {"clip_gradient": 0.25}):
        for momentum in (None, 0.9):
            name = "sgd_mom_update" if momentum else "sgd_update"
            extra: Params = {**more} if momentum is None else {**more, "momentum": momentum}
            for mixed_precision in (False, True):
                for dtype in ("float16",) if mixed_precision else FLOATS:
                    arrays: list[Any] = []
                    for shape in ((2, 3), (4,)):
                        copy = draw(*shape)
                        arrays += [copy.astype(dtype), draw(*shape, dtype=dtype)]
                        kind = "float32" if mixed_precision else dtype
                        arrays += [draw(*shape, dtype=kind)] if momentum else []
                        arrays += [copy] if mixed_precision else []
                    weights = ("arg0", f"arg{len(arrays) // 2}")
                    prefix = "multi_mp_" if mixed_precision else "multi_"
                    named = {f"arg{i}": item for i, item in enumerate(arrays)}
                    yield Case(prefix + name, named, {**rates, **extra}, at_once=True,
                               out=weights)
                    arrays += [np.array(rates["lrs"], "float32"), np.array(rates["wds"], "float32")]
                    named = {f"arg{i}": item for i, item in enumerate(arrays)}
                    yield Case("preloaded_" + prefix + name, named, {**extra, "num_weights": 2},
                               at_once=True, out=weights)
        inputs = {"lrs": draw(3, low=0.1, high=1), "weights_sum_sq": draw(3, low=0, high=2),
                  "grads_sum_sq": np.array([0, 1, 2], "float32"), "wds": draw(3, low=0, high=1)}
        rescale = {k: v for k, v in more.items() if k == "rescale_grad"}
        yield Case("multi_lars", inputs, {"eta": 0.001, "eps": 1e-6, **rescale}, at_once=True)
        yield Case("multi_lars", inputs, {"eta": 0.5, "eps": 0.1, **rescale}, at_once=True)


GROUPS = (single, mixed, several)
