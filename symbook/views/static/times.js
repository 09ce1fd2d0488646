/** Times, sizes and counts as people read them. */

const UNITS = [["s", 1], ["ms", 1e-3], ["µs", 1e-6]];

/** Seconds, with as many digits as steps of that size need. */
export function timeText(seconds, step = seconds / 100) {
  const unit = seconds >= 1 ? UNITS[0] : seconds >= 1e-4 || step >= 1e-3 ? UNITS[1] : UNITS[2];
  return perSecond(seconds, unit, step);
}

/** The unit in which moments up to this one are read best. */
export function unitOf(seconds) {
  return UNITS.find(([, size]) => seconds >= size / 2) ?? UNITS[2];
}

/** Seconds in a unit. */
export function perSecond(seconds, [unit, size], step) {
  const digits = Math.max(0, Math.min(3, -Math.floor(Math.log10(step / size || 1) + 1e-9)));
  return `${Number((seconds / size).toFixed(digits))} ${unit}`;
}

/** `1 step`, `3 steps`. */
export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** The least of 1, 2, 5 × 10^k that is not less. */
export function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least || 1e-9));
  return [1, 2, 5, 10].map((k) => k * power).find((step) => step >= least * (1 - 1e-9));
}
