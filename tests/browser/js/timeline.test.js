import { equal, forAll, near, ok, place, press, settled, test } from "testing";
import { Graph } from "views/model.js";
import { Store } from "views/store.js";
import { Steps } from "views/steps.js";
import { Timeline } from "views/timeline.js";
import { timeText } from "views/times.js";

const GRAPH = new Graph({
  nodes: ["A", "mul0", "mul1", "sum"].map((name, i) => ({ name, inputs: i ? [[0, 0]] : [], outs: [{ name }], ...(i ? { role: "operator", op: "op", title: "+" } : { role: "variable" }) })),
  heads: [[3, 0]], ops: {},
});
const RUN = {
  act: "forward", lanes: ["thread 1", "thread 2"], seconds: 0.01, busy: 0.013, peak: 2, threads: 2, path: [2, 3], path_seconds: 0.009,
  bars: [[1, 0, 0, 0.004, "", -1, 0], [2, 1, 0.001, 0.006, "", -1, 0], [3, 0, 0.006, 0.01, "input", 2, 0.002]], memory: [[0, 100], [0.006, 300], [0.01, 0]],
};
const ACTS = [
  { name: "bind", title: "Bind", steps: Array.from({ length: 3 }, () => ({ node: 0, text: "" })) },
  { name: "forward", title: "Forward", steps: [{ node: 1, nodes: [1, 2], text: "", at: 0.001 }, { node: 1, text: "", at: 0.004 }, { node: 2, text: "", at: 0.006 }, { node: 3, text: "", at: 0.01 }] },
];

async function open(run = RUN) {
  const store = new Store({ selected: null, step: 9 }), jumps = [];
  const line = new Timeline(run, GRAPH, store, new Steps(GRAPH, ACTS), (step) => jumps.push(step));
  place(700).append(line.element);
  await settled();
  const bars = () => [...line.element.querySelectorAll("[data-node]")];
  const bar = (node) => bars().find(({ dataset }) => dataset.node === String(node));
  const box = (node) => bar(node).querySelector("rect").getBBox();
  return { line, store, jumps, bars, bar, box, told: () => line.element.querySelector(".sb-bar-told").textContent };
}

test("bars are drawn to scale, in the lane of their thread", async () => {
  const { box } = await open();
  const scale = box(1).width / 4;
  near([box(2).width, box(3).width, box(2).x - box(1).x, box(3).x - box(1).x], [5, 4, 1, 6].map((ms) => ms * scale), 0.02);
  ok(box(1).y === box(3).y && box(2).y > box(1).y + box(1).height);
});

test("what took no time is still seen", async () => {
  const { box } = await open({ ...RUN, bars: [...RUN.bars.slice(0, 2), [3, 0, 0.006, 0.0060001, "input", 2, 0]] });
  ok(box(3).width >= 2);
});

test("the sentence says how many steps, how long, and how much at once", async () => {
  const { line } = await open();
  const text = line.element.textContent;
  for (const part of ["3 steps", "10 ms", "1.3 of 2 threads busy, at most 2", "critical path 9 ms"]) ok(text.includes(part), `${part} is not in ${text}`);
});

test("bars say what they are, and what is on the critical path says so", async () => {
  const { bar } = await open();
  const label = bar(2).getAttribute("aria-label");
  for (const part of ["mul1", "thread 2", "5 ms", "critical path"]) ok(label.includes(part), `${part} is not in ${label}`);
  ok(!bar(1).getAttribute("aria-label").includes("critical"));
});

test("a bar goes to its step and chooses its node, by mouse and by key", async () => {
  const { bar, store, jumps } = await open();
  bar(2).querySelector("rect").dispatchEvent(new MouseEvent("click", { bubbles: true }));
  equal([store.get("selected"), jumps], [2, [6]]);
  ok(press(bar(2), "ArrowRight"));
  equal([store.get("selected"), jumps], [3, [6, 7]]);
  ok(press(bar(3), "Home"));
  equal(store.get("selected"), 1);
  ok(!press(bar(1), "x"));
});

test("what is chosen elsewhere is marked, and one bar alone is a stop for Tab", async () => {
  const { bar, bars, store } = await open();
  store.set({ selected: 3 });
  ok(bar(3).classList.contains("sb-selected") && !bar(1).classList.contains("sb-selected"));
  equal(bars().filter((one) => one.getAttribute("tabindex") === "0"), [bar(3)]);
  store.set({ step: 5 });
  equal(bars().map((one) => one.classList.contains("sb-later")), [false, true, true]);
});

test("a bar says what it waited for", async () => {
  const { bar, told, line, store } = await open();
  bar(3).dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  equal(told(), "sum on thread 1: began after 6 ms, took 4 ms; thread 1 waited 2 ms for its input mul1; on the critical path.");
  bar(1).dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  equal(told(), "mul0 on thread 1: began first, took 4 ms.");
  line.dispose();
  store.set({ selected: 3 });
});

test("a line shows how far the run is at a step", async () => {
  const { line, store, box } = await open();
  const scale = box(1).width / 4, playhead = () => line.element.querySelector(".sb-playhead");
  store.set({ step: 4 });
  near(Number(playhead().getAttribute("x1")), box(1).x + scale, 0.01);
  store.set({ step: 6 });
  near(Number(playhead().getAttribute("x1")), box(1).x + 6 * scale, 0.01);
  store.set({ step: 2 });
  equal(playhead().getAttribute("visibility"), "hidden");
});

test("keys zoom, pan, and show all", async () => {
  const { bar, box } = await open();
  const before = box(2).width;
  ok(press(bar(2), "+"));
  ok(box(2).width > 1.2 * before);
  const x = box(2).x;
  ok(press(bar(2), "ArrowRight", { shiftKey: true }));
  ok(box(2).x < x || box(2).width < 2 * before);
  ok(press(bar(2), "0"));
  near(box(2).width, before, 1e-6);
});

test("of ten thousand bars few are drawn, and Enter shows those that were one", async () => {
  const n = 10_000, graph = new Graph({ nodes: Array.from({ length: n }, (_, i) => ({ name: `n${i}`, inputs: [], outs: [{ name: `n${i}` }], role: "operator", op: "op" })), heads: [], ops: {} });
  const bars = Array.from({ length: n }, (_, i) => [i, i % 2, i * 1e-6, (i + 1.9) * 1e-6, "", -1, 0]);
  const run = { ...RUN, bars, seconds: (n + 1) * 1e-6, path: [], memory: [] };
  const line = new Timeline(run, graph, new Store({ selected: null, step: 0 }), null, () => {});
  place(700).append(line.element);
  await settled();
  const drawn = () => [...line.element.querySelectorAll("[data-node]")];
  ok(drawn().length < 700, `${drawn().length} are drawn`);
  const several = line.element.querySelector(".sb-several");
  ok(/\d steps on thread/.test(several.getAttribute("aria-label")));
  const count = Number(/^([\d,]+) steps/.exec(several.getAttribute("aria-label"))[1].replace(",", ""));
  for (let n = 0; n < 4 && line.element.querySelector(".sb-several"); n++) press(line.element.querySelector(".sb-several"), "Enter");
  equal(line.element.querySelector(".sb-several"), null);
  ok(count > 1);
});

test("zooming shows a part of the run, and All the whole again", async () => {
  const { line, box } = await open();
  const before = box(2).width, click = (name) => [...line.element.querySelectorAll("button")].find((one) => one.textContent === name).click();
  click("+");
  // Of the 5 ms, 3.5 are in the half that is seen.
  near(box(2).width / before, 1.4, 0.01);
  click("All");
  near(box(2).width, before, 1e-6);
});

test("times are read back as what they were", () => forAll(200, (random) => {
  const seconds = 10 ** (random.next() * 8 - 6), text = timeText(seconds);
  const [, number, unit] = /^([\d.]+) (s|ms|µs)$/.exec(text) ?? ok(false, text);
  near(Number(number) * { s: 1, ms: 1e-3, µs: 1e-6 }[unit], seconds, 0.02 * seconds + 1e-8);
  ok(number.length <= 7, text);
}));

test("times beside each other have the same unit, and differ", () => {
  equal([0, 0.001, 0.002].map((time) => timeText(time, 0.001)), ["0 ms", "1 ms", "2 ms"]);
  equal([0, 2e-5, 4e-5].map((time) => timeText(time, 2e-5)), ["0 µs", "20 µs", "40 µs"]);
  equal([1, 1.5].map((time) => timeText(time, 0.5)), ["1 s", "1.5 s"]);
});
