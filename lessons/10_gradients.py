# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 10. Gradients: the graph runs backward
#
# **Goal.** You will find out how much each input matters for the result: first by trying, then by hand, and then
# by letting the graph run backward. You will see that backward is a graph, too.
#
# **Time.** About 15 minutes.
#
# **You need** lesson [5](05_forward.ipynb): forward, step by step. You need no calculus.
#
# [← 9. GPU](09_gpu.ipynb) · [All lessons](README.md) · [11. A network by hand →](11_network.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/10_gradients.ipynb)

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
# ## 1. Push an input a little
#
# Take E = A · B + C · D once more, with 1, 2, 3 and 4. The result is 14. Now we push one input at a time: we make it larger by
# 0.001, and see how far the result moves. Then we divide: *how far the result moved* by *how far we pushed*.
#
# **Predict.** For which input is this quotient the largest? Think of `A` first: in A · 2 + 12, how much more do you
# get if A grows by 1?

# %%
a, b, c, d = [mx.sym.Variable(name) for name in 'ABCD']
E = a*b + c*d

values = {'A': 1, 'B': 2, 'C': 3, 'D': 4}

def result(**numbers):
    arrays = {name: mx.nd.array([number], dtype=np.float64) for name, number in numbers.items()}
    return E.bind(mx.cpu(), arrays).forward()[0].asnumpy()[0]

push = 0.001
for name in values:
    pushed = dict(values)
    pushed[name] += push
    quotient = (result(**pushed) - result(**values)) / push
    print(name, round(quotient, 3))

# %% [markdown]
# `C` matters most: push it by a little, and the result moves 4 times as far. For `A` it is 2 times, and 2 is the value
# of `B`, its partner in the product. It is so for each of them.
#
# This number is called the **gradient** of the output with respect to that input. It says how fast the output
# changes when this one input changes, and nothing else does.
#
# But look at the work: one run for each input, and one more. A network has millions of inputs.

# %% [markdown]
# ## 2. Backward along the arrows
#
# There is a better way. Start at the *output*, and ask each operator only one thing: **if your result moves by 1, how much of
# that is due to each of your inputs?**
#
# - A **sum** X + Y: if X grows by 1, so does the sum. It hands the gradient on to both inputs, **as it is**.
# - A **product** X · Y: if X grows by 1, the product grows by Y. It hands the gradient on to X **times Y**,
#   and to Y **times X**.
#
# The output moves as far as itself, so its own gradient is 1. From there, go against the arrows, and multiply on the
# way. This is the **chain rule**.
#
# **Predict.** Do it on paper: write 1 at the sum, and go down to `A`, `B`, `C` and `D`. Which four numbers arrive?
# Then run the cell. `-g` runs the graph forward, and then backward, and draws both.

# %%
# %%symgraph -g -b A=1 B=2 C=3 D=4
E = A*B + C*D

# %% [markdown]
# 2, 1, 4 and 3: what we found by pushing. But this time **one** way back gave all four.
#
# In the live picture, `1 ∇ 2` on an arrow means: the value is 1, and the gradient, which came back, is 2. `_plus0_output_grad` is the 1 that
# you start with. Click a node to see both.

# %% [markdown]
# ## 3. In your own program
#
# `bind` has a place for the gradients: `args_grad` takes an array for each argument. Then `forward(is_train=True)` computes the
# values, and `backward` the gradients. You give `backward` the gradient to start with: 1, for our output.

# %%
def number(value):
    return mx.nd.array([value])

arrays = {name: number(value) for name, value in values.items()}
gradients = {name: number(0) for name in values}
executor = E.bind(mx.cpu(), arrays, args_grad=gradients)

executor.forward(is_train=True)
executor.backward(number(1))
for name, gradient in gradients.items():
    print(name, gradient.asnumpy())

# %% [markdown]
# Now watch it go back.
#
# **Predict.** What has to be computed on the way back, and for which operators?
#
# Click **Backward** below, and then press the right arrow key, again and again. Read the sentence each time. (*Derive*, before it,
# makes the graph that runs backward: section 4.)

# %%
# %symstep executor

# %% [markdown]
# Four multiplications: two for each product, as each has two inputs. For the sum there is *no* step: it hands on what
# it gets, so there is nothing to compute.
#
# The products need the values of forward: the gradient of `A` is *2*, the value of `B`. This is why `backward` comes after
# `forward`.

# %% [markdown]
# ### When two ways meet
#
# **Predict.** In F = A · B + A, the arrows from `A` go two ways. With A = 3 and B = 5, what is the gradient of `A`?

# %%
# %%symgraph -g -b A=3 B=5
F = A*B + A

# %% [markdown]
# 5 comes back through the product, and 1 directly from the sum. What arrives on several ways is **added**: 6. Indeed, if A grows
# by 1, both places where it is used notice.

# %% [markdown]
# ## 4. Backward is a graph, too
#
# All that backward does is multiply and add. So symbook can write it down as a graph: `gradient` takes a
# symbol and gives another symbol. (We tell it that P is one number, `P=(1,)`. Then the graph is simpler.)
#
# **Predict.** P · P · P is a product of three. Which arguments does the graph of its gradient have?

# %%
# %%symgraph -b P=2
cube = P*P*P
slope = cube.gradient('P', P=(1,))
slope

# %% [markdown]
# Only `P`. `ones_like` is the 1 to start with, and `add_n` adds what comes back on three ways. With P = 2 the gradient is 12. (There is a rule for P³: 3 · P².)
#
# It is a symbol. So you can run it, and take its gradient again.

# %%
for symbol in [cube, slope, slope.gradient('P', P=(1,))]:
    print(symbol.eval(P=number(2))[0].asnumpy())

# %% [markdown]
# 8, 12, and 12 again: the second gradient is 6 · P.
#
# **Change it.** Write `P=1` in the graph above, and then `P=0`. Where does the cube not move at all when P is pushed a little?
# <details><summary>Answer</summary>
#
# At 0. The gradient is 0 there: 0.001 · 0.001 · 0.001 is almost nothing.
#
# </details>

# %% [markdown]
# ## 5. What happens to a gradient: `grad_req`
#
# Each argument may ask for something else: `'write'` puts the new gradient in the place of the old one, `'add'` adds
# it to what is there, and `'null'` wants none, which saves the work.
#
# **Predict.** We go backward three times. What will the arrays of `A`, `B` and `C` show? They begin with 0.

# %%
wishes = {'A': 'write', 'B': 'add', 'C': 'null', 'D': 'null'}
fresh = {name: number(0) for name in values}
asking = E.bind(mx.cpu(), arrays, args_grad=fresh, grad_req=wishes)

for run in range(3):
    asking.forward(is_train=True)
    asking.backward(number(1))
for name in ['A', 'B', 'C']:
    print(name, wishes[name], fresh[name].asnumpy())

# %% [markdown]
# `B` has 1 + 1 + 1. This is useful if your data comes in several parts: the gradient of a sum is the sum of the gradients.

# %% [markdown]
# ## 6. An error, on purpose
#
# **Predict.** What is missing in this line?

# %% tags=["raises-exception"]
executor.backward()

# %% [markdown]
# The gradient to start with, at the *head* of the graph, its output. If that were an array of 1000 numbers, which of them
# would be meant? So you say it. The other way is a **loss**, an output that knows its own start. You will meet one in the next lesson.
#
# **Change it.** Write `executor.backward(number(10))`, and then print `gradients['C'].asnumpy()`. What does the
# number that you start with do?

# %% [markdown]
# ## Exercises
#
# Replace each `...`. `hint("10.1")` in a cell of your own gives a hint. The solutions are
# [in a notebook of their own](solutions/10_gradients.ipynb).
#
# **10.1** G = (A + B) · C, with A = 1, B = 2 and C = 4. By hand: what are the gradients of `A`, `B` and `C`? Give a list of three
# numbers.

# %% tags=["exercise-10.1"]
three = ...

check("10.1", three)

# %% [markdown]
# **10.2** Compose a graph of one variable P whose *gradient* is 2 · P + 3. (There are many.)

# %% tags=["exercise-10.2"]
graph = ...

check("10.2", graph)

# %% [markdown]
# **10.3** *Extra.* Use `executor.backward` so that the gradient of `A` in `gradients` becomes 10. Then give
# all four gradients, as a list of numbers: A, B, C, D. Or find them by hand.

# %% tags=["exercise-10.3"]
four = ...

check("10.3", four)

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | **gradient** | how fast the output changes when one input changes |
# | **chain rule** | go against the arrows and multiply on the way; where ways meet, add |
# | **backward** | the run that computes all gradients, from the output to the arguments |
# | `args_grad` | the arrays where `backward` puts the gradients |
# | `grad_req` | what is done with a gradient: `'write'`, `'add'` or `'null'` |
# | `gradient` | makes a graph of the gradient |
#
# - One run backward gives the gradients of all arguments.
# - Backward is a graph: it can be drawn, run, and differentiated again.
# - Pushing an input a little gives the same number. It is slow, but it is a good test.
#
# **Next.** If you know which way each input moves the result, you can make the result better, a little at a time. This
# is how a network learns.
#
# [← 9. GPU](09_gpu.ipynb) · [All lessons](README.md) · [11. A network by hand →](11_network.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/10_gradients.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
