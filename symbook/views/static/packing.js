/** A document as it came: large ones are compressed. */

const OLD = "This browser is too old for so large a graph: it cannot read what is compressed.";

const known = new WeakMap();

/** The document itself where it came as it is, or else a promise of it, the same whenever it is asked for.
 *
 * @param {object} data `{gzip}` has its JSON, compressed, in Base64. A document that is not packed is given back.
 */
export function unpacked(data) {
  if (!data.gzip) return data;
  if (!known.has(data)) known.set(data, inflated(data.gzip));
  return known.get(data);
}

async function inflated(text) {
  if (!globalThis.DecompressionStream) throw new Error(OLD);
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let k = 0; k < letters.length; k++) bytes[k] = letters.charCodeAt(k);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}
