import { equal, ok, place, test } from "testing";
import { arrange } from "views/inside.js";

const PARTS = ["stepper", "picture", "gradient", "optimiser", "inspector", "timeline"];

function open(parts) {
  const elements = Object.fromEntries(parts.map((name) => [name, Object.assign(document.createElement("section"), { textContent: name })]));
  const element = place();
  element.append(...arrange(parts, elements));
  const seen = () => Object.entries(elements).filter(([, one]) => one.isConnected && one.offsetParent !== null).sort(([, a], [, b]) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1)).map(([name]) => name);
  const tabs = () => [...element.querySelectorAll("[role=tab]")];
  return { seen, tabs, show: (title) => tabs().find((tab) => tab.textContent === title).click() };
}

test("one picture needs no tabs", () => {
  for (const [parts, order] of [
    [["stepper", "picture", "inspector"], ["stepper", "picture", "inspector"]],
    [["picture", "inspector", "timeline"], ["picture", "inspector", "timeline"]],
    [["timeline", "picture", "inspector"], ["timeline", "picture", "inspector"]],
    [["gradient", "inspector"], ["gradient", "inspector"]],
    [["optimiser"], ["optimiser"]],
    [["picture"], ["picture"]],
  ]) {
    const { seen, tabs } = open(parts);
    equal([seen(), tabs().length], [order, 0]);
  }
});

test("several pictures stand behind tabs, with what they share around them", () => {
  const { seen, show, tabs } = open(PARTS);
  equal(tabs().map(({ textContent }) => textContent), ["Graph", "Graph and gradient", "Optimiser"]);
  equal(seen(), ["stepper", "picture", "inspector", "timeline"]);
  show("Graph and gradient");
  equal(seen(), ["stepper", "gradient", "inspector", "timeline"]);
  show("Optimiser");
  equal(seen(), ["optimiser"]);
  show("Graph");
  equal(seen(), ["stepper", "picture", "inspector", "timeline"]);
});

test("any parts can be shown together", () => {
  for (let k = 1; k < 8; k++) {
    const pages = ["picture", "gradient", "optimiser"].filter((_, n) => k & (1 << n));
    const { seen, tabs } = open([...pages, "inspector"]);
    equal(tabs().length, pages.length > 1 ? pages.length : 0);
    ok(seen().includes(pages[0]), `${pages}`);
  }
});
