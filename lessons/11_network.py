# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 11. A network by hand: layers are operators
#
# **Goal.** You will build a neural network of a few operators, and train it with what you know already: bind,
# forward, backward, and one line that changes the weights.
#
# **Time.** About 15 minutes.
#
# **You need** lesson [10](10_gradients.ipynb): what a gradient is, and how `backward` gets it.
#
# [← 10. Gradients](10_gradients.ipynb) · [All lessons](README.md) · [12. Old models →](12_old_models.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/11_network.ipynb)

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
# ## 1. The task: two spirals
#
# Here are 200 points in the plane. They lie on two spirals, one turned into the other. For each point we know its two
# coordinates and its **label**: 0 or 1, the spiral it belongs to. We want a program that gets a point, and says which
# spiral it is on. But we will not write the rule. The program has to find it from the 200 examples.
#
# This is plain NumPy. The pictures in this lesson are made with Matplotlib, a library for drawing curves. (The `alt`
# text tells a picture in words, for those who cannot see it.)

# %%
import matplotlib.pyplot as plt
from IPython.display import display

def spirals(count, seed):
    random = np.random.RandomState(seed)
    label = np.arange(count) % 2
    radius = random.uniform(0.1, 1, count)
    angle = 3 * np.pi * radius + np.pi * label
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return (points + random.normal(0, 0.015, points.shape)).astype(np.float32), label

def draw(points, label, alt, guess=None):
    figure, axes = plt.subplots(figsize=(4, 4))
    if guess is not None:
        axes.imshow(guess, extent=(-1.1, 1.1, -1.1, 1.1), origin='lower', cmap='PuOr', alpha=0.35)
    for one, colour, marker in [(0, '#b35806', 'o'), (1, '#542788', '^')]:
        axes.scatter(*points[label == one].T, color=colour, marker=marker, s=14, label=f'label {one}')
    axes.set(aspect='equal', xlim=(-1.1, 1.1), ylim=(-1.1, 1.1))
    axes.legend(loc='upper left', bbox_to_anchor=(1, 1))
    plt.close(figure)
    display(figure, metadata={'image/png': {'alt': alt}})

points, label = spirals(200, seed=1)
draw(points, label, 'Two spirals of 100 points each, turned into each other')

# %% [markdown]
# **Predict.** Could one straight line separate the two? Could three?

# %% [markdown]
# ## 2. A layer is an operator
#
# A network is a graph like all that you have seen. Its operators are bigger, and some of them are called **layers**:
#
# - `FullyConnected` multiplies its input with a matrix of **weights** and adds a **bias**, some more numbers. With
#   `num_hidden=16` it makes 16 numbers of each point. Each of them is a sum of *all* its inputs, each times a weight.
# - `Activation` bends: `tanh` squeezes each number to between −1 and 1. Without it, the whole network could only draw
#   straight lines.
# - `SoftmaxOutput` comes last. It makes **probabilities** of the last numbers: how sure the network is of each label. It is
#   a *loss*, too: it knows the label, so it knows where `backward` starts.
#
# **Predict.** We name one variable, `data`. How many arguments will the graph have? And what is the shape of `fc1_weight`,
# if it makes 16 numbers of 2?

# %%
# %%symgraph --shapes data=(200,2)
def dense(value, size, number):
    return mx.sym.FullyConnected(value, num_hidden=size, name=f'fc{number}')

def bent(value, number):
    return mx.sym.Activation(value, act_type='tanh', name=f'tanh{number}')

value = mx.sym.Variable('data')
value = bent(dense(value, 16, 1), 1)
value = bent(dense(value, 16, 2), 2)
network = mx.sym.SoftmaxOutput(dense(value, 2, 3), name='softmax')

# %% [markdown]
# Eight: `data`, the label, and a weight and a bias for each of three layers. The layers made their variables
# themselves. And symbook found their shapes: `fc1_weight` is (16, 2), one row for each number that it makes.

# %% [markdown]
# ## 3. Before it has learnt
#
# `simple_bind` is `bind` that makes the arrays itself: it needs only the shape of the data. The weights begin as random numbers.
# Every weight and bias is to get a gradient, the data and the label are not.
#
# **Predict.** How many of 200 points will such a network get right?

# %%
wishes = {name: 'write' for name in network.list_arguments()}
wishes['data'] = wishes['softmax_label'] = 'null'
executor = network.simple_bind(mx.cpu(), grad_req=wishes, data=(200, 2))
weights = [name for name in network.list_arguments() if wishes[name] == 'write']

def begin_again():
    random = np.random.RandomState(5)
    for name in weights:
        array = executor.arg_dict[name]
        array[:] = random.normal(0, 1, array.shape) if 'weight' in name else 0
    executor.arg_dict['data'][:] = points
    executor.arg_dict['softmax_label'][:] = label

def accuracy(points, label):
    probabilities = executor.forward(data=mx.nd.array(points))[0].asnumpy()
    return (probabilities.argmax(axis=1) == label).mean()

begin_again()
print('right:', 'less than 70 %' if accuracy(points, label) < 0.7 else '70 % or more')

# %% [markdown]
# Tossing a coin would give 50 %. Step through it once: choose *Forward*, and then *Backward*. (*Derive*, between them, makes the graph
# of the gradient.) Each box is one operator at work on 200 points at once.

# %% tags=["nbval-ignore-output"]
# %symstep executor

# %% [markdown]
# ## 4. One small step
#
# How wrong is it, in one number? We look at the probability that the network gives to the *right* label, and take minus its
# logarithm: 0 if it is quite sure of what is right, and the larger, the less it is. The mean of this over all points is
# the **loss**.
#
# `backward` tells for each weight how the loss changes if the weight grows. We want the loss *smaller*, so we
# change each weight a little bit the other way: *minus* its gradient, times a small number, the **learning rate**.
#
# **Predict.** Will the loss be smaller after one such step? (`SoftmaxOutput` adds up the gradients of all 200 points, so the
# rate must be very small.)

# %%
def loss_of(probabilities):
    right = probabilities[np.arange(200), label]
    return float(-np.log(right).mean())

def learn(rate):
    probabilities = executor.forward(is_train=True)[0].asnumpy()
    executor.backward()
    for name in weights:
        executor.arg_dict[name][:] -= rate * executor.grad_dict[name]
    return loss_of(probabilities)

begin_again()
before = learn(rate=0.0005)
after = learn(rate=0.0005)
print('smaller after one step:', after < before)

# %% [markdown]
# That is all. **Forward, backward, a small step**, and again.

# %% [markdown]
# ## 5. Train
#
# **Predict.** Sketch the curve of the loss over 2000 steps: a straight line, or steep first and then flat?

# %%
begin_again()
losses = [learn(rate=0.0005) for step in range(2000)]

figure, axes = plt.subplots(figsize=(6, 3))
axes.plot(losses)
axes.set(xlabel='step', ylabel='loss', title='The loss while it learns', ylim=(0, None))
plt.close(figure)
display(figure, metadata={'image/png': {'alt': 'The loss falls steeply at first, and then slowly towards 0'}})

# %% [markdown]
# Steep first, and then flat. Where has it got to? We ask for the points that it learnt from, and then for 200 points that it
# has **never seen**. Only these tell whether it has found the rule or learnt the answers by heart.

# %%
new_points, new_label = spirals(200, seed=2)
print('seen:     at least 95 %:', accuracy(points, label) >= 0.95)
print('not seen: at least 95 %:', accuracy(new_points, new_label) >= 0.95)

side = np.linspace(-1.1, 1.1, 80, dtype=np.float32)
grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
guess = [executor.forward(data=mx.nd.array(part))[0].asnumpy()[:, 1] for part in grid.reshape(32, 200, 2)]
draw(new_points, new_label, 'The plane in two colours: each spiral of points lies on its own colour',
     guess=np.concatenate(guess).reshape(80, 80))

# %% [markdown]
# The colour of a place says what the network would answer for a point there. Nobody told it the word
# *spiral*.
#
# **Change it.** In the cell that trains, try `rate=0.00002`, and then `rate=0.02`. Run it and the cell above again each time.
# What is wrong with too small a rate, and with too large a one?
#
# <details><summary>Answer</summary>
#
# With a tiny rate it learns, but 2000 steps are not nearly enough. With a large one it jumps over what it looks for: the loss
# leaps up and down, and may settle in a bad place.
#
# </details>

# %% [markdown]
# ## 6. An error, on purpose
#
# **Predict.** Each of our points has 2 coordinates. What will the graph say to points with 3?

# %% tags=["raises-exception"]
executor.forward(data=mx.nd.ones((200, 3)))

# %% [markdown]
# The executor was bound for 2 coordinates. Could we not bind it again, for 3? Yes: the *graph* does not mind. But then
# `fc1_weight` is another matrix, and what was learnt does not fit it any more.
#
# **Change it.** Write `network.simple_bind(mx.cpu(), data=(200, 3)).arg_dict['fc1_weight'].shape` in the same cell. Guess what
# it gives, and then run it.

# %% [markdown]
# ## Exercises
#
# Replace each `...`. `hint("11.1")` in a cell of your own gives a hint. The solutions are
# [in a notebook of their own](solutions/11_network.ipynb).
#
# **11.1** How many numbers has our network learnt? Count all weights and biases. (By hand from the picture, or let Python count.)

# %% tags=["exercise-11.1"]
count = ...

check("11.1", count)

# %% [markdown]
# **11.2** Compose a network with **one** hidden layer: `data`, then a layer of 8 with the name `fc1`, a `relu`, and a layer of
# 3 with the name `fc2`. No softmax.

# %% tags=["exercise-11.2"]
small = ...

check("11.2", small)

# %% [markdown]
# **11.3** Write the step as a function: it takes a weight, its gradient and a learning rate, and gives back the new weight.

# %% tags=["exercise-11.3"]
stepped = ...

check("11.3", stepped)

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | **layer** | an operator with weights of its own |
# | **weight**, **bias** | numbers that are learnt; arguments of the graph like all others |
# | **loss** | how wrong the network is, in one number; the output where `backward` starts by itself |
# | **learning rate** | how far a step goes against the gradient |
# | **accuracy** | the part of the points that it gets right |
# | `simple_bind` | `bind` that makes the arrays, too |
#
# - A network is a graph. A layer is an operator.
# - To train is to repeat: forward, backward, a small step against the gradient.
# - What counts is how it does on data that it has not seen.
#
# **Next.** A network that somebody trained years ago, from a file.
#
# [← 10. Gradients](10_gradients.ipynb) · [All lessons](README.md) · [12. Old models →](12_old_models.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/11_network.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
