"""Heads of networks that are trained: outputs with a gradient of their own."""

from __future__ import annotations
