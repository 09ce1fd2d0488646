/** Python, as one rendering of a view sees it: questions, answers, and what is said when no answer comes. */

/** In milliseconds. A kernel that runs nothing answers in a tenth of it. */
const PATIENCE = 4000;
const LATE = "Python has not answered yet: it is running a cell, or it is gone.";
const GONE = "Python is gone, as its kernel ended or was restarted: run the cell again to ask it.";

export class Python {
  #model;
  #element;
  #name = Math.random().toString(36).slice(2);
  #count = 0;
  #asked = new Map();
  #replied = [];
  #noticed = [];
  #hear = (reply) => this.#heard(reply);

  /** @param {object} model anywidget's model of the view. @param {Element} element Where this rendering is. */
  constructor(model, element) {
    this.#model = model;
    this.#element = element;
    model.on("msg:custom", this.#hear);
  }

  /** Ask something; the answer goes to all that `onReply` was given. */
  send(message) {
    const question = (this.#count += 1);
    this.#asked.set(question, setTimeout(() => this.#notice(LATE), PATIENCE));
    // A view whose kernel ends cannot send; one that is drawn without a kernel is told by a class alone.
    if (this.#element.closest(".jupyter-widgets-disconnected")) return this.#fail(question);
    try {
      const sent = this.#model.send({ ...message, asker: this.#name, question });
      sent?.catch?.(() => this.#fail(question));
    } catch {
      this.#fail(question);
    }
  }

  onReply(listener) {
    this.#replied.push(listener);
  }

  /** Call with a sentence when no answer comes, and with an empty text when one has come. */
  onNotice(listener) {
    this.#noticed.push(listener);
  }

  dispose() {
    this.#model.off("msg:custom", this.#hear);
    for (const timer of this.#asked.values()) clearTimeout(timer);
  }

  #heard(reply) {
    const mine = reply.asker === this.#name;
    if (mine) this.#done(reply.question, "");
    // What another rendering of the same view asked changes the view, or does not concern this one.
    if (mine || reply.news) for (const listener of this.#replied) listener(reply);
  }

  #fail(question) {
    queueMicrotask(() => this.#done(question, GONE));
  }

  #done(question, text) {
    clearTimeout(this.#asked.get(question));
    this.#asked.delete(question);
    this.#notice(text);
  }

  #notice(text) {
    for (const listener of this.#noticed) listener(text);
  }
}
