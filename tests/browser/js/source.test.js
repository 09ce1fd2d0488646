import { equal, ok, place, press, test } from "testing";
import { Source } from "views/source.js";

const TEXT = ["def forward():", "    a = exp(x)", ...Array.from({ length: 60 }, (_, k) => `    # ${k}`), "    <b> = tanh(a)", "    return b"].join("\n");
const NAMES = [null, "a", ...Array(60).fill(null), "b", null];

function open() {
  const chosen = [], source = new Source(TEXT, NAMES, (name) => chosen.push(name));
  const element = place(400);
  element.append(source.element);
  return { source, chosen, element, marked: () => [...element.querySelectorAll(".sb-selected")].map((row) => row.textContent.trim()) };
}

test("the code is there as it is, line by line", () => {
  const { element } = open();
  equal(element.querySelector("pre").textContent.trimEnd(), TEXT);
  equal(element.querySelector("b"), null);
});

test("a line that computes a node chooses it, and others do nothing", () => {
  const { element, chosen } = open();
  const rows = [...element.querySelectorAll(".sb-line-of")];
  rows[0].click();
  rows[1].click();
  rows[1].focus();
  press(rows[1], "ArrowDown");
  press(document.activeElement, " ");
  equal(chosen, ["a", "b"]);
});

test("the line of what is chosen is marked, and comes into sight", () => {
  const { source, element, marked } = open();
  source.mark(["b"]);
  equal(marked(), ["<b> = tanh(a)"]);
  const pre = element.querySelector("pre").getBoundingClientRect(), row = element.querySelector(".sb-selected").getBoundingClientRect();
  ok(row.top >= pre.top - 1 && row.bottom <= pre.bottom + 1);
  source.mark(["a", "b"]);
  equal(marked().length, 2);
  source.mark([]);
  equal(marked(), []);
});
