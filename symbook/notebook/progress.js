/**
 * The progress bar of a running cell. It is drawn by a widget's model, which no output has: nothing of it is saved.
 *
 * JupyterLab and Notebook 7 mark cells that run or wait with [*]; which of them it is, its text tells. In a page that
 * has no such cells nothing is drawn.
 */

const STYLE = `
.symbook-progress { font-family: var(--jp-ui-font-family, sans-serif);
  font-size: var(--jp-ui-font-size1, 13px); color: var(--jp-ui-font-color1, inherit); }
.symbook-progress.jp-OutputArea-child[hidden] { display: none; }
.symbook-progress > .jp-OutputArea-output { padding: 6px 8px 8px var(--jp-code-padding, 5px); }
.symbook-progress p { display: flex; flex-wrap: wrap; gap: 2px 16px; justify-content: space-between; margin: 0 0 5px;
  max-width: 560px; line-height: 1.4; }
.symbook-progress label { overflow-wrap: anywhere; }
.symbook-progress .times { color: var(--jp-ui-font-color2, inherit); font-variant-numeric: tabular-nums; }
.symbook-progress progress { display: block; appearance: none; width: 100%; max-width: 560px; height: 8px; border: 0;
  border-radius: 4px; overflow: hidden; background: var(--jp-layout-color3, #bdbdbd); color: var(--jp-brand-color1, #1976d2); }
.symbook-progress progress::-webkit-progress-bar { background: var(--jp-layout-color3, #bdbdbd); }
.symbook-progress progress::-webkit-progress-value { background: var(--jp-brand-color1, #1976d2); transition: width 0.2s; }
.symbook-progress progress::-moz-progress-bar { background: var(--jp-brand-color1, #1976d2); }
.symbook-progress progress:indeterminate, .symbook-progress progress:indeterminate::-webkit-progress-bar {
  background: repeating-linear-gradient(115deg, var(--jp-brand-color1, #1976d2) 0 10px, var(--jp-layout-color3, #bdbdbd) 10px 20px); }
.symbook-progress progress:indeterminate::-moz-progress-bar { background: transparent; }
.symbook-progress .said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: reduce) { .symbook-progress progress::-webkit-progress-value { transition: none; } }
@media (forced-colors: active) { .symbook-progress progress { appearance: auto; } }
`;

const SECONDS_BETWEEN_LOOKS = 1;

let made = 0;

function element(tag, className, parent) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  parent?.append(node);
  return node;
}

const isRunning = (cell) => cell.querySelector(".jp-InputArea-prompt")?.textContent.startsWith("[*]");

/** Whether a cell shows the beginning of a text; an editor has only those lines that are on the screen. */
function shows(cell, source) {
  const lines = [...cell.querySelectorAll(".jp-InputArea-editor .cm-line")].map((line) => line.textContent.trim());
  const wanted = source.split("\n").map((line) => line.trim());
  return lines.length > 0 && lines.slice(0, wanted.length).every((line, k) => line === wanted[k]);
}

/** The cell that runs: the one with that text, or else the first, as cells wait in their order. */
function cellOf(source) {
  const running = [...document.querySelectorAll(".jp-CodeCell")].filter(isRunning);
  return running.find((cell) => source && shows(cell, source)) ?? running[0];
}

/** The bar's elements, not yet in the page. */
function drawn() {
  // As an output has it, so that it stands where outputs do.
  const root = element("div", "symbook-progress jp-OutputArea-child");
  element("style", "", root).textContent = STYLE;
  element("div", "jp-OutputPrompt jp-OutputArea-prompt", root);
  const body = element("div", "jp-OutputArea-output", root), line = element("p", "", body);
  const label = element("label", "", line), times = element("span", "times", line);
  const bar = element("progress", "", body);
  bar.id = label.htmlFor = `symbook-progress-${made++}`;
  bar.max = 1;
  const said = element("span", "said", body);
  said.setAttribute("role", "status");
  return { root, label, times, bar, said };
}

export default {
  initialize({ model }) {
    const { root, label, times, bar, said } = drawn();
    const cell = cellOf(model.get("source"));
    const update = () => {
      root.hidden = !model.get("visible");
      label.textContent = model.get("text");
      times.textContent = model.get("times");
      const share = model.get("share");
      if (share === null) bar.removeAttribute("value");
      else bar.value = share;
    };
    const remove = () => {
      clearInterval(look);
      root.remove();
    };
    // A kernel that has died says nothing; its cell is marked as running no more.
    const look = setInterval(() => isRunning(cell) || remove(), SECONDS_BETWEEN_LOOKS * 1000);
    if (!cell) return remove();
    for (const name of ["text", "times", "share", "visible"]) model.on(`change:${name}`, update);
    update();
    cell.querySelector(".jp-OutputArea")?.append(root);
    // Once, when it is there; what changes ten times a second is not read out.
    said.textContent = `${model.get("text").split(":")[0]} is taking longer than a second`;
    model.on("destroy", remove);
    model.on("comm:close", remove);
    return remove;
  },
};
