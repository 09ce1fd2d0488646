"""What composing keeps between calls: readings of parameters, places of instructions, names, scopes."""

from __future__ import annotations

import gc
import inspect
import json
import pickle
import threading
import weakref

import numpy as np
import pytest

import symbook as mx
from symbook import places
from symbook.errors import NameClashError, SymbookError


def attrs_of(symbol):
    """What a file holds of the last node."""
    return json.loads(symbol.tojson())["nodes"][-1].get("attrs")


class TestParametersThatAreEqual:
    """Python's 1, 1.0 and True are equal and hash alike; MXNet 1.9.1 writes what each looks like."""

    # What MXNet 1.9.1 wrote for `x * number`.
    SCALARS = (
        (1, "1"), (1.0, "1.0"), (0, "0"), (0.0, "0.0"), (-0.0, "-0.0"), (-1, "-1"),
        (float("nan"), "nan"), (float("inf"), "inf"), (1e30, "1e+30"), (2**70, str(2**70)),
        (np.float32(1), "1.0"), (np.int64(1), "1"),
    )  # fmt: skip

    @pytest.mark.parametrize("order", [1, -1])
    def test_of_scalars(self, order):
        x = mx.sym.Variable("x")
        for number, text in (self.SCALARS * 2)[::order]:
            product = x * number
            assert {"scalar": text} == attrs_of(product)
            (value,) = product.eval(x=mx.nd.array([2.0]))
            np.testing.assert_array_equal(np.float32(2) * np.float32(number), value.asnumpy()[0])

    # What MXNet 1.9.1 wrote for `sum(x, …)`.
    AXES = (
        ({"axis": 1}, {"axis": "1"}),
        ({"axis": (1,)}, {"axis": "(1,)"}),
        ({"axis": [1]}, {"axis": "[1]"}),
        ({"axis": 1, "keepdims": True}, {"axis": "1", "keepdims": "True"}),
        ({"axis": 1, "keepdims": 1}, {"axis": "1", "keepdims": "1"}),
        ({"keepdims": 1, "axis": 1}, {"axis": "1", "keepdims": "1"}),
        ({"axis": "1"}, {"axis": "1"}),
        ({"axis": (np.int64(1),)}, {"axis": "(1,)"}),
    )

    @pytest.mark.parametrize("order", [1, -1])
    def test_of_keywords(self, order):
        x = mx.sym.Variable("x")
        for given, texts in (self.AXES * 2)[::order]:
            total = mx.sym.sum(x, **given)
            assert texts == attrs_of(total)
            (value,) = total.eval(x=mx.nd.array(np.arange(6.0).reshape(2, 3)))
            keep = bool(given.get("keepdims"))
            np.testing.assert_array_equal(
                np.arange(6.0).reshape(2, 3).sum(1, keepdims=keep), value.asnumpy()
            )

    def test_a_mistake_is_told_each_time(self):
        x = mx.sym.Variable("x")
        for _ in range(3):
            with pytest.raises(ValueError, match="axis"):
                mx.sym.sum(x, axis="one")
            with pytest.raises(ValueError, match="keepdims"):
                mx.sym.sum(x, keepdims=2)

    def test_what_one_call_knows_is_bounded(self):
        x = mx.sym.Variable("x")
        op = (x + 1.5)._outputs[0].node.op
        for i in range(2000):
            assert {"scalar": f"{i}.5"} == attrs_of(x + (i + 0.5))
        assert len(op._known) <= 256

    def test_attributes_set_later_are_the_nodes_own(self):
        x = mx.sym.Variable("x")
        first, second = x * 2, x * 2
        first._set_attr(lr_mult="3")
        assert "3" == first.attr("lr_mult")
        assert second.attr("lr_mult") is None
        assert {"scalar": "2"} == attrs_of(second) == attrs_of(x * 2)


class TestPlaces:
    def test_every_way_to_make_a_node_gives_the_callers_line(self):
        x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
        line = inspect.currentframe().f_lineno
        made = [
            x + y,
            x * 2,
            2 - x,
            -x,
            abs(x),
            x == y,
            np.float32(2) * x,
            mx.sym.tanh(x),
            mx.sym.FullyConnected(x, num_hidden=2),
            mx.sym.tanh(x, name="t", attr={"__a__": "b"}),
            x.exp(),
            x.reshape((1, -1)),
            mx.sym.maximum(x, 1),
            mx.sym.maximum(x, y),
            mx.sym.zeros((2,)),
            mx.sym.split_v2(x, 2),
            mx.sym.random.uniform(shape=(2,)),
            mx.sym.linalg.gemm2(x, y),
            mx.sym.concat(x, y, dim=0),
            mx.sym.Variable("v"),
        ]
        found = [symbol._outputs[0].node.where for symbol in made]
        assert [__file__] * len(made) == [where.file for where in found]
        assert list(range(line + 2, line + 2 + len(made))) == [where.line for where in found]

    def test_a_loop_makes_nodes_at_one_place(self):
        z = x = mx.sym.Variable("x")
        for _ in range(3):
            z = (z + x) * 2
            line = inspect.currentframe().f_lineno - 1
        assert [line] * 6 == [node.where.line for node in z.graph.nodes if node.op is not None]

    def test_lines_of_long_code(self):
        lines = [f"made.append(x + {i})" for i in range(3000)]
        made = []
        exec(compile("\n".join(lines), "<long>", "exec"), {"made": made, "x": mx.sym.Variable("x")})
        found = [(s._outputs[0].node.where.file, s._outputs[0].node.where.line) for s in made]
        assert [("<long>", i + 1) for i in range(3000)] == found

    def test_code_that_is_gone_is_not_taken_for_new_code(self):
        """Code objects of one size follow each other at one address."""
        x = mx.sym.Variable("x")
        for i in range(200):
            code = compile("\n" * (i % 7) + "z = x + x", f"<made {i}>", "exec")
            space = {"x": x}
            exec(code, space)
            where = space["z"]._outputs[0].node.where
            assert (f"<made {i}>", i % 7 + 1) == (where.file, where.line)
            del code, space, where

    def test_no_frame_is_kept(self):
        class Kept:
            pass

        def make():
            kept = Kept()
            return mx.sym.Variable("x") * 2, weakref.ref(kept)

        symbol, kept = make()
        gc.collect()
        assert kept() is None
        assert symbol is not None

    def test_what_is_known_of_places_is_bounded(self):
        x = mx.sym.Variable("x")
        for i in range(3):
            exec(compile("x + x\n" * 3000, f"<many {i}>", "exec"), {"x": x})
        assert len(places._known) <= 4096

    def test_errors_with_places_can_be_pickled(self):
        x = mx.sym.Variable("x", shape=(2,))
        with pytest.raises(NameClashError) as caught:
            x + mx.sym.Variable("x", shape=(3,))
        again = pickle.loads(pickle.dumps(caught.value))
        assert str(caught.value) == str(again)
        assert caught.value.where == again.where
        assert hash(caught.value.where) == hash(again.where)


class TestInputs:
    def test_symbols_of_none_or_several_outputs_are_refused(self):
        x = mx.sym.Variable("x")
        two = mx.sym.Group([x, x])
        none = two[2:]
        for wrong in (lambda: two + none, lambda: none + two, lambda: two + x, lambda: x + none):
            with pytest.raises(SymbookError, match="single value is required"):
                wrong()
        for wrong in (lambda: mx.sym.tanh(two), lambda: two * 2, lambda: mx.sym.dot(x, none)):
            with pytest.raises(SymbookError, match="single value is required"):
                wrong()

    def test_none_is_an_input_left_out(self):
        """As `mx.sym.tanh(None, name="t")` of MXNet 1.9.1: it makes the variable `t_data`."""
        assert ["t_data"] == mx.sym.tanh(None, name="t").list_arguments()


class TestScopes:
    def test_threads_have_names_and_attributes_of_their_own(self):
        found = {}

        def work(k):
            with mx.name.NameManager(), mx.AttrScope(__k__=str(k)):
                x = mx.sym.Variable("x")
                made = [mx.sym.tanh(x + i) for i in range(200)]
            found[k] = [(s.name, s.attr("__k__")) for s in made]

        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = {k: [(f"tanh{i}", str(k)) for i in range(200)] for k in range(4)}
        assert expected == found

    def test_a_managers_own_get_is_asked_for_every_name(self):
        class Mine(mx.name.NameManager):
            def get(self, name, hint):
                return f"{name}:{hint}"

        x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
        with Mine():
            made = [x + y, x * 2, mx.sym.tanh(x), mx.sym.tanh(x, name="t"), mx.sym.sum(x, axis=0)]
        assert ["None:_plus", "None:_mulscalar", "None:tanh", "t:tanh", "None:sum"] == [
            symbol.name for symbol in made
        ]

    def test_an_attribute_scopes_own_get_is_asked(self):
        class Mine(mx.AttrScope):
            def get(self, attrs):
                return {"__mine__": "yes", **(attrs or {})}

        x = mx.sym.Variable("x")
        with Mine():
            made = [x + x, x * 2, mx.sym.tanh(x), mx.sym.Variable("y")]
        assert ["yes"] * 4 == [symbol.attr("__mine__") for symbol in made]
