"""The peers: one file each, with its programs by kind of workload and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """Who takes part.

    Attributes
    ----------
    name : str
    title : str
    module : str
        The file under `peers`.
    """

    name: str
    title: str
    module: str


PEERS = {
    peer.name: peer
    for peer in (
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
    )
}

DEFAULT = ("numpy", "numexpr", "mxnet", "jax", "torch")
