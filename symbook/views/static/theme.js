/** Light or dark, as the page around is: told from the colour that is really behind an element. */

/** Keep `data-theme` of an element right, now and when the page changes; gives what ends that. */
export function followTheme(element) {
  const update = () => (element.dataset.theme = isDark(element) ? "dark" : "light");
  update();
  const observer = new MutationObserver(update);
  for (const root of [document.documentElement, document.body]) {
    observer.observe(root, { attributes: true, attributeFilter: ["class", "style", "data-theme", "data-jp-theme-light", "theme"] });
  }
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", update);
  // A page may load its style sheet after this.
  const late = setTimeout(update, 500);
  return () => {
    observer.disconnect();
    scheme.removeEventListener("change", update);
    clearTimeout(late);
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

function channels(colour) {
  const numbers = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return numbers.length < 3 ? [255, 255, 255, 0] : [numbers[0], numbers[1], numbers[2], numbers[3] ?? 1];
}
