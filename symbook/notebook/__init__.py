"""What `%load_ext symbook` adds to a notebook: magics, displays, clean errors and completion.

IPython is imported in this folder and nowhere else.
"""

from __future__ import annotations

import weakref
from typing import Any

from . import completion, display, tracebacks
from .empty_cells import keep_empty_cells
from .handler import Handler
from .magics import SymgraphMagics
from .progress import Watch
from .seeing import SeeingMagics

_loaded: weakref.WeakKeyDictionary[Any, tuple[Watch, Handler]] = weakref.WeakKeyDictionary()


def load(shell: Any) -> None:
    """Add everything to an IPython shell; nothing happens where it is there already."""
    if shell in _loaded:
        return
    seen = weakref.proxy(shell)
    _loaded[shell] = watching = (Watch(seen), Handler(seen))
    drawn = display.Drawn()
    shell.register_magics(SymgraphMagics(shell, drawn), SeeingMagics(shell))
    display.register(shell, drawn)
    shell.Completer.custom_matchers.append(completion.matcher)
    shell.input_transformers_cleanup.append(keep_empty_cells)
    tracebacks.install()
    for each in watching:
        each.install()


def unload(shell: Any) -> None:
    """Take everything away again; nothing happens where it is not there."""
    if shell not in _loaded:
        return
    for each in _loaded.pop(shell):
        each.uninstall()
    for magics in (SymgraphMagics, SeeingMagics):
        for kind, names in magics.magics.items():
            for name in names:
                shell.magics_manager.magics[kind].pop(name, None)
        shell.magics_manager.registry.pop(magics.__name__, None)
    display.unregister(shell)
    for items, ours in (
        (shell.Completer.custom_matchers, completion.matcher),
        (shell.input_transformers_cleanup, keep_empty_cells),
    ):
        if ours in items:
            items.remove(ours)
    if not _loaded:
        tracebacks.uninstall()
