"""Products: many small ones with one matrix made one large one, which is faster.

A network unrolled over time multiplies each step's input with the same weights, and the gradient of the
weights is a sum of as many products. The inputs of all steps are often one array, cut into parts: they are
multiplied at once. The sum of products is one product of all their rows together.

This pass changes bits: sums are taken in another order, as they are with another number of threads or
another BLAS, and differ by rounding. `bind(optimize=False)` takes them as written.
"""

from __future__ import annotations

from typing import NamedTuple

from ..graph import Node, Pin
from ..specs import as_dtype, known
from .dead import remove_dead
from .draft import Draft
from .rewrite import Note, Notes, Typed

FEWEST = 4
"""Products that are worth joining."""

# Measured on two cores with weights of 1024x256 and 256x64, from 1 to 1024 rows: eight products of 2 to 256
# rows took 1.2 to 4 times as long as one; of 1 row, half as long; of more rows, as long. Their gradients
# took 1.1 to 12 times as long as one where the rows were fewer than a fourth of what `_few_rows` compares
# them with, and not longer where they were more.
_ROWS = range(2, 257)
_FEW = 4

_FLOAT = (as_dtype("float32"), as_dtype("float64"))


def join_products(typed: Typed, notes: Notes = None) -> Typed:
    """Multiply what is multiplied with the same matrix in one product, where that is faster."""
    graph = typed.graph
    if graph.changed or not {op.name for op in graph.operators} & {"SliceChannel", "add_n"}:
        return typed
    layers, sums = _layers(typed), _Sums(typed)
    if not layers and not sums:
        return typed
    draft = Draft(typed)
    for i, node in enumerate(graph.nodes):
        if i in layers:
            _join(draft, layers[i])
            _note(notes, [graph.nodes[k] for k in layers[i].nodes], "their inputs are one array")
        elif i in sums:
            draft.stand(Pin(i, 0), sums.put(i, draft))
            _note(notes, [node], "it sums products, or rows, of the same kind")
        if Pin(i, 0) not in draft:
            draft.keep(i)
    return remove_dead(draft.typed())


def _note(notes: Notes, nodes: list[Node], why: str) -> None:
    if notes is not None:
        for node in nodes:
            assert node.op is not None
            notes.append(Note(node.name, node.op.name, "joined", f"{nodes[0].name}_joined", why))


# Layers whose inputs are parts of one array


class _Layers(NamedTuple):
    """Full connections of parts of one array with the same weights.

    Attributes
    ----------
    split : int
        Position of the node that takes the array apart.
    nodes : dict of int to int
        For the position of each layer, which part it reads.
    """

    split: int
    nodes: dict[int, int]


def _layers(typed: Typed) -> dict[int, _Layers]:
    """What can be joined, by the position of the first layer."""
    graph = typed.graph
    found: dict[tuple[object, ...], dict[int, int]] = {}
    for i, (node, pins) in enumerate(zip(graph.nodes, graph.inputs, strict=True)):
        if node.op is not None and node.op.name == "FullyConnected":
            data, *weights = pins
            if _is_split(typed, data.node):
                found.setdefault((data.node, *weights), {})[i] = data.index
    result = {}
    for (split, *_), nodes in found.items():
        assert isinstance(split, int)
        parts = graph.nodes[split].params["num_outputs"]
        if len(nodes) >= FEWEST and 2 * len(nodes) > parts:
            result[min(nodes)] = _Layers(split, nodes)
    return result


def _is_split(typed: Typed, i: int) -> bool:
    """Whether a node takes an array apart into matrices of a few rows."""
    node = typed.graph.nodes[i]
    if node.op is None or node.op.name != "SliceChannel" or not node.params["squeeze_axis"]:
        return False
    part, whole = typed.specs[i][0], typed.spec(typed.graph.inputs[i][0])
    rank = len(known(whole.shape))
    return (
        rank == 3
        and node.params["axis"] % rank < 2
        and len(known(part.shape)) == 2
        and known(part.shape)[0] in _ROWS
        and part.dtype in _FLOAT
    )


def _join(draft: Draft, layers: _Layers) -> None:
    """Put in one layer for all, and take its result apart."""
    graph = draft.before.graph
    first = min(layers.nodes)
    like, split = graph.nodes[first], graph.nodes[layers.split]
    ins = [graph.inputs[layers.split][0], *graph.inputs[first][1:]]
    kept = {key: like.params[key] for key in ("num_hidden", "no_bias")}
    given = {**kept, "flatten": False}
    joined = draft.add("FullyConnected", [draft.now(pin) for pin in ins], given, like, "joined")
    parts = draft.add("SliceChannel", [joined], split.params, like, "parts")
    for i, part in layers.nodes.items():
        draft.stand(Pin(i, 0), Pin(parts.node, part))


# Sums of products


class _Product(NamedTuple):
    """`rows.T @ columns`, both matrices of the same few rows."""

    rows: Pin
    columns: Pin


class _Sums:
    """The sums of such products, and of the rows of the same matrices, by their positions."""

    def __init__(self, typed: Typed) -> None:
        self._typed = typed
        self._readers = typed.graph.readers
        self._heads = {pin.node for pin in typed.graph.heads}
        self._products: dict[int, list[_Product]] = {}
        self._totals: dict[int, list[Pin]] = {}
        self._stacks: dict[tuple[Pin, ...], Pin] = {}
        self._summed: dict[tuple[Pin, ...], Pin] = {}
        for i, node in enumerate(typed.graph.nodes):
            if node.op is not None and node.op.name == "add_n":
                self._see(i)
        stacked = {self._stack(found) for found in self._products.values()}
        self._totals = {
            i: pins for i, pins in self._totals.items() if tuple(_sorted(pins)) in stacked
        }

    def __contains__(self, i: int) -> bool:
        return i in self._products or i in self._totals

    def __bool__(self) -> bool:
        return bool(self._products)

    def _see(self, i: int) -> None:
        """Note the node at a position if all that it sums can be joined."""
        pins = self._typed.graph.inputs[i]
        if len(set(pins)) < FEWEST or len(set(pins)) < len(pins):
            return
        totals = [self._total(pin) for pin in pins]
        if None not in totals:
            self._totals[i] = [pin for pin in totals if pin is not None]
            return
        alone = all(self._readers[pin.node] == (i,) and pin.node not in self._heads for pin in pins)
        found = [product for pin in pins if (product := self._product(pin)) is not None]
        if alone and len(pins) == len(found) == len({product.rows for product in found}):
            self._products[i] = found

    def _product(self, pin: Pin) -> _Product | None:
        """What a value is the product of, if it is one of few rows."""
        node, ins = self._typed.graph.nodes[pin.node], self._typed.graph.inputs[pin.node]
        if node.op is None:
            return None
        if node.op.name == "dot" and node.params["transpose_a"] and not node.params["transpose_b"]:
            found = _Product(*ins)
        elif node.op.name == "_backward_dot_rhs" and not any(node.params.values()):
            found = _Product(ins[1], ins[0])
        else:
            return None
        specs = [self._typed.spec(each) for each in found]
        shapes = [known(spec.shape) for spec in specs]
        if any(len(shape) != 2 for shape in shapes) or specs[0].dtype not in _FLOAT:
            return None
        (rows, m), (_, n) = shapes
        # Rows are copied to stand together: they must be few beside the products, which need not be added.
        return found if _FEW * rows * (m + n) <= m * n else None

    def _total(self, pin: Pin) -> Pin | None:
        """What a value is the sum of the rows of."""
        node, ins = self._typed.graph.nodes[pin.node], self._typed.graph.inputs[pin.node]
        if (
            node.op is None
            or node.op.name != "sum"
            or len(known(self._typed.spec(ins[0]).shape)) != 2
        ):
            return None
        plain = not node.params["keepdims"] and not node.params["exclude"]
        return ins[0] if plain and node.params["axis"] in (0, (0,)) else None

    def _stack(self, products: list[_Product]) -> tuple[Pin, ...]:
        return tuple(_sorted([product.rows for product in products]))

    def put(self, i: int, draft: Draft) -> Pin:
        """Put in one product, or one sum of rows, for the sum at a position."""
        node = draft.before.graph.nodes[i]
        if i in self._totals:
            pins = tuple(_sorted(self._totals[i]))
            if pins not in self._summed:
                rows = self._stacked(draft, pins, node, "rows")
                self._summed[pins] = draft.add("sum", [rows], {"axis": (0,)}, node, "joined")
            return self._summed[pins]
        of = {product.rows: product.columns for product in self._products[i]}
        order = self._stack(self._products[i])
        rows = self._stacked(draft, order, node, "rows")
        columns = self._stacked(draft, tuple([of[pin] for pin in order]), node, "columns")
        return draft.add("dot", [rows, columns], {"transpose_a": True}, node, "joined")

    def _stacked(self, draft: Draft, pins: tuple[Pin, ...], like: Node, part: str) -> Pin:
        """Matrices one below the other; where they were one array's parts, that array."""
        if pins not in self._stacks:
            source = self._source(pins)
            if source is None:
                given = {"num_args": len(pins), "dim": 0}
                found = draft.add("Concat", [draft.now(pin) for pin in pins], given, like, part)
            else:
                width = known(self._typed.spec(pins[0]).shape)[1]
                flat = {"shape": (-1, width)}
                found = draft.add("Reshape", [draft.now(source)], flat, like, part)
            self._stacks[pins] = found
        return self._stacks[pins]

    def _source(self, pins: tuple[Pin, ...]) -> Pin | None:
        """The array that these matrices are all the parts of, in order, along its first axis."""
        i, graph = pins[0].node, self._typed.graph
        if not _is_split(self._typed, i) or graph.nodes[i].params["axis"] != 0:
            return None
        parts = graph.nodes[i].params["num_outputs"]
        return graph.inputs[i][0] if pins == tuple([Pin(i, k) for k in range(parts)]) else None


def _sorted(pins: list[Pin]) -> list[Pin]:
    """In the order of time, if it is a network unrolled: its gradients are made from the last step on."""
    return sorted(pins, reverse=True)
