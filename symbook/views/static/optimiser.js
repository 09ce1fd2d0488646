/** The optimiser at work: the graph before and after each pass, the plan's memory, and the code that runs. */

import { h, refill, whenResized } from "./dom.js";
import { keyHelp } from "./keys.js";
import { Memory } from "./memory.js";
import { Passes } from "./passes.js";
import { Picture } from "./picture.js";
import { Codes } from "./source.js";
import { Store } from "./store.js";
import { shapeText } from "./texts.js";

const MOST_ROWS = 500;
/** Steps of the longest plan whose memory is seen well in half of the width. */
const BESIDE = 12;
/** Nodes of the largest graph that is seen as a whole. */
const WHOLE = 40;

export class OptimiserView {
  #passes;
  #sides = [];
  #chosen = null;
  #listeners = [];

  /** @param {object} data The document's `stages`, `memory` and `codes`. */
  constructor(data) {
    const stages = data.stages.length ? data.stages : null;
    const chosen = (name) => this.#choose(this.#passes?.last ?? 0, name);
    // Buffers are of both runs: what forward alone takes as written is nothing to compare them with.
    this.memories = data.back ? [new Memory({ ...data.memory, written: null }, chosen, "Memory of forward", ", for both runs"), new Memory(data.back, chosen, "Memory of backward", ", the same ones")] : [new Memory(data.memory, chosen)];
    this.source = new Codes(data.codes, (name) => this.#chooseAnywhere(name));
    this.#passes = stages && new Passes(stages);
    const below = h("div", { class: data.memory.steps.length > BESIDE ? "sb-plan" : "sb-columns sb-plan" }, h("div", {}, ...this.memories.map(({ element }) => element)), this.source.element);
    this.element = h("section", { class: "sb-optimiser", "aria-label": "Optimiser" }, ...(stages ? this.#build() : [h("p", { class: "sb-sentence" }, "This graph runs as written: it was bound without the optimiser, or is on several devices.")]), below);
    if (stages) this.show(this.places.length - 1);
    let wide = 0;
    // What is chosen comes into sight when there is something to be seen.
    const look = (now) => {
      if (now && !wide && stages) this.#mark(true);
      wide = now;
    };
    this.end = whenResized(this.element, look);
  }

  dispose() {
    this.end();
    for (const memory of this.memories) memory.dispose();
    this.#clear();
  }

  /** Call with the name, in the graph as written, of what is chosen, or null. */
  onChosen(listener) {
    this.#listeners.push(listener);
  }

  /** Choose a node of the graph as written, or none. */
  choose(name) {
    const passes = this.#passes;
    if (!passes || this.written === name) return;
    this.#chosen = name !== null && passes.stages[0].names.has(name) ? [0, name] : null;
    this.#mark();
  }

  /** The name, in the graph as written, of what is chosen. */
  get written() {
    return this.#chosen && this.#passes.follow(this.#chosen[1], this.#chosen[0], 0);
  }

  // Building

  /** Places to look at: the graph as written, each pass, and the whole way. */
  #build() {
    const { stages, last } = this.#passes;
    this.places = [{ title: "As written", from: 0, to: 0 }, ...stages.slice(1).map((stage, k) => ({ title: stage.name, from: k, to: k + 1, idle: stage.idle }))];
    if (last) this.places.push({ title: "As it is run", from: 0, to: last });
    this.tabs = this.places.map(({ title, idle }, k) => h("button", { type: "button", class: `sb-act${idle ? " sb-idle" : ""}`, onclick: () => this.show(k), title: idle ? `${title}: nothing to do here` : title }, title, idle && h("span", { class: "sb-unseen" }, ", nothing to do")));
    this.slider = h("input", { type: "range", min: 0, max: this.places.length - 1, step: 1, class: "sb-scrubber", "aria-label": "Pass", oninput: () => this.show(Number(this.slider.value)) });
    this.told = h("p", { class: "sb-sentence", role: "status" });
    this.pictures = h("div", { class: "sb-columns" });
    this.notes = h("div", { class: "sb-scroll sb-notes", tabindex: "0", role: "region", "aria-label": "What was done" });
    return [h("div", { class: "sb-acts", role: "group", "aria-label": "Passes" }, ...this.tabs), this.places.length > 1 ? this.slider : null, this.told, this.pictures, this.notes];
  }

  #clear() {
    for (const side of this.#sides) side.picture.dispose();
    this.#sides = [];
  }

  /** Show a place: the graph before and after. */
  show(k) {
    const { from, to, title } = this.places[k];
    this.#clear();
    this.slider.value = k;
    this.slider.setAttribute("aria-valuetext", title);
    this.tabs.forEach((tab, t) => tab.setAttribute("aria-current", t === k ? "step" : "false"));
    this.told.replaceChildren(...this.#sentence(this.places[k]));
    const marks = this.#passes.marks(from, to), idle = from === to || !marks.before.size;
    const sides = idle ? [["The graph", to, new Map()]] : [["Before", from, marks.before], ["After", to, marks.after]];
    this.#sides = sides.map(([heading, stage, found]) => this.#side(heading, stage, found));
    refill(this.pictures, this.#sides.map(({ element }) => element));
    const notes = this.#passes.stages.slice(from + 1, to + 1).flatMap((stage, n) => stage.notes.map((note) => ({ ...note, pass: stage.name, stage: from + n })));
    this.notes.hidden = !notes.length;
    refill(this.notes, notes.length ? [this.#table(notes, to - from > 1)] : []);
    // Of a large graph only a part is seen: the one where something was done.
    if (!this.#chosen && notes.length && this.#sides[0].graph.nodes.length > WHOLE) this.#chosen = [notes[0].stage, notes[0].node];
    this.#mark();
  }

  /** What the pass is for, and what it did here. */
  #sentence({ from, to, title }) {
    const passes = this.#passes, stage = passes.stages[to];
    const count = (k) => `${passes.operators(k).toLocaleString("en")} operator${passes.operators(k) === 1 ? "" : "s"}`;
    if (to === 0) return [`The graph as you wrote it${this.memories.length > 1 ? " and its gradient" : ""}, with ${count(0)}. Move on to see what each pass of the optimiser makes of it.`];
    const notes = passes.stages.slice(from + 1, to + 1).flatMap((one) => one.notes), acts = new Map();
    for (const { act } of notes) acts.set(act, (acts.get(act) ?? 0) + 1);
    const did = [...acts].map(([act, n]) => `${n.toLocaleString("en")} ${act}`).join(", ");
    const what = to - from > 1 ? "All passes together. " : stage.for ? `${stage.for} ` : "";
    if (!notes.length) return [h("strong", {}, `${title}: `), what, to - from > 1 ? "They found nothing to do: the graph runs as you wrote it." : "Here it found nothing to do."];
    return [h("strong", {}, `${title}: `), what, `Here: ${did}. ${count(from)} before, ${passes.operators(to).toLocaleString("en")} after.`];
  }

  #side(heading, stage, marks) {
    const graph = this.#passes.graph(stage, marks);
    const store = new Store({ selected: null, active: null, states: null, texts: null, marks: graph.nodes.map(({ name }) => marks.get(name)?.act ?? "") });
    const labelOf = ([i, k]) => (graph.nodes[i].outs[k].shape ? [shapeText(graph.nodes[i].outs[k].shape)] : []);
    const picture = new Picture(graph, store, { alt: `${heading}: ${this.#passes.stages[stage].alt}`, labelOf, height: 340, help: keyHelp(false) });
    store.on(["selected"], () => {
      const at = store.get("selected");
      if (!this.marking) this.#choose(stage, at === null ? null : graph.nodes[at].name);
    });
    return { picture, store, graph, stage, element: h("div", { class: "sb-half" }, h("h3", {}, heading), picture.element) };
  }

  #table(notes, several) {
    const heads = ["Node", "Operator", "What became of it", "By", "Why"], shown = notes.slice(0, MOST_ROWS);
    const rows = shown.map(({ node, op, act, by, to, why, pass, stage }) => {
      const go = h("button", { type: "button", class: "sb-link", onclick: () => this.#choose(stage, node) }, node);
      return h("tr", { "data-node": node, "data-stage": stage }, h("th", { scope: "row" }, go), ...[op, act, to ?? by, why, ...(several ? [pass] : [])].map((text) => h("td", {}, text)));
    });
    if (notes.length > MOST_ROWS) rows.push(h("tr", {}, h("td", { colspan: 6 }, `… and ${(notes.length - MOST_ROWS).toLocaleString("en")} more`)));
    return h("table", {}, h("thead", {}, h("tr", {}, ...[...heads, ...(several ? ["Pass"] : [])].map((title) => h("th", { scope: "col" }, title)))), h("tbody", {}, ...rows));
  }

  // Choosing

  #choose(stage, name) {
    this.#chosen = name === null ? null : [stage, name];
    this.#mark();
    for (const listener of this.#listeners) listener(this.written);
  }

  /** A name of the code: of the graph as written, or of one as a pass left it. */
  #chooseAnywhere(name) {
    const at = this.#passes?.stages.findIndex(({ names }) => names.has(name)) ?? -1;
    if (at >= 0) this.#choose(at, name);
    else this.source.mark([name]);
  }

  /** Show what is chosen in both pictures, in the table, in the memory and in the code. */
  #mark(again = false) {
    const passes = this.#passes, chosen = this.#chosen;
    const nameIn = (stage) => chosen && passes.follow(chosen[1], chosen[0], stage);
    this.marking = true;
    for (const { picture, store, graph, stage } of this.#sides) {
      const name = nameIn(stage), at = name === null ? undefined : graph.position.get(name);
      if (at === undefined || again) store.set({ selected: null });
      if (at === undefined) continue;
      if (store.get("selected") !== at) picture.show(at);
    }
    this.marking = false;
    for (const row of this.notes.querySelectorAll("tr[data-node]")) {
      row.classList.toggle("sb-selected", nameIn(Number(row.dataset.stage)) === row.dataset.node);
    }
    const last = nameIn(passes.last);
    for (const memory of this.memories) memory.mark(last);
    this.source.mark([nameIn(0), last].filter(Boolean));
  }
}
