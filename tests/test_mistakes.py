"""What a beginner sees: one mistake in a notebook cell, and the whole message that the front end gets.

Each cell runs in a real kernel after `SETUP`. `made at In[n]` stands for the number of the cell, which
differs. An ordinary cell also shows the learner's own line, marked; never a line of ours. A magic's mistakes
on its own line show the message alone.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from notebooks import Kernel, kernel, numberless

from symbook import driver

pytestmark = pytest.mark.notebook

SETUP = """\
import numpy as np
import symbook as mx
A, B, C, D = (mx.sym.Variable(name) for name in "ABCD")
with mx.name.NameManager():
    E = (A*B) + (C*D)
one = mx.nd.array([1])
data = {"A": one, "B": one, "C": one, "D": one}
"""


class Mistake(NamedTuple):
    """A mistake: what it is, the cell, the message; the line marked, counted from 1; 0 for none."""

    what: str
    cell: str
    message: str
    line: int = 1


BINDING = [
    Mistake(
        "a binding is forgotten",
        'E.bind(mx.cpu(), {"A": one, "B": one})',
        """
BindError: keys `C`, `D` are missing in `args`: every argument of the graph needs an array
  hint  Add 'C': mx.nd.array([…]).""",
    ),
    Mistake(
        "a binding too many",
        'E.bind(mx.cpu(), {**data, "F": one})',
        """
BindError: 'F' in `args` is no argument of the graph; it has A, B, C, D""",
    ),
    Mistake(
        "the name of a binding is misspelt",
        'mx.sym.Variable("weight").bind(mx.cpu(), {"weigth": one})',
        """
BindError: 'weigth' in `args` is no argument of the graph; it has weight
  hint  Did you mean 'weight'?""",
    ),
    Mistake(
        "a list of arrays is too short",
        "E.bind(mx.cpu(), [one, one])",
        """
BindError: Length of args does not match the number of arguments: 2 arrays for 4 arguments, A, B, C, D
  hint  Give one for each, in this order, or a dict by name.""",
    ),
    Mistake(
        "a NumPy array in place of an NDArray",
        'E.bind(mx.cpu(), {**data, "A": np.array([1], dtype="int32")})',
        """
ArgumentError: A in `args` is an ndarray, and only NDArrays can be bound
  hint  Make an NDArray of it: 'A': mx.nd.array(…, dtype='int32').""",
    ),
    Mistake(
        "a list in place of an NDArray",
        "E.eval(A=[1], B=one, C=one, D=one)",
        """
ArgumentError: A in `eval` is a list, and only NDArrays can be bound
  hint  Make an NDArray of it: A=mx.nd.array([…]).""",
    ),
    Mistake(
        "a number in place of an NDArray",
        "E.eval(A=1, B=2, C=3, D=4)",
        """
ArgumentError: A in `eval` is an int, and only NDArrays can be bound
  hint  Make an NDArray of it: A=mx.nd.array([…]).""",
    ),
    Mistake(
        "a device by its name",
        'E.bind("cpu", data)',
        """
ArgumentError: Context type error: 'cpu' is not a context
  hint  Pass mx.cpu() or mx.gpu(0).""",
    ),
    Mistake(
        "another shape after binding",
        "E.bind(mx.cpu(), data).forward(A=mx.nd.ones((2, 3)))",
        """
ShapeError: Shape not match! Argument A, need: (1,), received: (2, 3)
  hint  An executor's shapes are fixed: bind again, or use executor.reshape(…).""",
    ),
    Mistake(
        "a misspelt name after binding",
        "E.bind(mx.cpu(), data).forward(a=one)",
        """
ArgumentError: Unknown argument a; the arguments are A, B, C, D
  hint  Did you mean 'A'?""",
    ),
    Mistake(
        "another array after binding",
        'E.bind(mx.cpu(), data).arg_dict["A"] = one',
        """
BindError: the array bound to A cannot be replaced, only changed
  hint  Write into it: executor.arg_dict['A'][:] = value; or bind again.""",
    ),
]

SHAPES_AND_DTYPES = [
    Mistake(
        "shapes that do not fit",
        'E.bind(mx.cpu(), {**data, "A": mx.nd.ones((2, 3)), "B": mx.nd.ones((4, 5))})',
        """
ShapeError: Error in operator _mul0: operands could not be broadcast together with shapes (2, 3) (4, 5)
  node     _mul0 = elemwise_mul(A, B)
  lhs      A  (2, 3) float32
  rhs      B  (4, 5) float32
  made at  In[n], line 5: E = (A*B) + (C*D)
  hint     Sizes must be equal, or one of them 1, counted from the last dimension.""",
    ),
    Mistake(
        "matrices that cannot be multiplied",
        'mx.sym.dot(A, B, name="p").eval(A=mx.nd.ones((2, 3)), B=mx.nd.ones((2, 3)))',
        """
ShapeError: Error in operator p: dot shape error: (2, 3) X (2, 3)
  node     p = dot(A, B)
  lhs      A  (2, 3) float32
  rhs      B  (2, 3) float32
  made at  In[n], line 1: mx.sym.dot(A, B, name="p").eval(A=mx.nd.ones((2, 3)), B=mx.nd.ones((2, 3)))
  hint     The sizes summed over, here 3 and 2, must be equal.""",
    ),
    Mistake(
        "dtypes that do not fit",
        'E.bind(mx.cpu(), {**data, "D": mx.nd.array([4], dtype="int32")})',
        """
DTypeError: Error in operator _mul1: mixed dtypes: float32 and int32
  node     _mul1 = elemwise_mul(C, D)
  lhs      C  (1,) float32
  rhs      D  (1,) int32
  made at  In[n], line 5: E = (A*B) + (C*D)
  hint     Convert the one of int32: x.astype('float32').""",
    ),
    Mistake(
        "a dtype is misspelt",
        'mx.nd.zeros((2, 2), dtype="flaot32")',
        """
DTypeError: 'flaot32' is not a dtype that arrays here can have
  hint  Use one of: bool, float16, float32, float64, int32, int64, int8, uint8.""",
    ),
    Mistake(
        "a number where a shape is needed",
        "E.infer_shape(A=3)",
        """
ArgumentError: Arguments need to be shapes (tuple), but 'A' is <class 'int'>.
  hint  A shape is a tuple of whole numbers: A=(2, 3).""",
    ),
    Mistake(
        "arrays of different lengths",
        "mx.nd.array([1, 2]) + mx.nd.array([1, 2, 3])",
        """
ShapeError: Error in operator broadcast_add: operands could not be broadcast together with shapes (2,) (3,)
  lhs   NDArray  (2,) float32
  rhs   NDArray  (3,) float32
  hint  Sizes must be equal, or one of them 1, counted from the last dimension.""",
    ),
    Mistake(
        "rows of different lengths",
        "mx.nd.array([[1, 2], [3]])",
        """
ArgumentError: source_array must be array like object: [[1, 2], [3]]: its rows have different lengths
  hint  Give numbers, nested lists with rows of one length, or a NumPy array.""",
    ),
    Mistake(
        "elements that do not fill the new shape",
        "mx.nd.ones((2, 3)).reshape((4, 2))",
        """
ShapeError: Error in operator Reshape: an array of shape (2, 3) has 6 elements and cannot be reshaped to \
(4, 2)
  data  NDArray  (2, 3) float32
  hint  The number of elements must stay the same; -1 lets one size be found.""",
    ),
    Mistake(
        "an index beyond the end",
        "one[7]",
        """
OutOfRange: index 7 is out of bounds for axis 0 with size 1 (the array's shape is (1,))""",
    ),
]

NAMES = [
    Mistake(
        "a function is misspelt",
        'mx.sym.Varible("A")',
        """
MissingAttribute: mx.sym has no 'Varible'
  hint  Did you mean 'Variable'?""",
    ),
    Mistake(
        "a function of arrays is misspelt",
        "mx.nd.aray([1])",
        """
MissingAttribute: mx.nd has no 'aray'
  hint  Did you mean 'array'?""",
    ),
    Mistake(
        "a method is misspelt",
        "E.list_argumnts()",
        """
MissingAttribute: <Symbol _plus0> has no attribute 'list_argumnts'
  hint  Did you mean 'list_arguments'?""",
    ),
    Mistake(
        "an operator is looked for in mx",
        "mx.sigmoid(A)",
        """
MissingAttribute: module 'symbook' has no attribute 'sigmoid'
  hint  Write mx.sym.sigmoid or mx.nd.sigmoid.""",
    ),
    Mistake(
        "the name of an output is wrong",
        'E["plus"]',
        """
LookupFailure: Cannot find output that matches name "plus"
  hint  The outputs are _plus0_output.""",
    ),
    Mistake(
        "a parameter is misspelt",
        "mx.sym.sum(A, axes=1)",
        """
ParamError: sum: Cannot find argument 'axes'; its parameters are axis, keepdims, exclude
  hint  Did you mean 'axis'?""",
    ),
    Mistake(
        "a parameter has a value of the wrong kind",
        'mx.sym.sum(A, axis="rows")',
        """
ParamError: sum: Invalid Parameter format for axis: expected int or tuple of int or None, got 'rows'""",
    ),
]

SYMBOLS_ARE_NOT_ARRAYS = [
    Mistake(
        "a symbol in an if",
        'if A > 3:\n    print("large")',
        """
NotImplementedForSymbol: <Symbol _greater_scalar0> has no value yet, so it is neither true nor false
  hint  `if`, `and`, `or` and `not` cannot test a symbol. Choose inside the graph with \
mx.sym.where(condition, x, y), or bind the symbol, run it and test the array.""",
    ),
    Mistake(
        "the values of a symbol",
        "E.asnumpy()",
        """
NotImplementedForSymbol: <Symbol _plus0> has no value yet: asnumpy() needs an array
  hint  Bind it and run it first: symbol.bind(mx.cpu(), {…}).forward()[0], or symbol.eval(…)[0].""",
    ),
    Mistake(
        "a symbol is run without binding",
        "E.forward()",
        """
MissingAttribute: <Symbol _plus0> has no attribute 'forward'
  hint  Bind it first: symbol.bind(mx.cpu(), {…}) gives the executor that has it.""",
    ),
    Mistake(
        "a NumPy array beside a symbol",
        "A + np.ones(3)",
        """
ArgumentError: type <class 'numpy.ndarray'> not supported: <Symbol A> can be combined with symbols and numbers
  hint  A symbol has no data yet: put a Variable here and give the array to bind.""",
    ),
    Mistake(
        "a list beside a symbol",
        "A * [1, 2, 3]",
        """
ArgumentError: type <class 'list'> not supported: <Symbol A> can be combined with symbols and numbers
  hint  A symbol has no data yet: put a Variable here and give the array to bind.""",
    ),
    Mistake(
        "a number in place of a symbol",
        "mx.sym.exp(3)",
        """
InputTypeError: exp: an input must be a Symbol, not an int""",
    ),
    Mistake(
        "a symbol changed in place",
        "A += B",
        """
NotImplementedForSymbol: a symbol cannot be changed in place: `+=` on <Symbol A>
  hint  Make a new symbol: x = x + y.""",
    ),
    Mistake(
        "an array in an if",
        'if mx.nd.array([1, 2]) > 0:\n    print("positive")',
        """
ShapeError: The truth value of an NDArray with multiple elements is ambiguous.
  hint  Compare single elements, or reduce first: (x > 0).min() or .max().""",
    ),
]

NO_GPU = """
DeviceError: gpu(0) cannot be used: CuPy is not installed, and no NVIDIA driver was found
  hint  Run on mx.cpu(). Install the driver of your GPU; `symbook doctor` then says which CuPy fits it."""
GPU = [
    Mistake("a GPU where there is none", "E.bind(mx.gpu(), data)", NO_GPU),
    Mistake("an array on a GPU where there is none", "mx.nd.ones((2, 2), ctx=mx.gpu(0))", NO_GPU),
]

MAGIC_CODE = [
    Mistake(
        "an error of one's own in a cell",
        "%%symgraph\nhalf = 1 / 0\nE = A * half",
        """
ZeroDivisionError: division by zero""",
        line=2,
    ),
    Mistake(
        "an engine error in a cell",
        "%%symgraph\n\nF = A * B\nE = F + [1, 2]",
        """
ArgumentError: type <class 'list'> not supported: <Symbol _mul0> can be combined with symbols and numbers
  hint  A symbol has no data yet: put a Variable here and give the array to bind.""",
        line=4,
    ),
    Mistake(
        "an error in the expression of a line",
        "%symgraph A + np.ones(3)",
        """
ArgumentError: type <class 'numpy.ndarray'> not supported: <Symbol A> can be combined with symbols and numbers
  hint  A symbol has no data yet: put a Variable here and give the array to bind.""",
    ),
]

MAGIC_LINES = [
    Mistake(
        "an unknown option",
        "%%symgraph --shape A=(2,3)\nA * B",
        """
SymgraphError: symgraph has no option --shape
  hint  Did you mean '--shapes'?""",
    ),
    Mistake(
        "an option that is unlike any",
        "%%symgraph --colour red\nA * B",
        """
SymgraphError: symgraph has no option --colour
  hint  The options are --bind, --shapes, --internals, --step, \
--grad, --timeline, --optimized, --ctx, --direction, --title, --save, --strict; -h says what they do.""",
    ),
    Mistake(
        "an option without its value",
        "%%symgraph --bind\nA * B",
        """
SymgraphError: --bind needs a value
  hint  For example: --bind A=1 B=2.""",
    ),
    Mistake(
        "a value for an option that takes none",
        "%%symgraph --strict=yes\nA * B",
        """
SymgraphError: --strict takes no value""",
    ),
    Mistake(
        "a wrong direction",
        "%%symgraph -d down\nA * B",
        """
SymgraphError: 'down' is not a direction
  hint  Use one of: TB, BT, LR, RL.""",
    ),
    Mistake(
        "a bracket that is not closed",
        "%%symgraph\nF = A * B\nE = (F + C",
        """
SymgraphError: the cell is not valid Python, line 3: '(' was never closed
    E = (F + C
        ^""",
    ),
    Mistake(
        "a colon that is missing",
        "%%symgraph\nfor k in range(3)\n    A = A * B",
        """
SymgraphError: the cell is not valid Python, line 2: expected ':'
    for k in range(3)
                     ^""",
    ),
    Mistake(
        "a return outside a function",
        "%%symgraph\nE = A * B\nreturn E",
        """
SymgraphError: the cell is not valid Python, line 3: 'return' outside function
    return E
    ^""",
    ),
    Mistake(
        "an empty cell",
        "%%symgraph",
        """
SymgraphError: the cell is empty: there is nothing to draw
  hint  Write code below the first line, such as E = (A*B) + (C*D); -h says more.""",
    ),
    Mistake(
        "nothing to draw",
        "%%symgraph\nx = 1 + 2",
        """
SymgraphError: the cell made no Symbol: there is nothing to draw
  hint  Assign one, or end the cell with one: E = (A*B) + (C*D).""",
    ),
    Mistake(
        "code on the first line",
        "%%symgraph A * B\nA * B",
        """
SymgraphError: %%symgraph does not know what to do with 'A * B' on its first line
  hint  Code goes below the first line; %symgraph with one % sign draws an expression.""",
    ),
    Mistake(
        "a name that is not defined",
        "%%symgraph --strict\nE = A * Bb",
        """
SymgraphError: line 2: Bb is not defined (--strict makes no Variables)
  hint  Define it first: Bb = mx.sym.Variable("Bb"), or leave --strict out.""",
    ),
    Mistake(
        "a module that is not imported",
        "%%symgraph\nE = A * math.pi",
        """
SymgraphError: line 2: math is not defined
  hint  Run import math first.""",
    ),
    Mistake(
        "an operator without mx.sym",
        "%%symgraph\nE = exp(A) * B",
        """
SymgraphError: line 2: exp is not defined
  hint  Write mx.sym.exp(…).""",
    ),
    Mistake(
        "a function of Python's is misspelt",
        "%%symgraph\nE = A * B\nprnt(E)",
        """
SymgraphError: line 3: prnt is not defined
  hint  Did you mean 'print'?""",
    ),
    Mistake(
        "a value is forgotten",
        "%%symgraph --bind A=1 B=2\nE = (A*B) + (C*D)",
        """
SymgraphError: C and D have no value
  hint  Add C=… D=… to --bind: every argument needs one.""",
    ),
    Mistake(
        "many values are forgotten",
        "%%symgraph --bind A=1\nA + B*C + D*P*Q",
        """
SymgraphError: B, C, D, P and Q have no value
  hint  Add B=… C=… D=… P=… Q=… to --bind: every argument needs one. **params adds all that a dict has.""",
    ),
    Mistake(
        "a value too many",
        "%%symgraph --bind A=1 B=2 b=3\nA * B",
        """
SymgraphError: --bind: the graph has no argument 'b'; it has A, B
  hint  Did you mean 'B'?""",
    ),
    Mistake(
        "the cell that makes the graph was not run",
        "%%symgraph --step --bind A=1 B=2\nlater",
        """
SymgraphError: later was not defined, so it became a Variable, and it has no argument 'A'
  hint  Run the cell that makes it first, and then this one again.""",
    ),
    Mistake(
        "a value for a name that is a number",
        "%%symgraph --bind one_half=1 B=2\none_half = 0.5\none_half * B",
        """
SymgraphError: --bind: the graph has no argument 'one_half'; it has B
  hint  one_half is 0.5 in this notebook, so it is no Variable.""",
    ),
    Mistake(
        "a shape for a name that is an array",
        "%%symgraph --shapes one=(2,)\nA * B",
        """
SymgraphError: --shapes: the graph has no argument 'one'; it has A, B
  hint  one is an NDArray in this notebook, so it is no Variable.""",
    ),
    *[
        Mistake(
            f"spaces around = in {given}",
            f"%%symgraph {given}\nA * B",
            """
SymgraphError: --bind takes no spaces around =
  hint  Write each name and value in one piece: --bind A=1 B=2.""",
        )
        for given in ("--bind A = 1 B = 2", "-b A=1 B =2", "-b A= 1 B=2", "-b A=1 B= [2, 3]")
    ],
    Mistake(
        "a value that is not defined",
        "%%symgraph --bind A=1 B=onee\nA * B",
        """
SymgraphError: --bind B=onee: name 'onee' is not defined
  hint  Did you mean 'one'?""",
    ),
    Mistake(
        "a value that cannot be computed",
        "%%symgraph --bind A=1 B=1/0\nA * B",
        """
SymgraphError: --bind B=1/0: ZeroDivisionError: division by zero""",
    ),
    Mistake(
        "a symbol as a value",
        "%%symgraph --bind A=1 B=C\nA * B",
        """
SymgraphError: --bind B: <Symbol C> is a Symbol and has no value
  hint  Give a number, a list or an array.""",
    ),
    Mistake(
        "text as a value",
        '%%symgraph --bind A=1 B="two"\nA * B',
        """
SymgraphError: --bind B: no array can be made of str 'two'
  hint  Give a number, a list of numbers with rows of one length, a NumPy array or an NDArray.""",
    ),
    Mistake(
        "values whose shapes do not fit",
        "%%symgraph --bind A=[1,2,3] B=[1,2]\nA * B",
        """
ShapeError: Error in operator _mul0: operands could not be broadcast together with shapes (3,) (2,)
  node     _mul0 = elemwise_mul(A, B)
  lhs      A  (3,) int32
  rhs      B  (2,) int32
  made at  In[n], line 2: A * B
  hint     Sizes must be equal, or one of them 1, counted from the last dimension.""",
    ),
    Mistake(
        "shapes that do not fit",
        "%%symgraph --shapes A=(2,3) B=(4,5)\nA * B",
        """
ShapeError: Error in operator _mul0: operands could not be broadcast together with shapes (2, 3) (4, 5)
  node     _mul0 = elemwise_mul(A, B)
  lhs      A  (2, 3) dtype unknown
  rhs      B  (4, 5) dtype unknown
  made at  In[n], line 2: A * B
  hint     Sizes must be equal, or one of them 1, counted from the last dimension.""",
    ),
    Mistake(
        "a shape that is none",
        "%%symgraph --shapes A=(2,-3)\nA * B",
        """
SymgraphError: --shapes A: the shape (2, -3) has a negative size""",
    ),
    Mistake(
        "a picture of an unknown kind",
        "%%symgraph --save graph.jpg\nA * B",
        """
ArgumentError: cannot tell the format of 'graph.jpg'
  hint  End its name in .html, .svg, .png, .pdf or .dot.""",
    ),
    Mistake(
        "a picture in a folder that is not there",
        "%%symgraph --save pictures/graph.svg\nA * B",
        """
SaveError: cannot write 'pictures/graph.svg': there is no folder 'pictures'
  hint  Give a file name in a folder that exists and that you may write to.""",
    ),
    Mistake(
        "a line without an expression",
        "%symgraph",
        """
SymgraphError: %symgraph has nothing to draw
  hint  Give it an expression: %symgraph A*B + C.""",
    ),
    Mistake(
        "a line that assigns",
        "%symgraph E = A * B",
        """
SymgraphError: the expression is not valid Python: invalid syntax
    E = A * B
      ^
  hint  %symgraph takes an expression; statements go into a cell below %%symgraph.""",
    ),
    Mistake(
        "options behind the expression",
        "%symgraph A * B -d LR",
        """
SymgraphError: the expression is not valid Python: invalid syntax
    A * B -d LR
             ^
  hint  Options go before the expression: %symgraph -d LR A*B.""",
    ),
    Mistake(
        "a line whose value is no symbol",
        "%symgraph 3 + 4",
        """
SymgraphError: 3 + 4 is no Symbol but an int: there is no graph to draw""",
    ),
]

FILES = [
    Mistake(
        "a file that is not there",
        'mx.sym.load("nowhere.json")',
        """
MissingFile: there is no file 'nowhere.json'
  hint  It was looked for from the folder '<folder>'.""",
    ),
    Mistake(
        "a folder that is not there",
        'E.save("nowhere/graph.json")',
        """
MissingFile: 'nowhere/graph.json' cannot be written: there is no folder '<folder>/nowhere'""",
    ),
    Mistake(
        "a file that is no symbol",
        'with open("text.json", "w") as file:\n    file.write("A + B")\nmx.sym.load("text.json")',
        """
FormatError: text.json: this is no symbol: not JSON (Expecting value: line 1 column 1 (char 0))
  hint  Symbols are saved by Symbol.save.""",
        line=3,
    ),
]

NETWORKS = [
    Mistake(
        "parameters of a larger network",
        'E.bind(mx.cpu(), data).copy_params_from({"fc1_weight": one})',
        """
BindError: Find name "fc1_weight" that is not in the arguments
  hint  allow_extra_params=True leaves out what the graph does not have.""",
    ),
    Mistake(
        "parameters of another shape",
        'E.bind(mx.cpu(), data).copy_params_from({"A": mx.nd.ones((2, 3))})',
        """
ShapeError: Shape not match! Argument A, need: (1,), received: (2, 3)
  hint  These parameters are another network's, or were made for other shapes of its data.""",
    ),
    Mistake(
        "the name of the data is misspelt",
        'mx.sym.Variable("data").simple_bind(mx.cpu(), dat=(2, 3))',
        """
BindError: simple_bind error: the shape of data cannot be inferred; the graph has no argument 'dat'
  made at  In[n], line 1: mx.sym.Variable("data").simple_bind(mx.cpu(), dat=(2, 3))
  hint     Did you mean 'data'?""",
    ),
    Mistake(
        "a gradient of what is no loss",
        "f = (A * A).simple_bind(mx.cpu(), A=(2,))\nf.forward(is_train=True)\nf.backward()",
        """
BindError: head_gradient is required when calling backward: _mul0_output is no head of a loss
  hint  Make it a loss with mx.sym.MakeLoss, or give backward each output's gradient, as mx.nd.ones((2,)).""",
        line=3,
    ),
    Mistake(
        "the arrays' file in place of the symbol's",
        'mx.nd.save("a.params", [one])\nmx.sym.load("a.params").list_arguments()',
        """
FormatError: a.params: this is no symbol: not UTF-8 text, at byte 24
  hint  A file of arrays is read by mx.nd.load.""",
        line=2,
    ),
    Mistake(
        "the symbol's file in place of the arrays'",
        'E.save("e.json")\nmx.nd.load("e.json")',
        """
FormatError: e.json: the header, at byte 0: it does not begin as a file of arrays does
  hint  mx.nd.save writes files of arrays. A symbol's file is read by mx.sym.load.""",
        line=2,
    ),
    Mistake(
        "a step that did not run",
        'E.bind(mx.cpu(), data).trace()["_plus1"]',
        """
LookupFailure: no step of this run is that of '_plus1'; its steps are those of _mul0, _mul1, _plus0
  hint  Did you mean '_plus0'?""",
    ),
]

OWN_OPERATORS = [
    Mistake(
        "a rule of the gradient with too few parameters",
        "mx.operator.define(lambda xp, x, *, p=2: x, name='own', gradient=lambda g, x: g)",
        """
ArgumentError: own: gradient cannot be called with (F, g, y, x, p): too many positional arguments
  hint  gradient=lambda F, g, y, x, p: …""",
    ),
    Mistake(
        "a rule of the shape with too few parameters",
        "mx.operator.define(lambda xp, x, y: x, name='own', shape=lambda x: x)",
        """
ArgumentError: own: shape cannot be called with (x, y): too many positional arguments
  hint  shape=lambda x, y: …""",
    ),
    Mistake(
        "an operator that does not return",
        "mx.operator.define(lambda xp, x: None, name='own')(one)",
        """
ArgumentError: own gave None
  hint  Its last line must return the result.""",
    ),
    Mistake(
        "a rule of the shape that is wrong",
        "mx.operator.define(lambda xp, x: x, name='own', shape=lambda x: (3,))(one)",
        """
ShapeError: own gave (1,), and inference says (3,)
  hint  The function and its shape= do not agree.""",
    ),
    Mistake(
        "no rule of the gradient",
        "mx.operator.define(lambda xp, x: x, name='own')(A).gradient('A')",
        """
GradientError: the operator own has no gradient
  node     own0 = own(A)
  made at  In[n], line 1: mx.operator.define(lambda xp, x: x, name='own')(A).gradient('A')
  hint     Give it one: @mx.operator.define(gradient=lambda F, g, y, x: …).""",
    ),
    Mistake(
        "an operator of one's own on a NumPy array",
        "mx.operator.define(lambda xp, x: x, name='own')(np.ones(3))",
        """
ArgumentError: own: an input must be a Symbol or an NDArray, not an ndarray
  hint  Make an NDArray of it: mx.nd.array(…).""",
    ),
]

IN_CELLS = [
    *FILES,
    *NETWORKS,
    *OWN_OPERATORS,
    *BINDING,
    *SHAPES_AND_DTYPES,
    *NAMES,
    *SYMBOLS_ARE_NOT_ARRAYS,
    *GPU,
    *MAGIC_CODE,
]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with kernel(tmp_path_factory.mktemp("mistakes")) as running:
        assert running.run("%load_ext symbook").error is None
        yield running


def seen(notebook: Kernel, mistake: Mistake) -> str:
    """Make the mistake; what the front end shows. The error's own text must be the message too."""
    assert notebook.run(SETUP).error is None
    outputs = notebook.run(mistake.cell)
    message = mistake.message.strip("\n")
    shown = outputs.shown_error.replace(str(notebook.folder), "<folder>")
    assert shown.endswith(message), shown
    assert outputs.error is not None
    told = numberless(outputs.error["evalue"]).replace(str(notebook.folder), "<folder>")
    assert f"{outputs.error['ename']}: {told}" == message
    assert outputs.stderr == ""
    return shown


@pytest.mark.parametrize("mistake", IN_CELLS, ids=lambda mistake: mistake.what)
def test_a_mistake_shows_the_learners_line_and_the_message(notebook: Kernel, mistake: Mistake):
    if mistake in GPU and (importlib.util.find_spec("cupy") or driver.version()):
        pytest.skip("CuPy or a driver is installed")
    shown = seen(notebook, mistake)
    lines = shown.removesuffix(mistake.message.strip("\n")).rstrip("\n").split("\n")
    assert lines[0] == "-" * 75
    kind = mistake.message.strip().split(":")[0]
    assert lines[1] == f"{kind:<42}Traceback (most recent call last)"
    assert lines[2] == f"Cell In[n], line {mistake.line}"
    # Nothing but lines of the cell follows, one of them marked. How many depends on IPython's version.
    own = mistake.cell.removeprefix("%symgraph ").split("\n")
    marks = ["----> " if number == mistake.line else "      " for number in range(1, len(own) + 1)]
    numbered = [
        f"{mark}{k} {line}" for k, (mark, line) in enumerate(zip(marks, own, strict=True), 1)
    ]
    assert numbered[mistake.line - 1] in lines[3:]
    assert set(lines[3:]) <= set(numbered)


@pytest.mark.parametrize("mistake", MAGIC_LINES, ids=lambda mistake: mistake.what)
def test_a_mistake_on_the_magics_line_shows_the_message_alone(notebook: Kernel, mistake: Mistake):
    assert seen(notebook, mistake) == mistake.message.strip("\n")


def test_a_mistake_inside_ones_own_function_shows_both_lines(notebook: Kernel):
    notebook.run(SETUP)
    cell = "def train(symbol):\n    return symbol.eval(A=one)\n\ntrain(E)"
    shown = notebook.run(cell).shown_error
    assert "----> 4 train(E)" in shown
    assert "----> 2     return symbol.eval(A=one)" in shown
    assert "symbook" not in shown


OWN_FUNCTIONS = {
    "the operator, at once": "mx.operator.define(lambda xp, x: wrong(), name='own')(one)",
    "the operator, in a graph": "mx.operator.define(lambda xp, x: wrong(), name='own')(A).eval(A=one)",
    "its shape": "mx.operator.define(lambda xp, x: x, name='own', shape=wrong)(A).infer_shape(A=(1,))",
    "its gradient": "mx.operator.define(lambda xp, x: x, name='own', gradient=wrong)(A).gradient('A')",
    "a monitor's": "f = E.bind(mx.cpu(), data); f.set_monitor_callback(wrong); f.forward()",
    "CustomOp.forward": "mx.sym.Custom(A, op_type='own').eval(A=one)",
    "CustomOp.forward, at once": "mx.nd.Custom(one, op_type='own')",
    "an initializer's": "type('I', (mx.init.Zero,), {'_init_bias': wrong})()(mx.init.InitDesc('bias'), one)",
}


@pytest.mark.parametrize("cell", OWN_FUNCTIONS.values(), ids=list(OWN_FUNCTIONS))
def test_an_error_in_ones_own_function_shows_no_internals(notebook: Kernel, cell: str):
    notebook.run(SETUP)
    prepared = notebook.run(
        "def wrong(*args, **kwargs):\n    return 1 / 0\n"
        "class Op(mx.operator.CustomOp):\n    forward = wrong\n"
        "@mx.operator.register('own')\nclass Prop(mx.operator.CustomOpProp):\n"
        "    def create_operator(self, *args):\n        return Op()"
    )
    assert prepared.error is None
    shown = notebook.run(cell).shown_error
    assert f"----> 1 {cell}" in shown
    assert "----> 2     return 1 / 0" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert ".py" not in shown


def test_a_mistake_while_another_is_handled_shows_no_internals(notebook: Kernel):
    notebook.run(SETUP)
    cell = "try:\n    E.eval()\nexcept ValueError:\n    A += B"
    shown = notebook.run(cell).shown_error
    assert "BindError" in shown
    assert "NotImplementedForSymbol: a symbol cannot be changed in place" in shown
    assert ".py" not in shown


def test_a_mistake_in_a_magic_that_times_shows_no_internals(notebook: Kernel):
    notebook.run(SETUP)
    shown = notebook.run("%timeit -n1 -r1 E.bind(mx.cpu(), {})").shown_error
    assert shown.startswith("BindError: keys `A`, `B`, `C`, `D` are missing")


def test_without_the_extension_python_shows_all(notebook: Kernel):
    notebook.run(SETUP)
    assert notebook.run("%unload_ext symbook").error is None
    try:
        shown = notebook.run("E.eval()").shown_error
    finally:
        notebook.run("%load_ext symbook")
    assert "binding.py" in shown
