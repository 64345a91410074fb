// What the page brings along: one line of numbers per sample as typed arrays, and thumbnails in sheets.
const page = JSON.parse(document.getElementById("browse-data").textContent);
const kinds = { f4: Float32Array, i1: Int8Array, i2: Int16Array, i4: Int32Array, u1: Uint8Array, u2: Uint16Array };

function unpacked(packed) {
  const text = atob(packed.data);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return new kinds[packed.type](bytes.buffer);
}

function say(key, values = {}) {
  const single = key + "/1";
  const text = values.n === "1" && single in page.words ? page.words[single] : page.words[key];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// A name in any script, kept from turning its surroundings around.
const named = (text) => make("bdi", {}, text);

function count(value) {
  return value.toLocaleString("en-US");
}

function percent(value, digits = 1) {
  const text = (100 * value).toFixed(digits);
  const rounded = (value < 1 && Number(text) === 100) || (value > 0 && Number(text) === 0);
  return digits < 4 && rounded ? percent(value, digits + 1) : text + "\u202f%";
}

function number(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e4 || size < 1e-3 ? value.toExponential(2) : value.toPrecision(Math.max(3, Math.ceil(Math.log10(size))));
  return text.replace("-", "−");
}

const splits = page.splits.map((stored) => {
  const columns = {};
  for (const [name, packed] of Object.entries({ ...stored.columns, ...stored.like })) columns[name] = unpacked(packed);
  return { ...stored, ...columns, rows: stored.ids.length };
});

page.trained.places = unpacked(page.trained.places);

// How a sample of this task is read. measure: what the bars count and the range is about.
const bits = (array, width, row, at) => (array[row * width + (at >> 3)] >> (at & 7)) & 1;
const wide = Math.ceil(page.classes.length / 8);
const ofBits = (array, row) => page.classes.filter((_, at) => bits(array, wide, row, at)).join(", ") || say("no_label");
const same = (split, row) => {
  for (let at = row * wide; at < (row + 1) * wide; at++) if (split.truth[at] !== split.said[at]) return false;
  return true;
};
const readers = {
  classification: {
    truth: (split, row) => page.classes[split.truth[row]],
    said: (split, row) => page.classes[split.said[row]],
    isTrue: (split, row, at) => split.truth[row] === at,
    isSaid: (split, row, at) => split.said[row] === at,
    right: (split, row) => split.truth[row] === split.said[row],
    measure: (split, row) => split.sure[row],
    value: (split, row) => percent(split.sure[row]),
  },
  multilabel: {
    truth: (split, row) => ofBits(split.truth, row),
    said: (split, row) => ofBits(split.said, row),
    isTrue: (split, row, at) => bits(split.truth, wide, row, at) === 1,
    isSaid: (split, row, at) => bits(split.said, wide, row, at) === 1,
    right: same,
    measure: (split, row) => split.sure[row],
    value: (split, row) => percent(split.sure[row]),
  },
  regression: {
    truth: (split, row) => number(split.truth[row]),
    said: (split, row) => number(split.said[row]),
    right: () => null,
    measure: (split, row) => split.said[row] - split.truth[row],
    value: (split, row) => signed(split.said[row] - split.truth[row]),
  },
};
const reader = readers[page.task];
const isNumber = page.task === "regression";

function signed(value) {
  return (value > 0 ? "+" : "") + number(value);
}

// Thumbnails: a sheet becomes an image when one of its pictures is shown, and is forgotten again after a while.
const starts = [];
page.sheets.reduce((first, [pictures]) => { starts.push(first); return first + pictures; }, 0);
const images = new Map();

function sheetImage(at) {
  if (!images.has(at)) {
    const image = new Image();
    image.src = "data:image/webp;base64," + document.getElementById(`thumbnails-${at}`).textContent;
    images.set(at, image.decode().then(() => image));
    if (images.size > 120) images.delete(images.keys().next().value);
  }
  return images.get(at);
}

// A picture's frame with the thumbnail of a number; -1: there is none.
function thumbnail(place, alt) {
  const frame = make("span", { class: "frame" });
  if (!page.pictures) return frame;
  if (place < 0) {
    frame.append(make("span", { class: "no-picture" }, say("no_picture")));
    return frame;
  }
  const at = starts.findLastIndex((first) => first <= place);
  const [, columns, height, width, exact] = page.sheets[at];
  const canvas = make("canvas", { width, height, role: "img", "aria-label": alt });
  if (exact || Math.max(width, height) <= 64) canvas.className = "pixelated";
  frame.append(canvas);
  const cell = place - starts[at];
  const draw = (image) => {
    const [x, y] = [(cell % columns) * width, Math.floor(cell / columns) * height];
    canvas.getContext("2d").drawImage(image, x, y, width, height, 0, 0, width, height);
    canvas.dataset.drawn = "";
  };
  sheetImage(at).then(draw, () => canvas.replaceWith(make("span", { class: "no-picture" }, say("no_picture"))));
  return frame;
}

// The heat map of a row, drawn in the size of its thumbnail to lie over it; null where there is none.
const heatColours = unpacked(page.heat_colours);
for (const split of splits) {
  if (!split.heat) continue;
  split.heat.maps = unpacked(split.heat.maps);
  split.heat.asked = unpacked(split.heat.asked);
  split.heat.at = new Map(Array.from(unpacked(split.heat.rows), (row, at) => [row, at]));
}

function heatOver(split, row) {
  const at = split.heat?.at.get(row);
  if (at === undefined || split.places[row] < 0) return null;
  const { maps, width, height } = split.heat;
  const small = make("canvas", { width, height });
  const pixels = new ImageData(width, height);
  for (let place = 0; place < width * height; place++) {
    const colour = 3 * Math.round((maps[at * width * height + place] / 255) * (heatColours.length / 3 - 1));
    pixels.data.set([heatColours[colour], heatColours[colour + 1], heatColours[colour + 2], 255], 4 * place);
  }
  small.getContext("2d").putImageData(pixels, 0, 0);
  const [, , high, wide] = page.sheets[starts.findLastIndex((first) => first <= split.places[row])];
  const over = make("canvas", { width: wide, height: high, class: "heat", "aria-hidden": "true" });
  const pen = over.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(small, 0, 0, wide, high);
  return over;
}

// The map shows the same thumbnails. row: of a split's predictions, or of the training pictures that are known.
globalThis.thumbnailOf = (name, row, alt) => {
  const places = name === "train" && page.trained.places.length ? page.trained.places : splits.find((split) => split.name === name)?.places;
  return page.pictures && places && places[row] >= 0 ? thumbnail(places[row], alt) : null;
};
