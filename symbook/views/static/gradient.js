/** A graph and its gradient side by side; what is chosen in one is shown in the other. */

import { h } from "./dom.js";
import { keyHelp } from "./keys.js";
import { partOf } from "./model.js";
import { Picture } from "./picture.js";
import { Store } from "./store.js";

export class GradientView {
  #whole;
  #outer;
  #sides;
  #choosing = false;
  #asking = null;

  /**
   * @param {object} data The document of a run that went backward.
   * @param {import("./model.js").Graph} whole Its graph.
   * @param {Store} outer Gets what is chosen, as a node of the whole graph.
   * @param {(entry: number[]) => string[]} labelOf
   * @param {(entry: number[]) => string|null} valueOf A value as text, empty if it is too large for a label; null if it was not computed.
   */
  constructor(data, whole, outer, labelOf, valueOf) {
    this.#whole = whole;
    this.#outer = outer;
    const written = new Set(data.written), gradientOf = new Map(data.gradients.map(([entry, gradient]) => [entry.join(), gradient]));
    // A value and its gradient stand on the same node, where both are short; else it is told that there is one.
    const withGradient = (entry) => {
      const found = gradientOf.get(entry.join()), [own, ...more] = labelOf(entry);
      if (!found || !own) return [own, ...more].filter(Boolean);
      return [`${own}   ∇ ${valueOf(found) ?? "not computed"}`.trimEnd()];
    };
    const rest = whole.nodes.map((_, i) => i).filter((i) => !written.has(i));
    const ends = data.gradients.filter(([[node], [i]]) => !whole.nodes[node].op && !written.has(i)), names = ends.map(([entry]) => `∇ ${whole.entryName(entry)}`);
    this.#sides = [
      this.#side("The graph", data.written, whole.heads.filter(([i]) => written.has(i)), withGradient, keyHelp(false)),
      this.#side("Its gradient", rest, ends.map(([, gradient]) => gradient), labelOf, null, names),
    ];
    // Of a value, its gradient; of a node of the gradient, the value that it is the gradient of.
    this.other = new Map();
    for (const [[a], [b]] of data.gradients) {
      this.other.set(a, b);
      if (!this.other.has(b)) this.other.set(b, a);
    }
    const told = "∇ stands at what has a gradient. Choose it: the other side shows what computes its gradient, and both values are below.";
    this.element = h("div", {}, h("p", { class: "sb-hint" }, told), h("div", { class: "sb-columns" }, ...this.#sides.map(({ element }) => element)));
    this.ends = [
      outer.on(["selected"], () => this.#choose(outer.get("selected"))),
      // Who came to the inspector goes back to the side it came from.
      outer.on(["returned"], () => this.#asking?.set({ returned: {} })),
    ];
  }

  dispose() {
    for (const end of this.ends) end();
    for (const { picture } of this.#sides) picture.dispose();
  }

  /** The picture of some nodes; what they read of others stands for variables. */
  #side(title, positions, heads, labelOf, help = null, headNames = null) {
    const whole = this.#whole, inside = new Set(positions);
    const read = positions.flatMap((i) => whole.nodes[i].inputs.map(([from]) => from)).filter((i) => !inside.has(i));
    const nodeOf = (node, i, place) => (inside.has(i) ? { ...node, inputs: node.inputs.map(([from, index]) => [place.get(from), index]) } : borrowed(node));
    const { shown, place, graph } = partOf(whole, [...read, ...positions], heads, nodeOf);
    graph.headNames = headNames;
    const store = new Store({ selected: null, active: null, states: null, texts: null });
    const picture = new Picture(graph, store, { alt: title, help, height: 620, labelOf: ([k, index]) => labelOf([shown[k], index]) });
    const side = { picture, store, shown, place, inside, element: h("div", { class: "sb-half" }, h("h3", {}, title), picture.element) };
    store.on(["selected"], () => {
      const chosen = store.get("selected");
      if (!this.#choosing) this.#outer.set({ selected: chosen === null ? null : shown[chosen] });
    });
    store.on(["asked"], () => {
      this.#asking = store;
      this.#outer.set({ asked: {} });
    });
    return side;
  }

  /** Show a node on its own side, and what belongs to it on the other. */
  #choose(node) {
    this.#choosing = true;
    for (const { place, inside, store } of this.#sides) {
      const wanted = node !== null && !inside.has(node) ? this.other.get(node) ?? node : node;
      store.set({ selected: wanted === null ? null : place.get(wanted) ?? null });
    }
    this.#choosing = false;
  }
}

/** A node of the other side, as a variable that is read here. */
function borrowed(node) {
  return { name: node.name, inputs: [], outs: node.outs, role: "variable" };
}
