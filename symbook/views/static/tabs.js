/** Views in one place, of which one is seen at a time. */

import { h } from "./dom.js";

let count = 0;

export class Tabs {
  #pages;

  /**
   * @param {{name: string, title: string, panel: Element}[]} pages Several may have one panel.
   * @param {(name: string) => void} onShow Called with the name of the page that is shown.
   */
  constructor(pages, onShow) {
    this.#pages = pages;
    this.onShow = onShow;
    const own = `sb-tabs-${(count += 1)}`;
    this.tabs = pages.map(({ title }, k) => h("button", { type: "button", role: "tab", class: "sb-tab", id: `${own}-${k}`, onclick: () => this.show(pages[k].name) }, title));
    this.element = h("div", { class: "sb-tablist", role: "tablist", "aria-label": "Views", onkeydown: (event) => this.#key(event) }, ...this.tabs);
    pages.forEach(({ panel }, k) => {
      panel.id ||= `${own}-panel-${k}`;
      panel.setAttribute("role", "tabpanel");
      this.tabs[k].setAttribute("aria-controls", panel.id);
    });
    this.show(pages[0].name);
  }

  /** Show a page, by its name. */
  show(name) {
    const at = this.#pages.findIndex((page) => page.name === name), { panel } = this.#pages[at];
    this.shown = name;
    for (const page of this.#pages) page.panel.hidden = page.panel !== panel;
    panel.setAttribute("aria-labelledby", this.tabs[at].id);
    this.tabs.forEach((tab, k) => {
      tab.setAttribute("aria-selected", String(k === at));
      tab.setAttribute("tabindex", k === at ? "0" : "-1");
    });
    this.onShow(name);
  }

  #key(event) {
    const at = this.tabs.indexOf(event.target), last = this.tabs.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    this.show(this.#pages[next].name);
    this.tabs[next].focus();
    event.preventDefault();
    event.stopPropagation();
  }
}
