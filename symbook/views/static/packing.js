/** A document as it came: large ones are compressed. */

const OLD = "This browser is too old for so large a graph: it cannot read what is compressed.";

/** The document itself where it came as it is, or else a promise of it.
 *
 * @param {object} data `{gzip}` has its JSON, compressed, in Base64. A document that is not packed is given back.
 */
export function unpacked(data) {
  return data.gzip ? inflated(data.gzip) : data;
}

async function inflated(text) {
  if (!globalThis.DecompressionStream) throw new Error(OLD);
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let k = 0; k < letters.length; k++) bytes[k] = letters.charCodeAt(k);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}
