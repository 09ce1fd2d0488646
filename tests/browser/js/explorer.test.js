import { equal, fakeClock, near, ok, place, test } from "testing";
import { Explorer } from "views/explorer.js";

const { ranking } = await (await fetch("/document/searches.json")).json();
const op = (name, more = {}) => ({ name, call: `mx.nd.${name}`, others: [], summary: `${name} of something`, text: `${name}\n\nmore about it`, signature: "(data)", inputs: [{ name: "data", about: "" }], examples: [{ title: "one", inputs: ["1 2 3"], params: {} }], params: [], ...more });
const OPERATORS = [
  op("broadcast_add", { inputs: [{ name: "lhs", about: "" }, { name: "rhs", about: "" }], examples: [{ title: "rows", inputs: ["1 2", "3 4"], params: {} }, { title: "columns", inputs: ["1; 2", "5 6"], params: {} }], others: ["add"] }),
  op("clip", { summary: "Limits values.", examples: [{ title: "two to five", inputs: ["1 2 3"], params: { a_min: "2", a_max: "5" } }], params: [{ name: "a_min", kind: "float", required: true }, { name: "a_max", kind: "float", required: true, low: 0, high: 10 }] }),
  op("sum", { params: [{ name: "axis", kind: "tuple of int or None", default: "None" }, { name: "keepdims", kind: "boolean", default: "False", choices: ["False", "True"] }] }),
  op("Activation", { summary: "relu and others", examples: [{ title: "one", inputs: ["1 -1"], params: { act_type: "relu" } }], params: [{ name: "act_type", kind: "{'relu', 'sigmoid', 'tanh'}", choices: ["relu", "sigmoid", "tanh"], required: true }] }),
  op("cumsum", {}), op("log", { text: "the inverse of `exp`; see sum", inputs: [{ name: "data", about: "the `x` of it" }] }),
];

function open(text = "", host = true, more = {}) {
  const sent = [];
  let reply = null;
  const view = new Explorer({ operators: OPERATORS, ranking, text, ...more }, host ? { send: (message) => sent.push(message), onReply: (listener) => (reply = listener) } : null);
  const element = place();
  element.append(view.element);
  const listed = () => [...element.querySelectorAll(".sb-list .sb-link")].map((name) => name.textContent);
  const type = (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event("input"));
  };
  const find = (label) => [...element.querySelectorAll("input, select, textarea")].find((field) => (field.getAttribute("aria-label") ?? "").startsWith(label));
  const look = (words) => type(element.querySelector("input[type=search]"), words);
  const choose = (name) => [...element.querySelectorAll(".sb-list button")].find((button) => button.dataset.name === name).click();
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
  equal(element.querySelector("h3").textContent, "mx.nd.clip");
  equal(sent, [{ try: "clip", inputs: ["1 2 3"], params: { a_min: "2", a_max: "5" }, number: 1 }]);
});

test("what stands at its default is not sent", () => {
  const { choose, sent, find, type, element } = open();
  const clock = fakeClock();
  choose("sum");
  equal(sent.at(-1).params, {});
  const field = find("keepdims");
  equal(field.type, "checkbox");
  field.click();
  type(find("axis"), "1");
  clock.pass(1000);
  equal(sent.at(-1).params, { axis: "1", keepdims: "True" });
  ok(element.querySelector("input[type=checkbox]").checked);
});

test("choices are a list, and numbers have a slider", () => {
  const { choose, find, sent } = open();
  const clock = fakeClock();
  choose("Activation");
  equal([...find("act_type").options].map(({ value }) => value), ["relu", "sigmoid", "tanh"]);
  choose("clip");
  const slider = find("a_min, slider"), bounded = find("a_max, slider");
  equal([bounded.min, bounded.max], ["0", "10"]);
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
  const cells = () => [...element.querySelectorAll(".sb-numbers tbody td")].map((cell) => cell.textContent);
  reply({ number: sent.at(-1).number - 1, given: [], values: [value([7, 7])], code: "old" });
  ok(!element.textContent.includes("old"));
  reply({ number: sent.at(-1).number, given: [["data", value([1, 2, 3])]], values: [value([2, 2, 3])], code: "mx.nd.clip(<b>)" });
  equal(cells(), ["1", "2", "3", "2", "2", "3"]);
  ok(element.textContent.includes("mx.nd.clip(<b>)"));
  reply({ number: sent.at(-1).number, error: "a_min is no number" });
  ok(element.querySelector(".sb-result").textContent.includes("a_min is no number"));
  equal([element.querySelectorAll(".sb-numbers").length, element.querySelectorAll(".sb-code").length], [0, 0]);
});

test("another example is tried", () => {
  const { element, sent } = open("broadcast_add");
  [...element.querySelectorAll(".sb-choice")].find((button) => button.textContent === "columns").click();
  equal(sent.at(-1).inputs, ["1; 2", "5 6"]);
  equal(element.querySelector('.sb-choice[aria-pressed="true"]').textContent, "columns");
});

test("keys go through the list", () => {
  const { element, look } = open();
  look("sum");
  const search = element.querySelector("input[type=search]"), press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  search.focus();
  press("Enter");
  equal(element.querySelector("h3").textContent, "mx.nd.sum");
  press("ArrowDown");
  press("ArrowDown");
  equal(document.activeElement.dataset.name, "cumsum");
  press("ArrowUp");
  press("ArrowUp");
  equal(document.activeElement, search);
});

test("without Python the documentation is there to be read", () => {
  const { element, choose } = open("", false);
  choose("clip");
  ok(element.querySelector("details").open && element.textContent.includes("more about it"));
  equal(element.querySelectorAll(".sb-form").length, 0);
});

test("sliders step by 1, 2 or 5 times a power of ten", () => {
  const { find, choose } = open();
  choose("clip");
  const free = find("a_min, slider"), bounded = find("a_max, slider");
  for (const slider of [free, bounded]) {
    const step = Number(slider.step), digit = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
    ok([1, 2, 5].some((one) => Math.abs(one - digit) < 1e-9), slider.step);
  }
  free.stepUp(3);
  free.dispatchEvent(new Event("input"));
  equal(find("a_min").value, "2.3");
});

test("a result is announced in a few words, not as a table", () => {
  const clock = fakeClock(), { element, reply, sent } = open();
  const items = [[4, 6]];
  reply({ number: sent.at(-1).number, values: [{ shape: [1, 2], dtype: "float32", items, range: [4, 6, 5] }], code: "" });
  clock.pass(1000);
  equal(element.querySelector("[aria-live]").textContent, "broadcast_add gives an array of shape (1, 2): 4, 6");
  ok(!element.querySelector("[role=status] table"));
});

test("as long as nothing is looked for, groups are listed, and their first is shown", () => {
  const groups = [["To begin with", ["sum"]], ["All others", ["broadcast_add", "clip", "Activation", "cumsum"]], ["Internal", ["log"]]];
  const { element, listed, look } = open("", true, { groups });
  equal([...element.querySelectorAll(".sb-group")].map((item) => item.textContent), groups.map(([title]) => title));
  equal(listed(), groups.flatMap(([, names]) => names));
  equal(element.querySelector(".sb-list button").getAttribute("aria-current"), "true");
  equal(element.querySelector("h3").textContent, "mx.nd.sum");
  look("log");
  equal([listed(), element.querySelectorAll(".sb-group").length], [["log"], 0]);
});

test("code is set as code, and a column without a word is left out", () => {
  const { element, choose } = open();
  const heads = () => [...element.querySelectorAll(".sb-documentation th[scope=col]")].map((head) => head.textContent);
  choose("sum");
  equal(heads(), ["Parameter", "Takes", "Default"]);
  choose("log");
  equal(heads(), ["Parameter", "Takes", "Meaning"]);
  ok(!element.textContent.includes("`"));
  equal([...element.querySelectorAll(".sb-about code.sb-word")].map((code) => code.textContent), ["exp", "x"]);
});
