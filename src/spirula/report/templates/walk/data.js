// What the page holds: a document, its words, and arrays of float32 that are read when they are first needed.
const walk = JSON.parse(document.getElementById("walk-document").textContent);
const stations = walk.stations;
const arrays = new Map();

function array(name) {
  if (!arrays.has(name)) {
    const block = document.getElementById("array-" + name);
    const text = atob(block.textContent);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    arrays.set(name, block.dataset.type === "int32" ? new Int32Array(bytes.buffer) : new Float32Array(bytes.buffer));
  }
  return arrays.get(name);
}

// One stored number of a value; null where that channel is not kept.
function stored(value, channel, row, column) {
  const entry = walk.values[value];
  if (!entry) return null;
  const at = entry.channels ? entry.channels.indexOf(channel) : channel;
  if (at < 0) return null;
  return array(entry.array)[(at * entry.shape[1] + row) * entry.shape[2] + column];
}

// One whole map of a value, or null.
function storedMap(value, channel) {
  const entry = walk.values[value];
  const at = !entry ? -1 : entry.channels ? entry.channels.indexOf(channel) : channel;
  const size = entry ? entry.shape[1] * entry.shape[2] : 0;
  return at < 0 ? null : array(entry.array).subarray(at * size, (at + 1) * size);
}

function say(key, values = {}) {
  const single = key + "/1";
  const text = walk.words[values.n === "1" && single in walk.words ? single : key];
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

// An element with attributes and children; a child may be a text, an element, or nothing.
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

// Numbers as people read them; the whole one is in the element's value and in its title.
function short(x, digits = 4) {
  if (x === null || x === undefined || Number.isNaN(x)) return "?";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  if (size === 0) return "0";
  if (size >= 1e7 || size < 1e-4) {
    const [mantissa, power] = x.toExponential(digits - 2).split("e");
    return `${mantissa.replace("-", "−")}·10${Array.from(power.replace("+", ""), (digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit])).join("")}`;
  }
  const text = size >= 10 ** digits ? Math.round(x).toLocaleString("en-US") : String(Number(x.toPrecision(digits)));
  return text.replace(/-/g, "−");
}

function num(x, kind = "", digits = 4) {
  const whole = x === null || x === undefined ? "" : String(x);
  return el("data", { value: whole, class: kind, title: Number.isFinite(x) ? String(Number(x.toPrecision(9))).replace(/-/g, "−") : null }, short(x, digits));
}

// A number inside a sum: brackets around what is below zero.
function factor(x) {
  return x < 0 ? el("span", {}, "(", num(x), ")") : num(x);
}

function count(n) {
  return n.toLocaleString("en-US");
}

function sizes(shape) {
  const [channels, height, width] = shape;
  return height * width === 1 ? count(channels) : [height, width, channels].map(count).join(" × ");
}
