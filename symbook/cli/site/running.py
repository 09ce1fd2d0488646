"""Running a lesson in a kernel of this Python, and keeping what its views show."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

import symbook
from symbook.cli.errors import CommandError

_STATES = "application/vnd.jupyter.widget-state+json"
_SECONDS_PER_CELL = 300

Document = Mapping[str, Any]


class _ThisPython(KernelSpecManager):  # type: ignore[misc]  # it publishes no types here
    """The kernel of this Python, whatever kernels the user has."""

    def get_kernel_spec(self, kernel_name: str) -> Any:
        return KernelSpec(**get_kernel_dict())


def run(path: Path) -> tuple[Any, dict[str, Document]]:
    """Run a notebook; gives it with its outputs, and the views' states by their models' names.

    A state has the document that the view shows, `_document`, and the class of its static form, `static_id`.

    Raises
    ------
    CommandError
        If a cell fails that is not tagged as one that does.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="symbook-lesson-") as made:
        work = Path(made) / "work"
        work.mkdir()
        if (path.parent / "data").is_dir():
            shutil.copytree(path.parent / "data", work / "data")
        client = NotebookClient(
            notebook,
            km=AsyncKernelManager(kernel_spec_manager=_ThisPython()),
            timeout=_SECONDS_PER_CELL,
            # Where no keys are set up the kernel warns of that.
            extra_arguments=["--log-level=ERROR"],
            store_widget_state=True,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(work)}},
        )
        try:
            client.execute(cleanup_kc=True, env=_settings(Path(made)))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            lines = str(error).strip().splitlines()[-3:]
            raise CommandError("\n".join([f"{path.name} does not run:", *lines])) from error
    states = notebook.metadata.get("widgets", {}).get(_STATES, {}).get("state", {})
    views = {name: model["state"] for name, model in states.items()}
    return notebook, {name: state for name, state in views.items() if "_document" in state}


def _settings(folder: Path) -> dict[str, str]:
    """The kernel finds this symbook; what the user has set up for IPython has no say."""
    root = str(Path(symbook.__file__).parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    own = {"IPYTHONDIR": str(folder / "ipython"), "PYTHONPATH": os.pathsep.join(paths)}
    return {**os.environ, **own}
