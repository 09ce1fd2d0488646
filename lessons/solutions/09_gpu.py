# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 9
#
# Exercises are for trying. If you have not tried yet, go back to [lesson 9](../09_gpu.ipynb).

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
# ## 9.1
#
# `p` is made on the left and read on the right, by the sum and by the product. It is carried over once; then it is
# there. A and B are read on the left, where they are, and C on the right.

# %% tags=["solution-9.1"]
copies = 1

check("9.1", copies)

# %% [markdown]
# ## 9.2
#
# The variables are made in the groups, too: where a variable belongs, its array is kept. Only `one` crosses from the
# left to the right. With left and right exchanged it is right as well.

# %% tags=["solution-9.2"]
with mx.AttrScope(ctx_group='left'):
    A, B = mx.sym.Variable('A'), mx.sym.Variable('B')
    one = A + B
with mx.AttrScope(ctx_group='right'):
    C, D = mx.sym.Variable('C'), mx.sym.Variable('D')
    split = one * (C + D)

check("9.2", split)
