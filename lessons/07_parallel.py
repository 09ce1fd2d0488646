# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 7. Parallel: two things at the same time
#
# **Goal.** In lesson 1 you saw in a graph what *may* happen at the same time. Now you will see it
# happen, and find out when it pays and when it does not.
#
# **Time.** About 15 minutes.
#
# **You need** lessons [4](04_binding.ipynb), [5](05_forward.ipynb) and [6](06_matrices.ipynb): how
# to bind a graph to arrays and run it.
#
# [← 6. Matrices](06_matrices.ipynb) · [All lessons](README.md) · [8. The optimiser →](08_optimiser.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/07_parallel.ipynb)

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
# ## 1. Who waits for whom
#
# A **thread** is a worker inside your program. It does one thing after another. A program with two
# threads can do two things at a time. Here we ask for two. (Only the Python inside a browser has no
# threads: there you see what a single worker does.)
#
# **Predict.** The cell prints a *plan*: the steps of a run, numbered from 0. Which step has to
# wait, and for which others? (`optimize=False` asks for the graph just as we wrote it. Lesson 8 is
# about the other way.)

# %%
# %%symgraph
result = (A*B) + (C*D)

mx.engine.set_num_threads(2)
mx.random.seed(1)
data = {name: mx.nd.uniform(low=0, high=1, shape=(2000, 2000)) for name in 'ABCD'}
print(result.bind(mx.cpu(), data, optimize=False).plan)

# %% [markdown]
# The last line says `after 0, 1`: the sum waits for both products. The products wait for nobody, so
# they may run **in parallel**, which means at the same time. (The square brackets are for lesson 8.)

# %% [markdown]
# ## 2. See it happen
#
# The option `-l` runs the graph, notes when each step began and ended, and draws it.
#
# **Predict.** There will be a row, a *lane*, for each thread that has something to do, and a bar for
# each step. Draw it on paper first.

# %%
# %%symgraph -l --bind **data
result

# %% [markdown]
# This is a **timeline**. Time goes from left to right.
#
# - Are two bars one above the other? Then two steps ran at the same time.
# - Click a bar. It is also chosen in the graph, and you read what it waited for.
# - Bars with a thick outline are the longest chain of work. They decide how long the run takes:
#   section 3.
# - Above the bars you read how many threads were busy on average. *1.0 of 2* means: one after the
#   other.
#
# Times are never the same twice, so run the cell a few times. With one processor, or a very busy
# one, the two bars may stay behind each other.
#
# One look may be luck. The next cell runs the graph 20 times and asks: did the second product ever
# begin before the first one had ended? (`trace()` is what a timeline is drawn from: a recorded run,
# with the start and the end of each step.)

# %%
executor = result.bind(mx.cpu(), data)

def side_by_side(run):
    one, two = run['_mul0'], run['_mul1']
    return one.start < two.end and two.start < one.end

print('seen at the same time:', any(side_by_side(executor.trace()) for _ in range(20)))

# %% [markdown]
# With two processors it says `True`. You did not ask for that. You wrote a formula, and the graph
# did the rest.

# %% [markdown]
# ## 3. The longest chain
#
# More threads do not always help. Let us make breakfast. `work` takes a tenth of a second for each
# *minute*, on every computer, and hands its input on. (Lesson 13 shows how to make such an
# operator. Read only the lines below it.)
#
# **Predict.** Boil water: 4 minutes. Brew tea with it: 2. Toast: 3. Serve all of it: 1. That is 10
# minutes of work. With two cooks, when can breakfast be on the table at the earliest?

# %%
import time
from symbook.views import Timeline

@mx.operator.define()
def work(xp, x, *, minutes: int):
    """Takes a tenth of a second for each minute, and gives its input."""
    time.sleep(minutes / 10)
    return x

water, bread = mx.sym.Variable('water'), mx.sym.Variable('bread')
tea = work(work(water, minutes=4, name='boil'), minutes=2, name='brew')
toast = work(bread, minutes=3, name='toast')
breakfast = work(tea + toast, minutes=1, name='serve')

food = {'water': mx.nd.ones((1,)), 'bread': mx.nd.ones((1,))}
kitchen = breakfast.bind(mx.cpu(), food, runner='threads')
Timeline(kitchen)

# %% [markdown]
# After 7 minutes. Boil, brew, serve: 4 + 2 + 1. Each of these waits for the one before it, so no
# number of cooks can do it sooner. The longest chain of steps that wait for each other is called
# the **critical path**. Toast is not on it. (The plus between tea and toast takes no time worth
# speaking of.)
#
# 10 minutes of work in 7 minutes is 1.4 steps at a time, on average: the **achieved parallelism**.
# Above the bars it is called *1.4 of 2 threads busy*.
#
# **Change it.** Give the toast 8 minutes. When is breakfast ready? Would a third cook help?
#
# <details><summary>Answer</summary>
#
# After 9: the critical path is toast and serve. A third cook finds nothing to do: there are never
# three steps that do not wait for each other.
#
# </details>

# %% [markdown]
# ## 4. An error, on purpose
#
# **Predict.** One thread boils water, the other one burns the toast. Who gets to know of it: you,
# or nobody, since it happened on another thread?

# %% tags=["raises-exception"]
@mx.operator.define()
def burn(xp, x):
    """Fails."""
    raise ValueError('the toast is black')

bad = work(water, minutes=1, name='boil') + burn(bread, name='toast')
bad.bind(mx.cpu(), food, runner='threads').forward()

# %% [markdown]
# You do: it comes out of `forward()`. Go down to the error's name, and read on:
#
# - what went wrong: the toast is black;
# - *while running node*: which step it was, and what it was given;
# - *made at*: the line of yours that put this node into the graph. `In[6]`, say, is the cell with a
#   6 in square brackets on its left.

# %% [markdown]
# ## 5. When it pays
#
# To hand a step over to another thread takes time as well: it has to be told, and it has to wake
# up. So symbook estimates, from the sizes of the arrays, whether it is worth it. A **runner** goes
# through the plan: `serial` does one step after the other, `threads` uses several threads.
#
# **Predict.** From which size on will symbook take threads for *A·B + C·D*?

# %%
for size in [1, 10, 100, 1000]:
    arrays = {name: mx.nd.ones((size, size)) for name in 'ABCD'}
    print(f'{size:5} x {size:<5}', result.bind(mx.cpu(), arrays, optimize=False).trace().runner)

# %% [markdown]
# With 100 × 100 numbers one thread does all. With 1000 × 1000 it is worth waking somebody. (It cannot
# know that our `work` takes long. So we had to say `runner='threads'` there.)
#
# **Change it.** Where is the border? Try 200, 300 and 500 in the list above.
#
# <details><summary>Answer</summary>
#
# Between 300 and 500.
#
# </details>

# %% [markdown]
# ## Exercises
#
# Now for dinner. In minutes:
#
# - soup: *chop* 2, then *cook* 5
# - salad: *wash* 1, then *mix* 2
# - cake: *bake* 6
# - at the end, when all three are done: *serve* 1
#
# **7.1** With as many cooks as you like, after how many minutes is dinner served?

# %% tags=["exercise-7.1"]
minutes = ...

check("7.1", minutes)

# %% [markdown]
# **7.2** You may make *one* of these steps twice as quick: chop, cook, wash, mix, or bake. There
# are enough cooks. Give the name of a step, in quotes, with which dinner is ready sooner. (Not
# sure? Build the graph with `work`, and look at its timeline with `mx.engine.set_num_threads(3)`.)

# %% tags=["exercise-7.2"]
quicker = ...

check("7.2", quicker)

# %% [markdown]
# **7.3** *Extra.* The sum of the eight variables *A* to *H*, written as `A + B + C + D + E + F + G + H`, is
# one chain of seven sums. Make a graph of the same sum whose longest chain has only three.

# %% tags=["exercise-7.3"]
A, B, C, D, E, F, G, H = [mx.sym.Variable(name) for name in 'ABCDEFGH']
total = ...

check("7.3", total)

# %% [markdown]
# [The solutions](solutions/07_parallel.ipynb) are in a notebook of their own. Try first!

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | **thread** | a worker inside a program, which does one thing after another |
# | **in parallel** | at the same time |
# | **plan** | the steps of a run, and for which others each has to wait |
# | **timeline** | a picture of when each step ran, and on which thread: each has its **lane** |
# | **critical path** | the longest chain of steps that wait for each other: no run is shorter |
# | **achieved parallelism** | how many steps ran at a time, on average |
# | **runner** | what goes through the plan: `serial` or `threads` |
#
# - It pays where three things come together: steps that do not wait for each other, free threads,
#   and steps that are long enough.
# - An error on any thread comes out of `forward()`, with the name of its node.
#
# **Next.** We wrote `optimize=False` in this lesson. Lesson 8 leaves it out, and watches what
# symbook makes of your graph before it runs.

# %% [markdown]
# [← 6. Matrices](06_matrices.ipynb) · [All lessons](README.md) · [8. The optimiser →](08_optimiser.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/07_parallel.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
