"""Refuses at once to install on a Python that is too old.

pip reads `requires-python` from a folder, too, but some versions of it go on to try older and older
releases of everything else for minutes before they say so.
"""

from __future__ import annotations

import sys

from hatchling.metadata.plugin.interface import MetadataHookInterface

_MINIMUM = (3, 11)


class PythonCheck(MetadataHookInterface):
    """Stops the build with one sentence; changes no metadata."""

    def update(self, metadata: dict[str, object]) -> None:
        if sys.version_info < _MINIMUM:
            needed = ".".join(map(str, _MINIMUM))
            found = ".".join(map(str, sys.version_info[:3]))
            raise SystemExit(f"symbook needs Python {needed} or later; this is Python {found}.")
