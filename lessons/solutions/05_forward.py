# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 5
#
# One way to solve each exercise of [lesson 5, forward](../05_forward.ipynb). Others are as good: a check
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
# ## 5.1
#
# `B` goes into the sum, and the sum goes into the last product. With `B` itself these are three. The product of
# `A` and `C` is beside the way: nothing leads there from `B`.

# %% tags=["solution-5.1"]
number = 3

check("5.1", number)

# %% [markdown]
# ## 5.2
#
# `Group` takes a list, and the outputs have its order.

# %% tags=["solution-5.2"]
P = mx.sym.Variable('P')
Q = mx.sym.Variable('Q')
graph = mx.sym.Group([P + Q, P * Q])

check("5.2", graph)

# %% [markdown]
# ## 5.3
#
# `whole` and `executor` are those of the lesson.

# %% tags=["given"]
def whole(number):
    return mx.nd.array([number], dtype=np.int32)

a, b, c, d = (mx.sym.Variable(name) for name in 'ABCD')
E = (a*b) + (c*d)
executor = E.bind(mx.cpu(), {'A': whole(1), 'B': whole(2), 'C': whole(3), 'D': whole(4)})

# %% [markdown]
# What `forward` gives may be kept: no later run changes it. `B`, `C` and `D` are given too, in case you
# changed them before. `range(1, 6)` goes from 1 to 5: the last number is left out.

# %% tags=["solution-5.3"]
results = []
for number in range(1, 6):
    [output] = executor.forward(A=whole(number), B=whole(2), C=whole(3), D=whole(4))
    results.append(output.asnumpy())

check("5.3", results)
