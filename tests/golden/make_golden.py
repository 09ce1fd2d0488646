"""Write the golden data: what MXNet 1.9.1 itself answers.

Run it with a Python that has ``mxnet==1.9.1`` and ``numpy==1.23.5``::

    python tests/golden/make_golden.py              # every file
    python tests/golden/make_golden.py ops naming   # some of them

The tests read the files only, so MXNet is not needed to run them. Two runs on one machine write the
same bytes; on another processor oneDNN may choose other kernels, and the last bits differ. Each case
runs in a process of its own; one that ends it (MXNet divides an integer by zero, for one) is recorded
as ``{"error": "Crash"}``. Else ``error`` is the class of the exception and ``message``, where given,
the start of MXNet's text.

Each file is a list of objects, one a line. A JSON list in ``params``, ``args`` or ``kwargs``
stands for a tuple. An array is ``{dtype, shape, data}``, ``data`` flat in C order; read it with
``numpy.array(data, dtype).reshape(shape)``. A snippet is Python whose last line is an expression.

ops.json
    ``id, op, inputs: [array with name], params, outputs: [array] | error``. ``mx.nd`` computed
    it; the bound symbol gives the same unless a row ``via: "sym"`` follows with its answer.
signatures.json
    ``name, arguments: [{name, type}], parameters: [{name, type, required, default, text}],
    key_var_num_args, aliases: {sym, nd, sym._internal, nd._internal}, num_outputs, num_hidden`` (the
    numbers of outputs that users see and that they do not, ``"depends"`` or null where unknown); then
    ``name, signature`` of functions written in Python.
naming.json
    ``code`` sees ``mx``, ``np``, Variables ``a b c d`` and counters at 0. ``repr, arguments,
    outputs, internals`` of a Symbol, with ``list_attr, attr_dict`` where it has attributes;
    ``value`` is the repr of anything else.
symbols/index.json
    ``file, code, repr, arguments, outputs, internals, attr_dict``, and ``infer_shape`` of
    ``shapes``, ``infer_shape_partial`` of nothing, ``infer_type`` of ``types``.
inference.json
    ``id, symbol: snippet, method, args, kwargs, arguments, result: [arguments, outputs,
    auxiliary states]``; a null part is None, an empty shape is unknown.
random.json
    ``seed`` (null: a fresh process), ``code: [snippet]`` run in order, ``draws``, one for each:
    ``dtype, shape, sum`` (of float64), ``sha256`` of the bytes, and ``data`` or ``first, last``.
gradients/FAMILY.json, gradients/FAMILY.npz
    ``id, op, params, inputs: {name: array}, outputs: [array], out_names``, ``hidden``: the outputs
    that only a monitor sees, and, where ``backward`` ran, ``out_grads`` it was given, ``grads``,
    and ``untouched``: the names whose gradient MXNet did not write. ``train`` (default true),
    ``req`` ("write"; an array to add to holds ``arange % 5 - 2`` at first) and ``seed`` (of MXNet's
    generator). ``aux_names``, and ``aux_forward`` and ``aux``: the states after each pass;
    ``no_gradient`` is MXNet's refusal to bind with gradients. With ``at_once``, ``mx.nd`` computed
    the outputs, into the inputs ``out`` where given, and ``changed`` its inputs. The operator
    ``graph`` is a snippet, as in naming.json. An array is ``[dtype, shape, offset]`` in the flat
    array of that dtype in the ``.npz``; without an offset where MXNet wrote nothing.
files/*.params, files/index.json
    See ``golden_files``.
upgrades.json
    Symbols of earlier versions; see ``golden_upgrades``.
initializers.json
    See ``golden_initializers``.
gradients/_second.json, gradients/_second.npz
    ``id, op, params, inputs, out_grads, seeds: {name: array}``, ``second: {name: array}``: the
    gradient of the sum of seeds times gradients; ``agrees``: whether MXNet's gradients vary so.
memory.json
    See ``golden_memory``.
ndarray.json
    ``code`` sees the arrays of ``golden_ndarray.names``; an array, ``kind`` and ``repr``, or
    ``kind`` and ``items``. ``kind`` is the name of the type.
"""

from __future__ import annotations

import os
import sys
import warnings

# One thread keeps the order of sums, hence the last bit, the same on every machine.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MXNET_SUBGRAPH_BACKEND"] = "NONE"
os.environ["PYTHONWARNINGS"] = "ignore"
warnings.simplefilter("ignore")

MAKERS = ("ops", "gradients", "second", "signatures", "naming", "symbols", "inference", "random",
          "ndarray", "files", "upgrades", "initializers", "memory")


def main(chosen: list[str]) -> None:
    """Run the makers named, or all of them, and report how many rows each wrote."""
    import importlib

    for name in chosen or MAKERS:
        maker = importlib.import_module(f"golden_{name}")
        print(f"{name}: {maker.make()} rows", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
