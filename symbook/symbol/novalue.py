"""What an array or an executor can do and a symbol, which has no value yet, cannot: each says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import MissingAttribute, NotImplementedForSymbol, did_you_mean

_EXECUTORS = """
    forward outputs output_dict arg_dict arg_arrays grad_dict grad_arrays aux_dict trace
    copy_params_from set_monitor_callback
""".split()  # noqa: SIM905  # a page of quoted names reads worse
_INSTEAD = {
    "shape": "symbol.infer_shape(A=(2, 3))[1] gives the outputs' shapes, from those of the arguments.",
    "size": "symbol.infer_shape(A=(2, 3))[1] gives the outputs' shapes, from those of the arguments.",
    "dtype": "symbol.infer_type(A='float32')[1] gives the outputs' dtypes, from those of the arguments.",
    "T": "Write mx.sym.transpose(x).",
    "grad": "symbol.gradient('A') gives a symbol; symbol.simple_bind(…).grad_dict, arrays.",
}
_RUN = "Run it on arrays: symbol.eval(A=mx.nd.array([1, 2]))[0]."
_INSTEAD |= dict.fromkeys(
    ("run", "compute", "value", "values", "data", "numpy", "item", "tolist"), _RUN
)


def _instead_of(name: str, kind: type) -> str:
    """What to write in place of an attribute that no symbol has."""
    if name in _EXECUTORS:
        return "Bind it first: symbol.bind(mx.cpu(), {…}) gives the executor that has it."
    near = did_you_mean(name, [item for item in dir(kind) if item[0] != "_"])
    return _INSTEAD.get(name) or near or "dir(symbol) lists what it has."


class NoValue:
    """Base of Symbol: the methods that need a value, and refuse."""

    __slots__ = ()

    if not TYPE_CHECKING:  # or a type checker would let any name through, and read no code after it

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("__"):
                raise AttributeError(f"'Symbol' object has no attribute {name!r}")
            raise MissingAttribute(
                f"{self!r} has no attribute {name!r}", hint=_instead_of(name, type(self))
            )

    def __bool__(self) -> NoReturn:
        raise NotImplementedForSymbol(
            f"{self!r} has no value yet, so it is neither true nor false",
            hint="`if`, `and`, `or` and `not` cannot test a symbol. Choose inside the graph with"
            " mx.sym.where(condition, x, y), or bind the symbol, run it and test the array.",
        )

    def _no_value(self, what: str) -> NotImplementedForSymbol:
        return NotImplementedForSymbol(
            f"{self!r} has no value yet: {what} needs an array",
            hint="Bind it and run it first: symbol.bind(mx.cpu(), {…}).forward()[0], or symbol.eval(…)[0].",
        )

    def asnumpy(self) -> NoReturn:
        """Not for symbols: raises NotImplementedForSymbol."""
        raise self._no_value("asnumpy()")

    def asscalar(self) -> NoReturn:
        """Not for symbols: raises NotImplementedForSymbol."""
        raise self._no_value("asscalar()")

    def copy(self) -> NoReturn:
        """Not for symbols: raises NotImplementedForSymbol."""
        raise self._no_value("copy()")

    def as_in_context(self, *args: Any) -> NoReturn:
        """Not for symbols: raises NotImplementedForSymbol."""
        raise self._no_value("as_in_context()")

    def detach(self) -> NoReturn:
        """Not for symbols: raises NotImplementedForSymbol."""
        raise self._no_value("detach()")

    def backward(self, *args: Any) -> NoReturn:
        """Not for symbols: raises NotImplementedForSymbol."""
        raise self._no_value("backward()")

    def wait_to_read(self) -> NoReturn:
        """Not for symbols: raises NotImplementedForSymbol."""
        raise self._no_value("wait_to_read()")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise self._no_value("NumPy")

    def __float__(self) -> NoReturn:
        raise self._no_value("float()")

    def __int__(self) -> NoReturn:
        raise self._no_value("int()")

    def __iadd__(self, other: Any) -> NoReturn:
        raise self._no_in_place("+")

    def __isub__(self, other: Any) -> NoReturn:
        raise self._no_in_place("-")

    def __imul__(self, other: Any) -> NoReturn:
        raise self._no_in_place("*")

    def __itruediv__(self, other: Any) -> NoReturn:
        raise self._no_in_place("/")

    def _no_in_place(self, sign: str) -> NotImplementedForSymbol:
        return NotImplementedForSymbol(
            f"a symbol cannot be changed in place: `{sign}=` on {self!r}",
            hint=f"Make a new symbol: x = x {sign} y.",
        )
