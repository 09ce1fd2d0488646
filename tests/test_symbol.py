"""Symbols: what golden data does not cover, and what symbook does beyond MXNet."""

from __future__ import annotations

import contextlib
import copy
import json
import pickle
import threading
import warnings
from functools import partial

import numpy as np
import pytest
from counting import growth
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_case

import symbook as mx
from symbook.errors import (
    ArgumentError,
    FormatError,
    LookupFailure,
    NameClashError,
    NotImplementedForSymbol,
    ParamError,
    ShapeError,
    SymbookError,
    UnsupportedError,
    did_you_mean,
)
from symbook.ops import registry
from symbook.ops.unserved import UNSERVED


def variables(names="ab"):
    return [mx.sym.Variable(name) for name in names]


class TestOneArgumentPerName:
    def test_two_variables_of_one_name_unify(self):
        symbol = mx.sym.Variable("x") + mx.sym.Variable("x", shape=(3,))
        assert ["x"] == symbol.list_arguments()
        assert ["x"] == symbol.list_inputs()
        assert [(3,)] == symbol.infer_shape()[1]

    def test_declarations_that_disagree_are_an_error_that_shows_both_places(self):
        first = mx.sym.Variable("x", shape=(2,))
        second = mx.sym.Variable("x", shape=(3,))
        with pytest.raises(NameClashError) as caught:
            first + second
        assert str(caught.value).count("test_symbol.py") == 2
        assert "(2,)" in str(caught.value)
        assert "(3,)" in str(caught.value)

    def test_declarations_far_apart_are_compared_when_the_graph_is_asked(self):
        first = mx.sym.exp(mx.sym.Variable("x", dtype="int32"))
        second = mx.sym.exp(mx.sym.Variable("x", dtype="float32"))
        with pytest.raises(NameClashError, match="two variables are called 'x'"):
            (first + second).list_arguments()


class TestBroadcasting:
    def test_known_unequal_shapes_broadcast_as_numpy(self):
        a, b = variables()
        x, y = np.arange(6.0).reshape(2, 3), np.arange(3.0)
        (value,) = (a + b).eval(a=mx.nd.array(x), b=mx.nd.array(y))
        np.testing.assert_array_equal(x + y, value.asnumpy())
        assert [(2, 3)] == (a + b).infer_shape(a=(2, 3), b=(3,))[1]

    def test_an_unknown_operand_takes_its_partners_shape(self):
        a, b = variables()
        assert [(2, 3), (2, 3)] == (a * b).infer_shape(b=(2, 3))[0]

    def test_unequal_shapes_that_do_not_broadcast_say_so(self):
        a, b = variables()
        with pytest.raises(ShapeError) as caught:
            (a + b).infer_shape(a=(2, 3), b=(4,))
        text = str(caught.value)
        for part in ("a  (2, 3)", "b  (4,)", "test_symbol.py", "hint"):
            assert part in text


class TestInference:
    def test_positional_shapes_follow_the_order_of_the_arguments(self):
        a, b = variables()
        assert [(2, 3), (2, 3)] == (b - a).infer_shape((2, 3))[0]
        assert ["b", "a"] == (b - a).list_arguments()

    def test_a_symbol_in_brackets_needs_the_name_of_a_variable(self):
        a, b = variables()
        with pytest.raises(
            mx.base.MXNetError, match=r"takes the place of: symbol\(a=…, b=…\)"
        ) as caught:
            (a + b)(a)
        assert "General composition only support kwargs" in caught.value.message
        with pytest.raises(mx.base.MXNetError, match="no variable 'c'; the variables are a, b "):
            (a + b)(c=a)

    def test_positional_and_named_cannot_be_mixed(self):
        a, b = variables()
        with pytest.raises(ValueError, match="either by positional or kwargs"):
            (a + b).infer_shape((2,), b=(2,))

    def test_what_is_missing_is_named_in_the_warning(self):
        a, b = variables()
        with pytest.warns(
            UserWarning, match=r"Cannot decide shape .*: a, b\. .* is _\w+ = elemwise_add\(a, b\)"
        ) as seen:
            assert (None, None, None) == (a + b).infer_shape()
        assert seen[0].filename == __file__

    def test_dtypes_that_differ_are_refused_with_both(self):
        a, b = variables()
        with pytest.raises(TypeError, match="mixed dtypes: int32 and float32"):
            (a + b).infer_type(a="int32", b=np.float32)

    def test_float64_is_not_taken_for_unknown(self):
        """NumPy says dtype('float64') == None."""
        a, b = variables()
        assert [np.float64] == (a + b).infer_type(b="float64")[1]

    def test_a_declared_shape_that_is_none_is_refused(self):
        with pytest.raises(ParamError, match="'big' is not a shape"):
            mx.sym.Variable("x", shape="big")
        bad = mx.sym.load_json(mx.sym.Variable("x", __shape__="(2,").tojson())
        with pytest.raises(ShapeError, match="declared shape of x is no shape"):
            bad.infer_shape()

    @settings(deadline=None, max_examples=60)
    @given(seed=st.integers(0, 2**32))
    def test_inferred_specs_are_those_of_the_values(self, seed):
        case = random_case(seed)
        shapes = {name: value.shape for name, value in case.arrays.items()}
        assert [value.shape for value in case.expected] == case.symbol.infer_shape(**shapes)[1]
        types = dict.fromkeys(case.arrays, "float64")
        assert [np.float64] * len(case.expected) == case.symbol.infer_type(**types)[1]


class TestNoValueYet:
    @pytest.mark.parametrize(
        "use",
        [
            bool,
            float,
            int,
            lambda s: s.asnumpy(),
            lambda s: s.asscalar(),
            lambda s: s.copy(),
            lambda s: s.wait_to_read(),
            lambda s: s.detach(),
            lambda s: s.backward(),
            lambda s: s.as_in_context(mx.cpu()),
        ],
    )
    def test_uses_that_need_a_value_say_so(self, use):
        with pytest.raises(NotImplementedForSymbol, match="has no value yet"):
            use(mx.sym.Variable("x"))

    def test_in_place_arithmetic_is_refused(self):
        x = mx.sym.Variable("x")
        with pytest.raises(NotImplementedForSymbol, match="cannot be changed in place"):
            x += 1

    def test_a_symbol_is_no_key(self):
        with pytest.raises(TypeError, match="unhashable"):
            {mx.sym.Variable("x"): 1}

    @pytest.mark.parametrize("other", ["s", None, [1], np.ones(3), 1j])
    def test_only_symbols_and_numbers_combine(self, other):
        x = mx.sym.Variable("x")
        for combine in (
            lambda: x + other,
            lambda: other - x,
            lambda: x * other,
            lambda: x == other,
        ):
            with pytest.raises(TypeError, match="not supported"):
                combine()


class TestCopies:
    @pytest.mark.parametrize(
        "copied", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
    )
    def test_copies_are_the_same_graph(self, copied):
        case = random_case(11)
        again = copied(case.symbol)
        assert case.symbol.tojson() == again.tojson()
        for expected, value in zip(
            case.expected, again.bind(mx.cpu(), case.bound()).forward(), strict=True
        ):
            np.testing.assert_array_equal(expected, value.asnumpy())

    @settings(deadline=None, max_examples=60)
    @given(seed=st.integers(0, 2**32))
    def test_json_is_read_back_as_it_was_written(self, seed):
        case = random_case(seed)
        again = mx.sym.load_json(case.symbol.tojson())
        assert case.symbol.tojson() == again.tojson()
        for expected, value in zip(
            case.expected, again.bind(mx.cpu(), case.bound()).forward(), strict=True
        ):
            np.testing.assert_array_equal(expected, value.asnumpy())

    def test_save_and_load_a_file(self, tmp_path):
        a, b = variables()
        path = str(tmp_path / "with spaces é.json")
        (a + b).save(path)
        assert ["a", "b"] == mx.sym.load(path).list_arguments()
        assert [tmp_path / "with spaces é.json"] == list(tmp_path.iterdir())

    def test_a_save_that_fails_leaves_the_old_file(self, tmp_path):
        path = tmp_path / "nowhere" / "x.json"
        with pytest.raises(OSError, match="nowhere"):
            mx.sym.Variable("x").save(str(path))


def symbol_text(node, head="[0,0,0]"):
    """A symbol's JSON with one node, x, that has these keys."""
    version = '"attrs": {"mxnet_version": ["int", 10901]}'
    return f'{{"nodes": [{{"name": "x", {node}}}], "heads": [{head}], {version}}}'


class TestBadFiles:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("zz", "not JSON"),
            ("[1]", "no list of nodes"),
            ('{"nodes": []}', "no heads"),
            ('{"nodes": [], "heads": []}', "no heads"),
            ('{"nodes": [7], "heads": [[0,0,0]]}', "node 0: not a node"),
            (symbol_text('"op": "null"', "[1,0,0]"), "no output of an earlier node"),
            (symbol_text('"op": "null"', "[0,5,0]"), "heads: x has 1 output, none is 5"),
            (symbol_text('"op": "exp", "inputs": [[0,0,0]]'), "no output of an earlier"),
            (symbol_text('"op": "exp", "inputs": []'), "exp takes 1 input, this has 0"),
            (symbol_text('"op": "null", "attrs": {"a": 1}'), "no table of texts"),
            ("[" * 100_000, "not JSON"),
        ],
    )  # fmt: skip
    def test_say_where_they_are_wrong(self, text, message):
        with pytest.raises(FormatError, match=message):
            mx.sym.load_json(text)

    def test_an_unknown_operator_is_named_with_its_nearest(self):
        text = mx.sym.exp(mx.sym.Variable("x"), name="e").tojson().replace('"exp"', '"expp"')
        with pytest.raises(
            LookupFailure, match=r"node 1 \(e\): there is no operator 'expp'"
        ) as caught:
            mx.sym.load_json(text)
        assert caught.value.hint == "Did you mean 'exp'?"

    def test_a_bad_parameter_is_named(self):
        text = (
            mx.sym.sum(mx.sym.Variable("x"), axis=1, name="s")
            .tojson()
            .replace('"axis": "1"', '"axis": "one"')
        )
        with pytest.raises(
            ParamError, match=r"node 1 \(s\): sum: Invalid Parameter format for axis"
        ):
            mx.sym.load_json(text)

    def test_bytes_that_are_no_text(self, tmp_path):
        (tmp_path / "x.json").write_bytes(b"\xff\xfe")
        with pytest.raises(FormatError, match="not UTF-8"):
            mx.sym.load(str(tmp_path / "x.json"))

    @settings(deadline=None, max_examples=100)
    @given(data=st.data())
    def test_a_text_cut_or_changed_anywhere_is_read_or_refused(self, data):
        text = random_case(2).symbol.tojson()
        at = data.draw(st.integers(0, len(text) - 1))
        for broken in (text[:at], text[:at] + data.draw(st.characters()) + text[at + 1 :]):
            with contextlib.suppress(SymbookError):
                mx.sym.load_json(broken)

    def test_earlier_versions_are_read(self):
        nodes = [
            {
                "op": "null",
                "name": "x",
                "inputs": [],
                "attr": {"lr_mult": "2"},
                "param": {},
                "backward_source_id": -1,
            },
            {
                "op": "sum",
                "name": "s",
                "inputs": [[0, 0]],
                "param": {"axis": "1"},
                "backward_source_id": -1,
            },
        ]
        symbol = mx.sym.load_json(json.dumps({"nodes": nodes, "arg_nodes": [0], "heads": [[1, 0]]}))
        assert {"axis": "1"} == symbol.list_attr()
        assert "2" == symbol.attr_dict()["x"]["__lr_mult__"]


class TestMessages:
    def test_near_misses_are_offered(self):
        x = mx.sym.Variable("x")
        with pytest.raises(AttributeError, match="Did you mean 'reshape'"):
            mx.sym.reshap(x)
        with pytest.raises(ParamError) as caught:
            mx.sym.sum(x, axes=1)
        assert "Did you mean 'axis'?" == caught.value.hint
        with pytest.raises(ParamError) as caught:
            mx.sym.Variable("x", shap=(2,))
        assert "Did you mean 'shape'?" == caught.value.hint
        with pytest.raises(ValueError, match="Cannot find output") as caught:
            mx.sym.exp(x, name="e").get_internals()["e"]
        assert "Did you mean 'e_output'?" == caught.value.hint

    @pytest.mark.parametrize("module", [mx.sym, mx.nd, mx.sym.op])
    def test_an_operator_of_mxnets_that_is_not_served_is_said_to_be_one(self, module):
        with pytest.raises(
            AttributeError, match="_contrib_box_nms is an operator of MXNet's that this version"
        ):
            _ = module._contrib_box_nms

    def test_a_file_with_an_operator_that_is_not_served_names_the_node(self):
        text = mx.sym.exp(mx.sym.Variable("x"), name="c1").tojson().replace('"exp"', '"_cvimread"')
        with pytest.raises(
            UnsupportedError,
            match=r"needs 1 operator of MXNet's .*: _cvimread; the first is at node 1 \(c1\)",
        ):
            mx.sym.load_json(text)

    def test_what_is_listed_as_not_served_is_not(self):
        assert not [name for name in UNSERVED if registry.find(name)]

    def test_a_file_names_all_operators_that_are_not_served_at_once(self):
        x = mx.sym.Variable("x")
        text = mx.sym.exp(mx.sym.log(mx.sym.exp(x, name="c1"))).tojson()
        text = text.replace('"exp"', '"_npi_add"').replace('"log"', '"_cvimread"')
        told = r"needs 2 operators .*: _cvimread, _npi_add; the first"
        with pytest.raises(UnsupportedError, match=told):
            mx.sym.load_json(text)

    @pytest.mark.parametrize(
        ("module", "slip", "name"),
        [
            ("init", "Xavir", "Xavier"),
            ("operator", "defin", "define"),
            ("model", "load_chekpoint", "load_checkpoint"),
            ("random", "unifrm", "uniform"),
            ("profiler", "set_stat", "set_state"),
            ("mon", "Montor", "Monitor"),
        ],
    )
    def test_near_misses_in_other_modules(self, module, slip, name):
        with pytest.raises(AttributeError, match=f"Did you mean '{name}'"):
            getattr(getattr(mx, module), slip)

    def test_a_part_of_mxnet_that_is_not_served_is_said_to_be_one(self):
        with pytest.raises(AttributeError, match=r"mx\.gluon is a part of MXNet that this version"):
            _ = mx.gluon

    @pytest.mark.parametrize(
        ("use", "hint"),
        [
            (lambda x: np.sqrt(x), "mx.sym.sqrt"),
            (lambda x: np.abs(x), "mx.sym.abs"),
            (lambda x: np.mean(x), "mx.sym.mean"),
            (lambda x: np.dot(x, x), "mx.sym.dot"),
            (lambda x: np.ones((2, 2)) @ x, "mx.sym.dot"),
            (lambda x: x**2 ^ x, "x ** 2"),
            (lambda x: x @ x, "mx.sym.dot"),
            (lambda x: 7 // x, "mx.sym.floor(x / y)"),
            (lambda x: ~x, "mx.sym.logical_not"),
            (lambda x: sum * x, "sum = mx.sym.Variable('sum')"),
        ],
    )
    def test_what_numpy_or_python_would_do_has_a_way_here(self, use, hint):
        with pytest.raises(TypeError) as caught:
            use(mx.sym.Variable("x"))
        assert isinstance(caught.value, ArgumentError)
        assert hint in caught.value.hint

    @pytest.mark.parametrize("number", [np.float32(2.5), np.float64(3), np.int64(4)])
    def test_numpys_numbers_stand_on_either_side(self, number):
        x, value = mx.sym.Variable("x"), np.array([1.0, 2.0, 5.0], np.float32)
        pairs = [
            (x + number, value + number), (number + x, number + value), (number - x, number - value),
            (number * x, number * value), (x / number, value / number), (number / x, number / value),
            (number**x, number**value), (number > x, number > value), (number <= x, number <= value),
            (x == number, value == number), (number != x, number != value),
        ]  # fmt: skip
        for symbol, expected in pairs:
            (result,) = symbol.eval(x=mx.nd.array(value))
            np.testing.assert_allclose(expected.astype(np.float32), result.asnumpy(), rtol=1e-6)

    def test_eval_speaks_of_its_own_arguments(self):
        a, b = variables()
        with pytest.raises(ValueError, match="key `b` is missing in `eval`") as caught:
            (a + b).eval(a=mx.nd.ones((1,)))
        assert "Add b=mx.nd.array([…])." == caught.value.hint

    @pytest.mark.parametrize(
        ("name", "candidates", "found"),
        [
            ("epx", ["exp", "log"], "exp"),
            ("Exp", ["exp", "log"], "exp"),
            ("reshap", ["reshape", "reshape_like"], "reshape"),
            ("a", ["A", "B"], "A"),
            ("B", ["C", "D"], None),
            ("load", ["BlockGrad"], None),
            ("save", ["square"], None),
            ("softmax", ["max"], None),
            ("foo", ["floor"], None),
            ("--steps", ["--shapes"], None),
        ],
    )
    def test_only_near_misses_are_near(self, name, candidates, found):
        assert (f"Did you mean {found!r}?" if found else "") == did_you_mean(name, candidates)

    @given(word=st.text("abcdef", min_size=3, max_size=9), data=st.data())
    def test_one_slip_of_the_keyboard_is_a_near_miss(self, word, data):
        at = data.draw(st.integers(0, len(word) - 2))
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        for slip in (word[:at] + "x" + word[at:], word[:at] + "x" + word[at + 1 :], swapped):
            if len(slip) >= 3:
                assert f"Did you mean {word!r}?" == did_you_mean(slip, [word, "zzzzzzzzzzzz"])

    def test_an_array_in_place_of_a_symbol(self):
        with pytest.raises(TypeError, match="an input must be a Symbol, not an NDArray") as caught:
            mx.sym.exp(mx.nd.ones((2,)))
        assert "use a Variable here" in caught.value.hint


def test_names_are_counted_per_thread():
    names = []

    def work():
        names.append(repr(mx.sym.Variable("x") + mx.sym.Variable("y")))

    mx.sym.Variable("x") + mx.sym.Variable("y")
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ["<Symbol _plus0>"] == names


def test_a_chain_of_100_000_nodes(tmp_path):
    """Composes, infers, binds, runs, saves and loads; nothing recurses."""
    x = mx.sym.Variable("x")
    y = x
    for _ in range(50_000):
        y = (y + x) * 0.5
    assert 100_001 == len(y.get_internals())
    assert [(3,)] == y.infer_shape(x=(3,))[1]
    y.save(str(tmp_path / "chain.json"))
    again = mx.sym.load(str(tmp_path / "chain.json"))
    assert y.list_outputs() == again.list_outputs()
    value = mx.nd.array([1, 2, 3])
    for symbol, runner in ((y, "serial"), (again, "threads")):
        executor = symbol.bind(mx.cpu(), {"x": value}, runner=runner)
        np.testing.assert_array_equal([1, 2, 3], executor.forward()[0].asnumpy())
    assert 100_001 == len(y(x=mx.sym.Variable("z")).get_internals())
    assert 100_001 == len(pickle.loads(pickle.dumps(y)).get_internals())


WIDE = 8_000  # what is quadratic in this takes long, also where it is C's
COUNTED = 300
LINEAR = 2.2
"""How many times the work may be for twice the size: 2, and a logarithm."""


def wide(make, count=WIDE):
    """A symbol of many variables, and arrays for them."""
    symbols = [mx.sym.Variable(f"v{i}") for i in range(count)]
    return make(symbols), {f"v{i}": mx.nd.array([i]) for i in range(count)}


def zigzag(symbols):
    """Each sum tells its neighbours' dtypes; in an order in which no sweep over the graph helps."""
    order = np.random.default_rng(0).permutation(len(symbols) - 1)
    return mx.sym.Group([symbols[i] + symbols[i + 1] for i in order])


@pytest.mark.parametrize(
    "make",
    [
        lambda symbols: mx.sym.add_n(*symbols),
        lambda symbols: mx.sym.add_n(*map(mx.sym.exp, symbols)),
        lambda symbols: mx.sym.Group(list(map(mx.sym.exp, symbols))),
        zigzag,
    ],
    ids=["add_n", "add_n of exp", "group", "zigzag"],
)
def test_a_wide_graph_takes_no_quadratic_time(make):
    def use(count):
        symbol, bound = wide(make, count)
        shapes = dict.fromkeys(bound, (1,))
        assert symbol.infer_shape(**shapes)[0] == [(1,)] * count
        executor = symbol.simple_bind(mx.cpu(), **shapes)
        assert {array.dtype for array in executor.arg_arrays} == {np.float32}
        assert len(symbol.bind(mx.cpu(), bound).forward()) == len(symbol)
        others = {name: mx.sym.Variable("_" + name) for name in bound}
        assert len(symbol(**others).list_inputs()) == count

    use(WIDE)
    assert growth(lambda count: partial(use, count), COUNTED) < LINEAR


def test_a_node_of_very_many_outputs_takes_no_quadratic_time():
    def use(count):
        parts = mx.sym.split(mx.sym.Variable("x"), num_outputs=count, axis=0, name="s")
        assert parts.list_outputs() == [f"s_output{i}" for i in range(count)]
        assert mx.sym.load_json(parts.tojson()).list_outputs() == parts.list_outputs()
        executor = parts.bind(mx.cpu(), {"x": mx.nd.arange(count)})
        assert float(executor.forward()[-1]) == count - 1
        assert len(executor.trace().outputs) == count

    use(WIDE)
    assert growth(lambda count: partial(use, count), COUNTED) < LINEAR


def test_messages_about_wide_graphs_fit_a_page():
    symbol, bound = wide(lambda symbols: mx.sym.add_n(*symbols, name="total"))
    mistakes = [
        {**bound, "v7000": mx.nd.zeros((2, 3)), "v7001": mx.nd.zeros((2, 2))},
        {**bound, "v7000": mx.nd.zeros((1,), dtype="int32")},
        {name: array for name, array in bound.items() if name < "v5"},
        {**bound, "zzz": bound["v1"]},
        {},
    ]
    for arrays in mistakes:
        with pytest.raises(SymbookError) as caught:
            symbol.bind(mx.cpu(), arrays)
        assert len(str(caught.value)) < 1000
    with pytest.raises(ShapeError, match=r"v7000  \(2, 3\)"):
        symbol.bind(mx.cpu(), mistakes[0])


def test_a_value_read_twice_by_a_one_sided_rule():
    # Inference went round in circles: the rule for dtypes says nothing of pick's second input.
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    assert (mx.sym.pick(x, x) % y).infer_type(y="int32")[0] == [np.int32, np.int32]


class TestWhatMXNetRaises:
    """Code written for MXNet catches what it used to catch."""

    x = mx.sym.Variable("x")

    @pytest.mark.parametrize(
        ("call", "kinds"),
        [
            (lambda x: x.infer_shape((2,), x=(2,)), (ValueError,)),
            (lambda x: mx.sym.Cast(x, dtype="foo"), (TypeError, SymbookError)),
            (lambda x: x.simple_bind(mx.cpu(), x=5), (RuntimeError, TypeError)),
            (lambda x: x.simple_bind(mx.cpu(), x=("a",)), (RuntimeError, TypeError)),
        ],
        ids=["both ways", "no dtype", "no shape", "no sizes"],
    )
    def test_kinds(self, call, kinds):
        with pytest.raises(SymbookError) as caught:
            call(self.x)
        assert all(isinstance(caught.value, kind) for kind in kinds)

    def test_a_dtype_that_is_none_is_told_what_there_is(self):
        with pytest.raises(ParamError, match=r"Cast: dtype: 'foo' is not a dtype(.|\n)*float16"):
            mx.sym.Cast(self.x, dtype="foo")

    def test_a_name_is_a_string(self):
        with pytest.raises(ArgumentError, match="the name of a symbol is a string, not 5"):
            mx.sym.exp(self.x, name=5)


def test_a_storage_type_is_kept_as_mxnet_keeps_it():
    assert mx.sym.Variable("x", stype="default").list_attr() == {"__storage_type__": "0"}


def test_a_saved_file_holds_the_text_and_no_more(tmp_path):
    symbol = mx.sym.exp(mx.sym.Variable("x"))
    symbol.save(str(tmp_path / "symbol.json"))
    assert (tmp_path / "symbol.json").read_bytes() == symbol.tojson().encode()


def test_shapes_that_do_not_broadcast_are_shown_as_given():
    with pytest.raises(ShapeError, match=r"with shapes \(2, 3\) \(4,\)\n"):
        mx.nd.zeros((2, 3)) + mx.nd.zeros((4,))


def test_a_node_without_inputs_is_shown_without():
    with pytest.raises(ShapeError, match=r"draw = _random_uniform\(\)\n"):
        mx.sym.random.uniform(low=3, high=1, shape=(2,), name="draw").eval()


def test_a_shape_beyond_all_memory_is_refused_in_words():
    with pytest.raises(ArgumentError, match="would have 100,000,000,000,000,000,000 elements"):
        mx.nd.zeros((10**10, 10**10))


def test_none_is_no_input_of_a_variadic_operator():
    with pytest.raises(TypeError, match="an input is None"):
        mx.sym.concat(mx.sym.Variable("x"), None)


def test_numpys_warnings_do_not_reach_the_user():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mx.sym.log(mx.sym.Variable("x")).eval(x=mx.nd.array([-1, 0]))
