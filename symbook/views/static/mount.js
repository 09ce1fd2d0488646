/** Puts the views that a document asks for into an element. */

import { h } from "./dom.js";
import { Explorer } from "./explorer.js";
import { listenToKeys } from "./keys.js";
import { OptimiserView } from "./optimiser.js";
import { Store } from "./store.js";
import { followTheme } from "./theme.js";
import { showRun } from "./together.js";

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
