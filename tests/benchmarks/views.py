"""How fast the views are: their documents, pages in a real Chromium, a magic's picture in a real kernel."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import symbook as mx

from . import machine

_TESTS = Path(__file__).resolve().parent.parent
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = [
    *(
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-background-networking",
    ),
    *("--no-first-run", "--enable-precise-memory-info", "--js-flags=--expose-gc"),
]
_TIMES = 5
"""What takes long is done so often, and the least time taken: others may have kept the cores busy."""

Row = dict[str, Any]


def measure(quick: bool = False, toy: bool = False) -> dict[str, Any]:
    """All rows: `{"what", "figure", "unit", "goal"}`, where a goal is the most that a figure may be, or None.

    Parameters
    ----------
    quick : bool
        Fewer calls.
    toy : bool
        Small graphs, to try the command.
    """
    found: dict[str, Any] = {
        "on": "views",
        "machine": machine.describe(),
        "symbook": mx.__version__,
        "rows": [],
    }
    with TemporaryDirectory() as folder:
        pages = {}
        for name, executor in _executors(toy).items():
            rows, page = _document(name, executor, Path(folder))
            found["rows"] += rows
            pages[name] = page
        found["rows"] += _pages(pages, 2 if toy else 8 if quick else 40)
    found["rows"] += _whole(found["rows"])
    found["rows"] += _cell(1 if toy else 4 if quick else 15)
    found["rows"] += _trace(100 if toy else 1000)
    found["machine"]["load at the end"] = machine.load()
    return found


def text(found: dict[str, Any]) -> str:
    """The rows as a table."""
    lines = [f"{'':58} {'figure':>10}      {'goal':>8}"]
    for row in found["rows"]:
        goal = "" if row["goal"] is None else f"≤ {row['goal']:g}"
        verdict = "" if row["goal"] is None else "ok" if row["figure"] <= row["goal"] else "over"
        lines.append(f"{row['what']:58} {row['figure']:10.4g} {row['unit']:4} {goal:>8} {verdict}")
    load = ", ".join(str(figure) for figure in found["machine"]["load at the end"])
    return "\n".join([*lines, f"load average {load} on {found['machine']['cores']} cores"])


def _row(what: str, figure: float, unit: str, goal: float | None = None) -> Row:
    return {"what": what, "figure": round(float(figure), 3), "unit": unit, "goal": goal}


def _whole(rows: list[Row]) -> list[Row]:
    """From the call in Python to a picture in a browser, for a large graph."""
    parts = [
        row["figure"]
        for row in rows
        if row["unit"] == "s" and row["what"].startswith("10,000 nodes: ")
    ]
    what = "10,000 nodes: run, recorded, saved and opened"
    return [_row(what, sum(parts), "s", 3)] if len(parts) == 3 else []


# What is shown


def _executors(toy: bool) -> dict[str, Any]:
    """Bound graphs by name: about 100 and 1,000 nodes in a chain, and networks with their gradients."""
    sys.path[:0] = [str(_TESTS)]
    from networks import residual

    if toy:
        return {"toy": _chain(160)}
    return {
        "100 nodes": _chain(48),
        "1,000 nodes": _chain(495),
        "ResNet-152": _network(residual, (3, 8, 36, 3)),
        "10,000 nodes": _network(residual, (3, 30, 230, 4)),
    }


def _chain(count: int) -> Any:
    with mx.name.NameManager():
        value = mx.sym.Variable("x")
        for k in range(count):
            value = mx.sym.elemwise_mul(
                value, mx.sym.Variable(f"v{k}"), name=f"layer{k // 10}_mul{k}"
            )
    arrays = {name: mx.nd.ones((2,)) for name in value.list_arguments()}
    return value.bind(mx.cpu(), arrays)


def _network(residual: Any, units: tuple[int, ...]) -> Any:
    with mx.name.NameManager():
        symbol = residual.resnet(mx, 1 / 32, 10, units)
    shapes, _, states = symbol.infer_shape(data=(1, 3, 32, 32), softmax_label=(1,))
    rng = np.random.default_rng(0)
    arrays = {
        name: mx.nd.array(rng.normal(0, 0.1, shape).astype(np.float32))
        for name, shape in zip(symbol.list_arguments(), shapes, strict=True)
    }
    grads = {name: mx.nd.zeros(array.shape) for name, array in arrays.items()}
    auxiliary = {
        name: mx.nd.ones(shape)
        for name, shape in zip(symbol.list_auxiliary_states(), states, strict=True)
    }
    return symbol.bind(mx.cpu(), arrays, args_grad=grads, aux_states=auxiliary)


def _document(name: str, executor: Any, folder: Path) -> tuple[list[Row], Path]:
    from symbook.views import Stepper

    training = executor.backward_plan is not None
    page = folder / f"{name}.html"
    made, saved = [], []
    for _ in range(_TIMES):
        begin = time.perf_counter()
        view = Stepper(executor, is_train=training)
        made.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        view.save(page)
        saved.append(time.perf_counter() - begin)
    nodes = len(executor.graph)
    what = f"{name}: run, recorded and made a view ({nodes:,} nodes)"
    return [
        _row(what, min(made), "s"),
        _row(f"{name}: saved as a page", min(saved), "s"),
        _row(f"{name}: size of the page", page.stat().st_size / 2**20, "MiB", 5),
    ], page


# In a browser


def _pages(pages: dict[str, Path], calls: int) -> list[Row]:
    from playwright.sync_api import sync_playwright

    asked = os.environ.get("SYMBOOK_CHROMIUM")
    browser = next(filter(None, map(shutil.which, [asked] if asked else _BROWSERS)), None)
    rows: list[Row] = []
    if browser is None:
        return rows
    script = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=_OPTIONS)
        for name, file in pages.items():
            context = chromium.new_context(viewport={"width": 1000, "height": 900}, offline=True)
            page = context.new_page()
            opened = min(_opened(page, file) for _ in range(_TIMES))
            rows += _of_page(name, opened, page.evaluate(script, calls))
            context.close()
        chromium.close()
    return rows


def _opened(page: Any, file: Path) -> float:
    """Seconds until the picture of a page is painted."""
    begin = time.perf_counter()
    page.goto(file.as_uri())
    page.wait_for_selector(".sb-node")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    return time.perf_counter() - begin


def _of_page(name: str, opened: float, found: dict[str, Any]) -> list[Row]:
    limit = 16.0 if name == "100 nodes" else 50.0
    rows = [_row(f"{name}: page opened", opened, "s")]
    for what in ("step", "scrub", "search", "zoom", "pan", "open"):
        if what not in found:
            continue
        times = found[what]
        # From the middle of a frame on, as what is done comes at any time.
        spent = max(0.0, times["painted"] - found["frame"]["painted"])
        told = "a group opened" if what == "open" else what
        goal = {"step": limit, "open": 100.0}.get(what, 50.0)
        rows.append(
            _row(f"{name}: {told}, beyond a frame that shows nothing new", spent, "ms", goal)
        )
        if "work" in times:
            rows.append(_row(f"{name}: {told}, work of the page", times["work"], "ms", goal))
    rows.append(_row(f"{name}: memory that 1,000 steps leave", found["grown"] / 2**20, "MiB", 1))
    return rows


# In a kernel


def _cell(calls: int) -> list[Row]:
    """From the request to run a cell with `%%symgraph` to the message with its picture."""
    from jupyter_client.manager import KernelManager

    kernel = KernelManager(kernel_name="python3")
    environment = {**os.environ, "PYTHONPATH": str(_TESTS.parent)}
    kernel.start_kernel(env=environment)
    client = kernel.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        _shown(client, "import symbook as mx\n%load_ext symbook")
        times = [
            _shown(client, f"%%symgraph\nE{k} = (((A*B) + (C*D)) * F - G) / H{k}")
            for k in range(calls + 1)
        ]
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    return [
        _row("first picture of a cell, 15 nodes", times[0] * 1e3, "ms"),
        _row("picture of a cell, 15 nodes", statistics.median(times[1:]) * 1e3, "ms", 150),
    ]


def _shown(client: Any, code: str) -> float:
    """Seconds until the cell displays something, or has run where it displays nothing."""
    begin = time.perf_counter()
    request = client.execute(code)
    shown = None
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        if kind == "display_data" and shown is None:
            shown = time.perf_counter() - begin
        if kind == "status" and content["execution_state"] == "idle":
            client.get_shell_msg(timeout=60)
            return shown or time.perf_counter() - begin


# Recorded and plain


def _trace(side: int) -> list[Row]:
    """A recorded run beside plain ones, as usual and as written: (A*B)+(C*D), in turns."""
    with mx.name.NameManager():
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        symbol = (a * b) + (c * d)
    arrays = {name: mx.nd.ones((side, side)) for name in "ABCD"}
    usual = symbol.bind(mx.cpu(), arrays)
    written = symbol.bind(mx.cpu(), arrays, optimize=False)
    calls = (partial(_plain, usual), partial(_plain, written), usual.trace)
    times = []
    for _ in range(60):
        moments = [time.perf_counter()]
        for call in calls:
            call()
            moments.append(time.perf_counter())
        times.append(np.diff(moments))
    # The quickest: the others had less than two cores to themselves.
    optimised, plain, recorded = np.quantile(times, 0.1, axis=0)
    goal = 2 if side == 1000 else None
    what = f"a recorded run of {side:,}×{side:,}, against"
    return [
        _row(f"{what} one as written", recorded / plain, "×", goal),
        _row(f"{what} an optimised one", recorded / optimised, "×", goal),
    ]


def _plain(executor: Any) -> None:
    executor.forward()
    executor.outputs[0].wait_to_read()
