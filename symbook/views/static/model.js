/** A graph as the document has it: its nodes, what reads them, the groups that they are in, and what is found in it. */

/** @typedef {{start: number, stop: number, title: string, parts: Group[], parent: Group|null}} Group
 *   Runs of places in the graph's `order`.
 */

/** Up to so many nodes, all of a part are shown. */
const DRAW_ALL = 300;

export class Graph {
  #known = null;

  /** @param {object} data The document's `graph`. */
  constructor(data) {
    this.nodes = data.nodes;
    this.heads = data.heads;
    this.ops = data.ops;
    /** The nodes as groups take them, each after its inputs; and where in that order each node stands. */
    this.order = data.order?.length ? data.order : this.nodes.map((_, i) => i);
    this.place = new Int32Array(this.nodes.length);
    this.order.forEach((i, at) => (this.place[i] = at));
    /** From this place on stand the nodes of the gradient. */
    this.forward = data.forward ?? this.nodes.length;
    this.groups = (data.tree ?? []).map((row) => groupOf(row, null));
    /** Whether it is shown in groups before the reader says so. */
    this.grouped = data.grouped ?? true;
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
    const at = this.place[i], found = [];
    let parts = this.groups;
    for (;;) {
      const group = parts.find((part) => part.start <= at && at < part.stop);
      if (!group) return found;
      found.push(group);
      parts = group.parts;
    }
  }

  /** Some nodes with what is around them: so many steps up to inputs and down to readers; all the way, if Infinity.
   * @param {Iterable<number>} nodes */
  around(nodes, up, down) {
    const found = new Set(nodes);
    const walk = (steps, next) => {
      let edge = [...found];
      const seen = new Set(edge);
      for (let n = 0; n < steps && edge.length; n++) {
        edge = [...new Set(edge.flatMap(next))].filter((i) => !seen.has(i));
        for (const i of edge) seen.add(i);
      }
      return seen;
    };
    const above = walk(up, (i) => this.nodes[i].inputs.map(([from]) => from)), below = walk(down, (i) => this.readers[i]);
    return new Set([...above, ...below]);
  }

  /** Positions of the nodes in whose name, operator, parameters or shapes every word of a text is, in their order. */
  search(text) {
    const words = text.toLowerCase().replace(/\(\s*[\d\s,]*\)/g, (shape) => shape.replace(/\s/g, "")).split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    this.#known ??= this.nodes.map(knownOf);
    return this.order.filter((i) => words.every((word) => this.#known[i].includes(word)));
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

/** What a search looks through: shapes are as one types them, `(2,3)` and `2x3`. */
function knownOf(node) {
  const shapes = node.outs.flatMap(({ shape }) => (shape ? [`(${shape.join(",")})`, shape.join("x"), shape.join("×")] : []));
  return [node.name, node.op ?? node.role, node.title, node.params, ...shapes].filter(Boolean).join(" ").toLowerCase();
}

/** A part of a graph as a graph of its own, with the groups that are left; `positions` are its nodes.
 * @param {(node: object, place: Map<number, number>) => object} nodeOf What a node is there. */
export function partOf(graph, positions, heads, nodeOf) {
  const shown = [...new Set(positions)].sort((a, b) => graph.place[a] - graph.place[b]);
  const place = new Map(shown.map((i, k) => [i, k]));
  const before = new Int32Array(graph.order.length + 1);
  graph.order.forEach((i, at) => (before[at + 1] = before[at] + (place.has(i) ? 1 : 0)));
  const rows = (groups) => groups.flatMap(({ start, stop, title, parts }) => {
    const [a, b] = [before[start], before[stop]];
    return b - a > 3 ? [[a, b, title, rows(parts)]] : [];
  });
  const nodes = shown.map((i) => nodeOf(graph.nodes[i], i, place));
  const tree = nodes.length > DRAW_ALL ? rows(graph.groups) : [];
  return { shown, place, graph: new Graph({ nodes, heads: heads.map(([i, index]) => [place.get(i), index]), ops: graph.ops, tree, forward: before[graph.forward] }) };
}
