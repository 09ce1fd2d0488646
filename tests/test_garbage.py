"""Putting off Python's search for garbage, and who does."""

from __future__ import annotations

import gc
import os

import pytest

import symbook as mx
from symbook import garbage
from symbook.errors import FormatError


@pytest.fixture(autouse=True)
def collecting():
    """Each test begins with the search on and ends so."""
    gc.enable()
    yield
    gc.enable()


def test_it_is_off_inside_and_on_again_afterwards():
    with garbage.put_off():
        assert not gc.isenabled()
        with garbage.put_off():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_comes_back_after_an_error():
    with pytest.raises(ZeroDivisionError), garbage.put_off():
        1 / 0  # noqa: B018
    assert gc.isenabled()


def test_who_has_switched_it_off_keeps_it_off():
    gc.disable()
    with garbage.put_off():
        assert not gc.isenabled()
    assert not gc.isenabled()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forks beside threads
def test_a_child_that_is_forked_meanwhile_collects():
    with garbage.put_off():
        child = os.fork()
        if child == 0:
            os._exit(0 if gc.isenabled() else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert not gc.isenabled()


def chain(n):
    z = mx.sym.Variable("x")
    for _ in range(n):
        z = mx.sym.tanh(z)
    return z.tojson()


@pytest.mark.parametrize("layout", [str, lambda text: text.replace(" \n", "\n")])
def test_reading_a_graph_searches_once_at_most(layout):
    """In both readers; ten thousand nodes would ask for dozens of searches."""
    text = layout(chain(10_000))
    begun = []

    def count(phase, info):
        if phase == "start":
            begun.append(info)

    gc.callbacks.append(count)
    try:
        symbol = mx.sym.load_json(text)
    finally:
        gc.callbacks.remove(count)
    assert len(begun) <= 1
    assert gc.isenabled()
    assert len(symbol.graph) == 10_001


def test_a_file_that_is_wrong_leaves_it_on():
    with pytest.raises(FormatError):
        mx.sym.load_json("{}")
    assert gc.isenabled()
