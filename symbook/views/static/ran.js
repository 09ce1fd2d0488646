/** How a run was recorded: as it was written, or as the optimiser left it; in a notebook it can be recorded anew. */

import { button, h } from "./dom.js";

/**
 * @param {{optimized: boolean, text: string, differs: boolean}} ran
 * @param {{send: Function}|null} host
 */
export function ranNote(ran, host) {
  const other = ran.optimized ? "as written" : "as optimised";
  const choose = ran.differs && host ? button(`Record it ${other}`, `Record it ${other}`, () => host.send({ optimized: !ran.optimized })) : null;
  const again = host && button("Record again", "Record again", () => host.send({ optimized: ran.optimized }));
  return h("details", { class: "sb-ran" }, h("summary", {}, "About this run"), h("p", {}, ran.text, again && " ", again, choose && " ", choose));
}
