# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 5. Forward: watch it compute, step by step
#
# **Goal.** You will run a graph, watch the numbers flow through it one step at a time, stop where you like,
# and run it again with other numbers.
#
# **Time.** About 15 minutes.
#
# **You need** lesson [4](04_binding.ipynb): arrays, and how `bind` makes an executor of a graph and arrays.
#
# [← 4. Binding](04_binding.ipynb) · [All lessons](README.md) · [6. Matrices →](06_matrices.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/05_forward.ipynb)

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
# ## 1. Run it
#
# Here is the graph once more, and an executor of it with 1, 2, 3 and 4 for `A` to `D`.
#
# **Predict.** `forward()` lets the numbers flow, from the arguments to the output. What will the line
# `print(e_data)` below show: a number, an array, or something else?

# %%
# %%symgraph
E = (A*B) + (C*D)

# %%
def whole(number):
    return mx.nd.array([number], dtype=np.int32)

data = {'A': whole(1), 'B': whole(2), 'C': whole(3), 'D': whole(4)}
executor = E.bind(mx.cpu(), data)

# %%
e_data = executor.forward()
print(e_data)
print(e_data[0].asnumpy())

# %% [markdown]
# 1 × 2 + 3 × 4 = **14** has arrived. It came in a **list**, in square brackets, as a graph may have several
# outputs. (Section 5 has one with two.) We take ours out by `[0]`. It is an NDArray, and `asnumpy()` makes a
# NumPy array of it, for any Python library.

# %% [markdown]
# ## 2. One step at a time
#
# **Predict.** There are three operators, so there are three steps. Which one must be last? Does it matter which of
# the others is first?

# %%
# %symstep executor

# %% [markdown]
# Press *Forward*, and step on with the right arrow key. (*Timeline* is for lesson 7.) One operator runs at a time.
# The left arrow key goes back. A sign at each node says how far it is:
#
# | sign | the node |
# |---|---|
# | ● | has an array |
# | … | waits for values |
# | ▷ | is ready: all it needs is there |
# | ▶ | runs now |
# | ✓ | is done |
#
# At step 1 of *Forward*, both products have ▷ or ▶: neither needs the other, so either may be first. The sum has …,
# as it needs both. Now two things to try:
#
# 1. **Stop.** Click the product `_mul1` in the picture, and press *Stop here*. Now press *Forward* and then *Play*. The
#    run goes on by itself, and halts when it has done `_mul1`. The sum is ready (▷), but not done. Programmers call
#    this a **breakpoint**.
# 2. **Ask "what if".** Click `A`, and type another value at the right. Python computes again what depends on it.

# %% [markdown]
# ## 3. All values at once
#
# `--bind` gives the values and runs the graph, and `--internals` adds a table of what every node made.
#
# **Predict.** `D` is 10 now instead of 4. Which of the seven values will be different from before?

# %%
# %%symgraph --bind A=1 B=2 C=3 D=10 --internals
E

# %% [markdown]
# Three: `D` itself, the product `_mul1`, and the sum. A change flows along the arrows, and
# nowhere else.
#
# **Change it.** Write `A=0.5` in the cell above, and look at the types in the table.
#
# <details><summary>Answer</summary>
#
# Every <code>int32</code> has become <code>float32</code>: a whole number cannot be 0.5, and all that meet must have
# one type. <code>%%symgraph</code> made all of them <code>float32</code> for you; <code>bind</code> would refuse, as
# in lesson 4.
#
# </details>

# %% [markdown]
# ## 4. Run again, with other values
#
# `forward(A=…)` first writes new numbers into the array of `A`. Nothing is bound again.

# %%
for number in [1, 10, 100]:
    e_data = executor.forward(A=whole(number))
    print('A =', number, 'gives', e_data[0].asnumpy())

# %% [markdown]
# **Predict.** `first` is what one run gave, and `latest` is the executor's own output, taken at the same moment. Then
# the executor runs again. What do the two lines show?

# %%
first = executor.forward(A=whole(1))[0]
latest = executor.outputs[0]
executor.forward(A=whole(10))
print('first: ', first.asnumpy())
print('latest:', latest.asnumpy())

# %% [markdown]
# What `forward()` gave you is yours and stays. But `executor.outputs` belongs to the executor: it always shows the
# latest run. (MXNet would show 32 twice. To work there, too, keep a copy: `asnumpy()` makes one.)

# %% [markdown]
# ## 5. Two outputs
#
# `Group`, from lesson 2, makes one graph of several symbols. (`mx.sym` is short for `mx.symbol`.) Here are the sum and
# the difference of our two products.
#
# **Predict.** What does `forward()` give now?

# %%
left, right = A*B, C*D
both = mx.sym.Group([left + right, left - right])

data = {'A': whole(1), 'B': whole(2), 'C': whole(3), 'D': whole(4)}
arrays = both.bind(mx.cpu(), data).forward()
print(both.list_outputs())
print(arrays[0].asnumpy(), arrays[1].asnumpy())

# %% [markdown]
# A list of two arrays, in the order of the outputs.

# %% [markdown]
# ## 6. An error, on purpose
#
# **Predict.** Our executor was bound to arrays of one number. What will it say to *two* numbers for
# `A`? (If your notebook stops at the error, go on with the next cell.)

# %% tags=["raises-exception"]
executor.forward(A=mx.nd.array([1, 2], dtype=np.int32))

# %% [markdown]
# This executor was made for one number: *need (1,), received (2,)*. The hint says what to do: bind the *same
# graph* to longer arrays, which gives another executor. The graph has no size, the executor has.
#
# **Change it.** Replace the line by these two: `data['A'] = mx.nd.array([1, 2], dtype=np.int32)` and
# `E.bind(mx.cpu(), data).forward()[0].asnumpy()`. What do you expect?

# %% [markdown]
# ## Exercises
#
# Replace each `...`, and run the cell as often as you like; `hint("5.1")` in a cell of your own gives a hint.
# The solutions are [in a notebook of their own](solutions/05_forward.ipynb).
#
# **5.1** A graph computes (A + B) · (A · C). You change `B` and run again. How many values are different
# from before, `B` itself included? Decide first. Then draw it and count.

# %% tags=["exercise-5.1"]
number = ...

check("5.1", number)

# %% [markdown]
# **5.2** Compose one graph with two outputs, of two variables with the names P and Q: first the sum of P and Q, then
# their product.

# %% tags=["exercise-5.2"]
graph = ...

check("5.2", graph)

# %% [markdown]
# **5.3** (If you like more.) Run `executor` five times: `B`, `C` and `D` stay 2, 3 and 4, and `A` is 1, 2, 3, 4 and 5. Collect the
# five results in a list.

# %% tags=["exercise-5.3"]
results = ...

check("5.3", results)

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | **forward** | let the numbers flow from the arguments to the outputs; gives the list of outputs |
# | **step** | one operator at work; it is *ready* when all that it needs is there |
# | **breakpoint** | a place where a run halts, for you to look around |
# | `asnumpy()` | a copy of the results, for NumPy and everything else in Python |
# | `forward(A=…)` | write new numbers into the array of `A`, and run again |
#
# A change flows along the arrows, and nowhere else. And the graph gives no order of steps, only what must wait for
# what.
#
# **Next.** The same graph, on a million numbers at once, with pictures.
#
# [← 4. Binding](04_binding.ipynb) · [All lessons](README.md) · [6. Matrices →](06_matrices.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/05_forward.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
