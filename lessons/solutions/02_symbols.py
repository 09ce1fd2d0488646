# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 2
#
# Exercises are for trying. If you have not tried yet, go back to [lesson 2](../02_symbols.ipynb).

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
d = mx.symbol.Variable('D')
x = mx.symbol.Variable('x')
y = mx.symbol.Variable('y')

# %% [markdown]
# ## 2.1
#
# Two variables, and the formula as it stands. The Python names may be any: only the names in quotes
# count for the graph. `mx.symbol.square(p) + mx.symbol.square(q)` is right, too.

# %% tags=["solution-2.1"]
p = mx.symbol.Variable('P')
q = mx.symbol.Variable('Q')
graph = p*p + q*q

check("2.1", graph)

# %% [markdown]
# ## 2.2
#
# The first line makes the product `_mul0` and the sum `_plus0`, the second line the product `_mul1`,
# and the third line the sum `_plus1`. Sums and products are counted apart.

# %% tags=["solution-2.2"]
name = '_plus1'

check("2.2", name)

# %% [markdown]
# ## 2.3
#
# The whole bill gets a Python name, so that it can be used twice. In the graph it is one node: it is
# computed once, it is the first output, and it is what the division needs.

# %% tags=["solution-2.3"]
whole = a*b + c*d
shared = mx.symbol.Group([whole, whole / 2])

check("2.3", shared)

# %% [markdown]
# ## 2.4
#
# The mean of four numbers is the mean of two means. The two inner calls put A, B, C and D in, and
# the outer call puts the results of these in. Each call works on a copy of `mean`.

# %% tags=["solution-2.4"]
mean = (x + y) / 2
mean_of_four = mean(x=mean(x=a, y=b), y=mean(x=c, y=d))

check("2.4", mean_of_four)
