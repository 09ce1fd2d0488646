/** Puts the views that a document asks for into an element. */

import { h } from "./dom.js";
import { Explorer } from "./explorer.js";
import { GradientView } from "./gradient.js";
import { arrange, optimiserBeside } from "./inside.js";
import { Inspector } from "./inspector.js";
import { keyHelp, listenToKeys } from "./keys.js";
import { Graph } from "./model.js";
import { OptimiserView } from "./optimiser.js";
import { Parts } from "./parts.js";
import { Picture } from "./picture.js";
import { ranNote } from "./ran.js";
import { Stepper } from "./stepper.js";
import { Steps } from "./steps.js";
import { Store } from "./store.js";
import { followTheme } from "./theme.js";
import { Timeline } from "./timeline.js";
import { shapeText } from "./texts.js";

/** Show a document, or the parts of it that it names; gives the store that its views share, and what ends it all.
 *
 * @param {import("./python.js").Python|null} host Where questions go that Python alone can answer.
 */
export function mount(data, place, host = null) {
  // The headings of its parts are of the third order.
  const root = h("div", { class: "symbook-view" }, h("h2", { class: "sb-unseen" }, "Interactive view"));
  place.classList.add("symbook-host");
  place.replaceChildren(root);
  const say = host && notices(host, root);
  const shown = data.stages ? showPasses(data, root) : data.operators ? showOperators(data, root, host) : showRun(data, root, host, say);
  sendByEnter(root);
  const ends = [followTheme(root), listenToKeys(root, shown.stepper)];
  return { ...shown, dispose: () => [...ends, ...shown.views.map((view) => () => view.dispose())].forEach((end) => end()) };
}

/** JupyterLab keeps a form in a cell from being sent by Enter: it is sent before that. */
function sendByEnter(root) {
  root.addEventListener("keydown", (event) => {
    const { key, target, isComposing, defaultPrevented } = event;
    if (key !== "Enter" || isComposing || defaultPrevented || target.tagName !== "INPUT" || !target.form) return;
    event.preventDefault();
    target.form.requestSubmit();
  });
}

/** A line above all that says why there is no answer; gives what sets it. */
function notices(host, root) {
  const line = h("p", { class: "sb-notice", role: "status" });
  const say = (text) => (line.textContent = text);
  root.append(line);
  host.onNotice(say);
  return say;
}

function showOperators(data, root, host) {
  const view = new Explorer(data, host);
  root.append(view.element);
  return { views: [view], store: new Store({}) };
}

function showPasses(data, root) {
  const view = new OptimiserView(data);
  root.append(view.element);
  return { views: [view], store: new Store({}) };
}

/** Why an entry has no value in any step; empty if it has one. */
function neverComputed(steps, entry) {
  if (!steps || steps.valueTextOf(entry) !== null) return "";
  return steps.acts.some(({ name }) => name === "backward") ? "not computed: the run ended before it" : "no backward was run; backward() computes it";
}

function showRun(data, root, host, say) {
  const graph = new Graph(data.graph);
  // The document may be shown twice: what is added here is this rendering's own.
  let acts = data.acts;
  const values = [...(data.values ?? [])];
  let steps = acts ? new Steps(graph, acts) : null;
  const store = new Store({ selected: null, active: null, states: null, texts: null, step: 0, breakpoints: new Set(), failing: null });
  const shape = ([i, index]) => (graph.nodes[i].outs[index].shape ? [shapeText(graph.nodes[i].outs[index].shape)] : []);
  const asked = new Set();
  // Python keeps what was recorded, and no values of a "what if".
  const parts = host && new Parts(host), recorded = values.length;
  const numberOf = (entry) => steps?.valueAt(entry, store.get("step"));
  const valueOf = (entry, ask = true) => {
    const number = numberOf(entry), value = values[number];
    if (value === null && ask && host && !asked.has(number)) {
      asked.add(number);
      host.send({ value: number });
    }
    return value ?? undefined;
  };
  // What no step ever shows, such as the gradient of a run that went forward only, is not in the picture.
  const ever = steps?.statesAt(steps.count).flatMap((state, i) => (state === "hidden" ? [] : [i]));
  const reached = ever && ever.length < graph.nodes.length ? new Set(ever) : null;
  const shown = data.parts ?? ["stepper", "picture", "timeline"], stepped = Boolean(steps) && shown.includes("stepper");
  const picture = new Picture(graph, store, { alt: data.alt, shown: reached, stepped, help: keyHelp(stepped), labelOf: (entry) => [...shape(entry), ...(steps?.textsOf(entry) ?? [])] });
  const gradients = new Map((data.gradients ?? []).map(([entry, gradient]) => [entry.join(), gradient]));
  const inspector = new Inspector(graph, store, data.graph.places, valueOf, gradients, host && acts ? (name, items) => host.send({ change: name, items }) : null, host && ((entry) => (numberOf(entry) < recorded ? parts.of(numberOf(entry)) : null)), (entry) => neverComputed(steps, entry));
  const stepper = steps && new Stepper(steps, store, (number) => values[number], host && (() => host.send({ undo: true })));
  // What comes and goes stands below the picture, which thus stays where it is.
  if (stepped) picture.element.append(stepper.stops);
  const lines = (data.timelines ?? []).map((timeline, k, all) => new Timeline(timeline, graph, store, steps, (step) => stepper.go(step), k === all.length - 1));
  const elements = {
    stepper: stepper?.element, picture: picture.element, inspector: inspector.element,
    timeline: lines.length ? h("div", {}, ...lines.map(({ element }) => element)) : null,
  };
  const gradient = shown.includes("gradient") ? new GradientView(data, graph, store, (entry) => [steps.textsOf(entry).at(-1), ...shape(entry)].filter(Boolean), (entry) => steps.valueTextOf(entry)) : null;
  if (gradient) elements.gradient = gradient.element;
  const optimiser = shown.includes("optimiser") ? optimiserBeside(data.optimiser, graph, store, (node) => picture.show(node)) : null;
  if (optimiser) elements.optimiser = optimiser.element;
  stepper?.go(steps.count);
  if (data.ran && (elements.stepper || elements.timeline)) root.append(ranNote(data.ran, host));
  root.append(...arrange(shown, elements));
  // What was asked in vain may be asked again.
  host?.onNotice((text) => text && asked.clear());
  host?.onReply((reply) => {
    if ("part" in reply) return;
    if (reply.error) return say(reply.error);
    if ("summary" in reply) {
      values[reply.value] = reply.summary;
      // Who shows it looks again.
      store.set({ values: reply.value });
      return;
    }
    if (reply.undone) {
      acts = acts.filter(({ name }) => name !== "what if");
      steps = new Steps(graph, acts);
      stepper.take(steps, false);
    }
    if (!reply.act) return;
    const first = values.length;
    values.push(...reply.values);
    const told = reply.act.steps.map((step) => ({ ...step, values: step.values.map(([entry, number]) => [entry, first + number]) }));
    // One change at a time: the act of the one before goes.
    acts = [...acts.filter(({ name }) => name !== "what if"), { ...reply.act, steps: told }];
    steps = new Steps(graph, acts);
    stepper.take(steps);
  });
  return { views: [picture, inspector, stepper, gradient, optimiser, ...lines].filter(Boolean), store, picture, stepper };
}
