/** The views as a widget of a notebook. Python gives the document; what is chosen goes both ways. */

import { mount } from "./mount.js";

export default {
  render({ model, el }) {
    let shown = null;
    const draw = () => {
      shown?.dispose();
      model.off("msg:custom");
      const host = { send: (message) => model.send(message), onReply: (reply) => model.on("msg:custom", reply) };
      shown = mount(model.get("_document"), el, host);
      const { store } = shown, nodes = model.get("_document").graph?.nodes;
      if (!nodes) return;
      const choose = () => {
        const name = model.get("selected");
        const at = name === null ? null : nodes.findIndex((node) => node.name === name);
        if (at !== -1) at === null ? store.set({ selected: null }) : shown.picture.show(at);
      };
      store.on(["selected"], () => {
        const at = store.get("selected");
        model.set("selected", at === null ? null : nodes[at].name);
        model.save_changes();
      });
      store.on(["step"], () => {
        model.set("step", store.get("step"));
        model.save_changes();
      });
      model.off("change:selected");
      model.off("change:step");
      model.on("change:selected", choose);
      model.on("change:step", () => shown.stepper && store.get("step") !== model.get("step") && shown.stepper.go(model.get("step")));
      if (model.get("step") !== null && shown.stepper) shown.stepper.go(model.get("step"));
      choose();
    };
    draw();
    // The static form stands for the widget where there is none.
    for (const form of document.getElementsByClassName(model.get("static_id"))) form.hidden = true;
    model.on("change:_document", draw);
    return () => shown.dispose();
  },
};
