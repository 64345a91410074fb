// From numbers to colours: the scales of the report's figures. Lightness alone tells the order.
const below = ["#08304f", "#0067a3", "#8cc0e0", "#f6f5f2"];
const above = ["#f6f5f2", "#f0b27a", "#b64e00", "#5a2500"];
const rising = ["#14253c", "#184a70", "#1f7889", "#4fa886", "#b7d884", "#fff8cf"];

function between(colours, share) {
  const at = Math.min(Math.max(share, 0), 1) * (colours.length - 1), low = Math.min(Math.floor(at), colours.length - 2);
  const part = (colour, i) => parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
  return [0, 1, 2].map((i) => part(colours[low], i) * (1 - at + low) + part(colours[low + 1], i) * (at - low));
}

function colour(x, limit, signed) {
  const share = (Number.isFinite(x) ? x : 0) / (limit || 1);
  if (!signed) return between(rising, share);
  return share < 0 ? between(below, share + 1) : between(above, share);
}

// Relative luminance, 0 to 1 (WCAG 2.2). Black letters stand out better above 0.179, white ones below, either by 4.5 : 1.
function luminance(rgb) {
  const linear = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

// A small square with its number.
function cell(x, limit, signed, options = {}) {
  if (x === null) return el("span", { class: "cell outside", title: say("outside") }, options.text ?? "·");
  const [r, g, b] = colour(x, limit, signed).map(Math.round);
  const light = luminance([r, g, b]) > 0.179;
  const node = el("span", { class: "cell " + (light ? "on-light" : "on-dark") + (options.marked ? " marked" : "") }, options.plain ? "" : num(x, "", Math.abs(x) < 0.01 ? 2 : 3));
  node.dataset.value = x;
  node.style.background = `rgb(${r} ${g} ${b})`;
  if (options.plain) node.title = short(x);
  return node;
}

function grid(values, columns, limit, signed, options = {}) {
  const plain = columns > 5 || values.length > 25;
  const node = el("span", { class: "grid" + (plain ? " plain" : ""), role: "img", "aria-label": options.label });
  node.style.setProperty("--columns", columns);
  values.forEach((x, i) => node.append(cell(x, limit, signed, { plain, marked: options.marked === i, text: options.outside })));
  return node;
}

// A map as an image of one pixel a number; the browser enlarges it.
function paint(canvas, values, width, height, limit, signed) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d"), image = context.createImageData(width, height);
  const steps = 256, table = new Uint8ClampedArray(3 * (steps + 1));
  for (let i = 0; i <= steps; i++) table.set(colour(signed ? ((2 * i) / steps - 1) * limit : (i / steps) * limit, limit, signed), 3 * i);
  for (let i = 0; i < values.length; i++) {
    const share = (Number.isFinite(values[i]) ? values[i] : 0) / (limit || 1);
    const at = 3 * Math.round(Math.min(Math.max(signed ? (share + 1) / 2 : share, 0), 1) * steps);
    image.data.set([table[at], table[at + 1], table[at + 2], 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

// A vector as a nearly square block of cells.
function vectorShape(length) {
  const width = length <= 16 ? length : Math.ceil(Math.sqrt(length * 2));
  return [Math.ceil(length / width), width];
}

// The map of a channel, with a box around a place of it in shares of its sides.
function framed(values, width, height, limit, signed, box, label) {
  const canvas = el("canvas", label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" });
  paint(canvas, values, width, height, limit, signed);
  const node = el("span", { class: "framed" }, canvas);
  node.style.aspectRatio = `${width} / ${height}`;
  if (box) node.append(boxOf(box, width, height));
  return node;
}

// [top, left, bottom, right] in pixels → an outline; a thin one stays visible.
function boxOf([top, left, bottom, right], width, height, kind = "") {
  const node = el("span", { class: "box " + kind, "aria-hidden": "true" });
  moveBox(node, [top, left, bottom, right], width, height);
  return node;
}

function moveBox(node, [top, left, bottom, right], width, height) {
  const edge = (x, side) => Math.min(Math.max(x, 0), side) / side * 100;
  node.style.top = edge(top, height) + "%";
  node.style.left = edge(left, width) + "%";
  node.style.bottom = 100 - edge(bottom, height) + "%";
  node.style.right = 100 - edge(right, width) + "%";
}
