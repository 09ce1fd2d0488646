/** Which thread or stream ran what, when: lanes with a bar for each step, drawn to scale. */

import { button, h, refill, s, whenResized } from "./dom.js";

const LANE = 26, AXIS = 22, LEFT = 74, LEAST = 3;

export class Timeline {
  #data;
  #graph;
  #store;
  #from = 0;
  #to;

  /**
   * @param {{lanes: string[], bars: number[][], seconds: number, path: number[], parallelism: number}} data
   *   Bars are `[node, lane, start, end, step]`, in seconds; `path` has the nodes of the critical path.
   */
  constructor(data, graph, store, jump) {
    this.#data = data;
    this.#graph = graph;
    this.#store = store;
    this.#to = data.seconds || 1e-9;
    this.jump = jump;
    this.path = new Set(data.path);
    const tall = AXIS + data.lanes.length * LANE + 6;
    this.chart = s("svg", { class: "sb-chart", height: tall, role: "group", "aria-label": this.#summary() });
    this.element = h(
      "section", { class: "sb-timeline", "aria-label": `Timeline of ${data.act}` },
      h("div", { class: "sb-tools", role: "group", "aria-label": "Part of the time" }, h("strong", {}, `Timeline of ${this.#data.act}`), h("span", { class: "sb-told" }, this.#summary()), h("span", { class: "sb-space" }),
        button("−", "Show a longer time", () => this.#zoom(2)), button("+", "Show a shorter time", () => this.#zoom(0.5)), button("All", "Show the whole run", () => this.#show(0, data.seconds))),
      this.chart,
    );
    this.ends = [store.on(["selected", "step"], () => this.#mark()), whenResized(this.chart, () => this.draw())];
    this.chart.addEventListener("click", (event) => this.#clicked(event));
    this.chart.addEventListener("keydown", (event) => this.#key(event));
  }

  dispose() {
    for (const end of this.ends) end();
  }

  #summary() {
    const { lanes, seconds, parallelism, bars } = this.#data;
    const kind = `${lanes[0]?.startsWith("thread") ? "thread" : "stream"}${lanes.length === 1 ? "" : "s"}`;
    return `${bars.length} step${bars.length === 1 ? "" : "s"} in ${timeText(seconds)}; ${parallelism.toFixed(1)} of ${lanes.length} ${kind} busy`;
  }

  #zoom(factor) {
    const middle = (this.#from + this.#to) / 2, half = Math.max(1e-9, ((this.#to - this.#from) * factor) / 2);
    this.#show(middle - half, middle + half);
  }

  #show(from, to) {
    const whole = this.#data.seconds || 1e-9;
    this.#from = Math.max(0, Math.min(from, whole - (to - from)));
    this.#to = Math.min(whole, Math.max(to, this.#from + 1e-9));
    this.draw();
  }

  draw() {
    const wide = this.chart.clientWidth || 600, scale = (wide - LEFT - 8) / (this.#to - this.#from);
    const x = (time) => LEFT + (time - this.#from) * scale;
    const parts = [...this.#axis(x, wide), ...this.#lanes(wide)];
    this.bars = this.#data.bars.map((bar) => {
      const [node, lane, start, end] = bar;
      const left = Math.max(LEFT, x(start)), right = Math.min(wide - 4, Math.max(x(end), x(start) + LEAST));
      if (right <= LEFT || left >= wide) return null;
      return this.#bar(bar, left, right - left, AXIS + lane * LANE + 3, node);
    });
    refill(this.chart, [...parts, ...this.bars]);
    this.#mark();
  }

  #bar([, lane, start, end, step], left, wide, top, node) {
    const { name, title } = this.#graph.nodes[node];
    const label = `${name}, ${this.#data.lanes[lane]}, ${timeText(end - start)}${this.path.has(node) ? ", on the critical path" : ""}`;
    const element = s(
      "g", { class: `sb-bar-node${this.path.has(node) ? " sb-critical" : ""}`, tabindex: "-1", role: "button", "aria-label": label, "data-node": node, "data-step": step, "data-lm-suppress-shortcuts": "true" },
      s("title", {}, label), s("rect", { x: left, y: top, width: wide, height: LANE - 6, rx: 3 }),
    );
    const text = `${title ?? ""} ${name}`.trim();
    if (wide > 7 * text.length) element.append(s("text", { x: left + 5, y: top + LANE / 2 + 1 }, text));
    else if (wide > 12 && title && title.length < 3) element.append(s("text", { x: left + 4, y: top + LANE / 2 + 1 }, title));
    return element;
  }

  #axis(x, wide) {
    const span = this.#to - this.#from, step = niceStep(span / 6), parts = [];
    for (let t = Math.ceil(this.#from / step) * step; t <= this.#to; t += step) {
      if (x(t) > wide - 30) break;
      parts.push(s("line", { class: "sb-tick", x1: x(t), x2: x(t), y1: AXIS - 5, y2: AXIS + this.#data.lanes.length * LANE }));
      parts.push(s("text", { class: "sb-axis", x: x(t), y: 13 }, timeText(t, step)));
    }
    return parts;
  }

  #lanes(wide) {
    return this.#data.lanes.flatMap((name, k) => [
      s("text", { class: "sb-lane", x: 2, y: AXIS + k * LANE + LANE / 2 + 4 }, name),
      s("line", { class: "sb-tick", x1: 0, x2: wide, y1: AXIS + (k + 1) * LANE, y2: AXIS + (k + 1) * LANE }),
    ]);
  }

  #mark() {
    const selected = this.#store.get("selected"), step = this.#store.get("step");
    let first = null;
    for (const bar of this.bars ?? []) {
      if (!bar) continue;
      bar.classList.toggle("sb-selected", Number(bar.dataset.node) === selected);
      bar.classList.toggle("sb-later", Number(bar.dataset.step) > step);
      bar.setAttribute("tabindex", "-1");
      first ??= bar;
      if (Number(bar.dataset.node) === selected) first = bar;
    }
    first?.setAttribute("tabindex", "0");
  }

  #clicked(event) {
    const bar = event.target.closest(".sb-bar-node");
    if (bar) this.#choose(bar);
  }

  #choose(bar) {
    bar.focus({ preventScroll: true });
    this.jump(Number(bar.dataset.step));
    this.#store.set({ selected: Number(bar.dataset.node) });
  }

  #key(event) {
    const bar = event.target.closest?.(".sb-bar-node");
    if (!bar) return;
    const shown = this.bars.filter(Boolean), at = shown.indexOf(bar);
    const next = { ArrowRight: shown[at + 1], ArrowLeft: shown[at - 1], Home: shown[0], End: shown.at(-1), Enter: bar, " ": bar }[event.key];
    if (!next) return;
    this.#choose(next);
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Seconds as people read them; with as many digits as steps of that size need. */
export function timeText(seconds, step = seconds / 100) {
  const [unit, size] = seconds >= 1 ? ["s", 1] : seconds >= 1e-3 || step >= 1e-3 ? ["ms", 1e-3] : ["µs", 1e-6];
  const digits = Math.max(0, Math.min(3, -Math.floor(Math.log10(step / size || 1))));
  return `${Number((seconds / size).toFixed(digits))} ${unit}`;
}

function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least || 1e-9));
  return [1, 2, 5, 10].map((k) => k * power).find((step) => step >= least);
}
