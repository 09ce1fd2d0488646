/** The one script that notebooks and files get does what the modules do. */

import { equal, ok, place, randomGraph, Random, settled, test } from "testing";
import * as mounting from "views/mount.js";

const bundled = await import("/bundle/mount.js");

/** A document with all that the run of a graph has. */
function randomDocument(seed) {
  const random = new Random(seed), graph = randomGraph(random, 14);
  const made = graph.nodes.flatMap((node, i) => (node.op ? [i] : []));
  const value = (i) => ({ shape: [1], dtype: "float32", items: [i], range: [i, i, i] });
  return {
    format: 1, alt: "A graph.", graph,
    acts: [
      { name: "compose", title: "Compose", opening: "Nothing.", steps: graph.nodes.map((_, i) => ({ node: i, text: `${i} is written`, states: [[i, "unbound"]] })) },
      { name: "forward", title: "Forward", before: made.map((i) => [i, "waiting"]), steps: made.map((i, k) => ({ node: i, text: `${i} is computed`, states: [[i, "done"]], values: [[[i, 0], k]], labels: [[[i, 0], `[${i}]`]] })) },
    ],
    values: made.map(value), parts: ["stepper", "picture", "inspector", "timeline"],
    timelines: [{ act: "forward", lanes: ["thread 1"], seconds: 1, bars: made.map((i, k) => [i, 0, k / 99, (k + 0.5) / 99]), path: made.slice(-2), path_seconds: 1, busy: 1, peak: 1, threads: 1, memory: [] }],
  };
}

async function looks(mount, seed) {
  const element = place(900), shown = mount(randomDocument(seed), element);
  await settled();
  const seen = [element.innerHTML];
  shown.stepper.go(5);
  shown.store.set({ selected: 3 });
  seen.push(element.innerHTML);
  const heard = [...element.querySelectorAll("button")].length;
  shown.dispose();
  element.remove();
  return [...seen, heard];
}

test("the bundle exports what the module does", () => {
  equal(Object.keys(bundled).sort(), Object.keys(mounting).sort());
});

test("what is shown is the same, element by element", async () => {
  for (const seed of [1, 2, 3]) {
    const [first, second] = [await looks(mounting.mount, seed), await looks(bundled.mount, seed)];
    equal(second, first);
    ok(first[0].length > 5000 && first[0] !== first[1]);
  }
});

test("nothing of it is left in the page's own names", () => {
  equal(Object.keys(globalThis).filter((name) => name.startsWith("module_") || ["mount", "Stepper", "Graph"].includes(name)), []);
});
