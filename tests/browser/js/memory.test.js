import { equal, near, ok, place, press, settled, test } from "testing";
import { Memory, savedText } from "views/memory.js";

// Four values in two buffers, and an output: `b` is written over `a`.
const DATA = {
  sizes: [4096, 1024], steps: ["a", "b", "c", "d", "out"], written: { values: 4, bytes: 4 * 4096 },
  rows: [[0, "a", 4096, 0, 1, "buffer"], [0, "b", 4096, 1, 3, "buffer"], [1, "c", 1024, 2, 3, "buffer"], [0, "d", 4096, 3, 4, "buffer"], [-1, "out", 64, 4, 4, "output"]],
};

async function open(data = DATA) {
  const chosen = [], memory = new Memory(data, (name) => chosen.push(name));
  place(800).append(memory.element);
  await settled();
  const bar = (name) => [...memory.element.querySelectorAll("[data-name]")].find(({ dataset }) => dataset.name === name);
  return { memory, chosen, bar, box: (name) => bar(name).querySelector("rect").getBBox() };
}

test("bars stand over their steps, and in their buffer", async () => {
  const { box } = await open();
  const unit = box("c").width / 2;
  near([box("b").x - box("a").x, box("c").x - box("a").x, box("out").x - box("a").x], [1, 2, 4].map((k) => k * unit), 0.02);
  ok(box("a").y === box("b").y && box("c").y > box("a").y && box("out").y > box("c").y);
});

test("a value that is written over ends where the other begins", async () => {
  const { box } = await open();
  for (const [first, second] of [["a", "b"], ["b", "d"]]) ok(box(first).x + box(first).width <= box(second).x + 0.01, `${first} and ${second}`);
});

test("a bar says what it is, in words", async () => {
  const { bar } = await open();
  equal(bar("b").getAttribute("aria-label"), "b: 4.0 KiB, buffer 1, steps 2 to 4");
  equal(bar("out").getAttribute("aria-label"), "out: 64 B, an output, step 5");
});

test("a bar is chosen by mouse and by keys, and one that is chosen elsewhere is marked", async () => {
  const { memory, bar, chosen } = await open();
  bar("c").querySelector("rect").dispatchEvent(new MouseEvent("click", { bubbles: true }));
  bar("a").focus();
  press(bar("a"), "ArrowRight");
  press(document.activeElement, "Enter");
  equal(chosen, ["c", "b"]);
  memory.mark("d");
  equal([...memory.element.querySelectorAll(".sb-selected")].map(({ dataset }) => dataset.name), ["d"]);
  equal([...memory.element.querySelectorAll("[tabindex='0']")].map(({ dataset }) => dataset.name), ["d"]);
  memory.mark(null);
  equal(memory.element.querySelectorAll(".sb-selected").length, 0);
});

test("the sentence says what the plan saves", () => {
  equal(savedText(DATA), "2 buffers, 5.0 KiB instead of 16 KiB, which the 4 values in between take as written. Outputs take 64 B besides.");
  equal(savedText({ ...DATA, sizes: [], rows: [], written: { values: 1, bytes: 2048 } }), "No memory is needed between the steps, instead of 2.0 KiB, which the value in between takes as written.");
  equal(savedText({ ...DATA, sizes: [8], written: { values: 1, bytes: 8 }, rows: [] }), "1 buffer, 8 B, as much as the values in between take as written.");
  equal(savedText({ ...DATA, sizes: [8], written: null, rows: [] }), "1 buffer, 8 B.");
  equal(savedText({ ...DATA, sizes: [], written: { values: 0, bytes: 0 }, rows: [] }), "There is nothing between the inputs and the outputs.");
});

test("values of their own that are not there at the same time share a lane", async () => {
  const own = { sizes: [], steps: ["a", "b", "c"], written: null, rows: [[-1, "a", 8, 0, 0, "own"], [-1, "b", 8, 1, 2, "own"], [-1, "c", 8, 2, 2, "own"]] };
  const { box } = await open(own);
  ok(box("a").y === box("b").y && box("c").y > box("b").y);
});
