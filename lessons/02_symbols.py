# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 2. Symbols: names, arguments, outputs
#
# **Goal.** In lesson 1 symbook made the boxes of a graph for you. Now you make them yourself, ask a
# graph what it needs and what it gives, let it give two results at once, and build a large graph out
# of a small one, as with bricks.
#
# **Time.** About 15 minutes.
#
# **You need** lesson 1.
#
# [← 1. Why dataflow](01_dataflow.ipynb) · [All lessons](README.md) · [3. Internals →](03_internals.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/02_symbols.ipynb)

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
# ## 1. Variables without magic
#
# In a program you make each variable yourself, and you say what it is called. (`mx.symbol` has a short
# form, `mx.sym`. They are the same.)
#
# **Predict.** The last line asks Python to show the four. They wait for data, so what is there to show?

# %%
a = mx.symbol.Variable('A')
b = mx.symbol.Variable('B')
c = mx.symbol.Variable('C')
d = mx.symbol.Variable('D')

(a, b, c, d)

# %% [markdown]
# Each variable is a symbol, and a symbol shows its name. Note that there are two names. `a` is a
# *Python name*: you use it. `'A'` is the *symbol's name*: the graph knows it. They need not look alike.

# %% [markdown]
# ## 2. Names that nobody gave
#
# **Predict.** The next cell makes two symbols, and gives neither of them a name. What will they be
# called? Think of the pictures of lesson 1.

# %%
first = a + b
e = (a*b) + (c*d)

print(first)
print(e)
print(type(e))
e

# %% [markdown]
# symbook made names up. A name says what the symbol does last, here a sum, and which one it is: the
# first sum since Python was started is `_plus0`, the second is `_plus1`. Products are counted apart:
# those inside `e` are `_mul0` and `_mul1`. If you run a cell again, the counting goes on, so your
# numbers may be higher than those in the text. (`%%symgraph` counts from 0 in each cell.)
#
# When a symbol is the last line of a cell, it is drawn, without any magic.

# %% [markdown]
# ## 3. Ask a symbol
#
# The **arguments** of a symbol are the variables that it needs. Its **outputs** are the values that it
# gives.
#
# **Predict.** What are the arguments of `e`, and how many outputs does it have?

# %%
print('arguments:', e.list_arguments())
print('outputs:  ', e.list_outputs())

# %% [markdown]
# The arguments are called by the symbols' names. The value that `_plus1` gives is called
# `_plus1_output`.
#
# **Predict.** In which order are the arguments of these two? How often is A in the second list?

# %%
print(((c*d) + (a*b)).list_arguments())
print((a*a + a*b).list_arguments())

# %% [markdown]
# The order is the one in which the formula needs them, from left to right. And each variable is listed
# once, however often it is used.
#
# Names that you choose are easier to find again. `+` and `*` are short for functions, and these take a
# `name`:

# %%
bill = mx.symbol.elemwise_add(a*b, c*d, name='bill')

print(bill)
print(bill.list_outputs())

# %% [markdown]
# `elemwise_add` is what `+` stands for: it adds *element by element*. Write `mx.symbol.` and press
# <kbd>Tab</kbd>: there are several hundred such functions.

# %% [markdown]
# ## 4. More than one output
#
# Tea costs A · B in the café, and cakes cost C · D. We want to know two things: what all of it costs,
# and how much more was paid for tea than for cakes. `mx.symbol.Group` puts symbols together into one.
#
# **Predict.** How many multiplications will there be in the graph, two or four?

# %%
# %%symgraph --bind A=3 B=4 C=1 D=2 --step
tea = a * b
cakes = c * d
both = mx.symbol.Group([tea + cakes, tea - cakes])

# %% [markdown]
# Two. There are two hexagons, one for each output. Each product is there once, and two arrows leave
# it: its value is made once, and used twice. For a difference the order matters. So the minus says
# which of its inputs is on the left-hand side (`lhs`): the tea, `_mul0`, and which is on the
# right-hand side (`rhs`).
#
# Go through **Forward** with a tick at **Predict**. Which steps could be done at the same time?
#
# **Change it.** Give the group a third output, `tea * cakes`. How many nodes will there be more? Guess,
# and run the cell again.
#
# <details><summary>Answers</summary>
#
# At the same time: first the two products; then the sum and the difference, as no arrow leads from
# one of these to the other. The third output needs one more node, a product.
#
# </details>

# %%
print(both)
print(both.list_outputs())
print(both[1])
print(both[1].list_arguments())

# %% [markdown]
# `both[1]` takes one output out of the group, and that is a symbol like any other. (Python counts from
# 0, so `both[0]` is the sum.)

# %% [markdown]
# ## 5. Build with parts
#
# `squares` is a small graph with two variables, *x* and *y*. A symbol can be *called*, like a function.
# Then other symbols take the place of its variables. This is called **composing**.
#
# **Predict.** We put `a - c` in the place of *x*, and `b - d` in the place of *y*. What are the
# arguments of the result? And what will be the arguments of `squares` afterwards?

# %%
x = mx.symbol.Variable('x')
y = mx.symbol.Variable('y')
squares = x*x + y*y
distance = squares(x=a - c, y=b - d)

print('distance:', distance.list_arguments())
print('squares: ', squares.list_arguments())
distance

# %% [markdown]
# In the result the two differences stand in the places of *x* and *y*. `squares` itself stayed as it
# was: composing works on a copy. So a small graph can be used many times, each time with other parts
# in it.

# %% [markdown]
# ## 6. A mistake that everybody makes
#
# **Predict.** Here is the area of a rectangle. Something is wrong with the last line. What?

# %% tags=["raises-exception"]
width = mx.symbol.Variable('w')
height = mx.symbol.Variable('h')
area = width * height

area(width=a + b, height=c)

# %% [markdown]
# From the error's name on you read that the graph has no variable *width*: its **variables are w, h**.
# `width` and `height` are Python names, and the graph does not know them. It knows the names in quotes.
# (*ComposeKeyword* is MXNet's word for composing with names, as in `width=…`.)
#
# **Change it.** Mend the last line of the cell, so that it draws a graph. Then leave `h=c` out: what
# happens to the variable h?
#
# <details><summary>Answer</summary>
#
# Write <code>area(w=a + b, h=c)</code>. Without <code>h=c</code> the variable h stays a variable, and
# the arguments are A, B and h.
#
# </details>

# %% [markdown]
# ## Exercises
#
# Are you stuck? Write `hint("2.1")` in a cell of its own. To see what you have made, write `%%symgraph`
# as the first line of the cell.
#
# **2.1** Make a graph of **P · P + Q · Q**, with two variables that are called P and Q.

# %% tags=["exercise-2.1"]
graph = ...

check("2.1", graph)

# %% [markdown]
# **2.2** Somebody has just started Python, made the variables `a`, `b`, `c` and `d`, and runs these
# three lines. What is the symbol's name of `u`? Answer with a text in quotes.
#
# ```python
# s = a*b + c
# t = s * d
# u = t + s
# ```

# %% tags=["exercise-2.2"]
name = ...

check("2.2", name)

# %% [markdown]
# **2.3** Two friends share the bill. Make one graph with two outputs: first the whole bill,
# **A · B + C · D**, then **half** of it. Nothing should be computed twice. Use `a`, `b`, `c` and `d`.

# %% tags=["exercise-2.3"]
shared = ...

check("2.3", shared)

# %% [markdown]
# **2.4** `mean` is the mean of two numbers. Compose it with itself, so that you get the mean of all
# four: of A, B, C and D.

# %% tags=["exercise-2.4"]
mean = (x + y) / 2
mean_of_four = ...

check("2.4", mean_of_four)

# %% [markdown]
# [The solutions](solutions/02_symbols.ipynb) are in a notebook of their own. Try first!

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | `mx.symbol.Variable('A')` | makes a variable; its name in the graph is A |
# | `_plus1` | a name that symbook gave: the second sum since Python was started |
# | **arguments** | the variables that a symbol needs, each once |
# | **outputs** | the values that it gives; `_plus1_output` is what `_plus1` gives |
# | **group** | several symbols as one, with several outputs |
# | **compose** | put symbols in the place of variables, in a copy of a graph |
#
# - The Python name and the symbol's name are two different things.
# - In a group, what two outputs need is computed once.
#
# **Next.** You have seen what goes into a graph and what comes out. Lesson 3 looks at every value in
# between.

# %% [markdown]
# [← 1. Why dataflow](01_dataflow.ipynb) · [All lessons](README.md) · [3. Internals →](03_internals.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/02_symbols.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
