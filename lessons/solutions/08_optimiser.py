# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 8
#
# Exercises are for trying. If you have not tried yet, go back to [lesson 8](../08_optimiser.ipynb).

# %%
try:
    import symbook as mx
except ImportError:  # on Colab, say: installed once
    # %pip install -q "symbook[lessons] @ git+https://github.com/symbook/symbook"
    import symbook as mx
import numpy as np
from symbook.course import check, hint
# %load_ext symbook

# %% tags=["given"]
x = mx.sym.Variable('x')

# %% [markdown]
# ## 8.1
#
# What `relu` made has no negative numbers, so a second `relu` is left out. Then both sides of the plus are the same
# `relu(x)`, and are merged. The division by 1 is left out. A `relu` and a sum are left.

# %% tags=["solution-8.1"]
left = 2

check("8.1", left)

# %% [markdown]
# ## 8.2
#
# `0 - x` changes the sign. `x + x - x` stays, for ∞ + ∞ − ∞ is not a number. The other three give `x` for every number,
# −0 and ∞ included.

# %% tags=["solution-8.2"]
left_out = ['x - 0', 'identity(identity(x))', 'x * 1 * 1']

check("8.2", left_out)

# %% [markdown]
# ## 8.3
#
# There are many answers. Here only `exp` is left: *simplify* leaves out all the others. You can also use *merge*, or
# *fold constants*.

# %% tags=["solution-8.3"]
wasteful = mx.sym.exp(mx.sym.identity(x * 1 * 1) / 1)

check("8.3", wasteful)
