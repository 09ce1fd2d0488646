"""Pages of files, opened with the network off, on which nothing may go wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from axe_playwright_python.sync_playwright import Axe
from notebook_page import Watch


class OfflinePages:
    """Opens files in a Chromium with the network off; when it is left, all of them close.

    That fails if anything went wrong: a message on the console, of any kind, an error of a script, or a
    request for more than the file.
    """

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium
        self._contexts: list[Any] = []
        self._watches: list[Watch] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for context in self._contexts:
            context.close()
        assert self.wrong == []

    @property
    def wrong(self) -> list[str]:
        """What went wrong on the pages so far."""
        return [text for watch in self._watches for text in watch.wrong]

    def blank(self, *, width: int = 1000, height: int = 800, **media: str) -> Any:
        """An empty page of a window of this size; `media` are settings such as `color_scheme`."""
        size = {"width": width, "height": height}
        context = self._chromium.new_context(viewport=size, offline=True, **media)
        self._contexts.append(context)
        page = context.new_page()
        self._watches.append(Watch(page, "file:", silent=True))
        return page

    def open(self, file: Path, *, ready: str = ".symbook-view section", **options: Any) -> Any:
        """A page with a file, once what the selector `ready` finds is seen; for options see :meth:`blank`."""
        page = self.blank(**options)
        page.goto(file.as_uri())
        page.wait_for_selector(ready)
        return page


def violations(page: Any, *rules: str) -> list[tuple[str, str]]:
    """What axe finds on a page by all its rules, or by these: names, and the first element's HTML."""
    # Else axe reads style sheets once more, which pages forbid, and describes every element that is right:
    # a third of the time.
    options: dict[str, Any] = {"preload": False, "resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = Axe().run(page, options=options).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found]
