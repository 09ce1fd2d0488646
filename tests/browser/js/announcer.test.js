import { equal, ok, place, test } from "testing";
import { Announcer } from "views/announcer.js";

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function open() {
  const announcer = new Announcer();
  place().append(announcer.element);
  const said = [];
  new MutationObserver(() => said.push(announcer.element.textContent)).observe(announcer.element, { childList: true });
  return { announcer, said };
}

test("what follows too soon takes the place of what was to be said", async () => {
  const { announcer, said } = open();
  for (const text of ["one", "two", "three"]) announcer.say(text);
  await wait(400);
  announcer.say("four");
  await wait(400);
  equal(said, ["three", "four"]);
});

test("while a run plays, little is said, and when it stops, the last", async () => {
  const { announcer, said } = open();
  for (let k = 0; k < 20; k++) {
    announcer.say(`step ${k}`, true);
    await wait(30);
  }
  ok(said.length <= 1, said.join());
  announcer.say("the end");
  await wait(400);
  equal(said.at(-1), "the end");
  ok(said.length <= 2, said.join());
});
