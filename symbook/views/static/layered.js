/** A layered layout, as Sugiyama, Tagawa and Toda (1981) have it: the steps of `render/layered.py`.
 *
 * Items to ranks by longest path, long edges cut by waypoints, ranks ordered by barycentres, then places
 * along each rank by least squares, where a rank keeps its order and its gaps: an isotonic regression,
 * solved by pooling neighbours that violate it.
 */

export const BETWEEN_RANKS = 30, BETWEEN_BOXES = 22, MARGIN = 8;

/** Beyond so many places, crossings are counted no more: the first order must do. */
const MOST_SWEPT = 4000;
const MOST_SWAPPED = 600;
const SHARE_ABOVE = 1500;
const SWEEPS = 12, SETTLE = 14;
/** Beyond so many places, less is tried: the picture should be there at once. */
const MANY = 1000, SWEEPS_MANY = 5, SETTLE_MANY = 8;
const WAYPOINT = 8;
const ASIDE = 0.001;
const REACH = 0.11;
const IN_LINE = 0.5;

/** Lay out items and edges.
 *
 * @param {{sizes: number[][], edges: {tail: number, head: number, shift?: number, from?: number, straight?: boolean,
 *   bus?: string}[], pins?: (string|undefined)[]}} sketch
 *   Sizes as [width, height]; edges lead from an earlier item to a later one, leave `from` pixels beside the middle of
 *   the tail's lower side, and arrive `shift` pixels beside the middle of the head's upper side. Those with the bus
 *   "tail" or "head" share their way with others from that tail, or to that head. An item pinned "top" stands above
 *   all others, "bottom" below them.
 * @returns {{size: number[], centres: number[][], curves: number[][][], own: number[][][]}}
 *   From the top downwards; each curve is a chain of cubic Bézier segments, 3k + 1 points. `own` has of each curve
 *   what no other on its bus has.
 */
export function layOut(sketch) {
  if (!sketch.sizes.length) return { size: [2 * MARGIN, 2 * MARGIN], centres: [], curves: [], own: [] };
  const net = makeNet(sketch);
  order(net);
  return finish(sketch, net, settle(net));
}

function makeNet(sketch) {
  const items = sketch.sizes.length;
  const rank = pinned(ranksOf(sketch), sketch.pins);
  const breadth = sketch.sizes.map(([wide]) => wide);
  let spans = 0;
  for (const { tail, head } of sketch.edges) spans += Math.max(0, rank[head] - rank[tail] - 1);
  const trunks = new Map(), shared = spans > SHARE_ABOVE;
  const net = { items, rank, breadth, above: [], below: [], ranks: [], routes: [] };
  const links = [];
  const made = new Set();
  for (const edge of sketch.edges) {
    const route = [edge.tail], bus = edge.bus ?? (shared ? "tail" : null);
    for (let r = rank[edge.tail] + 1; r < rank[edge.head]; r++) route.push(waypoint(net, bus && `${bus}${edge[bus]},${r}`, r, trunks));
    route.push(edge.head);
    net.routes.push(route);
    connect(net, links, route, edge, bus && made);
  }
  const deepest = rank.reduce((a, b) => Math.max(a, b), 0);
  net.ranks = Array.from({ length: deepest + 1 }, () => []);
  rank.forEach((r, place) => net.ranks[r].push(place));
  net.above = rank.map(() => []);
  net.below = rank.map(() => []);
  for (const link of links) {
    net.above[link.down].push(link);
    net.below[link.up].push(link);
  }
  return net;
}

function waypoint(net, key, rank, trunks) {
  if (key && trunks.has(key)) return trunks.get(key);
  net.rank.push(rank);
  net.breadth.push(WAYPOINT);
  const place = net.rank.length - 1;
  if (key) trunks.set(key, place);
  return place;
}

function connect(net, links, route, edge, made) {
  for (let k = 0; k + 1 < route.length; k++) {
    const [up, down] = [route[k], route[k + 1]];
    if (made && down >= net.items) {
      const key = `${up},${down}`;
      if (made.has(key)) continue;
      made.add(key);
    }
    const inner = up >= net.items && down >= net.items;
    const weight = inner ? 8 : edge.straight === false ? ASIDE : 1;
    links.push({ up, down, weight, from: up < net.items ? edge.from ?? 0 : 0, shift: down < net.items ? edge.shift ?? 0 : 0 });
  }
}

/** Longest path from the inputs; then what has few inputs moves near to its readers. */
function ranksOf({ sizes, edges }) {
  const inputs = new Array(sizes.length).fill(0);
  const readers = sizes.map(() => []), sources = sizes.map(() => []);
  for (const { tail, head } of edges) {
    inputs[head]++;
    readers[tail].push(head);
    sources[head].push(tail);
  }
  const rank = new Array(sizes.length).fill(0);
  for (let i = 0; i < rank.length; i++) for (const tail of sources[i]) rank[i] = Math.max(rank[i], rank[tail] + 1);
  for (let i = rank.length - 1; i >= 0; i--) {
    if (!readers[i].length || inputs[i] > readers[i].length) continue;
    let nearest = Infinity;
    for (const head of readers[i]) nearest = Math.min(nearest, rank[head]);
    rank[i] = nearest - 1;
  }
  let lowest = Infinity;
  for (const r of rank) lowest = Math.min(lowest, r);
  return rank.map((r) => r - lowest);
}

/** What is pinned above or below all others. */
function pinned(rank, pins = []) {
  const inner = rank.filter((_, i) => !pins[i]);
  const lowest = inner.reduce((a, b) => Math.min(a, b), Infinity), deepest = inner.reduce((a, b) => Math.max(a, b), -Infinity);
  const first = pins.includes("top") ? 1 : 0;
  return rank.map((r, i) => (!pins[i] ? r - lowest + first : pins[i] === "top" ? 0 : deepest - lowest + first + 1));
}

// The order along the ranks

function order(net) {
  firstOrder(net);
  if (net.rank.length > MOST_SWEPT) return;
  let fewest = crossings(net), best = net.ranks.map((rank) => [...rank]), stale = 0;
  const sweeps = net.rank.length > MANY ? SWEEPS_MANY : SWEEPS;
  for (let sweep = 0; sweep < sweeps && fewest > 0 && stale < 4; sweep++) {
    const down = sweep % 2 === 0;
    const some = down ? net.ranks.slice(1) : net.ranks.slice(0, -1).reverse();
    for (const rank of some) sortRank(net, rank, down);
    if (net.rank.length <= MOST_SWAPPED) swapNeighbours(net);
    const count = crossings(net);
    stale++;
    if (count < fewest) [best, fewest, stale] = [net.ranks.map((rank) => [...rank]), count, 0];
  }
  net.ranks = best;
}

/** Depth first from the outputs, inputs in their order: trees come out without a crossing. */
function firstOrder(net) {
  const seen = new Array(net.rank.length).fill(false);
  const ranks = net.ranks.map(() => []);
  for (let start = 0; start < net.rank.length; start++) {
    if (net.below[start].length) continue;
    const stack = [start];
    while (stack.length) {
      const place = stack.pop();
      if (seen[place]) continue;
      seen[place] = true;
      ranks[net.rank[place]].push(place);
      for (let k = net.above[place].length - 1; k >= 0; k--) stack.push(net.above[place][k].up);
    }
  }
  net.ranks = ranks;
}

function indexOf(net) {
  const index = new Array(net.rank.length);
  for (const rank of net.ranks) rank.forEach((place, k) => (index[place] = k));
  return index;
}

function lowEnd(net, index, link) {
  return index[link.down] + link.shift / (net.breadth[link.down] + 1);
}

function highEnd(net, index, link) {
  return index[link.up] + link.from / (net.breadth[link.up] + 1);
}

function sortRank(net, rank, down) {
  const near = net.ranks[net.rank[rank[0]] + (down ? -1 : 1)];
  const index = [];
  near.forEach((place, k) => (index[place] = k));
  const keys = new Map();
  rank.forEach((place, k) => {
    const links = down ? net.above[place] : net.below[place];
    let sum = 0;
    for (const link of links) sum += down ? highEnd(net, index, link) : lowEnd(net, index, link);
    keys.set(place, links.length ? sum / links.length : k);
  });
  rank.sort((a, b) => keys.get(a) - keys.get(b));
}

function crossings(net) {
  const index = indexOf(net);
  let total = 0;
  for (const rank of net.ranks.slice(0, -1)) {
    const ends = [];
    for (const place of rank) for (const link of net.below[place]) ends.push([highEnd(net, index, link), lowEnd(net, index, link)]);
    ends.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const passed = [];
    for (const [, low] of ends) {
      const at = bisect(passed, low + 1e-9);
      total += passed.length - at;
      passed.splice(bisect(passed, low), 0, low);
    }
  }
  return total;
}

function bisect(sorted, value) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Exchange neighbours wherever that takes crossings away. */
function swapNeighbours(net) {
  const index = indexOf(net);
  for (const rank of net.ranks) {
    for (let k = 0; k + 1 < rank.length; k++) {
      const [left, right] = [rank[k], rank[k + 1]];
      if (between(net, index, left, right) <= between(net, index, right, left)) continue;
      [rank[k], rank[k + 1]] = [right, left];
      [index[left], index[right]] = [k + 1, k];
    }
  }
}

/** Crossings between the links of two neighbours, the first one standing to the left. */
function between(net, index, left, right) {
  let count = 0;
  for (const a of net.below[left]) {
    for (const b of net.below[right]) count += lowEnd(net, index, a) > lowEnd(net, index, b);
  }
  for (const a of net.above[left]) for (const b of net.above[right]) count += highEnd(net, index, a) > highEnd(net, index, b);
  return count;
}

// Places along the ranks

/** A place along its rank for everything, near the middle of what it is linked to. */
function settle(net) {
  const along = new Float64Array(net.rank.length);
  const widest = net.ranks.reduce((most, { length }) => Math.max(most, length), 0), numbers = () => new Float64Array(widest);
  net.pools = { totals: numbers(), weights: numbers(), lengths: numbers(), offsets: numbers() };
  const settle = net.rank.length > MANY ? SETTLE_MANY : SETTLE;
  for (const rank of net.ranks) {
    let at = 0;
    rank.forEach((place, k) => {
      at += k ? gap(net, rank[k - 1], place) : 0;
      along[place] = at;
    });
  }
  const upwards = [...net.ranks].reverse();
  for (let step = 0; step < settle; step++) {
    const down = step % 2 === 0, both = step >= settle - 4;
    for (const rank of down ? net.ranks : upwards) settleRank(net, along, rank, both || down, both || !down);
  }
  for (const rank of upwards) settleRank(net, along, rank, false, true);
  for (const rank of net.ranks) settleRank(net, along, rank, true, false);
  return along;
}

function gap(net, left, right) {
  const boxes = left < net.items && right < net.items;
  return (net.breadth[left] + net.breadth[right]) / 2 + (boxes ? BETWEEN_BOXES : BETWEEN_BOXES / 2);
}

/** Least squares with order and gaps kept: pool neighbours that would overlap. */
function settleRank(net, along, rank, up, down) {
  const { totals, weights, lengths, offsets } = net.pools;
  let pools = 0, offset = 0;
  for (let k = 0; k < rank.length; k++) {
    const place = rank[k];
    if (k) offset += gap(net, rank[k - 1], place);
    offsets[k] = offset;
    let total = 0, weight = 0;
    if (up) {
      for (const link of net.above[place]) {
        total += link.weight * (along[link.up] + link.from - link.shift);
        weight += link.weight;
      }
    }
    if (down) {
      for (const link of net.below[place]) {
        total += link.weight * (along[link.down] + link.shift - link.from);
        weight += link.weight;
      }
    }
    // What nothing pulls stays where it is, and gives way easily.
    if (weight === 0) [total, weight] = [0.05 * along[place], 0.05];
    [totals[pools], weights[pools], lengths[pools]] = [total - weight * offset, weight, 1];
    for (pools++; pools > 1 && totals[pools - 2] / weights[pools - 2] > totals[pools - 1] / weights[pools - 1]; pools--) {
      totals[pools - 2] += totals[pools - 1];
      weights[pools - 2] += weights[pools - 1];
      lengths[pools - 2] += lengths[pools - 1];
    }
  }
  for (let pool = 0, k = 0; pool < pools; pool++) {
    const mean = totals[pool] / weights[pool];
    for (let n = 0; n < lengths[pool]; n++, k++) along[rank[k]] = mean + offsets[k];
  }
}

// Coordinates

function finish(sketch, net, along) {
  const depth = (place) => sketch.sizes[place][1];
  const bands = [];
  let at = MARGIN;
  for (const rank of net.ranks) {
    let tall = 0, step = 0;
    for (const place of rank) {
      if (place < net.items) tall = Math.max(tall, depth(place));
      for (const link of net.below[place]) step = Math.max(step, Math.abs(along[link.down] - along[link.up]));
    }
    bands.push({ start: at, stop: at + tall });
    at += tall + BETWEEN_RANKS + Math.min(80, REACH * step);
  }
  let low = Infinity, high = -Infinity;
  along.forEach((x, place) => {
    low = Math.min(low, x - net.breadth[place] / 2);
    high = Math.max(high, x + net.breadth[place] / 2);
  });
  low -= MARGIN;
  const centres = sketch.sizes.map((size, i) => [along[i] - low, bands[net.rank[i]].start + size[1] / 2]);
  const met = new Set();
  const curves = [], own = [];
  sketch.edges.forEach((edge, e) => {
    const stops = net.routes[e].map((place) => [along[place] - low, bands[net.rank[place]]]);
    stops[0][0] += edge.from ?? 0;
    stops.at(-1)[0] += edge.shift ?? 0;
    const start = bands[net.rank[edge.tail]].start + depth(edge.tail);
    curves.push(route(stops, start));
    const [first, last] = fresh(net.routes[e], edge.bus, met);
    own.push(first || last < stops.length - 1 ? route(stops.slice(first, last + 1), first ? stops[first][1].start : start) : curves[e]);
  });
  return { size: [high + MARGIN - low, bands.at(-1).stop + MARGIN], centres, curves, own };
}

/** From which place of a route to which it is not drawn yet by another on the same bus. */
function fresh(route, bus, met) {
  if (!bus) return [0, route.length - 1];
  const links = route.slice(1).map((place, k) => `${bus},${route[k]},${place}`);
  let first = 0, last = route.length - 1;
  if (bus === "tail") while (first + 1 < last && met.has(links[first])) first++;
  if (bus === "head") while (last > first + 1 && met.has(links[last - 1])) last--;
  for (const link of links) met.add(link);
  return [first, last];
}

/** Straight through each rank, and bent only between ranks, where nothing is in the way. */
function route(stops, start) {
  const points = [[stops[0][0], start]];
  const straight = (x, y) => {
    const before = points.at(-1)[1], third = (y - before) / 3;
    if (third > 0.01) points.push([x, before + third], [x, y - third], [x, y]);
  };
  let at = stops[0][0];
  for (let k = 0; k + 1 < stops.length; k++) {
    const [, band] = stops[k], [target, below] = stops[k + 1];
    // What stands in one line is one line.
    if (Math.abs(target - at) < IN_LINE && k + 2 < stops.length) continue;
    straight(at, band.stop);
    const half = (points.at(-1)[1] + below.start) / 2;
    points.push([at, half], [target, half], [target, below.start]);
    at = target;
  }
  return points;
}
