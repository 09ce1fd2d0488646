/** What a learner predicts of a step: the question, and what is said of the answer. */

/** Up to so many elements are asked for; nobody wants to type more. Of up to so many, one is; beyond, none. */
const MOST = 6;
const LARGEST = 100;
const RELATIVE = 1e-3;

const OTHERS = [["plus", (a, b) => a + b], ["minus", (a, b) => a - b], ["times", (a, b) => a * b], ["divided by", (a, b) => a / b]];
const ORDERED = { "−": (a, b) => a - b, "÷": (a, b) => a / b, "**": (a, b) => a ** b };

/** @typedef {{kind: "elements"|"shape", name: string, expected: number[], text: string, formula: string, title: string, inputs: {name: string, items: number[]}[]}} Question */

/** The question that a step can be asked about, if there is one: its elements, or, where shapes are found out, its shape.
 *
 * @param {object} step @param {string} act The act's name.
 * @param {import("./model.js").Graph} graph
 * @param {(entry: number[]) => object|undefined} valueBefore The value of an entry before the step.
 * @param {(number: number) => object|undefined} valueOf A value of the document by its number.
 * @returns {Question|null}
 */
export function questionFor(step, act, graph, valueBefore, valueOf) {
  const node = graph.nodes[step.node];
  if (!node?.op || step.failed) return null;
  const about = { formula: node.formula ?? "", title: node.title ?? "" };
  if (act === "infer") {
    const [entry, text] = step.labels?.[0] ?? [];
    if (!text || text.includes("?") || entry[0] !== step.node) return null;
    const name = graph.entryName(entry);
    return { ...about, kind: "shape", name, expected: sizesOf(text), inputs: [], text: `What shape will ${name} have?` };
  }
  const [entry, number] = step.values?.[0] ?? [], value = entry && valueOf(number);
  if (!value?.items?.length || value.items.length > LARGEST) return null;
  const name = graph.entryName(entry), count = value.items.length;
  if (count > MOST) return { ...about, ...oneOf(value, name, node.inputs.map((input) => ({ name: graph.entryName(input), value: valueBefore(input) }))) };
  const inputs = node.inputs.map((input) => ({ name: graph.entryName(input), items: (valueBefore(input)?.items ?? []).map(numberOf) }));
  return { ...about, kind: "elements", name, expected: value.items.map(numberOf), inputs, text: count === 1 ? `What will ${name} be?` : `What will the ${count} elements of ${name} be?` };
}

/** The question for the element in the middle of a value; an input's element there, where it has one, helps to say what is wrong. */
function oneOf({ items, shape }, name, inputs) {
  const k = Math.floor(items.length / 2), at = [];
  for (let axis = shape.length - 1, rest = k; axis >= 0; rest = Math.floor(rest / shape[axis]), axis--) at.unshift(rest % shape[axis]);
  const where = `[${at.join(", ")}]`, there = (value) => (value?.items && value.shape.join() === shape.join() ? [numberOf(value.items[k])] : []);
  const beside = inputs.map((input) => ({ name: input.name + where, items: there(input.value) }));
  return { kind: "elements", name: name + where, expected: [numberOf(items[k])], inputs: beside, text: `What will ${name}${where} be?` };
}

/** Whether a step makes a value that is too large to be asked for. */
export function isTooLarge(step, graph) {
  const [[i, index] = []] = step.values?.[0] ?? [], shape = graph.nodes[i]?.outs[index].shape;
  return Boolean(graph.nodes[i]?.op && !step.failed && shape) && product(shape) > LARGEST;
}

/** What is said of an answer. `counts` is false where it is no answer yet.
 * @returns {{right: boolean, counts: boolean, told: string}}
 */
export function judge(question, text) {
  return question.kind === "shape" ? judgeShape(question, text) : judgeElements(question, text);
}

function judgeShape({ name, expected }, text) {
  const given = sizesOf(text), told = (words) => ({ right: false, counts: true, told: words });
  if (!given.length && expected.length) return { right: false, counts: false, told: "Type the sizes, such as 2 3." };
  if (given.length === expected.length && given.every((size, k) => size === expected[k])) return { right: true, counts: true, told: "Yes" };
  if ([...given].sort().join() === [...expected].sort().join()) return told("The right sizes, but in another order.");
  if (given.length !== expected.length) return told(`${name} has ${count(expected.length, "axis", "axes")}, not ${given.length}.`);
  const right = given.filter((size, k) => size === expected[k]).length;
  if (right) return told(`${right} of the ${expected.length} sizes ${right === 1 ? "is" : "are"} right.`);
  return told(product(given) === product(expected) ? "As many elements, but in another form." : "Not that shape. Which sizes do its inputs have?");
}

function judgeElements(question, text) {
  const { name, expected, inputs, title, formula } = question, digits = [];
  const given = numbersOf(text, expected.length, digits), no = (told) => ({ right: false, counts: true, told });
  if (!given.length || given.some((item) => item === null)) return { right: false, counts: false, told: expected.length === 1 ? "Type a number first." : `Type ${expected.length} numbers, with spaces between.` };
  if (given.length !== expected.length) return { right: false, counts: false, told: `${name} has ${count(expected.length, "element")}: type as many numbers.` };
  const like = (other) => other.length === given.length && given.every((item, k) => isLike(item, other[k], digits[k]));
  if (like(expected)) return { right: true, counts: true, told: "Yes" };
  if (inputs.length === 2) {
    const [a, b] = inputs;
    if (ORDERED[title] && like(paired(ORDERED[title], b.items, a.items))) return no(`That is ${b.name} ${title} ${a.name}: the operands are the other way round.`);
    const other = OTHERS.find(([, compute]) => like(paired(compute, a.items, b.items)));
    if (other && like(expected.map((item) => -item)) === false) return no(`That is ${a.name} ${other[0]} ${b.name}. Look at the sign in the box.`);
  }
  if (like(expected.map((item) => -item))) return no("Almost: the right size, but the other sign.");
  const right = given.filter((item, k) => isLike(item, expected[k], digits[k])).length;
  if (right) return no(`${right} of the ${expected.length} ${right === 1 ? "is" : "are"} right.`);
  if (given.length === 1 && Math.abs(given[0] - expected[0]) <= 0.1 * Math.abs(expected[0])) return no(`Close, but too ${given[0] < expected[0] ? "small" : "large"}.`);
  return no(formula ? `Not quite. It is ${formula}.` : "Not quite.");
}

/** Whether a number that was typed with so many digits after its point is another. */
function isLike(given, expected, digits) {
  if (Number.isNaN(expected) || Number.isNaN(given)) return Number.isNaN(expected) && Number.isNaN(given);
  if (!Number.isFinite(expected)) return given === expected;
  const typed = digits >= 2 ? 0.51 * 10 ** -digits : 0;
  return Math.abs(given - expected) <= Math.max(RELATIVE * Math.abs(expected), typed, 1e-9);
}

/** The numbers of a text: with spaces between, or commas where several are wanted; null for what is none. */
function numbersOf(text, wanted, digits) {
  const bare = text.replace(/[[\]()]/g, " ").trim();
  if (!bare) return [];
  const commas = wanted > 1 && !/[\s;]/.test(bare);
  const words = bare.split(commas ? "," : /[\s;]+/).map((word) => word.replace(/,$/, "")).filter(Boolean);
  return words.map((word, k) => {
    const number = numberOf(word.replace(",", "."));
    digits[k] = (/[.,](\d+)/.exec(word)?.[1] ?? "").length;
    return Number.isNaN(number) && !/^[+-]?nan$/i.test(word) ? null : number;
  });
}

/** A number of the document, or one that was typed. */
function numberOf(item) {
  const text = String(item).replace("−", "-").replace(/∞|\binf\b/i, "Infinity");
  return Number(text);
}

function sizesOf(text) {
  return (text.match(/\d+/g) ?? []).map(Number);
}

/** Element by element; one element goes with all of the other. */
function paired(compute, a, b) {
  if (!a.length || !b.length || (a.length !== b.length && a.length > 1 && b.length > 1)) return [];
  return Array.from({ length: Math.max(a.length, b.length) }, (_, k) => compute(a[a.length > 1 ? k : 0], b[b.length > 1 ? k : 0]));
}

function product(sizes) {
  return sizes.reduce((a, b) => a * b, 1);
}

function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}
