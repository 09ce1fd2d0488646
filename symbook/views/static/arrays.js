/** The elements of an array, or those parts of a large one that are here. */

import { numberOf } from "./texts.js";

const KINDS = { f4: Float32Array, f8: Float64Array, i4: Int32Array, i1: Int8Array, u1: Uint8Array };
/** Most rows and columns of a table; of more, the first and the last. */
const ROWS = 32, COLUMNS = 16;
/** Most rows and columns of a picture: more are shown by means. */
const SIDE = 128;
const decoded = new WeakMap();

/** @typedef {{of: number[], rows: number[], columns: number[], cells: any[][], grid: {rows: number, columns: number, numbers: ArrayLike<number>}}} Plane */

export function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** All elements of an array, row by row; null where they are not here. */
export function elementsOf(value) {
  if (value.items) return value.items;
  if (!value.data) return null;
  if (!decoded.has(value)) {
    const elements = new KINDS[value.data.kind](bytesOf(value.data.bytes).buffer);
    decoded.set(value, value.dtype === "bool" ? Array.from(elements, Boolean) : elements);
  }
  return decoded.get(value);
}

/** The matrix at a place of all dimensions but the last two; null where it is not here.
 *
 * A vector is a column of cells, and a row of the picture.
 * @returns {Plane|null}
 */
export function planeOf(value, at) {
  const elements = elementsOf(value);
  if (!elements) return value.plane && value.plane.at.join() === at.join() ? decodedPlane(value.plane) : null;
  const { shape } = value;
  const [height, width] = shape.length < 2 ? [elements.length, 1] : shape.slice(-2);
  let start = 0;
  at.forEach((index, axis) => {
    start = start * shape[axis] + index;
  });
  const own = elements.slice(start * height * width, (start + 1) * height * width);
  const rows = ends(height, ROWS), columns = ends(width, COLUMNS);
  const numbers = Float64Array.from(own, numberOf);
  return {
    of: [height, width], rows, columns, cells: rows.map((r) => columns.map((c) => own[r * width + c])),
    grid: shape.length < 2 ? means(numbers, 1, height) : means(numbers, height, width),
  };
}

/** A plane as Python sends it. */
export function decodedPlane(plane) {
  const { rows, columns, numbers } = plane.grid;
  return { ...plane, grid: { rows, columns, numbers: new Float32Array(bytesOf(numbers).buffer) } };
}

function ends(size, most) {
  const all = Array.from({ length: Math.min(size, most) }, (_, k) => k);
  return size <= most ? all : all.map((k) => (k < most / 2 ? k : size - most + k));
}

function means(numbers, height, width) {
  const rows = Math.min(height, SIDE), columns = Math.min(width, SIDE);
  if (rows === height && columns === width) return { rows, columns, numbers };
  const found = new Float64Array(rows * columns), counts = new Float64Array(rows * columns);
  const place = (k, size, parts) => Math.min(parts - 1, Math.floor((k * parts) / size));
  for (let k = 0; k < numbers.length; k++) counts[place(Math.floor(k / width), height, rows) * columns + place(k % width, width, columns)] += 1;
  for (let k = 0; k < numbers.length; k++) {
    const spot = place(Math.floor(k / width), height, rows) * columns + place(k % width, width, columns);
    found[spot] += numbers[k] / counts[spot];
  }
  return { rows, columns, numbers: found };
}

/** The pixels of one picture of an array that is read as pictures; null where they are not here. */
export function pixelsOf(value, which) {
  const elements = elementsOf(value);
  if (!elements) return value.picture && value.picture.at[0] === which ? decodedPixels(value.picture) : null;
  const { order, low, high } = value.image;
  const size = Object.fromEntries([...order].map((axis, k) => [axis, value.shape[k]]));
  const stride = {};
  [...order].reduceRight((step, axis) => {
    stride[axis] = step;
    return step * size[axis];
  }, 1);
  const rows = size.H, columns = size.W, channels = size.C ?? 1, bytes = new Uint8ClampedArray(rows * columns * channels);
  let k = 0;
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) for (let channel = 0; channel < channels; channel++) {
    const item = elements[which * (stride.N ?? 0) + r * stride.H + c * stride.W + channel * (stride.C ?? 0)];
    bytes[k++] = (255 * (numberOf(item) - low)) / (high - low);
  }
  return { of: [rows, columns], rows, columns, channels, bytes };
}

/** Pixels as Python sends them. */
export function decodedPixels(picture) {
  return { ...picture, bytes: bytesOf(picture.bytes) };
}
