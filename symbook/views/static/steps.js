/** A recorded course of events: what state everything is in after each step, forwards and backwards.
 *
 * An act of the document is `{name, title, before: [[node, state]], steps: [{node, text, states: [[node, state]],
 * labels: [[entry, text]], values: [[entry, number]]}]}`. `before` holds when the act begins. Entries are
 * `[node, index]`; numbers point into the document's `values`. A step of a run has `at`, the seconds since the run
 * began; one with `types` tells all dtypes; one that began several nodes has them in `nodes`, and one that failed the edges that do not fit in `edges`,
 * `{entry, node, port, text}`.
 */

export class Steps {
  /** What each step may change: nodes, and keys of labels. */
  #touched;
  #latest = null;
  #byNode = null;

  /** @param {import("./model.js").Graph} graph @param {object[]} acts */
  constructor(graph, acts) {
    this.graph = graph;
    this.acts = acts;
    this.all = [];
    this.starts = [];
    this.states = graph.nodes.map(() => [[-1, "hidden"]]);
    this.labels = new Map();
    this.values = new Map();
    /** The step that tells dtypes; 0 where they are known from the beginning. */
    this.typed = 0;
    this.#touched = [{ nodes: [], labels: [] }];
    acts.forEach((act, a) => {
      this.starts.push(this.all.length);
      for (const [node, state] of act.before ?? []) {
        this.#note(this.states[node], this.all.length, state);
        this.#touched[this.all.length].nodes.push(node);
      }
      for (const step of act.steps) this.#add(a, step);
    });
    this.starts.push(this.all.length);
  }

  get count() {
    return this.all.length;
  }

  #add(act, step) {
    const k = this.all.length + 1;
    this.all.push({ ...step, act });
    if (step.types) this.typed = k;
    const touched = { nodes: [], labels: [] };
    this.#touched.push(touched);
    for (const [node, state] of step.states ?? []) {
      this.#note(this.states[node], k, state);
      touched.nodes.push(node);
    }
    for (const [entry, text] of step.labels ?? []) touched.labels.push(this.#noteIn(this.labels, entry, k, text));
    for (const [entry, number] of step.values ?? []) this.#noteIn(this.values, entry, k, number);
  }

  #noteIn(map, entry, k, what) {
    const key = entry.join();
    if (!map.has(key)) map.set(key, []);
    this.#note(map.get(key), k, what);
    return key;
  }

  #note(list, k, what) {
    if (list.length && list.at(-1)[0] === k) list.at(-1)[1] = what;
    else list.push([k, what]);
  }

  /** The state of every node when `k` steps are done. */
  statesAt(k) {
    return this.#at(k).states;
  }

  /** What the labels say then, by entry. */
  labelsAt(k) {
    return this.#at(k).labels;
  }

  /** From what was asked for last, where that is near: then only what changed between is looked up. */
  #at(k) {
    const last = this.#latest;
    if (last?.k === k) return last;
    const between = last ? Math.abs(k - last.k) : Infinity;
    if (between > 64) {
      const labels = new Map();
      for (const [key, list] of this.labels) labels.set(key, latest(list, k) ?? "");
      return (this.#latest = { k, states: this.states.map((list) => latest(list, k)), labels });
    }
    const states = last.states.slice();
    let labels = last.labels;
    for (let n = Math.min(k, last.k) + 1; n <= Math.max(k, last.k); n++) {
      const touched = this.#touched[n];
      for (const node of touched.nodes) states[node] = latest(this.states[node], k);
      if (touched.labels.length && labels === last.labels) labels = new Map(labels);
      for (const key of touched.labels) labels.set(key, latest(this.labels.get(key), k) ?? "");
    }
    return (this.#latest = { k, states, labels });
  }

  /** The number of an entry's value then; undefined where it has none yet. */
  valueAt(entry, k) {
    return latest(this.values.get(entry.join()) ?? [], k);
  }

  /** All that an entry's label ever says. */
  textsOf(entry) {
    return (this.labels.get(entry.join()) ?? []).map(([, text]) => text);
  }

  /** What an entry's latest value is as a label, empty if it is too large for one; null if it never has a value. */
  valueTextOf(entry) {
    const key = entry.join(), [k] = this.values.get(key)?.at(-1) ?? [];
    if (k === undefined) return null;
    return this.all[k - 1].labels?.find(([other]) => other.join() === key)?.[1] ?? "";
  }

  /** Which act step `k` is in; before the first step, and after the last, the nearest. */
  actAt(k) {
    let act = 0;
    while (act + 1 < this.acts.length && k > this.starts[act + 1]) act++;
    return act;
  }

  /** The steps of a node, counted from 1. */
  stepsOf(node) {
    if (!this.#byNode) {
      this.#byNode = new Map();
      this.all.forEach((step, k) => {
        for (const one of step.nodes ?? [step.node]) {
          if (!this.#byNode.has(one)) this.#byNode.set(one, []);
          this.#byNode.get(one).push(k + 1);
        }
      });
    }
    return this.#byNode.get(node) ?? [];
  }

  /** Whether one of some nodes does something in step `k`. */
  stopsAt(k, nodes) {
    const step = this.all[k - 1];
    return Boolean(step) && (step.nodes ?? [step.node]).some((node) => nodes.has(node));
  }

  /** For each node, the step of an act in which it ends: the last that is the node's. */
  endsIn(name) {
    const a = this.acts.findIndex((act) => act.name === name), found = new Map();
    for (let k = this.starts[a]; a >= 0 && k < this.starts[a + 1]; k++) if (this.all[k].node !== null) found.set(this.all[k].node, k + 1);
    return found;
  }

  /** How far a run was when `k` steps are done, in seconds since it began; undefined in another act. */
  momentIn(name, k) {
    const step = this.all[k - 1];
    return step && this.acts[step.act].name === name ? step.at ?? 0 : undefined;
  }

  /** The entries that a "what if" has given other values by step `k`, as keys, each with its text in the recorded run; null before it. */
  changedAt(k) {
    const start = this.starts.at(-2);
    if (this.acts.at(-1)?.name !== "what if" || k <= start) return null;
    return new Map(this.all.slice(start, k).flatMap(({ changed }) => changed ?? []));
  }

  /** The edges that do not fit, where step `k` tells of them. */
  failingAt(k) {
    return this.all[k - 1]?.edges ?? null;
  }
}

function latest(list, k) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle][0] <= k) low = middle + 1;
    else high = middle;
  }
  return low ? list[low - 1][1] : undefined;
}
