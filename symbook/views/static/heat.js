/** A matrix as colours, with a legend; what is not finite has signs of its own. */

import { gradientOf, scaleOf } from "./colours.js";
import { h } from "./dom.js";
import { Pointer } from "./pointer.js";
import { numberOf, numberText, toldOf } from "./texts.js";

/** Pixels on a side, if the spots are not too large then. */
const WIDE = 232, LARGEST = 26, LEAST_TALL = 18, LEAST_LEGEND = 150;
const GREY = [150, 150, 150], SIGNED = { NaN: GREY, "∞": [60, 60, 60], "−∞": [20, 20, 20] };

/** @param {import("./arrays.js").Plane} plane */
export function drawHeat(plane, value, name) {
  const { rows, columns } = plane.grid;
  const scale = value.range ? scaleOf(numberOf(value.range[0]), numberOf(value.range[2])) : null;
  const canvas = painted(plane.grid, scale);
  canvas.setAttribute("aria-label", `Heat map of ${name}, ${plane.of.join(" by ")}: ${toldOf(value)}. Arrow keys go through it.`);
  const told = h("p", { class: "sb-told sb-pointed", "aria-live": "polite" }, blocksText(plane, value.shape));
  new Pointer(canvas, [rows, columns], (row, column) => {
    told.textContent = row === null ? blocksText(plane, value.shape) : spotText(plane, value.shape, row, column);
  });
  return [canvas, scale && legend(scale, value, canvas.width), signsOf(value), told].filter(Boolean);
}

function painted({ rows, columns, numbers }, scale) {
  const spot = Math.max(1, Math.min(LARGEST, Math.floor(WIDE / Math.max(rows, columns))));
  const tall = Math.max(spot, Math.ceil(LEAST_TALL / rows)), wide = Math.max(spot, Math.ceil(LEAST_TALL / columns));
  const canvas = h("canvas", { width: columns * wide, height: rows * tall, class: "sb-heat", role: "img", tabindex: "0", "data-lm-suppress-shortcuts": "true" });
  const pen = canvas.getContext("2d");
  for (let k = 0; k < rows * columns; k++) {
    const x = (k % columns) * wide, y = Math.floor(k / columns) * tall, number = numbers[k];
    const sign = Number.isFinite(number) ? null : numberText(number);
    pen.fillStyle = `rgb(${sign ? SIGNED[sign] : scale.colour(number)})`;
    pen.fillRect(x, y, wide, tall);
    if (sign) mark(pen, sign, x, y, wide, tall);
  }
  return canvas;
}

/** A cross for NaN, a triangle that points up or down for an infinity. */
function mark(pen, sign, x, y, wide, tall) {
  const edge = Math.min(wide, tall) * 0.28, middle = [x + wide / 2, y + tall / 2], up = sign === "∞" ? -1 : 1;
  pen.strokeStyle = pen.fillStyle = "#ffffff";
  pen.lineWidth = Math.max(1, edge / 3);
  pen.beginPath();
  if (sign === "NaN") {
    for (const side of [-1, 1]) {
      pen.moveTo(middle[0] - edge, middle[1] - side * edge);
      pen.lineTo(middle[0] + edge, middle[1] + side * edge);
    }
    pen.stroke();
    return;
  }
  pen.moveTo(middle[0], middle[1] + up * edge);
  for (const side of [-1, 1]) pen.lineTo(middle[0] + side * edge, middle[1] - up * edge);
  pen.fill();
}

function legend(scale, { range, dtype }, wide) {
  if (scale.low === scale.high) return h("p", { class: "sb-told" }, swatch(scale.colour(scale.low)), ` all ${dtype === "bool" ? (scale.low ? "True" : "False") : numberText(range[0])}`);
  const text = (item) => (dtype === "bool" ? (item ? "True" : "False") : numberText(item));
  const bar = h("span", { class: "sb-bar" });
  bar.style.background = gradientOf(scale);
  const labels = [h("span", {}, text(range[0])), h("span", {}, text(range[2]))];
  if (scale.both) {
    const zero = h("span", { class: "sb-zero" }, "0"), part = -scale.low / (scale.high - scale.low);
    zero.style.insetInlineStart = `${100 * part}%`;
    // Beside a label at an end it would not be read.
    if (part > 0.2 && part < 0.8) labels.splice(1, 0, zero);
  }
  const found = h("div", { class: "sb-legend" }, bar, h("div", { class: "sb-ends" }, ...labels));
  found.style.maxWidth = `${Math.max(LEAST_LEGEND, wide)}px`;
  return found;
}

function swatch(colour) {
  const found = h("span", { class: "sb-swatch" });
  found.style.background = `rgb(${colour.join(", ")})`;
  return found;
}

/** What the signs in a picture mean. */
function signsOf({ nan, infinite }) {
  const sign = (text) => {
    const canvas = h("canvas", { width: 13, height: 13, class: "sb-swatch", "aria-hidden": "true" }), pen = canvas.getContext("2d");
    pen.fillStyle = `rgb(${SIGNED[text]})`;
    pen.fillRect(0, 0, 13, 13);
    mark(pen, text, 0, 0, 13, 13);
    return canvas;
  };
  const parts = [];
  if (nan) parts.push(sign("NaN"), " NaN ");
  if (infinite) parts.push(sign("∞"), " +∞ ", sign("−∞"), " −∞");
  return parts.length ? h("p", { class: "sb-told" }, ...parts) : null;
}

/** From which to which element a spot goes. */
function spans({ of, grid }, flat, row, column) {
  const [height, width] = flat ? [1, of[0]] : of;
  const span = (k, size, parts) => [Math.floor((k * size) / parts), Math.max(Math.floor((k * size) / parts), Math.floor(((k + 1) * size) / parts) - 1)];
  return [span(row, height, grid.rows), span(column, width, grid.columns)];
}

function spotText(plane, shape, row, column) {
  const flat = shape.length < 2, number = plane.grid.numbers[row * plane.grid.columns + column];
  const found = spans(plane, flat, row, column).slice(flat ? 1 : 0);
  const place = found.map(([from, to]) => (from === to ? from : `${from}…${to}`)).join(", ");
  const mean = found.some(([from, to]) => from !== to);
  return `[${place}] ${mean ? "has the mean" : "is"} ${numberText(number)}`;
}

function blocksText({ of, grid }, shape) {
  const [height, width] = shape.length < 2 ? [1, of[0]] : of;
  const whole = grid.rows === height && grid.columns === width;
  return whole ? `${shape.length < 2 ? `${width} elements` : `${height} rows, ${width} columns`}` : `${height.toLocaleString("en")} × ${width.toLocaleString("en")}: each spot is the mean of about ${Math.round(height / grid.rows)} × ${Math.round(width / grid.columns)}`;
}
