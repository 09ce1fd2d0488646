"""The operators, by family. Importing this package registers them all."""

from . import arithmetic

__all__ = ["arithmetic"]
