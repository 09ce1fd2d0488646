"""Passes: each takes a graph or its steps and decides one thing. One file a pass."""
