/** The plan's memory: a lane for each buffer, a bar for each value in it, over the steps of the run. */

import { shorten } from "./boxes.js";
import { h, s, scaled, whenResized } from "./dom.js";
import { rove } from "./rows.js";
import { sizeText } from "./texts.js";

const LANE = 26, TOP = 24, MOST_OWN = 12;
/** Of a letter, on average: bars that are too short for a name have none. */
const LETTER = 7.3;
/** Colours of buffers, told apart by those who see colours differently, too; names and lanes say the same. */
const COLOURS = ["#a6cee3", "#fdbf6f", "#b2df8a", "#cab2d6", "#fb9a99", "#ffff99", "#8dd3c7", "#d9d9d9"];

export class Memory {
  #data;
  #chosen = null;
  #bars = [];

  /**
   * @param {{sizes: number[], steps: string[], rows: any[][], written: {values: number, bytes: number}|null}} data
   *   Rows are `[buffer, name, bytes, first step, last step, kind]`.
   * @param {(name: string) => void} choose Called with the name of the value that is chosen.
   */
  constructor(data, choose, title = "Memory", shared = "") {
    this.#data = data;
    this.#arrange();
    this.chart = s("svg", { class: "sb-chart", role: "group", "aria-label": `${title}: values over the steps` });
    this.told = h("p", {}, savedText(data, shared));
    this.element = h("section", { class: "sb-memory", "aria-label": title }, h("h3", {}, title), this.told, this.lanes.length ? this.chart : null);
    this.stopAt = rove(this.chart, () => this.#bars, (bar) => choose(bar.dataset.name));
    this.ends = [whenResized(this.chart, () => this.draw())];
  }

  dispose() {
    for (const end of this.ends) end();
  }

  /** Lanes: the buffers, then what has memory of its own, values that are not there at the same time in one. */
  #arrange() {
    const { sizes, rows } = this.#data;
    this.lanes = sizes.map((size, k) => ({ title: `buffer ${k + 1}`, told: sizeText(size), rows: rows.filter(([buffer]) => buffer === k) }));
    const own = [];
    for (const row of rows.filter(([buffer]) => buffer < 0)) {
      const free = own.find((lane) => lane.kind === row[5] && lane.rows.at(-1)[4] < row[3]);
      if (free) free.rows.push(row);
      else own.push({ kind: row[5], title: row[5] === "output" ? "outputs" : "others", told: "", rows: [row] });
    }
    this.lanes.push(...own.slice(0, MOST_OWN));
    this.left = 30 + 8 * Math.max(8, ...this.lanes.map(({ title, told }) => (title + told).length));
  }

  draw() {
    const { steps } = this.#data, { wide } = scaled(this.chart, TOP + this.lanes.length * LANE + 6);
    const left = Math.min(this.left, wide / 3), unit = (wide - left - 8) / Math.max(1, steps.length);
    const parts = this.lanes.flatMap((lane, k) => [
      s("text", { x: 6, y: TOP + k * LANE + 16 }, lane.title, s("tspan", { class: "sb-muted" }, lane.told && `  ${lane.told}`)),
      s("line", { class: "sb-tick", x1: 0, x2: wide, y1: TOP + k * LANE - 2, y2: TOP + k * LANE - 2 }),
    ]);
    this.#bars = this.lanes.flatMap((lane, k) => lane.rows.map((row, n) => this.#bar(row, left, unit, TOP + k * LANE, lane.rows[n + 1]?.[3] === row[4])));
    const axis = s("text", { x: left, y: 15, class: "sb-muted" }, steps.length > 1 ? `step 1 to step ${steps.length} →` : "the only step");
    this.chart.replaceChildren(axis, ...parts, ...this.#bars);
    this.mark(this.#chosen);
  }

  /** `replaced`: the step that reads it last writes its own result over it. */
  #bar([buffer, name, bytes, first, last, kind], left, unit, y, replaced) {
    const wide = Math.max(3, (last - first + (replaced ? 0 : 1)) * unit - 1);
    const when = first === last ? `step ${first + 1}` : `steps ${first + 1} to ${last + 1}`;
    const where = kind === "buffer" ? `buffer ${buffer + 1}` : kind === "output" ? "an output" : "memory of its own";
    const label = `${name}: ${sizeText(bytes)}, ${where}, ${when}`;
    const rect = s("rect", { x: left + first * unit, y, width: wide, height: LANE - 5, rx: 3 });
    if (kind === "buffer") rect.style.fill = COLOURS[buffer % COLOURS.length];
    const most = Math.floor((wide - 8) / LETTER), text = name.length <= most || most > 5 ? shorten(name, most) : "";
    return s(
      "g", { class: `sb-bar-node sb-held${kind === "buffer" ? " sb-coloured" : ""}`, role: "button", tabindex: "-1", "aria-label": label, "data-name": name },
      s("title", {}, label), rect, text && s("text", { x: left + first * unit + 5, y: y + 15 }, text),
    );
  }

  /** Show which value is chosen, by name. */
  mark(name) {
    this.#chosen = name;
    for (const bar of this.#bars) {
      const chosen = bar.dataset.name === name;
      bar.classList.toggle("sb-selected", chosen);
      bar.setAttribute("aria-pressed", String(chosen));
    }
    this.stopAt(this.#bars.find((bar) => bar.dataset.name === name) ?? this.#bars[0]);
  }
}

/** How much memory the plan takes, and what it would be if every value had its own. */
export function savedText({ sizes, rows, written }, shared = "") {
  const total = sizes.reduce((a, b) => a + b, 0);
  const outputs = rows.filter(([, , , , , kind]) => kind === "output").reduce((sum, [, , bytes]) => sum + bytes, 0);
  const ends = outputs ? ` Outputs take ${sizeText(outputs)} besides.` : "";
  if (!written) return `${counted(sizes.length, "buffer")}, ${sizeText(total)}${shared}.${ends}`;
  if (!written.values) return `There is nothing between the inputs and the outputs.${ends}`;
  const instead = `instead of ${sizeText(written.bytes)}, which the ${written.values === 1 ? "value in between takes" : `${written.values} values in between take`} as written`;
  if (!sizes.length) return `No memory is needed between the steps, ${instead}.${ends}`;
  if (total >= written.bytes) return `${counted(sizes.length, "buffer")}, ${sizeText(total)}, as much as the values in between take as written.${ends}`;
  return `${counted(sizes.length, "buffer")}, ${sizeText(total)} ${instead}.${ends}`;
}

function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
