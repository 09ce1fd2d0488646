/** Finding nodes in a picture, and showing only those that were found with what is around them. */

import { button, h } from "./dom.js";
import { shorten } from "./boxes.js";

/** What is shown around what was found: steps up and down. */
const AROUND = { "1 step around": [1, 1], "2 steps around": [2, 2], "4 steps around": [4, 4], "all from the inputs": [Infinity, 0], "all to the outputs": [0, Infinity], "all before and after": [Infinity, Infinity] };

export class Finder {
  #graph;
  #at = -1;
  found = [];

  /**
   * @param {import("./model.js").Graph} graph
   * @param {{has: (node: number) => boolean, find: (nodes: number[]|null) => void, show: (node: number) => void, only: (nodes: Set<number>|null) => void, leave: () => void}} picture
   *   What it does with what was found.
   */
  constructor(graph, picture) {
    this.#graph = graph;
    this.picture = picture;
    this.input = h("input", {
      type: "search", class: "sb-search", placeholder: "Find a node", "aria-label": "Find a node by name, operator, parameter or shape",
      oninput: () => this.#searched(), onkeydown: (event) => this.#key(event), "data-lm-suppress-shortcuts": "true",
    });
    this.told = h("span", { class: "sb-told", role: "status" });
    this.around = h("select", { class: "sb-button", "aria-label": "How much is shown around", onchange: () => this.follow() }, ...Object.keys(AROUND).map((name) => h("option", {}, name)));
    this.following = button("Only these", "Show only what was found, and what is around it", () => this.follow(!this.isFollowing), { "aria-pressed": "false" });
    this.steps = [button("↑", "The one before", () => this.next(-1)), button("↓", "The next one", () => this.next(1))];
    this.more = h("span", { class: "sb-found-tools", hidden: true }, this.following, this.around);
    this.elements = [this.input, ...this.steps];
    /** What was found, and what can be done with it: it comes and goes. */
    this.below = h("div", { class: "sb-below" }, this.told, this.more);
    this.#showMore(false);
  }

  get isFollowing() {
    return this.following.getAttribute("aria-pressed") === "true";
  }

  /** Look for a text, as if it were typed. */
  look(text) {
    this.input.value = text;
    this.#searched();
  }

  #searched() {
    const text = this.input.value.trim();
    this.found = this.#graph.search(text).filter((i) => this.picture.has(i));
    this.#at = -1;
    this.picture.find(this.found.length ? this.found : null);
    this.#showMore(this.found.length > 0 || this.isFollowing);
    this.told.textContent = !text ? "" : this.found.length ? `${this.found.length.toLocaleString("en")} found` : "none found";
    if (this.isFollowing) this.follow(this.found.length > 0);
  }

  /** The place of the buttons for the next and the one before is kept. */
  #showMore(there) {
    this.more.hidden = !there;
    for (const step of this.steps) step.style.visibility = there ? "" : "hidden";
  }

  /** Go to what was found next. */
  next(step) {
    if (!this.found.length) return;
    this.#at = (this.#at + step + this.found.length + (this.#at < 0 && step < 0 ? 1 : 0)) % this.found.length;
    const node = this.found[this.#at];
    this.picture.show(node);
    this.picture.find(this.found);
    this.told.textContent = `${(this.#at + 1).toLocaleString("en")} of ${this.found.length.toLocaleString("en")}: ${shorten(this.#graph.nodes[node].name)}`;
  }

  /** Show only what was found, or these nodes, with what is around them; or everything. */
  follow(on = this.isFollowing, nodes = this.found) {
    this.following.setAttribute("aria-pressed", String(on));
    this.#showMore(this.found.length > 0 || on);
    if (!on) return this.picture.only(null);
    if (!nodes.length) return;
    const shown = this.#graph.around(nodes, ...AROUND[this.around.value]);
    this.picture.only(shown);
    this.picture.find(nodes);
    this.told.textContent = `${shown.size.toLocaleString("en")} of ${this.#graph.nodes.length.toLocaleString("en")} nodes shown`;
  }

  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.follow(!this.isFollowing);
    else if (event.key === "Enter" || event.key === "ArrowDown") this.next(event.shiftKey ? -1 : 1);
    else if (event.key === "ArrowUp") this.next(-1);
    else if (event.key === "Escape" && this.isFollowing) this.follow(false);
    else if (event.key === "Escape" && !this.input.value) this.picture.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
