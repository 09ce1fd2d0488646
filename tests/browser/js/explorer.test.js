import { equal, fakeClock, near, ok, place, test } from "testing";
import { Explorer } from "views/explorer.js";

const op = (name, more = {}) => ({ name, others: [], summary: `${name} of something`, doc: `${name}\n\nmore about it`, inputs: ["data"], samples: ["1 2 3"], params: [], ...more });
const OPERATORS = [
  op("broadcast_add", { inputs: ["lhs", "rhs"], samples: ["1 2", "3 4"], others: ["add"] }),
  op("clip", { summary: "Limits values.", params: [{ name: "a_min", kind: "float", value: "2", required: true }, { name: "a_max", kind: "float", value: "5", required: true }] }),
  op("sum", { params: [{ name: "axis", kind: "Shape(tuple), optional", value: "None", default: "None" }, { name: "keepdims", kind: "boolean", value: "False", default: "False" }] }),
  op("Activation", { summary: "relu and others", params: [{ name: "act_type", kind: "{'relu', 'sigmoid', 'tanh'}", value: "relu", required: true }] }),
  op("cumsum", {}), op("log", { doc: "the inverse of exp; see sum" }),
];

function open(text = "", host = true) {
  const sent = [];
  let reply = null;
  const view = new Explorer({ operators: OPERATORS, text }, host ? { send: (message) => sent.push(message), onReply: (listener) => (reply = listener) } : null);
  const element = place();
  element.append(view.element);
  const listed = () => [...element.querySelectorAll(".sb-list button")].map((button) => button.textContent);
  const type = (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event("input"));
  };
  const find = (label) => [...element.querySelectorAll("input, select")].find((field) => (field.getAttribute("aria-label") ?? "").startsWith(label));
  const look = (words) => type(element.querySelector("input[type=search]"), words);
  const choose = (name) => [...element.querySelectorAll(".sb-list button")].find((button) => button.textContent === name).click();
  return { view, element, sent, reply: (message) => reply(message), listed, type, find, look, choose };
}

test("the best is found first: the name itself, its beginning, its inside, other names, what it does", () => {
  const { look, listed } = open();
  look("sum");
  equal(listed(), ["sum", "cumsum", "log"]);
  look("ADD");
  equal(listed(), ["broadcast_add"]);
  look("relu others");
  equal(listed(), ["Activation"]);
  look("nothing of the kind");
  equal(listed(), []);
  look("  ");
  equal(listed().length, OPERATORS.length);
});

test("what is looked for at first is shown", () => {
  const { element, sent } = open("clip");
  equal(element.querySelector("h3").textContent, "mx.sym.clip");
  equal(sent, [{ try: "clip", inputs: ["1 2 3"], params: { a_min: "2", a_max: "5" }, number: 1 }]);
});

test("what stands at its default is not sent", () => {
  const { choose, sent, find, type, element } = open();
  const clock = fakeClock();
  choose("sum");
  equal(sent.at(-1).params, {});
  const field = find("keepdims");
  field.value = "True";
  field.dispatchEvent(new Event("change"));
  type(find("axis"), "1");
  clock.pass(1000);
  equal(sent.at(-1).params, { axis: "1", keepdims: "True" });
  ok(element.querySelector("select"));
});

test("choices are a list, and numbers have a slider", () => {
  const { choose, find, sent } = open();
  const clock = fakeClock();
  choose("Activation");
  equal([...find("act_type").options].map(({ value }) => value), ["relu", "sigmoid", "tanh"]);
  choose("clip");
  const slider = find("a_min, slider");
  slider.value = "3";
  slider.dispatchEvent(new Event("input"));
  clock.pass(1000);
  near(Number(find("a_min").value), 3, 0.05);
  equal(sent.at(-1).params.a_min, find("a_min").value);
});

test("typing asks once, when it pauses", () => {
  const { choose, find, type, sent } = open();
  const clock = fakeClock();
  choose("clip");
  const before = sent.length;
  for (const text of ["1", "1 2", "1 2 9"]) {
    type(find("data"), text);
    clock.pass(50);
  }
  equal(sent.length, before);
  clock.pass(1000);
  equal([sent.length, sent.at(-1).inputs], [before + 1, ["1 2 9"]]);
});

test("an answer is shown with its code, and a late one is not", () => {
  const { choose, sent, reply, element } = open();
  choose("clip");
  const value = (items) => ({ shape: [items.length], dtype: "float32", items, range: [0, 0, 0] });
  reply({ number: sent.at(-1).number - 1, values: [value([7])], code: "old" });
  ok(!element.textContent.includes("old"));
  reply({ number: sent.at(-1).number, values: [value([2, 2, 3])], code: "mx.nd.clip(<b>)" });
  equal([...element.querySelectorAll(".sb-numbers td")].map((cell) => cell.textContent), ["2", "2", "3"]);
  ok(element.textContent.includes("mx.nd.clip(<b>)"));
  reply({ number: sent.at(-1).number, error: "a_min is no number" });
  ok(element.querySelector(".sb-result").textContent.includes("a_min is no number"));
  equal(element.querySelectorAll(".sb-numbers").length, 0);
});

test("without Python the documentation is there to be read", () => {
  const { element, choose } = open("", false);
  choose("clip");
  ok(element.querySelector("details").open && element.textContent.includes("more about it"));
  equal(element.querySelectorAll(".sb-form").length, 0);
});
