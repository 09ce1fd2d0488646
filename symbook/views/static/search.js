/** Finding operators by what they are called and what they do, with a mistake in a word here and there.
 *
 * `symbook/ops/ranking.py` does just the same; its words and weights come with the document, as `ranking`.
 */

/** The operators that fit, the best first; all, in their order, if nothing is looked for.
 *
 * @param {{name: string, others: string[], summary: string, text: string}[]} operators
 * @param {object} ranking The document's: what words mean, and how much a match counts.
 */
export function ranked(operators, text, ranking) {
  const words = wordsOf(text, ranking);
  if (!words.length) return operators;
  const scored = operators.map((op, k) => [...scoreOf(indexOf(op, ranking), words, text.trim().toLowerCase(), ranking), k, op]);
  // Where nothing has all words, what has most of them is better than nothing.
  const most = Math.max(...scored.map(([count]) => count));
  if (2 * most < words.length) return [];
  return scored.filter(([count]) => count === most).map(([, ...rest]) => rest).sort((a, b) => b[0] - a[0] || a[1] - b[1]).map(([, , op]) => op);
}

function wordsOf(text, { small }) {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [], telling = words.filter((word) => !small.includes(word));
  return telling.length ? telling : words;
}

const indices = new WeakMap();

/** What is looked through, made once for each operator. */
function indexOf(op, ranking) {
  if (!indices.has(op)) {
    const parts = (name) => name.replace(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    const bare = (name) => name.toLowerCase().replace(/^_+/, "");
    indices.set(op, {
      name: bare(op.name), others: op.others.map(bare), parts: parts(op.name), otherParts: op.others.flatMap(parts),
      summary: op.summary.toLowerCase(), told: wordsOf(op.summary, ranking), doc: op.text.toLowerCase(),
      late: new RegExp(ranking.late).test(op.name) ? ranking.weights.late : 0,
    });
  }
  return indices.get(op);
}

/** How many of the words it has, and how well. */
function scoreOf(op, words, phrase, ranking) {
  if (ranking.phrases[phrase] === op.name) return [words.length, ranking.weights.name];
  const scores = words.map((word) => wordScore(op, word, ranking));
  const mean = scores.reduce((a, b) => a + b, 0) / words.length;
  // The words that come first in a sentence say what it is about.
  const at = words.length > 1 ? op.summary.indexOf(phrase) : -1;
  const whole = at >= 0 ? 25 - Math.min(15, at / 8) : 0;
  return [scores.filter((score) => score > 0).length, mean + whole - op.late - op.name.length / 10];
}

function wordScore(op, word, { elsewhere, weights }) {
  const known = Object.hasOwn(elsewhere, word) ? elsewhere[word] : null;
  return Math.max(scoreOfOne(op, word, weights), known ? scoreOfOne(op, known, weights) - 2 : 0);
}

function scoreOfOne(op, word, weights) {
  const stem = stemOf(word), long = stem.length > 2;
  if (op.name === word) return weights.name;
  if (op.others.includes(word)) return weights.other;
  if (op.parts.includes(word)) return weights.part + 4;
  if (op.otherParts.includes(word)) return weights.part - 4;
  if (op.name.startsWith(stem)) return weights.start;
  if (long && op.name.includes(stem)) return weights.inside;
  if (long && op.others.some((other) => other.includes(stem))) return weights.inside - 4;
  const place = op.told.findIndex((other) => stemOf(other) === stem || (stem.length > 3 && other.startsWith(stem)));
  if (place >= 0) return weights.word - Math.min(10, place);
  return Math.max(long && op.doc.includes(stem) ? weights.told : 0, weights.typo * misspelt(op, word, weights));
}

function misspelt(op, word, weights) {
  const most = word.length >= 8 ? 2 : word.length >= 4 ? 1 : 0;
  if (!most) return 0;
  const near = (other) => Math.abs(other.length - word.length) <= most && distance(word, other) <= most;
  if (near(op.name)) return weights.name;
  if (op.others.some(near)) return weights.other;
  if (op.parts.some(near)) return weights.part;
  return op.told.some(near) ? weights.word : 0;
}

/** `pooling` and `pools` are `pool`, `matrices` are `matrix`. */
function stemOf(word) {
  if (word.endsWith("ices")) return `${word.slice(0, -4)}${word === "indices" ? "ex" : "ix"}`;
  return word.length > 5 ? word.replace(/(ings?|ed|es|s)$/, "") : word.length > 3 ? word.replace(/s$/, "") : word;
}

/** How many letters are wrong: left out, added, another one, or two in the wrong order. */
export function distance(a, b) {
  let before = [], row = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}
