"""A real Jupyter kernel for tests, and what a front end gets from it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parent.parent
_SECONDS = 60


@dataclass
class Outputs:
    """What one cell gave: the messages with displays and results, its error, and what it printed."""

    displays: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    stdout: str = ""
    stderr: str = ""
    comms: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def html(self) -> str:
        """All HTML that the cell shows."""
        shown = [*self.displays, *self.results]
        return "\n".join(item["data"].get("text/html", "") for item in shown)

    @property
    def text(self) -> str:
        """All plain text that the cell shows, as a screen without pictures has it."""
        shown = [*self.displays, *self.results]
        return "\n".join(item["data"].get("text/plain", "") for item in shown)

    @property
    def alt(self) -> list[str]:
        """The alt texts of the images in the HTML."""
        return re.findall(r'<img [^>]*alt="([^"]*)"', self.html)

    @property
    def shown_error(self) -> str:
        """The error as the front end shows it, without its colours; numbers of cells become `n`."""
        assert self.error is not None, "the cell did not fail"
        return numberless("\n".join(self.error["traceback"]))


def numberless(text: str) -> str:
    """The text without terminal colours, with `In[n]` for every cell."""
    return re.sub(r"In\[\d+\]", "In[n]", re.sub(r"\x1b\[[\d;]*m", "", text))


class Kernel:
    """A running kernel and the folder it works in; `run` executes a cell and waits for it."""

    def __init__(self, client: Any, folder: Path, manager: Any) -> None:
        self.client, self._manager = client, manager
        self.folder = folder.resolve()

    def run(self, code: str, *, cell: str = "", interrupt: str = "") -> Outputs:
        """Run one cell, as a page does that calls it `cell`; interrupt it when it has printed something."""
        found = Outputs()
        wanted = [interrupt] if interrupt else []

        def keep(message: dict[str, Any]) -> None:
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                name = content["name"]
                setattr(found, name, getattr(found, name) + content["text"])
                if wanted and wanted[0] in found.stdout:
                    wanted.clear()
                    self._manager.interrupt_kernel()
            elif kind == "display_data":
                found.displays.append(content)
            elif kind == "execute_result":
                found.results.append(content)
            elif kind == "error":
                found.error = content
            elif kind.startswith("comm_"):
                found.comms.append((kind, content))

        with self._named(cell):
            reply = self.client.execute_interactive(
                code, timeout=_SECONDS, output_hook=keep, allow_stdin=False
            )
        # What IPython cannot do with a magic's line it prints, and sends no error.
        failed = found.error is not None or found.stderr.startswith("UsageError")
        assert (reply["content"]["status"] == "error") == failed
        return found

    def tell(self, comm: str, content: dict[str, Any], *, interrupt: str = "") -> None:
        """Send a widget what its front end would; interrupt the answer when it has printed something."""
        session, printed = self.client.session, ""
        data = {"method": "custom", "content": content}
        message = session.msg("comm_msg", {"comm_id": comm, "data": data})
        self.client.shell_channel.send(message)
        while True:
            got = self.client.get_iopub_msg(timeout=_SECONDS)
            if got["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if got["msg_type"] == "stream":
                printed += got["content"]["text"]
                if interrupt and interrupt in printed:
                    self._manager.interrupt_kernel()
                    interrupt = ""
            if got["content"].get("execution_state") == "idle":
                return

    @contextmanager
    def _named(self, cell: str) -> Iterator[None]:
        """Let requests name a cell, as those of JupyterLab do."""
        make = self.client.session.msg

        def named(kind: str, *args: Any, **kwargs: Any) -> Any:
            message = make(kind, *args, **kwargs)
            if cell and kind == "execute_request":
                message["metadata"]["cellId"] = cell
            return message

        self.client.session.msg = named
        try:
            yield
        finally:
            self.client.session.msg = make

    def complete(self, code: str) -> list[str]:
        """What Tab offers at the end of the code."""
        reply = self.client.complete(code, reply=True, timeout=_SECONDS)["content"]
        assert reply["status"] == "ok"
        return list(reply["matches"])


@contextmanager
def kernel(folder: Path) -> Iterator[Kernel]:
    """A kernel that works in a folder and imports this checkout."""
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    env = {**os.environ, "PYTHONPATH": paths, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder), env=env)
    try:
        yield Kernel(client, folder, manager)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def afresh(running: Kernel) -> Kernel:
    """The kernel with nothing defined but `mx`, and the extension loaded."""
    done = running.run("%reset -f\n%reload_ext symbook\nimport symbook as mx")
    assert done.error is None
    return running


def good(notebook: Kernel, cell: str) -> Outputs:
    """Run a cell that must not fail nor warn."""
    outputs = notebook.run(cell)
    assert outputs.error is None, outputs.shown_error
    assert outputs.stderr == ""
    return outputs


def value(notebook: Kernel, expression: str) -> Any:
    """What an expression of plain data gives in the kernel."""
    return json.loads(good(notebook, f"import json\nprint(json.dumps({expression}))").stdout)
