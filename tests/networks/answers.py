"""What a network gives, computed by MXNet or by symbook, and a digest that fits in a small file.

The same code runs with both packages, so nothing but the packages differs.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from .parts import Package, Symbol

Arrays = dict[str, np.ndarray]
LABEL = "softmax_label"
SEED = 17  # of what Dropout draws

# dtype, and whether it trains. Frozen is training in which batch normalization uses its states.
RUNS = {
    "predict32": ("float32", False),
    "train64": ("float64", True),
    "train32": ("float32", True),
    "frozen32": ("float32", True),
}


def bounds(run: str) -> dict[str, float]:
    """How large a relative error of each kind may be.

    Float64 is held to what 150 layers make of its rounding: single wrong signs near 0, which float32
    cannot exclude, would show.
    """
    if RUNS[run][0] == "float64":
        return {"output": 1e-8, "internal": 1e-8, "aux": 1e-8, "grad": 1e-7}
    return {"output": 1e-5, "internal": 1e-5, "aux": 1e-5, "grad": 1e-4}


def uniform(name: str, shape: tuple[int, ...], low: float, high: float) -> np.ndarray:
    """Numbers of float32 in [low, high) that depend on the name alone.

    They are 24 bits of PCG64's raw words, which NumPy promises never to change.
    """
    words = np.random.PCG64(zlib.crc32(name.encode())).random_raw(int(np.prod(shape)))
    parts = (words >> np.uint64(40)).astype("float64") * 2.0**-24
    return (low + (high - low) * parts).astype("float32").reshape(shape)


def made_up(
    symbol: Symbol, data: tuple[int, ...], classes: int, gain: float
) -> tuple[Arrays, Arrays]:
    """Arguments and auxiliary states under which signals stay near 1 through all layers.

    Weights have the variance that keeps a rectified signal's (He et al., 2015), times `gain`².
    """
    arguments, _, auxiliary = symbol.infer_shape(data=data)
    shapes = dict(zip(symbol.list_arguments(), arguments, strict=True))
    states = dict(zip(symbol.list_auxiliary_states(), auxiliary, strict=True))
    return (
        {name: _argument(name, tuple(shape), classes, gain) for name, shape in shapes.items()},
        {name: uniform(name, tuple(shape), *((0.5, 1.5) if name.endswith("var") else (-0.1, 0.1)))
         for name, shape in states.items()})  # fmt: skip


def _argument(name: str, shape: tuple[int, ...], classes: int, gain: float) -> np.ndarray:
    if name == LABEL:
        return np.floor(uniform(name, shape, 0, classes))
    if name.endswith("_weight"):
        edge = gain * (6.0 / np.prod(shape[1:])) ** 0.5
        return uniform(name, shape, -edge, edge)
    if name.endswith("_gamma"):
        return uniform(name, shape, 0.5, 1.5)
    edge = 1.0 if name == "data" else 0.2
    return uniform(name, shape, -edge, edge)


def answers(mx: Package, symbol: Symbol, arguments: Arrays, auxiliary: Arrays, run: str,
            ctx: Any = None) -> Iterator[tuple[str, np.ndarray]]:  # fmt: skip
    """What one of the `RUNS` gives on a context, or the CPU: pairs of `kind:name` and an array.

    Kinds are "output"; "internal", every output inside the graph; "grad", with respect to each
    argument except the label, which has none; "aux", the auxiliary states after the step.
    """
    dtype, is_train = RUNS[run]
    if run == "frozen32":
        symbol = _frozen(mx, symbol)
    ctx = mx.cpu() if ctx is None else ctx
    group = _inside(mx, symbol)
    executor, _ = _bound(mx, ctx, group, arguments, auxiliary, dtype, gradients=False)
    mx.random.seed(SEED)
    outputs = executor.forward(is_train=is_train)
    for name, array in zip(group.list_outputs(), outputs, strict=True):
        yield f"internal:{name}", array.asnumpy()
    del executor, outputs
    executor, gradients = _bound(mx, ctx, symbol, arguments, auxiliary, dtype, gradients=is_train)
    mx.random.seed(SEED)
    outputs = executor.forward(is_train=is_train)
    for name, array in zip(symbol.list_outputs(), outputs, strict=True):
        yield f"output:{name}", array.asnumpy()
    if is_train:
        executor.backward()
        for name, array in gradients.items():
            yield f"grad:{name}", array.asnumpy()
        for name, array in executor.aux_dict.items():
            yield f"aux:{name}", array.asnumpy()


def names(symbol: Symbol, run: str) -> list[str]:
    """What `answers` names in a run, in order."""
    variables = set(symbol.list_inputs())
    inside = [name for name in symbol.get_internals().list_outputs() if name not in variables]
    found = [f"internal:{name}" for name in inside]
    found += [f"output:{name}" for name in symbol.list_outputs()]
    if RUNS[run][1]:
        found += [f"grad:{name}" for name in symbol.list_arguments() if name != LABEL]
        found += [f"aux:{name}" for name in symbol.list_auxiliary_states()]
    return found


def _frozen(mx: Package, symbol: Symbol) -> Symbol:
    """The symbol with `use_global_stats`, as when a trained network is trained further."""
    graph = json.loads(symbol.tojson())
    for node in graph["nodes"]:
        if node["op"] == "BatchNorm":
            node["attrs"] = {**node.get("attrs", {}), "use_global_stats": "True"}
    return mx.sym.load_json(json.dumps(graph))


def _inside(mx: Package, symbol: Symbol) -> Symbol:
    """All outputs of all operators of a symbol, as a group."""
    internals = symbol.get_internals()
    variables = set(symbol.list_inputs())
    names = internals.list_outputs()
    return mx.sym.Group([internals[i] for i, name in enumerate(names) if name not in variables])


def _bound(mx: Package, ctx: Any, symbol: Symbol, arguments: Arrays, auxiliary: Arrays,
           dtype: str, *, gradients: bool) -> tuple[Any, dict[str, Any]]:  # fmt: skip
    def placed(arrays: Arrays) -> dict[str, Any]:
        return {name: mx.nd.array(value, ctx=ctx, dtype=dtype) for name, value in arrays.items()}

    wanted = [name for name in symbol.list_arguments() if gradients and name != LABEL]
    made = {name: mx.nd.zeros(arguments[name].shape, ctx=ctx, dtype=dtype) for name in wanted}
    requests = {name: "write" if name in made else "null" for name in symbol.list_arguments()}
    executor = symbol.bind(
        ctx, placed(arguments), args_grad=made or None, grad_req=requests,
        aux_states=placed(auxiliary))  # fmt: skip
    return executor, made
