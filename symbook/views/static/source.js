/** The code that runs, its lines linked with the nodes that they compute. */

import { button, h } from "./dom.js";
import { rove } from "./rows.js";

export class Source {
  #rows;

  /**
   * @param {string} text
   * @param {(string|null)[]} names For each line, the node that it computes.
   * @param {(name: string) => void} choose Called with the name of the node whose line is chosen.
   * @param {string} about What its lines are for.
   * @param {string} label
   */
  constructor(text, names, choose, about = "", label = "The code that runs") {
    this.#rows = text.split("\n").map((line, k) => {
      const name = names[k] ?? null;
      const link = name === null ? {} : { "data-name": name, role: "button", tabindex: "-1", "aria-pressed": "false" };
      const books = name === null && !/^\s*(def |#|$)/.test(line);
      return h("span", { class: books ? "sb-line-of sb-books" : "sb-line-of", ...link }, line || " ");
    });
    this.code = h("pre", { class: "sb-code-lines", tabindex: "0", "aria-label": label }, ...this.#rows.flatMap((row) => [row, "\n"]));
    this.element = h("div", {}, h("p", { class: "sb-told" }, about), this.code);
    this.stopAt = rove(this.code, () => this.#linked, (row) => choose(row.dataset.name));
    this.stopAt(this.#linked[0]);
  }

  get #linked() {
    return this.#rows.filter((row) => row.dataset.name !== undefined);
  }

  /** Whether it has lines of these nodes. */
  has(names) {
    return this.#linked.some(({ dataset }) => names.includes(dataset.name));
  }

  /** Mark the lines of these nodes, and show the first of them, the last name first. */
  mark(names) {
    let first = null;
    for (const row of this.#linked) {
      const chosen = names.includes(row.dataset.name);
      row.classList.toggle("sb-selected", chosen);
      row.setAttribute("aria-pressed", String(chosen));
      if (chosen) first = row;
    }
    if (!first) return;
    this.stopAt(first);
    const { code } = this, top = first.getBoundingClientRect().top - code.getBoundingClientRect().top + code.scrollTop;
    if (top < code.scrollTop || top + first.offsetHeight > code.scrollTop + code.clientHeight) code.scrollTop = top - code.clientHeight / 2;
  }
}

/** The code of forward and of backward, of which one is seen at a time. */
export class Codes {
  #shown = 0;
  #marked = [];

  /**
   * @param {{of: string, source: string, lines: (string|null)[], about: string}[]} codes
   * @param {(name: string) => void} choose Called with the name of the node whose line is chosen.
   */
  constructor(codes, choose) {
    this.sources = codes.map(({ of, source, lines, about }) => new Source(source, lines, choose, about, `The code of ${of}`));
    this.choices = codes.map(({ of }, k) => button(of, of, () => this.show(k), { class: "sb-button sb-choice" }));
    const group = codes.length > 1 && h("div", { class: "sb-choices", role: "group", "aria-label": "The code of" }, ...this.choices);
    this.element = h("section", { class: "sb-source", "aria-label": "Code" }, h("h3", {}, "The code that runs"), group, ...this.sources.map(({ element }) => element));
    this.show(0);
  }

  /** Show one of them. */
  show(k) {
    this.#shown = k;
    this.sources.forEach(({ element }, n) => (element.hidden = n !== k));
    this.choices.forEach((choice, n) => choice.setAttribute("aria-pressed", String(n === k)));
    this.mark(this.#marked);
  }

  /** Mark the lines of these nodes; where the code that is shown has none of them, the other one is shown. */
  mark(names) {
    this.#marked = names;
    const there = this.sources.findIndex((source) => source.has(names));
    if (there >= 0 && !this.sources[this.#shown].has(names)) this.show(there);
    else for (const source of this.sources) source.mark(names);
  }
}
