/** What pages do beside their views: the theme, what is folded on paper, scrolling by keys. */
(() => {
  "use strict";
  const root = document.documentElement;
  const THEMES = ["auto", "light", "dark"];
  const KEPT = "symbook-theme";

  // A page from a folder may have no store.
  const stored = (act) => {
    try {
      return act(localStorage);
    } catch {
      return null;
    }
  };

  const setTheme = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };

  const themeNow = () => root.dataset.theme ?? "auto";

  const kept = stored((store) => store.getItem(KEPT));
  if (THEMES.includes(kept)) setTheme(kept);

  const readyTheme = () => {
    const button = document.querySelector("button.theme");
    const tell = () => (button.querySelector("span").textContent = `Theme: ${themeNow()}`);
    button.hidden = false;
    button.addEventListener("click", () => {
      const next = THEMES[(THEMES.indexOf(themeNow()) + 1) % THEMES.length];
      setTheme(next);
      stored((store) => store.setItem(KEPT, next));
      tell();
    });
    tell();
  };

  /** The contents are folded where they would stand above the text. */
  const readyContents = () => {
    const fold = document.querySelector(".contents > details");
    const wide = matchMedia("(min-width: 62rem)");
    const fit = () => (fold.open = wide.matches);
    fit();
    wide.addEventListener("change", fit);
  };

  /** What is wider than its place is reached by keys, too. */
  const readyScrolling = () => {
    const fit = () => {
      for (const part of document.querySelectorAll("pre, .wide, .shown")) {
        if (part.scrollWidth > part.clientWidth + 1) part.tabIndex = 0;
        else part.removeAttribute("tabindex");
      }
    };
    new ResizeObserver(fit).observe(document.querySelector("main"));
  };

  /** On paper all is open. */
  const readyPaper = () => {
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = [...document.querySelectorAll("main details:not([open])")];
      for (const fold of opened) fold.open = true;
    });
    addEventListener("afterprint", () => {
      for (const fold of opened) fold.open = false;
    });
  };

  addEventListener("DOMContentLoaded", () => [readyTheme, readyContents, readyScrolling, readyPaper].forEach((ready) => ready()));
})();
