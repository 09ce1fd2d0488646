/** What is shown of a graph with groups: boxes, and open groups as frames around what is in them.
 *
 * Every frame is laid out on its own. An edge that leads into a frame, or out of it, goes through a port on its upper
 * or lower side; edges between the same two things share one.
 */

import { layOut } from "./layered.js";

export const BAR = 24;
const PAD = 10, PORT = 8, LEAST = 150;

/** The containers, units and links of what is shown.
 *
 * @param {import("./model.js").Graph} graph
 * @param {Set<object>} open The groups that are open.
 * @param {Set<number>|null} only The nodes to show; all of them, if null.
 * @param {boolean} flat Show nodes only, without groups.
 * @returns {{root: object, units: object[], outputs: object[], home: object[]}} `home` has each node's unit, or null. A container has `items`: units, containers, ports and outputs, and `links`
 *   between them. A unit, a node or a closed group, has `members`.
 */
export function nest(graph, open, only = null, flat = false) {
  const root = containerOf(null, null);
  const units = [];
  const home = new Array(graph.nodes.length).fill(null);
  const shown = (start, stop) => {
    const members = [];
    for (let k = start; k < stop; k++) if (!only || only.has(graph.order[k])) members.push(graph.order[k]);
    return members;
  };
  const put = (container, start, stop, group) => {
    const members = shown(start, stop);
    if (!members.length) return;
    const first = group ? group.start : members[0];
    const unit = { kind: "unit", group, node: group ? null : members[0], members, start: first, stop: first + members.length, parent: container, number: units.length, arriving: 0 };
    container.items.push(unit);
    units.push(unit);
    for (const i of members) home[i] = unit;
  };
  const fill = (container, start, stop, groups) => {
    let at = start;
    for (const group of groups) {
      for (; at < group.start; at++) put(container, at, at + 1, null);
      if (!open.has(group)) put(container, group.start, group.stop, group);
      else {
        const inner = containerOf(group, container);
        fill(inner, group.start, group.stop, group.parts);
        if (inner.items.length) container.items.push(inner);
      }
      at = group.stop;
    }
    for (; at < stop; at++) put(container, at, at + 1, null);
  };
  fill(root, 0, graph.order.length, flat ? [] : graph.groups);
  return { root, units, home, outputs: link(graph, root, home) };
}

function containerOf(group, parent) {
  return { kind: "frame", group, parent, depth: parent ? parent.depth + 1 : 0, items: [], ins: new Map(), outs: new Map(), links: new Map() };
}

function link(graph, root, home) {
  graph.order.forEach((i) => {
    const head = home[i];
    if (!head) return;
    graph.nodes[i].inputs.forEach(([from, index], port) => {
      const tail = home[from];
      const aside = graph.place[from] < graph.forward && graph.place[i] >= graph.forward;
      if (tail && tail !== head) join(tail, head, head.group ? -1 : port, [from, index], aside);
    });
  });
  // The outputs stand beside what gives them; those of a closed group are one.
  const outputs = new Map();
  graph.heads.forEach((entry, k) => {
    const tail = home[entry[0]];
    if (!tail) return;
    const key = tail.group ? tail : k;
    if (!outputs.has(key)) {
      const output = { kind: "output", numbers: [], entries: [], parent: tail.parent, number: -1 };
      outputs.set(key, output);
      tail.parent.items.push(output);
    }
    const output = outputs.get(key);
    output.numbers.push(k);
    output.entries.push(entry);
    join(tail, output, -1, entry);
  });
  return [...outputs.values()];
}

/** An edge between two things, in as many links as it crosses frames, and one. */
function join(tail, head, port, entry, aside = false) {
  const ups = [], downs = [];
  let a = tail, b = head;
  while (a.parent !== b.parent) {
    const deeper = a.parent.depth - b.parent.depth;
    if (deeper >= 0) {
      ups.push(a);
      a = a.parent;
    }
    if (deeper <= 0) {
      downs.push(b);
      b = b.parent;
    }
  }
  const note = (from, to) => {
    const links = from.parent.links, last = to === head ? port : -1;
    if (!links.has(from)) links.set(from, new Map());
    const mine = links.get(from);
    if (!mine.has(to)) mine.set(to, new Map());
    const found = mine.get(to);
    if (!found.has(last)) {
      if (to.kind === "unit") to.arriving++;
      found.set(last, { tail: from, head: to, port: last, entries: [], tails: new Set(), heads: new Set(), aside: true });
    }
    const one = found.get(last);
    one.entries.push(entry);
    one.aside &&= aside;
    one.tails.add(tail.number);
    one.heads.add(head.number);
  };
  note(a, b);
  for (let target = b; ups.length; ) {
    const from = ups.pop();
    const port_ = portOf(from.parent, "outs", target);
    note(from, port_);
    target = port_;
  }
  for (let source = a; downs.length; ) {
    const to = downs.pop();
    const port_ = portOf(to.parent, "ins", source);
    note(port_, to);
    source = port_;
  }
}

function portOf(container, side, outside) {
  const ports = container[side];
  if (!ports.has(outside)) ports.set(outside, { kind: "port", side, parent: container });
  return ports.get(outside);
}

/** Lay out a container and all in it.
 *
 * @param {object} root
 * @param {(item: object) => {item: number[], size: number[], kind: string, ports: string[]}} boxOf The box of a unit or an output.
 * @param {boolean} across From the left to the right, and not from the top downwards.
 * @returns {{size: number[], boxes: Map<object, number[]>, frames: {container: object, at: number[]}[], curves: {link: object, curve: number[][], own: number[][], ends: boolean}[]}}
 *   Centres of boxes' items; `own` is what has to be drawn of a curve where others share its way, and `ends` says
 *   whether it arrives at a box.
 */
export function layNested(root, boxOf, across = false) {
  const laid = layContainer(root, boxOf, across);
  const found = { size: laid.size, boxes: new Map(), frames: [], curves: [] };
  gather(laid, [0, 0], found, across);
  return found;
}

function layContainer(container, boxOf, across) {
  const items = [...container.ins.values(), ...container.items, ...container.outs.values()];
  const place = new Map(items.map((item, k) => [item, k]));
  const inner = items.map((item) => (item.kind === "frame" ? layContainer(item, boxOf, across) : null));
  const boxes = items.map((item) => (item.kind === "unit" || item.kind === "output" ? boxOf(item) : null));
  const links = linksOf(container);
  const plain = (item) => item.kind === "unit" && ["variable", "auxiliary"].includes(boxes[place.get(item)].kind);
  const fed = new Set(links.filter(({ tail }) => !plain(tail)).map(({ head }) => head));
  const edges = links.map((one) => {
    const tail = place.get(one.tail), head = place.get(one.head);
    return {
      tail, head,
      from: inner[tail] ? inner[tail].outs.get(one.head) : across ? lift(boxes[tail]) : 0,
      shift: inner[head] ? inner[head].ins.get(one.tail) : arrival(boxes[head], one.port, across),
      bus: one.tail.kind === "port" ? "tail" : one.head.kind === "port" ? "head" : undefined,
      // A chain of operators runs straight; the variables that join it, and what its gradient reads, stand beside it.
      straight: !one.aside && (!plain(one.tail) || !fed.has(one.head)),
    };
  });
  const turned = (pair) => (across ? [pair[1], pair[0]] : pair);
  const sizes = items.map((_, k) => turned(inner[k]?.size ?? boxes[k]?.item ?? (across ? [0, PORT] : [PORT, 0])));
  const pins = items.map(({ kind, side }) => (kind !== "port" ? undefined : side === "ins" ? "top" : "bottom"));
  const laid = layOut({ sizes, edges, pins });
  spread(edges, laid, boxes, across);
  const centres = laid.centres.map(turned);
  const lines = laid.curves.map((curve, e) => ({ curve: curve.map(turned), own: laid.own[e] === curve ? null : laid.own[e].map(turned), bus: edges[e].bus }));
  return framed({ container, items, inner, links, size: turned(laid.size), centres, lines }, across);
}

/** The links between what is in a container. */
export function linksOf(container) {
  return [...container.links.values()].flatMap((heads) => [...heads.values()].flatMap((ports) => [...ports.values()]));
}

/** How far the middle of a box is from that of the box with its label below it. */
const lift = (box) => (box ? (box.size[1] - box.item[1]) / 2 : 0);

/** Where beside the middle of a box's side an edge arrives. */
function arrival(box, port, across) {
  if (!box) return 0;
  if (across) return lift(box);
  return box.ports.length && port >= 0 ? ((port + 0.5) / box.ports.length - 0.5) * box.size[0] : 0;
}

/** A frame adds its bar and its sides, and knows where along them its ports are. */
function framed(laid, across) {
  const { container, items, size, centres } = laid;
  const shift = container.group ? [PAD, BAR + PAD / 2] : [0, 0];
  const whole = container.group ? [Math.max(size[0] + 2 * PAD, LEAST), size[1] + shift[1] + PAD / 2] : size;
  if (container.group) shift[0] = (whole[0] - size[0]) / 2;
  const axis = across ? 1 : 0;
  const along = (port) => centres[items.indexOf(port)][axis] + shift[axis] - whole[axis] / 2;
  const sides = (ports) => new Map([...ports].map(([outside, port]) => [outside, along(port)]));
  return { ...laid, size: whole, shift, ins: sides(container.ins), outs: sides(container.outs) };
}

/** Put everything where it is in the whole. */
function gather(laid, [x, y], found, across) {
  const { container, items, inner, links, centres, lines, size } = laid;
  const [left, top] = [x + laid.shift[0], y + laid.shift[1]];
  if (container.group) found.frames.push({ container, at: [x, y, ...size] });
  items.forEach((item, k) => {
    const [cx, cy] = [centres[k][0] + left, centres[k][1] + top];
    if (inner[k]) gather(inner[k], [cx - inner[k].size[0] / 2, cy - inner[k].size[1] / 2], found, across);
    else if (item.kind !== "port") found.boxes.set(item, [cx, cy]);
  });
  const onSide = ([px, py], far) => (across ? [far ? x + size[0] : x, py] : [px, far ? y + size[1] : y]);
  links.forEach((one, e) => {
    const { bus } = lines[e];
    const moved = (points) => points.map(([px, py]) => [px + left, py + top]);
    // From side to side of the frame.
    const whole = (points, begins, ends) => {
      if (begins && one.tail.kind === "port") points.unshift(onSide(points[0], false), onSide(points[0], false), [...points[0]]);
      if (ends && one.head.kind === "port") points.push([...points.at(-1)], onSide(points.at(-1), true), onSide(points.at(-1), true));
      return points;
    };
    const curve = whole(moved(lines[e].curve), true, true);
    const own = lines[e].own ? whole(moved(lines[e].own), bus !== "tail", bus !== "head") : curve;
    found.curves.push({ link: one, curve, own, ends: one.head.kind === "unit" || one.head.kind === "output" });
  });
}

const SPREAD = 15, CORNER = 14;

/** Curves that would meet in one point arrive beside each other, in the order they come from. */
function spread(edges, { curves, own }, boxes, across) {
  const meeting = new Map();
  edges.forEach(({ head }, e) => {
    if (!boxes[head] || (!across && boxes[head].ports.length > 1)) return;
    if (!meeting.has(head)) meeting.set(head, []);
    meeting.get(head).push(e);
  });
  for (const [head, arriving] of meeting) {
    if (arriving.length < 2) continue;
    const step = Math.min(SPREAD, Math.max(0, boxes[head].size[across ? 1 : 0] - 2 * CORNER) / (arriving.length - 1));
    arriving.sort((a, b) => curves[a].at(-4)[0] - curves[b].at(-4)[0] || curves[a][0][0] - curves[b][0][0]);
    arriving.forEach((e, place) => {
      const shift = (place - (arriving.length - 1) / 2) * step;
      for (const curve of new Set([curves[e], own[e]])) {
        for (const at of [-1, -2]) curve[curve.length + at] = [curve.at(at)[0] + shift, curve.at(at)[1]];
      }
    });
  }
}
