/** How often which numbers are there. */

import { h } from "./dom.js";
import { Pointer } from "./pointer.js";
import { countText, numberOf, numberText } from "./texts.js";

export function drawHistogram({ bars, each, range, dtype }, name) {
  const most = Math.max(...bars), low = numberOf(range[0]), high = numberOf(range[2]);
  const text = (x) => (dtype === "bool" ? (x ? "True" : "False") : numberText(x));
  const end = (k) => low * (1 - k / bars.length) + high * (k / bars.length);
  const span = (k) => (bars.length === 1 ? text(range[0]) : each ? text(low + k) : `${numberText(end(k))} to ${numberText(end(k + 1))}`);
  const fullest = `The highest of ${countText(bars.length, "bar")} has ${countText(most, "element")}.`;
  const columns = bars.map((count) => {
    const bar = h("span");
    bar.style.height = `${count ? Math.max(2, (100 * count) / most) : 0}%`;
    return bar;
  });
  const chart = h("div", { class: "sb-histogram", role: "img", tabindex: "0", "data-lm-suppress-shortcuts": "true", "aria-label": `Histogram of ${name}, from ${text(range[0])} to ${text(range[2])}. ${fullest} Arrow keys go through them.` }, ...columns);
  const told = h("p", { class: "sb-told sb-pointed", "aria-live": "polite" }, fullest);
  new Pointer(chart, [1, bars.length], (_, k) => {
    columns.forEach((bar, other) => bar.classList.toggle("sb-active", other === k));
    told.textContent = k === null ? fullest : `${span(k)}: ${countText(bars[k], "element")}`;
  });
  const zero = !each && low < 0 && high > 0 && -low / (high - low);
  const labels = bars.length === 1 ? [h("span", {}, text(range[0]))] : [h("span", {}, text(range[0])), zero > 0.2 && zero < 0.8 && zeroAt(zero), h("span", {}, text(range[2]))];
  return [h("div", { class: "sb-chart-of" }, h("span", { class: "sb-most" }, most.toLocaleString("en")), chart, h("div", { class: "sb-ends" }, ...labels)), told];
}

function zeroAt(part) {
  const zero = h("span", { class: "sb-zero" }, "0");
  zero.style.insetInlineStart = `${100 * part}%`;
  return zero;
}
