/** What tests of the front end's modules are written with: tests, assertions, random numbers, a clock. */

const tests = [];
let endings = [];

/** Note a test; `body` may be async. Names are found by reading the file: write them as one plain string. */
export function test(name, body) {
  tests.push({ name, body });
}

/** Called when the present test ends, however it does. */
export function afterwards(ending) {
  endings.push(ending);
}

/** Run the tests noted so far, one after another; gives `{name: "" or what went wrong}`. */
export async function run(patience = 10_000) {
  const results = {};
  for (const { name, body } of tests) {
    if (name in results) throw new Error(`two tests are called ${JSON.stringify(name)}`);
    results[name] = await outcome(body, patience);
  }
  return results;
}

async function outcome(body, patience) {
  let timer, late;
  const wrong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${patience} ms`)), patience);
    // Who sets a size when told of one is told of it in the next frame; browsers call that an error.
    late = (event) => /ResizeObserver loop/.test(event.message) || reject(event.reason ?? event.error ?? new Error(event.message));
    for (const kind of ["error", "unhandledrejection"]) addEventListener(kind, late);
  });
  try {
    await Promise.race([(async () => body())(), wrong]);
    return "";
  } catch (error) {
    return String(error?.stack ?? error).replaceAll(location.origin, "");
  } finally {
    for (const kind of ["error", "unhandledrejection"]) removeEventListener(kind, late);
    for (const ending of endings.reverse()) ending();
    endings = [];
    clearTimeout(timer);
    document.body.replaceChildren();
  }
}

// Assertions

/** Of one kind with equal contents: arrays, maps, sets, plain objects; NaN equals NaN. */
export function equal(found, expected, what = "") {
  const path = difference(found, expected, "");
  if (path !== null) throw new Error(`${what}${what && ": "}found ${shown(found)}, expected ${shown(expected)}${path && `; they differ at ${path}`}`);
}

export function ok(condition, what = "it does not hold") {
  if (!condition) throw new Error(what);
}

/** Numbers, or arrays of them, equal but for rounding: `tolerance` is relative, and absolute below 1. */
export function near(found, expected, tolerance = 1e-9) {
  const [left, right] = [[found].flat(Infinity), [expected].flat(Infinity)];
  const apart = (a, b) => !Object.is(a, b) && !(Math.abs(a - b) <= tolerance * Math.min(Math.max(1, Math.abs(a), Math.abs(b)), Number.MAX_VALUE));
  if (left.length !== right.length || left.some((value, k) => apart(value, right[k]))) {
    throw new Error(`found ${shown(found)}, expected about ${shown(expected)}`);
  }
}

/** The function throws, and what it throws has the pattern in it. */
export function throws(action, pattern = /./) {
  try {
    action();
  } catch (error) {
    if (pattern.test(String(error))) return;
    throw new Error(`it threw ${error}, not ${pattern}`);
  }
  throw new Error("it threw nothing");
}

/** Where two values begin to differ, as a path; null where they do not. */
function difference(a, b, path) {
  if (Object.is(a, b)) return null;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || a.constructor !== b.constructor) return path;
  if (a instanceof Node) return path;
  const [left, right] = [entries(a), entries(b)];
  if (left.size !== right.size) return `${path}.size`;
  for (const [key, value] of left) {
    if (!right.has(key)) return `${path}[${String(key)}]`;
    const found = difference(value, right.get(key), `${path}[${String(key)}]`);
    if (found !== null) return found;
  }
  return null;
}

function entries(value) {
  if (value instanceof Map) return value;
  if (value instanceof Set) return new Map([...value].map((item) => [item, true]));
  return new Map(Object.entries(value));
}

function shown(value) {
  const plain = (_, item) => (item instanceof Map || item instanceof Set ? [...item] : item instanceof Node ? `<${item.nodeName}>` : typeof item === "number" && !Number.isFinite(item) ? String(item) : item);
  const text = JSON.stringify(value, plain) ?? String(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}

// Random numbers

/** Random numbers that a seed makes the same each time (mulberry32). */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, but not, 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** One of a list. */
  of(list) {
    return list[this.whole(0, list.length - 1)];
  }
}

/** Try a property with so many seeds; an error says with which one. */
export function forAll(count, property) {
  for (let seed = 0; seed < count; seed++) {
    try {
      property(new Random(seed));
    } catch (error) {
      error.message = `with seed ${seed}: ${error.message}`;
      error.stack = `${error.message}\n${error.stack}`;
      throw error;
    }
  }
}

/** A graph as documents have it, of so many nodes: `graph.nodes` in topological order, with random edges. */
export function randomGraph(random, count) {
  const nodes = [];
  for (let i = 0; i < count; i++) {
    const name = `n${i}`, outs = [{ name: `${name}_output`, shape: [random.whole(1, 9), random.whole(1, 9)], dtype: "float32" }];
    if (i < 2 || random.next() < 0.2) nodes.push({ name, inputs: [], outs: [{ ...outs[0], name }], role: "variable" });
    else {
      const inputs = Array.from({ length: random.whole(1, 3) }, () => [random.whole(Math.max(0, i - 12), i - 1), 0]);
      nodes.push({ name, inputs, outs, role: "operator", op: "broadcast_add", title: "+" });
    }
  }
  return { nodes, heads: [[count - 1, 0]], ops: { broadcast_add: { doc: "The sum." } }, tree: [], places: [] };
}

// The page

/** An element of the page, as wide as asked, for what is measured or clicked; it goes when the test ends. */
export function place(width = 800, attributes = {}) {
  const found = document.createElement("div");
  found.className = "symbook-view";
  found.style.width = `${width}px`;
  for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
  document.body.append(found);
  return found;
}

/** When the browser has laid the page out and told who watches sizes. */
export function settled() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

/** Press a key on an element. Gives whether somebody took it. */
export function press(element, key, more = {}) {
  return !element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

// Time

/** Timers that wait until they are told that time has passed; real ones come back when the test ends. */
export function fakeClock() {
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const waiting = new Map();
  let now = 0, last = 0;
  globalThis.setTimeout = (callback, delay = 0) => {
    waiting.set(++last, { callback, at: now + Number(delay) });
    return last;
  };
  globalThis.clearTimeout = (id) => waiting.delete(id);
  afterwards(() => Object.assign(globalThis, real));
  return {
    /** Let so many milliseconds pass; who waits is called in the order of time. */
    pass(span) {
      const end = now + span;
      for (;;) {
        const [next] = [...waiting].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0]);
        if (!next) break;
        waiting.delete(next[0]);
        now = next[1].at;
        next[1].callback();
      }
      now = end;
    },
    get waiting() {
      return waiting.size;
    },
  };
}
