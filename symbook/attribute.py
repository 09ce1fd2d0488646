"""`mx.attribute`: attribute scopes, as MXNet's module of that name."""

from .naming import AttrScope
from .naming import current_attrs as current

__all__ = ["AttrScope", "current"]
