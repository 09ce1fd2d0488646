/** The views as a widget of a notebook. Python gives the document; what is chosen goes both ways. */

import { mount } from "./mount.js";
import { unpacked } from "./packing.js";
import { Python } from "./python.js";
import { followResults } from "./results.js";
import { hideStandIn } from "./standin.js";

export default {
  /** The document is read while Python draws the static form. */
  initialize({ model }) {
    const data = unpacked(model.get("_document"));
    // Who shows it tells what is wrong.
    if (data instanceof Promise) data.catch(() => {});
  },
  render({ model, el }) {
    let ends = [];
    const end = () => ends.splice(0).forEach((each) => each());
    const draw = () => {
      end();
      const data = unpacked(model.get("_document"));
      if (!(data instanceof Promise)) {
        ends = show(data, model, el);
        return;
      }
      let wanted = true;
      ends = [() => (wanted = false)];
      data.then(
        (found) => wanted && ends.push(...show(found, model, el)),
        ({ message }) => wanted && (el.textContent = message),
      );
    };
    draw();
    const restore = hideStandIn(model.get("static_id"), el);
    model.on("change:_document", draw);
    return () => {
      model.off("change:_document", draw);
      restore();
      end();
    };
  },
};

/** Draw the document into an element, and join it to the model; gives what ends that.
 *
 * A model may be rendered more than once: each rendering ends its own listeners and nobody else's.
 */
function show(data, model, el) {
  const python = new Python(model, el);
  const shown = mount(data, el, python);
  const ends = [() => python.dispose(), () => shown.dispose()];
  const listen = (name, listener) => {
    model.on(`change:${name}`, listener);
    ends.push(() => model.off(`change:${name}`, listener));
  };
  const nodes = data.graph?.nodes;
  if (nodes) joinSelected(model, shown, nodes, listen);
  if (shown.stepper) joinStep(model, shown, listen);
  if (shown.stepper) ends.push(followResults(el, data.graph.heads.map(([i, index]) => nodes[i].outs[index].name), shown.store));
  return ends;
}

function joinSelected(model, { store, picture }, nodes, listen) {
  const nameOf = (at) => (at === null ? null : nodes[at].name);
  const choose = () => {
    const name = model.get("selected") ?? null;
    // Nodes may share a name: the one that is chosen stays.
    if (name === nameOf(store.get("selected"))) return;
    const at = name === null ? null : nodes.findIndex((node) => node.name === name);
    if (at === null) store.set({ selected: null });
    else if (at >= 0) picture.show(at);
  };
  store.on(["selected"], () => tell(model, "selected", nameOf(store.get("selected"))));
  listen("selected", choose);
  choose();
}

function joinStep(model, { store, stepper }, listen) {
  const go = () => {
    const step = model.get("step") ?? null;
    if (step !== null && step !== store.get("step")) stepper.go(step);
  };
  go();
  store.on(["step"], () => tell(model, "step", store.get("step")));
  listen("step", go);
}

function tell(model, name, value) {
  if ((model.get(name) ?? null) === value) return;
  model.set(name, value);
  model.save_changes();
}
