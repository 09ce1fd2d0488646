/** What a picture shows at present, drawn: boxes, edges and frames, and what each of them looks like now. */

import { boxOf, outputBox, shorten, width } from "./boxes.js";
import { s } from "./dom.js";
import { BAR, layNested, linksOf, nest } from "./nested.js";
import { SIGNS, drawBox, drawChanged, drawEdge, drawMisfit, drawRing, path } from "./shapes.js";
import { aboutOf, nameOf } from "./speech.js";

/** The state of a group is that of its nodes which comes first here. */
const ORDER = ["error", "running", "ready", "stale", "waiting", "unbound", "bound", "done", "hidden"];
const GAUGE = 4;

export class Scene {
  #graph;
  #home;
  #states = null;
  #texts = null;
  #marks = null;
  #active = null;
  #near = [];
  chosen = -1;
  #incoming = new Map();
  #outgoing = new Map();

  /**
   * @param {import("./model.js").Graph} graph
   * @param {{open: Set<object>, only: Set<number>|null, flat: boolean, across: boolean}} view What of it is shown, and how.
   * @param {Function} labelOf
   */
  constructor(graph, { open, only, flat, across }, labelOf) {
    this.#graph = graph;
    const { root, units, home, outputs } = nest(graph, open, only, flat);
    this.#home = home;
    this.boxes = units.map((unit) => boxOf(graph, unit, labelOf, across));
    for (const output of outputs) {
      output.number = this.boxes.length;
      this.boxes.push({ ...outputBox(graph, output.numbers), made: output.numbers.map((k) => graph.heads[k][0]) });
    }
    /** How many of the boxes are nodes or groups; the others are outputs. */
    this.count = units.length;
    const laid = layNested(root, ({ number }) => this.boxes[number], across);
    this.size = laid.size;
    for (const [item, centre] of laid.boxes) this.#put(this.boxes[item.number], centre);
    this.frames = laid.frames.map(({ container, at }) => ({ group: container.group, at, element: drawFrame(container.group, at) }));
    this.edges = laid.curves.map((line) => this.#edge(line));
    this.elements = this.boxes.map((box, k) => this.#drawn(box, k));
    this.layers = [
      ...this.frames.map(({ element }) => element.frame), ...this.edges.map(({ element }) => element),
      ...this.frames.map(({ element }) => element.bar), ...this.elements,
    ];
    this.joined = joined(root);
  }

  #put(box, [x, y]) {
    box.at = [x - box.item[0] / 2, y - box.item[1] / 2, ...box.item];
    box.centre = [Math.round(x * 10) / 10, Math.round(y * 10) / 10];
  }

  #edge({ link, curve, own, ends }) {
    const element = drawEdge(own, ends);
    const many = link.entries.length;
    if (many > 1 && (link.head.group || link.tail.group)) bundle(element, own, many, ends);
    const edge = { element, link, curve, own };
    for (const k of link.heads) listed(this.#incoming, k).push(edge);
    for (const k of link.tails) listed(this.#outgoing, k).push(edge);
    return edge;
  }

  /** Mark an edge in one of several ways, all of it, however much others share. */
  #trace(edge, name, on) {
    edge.element.classList.toggle(name, on);
    if (edge.own === edge.curve) return;
    edge.line ??= edge.element.querySelector(".sb-line");
    const all = edge.element.matches(".sb-near, .sb-active, .sb-failing");
    edge.line.setAttribute("d", path(all ? edge.curve : edge.own));
  }

  #drawn(box, k) {
    const element = drawBox(box);
    element.setAttribute("transform", `translate(${box.centre})`);
    if (!box.unit) return element;
    element.dataset.box = k;
    element.setAttribute("tabindex", "-1");
    element.setAttribute("role", "button");
    element.setAttribute("aria-roledescription", box.kind);
    element.setAttribute("aria-description", aboutOf(this.#graph, box.unit));
    element.setAttribute(box.unit.group ? "aria-expanded" : "aria-pressed", "false");
    if (!box.unit.group) return element;
    box.gauge = s("rect", { class: "sb-gauge", x: -box.size[0] / 2 + 4, y: -box.item[1] / 2 + box.size[1] - GAUGE - 5, height: GAUGE, width: 0, rx: 1 });
    element.insertBefore(box.gauge, element.querySelector(".sb-badge"));
    return element;
  }

  /** The number of the box that a node is in; -1 where it is not shown. */
  boxOf(node) {
    return this.#home[node]?.number ?? -1;
  }

  /** The frame of an open group. */
  frameOf(group) {
    return this.frames.find((frame) => frame.group === group);
  }

  // How everything looks

  /** Show states of nodes, texts of labels and marks; only what differs from those before is touched. */
  show(states, texts, marks) {
    const touched = new Set();
    if (states !== this.#states || marks !== this.#marks) {
      const before = this.#states;
      for (let i = 0; i < this.#home.length; i++) {
        if (!before || !states || before[i] !== states[i] || marks !== this.#marks) if (this.#home[i]) touched.add(this.#home[i].number);
      }
    }
    if (texts !== this.#texts) {
      for (let k = 0; k < this.count; k++) if (this.#label(this.boxes[k], this.elements[k], texts)) touched.add(k);
    }
    if (!this.#states && !this.#marks) for (let k = 0; k < this.count; k++) touched.add(k);
    [this.#states, this.#texts, this.#marks] = [states, texts, marks];
    for (const k of touched) this.#look(k);
    if (touched.size) this.#showOutputs();
  }

  /** An output is there when its value is; before what makes it is written, it is a shadow as that is. */
  #showOutputs() {
    for (let k = this.count; k < this.boxes.length; k++) {
      const states = this.#states ? this.boxes[k].made.map((i) => this.#states[i]) : [], { classList } = this.elements[k];
      classList.toggle("sb-unwritten", states.includes("hidden"));
      classList.toggle("sb-awaited", states.some((state) => state !== "done" && state !== "bound"));
    }
  }

  #label(box, element, texts) {
    if (!box.label) return false;
    const text = texts?.get(box.label.key ??= box.label.entry.join());
    if (text === undefined || text === box.text) return false;
    box.text = text;
    box.written ??= element.querySelector(".sb-label text");
    box.written.textContent = text;
    return true;
  }

  #look(k) {
    const box = this.boxes[k], element = this.elements[k], { members, group } = box.unit;
    const state = this.#states ? this.#stateOf(box) : "";
    if (box.state !== state) {
      this.#later(k, state === "hidden", box.state === "hidden");
      for (const edge of this.#incoming.get(k) ?? []) edge.element.classList.toggle("sb-wrong", state === "error");
      box.state = state;
      element.dataset.state = state;
      (box.badge ??= element.querySelector(".sb-badge text")).textContent = SIGNS[state] ?? "";
    }
    const mark = this.#marks ? members.map((i) => this.#marks[i]).find(Boolean) ?? "" : "";
    if (this.#marks) element.dataset.mark = mark;
    const spoken = [nameOf(this.#graph, box.unit, state, mark || (box.changed ? "changed" : ""), box.text), group && this.#states ? box.progress : ""].filter(Boolean).join(", ");
    if (spoken !== box.spoken) element.setAttribute("aria-label", (box.spoken = spoken));
  }

  #stateOf(box) {
    const { members, group } = box.unit;
    if (!group) return this.#states[members[0]];
    let worst = ORDER.length - 1, over = 0;
    for (const i of members) {
      const at = ORDER.indexOf(this.#states[i]);
      worst = Math.min(worst, at);
      over += ORDER[at] === "done" || ORDER[at] === "bound" ? 1 : 0;
    }
    box.gauge.setAttribute("width", (over / members.length) * (box.size[0] - 14));
    box.progress = `${over} of ${members.length} there`;
    return ORDER[worst];
  }

  /** Edges of what is not there yet are not there yet. */
  #later(k, hidden, before) {
    if (hidden === before) return;
    const all = [...(this.#incoming.get(k) ?? []), ...(this.#outgoing.get(k) ?? [])];
    for (const edge of all) {
      edge.hidden = (edge.hidden ?? 0) + (hidden ? 1 : -1);
      edge.element.classList.toggle("sb-later", edge.hidden > 0 && edge.link.entries.length <= edge.hidden);
    }
  }

  /** Mark the box that a node is in, and the edges into it; of none, if null. */
  activate(node) {
    const k = node === null ? -1 : this.boxOf(node);
    if (k === this.#active) return;
    this.#mark(this.#active, false);
    this.#active = k;
    this.#mark(k, true);
  }

  #mark(k, on) {
    if (k === null || k < 0) return;
    this.elements[k].classList.toggle("sb-active", on);
    for (const edge of this.#incoming.get(k) ?? []) this.#trace(edge, "sb-active", on);
  }

  /** Mark a box, and the edges at it; gives its number. */
  choose(node) {
    for (const edge of this.#near) this.#trace(edge, "sb-near", false);
    if (this.chosen >= 0) this.#press(this.chosen, false);
    this.chosen = node === null ? -1 : this.boxOf(node);
    this.#near = this.chosen < 0 ? [] : [...(this.#incoming.get(this.chosen) ?? []), ...(this.#outgoing.get(this.chosen) ?? [])];
    for (const edge of this.#near) this.#trace(edge, "sb-near", true);
    if (this.chosen >= 0) this.#press(this.chosen, true);
    return this.chosen;
  }

  /** A box that is chosen is pressed; groups are opened instead. */
  #press(k, on) {
    const element = this.elements[k];
    element.classList.toggle("sb-selected", on);
    // Around its own outline, which tells its state.
    if (on) element.querySelector(".sb-shape").before(drawRing(this.boxes[k]));
    else element.querySelector(".sb-ring")?.remove();
    if (!this.boxes[k].unit.group) element.setAttribute("aria-pressed", String(on));
  }

  /** Mark the boxes of nodes where playing stops. */
  stopAt(nodes) {
    const homes = new Set([...nodes].map((i) => this.boxOf(i)));
    this.elements.forEach(({ classList }, k) => classList.toggle("sb-stop", homes.has(k)));
  }

  /** Mark the edges that do not fit where they lead to; gives what is to be drawn above all: what each has.
   * @param {{entry: number[], node: number, text: string}[]} failing
   */
  misfits(failing) {
    for (const edge of this.edges) if (edge.element.matches(".sb-failing")) this.#trace(edge, "sb-failing", false);
    for (const element of this.elements) element.classList.remove("sb-misfitting");
    // Where it is told which edges do not fit, the node's others are like any.
    for (const k of new Set(failing.map(({ node }) => this.boxOf(node)))) {
      for (const edge of this.#incoming.get(k) ?? []) edge.element.classList.remove("sb-wrong");
    }
    return failing.flatMap(({ entry, node, text }, place) => {
      const key = entry.join(), edge = (this.#incoming.get(this.boxOf(node)) ?? []).find(({ link }) => link.entries.some((other) => other.join() === key));
      if (!edge) return [];
      this.#trace(edge, "sb-failing", true);
      const k = this.boxOf(entry[0]), { label, text: written } = this.boxes[k];
      if (label?.entry.join() !== key || (written ?? label.text) !== text) return [drawMisfit(edge.curve, text, place)];
      this.elements[k].classList.add("sb-misfitting");
      return [];
    });
  }

  /** Mark the labels of entries whose values are others than in the recorded run; of none, if null.
   * @param {Map<string, string>|null} entries Their keys. */
  change(entries) {
    for (let k = 0; k < this.count; k++) {
      const box = this.boxes[k], on = Boolean(box.label && entries?.has(box.label.key ??= box.label.entry.join()));
      if (on === Boolean(box.changed)) continue;
      box.changed = on;
      this.elements[k].classList.toggle("sb-changed", on);
      if (on) this.elements[k].append(drawChanged(box));
      else this.elements[k].querySelector(".sb-delta").remove();
      this.#look(k);
    }
  }

  /** Let the boxes stand out that these nodes are in, and no others; all, if null. */
  find(nodes) {
    const homes = nodes && new Set(nodes.map((i) => this.boxOf(i)));
    this.elements.forEach(({ classList }, k) => {
      classList.toggle("sb-found", Boolean(homes?.has(k)));
      classList.toggle("sb-dimmed", Boolean(homes?.size) && !homes.has(k));
    });
  }
}

/** Pairs of boxes with an edge between them, as keys walk along: through the sides of frames. */
function joined(root) {
  const found = new Map();
  const collect = (container) => {
    for (const { tails, heads, head, tail } of linksOf(container)) {
      if (tail.kind === "port" || head.kind === "port") continue;
      for (const a of tails) for (const b of heads) if (tails.size * heads.size < 64 && b >= 0) found.set(`${a},${b}`, { tail: a, head: b });
    }
    for (const item of container.items) if (item.kind === "frame") collect(item);
  };
  collect(root);
  return [...found.values()];
}

function listed(map, key) {
  if (!map.has(key)) map.set(key, []);
  return map.get(key);
}

/** The look of an edge that stands for many: wider, with their number. */
function bundle(element, curve, many, ends) {
  const line = element.querySelector(".sb-line");
  line.style.strokeWidth = Math.min(5, 1.4 + Math.log2(many) * 0.6);
  if (!ends && curve.length < 8) return;
  const text = `${many.toLocaleString("en")}`, [x, y] = middleOf(curve.slice(-4)), wide = width(text, 10) + 10;
  element.append(s("g", { class: "sb-many", transform: `translate(${x} ${y})` }, s("rect", { x: -wide / 2, y: -7, width: wide, height: 14, rx: 7 }), s("text", { y: 3.5, "font-size": 10 }, text)));
}

function middleOf([a, b, c, d]) {
  return [0, 1].map((k) => Math.round((a[k] + 3 * b[k] + 3 * c[k] + d[k]) * 1.25) / 10);
}

/** The frame of an open group, and its bar, which closes it. */
function drawFrame(group, [x, y, wide, tall]) {
  const count = `${(group.stop - group.start).toLocaleString("en")} nodes`;
  const title = shorten(group.title, Math.max(8, Math.floor((wide - 60) / 7)));
  const fits = width(title, 12, true) + width(count, 11) + 50 < wide;
  const frame = s("g", { class: "sb-open" }, s("rect", { class: "sb-inside", x, y, width: wide, height: tall, rx: 8 }));
  const bar = s(
    "g", { class: "sb-bar-of", transform: `translate(${x} ${y})`, "data-close": `${group.start}-${group.stop}` },
    s("title", {}, `Close ${shorten(group.title, 60)}`),
    s("rect", { x: 1, y: 1, width: wide - 2, height: BAR - 2, rx: 7 }),
    s("text", { x: 10, y: 16, "font-size": 12, class: "sb-bold sb-left" }, title),
    fits ? s("text", { x: 18 + width(title, 12, true), y: 16, "font-size": 11, class: "sb-muted sb-left" }, count) : null,
    s("text", { x: wide - 14, y: 17, "font-size": 15, class: "sb-muted" }, "×"),
  );
  return { frame, bar };
}
