/** The optimiser at work: the graph before and after each pass, the plan's memory, and the code that runs. */

import { h, refill, s, whenResized } from "./dom.js";
import { keyHelp } from "./keys.js";
import { Graph } from "./model.js";
import { Picture } from "./picture.js";
import { Store } from "./store.js";
import { bytesText, shapeText } from "./texts.js";

const LANE = 24, LEFT = 90;
/** Buffers' colours, told apart by those who see colours differently, too; numbers stand in the bars besides. */
const COLOURS = ["#a6cee3", "#fdbf6f", "#b2df8a", "#cab2d6", "#fb9a99", "#ffff99", "#8dd3c7", "#d9d9d9"];

export class OptimiserView {
  #data;
  #shown = [];

  constructor(data) {
    this.#data = data;
    const { stages } = data;
    this.slider = h("input", { type: "range", min: 1, max: Math.max(1, stages.length - 1), value: 1, step: 1, class: "sb-scrubber", "aria-label": "Pass", oninput: () => this.show(Number(this.slider.value)) });
    this.tabs = stages.slice(1).map((stage, k) => h("button", { type: "button", class: "sb-act", onclick: () => this.show(k + 1) }, stage.name));
    this.told = h("p", { class: "sb-sentence", role: "status" });
    this.before = h("div", { class: "sb-half" });
    this.after = h("div", { class: "sb-half" });
    this.notes = h("div", { class: "sb-scroll sb-notes", tabindex: "0", role: "region", "aria-label": "What the pass did" });
    this.element = h(
      "section", { class: "sb-optimiser", "aria-label": "Optimiser" },
      h("div", { class: "sb-acts", role: "group", "aria-label": "Passes" }, ...this.tabs), stages.length > 2 ? this.slider : null, this.told,
      h("div", { class: "sb-columns" }, this.before, this.after), this.notes,
      memoryChart(data.memory),
      h("details", { class: "sb-source" }, h("summary", {}, "The code that runs"), h("pre", { tabindex: "0" }, data.source)),
    );
    this.show(stages.length > 1 ? 1 : 0);
  }

  dispose() {
    for (const { picture } of this.#shown) picture.dispose();
  }

  /** Show the graph before and after pass `k`. */
  show(k) {
    const { stages } = this.#data;
    this.dispose();
    this.slider.value = k;
    this.tabs.forEach((tab, t) => tab.setAttribute("aria-current", t + 1 === k ? "step" : "false"));
    if (k === 0) {
      this.told.textContent = "The optimiser changed nothing.";
      this.#shown = [this.#picture(this.before, "The graph", stages[0], [])];
      return;
    }
    const { name, notes } = stages[k];
    this.slider.setAttribute("aria-valuetext", name);
    const counts = new Map();
    for (const { act } of notes) counts.set(act, (counts.get(act) ?? 0) + 1);
    const did = [...counts].map(([act, n]) => `${n.toLocaleString("en")} ${act}`).join(", ") || "nothing to do";
    this.told.textContent = `${name}: ${did}. ${stages[k - 1].graph.nodes.length.toLocaleString("en")} nodes before, ${stages[k].graph.nodes.length.toLocaleString("en")} after.`;
    this.#shown = [this.#picture(this.before, "Before", stages[k - 1], notes), this.#picture(this.after, "After", stages[k], notes, true)];
    refill(this.notes, [this.#table(notes)]);
  }

  #picture(place, title, stage, notes, after = false) {
    const graph = new Graph(stage.graph);
    const marks = graph.nodes.map(() => "");
    for (const note of notes) {
      const at = graph.position.get(after ? note.by : note.node);
      if (at !== undefined) marks[at] = note.act;
    }
    const store = new Store({ selected: null, active: null, states: null, texts: null, marks });
    const labelOf = ([i, k]) => (graph.nodes[i].outs[k].shape ? [shapeText(graph.nodes[i].outs[k].shape)] : []);
    const picture = new Picture(graph, store, { alt: `${title}: ${stage.alt}`, labelOf, height: 360, help: after ? null : keyHelp(false) });
    place.replaceChildren(h("h3", {}, title), picture.element);
    return { picture, store, graph };
  }

  #table(notes) {
    const rows = notes.slice(0, 500).map(({ node, op, act, by, why }) => {
      const go = h("button", { type: "button", class: "sb-link", onclick: () => this.#find(node, by) }, node);
      return h("tr", {}, h("th", { scope: "row" }, go), h("td", {}, op), h("td", {}, act), h("td", {}, by), h("td", {}, why));
    });
    const heads = ["Node", "Operator", "What became of it", "By", "Why"].map((title) => h("th", { scope: "col" }, title));
    return h("table", {}, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows));
  }

  #find(node, by) {
    const [before, after] = this.#shown;
    if (before.graph.position.has(node)) before.picture.show(before.graph.position.get(node));
    if (after?.graph.position.has(by)) after.picture.show(after.graph.position.get(by));
  }
}

/** The plan's memory: a lane for each buffer, a bar for each value in it, over the steps. */
function memoryChart({ sizes, steps, rows }) {
  const own = rows.filter(([buffer]) => buffer < 0).length;
  const lanes = [...sizes.map((size, k) => `buffer ${k}, ${bytesText([size], "uint8")}`)];
  const firstOwn = lanes.length;
  for (let k = 0; k < Math.min(own, 20); k++) lanes.push("own memory");
  const tall = lanes.length * LANE + 24;
  const chart = s("svg", { class: "sb-chart", height: tall, role: "img", "aria-label": `${rows.length} values in ${sizes.length} shared buffers over ${steps.length} steps` });
  const draw = () => {
    const wide = chart.clientWidth || 600, unit = (wide - LEFT - 8) / Math.max(1, steps.length);
    const parts = [];
    let next = firstOwn;
    for (const [buffer, name, bytes, first, last] of rows) {
      const lane = buffer < 0 ? next++ : buffer;
      if (lane >= lanes.length) continue;
      const [x, y, width] = [LEFT + first * unit, lane * LANE + 20, (last - first + 1) * unit - 1];
      const rect = s("rect", { x, y, width: Math.max(2, width), height: LANE - 5, rx: 3, class: buffer < 0 ? "sb-own" : null });
      if (buffer >= 0) rect.style.fill = COLOURS[buffer % COLOURS.length];
      parts.push(s("g", {}, s("title", {}, `${name}: ${bytesText([bytes], "uint8")}, steps ${first} to ${last}`), rect));
      if (width > 7 * name.length + 8) parts.push(s("text", { x: x + 4, y: y + 13, class: buffer < 0 ? null : "sb-on-colour" }, name));
    }
    const titles = lanes.map((title, k) => s("text", { x: 2, y: k * LANE + 33 }, k > firstOwn ? "" : title));
    chart.replaceChildren(s("text", { x: LEFT, y: 13, class: "sb-muted" }, `steps 0 to ${steps.length - 1} →`), ...titles, ...parts);
  };
  whenResized(chart, draw);
  return h("section", { class: "sb-memory", "aria-label": "Memory" }, h("h3", {}, "Memory"), chart);
}
