/** The results of a cell, which stand below the view in the cell's output, where the notebook's page is Jupyter's. */

import { h } from "./dom.js";

const CHILD = ".jp-OutputArea-child";

/** Hide the results while the reader predicts them, and call them recorded while another value is tried; gives what
 * ends that. They are found by how they begin, as `name = `, and what is on the page later is looked for then.
 *
 * @param {Element} element Where the view is. @param {string[]} names The graph's outputs.
 */
export function followResults(element, names, store) {
  const show = (hidden, tried) => {
    for (const result of resultsBelow(element, names)) {
      for (const part of withRest(result)) part.style.visibility = hidden ? "hidden" : "";
      result.querySelector(".sb-recorded")?.remove();
      if (tried) result.append(h("span", { class: "sb-recorded" }, "   (as recorded)"));
    }
  };
  const end = store.on(["predicting", "tried"], () => show(store.get("predicting"), store.get("tried")));
  return () => {
    end();
    show(false, false);
  };
}

/** Those of this view: another view in the same output has its own. */
function resultsBelow(element, names) {
  const found = [];
  let child = element.closest(CHILD)?.nextElementSibling;
  while (child && !child.querySelector(".symbook-host")) {
    found.push(...[...child.querySelectorAll("pre")].filter(({ textContent }) => names.some((name) => textContent.startsWith(`${name} =`))));
    child = child.nextElementSibling;
  }
  return found;
}

/** A result, the table or the picture that belongs to it, and what follows: the tables of all values. */
function withRest(result) {
  const parts = [result];
  for (let at = result; at && !at.matches(CHILD); at = at.parentElement) {
    for (let next = at.nextElementSibling; next; next = next.nextElementSibling) parts.push(next);
  }
  return parts;
}
