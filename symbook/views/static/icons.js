/** Signs of buttons as paths: fonts differ in what they have. */

import { s } from "./dom.js";

const PATHS = {
  first: "M4 3v10M13 3L6 8l7 5z", back: "M12 3L5 8l7 5z", play: "M5 3l8 5-8 5z", pause: "M5 3v10M11 3v10",
  step: "M3 3l7 5-7 5zM13 3v10", last: "M12 3v10M3 3l7 5-7 5z",
};

export function icon(name) {
  return s("svg", { class: "sb-icon", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, s("path", { d: PATHS[name] }));
}
