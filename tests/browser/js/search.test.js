import { equal, ok, test } from "testing";
import { distance, ranked } from "views/search.js";

const searches = await (await fetch("/document/searches.json")).json();
const op = (name, summary, others = [], text = "") => ({ name, summary, others, text });
const OPERATORS = [
  op("_mul_scalar", "The product with a number."), op("argmax", "The place of the largest element."), op("batch_dot", "The matrix products of two batches."), op("broadcast_mul", "The product, broadcast.", ["_Mul"]),
  op("Concat", "Arrays joined.", ["concat"]), op("dot", "The matrix product: rows by columns."), op("max", "The largest element.", ["max_axis"]), op("MakeLoss", "The data, as a loss.", [], "its matrix of gradients, and the product"),
  op("Pooling", "Pooling: the largest of each window.", ["pool"], "max, avg"), op("Pooling_v1", "Pooling, as older files have it.", [], "max, avg"), op("softmax", "The exponentials, divided by their sum."), op("SoftmaxOutput", "Softmax, whose gradient is that of a loss.", ["Softmax"]), op("transpose", "The axes in another order."),
];
const first = (text, count = 1) => ranked(OPERATORS, text, searches.ranking).slice(0, count).map(({ name }) => name);

test("what is looked for comes first", () => {
  equal(first("matrix product", 2), ["dot", "batch_dot"]);
  equal(first("max pooling", 2), ["Pooling", "Pooling_v1"]);
  equal(first("max"), ["max"]);
  equal(first("softmax"), ["softmax"]);
  equal(first("CONCAT"), ["Concat"]);
  equal(first("mul"), ["broadcast_mul"]);
  equal(first("largest element", 2).sort(), ["argmax", "max"]);
});

test("words of other libraries are understood", () => {
  equal(first("matmul"), ["dot"]);
  equal(first("concatenate"), ["Concat"]);
  equal(first("permute"), ["transpose"]);
});

test("a mistake in a word is forgiven", () => {
  for (const [text, name] of [["poling", "Pooling"], ["sofmax", "softmax"], ["trasnpose", "transpose"], ["conact", "Concat"], ["agrmax", "argmax"]]) equal(first(text), [name], text);
});

test("without words all are there, and with strange ones none", () => {
  equal(ranked(OPERATORS, "  ", searches.ranking), OPERATORS);
  equal(ranked(OPERATORS, "xyzzy", searches.ranking), []);
});

test("wrong letters are counted", () => {
  const cases = [["pool", "pool", 0], ["poling", "pooling", 1], ["trasnpose", "transpose", 1], ["abc", "", 3], ["kitten", "sitting", 3]];
  for (const [a, b, count] of cases) {
    equal(distance(a, b), count);
    equal(distance(b, a), count);
  }
  ok(distance("max", "min") === 2);
});

test("the order is that of Python's search", () => {
  ok(searches.found.length >= 100);
  for (const [text, names] of searches.found) equal(ranked(searches.operators, text, searches.ranking).map(({ name }) => name), names, text);
});
