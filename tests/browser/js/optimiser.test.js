import { equal, ok, place, settled, test } from "testing";
import { OptimiserView } from "views/optimiser.js";

// What Python says of `tanh(exp(x * 1) + exp(x))`, in which a factor is left out and two steps are merged.
const DOCUMENT = await (await fetch("/document/optimised.json")).json();
const NAMES = new Set(DOCUMENT.stages[0].graph.nodes.map(({ name }) => name));

async function open(data = DOCUMENT) {
  const view = new OptimiserView(structuredClone(data)), chosen = [];
  view.onChosen((name) => chosen.push(name));
  const element = place(900);
  element.append(view.element);
  await settled();
  const pill = (title) => [...element.querySelectorAll(".sb-act")].find((one) => one.firstChild.textContent === title);
  const pictures = () => [...element.querySelectorAll(".sb-half")];
  const node = (side, name) => [...pictures()[side].querySelectorAll(".sb-node")].find((one) => [...one.querySelectorAll("text")].some(({ textContent }) => textContent === name));
  const press = (target) => target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  const marked = () => ({
    pictures: pictures().map((half) => [...half.querySelectorAll(".sb-node.sb-selected")].map((one) => [...one.querySelectorAll("text")].map(({ textContent }) => textContent).find((text) => NAMES.has(text)))),
    rows: [...element.querySelectorAll(".sb-notes tr.sb-selected")].map(({ dataset }) => dataset.node),
    bars: [...element.querySelectorAll(".sb-held.sb-selected")].map(({ dataset }) => dataset.name),
    lines: [...element.querySelectorAll(".sb-line-of.sb-selected")].map(({ dataset }) => dataset.name),
  });
  return { view, element, chosen, pill, pictures, node, press, marked, told: () => element.querySelector(".sb-sentence").textContent };
}

test("at first the whole way is shown: as written, and as it is run", async () => {
  const { pictures, told, pill, view } = await open();
  equal(pictures().map((half) => half.querySelector("h3").textContent), ["Before", "After"]);
  equal(pill("As it is run").getAttribute("aria-current"), "step");
  for (const part of ["1 left out", "1 merged", "5 operators before", "3 after"]) ok(told().includes(part), `${part} is not in ${told()}`);
  view.dispose();
});

test("the slider goes over the graph as written, each pass and the result", async () => {
  const { element, told, pictures } = await open();
  const slider = element.querySelector("input[type=range]"), titles = [...element.querySelectorAll(".sb-act")].map((one) => one.firstChild.textContent);
  equal([titles[0], titles.at(-1), Number(slider.max)], ["As written", "As it is run", titles.length - 1]);
  const seen = titles.map((_, k) => {
    slider.value = k;
    slider.dispatchEvent(new Event("input"));
    equal(slider.getAttribute("aria-valuetext"), titles[k]);
    return [pictures().length, told()];
  });
  equal(seen[0][0], 1);
  ok(/as you wrote it/.test(seen[0][1]));
  const at = titles.indexOf("simplify");
  equal(seen[at][0], 2);
  ok(/change nothing.*left out/.test(seen[at][1]));
});

test("a pass that did nothing says so, can be chosen, and shows the graph once", async () => {
  const { pill, pictures, told } = await open();
  const idle = pill("fold constants");
  ok(idle.classList.contains("sb-idle") && /nothing to do/.test(idle.textContent));
  idle.click();
  equal(pictures().length, 1);
  ok(/computed once.*found nothing to do/.test(told()), told());
});

test("what became of a node stands in both pictures, in words and not by colour alone", async () => {
  const { node } = await open();
  const words = (side, name) => [...node(side, name).querySelectorAll(".sb-note")].map(({ textContent }) => textContent);
  equal(words(0, "one"), ["left out → x"]);
  equal(words(0, "right"), ["merged → left"]);
  equal([words(1, "left"), words(1, "x")], [["in place of right"], ["in place of one"]]);
  equal(words(0, "sum"), []);
  equal([node(0, "one").dataset.mark, node(0, "right").dataset.mark], ["left out", "merged"]);
});

test("what is chosen is marked in both pictures, the table, the memory and the code", async () => {
  const { node, press, marked, chosen } = await open();
  press(node(0, "right"));
  equal(marked(), { pictures: [["right"], ["left"]], rows: ["right"], bars: ["left"], lines: ["left"] });
  equal(chosen, ["right"]);
  press(node(1, "sum"));
  equal(marked(), { pictures: [["sum"], ["sum"]], rows: [], bars: ["sum"], lines: ["sum"] });
});

test("a row, a bar and a line choose, too", async () => {
  const { element, press, marked } = await open();
  const find = (what, name) => [...element.querySelectorAll(what)].find(({ dataset }) => dataset.name === name);
  press([...element.querySelectorAll(".sb-notes .sb-link")].find(({ textContent }) => textContent === "one"));
  equal([marked().pictures, marked().rows], [[["one"], ["x"]], ["one"]]);
  press(find(".sb-held", "sum").querySelector("rect"));
  equal(marked().pictures, [["sum"], ["sum"]]);
  press(find(".sb-line-of", "left"));
  equal([marked().pictures, marked().lines], [[["left"], ["left"]], ["left"]]);
});

test("what is chosen stays chosen from pass to pass", async () => {
  const { view, pill, marked } = await open();
  view.choose("right");
  equal(marked().pictures, [["right"], ["left"]]);
  pill("simplify").click();
  equal(marked().pictures, [["right"], ["right"]]);
  view.choose(null);
  equal(marked(), { pictures: [[], []], rows: [], bars: [], lines: [] });
  view.choose("no such node");
  equal(marked().pictures, [[], []]);
});

test("a graph that runs as written has its memory and its code", async () => {
  const { element, pictures } = await open({ ...DOCUMENT, stages: [] });
  equal(pictures().length, 0);
  ok(/runs as written/.test(element.textContent) && /buffer/.test(element.textContent) && /def forward/.test(element.textContent));
});
