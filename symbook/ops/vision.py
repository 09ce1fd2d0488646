"""Sampling of images: regions, grids, transformations, columns."""

from __future__ import annotations
