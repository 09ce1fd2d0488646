/** Scales of colours: they are told apart with all common kinds of colour blindness. */

/** @typedef {{low: number, high: number, both: boolean, colour: (x: number) => number[]}} Scale */

/** The scale for numbers of a range: from blue over white at zero to red where there are both signs, or else from
 * dark blue over green to light yellow.
 * @returns {Scale}
 */
export function scaleOf(low, high) {
  const both = low < 0 && high > 0, most = Math.max(-low, high);
  // Halves keep the span of the largest numbers finite.
  const part = (x) => (low === high ? 0.5 : (x / 2 - low / 2) / (high / 2 - low / 2));
  return { low, high, both, colour: both ? (x) => signed(x / most) : (x) => plain(Math.min(1, Math.max(0, part(x)))) };
}

/** CSS of a scale from left to right. */
export function gradientOf({ low, high, colour }) {
  const stops = Array.from({ length: 17 }, (_, k) => low * (1 - k / 16) + high * (k / 16));
  return `linear-gradient(to right, ${stops.map((x) => `rgb(${colour(x).join(", ")})`).join(", ")})`;
}

/** The scale of the static heat maps, 0 to 1. */
function plain(t) {
  return rgb(0.25 + 0.7 * t, 0.088 + 0.3 * (t - 0.38) ** 2, 285 - 178 * t);
}

/** −1 is dark blue, 0 white, 1 dark red. */
function signed(t) {
  const size = Math.min(1, Math.abs(t));
  return rgb(0.97 - 0.53 * size, 0.155 * size ** 0.85, t < 0 ? 258 : 38);
}

/** Oklch to sRGB: Björn Ottosson's formulas. */
function rgb(lightness, chroma, degrees) {
  const hue = (degrees * Math.PI) / 180, a = chroma * Math.cos(hue), b = chroma * Math.sin(hue);
  const cones = [
    lightness + 0.3963377774 * a + 0.2158037573 * b,
    lightness - 0.1055613458 * a - 0.0638541728 * b,
    lightness - 0.0894841775 * a - 1.291485548 * b,
  ].map((cone) => cone ** 3);
  const linear = [
    4.0767416621 * cones[0] - 3.3077115913 * cones[1] + 0.2309699292 * cones[2],
    -1.2684380046 * cones[0] + 2.6097574011 * cones[1] - 0.3413193965 * cones[2],
    -0.0041960863 * cones[0] - 0.7034186147 * cones[1] + 1.707614701 * cones[2],
  ];
  return linear.map((part) => {
    const x = Math.min(1, Math.max(0, part));
    return Math.round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
  });
}
