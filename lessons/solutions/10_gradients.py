# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 10
#
# One way to solve each exercise of [lesson 10, gradients](../10_gradients.ipynb). Others are as good.

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
# ## 10.1
#
# The product hands on to the sum the value of `C`, which is 4, and to `C` the value of the sum, which is 3. The
# sum hands its 4 on to both of its inputs, as it is.

# %% tags=["solution-10.1"]
three = [4, 4, 3]

check("10.1", three)

# %% [markdown]
# ## 10.2
#
# The gradient of P · P is P + P: two ways lead back to P, and each brings the value of the other. The gradient
# of 3 · P is 3. A number that is only added never shows in a gradient, so P · P + 3 · P + 100 is as good.

# %% tags=["solution-10.2"]
P = mx.sym.Variable('P')
graph = P*P + 3*P

check("10.2", graph)

# %% [markdown]
# ## 10.3
#
# `number`, `gradients` and `executor` are those of the lesson.

# %% tags=["given"]
def number(value):
    return mx.nd.array([value])

a, b, c, d = [mx.sym.Variable(name) for name in 'ABCD']
arrays = {name: number(value) for name, value in zip('ABCD', [1, 2, 3, 4])}
gradients = {name: number(0) for name in 'ABCD'}
executor = (a*b + c*d).bind(mx.cpu(), arrays, args_grad=gradients)

# %% [markdown]
# Started with 1, the gradient of `A` is 2. All that comes back is multiplied by the number to start with, so it must be 5.

# %% tags=["solution-10.3"]
executor.forward(is_train=True)
executor.backward(number(5))
four = [gradients[name].asnumpy()[0] for name in 'ABCD']

check("10.3", four)
