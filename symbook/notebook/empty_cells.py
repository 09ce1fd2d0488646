"""Cells that hold nothing but `%%symgraph …`: IPython refuses them before the magic is asked."""

from __future__ import annotations


def keep_empty_cells(lines: list[str]) -> list[str]:
    """Give a lone `%%symgraph` line an empty body: the magic itself can then answer, above all `--help`."""
    words = lines[0].split(maxsplit=1) if lines else []
    if not words or words[0] != "%%symgraph" or any(line.strip() for line in lines[1:]):
        return lines
    return [lines[0].rstrip("\n") + "\n", "\n"]
