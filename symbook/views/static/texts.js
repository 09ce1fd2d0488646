/** Numbers, shapes and sizes as people read them. */

const WORDS = { NaN: NaN, "∞": Infinity, "−∞": -Infinity };

/** `(2, 3)`, `(2,)`, `()`. */
export function shapeText(shape) {
  return `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
}

/** A number as people read it: four digits, a real minus sign. */
export function numberText(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "number") return String(value).replace(/^-/, "−");
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = Number.isInteger(value) && size < 1e15 ? String(value)
    : size && (size < 1e-4 || size >= 1e6) ? value.toExponential(3).replace(/\.?0+e/, "e") : String(Number(value.toPrecision(4)));
  return text.replace(/^-/, "−");
}

/** What a document has for a number, as a number: JSON has no NaN, no infinities and no large integers. */
export function numberOf(item) {
  return typeof item === "string" ? WORDS[item] ?? Number(item) : Number(item);
}

export function bytesText(shape, dtype) {
  const bits = dtype === "bool" ? 8 : Number(dtype.match(/\d+$/)?.[0] ?? 0);
  return sizeText((shape.reduce((a, b) => a * b, 1) * bits) / 8);
}

/** `512 B`, `3.8 MiB`: of so many bytes. */
export function sizeText(size) {
  for (const unit of ["B", "KiB", "MiB"]) {
    if (size < 1024) return `${size < 10 && unit !== "B" ? size.toFixed(1) : Math.round(size)} ${unit}`;
    size /= 1024;
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} GiB`;
}

/** `1 row`, `1,000 rows`. */
export function countText(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** What a value is like, in a sentence. */
export function toldOf({ range, nan, infinite, dtype, shape }) {
  const told = [];
  if (range && dtype !== "bool") told.push(range[0] === range[2] ? `all are ${numberText(range[0])}` : `from ${numberText(range[0])} to ${numberText(range[2])}, mean ${numberText(range[1])}`);
  if (range && dtype === "bool") told.push(`${numberText(100 * range[1])} % True`);
  if (nan) told.push(`${nan.toLocaleString("en")} NaN`);
  if (infinite) told.push(`${infinite.toLocaleString("en")} infinite`);
  if (!range && !shape.includes(0) && !told.length) return "too many elements to look through";
  return told.join(", ");
}
