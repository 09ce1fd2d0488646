# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 13
#
# Exercises are for trying. If you have not tried yet, go back to [lesson 13](../13_operator.ipynb).

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
# ## 13.1
#
# Count in half euros: 2.1 euros are 4.2 half euros, rounded up 5, and 5 half euros are 2.5 euros. What comes out has the
# shape of what goes in, so no shape rule is needed.

# %% tags=["solution-13.1"]
@mx.operator.define
def rounded(xp, price):
    """Rounded up to the next half euro."""
    return xp.ceil(price * 2) / 2

check("13.1", rounded)

# %% [markdown]
# ## 13.2
#
# Twice as many numbers come out as go in. The shape rule gets the shape of the row, and gives a tuple with twice its first
# number; the comma makes it a tuple.

# %% tags=["solution-13.2"]
@mx.operator.define(shape=lambda row: (2 * row[0],))
def there_and_back(xp, row):
    """A row, and behind it the same row from its end."""
    return xp.concatenate([row, row[::-1]])

check("13.2", there_and_back)

# %% [markdown]
# ## 13.3
#
# Where *x* is positive, the output moves as much as the input, so all of `g` goes back. Elsewhere it moves by a tenth of
# that. The rule is written with `F`, since it makes a graph.

# %% tags=["solution-13.3"]
@mx.operator.define(gradient=lambda F, g, y, x: F.where(x > 0, g, g / 10))
def leaky(xp, x):
    """Positive numbers as they are, of negative ones a tenth."""
    return xp.where(x > 0, x, x / 10)

check("13.3", leaky)
