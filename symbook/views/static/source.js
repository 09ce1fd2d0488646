/** The code that runs, its lines linked with the nodes that they compute. */

import { h } from "./dom.js";
import { rove } from "./rows.js";

export class Source {
  #rows;

  /**
   * @param {string} text
   * @param {(string|null)[]} names For each line, the node that it computes.
   * @param {(name: string) => void} choose Called with the name of the node whose line is chosen.
   * @param {string} about What its lines are for.
   */
  constructor(text, names, choose, about = "") {
    this.#rows = text.split("\n").map((line, k) => {
      const name = names[k] ?? null;
      const link = name === null ? {} : { "data-name": name, role: "button", tabindex: "-1", "aria-pressed": "false" };
      const books = name === null && !/^\s*(def |#|$)/.test(line);
      return h("span", { class: books ? "sb-line-of sb-books" : "sb-line-of", ...link }, line || " ");
    });
    this.code = h("pre", { class: "sb-code-lines", tabindex: "0", "aria-label": "The code that runs" }, ...this.#rows.flatMap((row) => [row, "\n"]));
    this.element = h("section", { class: "sb-source", "aria-label": "Code" }, h("h3", {}, "The code that runs"), h("p", { class: "sb-told" }, about), this.code);
    this.stopAt = rove(this.code, () => this.#linked, (row) => choose(row.dataset.name));
    this.stopAt(this.#linked[0]);
  }

  get #linked() {
    return this.#rows.filter((row) => row.dataset.name !== undefined);
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
