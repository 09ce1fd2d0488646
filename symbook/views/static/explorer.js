/** The operators: found, read about, and tried on small arrays where Python is there to answer. */

import { button, h, refill } from "./dom.js";
import { shapeText } from "./texts.js";
import { drawValue } from "./value.js";

const MOST_LISTED = 60;
/** Python need not be asked at every key. */
const PATIENCE = 250;

export class Explorer {
  #operators;
  #host;
  #asked = 0;
  #timer = 0;

  /** @param {object} data @param {{send: Function, onReply: Function}|null} host */
  constructor(data, host) {
    this.#operators = data.operators;
    this.#host = host;
    this.search = h("input", { type: "search", class: "sb-search", placeholder: "Find an operator", "aria-label": "Find an operator by name or description", oninput: () => this.#list() });
    this.found = h("ul", { class: "sb-list" });
    this.told = h("p", { class: "sb-told", role: "status" });
    this.about = h("div", { class: "sb-about" });
    this.element = h(
      "section", { class: "sb-explorer sb-columns", "aria-label": "Operators" },
      h("div", { class: "sb-finder" }, this.search, this.told, this.found), this.about,
    );
    host?.onReply((reply) => this.#answered(reply));
    this.search.value = data.text ?? "";
    this.#list();
    const first = this.search.value ? this.#ranked()[0] : this.#operators.find(({ name }) => name === "broadcast_add");
    this.#show(first ?? this.#operators[0]);
  }

  dispose() {
    clearTimeout(this.#timer);
  }

  /** The operators that fit, the best first; all, if nothing is looked for. */
  #ranked() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rank = (op) => {
      const name = op.name.toLowerCase(), others = op.others.join(" ").toLowerCase(), text = op.summary.toLowerCase();
      const of = (word) => [name === word, name.startsWith(word), name.includes(word), others.includes(word), text.includes(word), op.doc.toLowerCase().includes(word)].indexOf(true);
      const ranks = words.map(of);
      return ranks.includes(-1) ? -1 : Math.max(0, ...ranks);
    };
    const ranked = this.#operators.map((op) => [rank(op), op]).filter(([place]) => place >= 0);
    return ranked.sort((a, b) => a[0] - b[0]).map(([, op]) => op);
  }

  #list() {
    const ranked = this.#ranked();
    const rows = ranked.slice(0, MOST_LISTED).map((op) => h("li", {}, h("button", { type: "button", class: "sb-link", onclick: () => this.#show(op) }, op.name), h("span", { class: "sb-told" }, ` ${op.summary}`)));
    refill(this.found, rows);
    this.told.textContent = `${ranked.length} operator${ranked.length === 1 ? "" : "s"}${ranked.length > MOST_LISTED ? `, the first ${MOST_LISTED} shown` : ""}`;
  }

  #show(op) {
    this.op = op;
    this.inputs = op.inputs.map((name, k) => h("input", { type: "text", class: "sb-search", value: op.samples[k], "aria-label": `${name}: numbers, rows apart by semicolons`, "data-lm-suppress-shortcuts": "true", oninput: () => this.#later() }));
    this.params = op.params.map((param) => this.#field(param));
    this.result = h("div", { class: "sb-result", role: "status" });
    const tryOut = this.#host
      ? [h("div", { class: "sb-form" }, ...op.inputs.map((name, k) => h("label", {}, h("span", {}, name), this.inputs[k])), ...this.params.map(({ row }) => row)), this.result]
      : [h("p", { class: "sb-hint" }, "In a running notebook, operators can be tried here.")];
    this.about.replaceChildren(
      h("h3", {}, `mx.sym.${op.name}`), op.others.length ? h("p", { class: "sb-kind" }, `also ${op.others.join(", ")}`) : "", ...tryOut,
      h("details", { open: !this.#host }, h("summary", {}, "Documentation"), h("pre", { class: "sb-doc", tabindex: "0" }, op.doc)),
    );
    if (this.#host) this.#ask();
  }

  /** A field for a parameter: a list of choices, a tick, a slider beside a number, or a line of text. */
  #field(param) {
    const label = param.name, changed = () => this.#later();
    const choices = [...param.kind.matchAll(/'([^']*)'/g)].map((match) => match[1]);
    let field, extra = null;
    if (choices.length) field = h("select", { class: "sb-button", onchange: changed }, ...(param.required ? [] : [""]).concat(choices).map((choice) => h("option", { selected: choice === param.value }, choice)));
    else if (param.kind === "boolean") field = h("select", { class: "sb-button", onchange: changed }, ...["False", "True"].map((choice) => h("option", { selected: choice === param.value }, choice)));
    else {
      field = h("input", { type: "text", class: "sb-search sb-short", value: param.value, placeholder: param.kind, oninput: changed, "data-lm-suppress-shortcuts": "true" });
      const number = Number(param.value);
      if (/^(int|float)$/.test(param.kind) && param.value !== "" && Number.isFinite(number)) extra = this.#slider(param, number, field);
    }
    field.setAttribute("aria-label", label);
    return { param, field, row: h("label", {}, h("span", {}, label), field, extra) };
  }

  #slider({ kind, name }, number, field) {
    const whole = kind === "int", reach = Math.max(whole ? 4 : 2, 2 * Math.abs(number));
    const slider = h("input", {
      type: "range", min: number - reach, max: number + reach, step: whole ? 1 : reach / 50, value: number, "aria-label": `${name}, slider`, "data-lm-suppress-shortcuts": "true",
      oninput: () => {
        field.value = whole ? slider.value : String(Number(Number(slider.value).toPrecision(4)));
        this.#later();
      },
    });
    return slider;
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PATIENCE);
  }

  #ask() {
    const params = {};
    for (const { param, field } of this.params) if (field.value !== (param.default ?? "")) params[param.name] = field.value;
    this.#asked += 1;
    this.#host.send({ try: this.op.name, inputs: this.inputs.map(({ value }) => value), params, number: this.#asked });
  }

  #answered(reply) {
    if (reply.number !== this.#asked) return;
    if (reply.error) {
      this.result.replaceChildren(h("p", { class: "sb-sentence sb-failed" }, reply.error));
      return;
    }
    const parts = reply.values.flatMap((value, k) => [h("p", { class: "sb-spec" }, `${reply.values.length > 1 ? `output ${k}: ` : ""}${shapeText(value.shape)} · ${value.dtype}`), ...drawValue(value, `output ${k}`)]);
    const code = h("code", {}, reply.code);
    const copy = button("Copy", "Copy the code", () => navigator.clipboard?.writeText(reply.code));
    this.result.replaceChildren(...parts.filter(Boolean), h("p", { class: "sb-code" }, code, " ", copy));
  }
}
