"""Operators that the generator does not draw, and why."""

from __future__ import annotations

LEFT_OUT: dict[str, str] = {}
