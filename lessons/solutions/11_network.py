# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 11
#
# One way to solve each exercise of [lesson 11, a network by hand](../11_network.ipynb). Others are as good.

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
# ## 11.1
#
# Each layer has a weight for each pair of an input and an output, and a bias for each output. In the lesson,
# `sum(executor.arg_dict[name].size for name in weights)` counts them, too.

# %% tags=["solution-11.1"]
count = (2*16 + 16) + (16*16 + 16) + (16*2 + 2)

check("11.1", count)

# %% [markdown]
# ## 11.2
#
# The layers make their weights and biases themselves. `relu` is another way to bend: it makes 0 of what is
# below 0.

# %% tags=["solution-11.2"]
value = mx.sym.Variable('data')
value = mx.sym.FullyConnected(value, num_hidden=8, name='fc1')
value = mx.sym.Activation(value, act_type='relu')
small = mx.sym.FullyConnected(value, num_hidden=3, name='fc2')

check("11.2", small)

# %% [markdown]
# ## 11.3
#
# The gradient points to where the loss grows. So we go the other way: minus. A function of one line may be
# written with `def` as well.

# %% tags=["solution-11.3"]
def stepped(weight, gradient, rate):
    return weight - rate * gradient

check("11.3", stepped)
