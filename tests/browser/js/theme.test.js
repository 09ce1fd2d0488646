import { afterwards, equal, place, settled, test } from "testing";
import { followTheme } from "views/theme.js";

function themed(colour, parent = place()) {
  parent.style.background = colour;
  const element = document.createElement("div");
  parent.append(element);
  afterwards(followTheme(element));
  return element;
}

test("light or dark is told from what is painted behind", () => {
  for (const colour of ["white", "rgb(250, 244, 230)", "#ffffff", "rgb(180 190 200)"]) equal(themed(colour).dataset.theme, "light", colour);
  for (const colour of ["black", "#111", "rgb(24, 26, 30)", "navy"]) equal(themed(colour).dataset.theme, "dark", colour);
});

test("what can be seen through is not what is behind", () => {
  const outer = place();
  outer.style.background = "black";
  const inner = document.createElement("div");
  outer.append(inner);
  for (const colour of ["transparent", "rgba(255, 255, 255, 0.2)", ""]) equal(themed(colour, inner).dataset.theme, "dark", colour);
  equal(themed("rgba(255, 255, 255, 0.9)", inner).dataset.theme, "light");
});

test("the page behind a shadow root counts", () => {
  const outer = place();
  outer.style.background = "#101418";
  const host = document.createElement("div");
  outer.append(host);
  const element = document.createElement("div");
  host.attachShadow({ mode: "open" }).append(element);
  afterwards(followTheme(element));
  equal(element.dataset.theme, "dark");
});

test("a page that changes its theme is followed, until that is ended", async () => {
  const outer = place(), element = document.createElement("div");
  outer.append(element);
  const end = followTheme(element);
  const turn = async (colour) => {
    outer.style.background = colour;
    document.body.dataset.jpThemeLight = colour;
    await settled();
    return element.dataset.theme;
  };
  afterwards(() => delete document.body.dataset.jpThemeLight);
  equal([await turn("black"), await turn("white")], ["dark", "light"]);
  end();
  equal(await turn("black"), "light");
});
