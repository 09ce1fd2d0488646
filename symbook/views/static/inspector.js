/** What is known of the node that is chosen. */

import { h, refill } from "./dom.js";
import { bytesText, drawValue, shapeText } from "./value.js";

const STATES = {
  hidden: "not written yet", unbound: "unbound: it has no value yet", bound: "bound to an array", waiting: "waits for its inputs",
  ready: "ready: all its inputs are there", running: "running", done: "done", error: "failed", stale: "to be computed again",
};

export class Inspector {
  /**
   * @param {(entry: number[]) => object|undefined} valueOf The value of an entry at present, if it has one.
   * @param {Map<string, number[]>} gradients For entries, the one that is the gradient with respect to them.
   * @param {((name: string, items: number[]) => void)|null} change Gives a variable another value, if that can be.
   */
  constructor(graph, store, places, valueOf, gradients, change = null) {
    this.graph = graph;
    this.store = store;
    this.places = places;
    this.valueOf = valueOf;
    this.gradients = gradients;
    this.change = change;
    this.element = h("section", { class: "sb-inspector", "aria-label": "The chosen node", tabindex: "0", onkeydown: (event) => event.key === "Escape" && store.set({ returned: {} }) });
    this.ends = [store.on(["selected", "states", "values"], () => this.show()), store.on(["asked"], () => this.element.focus())];
    this.show();
  }

  dispose() {
    for (const end of this.ends) end();
  }

  show() {
    const selected = this.store.get("selected");
    refill(this.element, selected === null ? this.nothing() : this.node(selected));
  }

  nothing() {
    return [h("p", { class: "sb-hint" }, "Choose a node to see what it is: click it, or go to one by Tab and the arrow keys.")];
  }

  node(i) {
    const node = this.graph.nodes[i];
    const place = node.where === undefined ? null : this.places[node.where];
    const state = this.store.get("states")?.[i];
    const kind = node.op ? `${node.op}${node.params ? ` · ${node.params}` : ""}` : node.role === "auxiliary" ? "auxiliary state" : "variable";
    return [
      h("h3", {}, node.name || "(no name)"),
      h("p", { class: "sb-kind" }, kind),
      state && h("p", { class: "sb-state" }, STATES[state]),
      node.op && this.graph.ops[node.op].doc && h("p", {}, this.graph.ops[node.op].doc),
      ...node.outs.flatMap((out, k) => this.output(i, out, k)),
      node.inputs.length ? this.entries("Inputs", node.inputs) : null,
      this.graph.readers[i].length ? this.entries("Read by", this.graph.readers[i].map((k) => [k, 0]), true) : null,
      place && h("p", { class: "sb-place" }, place.place, place.text && h("code", {}, place.text)),
    ].filter(Boolean);
  }

  output(i, out, k) {
    const value = this.valueOf([i, k]);
    const known = value ?? out;
    const told = [known.shape ? shapeText(known.shape) : "shape unknown", known.dtype, known.shape && known.dtype && bytesText(known.shape, known.dtype)];
    const name = this.graph.nodes[i].outs.length > 1 ? `${out.name}: ` : "";
    const shown = [h("p", { class: "sb-spec" }, name + told.filter(Boolean).join(" · ")), ...(value ? drawValue(value, out.name) : [])];
    if (value?.items && this.change && !this.graph.nodes[i].op) shown.push(this.changer(this.graph.nodes[i].name, value));
    return [...shown, ...this.gradient([i, k], out.name)].filter(Boolean);
  }

  /** A line to type other elements of a bound variable into. */
  changer(name, value) {
    const input = h("input", { type: "text", class: "sb-search", value: value.items.join(" "), "aria-label": `Elements of ${name}, with spaces between`, "data-lm-suppress-shortcuts": "true" });
    const told = h("span", { class: "sb-told", role: "status" });
    const submit = (event) => {
      event.preventDefault();
      const items = input.value.trim().split(/[\s;]+/).map((item) => Number(item.replace(",", ".").replace("−", "-").replace("∞", "Infinity")));
      if (items.length !== value.items.length || items.some((item, k) => Number.isNaN(item) && !/^nan$/i.test(input.value.trim().split(/[\s;]+/)[k]))) {
        told.textContent = `${value.items.length} number${value.items.length === 1 ? " is" : "s are"} needed.`;
        return;
      }
      told.textContent = "";
      this.change(name, items.map((item) => (Number.isFinite(item) ? item : String(item))));
    };
    return h("form", { class: "sb-question", onsubmit: submit }, h("label", {}, "What if: ", input), h("button", { type: "submit", class: "sb-button" }, "Try"), told);
  }

  /** The gradient with respect to a value, beside it. */
  gradient(entry, name) {
    const found = this.gradients.get(entry.join());
    if (!found) return [];
    const value = this.valueOf(found), node = this.graph.nodes[found[0]];
    const go = h("button", { type: "button", class: "sb-link", onclick: () => this.store.set({ selected: found[0] }) }, node.name);
    const title = h("p", { class: "sb-gradient" }, "Gradient: ", go, value ? "" : ", not computed yet");
    return [title, ...(value ? drawValue(value, `the gradient of ${name}`) : [])];
  }

  entries(title, entries, readers = false) {
    const rows = entries.slice(0, 50).map(([i, k]) => {
      const out = this.graph.nodes[i].outs[k];
      const go = h("button", { type: "button", class: "sb-link", onclick: () => this.store.set({ selected: i }) }, readers ? this.graph.nodes[i].name : out.name);
      const told = readers ? this.graph.nodes[i].op : out.shape ? shapeText(out.shape) : "";
      return h("tr", {}, h("th", { scope: "row" }, go), h("td", {}, told));
    });
    return h("table", {}, h("caption", {}, title), h("tbody", {}, ...rows));
  }
}
