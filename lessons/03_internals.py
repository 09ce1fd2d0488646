# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 3. Internals: every value inside a graph
#
# **Goal.** You will look at every value inside a graph, take one of them out, find a mistake in a
# formula by its inner values, and walk through a graph with a few lines of Python.
#
# **Time.** About 15 minutes.
#
# **You need** lessons 1 and 2.
#
# [← 2. Symbols](02_symbols.ipynb) · [All lessons](README.md) · [4. Binding →](04_binding.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/03_internals.ipynb)

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
# ## 1. All values
#
# Once more the bill of lesson 1. You know that it has four arguments and one output. But on the way
# from the arguments to the output there are more values.
#
# **Predict.** `get_internals` gives *all* values of a graph, from the arguments to the output. How
# many will be in the list? In which order?

# %%
a = mx.symbol.Variable('A')
b = mx.symbol.Variable('B')
c = mx.symbol.Variable('C')
d = mx.symbol.Variable('D')
with mx.name.NameManager():
    e = (a*b) + (c*d)

internals = e.get_internals()
internals.list_outputs()

# %% [markdown]
# Seven: four variables, two products and one sum. (The hexagon in a picture is no eighth value: it
# shows that the sum is what comes out.) They are called the **internals** of `e`. (Below the line with
# `NameManager`, names count from 0, so they are the same each time you run the cell.)
#
# - The value of a variable is called as the variable is. The value of an operator has `_output` at its
#   end.
# - Each value stands *after* those that it is made from: A and B before `_mul0_output`, and both
#   products before `_plus0_output`. So, from left to right, the list tells one order in which the
#   graph can be computed.

# %% [markdown]
# ## 2. Look at them
#
# `--internals` shows the inner values of a run: a picture in which you can choose nodes, and a table.
#
# **Predict.** With A = 1, B = 2, C = 3 and D = 4, what are the seven values? Say them in the order of
# the list above.

# %%
# %%symgraph --bind A=1 B=2 C=3 D=4 --internals
e

# %% [markdown]
# In the table, **Made by** says how each value is made. `elemwise_mul` is the full name of `*`, and
# `elemwise_add` that of `+`. (*Shape* and *Dtype* belong to the data. Lesson 4 explains them.)
#
# Now use the picture as an **inspector**:
#
# 1. Click the node `_mul0`. Beside the picture you read its value, from which **inputs** it is made,
#    who reads it, and at the bottom which line of your code made it.
# 2. Among the inputs click **A**, and you are there. You can go all the way through a graph like this.
# 3. Under **What if it were different?** write 10 in place of 1 and press *Try*. Which of the seven
#    values change? Follow them in the picture. (The table stays as it was.)
# 4. Type `mul` where it says *Find a node*. In a graph with thousands of nodes you will be glad of it.
#
# <details><summary>Answer</summary>
#
# Three: A itself, the product that reads it, and the sum. What is not on the way from A to the output
# stays the same, and is not computed again.
#
# </details>

# %% [markdown]
# ## 3. Take a value out
#
# The internals are a symbol, too: a group with seven outputs. As with any group, you choose an output
# by its number, or by its name.

# %%
print(internals)
print(len(internals))
print(internals[5])
print(internals['_mul1_output'])

# %% [markdown]
# **Predict.** Number 5 and the name gave the same symbol. What are its arguments? And what will its
# picture show?

# %%
cakes = internals['_mul1_output']
print(cakes.list_arguments())
cakes

# %% [markdown]
# C and D only. The inner value has become an output, and the graph of `cakes` holds what *this* output
# needs: A, B and the sum are not in it. Nothing was computed, and `e` is as it was. So you can take any
# part out of a graph that somebody else made, and go on with it.
#
# **Predict.** Node or value? The next line asks for `_mul1`. What happens?

# %% tags=["raises-exception"]
internals['_mul1']

# %% [markdown]
# Read the message from its end: the **hint** says which name you may have meant. `_mul1` is the name of
# a *node*, a thing that is done. Outputs are *values*, and the value of this node is called
# `_mul1_output`. If the hint does not help, `internals.list_outputs()` shows all names there are.
#
# Why are there two names? Because a node may give more than one value:

# %%
halves = mx.symbol.split(a, num_outputs=2, name='halves')
total = mx.symbol.elemwise_add(halves[0], halves[1], name='total')

print(total.get_internals().list_outputs())

# %% [markdown]
# `split` cuts its input into parts. It is one node, and it gives two values, `halves_output0` and
# `halves_output1`. And you see why names of your own are useful: among the internals you find them
# at once.

# %% [markdown]
# ## 4. Find the mistake
#
# This should be the mean of four numbers. The mean of 2, 4, 6 and 8 is 5. But the result is 14!
#
# **Predict.** Which of the inner values will be the first that you do not expect?

# %%
# %%symgraph --bind A=2 B=4 C=6 D=8 --internals
mean = a + b + c + d / 4

# %% [markdown]
# Look at the values, one after the other: 6, 12, and then a **2**, which is 8 ÷ 4. The division has
# only D as its input! The picture shows it, too: `÷` should be the last operator, and it is not.
# Python divides before it adds. A formula can look right and be wrong, and its internals show where.
#
# **Change it.** Mend the formula. Before you run the cell, say what the values will be and where the
# division will be in the picture.
#
# <details><summary>Answer</summary>
#
# <code>mean = (a + b + c + d) / 4</code>. The sums are 6, 12 and 20, and the division comes last: it
# gives 5.
#
# </details>

# %% [markdown]
# ## 5. Walk through a graph
#
# `get_children` gives the inputs of a symbol's last node, as a group. Of a variable it gives `None`,
# for a variable is not made from anything. With that, five lines of Python walk through a whole
# graph, from the output back to the variables.
#
# **Predict.** Which name is printed first, and which are printed farthest to the right?

# %%
def walk(symbol, depth=0):
    print('    ' * depth + symbol.name)
    if symbol.get_children() is not None:
        for child in symbol.get_children():
            walk(child, depth + 1)

walk(e)

# %% [markdown]
# The sum comes first. Below each node are its inputs, a little to the right, and farthest to the right
# are variables: there the walk ends. It looks like a tree with its root at the top.
#
# **Predict.** In the next graph the product `tea` is used twice. How often will `walk` print it, and
# how often is it among the internals?

# %%
tea = mx.symbol.elemwise_mul(a, b, name='tea')
twice = tea + tea*c

walk(twice)
print(twice.get_internals().list_outputs())
twice

# %% [markdown]
# `walk` printed it two times, because two arrows lead to it. But there is *one* node, with one value,
# which is computed once: the picture and the internals show that. This is why we speak of a graph, and
# not of a tree. If you want to know what is in a graph, ask `get_internals`: it gives everything, each
# once.

# %% [markdown]
# ## Exercises
#
# **3.1** How many values are there among the internals of `graph`? Try to see it without running
# anything.
#
# ```python
# x = a * b
# graph = x*x + x
# ```

# %% tags=["exercise-3.1"]
number = ...

check("3.1", number)

# %% [markdown]
# **3.2** `root` is a finished graph: the square root of a sum. You want the sum *before* the root is
# taken. Get it out of `root`. (Symbook chose the names. Look them up first.)

# %% tags=["exercise-3.2"]
root = mx.symbol.sqrt(mx.symbol.Variable('P')**2 + mx.symbol.Variable('Q')**2)
before = ...

check("3.2", before)

# %% [markdown]
# **3.3** A loop made this graph, and it is too large to count by eye. How many **operators** has it
# got? Let Python count.

# %% tags=["exercise-3.3"]
big = a
for i in range(50):
    big = big * b
    if i % 3 == 0:
        big = big + c
operators = ...

check("3.3", operators)

# %% [markdown]
# [The solutions](solutions/03_internals.ipynb) are in a notebook of their own. Try first!

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | **internals** | all values of a graph: those of variables, inner ones, outputs |
# | `get_internals()` | all of them as a group, each once, after those that it is made from |
# | `internals['_mul1_output']` | an inner value as an output, with what it needs |
# | `_mul1` and `_mul1_output` | a node, and the value that it gives |
# | **inspector** | the picture in which you choose nodes, by `--internals` |
# | `get_children()` | the inputs of the last node; `None` for a variable |
#
# - Any inner value can become an output, and a part of a graph is a graph.
# - When a result is wrong, look for the first inner value that is wrong.
# - A value that is used twice is there once.
#
# **Next.** The option `--bind` gave data to our graphs. In lesson 4 you do that yourself, with data of
# any size, and see what is checked before anything runs.

# %% [markdown]
# [← 2. Symbols](02_symbols.ipynb) · [All lessons](README.md) · [4. Binding →](04_binding.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/03_internals.ipynb)
