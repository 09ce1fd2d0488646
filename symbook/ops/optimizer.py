"""One step of an optimiser each: weights and states updated from a gradient."""

from __future__ import annotations
