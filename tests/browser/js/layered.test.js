import { Random, equal, forAll, near, ok, test } from "testing";
import { BETWEEN_BOXES, BETWEEN_RANKS, layOut } from "views/layered.js";

function randomSketch(random, count) {
  const sizes = Array.from({ length: count }, () => [random.whole(30, 200), random.whole(20, 80)]);
  const edges = [];
  for (let head = 1; head < count; head++) {
    for (let n = random.whole(0, 3); n > 0; n--) edges.push({ tail: random.whole(Math.max(0, head - 15), head - 1), head, shift: random.whole(-10, 10), from: random.whole(-10, 10), straight: random.next() < 0.5 });
  }
  return { sizes, edges };
}

const box = ([x, y], [wide, tall]) => ({ left: x - wide / 2, right: x + wide / 2, top: y - tall / 2, bottom: y + tall / 2 });

test("nothing overlaps, everything is inside, and edges lead downwards", () => forAll(60, (random) => {
  const sketch = randomSketch(random, random.whole(1, 60));
  const { size, centres } = layOut(sketch);
  const boxes = centres.map((centre, i) => box(centre, sketch.sizes[i]));
  boxes.forEach((a, i) => {
    ok(a.left >= 0 && a.top >= 0 && a.right <= size[0] + 1e-6 && a.bottom <= size[1] + 1e-6, `box ${i} sticks out`);
    for (const b of boxes.slice(0, i)) {
      const apart = a.left >= b.right + BETWEEN_BOXES - 1e-6 || b.left >= a.right + BETWEEN_BOXES - 1e-6 || a.top >= b.bottom || b.top >= a.bottom;
      ok(apart, `box ${i} overlaps another`);
    }
  });
  for (const { tail, head } of sketch.edges) ok(boxes[head].top - boxes[tail].bottom >= BETWEEN_RANKS - 1e-6, "an edge leads up");
}));

test("curves begin and end at their boxes, and never go up", () => forAll(60, (random) => {
  const sketch = randomSketch(random, random.whole(2, 60));
  const { centres, curves } = layOut(sketch);
  equal(curves.length, sketch.edges.length);
  sketch.edges.forEach(({ tail, head, shift, from: aside }, e) => {
    const curve = curves[e], [from, to] = [box(centres[tail], sketch.sizes[tail]), box(centres[head], sketch.sizes[head])];
    equal((curve.length - 1) % 3, 0);
    near(curve[0], [centres[tail][0] + aside, from.bottom], 1e-6);
    near(curve.at(-1), [centres[head][0] + shift, to.top], 1e-6);
    for (let k = 1; k < curve.length; k++) ok(curve[k][1] >= curve[k - 1][1] - 1e-6, "a curve goes up");
  });
}));

test("long edges go around the boxes that they pass", () => forAll(40, (random) => {
  const sketch = randomSketch(random, random.whole(3, 30));
  const { centres, curves } = layOut(sketch);
  const boxes = centres.map((centre, i) => box(centre, sketch.sizes[i]));
  sketch.edges.forEach(({ tail, head }, e) => {
    const curve = curves[e];
    for (let k = 0; k + 3 < curve.length; k += 3) {
      for (const t of [0.25, 0.5, 0.75, 1]) {
        const u = 1 - t, [x, y] = [0, 1].map((c) => u ** 3 * curve[k][c] + 3 * u * u * t * curve[k + 1][c] + 3 * u * t * t * curve[k + 2][c] + t ** 3 * curve[k + 3][c]);
        boxes.forEach(({ left, right, top, bottom }, i) => {
          if (i !== tail && i !== head) ok(!(left < x && x < right && top < y && y < bottom), `edge ${tail} to ${head} goes through box ${i}`);
        });
      }
    }
  });
}));

test("what is pinned stands above all others, or below them", () => forAll(40, (random) => {
  const sketch = randomSketch(random, random.whole(3, 40)), last = sketch.sizes.length - 1;
  const pins = sketch.sizes.map((_, i) => (i === 0 ? "top" : i === last ? "bottom" : undefined));
  const { centres } = layOut({ ...sketch, pins });
  const tops = centres.map(([, y], i) => y - sketch.sizes[i][1] / 2);
  for (let i = 1; i < last; i++) ok(tops[0] < tops[i] && tops[i] < tops[last]);
}));

test("edges on a bus share their way", () => {
  const size = [60, 30], chain = Array.from({ length: 9 }, (_, k) => ({ tail: k, head: k + 1 }));
  const bus = [0, 2, 4].map((tail) => ({ tail, head: 10, bus: "head" }));
  const { curves } = layOut({ sizes: Array.from({ length: 11 }, () => size), edges: [...chain, ...bus], pins: Array.from({ length: 11 }, (_, k) => (k === 10 ? "bottom" : undefined)) });
  const [first, second, third] = curves.slice(9).map((curve) => curve.slice(-7));
  equal(first, second);
  equal(second, third);
});

test("a chain stands in a line, and two inputs stand beside each other above what reads them", () => {
  const size = [80, 40];
  const chain = layOut({ sizes: [size, size, size], edges: [{ tail: 0, head: 1 }, { tail: 1, head: 2 }] });
  near(chain.centres.map(([x]) => x), chain.centres.map(() => chain.centres[0][0]), 1e-6);
  const pair = layOut({ sizes: [size, size, size], edges: [{ tail: 0, head: 2 }, { tail: 1, head: 2 }] });
  const [[left], [right], [middle]] = pair.centres;
  near(right - left, size[0] + BETWEEN_BOXES, 1e-6);
  near(middle, (left + right) / 2, 1e-6);
});

test("trees are drawn without a crossing", () => forAll(40, (random) => {
  // Every node but the last has one reader; nodes are in topological order.
  const count = random.whole(2, 25), parent = (i) => random.whole(i + 1, Math.min(count - 1, i + 4));
  const edges = Array.from({ length: count - 1 }, (_, tail) => ({ tail, head: parent(tail) }));
  const { curves } = layOut({ sizes: Array.from({ length: count }, () => [60, 30]), edges });
  const lines = curves.map((curve) => curve.filter((_, k) => k % 3 === 0));
  const turn = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
  const crosses = (a, b, c, d) => turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
  lines.forEach((one, e) => lines.slice(0, e).forEach((other, f) => {
    for (let k = 0; k + 1 < one.length; k++) {
      for (let n = 0; n + 1 < other.length; n++) ok(!crosses(one[k], one[k + 1], other[n], other[n + 1]), `edges ${e} and ${f} cross`);
    }
  }));
}));

test("the same sketch is laid out the same way", () => {
  const sketch = () => randomSketch(new Random(5), 40);
  equal(layOut(sketch()), layOut(sketch()));
});

test("nothing, and one thing", () => {
  equal(layOut({ sizes: [], edges: [] }).centres, []);
  const { size, centres } = layOut({ sizes: [[50, 20]], edges: [] });
  near(centres[0], size.map((length) => length / 2), 1e-6);
});
