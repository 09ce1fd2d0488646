# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 7
#
# Exercises are for trying. If you have not tried yet, go back to [lesson 7](../07_parallel.ipynb).

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
# ## 7.1
#
# Soup and serving: 2 + 5 + 1 = 8. Cake and serving take 7, salad and serving take 4. The longest of these
# chains decides. It needs three cooks; with two, dinner is served after 9 minutes, for 16 minutes of work
# before serving are 8 for each of them.

# %% tags=["solution-7.1"]
minutes = 2 + 5 + 1

check("7.1", minutes)

# %% [markdown]
# ## 7.2
#
# `'chop'` is right, and so is `'cook'`: both are on the critical path. With chop in 1 minute the soup is ready after
# 6, just like the cake, and dinner after 7. With cook in half of its time, the soup is ready even sooner, but
# then the cake decides, and dinner is served after 7 minutes as well.

# %% tags=["solution-7.2"]
quicker = 'chop'

check("7.2", quicker)

# %% [markdown]
# ## 7.3
#
# Four pairs, two pairs of pairs, and one last sum. Still seven sums, but the longest chain has three.

# %% tags=["solution-7.3"]
A, B, C, D, E, F, G, H = [mx.sym.Variable(name) for name in 'ABCDEFGH']
total = ((A + B) + (C + D)) + ((E + F) + (G + H))

check("7.3", total)
