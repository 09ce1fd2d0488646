"""Run by a child process: DOT on standard input, Graphviz's output on standard output.

Arguments: the output format, the layout program, and the folder in which pygraphviz lies (the
child's path may lack it).
This file is also imported, for Graphviz in the same process where no child can be started.
"""

from __future__ import annotations

import sys


def run_pygraphviz(dot: str, form: str, program: str) -> bytes:
    """What pygraphviz's Graphviz makes of the DOT text by a layout program, in a format."""
    import pygraphviz

    graph = pygraphviz.AGraph(string=dot)
    return bytes(graph.draw(format=form, prog=program))


if __name__ == "__main__":
    sys.path.append(sys.argv[3])
    sys.stdout.buffer.write(run_pygraphviz(sys.stdin.buffer.read().decode(), *sys.argv[1:3]))
