import { equal, test } from "testing";
import { Store } from "views/store.js";

test("who listens hears once of several changes, after all are made", () => {
  const store = new Store({ a: 1, b: 2, c: 3 }), heard = [];
  store.on(["a", "b"], () => heard.push([store.get("a"), store.get("b")]));
  store.set({ a: 5, b: 6 });
  equal(heard, [[5, 6]]);
});

test("nothing is heard of what stays as it is", () => {
  const list = [], store = new Store({ a: NaN, list }), heard = [];
  store.on(["a", "list"], () => heard.push("changed"));
  store.set({ a: NaN, list });
  equal(heard, []);
  // Another object is a change, whatever is in it.
  store.set({ list: [] });
  equal(heard, ["changed"]);
});

test("who has left hears no more, and others still do", () => {
  const store = new Store({ a: 1 }), heard = [];
  const leave = store.on(["a"], () => heard.push("one"));
  store.on(["a"], () => heard.push("two"));
  leave();
  store.set({ a: 2 });
  equal(heard, ["two"]);
});

test("a listener may change the store, and be told again", () => {
  const store = new Store({ a: 0, b: 0 }), heard = [];
  store.on(["a"], () => store.set({ b: store.get("a") * 2 }));
  store.on(["b"], () => heard.push(store.get("b")));
  store.set({ a: 4 });
  equal(heard, [8]);
});

test("the values given at first are not the store's own", () => {
  const given = { a: 1 }, store = new Store(given);
  store.set({ a: 2, fresh: 3 });
  equal(given, { a: 1 });
  equal([store.get("a"), store.get("fresh"), store.get("none")], [2, 3, undefined]);
});
