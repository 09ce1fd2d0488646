"""A notebook, open in JupyterLab or Notebook 7 in a real Chromium, as a test sees it."""

from __future__ import annotations

import html.parser
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

SECONDS_PER_STEP = 60

# Polled, so it may not wait: a promise would count as true.
_IDLE = """() => {
    const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
    if (!panel || !panel.sessionContext || !panel.content || !panel.content.model) return false;
    if (!panel.context.isReady || !panel.sessionContext.isReady) return false;
    const session = panel.sessionContext.session;
    return Boolean(session && session.kernel && session.kernel.status === 'idle');
}"""

# What a page that does not get so far is waiting for.
_STATE = """() => {
    const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
    const context = panel && panel.sessionContext;
    const kernel = context && context.session && context.session.kernel;
    return {
        restored: Boolean(window.jupyterapp),
        panel: panel && panel.id,
        read: Boolean(panel && panel.context && panel.context.isReady),
        ready: Boolean(context && context.isReady),
        kernel: kernel && [kernel.name, kernel.status, kernel.connectionStatus],
        dialogs: [...document.querySelectorAll('.jp-Dialog')].map(dialog => dialog.innerText),
    };
}"""

# Those of other notebooks stay.
_END_KERNEL = """async () => {
    const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
    const path = panel && panel.context && panel.context.path;
    const sessions = window.jupyterapp ? window.jupyterapp.serviceManager.sessions : null;
    for (const session of sessions ? [...sessions.running()] : []) {
        if (session.path === path) await sessions.shutdown(session.id);
    }
}"""

# Cleared first, so that a saved number does not count as a run.
_RUN_ALL = """async () => {
    await window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs');
    await window.jupyterapp.commands.execute('notebook:run-all-cells');
}"""

# The command may return, and the kernel be idle for a moment, between two cells.
_ALL_RAN = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets.map(
        cell => cell.model.toJSON()
    );
    const failed = cells.some(cell =>
        !(cell.metadata.tags || []).includes('raises-exception')
        && (cell.outputs || []).some(output => output.output_type === 'error')
    );
    return failed || cells.every(cell =>
        cell.cell_type !== 'code' || cell.execution_count || !String(cell.source).trim()
    );
}"""

_RUN_CELL = """(index) => {
    const content = window.jupyterapp.shell.currentWidget.content;
    content.deselectAll();
    content.activeCellIndex = index;
    window.jupyterapp.commands.execute('notebook:run-cell');
}"""

_CLEAR_CELL = """(index) => {
    const content = window.jupyterapp.shell.currentWidget.content;
    content.deselectAll();
    content.activeCellIndex = index;
    return window.jupyterapp.commands.execute('notebook:clear-cell-output');
}"""

_RESTART = """() =>
    window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()
"""

# What the notebook shows is not changed by it.
_PYTHON = """async (code) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const future = kernel.requestExecute({code, store_history: false});
    let said = '';
    future.onIOPub = ({header, content}) => {
        if (header.msg_type === 'stream') said += content.text;
        if (header.msg_type === 'error') said += `${content.ename}: ${content.evalue}`;
    };
    await future.done;
    return said.trim();
}"""

_OPEN = """async (path) => {
    await window.jupyterapp.commands.execute('docmanager:open', {path});
}"""

# Nothing is asked and nothing is saved.
_CLOSE = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.sessionContext.shutdown();
    panel.context.model.dirty = false;
    panel.close();
}"""

# A view that is not on the screen may not be on the page either.
_SHOW_VIEWS = """async () => {
    const content = window.jupyterapp.shell.currentWidget.content;
    const live = 'application/vnd.jupyter.widget-view+json';
    const shown = [];
    for (const [index, cell] of content.widgets.entries()) {
        const outputs = cell.model.toJSON().outputs || [];
        if (!outputs.some(output => output.data && live in output.data)) continue;
        await content.scrollToItem(index);
        await cell.ready;
        for (let tries = 0; tries < 200 && !cell.node.querySelector('.sb-node'); tries++) {
            await new Promise(done => setTimeout(done, 50));
        }
        cell.node.dataset.cell = index;
        shown.push(index);
    }
    return shown;
}"""

_CHANGE_THEME = """async (theme) => {
    await window.jupyterapp.commands.execute('apputils:change-theme', {theme});
}"""

_CELLS = """() => {
    const content = window.jupyterapp.shell.currentWidget.content;
    return content.widgets.map(cell => cell.model.toJSON());
}"""

# A cell that is not on the screen may not be on the page either.
_IMAGES = """async () => {
    const seen = async (image) => {
        image.scrollIntoView({block: 'center'});
        if (!image.complete) {
            await new Promise(done => { image.onload = image.onerror = done; });
        }
        const box = image.getBoundingClientRect();
        return {
            alt: image.alt,
            width: box.width,
            height: box.height,
            naturalWidth: image.naturalWidth,
            shown: image.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}),
        };
    };
    const content = window.jupyterapp.shell.currentWidget.content;
    const found = [];
    for (const [index, cell] of content.widgets.entries()) {
        const outputs = JSON.stringify(cell.model.toJSON().outputs || []);
        if (!/<img|"image\\//.test(outputs)) continue;
        await content.scrollToItem(index);
        await cell.ready;
        const images = () => cell.node.querySelectorAll('.jp-OutputArea-output img');
        for (let tries = 0; tries < 100 && !images().length; tries++) {
            await new Promise(done => setTimeout(done, 50));
        }
        for (const image of images()) found.push(await seen(image));
    }
    return found;
}"""


@dataclass(frozen=True)
class SeenImage:
    """An image as it stands on the page; sizes are in CSS pixels."""

    alt: str
    width: float
    height: float
    naturalWidth: int
    shown: bool


class Watch:
    """What goes wrong on a page: errors on its console and in its scripts, and requests to other hosts.

    Of a page that should be `silent`, every message on the console.
    """

    def __init__(self, page: Any, base_url: str, *, silent: bool = False) -> None:
        self.base_url = base_url
        self.wrong: list[str] = []
        page.on(
            "console",
            lambda said: (silent or said.type == "error") and self.wrong.append(said.text),
        )
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith((self.base_url, "blob:", "data:")):
            self.wrong.append(url)


class NotebookPage:
    """One notebook, open in JupyterLab or Notebook 7.

    `page` is playwright's page, for all that is not here; `wrong` is what went wrong since it was there.
    """

    def __init__(self, page: Any, url: str, pictures: Path) -> None:
        self.page = page
        self._pictures = pictures
        watch = Watch(page, "/".join(url.split("/")[:3]))
        self.wrong = watch.wrong
        page.set_default_timeout(SECONDS_PER_STEP * 1000)
        page.goto(url)
        self._start()
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        self.use_theme("Light")
        # Notebook 7 itself has errors while it starts.
        self.wrong.clear()

    def reload(self) -> None:
        """Open the page anew, with the kernel that it has."""
        self.page.reload()
        self._start()

    def _start(self) -> None:
        """Wait until the page is whole; open it anew, with a new kernel, if it seems to wait for ever.

        Seen in two of some ten runs of the whole suite, and in the second one after a reload too.
        """
        from playwright.sync_api import TimeoutError as TookTooLong

        states = []
        for seconds in (SECONDS_PER_STEP / 2, SECONDS_PER_STEP / 2, SECONDS_PER_STEP):
            try:
                return self._started(seconds)
            except TookTooLong:
                states.append(self.page.evaluate(_STATE))
                self.page.evaluate(_END_KERNEL)
                self.page.reload()
        raise AssertionError(f"no idle kernel at {self.page.url}: {states}")

    def _started(self, seconds: float) -> None:
        """Wait until the page is whole and its kernel idle."""
        self.page.wait_for_function("() => window.jupyterapp !== undefined")
        self.page.evaluate("async () => { await window.jupyterapp.restored; }")
        self.page.wait_for_function(_IDLE, timeout=seconds * 1000)

    def open(self, name: str) -> None:
        """Open a notebook, in JupyterLab, and wait for its kernel. Nothing has gone wrong yet."""
        self.wrong.clear()
        self.page.evaluate(_OPEN, name)
        self.page.wait_for_function(_IDLE)

    def close(self) -> None:
        """Close the notebook in front, and end its kernel."""
        self.page.evaluate(_CLOSE)

    def run_all(self) -> None:
        """Run all cells and wait until the kernel is idle again."""
        self.page.evaluate(_RUN_ALL)
        self.page.wait_for_function(_ALL_RAN)
        self.page.wait_for_function(_IDLE)

    def run(self, index: int, *, wait: bool = True) -> None:
        """Run one cell; wait until it has run, if not told otherwise."""
        self.page.evaluate(_RUN_CELL, index)
        if wait:
            self.page.wait_for_timeout(100)
            self.page.wait_for_function(_IDLE)

    def clear(self, index: int) -> None:
        """Take the outputs of a cell away."""
        self.page.evaluate(_CLEAR_CELL, index)

    def restart(self) -> None:
        """Restart the kernel."""
        self.page.evaluate(_RESTART)

    def python(self, code: str) -> str:
        """What some code prints, or the error that it raises."""
        return self.page.evaluate(_PYTHON, code)

    def use_theme(self, theme: Literal["Light", "Dark"]) -> None:
        """Switch JupyterLab to a theme. The server remembers it for the next page."""
        self.page.evaluate(_CHANGE_THEME, f"JupyterLab {theme}")
        # The body itself has no height: it never counts as visible.
        light = str(theme == "Light").lower()
        self.page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The cells, with their outputs, in nbformat's form."""
        return self.page.evaluate(_CELLS)

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """The outputs of all code cells, in order."""
        return [output for cell in self.cells for output in cell.get("outputs", [])]

    @property
    def errors(self) -> list[str]:
        """`Name: message` of every cell that raised, unless it is tagged `raises-exception`."""
        return [
            f"{output['ename']}: {output['evalue']}"
            for cell in self.cells
            if "raises-exception" not in cell["metadata"].get("tags", [])
            for output in cell.get("outputs", [])
            if output["output_type"] == "error"
        ]

    @property
    def text(self) -> str:
        """What the outputs say as plain text, one after the other."""
        return "\n".join(filter(None, map(_plain_text, self.outputs)))

    @property
    def expected_images(self) -> int:
        """How many images the outputs ask the page to show."""
        return sum(map(_images_in, self.outputs))

    @property
    def images(self) -> list[SeenImage]:
        """The images in the outputs, each scrolled to and measured."""
        return [SeenImage(**seen) for seen in self.page.evaluate(_IMAGES)]

    @property
    def views(self) -> list[Any]:
        """The live views in the outputs, each scrolled to once, as playwright's locators."""
        cells = self.page.evaluate(_SHOW_VIEWS)
        front = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        return [front.locator(f"[data-cell='{cell}'] .symbook-view") for cell in cells]

    def screenshot(self, name: str, selector: str | None = None) -> Path:
        """Keep a picture of the page, or of the first element that fits; return where it is."""
        path = self._pictures / f"{name}.png"
        if selector is None:
            self.page.screenshot(path=path)
        else:
            element = self.page.locator(selector).first
            element.scroll_into_view_if_needed()
            element.screenshot(path=path)
        return path


def _plain_text(output: dict[str, Any]) -> str:
    if output["output_type"] == "stream":
        return _joined(output["text"])
    return _joined(output.get("data", {}).get("text/plain", ""))


def _images_in(output: dict[str, Any]) -> int:
    """How many images one output shows, in the form that JupyterLab prefers."""
    data = output.get("data", {})
    if "text/html" in data:
        counter = _ImageCounter()
        counter.feed(_joined(data["text/html"]))
        return counter.images
    return int(any(kind.startswith("image/") for kind in data))


class _ImageCounter(html.parser.HTMLParser):
    images = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.images += tag == "img"


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
