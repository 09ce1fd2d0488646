/** Going through the steps of a course of events, forwards and backwards. */

import { Announcer } from "./announcer.js";
import { button, focused, h, isStill, refill } from "./dom.js";
import { isTooLarge, judge, questionFor } from "./guess.js";
import { icon } from "./icons.js";

/** Milliseconds a step. Who asked for no movement is not shown more than one change a second. */
const SPEEDS = { "0.5×": 2000, "1×": 1000, "2×": 500, "5×": 200, "20×": 50 };
const STILL = 1000;
const BEFORE = "before the first step";

export class Stepper {
  #steps;
  #store;
  #timer = 0;
  #guessed = new Set();
  #excused = false;
  #announcer = new Announcer();

  /**
   * @param {import("./steps.js").Steps} steps
   * @param {import("./store.js").Store} store `step` is how many steps are done; `breakpoints` a set of nodes.
   * @param {(number: number) => object|undefined} valueOf Gives a value of the document by its number.
   * @param {(() => void)|null} undo Takes back what was changed, if that can be.
   */
  constructor(steps, store, valueOf, undo = null) {
    this.#steps = steps;
    this.#store = store;
    this.valueOf = valueOf;
    this.undo = undo;
    this.element = this.#build();
    this.ends = [store.on(["step"], () => this.show()), store.on(["selected", "breakpoints"], () => this.#showBreakpoint()), store.on(["goTo"], () => this.jump(store.get("goTo").node))];
    this.show();
    this.#showBreakpoint();
  }

  dispose() {
    this.stop();
    this.#announcer.dispose();
    for (const end of this.ends) end();
  }

  get at() {
    return this.#store.get("step");
  }

  // Building

  #build() {
    const steps = this.#steps;
    this.tabs = h("div", { class: "sb-acts", role: "group", "aria-label": "Acts" });
    this.counter = h("span", { class: "sb-told sb-counter" });
    this.#makeTabs();
    this.scrubber = h("input", {
      type: "range", min: 0, max: steps.count, step: 1, value: 0, class: "sb-scrubber", "aria-label": "Step",
      "data-lm-suppress-shortcuts": "true", oninput: () => this.go(Number(this.scrubber.value)),
    });
    this.player = button(icon("play"), "Play", () => (this.#timer ? this.stop() : this.play()));
    this.speed = h("select", { class: "sb-button", "aria-label": "Speed" }, ...Object.keys(SPEEDS).map((name) => h("option", { selected: name === "1×" }, name)));
    this.breakpoint = button("Stop here", "Stop at the chosen node when playing", () => this.#toggleBreakpoint(), { "aria-pressed": "false" });
    this.predicting = h("input", { type: "checkbox", onchange: () => this.#store.set({ predicting: this.predicting.checked }) });
    this.stops = h("div", { class: "sb-stops", role: "group", "aria-label": "Nodes to stop at", hidden: true });
    this.undoing = button("Back to the recorded values", "Take back all changes", () => this.undo(), { hidden: true });
    this.sentence = h("p", { class: "sb-sentence" });
    this.forward = button(icon("step"), "Step", () => this.next());
    this.question = h("form", { class: "sb-question", hidden: true, onsubmit: (event) => this.#answer(event) });
    const controls = h(
      "div", { class: "sb-tools", role: "group", "aria-label": "Go through the steps" },
      button(icon("first"), "First", () => this.go(0)), button(icon("back"), "Step back", () => this.go(this.at - 1)), this.player,
      this.forward, button(icon("last"), "Last", () => this.go(steps.count)),
      this.speed, this.breakpoint, h("label", { class: "sb-check" }, this.predicting, " Predict"), this.undoing, this.counter,
    );
    const element = h(
      "section", { class: "sb-stepper", "aria-label": "Steps", onkeydown: (event) => this.#key(event) },
      this.tabs, controls, this.stops, this.scrubber, h("div", { class: "sb-said" }, this.sentence, this.question), this.#announcer.element,
    );
    return element;
  }

  #makeTabs() {
    const { acts, starts } = this.#steps;
    this.acts = acts.map((act, a) => h("button", { type: "button", class: "sb-act", "data-title": act.title, onclick: () => this.go(starts[a] + 1) }, act.title));
    this.tabs.replaceChildren(...this.acts);
    // As wide as it will ever be: what stands beside it stays where it is.
    const widest = acts.map((_, a) => this.#placeAt(starts[a + 1]).length).reduce((a, b) => Math.max(a, b), BEFORE.length);
    this.counter.style.minWidth = `${Math.ceil(widest * 0.82)}ch`;
  }

  /** Go on with another course of events that begins alike, and play its last act, if that is new. */
  take(steps, isNew = true) {
    this.stop();
    this.#steps = steps;
    this.#makeTabs();
    this.scrubber.max = steps.count;
    this.undoing.hidden = !this.undo || steps.acts.at(-1).name !== "what if";
    this.go(isNew ? steps.starts.at(-2) + 1 : steps.count);
    if (isNew) this.play();
  }

  /** Say something that is no step's. */
  say(text) {
    this.sentence.textContent = text;
    this.#announce();
  }

  // Going

  go(k) {
    this.#closeQuestion();
    const step = Math.max(0, Math.min(this.#steps.count, k));
    const active = step ? this.#steps.all[step - 1].node : null;
    this.#store.set({ step, active, states: this.#steps.statesAt(step), texts: this.#steps.labelsAt(step), failing: this.#steps.failingAt(step), changed: this.#steps.changedAt(step), typed: step >= this.#steps.typed });
  }

  /** One step further; where the reader wants to predict its value, the question comes first. */
  next() {
    if (this.at >= this.#steps.count) return this.stop();
    if (this.predicting.checked && this.#ask(this.at + 1)) return this.stop();
    this.go(this.at + 1);
    if (this.predicting.checked && !this.#excused && isTooLarge(this.#steps.all[this.at - 1], this.#steps.graph)) this.#excuse();
  }

  play() {
    if (this.at >= this.#steps.count) this.go(0);
    const tick = () => {
      this.next();
      const stops = this.at >= this.#steps.count || this.#steps.stopsAt(this.at, this.#store.get("breakpoints"));
      if (stops || !this.#timer) return this.stop();
      this.#timer = setTimeout(tick, Math.max(SPEEDS[this.speed.value], isStill() ? STILL : 0));
    };
    this.#timer = setTimeout(tick, 0);
    this.#showPlaying();
  }

  stop() {
    const played = this.#timer;
    clearTimeout(played);
    this.#timer = 0;
    this.#showPlaying();
    // What was too quick to be said.
    if (played && this.element.isConnected) this.#announce();
  }

  #showPlaying() {
    const name = this.#timer ? "Pause" : "Play";
    this.player.replaceChildren(icon(this.#timer ? "pause" : "play"));
    this.player.title = name;
    this.player.setAttribute("aria-label", name);
  }

  /** Go to the latest step of a node, so that it is seen what it did. */
  jump(node) {
    const found = this.#steps.stepsOf(node);
    const act = this.#steps.actAt(this.at);
    const here = found.filter((k) => this.#steps.all[k - 1].act === act);
    if (found.length) this.go(here.at(-1) ?? found.at(-1));
  }

  #key(event) {
    if (event.target.matches("input:not([type=checkbox])") || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { ArrowRight: () => this.next(), ArrowLeft: () => this.go(this.at - 1), Home: () => this.go(0), End: () => this.go(this.#steps.count) }[event.key];
    if (!act) return;
    act();
    event.preventDefault();
    event.stopPropagation();
  }

  // Showing

  show() {
    const steps = this.#steps, k = this.at;
    const act = steps.actAt(k);
    this.acts.forEach((tab, a) => {
      tab.setAttribute("aria-current", a === act ? "step" : "false");
      tab.classList.toggle("sb-passed", k >= steps.starts[a + 1]);
    });
    this.scrubber.value = k;
    const place = this.#placeAt(k);
    this.scrubber.setAttribute("aria-valuetext", place);
    this.counter.textContent = place;
    this.sentence.textContent = k ? steps.all[k - 1].text : steps.acts[0].opening ?? "Nothing has happened yet.";
    this.sentence.classList.toggle("sb-failed", Boolean(k && steps.all[k - 1].failed));
    // What a view shows when it appears is not said.
    if (this.element.isConnected) this.#announce();
  }

  #placeAt(k) {
    const { acts, starts } = this.#steps, act = this.#steps.actAt(k);
    return k ? `${acts[act].title}, step ${k - starts[act]} of ${starts[act + 1] - starts[act]}` : BEFORE;
  }

  /** Say what the sentence says, and the value that the step made, if it is short. */
  #announce() {
    const { values, labels } = this.#steps.all[this.at - 1] ?? {};
    const told = values && labels ? `. ${labels.map(([, text]) => text).join(", ")}` : "";
    this.#announcer.say(this.sentence.textContent.replace(/\.$/, "") + told, Boolean(this.#timer));
  }

  #showBreakpoint() {
    const selected = this.#store.get("selected"), breakpoints = this.#store.get("breakpoints"), { nodes } = this.#steps.graph;
    this.breakpoint.disabled = selected === null;
    this.breakpoint.setAttribute("aria-pressed", String(breakpoints.has(selected)));
    this.stops.hidden = !breakpoints.size;
    const names = [...breakpoints].map((node) => button(`${nodes[node].name} ✕`, `Stop at ${nodes[node].name} no more`, () => this.#stopAt(node, false)));
    refill(this.stops, [h("span", {}, "Stops at "), ...names, breakpoints.size > 1 && button("Clear all", "Stop nowhere", () => this.#store.set({ breakpoints: new Set() }))], this.breakpoint);
  }

  #stopAt(node, stops) {
    const breakpoints = new Set(this.#store.get("breakpoints"));
    if (stops) breakpoints.add(node);
    else breakpoints.delete(node);
    this.#store.set({ breakpoints });
  }

  #toggleBreakpoint() {
    const selected = this.#store.get("selected");
    this.#stopAt(selected, !this.#store.get("breakpoints").has(selected));
  }

  // Predicting

  /** Ask for what a step makes, if it can be asked for and was not before. */
  #ask(k) {
    const steps = this.#steps, step = steps.all[k - 1], number = (entry) => steps.valueAt(entry, k - 1);
    if (this.#guessed.has(k)) return false;
    const question = questionFor(step, steps.acts[step.act].name, steps.graph, (entry) => this.valueOf(number(entry)), this.valueOf);
    if (!question) return false;
    this.#guessed.add(k);
    this.asked = { question, k };
    this.input = h("input", { type: "text", class: "sb-search", "aria-label": `Your answer: ${question.text}`, autocomplete: "off", "data-lm-suppress-shortcuts": "true" });
    this.verdict = h("span", { class: "sb-verdict" });
    this.question.replaceChildren(
      h("span", { class: "sb-asked" }, question.text), this.input, h("button", { type: "submit", class: "sb-button" }, "Check"),
      button("Show me", "Show the value", () => this.go(k)), this.verdict,
    );
    this.question.hidden = false;
    if (question.kind === "elements") this.#store.set({ active: step.node, states: steps.statesAt(k - 1).with(step.node, "running") });
    this.input.focus();
    return true;
  }

  /** Say why there was no question, once. */
  #excuse() {
    this.#excused = true;
    this.say(`${this.sentence.textContent} (Values this large are not asked for.)`);
  }

  #closeQuestion() {
    const held = this.question.contains(focused(this.element));
    this.question.hidden = true;
    if (held) this.forward.focus();
  }

  #answer(event) {
    event.preventDefault();
    const { question, k } = this.asked, { right, told } = judge(question, this.input.value);
    if (!right) {
      this.verdict.textContent = told;
      this.#announcer.say(told);
      this.input.select();
      return;
    }
    this.go(k);
    this.say(`${told}: ${this.sentence.textContent}`);
  }
}
