/** Which thread or stream ran what, when: lanes with a bar for each step, drawn to scale. */

import { Bars } from "./bars.js";
import { button, h, refill, s, scaled, whenResized } from "./dom.js";
import { sizeText } from "./texts.js";
import { count, niceStep, perSecond, timeText, unitOf } from "./times.js";

const LANE = 28, AXIS = 24, LEFT = 78, RIGHT = 10, LEAST = 3, MEMORY = 34, NOTCH = 1.2;
/** What it says of a run that was recorded several times. */
const quickest = (recordings) => ["recordings", `The same step takes longer when memory is fresh, or the computer is busy with something else. So this short run was recorded ${recordings} times, after one to warm up, and what is shown is the quickest of ${recordings} recordings.`];
const HELP = [
  ["busy", "The time that all steps took, divided by the time from the first start to the last end: how many ran at once on average. “At most” is how many ran at the same moment."],
  ["critical path", "The chain of steps that takes longest, each waiting for the one before it: for its result, or for the same thread. With these threads the run cannot be quicker than that. Its bars have a thick outline."],
  ["waited", "A step begins when all its inputs are there and a thread is free. What came last is what it waited for."],
  ["memory", "The bytes of values that a later step reads, or that are outputs. Arguments are not counted."],
];

export class Timeline {
  #data;
  #graph;
  #store;
  #bars;
  #from = 0;
  #to;
  #shown = new Map();
  #told = null;

  /**
   * @param {object} data One of the document's `timelines`.
   * @param {import("./model.js").Graph} graph
   * @param {import("./store.js").Store} store
   * @param {import("./steps.js").Steps|null} steps Tell which step of the course of events each bar is.
   * @param {(step: number) => void} jump
   * @param {boolean} explains Whether it tells what its figures mean; of several timelines, one does.
   */
  constructor(data, graph, store, steps, jump, explains = true) {
    this.#data = data;
    this.#graph = graph;
    this.#store = store;
    this.#bars = new Bars(data.bars, data.lanes.length);
    this.#to = this.#whole;
    this.jump = jump;
    // Where all are on it, none is marked.
    this.path = new Set(data.path.length < data.bars.length ? data.path : []);
    this.explains = explains;
    this.stepOf = steps?.endsIn(data.act) ?? new Map();
    this.steps = steps;
    this.element = this.#build();
    this.ends = [
      store.on(["selected"], () => this.#reveal(store.get("selected"))), store.on(["step"], () => this.#mark()),
      whenResized(this.chart, () => this.draw()),
    ];
  }

  dispose() {
    for (const end of this.ends) end();
  }

  get #whole() {
    return this.#data.seconds || 1e-9;
  }

  // Building

  #build() {
    const { act, lanes } = this.#data;
    this.tall = AXIS + lanes.length * LANE;
    this.chart = s("svg", { class: "sb-chart", role: "application", "aria-roledescription": "timeline", "aria-label": `${this.#summary().join("; ")}. Arrow keys go from step to step.`, "data-lm-suppress-shortcuts": "true" });
    this.chart.addEventListener("click", (event) => this.#clicked(event));
    this.chart.addEventListener("keydown", (event) => this.#key(event));
    this.chart.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.chart.addEventListener("pointerover", (event) => this.#tell(this.#blockAt(event)));
    this.chart.addEventListener("pointerleave", () => this.#tell(null));
    this.chart.addEventListener("focusin", (event) => this.#tell(this.#blockAt(event)));
    this.#listenToDrags();
    this.told = h("p", { class: "sb-bar-told" });
    this.range = h("span", { class: "sb-told" });
    const facts = h("span", { class: "sb-facts" }, h("span", {}, ...this.#summary().map((text) => h("span", { class: "sb-fact" }, text))));
    const tools = [
      h("strong", {}, `Timeline of ${act}`), facts, this.range,
      h("span", { class: "sb-together" }, button("−", "Show a longer time", () => this.#zoom(2)), button("+", "Show a shorter time", () => this.#zoom(0.5)), button("All", "Show the whole run", () => this.#show(0, this.#whole))),
    ];
    const help = this.explains && h("details", { class: "sb-meaning" }, h("summary", {}, "What do these figures mean?"), h("dl", {}, ...(this.#data.recordings > 1 ? [quickest(this.#data.recordings), ...HELP] : HELP).flatMap(([word, text]) => [h("dt", {}, word), h("dd", {}, text)])));
    return h("section", { class: "sb-timeline", "aria-label": `Timeline of ${act}` }, h("div", { class: "sb-tools", role: "group", "aria-label": `Timeline of ${act}` }, ...tools), this.chart, this.told, help);
  }

  /** What is said of the run as a whole. */
  #summary() {
    const { lanes, seconds, busy, peak, threads, path_seconds: path } = this.#data;
    const kind = lanes[0]?.startsWith("stream") ? "stream" : "thread";
    return [
      `${count(this.#bars.all.length, "step")} in ${timeText(seconds)}`,
      `${(seconds ? busy / seconds : 1).toFixed(1)} of ${count(threads, kind)} busy, at most ${peak}`,
      `critical path ${timeText(path)}`,
    ];
  }

  // Zooming and panning

  #zoom(factor, around = (this.#from + this.#to) / 2) {
    const part = (around - this.#from) / (this.#to - this.#from), wide = Math.min(this.#whole, Math.max(1e-9, (this.#to - this.#from) * factor));
    this.#show(around - part * wide, around + (1 - part) * wide);
  }

  #pan(seconds) {
    const wide = this.#to - this.#from, from = Math.max(0, Math.min(this.#whole - wide, this.#from + seconds));
    this.#show(from, from + wide);
  }

  #show(from, to) {
    const wide = Math.min(this.#whole, to - from);
    this.#from = Math.max(0, Math.min(from, this.#whole - wide));
    this.#to = this.#from + wide;
    this.draw();
  }

  #at(clientX) {
    const { left } = this.chart.getBoundingClientRect();
    return this.#from + ((clientX - left) / this.size - LEFT) / this.scale;
  }

  /** The wheel alone scrolls the page; with Ctrl or ⌘ it zooms, and sideways, or with Shift, it pans. */
  #wheel(event) {
    const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) this.#zoom(NOTCH ** (event.deltaY / 60), this.#at(event.clientX));
    else if (sideways && this.#to - this.#from < this.#whole) this.#pan(sideways / this.size / this.scale);
    else return;
    event.preventDefault();
  }

  #listenToDrags() {
    let from = null;
    this.chart.addEventListener("pointerdown", (event) => (from = event.button ? null : event.clientX));
    this.chart.addEventListener("pointermove", (event) => {
      if (from === null || (!this.dragged && Math.abs(event.clientX - from) < 4)) return;
      if (!this.dragged) this.chart.setPointerCapture(event.pointerId);
      this.dragged = true;
      this.#pan((from - event.clientX) / this.size / this.scale);
      from = event.clientX;
    });
    for (const name of ["pointerup", "pointercancel"]) {
      this.chart.addEventListener(name, () => {
        from = null;
        setTimeout(() => (this.dragged = false));
      });
    }
  }

  // Drawing

  draw() {
    ({ wide: this.wide, size: this.size } = scaled(this.chart, this.tall + MEMORY + 8));
    this.scale = (this.wide - LEFT - RIGHT) / (this.#to - this.#from);
    const x = (time) => LEFT + (time - this.#from) * this.scale;
    const blocks = this.#bars.blocks(this.#from, this.#to, this.scale);
    this.#shown = new Map(blocks.map((block) => [this.#block(block, x), block]));
    this.playhead = s("line", { class: "sb-playhead", y1: AXIS - 6, y2: this.tall });
    refill(this.chart, [...this.#tracks(x), ...this.#axis(x), ...this.#memory(x), ...this.#shown.keys(), ...this.#links(x), this.playhead], this.chart);
    const all = this.#to - this.#from >= this.#whole;
    this.range.textContent = all ? "" : `${timeText(this.#from)} to ${timeText(this.#to)}`;
    this.#mark();
  }

  /** A bar, or several that are too narrow to be told apart. */
  #block(block, x) {
    const { bars, lane, start, end } = block, [bar] = bars;
    const left = Math.max(LEFT, x(start)), wide = Math.max(LEAST, Math.min(this.wide - RIGHT, x(end)) - left), top = AXIS + lane * LANE + 4;
    const critical = bars.some(({ node }) => this.path.has(node));
    const element = s(
      "g", { class: `sb-bar-node${critical ? " sb-critical" : ""}${bars.length > 1 ? " sb-several" : ""}`, tabindex: "-1", role: "button", "aria-label": this.#sentence(block), "data-node": bar.node, "data-lm-suppress-shortcuts": "true" },
      s("rect", { x: left, y: top, width: wide, height: LANE - 8, rx: Math.min(3, wide / 2) }),
    );
    const text = bars.length > 1 ? `${bars.length} steps` : [this.#graph.nodes[bar.node].title, this.#graph.nodes[bar.node].name].filter(Boolean).join(" ");
    const shown = [text, bars.length > 1 ? "" : this.#graph.nodes[bar.node].title ?? ""].find((one) => one && wide > 7.2 * [...one].length + 8);
    if (shown) element.append(s("text", { x: left + 5, y: top + LANE / 2 }, shown));
    return element;
  }

  /** Lanes; where nothing stands on them, nothing ran. */
  #tracks(x) {
    const left = Math.max(LEFT, x(0)), right = Math.min(this.wide - RIGHT, x(this.#whole));
    return this.#data.lanes.flatMap((name, k) => [
      s("rect", { class: "sb-track", x: left, y: AXIS + k * LANE + 4, width: Math.max(0, right - left), height: LANE - 8 }),
      s("text", { class: "sb-lane", x: 4, y: AXIS + k * LANE + LANE / 2 + 4 }, name.length > 11 ? `${name.slice(0, 10)}…` : name, s("title", {}, name)),
    ]);
  }

  #axis(x) {
    const step = niceStep((this.#to - this.#from) / Math.max(4, Math.floor((this.wide - LEFT) / 90))), unit = unitOf(this.#to), parts = [];
    for (let k = Math.ceil(this.#from / step - 1e-9); k * step <= this.#to * (1 + 1e-9); k++) {
      const at = x(k * step);
      parts.push(s("line", { class: "sb-tick", x1: at, x2: at, y1: AXIS - 6, y2: this.tall + MEMORY }));
      const last = at > this.wide - 34;
      parts.push(s("text", { class: "sb-axis", x: last ? this.wide - 4 : at, y: 13, "text-anchor": last ? "end" : "middle" }, perSecond(k * step, unit, step)));
    }
    return parts;
  }

  /** What is in memory, as an area below the lanes. */
  #memory(x) {
    const rows = this.#data.memory ?? [], most = Math.max(...rows.map(([, size]) => size), 0);
    if (!most) return [];
    const base = this.tall + MEMORY, y = (size) => base - (size / most) * (MEMORY - 8), inside = (time) => Math.max(LEFT, Math.min(this.wide - RIGHT, x(time)));
    let path = `M${inside(rows[0][0])},${base}`, before = 0;
    for (const [time, size] of rows) {
      const at = inside(time).toFixed(1);
      path += `L${at},${y(before).toFixed(1)}L${at},${y(size).toFixed(1)}`;
      before = size;
    }
    path += `L${inside(this.#whole)},${y(before)}V${base}Z`;
    return [
      s("path", { class: "sb-memory", d: path }, s("title", {}, `Values in memory: at most ${sizeText(most)}`)),
      s("text", { class: "sb-lane", x: 4, y: base - 16 }, "memory"), s("text", { class: "sb-axis", x: 4, y: base - 2, "text-anchor": "start" }, sizeText(most)),
    ];
  }

  /** From each step of the critical path to the next. */
  #links(x) {
    const bars = this.#data.path.map((node) => this.#bars.of.get(node)), y = (bar) => AXIS + bar.lane * LANE + LANE / 2;
    if (bars.length > 300) return [];
    const seen = (bar) => bar.end >= this.#from && bar.start <= this.#to;
    return bars.slice(1).flatMap((bar, k) => {
      const before = bars[k];
      if (!seen(before) || !seen(bar) || (before.lane === bar.lane && (bar.start - before.end) * this.scale < 2)) return [];
      return [s("path", { class: "sb-path", d: `M${x(before.end)},${y(before)}L${x(bar.start)},${y(bar)}` })];
    });
  }

  // Telling

  /** What a bar is: when, how long, and what it waited for. */
  #sentence({ bars, lane, start, end }) {
    if (bars.length > 1) return `${count(bars.length, "step")} on ${this.#data.lanes[lane]}, from ${timeText(start)} to ${timeText(end)}; Enter shows them by themselves`;
    const [{ node, kind, cause, waited }] = bars, lane_ = this.#data.lanes[lane];
    const parts = [`${this.#graph.nodes[node].name} on ${lane_}: began ${start > 0 ? `after ${timeText(start)}` : "first"}, took ${timeText(end - start)}`];
    const other = cause >= 0 ? this.#graph.nodes[cause].name : "";
    if (kind === "input") parts.push(waited > 0 ? `${lane_} waited ${timeText(waited)} for its input ${other}` : `its input ${other} came last`);
    if (kind === "lane") parts.push(`its inputs were there ${timeText(waited)} before, but ${lane_} was busy with ${other}`);
    if (this.path.has(node)) parts.push("on the critical path");
    return parts.join("; ");
  }

  #tell(block) {
    const told = block ?? this.#chosen();
    this.#told = told;
    this.told.textContent = told ? `${this.#sentence(told)}.` : !this.explains ? "" : "Point at a bar, or go to one by the arrow keys, to see when it ran and what it waited for.";
  }

  #chosen() {
    const bar = this.#bars.of.get(this.#store.get("selected"));
    return bar ? { bars: [bar], lane: bar.lane, start: bar.start, end: bar.end } : null;
  }

  #mark() {
    const selected = this.#store.get("selected"), k = this.#store.get("step"), states = this.#store.get("states");
    let stop = null;
    for (const [element, { bars }] of this.#shown) {
      const chosen = bars.some(({ node }) => node === selected);
      element.classList.toggle("sb-selected", chosen);
      element.classList.toggle("sb-later", (this.stepOf.get(bars[0].node) ?? 0) > k);
      element.classList.toggle("sb-running", bars.some(({ node }) => states?.[node] === "running"));
      element.setAttribute("tabindex", "-1");
      if (chosen || stop === null) stop = element;
    }
    stop?.setAttribute("tabindex", "0");
    const at = this.steps?.momentIn(this.#data.act, k);
    const x = at === undefined ? -1 : LEFT + (at - this.#from) * this.scale;
    this.playhead?.setAttribute("visibility", x >= LEFT && x <= this.wide - RIGHT + 1 ? "visible" : "hidden");
    for (const end of ["x1", "x2"]) this.playhead?.setAttribute(end, x);
    if (!this.#told || !this.chart.matches(":hover")) this.#tell(null);
  }

  /** Bring what is chosen elsewhere into the part that is shown. */
  #reveal(node) {
    const bar = this.#bars.of.get(node);
    if (bar && (bar.end < this.#from || bar.start > this.#to)) this.#pan((bar.start + bar.end) / 2 - (this.#from + this.#to) / 2);
    this.#mark();
  }

  // Choosing

  #blockAt(event) {
    return this.#shown.get(event.target.closest?.(".sb-bar-node")) ?? null;
  }

  #clicked(event) {
    const block = this.#blockAt(event);
    if (block && !this.dragged) this.#choose(block);
  }

  #choose(block) {
    if (block.bars.length > 1) this.#spread(block);
    else this.#goTo(block.bars[0]);
  }

  /** Show some bars so large that they can be told apart. */
  #spread({ start, end }) {
    const room = (end - start) * 0.1 || 1e-9;
    this.#show(start - room, end + room);
    [...this.#shown].find(([, block]) => block.start >= start)?.[0].focus({ preventScroll: true });
  }

  #goTo(bar) {
    const step = this.stepOf.get(bar.node);
    if (step) this.jump(step);
    this.#store.set({ selected: bar.node });
    [...this.#shown].find(([, { bars }]) => bars.includes(bar))?.[0].focus({ preventScroll: true });
  }

  #key(event) {
    const block = this.#blockAt(event), wide = this.#to - this.#from, around = block && (block.start + block.end) / 2;
    const zoom = { "+": 0.5, "=": 0.5, "-": 2 }[event.key], pan = { ArrowRight: 0.2, ArrowLeft: -0.2 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (zoom) this.#zoom(zoom, around ?? undefined);
    else if (event.key === "0") this.#show(0, this.#whole);
    else if (event.shiftKey && pan) this.#pan(pan * wide);
    else if (!block) return;
    else if (event.key === "Enter" || event.key === " ") this.#choose(block);
    else {
      const next = event.key.startsWith("Arrow") || ["Home", "End"].includes(event.key) ? this.#bars.beside(event.key === "ArrowRight" ? block.bars.at(-1) : block.bars[0], event.key) : null;
      if (!next) return;
      this.#goTo(next);
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
