# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 1. Why dataflow: describe first, compute later
#
# **Goal.** You can tell a computer what to compute line by line, or as a *graph*: a picture of boxes
# and arrows. You will draw one, watch numbers flow through it, and find out what it knows that a list
# of lines does not. Programs that know faces or write texts are made of very large graphs of this
# kind. A bill in a café is enough to see why.
#
# **Time.** About 15 minutes.
#
# **You need** a little Python: names, numbers, `print` and `if`.
#
# [All lessons](README.md) · [2. Symbols →](02_symbols.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/01_dataflow.ipynb)
#
# **How to work.** Run the cells from top to bottom with <kbd>Shift</kbd>+<kbd>Enter</kbd>. Where it
# says **Predict**, decide on your answer *before* you run the next cell. A wrong guess teaches the
# most. If results already stand below the cells, they give the answers away: choose
# *Edit → Clear Outputs of All Cells* (on Colab: *Edit → Clear all outputs*).
#
# **After a break** Python may have forgotten everything. Click the cell where you want to go on and
# choose *Run → Run All Above Selected Cell* (on Colab: *Runtime → Run before*).

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
# Each lesson begins with this cell: it brings in symbook, which draws graphs. The short name `mx` is
# a custom. It comes from MXNet, an older library whose language symbook speaks.

# %% [markdown]
# ## 1. Line by line
#
# In a café you have 1 cup of tea, at 2 euros a cup, and 3 cakes, at 4 euros each. What is the bill?

# %%
tea = 1 * 2
cakes = 3 * 4
bill = tea + cakes
bill

# %% [markdown]
# Python did the first line, then the second, then the third. A program that is a list of
# instructions, done one after the other, is called **imperative**.
#
# **Predict.** Could two people work on the lines for `tea` and `cakes` at the same time? What about
# the line for `bill`? And how do *you* know?
#
# <details><summary>Answer</summary>
#
# On the first two, yes. The third has to wait, for it needs both. You know because you read all three
# lines before you answered. When Python works on a line, it knows nothing of the lines that follow.
#
# </details>

# %% [markdown]
# ## 2. Without numbers
#
# Tomorrow the numbers are others. So let us leave them open: *A* cups of tea at *B* euros, and *C*
# cakes at *D* euros.
#
# **Predict.** Nothing is called `A`, `B`, `C` or `D` yet. What will Python say? (The error is meant
# to happen. Should your notebook stop at it, go on with the next cell.)

# %% tags=["raises-exception"]
E = (A*B) + (C*D)

# %% [markdown]
# How to read an error message: go down to where the name of the error stands with a colon, here
# `NameError:`, and read on **from there**. It says what is wrong: the name `A` has no value. The arrow
# above it says in which line. Python wants to compute *now*. It cannot just keep the formula in mind.
#
# The next cell has the same formula. Only its first line is new.

# %%
# %%symgraph
E = (A*B) + (C*D)

# %% [markdown]
# No error, and a picture! `%%symgraph` is a **magic**, a command of the notebook. It makes a
# **variable** of each name that has no value: a name that waits for data. Nothing was computed. The
# formula was turned into a **graph**. Follow the arrows from the top:
#
# - a **rounded blue box** is a variable;
# - a **yellow box** is an **operator**: something that will be done;
# - a **hexagon** is the **output**: what you will get;
# - an **arrow** is a value on its way to where it is needed.
#
# Variables and operators are the **nodes** of the graph. symbook made up the names `_mul0`, `_mul1`
# and `_plus0`. To describe first and compute later is called **symbolic**. And as data will flow along
# the arrows, the graph is a **dataflow graph**.

# %% [markdown]
# ## 3. A description is not a number
#
# **Predict.** `bill` is 14. What is `E`? And what happens if we ask whether each of them is more than
# 10?

# %% tags=["raises-exception"]
print('bill is', bill, 'of', type(bill))
print('E is', E, 'of', type(E))

if bill > 10:
    print('bill: expensive')
if E > 10:
    print('E: expensive')

# %% [markdown]
# `bill` is a number. `E` is a **symbol**: a description of a computation, which has no value. It is
# called `_plus0` after its last operator, the sum. So `if` cannot decide. Go down to the name of the
# error again, and read on from there. You find two things:
#
# - what is wrong: a symbol **has no value yet, so it is neither true nor false**. (It is called
#   `_greater_scalar…`, for even `E > 10` is only noted, as one more operator.)
# - a **hint**: what you can do instead. *Bind* and *run* come in lessons 4 and 5.

# %% [markdown]
# ## 4. Let the numbers flow
#
# Now `--bind` gives numbers to the variables, and `--step` lets you walk through all that happens.
#
# **Predict.** Which numbers will be on the two arrows that go into the sum?

# %%
# %%symgraph --bind A=1 B=2 C=3 D=4 --step
E

# %% [markdown]
# This is the **stepper**. It shows the end: 2 and 12 went into the sum, and 14 came out. Now go
# through it from the beginning:
#
# 1. Click **Compose**. Then press the right arrow key, or the button with a bar and a triangle beside
#    *Play*, again and again. You see how your formula became a graph. Read the sentence above the
#    picture each time.
# 2. Click **Forward**. Here the numbers flow. What does the sum wait for? And the second product?
# 3. Tick **Predict** and go through *Forward* once more. Now the stepper asks you for each number
#    before it shows it.
#
# <details><summary>Answer</summary>
#
# The sum waits for both products. The second product needs only C and D, which are there from the
# start. It need not wait for the first product.
#
# </details>

# %% [markdown]
# **Change it.** In the cell above write `A=10` in place of `A=1`. First say which numbers in the
# picture will change, then run the cell. Next, try `A=[1,10] B=[2,2] C=[3,3] D=[4,4]`: two bills at
# once. Did the graph change?
#
# <details><summary>Answer</summary>
#
# Three numbers change: A itself, the first product and the sum. With lists, every arrow carries two
# numbers, and the output has two bills, 14 and 32. The graph is the same: it says what to do, not with
# which data.
#
# </details>

# %% [markdown]
# ## 5. What a graph knows
#
# **Predict.** The next cell describes three products. How many will there be in the picture of `E`?

# %%
# %%symgraph
tip = A * C
E = (A*B) + (C*D)

# %% [markdown]
# Two. `E` does not use the tip, and the graph of `E` holds what `E` needs, and nothing else. Line by
# line, Python would have computed the tip as well: how could it know that nobody will ask for it?
#
# A graph also knows what has to wait for what. Here is a product of four numbers.

# %%
# %%symgraph
A * B * C * D

# %% [markdown]
# Imagine that many friends share the work. In each **round**, a friend may do one operator whose
# inputs are all there. Here even a hundred friends need three rounds: each product waits for the one
# before it.
#
# **Predict.** With brackets the result is the same. How many rounds will it take?

# %%
# %%symgraph
(A * B) * (C * D)

# %% [markdown]
# Two rounds, with the same three operators! The first two products are side by side, since no arrow
# leads from one to the other. So you can *see* in a graph what may happen at the same time. A computer
# with several processors can use that. Lesson 7 does it.

# %% [markdown]
# ## Exercises
#
# Put your answer in place of `...` and run the cell: it says at once whether you are right. Try as
# often as you like. Are you stuck? Write `hint("1.1")` in a cell of its own. `A`, `B`, `C` and `D` are
# variables by now. Write `%%symgraph` as the first line of a cell to see what you have made.
#
# **1.1** *A* adults and *B* children take a menu each. It costs *C* euros, and a voucher takes *D*
# euros off *each* menu. Make the graph of their bill: **(A + B) · (C − D)**.

# %% tags=["exercise-1.1"]
graph = ...

check("1.1", graph)

# %% [markdown]
# **1.2** With as many friends as you like, how many rounds does the graph of
# **((A · B) + (C · D)) · (A − D)** need?

# %% tags=["exercise-1.2"]
rounds = ...

check("1.2", rounds)

# %% [markdown]
# **1.3** Written as `A + B + C + D`, a sum of four numbers needs three rounds. Make a graph of the
# same sum that needs only two.

# %% tags=["exercise-1.3"]
faster = ...

check("1.3", faster)

# %% [markdown]
# [The solutions](solutions/01_dataflow.ipynb) are in a notebook of their own. Try first!

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | **imperative** | a list of instructions, done one after the other |
# | **symbolic** | first describe what is to be computed, then compute |
# | **node** | a variable, which waits for data, or an operator, such as `+` |
# | **dataflow graph** | nodes, and arrows for the values that go from one to another |
# | **symbol** | what stands for a graph in Python; it has no value |
#
# - A graph does not contain the data: it served one bill and two bills.
# - It holds what the output needs, and nothing else.
# - What is not connected by arrows may be done at the same time.
#
# **Next.** In lesson 2 you make graphs in plain Python, and build large ones from small ones.

# %% [markdown]
# [All lessons](README.md) · [2. Symbols →](02_symbols.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/01_dataflow.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
