import { equal, ok, place, press, test } from "testing";
import { Tabs } from "views/tabs.js";

function open() {
  const panels = [document.createElement("div"), document.createElement("div")], shown = [];
  const tabs = new Tabs([{ name: "one", title: "One", panel: panels[0] }, { name: "also", title: "Also one", panel: panels[0] }, { name: "two", title: "Two", panel: panels[1] }], (name) => shown.push(name));
  place().append(tabs.element, ...panels);
  return { tabs, panels, shown, buttons: [...tabs.element.querySelectorAll("[role=tab]")] };
}

test("one panel is seen, and its tab says so", () => {
  const { panels, shown, buttons } = open();
  equal([panels.map(({ hidden }) => hidden), shown], [[false, true], ["one"]]);
  buttons[2].click();
  equal([panels.map(({ hidden }) => hidden), shown.at(-1)], [[true, false], "two"]);
  equal(buttons.map((button) => button.getAttribute("aria-selected")), ["false", "false", "true"]);
  buttons[1].click();
  equal(panels.map(({ hidden }) => hidden), [false, true]);
  equal(panels[0].getAttribute("aria-labelledby"), buttons[1].id);
  equal(buttons.map((button) => button.getAttribute("aria-controls")), [panels[0].id, panels[0].id, panels[1].id]);
});

test("arrow keys go round, and one tab is a stop for Tab", () => {
  const { shown, buttons } = open();
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "Home", "End"]) ok(press(document.activeElement === document.body ? buttons[0] : document.activeElement, key));
  equal(shown, ["one", "also", "two", "one", "two", "one", "two"]);
  equal(buttons.map((button) => button.getAttribute("tabindex")), ["-1", "-1", "0"]);
  ok(!press(buttons[2], "x"));
});

test("tabs of two views on a page have names of their own", () => {
  const [first, second] = [open(), open()];
  const ids = [...first.buttons, ...second.buttons, ...first.panels, ...second.panels].map(({ id }) => id);
  equal(new Set(ids).size, ids.length);
});
