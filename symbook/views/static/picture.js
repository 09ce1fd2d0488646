/** The picture of a graph: drawn, searched, walked through by keys, opened and closed. */

import { boxesOf, outputBox, shorten } from "./boxes.js";
import { Camera } from "./camera.js";
import { button, focused, h, s, whenResized } from "./dom.js";
import { layOut } from "./layered.js";
import { SIGNS, drawBox, drawEdge } from "./shapes.js";
import { aboutOf, nameOf } from "./speech.js";
import { Walk } from "./walk.js";

/** So many boxes are laid out in a tenth of a second; more are opened only one group at a time. */
const OPEN_AT_ONCE = 300;
/** Smaller than this, texts cannot be read. */
const READABLE = 0.6;
const SPREAD = 15, CORNER = 14;

export class Picture {
  #graph;
  #store;
  #labelOf;
  #open = new Set();
  #boxes = [];
  #elements = [];
  #edges = [];
  #walk;
  #home = new Map();
  #current = 0;
  #fitted = true;
  #least = READABLE;
  #found = [];

  /**
   * @param {import("./model.js").Graph} graph
   * @param {import("./store.js").Store} store Its `selected` is the node chosen, or null; `states` says of nodes
   *   what state they are in, `texts` what their labels say.
   * @param {{alt: string, height?: number, labelOf?: Function, help?: object}} options `labelOf(entry)` gives all texts
   *   that an entry's label may ever have, the present one first; `help` is the list of keys with what opens it.
   */
  constructor(graph, store, { alt, height = 420, labelOf = () => [], help = null }) {
    this.#graph = graph;
    this.#store = store;
    this.#labelOf = labelOf;
    this.world = s("g", { class: "sb-world" });
    // An application: readers of screens leave the arrow keys to it.
    this.frame = s("svg", { class: "sb-frame", role: "application", "aria-roledescription": "graph", "aria-label": alt, height }, this.world);
    this.camera = new Camera(this.frame, this.world);
    this.element = h("div", { class: "sb-picture" }, this.#tools(help), help?.list, this.frame);
    this.frame.addEventListener("click", (event) => this.#clicked(event));
    this.frame.addEventListener("dblclick", (event) => this.#opened(event));
    this.frame.addEventListener("keydown", (event) => this.#key(event));
    this.ends = [
      store.on(["selected"], () => this.#showSelected()),
      store.on(["returned"], () => this.#elements[this.#current]?.focus({ preventScroll: true })),
      store.on(["states", "texts"], () => this.#showStates()),
      whenResized(this.frame, () => this.#fitted && this.camera.fit(false, this.#least)),
    ];
    this.draw();
  }

  #tools(help) {
    const zoom = (factor) => () => {
      this.#fitted = false;
      this.camera.zoom(factor);
    };
    this.search = h("input", {
      type: "search", class: "sb-search", placeholder: "Find a node", "aria-label": "Find a node by name or operator", "aria-keyshortcuts": "/",
      oninput: () => this.#searched(), onkeydown: (event) => this.#searchKey(event),
      "data-lm-suppress-shortcuts": "true",
    });
    this.told = h("span", { class: "sb-told", role: "status" });
    const tools = [
      this.search, this.told, h("span", { class: "sb-space" }),
      button("−", "Zoom out", zoom(1 / 1.4)), button("+", "Zoom in", zoom(1.4)), button("Fit", "Fit the whole graph", () => this.fit()),
    ];
    if (this.#graph.groups.length) {
      tools.push(button("Close all", "Close all groups", () => this.#setOpen([])));
    }
    return h("div", { class: "sb-tools", role: "group", "aria-label": "Picture" }, ...tools, help?.opener);
  }

  fit() {
    this.#fitted = true;
    this.#least = undefined;
    this.camera.fit();
  }

  /** End what would outlive it. */
  dispose() {
    for (const end of this.ends) end();
  }

  // Drawing

  draw() {
    const graph = this.#graph, held = this.world.contains(focused(this.frame));
    const units = graph.units(this.#open);
    const edges = graph.edges(units);
    this.#boxes = boxesOf(graph, units, edges, this.#labelOf);
    this.#home = new Map();
    units.forEach((unit, k) => this.#home.set(unit.key, k));
    const ends = this.#terminals(units, edges);
    const made = new Set(["operator", "group"]);
    const fed = new Set(edges.filter(({ tail }) => made.has(this.#boxes[tail].kind)).map(({ head }) => head));
    const laid = layOut({
      sizes: this.#boxes.map(({ item }) => item),
      edges: edges.map((edge) => ({
        tail: edge.tail, head: edge.head, shift: this.#shift(edge),
        // A chain of operators runs straight, and the variables that join it stand beside it.
        straight: made.has(this.#boxes[edge.tail].kind) || !fed.has(edge.head),
      })),
    });
    this.#spread(edges, laid.curves);
    this.#edges = edges.map((edge, e) => ({ ...edge, element: drawEdge(laid.curves[e]) }));
    this.#elements = this.#boxes.map((box, k) => this.#placed(box, k, laid.centres[k]));
    this.world.replaceChildren(...this.#edges.map(({ element }) => element), ...this.#elements);
    this.camera.resize(laid.size);
    if (this.#fitted) this.camera.fit(false, this.#least);
    this.#current = Math.min(this.#current, this.#boxes.length - 1 - ends);
    this.#elements[this.#current]?.setAttribute("tabindex", "0");
    this.#walk = new Walk(this.#boxes.filter(({ unit }) => unit).map(({ at }) => at), this.#edges);
    this.#showStates();
    this.#showSelected();
    if (held) this.#elements[this.#current]?.focus({ preventScroll: true });
  }

  /** A box for each of the graph's outputs, after the others; how many. */
  #terminals(units, edges) {
    this.#graph.heads.forEach(([node, index], k) => {
      const tail = units.findIndex(({ start, stop }) => start <= node && node < stop);
      edges.push({ tail, head: this.#boxes.length, port: -1, entries: [[node, index]] });
      this.#boxes.push(outputBox(this.#graph, k));
    });
    return this.#graph.heads.length;
  }

  #shift({ head, port }) {
    const { ports, size } = this.#boxes[head];
    return ports.length && port >= 0 ? ((port + 0.5) / ports.length - 0.5) * size[0] : 0;
  }

  /** Curves that would meet in one point arrive beside each other, in the order they come from. */
  #spread(edges, curves) {
    const meeting = new Map();
    edges.forEach(({ head, port }, e) => {
      if (port >= 0 && this.#boxes[head].ports.length) return;
      meeting.set(head, [...(meeting.get(head) ?? []), e]);
    });
    for (const [head, arriving] of meeting) {
      if (arriving.length < 2) continue;
      const step = Math.min(SPREAD, (this.#boxes[head].size[0] - 2 * CORNER) / (arriving.length - 1));
      arriving.sort((a, b) => curves[a].at(-4)[0] - curves[b].at(-4)[0] || curves[a][0][0] - curves[b][0][0]);
      arriving.forEach((e, place) => {
        const shift = (place - (arriving.length - 1) / 2) * step;
        for (const at of [-1, -2]) curves[e][curves[e].length + at] = [curves[e].at(at)[0] + shift, curves[e].at(at)[1]];
      });
    }
  }

  #placed(box, k, [x, y]) {
    const element = drawBox(box);
    element.setAttribute("transform", `translate(${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10})`);
    box.at = [x - box.item[0] / 2, y - box.item[1] / 2, ...box.item];
    if (box.kind === "output") return element;
    element.dataset.box = k;
    element.setAttribute("tabindex", "-1");
    element.setAttribute("role", "button");
    element.setAttribute("aria-roledescription", box.kind);
    element.setAttribute("aria-description", aboutOf(this.#graph, box.unit));
    if (box.unit.group) element.setAttribute("aria-expanded", "false");
    return element;
  }

  // States

  #showStates() {
    const states = this.#store.get("states"), texts = this.#store.get("texts"), marks = this.#store.get("marks");
    this.#boxes.forEach((box, k) => {
      if (!box.unit) return;
      const element = this.#elements[k];
      const state = states ? this.#stateOf(box.unit, states) : "";
      if (element.dataset.state !== state) {
        element.dataset.state = state;
        element.querySelector(".sb-badge text").textContent = SIGNS[state] ?? "";
      }
      const mark = marks ? marks.slice(box.unit.start, box.unit.stop).find(Boolean) ?? "" : "";
      if (marks) element.dataset.mark = mark;
      const text = box.label && texts?.get(box.label.entry.join());
      if (box.label && text !== undefined) {
        const shown = element.querySelector(".sb-label text");
        if (shown.textContent !== text) shown.textContent = text;
      }
      element.setAttribute("aria-label", nameOf(this.#graph, box.unit, state, mark, text));
    });
    this.#showActive();
  }

  #stateOf({ start, stop }, states) {
    const order = ["error", "running", "ready", "stale", "waiting", "hidden", "unbound", "bound", "done"];
    let worst = order.length;
    for (let i = start; i < stop; i++) worst = Math.min(worst, order.indexOf(states[i] || "done"));
    return order[worst];
  }

  /** The edges into what is active. */
  #showActive() {
    const active = this.#store.get("active");
    for (const { head, element } of this.#edges) {
      const unit = this.#boxes[head].unit;
      element.classList.toggle("sb-active", Boolean(unit) && active !== null && unit.start <= active && active < unit.stop);
    }
    this.#boxes.forEach(({ unit }, k) => {
      this.#elements[k].classList.toggle("sb-active", Boolean(unit) && active !== null && unit.start <= active && active < unit.stop);
    });
  }

  // Choosing

  #showSelected() {
    const selected = this.#store.get("selected");
    const chosen = selected === null ? -1 : this.#boxOf(selected);
    this.#elements.forEach((element, k) => {
      element.classList.toggle("sb-selected", k === chosen);
      const { unit } = this.#boxes[k];
      if (unit && !unit.group) element.setAttribute("aria-pressed", String(k === chosen));
    });
    for (const { tail, head, element } of this.#edges) {
      element.classList.toggle("sb-near", tail === chosen || head === chosen);
    }
    if (chosen >= 0) {
      this.#makeCurrent(chosen);
      this.camera.reveal(this.#boxes[chosen].at);
      this.#fitted = false;
    }
  }

  #boxOf(node) {
    return this.#boxes.findIndex(({ unit }) => unit && unit.start <= node && node < unit.stop);
  }

  #boxAt(event) {
    const element = event.target.closest?.("[data-box]");
    return element ? Number(element.dataset.box) : -1;
  }

  #clicked(event) {
    if (this.camera.dragged) return;
    const k = this.#boxAt(event);
    if (k < 0) this.#store.set({ selected: null });
    else if (this.#boxes[k].unit.group) this.#toggle(k);
    else this.#choose(k);
  }

  #opened(event) {
    const k = this.#boxAt(event);
    if (k >= 0) this.#closeAround(k);
  }

  #choose(k) {
    this.#makeCurrent(k);
    this.#elements[k].focus({ preventScroll: true });
    this.#store.set({ selected: this.#boxes[k].unit.start });
  }

  #makeCurrent(k) {
    this.#elements[this.#current]?.setAttribute("tabindex", "-1");
    this.#current = k;
    this.#elements[k]?.setAttribute("tabindex", "0");
  }

  // Opening and closing

  #setOpen(groups, around = null) {
    this.#open = new Set(groups);
    this.#fitted = around === null;
    this.draw();
    if (around !== null) {
      const k = this.#boxOf(around);
      this.#makeCurrent(k);
      this.#elements[k].focus({ preventScroll: true });
      this.camera.reveal(this.#boxes[k].at, false);
    }
    this.#tell(`${this.#boxes.length - this.#graph.heads.length} boxes`);
  }

  #toggle(k) {
    const { group, start } = this.#boxes[k].unit;
    this.#setOpen([...this.#open, group], start);
  }

  /** Close the innermost open group around a box. */
  #closeAround(k) {
    const { start } = this.#boxes[k].unit;
    const around = this.#graph.groupsAround(start).filter((group) => this.#open.has(group));
    if (around.length) this.#setOpen([...this.#open].filter((group) => group !== around.at(-1)), start);
  }

  /** Open what a node is in, so that it has a box of its own. */
  show(node) {
    const around = this.#graph.groupsAround(node);
    if (around.some((group) => !this.#open.has(group))) {
      const kept = this.#boxes.length > OPEN_AT_ONCE ? [] : this.#open;
      this.#setOpen([...kept, ...around], node);
    }
    this.#store.set({ selected: node });
  }

  // Searching

  #searched() {
    this.#found = this.#graph.search(this.search.value);
    const homes = new Set(this.#found.map((i) => this.#boxOf(i)));
    this.#elements.forEach((element, k) => {
      element.classList.toggle("sb-found", homes.has(k));
      element.classList.toggle("sb-dimmed", this.#found.length > 0 && !homes.has(k));
    });
    if (!this.search.value.trim()) this.#tell("");
    else this.#tell(this.#found.length ? `${this.#found.length} found; Enter goes to the next` : "none found");
  }

  #nextFound(step) {
    if (!this.#found.length) return;
    const at = this.#found.indexOf(this.#store.get("selected"));
    const next = this.#found[(at + step + this.#found.length) % this.#found.length];
    this.show(next);
    this.#searched();
    this.#tell(`${this.#found.indexOf(next) + 1} of ${this.#found.length}: ${shorten(this.#graph.nodes[next].name)}`);
  }

  #tell(text) {
    this.told.textContent = text;
  }

  // Keys

  #key(event) {
    const k = this.#boxAt(event);
    const zoom = { "+": 1.4, "=": 1.4, "-": 1 / 1.4 }[event.key];
    if (zoom) this.camera.zoom(zoom);
    else if (event.key === "0") this.fit();
    else if (k < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    else if (event.key === "Enter" || event.key === " ") this.#enter(k);
    else if (event.key === "Escape") this.#leave(k);
    else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") this.#goTo(this.#walk.next(k, event.key));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Open a group; choose a node; of one that is chosen, go to what is known of it. */
  #enter(k) {
    const { group, start } = this.#boxes[k].unit;
    if (group) this.#toggle(k);
    else if (this.#store.get("selected") === start) this.#store.set({ asked: {} });
    else this.#choose(k);
  }

  #leave(k) {
    const { start } = this.#boxes[k].unit;
    if (this.#graph.groupsAround(start).some((group) => this.#open.has(group))) this.#closeAround(k);
    else this.#store.set({ selected: null });
  }

  #goTo(next) {
    if (next === undefined) return;
    this.#makeCurrent(next);
    this.#elements[next].focus({ preventScroll: true });
    this.camera.reveal(this.#boxes[next].at);
    this.#fitted = false;
    if (!this.#boxes[next].unit.group) this.#store.set({ selected: this.#boxes[next].unit.start });
  }

  #searchKey(event) {
    if (event.key === "Enter") this.#nextFound(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape" && !this.search.value) this.#elements[this.#current]?.focus({ preventScroll: true });
  }
}
