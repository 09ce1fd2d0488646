import { equal, ok, place, settled, test } from "testing";
import { button, h, s, whenResized } from "views/dom.js";

test("texts are never markup", () => {
  const element = h("p", { title: '"><script>' }, "<b>bold</b>", h("i", {}, "&amp;"));
  equal(element.textContent, "<b>bold</b>&amp;");
  equal(element.childElementCount, 1);
  equal(element.title, '"><script>');
  equal(element.querySelector("script, b"), null);
});

test("attributes that are not there are left out, and true ones are empty", () => {
  const element = h("input", { hidden: true, disabled: false, value: undefined, name: null, min: 0 });
  equal(element.getAttributeNames().sort(), ["hidden", "min"]);
  equal(element.getAttribute("min"), "0");
});

test("children that are not there are left out, and numbers stay", () => {
  equal([...h("p", {}, null, "a", undefined, false, 0, "").childNodes].map((node) => node.textContent), ["a", "0", ""]);
});

test("what begins with on listens", () => {
  const heard = [];
  const element = h("button", { onclick: () => heard.push("click") });
  element.click();
  equal(heard, ["click"]);
  equal(element.getAttributeNames(), []);
});

test("SVG has elements of its own kind", () => {
  const chart = s("svg", { viewBox: "0 0 1 1" }, s("title", {}, "<x>"));
  ok(chart instanceof SVGSVGElement);
  ok(chart.firstChild instanceof SVGTitleElement);
  equal(chart.getAttribute("viewBox"), "0 0 1 1");
});

test("a button that shows a sign has a name in words", () => {
  const sign = button("+", "Zoom in", () => {}), word = button("Fit", "Fit", () => {});
  equal([sign.getAttribute("aria-label"), sign.type], ["Zoom in", "button"]);
  equal(word.getAttribute("aria-label"), null);
  equal(button("x", "y", () => {}, { "aria-pressed": "false", class: "own" }).className, "own");
});

test("a size is told at first, when it changes, and no more when that is ended", async () => {
  const element = place(300), seen = [];
  const end = whenResized(element, (wide) => seen.push(wide));
  await settled();
  element.style.width = "200px";
  await settled();
  end();
  element.style.width = "100px";
  await settled();
  equal(seen, [300, 200]);
});
