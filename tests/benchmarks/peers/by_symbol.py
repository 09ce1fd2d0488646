"""The workloads as symbols. The same code runs with symbook and with MXNet, given as `mx`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from networks.catalogue import Size as NetworkSize
from networks.catalogue import named

from .. import arithmetic
from ..program import Arrays, Builder, Program, Size

Package = Any
Symbol = Any
Executor = Any
RESNET = named("resnet-50")


def programs(mx: Package, ctx: Any, waits: bool, **more: Any) -> dict[str, Builder]:
    """The programs by kind.

    Parameters
    ----------
    mx : module
    ctx : Context
    waits : bool
        Whether the package returns before the work is done, and a call is to wait for it.
    **more
        Of each `Program`.
    """
    made = {
        "e": _e, "chain": _chain, "line": _line, "mix": _mix, "softmax": _softmax,
        "distance": _distance, "dot": _dot, "branches": _branches, "mlp": _mlp, "lstm": _lstm,
        "resnet": _resnet, "graph-compose": _compose, "graph-infer": _infer, "graph-bind": _bind,
        "graph-save": _save, "graph-load": _load,
    }  # fmt: skip

    def builder(make: Callable[..., Program]) -> Builder:
        return lambda size, inputs: make(_Running(mx, ctx, waits, more), size, inputs)

    return {kind: builder(make) for kind, make in made.items()}


class _Running:
    """How programs are made of executors."""

    def __init__(self, mx: Package, ctx: Any, waits: bool, more: dict[str, Any]) -> None:
        self.mx, self.ctx, self._waits, self._more = mx, ctx, waits, more

    def arrays(self, values: Arrays) -> dict[str, Any]:
        return {name: self.mx.nd.array(value, ctx=self.ctx) for name, value in values.items()}

    def forward(self, symbol: Symbol, inputs: Arrays) -> Program:
        """Predict with the parameters, states and data in `inputs`."""
        given = self.arrays(inputs)
        args = {name: given[name] for name in symbol.list_arguments()}
        states = {name: given[name] for name in symbol.list_auxiliary_states()}
        executor = symbol.bind(self.ctx, args, aux_states=states, grad_req="null")
        return Program(self.finished(executor.forward), lambda: _outputs(executor), **self._more)

    def finished(self, forward: Callable[[], list[Any]]) -> Callable[[], object]:
        if not self._waits:
            return forward

        def call() -> None:
            for output in forward():
                output.wait_to_read()

        return call

    def both_ways(
        self, symbol: Symbol, inputs: Arrays, wanted: list[str], head: Any = None
    ) -> Program:
        """Forward and backward, with gradients of the arguments wanted."""
        args = self.arrays(inputs)
        grads = {name: self.mx.nd.zeros(inputs[name].shape, ctx=self.ctx) for name in wanted}
        requests = {name: "write" if name in grads else "null" for name in inputs}
        executor = symbol.bind(self.ctx, args, args_grad=grads, grad_req=requests)
        heads = [] if head is None else [self.mx.nd.array(head, ctx=self.ctx)]
        waitall = self.mx.nd.waitall if self._waits else None

        def call() -> None:
            executor.forward(is_train=True)
            executor.backward(heads)
            if waitall is not None:
                waitall()

        def results() -> Arrays:
            found = {f"grad:{name}": grad.asnumpy() for name, grad in grads.items()}
            return {**_outputs(executor), **found}

        return Program(call, results, **self._more)


def _outputs(executor: Executor) -> Arrays:
    (output,) = executor.outputs
    return {"out": output.asnumpy()}


def _e(run: _Running, size: Size, inputs: Arrays) -> Program:
    return run.forward(arithmetic.e(*map(run.mx.sym.Variable, "ABCD")), inputs)


def _chain(run: _Running, size: Size, inputs: Arrays) -> Program:
    return run.forward(arithmetic.chain(*map(run.mx.sym.Variable, "xyw")), inputs)


def _line(run: _Running, size: Size, inputs: Arrays) -> Program:
    return run.forward(arithmetic.line(run.mx.sym.Variable("x")), inputs)


def _softmax(run: _Running, size: Size, inputs: Arrays) -> Program:
    return run.forward(run.mx.sym.softmax(run.mx.sym.Variable("x")), inputs)


def _distance(run: _Running, size: Size, inputs: Arrays) -> Program:
    """The squared distance of two rows: a reduction of what is computed element by element."""
    sym = run.mx.sym
    return run.forward(sym.sum(sym.square(sym.Variable("x") - sym.Variable("y")), axis=1), inputs)


def _dot(run: _Running, size: Size, inputs: Arrays) -> Program:
    return run.forward(run.mx.sym.dot(*map(run.mx.sym.Variable, "ab")), inputs)


def _mix(run: _Running, size: Size, inputs: Arrays) -> Program:
    return run.forward(arithmetic.mix(run.mx.sym, *map(run.mx.sym.Variable, "xy")), inputs)


def _branches(run: _Running, size: Size, inputs: Arrays) -> Program:
    sym = run.mx.sym
    sums = [
        sym.sum(sym.tanh(sym.dot(sym.Variable(f"a{k}"), sym.Variable(f"b{k}"))))
        for k in range(size["branches"])
    ]
    return run.forward(sym.add_n(*sums), inputs)


def _dense(run: _Running, data: Symbol, weight: str, bias: str, hidden: int) -> Symbol:
    sym = run.mx.sym
    return sym.FullyConnected(
        data, weight=sym.Variable(weight), bias=sym.Variable(bias), num_hidden=hidden
    )


def _mlp(run: _Running, size: Size, inputs: Arrays) -> Program:
    sym = run.mx.sym
    net = sym.Variable("data")
    widths = size["layers"][1:]
    for i, width in enumerate(widths, 1):
        net = _dense(run, net, f"w{i}", f"b{i}", width)
        if i < len(widths):
            net = sym.Activation(net, act_type="relu")
    net = sym.SoftmaxOutput(net, label=sym.Variable("label"))
    return run.both_ways(net, inputs, [name for name in inputs if name[0] in "wb"])


def _lstm(run: _Running, size: Size, inputs: Arrays) -> Program:
    """Each step as `mx.rnn.LSTMCell` has it: two linear layers, four gates."""
    sym, hidden = run.mx.sym, size["hidden"]
    steps = sym.SliceChannel(
        sym.Variable("data"), num_outputs=size["steps"], axis=0, squeeze_axis=True
    )
    h, c = sym.Variable("h0"), sym.Variable("c0")
    wx, bx, wh, bh = (sym.Variable(name) for name in ("wx", "bx", "wh", "bh"))
    for t in range(size["steps"]):
        gates = sym.FullyConnected(steps[t], weight=wx, bias=bx, num_hidden=4 * hidden)
        gates = gates + sym.FullyConnected(h, weight=wh, bias=bh, num_hidden=4 * hidden)
        i, f, g, o = sym.SliceChannel(gates, num_outputs=4, axis=1)
        i, f, o = (sym.Activation(gate, act_type="sigmoid") for gate in (i, f, o))
        c = f * c + i * sym.Activation(g, act_type="tanh")
        h = o * sym.Activation(c, act_type="tanh")
    given = {name: value for name, value in inputs.items() if name != "head"}
    return run.both_ways(h, given, ["wx", "bx", "wh", "bh"], inputs["head"])


def resnet_size(size: Size) -> NetworkSize:
    """The size as `networks` writes it."""
    return NetworkSize(
        size["width"], size["classes"], (size["batch"], 3, size["side"], size["side"])
    )


def _resnet(run: _Running, size: Size, inputs: Arrays) -> Program:
    return run.forward(RESNET.build(run.mx, resnet_size(size)), inputs)


# Whole graphs. Each call has a graph of its own, for a graph may remember what was asked before.

SHAPES = {"x": (3,), "y": (3,)}


def composed(mx: Package, n: int) -> Symbol:
    """A chain of n operators, n a multiple of 4, between two variables and one output."""
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    z = x
    for _ in range(n // 4):
        z = mx.sym.tanh((z + y) * 0.5) - 0.5
    return z


def _count(text: str) -> Arrays:
    return {"nodes": np.array(len(json.loads(text)["nodes"]))}


class _Fresh:
    """A graph that is composed anew for each call, and what the call made of it."""

    def __init__(self, run: _Running, size: Size) -> None:
        self.mx, self.n = run.mx, size["n"]
        self.symbol: Symbol = None
        self.made: Any = None

    def compose(self) -> None:
        self.symbol = composed(self.mx, self.n)


def _compose(run: _Running, size: Size, inputs: Arrays) -> Program:
    fresh = _Fresh(run, size)
    return Program(fresh.compose, lambda: _count(fresh.symbol.tojson()))


def _infer(run: _Running, size: Size, inputs: Arrays) -> Program:
    fresh = _Fresh(run, size)

    def call() -> None:
        fresh.made = fresh.symbol.infer_shape(**SHAPES)

    return Program(call, lambda: {"shape": np.array(fresh.made[1][0])}, fresh.compose)


def _bind(run: _Running, size: Size, inputs: Arrays) -> Program:
    fresh = _Fresh(run, size)
    nd, ctx = run.mx.nd, run.ctx
    args = {"x": nd.full(SHAPES["x"], 0.5, ctx=ctx), "y": nd.full(SHAPES["y"], 0.25, ctx=ctx)}

    def call() -> None:
        fresh.made = fresh.symbol.bind(ctx, args, grad_req="null")

    def results() -> Arrays:
        return {"out": fresh.made.forward()[0].asnumpy()[:1]}

    return Program(call, results, fresh.compose)


def _save(run: _Running, size: Size, inputs: Arrays) -> Program:
    fresh = _Fresh(run, size)
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "graph.json"

    def call() -> None:
        fresh.symbol.save(str(path))

    def results() -> Arrays:
        assert folder.name  # the folder lives as long as the program does
        return _count(path.read_text())

    return Program(call, results, fresh.compose)


def _load(run: _Running, size: Size, inputs: Arrays) -> Program:
    fresh = _Fresh(run, size)
    folder = tempfile.TemporaryDirectory()
    path = str(Path(folder.name) / "graph.json")
    composed(run.mx, size["n"]).save(path)

    def call() -> None:
        assert folder.name
        fresh.made = run.mx.sym.load(path)

    return Program(call, lambda: _count(fresh.made.tojson()))


def layers(mx: Package, size: Size) -> Symbol:
    """The chain of layers whose memory is planned."""
    net = mx.sym.Variable("data")
    for k in range(size["layers"]):
        net = mx.sym.tanh(
            mx.sym.FullyConnected(net, num_hidden=size["hidden"], name=f"fc{k}"), name=f"tanh{k}"
        )
    return net


def bound_layers(mx: Package, ctx: Any, size: Size, backward: bool) -> Executor:
    """That chain with all its arguments, and arrays for the gradients of all where wanted."""
    shape = (size["batch"], size["hidden"])
    return layers(mx, size).simple_bind(ctx, data=shape, grad_req="write" if backward else "null")
