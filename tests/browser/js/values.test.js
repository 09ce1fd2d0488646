import { equal, test } from "testing";
import { Values } from "views/values.js";

/** A host that notes what is sent; `notice` and `reply` call who listens. */
function hosted(values) {
  const sent = [], noticed = [], replied = [];
  const host = { send: (message) => sent.push(message), onNotice: (listener) => noticed.push(listener), onReply: (listener) => replied.push(listener) };
  const tell = (listeners) => (said) => listeners.forEach((listener) => listener(said));
  return { known: new Values(values, host), sent, notice: tell(noticed), reply: tell(replied) };
}

test("what did not come is asked for once, until it was asked in vain", () => {
  const { known, sent, notice } = hosted(["a", null, null]);
  equal([known.at(0), known.at(1), known.at(1), known.at(2, false), known.at(undefined), known.at(9)], ["a", undefined, undefined, undefined, undefined, undefined]);
  equal(sent, [{ value: 1 }]);
  notice("");
  known.at(1);
  equal(sent.length, 1);
  notice("Python has not answered yet.");
  known.at(1);
  equal(sent, [{ value: 1 }, { value: 1 }]);
  known.take(1, "b");
  equal([known.at(1), sent.length], ["b", 2]);
});

test("without Python nothing is asked", () => {
  equal(new Values([null], null).at(0), undefined);
});

test("values are added to a rendering, and not to the document", () => {
  const values = ["a", "b"], { known } = hosted(values);
  equal([known.add(["c", "d"]), known.add(["e"])], [2, 4]);
  equal([known.at(1), known.at(3), known.at(4), values.length], ["b", "d", "e", 2]);
});

test("parts are there of what was recorded", () => {
  const { known, sent, reply } = hosted(["a"]);
  known.add(["b"]);
  equal([known.partsOf(1), known.partsOf(undefined)], [null, null]);
  let done = 0;
  const part = known.partsOf(0);
  equal([part("table", [2], () => (done += 1)), sent], [null, [{ value: 0, part: "table", at: [2] }]]);
  reply({ value: 0, kind: "table", at: [2], part: "numbers" });
  equal([done, part("table", [2], () => {})], [1, "numbers"]);
});
