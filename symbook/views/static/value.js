/** A value as it is shown: numbers of a small array, a picture and statistics of a large one. */

import { h } from "./dom.js";

/** Rows and columns of a table, beyond which a picture says more. */
const MOST_ROWS = 12, MOST_COLUMNS = 8, MOST_VECTOR = 20;
const SPECIAL = { 252: [150, 150, 150], 253: [0, 0, 0], 254: [214, 39, 40] };

/** `(2, 3)`, `(2,)`, `()`. */
export function shapeText(shape) {
  return `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
}

/** A number as people read it: four digits, a real minus sign. */
export function numberText(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  const text = Number.isInteger(value) && size < 1e15 ? String(value)
    : size && (size < 1e-4 || size >= 1e6) ? value.toExponential(3).replace(/\.?0+e/, "e") : String(Number(value.toPrecision(4)));
  return text.replace(/^-/, "−");
}

export function bytesText(shape, dtype) {
  const bits = dtype === "bool" ? 8 : Number(dtype.match(/\d+$/)?.[0] ?? 0);
  let size = (shape.reduce((a, b) => a * b, 1) * bits) / 8;
  for (const unit of ["B", "KiB", "MiB"]) {
    if (size < 1024) return `${size < 10 && unit !== "B" ? size.toFixed(1) : Math.round(size)} ${unit}`;
    size /= 1024;
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} GiB`;
}

/** The value as elements; `name` is what a picture of it is called. */
export function drawValue(value, name) {
  const { shape, items, grid, bars } = value;
  const parts = [];
  if (shape.includes(0)) parts.push(h("p", {}, "no elements"));
  else if (items && fitsTable(shape)) parts.push(table(shape, items, name));
  else if (items && !grid) parts.push(...planes(shape, items, name));
  else if (grid) parts.push(picture(grid, value, name), colourBar(value));
  if (bars && bars.length > 1) parts.push(histogram(bars, value, name));
  const told = statistics(value);
  if (told && !(items && items.length === 1)) parts.push(h("p", { class: "sb-told" }, told));
  return parts;
}

function fitsTable(shape) {
  if (shape.length < 2) return !shape.length || shape[0] <= MOST_VECTOR;
  return shape.length === 2 && shape[0] <= MOST_ROWS && shape[1] <= MOST_COLUMNS;
}

function table(shape, items, name) {
  const columns = shape.length ? shape.at(-1) : 1;
  const rows = [];
  for (let at = 0; at < items.length; at += columns) {
    rows.push(h("tr", {}, ...items.slice(at, at + columns).map((item) => h("td", {}, numberText(item)))));
  }
  return h("div", { class: "sb-scroll" }, h("table", { class: "sb-numbers", "aria-label": `Values of ${name}` }, h("tbody", {}, ...rows)));
}

/** A small array of any shape: its last two dimensions as tables, one after another. */
function planes(shape, items, name) {
  if (shape.length < 2) return [table([1, shape[0]], items, name)];
  const size = shape.at(-1) * shape.at(-2);
  const found = [];
  for (let at = 0; at < items.length; at += size) {
    const where = [];
    for (let k = shape.length - 3, rest = at / size; k >= 0; rest = Math.floor(rest / shape[k]), k--) where.unshift(rest % shape[k]);
    if (where.length) found.push(h("p", { class: "sb-told" }, `[${where.join(", ")}]`));
    found.push(table(shape.slice(-2), items.slice(at, at + size), `${name}${where.length ? ` at ${where.join(", ")}` : ""}`));
  }
  return found;
}

function statistics({ range, nan, infinite, dtype, shape }) {
  const told = [];
  if (range && dtype !== "bool") told.push(`from ${numberText(range[0])} to ${numberText(range[2])}, mean ${numberText(range[1])}`);
  if (nan) told.push(`${nan.toLocaleString("en")} NaN`);
  if (infinite) told.push(`${infinite.toLocaleString("en")} infinite`);
  if (!range && !shape.includes(0) && !told.length) return "too many elements to look through";
  return told.join(", ");
}

// Pictures

function picture(grid, value, name) {
  const { rows, columns } = grid;
  const bytes = Uint8Array.from(atob(grid.bytes), (letter) => letter.charCodeAt(0));
  const canvas = h("canvas", { width: columns, height: rows, class: "sb-heat", role: "img", "aria-label": `Heat map of ${name}: ${statistics(value)}` });
  const pen = canvas.getContext("2d"), image = pen.createImageData(columns, rows);
  bytes.forEach((place, k) => image.data.set([...(SPECIAL[place] ?? colour(place / 251)), 255], 4 * k));
  pen.putImageData(image, 0, 0);
  const spot = Math.max(1, Math.min(16, Math.floor(192 / Math.max(rows, columns))));
  canvas.style.width = `${columns * spot}px`;
  canvas.style.height = `${Math.max(rows * spot, 12)}px`;
  return canvas;
}

function colourBar({ range }) {
  if (!range) return null;
  const stops = Array.from({ length: 9 }, (_, k) => `rgb(${colour(k / 8)})`).join(", ");
  const bar = h("span", { class: "sb-bar" });
  bar.style.background = `linear-gradient(to right, ${stops})`;
  return h("p", { class: "sb-told" }, `${numberText(range[0])} `, bar, ` ${numberText(range[2])}`);
}

/** The colour of a part of the range: the scale of the static heat maps, dark blue over green to light yellow. */
function colour(t) {
  const lightness = 0.25 + 0.7 * t, chroma = 0.088 + 0.3 * (t - 0.38) ** 2, hue = ((285 - 178 * t) * Math.PI) / 180;
  const a = chroma * Math.cos(hue), b = chroma * Math.sin(hue);
  const cones = [
    lightness + 0.3963377774 * a + 0.2158037573 * b,
    lightness - 0.1055613458 * a - 0.0638541728 * b,
    lightness - 0.0894841775 * a - 1.291485548 * b,
  ].map((cone) => cone ** 3);
  const linear = [
    4.0767416621 * cones[0] - 3.3077115913 * cones[1] + 0.2309699292 * cones[2],
    -1.2684380046 * cones[0] + 2.6097574011 * cones[1] - 0.3413193965 * cones[2],
    -0.0041960863 * cones[0] - 0.7034186147 * cones[1] + 1.707614701 * cones[2],
  ];
  return linear.map((part) => {
    const x = Math.min(1, Math.max(0, part));
    return Math.round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
  });
}

function histogram(bars, value, name) {
  const most = Math.max(...bars);
  const label = `Histogram of ${name}: the fullest of ${bars.length} bars has ${most.toLocaleString("en")} elements`;
  return h(
    "div", { class: "sb-histogram", role: "img", "aria-label": label },
    ...bars.map((count) => {
      const bar = h("span", { title: count.toLocaleString("en") });
      bar.style.height = `${count ? Math.max(2, (100 * count) / most) : 0}%`;
      return bar;
    }),
  );
}
