import { equal, forAll, ok, test } from "testing";
import { Passes } from "views/passes.js";

const variable = (name) => ({ name, inputs: [], outs: [{ name }], role: "variable" });
const made = (name, op, ...inputs) => ({ name, op, inputs: inputs.map((from) => [from, 0]), outs: [{ name: `${name}_output` }], role: "operator" });
const graph = (...nodes) => ({ nodes, heads: [[nodes.length - 1, 0]], ops: {} });
const note = (node, act, to) => ({ node, act, to, by: to ?? "", op: "", why: "" });

// exp(x*1) + exp(x), its equal parts merged, then fused into one.
const STAGES = [
  { name: "as written", notes: [], alt: "first", graph: graph(variable("x"), made("one", "_mul_scalar", 0), made("left", "exp", 1), made("right", "exp", 0), made("sum", "add", 2, 3)) },
  { name: "simplify", notes: [note("one", "left out", "x")], alt: "second", graph: graph(variable("x"), made("left", "exp", 0), made("right", "exp", 0), made("sum", "add", 1, 2)) },
  { name: "idle", notes: [] },
  { name: "merge", notes: [note("right", "merged", "left")], alt: "third", graph: graph(variable("x"), made("left", "exp", 0), made("sum", "add", 1, 1)) },
  { name: "fuse", notes: [note("left", "fused", "sum"), note("sum", "fused", "sum")], alt: "fourth", graph: graph(variable("x"), made("sum", "fused", 0)) },
];

test("a pass that did nothing has the graph of the one before", () => {
  const passes = new Passes(STAGES);
  equal(passes.stages.map(({ idle }) => idle), [false, false, true, false, false]);
  equal([passes.stages[2].data, passes.stages[2].alt], [STAGES[1].graph, "second"]);
  equal([0, 1, 2, 3, 4].map((k) => passes.operators(k)), [4, 3, 3, 2, 1]);
});

test("a node is followed to what stands for it, and back", () => {
  const passes = new Passes(STAGES);
  equal(["x", "one", "left", "right", "sum"].map((name) => passes.follow(name, 0, 4)), ["x", "x", "sum", "sum", "sum"]);
  equal(["left", "right"].map((name) => passes.follow(name, 0, 3)), ["left", "left"]);
  // Back to the node of the same name first.
  equal([passes.follow("sum", 4, 0), passes.follow("left", 3, 0), passes.follow("x", 4, 0)], ["sum", "left", "x"]);
});

test("what is followed forth and back comes to what became of the same", () => forAll(100, (random) => {
  const passes = new Passes(STAGES);
  const from = random.whole(0, 4), to = random.whole(from, 4), { name } = random.of(passes.stages[from].data.nodes);
  const target = passes.follow(name, from, to);
  if (target !== null) equal(passes.follow(passes.follow(target, to, from), from, to), target);
}));

test("both graphs say in words what was done", () => {
  const passes = new Passes(STAGES);
  const texts = (marks) => Object.fromEntries([...marks].map(([name, { text }]) => [name, text]));
  equal(texts(passes.marks(0, 1).before), { one: "left out → x" });
  equal(texts(passes.marks(0, 1).after), { x: "in place of one" });
  equal(texts(passes.marks(2, 3).before), { right: "merged → left" });
  equal(texts(passes.marks(3, 4).before), { left: "fused → sum", sum: "fused" });
  equal(texts(passes.marks(3, 4).after), { sum: "with left" });
  equal(texts(passes.marks(0, 4).before), { one: "left out → x", left: "fused → sum", right: "merged → sum", sum: "fused" });
  equal(passes.marks(1, 2).before.size, 0);
});

test("marks stand on the nodes of the graph that is drawn", () => {
  const passes = new Passes(STAGES), drawn = passes.graph(0, passes.marks(0, 1).before);
  equal(drawn.nodes.map(({ note: text }) => text), [undefined, "left out → x", undefined, undefined, undefined]);
  equal(STAGES[0].graph.nodes[1].note, undefined, "the document stays as it is");
});

test("of a joint step, the nodes that no note names went there too", () => {
  // A convolution, its normalisation and relu become one, which has the name of the last.
  const layers = (op) => graph(variable("x"), made("conv", "Convolution", 0), made("norm", "BatchNorm", 1), made("relu", op, 2), made("other", "exp", 3));
  const joined = graph(variable("x"), made("relu", "Convolution+BatchNorm+relu", 0), made("other", "exp", 1));
  const passes = new Passes([{ name: "as written", notes: [], alt: "", graph: layers("relu") }, { name: "join layers", notes: [note("conv", "joined", "relu")], alt: "", graph: joined }]);
  equal(["conv", "norm", "relu", "other"].map((name) => passes.follow(name, 0, 1)), ["relu", "relu", "relu", "other"]);
  equal([...passes.marks(0, 1).before].map(([name, { text }]) => [name, text]), [["conv", "joined → relu"], ["norm", "joined → relu"], ["relu", "joined"]]);
  equal(passes.marks(0, 1).after.get("relu").text, "with conv, norm");
});

test("what was removed stands for nothing", () => {
  const dead = new Passes([
    { name: "as written", notes: [], alt: "", graph: graph(variable("x"), made("dead", "exp", 0), made("y", "tanh", 0)) },
    { name: "remove dead code", notes: [note("dead", "removed", null)], alt: "", graph: graph(variable("x"), made("y", "tanh", 0)) },
  ]);
  equal([dead.follow("dead", 0, 1), dead.follow("y", 0, 1)], [null, "y"]);
  equal([...dead.marks(0, 1).before].map(([name, { text }]) => [name, text]), [["dead", "removed"]]);
  ok(dead.marks(0, 1).after.size === 0);
});
