import { equal, ok, place, test } from "testing";
import { Editor } from "views/editor.js";

function open(value) {
  const changes = [], element = place(), editor = new Editor("x", value, (items) => changes.push(items));
  element.append(editor.element);
  const fields = [...element.querySelectorAll(".sb-field")], line = element.querySelector(".sb-wide");
  const type = (field, text) => {
    field.focus();
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  return { editor, changes, element, fields, line, type, submit: () => element.querySelector("form").requestSubmit(), told: () => element.querySelector("[role=status]").textContent };
}

const matrix = (items) => ({ shape: [2, 2], dtype: "float32", items });

test("fields and line say the same, and what is typed is tried", () => {
  const { fields, line, type, submit, changes } = open(matrix([1, 2, 3, 4]));
  equal(fields.map(({ value }) => value), ["1", "2", "3", "4"]);
  type(fields[2], "−5");
  equal(line.value, "1 2 −5 4");
  submit();
  type(line, "[[0,5, 1e3], [nan, -inf]]");
  submit();
  equal(changes, [[1, 2, -5, 4], [0.5, 1000, "NaN", "-Infinity"]]);
});

test("what is no number, or too few of them, is said", () => {
  const { line, type, submit, changes, told } = open(matrix([1, 2, 3, 4]));
  type(line, "1 2 x 4");
  submit();
  ok(/x is not a number/.test(told()), told());
  type(line, "1 2 3");
  submit();
  ok(/4 numbers are needed, not 3/.test(told()), told());
  equal(changes, []);
});

test("a fraction of what holds whole numbers is said at the field, and not sent", () => {
  const { line, type, submit, changes, told, editor } = open({ shape: [1], dtype: "int32", items: [3] });
  type(line, "0.5");
  submit();
  equal([told(), changes], ["0.5 is not a whole number, and x holds whole numbers (int32).", []]);
  type(line, "-4");
  submit();
  equal([told(), changes], ["", [[-4]]]);
  editor.refuse("int32 ends there");
  equal(told(), "int32 ends there");
});

test("arrow keys count", () => {
  const { fields, line } = open(matrix([1, 2, 3, 4]));
  fields[1].dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", cancelable: true }));
  equal(line.value, "1 1 3 4");
});

test("another value is shown, but not over what is being typed", () => {
  const { editor, fields, type } = open(matrix([1, 2, 3, 4]));
  editor.take(matrix([5, 6, 7, 8]));
  equal(fields[0].value, "5");
  type(fields[0], "50");
  editor.take(matrix([9, 9, 9, 9]));
  equal(fields[0].value, "50");
});

test("many elements have a line alone", () => {
  const { fields, line } = open({ shape: [100], dtype: "float32", items: Array(100).fill(0) });
  equal([fields.length, line.value.split(" ").length], [0, 100]);
});
