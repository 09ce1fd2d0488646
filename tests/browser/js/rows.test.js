import { equal, ok, place, press, test } from "testing";
import { rove } from "views/rows.js";

function open() {
  const element = place(), chosen = [];
  const items = ["a", "b", "c"].map((name) => {
    const item = document.createElement("span");
    item.append(document.createElement("i"));
    item.dataset.name = name;
    item.tabIndex = -1;
    element.append(item);
    return item;
  });
  const stopAt = rove(element, () => items, (item) => chosen.push(item.dataset.name));
  stopAt(items[0]);
  return { element, items, chosen, stopAt, stops: () => items.map((item) => item.tabIndex) };
}

test("arrow keys go along and stop at the ends, without choosing", () => {
  const { items, chosen, stops } = open();
  items[0].focus();
  for (const key of ["ArrowDown", "ArrowRight", "ArrowRight"]) press(document.activeElement, key);
  ok(document.activeElement === items[2]);
  equal([stops(), chosen], [[-1, -1, 0], []]);
  press(items[2], "Home");
  ok(document.activeElement === items[0]);
  press(items[0], "ArrowUp");
  ok(document.activeElement === items[0]);
});

test("Enter, Space and a click inside choose", () => {
  const { element, items, chosen } = open();
  press(items[1], "Enter");
  press(items[0], " ");
  items[2].firstChild.click();
  element.click();
  equal(chosen, ["b", "a", "c"]);
});

test("other keys, and those with a modifier, are left alone", () => {
  const { items, element } = open();
  ok(!press(items[0], "x") && !press(items[0], "ArrowDown", { ctrlKey: true }) && !press(element, "ArrowDown"));
});
