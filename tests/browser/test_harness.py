"""The browser tests' own tools, on a notebook whose outputs are known beforehand."""

from __future__ import annotations

# A square of 4 by 4 pixels, as HTML and as a rich display.
SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4">'
    '<rect width="4" height="4" fill="red"/></svg>'
)
CELLS = [
    "print(7 * 2)",
    "import base64\n"
    "from IPython.display import HTML, display\n"
    f"data = base64.b64encode({SQUARE!r}.encode()).decode()\n"
    'HTML(f\'<img alt="a red square" src="data:image/svg+xml;base64,{data}">\')',
    'display(HTML(\'<img alt="" src="data:image/png;base64,AAAA">\'))',
]


def test_what_is_shown_is_seen(open_notebook):
    notebook = open_notebook("known.ipynb", CELLS)
    assert notebook.expected_images == 0
    notebook.run_all()
    assert not notebook.errors
    assert "14" in notebook.text
    assert notebook.expected_images == 2
    good, broken = notebook.images
    assert (good.alt, good.width, good.naturalWidth, good.shown) == ("a red square", 4, 4, True)
    # JupyterLab gives an image without a text the text "Image".
    assert (broken.alt, broken.naturalWidth) == ("Image", 0)


def test_an_error_in_a_cell_is_seen(open_notebook):
    notebook = open_notebook("wrong.ipynb", ["1 / 0", "1"])
    notebook.run_all()
    assert notebook.errors == ["ZeroDivisionError: division by zero"]


def test_dark_theme(open_notebook):
    notebook = open_notebook("dark.ipynb", ["1"])
    notebook.use_theme("Dark")
    picture = notebook.screenshot("dark")
    assert picture.read_bytes().startswith(b"\x89PNG")
    background = notebook.page.evaluate(
        "() => getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor"
    )
    red, green, blue = map(int, background.strip("rgb()").split(",")[:3])
    assert max(red, green, blue) < 64
