import { equal, test } from "testing";
import { unpacked } from "views/packing.js";

test("a document that came as it is is given back at once", () => {
  const document = { graph: { nodes: [] } };
  equal(unpacked(document) === document, true);
});

test("a compressed one is read", async () => {
  // Made by Python's gzip.
  const gzip = "H4sIAAAAAAAAA6tWSi9KLMhQsqpWystPSS1WsooGshJzU5WslA4vsUmyU6qNrdVRKkvMKQVL5pXm5OgY6pnG1gIAi+uctToAAAA=";
  const found = await unpacked({ gzip });
  const data = { gzip };
  equal(unpacked(data) === unpacked(data), true);
  equal(found, { graph: { nodes: [{ name: "ä<b>" }] }, values: [null, 1.5] });
});

test("what is no document says so", async () => {
  let told = "";
  await unpacked({ gzip: "H4sIAAAA" }).catch(({ message }) => (told = message));
  equal(told === "", false);
});
