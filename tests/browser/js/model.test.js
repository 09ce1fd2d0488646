import { equal, forAll, ok, randomGraph, test } from "testing";
import { Graph } from "views/model.js";

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

function grouped(random) {
  const data = randomGraph(random, random.whole(2, 60));
  data.tree = randomTree(random, 0, data.nodes.length);
  const graph = new Graph(data);
  const all = [];
  const collect = (groups) => groups.forEach((group) => {
    all.push(group);
    collect(group.parts);
  });
  collect(graph.groups);
  return { graph, open: new Set(all.filter(() => random.next() < 0.5)), all };
}

test("what is shown has every node once, in order, whatever is open", () => forAll(200, (random) => {
  const { graph, open } = grouped(random);
  let at = 0;
  for (const { start, stop, group } of graph.units(open)) {
    equal(start, at);
    ok(stop > start);
    if (group) ok(!open.has(group) && group.start === start && group.stop === stop);
    else equal(stop, start + 1);
    at = stop;
  }
  equal(at, graph.nodes.length);
}));

test("a node has a box of its own when all that is around it is open", () => forAll(100, (random) => {
  const { graph, all } = grouped(random);
  const i = random.whole(0, graph.nodes.length - 1), around = graph.groupsAround(i);
  // By another way: every group that it is in, the larger one first.
  equal(around, all.filter(({ start, stop }) => start <= i && i < stop).sort((a, b) => b.stop - b.start - (a.stop - a.start)));
  const units = graph.units(new Set(around));
  ok(units.some(({ start, stop, group }) => start === i && stop === i + 1 && !group));
}));

test("edges between what is shown are those between the nodes", () => forAll(100, (random) => {
  const { graph, open } = grouped(random);
  const units = graph.units(open), home = (node) => units.findIndex(({ start, stop }) => start <= node && node < stop);
  const expected = new Map();
  graph.nodes.forEach((node, i) => node.inputs.forEach(([from], port) => {
    const [tail, head] = [home(from), home(i)];
    if (tail === head) return;
    const key = units[head].group ? `${tail} ${head}` : `${tail} ${head} ${port}`;
    expected.set(key, (expected.get(key) ?? 0) + 1);
  }));
  const found = new Map(graph.edges(units).map(({ tail, head, port, entries }) => [port < 0 || units[head].group ? `${tail} ${head}` : `${tail} ${head} ${port}`, entries.length]));
  equal(found, expected);
  for (const { tail, head } of graph.edges(units)) ok(tail < head, "edges lead forwards");
}));

test("what depends on what is found as by walking step by step", () => forAll(50, (random) => {
  const graph = new Graph(randomGraph(random, random.whole(2, 40)));
  const reach = graph.nodes.map(({ inputs }) => new Set(inputs.map(([from]) => from)));
  for (let again = true; again; ) {
    again = false;
    reach.forEach((from, i) => [...from].forEach((k) => reach[k].forEach((j) => {
      if (!from.has(j)) {
        reach[i].add(j);
        again = true;
      }
    })));
  }
  graph.nodes.forEach((_, i) => {
    equal(graph.ancestors(i), reach[i]);
    equal(graph.descendants(i), new Set(reach.flatMap((from, k) => (from.has(i) ? [k] : []))));
  });
}));

const NAMED = {
  nodes: [
    { name: "data", inputs: [], outs: [{ name: "data" }], role: "variable" },
    { name: "mean", inputs: [], outs: [{ name: "mean" }], role: "auxiliary" },
    { name: "Conv1", inputs: [[0, 0]], outs: [{ name: "Conv1_output" }], role: "operator", op: "Convolution" },
    { name: "parts", inputs: [[2, 0], [2, 0]], outs: [{ name: "parts_output0" }, { name: "parts_output1" }], role: "operator", op: "SliceChannel" },
  ],
  heads: [[3, 1], [2, 0], [3, 1]], ops: {},
};

test("search looks for all words, in names and operators, in any case", () => {
  const graph = new Graph(NAMED);
  const found = (text) => graph.search(text).map((i) => graph.nodes[i].name);
  equal(found("CONV"), ["Conv1"]);
  equal(found("variable"), ["data"]);
  equal(found("auxil"), ["mean"]);
  equal(found("slice parts"), ["parts"]);
  equal(found("parts conv"), []);
  equal(found("   "), []);
});

test("readers, outputs and names of entries", () => {
  const graph = new Graph(NAMED);
  equal(graph.readers, [[2], [], [3], []]);
  equal(graph.headsOf, new Map([[3, [0, 2]], [2, [1]]]));
  equal([graph.entryName([2, 0]), graph.entryName([3, 1]), graph.entryName([0, 0])], ["Conv1", "parts_output1", "data"]);
});
