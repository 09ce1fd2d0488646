# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 4
#
# One way to solve each exercise of [lesson 4, binding](../04_binding.ipynb). Others are as good: a check
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
# ## 4.1
#
# The outer list has three lists in it, so there are three rows. Without `dtype=np.int32` the same numbers
# would be `float32`.

# %% tags=["solution-4.1"]
numbers = mx.nd.array([[1, 2], [3, 4], [5, 6]], dtype=np.int32)

check("4.1", numbers)

# %% [markdown]
# ## 4.2
#
# The names in the dictionary are those of the variables. An array of one number is written with
# brackets, `[3]`; which dtype it has is up to you, as long as both have the same.

# %% tags=["solution-4.2"]
P = mx.sym.Variable('P')
Q = mx.sym.Variable('Q')
squares = (P*P + Q*Q).bind(mx.cpu(), {'P': mx.nd.array([3]), 'Q': mx.nd.array([4])})

check("4.2", squares)

# %% [markdown]
# ## 4.3
#
# `E` is the graph of the lesson.

# %% tags=["given"]
a, b, c, d = (mx.sym.Variable(name) for name in 'ABCD')
E = (a*b) + (c*d)

# %% [markdown]
# The list became an NDArray, `'c'` became `'C'`, and `D` has the dtype of the others. You could also have
# made all four `int32`.

# %% tags=["solution-4.3"]
repaired = {
    'A': mx.nd.array([1, 2, 3]),
    'B': mx.nd.array([4, 5, 6]),
    'C': mx.nd.array([7, 8, 9]),
    'D': mx.nd.array([1, 2, 3]),
}

check("4.3", repaired)
