/** The graphs as the optimiser's passes left them, and what became of each node from one to another. */

import { Graph } from "./model.js";

/** What notes call an act, as it is said of a node that is no more, or of one that took its place. */
const SAID = { "left out": "left out", merged: "merged", computed: "computed beforehand", removed: "removed", fused: "fused", joined: "joined", copied: "copied", changed: "changed" };

export class Passes {
  /** @param {object[]} stages The document's `stages`; those without a graph have that of the one before. */
  constructor(stages) {
    let data = null, alt = "";
    this.stages = stages.map((stage, k) => {
      const idle = k > 0 && !stage.notes.length, before = data;
      if (stage.graph) [data, alt] = [stage.graph, stage.alt];
      return { ...stage, alt, data, idle, names: new Set(data.nodes.map(({ name }) => name)), became: idle ? new Map() : becameOf(stage.notes, before, data) };
    });
  }

  get last() {
    return this.stages.length - 1;
  }

  /** How many operators a stage has. */
  operators(k) {
    return this.stages[k].data.nodes.filter(({ op }) => op && op !== "constant").length;
  }

  /** What stands for a node of stage `from` in stage `to`; null where nothing does. */
  follow(name, from, to) {
    if (from > to) return this.#before(name, from, to)[0] ?? null;
    for (let k = from + 1; k <= to && name !== null; k++) {
      const note = this.stages[k].became.get(name);
      name = note ? note.to : name;
      if (!this.stages[k].names.has(name)) name = null;
    }
    return name;
  }

  /** The nodes of stage `to` that became this one by stage `from`, that of the same name first. */
  #before(name, from, to) {
    return this.stages[to].data.nodes.map((node) => node.name).filter((other) => this.follow(other, to, from) === name).sort((a, b) => (b === name) - (a === name));
  }

  /** What was done between two stages: for nodes of the first and of the second, by name, `{act, text}`. */
  marks(from, to) {
    const before = new Map(), after = new Map(), places = new Map();
    for (const { name } of this.stages[from].data.nodes) {
      const act = this.#act(name, from, to);
      if (!act) continue;
      const target = this.follow(name, from, to), word = SAID[act] ?? act;
      before.set(name, { act, text: target && target !== name ? `${word} → ${target}` : word });
      if (target) places.set(target, [...(places.get(target) ?? []), [name, act]]);
    }
    for (const [name, sources] of places) {
      const others = sources.map(([source]) => source).filter((source) => source !== name), act = sources[0][1];
      const itself = sources.length > others.length;
      const text = !others.length ? SAID[act] ?? act : `${itself ? "with" : "in place of"} ${listed(others)}`;
      after.set(name, { act: itself ? act : "stands in", text });
    }
    return { before, after };
  }

  /** The first thing that was done to a node between two stages. */
  #act(name, from, to) {
    for (let k = from + 1; k <= to; k++) {
      const note = this.stages[k].became.get(name);
      if (note) return note.act;
      if (!this.stages[k].names.has(name)) return "removed";
    }
    return "";
  }

  /** A stage's graph, each node with what is said of it. */
  graph(k, marks) {
    const { data } = this.stages[k];
    return new Graph({ ...data, nodes: data.nodes.map((node) => (marks.has(node.name) ? { ...node, note: marks.get(node.name).text } : node)) });
  }
}

/** What became of the nodes of one graph in the next, by name: as noted, or, in a joint step, as nodes beside those. */
function becameOf(notes, before, after) {
  const found = new Map();
  for (const note of notes) if (!found.has(note.node) || note.to) found.set(note.node, note);
  if (!before) return found;
  const targets = new Map(notes.filter(({ to }) => to).map((note) => [note.to, note])), now = new Map(after.nodes.map((node) => [node.name, node]));
  // From the outputs back: what went, and has one reader that was joined with something, went there too.
  const readers = before.nodes.map(() => new Set());
  before.nodes.forEach(({ inputs }, i) => inputs.forEach(([from]) => readers[from].add(i)));
  for (let i = before.nodes.length - 1; i >= 0; i--) {
    const { name, op } = before.nodes[i];
    if (found.has(name) || !op) continue;
    const target = targets.get(name), [reader] = readers[i], beside = readers[i].size === 1 ? found.get(before.nodes[reader].name) : null;
    if (target && now.has(name) && now.get(name).op !== op) found.set(name, { act: target.act, to: name });
    else if (!now.has(name) && beside?.to) found.set(name, { act: beside.act, to: beside.to });
  }
  return found;
}

function listed(names) {
  return names.length > 3 ? `${names.length} others` : names.join(", ");
}
