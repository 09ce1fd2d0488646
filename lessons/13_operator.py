# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 13. Your own operator: a new box for your graphs
#
# **Goal.** You will make operators that symbook does not have, say which shape comes out and how
# gradients go back through them, and test whether it is true.
#
# **Time.** About 15 minutes.
#
# **You need** lessons [4](04_binding.ipynb), [5](05_forward.ipynb) and [10](10_gradients.ipynb):
# shapes, running a graph, and gradients.
#
# [← 12. Old models](12_old_models.ipynb) · [All lessons](README.md) · [14. Inside symbook →](14_inside.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/13_operator.ipynb)

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
# ## 1. A function becomes an operator
#
# The café of lesson 1 gives a discount: of each bill, what is above 10 euros costs half. There is
# no operator for that, so we make one. It takes an ordinary Python function, and one line above it,
# `@mx.operator.define`. Such a line is called a **decorator**: it makes something else of the
# function.
#
# The first parameter of the function is always `xp`. It is NumPy, or, on a graphics card, a library
# that has the same functions. `xp.where(question, yes, no)` takes each number from `yes` or from
# `no`.
#
# **Predict.** What has to be paid for a bill of 30? And what will the last line show, which gives
# the operator a *symbol*, and no number?

# %%
@mx.operator.define
def discount(xp, price):
    """What is above 10 costs half."""
    return xp.where(price > 10, 10 + (price - 10) / 2, price)

print(discount(mx.nd.array([4, 10, 30])).asnumpy())
print(discount(mx.sym.Variable('bill')))

# %% [markdown]
# 20 euros in place of 30. Given an NDArray, `discount` computes at once. Given a symbol, it makes a
# node, `discount0`.
#
# **Predict.** Here is our old bill, 14 euros, with the discount. How many yellow boxes will there
# be, and what will arrive at the hexagon?

# %%
# %%symgraph --step --bind A=1.0 B=2.0 C=3.0 D=4.0
paid = discount((A*B) + (C*D))

# %% [markdown]
# Your operator is one box among four, and 12 euros arrive. Step through *Infer shapes* and
# *Forward*: your box is drawn, checked and run like the others. What is inside the box, the graph
# does not see.

# %% [markdown]
# ## 2. Parameters
#
# Tomorrow the limit is 20 euros. That is no data which flows through the graph, but a setting of
# the box, a **parameter**. Parameters stand after a star, each with a type (`float`, a number with
# a decimal point) and, if you like, a usual value.
#
# **Predict.** Three bills of 30 euros. What has to be paid for each?

# %%
@mx.operator.define
def discount(xp, price, *, limit: float = 10, part: float = 0.5):
    """What is above `limit` costs only this `part`."""
    return xp.where(price > limit, limit + part * (price - limit), price)

bill = mx.nd.array([30])
print(discount(bill).asnumpy())
print(discount(bill, limit=20).asnumpy())
print(discount(bill, limit=20, part=0).asnumpy())

# %% [markdown]
# 20, 25 and 20. The new `discount` took the place of the old one.

# %% [markdown]
# ## 3. An error, on purpose: which shape comes out?
#
# The café writes down its income each day. `rises` computes by how much it rose from each day to
# the next. (`days[1:]` is all but the first number, `days[:-1]` all but the last.)
#
# **Predict.** Four days go in. How many numbers come out? And nobody told symbook. What will it
# believe?

# %% tags=["raises-exception"]
@mx.operator.define
def rises(xp, days):
    """From each day to the next."""
    return days[1:] - days[:-1]

days = mx.sym.Variable('days')
rises(days).eval(days=mx.nd.array([140, 200, 170, 300]))

# %% [markdown]
# Go down to the error's name, and read on from there. Your function gave three numbers, and
# *inference*, which works out all shapes *before* a number flows, says that there would be four. If
# you do not say which shape comes out of an operator, symbook believes: the same that went in. That
# was right for `discount`, and wrong here.
#
# The **hint** says what to add: a **shape rule**, a function of the shapes of the inputs. A shape
# is a tuple, such as `(4,)`, and its first number is `shape[0]`. (`lambda` is a short way to write
# a function: the parameters, a colon, the result.)

# %%
@mx.operator.define(shape=lambda days: (days[0] - 1,))
def rises(xp, days):
    """From each day to the next."""
    return days[1:] - days[:-1]

print(rises(days).eval(days=mx.nd.array([140, 200, 170, 300]))[0].asnumpy())

# %% [markdown]
# **Predict.** A week, and two boxes in a row. No data this time, only a shape. Which shapes will
# stand on the arrows?

# %%
# %%symgraph --shapes days=(7,)
faster = rises(rises(days))

# %% [markdown]
# 7, 6, 5. Your rule was asked twice, and not one number was computed.

# %% [markdown]
# ## 4. A gradient
#
# Backward, each operator gets the gradient of its output and turns it into the gradient of its
# input.
#
# **Predict.** A bill grows by one cent. By how many cents does the amount to be paid grow, if the
# bill is 4 euros? And if it is 14 euros?
#
# <details><summary>Answer</summary>
#
# At 4 euros by one cent: there is no discount yet. At 14 euros by half a cent.
#
# </details>
#
# That is all that symbook has to know. You write it as a **gradient rule**, a function again:
#
# | it gets | which is |
# |---|---|
# | `F` | the functions of `mx.sym`: `F.where`, `F.sin` … |
# | `g` | the gradient of the output, which comes from behind |
# | `y` | the output itself; we do not need it here |
# | `price` | the input, or one name for each input |
# | `limit`, `part` | the parameters |
#
# All but the parameters are *symbols*: the rule computes nothing, but says which graph computes the
# gradient.

# %%
def back(F, g, y, price, limit, part):
    return F.where(price > limit, part * g, g)

@mx.operator.define(gradient=back)
def discount(xp, price, *, limit: float = 10, part: float = 0.5):
    """What is above `limit` costs only this `part`."""
    return xp.where(price > limit, limit + part * (price - limit), price)

# %% [markdown]
# **Predict.** *B* is the price of a cup of tea, and we drink one cup. If tea gets one euro dearer,
# what does our bill of 14 euros rise by?

# %%
# %%symgraph -g --bind A=1.0 B=2.0 C=3.0 D=4.0
paid = discount((A*B) + (C*D))

# %% [markdown]
# By 0.5 euros: that is the gradient of *B*. Find `where` in the graph of the gradient: it comes
# from your rule.

# %% [markdown]
# ## 5. Nobody checks your rule. You do
#
# A wrong shape is found when the box runs. A wrong gradient is *not*: it is a number like any
# other. So test each rule once: push the input up and down a little, and look how much the output
# moves. This is called a **numeric gradient**.
#
# **Predict.** The cell tests two operators: ours, and a careless copy, whose rule says *half* for
# every price. For which of the four bills will you notice?

# %%
@mx.operator.define(gradient=lambda F, g, y, price: 0.5 * g)
def careless(xp, price):
    """As `discount`, with a wrong rule."""
    return xp.where(price > 10, 10 + (price - 10) / 2, price)

def test(operator, numbers, push=0.1):
    x = mx.sym.Variable('x')
    by_rule = operator(x).gradient('x').eval(x=mx.nd.array(numbers))[0]
    up = operator(mx.nd.array(numbers) + push)
    down = operator(mx.nd.array(numbers) - push)
    by_pushing = (up - down) / (2 * push)
    print(operator.name, '\n  by the rule:', by_rule.asnumpy())
    print('  by pushing: ', by_pushing.asnumpy().round(2))

test(discount, [4, 8, 14, 30])
test(careless, [4, 8, 14, 30])

# %% [markdown]
# At 14 and 30 both rules are right. At 4 and 8 only ours is. So test at *different* places, on both
# sides of every bend.
#
# **Change it.** Put the number 10 into both lists: `[4, 8, 14, 30, 10]`. What do you get exactly at the bend, and who is
# right?
#
# <details><summary>Answer</summary>
#
# The rule says 1, pushing says 0.75, the careless rule says 0.5. At a bend there is no gradient,
# and a rule may choose either side.
#
# </details>

# %% [markdown]
# ## Exercises
#
# Put your operator in place of the line with `...`. Its name stays. `hint("13.1")` in a cell of
# your own gives a hint.
#
# **13.1** The café has no small coins. Make an operator `rounded` of one input, which rounds each
# price **up** to the next half euro: 2.1 becomes 2.5, 2.6 becomes 3, and 2.5 stays. (`xp.ceil`
# rounds up to whole numbers.)

# %% tags=["exercise-13.1"]
rounded = ...

check("13.1", rounded)

# %% [markdown]
# **13.2** Make an operator `there_and_back`: a row of numbers, and behind it the same row from its
# end to its beginning. 1, 2, 3 becomes 1, 2, 3, 3, 2, 1. It has to work for rows of any length.
# (`xp.concatenate([one, two])` puts two rows one behind the other, and `row[::-1]` is a row from
# its end.)

# %% tags=["exercise-13.2"]
there_and_back = ...

check("13.2", there_and_back)

# %% [markdown]
# **13.3** *Extra.* Many networks use this operator. It lets positive numbers through as they are, and of
# negative ones only a tenth: 5 stays 5, and −5 becomes −0.5. Make it, under the name `leaky`,
# *with* its gradient rule. (At 0 itself either side will do.)

# %% tags=["exercise-13.3"]
leaky = ...

check("13.3", leaky)

# %% [markdown]
# [The solutions](solutions/13_operator.ipynb) are in a notebook of their own. Try first!

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | `@mx.operator.define` | makes an operator of the function below it |
# | **decorator** | a line with `@` above a function, which makes something else of it |
# | `xp` | NumPy, or what stands for it on a graphics card |
# | **parameter** | a setting of an operator, no data that flows |
# | **shape rule** | says which shape comes out; without one it is the shape that went in |
# | **gradient rule** | says which graph computes the gradient of the inputs, from the gradient of the output |
# | **numeric gradient** | push an input a little, and see how much the output moves |
#
# - Your operator is a box like any other: drawn, checked, run, differentiated.
# - A wrong shape is found. A wrong gradient is found only by you, by pushing.
#
# **Next.** In the last lesson you open symbook itself, and write a small engine of your own.

# %% [markdown]
# [← 12. Old models](12_old_models.ipynb) · [All lessons](README.md) · [14. Inside symbook →](14_inside.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/13_operator.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
