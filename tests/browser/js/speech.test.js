import { equal, ok, test } from "testing";
import { Graph } from "views/model.js";
import { aboutOf, nameOf } from "views/speech.js";

const out = (name) => [{ name, shape: [2, 3], dtype: "float32" }];
const GRAPH = new Graph({
  nodes: [
    { name: "a", role: "variable", inputs: [], outs: out("a") },
    { name: "s", role: "auxiliary", inputs: [], outs: out("s") },
    { name: "", role: "operator", op: "exp", formula: "e to the power of a", inputs: [[0, 0], [1, 0]], outs: out("exp0") },
    ...["u", "v", "w", "x"].map((name) => ({ name, role: "operator", op: "relu", inputs: [[2, 0]], outs: out(name) })),
  ],
  heads: [[6, 0]], ops: {}, tree: [],
});
const unit = (start) => ({ start, stop: start + 1, group: null });

test("a box is called by name, kind, state and value", () => {
  equal(nameOf(GRAPH, unit(0), "bound", "", "[1 2]"), "a, variable, bound, [1 2]");
  equal(nameOf(GRAPH, unit(1), "", "", undefined), "s, auxiliary state");
  equal(nameOf(GRAPH, unit(2), "hidden", "", ""), "(no name), exp, not written yet");
  equal(nameOf(GRAPH, { start: 0, stop: 7, group: { title: "stage1" } }, "done", "fused", ""), "stage1, 7 nodes, done, fused");
});

test("what a box is besides: what it computes, and what reads it", () => {
  equal(aboutOf(GRAPH, unit(2)), "e to the power of a; shape (2, 3); read by u, v, w, 1 more");
  ok(aboutOf(GRAPH, unit(6)).endsWith("an output of the graph"));
});
