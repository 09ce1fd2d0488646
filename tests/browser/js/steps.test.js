import { equal, forAll, ok, randomGraph, test } from "testing";
import { Graph } from "views/model.js";
import { Steps } from "views/steps.js";

const STATES = ["unbound", "bound", "waiting", "ready", "running", "done"];

/** A random course of events on a random graph. */
function randomCourse(random) {
  const graph = new Graph(randomGraph(random, random.whole(2, 15)));
  const node = () => random.whole(0, graph.nodes.length - 1);
  let number = 0;
  const step = () => ({
    node: random.next() < 0.1 ? null : node(), text: `step ${number}`,
    states: Array.from({ length: random.whole(0, 3) }, () => [node(), random.of(STATES)]),
    ...(random.next() < 0.5 && { labels: [[[node(), 0], `label ${number}`]] }),
    ...(random.next() < 0.5 && { values: [[[node(), 0], number++]] }),
  });
  const acts = ["one", "two", "three"].slice(0, random.whole(1, 3)).map((name) => ({
    name, title: name, steps: Array.from({ length: random.whole(0, 8) }, step),
    ...(random.next() < 0.5 && { before: [[node(), "waiting"]] }),
  }));
  return { graph, acts, steps: new Steps(graph, acts) };
}

/** What is so after `k` steps, told by doing them one after another. */
function replayed(graph, acts, k) {
  const states = graph.nodes.map(() => "hidden"), labels = new Map(), values = new Map();
  let done = 0;
  for (const act of acts) {
    if (done <= k) for (const [node, state] of act.before ?? []) states[node] = state;
    for (const step of act.steps) {
      if (++done > k) continue;
      for (const [node, state] of step.states) states[node] = state;
      for (const [entry, text] of step.labels ?? []) labels.set(entry.join(), text);
      for (const [entry, number] of step.values ?? []) values.set(entry.join(), number);
    }
  }
  return { states, labels, values };
}

test("after any step everything is as if all steps had been done one after another", () => forAll(200, (random) => {
  const { graph, acts, steps } = randomCourse(random);
  // In any order: going back is no other than going forward.
  for (let n = 0; n < 12; n++) {
    const k = random.whole(0, steps.count), expected = replayed(graph, acts, k);
    equal(steps.statesAt(k), expected.states);
    for (const [key, text] of steps.labelsAt(k)) equal(text, expected.labels.get(key) ?? "");
    for (let i = 0; i < graph.nodes.length; i++) equal(steps.valueAt([i, 0], k), expected.values.get(`${i},0`));
  }
}));

test("acts begin where those before them end", () => forAll(50, (random) => {
  const { acts, steps } = randomCourse(random);
  equal(steps.count, acts.reduce((sum, act) => sum + act.steps.length, 0));
  equal(steps.starts.length, acts.length + 1);
  for (let k = 1; k <= steps.count; k++) {
    const act = steps.actAt(k);
    ok(steps.starts[act] < k && k <= steps.starts[act + 1]);
    equal(steps.all[k - 1].act, act);
  }
}));

test("the steps of a node, at which alone its breakpoint stops", () => forAll(50, (random) => {
  const { graph, steps } = randomCourse(random);
  const node = random.whole(0, graph.nodes.length - 1), mine = steps.stepsOf(node);
  equal(mine, steps.all.flatMap((step, k) => (step.node === node ? [k + 1] : [])));
  equal(steps.all.flatMap((_, k) => (steps.stopsAt(k + 1, new Set([node])) ? [k + 1] : [])), mine);
  const two = new Steps(graph, [{ name: "one", title: "one", steps: [{ node: 0, nodes: [0, 1], text: "at once", states: [] }] }]);
  equal([two.stopsAt(0, new Set([1])), two.stopsAt(1, new Set([1])), two.stopsAt(1, new Set([2]))], [false, true, false]);
}));

test("all that a label ever says", () => {
  const graph = new Graph(randomGraph({ whole: () => 1, next: () => 0.5, of: (list) => list[0] }, 3));
  const said = (text) => ({ node: 0, text: "", labels: [[[0, 0], text]] });
  const steps = new Steps(graph, [{ name: "a", title: "a", steps: [said("(2,)"), said("[1 2]")] }]);
  equal(steps.textsOf([0, 0]), ["(2,)", "[1 2]"]);
  equal(steps.textsOf([1, 0]), []);
  equal([0, 1, 2].map((k) => steps.labelsAt(k).get("0,0")), ["", "(2,)", "[1 2]"]);
});

test("no acts at all", () => {
  const steps = new Steps(new Graph(randomGraph({ whole: () => 1, next: () => 0.5, of: (list) => list[0] }, 2)), []);
  equal([steps.count, steps.statesAt(0), steps.actAt(0)], [0, ["hidden", "hidden"], 0]);
});
