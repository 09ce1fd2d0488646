# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 1
#
# Exercises are for trying. If you have not tried yet, go back to [lesson 1](../01_dataflow.ipynb).

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
# The lesson made four variables by `%%symgraph`. Without it they are made like this; lesson 2 says
# more.

# %% tags=["given"]
A = mx.symbol.Variable('A')
B = mx.symbol.Variable('B')
C = mx.symbol.Variable('C')
D = mx.symbol.Variable('D')

# %% [markdown]
# ## 1.1
#
# The formula can be copied as it stands. The brackets matter: without them Python multiplies first.
# There are other right answers, such as `(C - D) * (B + A)`: the check compares what graphs compute,
# not how they are written.

# %% tags=["solution-1.1"]
graph = (A + B) * (C - D)

check("1.1", graph)

# %% [markdown]
# ## 1.2
#
# Round 1: `A * B`, `C * D` and `A - D`, which need variables only. Round 2: the sum of the two
# products. Round 3: the last product, which waits for the sum. `A - D` is ready long before that, and
# has to wait.

# %% tags=["solution-1.2"]
rounds = 3

check("1.2", rounds)

# %% [markdown]
# ## 1.3
#
# Two pairs do not wait for each other. In round 2 their sums are added. Eight numbers would need
# three rounds in this way, and a thousand numbers need ten.

# %% tags=["solution-1.3"]
faster = (A + B) + (C + D)

check("1.3", faster)
