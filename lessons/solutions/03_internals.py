# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 3
#
# Exercises are for trying. If you have not tried yet, go back to [lesson 3](../03_internals.ipynb).

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
# The lesson made these variables.

# %% tags=["given"]
a = mx.symbol.Variable('A')
b = mx.symbol.Variable('B')
c = mx.symbol.Variable('C')

# %% [markdown]
# ## 3.1
#
# The variables A and B, the product x, the product x·x and the sum. x is used three times, but it is
# one node and has one value.

# %% tags=["solution-3.1"]
number = 5

check("3.1", number)

# %% [markdown]
# ## 3.2
#
# The names of the internals end with the sum and the root, since each value stands after those that
# it is made from. So the sum is the last but one, number 4. Its name works as well, but it has other
# digits when the cell is run again.

# %% tags=["solution-3.2"]
root = mx.symbol.sqrt(mx.symbol.Variable('P')**2 + mx.symbol.Variable('Q')**2)
print(root.get_internals().list_outputs())
before = root.get_internals()[4]

check("3.2", before)

# %% [markdown]
# ## 3.3
#
# There is one value for each variable and one for each operator. What is left without the
# variables are the operators: 50 products and 17 sums.

# %% tags=["solution-3.3"]
big = a
for i in range(50):
    big = big * b
    if i % 3 == 0:
        big = big + c
operators = len(big.get_internals()) - len(big.list_arguments())

check("3.3", operators)
