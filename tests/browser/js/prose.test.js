import { equal, place, test } from "testing";
import { h } from "views/dom.js";
import { plain, prose } from "views/prose.js";

const drawn = (text) => {
  const element = h("p", {}, ...prose(text));
  place().append(element);
  return [element.textContent, [...element.querySelectorAll("code")].map((code) => code.textContent)];
};

test("words between backticks are code, and the backticks are gone", () => {
  equal(drawn("`lhs + rhs`, of ``two`` arrays"), ["lhs + rhs, of two arrays", ["lhs + rhs", "two"]]);
  equal(drawn("no code"), ["no code", []]);
  equal(drawn("a single ` stays"), ["a single ` stays", []]);
  equal(drawn("`<b>`"), ["<b>", ["<b>"]]);
  equal(drawn(""), ["", []]);
});

test("plain text has none", () => {
  equal([plain("`a` and `b`"), plain("a ` b")], ["a and b", "a ` b"]);
});
