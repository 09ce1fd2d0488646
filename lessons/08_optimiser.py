# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 8. The optimiser: the same result with less work
#
# **Goal.** Before symbook runs your graph, it looks for work that can be saved. You will watch it
# do so, find out what it never does, and see the code that runs in the end.
#
# **Time.** About 15 minutes.
#
# **You need** lessons [3](03_internals.ipynb), [4](04_binding.ipynb) and [7](07_parallel.ipynb):
# what internals, an executor and a plan are.
#
# [← 7. Parallel](07_parallel.ipynb) · [All lessons](README.md) · [9. GPU →](09_gpu.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/08_optimiser.ipynb)

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
# ## 1. A wasteful formula
#
# Nobody writes the shortest formula at once. (`sqrt` is the square root, and `arange(1, 4)` gives
# 1, 2, 3.)
#
# **Predict.** How many yellow boxes, for operators, will there be in the picture?

# %%
# %%symgraph
left = mx.sym.sqrt(x * 1)
right = mx.sym.sqrt(x)
weights = mx.sym.arange(1, 4) / 2
result = (left + right) * weights

# %% [markdown]
# Seven: `arange` is an operator as well.
#
# **Predict.** Now be the optimiser. `x` will be different in each run. Which of the seven have to
# be done in every run?
#
# The cell makes the plan twice: with `optimize=False`, the graph just as you wrote it, and as you
# normally get it. Then it runs both.

# %%
data = {'x': mx.nd.array([1, 16, 100])}
as_written = result.bind(mx.cpu(), data, optimize=False)
executor = result.bind(mx.cpu(), data)

print(as_written.plan)
print()
print(executor.plan)
print()
print('as written:', as_written.forward()[0].asnumpy())
print('optimised: ', executor.forward()[0].asnumpy())

# %% [markdown]
# Three steps in place of seven, and the same result! The second plan has one `sqrt`, one sum, one
# product. The sum is `over sqrt0`: it is written to the memory where the value of `sqrt0` was, as
# nobody needs that any more. A place in memory for a value on the way is called a **buffer**, and
# one is enough.

# %% [markdown]
# ## 2. Watch it, pass by pass
#
# The part that does this is called the **optimiser**. It goes over the graph several times. Each
# time is a **pass**, which looks for one kind of waste. The option `-z` shows all of them.
#
# **Predict.** There are four kinds of waste in the formula. In which order would you look for them?
#
# Then drag the slider to the left end, to *As written*, and go right, from pass to pass. A pass with
# a dashed frame found nothing here.

# %%
# %%symgraph -z --bind x=[1,16,100]
result

# %% [markdown]
# You see what becomes of each node, and why:
#
# | pass | what it found | what it did |
# |---|---|---|
# | *simplify* | `x * 1` is `x` | **left out** |
# | *merge again* | then both `sqrt` compute the same thing | **merged**: one is left, and is used twice |
# | *fold constants* | `arange(1, 4) / 2` is the same in every run | **computed** once, when the graph is bound |
# | *remove dead code* | then nobody asks for `arange` any more | **removed** |
#
# One pass makes work for another one: the two `sqrt` were not the same before `x * 1` was left out.
# (`arange` is counted twice: it was computed, and then removed.)
#
# At the bottom stands **the code that runs**: symbook writes a small Python program for your graph.
# Find the three lines that begin with `sqrt0`, `_plus0` and `_mul0`.

# %% [markdown]
# ## 3. What it never does
#
# The optimiser's law is **the same result to the last bit**. A bit is the smallest part of a number
# in memory. (There is one exception: *join products*, for networks that are unrolled over time, may
# round sums in another way. No other pass does.)
#
# **Predict.** Which of these six can be left out, or made shorter, if *x* may be any number at all?

# %%
from symbook.course import operators

x = mx.sym.Variable('x')
formulas = {
    'x * 1': x * 1,
    'x / 1': x / 1,
    'x * 0': x * 0,
    'x + 0': x + 0,
    'x - x': x - x,
    'x * 3 / 3': x * 3 / 3,
}
odd = mx.nd.array([0.9, -0.0, np.inf])
for text, formula in formulas.items():
    kept = operators(formula.bind(mx.cpu(), {'x': odd}).get_optimized_symbol())
    print(f'{text:10}', 'left out' if not kept else 'stays')

# %% [markdown]
# Only two! Does the optimiser not know that *x* · 0 is 0? Look at what a computer says, for 0.9, −0
# and ∞ (`inf`, infinity).

# %%
for text, formula in formulas.items():
    print(f'{text:10}', formula.eval(ctx=mx.cpu(), x=odd)[0].asnumpy())

# %% [markdown]
# - ∞ · 0 and ∞ − ∞ are not 0 but `nan`, *not a number*. If symbook wrote 0 there, it would hide
#   that something went wrong.
# - A computer knows two zeros, 0 and −0. `-0.0 + 0` is `0.0`, so `x + 0` is not always `x`.
# - `x * 3 / 3` makes 0.8999999 of 0.9: the computer rounds twice, and loses a little.

# %% [markdown]
# ## 4. Several steps become one
#
# **Predict.** Two products and a sum of large matrices: nothing is wasted, all of them are needed.
# Can it still be done in fewer steps?

# %%
big = mx.nd.ones((1000, 1000))

# %%
# %%symgraph -z --bind A=big B=big C=big D=big
E = (A*B) + (C*D)

# %% [markdown]
# One step! The pass *fuse* joined the three. To **fuse** is to melt together.
#
# Think of a thousand dirty plates. You could wash them all, put them into the cupboard, take them
# all out again, and dry them. It is better to wash one plate, dry it, and put it away. Here, too, a
# small part of each matrix is fetched from memory, both products and the sum are done with it, and
# only the result is brought back. Look at *Memory* below the pictures: no buffer is needed.
#
# It works because these operators are element-wise: each number of the result needs only the
# numbers *at the same place*. For very small arrays it is not worth it: in section 1 nothing was
# fused.

# %% [markdown]
# ## 5. Memory is used again
#
# **Predict.** Two chains of six operators. In the first one, each takes the sine of each number. In
# the second one, each is a product of matrices. How many buffers does each need? (With
# `optimize=False` nothing is fused.)

# %%
sines, products = x, x
for _ in range(6):
    sines = mx.sym.sin(sines)
    products = mx.sym.dot(products, x)

square = {'x': mx.nd.ones((100, 100))}
print(sines.bind(mx.cpu(), square, optimize=False).plan)
print()
print(products.bind(mx.cpu(), square, optimize=False).plan)

# %% [markdown]
# One, and two.
#
# - A sine is element-wise: each number can be written over the one that it was made of.
# - A number of a product of matrices needs a *whole* row and a *whole* column. If it were written
#   over its own input, the next number would read rubbish. So two buffers take turns: read from
#   one, write to the other.

# %% [markdown]
# ## 6. An error, on purpose
#
# `get_optimized_symbol()` gives the graph that is left, as a symbol.
#
# **Predict.** What was `x * 1` is called `_mulscalar0`. What happens if we ask the optimised graph
# for its value?

# %% tags=["raises-exception"]
executor.get_optimized_symbol().get_internals()['_mulscalar0_output']

# %% [markdown]
# It is not there any more. The hint is only a guess: the name that looks most like it.
#
# Nothing is lost, though. A recorded run, `executor.trace()`, runs the graph **as you wrote it**.
# So do the stepper and the timeline.

# %%
print('x * 1 was', executor.trace()['_mulscalar0'].outputs[0].asnumpy())

# %% [markdown]
# **Change it.** Go back to the cell with `-z` in section 2, and put this formula in place of
# `result`. Predict first: what will be left?
#
# `(mx.sym.arange(1, 4) + mx.sym.arange(1, 4)) * x`
#
# <details><summary>Answer</summary>
#
# One product: the two arange become one, and their sum is computed beforehand.
#
# </details>

# %% [markdown]
# ## Exercises
#
# **8.1** `relu` makes negative numbers 0 and leaves the others as they are. The graph below has
# five operators. How many are left? Think first, then look.
#
# `(mx.sym.relu(mx.sym.relu(x)) + mx.sym.relu(x)) / 1`

# %% tags=["exercise-8.1"]
left = ...

check("8.1", left)

# %% [markdown]
# **8.2** Which of these are left out? Make a list of those lines, as text: `'x - 0'`, `'0 - x'`,
# `'x + x - x'`, `'identity(identity(x))'`, `'x * 1 * 1'`. (`identity` gives its input as it is.)

# %% tags=["exercise-8.2"]
left_out = ...

check("8.2", left_out)

# %% [markdown]
# **8.3** *Extra.* Now be wasteful yourself. Make a graph of `x` with *at least five* operators, of which the
# optimiser leaves *exactly one*.

# %% tags=["exercise-8.3"]
wasteful = ...

check("8.3", wasteful)

# %% [markdown]
# [The solutions](solutions/08_optimiser.ipynb) are in a notebook of their own. Try first!

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | **optimiser** | the part that saves work before a graph runs |
# | **pass** | one walk of the optimiser over the graph, which looks for one kind of waste |
# | **constant** | what is the same in every run, and is computed once |
# | **dead code** | what nobody asks for |
# | **fused** | several element-wise operators in one step |
# | **buffer** | a place in memory for values on the way, used again and again |
#
# - To save work, the optimiser changes no result: `x * 0` stays. (*join products* may round in
#   another way.)
# - It can do all this because it knows the whole graph beforehand.
# - The page [The optimiser](https://github.com/symbook/symbook/blob/HEAD/OPTIMISER.md) lists every
#   pass.
#
# **Next.** So far all was computed on the ordinary processor. In lesson 9 the same graph goes to a
# graphics card.

# %% [markdown]
# [← 7. Parallel](07_parallel.ipynb) · [All lessons](README.md) · [9. GPU →](09_gpu.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/08_optimiser.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
