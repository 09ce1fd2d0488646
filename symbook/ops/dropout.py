"""Dropout: elements set to zero by chance in training."""

from __future__ import annotations
