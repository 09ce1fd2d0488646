# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 6. Matrices: the same graph on a million numbers
#
# **Goal.** You will give one and the same graph single numbers, rows of numbers, matrices, and pictures, which
# ordinary Python prepares, and see that NumPy gets the same results.
#
# **Time.** About 15 minutes.
#
# **You need** lessons [4](04_binding.ipynb) and [5](05_forward.ipynb): `bind` and `forward`. Where NumPy prepares
# data below, you need not know its functions: look at what comes out.
#
# [← 5. Forward](05_forward.ipynb) · [All lessons](README.md) · [7. Parallel →](07_parallel.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/06_matrices.ipynb)

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
# ## 1. One graph
#
# **Predict.** This graph has computed with single numbers so far. What must be changed in it for rows of three
# numbers? And for matrices of a million?

# %%
# %%symgraph
E = (A*B) + (C*D)

# %% [markdown]
# Nothing. No size stands in the picture, and nobody will touch `E` again.
#
# The function below makes NDArrays, binds the graph, and runs it.
#
# **Predict.** What is the second result?

# %%
def compute(A, B, C, D):
    data = {'A': mx.nd.array(A), 'B': mx.nd.array(B), 'C': mx.nd.array(C), 'D': mx.nd.array(D)}
    return E.bind(mx.cpu(), data).forward()[0]

print(compute([1], [2], [3], [4]).asnumpy())
print(compute([1, 2, 3], [10, 10, 10], [1, 1, 1], [0, 5, 0.5]).asnumpy())

# %% [markdown]
# Each place is computed by itself: 1 × 10 + 1 × 0, then 2 × 10 + 1 × 5, then 3 × 10 + 1 × 0.5. This is called
# **element-wise**, and a row of numbers is also called a **vector**.

# %% [markdown]
# ## 2. A million numbers
#
# A **matrix** is a table of numbers. Here are four of 1000 rows and 1000 columns, filled by chance with numbers
# between 0 and 1. (The *seed* makes chance repeat itself: you get the same numbers as this page.)
#
# **Predict.** How many multiplications does this do?

# %%
mx.random.seed(1)
a_data = mx.nd.uniform(low=0, high=1, shape=(1000, 1000))
b_data = mx.nd.uniform(low=0, high=1, shape=(1000, 1000))
c_data = mx.nd.uniform(low=0, high=1, shape=(1000, 1000))
d_data = mx.nd.uniform(low=0, high=1, shape=(1000, 1000))

e_data = compute(a_data, b_data, c_data, d_data).asnumpy()
with_numpy = a_data.asnumpy()*b_data.asnumpy() + c_data.asnumpy()*d_data.asnumpy()
print('shape:            ', e_data.shape)
print('one of a million: ', e_data[0, 0].round(2))
print('the same as NumPy:', np.allclose(e_data, with_numpy))

# %% [markdown]
# Two million, and a million additions; and the graph still has seven nodes. NumPy gets the same. (`np.allclose`
# asks whether all numbers are equal, but for the last digits, where computers round.)

# %% [markdown]
# ## 3. Prepare data as you like
#
# What can become a NumPy array can become an NDArray, so any library may help. Here NumPy makes four matrices of
# waves: `np.cos` and `np.sin` go up and down between −1 and 1, over and over. `across` grows from left to right,
# `down` from top to bottom.
#
# **Predict.** A large NDArray on the last line of a cell is shown as a picture. What will it look like?

# %%
angles = np.linspace(0, 14, 1000)
across, down = np.meshgrid(angles, angles)
pattern = compute(np.cos(across), np.cos(down), np.sin(across), np.sin(down))
pattern

# %% [markdown]
# Diagonal waves. Our little graph knows nothing of waves. It multiplies and adds what it is given.
#
# **Predict.** Here it is step by step. What do the two products look like, before they are added? Like a
# chessboard, or striped?

# %%
waves = {
    'A': mx.nd.array(np.cos(across)), 'B': mx.nd.array(np.cos(down)),
    'C': mx.nd.array(np.sin(across)), 'D': mx.nd.array(np.sin(down)),
}
executor = E.bind(mx.cpu(), waves)
# %symstep executor

# %% [markdown]
# Step through *Forward*, and click a node: its matrix is shown at the right. (Where the view is not alive, the
# matrices are below the picture, folded up. *Timeline* is for lesson 7.) `A` is striped, `B` is striped the other way.
# Both products look like a soft chessboard, and their sum is diagonal.

# %% [markdown]
# ## 4. Mix two pictures
#
# The next data is made of a text. You need not read the two lines below it: each `#` becomes a block of
# 100 × 100 ones, and each point a block of zeros.

# %%
rows = '''
..######..
.#......#.
#........#
#..#..#..#
#........#
#.#....#.#
#..####..#
#........#
.#......#.
..######..
'''.split()
small = np.array([[float(sign == '#') for sign in row] for row in rows])
face = np.kron(small, np.ones((100, 100)))
mx.nd.array(face)

# %% [markdown]
# **Predict.** `fade` is one row of 1000 numbers, from 1 at the left to 0 at the right. What will
# face × fade + waves × (1 − fade) look like?

# %%
waves_picture = (pattern.asnumpy() + 1) / 2  # from 0 to 1, as the face
fade = np.linspace(1, 0, 1000)

compute(face, fade, waves_picture, 1 - fade)

# %% [markdown]
# The face goes over into waves.
#
# `fade` has one row only, and `face` has a thousand. The row was used for each of them. This is called
# **broadcasting**: where a dimension has the size 1, or is not there, its numbers are used again and again.
#
# **Predict.** A row of 1 to 10 times a *column* of 1 to 10: what do you get?

# %%
row = np.arange(1, 11).reshape(1, 10)
column = np.arange(1, 11).reshape(10, 1)
print(compute(row, column, [0], [0]).asnumpy().astype(int))

# %% [markdown]
# The table of multiplication: the row is used for each number of the column, and the column for each of the row.

# %% [markdown]
# ## 5. An error, on purpose
#
# **Predict.** A matrix of 3 rows and 4 columns meets one of 4 rows and 3 columns. Both have 12 numbers. Do they
# fit? (If your notebook stops at the error, go on with the next cell.)

# %% tags=["raises-exception"]
compute(np.ones((3, 4)), np.ones((4, 3)), [0], [0])

# %% [markdown]
# Not how many numbers there are counts, but the shape. Compare the two shapes from the right: 4 and 3 are not
# equal, and neither is 1.
#
# **Change it.** Replace `np.ones((4, 3))` by `[[1, 2, 3, 4]]`, by `[[10], [20], [30]]`, and by `[1, 2, 3]`. Guess each
# time whether it will fit, and what will come out. Then, if you like, go back to the face, and draw your own.
#
# <details><summary>Answer</summary>
#
# The first is one row, <code>(1, 4)</code>, used for all three rows. The second is one column, <code>(3, 1)</code>,
# used for all four columns. The third does not fit: it is a row of 3, and the rows have 4.
#
# </details>

# %% [markdown]
# ## Exercises
#
# Replace each `...`, and run the cell as often as you like; `hint("6.1")` in a cell of your own gives a hint.
# The solutions are [in a notebook of their own](solutions/06_matrices.ipynb).
#
# **6.1** Prepare a matrix `mask` of 1000 × 1000 numbers, so that `compute(face, mask, waves_picture, 1 - mask)` shows
# the face in the upper half and the waves in the lower half. (`table[first:last]` is the rows from `first` on, up to
# but not including `last`.)

# %% tags=["exercise-6.1"]
mask = ...

check("6.1", mask)

# %% [markdown]
# **6.2** `A` has the shape (1, 4), `B` has (3, 1), and `C` and `D` are single numbers, (1,). Which shape has the
# output? The answer is a shape such as `(2, 2)`. Decide before you try.

# %% tags=["exercise-6.2"]
shape = ...

check("6.2", shape)

# %% [markdown]
# **6.3** (If you like more.) The *negative* of a picture has 0 where the picture has 1, and 1 where it has 0. Find three numbers
# for B, C and D, so that `compute(face, [b], [c], [d])` is the negative of the face. The graph stays as it is.

# %% tags=["exercise-6.3"]
b = ...
c = ...
d = ...

check("6.3", b, c, d)

# %% [markdown]
# ## What you have seen
#
# | word | meaning |
# |---|---|
# | **vector**, **matrix** | numbers in a row; numbers in a table of rows and columns |
# | **element-wise** | each place by itself: the first with the first, the second with the second |
# | **broadcasting** | a size of 1 goes with any size: its numbers are used again and again |
# | **seed** | where chance begins: from the same seed come the same numbers |
#
# One graph served numbers, vectors, matrices and pictures. Only the data was new, prepared by ordinary Python. NumPy
# gets the same results.
#
# **Next.** If the results are the same, what is the graph good for? Lesson 7 shows the first answer: two
# products at the same time.
#
# [← 5. Forward](05_forward.ipynb) · [All lessons](README.md) · [7. Parallel →](07_parallel.ipynb) · [Run on Binder](https://mybinder.org/v2/gh/symbook/symbook/HEAD?urlpath=lab/tree/lessons/06_matrices.ipynb) · [Cheat sheet](cheat_sheet.md) · [Glossary](glossary.md)
