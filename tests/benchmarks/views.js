/** Times of what a reader does in a view: from the change to the frame that shows it. Run in the page. */

async (calls) => {
  // A frame is painted when a task that was posted in its callback runs.
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(0);
  }));
  const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  const $ = (selector) => document.querySelector(selector);
  const button = (name) => [...document.querySelectorAll("button")].find((found) => found.getAttribute("aria-label") === name);
  const found = {};
  /** Milliseconds of work, and until the frame is painted: medians of so many calls. A frame alone takes up to 1/60 s. */
  const time = async (name, count, act) => {
    const work = [], all = [];
    for (let k = 0; k < count; k++) {
      await painted();
      const begin = performance.now();
      act(k);
      // Style and layout belong to the work.
      document.body.getBoundingClientRect();
      work.push(performance.now() - begin);
      await painted();
      all.push(performance.now() - begin);
    }
    found[name] = { work: median(work), painted: median(all) };
  };
  const scrubber = $(".sb-scrubber"), search = $(".sb-search"), frame = $(".sb-frame");
  const type = (text) => {
    search.value = text;
    search.dispatchEvent(new Event("input"));
  };
  const scrubTo = (k) => {
    scrubber.value = k;
    scrubber.dispatchEvent(new Event("input"));
  };
  const toAndFro = async (count) => {
    for (let k = 0; k < count; k++) {
      button(k % 100 < 50 ? "Step back" : "Step").click();
      if (k % 20 === 0) await painted();
    }
  };
  const heap = async () => {
    for (let k = 0; k < 3; k++) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return performance.memory?.usedJSHeapSize ?? 0;
  };
  await time("frame", calls, () => {});
  scrubTo(scrubber.max);
  await time("step", calls, () => button("Step back").click());
  await time("scrub", calls, (k) => scrubTo((k * 7919) % scrubber.max));
  const texts = ["conv", "relu", "1", "(1,", "batch bn"];
  await time("search", calls, (k) => type(texts[k % texts.length]));
  type("");
  await time("zoom", calls, (k) => button(k % 2 ? "Zoom in" : "Zoom out").click());
  const groups = [...document.querySelectorAll(".sb-group")].map((box) => box.getAttribute("aria-label"));
  if (groups.length) {
    const opened = [];
    for (let k = 0; k < Math.min(calls, 10); k++) {
      const box = document.querySelectorAll(".sb-group")[(3 * k) % groups.length];
      await painted();
      const begin = performance.now();
      box.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      await painted();
      opened.push(performance.now() - begin);
      button("Close all groups")?.click();
    }
    found.open = { painted: median(opened) };
  }
  const { left, top } = frame.getBoundingClientRect();
  const pointer = (kind, x) => frame.dispatchEvent(new PointerEvent(kind, { pointerId: 1, clientX: left + x, clientY: top + x, button: 0, bubbles: true }));
  frame.setPointerCapture = () => {};
  pointer("pointerdown", 50);
  await time("pan", calls, (k) => pointer("pointermove", 60 + 5 * k));
  pointer("pointerup", 60);
  // A try, of few calls, needs no thousand steps.
  const steps = calls < 4 ? 50 : 1000;
  await toAndFro(steps / 5);
  const before = await heap();
  await toAndFro(steps);
  found.grown = (await heap()) - before;
  found.boxes = document.querySelectorAll("[data-box]").length;
  return found;
}
