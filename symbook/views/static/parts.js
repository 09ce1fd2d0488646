/** Parts of large arrays, which Python has: each is asked for when it is looked at, and kept. */

export class Parts {
  #host;
  #known = new Map();
  #waiting = new Map();

  /** @param {{send: Function, onReply: Function}} host */
  constructor(host) {
    this.#host = host;
    host.onReply((reply) => "part" in reply && this.#take(reply));
    // What was asked in vain may be asked again.
    host.onNotice((text) => text && this.#waiting.clear());
  }

  /** A function that gives the parts of one of the document's values, as `drawValue` takes it. */
  of(number) {
    return (kind, at, done) => {
      const key = [number, kind, ...at].join();
      if (this.#known.has(key)) return this.#known.get(key);
      if (!this.#waiting.has(key)) this.#host.send({ value: number, part: kind, at: [...at] });
      this.#waiting.set(key, done);
      return null;
    };
  }

  #take({ value, kind, at, part }) {
    const key = [value, kind, ...at].join();
    this.#known.set(key, part);
    this.#waiting.get(key)?.();
    this.#waiting.delete(key);
  }
}
