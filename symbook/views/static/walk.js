/** Where keys lead from a box of a picture: along the edges, and along the rows. */

/** Boxes whose middles are no further apart stand in one row. */
const LEVEL = 20;

export class Walk {
  #middles;
  #order;
  #along;
  #others = [];

  /** @param {number[][]} places `[x, y, width, height]` of each box. @param {{tail: number, head: number}[]} edges */
  constructor(places, edges) {
    this.#middles = places.map(([x, y, wide, tall]) => [x + wide / 2, y + tall / 2]);
    this.#order = inRows(this.#middles);
    const near = edges.filter(({ tail, head }) => tail < places.length && head < places.length);
    this.#along = { ArrowUp: grouped(near, "head", "tail"), ArrowDown: grouped(near, "tail", "head") };
  }

  /** The box that a key leads to: up to an input, down to a reader, the nearest of several; left and right to the
   * others of them, else along the row, and from a row's end to the next; undefined where there is none. */
  next(k, key) {
    if (key === "Home" || key === "End") return this.#order.at(key === "Home" ? 0 : -1);
    if (key in this.#along) return this.#follow(k, [...new Set(this.#along[key].get(k) ?? [])]);
    const step = key === "ArrowRight" ? 1 : -1;
    const other = this.#others.includes(k) ? this.#others[this.#others.indexOf(k) + step] : undefined;
    if (other !== undefined) return other;
    this.#others = [];
    return this.#order[this.#order.indexOf(k) + step];
  }

  #follow(k, near) {
    if (!near.length) return undefined;
    const x = (box) => this.#middles[box][0];
    this.#others = near.sort((a, b) => x(a) - x(b));
    return near.reduce((best, box) => (Math.abs(x(box) - x(k)) < Math.abs(x(best) - x(k)) ? box : best));
  }
}

/** The boxes as one reads: row by row, each from the left. */
function inRows(middles) {
  const rows = [];
  const down = middles.map((_, k) => k).sort((a, b) => middles[a][1] - middles[b][1]);
  for (const k of down) {
    const row = rows.at(-1);
    if (row && middles[k][1] - middles[row[0]][1] < LEVEL) row.push(k);
    else rows.push([k]);
  }
  return rows.flatMap((row) => row.sort((a, b) => middles[a][0] - middles[b][0]));
}

function grouped(edges, by, what) {
  const found = new Map();
  for (const edge of edges) {
    if (!found.has(edge[by])) found.set(edge[by], []);
    found.get(edge[by]).push(edge[what]);
  }
  return found;
}
