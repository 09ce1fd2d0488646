import { equal, forAll, near, ok, place, test } from "testing";
import { bytesText, drawValue, numberText, shapeText } from "views/value.js";

const read = (text) => Number(text.replace("−", "-"));
const drawn = (value, name = "x") => {
  const found = place();
  found.append(...drawValue(value, name).filter(Boolean));
  return found;
};
const cells = (element) => [...element.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent));

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
  equal(cells(drawn({ shape: [], dtype: "float32", items: [7], range: [7, 7, 7] })), [["7"]]);
});

test("planes of an array of several dimensions say where they are", () => {
  const items = Array.from({ length: 24 }, (_, k) => k), element = drawn({ shape: [2, 2, 2, 3], dtype: "float32", items, range: [0, 11.5, 23] });
  const text = element.textContent;
  for (const place of ["[0, 0]", "[0, 1]", "[1, 0]", "[1, 1]"]) ok(text.includes(place), place);
  equal(cells(element).flat().map(Number), items);
});

test("what is not finite is counted", () => {
  const text = drawn({ shape: [4], dtype: "float32", items: ["NaN", 1, "∞", 2], nan: 1, infinite: 1, range: [1, 1.5, 2] }).textContent;
  for (const part of ["NaN", "∞", "1 NaN", "1 infinite", "from 1 to 2", "mean 1.5"]) ok(text.includes(part), `${part} is not in ${text}`);
});

test("nothing, and too much", () => {
  ok(/no elements/.test(drawn({ shape: [0, 4], dtype: "float32" }).textContent));
  ok(/too many/.test(drawn({ shape: [100000, 100000], dtype: "float32" }).textContent));
});

function large(bytes, more = {}) {
  const side = Math.sqrt(bytes.length);
  return {
    shape: [1000, 1000], dtype: "float32", range: [0, 0.5, 1], bars: [10, 0, 40, 20],
    grid: { rows: side, columns: side, bytes: btoa(String.fromCharCode(...bytes)), of: [1000, 1000] }, ...more,
  };
}

test("a large array is a picture: lighter is more, and every spot is where it belongs", () => {
  const element = drawn(large([0, 60, 120, 251]), "weight"), canvas = element.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const at = (row, column) => {
    const k = 4 * (Math.floor(((row + 0.5) * canvas.height) / 2) * canvas.width + Math.floor(((column + 0.5) * canvas.width) / 2));
    return 0.2126 * data[k] + 0.7152 * data[k + 1] + 0.0722 * data[k + 2];
  };
  const light = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)];
  equal([...light].sort((a, b) => a - b), light);
  ok(light[3] - light[0] > 100, `${light}`);
  const label = canvas.getAttribute("aria-label");
  for (const part of ["weight", "from 0 to 1", "mean 0.5"]) ok(label.includes(part), `${part} is not in ${label}`);
});

test("NaN and infinities have colours of their own", () => {
  const canvas = drawn(large([252, 253, 254, 100])).querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let k = 0; k < data.length; k += 4) colours.add([data[k], data[k + 1], data[k + 2]].join());
  equal(colours.size, 4);
});

test("a histogram's bars are as high as their counts", () => {
  const element = drawn(large([0, 1, 2, 3])).querySelector(".sb-histogram");
  const heights = [...element.children].map((bar) => bar.getBoundingClientRect().height);
  near([heights[0] / heights[2], heights[3] / heights[2]], [0.25, 0.5], 0.05);
  equal(heights[1], 0);
});
