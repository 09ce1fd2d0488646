"""Files that were made to do harm: they are refused in words of ours, at once, and nothing of them is run."""

from __future__ import annotations

import gzip
import json
import os
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import params_format as form
import pytest

import symbook as mx
from symbook.errors import (
    DTypeError,
    FormatError,
    LookupFailure,
    ParamError,
    SymbookError,
    UnsupportedError,
)
from symbook.ndarray import saving
from symbook.symbol import json as any_json

GOLDEN = Path(__file__).parent / "golden"
UPGRADES = json.loads((GOLDEN / "upgrades.json").read_text(encoding="utf-8"))
REFUSALS = (FormatError, LookupFailure, ParamError, UnsupportedError)


def variable(name: str = "x", **attrs: str) -> dict[str, Any]:
    return {"op": "null", "name": name, "attrs": attrs, "inputs": []}


def node(op: str, inputs: int = 1, name: str = "n", **attrs: str) -> dict[str, Any]:
    return {"op": op, "name": name, "attrs": attrs, "inputs": [[0, 0, 0]] * inputs}


def text_of(*nodes: dict[str, Any], version: int = 10901, **more: Any) -> str:
    whole = {
        "nodes": list(nodes),
        "arg_nodes": [i for i, row in enumerate(nodes) if row["op"] == "null"],
        "heads": [[len(nodes) - 1, 0, 0]],
        "attrs": {"mxnet_version": ["int", version]},
    }
    return json.dumps(whole | more)


def laid_out(text: str) -> str:
    """The text as MXNet lays it out, for the quick reader."""
    data = json.loads(text)
    rows = []
    for row in data["nodes"]:
        attrs = ", \n".join(
            f"        {json.dumps(k)}: {json.dumps(v)}" for k, v in row["attrs"].items()
        )
        attrs = f'      "attrs": {{\n{attrs}\n      }}, \n' if attrs else ""
        rows.append(
            f'    {{\n      "op": {json.dumps(row["op"])}, \n      "name": {json.dumps(row["name"])}, \n'
            f'{attrs}      "inputs": {json.dumps(row["inputs"])}\n    }}'
        )  # fmt: skip
    rest = ", \n".join(
        f'  "{key}": {json.dumps(data[key])}' for key in ("arg_nodes", "heads", "attrs")
    )
    return '{\n  "nodes": [\n' + ", \n".join(rows) + "\n  ], \n" + rest + "\n}"


def both(text: str) -> list[str]:
    return [text, laid_out(text)]


def refused(text: str, match: str) -> None:
    """A text is refused by an error of ours that says what is expected, in a message that a page holds."""
    with pytest.raises(REFUSALS, match=match) as caught:
        mx.sym.load_json(text)
    assert len(str(caught.value)) < 2_000


def message_of(text: str) -> str | None:
    """What a parameter's refusal says; None if the text is read."""
    try:
        mx.sym.load_json(text)
    except ParamError as error:
        return str(error)
    return None


def peak_of(read: Any, what: Any) -> int:
    """The most bytes that reading takes, whether it succeeds or not."""
    tracemalloc.start()
    try:
        read(what)
    except SymbookError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


class TestShapeOfTheText:
    @pytest.mark.parametrize("unit", ["[", '{"a":', '[{"nodes":', "[[[]],"])
    def test_100_000_levels(self, unit: str) -> None:
        refused(unit * 100_000, "this is no symbol: not JSON")
        refused('{"nodes": ' + "[" * 100_000 + "]" * 100_000 + "}", "this is no symbol: not JSON")

    @pytest.mark.parametrize("levels", range(200, 1000, 7))
    def test_any_number_of_levels(self, levels: int) -> None:
        """Some are read and too many to be shown."""
        deep = "[" * levels + "]" * levels
        for text in ('{"nodes": [%s], "heads": [[0, 0]]}', '{"nodes": [], "heads": [%s]}'):
            refused(text % deep, "this is no symbol|node 0|heads: ")

    @pytest.mark.parametrize("item", ["[]", '""'])
    def test_a_list_of_a_million(self, item: str) -> None:
        text = '{"nodes": [' + f"{item}, " * 1_000_000 + item + '], "heads": [[0, 0]]}'
        assert peak_of(mx.sym.load_json, text) < 64 * len(text)
        refused(text, "node 0: not a node")

    def test_lists_of_a_million_elsewhere(self) -> None:
        million = [0] * 1_000_000
        assert mx.sym.load_json(text_of(variable(), arg_nodes=million)).list_arguments() == ["x"]
        refused(text_of(variable(), heads=million), "heads: 0 is no output")
        wide = [[0, 0, 0]] * 100_000
        assert len(mx.sym.load_json(text_of(variable(), heads=wide)).list_outputs()) == 100_000
        row = variable() | {"op": "Concat", "attrs": {"num_args": "2"}, "inputs": wide}
        refused(text_of(variable(), row), r"Concat takes 2 inputs, this has 100,000")

    @pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "1" * 100_000, "1.0"])
    @pytest.mark.parametrize("place", ["heads", "arg_nodes", "inputs", "mxnet_version"])
    def test_numbers_that_are_none(self, number: str, place: str) -> None:
        text = text_of(variable(), node("relu"))
        old, new = {
            "heads": ('"heads": [[1,', f'"heads": [[{number},'),
            "arg_nodes": ('"arg_nodes": [0]', f'"arg_nodes": [{number}]'),
            "inputs": ('"inputs": [[0,', f'"inputs": [[{number},'),
            "mxnet_version": ("10901", number),
        }[place]
        assert old in text
        refused(text.replace(old, new), "not JSON|no output of|no variable|the version of MXNet")

    def test_a_mark_of_the_byte_order_and_other_encodings(self, tmp_path: Path) -> None:
        good = text_of(variable(), node("relu"))
        refused("\ufeff" + good, "this is no symbol: not JSON")
        for encoding in ("utf-8-sig", "utf-16", "utf-32", "latin-1"):
            path = tmp_path / encoding
            path.write_bytes(good.replace('"x"', '"\xe9"').encode(encoding))
            with pytest.raises(FormatError, match=f"{encoding}: this is no symbol: "):
                mx.sym.load(path)

    def test_keys_that_are_there_twice_have_their_last_value(self) -> None:
        """As Python reads JSON; for a node that must not be another one than MXNet reads, both agree."""
        text = text_of(variable(), node("relu"))
        twice = text.replace('"name": "n"', '"name": "a", "name": "n"')
        assert mx.sym.load_json(twice).list_outputs() == ["n_output"]
        assert mx.sym.load_json(text[:-1] + ', "heads": [[0, 0, 0]]}').list_outputs() == ["x"]

    def test_cycles(self) -> None:
        own = node("relu") | {"inputs": [[1, 0, 0]]}
        later = node("relu") | {"inputs": [[2, 0, 0]]}
        for text in both(text_of(variable(), own)) + both(text_of(variable(), later, node("relu"))):
            refused(text, r"node 1 \(n\): \[\d, 0, 0\] is no output of an earlier node")

    @pytest.mark.parametrize(
        "index", [-1, 2**31, 2**63, 2**64, -(2**63), 0.0, 0.5, True, False, "0", None, [0], {"0": 0}],
        ids=repr,
    )  # fmt: skip
    def test_indices(self, index: Any) -> None:
        for inputs in ([[index, 0, 0]], [[0, index, 0]], [index]):
            row = node("relu") | {"inputs": inputs}
            refused(
                text_of(variable(), row), r"node 1 \(n\): .* (is no output|has 1 output, none is)"
            )
        for heads in ([[index, 0, 0]], [[1, index, 0]], [index]):
            refused(text_of(variable(), node("relu"), heads=heads), r"heads: ")
        refused(text_of(variable(), node("relu"), arg_nodes=[1, index]), "arg_nodes: ")

    def test_names_that_are_there_twice(self) -> None:
        text = text_of(variable(), node("relu", name="x"), node("tanh", name="x"))
        for one in both(text):
            assert mx.sym.load_json(one).list_outputs() == ["x_output"]
        shapes = variable(__shape__="(1,)"), variable(__shape__="(2,)"), node("relu")
        for one in both(text_of(*shapes)):
            refused(
                one, r"node 1 \(x\): node 0 \(x\) has that name too, and their __shape__ disagree"
            )


class TestNamesAndOperators:
    def test_a_long_name_is_shown_in_part(self) -> None:
        refused(text_of(variable("x" * 100_000), node("relu", 2, "y" * 100_000)), "node 1 .yyy.*…")
        refused(text_of(node("z" * 100_000, 0)), "there is no operator 'zzz.*…")
        refused(text_of(variable(**{"k" * 100_000: "v"}), node("relu", 2)), "relu takes 1 input")
        refused(text_of(node("Custom", 0, op_type="t" * 100_000)), "is registered as 'ttt.*…")

    def test_only_operators_of_mxnets_are_called_so(self) -> None:
        text = text_of(node("_foreach", 0), node("x" * 9_000, 0), node("_cond", 0))
        with pytest.raises(
            UnsupportedError, match=r"needs 2 operators of MXNet's .*: _cond, _foreach;"
        ):
            mx.sym.load_json(text)


COUNTED = [
    ("UpSampling", {"num_args": "10000000000", "scale": "2", "sample_type": "nearest"}),
    ("Concat", {"num_args": "10000000000"}),
    ("_backward_Concat", {"num_args": "10000000000"}),
    ("multi_sgd_update", {"num_weights": "10000000000", "lrs": "1", "wds": "1"}),
    ("multi_sum_sq", {"num_arrays": "10000000000"}),
    ("reset_arrays", {"num_arrays": "10000000000"}),
    ("SliceChannel", {"num_outputs": "10000000000"}),
    ("_split_v2", {"indices": "()", "sections": "10000000000"}),
    ("amp_multicast", {"num_outputs": "10000000000"}),
    ("preloaded_multi_sgd_update", {"num_weights": "10000000000"}),
]


class TestParameters:
    @pytest.mark.parametrize(("op", "attrs"), COUNTED, ids=[op for op, _ in COUNTED])
    @pytest.mark.parametrize("version", [10901, 800])
    def test_counts_of_what_is_not_there(
        self, op: str, attrs: dict[str, str], version: int
    ) -> None:
        """Names of 10,000,000,000 inputs or outputs would fill any memory."""
        for text in both(text_of(variable(), node(op, 1, **attrs), version=version)):
            assert peak_of(mx.sym.load_json, text) < 200_000
            refused(text, r"node 1 \(n\): ")

    @pytest.mark.parametrize("number", [10**7, 2**63 - 1, 2**63, 2**64 + 1, 10**30])
    @pytest.mark.parametrize(("op", "attrs"), COUNTED, ids=[op for op, _ in COUNTED])
    def test_counts_that_python_cannot_hold(
        self, op: str, attrs: dict[str, str], number: int
    ) -> None:
        """A length of 2⁶³ is an OverflowError; a call in Python must not ask for so many names either."""
        changed = {k: v.replace("10000000000", str(number)) for k, v in attrs.items()}
        for text in both(text_of(variable(), node(op, 1, **changed))):
            assert peak_of(mx.sym.load_json, text) < 200_000
            refused(text, r"node 1 \(n\): ")

    @pytest.mark.parametrize("number", [10**10, 2**63, 2**64])
    def test_calls_that_ask_for_as_many(self, number: int) -> None:
        x = mx.sym.Variable("x")
        for ask in (
            lambda: mx.sym.split(x, num_outputs=number),
            lambda: mx.sym.UpSampling(x, num_args=number, scale=2, sample_type="nearest"),
        ):
            with pytest.raises(ParamError):
                ask()

    def test_a_million_outputs_take_memory_when_they_are_asked_for(self) -> None:
        for text in both(text_of(variable(), node("SliceChannel", num_outputs="1000000"))):
            assert peak_of(mx.sym.load_json, text) < 200_000
            assert mx.sym.load_json(text).list_outputs() == ["n_output0"]
        assert 100 == len(mx.sym.split(mx.sym.Variable("x"), num_outputs=100).list_outputs())

    HOSTILE = (
        "__import__('os').system('touch hacked')", "().__class__.__mro__[1].__subclasses__()", "(" * 100_000,
        "[" * 100_000 + "]" * 100_000, "-" * 100_000 + "1", "+".join("1" * 50_000), "9" * 100_000,
        "(" + "9" * 100_000 + ",)", "lambda: 0", "(1, 2", "1e999", "(1e999,)", "nan", "{1: 2}", "'\\N{foo}'",
        "b'x'", "1_0", "0x10", "(1,,2)", "(,)", "\x00", "\u0663", "(1 if 1 else 2,)", "f'{1}'", "(None,)",
        "((1,),)", "'(1,)'", "*", "1,\n2,\x0b", "(2" + ",2" * 100_000 + ",)(",
    )  # fmt: skip

    @pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
    @pytest.mark.parametrize(
        ("op", "key"), [("Reshape", "shape"), ("sum", "axis"), ("clip", "a_min"), ("Cast", "dtype")]
    )
    def test_values_that_are_none(self, op: str, key: str, value: str) -> None:
        """Whatever they are, they are a value of that kind or refused in a message that a page holds."""
        others = {"a_max": "1"} if op == "clip" else {}
        text = text_of(variable(), node(op, 1, **{key: value}, **others))
        for one in both(text):
            told = message_of(one)
            assert told is None or told.startswith(f"node 1 (n): {op}: ")
            assert told is None or len(told) < 1_000

    @pytest.mark.parametrize(
        ("text", "shape"),
        [
            ("(2, 3)", (2, 3)), ("[2,3]", (2, 3)), ("(2L, 3L)", (2, 3)), (" ( 2 ,3, ) ", (2, 3)),
            ("2, 3", (2, 3)), ("(2,)", (2,)), ("(2)", (2,)), ("2", (2,)), ("[2]", (2,)),
            ("(-1, 0)", (-1, 0)), ("()", ()),
            ("[ ]", ()),
        ],
    )  # fmt: skip
    def test_tuples_are_read_as_ever(self, text: str, shape: tuple[int, ...]) -> None:
        x = mx.sym.Variable("x")
        assert mx.sym.reshape(x, shape=text).graph.nodes[-1].params["shape"] == shape

    @pytest.mark.parametrize("shape", ["(4611686018427387904, 4611686018427387904)", "(9223372036854775808,)",
                                       "(0, 4611686018427387904, 4611686018427387904)",
                                       f"({'1, ' * 70})", f"({'9' * 4_000},)"])  # fmt: skip
    @pytest.mark.parametrize("op", ["_zeros", "_random_uniform", "x"])
    def test_shapes_that_no_array_has(self, shape: str, op: str) -> None:
        """The number of their elements is over 2⁶³, or would be if none were 0."""
        if op == "x":
            text = text_of(variable("x", __shape__=shape), node("relu"))
        else:
            text = text_of(node(op, 0, shape=shape))
        with pytest.raises((SymbookError, MemoryError)) as caught:
            mx.sym.load_json(text).simple_bind(mx.cpu())
        assert isinstance(caught.value, SymbookError)

    @pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999", "1e308"])
    def test_ranges_without_an_end(self, number: str) -> None:
        symbol = mx.sym.load_json(text_of(node("_arange", 0, start="0", stop=number)))
        with pytest.raises(SymbookError):
            symbol.simple_bind(mx.cpu())

    def test_a_dtype_is_no_description_of_columns(self) -> None:
        for text in (
            "i4,(100000,100000)f8",
            "\x00",
            "a",
            "(3)f4",
            "O",
            "V",
            "M8[ns]",
            "x" * 10_000,
        ):
            refused(text_of(variable(), node("Cast", dtype=text)), r"node 1 \(n\): Cast: dtype: ")
            with pytest.raises(DTypeError):
                mx.nd.zeros(2, dtype=text)

    def test_an_initializer_opens_no_file(self, tmp_path: Path) -> None:
        path = tmp_path / "secret.params"
        mx.nd.save(path, {"x": mx.nd.ones(2)})
        text = json.dumps(["load", {"param": str(path)}])
        symbol = mx.sym.load_json(text_of(variable(__init__=text), node("relu")))
        array = mx.nd.zeros(2)
        wanted = mx.init.InitDesc("x", symbol.attr_dict()["x"])
        with pytest.raises(LookupFailure):
            mx.init.Uniform()(wanted, array)
        assert [0, 0] == array.asnumpy().tolist()


def small_files() -> list[tuple[str, str]]:
    found = [(row["name"], row["text"]) for row in UPGRADES if "text" in row and "error" not in row]
    one = {name.split(" ")[0]: (name, text) for name, text in reversed(found)}
    golden = GOLDEN / "symbols"
    return [
        *one.values(),
        *((name, (golden / name).read_text()) for name in ("split.json", "dense.json")),
    ]


class TestCutFiles:
    @pytest.mark.parametrize(("name", "text"), small_files(), ids=lambda value: str(value)[:12])
    def test_a_symbol_cut_anywhere_is_refused(self, name: str, text: str) -> None:
        """Of each version; nothing but white space may follow the last brace."""
        end = len(text.rstrip())
        for length in range(end):
            with pytest.raises(FormatError, match="this is no symbol: not JSON"):
                mx.sym.load_json(text[:length])

    def test_every_file_of_mxnets_cut_anywhere_is_refused(self) -> None:
        for path in sorted((GOLDEN / "files").glob("*.params")):
            raw = path.read_bytes()
            for length in range(len(raw)):
                with pytest.raises(FormatError, match=r"the buffer: .*, at byte [\d,]+: "):
                    mx.nd.load_frombuffer(raw[:length])

    def test_a_network_cut_here_and_there_is_refused(self) -> None:
        path = min(
            (GOLDEN / "networks").glob("*-symbol.json.gz"), key=lambda path: path.stat().st_size
        )
        text = gzip.decompress(path.read_bytes()).decode()
        for length in np.linspace(0, len(text) - 2, 200, dtype=int):
            with pytest.raises(FormatError, match="this is no symbol"):
                mx.sym.load_json(text[:length])


class TestArrays:
    @pytest.mark.parametrize("dims", [(0, 2**31), (2**16, 0, 2**16), (0, 2**40)])
    def test_sizes_that_32_bits_do_not_count(self, dims: Any, monkeypatch: Any) -> None:
        """NumPy refuses them in a browser, with an error of its own, though they hold no elements."""
        monkeypatch.setattr(saving, "_MOST_BYTES", 2**31 - 1)
        head = struct.pack(f"<Iii{len(dims)}q3i", form.V2, 0, len(dims), *dims, 1, 0, 0)
        with pytest.raises(FormatError, match=r"array 0, at byte \d+: no array can have the shape"):
            mx.nd.load_frombuffer(form.pack_file([head]))

    @pytest.mark.parametrize("dims", [(2**32 - 1,) * 2, (0, *(2**32 - 1,) * 2), (2**32 - 1,) * 64])
    def test_sizes_of_the_oldest_form(self, dims: tuple[int, ...]) -> None:
        head = struct.pack(f"<I{len(dims)}I3i", len(dims), *dims, 1, 0, 0)
        with pytest.raises(FormatError, match="no array can have the shape"):
            mx.nd.load_frombuffer(form.pack_file([head]))

    def test_a_long_name_is_shown_in_part(self) -> None:
        array = form.pack_array(form.V2, np.ones(1))
        for names in (["x" * 100_000] * 2, ["\x1b[31m\u202e"] * 2):
            with pytest.raises(FormatError, match="is there 2 times") as caught:
                mx.nd.load_frombuffer(form.pack_file([array] * 2, names))
            assert len(str(caught.value)) < 1_000
            assert not {"\x1b", "\u202e"} & set(str(caught.value))

    def test_many_small_arrays_take_no_more_than_they_are(self) -> None:
        arrays = [form.pack_array(form.V2, np.ones(1, np.uint8))] * 3_000
        text = form.pack_file(arrays, [f"{i}" for i in range(3_000)])
        assert peak_of(mx.nd.load_frombuffer, text) < 64 * len(text)


def calls_of(read: Any, text: str) -> int:
    """How many functions are called while a text is read, those in C too: the same on every machine."""
    number = 0

    def called(*_: Any) -> None:
        nonlocal number
        number += 1

    sys.setprofile(called)
    try:
        read(text)
    except SymbookError as error:
        str(error)
    finally:
        sys.setprofile(None)
    return number


class TestTime:
    """Eight times the file calls for eight times the work, not for 64 times."""

    GROWING = (
        ("names", lambda n: text_of(*(variable("x" * i) for i in range(n // 40)))),
        ("variables", lambda n: text_of(*(variable("x") for _ in range(n)))),
        ("unknown operators", lambda n: text_of(*(node(f"conv{i}", 0) for i in range(n)))),
        ("attributes", lambda n: text_of(variable(**{f"__a{i}__": "" for i in range(n)}), node("relu"))),
        ("heads", lambda n: text_of(variable(), node("SliceChannel", num_outputs="1000"),
                                    heads=[[1, i % 1000, 0] for i in range(n)])),
        ("outputs", lambda n: text_of(variable(), *[node("SliceChannel", num_outputs="9")] * n)),
    )  # fmt: skip

    @pytest.mark.parametrize(("what", "make"), GROWING, ids=[what for what, _ in GROWING])
    def test_it_grows_as_the_file_does(self, what: str, make: Any) -> None:
        for read in (mx.sym.load_json, any_json.load):
            few, many = (calls_of(read, make(n)) for n in (500, 4_000))
            assert many < 12 * few + 1_000


def test_nothing_of_a_file_is_run(tmp_path: Path) -> None:
    """Python itself tells what is compiled, opened, imported or started while files are read and run."""
    code = "__import__('os').system('touch hacked')"
    names = [
        code,
        f"x'); {code} #",
        f"\n{code}\n",
        '"""',
        "\\",
        "{x}",
        "a b",
        "def",
        "x0",
        "t0",
        "steps",
    ]
    files = {
        "names.json": text_of(*(variable(name) for name in names), *(
            {"op": "tanh", "name": name, "attrs": {}, "inputs": [[i, 0, 0]]} for i, name in enumerate(names)
        ), node("add_n", 0, code, num_args=str(len(names))) | {
            "inputs": [[len(names) + i, 0, 0] for i in range(len(names))]
        }),
        "attrs.json": text_of(
            variable(__init__=code, __x__=code, __lr_mult__=code), node("relu", **{f"__{code}__": code})
        ),
        "shape.json": text_of(variable(__shape__=code), node("relu")),
        "dtype.json": text_of(variable(__dtype__=code), node("relu")),
        "param.json": text_of(variable(), node("Reshape", shape=code)),
        "scalar.json": text_of(variable(), node("_plus_scalar", scalar="nan"), name=code),
        "strange.json": text_of(
            variable(), node("_mul_scalar", scalar="1e999"), node("clip", a_min="-1e999", a_max="nan")
        ),
        "op.json": text_of(variable(), node(code)),
        "custom.json": text_of(variable(), node("Custom", op_type=code)),
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    pickled = b"cos\nsystem\n(S'touch hacked'\ntR."
    (tmp_path / "pickle.params").write_bytes(pickled)
    (tmp_path / "names.params").write_bytes(
        form.pack_file([form.pack_array(0, np.ones(1))], [code])
    )
    work = tmp_path / "work"
    work.mkdir()
    ran = subprocess.run(
        [sys.executable, Path(__file__).parent / "hostile_audit.py", tmp_path],
        cwd=work, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip
    told = json.loads(ran.stdout)
    assert told["symbols"] == 2 * 6
    assert told["reading"] == []
    # A graph that is run has source of our own compiled, from numbered names.
    for event, arguments in told["running"]:
        assert event in ("compile", "exec", "code.__new__"), (event, arguments)
        assert "hacked" not in arguments
    assert [] == list(work.iterdir())
