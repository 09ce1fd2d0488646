"""Samples of distributions with a parameter for each, and their densities."""

from __future__ import annotations
