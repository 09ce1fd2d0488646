"""Pooling and UpSampling."""

from __future__ import annotations
