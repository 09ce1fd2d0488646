"""``gradients/_second``: derivatives of gradients, of every operator for which MXNet has them.

``mx.autograd.grad`` makes a graph of the gradients; with the seeds v, φ = Σ v·gradient is one number,
and ``second`` is its gradient. MXNet's own gradients, moved a little, say whether that is right:
``agrees`` is false where they differ, as some of its rules leave a term out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import mxnet as mx
import numpy as np
from golden_common import HERE, Json, isolated
from golden_draw import Case, Draw
from golden_gradients import FAMILIES, array, call, function, text_of
from golden_store import Store, keep, pack

EACH = 3
STEP = 1e-5


def candidates() -> Iterator[Case]:
    """For each operator, cases of float64 inputs, or of float32 where it takes no others."""
    for groups in FAMILIES.values():
        listed = [case for group in groups for case in group() if suits(case)]
        for dtype in ("float64", "float32"):
            yield from (case for case in listed if widest(case) == dtype)


def suits(case: Case) -> bool:
    """Whether the case trains, and all of its numbers are finite."""
    usual = case.op != "graph" and case.train and not case.at_once and case.seed is None and case.req != "add"
    return usual and bool(moved(case)) and all(
        np.isfinite(values).all() for values in case.inputs.values())


def widest(case: Case) -> str:
    """The dtype of the inputs that are moved."""
    return max(case.inputs[name].dtype.name for name in moved(case))


def moved(case: Case) -> list[str]:
    """The inputs to differentiate by."""
    return [name for name, values in case.inputs.items() if values.dtype.kind == "f"
            and (not isinstance(case.req, Mapping) or case.req.get(name, "null") != "null")]


def projected(case: Case, arrays: Json, record_again: bool) -> tuple[Any, list[Any], Json]:
    """φ, the gradients of the outputs that were given, and the seeds."""
    draw = Draw(98)
    variables = [arrays[name] for name in moved(case)]
    outputs = call(function(mx.nd, case.op), case, arrays)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    heads = [draw(*out.shape, dtype=out.dtype) for out in outputs]
    grads = mx.autograd.grad(outputs, variables, [array(head) for head in heads],
                             retain_graph=True, create_graph=record_again, train_mode=True)
    seeds = {name: draw(*arrays[name].shape, dtype=arrays[name].dtype) for name in moved(case)}
    total = sum((grad * array(seed)).sum() for grad, seed in zip(grads, seeds.values(), strict=True))
    return total, heads, seeds


def value(case: Case, inputs: Json) -> float:
    """φ at other inputs."""
    arrays = {name: array(values) for name, values in inputs.items()}
    for name in moved(case):
        arrays[name].attach_grad()
    with mx.autograd.record():
        return float(projected(case, arrays, False)[0].asscalar())


def agrees(case: Case, second: Json) -> bool:
    """Whether the derivatives are those that differences of MXNet's gradients show."""
    draw = Draw(97)
    exact, ahead, behind = 0.0, dict(case.inputs), dict(case.inputs)
    for name, values in second.items():
        direction = draw(*values.shape, dtype="float64")
        exact += float((values * direction).sum())
        ahead[name] = case.inputs[name] + STEP * direction
        behind[name] = case.inputs[name] - STEP * direction
    numeric = (value(case, ahead) - value(case, behind)) / (2 * STEP)
    return abs(exact - numeric) <= 1e-4 * max(1.0, abs(numeric))


def outcome(case: Case) -> Json:
    """The derivatives of a case's gradients; ``error`` where MXNet has none."""
    arrays = {name: array(values) for name, values in case.inputs.items()}
    try:
        for name in moved(case):
            arrays[name].attach_grad()
        with mx.autograd.record():
            total, heads, seeds = projected(case, arrays, True)
        total.backward()
        second = {name: arrays[name].grad.asnumpy() for name in moved(case)}
    except Exception as error:
        return {"error": str(error)[-120:]}
    result = {"out_grads": heads, "seeds": seeds, "second": second}
    if widest(case) == "float64":
        result["agrees"] = agrees(case, second)
    return pack(result)


def make() -> int:
    """Write ``gradients/_second.json`` and ``.npz``."""
    np.seterr(all="ignore")
    store, lines, counts, listed = Store(), [], Counter(), list(candidates())
    failed: Counter[str] = Counter()
    kept: list[Case] = []
    for case in listed:
        counts[case.op] += 1
        kept += [case] if counts[case.op] <= EACH else []
    for case, result in zip(kept, isolated(outcome, kept), strict=True):
        if "error" in result:
            failed[case.op] += 1
            continue
        inputs = {name: store.add(values) for name, values in case.inputs.items()}
        row = {"id": f"{case.op}-{len(lines)}", "op": case.op, "params": case.params,
               "inputs": inputs, **keep(result, store)}
        lines.append(text_of(row))
    (HERE / "gradients/_second.json").write_text(
        "[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    store.save("gradients/_second.npz")
    print(f"    without second derivatives: {' '.join(sorted(failed))}", flush=True)
    return len(lines)
