/** Documentation's sentences, in which words between backticks are code. */

import { h } from "./dom.js";

/** A backtick by its number: texts in backquotes are counted when modules are bundled. */
const CODE = /(\x60+)(.+?)\1/s;

/** The text as parts of an element, its code set as code. */
export function prose(text) {
  // Of what the expression finds, split gives the backticks and the code between two texts.
  return text.split(CODE).flatMap((part, k) => (k % 3 === 1 || !part ? [] : [k % 3 === 2 ? h("code", { class: "sb-word" }, part) : part]));
}

/** The text without backticks around code. */
export const plain = (text) => text.replace(new RegExp(CODE, "gs"), "$2");
