"""Random graphs of every operator, run every way that symbook has, beside NumPy, node by node.

`python -m tests.fuzz --graphs 1000000` is the command; `tests/test_fuzz.py` runs it for a minute.

A graph is data (:mod:`graph`): variables with numbers, and calls of operators, each with a function of
NumPy's that computes the same. :mod:`draft` draws one from a seed, by the tables in `operators`.
:mod:`gradients` goes back through it, :mod:`running` has symbook run it and compares, and :mod:`shrinking`
makes a graph that differs as small as it goes.
"""
