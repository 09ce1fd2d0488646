"""The kernel that the wheel brings, as JupyterLab's launcher offers it, in a real Chromium."""

from __future__ import annotations

from importlib import metadata

import pytest

from symbook.cli.doctor import kernel

_CARD = ".jp-LauncherCard[data-category='Notebook']"
_OPENED = "() => window.jupyterapp.shell.currentWidget?.context?.path"
# Which kernel it is for stands in the file.
_SAVED = """async () => {
    const {context, sessionContext} = window.jupyterapp.shell.currentWidget;
    await context.ready;
    await sessionContext.ready;
    await context.save();
}"""


def test_the_launcher_offers_a_kernel_that_draws_at_once(jupyterlab, chromium, open_notebook):
    if "Symbook (Python 3)" not in kernel().found:
        with pytest.raises(metadata.PackageNotFoundError):
            metadata.version("symbook")
        pytest.skip("symbook is not installed: its kernel is not, either")
    page = chromium.new_page()
    page.goto(f"{jupyterlab.base_url}/lab/workspaces/launcher")
    card = page.locator(_CARD, has_text="Symbook (Python 3)")
    logo = card.locator("img")
    logo.wait_for()
    assert logo.get_attribute("src").endswith("/kernelspecs/symbook/logo-svg.svg")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    assert logo.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    card.click()
    name = page.wait_for_function(_OPENED).json_value()
    page.evaluate(_SAVED)
    page.close()

    notebook = open_notebook(name)
    notebook.page.locator(".jp-Cell .cm-content").first.click()
    notebook.page.keyboard.insert_text("%%symgraph\nE = (A*B) + (C*D)")
    notebook.run_all()
    assert not notebook.errors
    notebook.screenshot("launched")
    assert "<Symbol _plus0>" in notebook.text
    [image] = notebook.images
    assert image.alt.startswith("Graph of E: A times B is _mul0")
    assert image.naturalWidth > 0
