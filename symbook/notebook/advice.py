"""What to do about Python's own errors, where they come of a wrong use of this package.

Python says `'method' object is not subscriptable`, and a beginner does not know that parentheses are missing.
Each rule looks at one kind of error and the expression that raised it, and gives a hint or an empty string.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from symbook.errors import MissingAttribute, counted, did_you_mean, listed, nearest
from symbook.executor import Executor
from symbook.ndarray import NDArray
from symbook.remedies import pip_install
from symbook.symbol.symbol import Symbol

from .calls import advice_for_call
from .failing import DICTS, LISTS, UNKNOWN, Failing, failing, is_ours

Rule = Callable[[Any, Failing], str]


def advice(error: BaseException) -> str:
    """One hint for an error that the user's own line raised; an empty string where there is none to give."""
    place = failing(error)
    if isinstance(error, ImportError):
        # Python's own functions import: the user's line is not the last.
        return _not_imported(error)
    if isinstance(error, MemoryError):
        return (
            "It does not fit into memory: take smaller shapes, or del what is not needed any more."
        )
    if place is None:
        return ""
    for kind, rules in _RULES.items():
        if isinstance(error, kind):
            return next(filter(None, (rule(error, place) for rule in rules)), "")
    return ""


# Names


_FIRST_CELLS = {
    "mx": "import symbook as mx",
    "symbook": "import symbook",
    "np": "import numpy as np",
    "check": "from symbook.course import check",
    "hint": "from symbook.course import hint",
    "progress": "from symbook.course import progress",
}


def _not_defined(error: NameError, place: Failing) -> str:
    name = error.name or ""
    if name in _FIRST_CELLS:
        return f"Run the notebook's first cell, or this line: {_FIRST_CELLS[name]}"
    frame = place.frame
    known = {*frame.f_locals, *frame.f_globals, *vars(builtins)}
    near = did_you_mean(name, sorted(item for item in known if item[:1] != "_"))
    return near or f"Run the cell that makes {name} first, or look how its name is written there."


def _not_imported(error: ImportError) -> str:
    if isinstance(error, ModuleNotFoundError):
        return _no_module(error.name or "")
    asked = re.match(r"cannot import name '(\w+)' from '(symbook[\w.]*)'", str(error))
    if not asked:
        return ""
    module: Any = sys.modules.get(asked[2])
    try:
        getattr(module, asked[1])
    except MissingAttribute as told:
        if told.hint:
            return told.hint
    except AttributeError:
        pass  # of a module that says no more
    except Exception:  # what is missing elsewhere is no matter of this name
        return ""
    names = getattr(module, "__all__", None) or [name for name in dir(module) if name[0] != "_"]
    return did_you_mean(asked[1], names) or f"There are {listed(sorted(names))}."


_INSTALLED = ("anywidget", "cupy", "graphviz", "ipywidgets", "matplotlib", "numba", "pygraphviz")


def _no_module(name: str) -> str:
    if name == "mxnet" or name.startswith("mxnet."):
        return "symbook takes its place: import symbook as mx."
    if name == "mx":
        return "mx is a short name, not a module. Write: from symbook import sym."
    if name in _INSTALLED:
        return f"Run {pip_install(name)} and restart the kernel."
    if name.startswith("symbook."):
        return "Write import symbook as mx, and then mx.sym, mx.nd and so on."
    return did_you_mean(name, ["symbook"])


# Attributes


def _of_a_list(error: AttributeError, place: Failing) -> str:
    """`executor.forward().asnumpy()`: the outputs are a list of arrays."""
    owner, node = error.obj, place.node
    if not isinstance(owner, (list, tuple)) or not owner or not isinstance(node, ast.Attribute):
        return ""
    if not isinstance(owner[0], NDArray) or not hasattr(NDArray, node.attr):
        return ""
    call = "()" if callable(getattr(NDArray, node.attr)) else ""
    return (
        f"This is a list of {counted(len(owner), 'array')}. Take one out of it: "
        f"{ast.unparse(node.value)}[0].{node.attr}{call}"
    )


def _of_a_missing_gradient(error: AttributeError, place: Failing) -> str:
    node = place.node
    if error.obj is not None or not isinstance(node, ast.Attribute):
        return ""
    source = node.value
    if not isinstance(source, ast.Subscript) or not isinstance(source.value, ast.Attribute):
        return ""
    if source.value.attr not in ("grad_dict", "grad_arrays"):
        return ""
    return (
        "None stands for a gradient that no array was bound for. symbol.simple_bind(mx.cpu(), A=(2, 3)) "
        "makes such arrays; bind takes them as args_grad={…}."
    )


def _of_a_function(error: AttributeError, place: Failing) -> str:
    node = place.node
    if not _is_function(error.obj) or not isinstance(node, ast.Attribute):
        return ""
    return _call_first(node.value, f"{{}}.{node.attr}")


def _of_ours(error: AttributeError, place: Failing) -> str:
    owner, name = error.obj, error.name
    if not is_ours(owner) or not name or name[0] == "_":
        return ""
    told = _INSTEAD.get((type(owner).__name__, name))
    if told:
        return told
    public = [item for item in dir(owner) if item[0] != "_"]
    if isinstance(owner, Mapping) and name in owner and isinstance(place.node, ast.Attribute):
        return f"Write {ast.unparse(place.node.value)}[{name!r}]."
    shown = ast.unparse(place.node.value) if isinstance(place.node, ast.Attribute) else "it"
    return did_you_mean(name, public) or f"dir({shown}) lists what it has."


_NO_AUTOGRAD = (
    "Gradients are those of graphs: bind a symbol with simple_bind, call forward(is_train=True) and "
    "backward(), and look into grad_dict."
)
_INSTEAD = {
    ("NDArray", "attach_grad"): _NO_AUTOGRAD,
    ("NDArray", "backward"): _NO_AUTOGRAD,
    ("NDArray", "grad"): _NO_AUTOGRAD,
    ("NDArray", "numpy"): "Write x.asnumpy().",
    ("NDArray", "tolist"): "Write x.asnumpy().tolist().",
    ("NDArray", "item"): "Write x.asscalar().",
    ("NDArray", "len"): "Write len(x).",
    ("NDArray", "append"): "An array does not grow. mx.nd.concat(x, y, dim=0) makes a longer one.",
    ("Executor", "asnumpy"): "Its results are a list of arrays: executor.outputs[0].asnumpy().",
    ("Executor", "run"): "Write executor.forward().",
    ("Executor", "infer_shape"): "Ask its symbol: executor.symbol.infer_shape(A=(2, 3)).",
    ("Executor", "list_arguments"): "Ask its symbol: executor.symbol.list_arguments().",
}
_SET_INSTEAD = {
    ("Symbol", "name"): "A name is given when a symbol is made: mx.sym.exp(x, name='y').",
    ("NDArray", "shape"): "Write x = x.reshape((2, 3)).",
    ("NDArray", "dtype"): "Write x = x.astype('int32').",
}


def _set(error: AttributeError, place: Failing) -> str:
    found = re.match(r"property '(\w+)' of '(\w+)' object has no (setter|deleter)", str(error))
    if found:
        told = _SET_INSTEAD.get((found[2], found[1]))
        return told or f"{found[1]} can be read, and not changed."
    if str(error).startswith("'Symbol' object has no attribute"):
        return "A symbol keeps text for you: mx.sym.exp(x, attr={'__note__': 'mine'})."
    return ""


# Functions that were not called, and values that were


def _is_function(value: Any) -> bool:
    return isinstance(value, (types.FunctionType, types.MethodType, type)) and is_ours(value)


def _call_first(node: ast.expr, form: str) -> str:
    """The hint for a function that was not called, with the text of what was meant."""
    text = ast.unparse(node)
    return f"{text} is a function. Call it, with parentheses: {form.format(f'{text}()')}"


def _not_called(error: TypeError, place: Failing) -> str:
    """`E.list_arguments[0]`, `mx.sym.Variable * 2`."""
    if not re.search(r"'(method|function|type|ABCMeta|MetaHasTraits)'", str(error)):
        return ""
    node = place.node
    parts: Iterable[tuple[ast.expr, str]] = ()
    if isinstance(node, ast.Subscript):
        parts = [(node.value, f"{{}}[{ast.unparse(node.slice)}]")]
    elif isinstance(node, ast.BinOp):
        parts = [(node.left, "{}"), (node.right, "{}")]
    elif isinstance(node, ast.Call):
        parts = [(item, "{}") for item in node.args]
    elif node is not None:
        parts = [(node, "{}")]
    for part, form in parts:
        if _is_function(place.value(part)):
            return _call_first(part, form)
    return ""


def _not_callable(error: TypeError, place: Failing) -> str:
    node = place.node
    if not isinstance(node, ast.Call) or "object is not callable" not in str(error):
        return ""
    if isinstance(place.value(node.func), NDArray):
        inside = ", ".join(map(ast.unparse, node.args))
        return f"Square brackets choose elements: {ast.unparse(node.func)}[{inside}]"
    if isinstance(node.func, ast.Attribute) and is_ours(place.value(node.func.value)):
        return (
            f"{node.func.attr} is no function. Leave the parentheses out: {ast.unparse(node.func)}"
        )
    return ""


# Lists and dicts of an executor


def _executors(node: ast.expr | None, place: Failing, names: tuple[str, ...]) -> Any:
    """The list or dict of an executor that an expression takes an item of, or `UNKNOWN`."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Attribute):
        return UNKNOWN
    if node.value.attr not in names:
        return UNKNOWN
    owner = place.value(node.value.value)
    return getattr(owner, node.value.attr) if isinstance(owner, Executor) else UNKNOWN


def _by_name(error: TypeError, place: Failing) -> str:
    """`executor.arg_arrays["A"]`."""
    node = place.node
    if not isinstance(node, ast.Subscript) or "indices must be integers" not in str(error):
        return ""
    if isinstance(node.value, ast.Call) and is_ours(place.value(node.value.func)):
        return f"It is a list, and positions are counted from 0: {ast.unparse(node.value)}[0]"
    if _executors(node, place, LISTS) is UNKNOWN:
        return ""
    assert isinstance(node.value, ast.Attribute)  # as _executors found
    by_name = DICTS[LISTS.index(node.value.attr)]
    return (
        f"{node.value.attr} is a list. By name it is: "
        f"{ast.unparse(node.value.value)}.{by_name}[{ast.unparse(node.slice)}]"
    )


def _no_such_key(error: KeyError, place: Failing) -> str:
    found = _executors(place.node, place, DICTS)
    if not isinstance(found, Mapping):
        return ""
    name = str(error.args[0]) if error.args else ""
    return did_you_mean(name, found) or f"Its names are {listed(list(found))}."


def _beyond(error: IndexError, place: Failing) -> str:
    found = _executors(place.node, place, LISTS)
    if not isinstance(found, list):
        return ""
    return f"It has {counted(len(found), 'item')}, and positions are counted from 0."


# Symbols where Python wants numbers


_SYMBOL_TEXTS = {
    r"unhashable type: 'Symbol'": "Use its name in its place, which is a string: {'A': 1}.",
    r"not Symbol$|'Symbol' object cannot be interpreted|Symbol\.__format__|Symbol doesn't define": (
        "A symbol has no value yet. Run it, and use a number of the result: "
        "symbol.eval(A=mx.nd.array([1]))[0].asscalar()"
    ),
}


def _symbol_as_number(error: TypeError, place: Failing) -> str:
    return next((told for text, told in _SYMBOL_TEXTS.items() if re.search(text, str(error))), "")


def _unpacked(error: ValueError, place: Failing) -> str:
    """`A, B = mx.sym.Variable("A")`."""
    if not re.match(r"(not enough|too many) values to unpack", str(error)):
        return ""
    line = _statement(place)
    value = line.value if isinstance(line, ast.Assign) else None
    called = place.value(value.func) if isinstance(value, ast.Call) else None
    if getattr(called, "__name__", "") in ("Variable", "var") and is_ours(called):
        return "Each Variable is one symbol: A, B = mx.sym.Variable('A'), mx.sym.Variable('B')"
    if getattr(called, "__module__", "").startswith("symbook.symbol"):
        return (
            "A symbol gives one for each of its outputs, and len(symbol) tells how many these are."
        )
    found = place.value(value)
    if isinstance(found, Symbol):
        return f"A symbol gives one for each of its outputs, and this one has {len(found)}."
    return ""


def _statement(place: Failing) -> ast.stmt | None:
    import linecache

    traceback_line = linecache.getline(place.frame.f_code.co_filename, place.frame.f_lineno)
    try:
        return ast.parse(traceback_line.strip()).body[0]
    except (SyntaxError, IndexError):
        return None


_RULES: dict[type[BaseException], tuple[Rule, ...]] = {
    NameError: (_not_defined,),
    AttributeError: (_of_a_list, _of_a_missing_gradient, _of_a_function, _set, _of_ours),
    KeyError: (_no_such_key,),
    IndexError: (_beyond,),
    TypeError: (advice_for_call, _not_called, _not_callable, _by_name, _symbol_as_number),
    ValueError: (_unpacked,),
}


def advice_for_magic(message: str, names: Iterable[str]) -> str:
    """A hint for what IPython says of a magic that it does not know."""
    found = re.search(r"`(%{1,2})(%{0,2})(\w+)`", message)
    if not found:
        return ""
    name, known = found[3], list(names)
    if name in known:
        return f"%%{name} goes on the first line of a cell, and once."
    near = nearest(name, known)
    return f"Did you mean {found[1]}{near}?" if near else ""
