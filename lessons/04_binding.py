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
# symbol is, and the arguments of a graph. And from Python: a dictionary, such as `{'A': 1, 'B': 2}`.
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
# A graph is like a recipe without amounts. Now you bring the food.
#
# **Predict.** You tell symbook one thing only: `A` will be a table of 2 rows and 3 columns. Of how many of the six
# other values does symbook now know the size?

# %%
# %%symgraph --shapes A=(2,3)
E = (A*B) + (C*D)

# %% [markdown]
# Of all six! A size with its rows and columns is called a **shape**. It stands on each arrow: (2, 3) everywhere.
#
# How could it know? `A*B` multiplies number by number. So where nothing else is said, `B` has the shape of
# `A`, and so has the product. It is the same with the sum: the knowledge travels down to it, and up again to `C` and
# `D`. This is called **inferring** shapes: working them out from others. No table exists yet. (Unlike shapes may
# meet, too, where you say so: lesson 6 has this *broadcasting*.)

# %% [markdown]
# ## 2. Arrays
#
# Data comes in **arrays**: numbers in rows. symbook's kind is the **NDArray**; *n-d* is for *n* dimensions: one for
# a row, two for a table, three for a pile of tables.
#
# **Predict.** All six numbers below are whole. What will the line `dtype` say that they are?

# %%
table = mx.nd.array([[1, 2, 3], [4, 5, 6]])
print('shape:  ', table.shape)
print('dtype:  ', table.dtype)
print('context:', table.context)
table

# %% [markdown]
# - The **dtype**, short for *data type*, says of what kind each number is. `float32` is a number with a decimal
#   point, kept in 32 bits. `mx.nd.array` makes it if you say nothing, even of whole numbers. `dtype=np.int32`
#   gives whole numbers.
# - The **context** is the device that has the array. `cpu(0)` is the ordinary processor. (A graphics card is one,
#   too; [lesson 9](09_gpu.ipynb) has it.)

# %% [markdown]
# ## 3. Bind
#
# To **bind** is to give every argument of the graph its array, and to say where to compute. Here are four small
# arrays of one whole number each. Their shape is `(1,)`: *one number, in one dimension*.
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
# No. The output has a place in memory, and there is a 0 in it, not 14. But look at the table: its
# shape and dtype are known already.
#
# `data` is a dictionary: it gives each name an array. The names are those of `E.list_arguments()`. What `bind` makes
# of it is an **executor**: a graph with an array at each argument, checked, and ready to run.
#
# **Predict.** We write a new number into `a_data`, after it was bound. Does the executor have the old number,
# or the new one?

# %%
a_data[:] = 10
print('the executor has for A:', executor.arg_dict['A'].asnumpy())
a_data[:] = 1

# %% [markdown]
# The new one. `bind` copies nothing: it connects the graph with the arrays that you have, and `a_data[:] = 10`
# writes *into* that array.

# %% [markdown]
# ## 4. Watch it
#
# **Predict.** In which order will the shapes of the seven values become known?

# %%
# %symstep executor

# %% [markdown]
# You know the stepper from lesson 1. This time look at the two parts in its middle. (Its *Timeline* is for lesson 7.)
#
# 1. Press *Infer shapes*, and then the right arrow key again and again. First the four arrays tell their
#    shapes, then each operator follows once its inputs are known. The last step does the same for the dtype.
# 2. Press *Bind*, and step on. Each variable begins with an empty circle, ○, and gets a full one, ●, when it
#    has its array.

# %% [markdown]
# ## 5. An error, on purpose
#
# **Predict.** Now `A` has three numbers, and `B` has two. *When* will that go wrong: in `bind`, or later in
# `forward`, which would do the multiplying? (If your notebook stops at the error, go on with the next cell.)

# %% tags=["raises-exception"]
data = {
    'A': mx.nd.array([1, 2, 3]), 'B': mx.nd.array([10, 20]),
    'C': mx.nd.array([1, 1, 1]), 'D': mx.nd.array([5, 5, 5]),
}
executor = E.bind(mx.cpu(), data)
print('bound')
executor.forward()

# %% [markdown]
# `bound` was not printed, so `bind` itself refused. No number was touched. The message stands at the end, as
# always, and this one has several lines:
#
# | line | what it tells you |
# |---|---|
# | `ShapeError: …` | what is wrong: the shapes (3,) and (2,) do not fit |
# | `node` | where in the graph |
# | `lhs`, `rhs` | what comes in on its left-hand and its right-hand side |
# | `made at` | the line of yours that *made* this node, in section 1 |
# | `hint` | what would be right |
#
# A graph is checked as a whole, before anything runs. A program that computes line by line meets such a mistake
# when it gets there, perhaps after an hour.

# %% [markdown]
# ## 6. What bind checks
#
# **Predict.** One of these five attempts to bind succeeds. Which? (You need not read the function. It binds our
# four arrays with a change, and prints *bound*, or the first line of the error.)

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
# The last one: a single number goes with any number of others, and is used for each of them. The others are
# refused, each for a reason of its own:
#
# - **every argument needs an array**, and nothing else may have one;
# - it must be an **NDArray**: a plain number has no context;
# - where two arrays meet, their **dtypes must be equal**, and their **shapes must fit**.
#
# **Change it.** Add a line in which `A` and `B` have two numbers each, and `C` and `D` have three. Which operator
# will complain?
#
# <details><summary>Answer</summary>
#
# The sum: both products are fine, but then a row of two meets a row of three.
#
# </details>

# %% [markdown]
# ## Exercises
#
# Replace each `...`, and run the cell as often as you like; `hint("4.1")` in a cell of your own gives a hint.
# The solutions are [in a notebook of their own](solutions/04_binding.ipynb).
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
# **4.3** (If you like more.) Three things are wrong with the dictionary `broken`. Try to bind it to `E`, read the message, put one thing
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
# | **NDArray** | an array: numbers in rows, tables or more dimensions |
# | **shape** | how many there are in each dimension: `(2, 3)` is 2 rows of 3 |
# | **dtype** | of what kind each number is: `float32`, `int32` |
# | **context** | the device: `mx.cpu()` |
# | **infer** | find out shapes and dtypes from others, before anything runs |
# | **bind** | give each argument its array, on a context; copy nothing |
# | **executor** | what `bind` gives: a graph with its arrays, checked and ready to run |
#
# Mistakes in names, types and shapes show at `bind`, before any number is computed.
#
# **Next.** Everything is in place. Now press the button: lesson 5 lets the numbers flow.
#
# [← 3. Internals](03_internals.ipynb) · [All lessons](README.md) · [5. Forward →](05_forward.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/04_binding.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
