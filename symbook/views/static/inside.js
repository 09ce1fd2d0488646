/** Where the views of one run stand: beside each other, or, of the pictures, behind tabs. */

import { h } from "./dom.js";
import { OptimiserView } from "./optimiser.js";
import { Tabs } from "./tabs.js";

const TITLES = { picture: "Graph", gradient: "Graph and gradient", optimiser: "Optimiser" };

/** Put views in order; gives the elements to be shown, from above.
 *
 * @param {string[]} parts Names of what is shown.
 * @param {object} elements The elements by these names; those that are missing are left out.
 */
export function arrange(parts, elements) {
  const there = parts.filter((name) => elements[name]);
  const pages = there.filter((name) => name in TITLES), rest = there.filter((name) => !(name in TITLES));
  const place = h("div", { class: "sb-page" }), { inspector } = elements;
  const lay = (name) => {
    // What is known of the chosen node stands beside one picture, and below two.
    const wide = name === "gradient";
    place.className = wide ? "sb-page" : "sb-page sb-columns";
    place.replaceChildren(elements[name], ...(inspector ? [inspector] : []));
  };
  const run = h("div", {}, ...rest.map((name) => (name === "inspector" ? place : elements[name])));
  if (!rest.includes("inspector")) run.append(place);
  const first = pages.find((name) => name !== "optimiser");
  if (first) lay(first);
  if (pages.length < 2) return [first ? run : elements.optimiser ?? run];
  const behind = elements.optimiser && h("div", {}, elements.optimiser);
  const tabs = new Tabs(
    pages.map((name) => ({ name, title: TITLES[name], panel: name === "optimiser" ? behind : run })),
    (name) => name !== "optimiser" && lay(name),
  );
  return [tabs.element, run, behind].filter(Boolean);
}

/** The optimiser's work beside a run: what is chosen in one is chosen in the other. */
export function optimiserBeside(data, graph, store, choose) {
  const view = new OptimiserView(data);
  const nameOf = () => (store.get("selected") === null ? null : graph.nodes[store.get("selected")].name);
  store.on(["selected"], () => view.choose(nameOf()));
  view.onChosen((name) => {
    if (name === null) store.set({ selected: null });
    else if (graph.position.has(name) && name !== nameOf()) choose(graph.position.get(name));
  });
  return view;
}
