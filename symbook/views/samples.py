"""What operators are tried on at first: arrays small enough to be read, on which it is seen what they do."""

# ruff: noqa: E501  # a line is an example

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from symbook.ops.registry import Op


class Example(NamedTuple):
    """Inputs, as they are typed, and parameters; the title says what is seen."""

    title: str
    inputs: tuple[str, ...]
    params: Mapping[str, Any] = {}


_LETTER = """(1, 1, 8, 8)
0 0 0 0 0 0 0 0
0 1 1 1 1 1 0 0
0 1 0 0 0 0 0 0
0 1 0 0 0 0 0 0
0 1 1 1 1 0 0 0
0 1 0 0 0 0 0 0
0 1 0 0 0 0 0 0
0 0 0 0 0 0 0 0"""
_SHIFTED = "(1, 1, 8, 8)\n" + "\n".join(f"0 {row[:-2]}" for row in _LETTER.split("\n")[1:])
_EDGES = "(1, 1, 3, 3)\n1 0 -1\n2 0 -2\n1 0 -1"
_MEAN = "(1, 1, 3, 3)\n0.1 0.1 0.1\n0.1 0.2 0.1\n0.1 0.1 0.1"
_BOTH = f"(2, 1, 3, 3)\n{_EDGES.split(chr(10), 1)[1]}\n1 2 1\n0 0 0\n-1 -2 -1"
_SMALL = "(1, 1, 2, 3)\n1 2 3\n4 5 6"
_STEPS = "(4, 2, 1)\n1 10\n2 20\n3 30\n4 40"
_SQUARE = "4 2; 2 3"
_LOWER = "2 0; 1 3"
_BATCH = "(2, 2, 2)\n1 2\n3 4\n\n5 6\n7 8"
_TABLE = "1 2 3; 4 5 6"
_TURN = "0.7 -0.7 0 0.7 0.7 0"

_ANY = (Example("two arrays of one shape", (_TABLE, "0.5 1 2; 1 0 -1", "1 1 1; 2 2 2")),)
_PLAIN = Example("numbers of both signs", ("-2 -1 -0.5 0 0.5 1 2",))
_SCALES = (
    Example("a row and a column", (_TABLE, "10; 20")),
    Example("one row for all", (_TABLE, "1 2 3")),
)
_NOT_BELOW = Example("numbers above 0", ("0.1 0.5 1 2 4 10",))
_WITHIN = Example("numbers from −1 to 1", ("-1 -0.5 0 0.5 1",))
_FROM_1 = Example("numbers from 1 on", ("1 1.5 2 4 10",))
_SCORES = Example("scores of three classes", ("1 2 3; 0 5 0", "2 1"))
_VALUES = Example("guesses and what is right", ("1 2 3", "1 0 5"))
_PAIRS = {"kernel": (2, 2), "stride": (2, 2)}
_CONVOLUTIONS = (
    Example("edges from left to right", (_LETTER, _EDGES, "0"), {"kernel": (3, 3), "num_filter": 1, "pad": (1, 1)}),
    Example("a blurred picture", (_LETTER, _MEAN, "0"), {"kernel": (3, 3), "num_filter": 1, "pad": (1, 1)}),
    Example("two filters", (_LETTER, _BOTH, "0 0"), {"kernel": (3, 3), "num_filter": 2}),
)  # fmt: skip
_POOLINGS = (
    Example("the largest of four", (_LETTER,), {**_PAIRS, "pool_type": "max"}),
    Example("the mean of nine", (_LETTER,), {"kernel": (3, 3), "pool_type": "avg"}),
)

_OWN: dict[str, Sequence[Example]] = {
    # Products
    "dot": (
        Example("a matrix and a vector", ("1 2; 3 4", "10 1")),
        Example("two matrices", ("1 2; 3 4", "0 1; 1 0")),
    ),
    "batch_dot": (Example("two pairs of matrices", (_BATCH, "(2, 2, 2)\n1 0\n0 1\n\n0 1\n1 0")),),
    "khatri_rao": (Example("columns by columns", ("1 2; 3 4", "1 10; 2 20")),),
    "_linalg_gemm": (Example("A B + C", ("1 2; 3 4", "0 1; 1 0", "10 10; 20 20")),),
    "_linalg_gemm2": (Example("A B", ("1 2; 3 4", "0 1; 1 0")),),
    **{
        f"_linalg_{name}": (Example("a symmetric matrix", (_SQUARE,)),)
        for name in ("det", "extractdiag", "extracttrian", "inverse", "potrf", "slogdet", "sumlogdiag", "syevd")
    },
    "_linalg_gelqf": (Example("a wide matrix", (_TABLE,)),),
    "_linalg_syrk": (Example("a matrix and its transpose", (_TABLE,)),),
    "_linalg_potri": (Example("a Cholesky factor", (_LOWER,)),),
    "_linalg_trmm": (Example("a lower triangle", (_LOWER, "1 2; 3 4")),),
    "_linalg_trsm": (Example("a lower triangle", (_LOWER, "2 4; 7 8")),),
    "_linalg_maketrian": (Example("the numbers of a lower triangle", ("1 2 3",)),),
    # Layers
    "FullyConnected": (Example("two units", (_TABLE, "1 0 1; 0 1 0", "0 10"), {"num_hidden": 2}),),
    "Convolution": _CONVOLUTIONS,
    "Convolution_v1": _CONVOLUTIONS,
    "Deconvolution": (
        Example("each number draws the filter", ("(1, 1, 2, 2)\n1 2\n3 4", "(1, 1, 3, 3)\n1 1 1\n1 2 1\n1 1 1", "0"), {"kernel": (3, 3), "num_filter": 1, "stride": (2, 2)}),
    ),
    "Pooling": _POOLINGS,
    "Pooling_v1": _POOLINGS,
    "im2col": (Example("windows as columns", (_SMALL,), {"kernel": (2, 2)}),),
    "col2im": (Example("columns as windows", ("(1, 4, 2)\n1 2\n2 3\n4 5\n5 6",), {"output_size": (2, 3), "kernel": (2, 2)}),),
    "UpSampling": (Example("each number twice, both ways", ("(1, 1, 2, 2)\n1 2\n3 4",), {"scale": 2, "sample_type": "nearest"}),),
    "Pad": (Example("zeros around", (_SMALL,), {"mode": "constant", "pad_width": (0, 0, 0, 0, 1, 1, 1, 1)}),),
    "Crop": (Example("as large as another", (_LETTER, "(1, 1, 3, 3)\n0 0 0 0 0 0 0 0 0"), {"center_crop": True}),),
    "LRN": (Example("four channels", ("(1, 4, 1, 2)\n1 2\n3 4\n5 6\n7 8",), {"nsize": 3, "alpha": 0.1}),),
    "Dropout": (Example("as in training", (_TABLE,), {"mode": "always"}),),
    "LeakyReLU": (_PLAIN,),
    "Activation": (Example("numbers of both signs", _PLAIN.inputs, {"act_type": "relu"}),),
    "Embedding": (Example("rows of a table", ("0 2 1", "1 2; 3 4; 5 6"), {"input_dim": 3, "output_dim": 2}),),
    **{
        name: (Example("three rows, two columns", ("1 2; 3 4; 5 9", "1 1", "0 0", "3 5", "4 9"), {"fix_gamma": False}),)
        for name in ("BatchNorm", "BatchNorm_v1")
    },
    "LayerNorm": (Example("each row by itself", (_TABLE, "1 1 1", "0 0 10")),),
    "InstanceNorm": (Example("each channel by itself", ("(1, 2, 3)\n1 2 3\n4 6 8", "1 1", "0 10")),),
    "GroupNorm": (Example("two groups of channels", ("(1, 4, 2)\n1 2\n3 4\n10 20\n30 40", "1 1", "0 0"), {"num_groups": 2}),),
    "IdentityAttachKLSparseReg": (Example("two units", ("0.1 0.9; 0.2 0.8", "0.1 0.1")),),
    "RNN": (
        Example("a simple layer adds up its inputs", ("(4, 1, 1)\n1\n2\n0\n-1", "1 1 0 0", "(1, 1, 1)\n0", "", ""), {"mode": "rnn_relu", "state_size": 1, "num_layers": 1}),
        Example("an LSTM", ("(4, 1, 1)\n1\n2\n0\n-1", "0.5 0.5 0.5 0.5 0.5 0.5 0.5 0.5 0 0 0 0 0 0 0 0", "(1, 1, 1)\n0", "(1, 1, 1)\n0", ""), {"mode": "lstm", "state_size": 1, "num_layers": 1}),
    ),
    # Sequences
    "SequenceLast": (Example("two sequences side by side", (_STEPS, "2 4"), {"use_sequence_length": True}),),
    "SequenceMask": (Example("two sequences side by side", (_STEPS, "2 4"), {"use_sequence_length": True, "value": -1}),),
    "SequenceReverse": (Example("two sequences side by side", (_STEPS, "2 4"), {"use_sequence_length": True}),),
    "CTCLoss": (Example("three steps, blank and two letters", ("(3, 1, 3)\n0 1 0\n1 0 0\n0 0 1", "1 2;", "", "")),),
    # Pictures that are sampled
    "BilinearSampler": (Example("the middle", (_LETTER, "(1, 2, 2, 2)\n-0.5 0.5 -0.5 0.5\n-0.5 -0.5 0.5 0.5")),),
    "GridGenerator": (Example("turned by an eighth", (f"(1, 6)\n{_TURN}",), {"transform_type": "affine", "target_shape": (4, 4)}),),
    "SpatialTransformer": (Example("turned by an eighth", (_LETTER, f"(1, 6)\n{_TURN}"), {"transform_type": "affine", "sampler_type": "bilinear", "target_shape": (8, 8)}),),
    "ROIPooling": (Example("the upper left", (_LETTER, "(1, 5)\n0 0 0 5 5"), {"pooled_size": (3, 3), "spatial_scale": 1}),),
    "Correlation": (Example("a picture and one that is shifted", (_LETTER, _SHIFTED), {"max_displacement": 1, "pad_size": 1}),),
    "depth_to_space": (Example("channels side by side", ("(1, 4, 1, 2)\n1 2\n3 4\n5 6\n7 8",), {"block_size": 2}),),
    "space_to_depth": (Example("neighbours as channels", ("(1, 1, 2, 4)\n1 2 3 4\n5 6 7 8",), {"block_size": 2}),),
    # Losses
    "SoftmaxOutput": (_SCORES,),
    "softmax_cross_entropy": (_SCORES,),
    "SVMOutput": (_SCORES,),
    "softmax": (Example("scores", ("1 2 3; 0 5 0", "")),),
    "SoftmaxActivation": (Example("scores", ("1 2 3; 0 5 0",)),),
    **{f"{name}RegressionOutput": (_VALUES,) for name in ("Linear", "Logistic", "MAE")},
    # Choosing and shaping
    "take": (Example("by number", ("10 20 30", "2 0 0")),),
    "batch_take": (Example("one of each row", (_TABLE, "int32 0 2")),),
    "argmax_channel": (Example("the place of the largest", ("3 9 1 7; 2 0 8 5",)),),
    "pick": (Example("one of each row", (_TABLE, "0 2")),),
    "fill_element_0index": (Example("one of each row is set", (_TABLE, "-1 -2", "0 2")),),
    "one_hot": (Example("three classes", ("0 2 1",), {"depth": 3}),),
    "gather_nd": (Example("row and column of each", (_TABLE, "0 1 1; 2 0 1")),),
    "scatter_nd": (Example("row and column of each", ("9 8 7", "0 1 1; 2 0 1"), {"shape": (2, 3)}),),
    "_ravel_multi_index": (Example("rows above columns", ("0 1 1; 2 0 1",), {"shape": (2, 3)}),),
    "_unravel_index": (Example("numbers in a matrix", ("0 4 5",), {"shape": (2, 3)}),),
    "where": (Example("where it is not 0", ("1 0 1", "1 2 3", "-1 -2 -3")),),
    "clip": (Example("no less than 2, no more than 5", (_TABLE,), {"a_min": 2, "a_max": 5}),),
    "Reshape": (Example("three rows", (_TABLE,), {"shape": (3, 2)}), Example("as many as there are", (_TABLE,), {"shape": (-1,)})),
    "reshape_like": (Example("as another", (_TABLE, "0 0; 0 0; 0 0")),),
    "expand_dims": (Example("in front", (_TABLE,), {"axis": 0}),),
    "tile": (Example("twice both ways", (_TABLE,), {"reps": (2, 2)}),),
    "repeat": (Example("each twice", (_TABLE,), {"repeats": 2}),),
    "reverse": (Example("each row", (_TABLE,), {"axis": 1}),),
    "broadcast_to": (Example("a row, three times", ("(1, 3)\n1 2 3",), {"shape": (3, 3)}),),
    "broadcast_axis": (Example("a row, three times", ("(1, 3)\n1 2 3",), {"axis": 0, "size": 3}),),
    "broadcast_like": (Example("a row, as often as another has", ("(1, 3)\n1 2 3", "0 0 0; 0 0 0")),),
    "slice": (Example("a part", (_TABLE,), {"begin": (0, 1), "end": (2, 3)}),),
    "slice_axis": (Example("two columns", (_TABLE,), {"axis": 1, "begin": 0, "end": 2}),),
    "slice_like": (Example("as large as another", (_TABLE, "0 0;")),),
    "_slice_assign": (Example("two columns are set", (_TABLE, "-1 -2; -3 -4"), {"begin": (0, 0), "end": (2, 2)}),),
    "_slice_assign_scalar": (Example("two columns are set", (_TABLE,), {"begin": (0, 0), "end": (2, 2), "scalar": 9}),),
    "SliceChannel": (Example("three columns", (_TABLE,), {"num_outputs": 3, "squeeze_axis": True}),),
    "_split_v2": (Example("before column 1", (_TABLE,), {"indices": (0, 1), "axis": 1}),),
    "Concat": (Example("side by side", (_TABLE, "7; 8")), Example("one below the other", (_TABLE, "7 8 9;"), {"dim": 0})),
    "stack": (Example("two rows", ("1 2 3", "4 5 6")),),
    "add_n": (Example("three arrays", ("1 2 3", "10 20 30", "100 200 300")),),
    "Cast": (Example("cut to whole numbers", ("-1.7 0.2 2.9",), {"dtype": "int32"}),),
    "amp_cast": (Example("in half precision", ("0.1 1000.3",), {"dtype": "float16"}),),
    "amp_multicast": (Example("one dtype for both", ("1 2", "3 4"), {"num_outputs": 2}),),
    "cast_storage": (Example("as it is", (_TABLE,), {"stype": "default"}),),
    "topk": (Example("places of the two largest", ("3 9 1 7; 2 0 8 5",), {"k": 2}),),
    "sort": (Example("each row", ("3 9 1 7; 2 0 8 5",)),),
    "argsort": (Example("places in order", ("3 9 1 7; 2 0 8 5",)),),
    "_histogram": (Example("four bins", ("1 2 2 3 3 3 4", ""), {"bin_cnt": 3, "range": (1, 4)}),),
    "moments": (Example("of each column", (_TABLE,), {"axes": (0,)}),),
    # Making arrays
    "_arange": (Example("five numbers", (), {"start": 0, "stop": 5}),),
    "_linspace": (Example("from 0 to 1", (), {"start": 0, "stop": 1, "num": 5}),),
    "_eye": (Example("three rows", (), {"N": 3}),),
    "_full": (Example("all alike", (), {"shape": (2, 3), "value": 7}),),
    "_zeros": (Example("two rows", (), {"shape": (2, 3)}),),
    "_ones": (Example("two rows", (), {"shape": (2, 3)}),),
    "_random_randint": (Example("a die", (), {"low": 1, "high": 7, "shape": (12,)}),),
    "_sample_unique_zipfian": (Example("five of a hundred", (), {"range_max": 100, "shape": (1, 5)}),),
    "_sample_multinomial": (Example("a coin that is not fair", ("0.2 0.8",), {"shape": (10,)}),),
    "_random_pdf_dirichlet": (Example("shares of three", ("0.2 0.3 0.5; 0.1 0.1 0.8", "1 1 2; 1 1 2")),),
    "_shuffle": (Example("a row", ("1 2 3 4 5 6",)),),
    # Updates
    "multi_sum_sq": (Example("two arrays", ("1 2", "3 4 5"), {"num_arrays": 2}),),
    "multi_all_finite": (Example("two arrays, one with NaN", ("1 2", "3 nan 5"), {"num_arrays": 2}),),
    "reset_arrays": (Example("two arrays become 0", ("1 2", "3 4 5"), {"num_arrays": 2}),),
    "multi_lars": (Example("two layers", ("0.1 0.1", "4 9", "1 1", "0 0"), {"eta": 0.5, "eps": 0}),),
    "lamb_update_phase2": (Example("one step", ("1 2 3", "1 0 -1", "1.5", "1.2"), {"lr": 0.1}),),
    "mp_lamb_update_phase2": (Example("one step", ("1 2 3", "1 0 -1", "1.5", "1.2", "1 2 3"), {"lr": 0.1}),),
    "multi_sgd_update": (Example("two weights", ("1 2", "0.5 0.5", "3", "1"), {"lrs": (0.1, 0.1), "wds": (0, 0), "num_weights": 2}),),
    "multi_sgd_mom_update": (Example("two weights", ("1 2", "0.5 0.5", "0 0", "3", "1", "0"), {"lrs": (0.1, 0.1), "wds": (0, 0), "num_weights": 2, "momentum": 0.9}),),
    "multi_mp_sgd_update": (Example("two weights", ("1 2", "0.5 0.5", "1 2", "3", "1", "3"), {"lrs": (0.1, 0.1), "wds": (0, 0), "num_weights": 2}),),
    "multi_mp_sgd_mom_update": (Example("two weights", ("1 2", "0.5 0.5", "0 0", "1 2", "3", "1", "0", "3"), {"lrs": (0.1, 0.1), "wds": (0, 0), "num_weights": 2}),),
    "preloaded_multi_sgd_update": (Example("two weights", ("1 2", "0.5 0.5", "3", "1", "0.1 0.1", "0 0"), {"num_weights": 2}),),
    "preloaded_multi_sgd_mom_update": (Example("two weights", ("1 2", "0.5 0.5", "0 0", "3", "1", "0", "0.1 0.1", "0 0"), {"num_weights": 2}),),
    "preloaded_multi_mp_sgd_update": (Example("two weights", ("1 2", "0.5 0.5", "1 2", "3", "1", "3", "0.1 0.1", "0 0"), {"num_weights": 2}),),
    "preloaded_multi_mp_sgd_mom_update": (Example("two weights", ("1 2", "0.5 0.5", "0 0", "1 2", "3", "1", "0", "3", "0.1 0.1", "0 0"), {"num_weights": 2}),),
    # What is not defined everywhere
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "rsqrt", "reciprocal", "cbrt", "rcbrt", "gamma", "gammaln"), (_NOT_BELOW,)),
    **dict.fromkeys(("arcsin", "arccos", "arctanh", "erfinv"), (_WITHIN,)),
    "arccosh": (_FROM_1,),
}  # fmt: skip
_DRAWS: Mapping[str, Any] = {"shape": (2, 5)}


def examples_of(op: Op) -> Sequence[Example]:
    """Examples of an operator, the one to begin with first; other parameters are at their defaults."""
    if op.name in _OWN:
        return _OWN[op.name]
    return tuple(_general(op))


def _general(op: Op) -> Iterator[Example]:
    """Examples of operators that take arrays of any shape."""
    names = op.inputs
    if op.name.endswith("_update") or "_update_phase" in op.name:
        yield _update(op)
    elif op.name.startswith("broadcast_") and len(names) == 2:
        yield from _SCALES
    elif not names and not op.variadic:
        yield Example("ten numbers", (), _DRAWS if "shape" in op.params else {})
    elif op.name.startswith(("_sample_", "sample_")):
        yield Example("two rows of five", ("1 5", "1 2")[: len(names)], {"shape": (5,)})
    elif op.name.startswith(("_random_pdf", "random_pdf")):
        yield Example("two distributions", ("0.2 0.5 1; 0.2 0.5 1", "1 2", "1 2")[: len(names)])
    elif len(names) == 1 and "axis" not in op.params and "shape" not in op.params:
        yield _PLAIN
        yield Example("a matrix", (_TABLE,))
    else:
        count = len(names) or 2
        yield Example("of one shape", tuple(_ANY[0].inputs[k % 3] for k in range(count)))


def _update(op: Op) -> Example:
    """One step of an optimiser, from states that are 0."""
    params = {name: {"lr": 0.1, "t": 1, "wd": 0.0}.get(name) for name in ("lr", "t", "wd")}
    inputs = tuple(
        "1 2 3"
        if name in ("weight", "weight32")
        else "0.5 0 -0.5"
        if name in ("grad", "g")
        else "0 0 0"
        for name in op.inputs
    )
    needed = {name: value for name, value in params.items() if name in op.params}
    return Example("one step", inputs, needed)
