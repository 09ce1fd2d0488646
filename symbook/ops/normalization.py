"""Layers that normalise: by batch, layer, instance, group, neighbourhood or length."""

from __future__ import annotations
