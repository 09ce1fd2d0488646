import { equal, place, test } from "testing";
import { hideStandIn } from "views/standin.js";

/** An output as JupyterLab has it: a prompt, and HTML. */
function output(html) {
  const child = place();
  child.className = "jp-OutputArea-child";
  child.innerHTML = `<div class="jp-OutputPrompt">[1]:</div><div class="jp-OutputArea-output">${html}</div>`;
  return child;
}

const height = (element) => element.getBoundingClientRect().height;

test("a static form is hidden with its output, and comes back", () => {
  const child = output('<div class="form-1">A picture</div><style></style>'), before = height(child);
  const restore = hideStandIn("form-1", child);
  equal(height(child), 0);
  restore();
  equal(height(child), before);
});

test("what stands above it stays, as does another view's", () => {
  const titled = output('<p>A title</p><div class="form-2">A picture</div>'), other = output('<div class="form-3">A picture</div>');
  const restore = hideStandIn("form-2", titled);
  equal(height(titled.querySelector("p")) > 0, true);
  equal(height(titled.querySelector(".form-2")), 0);
  equal(height(other) > 0, true);
  restore();
});
