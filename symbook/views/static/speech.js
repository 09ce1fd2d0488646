/** What a box of a picture is called where it is heard and not seen. */

import { shorten } from "./boxes.js";
import { shapeText } from "./texts.js";

const LONGEST = 80, MOST = 3;
const STATES = { hidden: "not written yet", stale: "to be computed again" };

/** A box's name, what it is, and how it is at present: `_mul0, elemwise_mul, done, [3 8]`. */
export function nameOf(graph, { start, stop, group }, state, mark, text) {
  const node = graph.nodes[start];
  const told = group
    ? [group.title, `${(stop - start).toLocaleString("en")} nodes`]
    : [node.name || "(no name)", node.op ?? (node.role === "auxiliary" ? "auxiliary state" : "variable")];
  return [...told.map((part) => shorten(part, LONGEST)), STATES[state] ?? state, mark, text].filter(Boolean).join(", ");
}

/** What a box is besides: what it computes, its shape, and what reads it. */
export function aboutOf(graph, { start, group }) {
  if (group) return "Enter opens it";
  const node = graph.nodes[start], readers = graph.readers[start], shape = node.outs[0]?.shape;
  const names = readers.slice(0, MOST).map((i) => shorten(graph.nodes[i].name, LONGEST));
  if (readers.length > MOST) names.push(`${readers.length - MOST} more`);
  return [
    node.formula && shorten(node.formula, LONGEST), shape && `shape ${shapeText(shape)}`,
    names.length ? `read by ${names.join(", ")}` : "", graph.headsOf.has(start) ? "an output of the graph" : "",
  ].filter(Boolean).join("; ");
}
