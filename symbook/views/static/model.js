/** A graph as the document has it, and which of it is shown: nodes, and groups of them that are closed. */

/** @typedef {{start: number, stop: number, title: string, parts: Group[], parent: Group|null}} Group */

export class Graph {
  /** @param {object} data The document's `graph`. */
  constructor(data) {
    this.nodes = data.nodes;
    this.heads = data.heads;
    this.ops = data.ops;
    this.groups = (data.tree ?? []).map((row) => groupOf(row, null));
    this.readers = this.nodes.map(() => []);
    this.nodes.forEach((node, i) => {
      for (const [from] of node.inputs) if (this.readers[from].at(-1) !== i) this.readers[from].push(i);
    });
    this.headsOf = new Map();
    this.heads.forEach(([node], k) => this.headsOf.set(node, [...(this.headsOf.get(node) ?? []), k]));
    this.position = new Map(this.nodes.map((node, i) => [node.name, i]));
  }

  /** The groups that a node is in, the outermost first. */
  groupsAround(i) {
    const found = [];
    let parts = this.groups;
    for (;;) {
      const group = parts.find((part) => part.start <= i && i < part.stop);
      if (!group) return found;
      found.push(group);
      parts = group.parts;
    }
  }

  /** What is shown when these groups are open: runs of nodes in order, of one node or of a closed group. */
  units(open) {
    const found = [];
    this.#collect(0, this.nodes.length, this.groups, open, found);
    return found;
  }

  #collect(start, stop, groups, open, found) {
    let at = start;
    for (const group of groups) {
      for (; at < group.start; at++) found.push(unitOf(at, at + 1, null));
      if (open.has(group)) this.#collect(group.start, group.stop, group.parts, open, found);
      else found.push(unitOf(group.start, group.stop, group));
      at = group.stop;
    }
    for (; at < stop; at++) found.push(unitOf(at, at + 1, null));
  }

  /** The edges between units, each pair once, with the entries that go along it. */
  edges(units) {
    const home = new Int32Array(this.nodes.length);
    units.forEach((unit, k) => home.fill(k, unit.start, unit.stop));
    const found = new Map();
    units.forEach((unit, head) => {
      for (let i = unit.start; i < unit.stop; i++) {
        this.nodes[i].inputs.forEach(([from, index], port) => {
          const tail = home[from];
          if (tail === head) return;
          const alone = unit.stop - unit.start === 1;
          const key = alone ? `${tail},${head},${port}` : `${tail},${head}`;
          const edge = found.get(key) ?? { tail, head, port: alone ? port : -1, entries: [] };
          edge.entries.push([from, index]);
          found.set(key, edge);
        });
      }
    });
    return [...found.values()];
  }

  /** The nodes that this one depends on, and those that depend on it, itself in neither. */
  ancestors(i) {
    return this.#reach(i, (k) => this.nodes[k].inputs.map(([from]) => from));
  }

  descendants(i) {
    return this.#reach(i, (k) => this.readers[k]);
  }

  #reach(start, next) {
    const seen = new Set(), todo = [...next(start)];
    while (todo.length) {
      const i = todo.pop();
      if (seen.has(i)) continue;
      seen.add(i);
      todo.push(...next(i));
    }
    return seen;
  }

  /** Positions of the nodes whose name or operator has the text in it; all words of it must be there. */
  search(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const found = [];
    this.nodes.forEach((node, i) => {
      const known = `${node.name} ${node.op ?? node.role}`.toLowerCase();
      if (words.every((word) => known.includes(word))) found.push(i);
    });
    return found;
  }

  /** What an entry is called: its node, or its own name where the node has several. */
  entryName([i, index]) {
    const node = this.nodes[i];
    return node.outs.length > 1 ? node.outs[index].name : node.name;
  }
}

function groupOf([start, stop, title, parts], parent) {
  const group = { start, stop, title, parent, parts: [] };
  group.parts = parts.map((row) => groupOf(row, group));
  return group;
}

function unitOf(start, stop, group) {
  return { start, stop, group, key: group ? `g${start}-${stop}` : `n${start}` };
}
