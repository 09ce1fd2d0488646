/** Light or dark, and with how much contrast, as the page around is: told from the colour that is really behind an
 * element, and from what notebooks say of their themes. */

/** What notebooks change when they change their theme. */
const SAID = ["class", "style", "theme", "data-theme", "data-jp-theme-light", "data-jp-theme-name", "data-vscode-theme-kind"];
const QUERIES = ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"];
/** Style sheets of a theme may come after the page says that it has changed; in milliseconds. */
const LATE = [100, 600];

/** Keep `data-theme` and `data-contrast` of an element right, now and when the page changes; gives what ends that. */
export function followTheme(element) {
  let timers = [];
  const look = () => {
    element.dataset.theme = isDark(element) ? "dark" : "light";
    element.dataset.contrast = hasContrast() ? "more" : "usual";
  };
  const update = () => {
    look();
    timers.forEach(clearTimeout);
    timers = LATE.map((wait) => setTimeout(look, wait));
  };
  update();
  const observer = new MutationObserver(update);
  for (const root of [document.documentElement, document.body]) observer.observe(root, { attributes: true, attributeFilter: SAID });
  const queries = QUERIES.map((text) => matchMedia(text));
  for (const query of queries) query.addEventListener("change", update);
  return () => {
    observer.disconnect();
    for (const query of queries) query.removeEventListener("change", update);
    timers.forEach(clearTimeout);
  };
}

function isDark(element) {
  for (let at = element.parentElement ?? element.getRootNode().host; at; at = at.parentElement ?? at.getRootNode().host) {
    const [red, green, blue, alpha] = channels(getComputedStyle(at).backgroundColor);
    if (alpha > 0.5) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  }
  // Nothing is painted: the page's own colour follows its colour scheme.
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  return scheme.includes("dark") && (dark || !scheme.includes("light"));
}

/** Whether the reader or the notebook's theme asks for more contrast than usual. */
function hasContrast() {
  const { className = "", dataset } = document.body;
  const named = `${className} ${dataset.jpThemeName ?? ""} ${dataset.vscodeThemeKind ?? ""}`;
  return matchMedia("(prefers-contrast: more)").matches || /high.?contrast/i.test(named);
}

function channels(colour) {
  if (!colour.startsWith("rgb")) return painted(colour);
  const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
  return [red, green, blue, alpha];
}

/** A colour of any notation, such as `oklch(…)`: what a pixel becomes by it. */
function painted(colour) {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  pen.fillStyle = "transparent";
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}
