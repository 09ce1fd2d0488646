/** Other elements for a small array: fields in the form of the array, and a line to paste into. */

import { focused, h } from "./dom.js";
import { numberOf } from "./texts.js";

const MOST_FIELDS = 64;

export class Editor {
  #value;
  #name;

  /** @param {(items: (number|string)[]) => void} change Is given all elements, in order. */
  constructor(name, value, change) {
    this.#name = name;
    this.#value = value;
    this.change = change;
    this.line = h("input", { type: "text", class: "sb-search sb-wide", "aria-label": `Elements of ${name}, with spaces between`, "data-lm-suppress-shortcuts": "true", oninput: () => this.#spread(), onkeydown: (event) => this.#enter(event) });
    this.told = h("span", { class: "sb-told", role: "status" });
    this.fields = value.items.length <= MOST_FIELDS && value.items.length > 1 ? value.items.map((_, k) => this.#field(k)) : [];
    this.element = h(
      "form", { class: "sb-editor", onsubmit: (event) => this.#submit(event) },
      h("p", { class: "sb-part" }, "What if it were different?"),
      this.fields.length ? h("div", { class: "sb-scroll" }, this.#grid()) : null,
      h("div", { class: "sb-question" }, this.line, h("button", { type: "submit", class: "sb-button" }, "Try")), this.told,
    );
    this.take(value);
  }

  /** Show another value of the same shape; what the reader is typing stays. */
  take(value) {
    this.#value = value;
    if (this.dirty && this.element.contains(focused(this.element))) return;
    this.dirty = false;
    this.line.value = value.items.map(plain).join(" ");
    this.#spread();
    this.dirty = false;
  }

  /** Say why what was typed is not taken; nothing, if empty. */
  refuse(text) {
    this.told.textContent = text;
  }

  #grid() {
    const { shape } = this.#value, columns = shape.length > 1 ? shape.at(-1) : Math.min(4, shape[0]);
    const rows = [];
    for (let at = 0; at < this.fields.length; at += columns) rows.push(h("div", { class: "sb-fields" }, ...this.fields.slice(at, at + columns)));
    return h("div", { role: "group", "aria-label": `Elements of ${this.#name}` }, ...rows);
  }

  #field(k) {
    const { shape, dtype } = this.#value, at = [];
    for (let axis = shape.length - 1, rest = k; axis >= 0; rest = Math.floor(rest / shape[axis]), axis--) at.unshift(rest % shape[axis]);
    const joined = () => {
      this.line.value = this.fields.map((field) => field.value || "nan").join(" ");
      this.dirty = true;
    };
    // Other than a field for numbers, it takes NaN and infinities.
    return h("input", { type: "text", inputmode: "decimal", class: "sb-field", "aria-label": `${this.#name}[${at.join(", ")}], ${dtype}`, "data-lm-suppress-shortcuts": "true", oninput: joined, onkeydown: (event) => this.#stepped(event, joined) });
  }

  /** Up and down change a number by one, as in a field for numbers; Enter tries what is typed. */
  #stepped(event, joined) {
    this.#enter(event);
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key], field = event.target;
    if (!by || !Number.isFinite(parsed(field.value))) return;
    field.value = String(Number((parsed(field.value) + by).toPrecision(12)));
    joined();
    event.preventDefault();
  }

  /** Notebooks take Enter for themselves, and no form is sent then. */
  #enter(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    this.element.requestSubmit();
  }

  #spread() {
    const words = wordsOf(this.line.value);
    this.fields.forEach((field, k) => {
      if (field.value !== (words[k] ?? "")) field.value = words[k] ?? "";
    });
    this.dirty = true;
  }

  #submit(event) {
    event.preventDefault();
    const words = wordsOf(this.line.value), items = words.map(parsed), count = this.#value.items.length;
    const wrong = words.find((word, k) => Number.isNaN(items[k]) && !/^[+-]?nan$/i.test(word));
    const broken = /^u?int/.test(this.#value.dtype) ? words.find((_, k) => !Number.isInteger(items[k])) : undefined;
    this.refuse(
      wrong !== undefined ? `${wrong} is not a number.` : broken !== undefined ? `${broken} is not a whole number, and ${this.#name} holds whole numbers (${this.#value.dtype}).`
      : items.length === count ? "" : `${count} number${count === 1 ? " is" : "s are"} needed, not ${items.length}.`,
    );
    if (this.told.textContent) return;
    this.dirty = false;
    this.change(items.map((item) => (Number.isFinite(item) ? item : String(item))));
  }
}

const wordsOf = (text) => text.replace(/[[\]();]/g, " ").trim().split(/\s*,\s+|\s+/).filter(Boolean);

/** What was typed, as a number: with a comma for a point, a real minus sign, and words for what is not finite. */
function parsed(word) {
  const text = word.replace(/,$/, "").replace(",", ".").replace("−", "-");
  if (/^true$/i.test(text)) return 1;
  if (/^false$/i.test(text)) return 0;
  if (/^[+-]?(inf(inity)?|∞)$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return text === "" ? NaN : Number(text);
}

/** An element as it is typed. */
function plain(item) {
  if (typeof item === "boolean") return item ? "1" : "0";
  const number = numberOf(item);
  return Number.isFinite(number) ? String(item) : Number.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
}
