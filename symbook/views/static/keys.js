/** The keys of a view: those that work wherever the focus is in it, and the list of all of them. */

import { button, focused, h } from "./dom.js";

const PICTURE = [
  ["Tab", "into the picture, and on"], ["↓ ↑", "to what reads a node, to its inputs"],
  ["← →", "to the other readers or inputs, else along the row"], ["Home End", "to the first node, to the last"],
  ["Enter", "choose a node; once more: to what is known of it, Esc: back"], ["Enter", "open a group"], ["Esc", "close the group around a node, or choose none"],
  ["f", "only the node and what is around it, or everything again"], ["o", "open all groups in a group"],
  ["+ − 0", "larger, smaller, all of it"], ["/", "find; Enter and Shift+Enter: the next, the one before"],
];
const STEPS = [[". ,", "one step on, one back"], ["→ ←", "the same, on the buttons"], ["Home End", "on the buttons: before the first step, to the last"]];

/** A button that shows the list of keys, and the list. */
export function keyHelp(withSteps) {
  const rows = [...PICTURE, ...(withSteps ? STEPS : []), ["?", "this list"]];
  const list = h("dl", { class: "sb-keys", hidden: true, tabindex: "-1", "aria-label": "Keys" }, ...rows.map(([keys, what]) => h("div", {}, h("dt", {}, ...keys.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, what))));
  let before = null;
  const show = (shown) => {
    if (shown) before = focused(list);
    list.hidden = !shown;
    opener.setAttribute("aria-expanded", String(shown));
    if (shown) list.focus();
    else (before?.isConnected && before !== list ? before : opener).focus();
  };
  const opener = button("?", "Keys", () => show(list.hidden), { class: "sb-button sb-help", "aria-expanded": "false" });
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    show(false);
    event.stopPropagation();
  });
  return { opener, list };
}

/** Make keys work in a view; gives what ends that. */
export function listenToKeys(root, stepper) {
  const nearest = (around, what) => focused(root)?.closest(around)?.querySelector(what) ?? root.querySelector(what);
  const actions = {
    "/": () => nearest(".sb-picture, .sb-explorer", "input[type=search]")?.focus(),
    "?": () => nearest(".sb-picture", ".sb-help")?.click(),
    ".": () => stepper?.next(),
    ",": () => stepper?.go(stepper.at - 1),
  };
  const onKey = (event) => {
    const typing = event.target.matches?.("input:not([type=range], [type=checkbox]), select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !(event.key in actions)) return;
    actions[event.key]();
    event.preventDefault();
    event.stopPropagation();
  };
  root.addEventListener("keydown", onKey);
  const endKeeping = keepKeys(root);
  return () => {
    root.removeEventListener("keydown", onKey);
    endKeeping();
  };
}

/** JupyterLab and Notebook take keys before an element sees them, unless it says that they may not: it says so for
 * keys without a modifier, and those with one, such as Ctrl+S, stay theirs. */
function keepKeys(root) {
  const mark = (event) => {
    const target = event.composedPath()[0];
    if (!(target instanceof Element) || !root.contains(target)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) target.removeAttribute("data-lm-suppress-shortcuts");
    else target.setAttribute("data-lm-suppress-shortcuts", "true");
  };
  // On the window, as they listen on the document and would be first.
  window.addEventListener("keydown", mark, true);
  return () => window.removeEventListener("keydown", mark, true);
}
