/** Fields for an operator's parameters: what they take says what they look like. */

import { h } from "./dom.js";
import { niceStep } from "./times.js";

/** A field for a parameter; `value()` is its text, `""` where it is left as it is.
 *
 * @param {{name: string, kind: string, default?: string, required?: boolean, choices?: string[], low?: number, high?: number, about?: string}} param
 * @param {string|undefined} given What an example says.
 * @returns {{param: object, row: Element, value: () => string}}
 */
export function fieldOf(param, given, changed) {
  const start = given ?? param.default ?? "";
  const made = param.kind === "boolean" ? tick(param, start, changed) : param.choices ? choice(param, start, changed) : text(param, start, changed);
  const row = h("label", { class: "sb-parameter", title: param.about || null }, h("span", {}, param.name, param.required && h("span", { class: "sb-told" }, " needed")), ...made.parts);
  return { param, row, value: () => (made.read() === (param.default ?? "") ? "" : made.read()) };
}

function tick(param, start, changed) {
  const field = h("input", { type: "checkbox", checked: start === "True", "aria-label": param.name, onchange: changed });
  return { parts: [field], read: () => (field.checked ? "True" : "False") };
}

function choice(param, start, changed) {
  const names = param.required || param.choices.includes(start) ? param.choices : [start, ...param.choices];
  const field = h("select", { class: "sb-button", "aria-label": param.name, onchange: changed }, ...names.map((name) => h("option", { selected: name === start, value: name }, name)));
  return { parts: [field], read: () => field.value };
}

function text(param, start, changed) {
  const shown = start === "None" ? "" : start;
  const field = h("input", { type: "text", class: "sb-search sb-short", value: shown, placeholder: hintOf(param), "aria-label": param.name, oninput: changed, "data-lm-suppress-shortcuts": "true", spellcheck: "false" });
  const number = /^(int|float)( or None)?$/.test(param.kind);
  const parts = [field];
  if (number && shown !== "" && Number.isFinite(Number(shown))) parts.push(slider(param, Number(shown), field, changed));
  return { parts, read: () => (field.value.trim() === "" && param.default === "None" ? "None" : field.value.trim()) };
}

function hintOf({ kind, low, high }) {
  const bounds = [low !== undefined && `from ${low}`, high !== undefined && `to ${high}`].filter(Boolean).join(" ");
  const told = kind.startsWith("tuple") ? `(2, 2): ${kind}` : kind;
  return bounds ? `${told}, ${bounds}` : told;
}

/** A slider as far as the parameter goes, or about as far again as its value is from 0. */
function slider({ kind, name, low, high }, number, field, changed) {
  const whole = kind.startsWith("int"), reach = Math.max(whole ? 4 : 2, 2 * Math.abs(number));
  const from = low ?? Math.min(number - reach, high ?? Infinity), to = high ?? Math.max(number + reach, low ?? -Infinity);
  const step = whole ? 1 : niceStep((to - from) / 100), inside = (value) => Math.max(from, Math.min(to, value));
  return h("input", {
    type: "range", min: Math.floor(from / step + 1e-9) * step, max: Math.ceil(to / step - 1e-9) * step, step: whole ? 1 : step, value: number, "aria-label": `${name}, slider`, "data-lm-suppress-shortcuts": "true",
    oninput: (event) => {
      field.value = String(Number(inside(Number(event.target.value)).toPrecision(6)));
      changed();
    },
  });
}
