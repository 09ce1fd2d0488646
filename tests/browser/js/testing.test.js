/** The tests' own tools. */

import { Random, afterwards, equal, fakeClock, forAll, near, ok, press, test, throws } from "testing";

test("equal looks into everything", () => {
  equal([1, { a: new Map([["x", [NaN]]]) }, new Set([1, 2])], [1, { a: new Map([["x", [NaN]]]) }, new Set([2, 1])]);
  const unequal = [[1, 2], [1, "1"], [[1], [1, 2]], [[1, 2], [1]], [{ a: 1 }, { b: 1 }], [{ a: 1 }, {}], [[], {}], [0, -0], [null, undefined], [new Set([1]), new Set([2])], [new Map([[1, 2]]), new Map([[1, 3]])], [document.createElement("p"), document.createElement("p")]];
  for (const [a, b] of unequal) throws(() => equal(a, b), /expected/);
  throws(() => equal({ a: [1, 2, 3] }, { a: [1, 5, 3] }), /differ at \[a\]\[1\]/);
});

test("near allows for rounding, and for nothing else", () => {
  near([0.1 + 0.2, [1e20]], [0.3, [1e20 + 1e5]]);
  for (const [a, b] of [[1, 1.001], [[1, 2], [1]], [NaN, 1], [1, Infinity]]) throws(() => near(a, b), /about/);
});

test("throws wants the right error", () => {
  throws(() => { throw new TypeError("no"); }, /TypeError: no/);
  throws(() => throws(() => {}), /threw nothing/);
  throws(() => throws(() => { throw new Error("a"); }, /b/), /threw Error: a/);
});

test("random numbers come again and are spread evenly", () => {
  const list = (seed) => Array.from({ length: 5 }, ((random) => () => random.next())(new Random(seed)));
  equal(list(7), list(7));
  ok(list(7)[0] !== list(8)[0]);
  const random = new Random(1), counts = [0, 0, 0, 0];
  for (let n = 0; n < 40_000; n++) counts[random.whole(3, 6) - 3]++;
  for (const count of counts) ok(Math.abs(count - 10_000) < 400, `${counts}`);
});

test("a property that does not hold tells its seed", () => {
  throws(() => forAll(10, (random) => ok(random.next() < 0.9, "too large")), /with seed \d+: too large/);
});

test("the clock calls who waits, in order, and gives the real one back", () => {
  const real = setTimeout, clock = fakeClock(), heard = [];
  setTimeout(() => heard.push("late"), 20);
  setTimeout(() => {
    heard.push("early");
    setTimeout(() => heard.push("in between"), 5);
  }, 10);
  clearTimeout(setTimeout(() => heard.push("never"), 1));
  clock.pass(9);
  equal(heard, []);
  clock.pass(11);
  equal(heard, ["early", "in between", "late"]);
  equal(clock.waiting, 0);
  ok(setTimeout !== real);
  afterwards(() => ok(setTimeout !== real, "endings are called the last one first"));
});

test("what a test left behind is gone", () => {
  ok(/native code/.test(String(setTimeout)));
  equal(document.body.childElementCount, 0);
});

test("a key that somebody takes is told from one that nobody does", () => {
  const field = document.body.appendChild(document.createElement("input"));
  field.addEventListener("keydown", (event) => event.key === "a" && event.preventDefault());
  equal([press(field, "a"), press(field, "b")], [true, false]);
});

test("a test that fails, late or at once, is told as such", async () => {
  // A second copy of the tools, whose tests fail.
  const own = await import("/js/testing.js?again");
  own.test("wrong", () => own.equal(1, 2));
  own.test("right", () => {});
  own.test("late", () => Promise.reject(new Error("too late")));
  own.test("never done", () => new Promise(() => {}));
  const results = await own.run(100);
  ok(/found 1, expected 2/.test(results.wrong));
  equal(results.right, "");
  ok(/too late/.test(results.late));
  ok(/not done after 100 ms/.test(results["never done"]));
});
