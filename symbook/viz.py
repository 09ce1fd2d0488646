"""`mx.viz`: MXNet's drawing and summary of a network, `plot_network` and `print_summary`.

Both read a symbol by its public interface and its JSON, so they serve every operator there is. What
they give is what MXNet 1.9 gives, down to the DOT text. For pictures in a notebook,
:mod:`symbook.render` draws better ones.
"""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import (
    ArgumentError,
    ParamError,
    ShapeError,
    SymbookError,
    brief,
    kind_of,
)
from .quoting import one_line
from .symbol.symbol import Symbol

if TYPE_CHECKING:
    import graphviz

Json = dict[str, Any]

_WEIGHTS = (
    *("_weight", "_bias", "_beta", "_gamma"),
    *("_moving_var", "_moving_mean", "_running_var", "_running_mean"),
)
# ColorBrewer's palette Set3, by kind of operator, as MXNet uses it.
_VARIABLE, _WEIGHTED, _ACTIVATION, _NORM = "#8dd3c7", "#fb8072", "#ffffb3", "#bebada"
_POOLING, _RESHAPING, _SOFTMAX, _OTHER = "#80b1d3", "#fdb462", "#b3de69", "#fccde5"
_COLOURS = {
    "null": _VARIABLE,
    "Convolution": _WEIGHTED,
    "FullyConnected": _WEIGHTED,
    "BatchNorm": _NORM,
    "Activation": _ACTIVATION,
    "LeakyReLU": _ACTIVATION,
    "Pooling": _POOLING,
    "Concat": _RESHAPING,
    "Flatten": _RESHAPING,
    "Reshape": _RESHAPING,
    "Softmax": _SOFTMAX,
}
_NODE = {
    "shape": "box",
    "fixedsize": "true",
    "width": "1.3",
    "height": "0.8034",
    "style": "filled",
}


def plot_network(
    symbol: Symbol,
    title: str = "plot",
    save_format: str = "pdf",
    shape: Mapping[str, tuple[int, ...]] | None = None,
    dtype: Mapping[str, Any] | None = None,
    node_attrs: Mapping[str, str] | None = None,
    hide_weights: bool = True,
) -> graphviz.Digraph:
    """A Graphviz graph of the network as MXNet draws it: arrows point from inputs to readers.

    Parameters
    ----------
    symbol : Symbol
    title : str
        The graph's name, and the file's when it is rendered.
    save_format : str
        The format in which `render()` writes it.
    shape : dict of str to tuple of int, optional
        Shapes of the inputs; edges are then labelled with shapes, without the batch dimension.
    dtype : dict of str to dtype, optional
        Dtypes of the inputs; edges are then labelled with dtypes.
    node_attrs : dict of str to str, optional
        Graphviz attributes for all nodes.
    hide_weights : bool
        Leave out variables whose names end as those of weights and biases do.

    Returns
    -------
    graphviz.Digraph
        Shows itself in a notebook, with the program `dot` or pygraphviz; `source` is its DOT text.

    Raises
    ------
    ArgumentError
        If `symbol` is not a Symbol.
    ShapeError, SymbookError
        If the shapes or dtypes given do not determine all others.
    ImportError
        If the package graphviz is not installed.
    """
    _require_symbol(symbol)
    shapes = _shapes(symbol, shape) if shape is not None else None
    dtypes = _dtypes(symbol, dtype) if dtype is not None else None
    return _digraph(
        json.loads(symbol.tojson()),
        title,
        save_format,
        _edge_label(shapes, dtypes),
        {**_NODE, **(node_attrs or {})},
        hide_weights,
    )


def print_summary(
    symbol: Symbol,
    shape: Mapping[str, tuple[int, ...]] | None = None,
    line_length: int = 120,
    positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0),
) -> None:
    """Print a table of the layers: name, output shape, number of parameters, and what they read.

    Parameters
    ----------
    symbol : Symbol
    shape : dict of str to tuple of int, optional
        Shapes of the inputs. Without them, neither shapes nor most numbers of parameters are known.
    line_length : int
        Characters in a line.
    positions : sequence of float
        Where the columns end: as parts of the line, or in characters.

    Raises
    ------
    ArgumentError
        If `symbol` is not a Symbol.
    ShapeError
        If the shapes given do not determine all others.
    """
    _require_symbol(symbol)
    shapes = _shapes(symbol, shape) if shape is not None else None
    for line in _summary(json.loads(symbol.tojson()), shapes, line_length, positions):
        print(one_line(line))


def _require_symbol(symbol: Any) -> None:
    if not isinstance(symbol, Symbol):
        raise ArgumentError(
            f"symbol must be a Symbol, not {kind_of(symbol)}",
            hint="For an executor: executor.symbol.",
        )


def _shapes(symbol: Symbol, given: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    if not isinstance(given, Mapping):
        raise ArgumentError(
            f"shape is a dict of names and shapes, not {brief(given)}",
            hint="For example: shape={'data': (1, 3, 224, 224)}.",
        )
    internals = symbol.get_internals()
    _, found, _ = internals.infer_shape(**given)
    if found is None:
        raise ShapeError("Input shape is incomplete", hint="Give the shape of every input.")
    return dict(zip(internals.list_outputs(), found, strict=True))


def _dtypes(symbol: Symbol, given: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ArgumentError(
            f"dtype is a dict of names and dtypes, not {brief(given)}",
            hint="For example: dtype={'data': 'float32'}.",
        )
    internals = symbol.get_internals()
    _, found, _ = internals.infer_type(**given)
    if found is None:
        raise SymbookError("Input type is incomplete", hint="Give the dtype of every input.")
    return dict(zip(internals.list_outputs(), found, strict=True))


def _entry(known: Mapping[str, Any], node: Json, index: int) -> Any:
    """What is known of a node's output, by the name a symbol lists it under; None if nothing."""
    name = node["name"]
    if node["op"] == "null":
        return known.get(name)
    return known.get(f"{name}_output", known.get(f"{name}_output{index}"))


def _edge_label(
    shapes: Mapping[str, tuple[int, ...]] | None, dtypes: Mapping[str, Any] | None
) -> Callable[[Json, int], str]:
    def label(node: Json, index: int) -> str:
        shape = _entry(shapes, node, index) if shapes is not None else None
        dtype = _entry(dtypes, node, index) if dtypes is not None else None
        told = _by_x(shape[1:]) if shape is not None else ""
        return told if dtype is None else f"{told}({np.dtype(dtype).name})"

    return label


def _digraph(
    conf: Json,
    title: str,
    save_format: str,
    label: Callable[[Json, int], str],
    attributes: Mapping[str, str],
    hide_weights: bool,
) -> graphviz.Digraph:
    import graphviz

    from .render.network import NetworkGraph

    nodes = conf["nodes"]
    _warn_of_repeats(nodes)
    try:
        dot = NetworkGraph(name=title, format=save_format)
    except ValueError:
        raise ParamError(
            f"Graphviz has no format {save_format!r}", hint="For example: save_format='pdf'."
        ) from None
    hidden = set()
    for i, node in enumerate(nodes):
        if node["op"] == "null" and node["name"].endswith(_WEIGHTS):
            # Weights have no node of their own; where they are not hidden, their edges make one.
            if hide_weights:
                hidden.add(node["name"])
            continue
        look = {**attributes, "fillcolor": _COLOURS.get(node["op"], _OTHER)}
        if node["op"] == "null":
            look["shape"] = "oval"
        dot.node(name=_id(node, i), label=graphviz.escape(_node_label(node)), **look)
    for i, node in enumerate(nodes):
        # The second input of this operator only lends its shape.
        inputs = node["inputs"][:1] if node["op"] == "_contrib_BilinearResize2D" else node["inputs"]
        for source, index, *_ in inputs:
            if nodes[source]["name"] in hidden:
                continue
            arrow = {"dir": "back", "arrowtail": "open", "label": label(nodes[source], index)}
            dot.edge(tail_name=_id(node, i), head_name=_id(nodes[source], source), **arrow)
    return dot


def _warn_of_repeats(nodes: Sequence[Json]) -> None:
    repeated = [
        name for name, times in Counter(node["name"] for node in nodes).items() if times > 1
    ]
    if repeated:
        warnings.warn(
            f"Several nodes have the same name and are drawn as one: {', '.join(repeated)}",
            RuntimeWarning,
            stacklevel=4,
        )


def _id(node: Json, i: int) -> str:
    """The node's name, as in MXNet; a made one where DOT would read the name as something else."""
    name = str(node["name"])
    return name if re.fullmatch(r"[\w.\-/ ]+", name) else f"n{i}"


def _node_label(node: Json) -> str:
    op, attrs = node["op"], node.get("attrs", {})
    match op:
        case "Convolution":
            stride = _by_x(_numbers(attrs["stride"])) if "stride" in attrs else "1"
            return f"{op}\n{_by_x(_numbers(attrs['kernel']))}/{stride}, {attrs['num_filter']}"
        case "FullyConnected":
            return f"{op}\n{attrs['num_hidden']}"
        case "Activation":
            return f"{op}\n{attrs['act_type']}"
        case "LeakyReLU":
            return f"{op}\n{attrs.get('act_type', 'Leaky')}"
        case "Pooling":
            kernel = _by_x(_numbers(attrs["kernel"])) if "kernel" in attrs else "[]"
            stride = _by_x(_numbers(attrs["stride"])) if "stride" in attrs else "1"
            # `max` is left out of files written where it was not given.
            return f"{op}\n{attrs.get('pool_type', 'max')}, {kernel}/{stride}"
        case "Custom":
            return str(attrs["op_type"])
        case _:
            return str(node["name"])


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _by_x(items: Sequence[Any]) -> str:
    return "x".join(str(item) for item in items)


def _summary(
    conf: Json,
    shapes: Mapping[str, tuple[int, ...]] | None,
    line_length: int,
    positions: Sequence[float],
) -> list[str]:
    nodes = conf["nodes"]
    ends = positions
    if positions[-1] <= 1:
        ends = [int(line_length * part) for part in positions]
    # MXNet looks for a node's number among all three numbers of the first head. The first variable
    # is a layer for it therefore, and we print what it prints.
    heads = set(conf["heads"][0])
    lines = ["_" * line_length]
    lines.append(_row(("Layer (type)", "Output Shape", "Param #", "Previous Layer"), ends))
    lines.append("=" * line_length)
    total = 0
    for i, node in enumerate(nodes):
        if node["op"] == "null" and i > 0:
            continue
        shape: tuple[int, ...] = ()
        if shapes is not None and (node["op"] != "null" or i in heads):
            shape = _named(shapes, node)[1:]
        sources = [k for k, *_ in node["inputs"] if nodes[k]["op"] != "null" or k in heads]
        count = _count(node, shapes, [nodes[k] for k in sources])
        total += count
        before = [nodes[k]["name"] for k in sources] or [""]
        lines.append(_row((f"{node['name']}({node['op']})", _by_x(shape), count, before[0]), ends))
        lines += [_row(("", "", "", name), ends) for name in before[1:]]
        lines.append(("=" if i == len(nodes) - 1 else "_") * line_length)
    return [*lines, f"Total params: {total}", "_" * line_length]


def _row(fields: Sequence[Any], ends: Sequence[float]) -> str:
    line = ""
    for field, end in zip(fields, ends, strict=False):
        line = f"{line}{field}"[: int(end)].ljust(int(end))
    return line


def _named(shapes: Mapping[str, tuple[int, ...]], node: Json) -> tuple[int, ...]:
    name = node["name"] if node["op"] == "null" else f"{node['name']}_output"
    return shapes.get(name, ())


def _count(
    node: Json, shapes: Mapping[str, tuple[int, ...]] | None, sources: Sequence[Json]
) -> int:
    """Number of parameters of a layer, from what it is given and the channels of what it reads."""
    channels = 0
    if shapes is not None:
        channels = sum(sum(_named(shapes, source)[1:2]) for source in sources)
    attrs: dict[str, str] = node.get("attrs", {})
    biased = attrs.get("no_bias") != "True"
    match node["op"]:
        case "Convolution":
            filters = int(attrs["num_filter"])
            count = channels * filters // int(attrs.get("num_group", "1"))
            for size in _numbers(attrs["kernel"]):
                count *= int(size)
            return count + filters * biased
        case "FullyConnected":
            return (channels + biased) * int(attrs["num_hidden"])
        case "BatchNorm":
            return sum(_named(shapes, node)[1:2]) * 2 if shapes is not None else 0
        case "Embedding":
            return int(attrs["input_dim"]) * int(attrs["output_dim"])
        case _:
            return 0
