"""Sorting and ranking: sort, argsort, topk."""

from __future__ import annotations
