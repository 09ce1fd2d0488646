import { equal, place, test } from "testing";
import { followResults } from "views/results.js";
import { Store } from "views/store.js";

const OUTPUT = (inner) => `<div class="jp-OutputArea-child"><div class="jp-OutputArea-output">${inner}</div></div>`;

function shown() {
  const cell = place(), store = new Store({ predicting: false, tried: false });
  cell.innerHTML = OUTPUT("<pre>sum_output = 0</pre>") + OUTPUT("<p class=view></p>") + OUTPUT("<div><p>A=1 is made up</p><pre>sum_output = [14]</pre><table></table></div><div class=more></div>")
    + OUTPUT("<div class=symbook-host></div>") + OUTPUT("<pre>sum_output = [15]</pre>");
  const end = followResults(cell.querySelector(".view"), ["sum_output"], store);
  const hidden = () => [...cell.querySelectorAll("*")].filter(({ style }) => style.visibility === "hidden").map(({ tagName }) => tagName);
  return { store, end, hidden, texts: () => [...cell.querySelectorAll("pre")].map(({ textContent }) => textContent) };
}

test("the results below a view, and what follows, are hidden while the reader predicts them", () => {
  const { store, hidden, end } = shown();
  store.set({ predicting: true });
  equal(hidden(), ["PRE", "TABLE", "DIV"]);
  store.set({ predicting: false });
  equal(hidden(), []);
  store.set({ predicting: true });
  end();
  equal(hidden(), []);
});

test("they are called recorded while another value is tried", () => {
  const { store, texts } = shown();
  store.set({ tried: true });
  store.set({ predicting: true });
  equal(texts(), ["sum_output = 0", "sum_output = [14]   (as recorded)", "sum_output = [15]"]);
  store.set({ tried: false });
  equal(texts()[1], "sum_output = [14]");
});

test("where the page is not Jupyter's there is nothing to do", () => {
  const alone = place(), store = new Store({ predicting: false });
  const end = followResults(alone, ["sum_output"], store);
  store.set({ predicting: true });
  end();
  equal(alone.style.visibility, "");
});
