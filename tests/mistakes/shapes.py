"""Shapes and dtypes that do not fit."""

from __future__ import annotations

from mistakes.case import Mistake

SHAPES_AND_DTYPES = [
    Mistake(
        "shapes that do not fit",
        'E.bind(mx.cpu(), {**data, "A": mx.nd.ones((2, 3)), "B": mx.nd.ones((4, 5))})',
        "ShapeError",
        ("_mul0", "A", "(2, 3)", "B"),
    ),
    Mistake(
        "matrices that cannot be multiplied",
        'mx.sym.dot(A, B, name="p").eval(A=mx.nd.ones((2, 3)), B=mx.nd.ones((2, 3)))',
        "ShapeError",
        ("p", "A", "B", "(2, 3)"),
    ),
    Mistake(
        "dtypes that do not fit",
        'E.bind(mx.cpu(), {**data, "D": mx.nd.array([4], dtype="int32")})',
        "DTypeError",
        ("_mul1", "D", "int32"),
    ),
    Mistake(
        "a dtype is misspelt",
        'mx.nd.zeros((2, 2), dtype="flaot32")',
        "DTypeError",
        ("dtype", "flaot32"),
    ),
    Mistake(
        "a number where a shape is needed",
        "E.infer_shape(A=3)",
        "ArgumentError",
        ("A",),
    ),
    Mistake(
        "arrays of different lengths",
        "mx.nd.array([1, 2]) + mx.nd.array([1, 2, 3])",
        "ShapeError",
        ("broadcast_add",),
    ),
    Mistake(
        "rows of different lengths",
        "mx.nd.array([[1, 2], [3]])",
        "ArgumentError",
        ("array",),
    ),
    Mistake(
        "elements that do not fill the new shape",
        "mx.nd.ones((2, 3)).reshape((4, 2))",
        "ShapeError",
        ("Reshape", "(2, 3)", "(4, 2)"),
    ),
    Mistake(
        "an index beyond the end",
        "one[7]",
        "OutOfRange",
        ("7",),
    ),
    Mistake(
        "a weight of another shape",
        'mx.sym.FullyConnected(A, num_hidden=3, name="fc").infer_shape(A=(2, 3), fc_weight=(4, 4))',
        "ShapeError",
        ("fc", "A", "(2, 3)", "fc_weight"),
    ),
    Mistake(
        "data without its channels",
        'mx.sym.Convolution(A, kernel=(3, 3), num_filter=2, name="c").infer_shape(A=(5, 5))',
        "ShapeError",
        ("c", "A", "kernel", "(5, 5)"),
    ),
    Mistake(
        "a kernel larger than the data",
        'mx.sym.Convolution(A, kernel=(7, 7), num_filter=2, name="c").infer_shape(A=(1, 1, 5, 5))',
        "ShapeError",
        ("c", "A", "kernel", "(1, 1, 5, 5)"),
        fix='mx.sym.Convolution(A, kernel=(3, 3), num_filter=2, name="c").infer_shape(A=(1, 1, 5, 5))',
    ),
    Mistake(
        "a new shape with other elements",
        'mx.sym.Reshape(A, shape=(4, 2), name="r").infer_shape(A=(2, 3))',
        "ShapeError",
        ("r", "A", "(4, 2)", "(2, 3)"),
        fix='mx.sym.Reshape(A, shape=(-1, 2), name="r").infer_shape(A=(2, 3))',
    ),
    Mistake(
        "a new shape with two unknown sizes",
        'mx.sym.Reshape(A, shape=(-1, -1), name="r").infer_shape(A=(2, 3))',
        "ShapeError",
        ("r", "A", "(2, 3)"),
        fix='mx.sym.Reshape(A, shape=(-1, 3), name="r").infer_shape(A=(2, 3))',
    ),
    Mistake(
        "arrays that cannot be joined",
        'mx.sym.concat(A, B, dim=1, name="c").infer_shape(A=(2, 3), B=(3, 3))',
        "ShapeError",
        ("c", "A", "B", "(2, 3)"),
    ),
    Mistake(
        "an axis that is not there",
        'mx.sym.sum(A, axis=5, name="s").infer_shape(A=(2, 3))',
        "ShapeError",
        ("s", "A", "axis", "(2, 3)"),
        fix='mx.sym.sum(A, axis=1, name="s").infer_shape(A=(2, 3))',
    ),
    Mistake(
        "axes that name one twice",
        'mx.sym.transpose(A, axes=(0, 0), name="t").infer_shape(A=(2, 3))',
        "ShapeError",
        ("t", "A", "axes", "(0, 0)"),
        fix='mx.sym.transpose(A, axes=(1, 0), name="t").infer_shape(A=(2, 3))',
    ),
    Mistake(
        "parts that are not equal",
        'mx.sym.split(A, num_outputs=2, name="s").infer_shape(A=(2, 3))',
        "ShapeError",
        ("s", "A", "(2, 3)"),
        fix='mx.sym.split(A, num_outputs=3, name="s").infer_shape(A=(2, 3))',
    ),
    Mistake(
        "a dimension that cannot be stretched",
        'mx.sym.broadcast_to(A, shape=(3, 3), name="b").infer_shape(A=(2, 3))',
        "ShapeError",
        ("b", "A", "(3, 3)", "(2, 3)"),
    ),
    Mistake(
        "labels of another batch",
        'mx.sym.SoftmaxOutput(A, name="s").infer_shape(A=(2, 3), s_label=(3,))',
        "ShapeError",
        ("s", "A", "(2, 3)", "s_label"),
        fix='mx.sym.SoftmaxOutput(A, name="s").infer_shape(A=(2, 3), s_label=(2,))',
    ),
    Mistake(
        "the states of a recurrent network have another size",
        (
            'cell = mx.sym.RNN(A, mode="gru", state_size=4, num_layers=1, name="r")\n'
            "cell.infer_shape(A=(5, 2, 3), r_state=(1, 2, 7))"
        ),
        "ShapeError",
        ("r", "A", "(5, 2, 3)", "r_state"),
        line=2,
    ),
    Mistake(
        "a shape for an argument that is not there",
        "E.infer_shape(Z=(2, 3))",
        "LookupFailure",
        ("Z",),
        fix="E.infer_shape(A=(2, 3))",
    ),
    Mistake(
        "shapes by position and by name",
        "E.infer_shape((2, 3), B=(2, 3))",
        "ParamError",
        ("positional", "A=(2, 3)"),
        fix="E.infer_shape(A=(2, 3), B=(2, 3))",
    ),
    Mistake(
        "dtypes of two arguments that differ",
        'E.infer_type(A="float32", B="int32")',
        "DTypeError",
        ("_mul0", "A", "float32", "B"),
    ),
    Mistake(
        "two variables of one name that disagree",
        (
            'p = mx.sym.Variable("p", shape=(3,))\n'
            '(p + mx.sym.Variable("p", shape=(2,))).infer_shape()'
        ),
        "NameClashError",
        ("(3,)", "(2,)"),
        line=2,
    ),
]
