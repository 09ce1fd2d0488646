import { equal, forAll, near, ok, randomGraph, test } from "testing";
import { Graph } from "views/model.js";
import { layNested, linksOf, nest } from "views/nested.js";

/** Groups of random runs of neighbours, with groups in them, as `tree` has them. */
function randomTree(random, start, stop, depth = 0) {
  const rows = [];
  for (let at = start; at < stop; ) {
    const end = Math.min(stop, at + random.whole(1, 8));
    if (end - at > 1 && random.next() < 0.6) rows.push([at, end, `part ${at}`, depth < 3 ? randomTree(random, at, end, depth + 1) : []]);
    at = end;
  }
  // A group that is all of what it is in says nothing.
  return rows.filter(([a, b]) => depth === 0 || b - a < stop - start);
}

/** The nodes in another order, in which each stands after its inputs still. */
function randomOrder(random, nodes) {
  const left = nodes.map((_, i) => i), order = [];
  while (left.length) {
    const ready = left.filter((i) => nodes[i].inputs.every(([from]) => order.includes(from)));
    const next = random.of(ready);
    order.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return order;
}

function grouped(random) {
  const data = randomGraph(random, random.whole(2, 60));
  data.tree = randomTree(random, 0, data.nodes.length);
  data.order = randomOrder(random, data.nodes);
  data.heads = [[data.nodes.length - 1, 0], [random.whole(0, data.nodes.length - 1), 0]];
  const graph = new Graph(data);
  const all = [];
  const collect = (groups) => groups.forEach((group) => {
    all.push(group);
    collect(group.parts);
  });
  collect(graph.groups);
  const only = random.next() < 0.3 ? new Set(graph.nodes.map((_, i) => i).filter(() => random.next() < 0.7)) : null;
  return { graph, open: new Set(all.filter(() => random.next() < 0.5)), all, only };
}

const boxOf = () => ({ item: [80, 60], size: [80, 40], kind: "operator", ports: [] });

test("every node is shown once, whatever is open, or in a closed group", () => forAll(200, (random) => {
  const { graph, open, only } = grouped(random);
  const { units, home } = nest(graph, open, only);
  const seen = units.flatMap(({ members }) => members).sort((a, b) => a - b);
  equal(seen, graph.nodes.map((_, i) => i).filter((i) => !only || only.has(i)));
  units.forEach((unit, k) => {
    equal(unit.number, k);
    for (const i of unit.members) ok(home[i] === unit);
    if (unit.group) ok(!open.has(unit.group));
    else equal(unit.members, [unit.node]);
  });
}));

test("a node has a box of its own when all that is around it is open", () => forAll(100, (random) => {
  const { graph, all } = grouped(random);
  const i = random.whole(0, graph.nodes.length - 1), around = graph.groupsAround(i), at = graph.order.indexOf(i);
  // By another way: every group that it is in, the larger one first.
  equal(around, all.filter(({ start, stop }) => start <= at && at < stop).sort((a, b) => b.stop - b.start - (a.stop - a.start)));
  ok(nest(graph, new Set(around)).units.some(({ node }) => node === i));
}));

test("edges between what is shown are those between the nodes", () => forAll(100, (random) => {
  const { graph, open, only } = grouped(random);
  const { root, units } = nest(graph, open, only), home = (node) => units.findIndex(({ members }) => members.includes(node));
  const expected = new Map(), found = new Map();
  graph.nodes.forEach((node, i) => node.inputs.forEach(([from]) => {
    const [tail, head] = [home(from), home(i)];
    if (tail < 0 || head < 0 || tail === head) return;
    expected.set(`${tail} ${head}`, (expected.get(`${tail} ${head}`) ?? 0) + 1);
  }));
  // Each edge is counted where its head is reached: inside of all frames around it.
  const collect = (container) => {
    for (const { head, entries } of linksOf(container)) {
      if (head.kind !== "unit") continue;
      for (const [from] of entries) found.set(`${home(from)} ${head.number}`, (found.get(`${home(from)} ${head.number}`) ?? 0) + 1);
    }
    for (const item of container.items) if (item.kind === "frame") collect(item);
  };
  collect(root);
  equal(found, expected);
}));

test("two things have one line between them, however many edges it stands for", () => {
  const node = (name, ...inputs) => ({ name, role: inputs.length ? "operator" : "variable", inputs: inputs.map((from) => [from, 0]), outs: [{ name }] });
  const nodes = [node("x"), node("a", 0), node("b", 0), node("c", 1), node("d", 2), node("e", 3, 4)];
  const graph = new Graph({ nodes, heads: [[5, 0]], ops: {}, tree: [[1, 3, "ab", []], [3, 6, "cde", []]] });
  const lines = (open) => linksOf(nest(graph, new Set(open)).root).filter(({ head }) => head.kind !== "output").map(({ entries }) => entries.length);
  equal(lines([]), [2, 2]);
  equal(lines(graph.groups), [2, 2]);
  const inner = nest(graph, new Set(graph.groups)).root.items.filter(({ kind }) => kind === "frame").map(linksOf);
  // x by one port to a and b, which leave by one; that goes to c and d, and these to e.
  equal(inner.map((links) => links.length), [4, 5]);
});

test("boxes and frames do not overlap, and what is in a frame is inside of it", () => forAll(60, (random) => {
  const { graph, open, only } = grouped(random);
  const { root } = nest(graph, open, only), across = random.next() < 0.5;
  if (!root.items.length) return;
  const laid = layNested(root, boxOf, across);
  const areas = new Map([...laid.boxes].map(([item, [x, y]]) => [item, [x - 40, y - 30, 80, 60]]));
  for (const { container, at } of laid.frames) areas.set(container, at);
  const inside = ([x, y, w, h], [left, top, wide, tall]) => x >= left - 0.01 && y >= top - 0.01 && x + w <= left + wide + 0.01 && y + h <= top + tall + 0.01;
  const apart = ([x, y, w, h], [left, top, wide, tall]) => x >= left + wide || left >= x + w || y >= top + tall || top >= y + h;
  for (const [item, area] of areas) {
    ok(inside(area, item.parent?.group ? areas.get(item.parent) : [0, 0, ...laid.size]), "it sticks out");
    for (const [other, place] of areas) if (other !== item && other.parent === item.parent) ok(apart(area, place), "two overlap");
  }
}));

test("lines begin and end at boxes or at the sides of frames, where others go on", () => forAll(60, (random) => {
  const { graph, open } = grouped(random);
  const laid = layNested(nest(graph, open).root, boxOf);
  const frame = new Map(laid.frames.map(({ container, at }) => [container, at]));
  for (const { link: { tail, head }, curve, ends } of laid.curves) {
    equal((curve.length - 1) % 3, 0);
    for (let k = 1; k < curve.length; k++) ok(curve[k][1] >= curve[k - 1][1] - 0.01, "a line goes up");
    if (tail.kind === "unit") near(curve[0], [laid.boxes.get(tail)[0], laid.boxes.get(tail)[1] + 30], 1e-6);
    if (tail.kind === "port") near(curve[0][1], frame.get(tail.parent)[1], 1e-6);
    if (head.kind === "port") near(curve.at(-1)[1], frame.get(head.parent)[1] + frame.get(head.parent)[3], 1e-6);
    equal(ends, head.kind === "unit" || head.kind === "output");
    // Outside of a frame a line arrives where the line inside begins.
    if (head.kind !== "frame") continue;
    const port = head.ins.get(tail), inner = laid.curves.filter(({ link }) => link.tail === port);
    ok(inner.length > 0);
    for (const one of inner) near(one.curve[0], curve.at(-1), 1e-6);
  }
}));

test("the outputs of a closed group are one box beside it", () => {
  const node = (name, ...inputs) => ({ name, role: inputs.length ? "operator" : "variable", inputs: inputs.map((from) => [from, 0]), outs: [{ name }] });
  const graph = new Graph({ nodes: [node("x"), node("a", 0), node("b", 1), node("c", 2)], heads: [[1, 0], [2, 0], [3, 0]], ops: {}, tree: [[1, 3, "ab", []]] });
  equal(nest(graph, new Set()).outputs.map(({ numbers }) => numbers), [[0, 1], [2]]);
  equal(nest(graph, new Set(graph.groups)).outputs.map(({ numbers, parent }) => [numbers, parent.group?.title]), [[[0], "ab"], [[1], "ab"], [[2], undefined]]);
});
