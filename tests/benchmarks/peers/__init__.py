"""The peers: one file each, with its programs by kind of workload and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """Who takes part.

    Attributes
    ----------
    name : str
    title : str
    module : str
        The file under `peers`.
    loose : float
        A tolerance that its results have at least, of one that rounds its operands.
    """

    name: str
    title: str
    module: str
    loose: float = 0.0


def _named(*peers: Peer) -> dict[str, Peer]:
    return {peer.name: peer for peer in peers}


# By the device that is measured.
PEERS = {
    "cpu": _named(
        Peer("symbook", "symbook", "by_symbook"),
        Peer("numpy", "NumPy by hand, out=", "by_numpy"),
        Peer("numexpr", "numexpr", "by_numexpr"),
        Peer("mxnet", "MXNet", "by_mxnet"),
        Peer("jax", "JAX jit", "by_jax"),
        Peer("torch", "PyTorch eager", "by_torch"),
        Peer("torch-compile", "PyTorch compile", "by_torch_compile"),
        Peer("numba", "fused Numba loop on all cores", "by_numba"),
        Peer("copy", "copy bandwidth", "by_copy"),
        Peer("blas", "BLAS rate", "by_blas"),
    ),
    "gpu": _named(
        Peer("symbook", "symbook", "gpu.by_symbook"),
        Peer("cupy", "CuPy by hand, out=", "gpu.by_cupy"),
        Peer("cupy-fuse", "cupy.fuse", "gpu.by_cupy_fuse"),
        Peer("jax", "JAX jit", "gpu.by_jax"),
        Peer("torch", "PyTorch eager", "gpu.by_torch"),
        Peer("torch-tf32", "PyTorch eager, TF32", "gpu.by_torch_tf32", loose=2e-2),
        Peer("torch-compile", "PyTorch compile", "gpu.by_torch_compile"),
        Peer("copy", "copy bandwidth", "gpu.by_copy"),
        Peer("blas", "cuBLAS rate, float32", "gpu.by_blas"),
    ),
}


def of(found: Json) -> dict[str, Peer]:
    """The peers of a result, by name."""
    return PEERS[found.get("on", "cpu")]


DEFAULT = {
    "cpu": ("numpy", "numexpr", "mxnet", "jax", "torch"),
    "gpu": ("cupy", "cupy-fuse", "jax", "torch", "torch-tf32", "torch-compile"),
}
