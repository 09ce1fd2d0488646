/** Where the reader is among groups in groups, and what can be opened and closed there. */

import { shorten } from "./boxes.js";
import { button, h, refill } from "./dom.js";

const LONGEST = 28;

export class Trail {
  #graph;
  #shown = "";

  /**
   * @param {import("./model.js").Graph} graph
   * @param {{show: Function, close: Function, closeAll: Function, open: Function}} picture What it does with a group; null is the whole.
   */
  constructor(graph, picture) {
    this.#graph = graph;
    this.picture = picture;
    this.path = h("ol", { class: "sb-trail" });
    this.tools = h("span", { class: "sb-tools-of" });
    this.element = h("nav", { class: "sb-where", "aria-label": "Groups" }, this.path, this.tools);
  }

  /** Say where a unit of the picture is, or that nobody is anywhere, while these groups are open. */
  show(unit, open) {
    const around = !unit ? [] : this.#graph.groupsAround(unit.members[0]).filter((group) => open.has(group));
    const inner = unit?.group ?? around.at(-1) ?? null;
    const key = `${around.map(({ start, stop }) => `${start}-${stop}`)}|${inner?.start}-${inner?.stop}|${open.size}`;
    if (key === this.#shown) return;
    this.#shown = key;
    const { show, close, closeAll, open: openBelow } = this.picture;
    const crumb = (group, title) => h("li", {}, button(shorten(title, LONGEST), `Look at ${title}`, () => show(group), { class: "sb-link", "aria-label": title }));
    const current = unit?.group && !open.has(unit.group) ? [h("li", { class: "sb-hint" }, shorten(unit.group.title, LONGEST))] : [];
    refill(this.path, [crumb(null, "All"), ...around.map((group) => crumb(group, group.title)), ...current]);
    const last = around.at(-1);
    const tools = [button("Open all", inner ? `Open all in ${inner.title}` : "Open all groups", () => openBelow(inner))];
    if (last) tools.push(button("Close", `Close ${last.title}`, () => close(last)));
    if (open.size) tools.push(button("Close all", "Close all groups", closeAll));
    refill(this.tools, tools);
  }
}
