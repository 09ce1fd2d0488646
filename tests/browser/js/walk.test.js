import { equal, forAll, ok, test } from "testing";
import { Walk } from "views/walk.js";

/** Boxes of 60 by 40 with their middles at these points. */
const boxes = (...middles) => middles.map(([x, y]) => [x - 30, y - 20, 60, 40]);
const edge = (tail, head) => ({ tail, head });

//   0   1   2
//    \ / \ /
//     3   4
//      \ /
//       5
const DIAMONDS = () => new Walk(boxes([0, 0], [100, 4], [200, 0], [50, 100], [150, 100], [100, 200]), [edge(0, 3), edge(1, 3), edge(1, 4), edge(2, 4), edge(3, 5), edge(4, 5)]);

test("down goes to a reader, up to an input, of several to the nearest", () => {
  const walk = DIAMONDS();
  equal([walk.next(0, "ArrowDown"), walk.next(3, "ArrowDown"), walk.next(5, "ArrowDown")], [3, 5, undefined]);
  equal([walk.next(4, "ArrowUp"), walk.next(0, "ArrowUp")], [1, undefined]);
});

test("left and right go to the other inputs or readers, and along the row", () => {
  const walk = DIAMONDS();
  equal(walk.next(5, "ArrowUp"), 3);
  equal([walk.next(3, "ArrowRight"), walk.next(4, "ArrowLeft")], [4, 3]);
  const far = new Walk(boxes([0, 0], [300, 100], [100, 200], [150, 100]), [edge(0, 2), edge(1, 2)]);
  equal(far.next(2, "ArrowUp"), 0);
  equal(far.next(0, "ArrowRight"), 1, "the other input, which is on another row");
  const fresh = new Walk(boxes([0, 0], [300, 100], [100, 200], [150, 100]), [edge(0, 2), edge(1, 2)]);
  equal(fresh.next(0, "ArrowRight"), 3, "the next as one reads");
});

test("home and end go to the first and the last as one reads", () => {
  const walk = DIAMONDS();
  equal([walk.next(4, "Home"), walk.next(4, "End")], [0, 5]);
});

test("right alone goes to every box once", () => forAll(40, (random) => {
  const count = random.whole(1, 30);
  const places = boxes(...Array.from({ length: count }, () => [random.whole(0, 900), random.whole(0, 900)]));
  const walk = new Walk(places, []);
  const seen = [walk.next(0, "Home")];
  for (let next; (next = walk.next(seen.at(-1), "ArrowRight")) !== undefined && seen.length <= count; ) seen.push(next);
  equal([...seen].sort((a, b) => a - b), Array.from({ length: count }, (_, k) => k));
  equal(seen.at(-1), walk.next(0, "End"));
  ok(walk.next(seen[0], "ArrowLeft") === undefined);
}));

test("edges to boxes that cannot be gone to lead nowhere", () => {
  const walk = new Walk(boxes([0, 0]), [edge(0, 1)]);
  equal(walk.next(0, "ArrowDown"), undefined);
});
