"""Convolution and its transpose, as matrix products over strided views."""

from __future__ import annotations
