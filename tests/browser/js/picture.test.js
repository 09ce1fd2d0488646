import { equal, near, ok, place, settled, test } from "testing";
import { Graph } from "views/model.js";
import { Picture } from "views/picture.js";
import { Store } from "views/store.js";

const variable = (name) => ({ name, inputs: [], outs: [{ name, shape: [2] }], role: "variable" });
const operator = (name, inputs, more = {}) => ({ name, inputs: inputs.map((i) => [i, 0]), outs: [{ name: `${name}_output`, shape: [2] }], role: "operator", op: "elemwise_add", title: "+", ...more });
/** (a + b) + (c + d) */
const SUM = [..."abcd"].map(variable).concat([operator("left", [0, 1]), operator("right", [2, 3]), operator("total", [4, 5])]);
const data = (nodes, more = {}) => ({ nodes, heads: [[nodes.length - 1, 0]], ops: {}, ...more });

/** A picture on the page; `state` is what its store has besides. */
async function open({ nodes = SUM, more = {}, wide = 800, state = {}, ...options } = {}) {
  const store = new Store({ selected: null, active: null, states: null, texts: null, breakpoints: new Set(), failing: null, ...state });
  const picture = new Picture(new Graph(data(nodes, more)), store, { alt: "a graph", ...options });
  const around = place(wide);
  around.append(picture.element);
  await settled();
  const box = (name) => [...picture.element.querySelectorAll("[data-box]")].find((element) => [...element.querySelectorAll("text")].some(({ textContent }) => textContent === name));
  const click = (element) => element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  return { picture, store, around, box, click, moved: () => picture.world.style.transform, frame: () => picture.frame.getBoundingClientRect() };
}

test("choosing what is seen moves nothing", async () => {
  const { box, click, store, moved, picture } = await open();
  const before = moved();
  for (const name of ["a", "total", "d", "left"]) {
    click(box(name));
    equal(moved(), before, name);
  }
  equal(store.get("selected"), 4);
  // It is fitted still: where its frame becomes smaller, all of it is there.
  picture.element.parentElement.style.width = "420px";
  await settled();
  for (const name of ["a", "total", "d"]) {
    const { left, right } = box(name).getBoundingClientRect(), frame = picture.frame.getBoundingClientRect();
    ok(left >= frame.left && right <= frame.right, name);
  }
});

test("values that were changed have a sign, in what is drawn anew, too, until they are as before", async () => {
  const { box, store, picture } = await open({ labelOf: () => ["12"] });
  const changed = () => [..."abcd", "left", "right", "total"].filter((name) => box(name).querySelector(".sb-delta"));
  store.set({ changed: new Map([["0,0", "1"], ["4,0", "3"]]) });
  equal(changed(), ["a", "left"]);
  ok(/, changed$/.test(box("a").getAttribute("aria-label")), box("a").getAttribute("aria-label"));
  picture.draw();
  equal(changed(), ["a", "left"]);
  store.set({ changed: null });
  equal(changed(), []);
});

test("a node that is clicked where it is small stays as small; one that is looked for grows", async () => {
  const { box, click, picture, store } = await open();
  for (let n = 0; n < 5; n++) picture.camera.zoom(0.6, undefined, false);
  const { scale } = picture.camera;
  click(box("a"));
  equal(picture.camera.scale, scale);
  store.set({ selected: null });
  picture.show(6);
  ok(picture.camera.scale > 2 * scale);
});

test("a node that is partly outside comes inside when it is chosen", async () => {
  const { box, click, picture, frame } = await open();
  picture.camera.pan(frame().left + 10 - box("a").getBoundingClientRect().left - 40, 0, false);
  picture.world.style.transition = "none";
  click(box("a"));
  picture.world.style.transition = "none";
  ok(box("a").getBoundingClientRect().left >= frame().left);
});

test("a node is marked as active where a stepper says so, and nowhere else", async () => {
  const marked = ({ picture }) => picture.element.querySelectorAll(".sb-active").length;
  const stepped = await open({ state: { active: 6 } });
  // Its box, and two edges.
  equal(marked(stepped), 3);
  const alone = await open({ state: { active: 6 }, stepped: false });
  equal(marked(alone), 0);
  alone.store.set({ active: 4 });
  equal(marked(alone), 0);
});

test("a node that is active and chosen shows both", async () => {
  const { box, store } = await open({ state: { active: 6 } });
  const shape = () => getComputedStyle(box("total").querySelector(".sb-shape")).stroke;
  const active = shape();
  store.set({ selected: 6 });
  equal(shape(), active);
  const ring = box("total").querySelector(".sb-ring");
  ok(getComputedStyle(ring).stroke !== active);
  const [inner, outer] = [box("total").querySelector(".sb-shape"), ring].map((element) => element.getBoundingClientRect());
  ok(outer.left < inner.left && outer.right > inner.right && outer.top < inner.top && outer.bottom > inner.bottom);
  near(outer.left + outer.right, inner.left + inner.right, 1e-3);
  store.set({ selected: 5 });
  equal([box("total").querySelector(".sb-ring"), box("right").querySelectorAll(".sb-ring").length], [null, 1]);
});

test("signs of state leave names of inputs free", async () => {
  const nodes = [variable("x"), variable("y"), operator("minus", [0, 1], { ports: ["lhs", "rhs"] })];
  const { box } = await open({ nodes, state: { states: ["bound", "bound", "done"], breakpoints: new Set([2]) } });
  const parts = (what) => [...box("minus").querySelectorAll(what)];
  const names = parts("text").filter(({ textContent }) => /hs$/.test(textContent)).map((text) => text.getBoundingClientRect());
  equal(names.length, 2);
  const circle = parts(".sb-badge circle")[0].getBoundingClientRect(), stop = parts(".sb-stopper")[0].getBoundingClientRect();
  const [x, y, r] = [(circle.left + circle.right) / 2, (circle.top + circle.bottom) / 2, (circle.right - circle.left) / 2];
  // The corner of "rhs", without the room above its letters.
  ok(Math.hypot(names[1].right - x, names[1].top + 2 - y) >= r, `${names[1].right - x}, ${names[1].top - y}, ${r}`);
  ok(stop.bottom <= names[0].top + 3 || stop.right <= names[0].left + 1);
});

const inside = (element, frame) => {
  const [box, room] = [element.getBoundingClientRect(), frame.getBoundingClientRect()];
  return box.left >= room.left - 1 && box.right <= room.right + 1 && box.top >= room.top - 1 && box.bottom <= room.bottom + 1;
};
const shownSides = ({ picture }) => [...picture.element.querySelectorAll(".sb-more:not([hidden])")].map(({ className }) => className.match(/sb-more-(\w+)/)[1]);

test("a graph that can be read as a whole opens so, in a frame as high as it needs", async () => {
  const chain = [variable("x"), ...Array.from({ length: 7 }, (_, k) => operator(`step${k}`, [k]))];
  const found = await open({ nodes: chain, wide: 500 });
  for (const element of found.picture.element.querySelectorAll(".sb-node")) ok(inside(element, found.picture.frame));
  equal(shownSides(found), []);
  const small = await open({ wide: 500 });
  ok(small.frame().height < found.frame().height);
});

test("a graph that is too large opens at its beginning, large enough to be read, and tells where there is more", async () => {
  const many = [variable("x"), ...Array.from({ length: 40 }, (_, k) => operator(`step${k}`, [k]))];
  const found = await open({ nodes: many, wide: 300 });
  const text = [...found.box("step0").querySelectorAll("text")].find(({ textContent }) => textContent === "step0");
  ok(parseFloat(text.getAttribute("font-size")) * found.picture.camera.scale >= 9);
  ok(inside(found.box("x"), found.picture.frame) && inside(found.box("step1"), found.picture.frame));
  equal(shownSides(found), ["bottom"]);
  const below = found.picture.element.querySelector(".sb-more-bottom button");
  below.click();
  equal(shownSides(found), ["top", "bottom"]);
  for (let n = 0; n < 30; n++) below.click();
  equal(shownSides(found), ["top"]);
  found.picture.fit();
  equal(shownSides(found), []);
});

test("what was behind a tab fits when it is shown, and its corner can be dragged", async () => {
  const store = new Store({ selected: null, active: null, states: null, texts: null, breakpoints: new Set(), failing: null });
  const picture = new Picture(new Graph(data(SUM)), store, { alt: "a graph" }), behind = place(700);
  behind.hidden = true;
  behind.append(picture.element);
  await settled();
  behind.hidden = false;
  await settled();
  await settled();
  for (const element of picture.element.querySelectorAll(".sb-node")) ok(inside(element, picture.frame));
  picture.stage.style.height = "120px";
  await settled();
  behind.style.width = "500px";
  await settled();
  equal(picture.stage.style.height, "120px");
});

/** A chain of eight, the last six of them in two blocks. */
function blocks(grouped) {
  const nodes = [variable("x"), ...Array.from({ length: 7 }, (_, k) => operator(`step${k}`, [k]))];
  return { nodes, more: { tree: [[2, 5, "first", []], [5, 8, "second", []]], grouped } };
}

test("where nobody has been, no group is told", async () => {
  const { nodes, more } = blocks(true);
  const { picture, box, click } = await open({ nodes, more });
  const trail = () => [...picture.element.querySelectorAll(".sb-trail li")].map(({ textContent }) => textContent);
  equal(trail(), ["All"]);
  ok(![...picture.element.querySelectorAll("button")].some(({ textContent }) => textContent === "Group"));
  click(box("second"));
  equal(trail(), ["All", "second"]);
  [...picture.element.querySelectorAll("button")].find(({ textContent }) => textContent === "Close all").click();
  equal(trail(), ["All"]);
});

test("a small graph is grouped by its blocks when asked, and ungrouped", async () => {
  const { nodes, more } = blocks(false);
  const { picture, box, click } = await open({ nodes, more });
  const names = () => picture.element.querySelectorAll("[data-box]").length, where = picture.element.querySelector(".sb-where");
  equal([names(), where.checkVisibility()], [8, false]);
  const group = [...picture.element.querySelectorAll("button")].find(({ textContent }) => textContent === "Group");
  group.click();
  equal([names(), where.checkVisibility(), group.getAttribute("aria-pressed")], [4, true, "true"]);
  click(box("first"));
  equal(names(), 6);
  picture.show(7);
  equal([names(), picture.element.querySelectorAll(".sb-selected").length], [8, 1]);
  group.click();
  equal([names(), where.checkVisibility(), picture.element.querySelectorAll("[data-close]").length], [8, false, 0]);
});
