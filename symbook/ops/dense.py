"""Layers of matrix products and tables: FullyConnected and Embedding."""

from __future__ import annotations
