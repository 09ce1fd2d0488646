/** The values of a document, by number: those that did not come with it are asked of Python, each once. */

import { Parts } from "./parts.js";

export class Values {
  #known;
  #host;
  #asked = new Set();
  #recorded;
  #parts;

  /**
   * @param {Array<object|null>} values Null is what did not come.
   * @param {{send: Function, onReply: Function, onNotice: Function}|null} host
   */
  constructor(values, host) {
    // The document may be shown twice: what is added here is this rendering's own.
    this.#known = [...values];
    this.#host = host;
    // Python keeps what was recorded, and no values of a "what if".
    this.#recorded = values.length;
    this.#parts = host && new Parts(host);
    // What was asked in vain may be asked again.
    host?.onNotice((text) => text && this.#asked.clear());
  }

  /** A value, if it is here; if not, and unless told otherwise, it is asked for. */
  at(number, ask = true) {
    const value = this.#known[number];
    if (value === null && ask && this.#host && !this.#asked.has(number)) {
      this.#asked.add(number);
      this.#host.send({ value: number });
    }
    return value ?? undefined;
  }

  /** What gives the parts of a value, as `drawValue` takes it; null where nobody has them. */
  partsOf(number) {
    return number < this.#recorded ? this.#parts.of(number) : null;
  }

  /** Take a value that has come. */
  take(number, summary) {
    this.#known[number] = summary;
  }

  /** Add values; gives the number of the first. */
  add(values) {
    return this.#known.push(...values) - values.length;
  }
}
