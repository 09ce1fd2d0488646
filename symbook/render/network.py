"""The `graphviz.Digraph` of `mx.viz.plot_network`, which needs no program `dot` to show itself."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import graphviz

from symbook.remedies import pip_install
from symbook.render import graphviz_engine

_NO_GRAPHVIZ = (graphviz.ExecutableNotFound, graphviz.CalledProcessError)


class NetworkGraph(graphviz.Digraph):  # type: ignore[misc]  # graphviz publishes no types
    """A Digraph that is drawn by the system's Graphviz or else by the one in pygraphviz's wheel."""

    def pipe(self, format: str | None = None, **options: Any) -> Any:
        """The picture as bytes, or as str with `encoding`; as `graphviz.Digraph.pipe`.

        The wheel's Graphviz reads of the options `engine` and `encoding` alone.

        Raises
        ------
        graphviz.ExecutableNotFound, graphviz.CalledProcessError
            If neither Graphviz is there or can draw it.
        """
        try:
            return super().pipe(format=format, **options)
        except _NO_GRAPHVIZ as error:
            raw = self._bundled(format, options.get("engine"), error)
        encoding = options.get("encoding")
        return raw if encoding is None else raw.decode(encoding)

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        **options: Any,
    ) -> str:
        """Write the DOT text and the picture to files; as `graphviz.Digraph.render`.

        The wheel's Graphviz reads of the further options `engine` and `outfile` alone.

        Returns
        -------
        str
            The path of the picture.

        Raises
        ------
        graphviz.ExecutableNotFound, graphviz.CalledProcessError
            If neither Graphviz is there or can draw it.
        """
        given = {"filename": filename, "directory": directory, "format": format, **options}
        try:
            return str(super().render(view=view, cleanup=cleanup, **given))
        except _NO_GRAPHVIZ as error:
            outfile = options.get("outfile")
            if outfile is not None and format is None:
                format = Path(outfile).suffix[1:]
            raw = self._bundled(format, options.get("engine"), error)
        if outfile is not None and filename is None:
            filename = f"{Path(outfile).with_suffix('')}.gv"
        source = Path(self.save(filename, directory=directory))
        rendered = (
            Path(outfile) if outfile is not None else Path(f"{source}.{format or self.format}")
        )
        rendered.write_bytes(raw)
        if cleanup:
            source.unlink()
        if view:
            graphviz.view(str(rendered))
        return str(rendered)

    def _bundled(self, format: str | None, engine: str | None, error: Exception) -> bytes:
        try:
            return graphviz_engine.run_bundled(
                self.source, format or self.format, engine or self.engine
            )
        except graphviz_engine.GraphvizFailed:
            raise error from None

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """The picture for a notebook; where nothing can draw it, its DOT text and a hint."""
        try:
            return dict(super()._repr_mimebundle_(include, exclude, **options))
        except _NO_GRAPHVIZ as error:
            why = str(error).splitlines()[0]
            hint = f"There is no Graphviz to draw this: {pip_install('pygraphviz')}"
            told = hint if isinstance(error, graphviz.ExecutableNotFound) else why
            return {"text/plain": f"{told}\n\n{self.source}"}
