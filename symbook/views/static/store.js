/** What several views share: each is told when another changes it. */

export class Store {
  #values;
  #listeners = new Map();

  constructor(values) {
    this.#values = { ...values };
  }

  get(name) {
    return this.#values[name];
  }

  /** Set values; who listens to one that changed is called once, after all are set. */
  set(changes) {
    const changed = Object.keys(changes).filter((name) => !Object.is(this.#values[name], changes[name]));
    Object.assign(this.#values, changes);
    const called = new Set(changed.flatMap((name) => this.#listeners.get(name) ?? []));
    for (const listener of called) listener(this);
  }

  /** Call when one of these changes; gives what ends that. */
  on(names, listener) {
    for (const name of names) this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return () => {
      for (const name of names) {
        this.#listeners.set(name, this.#listeners.get(name).filter((other) => other !== listener));
      }
    };
  }
}
