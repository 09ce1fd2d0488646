/** Which of the cells of a picture the reader points at, by mouse or by arrow keys. */

export class Pointer {
  #at = null;

  /**
   * @param {Element} element Takes the focus.
   * @param {number[]} counts Rows and columns.
   * @param {(row: number|null, column: number|null) => void} tell
   */
  constructor(element, [rows, columns], tell) {
    const go = (row, column) => {
      this.#at = [Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column))];
      tell(...this.#at);
    };
    const leave = () => {
      this.#at = null;
      tell(null, null);
    };
    element.addEventListener("pointermove", (event) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      go(Math.floor(((event.clientY - top) / height) * rows), Math.floor(((event.clientX - left) / width) * columns));
    });
    element.addEventListener("pointerleave", leave);
    element.addEventListener("blur", leave);
    element.addEventListener("keydown", (event) => {
      const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [];
      if (down === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.#at) go(this.#at[0] + down, this.#at[1] + right);
      else go(0, 0);
      event.preventDefault();
      event.stopPropagation();
    });
  }
}
