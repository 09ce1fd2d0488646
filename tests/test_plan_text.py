"""What `print(executor.plan)` and `executor.debug_str()` say."""

from __future__ import annotations

import re

from counting import growth

import symbook as mx


def x():
    return mx.sym.Variable("x")


def rows(plan) -> list[list[str]]:
    """Name and operator, specs, memory, and what the step waits for, of each step."""
    pattern = re.compile(r" *\d+  (.*?) {2,}(.*?) {2,}\[(.*?)\](?: +after ([\d, ]+))?$")
    found = [pattern.match(line) for line in str(plan).splitlines()[1:]]
    return [[part or "" for part in match.groups()] for match in found if match]


def test_where_results_are_kept():
    with mx.name.NameManager():
        top = mx.sym.exp(x())
        parts = mx.sym.split(mx.sym.sort(top), num_outputs=2, axis=0)
        symbol = mx.sym.Group([mx.sym.dot(parts[0], parts[1]), mx.sym.sum(top, axis=0)])
    plan = symbol.bind(mx.cpu(), {"x": mx.nd.ones((4, 2))}, optimize=False).plan
    assert [
        ["exp0 = exp", "(4, 2) float32", "buffer 0", ""],
        ["sort0 = sort", "(4, 2) float32, (4, 2) int32", "own", "0"],
        ["split0 = SliceChannel", "(2, 2) float32", "view of sort0[0]", "1"],
        ["dot0 = dot", "(2, 2) float32", "output 0", "2"],
        ["sum0 = sum", "(2,) float32", "output 1", "0"],
    ] == rows(plan)


def test_what_is_written_over():
    with mx.name.NameManager():
        symbol = mx.sym.sort(mx.sym.exp(mx.sym.exp(x())))
    plan = symbol.bind(mx.cpu(), {"x": mx.nd.ones(3)}, optimize=False).plan
    assert "buffer 0, over exp0" == rows(plan)[1][2]


def test_constants_are_counted():
    plan = (x() + mx.sym.arange(0, 3)).bind(mx.cpu(), {"x": mx.nd.ones(3)}).plan
    assert "1 step, 0 bytes in 0 buffers, 12 bytes in 1 constant" == str(plan).splitlines()[0]
    assert "<Plan: 1 step, 0 bytes in 0 buffers, 12 bytes in 1 constant>" == repr(plan)


def test_columns_stand_under_one_another():
    with mx.name.NameManager():
        symbol = mx.sym.broadcast_add(mx.sym.exp(x(), name="a"), x(), name="a_longer_name")
    lines = str(symbol.bind(mx.cpu(), {"x": mx.nd.ones(3)}, optimize=False).plan).splitlines()
    assert 1 == len({line.index("(3,)") for line in lines[1:]})
    assert 1 == len({line.index("[") for line in lines[1:]})


def test_a_long_plan_takes_no_quadratic_time():
    symbol = mx.sym.Group([mx.sym.exp(x() + i) for i in range(5000)])
    plan = symbol.bind(mx.cpu(), {"x": mx.nd.ones(3)}).plan
    assert len(plan.steps) < len(str(plan).splitlines()) < 3 * len(plan.steps) + 2

    def texts(count):
        symbol = mx.sym.Group([mx.sym.exp(x() + i) for i in range(count)])
        plan = symbol.bind(mx.cpu(), {"x": mx.nd.ones(3)}).plan
        return lambda: str(plan)

    assert growth(texts, 300) < 2.2


def test_debug_str_is_the_graph_that_is_run():
    """Gradients included, as MXNet's executor shows them."""
    with mx.name.NameManager():
        symbol = mx.sym.exp(mx.sym.identity(x()))
    executor = symbol.simple_bind(mx.cpu(), x=(1000, 1000))
    lines = executor.debug_str().splitlines()
    assert ["Symbol Outputs:", "\toutput[0]=exp0(0)"] == lines[:2]
    assert lines[2].startswith("\toutput[1]=exp0_backward0")
    assert "Op:exp, Name=exp0" in lines
    assert "\targ[0]=x(0) version=0" in lines
    assert not [line for line in lines if "_copy" in line]
    plain = symbol.simple_bind(mx.cpu(), x=(1000, 1000), grad_req="null")
    assert "Total 3 MB allocated" in plain.debug_str().splitlines()  # 4,000,000 bytes
