/** Signs of buttons as paths: fonts differ in what they have. */

import { s } from "./dom.js";

const PATHS = {
  first: "M2.5 3v10M8 3L3.5 8 8 13zM13 3L8.5 8l4.5 5z", back: "M12.5 3v10M9.5 3L3.5 8l6 5z", play: "M4.5 3l8 5-8 5z", pause: "M5 3v10M11 3v10",
  step: "M3.5 3v10M6.5 3l6 5-6 5z", last: "M13.5 3v10M8 3l4.5 5L8 13zM3 3l4.5 5L3 13z",
  screen: "M2.5 6V2.5H6zM10 2.5h3.5V6zM13.5 10v3.5H10zM6 13.5H2.5V10z",
};

export function icon(name) {
  return s("svg", { class: "sb-icon", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, s("path", { d: PATHS[name] }));
}
