import { equal, forAll, ok, randomGraph, test } from "testing";
import { boxOf, outputBox, shorten, width } from "views/boxes.js";
import { Graph } from "views/model.js";
import { nest } from "views/nested.js";

const node = (more) => ({ name: "n", inputs: [], outs: [{ name: "n" }], role: "variable", ...more });
const graphOf = (nodes, heads = [[nodes.length - 1, 0]]) => new Graph({ nodes, heads, ops: {} });
const boxes = (graph, labelOf = () => []) => nest(graph, new Set()).units.map((unit) => boxOf(graph, unit, labelOf));

/** The width of a text as the page itself lays it out. */
function laidOut(text, size, bold) {
  const span = document.body.appendChild(document.createElement("span"));
  Object.assign(span.style, { font: `${bold ? "bold " : ""}${size}px Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif`, whiteSpace: "pre", position: "absolute" });
  span.textContent = text;
  return span.getBoundingClientRect().width;
}

test("texts are as wide as the page makes them, and fit into their boxes", () => forAll(30, (random) => {
  const data = randomGraph(random, 20);
  for (const item of data.nodes) item.name = Array.from({ length: random.whole(1, 40) }, () => random.of([..."abcWij_0 ×é漢"])).join("");
  for (const { rows, size } of boxes(new Graph(data))) {
    for (const { text, size: height, look } of rows) {
      const wide = laidOut(text, height, look === "bold");
      ok(Math.abs(wide - width(text, height, look === "bold")) <= 0.05 * wide + 1, `${text} is ${wide} wide`);
      ok(wide <= size[0], `${text} does not fit`);
    }
    ok(rows.reduce((sum, row) => sum + row.size, 0) < size[1]);
  }
}));

test("names are shortened in their middle, letter by letter as people count them", () => {
  equal(shorten("short"), "short");
  equal(shorten("a".repeat(30)), "a".repeat(30));
  const long = shorten(`begin${"x".repeat(100)}end`);
  equal([[...long].length, long.slice(0, 5), long.slice(-3)], [30, "begin", "end"]);
  equal([...shorten("😀".repeat(50), 9)].filter((letter) => letter === "😀").length, 8);
});

test("kinds, and what stands in each", () => {
  const graph = graphOf([
    node({ name: "data" }), node({ name: "mean", role: "auxiliary" }), node({ name: "", outs: [{ name: "", dtype: "int8" }] }),
    node({ name: "conv", inputs: [[0, 0], [1, 0]], role: "operator", op: "Convolution", params: "num_filter=8", ports: ["data", "weight"] }),
  ]);
  const found = boxes(graph);
  equal(found.map(({ kind }) => kind), ["variable", "auxiliary", "variable", "operator"]);
  equal(found.map(({ rows }) => rows.map(({ text }) => text)), [["data"], ["mean", "auxiliary state"], ["(no name)", "int8"], ["Convolution", "num_filter=8", "conv"]]);
  equal(found[3].ports, ["data", "weight"]);
  equal(outputBox(graph, [0]).rows.map(({ text }) => text), ["conv", "output"]);
});

test("a closed group tells how many nodes are in it, and of which operators", () => {
  const relu = (name, from) => node({ name, inputs: [[from, 0]], role: "operator", op: "relu" });
  const graph = new Graph({ nodes: [node({ name: "x" }), relu("a", 0), relu("b", 1), { ...relu("c", 2), op: "exp" }], heads: [[3, 0]], ops: {}, tree: [[1, 4, "block", []]] });
  const [, group] = boxes(graph);
  equal([group.kind, group.rows.map(({ text }) => text)], ["group", ["block", "3 nodes", "2 relu, exp"]]);
});

test("a label stands below what one entry alone leaves, and has room for all that it will say", () => {
  const graph = graphOf([node({ name: "x" }), node({ name: "two", inputs: [[0, 0]], role: "operator", op: "split", outs: [{ name: "two_0" }, { name: "two_1" }] }), node({ name: "sum", inputs: [[1, 0], [1, 1]], role: "operator", op: "add" })]);
  const texts = ["(2, 3)", "from −12.25 to 3.5e+10"];
  const [x, two] = boxes(graph, () => texts);
  equal([x.label.entry, x.label.text, two.label], [[0, 0], "(2, 3)", null]);
  ok(x.label.size[0] > laidOut(texts[1], 11, false));
  ok(x.item[0] >= x.label.size[0] && x.item[1] > x.size[1]);
});

test("a box is wide enough for the edges that arrive", () => {
  const variables = Array.from({ length: 12 }, (_, k) => node({ name: `v${k}` }));
  const sum = node({ name: "s", inputs: variables.map((_, k) => [k, 0]), role: "operator", op: "n" });
  ok(boxes(graphOf([...variables, sum])).at(-1).size[0] >= 12 * 12);
});
