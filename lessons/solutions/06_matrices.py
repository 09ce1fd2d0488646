# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 6
#
# One way to solve each exercise of [lesson 6, matrices](../06_matrices.ipynb). Others are as good: a check
# looks at what an answer is, not at how you got it.

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
# ## 6.1
#
# The face is multiplied by the mask, so the mask must be 1 where the face should be seen: in the rows 0 to 499.

# %% tags=["solution-6.1"]
mask = np.zeros((1000, 1000))
mask[:500] = 1

check("6.1", mask)

# %% [markdown]
# ## 6.2
#
# `A` is a row of 4, which is used 3 times, once for each number in the column `B`. The product `C*D` is a single
# number, which is added everywhere.

# %% tags=["solution-6.2"]
shape = (3, 4)

check("6.2", shape)

# %% [markdown]
# ## 6.3
#
# The negative is 1 − A, which is A × (−1) + 1 × 1. Any `c` and `d` whose product is 1 will do.

# %% tags=["solution-6.3"]
b = -1
c = 1
d = 1

check("6.3", b, c, d)
