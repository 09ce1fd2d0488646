"""Mistakes at the command, and what is not installed."""

from __future__ import annotations

from mistakes.case import Mistake

COMMANDS = [
    Mistake(
        "a symbol's file that is not there",
        "symbook draw nowhere.json -o graph.svg",
        "",
        ("nowhere.json",),
        line=0,
        way="command",
    ),
    Mistake(
        "a file that holds no symbol",
        "symbook draw other.json -o graph.svg",
        "",
        ("other.json",),
        line=0,
        way="command",
    ),
    Mistake(
        "a folder to be drawn",
        "symbook draw folder -o graph.svg",
        "",
        ("folder",),
        line=0,
        way="command",
    ),
    Mistake(
        "a picture of an unknown kind by the command",
        "symbook draw graph.json -o graph.bmp",
        "",
        ("graph.bmp",),
        line=0,
        way="command",
    ),
    Mistake(
        "a shape that is not complete",
        "symbook draw graph.json -o graph.svg --shape A",
        "",
        ("--shape", "A"),
        line=0,
        way="command",
    ),
    Mistake(
        "a shape for an argument that the file does not have",
        "symbook draw graph.json -o graph.svg --shape Z=2,3",
        "",
        ("Z",),
        line=0,
        way="command",
    ),
    Mistake(
        "a picture in a folder that is not there, by the command",
        "symbook draw graph.json -o nowhere/graph.svg",
        "",
        ("nowhere", "graph.svg"),
        line=0,
        way="command",
    ),
    Mistake(
        "lessons into a file",
        "symbook lab --dir taken.txt",
        "",
        ("--dir", "taken.txt"),
        line=0,
        way="command",
    ),
    Mistake(
        "lessons into a folder that may not be written to",
        "symbook lab --dir /proc/lessons",
        "",
        ("--dir", "proc", "lessons"),
        line=0,
        way="command",
    ),
    Mistake(
        "lessons for a class into a folder with files",
        "symbook lessons export folder",
        "",
        ("folder",),
        line=0,
        way="command",
    ),
    Mistake(
        "pages into a folder with files",
        "symbook lessons html folder",
        "",
        ("folder",),
        line=0,
        way="command",
    ),
    Mistake(
        "no JupyterLab",
        "symbook lab",
        "",
        ("symbook",),
        line=0,
        way="command",
        without=("jupyterlab",),
    ),
    Mistake(
        "no JupyterLite",
        "symbook lessons lite site",
        "",
        ("symbook",),
        line=0,
        way="command",
        without=("jupyterlite_pyodide_kernel",),
    ),
]

SURROUNDINGS = [
    Mistake(
        "a GPU where there is none",
        "E.bind(mx.gpu(), data)",
        "DeviceError",
        ("gpu",),
    ),
    Mistake(
        "an array on a GPU where there is none",
        "mx.nd.ones((2, 2), ctx=mx.gpu(0))",
        "DeviceError",
        ("gpu",),
    ),
    Mistake(
        "a package that is not installed",
        ('import sys\nsys.modules["graphviz"] = None\nmx.viz.plot_network(E)'),
        "ModuleNotFoundError",
        ("sys", "sys.modules", "graphviz", "None"),
        line=3,
    ),
    Mistake(
        "a word in the environment that is unknown",
        ('import os\nos.environ["SYMBOOK_JIT"] = "maybe"\nE.bind(mx.cpu(), data)'),
        "ArgumentError",
        ("SYMBOOK_JIT", "maybe"),
        line=3,
    ),
]
