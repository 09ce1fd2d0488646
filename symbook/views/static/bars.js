/** The bars of a timeline, lane by lane, and which of them can be told apart at a scale. */

/** Narrower bars, in pixels, that touch each other are shown as one, which is not wider than this. */
const NARROW = 2, TOUCH = 1.5, WIDE = 40;

/** @typedef {{node: number, lane: number, start: number, end: number, kind: string, cause: number, waited: number}} Bar */
/** @typedef {{bars: Bar[], start: number, end: number, lane: number}} Block One bar, or several that are drawn as one. */

export class Bars {
  /** @param {any[][]} rows The document's `bars`: `[node, lane, start, end, kind, node waited for, seconds waited]`. */
  constructor(rows, lanes) {
    /** By start. */
    this.all = rows.map(([node, lane, start, end, kind = "", cause = -1, waited = 0]) => ({ node, lane, start, end, kind, cause, waited }));
    this.lanes = Array.from({ length: lanes }, () => []);
    for (const bar of this.all) this.lanes[bar.lane].push(bar);
    this.of = new Map(this.all.map((bar) => [bar.node, bar]));
  }

  /** What is seen of the time between two moments; bars that cannot be told apart are one block.
   * @returns {Block[]}
   */
  blocks(from, to, pixelsPerSecond) {
    return this.lanes.flatMap((bars) => laneBlocks(bars, from, to, pixelsPerSecond));
  }

  /** The bar before or after one, by start; in the lane above or below the one that is nearest in time. */
  beside(bar, key) {
    const at = this.all.indexOf(bar);
    if (key === "ArrowRight") return this.all[at + 1];
    if (key === "ArrowLeft") return this.all[at - 1];
    if (key === "Home") return this.all[0];
    if (key === "End") return this.all.at(-1);
    const lane = this.lanes[bar.lane + (key === "ArrowDown" ? 1 : -1)];
    return lane?.reduce((best, other) => (best === undefined || distance(other, bar) < distance(best, bar) ? other : best), undefined);
  }
}

function distance(a, b) {
  return Math.max(0, a.start - b.end, b.start - a.end) + 1e-3 * Math.abs(a.start - b.start);
}

function laneBlocks(bars, from, to, scale) {
  const found = [];
  // Those of a lane do not overlap, so that their ends are in order, too.
  for (let k = firstAfter(bars, from); k < bars.length && bars[k].start <= to; k++) {
    const bar = bars[k], last = found.at(-1);
    const narrow = (bar.end - bar.start) * scale < NARROW;
    if (last && narrow && last.narrow && (bar.start - last.end) * scale < TOUCH && (bar.end - last.start) * scale < WIDE) {
      last.bars.push(bar);
      last.end = Math.max(last.end, bar.end);
    } else found.push({ bars: [bar], start: bar.start, end: bar.end, lane: bar.lane, narrow });
  }
  return found;
}

/** The first bar that ends at a moment or after it. */
function firstAfter(bars, moment) {
  let low = 0, high = bars.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bars[middle].end < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
