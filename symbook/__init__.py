"""symbook: MXNet's Symbol API on today's NumPy, for dataflow graphs one can see.

>>> import symbook as mx
>>> a, b = mx.sym.Variable("A"), mx.sym.Variable("B")
>>> (a + b).eval(A=mx.nd.array([1, 2]), B=mx.nd.array([3, 4]))[0].asnumpy()
array([4., 6.], dtype=float32)
"""

from __future__ import annotations

from typing import Any

from . import attribute, base, context, name, ndarray, random, symbol
from . import ndarray as nd
from . import symbol as sym
from ._version import __version__
from .attribute import AttrScope
from .base import MXNetError
from .context import Context, cpu, cpu_pinned, current_context, gpu, gpu_memory_info, num_gpus

__all__ = [
    "AttrScope",
    "Context",
    "MXNetError",
    "__version__",
    "attribute",
    "base",
    "context",
    "cpu",
    "cpu_pinned",
    "current_context",
    "gpu",
    "gpu_memory_info",
    "name",
    "nd",
    "ndarray",
    "num_gpus",
    "random",
    "sym",
    "symbol",
    "viz",
]

# Loaded when first asked for: they need third-party libraries, or nobody needs them to compute.
_LATE = {
    "engine": "engine",
    "executor": "executor",
    "init": "initializer",
    "initializer": "initializer",
    "model": "model",
    "mon": "monitor",
    "monitor": "monitor",
    "notebook": "notebook",
    "operator": "operator",
    "profiler": "profiler",
    "render": "render",
    "rnd": "random",
    "visualization": "viz",
    "viz": "viz",
}


# Parts of MXNet that this version does not serve: asking for one says so.
_UNSERVED = frozenset(
    """
    autograd callback gluon image img io kv kvstore lr_scheduler metric mod
    module np npx optimizer recordio rnn test_utils
    """.split()  # noqa: SIM905  # a page of quoted names reads worse
)


def __getattr__(name: str) -> Any:
    if name in _LATE:
        import importlib

        return importlib.import_module(f"{__name__}.{_LATE[name]}")
    from .errors import MissingAttribute, UnsupportedError, did_you_mean

    if name in _UNSERVED:
        raise UnsupportedError(
            f"mx.{name} is a part of MXNet that this version of symbook does not serve",
            hint="The README says what there is.",
        )
    hint = None
    if name[:2] != "__":
        found = [f"mx.{place}.{name}" for place in ("sym", "nd") if name in dir(globals()[place])]
        near = did_you_mean(name, [*__all__, *_LATE]) or "dir(mx) lists what there is."
        hint = f"Write {' or '.join(found)}." if found else near
    raise MissingAttribute(f"module 'symbook' has no attribute {name!r}", hint=hint)


def __dir__() -> list[str]:
    return sorted({*__all__, *_LATE})


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext symbook`: add the magics and the pictures of symbols and arrays to a notebook."""
    from .notebook import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext symbook`: take them away again."""
    from .notebook import unload

    unload(shell)
