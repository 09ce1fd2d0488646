/** Looking at a picture larger than its frame: zoom, pan and fit, by mouse, touch, wheel and keys. */

import { isStill } from "./dom.js";

const MOST = 4, LEAST = 0.02;
/** Pictures are drawn for texts of this size, in pixels; where the page has others, they are larger or smaller. */
export const SIZE = 14;
/** One notch of the wheel, one press of a key. */
const NOTCH = 1.2;
const MOVING = 180;
/** So wide is the empty edge of a picture, which need not be seen. */
const SLACK = 8;

export class Camera {
  #frame;
  #world;
  #size = [1, 1];
  #scale = 1;
  #at = [0, 0];
  #pointers = new Map();
  #moved = false;

  /** @param {SVGSVGElement} frame What is looked through. @param {SVGGElement} world What is looked at. */
  constructor(frame, world) {
    this.#frame = frame;
    this.#world = world;
    frame.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    frame.addEventListener("pointerdown", (event) => this.#down(event));
    frame.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, (event) => this.#up(event));
  }

  /** Whether the frame is on the page at all, and not behind a tab. */
  get seen() {
    return this.#frame.clientWidth > 0;
  }

  get scale() {
    return this.#scale;
  }

  /** Whether the latest press moved the picture, and was no click. */
  get dragged() {
    return this.#moved;
  }

  /** The size of the picture; what was in the middle stays there. */
  resize(size) {
    this.#size = size;
  }

  /** Show all of it, no larger than life; or, where that would be too small to read, what is around a point. */
  fit(smoothly = true, least = LEAST, [x, y] = [this.#size[0] / 2, 0]) {
    const room = this.#room();
    const life = this.life;
    const scale = Math.max(this.legible(least), LEAST, Math.min(life, room[0] / this.#size[0], room[1] / this.#size[1]));
    const at = [x, y].map((place, k) => {
      const spare = room[k] - this.#size[k] * scale;
      return spare >= 0 ? spare / 2 : Math.min(0, Math.max(spare, room[k] / 2 - place * scale));
    });
    this.#go(scale, at, smoothly);
  }

  /** Where a point of the picture is in the frame. */
  spot([x, y]) {
    return [x * this.#scale + this.#at[0], y * this.#scale + this.#at[1]];
  }

  /** Move so that a point of the picture is at a place of the frame. */
  hold([x, y], [left, top]) {
    this.#go(this.#scale, [left - x * this.#scale, top - y * this.#scale], false);
  }

  /** Show a box of the picture as large as it can be read in the frame. */
  show([x, y, wide, tall], smoothly = true) {
    const room = this.#room(), edge = 16;
    const scale = Math.min(this.life, Math.max(LEAST, Math.min(room[0] / (wide + 2 * edge), room[1] / (tall + 2 * edge))));
    this.#go(scale, [room[0] / 2 - (x + wide / 2) * scale, room[1] / 2 - (y + tall / 2) * scale], smoothly);
  }

  /** Whether a box of the picture can be seen, its middle at least. */
  sees([x, y, wide, tall]) {
    const room = this.#room();
    return this.spot([x + wide / 2, y + tall / 2]).every((place, k) => place > 0 && place < room[k]);
  }

  /** Zoom by a factor, around a point of the frame or its middle. */
  zoom(factor, around = this.#room().map((length) => length / 2), smoothly = true) {
    const scale = Math.min(MOST, Math.max(LEAST, this.#scale * factor));
    const part = scale / this.#scale;
    this.#go(scale, this.#at.map((at, k) => around[k] - (around[k] - at) * part), smoothly);
  }

  pan(dx, dy, smoothly = true) {
    this.#go(this.#scale, [this.#at[0] + dx, this.#at[1] + dy], smoothly);
  }

  /** Bring a box of the picture, `[x, y, width, height]`, into the frame, large enough to be read. Where all of it
   * is there, nothing moves; `larger` is false where its size is the reader's choice. Gives whether it moved.
   */
  reveal([x, y, wide, tall], smoothly = true, larger = true) {
    if (!this.seen) return false;
    const room = this.#room(), edge = 24;
    const least = Math.min(this.life, room[0] / (wide + 2 * edge), room[1] / (tall + 2 * edge));
    const scale = larger ? Math.max(this.#scale, Math.min(least, 0.6)) : this.#scale;
    const [[left, top], [right, bottom]] = [this.spot([x, y]), this.spot([x + wide, y + tall])];
    if (scale === this.#scale && left >= -0.5 && top >= -0.5 && right <= room[0] + 0.5 && bottom <= room[1] + 0.5) return false;
    const at = this.#at.map((place, k) => {
      const zoomed = scale === this.#scale ? place : room[k] / 2 - (room[k] / 2 - place) * (scale / this.#scale);
      const low = [x, y][k] * scale + zoomed, high = low + [wide, tall][k] * scale;
      if (low < edge) return zoomed + edge - low;
      return high > room[k] - edge ? zoomed - (high - room[k] + edge) : zoomed;
    });
    this.#go(scale, at, smoothly);
    return true;
  }

  #room() {
    const { clientWidth, clientHeight } = this.#frame;
    return [clientWidth || 1, clientHeight || 1];
  }

  /** The scale at which texts are of the page's size. */
  get life() {
    return (parseFloat(getComputedStyle(this.#frame.parentElement ?? this.#frame).fontSize) || SIZE) / SIZE;
  }

  /** A least scale, where texts are of the page's size: smaller ones do not make it smaller, larger ones larger. */
  legible(least) {
    return Math.min(this.life, least * Math.max(1, this.life));
  }

  /** The sides on which there is more than the frame shows. */
  get beyond() {
    const slack = SLACK * this.#scale + 1, [wide, tall] = this.#room();
    const [[left, top], [right, bottom]] = [this.spot([0, 0]), this.spot(this.#size)];
    const sides = { left: left < -slack, top: top < -slack, right: right > wide + slack, bottom: bottom > tall + slack };
    return this.seen ? Object.keys(sides).filter((side) => sides[side]) : [];
  }

  /** Move to what is beyond a side, most of a frame further. */
  turn(side) {
    const room = this.#room(), k = side === "left" || side === "right" ? 0 : 1, back = side === "left" || side === "top";
    const left = back ? -this.#at[k] : this.spot(this.#size)[k] - room[k], by = Math.min(left, room[k] * 0.8) * (back ? 1 : -1);
    this.pan(k ? 0 : by, k ? by : 0);
  }

  #go(scale, at, smoothly) {
    this.#scale = scale;
    this.#at = at;
    this.onMove?.();
    const style = this.#world.style;
    style.transition = smoothly && !isStill() ? `transform ${MOVING}ms ease-out` : "none";
    style.transform = `translate(${at[0]}px, ${at[1]}px) scale(${scale})`;
  }

  #point({ clientX, clientY }) {
    const { left, top } = this.#frame.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  /** The wheel alone scrolls the page; with Ctrl or ⌘, as a touchpad's pinch sends it, it zooms. */
  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(NOTCH ** (-event.deltaY / 60), this.#point(event), false);
  }

  #down(event) {
    if (event.button > 0) return;
    this.#pointers.set(event.pointerId, this.#point(event));
    this.#moved = false;
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = this.#point(event);
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    if (!this.#moved && Math.hypot(dx, dy) < 4) return;
    if (!this.#moved) this.#frame.setPointerCapture(event.pointerId);
    this.#moved = true;
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) this.zoom(distance(now, other) / Math.max(distance(before, other), 1), other, false);
    else this.pan(dx, dy, false);
    this.#pointers.set(event.pointerId, now);
  }

  #up(event) {
    this.#pointers.delete(event.pointerId);
  }
}

function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
