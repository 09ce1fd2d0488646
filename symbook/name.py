"""`mx.name`: automatic names, as MXNet's module of that name."""

from .naming import NameManager, Prefix, current

__all__ = ["NameManager", "Prefix", "current"]
