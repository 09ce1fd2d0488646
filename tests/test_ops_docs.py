"""The examples in the operators' documentation: that each has one, and that it is true."""

from __future__ import annotations

import doctest

import pytest

import symbook as mx
from symbook.ops import registry

# Operators that only gradients use need no example.
SHOWN = [op for op in registry.all_ops() if not op.name.startswith("_backward_")]


@pytest.mark.parametrize("op", SHOWN, ids=lambda op: op.name)
def test_example(op):
    test = doctest.DocTestParser().get_doctest(op.doc, {"mx": mx}, op.name, None, 0)
    assert any(example.want for example in test.examples), "no example that shows a result"
    told: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append)
    assert not result.failed, "".join(told)
