import { equal, test } from "testing";
import { ranNote } from "views/ran.js";

function asked(ran) {
  const sent = [], note = ranNote({ text: "Recorded.", ...ran }, { send: (message) => sent.push(message) });
  const buttons = [...note.querySelectorAll("button")];
  for (const button of buttons) button.click();
  return [buttons.map(({ textContent }) => textContent), sent];
}

test("a run can be recorded again, in the same way and in the other", () => {
  equal(asked({ optimized: false, differs: true }), [["Record again", "Record it as optimised"], [{ optimized: false }, { optimized: true }]]);
  equal(asked({ optimized: true, differs: true }), [["Record again", "Record it as written"], [{ optimized: true }, { optimized: false }]]);
  equal(asked({ optimized: false, differs: false }), [["Record again"], [{ optimized: false }]]);
});

test("without Python nothing can be recorded", () => {
  equal(ranNote({ text: "Recorded.", optimized: false, differs: true }, null).querySelectorAll("button").length, 0);
});
