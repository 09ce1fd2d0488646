/** Says what happens to those who do not see it: once, and no faster than it can be heard. */

import { h } from "./dom.js";

/** Steps that follow each other faster than this are those of a key that is held. */
const SETTLED = 150;
/** While a run plays, a sentence is given so long to be heard. */
const HEARD = 3000;

export class Announcer {
  #timer = 0;
  #latest = 0;

  constructor() {
    this.element = h("p", { class: "sb-unseen", "aria-live": "polite", "aria-atomic": "true" });
  }

  /** Say a text soon; what waits to be said is not said any more. */
  say(text, playing = false) {
    clearTimeout(this.#timer);
    const wait = playing ? Math.max(SETTLED, this.#latest + HEARD - performance.now()) : SETTLED;
    this.#timer = setTimeout(() => {
      this.#latest = performance.now();
      this.element.textContent = text;
    }, wait);
  }

  dispose() {
    clearTimeout(this.#timer);
  }
}
