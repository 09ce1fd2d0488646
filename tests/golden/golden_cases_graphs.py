"""Gradient cases of graphs of several nodes: what is shared, blocked, left out, or has several heads."""

from __future__ import annotations

from typing import Any

from golden_draw import Case, Cases, Draw

PAIR = {"a": (2, 3), "b": (2, 3)}
ALONE = {"a": (2, 3)}
NET = """
h = mx.sym.FullyConnected(a, num_hidden=4, no_bias=True, name='fc1')
h = mx.sym.BatchNorm(h, fix_gamma=False, name='bn')
h = mx.sym.Activation(h, act_type='relu')
h = mx.sym.FullyConnected(h, num_hidden=3, name='fc2')
"""
WEIGHTS = {"a": (5, 3), "fc1_weight": (4, 3), "bn_gamma": (4,), "bn_beta": (4,),
           "bn_moving_mean": (4,), "bn_moving_var": (4,), "fc2_weight": (3, 4), "fc2_bias": (3,)}
TIED = """
w = mx.sym.Variable('w')
h = mx.sym.FullyConnected(a, weight=w, num_hidden=3, no_bias=True)
mx.sym.FullyConnected(mx.sym.tanh(h), weight=w, num_hidden=3, no_bias=True)
"""
CONVNET = """
h = mx.sym.Convolution(a, kernel=(3, 3), pad=(1, 1), num_filter=2, name='conv')
h = mx.sym.Pooling(mx.sym.relu(h), kernel=(2, 2), stride=(2, 2), pool_type='max')
h = mx.sym.FullyConnected(mx.sym.Flatten(h), num_hidden=3, name='fc')
mx.sym.SoftmaxOutput(h, name='softmax')
"""

# Snippets with the shapes of their arguments; with the gradients of their outputs.
WITH_HEADS: list[tuple[str, dict[str, tuple[int, ...]]]] = [
    ("a * a + a", ALONE), ("mx.sym.Group([a * b, a + b])", PAIR),
    ("mx.sym.BlockGrad(a) * b", PAIR), ("mx.sym.BlockGrad(a * b) + a", PAIR),
    ("mx.sym.SliceChannel(a, num_outputs=3)[1]", ALONE),
    ("s = mx.sym.SliceChannel(a, num_outputs=3)\ns[0] * s[2]", ALONE),
    ("s = mx.sym.SliceChannel(a, num_outputs=3)\nmx.sym.Group([s[2], s[0], s[2]])", ALONE),
    ("mx.sym.where(a > b, a, b * 2)", PAIR), ("mx.sym.Concat(a, a, b, dim=0)", PAIR),
    ("mx.sym.maximum(a, b)", PAIR), ("mx.sym.maximum(a, a)", ALONE), ("a - a", ALONE),
    ("mx.sym.dot(a, b, transpose_b=True)", PAIR), ("mx.sym.dot(a, a, transpose_b=True)", ALONE),
    ("(a ** 2) / (b + 5) - 2 ** a", PAIR), ("mx.sym.Group([a, a * b])", PAIR),
    ("mx.sym.Group([a * b, a * b])", PAIR), ("h = a * b\nmx.sym.Group([h, h])", PAIR),
    ("mx.sym.zeros_like(a) + b", PAIR), ("mx.sym.stack(a, b, a, axis=1)", PAIR),
    ("mx.sym.broadcast_mul(mx.sym.sum(a, axis=1, keepdims=True), b)", PAIR),
    ("mx.sym.broadcast_mul(a, mx.sym.argmax(b, axis=1, keepdims=True))", PAIR),
    ("mx.sym.sum(mx.sym.square(a - b), axis=1)", PAIR),
    ("mx.sym.Cast(mx.sym.Cast(a, dtype='float64') * 2, dtype='float32')", ALONE),
    ("mx.sym.sin(mx.sym.exp(a, name='e')).get_internals()['e_output']", ALONE),
    ("h = mx.sym.exp(a)\nfor _ in range(4):\n    h = mx.sym.sin(h + a)\nh", ALONE),
    ("mx.sym.add_n(a, b, a, b, a)", PAIR), ("mx.sym.identity(a)", ALONE),
    ("mx.sym.reshape(mx.sym.transpose(a), shape=(2, 3)) * a", ALONE),
    ("mx.sym.clip(a, -1, 1) * mx.sym.abs(b)", PAIR), ("mx.sym.take(a, mx.sym.round(b))", PAIR),
    (TIED, {"a": (2, 3), "w": (3, 3)}), (NET + "h", WEIGHTS),
]
# The same, of losses, which need none.
LOSSES: list[tuple[str, dict[str, tuple[int, ...]]]] = [
    ("mx.sym.MakeLoss(mx.sym.sum(a * b))", PAIR),
    ("mx.sym.Group([mx.sym.MakeLoss(mx.sym.mean(mx.sym.square(a - b))), mx.sym.BlockGrad(a)])", PAIR),
    ("mx.sym.make_loss(a * b) * 3", PAIR),
    (NET + "mx.sym.SoftmaxOutput(h, name='softmax')", {**WEIGHTS, "softmax_label": (5,)}),
    (NET + "mx.sym.Group([mx.sym.SoftmaxOutput(h, name='one'), "
     "mx.sym.LinearRegressionOutput(h, name='two')])",
     {**WEIGHTS, "one_label": (5,), "two_label": (5, 3)}),
    (NET + "mx.sym.Group([mx.sym.SoftmaxOutput(h, name='one', grad_scale=0.5), "
     "mx.sym.BlockGrad(mx.sym.softmax(h))])", {**WEIGHTS, "one_label": (5,)}),
    (CONVNET, {"a": (2, 1, 4, 4), "conv_weight": (2, 1, 3, 3), "conv_bias": (2,),
               "fc_weight": (3, 8), "fc_bias": (3,), "softmax_label": (2,)}),
    ("mx.sym.LogisticRegressionOutput(mx.sym.sum(a, axis=1), b)", {"a": (3, 2), "b": (3,)}),
    ("mx.sym.MakeLoss(a, grad_scale=2) + mx.sym.MakeLoss(b)", PAIR),
]


def graphs() -> Cases:
    """Each graph, written, and added for the first argument."""
    draw = Draw(130)
    for listed, heads in ((WITH_HEADS, True), (LOSSES, False)):
        for code, shapes in listed:
            inputs = {name: values(draw, name, shape) for name, shape in shapes.items()}
            for req in ("write", {**dict.fromkeys(inputs, "write"), "a": "add"}):
                yield Case("graph", inputs, {"code": code}, req=req, heads=heads)


def values(draw: Draw, name: str, shape: tuple[int, ...]) -> Any:
    """An argument's values, as its name says: labels are whole numbers, variances not negative."""
    if name.endswith("label") and len(shape) == 1:
        return draw.integers(*shape, high=3)
    return draw(*shape, low=0.5, high=2) if name.endswith("var") else draw(*shape)


GROUPS = (graphs,)
