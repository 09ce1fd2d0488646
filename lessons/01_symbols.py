# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 1. Symbols: describe first, compute later
#
# **Goal.** You will build a computation as a *graph*, look at it, give it numbers, and run it:
# first on four single numbers, at the end on four matrices of a million numbers each.
#
# **Time.** About 15 minutes.
#
# **You need** a little Python: variables, functions, dictionaries. Some NumPy helps. You need not
# have heard of a computation graph before.
#
# **How to work.** Run the cells from top to bottom with <kbd>Shift</kbd>+<kbd>Enter</kbd>. Where it
# says **Predict**, decide on your answer before you run the cell. A wrong guess teaches the most.
# If results already stand below the cells, clear them first, as they give the answers away: choose
# *Edit → Clear Outputs of All Cells* (on Colab: *Edit → Clear all outputs*).
#
# Nothing is installed on your computer?
# [Run this lesson on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/01_symbols.ipynb).

# %%
# %load_ext symbook
import numpy as np
import symbook as mx

# %% [markdown]
# The first line adds the drawings to this notebook. The short name `mx` is a custom: symbook speaks
# the language of MXNet, a deep learning library that many older programs and books use.

# %% [markdown]
# ## 1. Two ways to compute
#
# Here is a small computation in ordinary Python.

# %%
first = 1 * 2
second = 3 * 4
first + second

# %% [markdown]
# Python carried out one line, forgot it, and went on to the next. This style is called
# **imperative**: the program is a list of instructions.
#
# **Predict.** Could the first two lines change places? Could two people work on them at the same
# time? How could *Python* have known?
#
# <details><summary>Answer</summary>
#
# Yes, and yes: neither line uses what the other one makes. The third line needs both. You know it
# because you looked at all three lines before you answered. Python does not plan ahead: it finished
# the first product before it turned to the second.
#
# </details>

# %% [markdown]
# To look ahead, a program needs the whole computation in its hands *before* it computes anything.
# This style is called **symbolic**, or **dataflow**: first describe what depends on what, then let
# the numbers flow through. A neural network consists of a great many such steps, and many of them do
# not depend on each other. That is why this style matters there.

# %% [markdown]
# ## 2. Draw the first graph
#
# **Predict.** Nothing in this notebook is called `A`, `B`, `C` or `D`. What would Python normally
# say to the line `E = (A*B) + (C*D)`?

# %%
# %%symgraph
E = (A*B) + (C*D)

# %% [markdown]
# No `NameError`! The first line, `%%symgraph`, is a *cell magic*. It turned each unknown name into
# a **variable**: a place in the computation that has a name and waits for data. Then it drew the
# result. This is a **computation graph**. Follow the arrows from the top:
#
# - a **rounded blue box** is a variable: something that you will supply;
# - a **yellow rectangle** is an **operator**: something that will be done;
# - a **hexagon with a double line** is an **output**: something that you will get;
# - an **arrow** is a value on its way from where it is made to where it is used.
#
# The variables and the operators are the **nodes** of the graph. Below the picture is a table of
# them, which you can open.
#
# Nothing was computed, and nothing could be: are `A` and `B` numbers, lists, matrices? The graph
# does not say. It holds for all of them.

# %% [markdown]
# ### The same graph without magic
#
# The magic saves typing, no more. In a program you create each variable yourself. A symbol on the
# last line of a cell is drawn too.

# %%
a = mx.symbol.Variable('A')
b = mx.symbol.Variable('B')
c = mx.symbol.Variable('C')
d = mx.symbol.Variable('D')
e = (a*b) + (c*d)

print((a, b, c, d))
print(e)
print(type(e))
print(a + b)
e

# %% [markdown]
# `a`, `b`, `c` and `d` are **symbols**, with the names that we gave them. `e` is a symbol too,
# although nobody gave it a name: it stands for the result of a sum, so it is called `_plus0`, and the
# next sum, `a + b`, is `_plus1`. In the same way the two products in `e` are called `_mul0` and
# `_mul1`. You find these names in the picture. Run the cell again, and the numbers go up, because
# every new sum gets a new name. (`%%symgraph` starts from 0 in each cell.) The text below has the
# numbers of the first run; read yours in their place.
#
# The Python name `e` and the symbol's name are different things. `e` is how *you* get at the
# symbol; `_plus0` is how the *graph* knows it.

# %% [markdown]
# ## 3. Ask the graph
#
# Since the whole computation is in our hands, we can ask about it.
#
# **Predict.** The last line below lists *every* value in the graph, from the variables to the
# output. How many will there be? Count in the picture.

# %%
print('arguments:', e.list_arguments())
print('outputs:  ', e.list_outputs())
print('internals:', e.get_internals().list_outputs())

# %% [markdown]
# Seven: four variables, two products, one sum. The hexagon is no eighth value: it shows that the sum
# is what comes out. Read the answers like this:
#
# - the **arguments** are what `e` depends on: the variables `A`, `B`, `C` and `D`;
# - the **outputs** are what comes out. `_plus0_output` says that it is made by a sum;
# - the **internals** are all values, each after those it is made from: `A` and `B` come before
#   `_mul0_output`, `C` and `D` before `_mul1_output`, and the two products before the sum. So `e`
#   really is `(a*b) + (c*d)`.

# %% [markdown]
# ## 4. Give it data
#
# Data lives in arrays. `mx.nd.array` makes an **NDArray**, an array of any number of dimensions
# that knows on which device it is stored. To **bind** is to give every argument of the graph its
# array. We also say where to compute: `mx.cpu()` is the ordinary processor, and `mx.gpu()` would be
# a graphics card.
#
# **Predict.** After the cell below, has the 14 been computed?

# %%
a_data = mx.nd.array([1], dtype=np.int32)
b_data = mx.nd.array([2], dtype=np.int32)
c_data = mx.nd.array([3], dtype=np.int32)
d_data = mx.nd.array([4], dtype=np.int32)

executor = e.bind(mx.cpu(), {'A': a_data, 'B': b_data, 'C': c_data, 'D': d_data})
print('before the first run:', executor.outputs[0].asnumpy())
executor

# %% [markdown]
# Not yet: the output still holds a zero. Binding gives an **executor**: a graph with arrays in
# place, checked and ready to run. The table shows that symbook already worked out the shape and the
# type (*dtype*) of the output, without computing it, and that all data is on `cpu(0)`, the device
# that we chose. (The 0 is the number of the device, as there may be several graphics cards.)

# %% [markdown]
# ## 5. Run it
#
# `forward()` lets the data flow from the arguments to the outputs.

# %%
e_data = executor.forward()
print(e_data)
e_data[0].asnumpy()

# %% [markdown]
# **14**, which is (1 × 2) + (3 × 4). Two things to notice:
#
# - `forward()` returns a *list*, because a graph may have several outputs. Ours has one, so we take
#   `e_data[0]`. Section 8 shows a graph with two.
# - Inside a list, an NDArray shows as its shape and device: `1 @cpu(0)` is one number on `cpu(0)`.
#   `asnumpy()` turns it into a NumPy array, which shows the number.

# %% [markdown]
# ### Look inside
#
# Options of `%%symgraph` do all of this in one cell: `--bind` gives values and runs the graph,
# `--internals` lists what every node made. `E` is the symbol from section 2. (`%symgraph -h` shows
# all options.)

# %%
# %%symgraph --bind A=1 B=2 C=3 D=4 --internals
E

# %% [markdown]
# The numbers on the arrows are the values that flowed there: 2 and 12 arrive at the sum, and 14
# leaves it.
#
# **Change it.** In the cell above, write `A=10` instead of `A=1`. Which numbers on the arrows will
# change, and which will not? Predict, then run it again. Then try `A=0.5`: what happens to the
# types in the table?
#
# <details><summary>Answer</summary>
#
# With <code>A=10</code> all changes that lies on the way from A to the output: 10, then 20, then 32.
# The other numbers stay. With <code>A=0.5</code> every <code>int32</code>, a whole number, becomes
# <code>float32</code>, which can hold a fraction: both inputs of an operator have the same type.
#
# </details>

# %% [markdown]
# ## 6. Same graph, other data
#
# Nothing in the graph says that the arguments are single numbers. Let us give it vectors of three
# numbers. Only the data is new, the graph is the same object `e`.

# %%
vectors = {
    'A': mx.nd.array([1, 2, 3]),
    'B': mx.nd.array([10, 10, 10]),
    'C': mx.nd.array([1, 1, 1]),
    'D': mx.nd.array([0, 5, 0.5]),
}
e.bind(mx.cpu(), vectors).forward()[0].asnumpy()

# %% [markdown]
# Each of the three numbers is computed by itself: 1 × 10 + 1 × 0, then 2 × 10 + 1 × 5, then
# 3 × 10 + 1 × 0.5.

# %% [markdown]
# ### An error, on purpose
#
# **Predict.** What happens if `A` has three elements and `B` has two? *When* will it happen: at
# `bind`, or at `forward`? (If you run all cells at once, your notebook program may stop at this
# error. Go on with the cell after it.)

# %% tags=["raises-exception"]
vectors['B'] = mx.nd.array([10, 10])
executor = e.bind(mx.cpu(), vectors)
print('bound')
executor.forward()

# %% [markdown]
# The word *bound* was not printed: `bind` itself refused, before anything ran. Since symbook knows
# the whole graph, it can check the whole graph. Read the message line by line:
#
# | line | what it tells you |
# |---|---|
# | `ShapeError: …` | what is wrong: the shapes (3,) and (2,) do not fit together |
# | `node` | where in the graph: the multiplication `_mul0`, which computes `A` times `B` |
# | `lhs`, `rhs` | its left-hand and right-hand input, each with name, shape and dtype |
# | `made at` | which line of yours *made* that node; the mistake may be there, far from where it shows |
# | `hint` | what to do about it |
#
# `In[4]` is the cell that has, or had at the time, a 4 in square brackets on its left.

# %% [markdown]
# ### A million numbers in each matrix
#
# Now four matrices of 1000 × 1000 random numbers between 0 and 1. We bind and run as before.
# Setting the *seed* makes the random numbers the same each time.

# %%
mx.random.seed(1)
a_data = mx.nd.uniform(low=0, high=1, shape=(1000, 1000))
b_data = mx.nd.uniform(low=0, high=1, shape=(1000, 1000))
c_data = mx.nd.uniform(low=0, high=1, shape=(1000, 1000))
d_data = mx.nd.uniform(low=0, high=1, shape=(1000, 1000))

executor = e.bind(mx.cpu(), {'A': a_data, 'B': b_data, 'C': c_data, 'D': d_data})
e_data = executor.forward()
print(e_data)

with_numpy = a_data.asnumpy() * b_data.asnumpy() + c_data.asnumpy() * d_data.asnumpy()
print('same as NumPy:', np.allclose(e_data[0].asnumpy(), with_numpy))
e_data[0].asnumpy()

# %% [markdown]
# ### Prepare data as you like
#
# The arrays are made by ordinary Python, one instruction after the other, and any library may help.
# Here NumPy prepares four matrices of waves: `across` grows from left to right, `down` from top to
# bottom.
#
# **Predict.** A large NDArray on the last line of a cell is shown as a picture, with colours for its
# values. What will the result look like? (If you remember what cos *x* cos *y* + sin *x* sin *y* is,
# you can know it.)

# %%
angles = np.linspace(0, 5 * np.pi, 1000, dtype=np.float32)
across, down = np.meshgrid(angles, angles)
waves = {
    'A': mx.nd.array(np.cos(across)),
    'B': mx.nd.array(np.cos(down)),
    'C': mx.nd.array(np.sin(across)),
    'D': mx.nd.array(np.sin(down)),
}
pattern = e.bind(mx.cpu(), waves).forward()[0]
print('same as cos(across - down):', np.allclose(pattern.asnumpy(), np.cos(across - down), atol=1e-5))
pattern

# %% [markdown]
# Diagonal waves: the formula equals cos(*x* − *y*), and along a diagonal *x* − *y* stays the same.
# Our little graph knows nothing of waves. It multiplies and adds what it is given.

# %% [markdown]
# ## 7. What a graph knows and a list of instructions does not
#
# From the graph, `bind` made a **plan**: the steps, and for each step which others it must wait
# for. `trace()` runs the plan once and writes down when each step began and ended. The cell below
# prints the plan for the four random matrices; `optimize=False` asks for the graph just as it is
# written. Then it runs the plan 20 times, and asks whether the
# two products were ever computed at the same time.
#
# **Predict.** Which of the three steps has to wait? Which two could run at the same time?

# %%
as_written = e.bind(mx.cpu(), {'A': a_data, 'B': b_data, 'C': c_data, 'D': d_data}, optimize=False)
print(as_written.plan)

def side_by_side(trace):
    one, two = [record for record in trace.records if record.op == 'elemwise_mul']
    return one.start < two.end and two.start < one.end

runs = [as_written.trace() for _ in range(20)]
print('seen at the same time:', any(side_by_side(run) for run in runs))
# print(runs[-1])

# %% [markdown]
# The steps are numbered from 0. Only step 2, the sum, says `after 0, 1`: it waits for both products.
# The products `A*B` and `C*D` wait for nothing, so they may run **in parallel**. On a computer with
# at least two processors they do, and the last line printed says `True`. Where only one processor is
# free it says `False`: the graph allows it, the machine does not. Remove the `#` from the last line
# of the cell to see the times and the threads of one run on your machine. They are different each
# time.
#
# The plan also says how much memory a run needs on the way, before it runs. Since symbook knows
# when each value is used for the last time, it can use the same memory again. The next cell makes a
# longer computation of 13 steps.
#
# **Predict.** Each of the 13 results is a matrix of 4,000,000 bytes. The last one is the output. How
# many places for a matrix does a run need beside the output's?

# %%
longer = e
for _ in range(5):
    longer = mx.sym.sqrt(longer) + 1
data = {'A': a_data, 'B': b_data, 'C': c_data, 'D': d_data}
print(longer.bind(mx.cpu(), data, optimize=False).plan)
print()
print(longer.bind(mx.cpu(), data).plan)

# %% [markdown]
# The first line says it: one place, not twelve. Such a place is called a **buffer**. Look down the
# column in square brackets: one of the two products goes to the buffer. The other goes to the place
# of the output, which is free until the output itself is known. From step 2 on every step writes over a
# value that nobody will need again. Carrying out a list of instructions, one cannot know that.
#
# Below it is the plan that symbook makes when it is left to itself. It sees that all 13 operators work
# on one element after the other, and makes a single step of them. That step goes through the matrices
# once, and needs no buffer at all.

# %% [markdown]
# ## 8. Several outputs
#
# `mx.sym.Group` puts symbols together into one graph. Here both the sum and the difference of the
# two products are asked for.
#
# **Predict.** How many multiplications will the picture show, two or four?

# %%
# %%symgraph --bind A=1 B=2 C=3 D=4
left = A*B
right = C*D
both = mx.sym.Group([left + right, left - right])

# %% [markdown]
# Two. Each product is computed once and goes wherever it is needed. For a difference the order
# matters, so the box of the minus marks its left-hand and right-hand input, `lhs` and `rhs`. The
# graph has two outputs, and for such a graph `forward()` returns a list of two arrays.

# %% [markdown]
# ## 9. Exercise
#
# Build the graph of **P² + Q²**, the squared distance of a point from the origin, from two
# variables with the names `P` and `Q`. Square by multiplying. Before you check it, predict how many
# values `get_internals()` will list.
#
# The next cell is the check. Run it once as it is; you need not read it. In the cell after it,
# `graph` is only a beginning and `number` is missing. Put yours in their place, and run that cell as
# often as you like.

# %%
def check(graph, number):
    """Say whether the exercise is solved, or else the first thing to look at."""
    if not isinstance(graph, mx.symbol.Symbol):
        return f'"graph" should be a symbol, and it is of type {type(graph).__name__}. Are P and Q variables?'
    outputs, names = graph.list_outputs(), graph.list_arguments()
    if len(outputs) != 1:
        return f'The graph should have one output, and it has {len(outputs)}.'
    if sorted(names) != ['P', 'Q']:
        return f'The graph should have the arguments P and Q, and it has {", ".join(names) or "none"}.'

    p, q = np.array([3, 1, -2]), np.array([4, 0, 5])
    points = 'For P = 3, 1, -2 and Q = 4, 0, 5'
    try:
        found = graph.eval(ctx=mx.cpu(), P=mx.nd.array(p), Q=mx.nd.array(q))[0].asnumpy()
    except mx.base.MXNetError as error:
        return f'{points} the graph cannot be run:\n{error}'
    if found.shape != p.shape:
        return f'{points} there should be 3 results, in the shape (3,), and the shape is {found.shape}.'
    if np.allclose(found, (p + q)**2):
        return 'This is (P + Q)², which has 2PQ in it as well. Square first, then add.'
    for place, right, result in zip(['first', 'second', 'third'], p**2 + q**2, found):
        if not np.isclose(result, right):
            return f'{points} the {place} result should be {right}, and it is {result:g}.'

    count = len(graph.get_internals().list_outputs())
    if number is None:
        return 'The graph is right! Now the prediction: how many values will get_internals() list?'
    if number == count - 2:
        return 'The graph is right. For the number, count the variables too: they are values as well.'
    if number == count + 1:
        return 'The graph is right. For the number, the output counts once: it is the value of the last operator.'
    if number != count:
        return 'The graph is right, the number is not yet. Draw the graph and count.'
    return 'Both right. Well done!'

# %%
P = mx.symbol.Variable('P')
graph = P      # should become your graph of P² + Q²
number = None  # how many values get_internals() will list

print(check(graph, number))

# %% [markdown]
# <details><summary>A hint</summary>
#
# Make the variable Q in the same way as P. To see what you have, write <code>%%symgraph</code> above
# the first line of the cell: it draws the graph, and it would make the variables for you as well.
#
# </details>
#
# <details><summary>A solution</summary>
#
# <pre>
# P = mx.symbol.Variable('P')
# Q = mx.symbol.Variable('Q')
# graph = P*P + Q*Q
# number = 5
# </pre>
#
# Two variables, two products and one sum make five values.
#
# </details>

# %% [markdown]
# ## 10. What you have seen
#
# | word | meaning |
# |---|---|
# | **symbol** | a computation that is described, not carried out |
# | **variable** | a symbol that waits for data |
# | **operator** | what is done with values, such as `+` and `*` |
# | **graph** | variables and operators, and which value goes where |
# | **arguments**, **outputs**, **internals** | what goes in, what comes out, and every value there is |
# | **bind** | give every argument an array, on a device; the result is an **executor** |
# | **forward** | let the data flow; it returns the list of outputs |
#
# - One graph served single numbers, vectors, and matrices of a million numbers.
# - Preparing the data was ordinary Python, with NumPy's help. Computing was left to the graph.
# - Because the whole graph is known beforehand, mistakes are found before anything runs,
#   independent steps can run at the same time, and memory is used again.
#
# **Next.** This is the first lesson of a series. The
# [list of lessons](https://github.com/symbook/symbook#the-lessons) tells which others are there.
# Until then, draw a formula of your own with `%%symgraph`.
