# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 9. GPU: the same graph in another place
#
# **Goal.** You will learn what a context is, what moves between the memory of a processor and that
# of a graphics card, and how one graph can live on two devices. You need no graphics card.
#
# **Time.** About 15 minutes.
#
# **You need** lessons [4](04_binding.ipynb), [7](07_parallel.ipynb) and [8](08_optimiser.ipynb):
# what binding, a plan and fused steps are.
#
# [← 8. The optimiser](08_optimiser.ipynb) · [All lessons](README.md) · [10. Gradients →](10_gradients.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/09_gpu.ipynb)

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
# ## 1. Two kinds of workers
#
# A **processor**, or CPU, is like a few clever cooks. Each of them can do anything. A graphics
# card, or **GPU**, is like a thousand simple helpers who all do *the same thing at the same time*,
# each with another potato.
#
# But the helpers work in another house. A GPU has a **memory of its own**. What lies in your
# kitchen has to be carried over, and the dishes have to be carried back.
#
# A place where arrays are kept and steps are done is called a **context**. You have met `mx.cpu()`
# in each call of `bind`.

# %%
print(mx.cpu(), mx.gpu(), mx.gpu(1))
print('GPUs that can be used here:', mx.num_gpus())

# %% [markdown]
# `gpu(0)` is the first GPU, `gpu(1)` the second. These are names only. The second line says how
# many GPUs there really are. On most computers it is 0.

# %% [markdown]
# ## 2. If you have no GPU
#
# Then this lesson shows you what was recorded. The next cell makes **`@on_gpu`**. Written above a
# function, it runs the function with `gpu(0)`, if there is one. If not, it prints what *the same
# lines* printed when they were recorded.
#
# **Predict.** On what kind of GPU was it recorded? Make a guess, and then read carefully what the
# cell says.

# %%
import json
import textwrap
from pathlib import Path
from symbook.course import data

record = json.loads(Path(data('gpu_run.json')).read_text(encoding='utf-8'))

def on_gpu(cell):
    """Run a function with gpu(0); where there is none, print what it printed when it was recorded."""
    if mx.num_gpus():
        return cell(mx.gpu(0))
    print(f'[recorded on {record["device"]}]')
    print(record['printed'][cell.__name__])

print(textwrap.fill(record['made'], 72))

# %% [markdown]
# What you see below tells you **what** is done, **where**, and **what waits for what**. It tells
# you nothing about how fast a GPU is.

# %% [markdown]
# ## 3. Run it on a GPU
#
# Here is the graph of lesson 1 once more.
#
# **Predict.** Does the graph say on which device it will run?

# %%
# %%symgraph
E = (A*B) + (C*D)

# %% [markdown]
# It does not. The context is chosen when it is bound, and the arrays have to be there: `ctx=gpu`.

# %% tags=["on-gpu"]
@on_gpu
def first_run(gpu):
    numbers = {name: mx.nd.array([i], dtype=np.int32, ctx=gpu) for i, name in enumerate('ABCD', 1)}
    executor = E.bind(gpu, numbers)
    result = executor.forward()
    print(result, '->', result[0].asnumpy())

# %% [markdown]
# 14, as always. `@gpu(0)` says that the result is in the memory of the GPU. `asnumpy()` carried it
# back: a NumPy array is always in the memory of the processor.

# %% [markdown]
# ## 4. What moves, and what does not
#
# **Predict.** In which memory are *x*, *y*, *z* and *back*?

# %% tags=["on-gpu"]
@on_gpu
def there_and_back(gpu):
    x = mx.nd.array([1, 2, 3])
    y = x.as_in_context(gpu)
    z = y * 2
    back = z.as_in_context(mx.cpu())
    for name, array in [('x', x), ('y', y), ('z', z), ('back', back)]:
        print(f'{name:5}', array.context)

# %% [markdown]
# Numbers were carried twice: by the two calls of `as_in_context`. The product `y * 2` was computed
# where `y` is, and stayed there. So carry your data over once, compute as much as you can there,
# and carry only the result back.
#
# **Predict.** What happens if you forget to carry the data over?

# %% tags=["on-gpu"]
@on_gpu
def forgotten(gpu):
    numbers = {name: mx.nd.array([i]) for i, name in enumerate('ABCD', 1)}
    try:
        E.bind(gpu, numbers)
    except mx.base.MXNetError as error:
        print(error)

# %% [markdown]
# `bind` refuses, before anything runs. If it carried the arrays over in silence, every run would,
# and you would wonder why it is slow. The hint says what to do.

# %% [markdown]
# ### An error, on purpose
#
# This one is real, on every computer: we ask for the hundredth GPU. (What exactly is missing, and
# so the message, differs from computer to computer.)

# %% tags=["raises-exception", "nbval-ignore-output"]
mx.nd.ones((2, 2), ctx=mx.gpu(99))

# %% [markdown]
# Go down to the error's name, and read on from there: *what* cannot be used, *why*, and a hint.
# Typed into a terminal, the command `symbook doctor` says which GPU it found, and what to install.
#
# A program that is to run anywhere asks first:
#
# ```python
# ctx = mx.gpu(0) if mx.num_gpus() else mx.cpu()
# ```

# %% [markdown]
# ## 5. Streams: queues of work
#
# A processor has threads. A GPU has **streams**: queues of work. Your program puts a step into a
# queue and goes on at once; the GPU does the work later. In one queue everything is done in order.
# Two queues do not wait for each other, unless they are told to.
#
# **Predict.** Two products of matrices, AB and CD, and their sum. Which of these steps will share a
# queue?

# %% tags=["on-gpu"]
@on_gpu
def two_streams(gpu):
    AB, CD = mx.sym.dot(A, B, name='AB'), mx.sym.dot(C, D, name='CD')
    graph = mx.sym.elemwise_add(AB, CD, name='sum')
    matrices = {name: mx.nd.ones((512, 512), ctx=gpu) for name in 'ABCD'}
    executor = graph.bind(gpu, matrices)
    run = executor.trace()
    for stream in run.streams:
        print(f'{stream}:', ', '.join(step.node for step in run if step.stream == stream))
    words = ('.record(', '.wait_event(', '.use()', 'AB = dot', 'CD = dot', 'sum = ')
    for line in executor.source.splitlines():
        if any(word in line for word in words):
            print('   ', line.strip().partition('(xp')[0])

# %% [markdown]
# The two products are in different queues, *main* and *side 1*. Below that you see the code that
# symbook wrote for it:
#
# - `record` puts a flag, called an **event**, at the end of a queue;
# - `wait_event` lets a queue wait until a flag is reached;
# - `use` says which queue the next step goes to.
#
# (`begin` and `end` are the flags of the whole run.) Find the line where the sum is made to wait for
# CD.
#
# <details><summary>Answer</summary>
#
# `main.wait_event(event1)`: the flag `event1` stands behind CD. The arrows of the graph became flags.
#
# </details>

# %% [markdown]
# ### What the helpers do
#
# On a GPU a fused step is a small program called a **kernel**. It is written in another language,
# C++, and symbook writes it for you. All helpers run it at once.

# %% tags=["on-gpu"]
@on_gpu
def kernel(gpu):
    matrices = {name: mx.nd.ones((1000, 1000), ctx=gpu) for name in 'ABCD'}
    print(E.bind(gpu, matrices).source.partition('def forward')[0].strip())

# %% [markdown]
# You need not know C++. Find the two products and the sum: `t0`, `t1` and `t2`. The rest fetches four
# numbers at a time, and brings four results back.

# %% [markdown]
# ## 6. One graph, two places
#
# A graph can live on several devices. You label its parts: every node that is made inside `with
# mx.AttrScope(ctx_group='left')` belongs to the group *left*. The argument `group2ctx` of `bind`
# then says where each group lives. You can try it without a GPU: symbook treats `cpu(0)` and
# `cpu(1)` as two places.
#
# **Predict.** *P·Q* is on the left; *R·S* and the sum are on the right. How many values have to be
# carried over? (`grad_req='null'` means: no gradients. They are for lesson 10.)

# %%
# %%symgraph
with mx.AttrScope(ctx_group='left'):
    P = mx.sym.Variable('P')
    Q = mx.sym.Variable('Q')
    product = P * Q
with mx.AttrScope(ctx_group='right'):
    R = mx.sym.Variable('R')
    S = mx.sym.Variable('S')
    both = product + R*S

two_places = both.simple_bind(mx.cpu(0), group2ctx={'left': mx.cpu(0), 'right': mx.cpu(1)},
                              grad_req='null', P=(1,), Q=(1,), R=(1,), S=(1,))
print({name: array.context for name, array in two_places.arg_dict.items()})
print(two_places.plan)

# %% [markdown]
# One: the product of `P` and `Q`. symbook saw an arrow that leads from one place to the other, and
# put a step there, `_CrossDeviceCopy`. At the end of each line of the plan you read where the step
# is done.
#
# Step through *Bind*: the end of each sentence says where the array is, on `cpu(0)` or on `cpu(1)`.
# (The stepper shows the graph as you wrote it, without the copy.)

# %%
for name, value in [('P', 1), ('Q', 2), ('R', 3), ('S', 4)]:
    two_places.arg_dict[name][:] = value
# %symstep two_places

# %% [markdown]
# **Change it.** In the cell that makes `two_places`, move the sum to the left: make `R*S` in the
# right group, and add up in another block `with mx.AttrScope(ctx_group='left')`. Which value is
# carried now?
#
# <details><summary>Answer</summary>
#
# The product of R and S.
#
# </details>

# %% [markdown]
# Now with a GPU on the left, and the processor on the right.

# %% tags=["on-gpu"]
@on_gpu
def gpu_and_cpu(gpu):
    with mx.AttrScope(ctx_group='left'):
        product = mx.sym.elemwise_mul(mx.sym.Variable('P'), mx.sym.Variable('Q'), name='PQ')
    with mx.AttrScope(ctx_group='right'):
        other = mx.sym.elemwise_mul(mx.sym.Variable('R'), mx.sym.Variable('S'), name='RS')
        both = mx.sym.elemwise_add(product, other, name='sum')
    places = {'left': gpu, 'right': mx.cpu()}
    executor = both.simple_bind(mx.cpu(), group2ctx=places, P=(3,), Q=(3,), R=(3,), S=(3,))
    print(executor.plan)

# %% [markdown]
# The same graph, the same four steps, in other places.

# %% [markdown]
# ## Exercises
#
# **9.1** How many copies will symbook put into this graph, if *left* and *right* are two places?
#
# ```python
# with mx.AttrScope(ctx_group='left'):
#     A, B = mx.sym.Variable('A'), mx.sym.Variable('B')
#     p = A * B
# with mx.AttrScope(ctx_group='right'):
#     C = mx.sym.Variable('C')
#     q = p + C
#     r = p * q
# ```

# %% tags=["exercise-9.1"]
copies = ...

check("9.1", copies)

# %% [markdown]
# **9.2** Make the graph of *(A + B) · (C + D)* in two groups, `'left'` and `'right'`, so that both
# have at least one step to do, and only *one* value is carried over. (`A` to `D` have to be made
# anew: the old ones belong to no group.)

# %% tags=["exercise-9.2"]
split = ...

check("9.2", split)

# %% [markdown]
# [The solutions](solutions/09_gpu.ipynb) are in a notebook of their own. Try first!

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | **GPU** | a graphics card: very many simple workers who all do the same, with a memory of their own |
# | **context** | a place where arrays are kept and steps are done: `cpu(0)`, `gpu(0)` |
# | **stream** | a queue of work of a GPU |
# | **event** | a flag in a queue, which another queue can wait for |
# | **kernel** | a small program that all workers of a GPU run at once |
# | **group2ctx** | says in which context each group of a graph lives |
#
# - The graph does not know where it runs. `bind` chooses the place.
# - Nothing is carried between memories in silence: by `as_in_context`, by `asnumpy`, and by the
#   copies that the plan shows.
#
# **Next.** So far data flowed from the arguments to the outputs. In lesson 10 something flows back.

# %% [markdown]
# [← 8. The optimiser](08_optimiser.ipynb) · [All lessons](README.md) · [10. Gradients →](10_gradients.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/09_gpu.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
