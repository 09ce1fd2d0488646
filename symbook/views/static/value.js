/** A value as it is shown: a number, a table, a heat map, a histogram or a picture, and what it is like. */

import { decodedPixels, decodedPlane, elementsOf, pixelsOf, planeOf } from "./arrays.js";
import { button, h } from "./dom.js";
import { drawHeat } from "./heat.js";
import { drawHistogram } from "./histogram.js";
import { drawImage } from "./image.js";
import { drawTable } from "./table.js";
import { countText, numberText, toldOf } from "./texts.js";

/** Rows and columns of a table that is looked at as a whole; beyond them, a picture says more at first. */
const ROWS = 12, COLUMNS = 8, VECTOR = 20, PLANES = 6, FEW = 8;
const FORMS = { image: "Image", table: "Table", heat: "Heat map", bars: "Histogram" };

/** The value as elements.
 *
 * @param {object} value What the document says of it.
 * @param {string} name What a picture of it is called.
 * @param {{look?: object, part?: Function|null}} options `look` keeps what the reader chose, if the same one is given
 *   again; `part(kind, at, done)` gives a part of a large array, or asks for it and calls `done` when it is here.
 */
export function drawValue(value, name, { look = {}, part = null } = {}) {
  if (value.shape.includes(0)) return [h("p", { class: "sb-hint" }, "no elements")];
  if (!elementsOf(value) && !value.plane && !part) return [h("p", { class: "sb-told" }, toldOf(value))];
  if (value.items?.length === 1) return [h("p", { class: "sb-number" }, numberText(value.items[0]))];
  return [new ValuePane(value, name, look, part).element];
}

class ValuePane {
  constructor(value, name, look, part) {
    this.value = value;
    this.name = name;
    this.look = look;
    this.part = part;
    this.forms = formsOf(value);
    if (!this.forms.includes(look.form)) look.form = this.forms[0];
    this.content = h("div", { class: "sb-content" });
    this.choices = new Map(this.forms.map((form) => [form, button(FORMS[form], FORMS[form], () => this.#choose(form), { class: "sb-button sb-choice" })]));
    this.places = h("div", { class: "sb-places" });
    this.element = h(
      "div", { class: "sb-pane" },
      this.forms.length > 1 && h("div", { class: "sb-choices", role: "group", "aria-label": `Show ${name} as` }, ...this.choices.values()),
      this.content, this.places, statistics(value),
    );
    this.#choose(look.form);
  }

  #choose(form) {
    this.look.form = form;
    for (const [other, choice] of this.choices) choice.setAttribute("aria-pressed", String(other === form));
    this.#showPlaces();
    this.draw();
  }

  /** The axes that a slider goes along: those before the matrix, or the number of the picture. */
  get #axes() {
    const { form } = this.look, { shape, image } = this.value;
    if (form === "bars") return [];
    if (form === "image") return image.order[0] === "N" ? [0] : [];
    return this.#stacked ? [] : shape.slice(0, -2).map((_, axis) => axis);
  }

  /** A few small matrices are shown one below the other. */
  get #stacked() {
    const { items, shape } = this.value;
    return this.look.form === "table" && items && items.length / (shape.at(-1) * (shape.at(-2) ?? 1)) <= PLANES;
  }

  #showPlaces() {
    const { shape } = this.value, key = this.look.form === "image" ? "which" : "at";
    this.look[key] ??= this.#axes.map(() => 0);
    const at = this.look[key];
    this.places.replaceChildren(...this.#axes.filter((axis) => shape[axis] > 1).map((axis, k) => {
      const place = this.#axes.indexOf(axis), told = h("output", {}, `${at[place]}`);
      const slider = h("input", {
        type: "range", min: 0, max: shape[axis] - 1, value: at[place], "aria-label": `Index of axis ${axis} of ${this.name}`, "data-lm-suppress-shortcuts": "true",
        oninput: () => {
          at[place] = Number(slider.value);
          told.textContent = slider.value;
          this.draw();
        },
      });
      return h("label", { class: "sb-place-of" }, h("span", {}, `axis ${axis}: `, told, ` of ${shape[axis] - 1}`), slider);
    }));
  }

  draw() {
    this.content.replaceChildren(...this.#drawn().filter(Boolean));
  }

  #drawn() {
    const { value, name, look } = this;
    if (look.form === "bars") return drawHistogram(value, name);
    if (look.form === "image") {
      const pixels = pixelsOf(value, look.which[0] ?? 0) ?? this.#asked("picture", look.which, decodedPixels);
      return pixels ? drawImage(pixels, value, name, look) : this.#missing(look.which);
    }
    if (this.#stacked) return this.#stack();
    const at = look.at.length === Math.max(0, value.shape.length - 2) ? look.at : value.shape.slice(0, -2).map(() => 0);
    const plane = planeOf(value, at) ?? this.#asked("plane", at, decodedPlane);
    if (!plane) return this.#missing(at);
    const shown = at.length ? `${name}[${at.join(", ")}]` : name;
    return look.form === "table" ? [drawTable(plane, value.shape, shown)] : drawHeat(plane, value, shown);
  }

  #stack() {
    const { shape } = this.value, sizes = shape.slice(0, -2), count = sizes.reduce((a, b) => a * b, 1);
    return Array.from({ length: count }, (_, k) => {
      const at = sizes.map((size, axis) => Math.floor(k / sizes.slice(axis + 1).reduce((a, b) => a * b, 1)) % size);
      const where = at.length ? `[${at.join(", ")}]` : "";
      return [where && h("p", { class: "sb-told" }, where), drawTable(planeOf(this.value, at), shape, this.name + where)];
    }).flat();
  }

  #asked(kind, at, read) {
    const found = this.part?.(kind, at, () => this.element.isConnected && this.draw());
    return found ? read(found) : null;
  }

  #missing(at) {
    const told = this.part ? "It is fetched …" : `Only the first part of ${countText(this.value.shape.reduce((a, b) => a * b, 1), "element")} is here. ${at.length ? `[${at.join(", ")}] is` : "The others are"} where Python runs.`;
    return [h("p", { class: "sb-told", role: "status" }, told)];
  }
}

/** How a value can be shown, the best way first. */
function formsOf(value) {
  const { shape, image, bars, items } = value;
  const small = shape.length < 2 ? !shape.length || shape[0] <= VECTOR : shape.at(-2) <= ROWS && shape.at(-1) <= COLUMNS;
  const found = small && items ? ["table", "heat"] : ["heat", "table"];
  if (bars && shape.reduce((a, b) => a * b, 1) > 4) found.push("bars");
  if (image) found.splice(image.sure ? 0 : 2, 0, "image");
  return found;
}

/** The numbers that describe a value. */
function statistics(value) {
  const { range, std, zeros, nan, infinite, dtype, shape } = value;
  const size = shape.reduce((a, b) => a * b, 1), rows = [];
  // All of so few is seen at once.
  if (size <= FEW && !nan && !infinite) return null;
  if (range && dtype === "bool") rows.push(["True", `${size - zeros} of ${size}`]);
  else if (range) rows.push(["min", numberText(range[0])], ["mean", numberText(range[1])], ["max", numberText(range[2])]);
  if (std !== undefined && dtype !== "bool") rows.push(["std", numberText(std)]);
  if (zeros !== undefined && dtype !== "bool") rows.push(["zeros", zeros.toLocaleString("en")]);
  if (nan) rows.push(["NaN", nan.toLocaleString("en")]);
  if (infinite) rows.push(["infinite", infinite.toLocaleString("en")]);
  return rows.length ? h("dl", { class: "sb-statistics" }, ...rows.map(([term, told]) => h("div", {}, h("dt", {}, term), h("dd", {}, told)))) : null;
}
