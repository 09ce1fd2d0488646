"""The workloads in PyTorch, for any device, run eagerly or compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F

from .. import arithmetic
from ..program import Arrays, Builder, Latest, Program, Size
from ..resnet import EPSILON, resnet50

Named = dict[str, Any]
Function = Callable[[Named], Any]


class _Way(NamedTuple):
    """On which device, what each function becomes before it is run, and what programs have beside."""

    device: str
    prepared: Callable[[Function], Function]
    more: dict[str, Any]

    def given(self, inputs: Arrays) -> Named:
        return {name: torch.from_numpy(value).to(self.device) for name, value in inputs.items()}


def _forward(way: _Way, function: Function) -> Builder:
    """Predict, without anything noted for gradients."""

    def build(size: Size, inputs: Arrays) -> Program:
        given, run = way.given(inputs), way.prepared(function)

        def call() -> Any:
            with torch.inference_mode():
                return run(given)

        return Latest(call, lambda found: {"out": found.cpu().numpy()}).program(**way.more)

    return build


def _both_ways(way: _Way, function: Function, wanted: Callable[[str], bool]) -> Builder:
    """Forward and backward; the function gives what is differentiated, and the output."""

    def build(size: Size, inputs: Arrays) -> Program:
        given, run = way.given(inputs), way.prepared(function)
        weights = {name: value.requires_grad_() for name, value in given.items() if wanted(name)}

        def call() -> Named:
            for weight in weights.values():
                weight.grad = None
            loss, out = run(given)
            loss.backward()
            return {"out": out, **{f"grad:{name}": value.grad for name, value in weights.items()}}

        def named(found: Named) -> Arrays:
            return {name: value.detach().cpu().numpy() for name, value in found.items()}

        return Latest(call, named).program(**way.more)

    return build


def _branches(p: Named) -> Any:
    return sum(torch.tanh(p[f"a{k}"] @ p[f"b{k}"]).sum() for k in range(len(p) // 2))


def _mlp(p: Named) -> tuple[Any, Any]:
    value, count = p["data"], sum(name[0] == "w" for name in p)
    for i in range(1, count + 1):
        value = F.linear(value, p[f"w{i}"], p[f"b{i}"])
        value = F.relu(value) if i < count else value
    loss = F.cross_entropy(value, p["label"].long(), reduction="sum")
    return loss, F.softmax(value.detach(), dim=1)


def _lstm(p: Named) -> tuple[Any, Any]:
    h, c = p["h0"], p["c0"]
    for data in p["data"]:
        gates = F.linear(data, p["wx"], p["bx"]) + F.linear(h, p["wh"], p["bh"])
        i, f, g, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
    return (h * p["head"]).sum(), h


class _Layers:
    """The layers of ResNet; see `resnet.Layers`."""

    relu = staticmethod(F.relu)
    add = staticmethod(torch.add)

    def conv(self, data: Any, weight: Any, stride: int, pad: int) -> Any:
        return F.conv2d(data, weight, stride=stride, padding=pad)

    def norm(self, data: Any, gamma: Any, beta: Any, mean: Any, var: Any) -> Any:
        return F.batch_norm(data, mean, var, gamma, beta, eps=EPSILON)

    def max_pool(self, data: Any) -> Any:
        return F.max_pool2d(data, 3, 2, 1)

    def classify(self, data: Any, weight: Any, bias: Any) -> Any:
        return F.softmax(F.linear(data.mean(dim=(2, 3)), weight, bias), dim=1)


_FORWARD: dict[str, Function] = {
    "e": lambda p: arithmetic.e(*(p[name] for name in "ABCD")),
    "chain": lambda p: arithmetic.chain(**p),
    "line": lambda p: arithmetic.line(**p),
    "mix": lambda p: arithmetic.mix(torch, **p),
    "softmax": lambda p: F.softmax(p["x"], dim=1),
    "distance": lambda p: torch.square(p["x"] - p["y"]).sum(dim=1),
    "dot": lambda p: p["a"] @ p["b"],
    "branches": _branches,
    "resnet": lambda p: resnet50(_Layers(), p),
}


def programs(
    prepared: Callable[[Function], Function] = lambda function: function,
    device: str = "cpu",
    **more: Any,
) -> dict[str, Builder]:
    """The programs by kind.

    Parameters
    ----------
    prepared : callable
        What each function goes through before it is run, such as `torch.compile`.
    device : str
        PyTorch's name of it.
    **more
        Of each `Program`.
    """
    way = _Way(device, prepared, more)
    return {
        **{kind: _forward(way, function) for kind, function in _FORWARD.items()},
        "mlp": _both_ways(way, _mlp, lambda name: name[0] in "wb"),
        "lstm": _both_ways(way, _lstm, lambda name: name in ("wx", "bx", "wh", "bh")),
    }
