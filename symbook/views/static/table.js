/** Numbers as a table, with the numbers of its rows and columns. */

import { h } from "./dom.js";
import { numberText } from "./texts.js";

/** A longer vector stands upright. */
const LEVEL = 6;

/** @param {import("./arrays.js").Plane} plane */
export function drawTable({ of, rows, columns, cells }, shape, name) {
  if (!shape.length) return h("p", { class: "sb-number" }, numberText(cells[0][0]));
  const level = shape.length === 1 && shape[0] <= LEVEL;
  const [down, across, at] = level ? [[0], rows, (r, c) => cells[c][0]] : [rows, columns, (r, c) => cells[r][c]];
  const numbered = shape.length > 1;
  const head = (level || numbered) && h("thead", {}, h("tr", {}, numbered && h("td", {}), ...spread(across, (k) => h("th", { scope: "col" }, k), "⋯")));
  const body = spread(down.map((_, r) => r), (r) => h("tr", {}, !level && h("th", { scope: "row" }, down[r]), ...spread(across.map((_, c) => c), (c) => cell(at(r, c)), "⋯", across)), "⋮", down, across.length + 1);
  const said = `Values of ${name}${of[0] > rows.length || of[1] > columns.length ? ", the first and the last" : ""}`;
  const table = h("table", { class: "sb-numbers", "aria-label": said }, head, h("tbody", {}, ...body));
  return h("div", { class: "sb-scroll", role: "region", "aria-label": said, tabindex: "0" }, table);
}

function cell(item) {
  const exact = String(item), short = numberText(item);
  return h("td", { title: exact.replace(/^-/, "−") === short ? null : exact }, short);
}

/** What is made of each, with a sign where some are left out. */
function spread(items, make, sign, numbers = items, wide = 0) {
  return items.flatMap((item, k) => {
    const gap = k > 0 && numbers[k] - numbers[k - 1] > 1;
    const left = wide ? h("tr", {}, h("td", { colspan: wide + 2, class: "sb-gap" }, sign)) : h("td", { class: "sb-gap" }, sign);
    return gap ? [left, make(item)] : [make(item)];
  });
}
