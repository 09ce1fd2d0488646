# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 14. Inside symbook: from a formula to what runs
#
# **Goal.** You will follow one formula on its whole way through symbook, write a small engine that
# runs it, and know in which file of symbook each part is.
#
# **Time.** About 15 minutes.
#
# **You need** lessons [3](03_internals.ipynb), [7](07_parallel.ipynb) and [8](08_optimiser.ipynb):
# internals, a plan, and the optimiser. Some Python: a loop, a list, a dictionary.
#
# [← 13. Your own operator](13_operator.ipynb) · [All lessons](README.md) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/14_inside.ipynb)

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
# ## 1. A graph is a list
#
# On its way to a result, your graph is written down anew several times, each time a little nearer
# to the machine. Here is a formula with a piece of waste in it.
#
# **Predict.** How many nodes will there be, variables and operators together?

# %%
# %%symgraph
total = (A*B) * 1 + (C*D)

# %% [markdown]
# Eight. Inside symbook there is no picture, only a list of nodes. Each node knows its name, its
# operator, and the nodes that it reads.
#
# **Predict.** Which will be the last in the list? Can the product of *C* and *D* stand before *C*?

# %%
for node in total.graph.nodes:
    what = node.op.name if node.op else 'variable'
    reads = [entry.node.name for entry in node.inputs]
    print(f'{node.name:12} {what:13} reads {reads}')

# %% [markdown]
# The sum is last. Each node stands *after* all that it reads. This is called a **topological
# order**. Whoever walks through such a list from its beginning has always met already what a node
# needs.

# %% [markdown]
# ## 2. A shorter graph
#
# `bind` hands the graph to the optimiser. `stages` tells what each pass did.
#
# **Predict.** How many operators will be left?

# %%
numbers = {'A': 1, 'B': 2, 'C': 3, 'D': 4}
data = {name: mx.nd.array([number]) for name, number in numbers.items()}
executor = total.bind(mx.cpu(), data)
print(executor.stages)

# %% [markdown]
# *Simplify* found `x * 1`, and three operators are left; the others found nothing. `total` itself
# was not touched: a pass makes a new graph.

# %% [markdown]
# ## 3. A plan is a list, too
#
# You saw plans as text in lessons 7 and 8. Now look at what is in one.
#
# Imagine a rack of pigeonholes, each with a number. Each value of the graph has its own, which is
# called its **slot**. A **step** says: call this function with what is in *these* slots, and put
# the result into *that* one.
#
# **Predict.** Which two slots will the sum read?

# %%
plan = executor.plan
print('arguments are put into slots', plan.args)
for i, step in enumerate(plan.steps):
    print(f'step {i}: {step.op.name:12} reads {step.ins}, fills {step.outs},',
          f'waits for {step.deps}')
print('the output is in slot', plan.outputs)

# %% [markdown]
# Slots 2 and 5, those that the products fill. Therefore the sum waits for steps 0 and 1. In the
# plan this is called `deps`, short for **dependencies**: what something depends on.

# %% [markdown]
# ## 4. Write an engine
#
# The part of symbook that runs plans is its **engine** (in the code: a *runner*). All that you need
# to write one is in the plan. `step.op.fn` is the operator's function: its first argument is `xp`,
# as in lesson 13.
#
# **Predict.** We run the steps in the order 0, 1, 2, and then in the order 1, 0, 2. What will be
# different?

# %%
def run(plan, numbers, order):
    slots = {}
    for name, number in numbers.items():
        slots[plan.args[name]] = np.array(number)
    for i in order:
        step = plan.steps[i]
        inputs = []
        for slot in step.ins:
            inputs.append(slots[slot])
        result = step.op.fn(np, *inputs, **step.params)
        slots[step.outs[0]] = result
        print('step', i, step.op.name, 'of', *inputs, 'gives', result)
    return slots[plan.outputs[0]]

print(run(plan, numbers, order=[0, 1, 2]))
print(run(plan, numbers, order=[1, 0, 2]))

# %% [markdown]
# 14, both times: only the printed lines change places. This is a dataflow engine! It does not know
# what the steps compute, and it need not know.
#
# ### An error, on purpose
#
# **Predict.** And in the order 2, 1, 0?

# %% tags=["raises-exception"]
run(plan, numbers, order=[2, 1, 0])

# %% [markdown]
# `KeyError: 2`: in `slots` there is nothing under the number 2. (The lowest arrow above it shows
# the line that looked there.) The sum wanted to read the first product, and nobody had computed
# that yet. Our engine believes whatever order it is told. symbook's own runs a step only when all
# in its `deps` is done. Apart from that it is free: one step after the other, or several at a time.
#
# **Change it.** Give the engine `{'A': np.eye(2), 'B': 5, 'C': 3, 'D': 4}` in place of `numbers`,
# and the order 0, 1, 2. (`np.eye(2)` is a small matrix.) Does the engine have to be changed?
#
# <details><summary>Answer</summary>
#
# No. NumPy's functions take arrays of any shape, and the engine only carries them from slot to
# slot.
#
# </details>

# %% [markdown]
# ## 5. Python that writes Python
#
# Even a loop over steps takes time: look up a slot, look up a function. So, when a small graph has
# run a few times, symbook writes the whole run as *one* Python function, and from then on runs
# that.
#
# **Predict.** How many lines will compute something?

# %%
print(executor.source)

# %% [markdown]
# Three: those with `multiply` and `add`, NumPy's own functions. Their last argument, `buffer0` or
# `out0`, is where the result goes. There are no slots any more, only names. The other lines keep the
# books: they fetch the arrays, and give the result new memory if somebody still holds the last one.

# %% [markdown]
# ## 6. A run, written down
#
# The stepper and the timeline are drawn from a **trace**, a run that was written down.
#
# **Predict.** How many steps will there be in the trace, three or four?

# %%
for step in executor.trace():
    values = [array.asnumpy() for array in step.inputs]
    print(step.node, 'reads', *values, 'and gives', step.outputs[0].asnumpy())

# %symstep executor

# %% [markdown]
# Four: a recorded run runs the graph *as you wrote it*, with the `* 1`, so that you see every
# value. Press *Forward* and step through it.

# %% [markdown]
# ## 7. Open the real thing
#
# Everything in symbook is Python that you can read. `inspect.getsource` shows the text of any
# function. This one runs one step.
#
# **Predict.** You have written its most important line yourself. Which one?

# %%
import inspect

from symbook.plan import Step

print(inspect.getsource(Step.run))

# %% [markdown]
# `self.op.fn(xp, *arrays, **self.params)`. The lines around it are for special cases, such as
# operators with several outputs.
#
# Here is where to go on reading:
#
# | what you have seen | lesson | file |
# |---|---|---|
# | nodes, and graphs in topological order | 1–3 | [graph.py](https://github.com/symbook/symbook/blob/HEAD/symbook/graph.py) |
# | shapes and dtypes are inferred | 4 | [infer.py](https://github.com/symbook/symbook/blob/HEAD/symbook/infer.py) |
# | bind, and the executor | 4, 5 | [binding.py](https://github.com/symbook/symbook/blob/HEAD/symbook/binding.py), [executor.py](https://github.com/symbook/symbook/blob/HEAD/symbook/executor.py) |
# | the passes of the optimiser | 8 | [passes](https://github.com/symbook/symbook/tree/HEAD/symbook/passes) |
# | the gradient, which is a graph | 10 | [passes/gradient.py](https://github.com/symbook/symbook/blob/HEAD/symbook/passes/gradient.py) |
# | who may share a buffer | 8 | [passes/memory.py](https://github.com/symbook/symbook/blob/HEAD/symbook/passes/memory.py) |
# | plans and steps | 7, 14 | [plan.py](https://github.com/symbook/symbook/blob/HEAD/symbook/plan.py) |
# | engines: one after the other, on threads | 7, 14 | [runners/serial.py](https://github.com/symbook/symbook/blob/HEAD/symbook/runners/serial.py), [runners/threads.py](https://github.com/symbook/symbook/blob/HEAD/symbook/runners/threads.py) |
# | your own operators | 13 | [defining.py](https://github.com/symbook/symbook/blob/HEAD/symbook/defining.py) |
#
# [CONTRIBUTING](https://github.com/symbook/symbook/blob/HEAD/CONTRIBUTING.md) has the whole map.
# Begin with `passes/dead.py`, say: it is one page, and you know what it is for.

# %% [markdown]
# ## Exercises
#
# `hint("14.1")` in a cell of your own gives a hint. For 14.2 and 14.3 put a function in place of
# the line with `...`; its name stays.
#
# **14.1** In the plan of **(A + B) · (C − D) + A · D**, how many steps wait for nobody? Decide
# first, then bind it and look.

# %% tags=["exercise-14.1"]
number = ...

check("14.1", number)

# %% [markdown]
# **14.2** Let Python find them. Write a function `free(plan)` that gives a list with the names of
# the steps that wait for nobody. (The name of a step is `step.origin.name`.)

# %% tags=["exercise-14.2"]
free = ...

check("14.2", free)

# %% [markdown]
# **14.3** *Extra.* In lesson 1 many friends shared the work, and you counted rounds: in each round, any step
# may be done whose inputs are all there. Write a function `rounds(plan)` that counts them, for any
# plan. For `executor.plan` it gives 2.

# %% tags=["exercise-14.3"]
rounds = ...

check("14.3", rounds)

# %% [markdown]
# [The solutions](solutions/14_inside.ipynb) are in a notebook of their own. Try first!

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | **topological order** | a list of nodes, each after all that it reads |
# | **plan** | the list of steps that an engine runs |
# | **slot** | the numbered place of a value in a plan |
# | **step** | call a function with what is in some slots, and fill others |
# | **dependencies** (`deps`) | the steps that must be done before |
# | **engine** | what runs plans |
# | **trace** | a run, written down, with every value |
#
# - Formula, graph, shorter graph, plan, Python function: the same computation five times.
# - An engine fits into a dozen lines. All the rest of symbook is there to be quick, to be careful,
#   and to tell you what it does.
#
# **Next.** This was the last lesson. The [cheat sheet](cheat_sheet.md) has all of it on one page,
# and the [glossary](glossary.md) has every word. What will you build? Draw it first.

# %% [markdown]
# [← 13. Your own operator](13_operator.ipynb) · [All lessons](README.md) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/14_inside.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
