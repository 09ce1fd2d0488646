# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 12
#
# One way to solve each exercise of [lesson 12, old models](../12_old_models.ipynb). Others are as good.

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
# What the lesson has made before its exercises:

# %% tags=["given"]
from symbook.course import data

lenet = mx.sym.load(data('lenet-symbol.json'))
saved = mx.nd.load(data('lenet-0010.params'))
images = mx.nd.load(data('lenet-recorded.params'))['images']
executor = lenet.simple_bind(mx.cpu(), grad_req='null', data=images.shape)
executor.copy_params_from({name.removeprefix('arg:'): array for name, array in saved.items()})
output = executor.forward(data=images)[0].asnumpy()

# %% [markdown]
# ## 12.1
#
# How sure the network is of its answer is the largest of the ten probabilities of each picture. We look for the picture where
# this is the smallest. It is the first 6: its thick stroke almost fills its loop.

# %% tags=["solution-12.1"]
position = output.max(axis=1).argmin()

check("12.1", position)

# %% [markdown]
# ## 12.2
#
# Every value inside is an output of `get_internals()`, and can be taken by its name. What comes after it is left away, with its
# weights. Other programs can go on with the 40 numbers: they say what the network has seen.

# %% tags=["solution-12.2"]
cut = lenet.get_internals()['tanh3_output']

check("12.2", cut)

# %% [markdown]
# ## 12.3
#
# `size` is how many numbers an array has. `fc1_weight` alone has more than half of them.

# %% tags=["solution-12.3"]
count = sum(array.size for array in saved.values())

check("12.3", count)
