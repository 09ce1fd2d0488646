"""`Custom`: operators that a user writes as MXNet's `CustomOp` and `CustomOpProp`.

A property says what an operator's inputs and outputs are; the operator it creates computes on NDArrays. Each
executor has its own, so that what `forward` keeps is there for `backward`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from .context import Context
from .errors import (
    ArgumentError,
    LookupFailure,
    ParamError,
    brief,
    calling_users,
    did_you_mean,
    listed,
)
from .ndarray import NDArray
from .ops import registry
from .ops.params import REQUIRED, Param, attr_text
from .ops.registry import Op
from .ops.rules import DTypes, Mismatch, Params, Shapes, unify, unify_dtypes
from .quoting import given as quoted
from .specs import as_dtype, from_mxnet, is_known


class CustomOp:
    """Base of operators that users write; the methods are called with NDArrays."""

    def forward(
        self,
        is_train: bool,
        req: list[str],
        in_data: list[NDArray],
        out_data: list[NDArray],
        aux: list[NDArray],
    ) -> None:
        """Compute the outputs; put them in place with :meth:`assign`.

        Parameters
        ----------
        is_train : bool
        req : list of str
            For each output, how it is to be assigned: `write`.
        in_data, out_data, aux : list of NDArray
            Inputs, outputs to fill, and auxiliary states, which may be changed.
        """

    def backward(
        self,
        req: list[str],
        out_grad: list[NDArray],
        in_data: list[NDArray],
        out_data: list[NDArray],
        in_grad: list[NDArray],
        aux: list[NDArray],
    ) -> None:
        """Compute the gradients of the inputs; put them in place with :meth:`assign`.

        Parameters
        ----------
        req : list of str
            For each gradient, how it is to be assigned: `write`.
        out_grad, in_data, out_data, in_grad, aux : list of NDArray
            Gradients of the outputs, inputs, outputs, gradients of the inputs to fill, auxiliary states.
        """

    def assign(self, dst: NDArray, req: str, src: Any) -> None:
        """Put `src` into `dst` as `req` says: `write` or `inplace` replace, `add` adds, `null` leaves it."""
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst[:] += src


class CustomOpProp:
    """Base of the properties of operators that users write.

    Parameters
    ----------
    need_top_grad : bool
        Whether the gradient depends on those of the outputs; heads of losses say no.
    """

    def __init__(self, need_top_grad: bool = True) -> None:
        self.need_top_grad_ = need_top_grad

    def infer_shape(self, in_shape: list[Any]) -> Any:
        """Shapes of inputs, outputs and auxiliary states from those of the inputs that are known.

        By default every output has the first input's shape, and there are no auxiliary states.
        """
        return in_shape, (in_shape[0],) * len(self.list_outputs()), ()

    def infer_type(self, in_type: list[Any]) -> Any:
        """Dtypes of inputs, outputs and auxiliary states; by default all are the first input's."""
        return (
            in_type,
            [in_type[0]] * len(self.list_outputs()),
            [in_type[0]] * len(self.list_auxiliary_states()),
        )

    def list_arguments(self) -> list[str]:
        """Names of the inputs."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """Names of the outputs."""
        return ["output"]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the auxiliary states, which come after the inputs."""
        return []

    def declare_backward_dependency(
        self, out_grad: Sequence[int], in_data: Sequence[int], out_data: Sequence[int]
    ) -> list[int]:
        """What `backward` reads. All is kept here, but that heads of losses do not need `out_grad`."""
        grads = list(out_grad) if self.need_top_grad_ else []
        return [*grads, *in_data, *out_data]

    def create_operator(self, ctx: Context, in_shapes: list[Any], in_dtypes: list[Any]) -> CustomOp:
        """The operator, for arrays of these shapes and dtypes on a context."""
        return CustomOp()


_properties: dict[str, Callable[..., CustomOpProp]] = {}


def register(reg_name: str) -> Callable[[Any], Any]:
    """A decorator that registers a :class:`CustomOpProp` under a name, for `mx.sym.Custom(…, op_type=name)`.

    Registering a name again replaces it, so that a notebook's cell can be run twice.
    """

    def decorate(prop: Any) -> Any:
        if not (isinstance(prop, type) and issubclass(prop, CustomOpProp)):
            raise ArgumentError(
                f"what is registered as {reg_name!r} must be a class derived from CustomOpProp, not {prop!r}",
                hint="class MyProp(mx.operator.CustomOpProp): …",
            )
        _properties[reg_name] = prop
        return prop

    return decorate


def get_all_registered_operators() -> list[str]:
    """Names of all operators that `mx.sym` and `mx.nd` have."""
    return registry.names()


def _specialise(kwargs: Mapping[str, Any]) -> Op:
    """The operator of one call of `Custom`: its inputs and parameters are what the property says."""
    op_type = kwargs.get("op_type")
    if op_type is None:
        raise ParamError(
            "Custom: Required parameter op_type of string is not presented",
            hint='Give the name it was registered under: op_type="…".',
        )
    if op_type not in _properties:
        raise LookupFailure(
            f"Custom: no operator is registered as {quoted(op_type)}; there are "
            f"{listed(sorted(_properties))}",
            hint=did_you_mean(str(op_type), _properties)
            or "Define it first: @mx.operator.register(…) on a CustomOpProp.",
        )
    given = {
        key: attr_text(value)
        for key, value in kwargs.items()
        if key not in ("op_type", "ctx")
        and not isinstance(value, NDArray)
        and not hasattr(value, "list_arguments")
        and not (key.startswith("__") and key.endswith("__"))
    }
    try:
        with calling_users():
            prop = _properties[str(op_type)](**given)
    except TypeError as error:
        raise ParamError(
            f"Custom: {op_type} cannot be made of {quoted(given)}: {error}",
            hint="Its parameters are those of __init__ of its class.",
        ) from error
    return _operator(prop, {"op_type": str(op_type), **given})


def _operator(prop: CustomOpProp, texts: Mapping[str, str]) -> Op:
    calls = _Calls(prop, texts["op_type"])
    return Op(
        name="Custom",
        fn=calls.forward,
        inputs=(*calls.arguments, *calls.states),
        variadic=False,
        params={key: Param(key, "string", REQUIRED, attr_text) for key in texts},
        shape=calls.shapes,
        dtype=calls.dtypes,
        outputs=calls.outputs,
        aux=frozenset(calls.states),
        gradient=calls.gradient,
        mutates=frozenset(calls.states),
        takes_mode=True,
        state=calls,
        calls_users=True,
        text=_DOC,
    )


class _Calls:
    """What the engine asks of one custom operator, put to the user's property and operator."""

    def __init__(self, prop: CustomOpProp, op_type: str) -> None:
        self._prop, self._op_type = prop, op_type
        self.arguments = self._names("list_arguments")
        self.states = self._names("list_auxiliary_states")
        self.outputs = self._names("list_outputs")
        # Asked with numbers, as MXNet does, to see which of them it names.
        count = len(self.outputs)
        needed = prop.declare_backward_dependency(
            list(range(count)),
            list(range(count, count + len(self.arguments))),
            list(range(count + len(self.arguments), 2 * count + len(self.arguments))),
        )
        self._reads_grads = any(k < count for k in needed)
        # What the property said of complete inputs: what runs is what was inferred, whatever it says later.
        self._said: dict[tuple[str, ...], list[Any]] = {}

    def _names(self, method: str) -> tuple[str, ...]:
        names = getattr(self._prop, method)()
        if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
            raise ArgumentError(
                f"{method} of {self._op_type} must give a list of names, and gave {brief(names)}",
                hint="For example: return ['data'].",
            )
        return tuple(names)

    # Inference

    def shapes(self, ins: Shapes, outs: Shapes, params: Params) -> tuple[Shapes, Shapes]:
        """The property's `infer_shape`, asked as soon as the first input's shape is known."""
        given = ins[: len(self.arguments)]
        if given and not is_known(given[0]):
            return ins, outs
        asked: list[Any] = [
            list(shape) if shape is not None and None not in shape else [] for shape in given
        ]
        complete = all(map(is_known, given))
        answer = self._asked("infer_shape", asked, complete)
        if answer is None:
            return ins, outs
        if complete:
            self._said["infer_shape", *map(str, asked)] = answer[1]
        try:
            found_ins, found_outs, found_aux = (
                [from_mxnet(list(shape)) for shape in part] for part in answer
            )
        except TypeError:
            raise Mismatch(
                f"infer_shape of {self._op_type} must give lists of shapes, and gave {answer}",
                hint="Return three lists: return in_shape, [in_shape[0]], [].",
            ) from None
        new_ins = tuple(map(unify, ins, (*found_ins, *found_aux)))
        return new_ins, tuple(map(unify, outs, found_outs))

    def dtypes(self, ins: DTypes, outs: DTypes, params: Params) -> tuple[DTypes, DTypes]:
        """The property's `infer_type`, asked as soon as the first input's dtype is known."""
        given = ins[: len(self.arguments)]
        if given and given[0] is None:
            return ins, outs
        asked = [
            (given[0] if dtype is None else dtype).type for dtype in given if given[0] is not None
        ]
        complete = all(dtype is not None for dtype in given)
        answer = self._asked("infer_type", asked, complete)
        if answer is None:
            return ins, outs
        if complete:
            self._said["infer_type", *map(str, given)] = answer[1]
        found = [[as_dtype(dtype) for dtype in part] for part in answer]
        new_ins = [unify_dtypes(pair) for pair in zip(ins, (*found[0], *found[2]), strict=True)]
        return tuple(new_ins), tuple(
            [unify_dtypes(pair) for pair in zip(outs, found[1], strict=True)]
        )

    def _asked(self, method: str, given: list[Any], complete: bool) -> list[Any] | None:
        """What a method of the property says: lists for inputs, outputs and auxiliary states.

        A property that fails while something is unknown has nothing to say yet.
        """
        try:
            answer = getattr(self._prop, method)(given)
        except Exception as error:
            if not complete:
                return None
            problem = Mismatch(
                f"{method} of {self._op_type} failed: {type(error).__name__}: {error}",
                hint="Print what this method of yours is given.",
            )
            raise problem from error
        listed = isinstance(answer, (list, tuple))
        if not listed or not all(isinstance(part, (list, tuple)) for part in answer):
            given_name = "in_type" if method == "infer_type" else "in_shape"
            raise Mismatch(
                f"{method} of {self._op_type} must give lists for inputs, outputs and auxiliary states, "
                f"and gave {brief(answer)}",
                hint=f"Return three lists: return {given_name}, [{given_name}[0]], [].",
            )
        parts = [list(part) for part in (*answer, *[()] * (3 - len(answer)))]
        wanted = [len(self.arguments), len(self.outputs), len(self.states)]
        if [len(part) for part in parts] != wanted:
            raise Mismatch(
                f"{method} of {self._op_type} must give {wanted[0]} inputs, {wanted[1]} outputs and "
                f"{wanted[2]} auxiliary states, and gave {[len(part) for part in parts]}",
                hint="list_arguments, list_outputs and list_auxiliary_states say how many there are.",
            )
        return parts

    # Running

    def forward(self, xp: ModuleType, *arrays: Any, is_train: bool, state: Any, **_: Any) -> Any:
        """Run the user's `forward` on new output arrays."""
        count = len(self.arguments)
        ctx = _context(xp, arrays)
        ins, aux = _wrapped(arrays[:count], ctx), _wrapped(arrays[count:], ctx)
        operator = self._created(state, ctx, ins)
        outs = self._empty_outputs(xp, ins, ctx)
        given = outs.copy()
        with calling_users():
            operator.forward(
                is_train=is_train, req=["write"] * len(outs), in_data=ins, out_data=given, aux=aux
            )
        return self._filled("out_data", outs, given)

    def backward(self, xp: ModuleType, *arrays: Any, state: Any, **_: Any) -> Any:
        """Run the user's `backward` on new gradient arrays, zeros at first."""
        ctx = _context(xp, arrays)
        wrapped = _wrapped(arrays, ctx)
        grads = [wrapped.pop(0) for _ in self.outputs] if self._reads_grads else []
        ins = [wrapped.pop(0) for _ in self.arguments]
        outs = [wrapped.pop(0) for _ in self.outputs]
        grads = grads or [NDArray(xp.zeros_like(out._data), ctx) for out in outs]
        in_grads = [NDArray(xp.zeros_like(array._data), ctx) for array in ins]
        operator = self._created(state, ctx, ins)
        given = in_grads.copy()
        with calling_users():
            operator.backward(
                req=["write"] * len(ins),
                out_grad=grads,
                in_data=ins,
                out_data=outs,
                in_grad=given,
                aux=wrapped,
            )
        return self._filled("in_grad", in_grads, given)

    def _filled(self, what: str, made: list[NDArray], given: list[NDArray]) -> tuple[Any, ...]:
        """The memory of the arrays that the user was given to fill, which are to be in their list still."""
        if [id(array) for array in given] != [id(array) for array in made]:
            raise ArgumentError(
                f"{self._op_type} put other arrays into the list {what}; they are not looked at",
                hint=f"Fill the arrays that are there: self.assign({what}[0], req[0], …).",
            )
        return tuple([array._data for array in made])

    def _created(self, state: dict[str, Any], ctx: Context, ins: list[NDArray]) -> CustomOp:
        if "operator" not in state:
            shapes, dtypes = [list(array.shape) for array in ins], [array.dtype for array in ins]
            with calling_users():
                made = self._prop.create_operator(ctx, shapes, dtypes)
            if not callable(getattr(made, "forward", None)):
                raise ArgumentError(
                    f"create_operator of {self._op_type} gave {made!r}, which is no CustomOp",
                    hint="Its last line must return the operator.",
                )
            _require_signatures(made, self._op_type)
            state["operator"] = made
        operator: CustomOp = state["operator"]
        return operator

    def _empty_outputs(self, xp: ModuleType, ins: list[NDArray], ctx: Context) -> list[NDArray]:
        shapes = self._outputs_of("infer_shape", [list(array.shape) for array in ins])
        dtypes = self._outputs_of("infer_type", [array.dtype for array in ins])
        return [
            NDArray(xp.zeros(tuple(shape), as_dtype(dtype)), ctx)
            for shape, dtype in zip(shapes, dtypes, strict=True)
        ]

    def _outputs_of(self, method: str, given: list[Any]) -> list[Any]:
        """What inference was told of the outputs, whatever the property says now."""
        key = (method, *map(str, given))
        if key not in self._said:
            answer = self._asked(method, given, True)
            assert answer is not None  # everything is known
            self._said[key] = answer[1]
        return self._said[key]

    # Gradient

    def gradient(self, F: Any, g: Any, y: Any, *inputs: Any, **params: Any) -> Any:
        """The gradients of the inputs: one node of the operator that runs the user's `backward`."""
        outputs = y if isinstance(y, tuple) else (y,)
        grads = g if isinstance(g, tuple) else (g,)
        filled = [
            F.zeros_like(out) if grad is None else grad
            for grad, out in zip(grads, outputs, strict=True)
        ]
        data = inputs[: len(self.arguments)]
        row = F.of(self._backward_operator(params))(
            *(filled if self._reads_grads else []),
            *data,
            *outputs,
            *inputs[len(data) :],
            **params,
        )
        return (*row, *[None] * len(self.states))

    def _backward_operator(self, params: Mapping[str, Any]) -> Op:
        grads = [f"grad_{name}" for name in self.outputs] if self._reads_grads else []
        inputs = (*grads, *self.arguments, *[f"out_{name}" for name in self.outputs], *self.states)
        first = len(grads)
        own = slice(first, first + len(self.arguments))
        return Op(
            name="_backward_Custom",
            fn=self.backward,
            inputs=inputs,
            variadic=False,
            params={key: Param(key, "string", REQUIRED, attr_text) for key in params},
            shape=lambda ins, outs, _: (ins, tuple(map(unify, ins[own], outs))),
            dtype=lambda ins, outs, _: (
                ins,
                tuple(map(unify_dtypes, zip(ins[own], outs, strict=True))),
            ),
            outputs=tuple([f"{name}_grad" for name in self.arguments]),
            mutates=frozenset(self.states),
            state=self,
            calls_users=True,
            text="The gradient of a custom operator.",
        )


_TAKES = {
    "forward": ("is_train", "req", "in_data", "out_data", "aux"),
    "backward": ("req", "out_grad", "in_data", "out_data", "in_grad", "aux"),
}


def _require_signatures(operator: CustomOp, op_type: str) -> None:
    """Raise ArgumentError for methods of the user's operator that cannot be called."""
    for method, names in _TAKES.items():
        try:
            inspect.signature(getattr(operator, method)).bind(**dict.fromkeys(names))
        except TypeError as error:
            raise ArgumentError(
                f"{method} of the operator {op_type} cannot be called: {error}",
                hint=f"def {method}(self, {', '.join(names)}): …",
            ) from None
        except (AttributeError, ValueError):
            continue  # it has no such method, or one that does not say what it takes


def _wrapped(arrays: Sequence[Any], ctx: Context) -> list[NDArray]:
    return [NDArray(raw, ctx) for raw in arrays]


def _context(xp: ModuleType, arrays: Sequence[Any]) -> Context:
    if xp is np:
        return Context("cpu")
    return Context("gpu", int((arrays[0].device if arrays else xp.cuda.Device()).id))


_DOC = """Apply an operator that is registered with `mx.operator.register`.

Its inputs are those that the property's `list_arguments` names; every other keyword is handed to the
property as text.

op_type
    The name it is registered under.

>>> class Doubled(mx.operator.CustomOp):
...     def forward(self, is_train, req, in_data, out_data, aux):
...         self.assign(out_data[0], req[0], in_data[0] * 2)
>>> @mx.operator.register("doubled")
... class DoubledProp(mx.operator.CustomOpProp):
...     def create_operator(self, ctx, in_shapes, in_dtypes):
...         return Doubled()
>>> mx.nd.Custom(mx.nd.array([1, 2]), op_type="doubled").asnumpy()
array([2., 4.], dtype=float32)
"""

registry.add(
    Op(
        name="Custom",
        fn=lambda xp, *data, **_: data,
        inputs=(),
        variadic=True,
        params={"op_type": Param("op_type", "string", REQUIRED, attr_text)},
        shape=lambda ins, outs, _: (ins, outs),
        dtype=lambda ins, outs, _: (ins, outs),
        specialise=_specialise,
        text=_DOC,
    )
)
