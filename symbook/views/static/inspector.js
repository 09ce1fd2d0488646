/** What is known of the node that is chosen. */

import { button, h, refill } from "./dom.js";
import { Editor } from "./editor.js";
import { prose } from "./prose.js";
import { CHANGED } from "./shapes.js";
import { bytesText, numberText, shapeText } from "./texts.js";
import { drawValue } from "./value.js";

const STATES = {
  hidden: "not written yet", unbound: "unbound: it has no value yet", bound: "bound to an array", waiting: "waits for its inputs",
  ready: "ready: all its inputs are there", running: "running", done: "done", error: "failed", stale: "to be computed again",
};
const MOST_LINKS = 50;
/** Longer names scroll. */
const LONG = 200;

export class Inspector {
  /** What the reader chose for each value: as a table, as a picture. */
  #looks = new Map();
  #editor = null;
  #shown = null;
  /** Whether the documentation and the defaults are unfolded: for all nodes alike. */
  #open = new Set();

  /**
   * @param {(entry: number[]) => object|undefined} valueOf The value of an entry at present, if it has one.
   * @param {Map<string, number[]>} gradients For entries, the one that is the gradient with respect to them.
   * @param {((name: string, items: number[]) => void)|null} change Gives a variable another value, if that can be.
   * @param {((entry: number[]) => Function|null)|null} partOf Gives what fetches parts of an entry's value.
   * @param {(entry: number[]) => string} missing Why an entry never has a value in this run; empty if it has one later.
   * @param {boolean} stepped Whether the reader can go from step to step; without, there is no way back from one.
   */
  constructor(graph, store, places, valueOf, gradients, change = null, partOf = null, missing = () => "", stepped = true) {
    this.graph = graph;
    this.store = store;
    this.places = places;
    this.valueOf = valueOf;
    this.gradients = gradients;
    this.change = change;
    this.partOf = partOf;
    this.missing = missing;
    this.stepped = stepped;
    this.element = h("section", { class: "sb-inspector", "aria-label": "The chosen node", tabindex: "0", onkeydown: (event) => event.key === "Escape" && store.set({ returned: {} }) });
    this.ends = [store.on(["selected", "states", "values", "tried"], () => this.show()), store.on(["refused"], () => this.#editor?.refuse(store.get("refused").text)), store.on(["asked"], () => this.element.focus())];
    this.show();
  }

  dispose() {
    for (const end of this.ends) end();
  }

  show() {
    const selected = this.store.get("selected"), again = selected === this.#shown, scrolled = this.element.scrollTop;
    if (!again) this.#editor = null;
    this.#shown = selected;
    this.#noteOpen();
    refill(this.element, selected === null ? this.nothing() : this.node(selected));
    if (again) this.element.scrollTop = scrolled;
  }

  nothing() {
    return [h("p", { class: "sb-hint" }, "Choose a node to see what it is: click it, or go to one by Tab and the arrow keys.")];
  }

  node(i) {
    const node = this.graph.nodes[i], state = this.store.get("states")?.[i];
    const kind = node.op ?? (node.role === "auxiliary" ? "auxiliary state" : "variable");
    const several = node.outs.length > 1;
    return [
      h("div", { class: "sb-head-of" }, h("h3", { tabindex: node.name.length > LONG ? "0" : null }, node.name || "(no name)"), copyButton(() => node.name, "Copy the name")),
      h("p", { class: "sb-kind" }, kind),
      state && h("p", { class: "sb-state", "data-is": state }, STATES[state]),
      state && this.stepped && h("button", { type: "button", class: "sb-link", onclick: () => this.store.set({ goTo: { node: i } }) }, "Go to its step"),
      ...this.documentation(node),
      this.parameters(node),
      several ? h("h4", {}, "Outputs") : null,
      ...node.outs.flatMap((out, k) => this.output(i, out, k)),
      this.change && this.store.get("tried") && button("Back to the recorded values", "Back to the recorded values", () => this.store.set({ undo: {} })),
      node.inputs.length ? this.inputs(node) : null,
      this.graph.readers[i].length ? this.readers(i) : null,
      this.place(node),
    ].filter(Boolean);
  }

  documentation(node) {
    const { doc, more } = this.graph.ops[node.op] ?? {};
    if (!doc) return [];
    return [h("p", {}, ...prose(doc)), more ? this.#unfolding("more", "More about it", h("pre", { class: "sb-doc" }, ...prose(more))) : null];
  }

  /** The parameters that were given, and, folded, those at their defaults. */
  parameters(node) {
    const defaults = this.graph.ops[node.op]?.defaults ?? {}, given = node.given ?? {};
    const rest = Object.entries(defaults).filter(([name]) => !(name in given));
    const rows = (entries, note) => entries.map(([name, text]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, h("code", {}, text || "''"), note && h("span", { class: "sb-told" }, note))));
    if (!rest.length && !Object.keys(given).length) return null;
    const table = (entries, note) => h("table", { class: "sb-parameters" }, h("tbody", {}, ...rows(entries, note)));
    return h(
      "div", { class: "sb-section" }, h("h4", {}, "Parameters"),
      Object.keys(given).length ? table(Object.entries(given), null) : null,
      rest.length ? this.#unfolding("defaults", `${rest.length} at ${rest.length === 1 ? "its default" : "their defaults"}`, table(rest, " default")) : null,
    );
  }

  #unfolding(key, title, content) {
    return h("details", { open: this.#open.has(key), "data-key": key }, h("summary", {}, title), content);
  }

  /** What is unfolded stays so for the next node. The browser tells of it too late, when that is shown already. */
  #noteOpen() {
    for (const details of this.element.querySelectorAll("details[data-key]")) details.open ? this.#open.add(details.dataset.key) : this.#open.delete(details.dataset.key);
  }

  output(i, out, k) {
    const value = this.valueOf([i, k]), known = value ?? this.#inferred([i, k], out);
    const told = [known.shape ? shapeText(known.shape) : this.store.get("typed") === false ? "no shape yet" : "shape unknown", known.dtype, known.shape && known.dtype && bytesText(known.shape, known.dtype)];
    const name = this.graph.nodes[i].outs.length > 1 ? `${out.name}: ` : "";
    const copy = value?.items ? copyButton(() => pythonText(value), `Copy the value of ${out.name}`) : null;
    const shown = [h("div", { class: "sb-head-of" }, h("p", { class: "sb-spec" }, name + told.filter(Boolean).join(" · ")), copy), ...(value ? this.#drawn([i, k], value, out.name) : [])];
    return [...shown, this.changed([i, k]), this.editor(this.graph.nodes[i], value), ...this.gradient([i, k], out.name)].filter(Boolean);
  }

  /** What is known of an entry so far: in the course of events, its shape and its dtype come one after the other. */
  #inferred([i, k], out) {
    if (this.store.get("typed") !== false) return out;
    return { shape: this.store.get("texts")?.get(`${i},${k}`) ? out.shape : undefined };
  }

  #drawn(entry, value, name) {
    const key = entry.join();
    if (!this.#looks.has(key)) this.#looks.set(key, {});
    return drawValue(value, name, { look: this.#looks.get(key), part: this.partOf?.(entry) ?? null });
  }

  /** That a value is another than in the recorded run. */
  changed(entry) {
    const before = this.store.get("changed")?.get(entry.join());
    return before === undefined ? null : h("p", { class: "sb-changed-from" }, h("span", { "aria-hidden": "true" }, `${CHANGED} `), before ? `changed; recorded: ${before}` : "changed: not as recorded");
  }

  /** Fields for other elements of a bound variable. */
  editor(node, value) {
    if (node.op || !value) return null;
    if (!this.change) return this.store.get("states") && h("p", { class: "sb-hint" }, "To try another value here, show the view in a notebook: Python computes again what depends on it.");
    if (!value.items) return null;
    if (this.#editor) this.#editor.take(value);
    else this.#editor = new Editor(node.name, value, (items) => this.change(node.name, items));
    return this.#editor.element;
  }

  /** The gradient with respect to a value, beside it. */
  gradient(entry, name) {
    const found = this.gradients.get(entry.join());
    if (!found) return [];
    const value = this.valueOf(found), never = value ? "" : this.missing(found);
    // What never comes is nowhere to be seen.
    const told = never ? [never] : [this.#link(found[0], this.graph.nodes[found[0]].name), value ? "" : ", not computed yet"];
    const title = h("p", { class: "sb-gradient" }, "Gradient: ", ...told);
    return [title, ...(value ? this.#drawn(found, value, `the gradient of ${name}`) : [])];
  }

  #link(i, text) {
    return h("button", { type: "button", class: "sb-link", onclick: () => this.store.set({ selected: i }) }, text);
  }

  inputs(node) {
    const rows = node.inputs.slice(0, MOST_LINKS).map(([i, k], port) => {
      const out = this.#inferred([i, k], this.graph.nodes[i].outs[k]), value = this.valueOf([i, k], false);
      const told = [out.shape && shapeText(out.shape), out.dtype].filter(Boolean).join(" · ");
      const short = value?.items && value.items.length <= 4 ? ` = ${arrayText(value)}` : "";
      const text = this.graph.entryName([i, k]);
      return h("tr", {}, node.ports && h("th", { scope: "row", class: "sb-told" }, node.ports[port] ?? ""), h("td", {}, this.#link(i, text), short, told && h("div", { class: "sb-told" }, told)));
    });
    return section("Inputs", rows, node.inputs.length);
  }

  readers(i) {
    const readers = this.graph.readers[i];
    const rows = readers.slice(0, MOST_LINKS).map((k) => h("tr", {}, h("td", {}, this.#link(k, this.graph.nodes[k].name), h("span", { class: "sb-told" }, ` ${this.graph.nodes[k].op}`))));
    return section("Read by", rows, readers.length);
  }

  /** The line that made the node, between its neighbours. */
  place(node) {
    const place = node.where === undefined ? null : this.places[node.where];
    if (!place) return null;
    const line = (text, number, mark) => h("div", { class: mark ? "sb-this" : "sb-other" }, h("span", { class: "sb-lineno", "aria-hidden": "true" }, number), h("code", {}, text || " "));
    const lines = place.text ? [place.before && line(place.before, place.line - 1), line(place.text, place.line, true), place.after && line(place.after, place.line + 1)] : [];
    return h("div", { class: "sb-section" }, h("h4", {}, "Written in"), h("p", { class: "sb-told" }, place.place), lines.length ? h("div", { class: "sb-lines", tabindex: "0", role: "region", "aria-label": `The line: ${place.text}` }, ...lines.filter(Boolean)) : null);
  }
}

function section(title, rows, count) {
  const more = count > rows.length ? h("p", { class: "sb-told" }, `and ${(count - rows.length).toLocaleString("en")} more`) : null;
  return h("div", { class: "sb-section" }, h("h4", {}, title), h("table", {}, h("tbody", {}, ...rows)), more);
}

export function copyButton(text, label) {
  const found = h("button", {
    type: "button", class: "sb-button sb-copy", title: label, "aria-label": label,
    onclick: async () => {
      await navigator.clipboard?.writeText(text());
      found.textContent = "copied";
      setTimeout(() => (found.textContent = "copy"), 1200);
    },
  }, "copy");
  return found;
}

function arrayText({ shape, items }) {
  const told = items.map(numberText);
  return shape.length ? `[${told.join(" ")}]` : told[0];
}

/** An array as Python writes it: lists in lists. */
function pythonText({ shape, items }) {
  const words = { NaN: "nan", "∞": "inf", "−∞": "-inf", true: "True", false: "False" };
  const text = (at, axis, size) => {
    if (axis === shape.length) return words[items[at]] ?? String(items[at]);
    const step = size / shape[axis];
    return `[${Array.from({ length: shape[axis] }, (_, k) => text(at + k * step, axis + 1, step)).join(", ")}]`;
  };
  return text(0, 0, items.length);
}
