"""``files/*.params``: arrays as MXNet saves them, and the values in ``files/index.json``.

``expression`` gives the arrays when evaluated with ``mx`` and ``np``; ``names`` is null for a
list. With ``np_shape`` the file was saved under ``mx.util.np_shape(True)``. A row with ``sparse``
names the arrays that are.
"""

from __future__ import annotations

import sys
from typing import Any

import mxnet as mx
import numpy as np
from golden_common import HERE, Json, encode, write_rows

sys.path.insert(0, str(HERE.parent))
import params_format as form

N = "mx.nd.array"

# File name: the arrays, and whether shapes have NumPy's meaning.
FILES: dict[str, tuple[str, bool]] = {
    "single": (f"{N}([[1, 2, 3], [4, 5, 6.5]])", False),
    "list": (f"[{N}([1, 2]), {N}([[3]]), {N}([4, 5, 6])]", False),
    "dict": (f"{{'arg:fc_weight': {N}([[1, -2]]), 'aux:bn_moving_mean': {N}([0.5]), 'été': {N}([7])}}",
             False),
    "empty_list": ("[]", False),
    "empty_dict": ("{}", False),
    "no_elements": ("[mx.nd.array([]), mx.nd.array([1])]", False),
    "view": (f"{N}(np.arange(12).reshape(4, 3))[1:3]", False),
    "five_dims": (f"{{'w': {N}(np.arange(48).reshape(2, 3, 2, 2, 2))}}", False),
    "devices": (f"[{N}([1], ctx=mx.cpu(3)), {N}([2], ctx=mx.cpu(0))]", False),
    "not_finite": (f"{N}([float('nan'), float('inf'), -0.0])", False),
    **{dtype: (f"{{'x': {N}([[0, 1, 100]], dtype='{dtype}')}}", False) for dtype in form.CODES},
    "np_scalar": ("[mx.np.array(3.5).as_nd_ndarray(), mx.nd.array([1, 2])]", True),
    "np_no_elements": ("{'x': mx.nd.zeros((2, 0), dtype='int32')}", True),
}

SPARSE: dict[str, tuple[str, list[str]]] = {
    "row_sparse": (f"{{'a': {N}([1]), 'b': {N}([0, 2]).tostype('row_sparse'), 'c': {N}([3])}}", ["b"]),
    "csr": (f"{{'m': {N}([[0, 1, 0], [2, 0, 3]]).tostype('csr')}}", ["m"]),
}


def save(name: str, expression: str, np_shape: bool = False) -> Any:
    """Write one file, and give what it holds."""
    with mx.util.np_shape(np_shape):
        data = eval(expression, {"mx": mx, "np": np})
        mx.nd.waitall()  # the size of a sparse array is read before it has been computed
        mx.nd.save(str(HERE / "files" / f"{name}.params"), data)
        return data


def describe(name: str) -> Json:
    """One row of the index."""
    expression, np_shape = FILES[name]
    with mx.util.np_shape(np_shape):
        data = save(name, expression, np_shape)
        names = list(data) if isinstance(data, dict) else None
        arrays = [data] if isinstance(data, mx.nd.NDArray) else list(data.values() if names else data)
        return {"file": f"{name}.params", "expression": expression, "np_shape": np_shape,
                "names": names, "arrays": [encode(array) for array in arrays]}


def check_old_forms() -> None:
    """MXNet reads what ``tests/params_format.py`` writes, so the tests may rely on it."""
    values = np.arange(6, dtype="float32").reshape(2, 3)
    packed = [form.pack_array(version, values, (2, 1)) for version in (0, form.V1, form.V2)]
    for array in mx.nd.load_frombuffer(form.pack_file(packed)):
        np.testing.assert_array_equal(array.asnumpy(), values)
    with mx.util.np_shape(True):
        text = form.pack_file([form.pack_array(form.V3, values)], ["x"])
        np.testing.assert_array_equal(mx.nd.load_frombuffer(text)["x"].asnumpy(), values)


def save_checkpoint() -> None:
    """``files/net-symbol.json`` and ``files/net-0003.params``; element i of an array is i."""
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    net = mx.sym.BatchNorm(net, name="bn")
    shapes, _, states = net.infer_shape(data=(1, 3))
    arguments, auxiliary = (
        {name: mx.nd.array(np.arange(np.prod(shape)).reshape(shape))
         for name, shape in zip(names, found, strict=True) if name != "data"}
        for names, found in ((net.list_arguments(), shapes), (net.list_auxiliary_states(), states)))
    mx.model.save_checkpoint(str(HERE / "files" / "net"), 3, net, arguments, auxiliary)


def make() -> int:
    """Write ``files/*.params``, ``files/index.json`` and a checkpoint."""
    (HERE / "files").mkdir(exist_ok=True)
    check_old_forms()
    rows = [describe(name) for name in FILES]
    for name, (expression, sparse) in SPARSE.items():
        save(name, expression)
        rows.append({"file": f"{name}.params", "expression": expression, "sparse": sparse})
    save_checkpoint()
    return write_rows("files/index.json", rows)
