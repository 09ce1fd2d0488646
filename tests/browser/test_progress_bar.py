"""The progress bar in JupyterLab: there while something takes long, right, and gone without a trace."""

from __future__ import annotations

import re

_SETUP = """
import numpy as np
import symbook as mx
%load_ext symbook
x = mx.sym.Variable("x")
y = x
for k in range(1000):
    y = mx.sym.dot(y, x, name=f"product{k}")
executor = y.bind(mx.cpu(), {"x": mx.nd.array(np.eye(1500))}, runner="serial")
"""

_RUN_ALL = "() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
_INTERRUPT = "() => { window.jupyterapp.commands.execute('notebook:interrupt-kernel'); }"

# What of the bar a screen reader and an eye get, and where it stands.
_BAR = """() => {
    const bar = document.querySelector('.symbook-progress progress');
    const cells = [...document.querySelectorAll('.jp-CodeCell')];
    const box = bar.getBoundingClientRect();
    const output = bar.closest('.jp-OutputArea').getBoundingClientRect();
    return {
        label: bar.labels[0].textContent, value: bar.value, width: box.width,
        cell: cells.indexOf(bar.closest('.jp-CodeCell')),
        bars: document.querySelectorAll('.symbook-progress').length,
        inside: box.left >= output.left && box.right <= output.right,
    };
}"""


def test_a_long_run_shows_a_bar_and_an_interrupt_takes_it_away(open_notebook) -> None:
    messages: list[str] = []
    page = open_notebook("long.ipynb", [_SETUP, "executor.forward()", "# waits\nprint('more')"])
    page.page.on(
        "console", lambda found: messages.append(found.text) if found.type == "error" else None
    )
    page.page.evaluate(_RUN_ALL)
    page.page.wait_for_selector(".symbook-progress progress")
    first = page.page.evaluate(_BAR)
    page.page.wait_for_function(
        "before => document.querySelector('.symbook-progress progress')?.value > before",
        arg=first["value"],
    )
    for theme in ("Dark", "Light"):
        page.use_theme(theme)
        page.screenshot(f"progress-{theme.lower()}")
    later = page.page.evaluate(_BAR)
    found = re.fullmatch(r"forward: (\d+) of 1,000 steps, now product(\d+) \(dot\)", later["label"])
    assert found
    assert found[1] == found[2]
    assert 0 <= first["value"] < later["value"] < 1
    assert (1, 1, True) == (later["bars"], later["cell"], later["inside"])
    assert later["width"] > 300
    page.page.evaluate(_INTERRUPT)
    page.page.wait_for_selector(".symbook-progress", state="detached")
    page.page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.outputs.length === 1"
    )
    (error,) = page.outputs
    assert "KeyboardInterrupt" == error["ename"]
    assert re.fullmatch(
        r"interrupted in forward after \d+ of 1,000 steps, at product\d+", error["evalue"]
    )
    page.screenshot("progress-interrupted")
    saved = page.page.evaluate(
        "() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.model.toJSON())"
    )
    assert "symbook-progress" not in saved
    assert "widget" not in saved
    assert [] == messages
