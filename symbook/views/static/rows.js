/** Things in a row of which one is a stop for Tab, and which the arrow keys go along. */

/** Let keys go along `items()`, and choose the one with the focus; gives what makes one of them the stop. */
export function rove(container, items, choose) {
  container.addEventListener("click", (event) => {
    const item = items().find((one) => one.contains(event.target));
    if (item) choose(item);
  });
  container.addEventListener("keydown", (event) => {
    const all = items(), at = all.indexOf(event.target);
    const next = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    const chosen = event.key === "Enter" || event.key === " ";
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey || (next === undefined && !chosen)) return;
    if (chosen) choose(all[at]);
    else if (all[next]) {
      stopAt(all[next]);
      all[next].focus();
    }
    event.preventDefault();
    event.stopPropagation();
  });
  const stopAt = (item) => {
    for (const one of items()) one.setAttribute("tabindex", one === item ? "0" : "-1");
  };
  return stopAt;
}
