"""Files that are missing, damaged, or something else."""

from __future__ import annotations

from mistakes.case import Mistake

FILES = [
    Mistake(
        "the arrays' file in place of the symbol's",
        ('mx.nd.save("a.params", [one])\nmx.sym.load("a.params").list_arguments()'),
        "FormatError",
        ("a.params",),
        line=2,
    ),
    Mistake(
        "the symbol's file in place of the arrays'",
        ('E.save("e.json")\nmx.nd.load("e.json")'),
        "FormatError",
        ("e.json",),
        line=2,
    ),
    Mistake(
        "a file that is not there",
        'mx.sym.load("nowhere.json")',
        "MissingFile",
        ("nowhere.json",),
    ),
    Mistake(
        "a folder that is not there",
        'E.save("nowhere/graph.json")',
        "MissingFile",
        ("nowhere/graph.json",),
    ),
    Mistake(
        "a file that is no symbol",
        ('with open("text.json", "w") as file:\n    file.write("A + B")\nmx.sym.load("text.json")'),
        "FormatError",
        ("text.json",),
        line=3,
    ),
    Mistake(
        "a file of arrays that is not there",
        'mx.nd.load("nowhere.params")',
        "MissingFile",
        ("nowhere.params",),
    ),
    Mistake(
        "a folder in place of a file",
        ('import os\nos.makedirs("models", exist_ok=True)\nmx.sym.load("models")'),
        "FileFailure",
        ("models",),
        line=3,
    ),
    Mistake(
        "a folder to be written to",
        ('import os\nos.makedirs("models", exist_ok=True)\nE.save("models")'),
        "FileFailure",
        ("models",),
        line=3,
        fix='E.save("graph.json")',
    ),
    Mistake(
        "a number for a file's name",
        "E.save(3)",
        "ArgumentError",
        ("3",),
        fix="E.save('name.json')",
    ),
    Mistake(
        "the name of the file and the arrays exchanged",
        'mx.nd.save(x, "x.params")',
        "ArgumentError",
        ("fname", "<NDArray 2x2 @cpu(0)>"),
        fix="mx.nd.save('x.params', x)",
    ),
    Mistake(
        "numbers to be saved",
        'mx.nd.save("x.params", [1, 2])',
        "ArgumentError",
        ("save",),
        fix='mx.nd.save("x.params", [mx.nd.array([1, 2])])',
    ),
    Mistake(
        "a file of arrays that was cut off",
        (
            'mx.nd.save("cut.params", {"x": x})\n'
            'raw = open("cut.params", "rb").read()\n'
            'done = open("cut.params", "wb").write(raw[:50])\n'
            'mx.nd.load("cut.params")'
        ),
        "FormatError",
        ("cut.params",),
        line=4,
    ),
    Mistake(
        "a file of NumPy's",
        ('np.save("a.npy", np.ones(3))\nmx.nd.load("a.npy")'),
        "FormatError",
        ("a.npy",),
        line=2,
        fix=('np.save("a.npy", np.ones(3))\nmx.nd.array(np.load("a.npy"))'),
    ),
    Mistake(
        "a symbol's file that was cut off",
        ('done = open("cut.json", "w").write(E.tojson()[:100])\nmx.sym.load("cut.json")'),
        "FormatError",
        ("cut.json",),
        line=2,
    ),
    Mistake(
        "a file of other JSON",
        ('done = open("other.json", "w").write("[1, 2]")\nmx.sym.load("other.json")'),
        "FormatError",
        ("other.json",),
        line=2,
    ),
    Mistake(
        "a file with an unknown operator",
        ('text = E.tojson().replace("elemwise_mul", "elemwise_mull")\nmx.sym.load_json(text)'),
        "LookupFailure",
        ("elemwise_mull",),
        line=2,
    ),
    Mistake(
        "a file with an operator that is not served",
        ('text = E.tojson().replace("elemwise_mul", "_contrib_quantize")\nmx.sym.load_json(text)'),
        "UnsupportedError",
        ("_contrib_quantize",),
        line=2,
    ),
    Mistake(
        "a file whose inputs lead nowhere",
        ('text = E.tojson().replace("[0, 0, 0]", "[77, 0, 0]")\nmx.sym.load_json(text)'),
        "FormatError",
        ("0",),
        line=2,
    ),
    Mistake(
        "a checkpoint of another epoch",
        ('mx.model.save_checkpoint("net", 0, E, data, {})\nmx.model.load_checkpoint("net", 1)'),
        "MissingFile",
        ("net",),
        line=2,
    ),
    Mistake(
        "an epoch is forgotten",
        'mx.model.load_checkpoint("net")',
        "TypeError",
        ("load_checkpoint",),
    ),
    Mistake(
        "auxiliary states are forgotten",
        'mx.model.save_checkpoint("net", 0, E, data)',
        "TypeError",
        ("save_checkpoint",),
        fix='mx.model.save_checkpoint("net", 0, E, data, {})',
    ),
]
