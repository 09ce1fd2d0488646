/** The operators: found, read about, and tried on small arrays where Python is there to answer. */

import { Announcer } from "./announcer.js";
import { h, refill } from "./dom.js";
import { fieldOf } from "./fields.js";
import { copyButton } from "./inspector.js";
import { plain, prose } from "./prose.js";
import { ranked } from "./search.js";
import { shapeText } from "./texts.js";
import { drawValue } from "./value.js";

/** Python need not be asked at every key. */
const PATIENCE = 250;
const HOW = "numbers, rows apart by semicolons or lines; a shape may come first, such as (1, 2, 3)";

export class Explorer {
  #operators;
  #ranking;
  #groups;
  #host;
  #recorded;
  #asked = 0;
  #timer = 0;
  #looks = new Map();
  #announcer = new Announcer();

  /** @param {object} data @param {{send: Function, onReply: Function}|null} host */
  constructor(data, host) {
    this.#operators = data.operators;
    this.#ranking = data.ranking;
    this.#groups = data.groups ?? [];
    this.#recorded = data.recorded ?? {};
    this.#host = host;
    this.search = h("input", { type: "search", class: "sb-search", placeholder: "Find an operator", "aria-label": "Find an operator by name or description", oninput: () => this.#list(), onkeydown: (event) => this.#key(event), "data-lm-suppress-shortcuts": "true" });
    this.found = h("ul", { class: "sb-list", onkeydown: (event) => this.#key(event) });
    this.told = h("p", { class: "sb-told", role: "status" });
    this.about = h("section", { class: "sb-about", "aria-label": "The operator" });
    this.element = h(
      "section", { class: "sb-explorer sb-columns", "aria-label": "Operators" },
      h("div", { class: "sb-finder" }, this.search, this.told, this.found), this.about, this.#announcer.element,
    );
    host?.onReply((reply) => this.#answered(reply));
    this.search.value = data.text ?? "";
    this.#list();
    const first = this.search.value ? ranked(this.#operators, this.search.value, this.#ranking)[0] : this.#named(this.#groups[0]?.[1][0]);
    this.#show(first ?? this.#operators[0]);
  }

  dispose() {
    this.#announcer.dispose();
    clearTimeout(this.#timer);
  }

  // Finding

  #list() {
    const found = ranked(this.#operators, this.search.value, this.#ranking);
    const row = (op) => h("li", {}, h("button", { type: "button", class: "sb-row", "data-name": op.name, "data-lm-suppress-shortcuts": "true", onclick: () => this.#show(op) }, h("span", { class: "sb-link" }, op.name), h("span", { class: "sb-told" }, ...prose(op.summary))));
    const grouped = () => this.#groups.flatMap(([title, names]) => [h("li", { class: "sb-group" }, title), ...names.map((name) => row(this.#named(name)))]);
    refill(this.found, this.search.value.trim() || !this.#groups.length ? found.map(row) : grouped());
    this.told.textContent = `${found.length} operator${found.length === 1 ? "" : "s"}`;
    this.#mark();
  }

  #named(wanted) {
    return this.#operators.find(({ name }) => name === wanted);
  }

  #mark() {
    for (const row of this.found.querySelectorAll("button")) row.setAttribute("aria-current", String(row.dataset.name === this.op?.name));
  }

  /** Down and up go through the list; Enter shows the best. */
  #key(event) {
    const rows = [...this.found.querySelectorAll("button")], at = rows.indexOf(event.target);
    if (event.key === "Enter" && at < 0) rows[0]?.click();
    else if (event.key === "ArrowDown") (rows[at + 1] ?? rows[at])?.focus();
    else if (event.key === "ArrowUp" && at >= 0) (rows[at - 1] ?? this.search).focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Showing

  #show(op, example = op.examples[0]) {
    this.op = op;
    this.#mark();
    this.result = h("div", { class: "sb-result" });
    this.code = h("div", { class: "sb-code-of" });
    const live = Boolean(this.#host);
    refill(this.about, [
      h("div", { class: "sb-head-of" }, h("h3", {}, op.call), copyButton(() => op.call, "Copy the name")),
      op.others.length ? h("p", { class: "sb-kind" }, `also ${op.others.join(", ")}`) : null,
      h("p", {}, ...prose(op.summary)),
      live && op.examples.length > 1 ? this.#examples(op, example) : null,
      live ? this.#form(op, example) : h("p", { class: "sb-hint" }, "In a running notebook, operators can be tried here on other arrays: that needs Python. This is what an example gives."),
      this.result, this.code, documentation(op),
    ]);
    if (live) this.#ask();
    else if (this.#recorded[op.name]) this.#draw(this.#recorded[op.name]);
  }

  #examples(op, example) {
    const buttons = op.examples.map((other) => h("button", { type: "button", class: "sb-button sb-choice", "aria-pressed": String(other === example), onclick: () => this.#show(op, other) }, other.title));
    return h("div", { class: "sb-choices", role: "group", "aria-label": "Examples" }, ...buttons);
  }

  /** Fields for inputs, and for the parameters: those of the example, and, folded, the others. */
  #form(op, example) {
    const changed = () => this.#later();
    this.inputs = example.inputs.map((text, k) => h("textarea", { class: "sb-search sb-array", rows: Math.min(10, text.split("\n").length), "aria-label": `${op.inputs[k].name}: ${HOW}`, spellcheck: "false", "data-lm-suppress-shortcuts": "true", oninput: changed }, text));
    this.params = op.params.map((param) => fieldOf(param, example.params[param.name], changed));
    const first = this.params.filter(({ param }) => param.required || param.name in example.params);
    const rest = this.params.filter((field) => !first.includes(field));
    // A few are seen at once.
    const open = first.length + rest.length <= 5;
    return h(
      "div", { class: "sb-form" },
      ...this.inputs.map((field, k) => h("label", { class: "sb-parameter", title: plain(op.inputs[k].about) || HOW }, h("span", {}, op.inputs[k].name), field)),
      ...[...first, ...(open ? rest : [])].map(({ row }) => row),
      !open && rest.length ? h("details", {}, h("summary", {}, `${rest.length} more parameters`), h("div", { class: "sb-form" }, ...rest.map(({ row }) => row))) : null,
    );
  }

  // Trying

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PATIENCE);
  }

  #ask() {
    clearTimeout(this.#timer);
    const params = {};
    for (const { param, value } of this.params) if (value() !== "") params[param.name] = value();
    this.#asked += 1;
    this.#host.send({ try: this.op.name, inputs: this.inputs.map(({ value }) => value), params, number: this.#asked });
  }

  #answered(reply) {
    if (reply.number === this.#asked) this.#draw(reply);
  }

  #draw(reply) {
    if (reply.error) {
      refill(this.result, [h("p", { class: "sb-sentence sb-failed", role: "alert" }, reply.error)]);
      this.code.replaceChildren();
      return;
    }
    const given = (reply.given ?? []).map(([name, value]) => this.#pane(name, value));
    const made = reply.values.map((value, k) => this.#pane(reply.values.length > 1 ? `result[${k}]` : "result", value));
    refill(this.result, [given.length && h("div", { class: "sb-given" }, ...given), given.length && h("div", { class: "sb-becomes", "aria-hidden": "true" }, "→"), h("div", { class: "sb-given" }, ...made)]);
    // What is there when the view appears is not said.
    if (this.element.isConnected) this.#announcer.say(`${this.op.name} gives ${reply.values.map(spoken).join(", and ")}`);
    refill(this.code, [h("div", { class: "sb-head-of" }, h("h4", {}, "Python"), copyButton(() => reply.code, "Copy the code")), h("pre", { class: "sb-code", tabindex: "0" }, h("code", {}, reply.code))]);
  }

  #pane(name, value) {
    const key = `${this.op.name} ${name}`;
    if (!this.#looks.has(key)) this.#looks.set(key, {});
    return h("div", { class: "sb-array-of" }, h("p", { class: "sb-spec" }, h("strong", {}, name), ` ${shapeText(value.shape)} ${value.dtype}`), ...drawValue(value, name, { look: this.#looks.get(key) }));
  }
}

/** A result in a few words: its shape, and its numbers if they are few. */
function spoken({ shape, items }) {
  const numbers = items?.flat(Infinity) ?? [];
  return `an array of shape ${shapeText(shape)}${numbers.length && numbers.length <= 6 ? `: ${numbers.join(", ")}` : ""}`;
}

/** A text's paragraphs; what has a form of its own keeps it. The first is left out if it stands above already. */
function paragraphs(text, above) {
  const parts = text.split(/\n\s*\n/).map((part) => [part, part.replace(/\s+/g, " ").trim()]);
  return parts.filter(([, flat]) => flat && flat !== above).map(([part, flat]) => (/^\s*(>>>|-|\|)|\n( |- )/.test(part) ? h("pre", { class: "sb-doc", tabindex: "0" }, ...prose(part)) : h("p", {}, ...prose(flat))));
}

function documentation(op) {
  const inputs = op.inputs.map(({ name, about }) => [name, "NDArray", "", about]);
  const params = op.params.map(({ name, kind, required, about, low, high, ...param }) => {
    const bounds = [low !== undefined && ` from ${low}`, high !== undefined && ` to ${high}`].filter(Boolean).join("");
    return [name, `${kind}${bounds}`, required ? "needed" : param.default || "''", about];
  });
  const all = [...inputs, ...params], titles = ["Parameter", "Takes", "Default", "Meaning"];
  // A column that says nothing is left out.
  const shown = titles.map((_, k) => all.some((cells) => cells[k]));
  const head = h("thead", {}, h("tr", {}, ...titles.filter((_, k) => shown[k]).map((title) => h("th", { scope: "col" }, title))));
  const rows = all.map((cells) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, cells[0])), ...cells.flatMap((cell, k) => (k && shown[k] ? [h("td", {}, ...prose(cell))] : []))));
  return h(
    "details", { open: true, class: "sb-documentation" }, h("summary", {}, "Documentation"),
    h("p", {}, h("code", { class: "sb-signature" }, `${op.name}${op.signature}`)), ...paragraphs(op.text, op.summary),
    rows.length ? h("div", { class: "sb-wide-table", role: "region", tabindex: "0", "aria-label": "Parameters" }, h("table", {}, head, h("tbody", {}, ...rows))) : null,
  );
}
