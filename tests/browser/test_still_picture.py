"""The picture stays where it is while the reader steps, predicts, chooses and searches; at three widths."""

from __future__ import annotations

import pytest

import symbook as mx

views = pytest.importorskip("symbook.views")

_TOPS = """() => {
  const found = new Map();
  const note = (what) => {
    const { top } = document.querySelector(".sb-stage").getBoundingClientRect();
    const at = Math.round(top + scrollY);
    if (!found.has(at)) found.set(at, []);
    found.get(at).push(what);
  };
  const search = document.querySelector("input[type=search]");
  const count = Number(document.querySelector(".sb-scrubber").max);
  const press = (title) => document.querySelector(`button[title="${title}"]`).click();
  press("First");
  for (let k = 0; k < count; k++) {
    press("Step");
    note(`step ${k + 1}`);
  }
  press("First");
  document.querySelector(".sb-check input").click();
  let asked = 0;
  for (let k = 0; k < count; k++) {
    press("Step");
    const form = document.querySelector(".sb-question");
    if (form.hidden) continue;
    asked += 1;
    note(`asked ${k + 1}`);
    for (const answer of ["?", "-7 3"]) {
      form.querySelector("input").value = answer;
      form.requestSubmit();
      note(`verdict ${k + 1}: ${form.querySelector(".sb-verdict").textContent}`);
    }
    press("Show the value");
    note(`shown ${k + 1}`);
  }
  document.querySelector(".sb-check input").click();
  for (const box of document.querySelectorAll("[data-box]")) {
    box.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    note("chosen");
    press("Stop at the chosen node when playing");
    note("stopped at");
  }
  search.value = "mul";
  search.dispatchEvent(new Event("input"));
  note("searched");
  press("The next one");
  note("found");
  press("Show only what was found, and what is around it");
  note("alone");
  return { asked, tops: [...found] };
}"""


def _executor():
    with mx.name.NameManager():
        a, b, c, d = (mx.sym.Variable(name) for name in "ABCD")
        e = (a * b) + (c * d)
    arrays = {name: mx.nd.array([1.0, k]) for k, name in enumerate("ABCD")}
    grads = {name: mx.nd.zeros((2,)) for name in "ABCD"}
    return e.bind(mx.cpu(), arrays, args_grad=grads)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("still") / "view.html"
    return views.Stepper(_executor(), is_train=True).save(path)


@pytest.mark.parametrize("width", [1000, 640, 360])
def test_the_picture_stays_where_it_is(offline_pages, file, width):
    page = offline_pages.open(file, ready=".sb-node", width=width, height=900)
    found = page.evaluate(_TOPS)
    assert found["asked"] >= 6
    assert len(found["tops"]) == 1, found["tops"]
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
