"""``naming.json``: the names, order and attributes that composition gives."""

from __future__ import annotations

from collections.abc import Iterator

import mxnet as mx
from golden_common import Json, isolated, plain, run_snippet, symbol_names, write_rows

OPERATORS = [
    *(f"a {sign} b" for sign in ("+", "-", "*", "/", "%", "**", "==", "!=", ">", ">=", "<", "<=")),
    *(f"a {sign} 2" for sign in ("+", "-", "*", "/", "%", "**", "==", "!=", ">", ">=", "<", "<=")),
    *(f"2 {sign} a" for sign in ("+", "-", "*", "/", "%", "**", "==", "!=", ">", ">=", "<", "<=")),
    "-a", "abs(a)", "a + 1.5", "a * True", "a ** 0.5", "a / 3", "a + float('inf')", "a * 1e-7",
    "a + np.float32(0.1)", "a + np.int64(2)", "1.0 - a", "+a", "a // b", "a @ b", "a + None",
    "a + 's'", "a and b", "not a", "a & b", "a.__div__(b)", "a.__rdiv__(2)",
    "(a*b) + (c*d)", "((a+b)+(c+d)) + ((a-b)*(c-d))", "a + a", "(a+1)+(a+2)",
    "x = a*b\n(x+c) * (x+d)", "x = a*b\ny = c*d\nx + y", "y = c*d\nx = a*b\nx + y",
    "a.__add__(b)", "x = a\nx += b\nx",
]

FUNCTIONS = [
    "mx.sym.elemwise_add(a, b)", "mx.sym.elemwise_mul(lhs=a, rhs=b)", "mx.sym.exp(a)",
    "mx.sym.exp(data=a, name='e')", "mx.sym.exp()", "mx.sym.elemwise_add(a)",
    "mx.sym.elemwise_add(a, name='s')", "mx.sym.elemwise_add()", "mx.sym.dot(name='d')",
    "mx.sym.FullyConnected(a, num_hidden=3)", "mx.sym.FullyConnected(a, num_hidden=3, name='fc')",
    "mx.sym.FullyConnected(data=a, weight=b, num_hidden=3, no_bias=True)",
    "mx.sym.Concat(a, b)", "mx.sym.concat(a, b, dim=0)", "mx.sym.concat(*[a, b, c], name='cc')",
    "mx.sym.stack(a, b, axis=1)", "mx.sym.add_n(a, b, c)", "mx.sym.ElementWiseSum(a, b, c)",
    "mx.sym.Concat(a, b) + mx.sym.concat(c, d)", "mx.sym.add_n(a)", "mx.sym.Concat()",
    "mx.sym.reshape(a, shape=(2, -1))", "mx.sym.Reshape(a, shape=(2, -1))",
    "mx.sym.flatten(a) + mx.sym.Flatten(b)", "mx.sym.cast(a, dtype='int32')",
    "mx.sym.Cast(a, dtype='float64')", "mx.sym.identity(a)", "mx.sym.stop_gradient(a)",
    "mx.sym.BlockGrad(a)", "mx.sym.flip(a, axis=0)", "mx.sym.reverse(a, axis=0)",
    "mx.sym.swapaxes(a, dim1=0, dim2=1)", "mx.sym.SwapAxis(a, dim1=0, dim2=1)",
    "mx.sym.pad(a, mode='edge', pad_width=(0, 0, 0, 0, 1, 1, 1, 1))",
    "mx.sym.broadcast_plus(a, b)", "mx.sym.broadcast_add(a, b)", "mx.sym.broadcast_minus(a, b)",
    "mx.sym.broadcast_axes(a, axis=0, size=2)", "mx.sym.sum_axis(a, axis=1)",
    "mx.sym.sum(a, axis=(0, 1), keepdims=True)", "mx.sym.max_axis(a)", "mx.sym.negative(a)",
    "mx.sym.maximum(a, b)", "mx.sym.maximum(a, 2)", "mx.sym.maximum(2, a)",
    "mx.sym.minimum(a, 2)", "mx.sym.maximum(1, 2)", "mx.sym.minimum(2.5, 1)",
    "mx.sym.pow(a, b)", "mx.sym.pow(a, 2)", "mx.sym.pow(2, a)", "mx.sym.pow(2, 3)",
    "mx.sym.power(a, 2)", "mx.sym.hypot(a, b)", "mx.sym.hypot(a, 2)", "mx.sym.hypot(3, a)",
    "mx.sym.hypot(3, 4)", "mx.sym.zeros((2, 3))", "mx.sym.zeros(shape=4, dtype='int32')",
    "mx.sym.ones((2, 3))", "mx.sym.full((2,), 7)", "mx.sym.arange(5)",
    "mx.sym.arange(1, 5, 0.5, repeat=2)", "mx.sym.linspace(0, 1, 5)", "mx.sym.eye(3)",
    "mx.sym.zeros((2,), name='z')", "mx.sym.zeros_like(a)", "mx.sym.ones_like(a)",
    "mx.sym.random.uniform(shape=(2, 2))", "mx.sym.random.uniform(0, 1, (2, 2))",
    "mx.sym.random.normal(shape=(2,))", "mx.sym.random.normal(a, b)", "mx.sym.uniform(shape=(2,))",
    "mx.sym.random_uniform(shape=(2,))", "mx.sym.random.exponential(2, shape=(2,))",
    "mx.sym.random.randint(0, 9, shape=(2,))", "mx.sym.normal(shape=(2,))",
    "mx.sym.random.randn(2, 3)", "mx.sym.where(a, b, c)", "mx.sym.one_hot(a, depth=3)",
    "mx.sym.take(a, b)", "mx.sym.clip(a, -1, 1)", "mx.sym.clip(a, a_min=-1, a_max=1)",
    "mx.sym.clip(a)", "mx.sym.exp(a, foo=1)", "mx.sym.exp(2)", "mx.sym.exp(a, b)",
    "mx.sym.slice(a, begin=(None, 1), end=(None, 3))", "mx.sym.dot(a, b, transpose_a=True)",
    "mx.sym.square(mx.sym.square(a))", "mx.sym.exp(a, name='e') + mx.sym.exp(b, name='e')",
    "mx.sym.relu(a) + mx.sym.Activation(b, act_type='relu')", "mx.sym.concat(a, 2)",
    "mx.sym._internal._plus(a, b)", "mx.sym._internal._Plus(a, b)",
    "mx.sym._internal._plus_scalar(a, scalar=2)", "mx.sym._internal._PlusScalar(a, scalar=2)",
    "mx.sym._internal._zeros(shape=(2,))", "mx.sym._internal._power(a, b)",
    "mx.sym.op.elemwise_add(a, b)", "mx.sym.sqrt(a, name='')",
]

SCOPES = [
    "mx.sym.exp(a); a + b", "mx.sym.exp(a, name='mine')\nmx.sym.exp(b)", "a + b\nc + d",
    "with mx.name.Prefix('net_'):\n    x = mx.sym.exp(a + b, name='e')\nx",
    "with mx.name.Prefix('net_'):\n    x = mx.sym.exp(mx.sym.Variable('q') * 2)\nx",
    "with mx.name.Prefix('net_'):\n    x = mx.sym.FullyConnected(a, num_hidden=3, name='fc')\nx",
    "with mx.name.Prefix('out_'):\n    with mx.name.Prefix('in_'):\n        x = mx.sym.exp(a)\nx",
    "x = a + b\nwith mx.name.Prefix('p_'):\n    y = a + b\nx * y + (a + b)",
    "a + b\nwith mx.name.NameManager():\n    x = a + b\nx",
    "a + b\nwith mx.name.NameManager():\n    a + b\n    c + d\na + b",
    "m = mx.name.NameManager()\nwith m:\n    a + b\nwith m:\n    x = a + b\nx",
    "with mx.name.NameManager() as m:\n    x = m.get(None, 'hint') + m.get('given', 'hint')\nx",
]

STRUCTURE = [
    "mx.sym.Group([a, b])", "mx.sym.Group([a + b, a * b])", "mx.sym.Group([a])",
    "mx.sym.Group([])", "mx.sym.Group([mx.sym.Group([a, b]), c + d])", "mx.sym.Group([a, 1])",
    "mx.sym.Group([a + b, c])[0]", "mx.sym.Group([a + b, c])[1]", "mx.sym.Group([a + b, c])[2]",
    "mx.sym.Group([a + b, c])[-1]", "mx.sym.Group([a + b, c])['_plus0_output']",
    "mx.sym.Group([a + b, c])['c']", "mx.sym.Group([a + b, c])['nope']",
    "mx.sym.Group([a + b, c, d])[0:2]", "mx.sym.Group([a + b, c, d])[1:]",
    "mx.sym.Group([a, b, c, d])[::2]", "mx.sym.Group([a, b]) + c", "mx.sym.Group([a, a])['a']",
    "[s.name for s in mx.sym.Group([a + b, c])]", "len(mx.sym.Group([a + b, c]))",
    "mx.sym.Group([a + b, c]).name", "mx.sym.Group([a + b, c]).num_outputs",
    "mx.sym.split(a, num_outputs=3)", "mx.sym.split(a, num_outputs=3)[1]",
    "mx.sym.split(a, num_outputs=2, name='s')['s_output1']",
    "mx.sym.SliceChannel(a, num_outputs=2)",
    "s = mx.sym.split(a, num_outputs=2)\ns[0] + s[1]", "mx.sym.split(a, num_outputs=2) + b",
    "mx.sym.split(a, num_outputs=1)", "s = mx.sym.split(a, num_outputs=2)\nmx.sym.Group([s, b])",
    "(a + b)[0]", "(a + b)[1]", "(a + b)['_plus0_output']", "(a + b)['_plus0']", "a[0]",
    "(a + b)[1.5]", "(a*b + c).get_internals()", "(a*b + c).get_internals()['_mul0_output']",
    "(a*b + c).get_internals()[2]", "(a*b + c).get_internals()['a']", "a.get_internals()",
    "(a*b + c).get_children()", "a.get_children()", "mx.sym.Group([a + b, c]).get_children()",
    "mx.sym.split(a, num_outputs=2).get_internals()", "(a + b).list_inputs()", "a.name",
    "(a + b).name", "(a + b).list_auxiliary_states()", "str(a + b)", "repr(a)", "a.num_outputs",
    "import copy\ncopy.copy(a + b)", "import copy\ncopy.deepcopy(a + b)",
    "import pickle\npickle.loads(pickle.dumps(a + b))", "mx.sym.load_json((a * 2 + b).tojson())",
    "mx.sym.Variable('x')", "mx.sym.var('x')", "mx.sym.Variable(3)", "mx.sym.Variable('')",
    "mx.sym.Variable('a') + mx.sym.Variable('a')", "type(a).__name__", "hash(a)", "bool(a)",
    "(a + b)(a=c)", "(a + b)(a=c*2, name='composed')", "(a + b)(c)", "(a + b)(zzz=c)",
    "(a + b)(c, b=d)", "(a + b)(a=1)", "x = a + b\ny = x(a=c)\nx", "(a*b + a)(a=c)",
    "mx.sym.exp()(data=a)", "mx.sym.elemwise_add(name='s')(s_lhs=a, s_rhs=b)",
    "mx.sym.exp(name='e')(e_data=mx.sym.sin(a))", "(a+b)()", "a(a=b)", "(a+b)(a=b, b=a)",
]

FLUENT = [
    "a.exp()", "a.sum()", "a.sum(axis=1, name='s')", "a.reshape((2, -1))",
    "a.reshape(shape=(2, -1))", "a.reshape(2, -1)", "a.transpose()", "a.transpose(axes=(1, 0))",
    "a.astype('int32')", "a.astype(np.float64)", "a.expand_dims(axis=0)",
    "a.slice_axis(axis=0, begin=0, end=1)",
    "a.flatten()", "a.split(num_outputs=2)", "a.one_hot(depth=3)", "a.clip(0, 1)", "a.relu()",
    "a.zeros_like()", "a.tile(reps=(2,))", "a.norm()", "a.mean(axis=0)", "a.square().sqrt()",
    "a.dot(b)", "a.T", "a.shape", "a.asnumpy()", "a.copy()", "a.argmax(axis=0)", "a.round()",
    "a.broadcast_to(shape=(2, 3))", "a.swapaxes(0, 1)", "a.take(b)",
    "a.slice(begin=(0,), end=(1,))",
    "a.pad(mode='edge', pad_width=(0,0,0,0,1,1,1,1))", "a.squeeze()", "a.flip(axis=0)", "a.abs()",
    "a.slice_like(b)", "a.repeat(repeats=2)", "a.max()", "a.diag()", "a.expm1()", "a.gamma()",
]

ATTRIBUTES = [
    "mx.sym.Variable('v', shape=(2, 3))", "mx.sym.Variable('v', shape=(2, 0))",
    "mx.sym.Variable('v', shape=2)", "mx.sym.Variable('v', shape=[2, 3])",
    "mx.sym.Variable('v', dtype='float16')", "mx.sym.Variable('v', dtype=np.int32)",
    "mx.sym.Variable('v', dtype='nope')", "mx.sym.Variable('v', lr_mult=2, wd_mult=0.5)",
    "mx.sym.Variable('v', init=mx.init.One())", "mx.sym.Variable('v', init='zeros')",
    "mx.sym.Variable('v', init=mx.init.Xavier())", "mx.sym.Variable('v', stype='default')",
    "mx.sym.Variable('v', __mood__='happy')", "mx.sym.Variable('v', mood='happy')",
    "mx.sym.Variable('v', attr={'mood': 'happy'})", "mx.sym.Variable('v', attr={'mood': 3})",
    "mx.sym.Variable('v', attr={'__mood__': 'happy', 'lr_mult': '3'})",
    "mx.sym.Variable('v', __lr_mult__='3')", "mx.sym.Variable('v', attr={'__shape__': '(2,)'})",
    "with mx.AttrScope(ctx_group='dev1'):\n    x = mx.sym.Variable('v') + 1\nx",
    "with mx.AttrScope(__group__='4', __data__='great'):\n    x = a + b\nx",
    "with mx.AttrScope(mood='x'):\n    x = mx.sym.Variable('v')\nx",
    "with mx.AttrScope(mood='x'):\n    x = a + b\nx",
    "with mx.AttrScope(group=4):\n    x = a\nx",
    "with mx.AttrScope(__x__='1', __y__='1'):\n    with mx.AttrScope(__x__='2'):\n"
    "        x = mx.sym.Variable('v', attr={'__y__': '3'})\nx",
    "with mx.AttrScope(__x__='1'):\n    x = mx.sym.exp(a, attr={'__x__': '2'})\nx",
    "mx.sym.exp(a, attr={'__mood__': 'happy'})", "mx.sym.exp(a, attr={'mood': 'happy'})",
    "mx.sym.exp(a, __mood__='happy')", "mx.sym.FullyConnected(a, num_hidden=8, name='fc')",
    "mx.sym.FullyConnected(a, num_hidden=8, attr={'__lr_mult__': '2'}, name='fc')",
    "mx.sym.FullyConnected(a, num_hidden=8, lr_mult=2, name='fc')",
    "mx.sym.exp(a, lr_mult=2)", "x = a + b\nx._set_attr(mood='happy')\nx",
    "x = a + b\nx._set_attr(__mood__='happy')\nx", "x = a + b\nx._set_attr(mood=3)\nx",
    "mx.sym.Variable('v', lr_mult=2).attr('lr_mult')", "(a * 2).attr('scalar')",
    "mx.sym.Variable('v', lr_mult=2).attr('__lr_mult__')", "a.attr('nope')", "a.attr(3)",
    "(a * 2).list_attr()", "(a * 2).list_attr(recursive=True)", "(a * 2 + b).attr_dict()",
    "mx.sym.Group([a * 2, b]).list_attr()", "mx.sym.Group([a * 2, b]).attr_dict()",
    "(a * 2.5).attr_dict()", "(a * 1e-7).attr_dict()", "(a * 1e20).attr_dict()",
    "mx.sym.dot(a, b, transpose_a=True).attr_dict()",
    "mx.sym.sum(a, axis=1, keepdims=1).attr_dict()", "mx.sym.sum(a, axis=(0, 1)).attr_dict()",
    "mx.sym.Reshape(a, shape=[2, -1]).attr_dict()", "mx.sym.cast(a, dtype=np.float64).attr_dict()",
    "mx.sym.slice(a, begin=(None,), end=(2,)).attr_dict()", "mx.sym.zeros((2, 3)).attr_dict()",
    "mx.sym.arange(5).attr_dict()", "mx.sym.random.uniform(shape=(2,)).attr_dict()",
    "mx.sym.Concat(a, b).attr_dict()", "mx.sym.sum(a, axis=None).attr_dict()",
    "mx.sym.maximum(a, 3).attr_dict()", "mx.sym.full((2,), 7).attr_dict()",
    "mx.sym.Variable('v', shape=(2,)) * mx.sym.Variable('w', dtype='int64')",
]


def describe(value: object) -> Json:
    """A Symbol's names and attributes; any other value as its repr."""
    if not isinstance(value, mx.sym.Symbol):
        return {"value": repr(value)}
    row: Json = {"repr": repr(value), "arguments": value.list_arguments(),
                 "outputs": value.list_outputs(),
                 "internals": value.get_internals().list_outputs()}
    if value.attr_dict():
        row["list_attr"] = value.list_attr()
        row["attr_dict"] = value.attr_dict()
    return row


def run(code: str) -> Json:
    """The result of one snippet, run with counters that start at 0."""
    try:
        with mx.name.NameManager():
            return describe(run_snippet(code, symbol_names()))
    except Exception as error:
        return {"error": type(error).__name__, "message": plain(str(error))}


def rows() -> Iterator[Json]:
    """Every snippet's row."""
    snippets = OPERATORS + FUNCTIONS + SCOPES + STRUCTURE + FLUENT + ATTRIBUTES
    for code, row in zip(snippets, isolated(run, snippets), strict=True):
        yield {"code": code, **row}


def make() -> int:
    """Write ``naming.json``."""
    return write_rows("naming.json", rows())
