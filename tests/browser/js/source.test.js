import { equal, ok, place, press, test } from "testing";
import { Codes, Source } from "views/source.js";

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

test("of forward and backward one is seen, and what only the other computes shows that", () => {
  const chosen = [], codes = new Codes([{ of: "forward()", source: "def forward():\n  a = x", lines: [null, "a"], about: "" }, { of: "backward()", source: "def backward():\n  g = a\n  a = 1", lines: [null, "g", "a"], about: "" }], (name) => chosen.push(name));
  const element = place(400);
  element.append(codes.element);
  const seen = () => [...element.querySelectorAll("pre")].filter((pre) => pre.offsetParent).map((pre) => pre.textContent.split("\n")[0]);
  const pressed = () => [...element.querySelectorAll("button")].filter((one) => one.getAttribute("aria-pressed") === "true").map(({ textContent }) => textContent);
  equal([seen(), pressed()], [["def forward():"], ["forward()"]]);
  codes.mark(["g"]);
  equal([seen(), pressed()], [["def backward():"], ["backward()"]]);
  codes.mark(["a"]);
  equal(seen(), ["def backward():"]);
  element.querySelector("button").click();
  equal([seen(), pressed(), [...element.querySelectorAll(".sb-selected")].length], [["def forward():"], ["forward()"], 2]);
  codes.mark([]);
  codes.mark(["elsewhere"]);
  equal(seen(), ["def forward():"]);
});

test("one code alone leaves no choice", () => {
  equal(new Codes([{ of: "forward()", source: "", lines: [], about: "" }], () => {}).element.querySelectorAll("button").length, 0);
});
