"""Run by a child process: DOT on standard input, Graphviz's output on standard output, again and again.

A request is a line of JSON, `{"form", "program", "length"}`, and so many bytes of DOT; an answer is a line,
`{"length"}` or `{"error"}`, and so many bytes. The argument is the folder in which pygraphviz lies (the
child's path may lack it).
This file is also imported, for Graphviz in the same process where no child can be started.
"""

from __future__ import annotations

import json
import os
import signal
import sys


def run_pygraphviz(dot: str, form: str, program: str) -> bytes:
    """What pygraphviz's Graphviz makes of the DOT text by a layout program, in a format."""
    import pygraphviz

    graph = pygraphviz.AGraph(string=dot)
    return bytes(graph.draw(format=form, prog=program))


def serve() -> None:
    """Answer until standard input ends, as it does when the process that asks is gone."""
    # An interrupt is meant for who asks.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints must not come between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        dot = sys.stdin.buffer.read(asked["length"]).decode()
        try:
            content = run_pygraphviz(dot, asked["form"], asked["program"])
            answer = json.dumps({"length": len(content)}).encode() + b"\n" + content
        except Exception as error:
            answer = json.dumps({"error": f"{type(error).__name__}: {error}"}).encode() + b"\n"
        answers.write(answer)
        answers.flush()


if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    serve()
