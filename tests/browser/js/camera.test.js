import { equal, forAll, near, ok, place, test } from "testing";
import { Camera } from "views/camera.js";
import { s } from "views/dom.js";

/** A frame of 400 by 300 pixels on a picture of some size, among texts of some size; `at` says where a point of the picture is seen. */
function open(size = [1000, 500], text = 14) {
  const world = s("g", {}, s("rect", { width: size[0], height: size[1] }));
  world.style.transformOrigin = "0 0";
  const frame = s("svg", { width: 400, height: 300 }, world);
  const around = place();
  around.style.fontSize = `${text}px`;
  around.append(frame);
  const camera = new Camera(frame, world);
  camera.resize(size);
  const at = (point) => {
    world.style.transition = "none";
    const matrix = new DOMMatrix(getComputedStyle(world).transform), seen = matrix.transformPoint(new DOMPoint(...point));
    return [seen.x, seen.y];
  };
  const pointer = (kind, x, y, id = 1) => {
    const { left, top } = frame.getBoundingClientRect();
    frame.dispatchEvent(new PointerEvent(`pointer${kind}`, { clientX: left + x, clientY: top + y, pointerId: id, bubbles: true }));
  };
  frame.setPointerCapture = () => {};
  return { camera, frame, at, pointer };
}

test("fit shows all of a large picture, and none larger than life", () => {
  for (const size of [[1000, 500], [100, 3000], [4000, 20], [50, 40]]) {
    const { camera, at } = open(size);
    camera.fit(false);
    const [[left, top], [right, bottom]] = [at([0, 0]), at(size)];
    ok(left >= -0.01 && right <= 400.01 && top >= -0.01 && bottom <= 300.01, `${size}: ${[left, top, right, bottom]}`);
    ok(camera.scale <= 1);
    near(left, 400 - right, 1e-3);
  }
});

test("what is as large as life has texts of the size of those around it", () => {
  for (const text of [7, 14, 28]) {
    const { camera } = open([50, 40], text);
    camera.fit(false);
    near(camera.scale, text / 14);
  }
});

test("zooming keeps the point around which it is", () => forAll(50, (random) => {
  const { camera, at } = open();
  camera.fit(false);
  const point = [random.whole(0, 1000), random.whole(0, 500)], seen = at(point);
  for (let n = 0; n < 5; n++) camera.zoom(0.7 + random.next(), seen, false);
  near(at(point), seen, 1e-2);
}));

test("zooming has an end in both directions", () => {
  const { camera } = open();
  for (let n = 0; n < 40; n++) camera.zoom(2, undefined, false);
  const most = camera.scale;
  ok(most >= 2 && most <= 10);
  for (let n = 0; n < 80; n++) camera.zoom(0.5, undefined, false);
  ok(camera.scale > 0 && camera.scale < 0.1);
});

test("what is to be seen comes into the frame, and nothing moves where it is there", () => forAll(60, (random) => {
  const { camera, at } = open([2000, 2000]);
  camera.fit(false);
  camera.zoom(random.of([1, 3, 6]), undefined, false);
  camera.pan(random.whole(-500, 500), random.whole(-500, 500), false);
  const box = [random.whole(0, 1900), random.whole(0, 1900), random.whole(10, 100), random.whole(10, 60)];
  camera.reveal(box, false);
  const [left, top] = at(box.slice(0, 2)), [right, bottom] = at([box[0] + box[2], box[1] + box[3]]);
  ok(left > -1 && top > -1 && right < 401 && bottom < 301, `${[left, top, right, bottom]}`);
  camera.reveal(box, false);
  near(at(box.slice(0, 2)), [left, top], 1e-3);
}));

test("dragging moves the picture as far as the pointer", () => {
  const { camera, at, pointer } = open();
  camera.fit(false);
  const before = at([0, 0]);
  pointer("down", 100, 100);
  pointer("move", 102, 101);
  equal(camera.dragged, false, "a trembling hand");
  pointer("move", 150, 80);
  pointer("up", 150, 80);
  equal(camera.dragged, true);
  near(at([0, 0]), [before[0] + 50, before[1] - 20], 1e-2);
  pointer("move", 300, 300);
  near(at([0, 0]), [before[0] + 50, before[1] - 20], 1e-2);
});

test("two fingers zoom by how far they go apart", () => {
  const { camera, pointer } = open();
  camera.fit(false);
  const before = camera.scale;
  pointer("down", 150, 150, 1);
  pointer("down", 250, 150, 2);
  pointer("move", 350, 150, 2);
  near(camera.scale / before, 2, 1e-2);
});

test("the wheel scrolls the page, and zooms with Ctrl alone", () => {
  const { camera, frame } = open();
  camera.fit(false);
  const before = camera.scale;
  const wheel = (more) => !frame.dispatchEvent(new WheelEvent("wheel", { deltaY: -120, cancelable: true, bubbles: true, ...more }));
  equal([wheel({}), camera.scale], [false, before]);
  ok(wheel({ ctrlKey: true }) && camera.scale > before);
});
