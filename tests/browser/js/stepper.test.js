import { equal, fakeClock, ok, place, press, test } from "testing";
import { Graph } from "views/model.js";
import { Stepper } from "views/stepper.js";
import { Steps } from "views/steps.js";
import { Store } from "views/store.js";

const GRAPH = {
  nodes: [
    { name: "A", inputs: [], outs: [{ name: "A" }], role: "variable" },
    { name: "twice", inputs: [[0, 0], [0, 0]], outs: [{ name: "twice_output" }], role: "operator", op: "broadcast_add", title: "+" },
    { name: "square", inputs: [[1, 0], [1, 0]], outs: [{ name: "square_output" }], role: "operator", op: "broadcast_mul", title: "×" },
  ],
  heads: [[2, 0]], ops: { broadcast_add: { doc: "" }, broadcast_mul: { doc: "" } },
};
const ACTS = [
  { name: "compose", title: "Compose", opening: "Nothing is there yet.", steps: [0, 1, 2].map((node) => ({ node, text: `${GRAPH.nodes[node].name} appears.`, states: [[node, "unbound"]] })) },
  { name: "bind", title: "Bind", steps: [{ node: 0, text: "A is bound.", states: [[0, "bound"]], values: [[[0, 0], 0]] }] },
  {
    name: "forward", title: "Forward", before: [[1, "ready"], [2, "waiting"]],
    steps: [1, 2].map((node) => ({ node, text: `${GRAPH.nodes[node].name} is computed.`, states: [[node, "done"]], values: [[[node, 0], node]], labels: [[[node, 0], `[${[3, 6, 36][node]}]`]] })),
  },
];
const VALUES = [3, 6, 36].map((item) => ({ shape: [1], dtype: "float32", items: [item], range: [item, item, item] }));

function open(acts = ACTS, values = VALUES, described = GRAPH) {
  const graph = new Graph(described), steps = new Steps(graph, acts);
  const store = new Store({ selected: null, active: null, states: null, texts: null, step: 0, breakpoints: new Set() });
  const stepper = new Stepper(steps, store, (number) => values[number]);
  place().append(stepper.element);
  const find = (name) => [...stepper.element.querySelectorAll("button")].find((button) => [button.getAttribute("aria-label"), button.textContent].includes(name));
  return { stepper, store, steps, find, click: (name) => find(name).click(), told: () => stepper.element.querySelector(".sb-sentence").textContent };
}

test("step and step back go through all steps, and stop at both ends", () => {
  const { store, click, told, stepper } = open();
  equal(told(), "Nothing is there yet.");
  const texts = [];
  for (let n = 0; n < 8; n++) {
    click("Step");
    texts.push(told());
  }
  const all = ACTS.flatMap(({ steps }) => steps.map(({ text }) => text));
  equal(texts, [...all, all.at(-1), all.at(-1)]);
  for (let n = 0; n < 8; n++) click("Step back");
  equal([store.get("step"), told()], [0, "Nothing is there yet."]);
  click("Last");
  equal([store.get("step"), store.get("active")], [6, 2]);
  click("First");
  equal(store.get("active"), null);
  stepper.dispose();
});

test("the store has states, labels and the active node of each step", () => {
  const { stepper, store } = open();
  stepper.go(5);
  equal(store.get("states"), ["bound", "done", "waiting"]);
  equal([store.get("texts").get("1,0"), store.get("texts").get("2,0")], ["[6]", ""]);
  equal(store.get("active"), 1);
  stepper.go(-7);
  equal(store.get("step"), 0);
  stepper.go(99);
  equal(store.get("step"), 6);
});

test("acts are told, and go to their beginnings", () => {
  const { stepper, click } = open();
  stepper.go(5);
  const current = () => stepper.element.querySelector(".sb-act[aria-current=step]").textContent;
  equal(current(), "Forward");
  click("Bind");
  equal(stepper.at, 4);
  click("Compose");
  equal([stepper.at, current()], [1, "Compose"]);
});

test("keys step, and leave fields alone", () => {
  const { stepper } = open();
  const field = stepper.element.querySelector("input[type=checkbox]");
  ok(press(stepper.element, "ArrowRight"));
  equal(stepper.at, 1);
  ok(press(stepper.element, "End"));
  ok(press(stepper.element, "ArrowLeft"));
  equal(stepper.at, 5);
  ok(press(stepper.element, "Home"));
  ok(!press(stepper.element, "ArrowLeft", { ctrlKey: true }));
  ok(!press(stepper.element.querySelector("input[type=range]"), "ArrowRight"));
  equal(stepper.at, 0);
  // Whoever ticks Predict, and steps then, is there.
  ok(press(field, "ArrowRight"));
  equal(stepper.at, 1);
});

test("the scrubber goes anywhere and says where it is", () => {
  const { stepper } = open();
  const scrubber = stepper.element.querySelector("input[type=range]");
  scrubber.value = 5;
  scrubber.dispatchEvent(new Event("input"));
  equal(stepper.at, 5);
  equal(scrubber.getAttribute("aria-valuetext"), "Forward, step 1 of 2");
  equal([scrubber.min, scrubber.max], ["0", "6"]);
});

test("playing goes on to the end, at the speed that is chosen", () => {
  const clock = fakeClock(), { stepper, click, find } = open();
  click("Play");
  ok(find("Pause"));
  clock.pass(0);
  equal(stepper.at, 1);
  clock.pass(1000);
  equal(stepper.at, 2);
  const speed = stepper.element.querySelector("select");
  speed.value = "5×";
  clock.pass(1000);
  equal(stepper.at, 3);
  clock.pass(200);
  equal(stepper.at, 4);
  clock.pass(10_000);
  equal([stepper.at, clock.waiting], [6, 0]);
  ok(find("Play"));
});

test("playing can be paused, and begins anew at the end", () => {
  const clock = fakeClock(), { stepper, click } = open();
  click("Play");
  clock.pass(1000);
  click("Pause");
  clock.pass(10_000);
  equal(stepper.at, 2);
  stepper.go(6);
  click("Play");
  clock.pass(0);
  equal(stepper.at, 1);
  stepper.dispose();
  equal(clock.waiting, 0);
});

test("playing stops at a breakpoint, and goes on from there", () => {
  const clock = fakeClock(), { stepper, store, click, find } = open();
  ok(find("Stop here").disabled);
  store.set({ selected: 1 });
  click("Stop here");
  equal([find("Stop here").getAttribute("aria-pressed"), store.get("breakpoints")], ["true", new Set([1])]);
  const stops = [];
  for (let n = 0; n < 3; n++) {
    click("Play");
    clock.pass(60_000);
    stops.push(stepper.at);
  }
  // It appears in step 2 and is computed in step 5.
  equal(stops, [2, 5, 6]);
  click("Stop here");
  equal(store.get("breakpoints"), new Set());
});

test("jump goes to what a node does in the act that is shown, or else to the last it does", () => {
  const { stepper } = open();
  stepper.go(2);
  stepper.jump(2);
  equal(stepper.at, 3);
  stepper.go(6);
  stepper.jump(1);
  equal(stepper.at, 5);
  stepper.jump(0);
  equal(stepper.at, 4);
});

function predicting(values, graph) {
  const opened = open(ACTS, values, graph);
  opened.stepper.element.querySelector("input[type=checkbox]").click();
  opened.stepper.go(4);
  opened.click("Step");
  opened.answer = (text) => {
    opened.stepper.element.querySelector("form input").value = text;
    opened.stepper.element.querySelector("form").requestSubmit();
  };
  return opened;
}

const verdict = ({ element }) => element.querySelector(".sb-verdict").textContent;

test("a prediction is asked for first, and a right one goes on", () => {
  for (const given of ["6", "6,0", " 6.00 "]) {
    const { stepper, answer, told, store } = predicting();
    equal([stepper.at, store.get("active"), store.get("states")[1]], [4, 1, "running"]);
    ok(/twice/.test(stepper.element.querySelector("form").textContent));
    answer(given);
    equal([stepper.at, told(), store.get("states")[1]], [5, "Yes: twice is computed.", "done"]);
    equal(stepper.element.querySelector("form").hidden, true);
  }
});

test("a wrong prediction is told kindly, and may be given again", () => {
  const { stepper, answer, told } = predicting();
  for (const [given, said] of [["-6", /other sign/], ["5.9", /Close, but too small/], ["100", /Not quite/]]) {
    answer(given);
    equal(stepper.at, 4);
    ok(said.test(verdict(stepper)), verdict(stepper));
  }
  answer("6");
  equal([stepper.at, told()], [5, "Yes: twice is computed."]);
});

test("what is no number is asked for again, and the value can be shown instead", () => {
  const { stepper, answer, told, click } = predicting();
  for (const text of ["", "  ", "six"]) {
    answer(text);
    equal(stepper.at, 4);
    ok(/number/.test(verdict(stepper)));
  }
  click("Show the value");
  equal([stepper.at, told()], [5, "twice is computed."]);
});

test("values of several numbers are asked for element by element, and of more, one element is", () => {
  const some = VALUES.map((value) => ({ ...value, shape: [2], items: [1, 2] }));
  const { stepper, answer } = predicting(some);
  answer("1 3");
  ok(/1 of the 2 is right/.test(verdict(stepper)));
  answer("1 2");
  equal(stepper.at, 5);
  const more = VALUES.map((value) => ({ ...value, shape: [2, 4], items: [1, 2, 3, 4, 5, 6, 7, 8] })), one = predicting(more);
  ok(/What will twice\[1, 0\] be\?/.test(one.stepper.element.querySelector("form").textContent));
  one.answer("5");
  equal(one.stepper.at, 5);
});

test("values of very many numbers are not asked for, which is said once", () => {
  const nodes = GRAPH.nodes.map((node) => ({ ...node, outs: [{ ...node.outs[0], shape: [20, 30] }] }));
  const { stepper, told, click } = predicting(VALUES.map(() => ({ shape: [20, 30], dtype: "float32" })), { ...GRAPH, nodes });
  equal([stepper.at, told()], [5, "twice is computed. (Values this large are not asked for.)"]);
  click("Step");
  equal([stepper.at, told()], [6, "square is computed."]);
});

test("others are told when the reader predicts", () => {
  const { store, stepper } = open(), field = stepper.element.querySelector("input[type=checkbox]");
  field.click();
  equal(store.get("predicting"), true);
  field.click();
  equal(store.get("predicting"), false);
});

test("what is stopped at is listed, and cleared there", () => {
  const { store, click, find, stepper } = open(), list = stepper.element.querySelector(".sb-stops");
  ok(list.hidden);
  store.set({ breakpoints: new Set([1, 2]) });
  ok(!list.hidden && /twice/.test(list.textContent) && /square/.test(list.textContent));
  click("Stop at twice no more");
  equal([...store.get("breakpoints")], [2]);
  ok(!find("Clear all"));
  store.set({ breakpoints: new Set([0, 1]) });
  click("Clear all");
  equal([store.get("breakpoints").size, list.hidden], [0, true]);
});

test("the store has what a changed value made others, from the step on that did", () => {
  const { stepper, store } = open([...ACTS, { name: "what if", title: "What if A", steps: [{ node: 0, text: "What if?", changed: [["0,0", "3"]] }, { node: 1, text: "Again.", changed: [["1,0", "6"]] }] }]);
  stepper.go(6);
  equal(store.get("changed"), null);
  stepper.go(7);
  equal([...store.get("changed")], [["0,0", "3"]]);
  stepper.go(8);
  equal([...store.get("changed").keys()], ["0,0", "1,0"]);
});

test("a node's step is gone to from elsewhere, and changes can be taken back", () => {
  const { store, stepper } = open();
  stepper.go(6);
  store.set({ goTo: { node: 1 } });
  equal(stepper.at, 5);
  stepper.dispose();
  let undone = 0;
  const graph = new Graph(GRAPH), acts = [...ACTS, { name: "what if", title: "What if A", steps: [{ node: 0, text: "What if?", states: [[1, "stale"]] }] }];
  const other = new Stepper(new Steps(graph, ACTS), store, () => undefined, () => undone++);
  const button = () => [...other.element.querySelectorAll("button")].find(({ textContent }) => /recorded values/.test(textContent));
  ok(button().hidden);
  other.take(new Steps(graph, acts));
  ok(!button().hidden);
  button().click();
  equal(undone, 1);
  other.take(new Steps(graph, ACTS), false);
  equal([button().hidden, other.at], [true, 6]);
  other.dispose();
});
