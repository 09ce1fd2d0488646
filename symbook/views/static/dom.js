/** Making elements. Texts are set as text, never as markup: names come from users and from files. */

const SVG = "http://www.w3.org/2000/svg";
/** Charts have an edge. */
const BORDER = 1;

/** An HTML element: `h("p", { class: "note", onclick }, "text", child)`. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A button with an accessible name; `label` also says what a sign means. */
export function button(text, label, onclick, attributes = {}) {
  const own = { type: "button", class: "sb-button", title: label, onclick };
  if (text !== label) own["aria-label"] = label;
  return h("button", { ...own, ...attributes }, text);
}

/** The element that has the focus, in the same document or shadow tree as this one. */
export const focused = (element) => element.getRootNode().activeElement;

/** Put other children into an element. Who had the focus in it has it afterwards: on what is called the same, or
 * stands where that stood, or else on `instead`. */
export function refill(element, children, instead = element) {
  const held = element.contains(focused(element)) && focused(element) !== element ? focused(element) : null;
  const stops = () => [...element.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
  const called = (stop) => `${stop.tagName} ${stop.getAttribute("aria-label") ?? stop.textContent}`;
  const name = held && called(held), place = held && stops().indexOf(held);
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined && child !== false));
  if (!held) return;
  const now = stops();
  const next = now.find((stop) => called(stop) === name) ?? (now[place]?.tagName === held.tagName ? now[place] : instead);
  if (next === instead && !instead.hasAttribute("tabindex")) instead.setAttribute("tabindex", "-1");
  next.focus({ preventScroll: true });
}

/** Called with the size of an element, now and whenever it changes; gives what ends that. */
export function whenResized(element, callback) {
  const observer = new ResizeObserver(([entry]) => callback(entry.contentRect.width, entry.contentRect.height));
  observer.observe(element);
  return () => observer.disconnect();
}

/** Give a chart its height, and units in which a text of 12 is as large as the page's texts ask for; gives its
 * width in them, and how many pixels one is. Texts are never smaller than 12 pixels. */
export function scaled(chart, tall) {
  const size = Math.max(1, parseFloat(getComputedStyle(chart.parentElement ?? chart).fontSize) / 14 || 1), wide = (chart.clientWidth || 600) / size;
  chart.setAttribute("viewBox", `0 0 ${wide} ${tall}`);
  chart.setAttribute("height", tall * size + 2 * BORDER);
  return { wide, size };
}

/** Whether the reader asked for no movement. */
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
