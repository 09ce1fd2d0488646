/** Says what happens to those who do not see it: once, and no faster than it can be heard. */

import { h } from "./dom.js";

/** Steps that follow each other faster than this are those of a key that is held. */
const SETTLED = 150;
/** While a run plays, a sentence is given so long to be heard. */
const HEARD = 3000;

export class Announcer {
  #timer = 0;
  #latest = -HEARD;
  #text = "";

  constructor() {
    this.element = h("p", { class: "sb-unseen", "aria-live": "polite", "aria-atomic": "true" });
  }

  /** Say a text soon; what waits to be said is not said any more. */
  say(text, playing = false) {
    this.#text = text;
    // What plays does not put off what is to be said, but takes its place.
    if (playing && this.#timer) return;
    clearTimeout(this.#timer);
    const wait = playing ? Math.max(SETTLED, this.#latest + HEARD - performance.now()) : SETTLED;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#latest = performance.now();
      this.element.textContent = this.#text;
    }, wait);
  }

  dispose() {
    clearTimeout(this.#timer);
  }
}
