"""`Symbol`: one or more outputs of a graph, and everything one asks of it before there is data."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import infer
from ..errors import (
    ArgumentError,
    BindError,
    LookupFailure,
    OutOfRange,
    ParamError,
    SymbookError,
    brief,
    counted,
    did_you_mean,
    kind_of,
    listed,
    one_of,
)
from ..graph import NO_ORDER, Entry, Graph, Node
from ..ops.fluent import Methods
from ..quoting import one_line
from ..specs import Shape, as_dtype, from_mxnet, to_mxnet
from ..underway import interruptible
from . import attributes, compose
from .arithmetic import Arithmetic
from .novalue import NoValue

if TYPE_CHECKING:
    from ..context import Context
    from ..executor import Executor
    from ..ndarray import NDArray

ShapeLists = tuple[
    list[tuple[int, ...]] | None, list[tuple[int, ...]] | None, list[tuple[int, ...]] | None
]
TypeLists = tuple[list[Any] | None, list[Any] | None, list[Any] | None]


class Symbol(Arithmetic, Methods, NoValue):
    """A value that is yet to be computed: one or more outputs of a graph of operators.

    Symbols are made from :func:`Variable`, arithmetic and the functions of `mx.sym`; they never change.
    Give them data with :meth:`bind`, or compute at once with :meth:`eval`.

    >>> import symbook as mx
    >>> a, b = mx.sym.Variable("A"), mx.sym.Variable("B")
    >>> (a * b).list_arguments()
    ['A', 'B']
    """

    # The tutorial prints <class 'symbook.symbol.Symbol'>.
    __module__ = "symbook.symbol"
    __slots__ = ("__weakref__", "_cached_graph", "_order", "_outputs")
    __hash__ = None  # type: ignore[assignment]  # == builds a node, so a symbol cannot be a key

    if TYPE_CHECKING:
        reshape = astype = Methods._one

    def __init__(self, outputs: Sequence[Entry], order: list[dict[Node, None]] = NO_ORDER) -> None:
        self._outputs = tuple(outputs)
        self._cached_graph: Graph | None = None
        # The graph's nodes in order, in a list that whoever needs them takes them from: the graph, or a
        # symbol that is made of this one and adds its own. Empty when they are taken, or were never known.
        self._order = order

    # What it is

    @property
    def graph(self) -> Graph:
        """The graph that the outputs depend on, in topological order."""
        if self._cached_graph is None:
            try:
                order = self._order.pop()
            except IndexError:
                order = None
            self._cached_graph = Graph(self._outputs, order)
        return self._cached_graph

    @property
    def name(self) -> str | None:
        """The node's name; None for a group of outputs of different nodes."""
        nodes = {entry.node for entry in self._outputs}
        return nodes.pop().name if len(nodes) == 1 else None

    @property
    def num_outputs(self) -> int:
        """How many outputs there are."""
        return len(self._outputs)

    def __repr__(self) -> str:
        if self.name is not None:
            return one_line(f"<Symbol {self.name}>")
        names = ", ".join(entry.node.name for entry in self._outputs)
        return one_line(f"<Symbol group [{names}]>")

    def __len__(self) -> int:
        return len(self._outputs)

    def __iter__(self) -> Iterator[Symbol]:
        return (Symbol([entry]) for entry in self._outputs)

    def __getitem__(self, index: int | str | slice) -> Symbol:
        """One output by position or by name (`"_plus0_output"`), or several by a slice.

        Raises
        ------
        LookupFailure
            If no output, or more than one, has that name. A ValueError.
        OutOfRange
            If there is no such position. An IndexError.
        """
        if isinstance(index, slice):
            return Symbol(self._outputs[index])
        if isinstance(index, str):
            return Symbol([self._outputs[self._named(index)]])
        try:
            position = operator.index(index)
        except TypeError:
            raise ArgumentError(
                f"Symbol only support integer index to fetch i-th output, not {index!r}",
                hint="Write symbol[0], or the name of an output, symbol['_plus0_output'].",
            ) from None
        if not -len(self) <= position < len(self):
            raise OutOfRange(
                f"there is no output {position}: {self!r} has {counted(len(self), 'output')}",
                hint=f"Positions go from 0 to {len(self) - 1}."
                if len(self) > 1
                else "Its one output is symbol[0].",
            )
        return Symbol([self._outputs[position]])

    def _named(self, name: str) -> int:
        names = self.list_outputs()
        found = [i for i, own in enumerate(names) if own == name]
        if not found:
            hint = f"Did you mean {name + '_output'!r}?" if f"{name}_output" in names else ""
            hint = hint or did_you_mean(name, names) or f"The outputs are {listed(names)}."
            raise LookupFailure(f'Cannot find output that matches name "{name}"', hint=hint)
        if len(found) > 1:
            raise LookupFailure(
                f'There are multiple outputs with name "{name}"', hint="Index by position."
            )
        return found[0]

    def __copy__(self) -> Symbol:
        return Symbol(self._outputs)

    def __deepcopy__(self, memo: object) -> Symbol:
        return Symbol(self._outputs)

    def __reduce__(self) -> tuple[Callable[[str], Symbol], tuple[str]]:
        return _from_text, (self.tojson(remove_amp_cast=False),)

    def __call__(self, *args: Symbol, **kwargs: Any) -> Symbol:
        """A copy in which other symbols stand in place of variables: `net(data=other, name="new")`.

        Raises
        ------
        SymbookError
            If a name is no variable of this symbol, or arguments are positional.
        ArgumentError
            If a value is not a symbol. A TypeError.
        """
        return Symbol(compose.substitute(self._outputs, args, kwargs, Symbol))

    # Listing

    def list_arguments(self) -> list[str]:
        """Names of the variables that need an array, in the order of the graph."""
        return [self.graph.nodes[i].name for i in self.graph.arguments]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the variables that operators update by themselves, such as moving averages."""
        return [self.graph.nodes[i].name for i in self.graph.auxiliary]

    def list_inputs(self) -> list[str]:
        """Names of all variables, arguments and auxiliary states, in the order of the graph."""
        return [self.graph.nodes[i].name for i in self.graph.variables]

    def list_outputs(self) -> list[str]:
        """Names of the outputs."""
        return [entry.name for entry in self._outputs]

    def get_internals(self) -> Symbol:
        """A group of the outputs of every node of the graph, variables included."""
        entries = [Entry(node, i) for node in self.graph.nodes for i in range(node.shown_count)]
        return Symbol(entries)

    def get_children(self) -> Symbol | None:
        """A group of what the output nodes read; None when they are variables."""
        nodes = dict.fromkeys(entry.node for entry in self._outputs)
        entries = [entry for node in nodes for entry in node.inputs]
        return Symbol(entries) if entries else None

    # Attributes

    def attr(self, key: str) -> str | None:
        """One attribute of this node, or None."""
        return (
            attributes.lookup(self._outputs[0].node.attrs, key) if self.name is not None else None
        )

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """The attributes of this node: parameters as they were given, and attributes, as text.

        Of a group, those of the node of its first output, as in MXNet.
        """
        if recursive:
            raise SymbookError(
                "list_attr(recursive=True) is gone from MXNet", hint="Use attr_dict()."
            )
        return attributes.shown(self._outputs[0].node.attrs)

    def _set_attr(self, **kwargs: str) -> None:
        """Give the node attributes that it did not have, or others: `data._set_attr(lr_mult="2")`.

        MXNet's only way to change a symbol, used to mark variables after they were made. Every symbol that
        has the node sees it. Raises ParamError if a value is no text.
        """
        added = attributes.normalise(kwargs)
        for node in {entry.node for entry in self._outputs}:
            object.__setattr__(node, "attrs", {**node.attrs, **added})
        self._cached_graph = None

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """The attributes of every node that has some, by the node's name."""
        return {node.name: attributes.shown(node.attrs) for node in self.graph.nodes if node.attrs}

    # Inference

    @interruptible("infer")
    def infer_shape(self, *args: Any, **kwargs: Any) -> ShapeLists:
        """Shapes of the arguments, outputs and auxiliary states, from the shapes of some arguments.

        Parameters
        ----------
        *args, **kwargs : tuple of int
            Known shapes, in the order of `list_arguments` or by name; 0 is an unknown dimension.

        Returns
        -------
        arg_shapes, out_shapes, aux_shapes : list of tuple, or None
            All None, with a warning that says what is missing, if something cannot be inferred.

        Raises
        ------
        ShapeError
            If shapes do not fit; the message names the node. A ValueError.
        LookupFailure
            If a name is unknown. A ValueError.
        ArgumentError
            If a value is no shape, or there are more than arguments. A TypeError.
        ParamError
            If some are given by position and some by name. A ValueError.
        """
        shapes = self._infer(infer.SHAPES, args, kwargs)
        if infer.incomplete(self.graph, infer.SHAPES, shapes, range(len(self.graph))):
            self._warn("shape", infer.SHAPES, shapes)
            return None, None, None
        return self._shape_lists(shapes)

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> ShapeLists:
        """As :meth:`infer_shape`, with `()` for a shape and 0 for a dimension that is not known."""
        return self._shape_lists(self._infer(infer.SHAPES, args, kwargs))

    @interruptible("infer")
    def infer_type(self, *args: Any, **kwargs: Any) -> TypeLists:
        """Dtypes of the arguments, outputs and auxiliary states, from the dtypes of some arguments.

        Returns
        -------
        arg_types, out_types, aux_types : list of type, or None
            NumPy's scalar types; all None, with a warning, if something cannot be inferred.

        Raises
        ------
        DTypeError
            If dtypes do not fit, or a value is no dtype. A TypeError.
        LookupFailure, ArgumentError, ParamError
            As :meth:`infer_shape`.
        """
        dtypes = self._infer(infer.DTYPES, args, kwargs)
        if infer.incomplete(self.graph, infer.DTYPES, dtypes, range(len(self.graph))):
            self._warn("dtype", infer.DTYPES, dtypes)
            return None, None, None
        return self._type_lists(dtypes)

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> TypeLists:
        """As :meth:`infer_type`, with None for a dtype that is not known."""
        return self._type_lists(self._infer(infer.DTYPES, args, kwargs))

    def _infer(
        self, domain: infer.Domain, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> infer.Values:
        names = self.list_arguments()
        if args and kwargs:
            raise ParamError(
                "Can only specify known argument shapes either by positional or kwargs way.",
                hint="Name all of them: A=(2, 3).",
            )
        if len(args) > len(names):
            raise ArgumentError(
                f"there are {len(names)} arguments ({listed(names)}), {len(args)} were given",
                hint="Give one for each, in this order, or name them: A=(2, 3).",
            )
        given = {name: value for name, value in zip(names, args, strict=False) if value is not None}
        every = dict.fromkeys(self.list_inputs())
        for key, value in kwargs.items():
            if key not in every:
                raise LookupFailure(
                    f"InferShapeKeyword argument name {key} not found; the arguments are "
                    + listed(list(every)),
                    hint=one_of(key, every),
                )
            given[key] = value
        read = read_shape if domain is infer.SHAPES else lambda _, value: as_dtype(value)
        return infer.infer(
            self.graph, domain, {key: read(key, value) for key, value in given.items()}
        )

    def _shape_lists(self, shapes: infer.Values) -> ShapeLists:
        graph = self.graph
        return (
            [to_mxnet(shapes[i][0]) for i in graph.arguments],
            [to_mxnet(shapes[pin.node][pin.index]) for pin in graph.heads],
            [to_mxnet(shapes[i][0]) for i in graph.auxiliary],
        )

    def _type_lists(self, dtypes: infer.Values) -> TypeLists:
        graph = self.graph

        def kind(dtype: Any) -> Any:
            return None if dtype is None else dtype.type

        return (
            [kind(dtypes[i][0]) for i in graph.arguments],
            [kind(dtypes[pin.node][pin.index]) for pin in graph.heads],
            [kind(dtypes[i][0]) for i in graph.auxiliary],
        )

    def _warn(self, what: str, domain: infer.Domain, values: infer.Values) -> None:
        graph = self.graph
        missing = infer.incomplete(graph, domain, values, graph.variables)
        names = [graph.nodes[i].name for i in missing]
        first = infer.incomplete(graph, domain, values, range(len(graph)))
        node = next((i for i in first if graph.nodes[i].op is not None), first[0])
        advice = "(0s in shape means unknown dimensions). " if what == "shape" else ""
        warnings.warn(
            f"Cannot decide {what} for the following arguments {advice}"
            f"Consider providing them as input: {listed(names)}. "
            f"The first node without a {what} is {infer.node_text(graph, node)}.",
            # The caller's line: above this are the method and what names its interrupts.
            stacklevel=4,
        )

    # Data

    def bind(
        self,
        ctx: Context | None,
        args: Mapping[str, NDArray] | Sequence[NDArray],
        args_grad: Mapping[str, NDArray] | Sequence[NDArray | None] | None = None,
        grad_req: str | Mapping[str, str] | Sequence[str] = "write",
        aux_states: Mapping[str, NDArray] | Sequence[NDArray] | None = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_exec: Executor | None = None,
        *,
        runner: str = "auto",
        optimize: bool = True,
    ) -> Executor:
        """Give every argument its array, and get an executor that runs the graph.

        Parameters
        ----------
        ctx : Context
            Where to run: `mx.cpu()` or `mx.gpu(0)`.
        args : dict of str to NDArray, or list of NDArray
            By name, or in the order of `list_arguments`. The executor reads these very arrays:
            change one in place, and the next `forward` sees it.
        aux_states : dict or list, optional
            The same for auxiliary states.
        runner : {"auto", "serial", "threads"}
            How the steps are run: one after another, or independent ones side by side. `auto` chooses.
        optimize : bool
            Leave out steps that change nothing, do once what is asked for twice, and join steps. The
            results are the same to the bit, but for sums in joined products of matrices, which may be
            rounded otherwise; with False, the plan has a step for every node.
        args_grad : dict or list, optional
            Arrays that `backward` puts gradients into: by name, for those that are wanted, or one or None
            for each argument. Each has the shape and dtype of its argument.
        grad_req : str, list or dict, optional
            What becomes of a gradient: `write` puts it in place of what the array holds, `add` adds it to
            that, `null` leaves it out. For all, or for each argument; a dict leaves out those it does
            not name.
        group2ctx : dict of str to Context, optional
            Where the nodes of each group are computed: those made in `mx.AttrScope(ctx_group="dev1")` are
            of the group `dev1`. Values are copied between contexts as needed; the plan shows it.
        shared_exec
            As MXNet's: a hint about memory that is not needed.

        Raises
        ------
        BindError
            If an array is missing, unknown or given twice. A ValueError.
        ArgumentError
            If something is not an NDArray, or `ctx` no context. A TypeError.
        ShapeError, DTypeError
            If arrays do not fit the graph; the message names the node.
        DeviceError
            If the device is not there, or an array is on another one.
        MemoryShortage
            If the graph's values and the arrays bound together need more memory than the device has, of which
            nothing has been allocated then. On the CPU that is the machine's memory, or what its container
            may have, and no more than `ulimit -v` leaves. A MemoryError.
        GradientError
            If a gradient is wanted, and an operator on the way has none. A ValueError.
        """
        from ..binding import bind

        return bind(
            self,
            ctx,
            args,
            aux_states,
            args_grad,
            grad_req,
            group2ctx,
            runner=runner,
            optimize=optimize,
        )

    def simple_bind(
        self,
        ctx: Context | None,
        grad_req: str | Mapping[str, str] | Sequence[str] = "write",
        type_dict: Mapping[str, Any] | None = None,
        stype_dict: Mapping[str, str] | None = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_arg_names: Sequence[str] | None = None,
        shared_exec: Executor | None = None,
        shared_buffer: MutableMapping[str, NDArray] | None = None,
        **kwargs: Any,
    ) -> Executor:
        """Bind to new arrays of zeros, their shapes inferred from those given by name.

        Parameters
        ----------
        ctx : Context
        grad_req : str, list or dict, optional
            As in :meth:`bind`; arguments whose gradient is not `null` get an array for it.
        type_dict : dict of str to dtype, optional
            Dtypes of some arguments; float32 where nothing else follows.
        group2ctx : dict of str to Context, optional
            As in :meth:`bind`.
        shared_arg_names, shared_exec : list of str and Executor, optional
            Use that executor's arrays for these arguments and for its auxiliary states.
        shared_buffer : dict of str to NDArray, optional
            Use the memory of these arrays, where it is large enough; new arrays are put into it.
        **kwargs : tuple of int
            Shapes of some arguments; names that the graph does not have are ignored, as in MXNet.

        Raises
        ------
        BindError
            If a shape cannot be inferred; the message names what is missing. A RuntimeError.
        ShapeError, DTypeError
            If shapes or dtypes do not fit.
        MemoryShortage
            As for :meth:`bind`, the arrays that would be made included.
        """
        from ..binding import Shared, simple_bind

        sparse = {name: kind for name, kind in (stype_dict or {}).items() if kind != "default"}
        _refuse(stype_dict=sparse or None)
        shared = Shared(shared_exec, shared_arg_names or (), shared_buffer)
        return simple_bind(self, ctx, grad_req, type_dict or {}, kwargs, group2ctx, shared)

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """Bind the arrays given by name, run once, and give the outputs; raises what :meth:`bind` does."""
        from ..binding import bind

        names = set(self.list_auxiliary_states())
        args = {name: array for name, array in kwargs.items() if name not in names}
        aux = {name: array for name, array in kwargs.items() if name in names}
        return bind(self, ctx, args, aux, caller="eval").forward()

    # Gradients

    def gradient(
        self,
        wrt: str | Sequence[str] | None = None,
        head_grads: Symbol | Sequence[Symbol] | None = None,
        **shapes: Sequence[int],
    ) -> Symbol:
        """The gradients of the sum of all outputs, as a symbol: to draw, evaluate, or differentiate again.

        Parameters
        ----------
        wrt : str or list of str, optional
            Arguments with respect to which to differentiate; all of them, in order, when left out.
        head_grads : Symbol or list of Symbol, optional
            For each output, the gradient of what is differentiated with respect to it, of the output's
            shape; ones when left out. Heads of losses have their own and ignore it.
        **shapes : tuple of int
            Shapes of arguments. Where they show that an operator does not broadcast, the graph has no
            nodes that would undo it.

        Returns
        -------
        Symbol
            An output `{name}_grad_output` for each name of `wrt`, of the argument's shape.

        Raises
        ------
        LookupFailure
            If a name is no argument.
        GradientError
            If an operator on the way has no gradient.
        ArgumentError
            If `head_grads` is not a symbol for each output.

        >>> import symbook as mx
        >>> x = mx.sym.Variable("x")
        >>> (x * x).gradient("x").eval(x=mx.nd.array([3]))[0].asnumpy()
        array([6.], dtype=float32)
        """
        from ..passes.gradient import gradient_symbol

        names = self.list_arguments()
        chosen = names if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
        for name in (*chosen, *shapes):
            if not isinstance(name, str):
                raise ArgumentError(
                    f"an argument is named by a string, not by {brief(name)}",
                    hint="For example: symbol.gradient('A'), or symbol.gradient(['A', 'B']).",
                )
            if name not in names:
                raise LookupFailure(
                    f"{name!r} is no argument; the arguments are {listed(names)}",
                    hint=one_of(str(name), names),
                )
        heads = [head_grads] if isinstance(head_grads, Symbol) else head_grads
        sizes = [len(head._outputs) for head in heads or () if type(head) is Symbol]
        if heads is not None and sizes != [1] * len(self):
            raise ArgumentError(
                f"head_grads must be one symbol for each of {counted(len(self), 'output')}, "
                f"not {head_grads!r}",
                hint="Leave it out for ones, or give a list with one symbol for each output.",
            )
        given = {name: read_shape(name, value) for name, value in shapes.items()}
        return gradient_symbol(self, chosen, heads, given)

    # Text

    def tojson(self, remove_amp_cast: bool = True) -> str:
        """The graph as MXNet 1.9's JSON text, without the casts of mixed precision unless told otherwise."""
        from . import writing
        from .mixed_precision import without_casts

        return writing.dump(without_casts(self.graph) if remove_amp_cast else self.graph)

    def save(self, fname: str, remove_amp_cast: bool = True) -> None:
        """Write :meth:`tojson` to a file, whole or not at all. Raises OSError if it cannot be written."""
        from . import writing

        writing.save(self.tojson(remove_amp_cast), fname)

    def debug_str(self) -> str:
        """The graph as lines of text: outputs, variables, operators with their inputs."""
        from . import writing

        return writing.debug_text(self.graph)


def _from_text(text: str) -> Symbol:
    from . import canonical

    return Symbol(canonical.load(text))


def read_shape(name: str, value: Any) -> Shape | None:
    """The shape, possibly in part, that a caller gives for an argument.

    Raises
    ------
    ArgumentError
        If it is no tuple of whole numbers.
    """
    if not isinstance(value, (tuple, list)):
        raise ArgumentError(
            f"Arguments need to be shapes (tuple), but '{name}' is {kind_of(value)}.",
            hint=f"A shape is a tuple of whole numbers: {name}=(2, 3).",
        )
    try:
        return from_mxnet([operator.index(dim) for dim in value])
    except TypeError:
        raise ArgumentError(
            f"Arguments need to be shapes (tuple of int), but '{name}' is {value!r}.",
            hint=f"A shape is a tuple of whole numbers: {name}=(2, 3).",
        ) from None


def _refuse(**given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise BindError(
                f"{name} was given, and symbook does not serve it yet", hint=f"Leave {name} out."
            )
