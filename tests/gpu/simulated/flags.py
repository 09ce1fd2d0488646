"""`ndarray.flags`."""

from __future__ import annotations

from typing import Any


class Flags:
    """`ndarray.flags`."""

    def __init__(self, view: Any, owns: bool) -> None:
        self.c_contiguous = view.flags.c_contiguous
        self.f_contiguous = view.flags.f_contiguous
        self.owndata = owns

    @property
    def fnc(self) -> bool:
        """In Fortran's order only."""
        return self.f_contiguous and not self.c_contiguous

    @property
    def forc(self) -> bool:
        """In C's or Fortran's order."""
        return self.f_contiguous or self.c_contiguous

    def __getitem__(self, name: str) -> bool:
        names = {
            "C_CONTIGUOUS": "c_contiguous",
            "F_CONTIGUOUS": "f_contiguous",
            "OWNDATA": "owndata",
        }
        if name not in names:
            raise KeyError(f"{name} is not defined for cupy.ndarray.flags")
        return bool(getattr(self, names[name]))
