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
# **Goal.** A result is wrong, and you do not know why. It helps to look at every number on the way to
# it. You will open a graph, look at every value inside, take one of them out, and find a mistake in a
# formula. Last, you will walk through a graph in Python.
#
# **Time.** About 15 minutes.
#
# **You need** lessons 1 and 2. In section 5 there is a Python function that calls itself (a
# *recursion*): you need not understand how it works, only what it prints. Exercise 3.3 has a `for`
# loop, and you need not change it.
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
# **Predict.** The bill of lesson 1 has four arguments and one output. `get_internals` gives *all*
# values of a graph, from the arguments to the output. How many will be in the list? In which order?

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
# Seven: four variables, two products and one sum. They are called the **internals** of `e`. (The
# hexagon in a picture is no value of its own: it shows that the sum is what comes out. And the line
# with `NameManager` lets the names count from 0 each time.)
#
# - A variable's value has the variable's name. An operator's value has `_output` at the end.
# - Each value stands *after* those that it is made from. So the list tells one order in which the graph
#   can be computed.

# %% [markdown]
# ## 2. Look at them
#
# `--internals` shows the inner values of a run: a picture in which you can choose nodes, and a table.
#
# **Predict.** With A = 1, B = 2, C = 3 and D = 4, what are the seven values, in the order of the list?

# %%
# %%symgraph --bind A=1 B=2 C=3 D=4 --internals
e

# %% [markdown]
# In the table, **Made by** says which operator makes a value: `elemwise_mul` is the full name of `*`,
# and `elemwise_add` that of `+`. (Lesson 4 explains *Shape* and *Dtype*.)
#
# Now use the picture as an **inspector**:
#
# 1. Click the node `_mul0`. Beside the picture you read its value, its **inputs**, who reads it, and at
#    the bottom in which line of your code it is written.
# 2. Among the inputs click **A**, and you are there. You can go all the way through a graph like this.
# 3. Under **What if it were different?** write 10 in place of 1 and press *Try*. Which of the seven
#    values change? The picture marks them with a Δ. (The table stays as it was.)
#
# <details><summary>Answer</summary>
#
# Three: A itself, the product that reads it, and the sum. Nothing else is computed again.
#
# </details>

# %% [markdown]
# ## 3. Take a value out
#
# The internals are a symbol, too: a group with seven outputs. As with any group, you choose an output
# by its number, or by its name.
#
# **Predict.** Number 5 and the name `_mul1_output` give the same symbol. What are its arguments? And
# what will its picture show?

# %%
cakes = internals['_mul1_output']

print(internals[5], 'and', cakes)
print(cakes.list_arguments())
cakes

# %% [markdown]
# C and D only. The inner value has become an output, and the graph of `cakes` holds what *this* output
# needs. Nothing was computed, and `e` is as it was. So you can take any part out of a graph that
# somebody else made, and go on with it.
#
# **Predict.** Node or value? The next line asks for `_mul1`. What happens?

# %% tags=["raises-exception"]
internals['_mul1']

# %% [markdown]
# Below the error's name, the **hint** says which name you may have meant. `_mul1` is the name of a
# *node*, a thing that is done. Outputs are *values*, and the value of this node is called
# `_mul1_output`. Why are there two names? Because a node may give more than one value:

# %%
halves = mx.symbol.split(a, num_outputs=2, name='halves')
total = mx.symbol.elemwise_add(halves[0], halves[1], name='total')

print(total.get_internals().list_outputs())

# %% [markdown]
# `split` cuts its input into parts. It is one node, and it gives two values, `halves_output0` and
# `halves_output1`.

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
# only D as its input! Python divides before it adds. A formula can look right and be wrong, and its
# internals show where.
#
# **Change it.** Mend the formula. Before you run the cell, say what the values will be.
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
# for a variable is not made from anything. With that, five lines of Python walk through a whole graph,
# from the output back to the variables. (You need not read them: `walk` prints a name, and then does
# the same with each input, a little to the right.)
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
# The sum comes first, and farthest to the right are variables: there the walk ends.
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
# `walk` printed it two times, because two arrows leave it. But there is *one* node, with one value,
# which is computed once: the picture and the internals show that. If you want to know what is in a
# graph, ask `get_internals`: it gives everything, each once.

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
# [← 2. Symbols](02_symbols.ipynb) · [All lessons](README.md) · [4. Binding →](04_binding.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/03_internals.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
