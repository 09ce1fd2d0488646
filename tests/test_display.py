"""What symbols, arrays and executors look like as results, and what survives of it elsewhere."""

from __future__ import annotations

import base64
import html.parser
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import nbclient
import nbconvert
import nbformat
import numpy as np
import pytest
from notebooks import ROOT, Kernel, kernel

import symbook as mx
from symbook.render import arrays
from symbook.render.heatmap import colour_bar, heat_map

# --- in a kernel ----------------------------------------------------------------------------


SETUP = """%load_ext symbook
import symbook as mx
A, B = mx.sym.Variable("A"), mx.sym.Variable("B")
with mx.name.NameManager():
    E = A * B
"""
FAILING = """from unittest import mock
with mock.patch("symbook.render.draw", side_effect=OSError):
    display(E)
"""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with kernel(tmp_path_factory.mktemp("display")) as running:
        assert running.run(SETUP).error is None
        yield running


def result(notebook: Kernel, code: str) -> dict[str, str]:
    """The forms of a cell's one result."""
    outputs = notebook.run(code)
    assert outputs.error is None, outputs.shown_error
    [found] = outputs.results
    return found["data"]


@pytest.mark.notebook
def test_a_symbol_is_its_picture(notebook):
    data = result(notebook, "E")
    assert data["text/plain"] == "<Symbol _mul0>"
    assert re.findall(r'alt="([^"]*)"', data["text/html"]) == [
        "Graph of _mul0: A times B is _mul0; output _mul0_output."
    ]
    assert "<details><summary>3 nodes</summary><table>" in data["text/html"]
    pytest.importorskip("pygraphviz")
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")


@pytest.mark.notebook
def test_tuples_and_lists_of_symbols_stay_text(notebook):
    assert result(notebook, "(A, B)") == {"text/plain": "(<Symbol A>, <Symbol B>)"}


@pytest.mark.notebook
def test_an_array_says_what_it_is(notebook):
    data = result(notebook, "mx.nd.array([[1, 2.5], [3, -4]])")
    assert data["text/plain"] == "<NDArray 2x2 @cpu(0)>"
    assert "2×2 · float32 · cpu(0)" in data["text/html"]
    assert cells_of(data["text/html"]) == [["1", "2.5"], ["3", "-4"]]
    assert "image/png" not in data


@pytest.mark.notebook
def test_a_matrix_is_a_heat_map(notebook):
    data = result(notebook, "mx.nd.ones((1000, 1000)) * mx.nd.arange(0, 1000)")
    assert data["text/plain"] == "<NDArray 1000x1000 @cpu(0)>"
    alts = re.findall(r'alt="([^"]*)"', data["text/html"])
    assert alts[0] == "Heat map of a 1000×1000 float32 array on cpu(0): from 0 to 999, mean 499.5"
    assert "each spot shows the mean of 4×4 elements" in data["text/html"]
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")


@pytest.mark.notebook
def test_an_executor_is_summed_up(notebook):
    data = result(notebook, "E.simple_bind(mx.cpu(), A=(2, 3))")
    assert re.fullmatch(r"<symbook\.executor\.Executor object at 0x[0-9a-f]+>", data["text/plain"])
    assert cells_of(data["text/html"])[1:] == [
        ["argument", "A", "(2, 3)", "float32", "cpu(0)"],
        ["argument", "B", "(2, 3)", "float32", "cpu(0)"],
        ["output", "_mul0_output", "(2, 3)", "float32", "cpu(0)"],
    ]


@pytest.mark.notebook
def test_a_plan_and_a_trace_are_their_steps(notebook):
    bound = "E.bind(mx.cpu(), {'A': mx.nd.ones((2, 3)), 'B': mx.nd.ones((2, 3))})"
    plan = result(notebook, f"{bound}.plan")["text/plain"]
    assert plan.splitlines()[0].startswith("1 step, ")
    assert plan.splitlines()[1].split()[:6] == ["0", "_mul0", "=", "elemwise_mul", "(2,", "3)"]
    trace = result(notebook, f"{bound}.trace()")["text/plain"]
    assert re.fullmatch(
        r"1 step in \d+\.\d{3} ms, 1 thread, \w+\n"
        r" +\d+\.\d{3} ms +\d+\.\d{3} ms  thread 1  _mul0 = elemwise_mul\(A, B\)",
        trace,
    )
    record = result(notebook, f"{bound}.trace()['_mul0']")["text/plain"]
    assert re.fullmatch(r"\d\S+ ms +\d\S+ ms  thread 1  _mul0 = elemwise_mul\(A, B\)", record)


@pytest.mark.notebook
def test_a_long_plan_is_shortened(notebook):
    made = (
        "y = A\nfor _ in range(500):\n    y = y + 1\nlong = y.bind(mx.cpu(), {'A': mx.nd.ones(2)})"
    )
    for what in ("plan", "trace()"):
        first, *shown = result(notebook, f"{made}\nlong.{what}")["text/plain"].splitlines()
        assert first.startswith("500 steps")
        names = [re.findall(r"_plusscalar\d+(?= =)", line) for line in shown]
        # Automatic names go on from one cell to the next.
        assert sum(map(len, names)) + int(re.search(r"… (\d+) more", "\n".join(shown))[1]) == 500
        assert len(shown) < 70


def test_short_forms_of_plans_and_traces_are_one_line():
    executor = (mx.sym.Variable("a") + 1).bind(mx.cpu(), {"a": mx.nd.ones(3)})
    assert repr(executor.plan).startswith("<Plan: 1 step, ")
    trace = executor.trace()
    assert re.fullmatch(r"<Trace: 1 step in \d+\.\d{3} ms, 1 thread, \w+>", repr(trace))
    assert re.fullmatch(r"<Record of \w+: \d+\.\d{3} ms>", repr(trace.records[0]))


@pytest.mark.notebook
def test_a_display_that_fails_leaves_the_text(notebook):
    outputs = notebook.run(FAILING)
    assert outputs.error is None
    assert outputs.stderr == ""
    assert outputs.displays[0]["data"] == {"text/plain": "<Symbol _mul0>"}


@pytest.mark.notebook
def test_a_symbol_whose_declarations_disagree_is_shown_as_text(notebook):
    # Side by side the two would be refused at once; further apart, when the graph is looked at.
    data = result(
        notebook, "-mx.sym.Variable('v', shape=(1,)) + mx.sym.Variable('v', shape=(2,)) * 2"
    )
    assert set(data) == {"text/plain"}


# --- an executed notebook elsewhere ---------------------------------------------------------


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    """A notebook with a picture, an array and an executor, executed by nbclient."""
    sources = [
        "%load_ext symbook\nimport symbook as mx",
        "%%symgraph -i -b A=1 B=2 C=3 D=4\nE = (A*B) + (C*D)",
        "E",
        "mx.nd.arange(0, 2400).reshape((40, 60))",
        "E.simple_bind(mx.cpu(), A=(2, 3))",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = tmp_path_factory.mktemp("executed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        nbclient.NotebookClient(
            notebook,
            timeout=60,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
        ).execute()
    return notebook


@pytest.mark.notebook
def test_nbconvert_to_html_keeps_pictures_and_words(executed):
    page, _ = nbconvert.HTMLExporter().from_notebook_node(executed)
    shown = Tags(page)
    assert all(source.startswith("data:image/") for source in shown.sources)
    assert [alt.split(":")[0] for alt in shown.alts] == [
        "Graph of E",
        "Graph of _plus0",
        "Heat map of a 40×60 float32 array on cpu(0)",
        "colour scale from 0 to 2399",
    ]


@pytest.mark.notebook
def test_nbconvert_to_latex_takes_the_png(executed):
    pytest.importorskip("pygraphviz")
    source, resources = nbconvert.LatexExporter().from_notebook_node(executed)
    assert source.count("\\includegraphics") + source.count("\\adjustimage") >= 3
    assert len([name for name in resources["outputs"] if name.endswith(".png")]) == 3


@pytest.mark.notebook
def test_the_html_is_static_and_any_sanitiser_lets_it_through(executed):
    allowed = {
        *("div", "p", "strong", "small", "br", "img", "pre", "details", "summary"),
        *("table", "thead", "tbody", "tr", "th", "td"),
        # It hides an error message of JupyterLab's; nothing else is lost where it is taken away.
        "style",
    }
    for cell in executed.cells:
        for output in cell.outputs:
            shown = Tags(output.get("data", {}).get("text/html", ""))
            assert shown.tags <= allowed
            assert shown.attributes <= {
                "src",
                "alt",
                "class",  # by which a live view hides its static form
                "style",
                "scope",
                "colspan",
                "width",
                "height",
            }
            assert all(source.startswith("data:image/") for source in shown.sources)


class Tags(html.parser.HTMLParser):
    """The tags and attributes of some HTML, and what its images are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.sources: list[str] = []
        self.alts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "img":
            self.sources.append(dict(attrs)["src"])
            self.alts.append(dict(attrs)["alt"])


def cells_of(text: str) -> list[list[str]]:
    """The texts of the first table's cells."""
    table = text.split("<table>")[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


# --- arrays ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3], [["1", "2", "3"]]),
        ([[0.1, 1e-7], [1e20, -2]], [["0.1", "1e-07"], ["1e+20", "-2"]]),
        ([float("nan"), float("inf")], [["nan", "inf"]]),
    ],
)
def test_small_arrays_show_every_value(values, expected):
    assert cells_of(arrays.html(mx.nd.array(values))) == expected


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("int8", ["0", "1"]), ("bool", ["False", "True"]), ("float16", ["0", "1"])],
)
def test_small_arrays_of_other_dtypes(dtype, expected):
    assert cells_of(arrays.html(mx.nd.array([0, 1], dtype=dtype))) == [expected]


@pytest.mark.parametrize(
    ("shape", "form"),
    [
        *[
            ((), "table"),
            ((1,), "table"),
            ((20,), "table"),
            ((21,), "picture"),
            ((5000,), "picture"),
        ],
        *[((12, 8), "table"), ((12, 9), "picture"), ((13, 1), "picture"), ((1, 400), "picture")],
        *[((2, 3, 4), "text"), ((0,), "text"), ((3, 0), "text")],
    ],
)
def test_every_shape_has_a_form(shape, form):
    text = arrays.html(mx.nd.array(np.ones(shape)))
    found = "table" if "<table" in text else "picture" if "image/png" in text else "text"
    assert found == form


def test_long_arrays_are_shortened():
    assert len(arrays.html(mx.nd.ones((2000, 2000)))) < 20_000
    assert len(arrays.html(mx.nd.ones((10, 200, 300)))) < 5_000


def test_statistics_are_numpys():
    values = np.random.default_rng(1).normal(size=(30, 40)).astype("float32")
    values[0, :3] = np.nan, np.inf, -np.inf
    finite = values[np.isfinite(values)]
    expected = (
        f"from {finite.min():.4g} to {finite.max():.4g}, "
        f"mean {finite.mean(dtype=float):.4g}, 1 NaN, 2 infinite"
    )
    assert "from -" in expected
    assert arrays.statistics(values) == expected.replace("-", "−")


def test_the_legend_of_a_heat_map_gives_one_range_in_one_line():
    values = np.random.default_rng(3).uniform(-1, 1, size=(1000, 700)).astype("float32")
    [legend] = re.findall(r"<small>(.*?)</small>", arrays.html(mx.nd.array(values)))
    assert "<br>" not in legend
    told = re.sub(r"<img[^>]*>", "▒", legend).replace("−", "-")
    assert told == (
        f"{values.min():.4g} ▒ {values.max():.4g} · mean {values.mean(dtype=float):.4g}"
        " · each spot shows the mean of 4×4 elements"
    )
    assert "-" not in re.sub(r"<img[^>]*>", "", legend)


def test_the_legend_of_equal_elements_has_no_scale():
    [legend] = re.findall(r"<small>(.*?)</small>", arrays.html(mx.nd.full((20, 20), -2)))
    assert legend == "all elements are −2"


def test_the_legend_of_a_vector_says_how_many_elements_a_spot_has():
    text = arrays.html(mx.nd.arange(0, 1000))
    assert "Band of colours of a 1000 float32 array" in text
    assert "each spot shows the mean of 4 elements" in text


# --- heat maps ------------------------------------------------------------------------------


def decoded(png: bytes) -> np.ndarray:
    """The pixels of an indexed PNG as RGB, by the format's own description; checksums verified."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, position = {}, 8
    while position < len(png):
        length, kind = struct.unpack(">I4s", png[position : position + 8])
        content = png[position + 8 : position + 8 + length]
        [checksum] = struct.unpack(">I", png[position + 8 + length : position + 12 + length])
        assert checksum == zlib.crc32(kind + content)
        chunks[kind] = content
        position += 12 + length
    width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour, list(chunks)[-1]) == (8, 3, b"IEND")
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    return np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)[rows[:, 1:]]


def lightness(rgb: np.ndarray) -> np.ndarray:
    """CIE L* of sRGB bytes (IEC 61966-2-1, CIE 15)."""
    part = rgb / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(y > (6 / 29) ** 3, 116 * np.cbrt(y) - 16, y * (29 / 3) ** 3)


def test_the_pixels_follow_the_values():
    values = np.arange(12.0).reshape(3, 4)
    found = heat_map(values)
    zoom = found.size[0] // 4
    assert found.size == (4 * zoom, 3 * zoom)
    assert (found.low, found.high, found.block) == (0, 11, (1, 1))
    spots = lightness(decoded(found.png)[::zoom, ::zoom])
    assert (np.diff(spots.ravel()) > 0).all()


def test_the_colours_get_lighter_evenly():
    # A step is smaller than what a byte can tell: ten steps together.
    steps = np.diff(lightness(decoded(colour_bar(253, 1))[0])[::10])
    assert steps.min() > 0.75 * steps.mean()
    assert steps.max() < 1.5 * steps.mean()


def test_nan_and_infinities_have_their_own_colours():
    found = heat_map(np.array([[0.0, np.nan], [np.inf, -np.inf]]))
    half = found.size[0] // 2
    corners = {tuple(decoded(found.png)[i, j]) for i in (0, half) for j in (0, half)}
    scale = {tuple(colour) for colour in decoded(colour_bar(253, 1))[0]}
    assert len(corners) == 4
    assert len(corners & scale) == 1


def test_blocks_are_means():
    values = np.random.default_rng(0).normal(size=(700, 1001))
    found = heat_map(values)
    assert found.block == (4, 4)
    assert found.size == (251, 175)
    means = [
        [values[i : i + 4, j : j + 4].mean() for j in range(0, 1001, 4)] for i in range(0, 700, 4)
    ]
    # The colours are those of the values' own range, of which the means take up less.
    assert (found.low, found.high) == (values.min(), values.max())
    assert np.min(means) > values.min()
    lightest = np.unravel_index(lightness(decoded(found.png)).argmax(), (175, 251))
    assert np.max(means) - means[lightest[0]][lightest[1]] < 2 * (found.high - found.low) / 253


def test_a_long_matrix_keeps_some_spots_of_its_short_side():
    found = heat_map(np.ones((20, 6400)))
    assert found.block == (1, 20)
    assert found.size == (320, 100)


@pytest.mark.parametrize("shape", [(200, 30), (30, 200), (320, 5), (2, 300), (1, 30)])
def test_a_narrow_matrix_is_no_strip(shape):
    values = np.arange(np.prod(shape), dtype=float).reshape(shape)
    found = heat_map(values)
    assert found.block == (1, 1)
    assert min(found.size) >= min(96, 24 * min(shape))
    # Each spot has the colour of its own element.
    tall, wide = found.size[1] // shape[0], found.size[0] // shape[1]
    spots = lightness(decoded(found.png)[::tall, ::wide])
    assert spots.shape == shape
    assert (np.diff(spots.ravel()) >= -1e-9).all()


def test_a_vector_is_drawn_as_one_row():
    found = heat_map(np.arange(100.0))
    assert found.png == heat_map(np.arange(100.0)[None]).png


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((3, 3)),
        np.full((2, 2), np.nan),
        np.array([[1e308, -1e308]]),
        np.array([[5e-324, 0]]),
        np.array([[True, False]]),
        np.array([[2**63 - 1, -(2**63)]]),
        np.ones((1, 5000)),
        np.full((900, 900), 1e308),
        np.array([[1e4]], np.float16),
    ],
    ids=lambda values: f"{values.dtype}-{values.shape}",
)
def test_extreme_matrices_are_drawn(values):
    found = heat_map(values)
    assert decoded(found.png).shape == (found.size[1], found.size[0], 3)
    assert max(found.size) <= 320


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 2, 2)])
def test_what_is_neither_matrix_nor_vector_is_refused(shape):
    with pytest.raises(ValueError, match="heat map needs a matrix or vector"):
        heat_map(np.zeros(shape))


def test_the_heat_map_needs_no_notebook():
    source = Path(ROOT, "symbook", "render", "heatmap.py").read_text()
    assert set(re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)) == {
        *("__future__", "struct", "zlib", "dataclasses", "functools", "typing", "numpy"),
    }
