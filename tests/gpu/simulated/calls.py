"""Calls of CuPy's functions, of which what comes back is recorded, and compared with the simulation's.

Only what does not depend on values counts: types, shapes, strides, whether memory is shared, exceptions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

DTYPES = "?bBilefd"
SCALARS = {
    "True": True,
    "1": 1,
    "-1": -1,
    "2.5": 2.5,
    "300": 300,
    "float32": np.float32(1),
    "float64": np.float64(1),
    "int8": np.int8(1),
    "int64": np.int64(1),
}
REDUCTIONS = [
    "sum",
    "prod",
    "mean",
    "var",
    "std",
    "max",
    "min",
    "any",
    "all",
    "argmax",
    "argmin",
    "cumsum",
    "cumprod",
    "ptp",
]

# One a line; `cp` is CuPy, and the letters are the arrays of `arrays`.
CALLS = """
f.T
f.reshape(4, 3)
f.reshape(-1)
f.reshape((2, 6))
f.reshape(5, 5)
q.reshape(12)
q.reshape(3, 4)
r.reshape(-1)
f.ravel()
q.ravel()
r.ravel()
f.flatten()
f.transpose(1, 0)
f.transpose((1, 0))
f.transpose(0, 0)
f.swapaxes(0, 1)
f.swapaxes(0, 5)
cp.swapaxes(f, 0, 1)
cp.moveaxis(t, 0, -1)
cp.moveaxis(t, (0, 1), (-1, -2))
cp.rollaxis(t, 2)
cp.transpose(t)
cp.transpose(t, (2, 0, 1))
cp.expand_dims(f, 0)
cp.expand_dims(f, (0, 2))
cp.expand_dims(f, 7)
cp.squeeze(f[None])
f[None].squeeze(0)
f.squeeze(0)
cp.broadcast_to(f, (2, 3, 4))
cp.broadcast_to(f, (3, 5))
cp.broadcast_to(v, (0, 4))
cp.broadcast_arrays(f, v)
cp.split(f, 3)
cp.split(f, 5)
cp.split(f, [1, 2])
cp.split(f, 2, axis=1)
cp.array_split(f, 2)
cp.hsplit(f, 2)
cp.flip(f)
cp.flip(f, 0)
cp.flip(f, (0, 1))
cp.fliplr(f)
cp.flipud(f)
cp.rot90(f)
cp.diagonal(f)
cp.diagonal(t, 0, 1, 2)
cp.diag(f)
cp.diag(v)
cp.diag(v, 1)
cp.diagflat(v)
cp.atleast_1d(o)
cp.atleast_2d(v)
cp.atleast_3d(v)
cp.atleast_1d(f, o)
f.view()
f.view('i')
f.view('d')
q.view('d')
f[0]
f[0, 0]
f[1:]
f[::2, ::-1]
f[..., 0]
f[None]
f[:, None]
f[-1]
f[7]
f[1, 2, 3]
f[...]
f[cp.array([0, 1])]
f[[0, 1]]
f[:, [0, 1]]
f[[0, 1], [1, 2]]
f[[0, 1], :, None]
f[cp.array(1)]
f[i]
f[l, 0]
f[f]
f[[]]
f['x']
f['x':]
f[1.5:]
f[object()]
f[..., ...]
f[[0.5]]
f[cp.ones(4, '?')]
f[cp.ones((3, 5), '?')]
f[::0]
f[cp.array([0, 1]), cp.array([0, 1, 2])]
f.__setitem__(7, 1)
f.__setitem__('x', 1)
f.__setitem__(cp.ones((3, 5), '?'), 1)
f.__setitem__((cp.array([0, 1]), cp.array([0, 1, 2])), 1)
cp.where(np.True_, f, 0)
cp.linalg.cholesky(f[0])
cp.concatenate([f, f], 0, dtype='d')
cp.concatenate([f, f], 0, None, dtype='e', casting='unsafe')
cp.unravel_index(l, (3, 4))
cp.rint(f, f)
cp.hypot(i, i)
cp.sign(b)
cp.square(b)
cp.abs(b)
cp.logical_not(f, out=f)
cp.logical_and(f, f, out=f)
cp.isnan(i)
cp.isfinite(f, out=f)
cp.greater(f, 0, out=f)
cp.equal(f, f, dtype='f')
cp.floor(i)
cp.trunc(i)
cp.copysign(i, f)
cp.reciprocal(i)
cp.expm1(e)
cp.cbrt(i)
f[np.array([0, 1])]
t[:, [0, 1]]
t[[0, 1], :, [0, 1]]
t[0, :, [0, 1]]
x[cp.array([0])]
f[x]
f.__setitem__(0, 1)
f.__setitem__(0, v)
f.__setitem__(0, 2.5)
f.__setitem__(0, n[0])
f.__setitem__(0, n)
f.__setitem__(0, [1, 2, 3, 4])
f.__setitem__(0, np.float32(1))
f.__setitem__(0, np.array(1))
f.__setitem__(slice(None), f.T)
f.__setitem__(b, 1)
f.__setitem__(b, 2.5)
f.__setitem__([0, 1], 1)
f.__setitem__([0, 1], v)
f.__setitem__([0, 1], d[:2])
i.__setitem__(0, 2.5)
i.__setitem__(0, d[0])
i.__setitem__([0, 1], d[:2])
f + n
n + f
f + [1, 2, 3, 4]
f + 'x'
f + None
f + np.array(1)
f == None
f != 'x'
f + v
f + s
f @ s
f @ f
f @ v
v @ v
f @ 3
f @ n
f.T @ f
e @ e.T
f @ d.T
f @ i.T
t @ t.swapaxes(1, 2)
o @ v
cp.matmul(f, s, out=cp.empty((3, 4), 'f'))
cp.matmul(f, s, out=cp.empty((3, 5), 'f'))
cp.matmul(f, s, out=cp.empty((3, 4), 'd'))
cp.matmul(f, s, out=cp.empty((3, 4), 'e'))
cp.matmul(f, s, out=cp.empty((4, 3), 'f').T)
cp.matmul(f, s, dtype='d')
cp.matmul(t, s)
cp.dot(f, s)
cp.dot(f, v)
cp.dot(v, v)
cp.dot(f, 2)
cp.dot(f, s, out=cp.empty((3, 4), 'f'))
f.dot(s)
cp.inner(f, f)
cp.outer(v, v)
cp.vdot(v, v)
cp.tensordot(f, s, 1)
cp.tensordot(t, t, ([0, 1], [0, 1]))
cp.tensordot(t, t, 2)
cp.einsum('ij->ji', f)
cp.einsum('ij,jk->ik', f, s)
cp.einsum('ij,ij->i', f, f)
cp.einsum('bij,bkj->bik', t, t)
cp.kron(v, v)
cp.where(b, f, f)
cp.where(b, f, 0)
cp.where(b, 1, 0)
cp.where(b, 1.5, i)
cp.where(b, i, f)
cp.where(b, i, d)
cp.where(b, e, 0.5)
cp.where(b, e, f)
cp.where(b, np.float64(1), f)
cp.where(b, n, f)
cp.where(True, f, 0)
cp.where(i, f, 0)
cp.where(f > 0, f, 0.0)
cp.clip(f, 0, 1)
cp.clip(f, None, 1)
cp.clip(f, 0, None)
cp.clip(f, None, None)
cp.clip(i, 0, 1)
cp.clip(i, 0.5, 1)
cp.clip(u, 0, 300)
cp.clip(f, v, 1)
cp.clip(f, 0, 1, out=f)
cp.clip(e, 0, 1)
cp.clip(e, np.float64(0), 1)
f.clip(0, 1)
f.clip(0, 1, f)
cp.take(f, i)
cp.take(f, cp.array([0, 1]), 0)
cp.take(f, cp.array([0, 1]), axis=1)
cp.take(f, 1, axis=1)
cp.take(f, [0, 1], axis=1)
cp.take(f, cp.array([0, 1]), axis=7)
cp.take(f, f)
cp.take(f, cp.array([0, 1]), 1, cp.empty((3, 2), 'f'))
cp.take(f, cp.array([0, 1]), 1, mode='clip')
f.take(cp.array([0, 1]), 1)
cp.take_along_axis(f, l, 1)
cp.take_along_axis(f, i, 0)
cp.take_along_axis(f, l, None)
cp.take_along_axis(f, f, 0)
cp.concatenate([f, f])
cp.concatenate([f, d], axis=1)
cp.concatenate([f, n])
cp.concatenate([f, v])
cp.concatenate([f, f], axis=None)
cp.concatenate((q, q), axis=0)
cp.concatenate([f, f], out=cp.empty((6, 4), 'f'))
cp.concatenate([f, i])
cp.concatenate(())
cp.concatenate(f)
cp.stack([f, f])
cp.stack([f, f], axis=-1)
cp.stack([f, n])
cp.stack([f, v])
cp.stack([f, f], out=cp.empty((2, 3, 4), 'f'))
cp.stack((i, d))
cp.vstack([v, v])
cp.hstack([v, v])
cp.dstack([v, v])
cp.column_stack([v, v])
cp.repeat(f, 2)
cp.repeat(f, 2, axis=1)
f.repeat(2, 0)
cp.tile(f, 2)
cp.tile(f, (2, 2, 1))
cp.roll(f, 1)
cp.roll(f, 1, 0)
cp.roll(f, (1, 1), (0, 1))
cp.pad(f, 1)
cp.pad(f, ((0, 1), (2, 0)))
cp.pad(f, ((0, 1), (2, 0)), mode='constant', constant_values=2)
cp.pad(f, 1, mode='edge')
cp.pad(f, 1, mode='reflect')
cp.tril(f)
cp.triu(f, 1)
cp.tril(t, -1)
cp.eye(3)
cp.eye(3, 4, 1, 'f')
cp.eye(3, k=1, dtype='i')
cp.identity(3)
cp.tri(3)
cp.arange(5)
cp.arange(0, 5, 0.5)
cp.arange(5, dtype='f')
cp.arange(1, 5, dtype='e')
cp.arange(5.0)
cp.linspace(0, 1, 5)
cp.linspace(0, 1, 5, dtype='f')
cp.zeros(3)
cp.zeros((3, 4), 'e')
cp.zeros((3, 4), 'f', 'F')
cp.ones(3, dtype='b')
cp.ones((), 'f')
cp.empty(())
cp.full(3, 2)
cp.full((3,), 2.5, 'i')
cp.full(3, f[0, 0])
cp.full(3, np.float32(1))
cp.full((3, 4), v)
cp.zeros_like(f)
cp.zeros_like(q)
cp.zeros_like(r)
cp.zeros_like(f, dtype='i')
cp.zeros_like(f, shape=(2,))
cp.ones_like(q, order='C')
cp.empty_like(n)
cp.full_like(i, 2.5)
cp.empty_like(q.T)
cp.array([1, 2])
cp.array([[1.5], [2]])
cp.array(1)
cp.array(n)
cp.array(n.T)
cp.array(f)
cp.array(q)
cp.array(f, copy=False)
cp.array(f, dtype='d')
cp.array(f, ndmin=3)
cp.array([f, f])
cp.array([v, [1, 2, 3, 4]])
cp.array([o, o])
cp.array('x')
cp.array([1, None])
cp.asarray(f)
cp.asarray(f, 'd')
cp.asarray(n)
cp.asarray(n, 'e')
cp.asarray([1, 2, 3], dtype='f')
cp.asarray(f, copy=False)
cp.ascontiguousarray(q)
cp.ascontiguousarray(f)
cp.ascontiguousarray(o)
cp.asfortranarray(f)
cp.copy(q)
f.copy()
q.copy()
q.copy(order='K')
r.copy('K')
cp.asnumpy(f)
cp.asnumpy(n)
f.get()
q.get()
f.astype('d')
q.astype('d')
r.astype('d')
q.astype('d', order='C')
f.astype('f', copy=False)
f.astype('f')
f.astype('i', casting='safe')
f.astype('U3')
cp.astype(f, 'd')
cp.sort(f)
cp.sort(t, axis=1)
cp.argsort(t, axis=1)
cp.argsort(t, axis=0)
cp.cumsum(t, 1)
cp.cumsum(t, 0)
cp.cumsum(t, 2)
cp.cumsum(f, 0)
cp.cumsum(q, 0)
cp.cumsum(t.T, 1)
cp.cumprod(t, 0)
cp.pad(q, 1)
cp.nan_to_num(q)
cp.where(q > 0, q, 0)
cp.clip(q, 0, 1)
cp.tril(q)
cp.sum(t.T, 1)
cp.concatenate([q, q], axis=1)
cp.stack([q, q])
cp.repeat(q, 2, 0)
cp.tile(q, (2, 1))
cp.diff(q)
cp.roll(q, 1)
cp.take(q, cp.array([0]), 1)
q[cp.array([0])]
t[:, cp.array([0])]
cp.round(q)
cp.argmax(t.T, 1)
cp.take_along_axis(t, t.astype('l'), 1)
cp.maximum.at(f, cp.array([0]), 1.5)
cp.sort(f, axis=0)
cp.sort(f, axis=None)
cp.sort(o)
cp.argsort(f)
cp.argsort(f, axis=0)
cp.argsort(f, axis=None)
cp.argsort(f, kind='stable')
cp.argsort(f, kind='heapsort')
cp.argsort(i)
cp.argsort(f, axis=5)
cp.searchsorted(v, v)
cp.searchsorted(v, 1.5)
cp.searchsorted(v, f, side='right')
cp.bincount(l[0], minlength=8)
cp.diff(f)
cp.trace(f)
cp.median(f)
cp.median(f, axis=0)
cp.average(f)
cp.sum(f, 0)
cp.sum(f, axis=(0, 1))
cp.sum(f, axis=-1, keepdims=True)
cp.sum(f, axis=())
cp.sum(f, axis=5)
cp.sum(f, axis=(0, 0))
cp.sum(f, dtype='d')
cp.sum(e, axis=0)
cp.sum(e, dtype='f')
cp.sum(f, axis=0, out=cp.empty(4, 'f'))
cp.sum(f, axis=0, out=cp.empty(4, 'd'))
cp.sum(f, axis=0, out=cp.empty(4, 'i'))
cp.sum(f, axis=0, out=cp.empty(3, 'f'))
cp.sum(f, where=b)
cp.sum(f, initial=0)
cp.sum([1, 2])
cp.sum(x)
cp.max(f, 0)
cp.max(x)
cp.max(x, axis=1)
cp.max(f, axis=0, keepdims=True, out=cp.empty((1, 4), 'f'))
cp.max(f, initial=0)
cp.argmax(f)
cp.argmax(f, axis=1)
cp.argmax(f, axis=1, keepdims=True)
cp.argmax(x)
cp.mean(f, axis=0, dtype='d')
cp.mean(f, axis=0, out=cp.empty(4, 'f'))
cp.mean(i)
cp.mean(e, 0)
cp.mean(x)
cp.var(f, axis=0, ddof=1)
cp.std(f)
cp.cumsum(f)
cp.cumsum(f, axis=1)
cp.cumsum(f, axis=1, dtype='d')
cp.cumsum(f, axis=1, out=cp.empty((3, 4), 'f'))
cp.cumsum(i, 0)
cp.cumprod(f, 1)
cp.prod(f, axis=(0, 1), keepdims=True)
cp.any(f, axis=0)
cp.all(b)
cp.count_nonzero(f)
cp.count_nonzero(f, axis=0)
cp.nansum(f, 0)
cp.isclose(f, f)
cp.allclose(f, f)
cp.array_equal(f, f)
cp.round(f)
cp.round(f, 2)
cp.around(i)
f.round()
cp.nan_to_num(f)
cp.add(f, f, f)
cp.add(f, f, out=f)
cp.add(f, f, out=(f,))
cp.add(f, f, f, f)
cp.add(f, f, f, out=f)
cp.add(f, 1, where=b)
cp.add(f, 1, out=n)
cp.add(f, 1, out=cp.empty((3, 5), 'f'))
cp.add(v, 1, out=f)
cp.add(f, d, out=f)
cp.add(f, 1, out=i)
cp.add(f, 1, out=d)
cp.add(i, 1, dtype='f')
cp.add(f, 1, dtype='i')
cp.add(f, 1, dtype='d', casting='unsafe')
cp.add(f, v, order='C')
cp.add(f)
cp.exp([1, 2])
cp.exp(1.0)
cp.exp(i)
cp.exp(q)
cp.exp(n)
cp.add(q, 1)
cp.add(q, q)
cp.add(r, r)
cp.sqrt(True)
cp.maximum(1, 2)
cp.divmod(f, 2)
cp.modf(f)
cp.frexp(f)
cp.ldexp(f, i)
cp.ldexp(f, l)
cp.add.reduce(f)
cp.add.reduce(f, 1)
cp.multiply.reduce(f)
cp.maximum.reduce(f)
cp.logical_or.reduce(b)
cp.add.accumulate(f)
cp.add.outer(v, v)
cp.multiply.outer(v, f)
cp.subtract.outer(v, v)
cp.add.at(f, cp.array([0, 1]), 1)
cp.add.at(f, (cp.array([0, 1]), cp.array([0, 1])), v[:2])
cp.add.at(e, cp.array([0, 1]), 1)
cp.add.at(d, cp.array([0, 1]), 1)
cp.add.at(i, cp.array([0, 1]), 1)
cp.add.at(l, cp.array([0, 1]), 1)
cp.add.at(u, cp.array([0, 1]), 1)
cp.add.at(b, cp.array([0, 1]), 1)
cp.add.at(f, [0, 1], d[:2])
cp.add.at(f, 0, 1)
cp.maximum.at(f, cp.array([0, 1]), 1)
cp.maximum.at(l, cp.array([0, 1]), 1)
cp.maximum.at(e, cp.array([0, 1]), 1)
cp.multiply.at(f, cp.array([0, 1]), 1)
cp.subtract.at(f, cp.array([0, 1]), 1)
cp.divide.at(f, cp.array([0, 1]), 1)
f.scatter_add(cp.array([0, 1]), 1)
-f
-b
-u
abs(f)
~i
~f
~b
f << 1
i << 1
f // 2
f % 2
f ** 2
2 ** i
i ** -1
u ** 2
b + b
b - b
b * 2
b * 2.5
i / 2
i / i
e / 2
u + 300
u + -1
u - 1
u * 2.0
f & 1
i & 1
b & b
1 - b
f + 1j
i + np.float32(1)
i + np.float64(1)
f + np.float64(1)
f + np.int64(1)
e + np.float32(1)
np.float32(2) * f
np.float64(2) * f
np.int64(2) * i
np.add(f, 1)
np.exp(f)
np.sum(f)
np.sum(f, axis=0)
np.concatenate([f, f])
np.concatenate([f, n])
np.zeros_like(f)
np.where(b, f, f)
np.linalg.norm(v)
np.maximum.reduce(f)
np.add(n, 1, out=f)
np.asarray(f)
np.array([f, f])
np.float32(f[0, 0])
float(n[0, 0]) + f
f.__iadd__(1)
f.__iadd__(d)
i.__iadd__(1.5)
i.__itruediv__(2)
e.__iadd__(f)
f.__imatmul__(s)
f.fill(1)
f.fill(o)
f.fill(np.array(1))
f.fill(n)
f.fill('x')
cp.copyto(f, 1)
cp.copyto(f, v)
cp.copyto(f, d)
cp.copyto(i, f)
cp.copyto(i, f, casting='unsafe')
cp.copyto(i, 2.5)
cp.copyto(f, n)
cp.copyto(f, 1, where=b)
cp.copyto(f, v, where=b)
cp.copyto(f, s)
cp.copyto(v, f)
cp.copyto(f, np.float64(1))
len(o)
iter(o)
bool(f)
bool(x)
int(f)
float(f)
f.item()
hash(f)
f.tolist()
[1, 2, 3][o.astype('i')]
range(o.astype('i'))
f.shape
f.strides
f.size
f.nbytes
f.ndim
f.dtype
f.flags.c_contiguous
q.flags.f_contiguous
f.flags.writeable
f.flags['C_CONTIGUOUS']
f.ctypes
f.sum(where=b)
f.sum(0, 'd')
f.max(0)
f.max(axis=0, out=v)
f.mean(0)
f.argsort(0)
f.argsort(kind='stable')
f.any()
f.cumsum(0)
f.nonexistent
cp.nonexistent
cp.can_cast('f', 'd')
cp.can_cast(f, 'd')
cp.result_type(f, d)
cp.result_type(f, 1.5)
cp.result_type(i, 1.5)
cp.result_type(f, np.float64(1))
cp.promote_types('f', 'i')
cp.ndim(f)
cp.shape(f)
cp.size(f)
cp.size(f, 0)
cp.may_share_memory(f, f[1:])
cp.may_share_memory(f, n)
cp.get_array_module(f)
cp.isscalar(f)
cp.iinfo('i')
cp.finfo('f')
cp.lib.stride_tricks.as_strided(f, (2, 2), (4, 4))
cp.lib.stride_tricks.sliding_window_view(f, 2, 1)
cp.linalg.cholesky(s)
cp.linalg.cholesky(t[:, :, :3])
cp.linalg.cholesky(f)
cp.linalg.cholesky(e)
cp.linalg.cholesky(i[:, :3])
cp.linalg.inv(s)
cp.linalg.inv(t[:, :, :3])
cp.linalg.inv(f)
cp.linalg.inv(e[:, :3])
cp.linalg.solve(s, v)
cp.linalg.solve(s, s)
cp.linalg.solve(s, f)
cp.linalg.det(s)
cp.linalg.det(t[:, :, :3])
cp.linalg.slogdet(s)
cp.linalg.slogdet(t[:, :, :3])
cp.linalg.slogdet(e[:, :3])
cp.linalg.eigh(f)
cp.linalg.norm(v)
cp.linalg.norm(f)
cp.linalg.norm(f, axis=1)
cp.linalg.norm(f, 1, axis=1, keepdims=True)
cp.random.Generator(cp.random.Philox4x3210(1)).random((3, 4))
cp.random.Generator(cp.random.Philox4x3210(1)).random((3, 4), dtype='f')
cp.random.Generator(cp.random.Philox4x3210(1)).random((3, 4), dtype='e')
cp.random.Generator(cp.random.Philox4x3210(1)).random(())
cp.random.Generator(cp.random.Philox4x3210(1)).random()
cp.random.Generator(cp.random.Philox4x3210(1)).random((0, 3))
cp.random.Generator(cp.random.Philox4x3210(1)).random(out=f)
cp.random.Generator(cp.random.Philox4x3210(1)).random(out=d)
cp.random.Generator(cp.random.Philox4x3210(1)).standard_normal((3, 4), dtype='f')
cp.random.Generator(cp.random.Philox4x3210(1)).standard_normal((3, 4), dtype='e')
cp.random.Generator(cp.random.Philox4x3210(1)).normal(0, 1, 3)
cp.random.Generator(cp.random.Philox4x3210(1)).standard_exponential(3)
cp.random.Generator(cp.random.Philox4x3210(1)).standard_exponential((), dtype='f')
cp.random.Generator(cp.random.Philox4x3210(1)).exponential(2.0, 3)
cp.random.Generator(cp.random.Philox4x3210(1)).exponential(v, 4)
cp.random.Generator(cp.random.Philox4x3210(1)).integers(0, 5, 3)
cp.random.Generator(cp.random.Philox4x3210(1)).integers(0, 5, size=(3, 4), dtype='i')
cp.random.Generator(cp.random.Philox4x3210(1)).integers(0, 5, size=())
cp.random.Generator(cp.random.Philox4x3210(1)).integers(5)
cp.random.Generator(cp.random.Philox4x3210(1)).integers(0, 2**40, size=3)
cp.random.Generator(cp.random.Philox4x3210(1)).standard_gamma(2.0, (3, 4))
cp.random.Generator(cp.random.Philox4x3210(1)).standard_gamma(v)
cp.random.Generator(cp.random.Philox4x3210(1)).standard_gamma(v, (3, 4))
cp.random.Generator(cp.random.Philox4x3210(1)).standard_gamma(d)
cp.random.Generator(cp.random.Philox4x3210(1)).standard_gamma(d, dtype='f')
cp.random.Generator(cp.random.Philox4x3210(1)).gamma(2.0, 1.0, 3)
cp.random.Generator(cp.random.Philox4x3210(1)).poisson(2.0, (3, 4))
cp.random.Generator(cp.random.Philox4x3210(1)).poisson(v)
cp.random.Generator(cp.random.Philox4x3210(1)).poisson(d)
cp.random.Generator(cp.random.Philox4x3210(1)).poisson(2.0, ())
cp.random.Generator(cp.random.Philox4x3210(1)).uniform(0, 1, 3)
cp.random.Generator(cp.random.Philox4x3210(1)).beta(1.0, 2.0, 3)
cp.random.Generator(cp.random.Philox4x3210(1)).binomial(5, 0.5, 3)
cp.random.Generator(cp.random.Philox4x3210(1)).permutation(3)
cp.random.Generator(3)
cp.random.Philox4x3210(-1)
cp.random.Philox4x3210(2**40)
cp.get_default_memory_pool().used_bytes() >= 0
cp.get_default_memory_pool().total_bytes() >= 0
cp.get_default_memory_pool().nothing
cp.cuda.Device(0).id
cp.cuda.Device(5).use()
cp.cuda.Device(0).compute_capability
cp.cuda.Device(0).synchronize()
cp.cuda.runtime.getDeviceProperties(0)['name']
cp.cuda.Stream(non_blocking=True).synchronize()
cp.cuda.Stream(nonblocking=True)
cp.cuda.Stream.null.begin_capture()
cp.cuda.Event(disable_timing=True).record()
cp.cuda.Event(timing=False)
cp.cuda.Stream().record(cp.cuda.Event())
cp.cuda.get_current_stream()
cp.cuda.get_elapsed_time(cp.cuda.Event(), 3)
cp.cuda.alloc_pinned_memory(100).size() >= 100
cp.cuda.alloc(100).mem.size
cp.RawModule(code='x', options=['-std=c++17'])
cp.RawModule('x', nothing=1)
cp.RawModule()
""".strip().splitlines()


def arrays(cp: Any) -> dict[str, Any]:
    """What the letters in `CALLS` stand for."""
    made = {kind: cp.ones((3, 4), kind) for kind in "eidl"}
    made |= {"b": cp.ones((3, 4), "?"), "u": cp.ones((3, 4), "B"), "f": cp.ones((3, 4), "f")}
    made["q"] = cp.ones((4, 3), "f").T
    made["r"] = cp.ones((3, 8), "f")[:, ::2]
    made["s"], made["t"] = cp.ones((4, 4), "f"), cp.ones((2, 3, 4), "f")
    made["v"], made["o"], made["x"] = cp.ones(4, "f"), cp.ones((), "f"), cp.ones((0, 4), "l")
    return made | {"n": np.ones((3, 4), "f"), "np": np, "cp": cp}


def outcome(cp: Any, call: str) -> Any:
    """What a call gives: its kind, or the exception's."""
    known = arrays(cp)
    try:
        result = eval(call, known)
    except Exception as error:
        return f"raises {type(error).__name__}"
    return described(cp, result, known)


def described(cp: Any, value: Any, known: dict[str, Any]) -> Any:
    """Dtype, shape, layout and whose memory of an array, of a sequence those of each; else the type."""
    if isinstance(value, cp.ndarray):
        layout = (
            "C" if value.flags.c_contiguous else "F" if value.flags.f_contiguous else value.strides
        )
        theirs = [
            n for n, a in known.items() if isinstance(a, cp.ndarray) and a.size and value.size
        ]
        ends = [n for n in theirs if a_holds(known[n], value)]
        return f"{_letter(value)} {value.shape} {layout} {' '.join(ends)}".strip()
    if isinstance(value, np.ndarray):
        return f"numpy {_letter(value)} {value.shape} {'C' if value.flags.c_contiguous else 'F'}"
    if isinstance(value, list | tuple):
        return [described(cp, each, known) for each in value]
    if isinstance(value, bool | int | float) and not isinstance(value, float):
        return f"{type(value).__name__} {value}"
    return type(value).__name__


def _letter(array: Any) -> str:
    # One of several for the same type.
    return np.dtype(array.dtype.str).char


def a_holds(array: Any, other: Any) -> bool:
    """Whether the other array begins in the memory of this one."""
    return 0 <= other.data.ptr - array.data.ptr < array.nbytes or other.data.ptr == array.data.ptr


def loops(cp: Any, name: str) -> str:
    """The dtypes that a ufunc gives for dtypes, pairs of them, and beside scalars; `!` for a refusal."""
    function = getattr(cp, name)
    ins = {kind: cp.ones(2, kind) for kind in DTYPES}
    if function.nin == 1:
        operands = [(each,) for each in ins.values()]
    else:
        operands = [(x, y) for x in ins.values() for y in (*ins.values(), *SCALARS.values())]
    return "".join(_char(function, each) for each in operands)


def _char(function: Any, operands: Any) -> str:
    try:
        result = function(*operands)
    except TypeError:
        return "!"
    except OverflowError:
        return "^"
    return "".join(map(_letter, result if isinstance(result, tuple) else (result,)))


def reductions(cp: Any, name: str) -> str:
    """The dtypes that a reduction gives for all dtypes."""
    function = getattr(cp, name)
    return "".join(_char(lambda x: function(x, 0), (cp.ones((2, 2), kind),)) for kind in DTYPES)


def everything(cp: Any) -> dict[str, Any]:
    """All that is recorded."""
    # Of several names of a ufunc the last.
    ufuncs = {f.name: n for n in dir(cp) if isinstance(f := getattr(cp, n, None), cp.ufunc)}
    return {
        "loops": {name: loops(cp, name) for name in ufuncs.values()},
        "reductions": {name: reductions(cp, name) for name in REDUCTIONS},
        "calls": {call: outcome(cp, call) for call in CALLS},
    }
