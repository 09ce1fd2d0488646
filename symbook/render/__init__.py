"""Graphs to pictures: SVG, HTML, DOT, tables and words; without IPython."""

from symbook.render.layout import Engine, engine
from symbook.render.picture import DIRECTIONS, Picture, draw
from symbook.render.saving import FORMATS, SaveError, save, save_picture
from symbook.render.table import NodeTable, node_table
from symbook.render.words import describe

__all__ = [
    "DIRECTIONS",
    "FORMATS",
    "Engine",
    "NodeTable",
    "Picture",
    "SaveError",
    "describe",
    "draw",
    "engine",
    "node_table",
    "save",
    "save_picture",
]
