"""Sequences of different lengths: masked, reversed, their last elements."""

from __future__ import annotations
