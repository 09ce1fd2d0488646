# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions of lesson 14
#
# Exercises are for trying. If you have not tried yet, go back to [lesson 14](../14_inside.ipynb).

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
# ## 14.1
#
# Three steps read variables only: A + B, C − D and A · D. The product of the brackets waits for two of them, and the last sum for
# that product and the third.

# %% tags=["solution-14.1"]
number = 3

check("14.1", number)

# %% [markdown]
# ## 14.2
#
# A step that waits for nobody has an empty tuple in `deps`, and Python counts what is empty as false.

# %% tags=["solution-14.2"]
def free(plan):
    names = []
    for step in plan.steps:
        if not step.deps:
            names.append(step.origin.name)
    return names

check("14.2", free)

# %% [markdown]
# ## 14.3
#
# Steps are listed after those that they wait for. So when a step's turn comes, the rounds of all that it waits for are in the list
# already, and one walk is enough. The `default` is for steps that wait for nobody: without it, `max` of nothing is an error.

# %% tags=["solution-14.3"]
def rounds(plan):
    round_of = []
    for step in plan.steps:
        latest = max([round_of[i] for i in step.deps], default=0)
        round_of.append(latest + 1)
    return max(round_of)

check("14.3", rounds)
