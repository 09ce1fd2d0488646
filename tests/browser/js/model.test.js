import { equal, forAll, ok, randomGraph, test } from "testing";
import { Graph, partOf } from "views/model.js";

test("what is around nodes is what so few edges away reach", () => forAll(50, (random) => {
  const graph = new Graph(randomGraph(random, random.whole(2, 40)));
  const start = random.whole(0, graph.nodes.length - 1), up = random.whole(0, 3), down = random.whole(0, 3);
  // By another way: all are taken whose distance, found by relaxing every edge, is small enough.
  const distance = (edges) => {
    const far = graph.nodes.map((_, i) => (i === start ? 0 : Infinity));
    for (let n = 0; n < graph.nodes.length; n++) for (const [a, b] of edges) far[b] = Math.min(far[b], far[a] + 1);
    return far;
  };
  const edges = graph.nodes.flatMap(({ inputs }, i) => inputs.map(([from]) => [from, i]));
  const below = distance(edges), above = distance(edges.map(([a, b]) => [b, a]));
  equal(graph.around([start], up, down), new Set(graph.nodes.map((_, i) => i).filter((i) => above[i] <= up || below[i] <= down)));
  equal(graph.around([start], Infinity, 0), new Set(graph.nodes.map((_, i) => i).filter((i) => above[i] < Infinity)));
}));

test("a part of a graph has the edges between its nodes, and the groups that are left of those around them", () => {
  const names = Array.from({ length: 400 }, (_, i) => `n${i}`);
  const nodes = names.map((name, i) => ({ name, role: i ? "operator" : "variable", inputs: i ? [[i - 1, 0]] : [], outs: [{ name }] }));
  const graph = new Graph({ nodes, heads: [[399, 0]], ops: {}, tree: [[0, 100, "a", [[10, 20, "aa", []]]], [100, 103, "b", []], [200, 400, "c", []]] });
  const even = nodes.map((_, i) => i).filter((i) => i % 5);
  const part = partOf(graph, even, [[399, 0]], (node, i, place) => ({ ...node, inputs: node.inputs.filter(([from]) => place.has(from)).map(([from, k]) => [place.get(from), k]) }));
  equal(part.graph.nodes.map(({ name }) => name), even.map((i) => `n${i}`));
  equal(part.graph.groups.map(({ start, stop, title }) => [start, stop, title]), [[0, 80, "a"], [160, 320, "c"]]);
  equal(part.graph.groups[0].parts.map(({ start, stop }) => [start, stop]), [[8, 16]]);
  equal(part.graph.heads, [[319, 0]]);
});

const NAMED = {
  nodes: [
    { name: "data", inputs: [], outs: [{ name: "data" }], role: "variable" },
    { name: "mean", inputs: [], outs: [{ name: "mean" }], role: "auxiliary" },
    { name: "Conv1", inputs: [[0, 0]], outs: [{ name: "Conv1_output", shape: [2, 3] }], role: "operator", op: "Convolution", params: "kernel=(5,5)" },
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
  equal([found("(2,3)"), found("( 2, 3 )"), found("2x3"), found("kernel=(5, 5)")], [["Conv1"], ["Conv1"], ["Conv1"], ["Conv1"]]);
});

test("readers, outputs and names of entries", () => {
  const graph = new Graph(NAMED);
  equal(graph.readers, [[2], [], [3], []]);
  equal(graph.headsOf, new Map([[3, [0, 2]], [2, [1]]]));
  equal([graph.entryName([2, 0]), graph.entryName([3, 1]), graph.entryName([0, 0])], ["Conv1", "parts_output1", "data"]);
});
