/** What stands in the boxes of a picture, and how large they are: the looks of `render/scene.py`. */

const TITLE = 14, SIGN = 18, SMALL = 11, TINY = 10;
export const LEADING = 1.3;
const LONGEST = 30;
const STEM = 13, LABEL = 20;
const FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** The box of a node or a closed group: `rows` of text with their sizes, `kind`, `ports`, and a `label` below it, or none. */
export function boxOf(graph, unit, labelOf, across = false) {
  const box = unit.group ? groupBox(graph, unit) : nodeBox(graph, unit.node);
  box.unit = unit;
  box.label = labelFor(graph, unit, labelOf);
  // Names of inputs stand along the upper side; from the left to the right, edges arrive elsewhere.
  if (across) box.ports = [];
  measure(box, across ? 0 : unit.arriving);
  if (across && box.label) box.size[0] = box.item[0];
  return box;
}

/** The box of one of the graph's outputs, or of several that come out of one group. */
export function outputBox(graph, numbers) {
  const name = graph.headNames?.[numbers[0]] ?? graph.entryName(graph.heads[numbers[0]]), many = numbers.length;
  const told = many > 1 ? `${name}, …` : graph.heads.length > 1 ? `output ${numbers[0]}` : "output";
  const rows = [row(many > 1 ? `${many.toLocaleString("en")} outputs` : shorten(name), TITLE, "bold"), row(shorten(told, 40), SMALL, "muted")];
  const box = { kind: "output", rows, ports: [], label: null, title: `output ${name}` };
  measure(box, 1);
  return box;
}

function nodeBox(graph, i) {
  const node = graph.nodes[i];
  const name = row(shorten(node.name) || "(no name)", SMALL, "muted");
  if (!node.op) {
    const rows = [{ ...name, size: TITLE, look: "bold" }];
    if (node.role === "auxiliary") rows.push(row("auxiliary state", SMALL, "muted"));
    else if (node.outs[0].dtype) rows.push(row(node.outs[0].dtype, SMALL, "muted sb-dtype"));
    if (node.note) rows.push(row(shorten(node.note, 40), SMALL, "note"));
    return { kind: node.role, rows, ports: [], title: `${node.role === "auxiliary" ? "auxiliary state" : "variable"} ${node.name}` };
  }
  const title = node.title ?? node.op;
  const rows = [row(title, title.length <= 2 ? SIGN : TITLE, "bold")];
  if (node.params) rows.push(row(shorten(node.params, 40), SMALL, ""));
  rows.push(name);
  if (node.note) rows.push(row(shorten(node.note, 40), SMALL, "note"));
  return { kind: "operator", rows, ports: node.ports ?? [], title: `${node.op} ${node.name}` };
}

function groupBox(graph, { members, group }) {
  const ops = new Map();
  for (const i of members) {
    const { op } = graph.nodes[i];
    if (op) ops.set(op, (ops.get(op) ?? 0) + 1);
  }
  const most = [...ops].sort((a, b) => b[1] - a[1]).slice(0, 3).map(([op, n]) => (n > 1 ? `${n} ${op}` : op));
  const variables = members.length - [...ops.values()].reduce((sum, n) => sum + n, 0);
  const count = `${members.length.toLocaleString("en")} nodes${variables ? `, ${variables.toLocaleString("en")} of them variables` : ""}`;
  const rows = [row(shorten(group.title), TITLE, "bold"), row(count, SMALL, "")];
  if (most.length) rows.push(row(shorten(most.join(", ") + (ops.size > 3 ? ", …" : ""), 44), SMALL, "muted"));
  const noted = members.filter((i) => graph.nodes[i].note).length;
  if (noted) rows.push(row(`${noted.toLocaleString("en")} changed`, SMALL, "note"));
  return { kind: "group", rows, ports: [], title: `${group.title}: ${members.length} nodes, closed` };
}

/** The entry whose label stands below a unit: of the only one that others read, if there is just one. */
function labelFor(graph, { members }, labelOf) {
  const leaving = new Map(), inside = new Set(members);
  for (const i of members) {
    for (const reader of graph.readers[i]) {
      if (inside.has(reader)) continue;
      for (const [from, index] of graph.nodes[reader].inputs) if (from === i) leaving.set(`${i},${index}`, [i, index]);
    }
    for (const k of graph.headsOf.get(i) ?? []) leaving.set(graph.heads[k].join(), graph.heads[k]);
    if (leaving.size > 1) return null;
  }
  const [entry] = leaving.values();
  const texts = entry ? labelOf(entry) : [];
  if (!texts.length) return null;
  const widest = texts.reduce((most, text) => Math.max(most, width(text, SMALL)), 0);
  return { entry, text: texts[0], size: [Math.round(widest + 16), LABEL] };
}

function measure(box, arriving) {
  const sides = { variable: 30, auxiliary: 30, output: 46, group: 30, operator: 22 }[box.kind];
  const least = { variable: 34, auxiliary: 34, output: 42, group: 60, operator: 44 }[box.kind];
  const widest = box.rows.reduce((most, { text, size, look }) => Math.max(most, width(text, size, look === "bold")), 0);
  let wide = Math.max(64, Math.round(widest + sides));
  let tall = Math.max(least, box.rows.reduce((sum, { size }) => sum + size * LEADING, 10));
  if (box.ports.length) {
    const port = box.ports.reduce((most, name) => Math.max(most, width(name, TINY)), 0);
    wide = Math.max(wide, Math.round(box.ports.length * (port + 10)));
    tall += 10;
  } else if (box.kind === "operator") {
    wide = Math.max(wide, Math.min(arriving, 16) * 12 + 16);
  }
  if (box.label && box.ports.length) wide = Math.max(wide, box.label.size[0]);
  // Below its texts, a group shows how much of it is done.
  if (box.kind === "group") tall += 10;
  box.size = [wide, Math.round(tall)];
  box.item = box.label ? [Math.max(wide, box.label.size[0]), box.size[1] + STEM + LABEL] : box.size;
}

function row(text, size, look) {
  return { text, size, look };
}

/** The text, its middle left out beyond so many characters: both ends tell names apart. */
export function shorten(text, most = LONGEST) {
  const letters = [...text];
  if (letters.length <= most) return text;
  const head = Math.floor(((most - 1) * 3) / 5);
  return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (most - 1 - head)).join("")}`;
}

let pen = null;
const widths = new Map();

/** Width of a text in pixels. */
export function width(text, size, bold = false) {
  const key = `${bold ? "b" : ""}${text}`;
  if (!widths.has(key)) {
    pen ??= document.createElement("canvas").getContext("2d");
    pen.font = `${bold ? "bold " : ""}100px ${FONT}`;
    if (widths.size > 20000) widths.clear();
    widths.set(key, pen.measureText(text).width / 100);
  }
  return widths.get(key) * size;
}
