/** An array as the picture that it probably is. */

import { button, h } from "./dom.js";
import { numberText } from "./texts.js";

const WIDE = 232;
const AXES = { N: "which picture", C: "channel", H: "row", W: "column" };

/** @param {{of: number[], rows: number, columns: number, channels: number, bytes: Uint8Array}} pixels */
export function drawImage(pixels, value, name, look) {
  const { rows, columns, of } = pixels, shrunk = of[0] > rows;
  const canvas = h("canvas", { width: columns, height: rows, class: "sb-image", role: "img", "aria-label": `${name} as a picture of ${of[0]} by ${of[1]} pixels` });
  canvas.getContext("2d").putImageData(imageData(pixels), 0, 0);
  const best = Math.max(1, Math.floor(WIDE / Math.max(rows, columns)));
  const zoomed = (zoom) => {
    look.zoom = Math.max(1, Math.min(16, zoom));
    canvas.style.width = `${columns * look.zoom}px`;
    size.textContent = ` ${look.zoom}× `;
  };
  const size = h("span", { class: "sb-told", role: "status" });
  const tools = h("div", { class: "sb-tools" }, button("−", "Make the picture smaller", () => zoomed(look.zoom - 1)), size, button("+", "Make the picture larger", () => zoomed(look.zoom + 1)));
  zoomed(look.zoom ?? best);
  const caption = `${of[0]} × ${of[1]} pixels${shrunk ? `, shown by ${rows} × ${columns}` : ""}. ${guess(value)}`;
  return [h("div", { class: "sb-scroll", role: "region", "aria-label": `Picture of ${name}`, tabindex: "0" }, canvas), tools, h("p", { class: "sb-told" }, caption)];
}

function imageData({ rows, columns, channels, bytes }) {
  const image = new ImageData(columns, rows);
  for (let k = 0; k < rows * columns; k++) {
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = bytes[channels * k + (channels < 3 ? 0 : c)];
    image.data[4 * k + 3] = channels === 4 ? bytes[4 * k + 3] : 255;
  }
  return image;
}

/** What was guessed of axes and numbers. */
function guess({ image: { order, low, high }, shape }) {
  const axes = [...order].map((axis, k) => `${AXES[axis]} (${shape[k]})`).join(", ");
  return `Guessed: axes are ${axes}; black is ${numberText(low)}, white ${numberText(high)}.`;
}
