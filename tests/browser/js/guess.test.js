import { equal, forAll, ok, test } from "testing";
import { judge, questionFor } from "views/guess.js";
import { Graph } from "views/model.js";

const GRAPH = new Graph({
  nodes: [
    { name: "A", inputs: [], outs: [{ name: "A" }], role: "variable" }, { name: "B", inputs: [], outs: [{ name: "B" }], role: "variable" },
    { name: "c", inputs: [[0, 0], [1, 0]], outs: [{ name: "c_output" }], role: "operator", op: "elemwise_sub", title: "−", formula: "A minus B" },
  ],
  heads: [[2, 0]], ops: {},
});

function asked(items, a = [], b = [], title = "−") {
  const values = [{ items: a }, { items: b }, { items, shape: [items.length] }];
  const question = questionFor({ node: 2, values: [[[2, 0], 2]] }, "forward", GRAPH, ([i]) => values[i], (number) => values[number]);
  return { ...question, title };
}

const told = (question, text) => judge(question, text).told;

test("what is right is right, however it is typed", () => {
  for (const text of ["1 2.5", "[1, 2.5]", "1,2.5", "(1 2,5)", " 1;2.50 "]) ok(judge(asked([1, 2.5]), text).right, text);
  ok(judge(asked([1 / 3]), "0.33").right);
  ok(!judge(asked([1 / 3]), "0.3").right);
  ok(judge(asked(["NaN", "∞", "−∞"]), "nan inf -inf").right);
});

test("numbers are compared with a tolerance", () => forAll(100, (random) => {
  const value = 10 ** (random.next() * 8 - 4) * (random.next() < 0.5 ? -1 : 1);
  ok(judge(asked([value]), String(value * 1.0005)).right);
  ok(!judge(asked([value]), (value * 1.02).toExponential(6)).right);
}));

test("a learner is told what is wrong", () => {
  // 5 - 2, 2 - 5; 5 + 2; 5 · 2
  equal(told(asked([3], [5], [2]), "-3"), "That is B − A: the operands are the other way round.");
  equal(told(asked([3], [5], [2]), "7"), "That is A plus B. Look at the sign in the box.");
  equal(told(asked([2.5], [5], [2], "÷"), "0.4"), "That is B ÷ A: the operands are the other way round.");
  equal(told(asked([25], [5], [2], "**"), "32"), "That is B ** A: the operands are the other way round.");
  equal(told(asked([7], [5], [2], "+"), "10"), "That is A times B. Look at the sign in the box.");
  equal(told(asked([4, 6]), "-4 -6"), "Almost: the right size, but the other sign.");
  equal(told(asked([4, 6, 8]), "4 6 9"), "2 of the 3 are right.");
  equal(told(asked([10]), "10.5"), "Close, but too large.");
  equal(told(asked([10]), "77"), "Not quite. It is A minus B.");
});

test("what is no answer does not count", () => {
  for (const [items, text, said] of [[[1], "", /number first/], [[1, 2], "1", /2 elements/], [[1], "six", /number first/], [[1, 2], "1 x", /Type 2 numbers/]]) {
    const found = judge(asked(items), text);
    ok(!found.counts && !found.right && said.test(found.told), found.told);
  }
});

test("shapes are asked for where they are found out", () => {
  const step = { node: 2, labels: [[[2, 0], "(2, 3)"]] };
  const question = questionFor(step, "infer", GRAPH, () => undefined, () => undefined);
  equal([question.text, question.expected], ["What shape will c have?", [2, 3]]);
  for (const text of ["2 3", "(2, 3)", "2×3", "2,3"]) ok(judge(question, text).right, text);
  equal(told(question, "3 2"), "The right sizes, but in another order.");
  equal(told(question, "2"), "c has 2 axes, not 1.");
  equal(told(question, "2 4"), "1 of the 2 sizes is right.");
  equal(told(question, "6 1"), "As many elements, but in another form.");
  ok(!judge(question, "").counts);
  equal(questionFor({ node: 0, labels: [[[0, 0], "(2,)"]] }, "infer", GRAPH, () => undefined, () => undefined), null);
  equal(questionFor({ node: 2, labels: [[[2, 0], "(?, 3)"]] }, "infer", GRAPH, () => undefined, () => undefined), null);
});
