"""``ndarray.json``: what ``mx.nd`` arrays do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mxnet as mx
import numpy as np
from golden_common import Json, encode, isolated, plain, run_snippet, write_rows

CREATION = [
    "mx.nd.array([1, 2, 3])", "mx.nd.array([1.5, 2])", "mx.nd.array([[1, 2], [3, 4]])",
    "mx.nd.array(np.array([1.5, 2.5]))", "mx.nd.array(np.array([1, 2]))",
    "mx.nd.array(np.array([1, 2], 'uint8'))", "mx.nd.array(np.array([True, False]))",
    "mx.nd.array(np.array([1, 2], 'float16'))", "mx.nd.array([1, 2], dtype='int32')",
    "mx.nd.array([1.7, -2.7], dtype='int32')", "mx.nd.array([1, 2], dtype=np.float64)",
    "mx.nd.array([1, 2], dtype=float)", "mx.nd.array([1, 2], dtype=int)",
    "mx.nd.array([1, 2], dtype=bool)", "mx.nd.array([1, 2], dtype='nope')",
    "mx.nd.array([1, 2], dtype='complex64')", "mx.nd.array([1, 2], dtype='int16')",
    "mx.nd.array(3)", "mx.nd.array(3.5)", "mx.nd.array(np.float64(3.5))", "mx.nd.array([])",
    "mx.nd.array([[]])", "mx.nd.array((1, 2))", "mx.nd.array(range(3))", "mx.nd.array('abc')",
    "mx.nd.array([[1, 2], [3]])", "mx.nd.array([None])", "mx.nd.array(None)",
    "mx.nd.array(mx.nd.array([1, 2], dtype='int32'))",
    "mx.nd.array(mx.nd.array([1, 2], dtype='float64'))",
    "mx.nd.array(mx.nd.array([1, 2], dtype='float64'), dtype='int32')",
    "mx.nd.array([mx.nd.array([1, 2]), mx.nd.array([3, 4])])",
    "mx.nd.array(np.ones((2, 0)))", "mx.nd.array(np.zeros((2, 3))[:, ::2])",
    "mx.nd.array([1, 2], ctx=mx.cpu())", "mx.nd.array([1, 2], mx.cpu(), 'int32')",
    "mx.nd.array(np.arange(6).reshape(2, 3).T)", "mx.nd.array([2**24 + 1])", "mx.nd.array([1e40])",
    "mx.nd.zeros((2, 3))", "mx.nd.zeros(3)", "mx.nd.zeros((2,), dtype='int32')",
    "mx.nd.zeros([2, 3])", "mx.nd.zeros((0,))", "mx.nd.zeros(())", "mx.nd.zeros((-1,))",
    "mx.nd.ones((2, 3))", "mx.nd.ones(2, dtype='float64')", "mx.nd.ones((2,), dtype=np.uint8)",
    "mx.nd.full((2, 2), 7)", "mx.nd.full((2,), 1.5, dtype='int32')", "mx.nd.full(3, 2)",
    "mx.nd.full((2,), 7).dtype", "mx.nd.full((2,), True)", "mx.nd.empty((2, 3)).shape",
    "mx.nd.empty(3).shape", "mx.nd.empty((2,), dtype='int32').dtype", "mx.nd.empty((2,)).dtype",
    "mx.nd.arange(5)", "mx.nd.arange(2, 5)", "mx.nd.arange(0, 1, 0.25)", "mx.nd.arange(5, 2, -1)",
    "mx.nd.arange(3, repeat=2)", "mx.nd.arange(0, 4, 2, 3)", "mx.nd.arange(5, dtype='int32')",
    "mx.nd.arange(5.5)", "mx.nd.arange(0)", "mx.nd.arange(3, infer_range=True)",
    "mx.nd.arange(0, None, infer_range=True)", "mx.nd.arange(2, None)", "mx.nd.arange(5, 2)",
    "mx.nd.linspace(0, 1, 5)", "mx.nd.linspace(0, 1, 4, endpoint=False)", "mx.nd.eye(3)",
    "mx.nd.eye(2, 3, 1)", "mx.nd.zeros_like(a)", "mx.nd.ones_like(i)", "mx.nd.moveaxis(m, 0, 1)",
    "mx.nd.concatenate([a, a])", "mx.nd.concatenate([m, m], axis=1)",
    "mx.nd.from_numpy(np.ones(2))",
]

ARITHMETIC = [
    *(f"{left} {sign} {right}" for left, right in (("a", "b"), ("a", "2"), ("2", "a"), ("i", "j"),
                                                   ("i", "2"), ("2", "i"), ("i", "1.5"))
      for sign in ("+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=")),
    "-a", "-i", "abs(-a)", "+a", "~i", "a // 2", "a @ b", "a & b", "i | j", "i << 1",
    "m + r", "m * c", "m + a", "r + c", "m - mx.nd.ones((2, 1))", "m + mx.nd.ones((3, 2))",
    "a + i", "i + a", "a * d", "a == i", "d + 1", "d * 0.1", "h * 3", "u + 1", "u - 1.0",
    "a + True", "a + None", "a + 's'", "a + [1, 2, 3]", "a + np.array([1, 2, 3])",
    "np.array([1, 2, 3]) + a", "a + np.float32(2)", "np.float32(2) + a", "a + np.float64(2)",
    "a * np.int64(3)", "a == None", "a != None", "a is None", "None == a", "a == 's'",
    "x = a.copy()\nx += 1\nx", "x = a\nx += 1\na", "x = a\nx -= b\na", "x = a\nx *= 2\na",
    "x = a\nx /= 2\na", "x = a\nx %= 2\na", "x = a\nx **= 2\nx", "x = i\nx += 1.7\ni",
    "x = i\nx /= 2\ni", "x = i\nx *= 1.5\ni", "x = a\nx += i\na", "x = m\nx += r\nm",
    "x = r\nx += m\nr", "x = a\nx += np.ones(3)\na", "mx.nd.add(a, b)", "mx.nd.add(1, a)",
    "mx.nd.add(1, 2)", "mx.nd.subtract(5, a)", "mx.nd.multiply(a, 2)", "mx.nd.divide(1, a)",
    "mx.nd.modulo(a, 2)", "mx.nd.power(a, 2)", "mx.nd.power(2, a)", "mx.nd.maximum(a, 2)",
    "mx.nd.minimum(a, b)", "mx.nd.maximum(1, 2)", "mx.nd.equal(a, b)", "mx.nd.greater(a, 2)",
    "mx.nd.lesser_equal(2, a)", "mx.nd.logical_and(a, b)", "mx.nd.logical_xor(a, 0)",
    "mx.nd.elemwise_add(m, r)", "mx.nd.exp(a, out=b)\nb",
    "x = mx.nd.zeros(3)\nmx.nd.exp(a, out=x) is x",
    "x = mx.nd.zeros(2)\nmx.nd.exp(a, out=x)\nx", "a.__radd__(1)", "a.__div__(2)", "a.__rdiv__(2)",
    "mx.nd.dot(m, m.T)", "a.dot(b)", "mx.nd.sum(m, axis=1)", "mx.nd.exp([1, 2])", "mx.nd.exp(2.0)",
    "mx.nd.exp(np.ones(2))", "round(a)", "divmod(a, 2)", "pow(a, 2)", "max(a)", "sum(a)",
    "a.sum() == 6", "a < b", "0 < a < 2",
]

READING = [
    *(f"m[{key}]" for key in ("0", "1", "-1", "2", "-3", "0, 1", "0, -1", "0:1", "0:2, 1", ":, 1",
                              ":, 1:", "::2", "::-1", ":, ::-1", "1:1", "5:", "-1:", "None",
                              "None, 0", "...", "..., 0", "0, ...", ":, None", "(0, 1)", "[0, 1]",
                              "[0, 1], [1, 2]", "[1, 0, 1]", "[[0, 1]]", "[0], 1:", "[]", "()",
                              "0, 1, 2", "0.5", "'a'", "True", "np.int64(1)", "np.array([1, 0])",
                              "mx.nd.array([1, 0])", "mx.nd.array([1, 0], dtype='int32')", "m > 0",
                              "np.array([True, False])", "mx.nd.array([5])", "[5]", "[-1]",
                              "slice(0, 1)", "slice(None), 1", "0:9", "np.array(1)", "1, 0:2",
                              "mx.nd.array(1)", "mx.nd.array([1]), 0:2", ":, [0, 2]", "..., None",
                              "[True, False]", "0:2:0", "None, ..., None")),
    *(f"a[{key}]" for key in ("0", "-1", "3", "1:3", "::2", "::-1", "2:0:-1", "None", "...",
                              "[0, 2]", "0:0", "0, 0", "a", "a > 1", "0.0")),
    "a[0].shape", "m[0, 1].shape", "t[1]", "t[1, 2]", "t[1, 2, 3]", "t[:, 1:3, ::2]", "t[..., 1]",
    "t[0, :, 1]", "t[[0, 1], :, [1, 2]]", "t[0, [1, 2]]", "t[:, [0, 1], 1]",
    "t[None, 0, ..., None]",
    "t[-1, -1, -1]", "t[::-1, 0]", "i[0]", "mx.nd.array(3)[0]", "mx.nd.array(3)[()]",
    "mx.nd.array([[5]])[0][0]", "m.slice(begin=(0, 1), end=(2, 3))", "m.slice_axis(0, 0, 1)",
    "m.take(mx.nd.array([1, 0]))", "list(a)", "[x.shape for x in m]", "len(m)",
    "len(mx.nd.array(3))",
    "x, y, z = a\nx", "2 in a", "m.at(0)", "m._at(1)", "m._slice(0, 1)",
]

WRITING = [
    *(f"m[{key}] = {value}\nm" for key, value in (
        (":", "5"), ("...", "5"), ("0", "5"), ("-1", "5"), ("0, 1", "5"), ("0:1", "5"),
        (":, 1", "5"), ("::2", "5"), (":, ::2", "5"), ("::-1", "m * 1"), (":",
        "mx.nd.ones((2, 3))"),
        (":", "np.arange(6).reshape(2, 3)"), (":", "[[1, 2, 3], [4, 5, 6]]"), ("0", "[7, 8, 9]"),
        ("0", "(7, 8, 9)"), (":", "r"), (":", "c"), (":", "mx.nd.ones((3, 2))"), ("0", "a"),
        (":, 0", "[7, 8]"), (":, 0:1", "c"), ("[0, 1], [1, 2]", "9"), ("[1]", "a"), ("None", "3"),
        ("m > 0", "0"), ("2", "5"), ("0, 5", "1"), ("0", "None"), ("0", "'s'"), ("0", "i"),
        ("0", "True"), ("0, 1", "mx.nd.array([7])"), ("mx.nd.array([1])", "4"), ("0, ...", "4"),
        ("1:1", "4"), ("0", "np.float64(2.5)"), (":", "mx.nd.array([2])"), (":", "np.ones(3)"),
        ("0", "[1, 2]"), ("()", "4"), ("slice(0, 1)", "4"), ("'k'", "1"))),
    "a[:] = 1.7\na", "a[1:3] = 9\na", "a[1:3] = [8, 9]\na", "a[0] = 9\na", "a[-1] = b[0]\na",
    "a[::2] = 0\na", "a[[0, 2]] = 5\na", "a[:] = b\na", "a[:] = d\na", "a[:] = i\na",
    "i[:] = 1.7\ni", "i[0] = 2.9\ni", "i[:] = a\ni", "i[:] = a + 0.9\ni", "i[1:] = -1.9\ni",
    "u[:] = 300\nu", "t[1, :, 2] = 0\nt", "t[:, 1:3, ::2] = -1\nt", "t[0] = m.T\nt",
    "a.foo = 1\na.foo",
    "x = a[1:3]\nx[:] = 9\na", "x = m[0]\nx[:] = 9\nm", "x = m[0]\nx[1] = 9\nm",
    "x = m[1]\nx += 1\nm",
    "x = m[:, 1]\nx[:] = 9\nm", "x = a[::2]\nx[:] = 9\na", "x = m[0, 1]\nx[:] = 9\nm",
    "x = m[0:1]\nx[:] = 9\nm", "x = m[0:2, 0:2]\nx[:] = 9\nm", "x = m[0:1, 1:3]\nx[:] = 9\nm",
    "x = m.reshape((3, 2))\nx[:] = 9\nm", "x = m.reshape(-1)\nx[0] = 9\nm", "x = m.T\nx[:] = 9\nm",
    "x = m.copy()\nx[:] = 9\nm", "x = a[...]\nx[:] = 9\na", "x = a[None]\nx[:] = 9\na",
    "x = m[[0, 1]]\nx[:] = 9\nm", "x = m.expand_dims(0)\nx[:] = 9\nm",
    "x = m.flatten()\nx[:] = 9\nm",
    "x = m.squeeze()\nx[:] = 9\nm", "x = a.astype('float32', copy=False)\nx[:] = 9\na",
    "x = a.astype('float32')\nx[:] = 9\na", "x = a.as_in_context(mx.cpu())\nx[:] = 9\na",
    "x = a.detach()\nx[:] = 9\na", "x = a.asnumpy()\nx[:] = 9\na",
    "x = mx.nd.identity(a)\nx[:] = 9\na",
    "s = np.ones(2, 'float32')\nx = mx.nd.array(s)\ns[:] = 9\nx", "x = a[:]\nx is a",
    "x = m[1]\nm[1] = 9\nx", "x = mx.nd.from_numpy(np.ones(2, 'float32'))\nx[:] = 3\nx",
]

METHODS = [
    *(f"t.reshape({code})" for code in ("(6, 4)", "6, 4", "-1", "(-1,)", "(0, -1)", "(0, 0, -1)",
                                        "(-2,)", "(-3, 0)", "(0, -3)", "(-4, 1, 2, -2)", "(5, 5)",
                                        "(-1, -1)", "(4, 0, 2)", "shape=(4, 6)", "(-1, 5)",
                                        "(-1, 0), reverse=True", "[4, 6]", "()", "(0, 0, 0, 0)",
                                        "(-1, 0, 2)", "2, 3, 4, 1", "(24,), reverse=True")),
    "a.shape", "m.shape", "mx.nd.array(3).shape", "m.dtype", "i.dtype", "m.size", "m.ndim",
    "mx.nd.array(3).ndim", "mx.nd.array(3).size", "mx.nd.array([]).size", "m.T", "a.T", "t.T",
    "m.context", "m.ctx", "m.stype", "m.grad", "m.writable", "m.nbytes", "m.itemsize", "m.strides",
    "a.astype('int32')", "a.astype(np.float64)", "a.astype('float16')", "(a - 2.5).astype('int32')",
    "(a - 2.5).astype('uint8').dtype", "a.astype('nope')", "a.astype('bool')", "a.astype(int)",
    "a.copy()", "x = mx.nd.zeros(3)\na.copyto(x)\nx", "x = mx.nd.zeros(2)\na.copyto(x)\nx",
    "x = mx.nd.zeros(3, dtype='int32')\n(a + 0.7).copyto(x)\nx",
    "x = mx.nd.zeros(3)\na.copyto(x) is x",
    "a.copyto(mx.cpu())", "a.copyto(mx.cpu()) is a", "a.copyto(np.zeros(3))", "a.copyto(a)",
    "x = mx.nd.zeros((1, 3))\na.copyto(x)\nx", "a.asnumpy()", "type(a.asnumpy()).__name__",
    "i.asnumpy()", "a.asscalar()", "mx.nd.array([2.5]).asscalar()",
    "type(mx.nd.array([2]).asscalar()).__name__",
    "mx.nd.array([[2]], dtype='int32').asscalar()", "mx.nd.array(2).asscalar()",
    "m[0, 0].asscalar()",
    "a.item()", "mx.nd.array([2.5]).item()", "a.tolist()", "a.wait_to_read()", "mx.nd.waitall()",
    "bool(a)", "bool(mx.nd.array([0]))", "bool(mx.nd.array([2]))", "bool(mx.nd.array([]))",
    "bool(mx.nd.array(1))", "bool(mx.nd.array([float('nan')]))", "float(a)",
    "float(mx.nd.array([2.5]))",
    "int(mx.nd.array([2.9]))", "int(mx.nd.array([-2.9]))", "int(a)", "float(mx.nd.array([[2]]))",
    "complex(mx.nd.array([1]))", "range(mx.nd.array([3], dtype='int32'))",
    "[1, 2, 3][mx.nd.array([1], dtype='int32')]",
    "[1, 2, 3][mx.nd.array([1])]", "hash(a) == hash(a)", "a is a", "len(a)", "len(m)",
    "iter(a) is not None",
    "repr(a)", "str(a)", "repr(m)", "repr(i)", "repr(d)", "repr(h)", "repr(mx.nd.array(3))",
    "repr(mx.nd.array([]))", "repr(t)", "repr(mx.nd.zeros((100, 100)))",
    "repr(mx.nd.array([1e-9, 1e9]))",
    "repr(mx.nd.array([float('nan'), float('inf')]))", "repr(mx.nd.array([True], dtype='bool'))",
    "repr([a])", "f'{a}'", "'%s' % a", "type(a).__name__", "type(a).__module__", "np.array(a)",
    "np.asarray(m)", "np.array(a, dtype='int32')", "np.sum(a)", "np.exp(a)", "np.array([a, b])",
    "a.sum()", "m.sum(axis=0)", "m.mean()", "m.max(axis=1)", "m.argmax(axis=1)", "m.norm()",
    "m.transpose()", "m.transpose((1, 0))", "m.transpose(1, 0)", "m.transpose(axes=(1, 0))",
    "m.flatten()", "m.expand_dims(axis=0)", "m.expand_dims(0)", "m.swapaxes(0, 1)", "m.clip(0, 1)",
    "m.tile((2,))", "m.repeat(2)", "m.repeat(2, axis=0)", "m.one_hot(3)", "a.one_hot(depth=4)",
    "m.split(3)", "m.split(num_outputs=3, axis=1)", "m.broadcast_to((2, 3))",
    "r.broadcast_to((2, 3))",
    "a.broadcast_to((2, 3))", "r.broadcast_like(m)", "m.zeros_like()", "m.square()", "m.abs()",
    "m.sign()",
    "m.round()", "m.flip(axis=0)", "m.sort()", "m.topk()", "m.reshape_like(mx.nd.ones((3, 2)))",
    "a.relu()", "a.dot(a)", "a.attach_grad()\na.grad", "a.backward",
    "a.as_in_context(mx.cpu()) is a",
    "a.as_in_context(mx.cpu(1)).context", "mx.nd.array([1], ctx=mx.gpu())",
    "mx.nd.zeros((2,), ctx='cpu')",
    "mx.cpu() == mx.cpu(0)", "repr(mx.cpu())", "str(mx.gpu(1))", "mx.cpu().device_type",
    "mx.num_gpus()",
    "mx.Context('cpu', 0)", "mx.current_context()", "mx.Context('nope')",
    "hash(mx.cpu()) == hash(mx.cpu(0))",
    "with mx.cpu(1):\n    x = mx.nd.zeros(1)\nx.context", "import copy\ncopy.copy(a)",
    "import copy\ncopy.deepcopy(m)",
    "import pickle\npickle.loads(pickle.dumps(m))", "a.shape = (3, 1)\na",
    "a.reshape((1, 3)).shape",
    "mx.nd.concat(m, m, dim=0)", "mx.nd.stack(a, b)", "mx.nd.split(m, num_outputs=3)",
    "mx.nd.where(a > 1, a, b)",
    "mx.nd.exp(a, name='x')", "mx.nd.exp(data=a)", "mx.nd.sum(a, foo=1)", "mx.nd.sum(a, 0)",
    "mx.nd.exp()",
    "mx.nd.clip(a, 0, 1)", "mx.nd.reshape(m, (3, 2))", "mx.nd.concat(a)", "mx.nd.add_n(a, b, a)",
    "mx.nd.broadcast_add(m, r)", "mx.nd.ones((2, 2)) == 1", "mx.nd.shape_array(m)",
    "mx.nd.cast(a, 'int32')",
]


def names() -> Json:
    """The arrays a snippet sees; the dtype is float32 where not said."""
    return {
        "mx": mx, "np": np, "a": mx.nd.array([1, 2, 3]), "b": mx.nd.array([3, 2, 0.5]),
        "i": mx.nd.array([5, 7, -3], dtype="int32"), "j": mx.nd.array([2, 3, 2], dtype="int32"),
        "d": mx.nd.array([1, 2, 3], dtype="float64"), "h": mx.nd.array([1, 2, 3], dtype="float16"),
        "u": mx.nd.array([1, 2, 3], dtype="uint8"), "m": mx.nd.array([[0, 1, 2], [3, 4, 5]]),
        "r": mx.nd.array([[10, 20, 30]]), "c": mx.nd.array([[1], [2]]),
        "t": mx.nd.arange(24).reshape((2, 3, 4)),
    }


def describe(value: Any) -> Json:
    """Arrays by content, lists item by item, any other value by its repr."""
    if isinstance(value, (mx.nd.NDArray, np.ndarray)):
        return {"kind": type(value).__name__, **encode(value)}
    if isinstance(value, (list, tuple)) and any(isinstance(v, mx.nd.NDArray) for v in value):
        return {"kind": type(value).__name__, "items": [describe(item) for item in value]}
    return {"kind": type(value).__name__, "repr": repr(value)}


def run(code: str) -> Json:
    """The result of one snippet in a fresh process."""
    try:
        return describe(run_snippet(code, names()))
    except Exception as error:
        return {"error": type(error).__name__, "message": plain(str(error))}


def rows() -> Iterator[Json]:
    """Every snippet's row."""
    snippets = CREATION + ARITHMETIC + READING + WRITING + METHODS
    for code, row in zip(snippets, isolated(run, snippets), strict=True):
        yield {"code": code, **row}


def make() -> int:
    """Write ``ndarray.json``."""
    return write_rows("ndarray.json", rows())
