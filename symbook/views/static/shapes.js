/** Boxes and edges as SVG. */

import { LEADING } from "./boxes.js";
import { s } from "./dom.js";

const CAP = 0.72;
const ARROW = 9, HALF_ARROW = 3.7;
const TINY = 10;
/** From a box's outline to the ring around it. */
const RING = 4.5;

/** What each state looks like beside its word: a sign of its own, so that no state is told by colour alone. */
export const SIGNS = {
  unbound: "○", bound: "●", waiting: "…", ready: "▷", running: "▶", done: "✓", error: "✕", stale: "↻", hidden: "?",
};

/** The sign of what changed. */
export const CHANGED = "Δ";

/** The group of a box, its middle at the origin, and of its label below it. */
export function drawBox(box) {
  const top = -box.item[1] / 2, [wide, tall] = box.size;
  const middle = top + tall / 2;
  const parts = [outline(box, middle), ...texts(box, middle), ...portNames(box, top)];
  // Names of inputs stand in the corners: signs are further outside then.
  const out = box.ports.length ? [1, -3] : [-4, 3];
  const badge = s("g", { class: "sb-badge", transform: `translate(${wide / 2 + out[0]} ${top + out[1]})` }, s("circle", { r: 8 }), s("text", { y: 4 }));
  parts.push(badge, s("path", { class: "sb-stopper", transform: `translate(${-out[0] - wide / 2} ${top + out[1]})`, d: "M-3,-7H3L7,-3V3L3,7H-3L-7,3V-3Z" }, s("title", {}, "playing stops here")));
  if (box.label) parts.push(...label(box, top + tall));
  return s("g", { class: `sb-node sb-${box.kind}` }, ...parts);
}

/** What stands around a box that is chosen. */
export function drawRing({ kind, item, size: [wide, tall] }) {
  const middle = tall / 2 - item[1] / 2, radius = kind === "operator" || kind === "group" ? 5 : tall / 2;
  const ring = rectangle(wide + 2 * RING, tall + 2 * RING, radius + RING, middle);
  ring.setAttribute("class", "sb-ring");
  return ring;
}

function outline({ kind, size: [wide, tall] }, middle) {
  if (kind === "output") {
    return s("g", { class: "sb-shape" }, hexagon(wide, tall, middle, 0), hexagon(wide, tall, middle, 3, "sb-inner"));
  }
  if (kind === "group") {
    const sheet = (shift) => rectangle(wide - 6, tall - 6, 4, middle - 1.5 + shift, shift - 1.5);
    return s("g", { class: "sb-shape" }, sheet(4.5), sheet(0));
  }
  const radius = kind === "operator" ? 5 : tall / 2;
  return s("g", { class: "sb-shape" }, rectangle(wide, tall, radius, middle));
}

function rectangle(wide, tall, radius, y, x = 0) {
  return s("rect", { x: x - wide / 2, y: y - tall / 2, width: wide, height: tall, rx: radius });
}

function hexagon(wide, tall, middle, inset, look = null) {
  const deep = Math.min(14, tall / 3), slope = Math.hypot(deep, tall / 2);
  const x = wide / 2 - (inset * slope) / (tall / 2), y = tall / 2 - inset;
  const level = wide / 2 - deep - (inset * (slope - deep)) / (tall / 2);
  const corners = [[-x, 0], [-level, -y], [level, -y], [x, 0], [level, y], [-level, y]];
  return s("polygon", { class: look, points: corners.map(([dx, dy]) => `${dx},${middle + dy}`).join(" ") });
}

function texts(box, middle) {
  let y = middle + (box.ports.length ? 5 : 0) - box.rows.reduce((sum, { size }) => sum + size * LEADING, 0) / 2;
  return box.rows.map(({ text, size, look }) => {
    const baseline = y + (size * (LEADING + CAP)) / 2;
    y += size * LEADING;
    return s("text", { y: baseline, "font-size": size, class: look && `sb-${look}` }, text);
  });
}

/** The inputs' names, small, inside the box on the side where the edges arrive. */
function portNames({ ports, size: [wide] }, top) {
  return ports.map((name, k) => {
    const x = ((k + 0.5) / ports.length - 0.5) * wide;
    return s("text", { x, y: top + 11, "font-size": TINY, class: "sb-muted" }, name);
  });
}

function label({ label: { text, size }, item }, from) {
  const [wide, tall] = size, middle = item[1] / 2 - tall / 2;
  return [
    s("path", { class: "sb-stem", d: `M0,${from}V${middle - tall / 2}` }),
    s("g", { class: "sb-label" }, rectangle(wide, tall, tall / 2, middle), s("text", { y: middle + 4, "font-size": 11 }, text)),
  ];
}

/** What stands at the end of a label whose value is another than it was. */
export function drawChanged({ label: { size: [wide, tall] }, item }) {
  return s("g", { class: "sb-delta", transform: `translate(${wide / 2 + 4} ${(item[1] - tall) / 2})` }, s("title", {}, "changed"), s("circle", { r: 7.5 }), s("text", { y: 3.8, "font-size": 10 }, CHANGED));
}

/** An edge: its curve, and, where it ends at a box, its head, whose axis is the chord of the curve's last bit. */
export function drawEdge(curve, ends = true) {
  if (!ends) return s("g", { class: "sb-edge" }, s("path", { class: "sb-line", d: path(curve) }));
  const tip = curve.at(-1), before = backFrom(curve, ARROW);
  const length = Math.hypot(tip[0] - before[0], tip[1] - before[1]) || 1;
  const [ux, uy] = [(tip[0] - before[0]) / length, (tip[1] - before[1]) / length];
  const back = [tip[0] - ux * ARROW, tip[1] - uy * ARROW];
  const notch = [tip[0] - ux * (ARROW - 2), tip[1] - uy * (ARROW - 2)];
  const left = [back[0] - uy * HALF_ARROW, back[1] + ux * HALF_ARROW];
  const right = [back[0] + uy * HALF_ARROW, back[1] - ux * HALF_ARROW];
  const ending = [...curve.slice(0, -1), notch];
  return s(
    "g", { class: "sb-edge" },
    s("path", { class: "sb-line", d: path(ending) }),
    s("path", { class: "sb-head", d: `M${tip}L${left}L${notch}L${right}Z` }),
  );
}

/** What an edge has that does not fit, near its end; several of a node are not at the same height. */
export function drawMisfit(curve, text, place = 0) {
  const [x, y] = backFrom(curve, 22 + 18 * (place % 3)), wide = 7 * text.length + 14;
  return s("g", { class: "sb-misfit", transform: `translate(${x} ${y})` }, s("rect", { x: -wide / 2, y: -10, width: wide, height: 20, rx: 10 }), s("text", { y: 4, "font-size": 11 }, text));
}

/** A curve as the `d` of a path. */
export function path([start, ...rest]) {
  return `M${pair(start)}C${rest.map(pair).join(" ")}`;
}

function pair([x, y]) {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
}

/** The point of a curve's last segment that is so far from its end. */
function backFrom(curve, length) {
  const [a, b, c, d] = curve.slice(-4);
  let low = 0, high = 1;
  for (let n = 0; n < 16; n++) {
    const t = (low + high) / 2, u = 1 - t;
    const at = [0, 1].map((k) => u * u * u * a[k] + 3 * u * u * t * b[k] + 3 * u * t * t * c[k] + t * t * t * d[k]);
    if (Math.hypot(at[0] - d[0], at[1] - d[1]) > length) low = t;
    else high = t;
  }
  const t = low, u = 1 - t;
  return [0, 1].map((k) => u * u * u * a[k] + 3 * u * u * t * b[k] + 3 * u * t * t * c[k] + t * t * t * d[k]);
}
