/** The picture of a graph: drawn, searched, walked through by keys, opened and closed. */

import { Camera, SIZE } from "./camera.js";
import { button, focused, h, s, whenResized } from "./dom.js";
import { Finder } from "./finder.js";
import { icon } from "./icons.js";
import { Scene } from "./scene.js";
import { Trail } from "./trail.js";
import { Walk } from "./walk.js";

/** Boxes that are drawn at most when groups are opened without having been asked for one by one. */
const OPEN_AT_ONCE = 1200;
/** So few nodes are shown without groups around them. */
const FLAT = 150;
/** Smaller than this, texts cannot be read. */
const READABLE = 0.82;
/** What tells of more beyond each side. */
const SIDES = { left: "‹", top: "⌃", right: "›", bottom: "⌄" };
/** A frame is so much higher than its limit at most, to show all of a graph. */
const STRETCH = 1.4;
/** A frame is at least so high, in pixels. */
const LEAST_HEIGHT = 150;

export class Picture {
  #graph;
  #store;
  #labelOf;
  #open = new Set();
  #all;
  #only;
  #across = false;
  #scene = null;
  #walk = null;
  #current = 0;
  #fitted = true;
  #least = READABLE;
  #most;
  #tall = 0;
  #dragged = false;
  #pressing = false;
  #stepped;
  #grouped;
  #visited = false;

  /**
   * @param {import("./model.js").Graph} graph
   * @param {import("./store.js").Store} store Its `selected` is the node chosen, or null; `states` says of nodes
   *   what state they are in, `texts` what their labels say.
   * @param {{alt: string, height?: number, labelOf?: Function, help?: object, shown?: Set<number>, stepped?: boolean}} options `labelOf(entry)` gives all texts
   *   that an entry's label may ever have, the present one first; `help` is the list of keys with what opens it;
   *   `height` is the height in pixels beyond which the picture is moved and not made higher; `shown` are the nodes
   *   to show, where these are not all; `stepped` says whether a stepper stands beside it, whose node is marked.
   */
  constructor(graph, store, { alt, height = 460, labelOf = () => [], help = null, shown = null, stepped = true }) {
    this.#graph = graph;
    this.#store = store;
    this.#labelOf = labelOf;
    this.#most = height;
    this.#stepped = stepped;
    this.#grouped = graph.grouped;
    this.#all = this.#only = shown;
    this.world = s("g", { class: "sb-world" });
    // An application: readers of screens leave the arrow keys to it.
    this.frame = s("svg", { class: "sb-frame", role: "application", "aria-roledescription": "graph", "aria-label": alt }, this.world);
    this.camera = new Camera(this.frame, this.world);
    this.more = Object.fromEntries(Object.entries(SIDES).map(([side, sign]) => [side, this.#moreOn(side, sign)]));
    this.stage = h("div", { class: "sb-stage" }, this.frame, ...Object.values(this.more));
    this.camera.onMove = () => this.#showMore();
    this.finder = new Finder(graph, {
      has: (node) => !shown || shown.has(node), find: (nodes) => this.#scene.find(nodes), show: (node) => this.show(node), only: (nodes) => this.#showOnly(nodes),
      leave: () => this.#scene.elements[this.#current]?.focus({ preventScroll: true }),
    });
    this.trail = graph.groups.length ? new Trail(graph, { show: (group) => this.#look(group), close: (group) => this.#close(group), closeAll: () => this.#setOpen([]), open: (group) => this.#openBelow(group) }) : null;
    if (this.trail) this.trail.element.hidden = !this.#grouped;
    this.element = h("div", { class: "sb-picture" }, this.#tools(help), help?.list, this.trail?.element, this.stage, this.finder.below);
    this.frame.addEventListener("click", (event) => this.#clicked(event));
    this.frame.addEventListener("dblclick", (event) => this.#opened(event));
    this.frame.addEventListener("keydown", (event) => this.#key(event));
    this.ends = [
      store.on(["selected"], () => this.#showSelected()),
      store.on(["returned"], () => this.#scene.elements[this.#current]?.focus({ preventScroll: true })),
      store.on(["states", "texts", "marks", "typed"], () => this.#showStates()),
      store.on(["active"], () => this.#follow()),
      store.on(["breakpoints"], () => this.#showStops()), store.on(["failing"], () => this.#showFailing()),
      store.on(["changed"], () => this.#scene.change(this.#store.get("changed"))),
      whenResized(this.stage, (_, tall) => this.#resized(tall)),
    ];
    this.draw();
    // In widths of the page's text: where that is larger, so is the picture.
    this.element.style.setProperty("--sb-readable", `${(this.#scene.size[0] * READABLE) / SIZE}em`);
  }

  get search() {
    return this.finder.input;
  }

  #tools(help) {
    const zoom = (factor) => () => {
      this.#fitted = false;
      this.camera.zoom(factor);
    };
    const turned = button("→", "From the left to the right", () => {
      this.#across = !this.#across;
      turned.setAttribute("aria-pressed", String(this.#across));
      this.#fitted = true;
      this.draw();
    }, { "aria-pressed": "false" });
    const grouped = button("Group", "Show its blocks as groups", () => {
      this.#group(!this.#grouped);
      grouped.setAttribute("aria-pressed", String(this.#grouped));
    }, { "aria-pressed": "false" });
    const whole = button(icon("screen"), "Full screen", () => (document.fullscreenElement ? document.exitFullscreen() : this.element.requestFullscreen()));
    const tools = [
      ...this.finder.elements, h("span", { class: "sb-space" }), this.#graph.grouped || !this.#graph.groups.length ? null : grouped, turned,
      button("−", "Zoom out", zoom(1 / 1.4)), button("+", "Zoom in", zoom(1.4)), button("Fit", "Fit the whole graph", () => this.fit()),
      document.fullscreenEnabled ? whole : null,
    ];
    return h("div", { class: "sb-tools", role: "group", "aria-label": "Picture" }, ...tools, help?.opener);
  }

  /** A sign that there is more beyond a side, which goes there. Who has no mouse goes there by the arrow keys. */
  #moreOn(side, sign) {
    const go = () => {
      this.#fitted = false;
      this.camera.turn(side);
    };
    return h("div", { class: `sb-more sb-more-${side}`, hidden: true, "aria-hidden": "true" }, h("button", { type: "button", tabindex: "-1", title: "There is more", onclick: go }, sign));
  }

  #showMore() {
    const { beyond } = this.camera;
    for (const side of Object.keys(SIDES)) this.more[side].hidden = !beyond.includes(side);
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
    const held = this.world.contains(focused(this.frame));
    this.#scene = new Scene(this.#graph, { open: this.#open, only: this.#only, flat: this.#isFlat, across: this.#across }, this.#labelOf);
    const { layers, boxes, count, joined, size } = this.#scene;
    // What is new comes into the page last, as it will be: the browser looks through it once.
    this.#makeCurrent(Math.max(0, Math.min(this.#current, count - 1)), this.#visited);
    this.#walk = new Walk(boxes.slice(0, count).map(({ at }) => at), joined);
    this.#showStates();
    this.#showStops();
    this.#scene.change(this.#store.get("changed"));
    this.#scene.activate(this.#active);
    this.#scene.choose(this.#store.get("selected"));
    this.camera.resize(size);
    this.#setHeight();
    if (this.#fitted) this.#fit();
    this.world.replaceChildren(...layers);
    this.#showFailing();
    if (held) this.#scene.elements[this.#current]?.focus({ preventScroll: true });
  }

  /** As high as the graph, up to a limit; what the reader has dragged stays. */
  #setHeight() {
    if (this.#dragged || document.fullscreenElement) return;
    const wide = this.frame.clientWidth || 600, [w, t] = this.#scene.size, least = this.camera.legible(READABLE);
    const scale = Math.min(this.camera.life, Math.max(least, wide / w));
    // Somewhat higher, if all of it is seen then.
    const most = w * least <= wide && t * least + 2 <= this.#most * STRETCH ? Math.max(this.#most, t * least + 2) : this.#most;
    this.#tall = Math.ceil(Math.max(LEAST_HEIGHT, Math.min(most, t * scale + 2)));
    this.stage.style.height = `${this.#tall}px`;
  }

  #resized(tall) {
    // Behind a tab it has no size.
    if (!this.camera.seen) return;
    // A height that nobody here has set: the reader drags the corner.
    if (!document.fullscreenElement && this.#tall && Math.abs(tall - this.#tall) > 2) this.#dragged = true;
    else this.#setHeight();
    if (this.#fitted) this.#fit();
    else this.#showMore();
  }

  /** All of it, if that can be read; else where it begins, or, if that is not there, where something happens. */
  #fit() {
    const k = this.#active === null ? -1 : this.#scene.boxOf(this.#active), at = this.#scene.boxes[k]?.at;
    this.camera.fit(false, this.#least, this.#beginning());
    if (at && !this.camera.sees(at)) this.camera.fit(false, this.#least, [at[0] + at[2] / 2, at[1] + at[3] / 2]);
  }

  /** The middle, in the first frame that can be read, of what stands there; of its operators, if that is too much. */
  #beginning() {
    const along = this.#across ? 0 : 1, room = [this.frame.clientWidth, this.frame.clientHeight].map((length) => length / this.camera.legible(this.#least ?? READABLE));
    const first = this.#scene.boxes.filter(({ at }) => at[along] + at[along + 2] <= room[along]);
    const middle = (boxes) => {
      const [low, high] = [Math.min(...boxes.map(({ at }) => at[1 - along])), Math.max(...boxes.map(({ at }) => at[1 - along] + at[3 - along]))];
      return { at: (low + high) / 2, fits: high - low <= room[1 - along] };
    };
    const chain = first.filter(({ kind }) => kind === "operator" || kind === "group"), all = middle(first);
    const at = !first.length ? 0 : all.fits || !chain.length ? all.at : middle(chain).at;
    return this.#across ? [0, at] : [at, 0];
  }

  // States

  #showStates() {
    this.world.classList.toggle("sb-untyped", this.#store.get("typed") === false);
    this.#scene.show(this.#store.get("states"), this.#store.get("texts"), this.#store.get("marks"));
  }

  /** The node of the present step; none where nobody sees steps. */
  get #active() {
    return this.#stepped ? this.#store.get("active") : null;
  }

  /** What is active stands out, and is looked for where it cannot be seen. */
  #follow() {
    const active = this.#active;
    this.#scene.activate(active);
    const k = active === null ? -1 : this.#scene.boxOf(active);
    if (k >= 0 && !this.camera.sees(this.#scene.boxes[k].at)) this.camera.reveal(this.#scene.boxes[k].at);
  }

  #showStops() {
    this.#scene.stopAt(this.#store.get("breakpoints") ?? []);
  }

  /** The edges that do not fit, where the step tells of them. */
  #showFailing() {
    for (const mark of this.world.querySelectorAll(".sb-misfit")) mark.remove();
    this.world.append(...this.#scene.misfits(this.#store.get("failing") ?? []));
  }

  // Choosing

  #showSelected() {
    const chosen = this.#scene.choose(this.#store.get("selected"));
    if (chosen < 0) return;
    this.#makeCurrent(chosen);
    if (this.camera.reveal(this.#scene.boxes[chosen].at, true, !this.#pressing)) this.#fitted = false;
  }

  #boxAt(event) {
    const element = event.target.closest?.("[data-box]");
    return element ? Number(element.dataset.box) : -1;
  }

  #clicked(event) {
    if (this.camera.dragged) return;
    const k = this.#boxAt(event), bar = event.target.closest?.("[data-close]");
    if (bar) this.#close(this.#scene.frames.find(({ group }) => `${group.start}-${group.stop}` === bar.dataset.close).group);
    else if (k < 0) this.#store.set({ selected: null });
    else if (this.#scene.boxes[k].unit.group) this.#toggle(k);
    else {
      this.#pressing = true;
      this.#choose(k);
      this.#pressing = false;
    }
  }

  #opened(event) {
    const k = this.#boxAt(event);
    if (k >= 0 && !this.#scene.boxes[k].unit.group) this.#closeAround(k);
  }

  #choose(k) {
    this.#makeCurrent(k);
    this.#scene.elements[k].focus({ preventScroll: true });
    this.#store.set({ selected: this.#scene.boxes[k].unit.node });
  }

  /** The box that Tab goes to; the trail tells where it is, once the reader has been there. */
  #makeCurrent(k, visited = true) {
    this.#visited ||= visited;
    this.#scene.elements[this.#current]?.setAttribute("tabindex", "-1");
    this.#current = k;
    this.#scene.elements[k]?.setAttribute("tabindex", "0");
    this.trail?.show(visited ? this.#scene.boxes[k]?.unit ?? null : null, this.#open);
  }

  // Opening and closing

  /** Open these groups and no others; what is held, `[point of the picture, node]`, stays where it is on the screen. */
  #setOpen(groups, around = null, spot = null) {
    this.#open = new Set(groups);
    if (around === null) this.#visited = false;
    this.#fitted = around === null;
    if (around === null) this.#least = READABLE;
    const before = this.#scene;
    this.draw();
    if (around !== null) {
      const k = this.#scene.boxOf(around);
      if (spot) this.camera.hold(this.#corner(spot.group, k), this.camera.spot(before.frameOf(spot.group) ? topOf(before.frameOf(spot.group).at) : topOf(before.boxes[spot.box].at)));
      this.#makeCurrent(k);
      this.#scene.elements[k].focus({ preventScroll: true });
      if (!spot || !this.camera.sees(this.#scene.boxes[k].at)) this.camera.reveal(this.#scene.boxes[k].at, false);
    }
    const { count } = this.#scene;
    this.finder.told.textContent = `${count.toLocaleString("en")} box${count === 1 ? "" : "es"}`;
  }

  /** Show groups, or all nodes without them. */
  #group(on) {
    this.#grouped = on;
    this.trail.element.hidden = !on;
    this.#setOpen([]);
  }

  /** The middle of the upper side of a group's frame, or of a box. */
  #corner(group, k) {
    return topOf((this.#scene.frameOf(group) ?? this.#scene.boxes[k]).at);
  }

  #toggle(k) {
    const { group, members } = this.#scene.boxes[k].unit;
    this.#setOpen([...this.#open, group], members[0], { group, box: k });
  }

  /** Close the innermost open group around a box. */
  #closeAround(k) {
    const around = this.#around(k);
    if (around.length) this.#close(around.at(-1));
  }

  #around(k) {
    return this.#graph.groupsAround(this.#scene.boxes[k].unit.members[0]).filter((group) => this.#open.has(group));
  }

  /** Close a group, and what is in it. */
  #close(group) {
    const kept = [...this.#open].filter(({ start, stop }) => start < group.start || stop > group.stop);
    this.#setOpen(kept, this.#graph.order[group.start], { group });
  }

  /** Open a group and all in it, level by level while there is room; all groups, if null. */
  #openBelow(group) {
    const open = new Set(this.#open);
    let level = group ? [group] : this.#graph.groups, boxes = this.#scene.count;
    while (level.length) {
      const more = level.reduce((sum, part) => sum + (open.has(part) ? 0 : shownIn(part) - 1), 0);
      if (boxes + more > OPEN_AT_ONCE && level[0] !== group) break;
      for (const part of level) open.add(part);
      boxes += more;
      level = level.flatMap(({ parts }) => parts);
    }
    if (!group) return this.#setOpen(open);
    this.#setOpen(open, this.#graph.order[group.start], { group, box: this.#scene.boxOf(this.#graph.order[group.start]) });
  }

  /** Look at a group, or at the whole. */
  #look(group) {
    const frame = group && this.#scene.frameOf(group);
    this.#fitted = false;
    if (frame) this.camera.show(frame.at);
    else if (group) this.camera.reveal(this.#scene.boxes[this.#scene.boxOf(this.#graph.order[group.start])].at);
    else this.fit();
  }

  /** Open what a node is in, so that it has a box of its own, and choose it. */
  show(node) {
    if (this.#only && !this.#only.has(node)) this.finder.follow(false);
    const around = this.#graph.groupsAround(node);
    if (!this.#isFlat && around.some((group) => !this.#open.has(group))) {
      const kept = this.#scene.count > OPEN_AT_ONCE ? [] : this.#open;
      this.#setOpen([...kept, ...around], node);
    }
    this.#store.set({ selected: node });
  }

  /** A few nodes that the reader asked for are shown without groups around them. */
  get #isFlat() {
    return !this.#grouped || this.#only !== this.#all && this.#only.size <= FLAT;
  }

  #showOnly(nodes) {
    const only = nodes ? new Set([...nodes].filter((i) => !this.#all || this.#all.has(i))) : this.#all;
    if (only === this.#only) return;
    this.#only = only;
    this.#fitted = true;
    this.#least = READABLE;
    this.draw();
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
    else if (event.key === "f") this.finder.follow(!this.finder.isFollowing, this.#scene.boxes[k].unit.members);
    else if (event.key === "o" && this.trail && this.#grouped) this.#openBelow(this.#scene.boxes[k].unit.group ?? this.#around(k).at(-1) ?? null);
    else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") this.#goTo(this.#walk.next(k, event.key));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Open a group; choose a node; of one that is chosen, go to what is known of it. */
  #enter(k) {
    const { group, node } = this.#scene.boxes[k].unit;
    if (group) this.#toggle(k);
    else if (this.#store.get("selected") === node) this.#store.set({ asked: {} });
    else this.#choose(k);
  }

  #leave(k) {
    if (this.finder.isFollowing) this.finder.follow(false);
    else if (this.#around(k).length) this.#closeAround(k);
    else this.#store.set({ selected: null });
  }

  #goTo(next) {
    if (next === undefined) return;
    const { unit, at } = this.#scene.boxes[next];
    this.#makeCurrent(next);
    this.#scene.elements[next].focus({ preventScroll: true });
    if (this.camera.reveal(at)) this.#fitted = false;
    if (!unit.group) this.#store.set({ selected: unit.node });
  }
}

const topOf = ([x, y, wide]) => [x + wide / 2, y];

/** How many boxes a group has when it is open. */
function shownIn({ start, stop, parts }) {
  return parts.reduce((sum, part) => sum + 1 - (part.stop - part.start), stop - start);
}
