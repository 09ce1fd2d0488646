"""Mistakes in operators of one's own."""

from __future__ import annotations

from mistakes.case import Mistake

OWN_OPERATORS = [
    Mistake(
        "a rule of the gradient with too few parameters",
        "mx.operator.define(lambda xp, x, *, p=2: x, name='own', gradient=lambda g, x: g)",
        "ArgumentError",
        ("gradient",),
    ),
    Mistake(
        "a rule of the shape with too few parameters",
        "mx.operator.define(lambda xp, x, y: x, name='own', shape=lambda x: x)",
        "ArgumentError",
        ("own",),
    ),
    Mistake(
        "an operator that does not return",
        "mx.operator.define(lambda xp, x: None, name='own')(one)",
        "ArgumentError",
        ("None",),
    ),
    Mistake(
        "a rule of the shape that is wrong",
        "mx.operator.define(lambda xp, x: x, name='own', shape=lambda x: (3,))(one)",
        "ShapeError",
        ("(3,)",),
    ),
    Mistake(
        "no rule of the gradient",
        "mx.operator.define(lambda xp, x: x, name='own')(A).gradient('A')",
        "GradientError",
        ("A", "gradient"),
    ),
    Mistake(
        "an operator of one's own on a NumPy array",
        "mx.operator.define(lambda xp, x: x, name='own')(np.ones(3))",
        "ArgumentError",
        ("own",),
    ),
    Mistake(
        "an operator without xp",
        ("@mx.operator.define\ndef own(x):\n    return x"),
        "ArgumentError",
        ("own",),
        fix=("@mx.operator.define\ndef own(xp, x):\n    return x"),
    ),
    Mistake(
        "an operator that returns text",
        ('@mx.operator.define\ndef own(xp, x):\n    return "text"\n\nown(one)'),
        "ArgumentError",
        ("own",),
        line=5,
    ),
    Mistake(
        "an operator that returns another shape",
        ("@mx.operator.define\ndef own(xp, x):\n    return xp.ones(3)\n\nown(one)"),
        "ShapeError",
        ("own",),
        line=5,
        fix=(
            "@mx.operator.define(shape=lambda x: (3,))\n"
            "def own(xp, x):\n"
            "    return xp.ones(3)\n"
            "\n"
            "own(one)"
        ),
    ),
    Mistake(
        "an operator that has MXNet's name",
        ("@mx.operator.define\ndef exp(xp, x):\n    return x"),
        "ParamError",
        ("exp",),
        fix=("@mx.operator.define\ndef own_exp(xp, x):\n    return x"),
    ),
    Mistake(
        "a parameter without a type",
        ("@mx.operator.define\ndef own(xp, x, *, p):\n    return x"),
        "ParamError",
        ("own",),
        fix=("@mx.operator.define\ndef own(xp, x, *, p: float):\n    return x"),
    ),
    Mistake(
        "an argument of define is misspelt",
        ("@mx.operator.define(gradiant=lambda F, g, y, x: g)\ndef own(xp, x):\n    return x"),
        "TypeError",
        ("gradiant",),
        fix=("@mx.operator.define(gradient=lambda F, g, y, x: g)\ndef own(xp, x):\n    return x"),
    ),
    Mistake(
        "a gradient that is a number",
        (
            "@mx.operator.define(gradient=lambda F, g, y, x: 3)\n"
            "def own(xp, x):\n"
            "    return x\n"
            "\n"
            'own(A).gradient("A")'
        ),
        "GradientError",
        ("gradient", "A"),
        line=5,
    ),
    Mistake(
        "a custom operator that is not registered",
        'mx.sym.Custom(A, op_type="nothere")',
        "LookupFailure",
        ("nothere",),
    ),
    Mistake(
        "a custom operator without its type",
        "mx.sym.Custom(A)",
        "ParamError",
        ("Custom",),
    ),
    Mistake(
        "a custom operator that is not made",
        (
            '@mx.operator.register("unmade")\n'
            "class Prop(mx.operator.CustomOpProp):\n"
            "    def create_operator(self, *args):\n"
            "        pass\n"
            "\n"
            'mx.nd.Custom(one, op_type="unmade")'
        ),
        "ArgumentError",
        ("unmade", "create_operator"),
        line=6,
    ),
    Mistake(
        "a custom operator's forward with other arguments",
        (
            "class Op(mx.operator.CustomOp):\n"
            "    def forward(self, data):\n"
            "        return data\n"
            "\n"
            '@mx.operator.register("other")\n'
            "class Prop(mx.operator.CustomOpProp):\n"
            "    def create_operator(self, *args):\n"
            "        return Op()\n"
            "\n"
            'mx.nd.Custom(one, op_type="other")'
        ),
        "ArgumentError",
        ("forward", "other"),
        line=10,
    ),
    Mistake(
        "a custom operator's shapes are no lists",
        (
            '@mx.operator.register("shapeless")\n'
            "class Prop(mx.operator.CustomOpProp):\n"
            "    def infer_shape(self, in_shape):\n"
            "        return 3\n"
            "\n"
            'mx.nd.Custom(one, op_type="shapeless")'
        ),
        "ShapeError",
        ("Custom", "shapeless", "infer_shape"),
        line=6,
    ),
]
