/** The views of one graph or run, which share what is chosen, where the stepper is, and what Python answers. */

import { h } from "./dom.js";
import { GradientView } from "./gradient.js";
import { arrange, optimiserBeside } from "./inside.js";
import { Inspector } from "./inspector.js";
import { keyHelp } from "./keys.js";
import { Graph } from "./model.js";
import { Picture } from "./picture.js";
import { ranNote } from "./ran.js";
import { Stepper } from "./stepper.js";
import { Steps } from "./steps.js";
import { Store } from "./store.js";
import { Timeline } from "./timeline.js";
import { shapeText } from "./texts.js";
import { Values } from "./values.js";

/** Show a run, or a graph that was not run, below what an element has; gives its views and what they share.
 *
 * @param {((text: string) => void)|null} say Shows what went wrong.
 */
export function showRun(data, root, host, say) {
  const run = new Run(data, host), { graph, store } = run;
  const shown = data.parts ?? ["stepper", "picture", "timeline"], stepped = Boolean(run.steps) && shown.includes("stepper");
  const picture = pictureOf(run, stepped), inspector = inspectorOf(run, stepped || shown.includes("timeline"));
  const stepper = run.steps && new Stepper(run.steps, store, (number) => run.values.at(number, false), host && (() => host.send({ undo: true })));
  // What comes and goes stands below the picture, which thus stays where it is.
  if (stepped) picture.element.append(stepper.stops);
  const lines = (data.timelines ?? []).map((timeline, k, all) => new Timeline(timeline, graph, store, run.steps, (step) => stepper.go(step), k === all.length - 1));
  const gradient = shown.includes("gradient") ? gradientOf(run) : null;
  const optimiser = shown.includes("optimiser") ? optimiserBeside(data.optimiser, graph, store, (node) => picture.show(node)) : null;
  stepper?.go(run.steps.count);
  const elements = {
    stepper: stepper?.element, picture: picture.element, inspector: inspector.element,
    gradient: gradient?.element, optimiser: optimiser?.element,
    timeline: lines.length ? h("div", {}, ...lines.map(({ element }) => element)) : null,
  };
  root.append(...arrange(shown, elements));
  if (data.ran && (stepper || lines.length)) root.append(ranNote(data.ran, host));
  host?.onReply((reply) => take(reply, run, stepper, say));
  store.on(["undo"], () => host.send({ undo: true }));
  return { views: [picture, inspector, stepper, gradient, optimiser, ...lines].filter(Boolean), store, picture, stepper };
}

/** What the views of a run have in common. */
class Run {
  #acts;

  constructor(data, host) {
    this.data = data;
    this.host = host;
    this.graph = new Graph(data.graph);
    this.values = new Values(data.values ?? [], host);
    this.store = new Store({ selected: null, active: null, states: null, texts: null, step: 0, breakpoints: new Set(), failing: null });
    this.#go(data.acts);
    this.recorded = this.steps;
  }

  #go(acts) {
    this.#acts = acts;
    this.steps = acts ? new Steps(this.graph, acts) : null;
  }

  /** End with these acts of a "what if", in place of those of the one before: there is one change at a time. */
  tryOut(...acts) {
    this.#go([...this.#acts.filter(({ name }) => name !== "what if"), ...acts]);
  }

  /** What the recorded run has for an entry, as text, if a value is another; null if it is the same. */
  recordedUnlike(entry, value) {
    const { recorded, values } = this, before = values.at(recorded.valueAt(entry, recorded.count), false);
    return before && JSON.stringify(before) === JSON.stringify(value) ? null : recorded.valueTextOf(entry) ?? "";
  }

  /** The number of an entry's value at the present step. */
  numberOf(entry) {
    return this.steps?.valueAt(entry, this.store.get("step"));
  }

  /** The text of an entry's shape, in a list that is empty if it is not known. */
  shapeOf([i, index]) {
    const { shape } = this.graph.nodes[i].outs[index];
    return shape ? [shapeText(shape)] : [];
  }

  /** Why an entry has no value in any step; empty if it has one. */
  missing(entry) {
    if (!this.steps || this.steps.valueTextOf(entry) !== null) return "";
    return this.steps.acts.some(({ name }) => name === "backward") ? "not computed: the run ended before it" : "no backward was run; backward() computes it";
  }

  /** The nodes that some step shows; null if these are all. */
  get reached() {
    const ever = this.steps?.statesAt(this.steps.count).flatMap((state, i) => (state === "hidden" ? [] : [i]));
    return ever && ever.length < this.graph.nodes.length ? new Set(ever) : null;
  }
}

function pictureOf(run, stepped) {
  const labelOf = (entry) => [...run.shapeOf(entry), ...(run.steps?.textsOf(entry) ?? [])];
  // What no step ever shows, such as the gradient of a run that went forward only, is not in the picture.
  return new Picture(run.graph, run.store, { alt: run.data.alt, shown: run.reached, stepped, help: keyHelp(stepped), labelOf });
}

function inspectorOf(run, stepped) {
  const { data, host, values } = run;
  const gradients = new Map((data.gradients ?? []).map(([entry, gradient]) => [entry.join(), gradient]));
  const change = host && data.acts ? (name, items) => host.send({ change: name, items }) : null;
  const partOf = host && ((entry) => values.partsOf(run.numberOf(entry)));
  return new Inspector(run.graph, run.store, data.graph.places, (entry, ask) => values.at(run.numberOf(entry), ask), gradients, change, partOf, (entry) => run.missing(entry), stepped);
}

function gradientOf(run) {
  const labelOf = (entry) => [run.steps.textsOf(entry).at(-1), ...run.shapeOf(entry)].filter(Boolean);
  return new GradientView(run.data, run.graph, run.store, labelOf, (entry) => run.steps.valueTextOf(entry));
}

function nameOfSelected({ store, graph }) {
  return graph.nodes[store.get("selected")]?.name;
}

/** Show what Python answers. */
function take(reply, run, stepper, say) {
  // Who looks at a part of a value has it by now.
  if ("part" in reply) return;
  // What is wrong with what was typed is said where it was typed.
  if (reply.error) return reply.change === undefined || reply.change !== nameOfSelected(run) ? say(reply.error) : run.store.set({ refused: { text: reply.error } });
  if ("summary" in reply) {
    run.values.take(reply.value, reply.summary);
    // Who shows it looks again.
    run.store.set({ values: reply.value });
    return;
  }
  if (reply.undone) {
    run.tryOut();
    run.store.set({ tried: false });
    stepper.take(run.steps, false);
  }
  if (!reply.act) return;
  const first = run.values.add(reply.values);
  const unlike = ([entry, number]) => [entry.join(), run.recordedUnlike(entry, reply.values[number])];
  const steps = reply.act.steps.map((step) => ({
    ...step, values: step.values.map(([entry, number]) => [entry, first + number]), changed: step.values.map(unlike).filter(([, text]) => text !== null),
  }));
  run.tryOut({ ...reply.act, steps });
  run.store.set({ tried: true });
  stepper.take(run.steps);
}
