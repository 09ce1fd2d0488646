# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 12. Old models: a trained network from a file
#
# **Goal.** You will load a network that was trained and saved by MXNet 1.9.1, draw it, run it, look inside, and prove that it
# gives the answers that it gave then.
#
# **Time.** About 15 minutes.
#
# **You need** lesson [11](11_network.ipynb): layers, weights, and what training is.
#
# [← 11. A network by hand](11_network.ipynb) · [All lessons](README.md) · [13. Your own operator →](13_operator.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/12_old_models.ipynb)

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
# ## 1. Two files
#
# **MXNet** is the library whose way of writing graphs symbook follows. Its development has stopped; its files are still
# there. A trained network is **two** files:
#
# - `…-symbol.json` is plain text, in a form called JSON;
# - `….params` holds numbers.
#
# **Predict.** The graph, the weights: which is in which file? (`data` of the course tells where on your computer
# the files of this lesson are.)

# %%
from symbook.course import data

with open(data('lenet-symbol.json')) as file:
    text = file.read()
start = text.index('"op": "Convolution"')
print(text[start:text.index(']]', start) + 2])

# %% [markdown]
# The text is the graph. You see one of its **nodes**: an operator, its name, its attributes, and its inputs, as numbers of
# other nodes.

# %% [markdown]
# ## 2. Draw it
#
# `mx.sym.load` reads the file and gives a symbol, like one that you have composed yourself.
#
# The network reads a picture of 16 × 16 points, one digit, drawn by a program whose hand shakes. It has a famous form,
# that of **LeNet**, from the 1990s. Two operators are new to you:
#
# - `Convolution` has small patterns as weights, 5 × 5 points here. They are also called **filters**. It moves each over
#   the whole picture, and notes how well it fits in each place.
# - `Pooling` makes a picture smaller: of each 2 × 2 points it keeps the largest.
#
# **Predict.** `conv1` has 8 patterns. What is the shape of its result, if it goes in as (20, 1, 16, 16): 20 pictures, 1
# colour, 16 × 16?

# %%
# %%symgraph --shapes data=(20,1,16,16)
lenet = mx.sym.load(data('lenet-symbol.json'))

# %% [markdown]
# (20, 8, 12, 12). A pattern 5 wide has 12 places in a row of 16. Follow the shapes down: the pictures get smaller and
# more, then `flatten` makes one row of numbers of all that, and at the end there are 10, one for each digit.

# %% [markdown]
# ## 3. The weights
#
# `mx.nd.load` reads the other file.
#
# **Predict.** The graph has ten arguments. Which two will not be in the file?

# %%
saved = mx.nd.load(data('lenet-0010.params'))
for name, array in saved.items():
    print(f'{name:18}', array.shape)
print('not there:', [name for name in lenet.list_arguments() if f'arg:{name}' not in saved])

# %% [markdown]
# The picture itself, and the label, which is only needed for training. `arg:` says that the array is an argument, `0010` that
# it was saved after ten rounds of training.

# %% [markdown]
# ## 4. Run it
#
# MXNet itself has run this network on 20 digits that it had not been trained on. Here they are; we kept its answers, too.
#
# **Predict.** Which one could be hard, and why?

# %%
import matplotlib.pyplot as plt
from IPython.display import display

recorded = mx.nd.load(data('lenet-recorded.params'))
images = recorded['images']

def show(pictures, columns, alt):
    figure, places = plt.subplots(len(pictures) // columns, columns, figsize=(8, 8 * len(pictures) / columns**2))
    for place, picture in zip(places.flat, pictures):
        place.imshow(picture, cmap='gray_r')
        place.axis('off')
    plt.close(figure)
    display(figure, metadata={'image/png': {'alt': alt}})

show(images.asnumpy()[:, 0], 10, 'Twenty drawn digits: 2 9 1 5 4 0 9 0 7 3, and below 6 8 8 6 2 7 1 3 4 5')

# %% [markdown]
# A symbol's file and a file of weights, named like these two, are a **checkpoint**. `load_checkpoint` reads both at
# once. We bind, copy the weights into their places, and run.

# %%
prefix = data('lenet-symbol.json').removesuffix('-symbol.json')
lenet, arg_params, aux_params = mx.model.load_checkpoint(prefix, 10)
executor = lenet.simple_bind(mx.cpu(), grad_req='null', data=images.shape)
executor.copy_params_from(arg_params, aux_params)

output = executor.forward(data=images)[0].asnumpy()
print('digits:', output.argmax(axis=1))
print('right: ', (output.argmax(axis=1) == recorded['labels'].asnumpy()).sum(), 'of', len(output))

# %% [markdown]
# Twenty of twenty. `output` has ten probabilities for each picture, and `argmax` takes the place of the largest. (Which
# digit was hard for it? You will find out in exercise 12.1.)
#
# But is it *the same* network? Right answers do not prove that. So we compare all 200 probabilities with those
# that MXNet gave, and also all numbers after the first pooling, in the middle of the network.
#
# **Predict.** Will they be equal to the last digit?

# %%
middle = lenet.get_internals()['pool1_output']
pool1 = middle.eval(data=images, **{name: executor.arg_dict[name] for name in ['conv1_weight', 'conv1_bias']})[0]

for what, ours, theirs in [('output', output, recorded['output']), ('pool1', pool1.asnumpy(), recorded['pool1'])]:
    difference = np.abs(ours - theirs.asnumpy()).max()
    print(what, ours.shape, 'differs by less than 0.00001:', difference < 0.00001)

# %% [markdown]
# Not always to the last digit: another order of adding gives another rounding. But to five digits behind the
# point, they are the same.

# %% [markdown]
# ## 5. Look inside
#
# What does a network see? Here are the 8 pictures that `conv1` and `tanh1` made of the first digit, one for each pattern.
#
# **Predict.** Will you still recognise the 2?

# %%
wanted = lenet.get_internals()['tanh1_output']
tanh1 = wanted.eval(data=images, **{name: executor.arg_dict[name] for name in ['conv1_weight', 'conv1_bias']})[0]
show(tanh1.asnumpy()[0], 8, 'Eight pictures of the digit 2, in each of which other parts of its strokes are dark')

# %% [markdown]
# The darker a place, the better the pattern fits there. Nobody told them what to look for: the patterns were learnt.
#
# Now go through the whole network, one operator at a time. Click a node to see its numbers.

# %% tags=["nbval-ignore-output"]
# %symstep executor

# %% [markdown]
# ## 6. Older still
#
# Files get old in another way, too: their *form* changes. This is the same node in the form of MXNet 0.8, of
# 2016. (We wrote this file in the old form ourselves, and MXNet 1.9.1 has read it.)
#
# **Predict.** What is different from the node in section 1?

# %%
import json
from pprint import pprint

with open(data('lenet-0.8-symbol.json')) as file:
    nodes = json.load(file)['nodes']
pprint(next(node for node in nodes if node['name'] == 'conv1'), sort_dicts=False)

old = mx.sym.load(data('lenet-0.8-symbol.json'))
executor_of_old = old.simple_bind(mx.cpu(), grad_req='null', data=images.shape)
executor_of_old.copy_params_from(executor.arg_dict)
print('the same answers:', np.allclose(executor_of_old.forward()[0].asnumpy(), output, atol=1e-5))

# %% [markdown]
# It has `param` in place of `attrs`; it writes out the default values, too; and an input is two numbers, not three.
# (`backward_source_id` was for gradients, and −1 means: none.) symbook reads both, and gets the same graph.

# %% [markdown]
# ## 7. An error, on purpose
#
# **Predict.** Another camera takes pictures of 28 × 28 points. We bind for these, and copy the weights. Which array will not
# fit: one of `conv1`, or one of `fc1`?

# %% tags=["raises-exception"]
larger = lenet.simple_bind(mx.cpu(), grad_req='null', data=(20, 1, 28, 28))
larger.copy_params_from(arg_params, aux_params)
print('they fit')

# %% [markdown]
# Go down to the error's name, and read on from there: the array is `fc1_weight`. `conv1` does not mind,
# as a pattern can be moved over a picture of any size. But more places mean more numbers after
# `flatten`, and `fc1` has a weight for each of them: it needs 400 in a row, and the file has 64.
#
# **Change it.** Would 17 work, in place of 28? And 20? Guess first.
#
# <details><summary>Answer</summary>
#
# 17 works, and 18 and 19 do, too: <code>pool1</code> and <code>pool2</code> leave out a last row that has no partner. What
# counts is that 2 × 2 points arrive at <code>flatten</code>, in each of 16 pictures. With 20 it is 3 × 3.
#
# </details>

# %% [markdown]
# ## 8. Your own files
#
# You have `mine-symbol.json` and `mine-0010.params`? The lines of section 4 load them, with `'mine'` as `prefix` and
# the shape of your data.
#
# - `aux_params` was empty here. It has what a network keeps from its training and no gradient changes, such as the
#   means of `BatchNorm`. In the file these names begin with `aux:`. Always copy both dictionaries.
# - symbook has no operator of that name? The error says which one. Define it yourself, under the same name, *before*
#   you load: lesson [13](13_operator.ipynb).

# %% [markdown]
# ## Exercises
#
# Replace each `...`. `hint("12.1")` in a cell of your own gives a hint. The solutions are
# [in a notebook of their own](solutions/12_old_models.ipynb).
#
# **12.1** How sure is the network? Of which of the 20 pictures is it the *least* sure? Give its position: 0 is the
# first. (`output` has the probabilities.)

# %% tags=["exercise-12.1"]
position = ...

check("12.1", position)

# %% [markdown]
# **12.2** Cut the network: make a symbol of `lenet` that ends after `tanh3`, so that it gives 40 numbers for each picture.

# %% tags=["exercise-12.2"]
cut = ...

check("12.2", cut)

# %% [markdown]
# **12.3** How many numbers are in the `.params` file, all arrays together?

# %% tags=["exercise-12.3"]
count = ...

check("12.3", count)

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | `…-symbol.json` | the graph, as text; `mx.sym.load` reads it |
# | `….params` | the arrays with their names; `mx.nd.load` reads it |
# | **convolution** | small patterns are moved over a picture; the result says where they fit |
# | **pooling** | a picture is made smaller; of neighbouring points, the largest stays |
# | `mx.model.load_checkpoint` | reads both: the symbol, its arguments, and its auxiliary states (`aux:`) |
# | `copy_params_from` | puts the arrays of dictionaries into those of an executor |
#
# - A saved network is a graph and its arrays. Both are needed, and they must fit.
# - That it runs is no proof. Compare with recorded results, in the middle of the network, too.
#
# **Next.** What if you need an operator that is not there? You write it.
#
# [← 11. A network by hand](11_network.ipynb) · [All lessons](README.md) · [13. Your own operator →](13_operator.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/12_old_models.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
