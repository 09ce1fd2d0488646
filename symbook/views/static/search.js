/** Finding operators by what they are called and what they do, with a mistake in a word here and there. */

/** What people call things elsewhere. */
const ELSEWHERE = {
  matmul: "dot", mm: "dot", gemm: "linalg_gemm", einsum: "dot", concatenate: "concat", cat: "concat", average: "mean", avg: "mean", dense: "fullyconnected", linear: "fullyconnected", conv: "convolution", conv2d: "convolution", maxpool: "pooling", avgpool: "pooling", plus: "add", minus: "sub", times: "mul", multiplication: "product", image: "picture", images: "picture", photo: "picture", embed: "embedding", multiply: "mul", divide: "div", pow: "power", permute: "transpose", astype: "cast", ifelse: "where", clamp: "clip", lookup: "embedding", flip: "reverse", bn: "batchnorm", normalize: "norm",
};
const PHRASES = { "matrix product": "dot", "matrix multiplication": "dot", "product of matrices": "dot", "matrix multiply": "dot", "fully connected": "fullyconnected", "random normal": "normal", "random uniform": "uniform" };
const SMALL = new Set(["a", "an", "and", "as", "by", "for", "in", "is", "of", "on", "or", "the", "to", "with"]);
const NAME = 100, OTHER = 88, START = 66, PART = 62, INSIDE = 45, WORD = 34, TOLD = 8, TYPO = 0.7;

/** The operators that fit, the best first; all, in their order, if nothing is looked for.
 *
 * @param {{name: string, others: string[], summary: string, text: string}[]} operators
 */
export function ranked(operators, text) {
  const words = wordsOf(text);
  if (!words.length) return operators;
  const scored = operators.map((op, k) => [...scoreOf(indexOf(op), words, text.trim().toLowerCase()), k, op]);
  // Where nothing has all words, what has most of them is better than nothing.
  const most = Math.max(...scored.map(([count]) => count));
  if (2 * most < words.length) return [];
  return scored.filter(([count]) => count === most).map(([, ...rest]) => rest).sort((a, b) => b[0] - a[0] || a[1] - b[1]).map(([, , op]) => op);
}

function wordsOf(text) {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.some((word) => !SMALL.has(word)) ? words.filter((word) => !SMALL.has(word)) : words;
}

const indices = new WeakMap();

/** What is looked through, made once for each operator. */
function indexOf(op) {
  if (!indices.has(op)) {
    const parts = (name) => name.replace(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    const bare = (name) => name.toLowerCase().replace(/^_+/, "");
    indices.set(op, {
      name: bare(op.name), others: op.others.map(bare), parts: parts(op.name), otherParts: op.others.flatMap(parts),
      summary: op.summary.toLowerCase(), told: wordsOf(op.summary), doc: op.text.toLowerCase(),
      // What is there for old files and for gradients comes after what people write.
      least: /^_|_v1$|^mp_|^multi_|^preloaded_|_scalar$/.test(op.name) ? 20 : 0,
    });
  }
  return indices.get(op);
}

/** How many of the words it has, and how well. */
function scoreOf(op, words, phrase) {
  const scores = words.map((word) => wordScore(op, word));
  const found = PHRASES[phrase] === op.name ? words.length : scores.filter((score) => score > 0).length;
  const sum = scores.reduce((a, b) => a + b, 0) / words.length;
  if (PHRASES[phrase] === op.name) return [found, NAME];
  // The words that come first in a sentence say what it is about.
  const at = op.summary.indexOf(phrase);
  const whole = words.length > 1 && at >= 0 ? 25 - Math.min(15, at / 8) : 0;
  return [found, sum + whole - op.least - op.name.length / 10];
}

function wordScore(op, word) {
  const known = ELSEWHERE[word];
  return Math.max(scoreOfOne(op, word), known ? scoreOfOne(op, known) - 2 : 0);
}

function scoreOfOne(op, word) {
  const stem = stemOf(word);
  if (op.name === word) return NAME;
  if (op.others.includes(word)) return OTHER;
  if (op.parts.includes(word)) return PART + 4;
  if (op.otherParts.includes(word)) return PART - 4;
  if (op.name.startsWith(stem)) return START;
  if (op.name.includes(stem) && stem.length > 2) return INSIDE;
  if (op.others.some((other) => other.includes(stem)) && stem.length > 2) return INSIDE - 4;
  const place = op.told.findIndex((other) => stemOf(other) === stem || (stem.length > 3 && other.startsWith(stem)));
  if (place >= 0) return WORD - Math.min(10, place);
  return Math.max(stem.length > 2 && op.doc.includes(stem) ? TOLD : 0, TYPO * misspelt(op, word));
}

function misspelt(op, word) {
  const most = word.length >= 8 ? 2 : word.length >= 4 ? 1 : 0;
  if (!most) return 0;
  const near = (other) => Math.abs(other.length - word.length) <= most && distance(word, other) <= most;
  if (near(op.name)) return NAME;
  if (op.others.some(near)) return OTHER;
  if (op.parts.some(near)) return PART;
  return op.told.some(near) ? WORD : 0;
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
