import { equal, forAll, near, ok, place, test } from "testing";
import { bytesText, numberText, shapeText } from "views/texts.js";
import { drawValue } from "views/value.js";

const read = (text) => Number(text.replace("−", "-"));
const drawn = (value, name = "x") => {
  const found = place();
  found.append(...drawValue(value, name).filter(Boolean));
  return found;
};
const cells = (element) => [...element.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent));
const choose = (element, form) => [...element.querySelectorAll(".sb-choice")].find((button) => button.textContent === form).click();
const floats = (numbers) => btoa(String.fromCharCode(...new Uint8Array(new Float32Array(numbers).buffer)));

test("numbers are read back as what they were, to four digits", () => forAll(400, (random) => {
  const value = (random.next() - 0.5) * 10 ** random.whole(-12, 20), text = numberText(value);
  near(read(text) / value, 1, 6e-4);
  ok([...text].length <= 16, text);
  ok(!text.includes("-") || /e-\d+$/.test(text), `${text} has a hyphen for a minus sign`);
}));

test("whole numbers keep all digits, and special ones are told", () => {
  equal([0, 14, -3, 1234567, 2 ** 31].map(numberText), ["0", "14", "−3", "1234567", "2147483648"]);
  equal([true, false, "NaN", "∞", "−∞"].map(numberText), ["True", "False", "NaN", "∞", "−∞"]);
  equal([0.5, 1e-7, 123456.789, 2.5e9 + 0.5].map(numberText), ["0.5", "1e-7", "123500", "2.5e+9"]);
});

test("shapes and sizes in memory", () => {
  equal([[], [3], [2, 3], [0, 1]].map(shapeText), ["()", "(3,)", "(2, 3)", "(0, 1)"]);
  const sizes = [[[1000], "float32", "3.9 KiB"], [[3], "bool", "3 B"], [[1024, 1024], "float64", "8.0 MiB"], [[], "float16", "2 B"], [[0, 5], "int8", "0 B"], [[1 << 15, 1 << 15], "float32", "4.0 GiB"]];
  for (const [shape, dtype, text] of sizes) equal(bytesText(shape, dtype), text);
});

test("a small array is a table of its elements", () => {
  equal(cells(drawn({ shape: [2, 3], dtype: "float32", items: [1, 2, 3, 4, 5, -6.5], range: [-6.5, 1, 5] })), [["1", "2", "3"], ["4", "5", "−6.5"]]);
  equal(cells(drawn({ shape: [3], dtype: "int32", items: [1, 2, 3], range: [1, 2, 3] })), [["1", "2", "3"]]);
  equal(drawn({ shape: [], dtype: "float32", items: [7], range: [7, 7, 7] }).textContent, "7");
});

test("a table has the numbers of rows and columns", () => {
  const element = drawn({ shape: [2, 3], dtype: "int32", items: [1, 2, 3, 4, 5, 6], range: [1, 3.5, 6] });
  equal([...element.querySelectorAll("thead th")].map((cell) => cell.textContent), ["0", "1", "2"]);
  equal([...element.querySelectorAll("tbody th")].map((cell) => cell.textContent), ["0", "1"]);
});

test("a few planes stand below each other and say where they are", () => {
  const items = Array.from({ length: 24 }, (_, k) => k), element = drawn({ shape: [2, 2, 2, 3], dtype: "float32", items, range: [0, 11.5, 23] });
  const text = element.textContent;
  for (const place of ["[0, 0]", "[0, 1]", "[1, 0]", "[1, 1]"]) ok(text.includes(place), place);
  equal(cells(element).flat().map(Number), items);
});

test("of many planes, sliders choose one", () => {
  const items = Array.from({ length: 3 * 4 * 2 * 2 }, (_, k) => k), element = drawn({ shape: [3, 4, 2, 2], dtype: "float32", items, range: [0, 23.5, 47] });
  equal(cells(element).flat().map(Number), [0, 1, 2, 3]);
  const sliders = [...element.querySelectorAll("input[type=range]")];
  equal(sliders.map(({ max }) => max), ["2", "3"]);
  [2, 1].forEach((at, k) => {
    sliders[k].value = at;
    sliders[k].dispatchEvent(new Event("input"));
  });
  equal(cells(element).flat().map(Number), [36, 37, 38, 39]);
  choose(element, "Heat map");
  ok(element.querySelector("canvas").getAttribute("aria-label").includes("[2, 1]"));
});

test("long tables have their first and last rows and columns", () => {
  const items = Array.from({ length: 40 * 20 }, (_, k) => k);
  const element = drawn({ shape: [40, 20], dtype: "float32", data: { kind: "f4", bytes: floats(items) }, range: [0, 400, 799] });
  choose(element, "Table");
  const rows = cells(element);
  equal(rows.length, 33);
  equal(rows[0], [...[0, 1, 2, 3, 4, 5, 6, 7].map(String), "⋯", ...[12, 13, 14, 15, 16, 17, 18, 19].map(String)]);
  equal(rows[16], ["⋮"]);
  equal(rows[32].at(-1), "799");
});

test("what is not finite is counted", () => {
  const text = drawn({ shape: [4], dtype: "float32", items: ["NaN", 1, "∞", 2], nan: 1, infinite: 1, range: [1, 1.5, 2], std: 0.5, zeros: 0 }).textContent;
  for (const part of ["NaN1", "infinite1", "min1", "mean1.5", "max2", "std0.5", "zeros0"]) ok(text.includes(part), `${part} is not in ${text}`);
});

test("nothing, and too much", () => {
  ok(/no elements/.test(drawn({ shape: [0, 4], dtype: "float32" }).textContent));
  ok(/too many/.test(drawn({ shape: [100000, 100000], dtype: "float32" }).textContent));
});

function large(numbers, more = {}) {
  const side = Math.sqrt(numbers.length);
  return {
    shape: [1000, 1000], dtype: "float32", range: [0, 0.5, 1], bars: [10, 0, 40, 20],
    plane: { at: [], of: [1000, 1000], rows: [0, 999], columns: [0, 999], cells: [[1, 2], [3, 4]], grid: { rows: side, columns: side, numbers: floats(numbers) } }, ...more,
  };
}

function colourAt(canvas, row, column, rows, columns) {
  const x = Math.floor(((column + 0.5) * canvas.width) / columns) - 3, y = Math.floor(((row + 0.5) * canvas.height) / rows);
  return [...canvas.getContext("2d").getImageData(Math.max(0, x - canvas.width / columns / 3), y, 1, 1).data.slice(0, 3)];
}

const light = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

test("a large array is a picture: lighter is more, and every spot is where it belongs", () => {
  const element = drawn(large([0, 0.25, 0.5, 1]), "weight"), canvas = element.querySelector("canvas");
  const found = [[0, 0], [0, 1], [1, 0], [1, 1]].map(([row, column]) => light(colourAt(canvas, row, column, 2, 2)));
  equal([...found].sort((a, b) => a - b), found);
  ok(found[3] - found[0] > 100, `${found}`);
  const label = canvas.getAttribute("aria-label");
  for (const part of ["weight", "from 0 to 1", "mean 0.5"]) ok(label.includes(part), `${part} is not in ${label}`);
});

test("with both signs, zero is white, and equally far from it is equally dark", () => {
  const canvas = drawn(large([-2, 2, 0, 1], { range: [-2, 0, 4] })).querySelector("canvas");
  const [below, above, zero, half] = [[0, 0], [0, 1], [1, 0], [1, 1]].map(([row, column]) => colourAt(canvas, row, column, 2, 2));
  ok(light(zero) > 235, `${zero}`);
  near(light(below), light(above), 25);
  ok(below[2] > below[0] + 40 && above[0] > above[2] + 40, `${below}, ${above}`);
  ok(light(half) > light(above));
});

test("NaN and infinities have signs of their own", () => {
  const canvas = drawn(large([NaN, Infinity, -Infinity, 0.4], { nan: 1, infinite: 2 })).querySelector("canvas");
  const colours = new Set([[0, 0], [0, 1], [1, 0], [1, 1]].map(([row, column]) => colourAt(canvas, row, column, 2, 2).join()));
  equal(colours.size, 4);
});

test("arrow keys say what a spot is", () => {
  const element = drawn({ shape: [2, 2], dtype: "float32", items: [1, 2, 3, -4], range: [-4, 0.5, 3] });
  choose(element, "Heat map");
  const canvas = element.querySelector("canvas"), press = (key) => canvas.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  const told = () => element.querySelector(".sb-pointed").textContent;
  equal(told(), "2 rows, 2 columns");
  press("ArrowDown");
  equal(told(), "[0, 0] is 1");
  press("ArrowDown");
  press("ArrowRight");
  equal(told(), "[1, 1] is −4");
});

test("a histogram's bars are as high as their counts, and say them", () => {
  const element = drawn(large([0, 1, 2, 3]));
  choose(element, "Histogram");
  const chart = element.querySelector(".sb-histogram");
  const heights = [...chart.children].map((bar) => bar.getBoundingClientRect().height);
  near([heights[0] / heights[2], heights[3] / heights[2]], [0.25, 0.5], 0.05);
  equal(heights[1], 0);
  const press = () => chart.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", cancelable: true }));
  press();
  equal(element.querySelector(".sb-pointed").textContent, "0 to 0.25: 10 elements");
  press();
  press();
  equal(element.querySelector(".sb-pointed").textContent, "0.5 to 0.75: 40 elements");
});

test("a picture has its colours, channel order as guessed", () => {
  const numbers = Array.from({ length: 3 * 8 * 8 }, (_, k) => (k < 64 ? 1 : 0));
  const element = drawn({ shape: [3, 8, 8], dtype: "float32", items: numbers, range: [0, 0.3, 1], image: { order: "CHW", low: 0, high: 1, sure: true } });
  const canvas = element.querySelector("canvas");
  equal([canvas.width, canvas.height], [8, 8]);
  equal([...canvas.getContext("2d").getImageData(3, 3, 1, 1).data], [255, 0, 0, 255]);
  for (const part of ["channel (3), row (8), column (8)", "white 1"]) ok(element.textContent.includes(part), element.textContent);
});

test("parts of a large array are asked for once, and shown when they come", () => {
  const asked = [];
  let come = null, known = null;
  const value = { ...large([0, 0, 0, 0]), shape: [3, 1000, 1000] };
  value.plane.at = [0];
  const part = (kind, at, done) => {
    asked.push([kind, ...at]);
    come = done;
    return known;
  };
  const element = place();
  element.append(...drawValue(value, "x", { part }));
  choose(element, "Table");
  equal(cells(element)[0], ["1", "⋯", "2"]);
  const slider = element.querySelector("input[type=range]");
  slider.value = 2;
  slider.dispatchEvent(new Event("input"));
  equal(asked, [["plane", 2]]);
  ok(/fetched/.test(element.textContent));
  known = { ...value.plane, at: [2], cells: [[5, 6], [7, 8]] };
  come();
  equal(cells(element)[0], ["5", "⋯", "6"]);
});

test("what a page has not is told", () => {
  const value = { ...large([0, 0, 0, 0]), shape: [3, 1000, 1000] };
  value.plane.at = [0];
  const element = drawn(value), slider = element.querySelector("input[type=range]");
  slider.value = 1;
  slider.dispatchEvent(new Event("input"));
  ok(/3,000,000 elements/.test(element.textContent), element.textContent);
});
