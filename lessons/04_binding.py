# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 4. Binding: data meets the graph
#
# **Goal.** You will make arrays, connect them with a graph, and see how much is found out, and how
# many mistakes are caught, before a single number is computed.
#
# **Time.** About 15 minutes.
#
# **You need** lessons [1](01_dataflow.ipynb), [2](02_symbols.ipynb) and [3](03_internals.ipynb): what a
# symbol is, and the arguments of a graph.
#
# [← 3. Internals](03_internals.ipynb) · [All lessons](README.md) · [5. Forward →](05_forward.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/04_binding.ipynb)

# %%
try:
    import symbook as mx
except ImportError:  # on Colab, say: installed once
    # %pip install -q "symbook[lessons] @ git+https://github.com/symbook/symbook"
    import symbook as mx
import numpy as np
from symbook.course import check, hint
# %load_ext symbook

# %% [markdown]
# ## 1. A recipe without amounts
#
# A graph is like a recipe that says *mix these two, then add the rest*, but not how much of anything.
# Now you bring the food.
#
# **Predict.** You tell symbook one thing only: `A` will be a table of 2 rows and 3 columns. There are six
# other values in the graph. Of how many of them does symbook now know the size?

# %%
# %%symgraph --shapes A=(2,3)
E = (A*B) + (C*D)

# %% [markdown]
# Of all six! A size with its rows and columns is called a **shape**. It stands on each arrow: (2, 3) everywhere.
#
# How could it know? `A*B` multiplies number by number. So where nothing else is said, `B` has the shape of
# `A`, and so has the product. The sum wants two partners of one shape as well, and so the knowledge travels:
# down to the sum, and up again to `C` and `D`. This is called **inferring** shapes, which means working
# them out from others. No table exists yet. You can ask for the answer in writing:

# %%
arguments, outputs, _ = E.infer_shape(A=(2, 3))
print('arguments:', dict(zip(E.list_arguments(), arguments)))
print('outputs:  ', dict(zip(E.list_outputs(), outputs)))

# %% [markdown]
# (There is a third answer, which `_` takes here. It is for operators that remember something from one run to the
# next. Our graph has none, so it is an empty list.)

# %% [markdown]
# ## 2. Arrays
#
# Data comes in **arrays**: numbers in rows. symbook's kind is the **NDArray**; *n-d* says that there may be
# *n* dimensions: one for a row, two for a table, three for a pile of tables.
#
# **Predict.** All six numbers below are whole. What will the line `dtype` say that they are?

# %%
table = mx.nd.array([[1, 2, 3], [4, 5, 6]])
print('shape:  ', table.shape)
print('dtype:  ', table.dtype)
print('context:', table.context)
table

# %% [markdown]
# An array knows three things about itself:
#
# - its **shape**: 2 rows of 3 numbers;
# - its **dtype**, short for *data type*: of what kind each number is. `float32` is a number with a decimal
#   point, kept in 32 bits. This is the usual choice for neural networks, so `mx.nd.array` makes it if you say
#   nothing, even of whole numbers. Write `dtype=np.int32` to get whole numbers, 32 bits each;
# - its **context**: on which device its memory is. `cpu(0)` is the ordinary processor.

# %% [markdown]
# ## 3. Bind
#
# To **bind** is to give every argument of the graph its array, and to say where to compute. Here are the four
# smallest arrays there are: one whole number each. Their shape is `(1,)`, which is how Python writes *one
# number, in one dimension*.
#
# **Predict.** After this cell, has 1 × 2 + 3 × 4 been computed?

# %%
a_data = mx.nd.array([1], dtype=np.int32)
b_data = mx.nd.array([2], dtype=np.int32)
c_data = mx.nd.array([3], dtype=np.int32)
d_data = mx.nd.array([4], dtype=np.int32)

data = {'A': a_data, 'B': b_data, 'C': c_data, 'D': d_data}
executor = E.bind(mx.cpu(), data)
print('output before any run:', executor.outputs[0].asnumpy())
executor

# %% [markdown]
# No. The output has a place in memory, and there is a 0 in it, not 14. But look at the table: the
# shape and the dtype of the output are known already.
#
# What `bind` gives is an **executor**: a graph with an array at each argument, checked, and ready to run. The
# names on the left of the dictionary, `'A'` to `'D'`, are those of `E.list_arguments()`. The Python names on
# the right could be any.

# %% [markdown]
# ### Connected, not copied
#
# **Predict.** We write a new number into `a_data`, after it was bound. Does the executor have the old number,
# or the new one?

# %%
a_data[:] = 10
print('the executor has for A:', executor.arg_dict['A'].asnumpy())
print('it is the same array:  ', executor.arg_dict['A'] is a_data)
a_data[:] = 1

# %% [markdown]
# The new one. `bind` copies nothing: it connects the graph with the arrays that you have. `a_data[:] = 10`
# writes *into* that array. (`a_data = 10` would only give the name `a_data` to something else.) With a
# million numbers in each array, you are glad that nothing is copied.

# %% [markdown]
# ## 4. Watch it
#
# **Predict.** In which order will the shapes of the seven values become known?

# %%
# %symstep executor

# %% [markdown]
# You know the stepper from lesson 1. This time look at the two parts in its middle. Press *Infer shapes*, and then
# *Step*, the button to the right of *Play*, again and again. Read the sentence below the buttons: first the four
# arrays tell their shapes, then each operator follows once its inputs are known. The last step does the same for the
# dtype.
#
# Then press *Bind*, and step on. Each variable begins with an empty circle, ○, and gets a full one, ●, when it has its
# array. And *Forward*, where numbers flow, is what the next lesson is about.

# %% [markdown]
# ## 5. An error, on purpose
#
# **Predict.** Now `A` has three numbers, and `B` has two. Something must go wrong. *When*: in `bind`, or later in
# `forward`, which would do the multiplying? (Your notebook may stop at this error if you run all cells at once.
# Go on with the next cell.)

# %% tags=["raises-exception"]
data = {
    'A': mx.nd.array([1, 2, 3]), 'B': mx.nd.array([10, 20]),
    'C': mx.nd.array([1, 1, 1]), 'D': mx.nd.array([5, 5, 5]),
}
executor = E.bind(mx.cpu(), data)
print('bound')
executor.forward()

# %% [markdown]
# `bound` was not printed, so `bind` itself refused. No number was touched. Read the message from the top:
#
# | line | what it tells you |
# |---|---|
# | `ShapeError: …` | what is wrong: the shapes (3,) and (2,) do not fit |
# | `node` | where in the graph: the product of `A` and `B` |
# | `lhs`, `rhs` | what comes in on its left-hand and its right-hand side |
# | `made at` | the line of yours that *made* this node; here it is the cell of section 1 |
# | `hint` | what would be right |
#
# An imperative program meets such a mistake when it gets there, perhaps after an hour. A graph is checked as a whole,
# before anything runs.

# %% [markdown]
# ## 6. What bind checks
#
# **Predict.** Here are five attempts to bind. One of them succeeds. Which? (You need not read the function. It binds our
# four arrays with some changes, and prints *bound*, or the first line of the error.)

# %%
def attempt(what, **changes):
    data = {'A': a_data, 'B': b_data, 'C': c_data, 'D': d_data, **changes}
    data = {name: array for name, array in data.items() if array is not None}
    try:
        E.bind(mx.cpu(), data)
        print(f'{what}: bound')
    except mx.base.MXNetError as error:
        print(f'{what}: {str(error).splitlines()[0]}')

attempt('D left out   ', D=None)
attempt('a plain 4    ', D=4)
attempt('a misspelling', d=d_data)
attempt('mixed types  ', D=mx.nd.array([4]))
attempt('three numbers', D=mx.nd.array([4, 5, 6], dtype=np.int32))

# %% [markdown]
# The last one: a single number goes with any number of others, and is used for each of them. (Lesson 6 makes
# pictures of this.) The others are refused, each for a reason of its own:
#
# - **every argument needs an array**, and nothing that is not an argument may have one;
# - it must be an **NDArray**: a plain number or list has no dtype and no context;
# - where two arrays meet, their **dtypes must be equal**. `mx.nd.array([4])` is a `float32`, as section 2
#   found;
# - where two arrays meet, their **shapes must fit**.
#
# **Change it.** Add a line in which *all four* arrays are `float32`. Is this bound? Then add one in which `A` and
# `B` have two numbers each, and `C` and `D` have three. Which operator will complain now? Remove `.splitlines()[0]`
# to read the whole message.
#
# <details><summary>Answer</summary>
#
# Four of <code>float32</code> are fine: the graph has no dtype of its own. With 2, 2, 3 and 3 numbers both
# products are fine, and the sum complains, as a row of two meets a row of three there.
#
# </details>

# %% [markdown]
# ### Where to compute
#
# The first argument of `bind` is the context: `mx.cpu()` for the processor, or `mx.gpu()` for a graphics card, if
# the computer has one. All arrays must be there, too. The graph stays the same; [lesson 9](09_gpu.ipynb) does that.

# %% [markdown]
# ## Exercises
#
# Replace each `...`, and run the cell as often as you like. A wrong answer costs nothing: the check says what
# to look at next. `hint("4.1")` in a cell of your own gives a hint. The solutions are
# [in a notebook of their own](solutions/04_binding.ipynb).
#
# **4.1** Make an NDArray of the whole numbers 1 to 6 (`int32`), in 3 rows and 2 columns:
# 1 and 2 in the first row, 3 and 4 in the second, 5 and 6 in the third.

# %% tags=["exercise-4.1"]
numbers = ...

check("4.1", numbers)

# %% [markdown]
# **4.2** Compose P·P + Q·Q, of two variables with the names P and Q, and bind it so that `P` is 3 and `Q` is 4. The
# answer is the executor. Run nothing.

# %% tags=["exercise-4.2"]
squares = ...

check("4.2", squares)

# %% [markdown]
# **4.3** Three things are wrong with the dictionary `broken`. Try to bind it to `E`, read the message, put one thing
# right, and try again. The numbers themselves are right. Give a dictionary that can be bound.

# %% tags=["exercise-4.3"]
broken = {
    'A': mx.nd.array([1, 2, 3]),
    'B': [4, 5, 6],
    'c': mx.nd.array([7, 8, 9]),
    'D': mx.nd.array([1, 2, 3], dtype=np.int32),
}
repaired = ...

check("4.3", repaired)

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | **array**, **NDArray** | numbers in rows, tables or more dimensions |
# | **shape** | how many there are in each dimension: `(2, 3)` is 2 rows of 3 |
# | **dtype** | of what kind each number is: `float32`, `int32` |
# | **context** | the device: `mx.cpu()`, `mx.gpu()` |
# | **infer** | find out shapes and dtypes from others, before anything runs |
# | **bind** | give each argument its array, on a context; copy nothing |
# | **executor** | what `bind` gives: a graph with its arrays, checked and ready to run |
#
# - A graph has no sizes. It gets them from the arrays.
# - Mistakes in names, types and shapes show at `bind`, before any number is computed.
#
# **Next.** Everything is in place. Now press the button: lesson 5 lets the numbers flow.
#
# [← 3. Internals](03_internals.ipynb) · [All lessons](README.md) · [5. Forward →](05_forward.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/04_binding.ipynb)
