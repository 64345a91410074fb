// The arithmetic of the chosen place: what is taken, what is made of it step by step, and where it goes.
const panel = document.getElementById("walk-sums");
const most = { maps: 6, inputs: 12, classes: 10 };
let unfolded = false; // whether all input maps are shown

function title(station) {
  return [mainTitle(station), ...station.stages.map(stageName)].filter(Boolean).join(" · ");
}

function mainTitle(station) {
  const s = station.settings;
  if (station.kind === "convolution" && s.linear) return say("kind_linear_places");
  if (station.kind === "convolution") {
    const kind = s.groups === 1 ? "convolution" : s.groups === station.from_shapes[0][0] ? "depthwise" : "grouped";
    return say("kind_" + kind) + " " + s.kernel.join(" × ");
  }
  if (station.kind === "pooling") {
    const [first, last] = s.windows[0][Math.floor(s.windows[0].length / 2)];
    if (station.shape[1] * station.shape[2] === 1) return say("kind_global_" + s.mode);
    return say("kind_" + s.mode) + ` ${Math.ceil((last - first) / s.step[0])} × ${poolWidth(station)}`;
  }
  if (station.kind === "combination") return say("kind_" + s.way);
  if (station.kind === "rearrangement") return say(station.vector ? "kind_flatten" : "kind_rearrangement");
  if (station.kind === "unknown") return station.operator;
  return station.kind === "same" ? "" : say("kind_" + (isAnswer(station) ? walk.output : station.kind));
}

function poolWidth(station) {
  const s = station.settings, [first, last] = s.windows[1][Math.floor(s.windows[1].length / 2)];
  return Math.ceil((last - first) / s.step[1]);
}

function stageName(stage) {
  if (stage.kind === "nothing") return stage.settings.module;
  if (stage.kind === "activation") return functionName(stage.settings);
  if (stage.kind === "normalization") return say("norm_" + stage.settings.way);
  return say("stage_" + stage.settings.way);
}

function functionName({ function: name, min_val, max_val }) {
  if (name === "hardtanh" && min_val === 0 && max_val === 6) return "ReLU6";
  return { relu: "ReLU", hardtanh: "clip", clamp: "clip", clamp_min: "clip", leaky_relu: "LeakyReLU", _prelu_kernel: "PReLU", elu: "ELU", gelu: "GELU", silu: "SiLU", log_sigmoid_forward: "log-sigmoid" }[name] || name;
}

function line(label, ...what) {
  return el("div", { class: "sum-line" }, el("span", { class: "sum-label" }, label), el("span", { class: "sum-what" }, ...what));
}

// A button that goes to where a number comes from.
function link(from, channel, at, words) {
  const there = stations[from];
  if (!there || !there.shown.includes(channel)) return el("span", {}, words);
  return el("button", { type: "button", class: "link", onclick: () => choose({ station: from, channel, at }) }, words);
}

function mapWords(station, channel, at) {
  return station.vector ? say("unit", { number: channel }) : say("map_at", { number: channel, row: at[0], column: at[1] });
}

function drawSums(station, channel, at) {
  const nodes = [el("h2", {}, el("bdi", {}, station.name)), el("p", { class: "quiet" }, title(station)), shapes(station)];
  if (isAnswer(station)) nodes.push(answer(station));
  else {
    nodes.push(el("p", { class: "rule" }, sentence(station)));
    if (station.shown.length) nodes.push(el("h3", {}, mapWords(station, channel, at), " ", num(stored(station.value, channel, ...at), "result")));
    const found = station.shown.length ? sums(station, channel, ...at) : null;
    nodes.push(el("div", { class: "sums" }, found ? [...mains[station.kind](station, found.main, channel, at), ...found.stages.map((stage) => stageLines(station, stage)), agreement(station, found, channel, at)] : not_drawn(station)));
  }
  nodes.push(onwards(station, channel, at));
  const inside = panel.contains(document.activeElement);
  panel.replaceChildren(...nodes);
  if (inside) panel.focus({ preventScroll: true }); // the button that was pressed is gone
}

function shapes(station) {
  const before = station.from_shapes.map(sizes).join("  +  ");
  const all = station.parameters + station.stages.reduce((sum, stage) => sum + (stage.parameters || 0), 0);
  const words = [before ? `${before} → ${sizes(station.shape)}` : sizes(station.shape), isAnswer(station) ? "" : say("parameters", { n: count(all) })];
  const weight = counting(station);
  return el("p", { class: "shapes" }, words.filter(Boolean).join(" · "), weight ? el("span", { class: "quiet" }, " " + weight) : "",
    counted(station) ? el("span", { class: "quiet shape-sum" }, say("shape_sum"), " ", counted(station)) : "");
}

// How many rows and columns a window gives: floor((side + padding − reach) ÷ step) + 1.
function counted(station) {
  const [, height, width] = station.from_shapes[0] || [], lines = [];
  if (!["convolution", "pooling"].includes(station.kind) || station.shape[1] * station.shape[2] === 1) return "";
  for (const [axis, side] of [[0, height], [1, width]]) {
    const s = station.settings, line_ = s.windows && s.windows[axis];
    if (line_ && line_.length < 2) return "";
    const reach = line_ ? line_[0][1] - line_[0][0] : s.dilation[axis] * (s.kernel[axis] - 1) + 1;
    const [step_, around] = line_ ? [line_[1][0] - line_[0][0], -2 * line_[0][0]] : [s.stride[axis], 2 * s.padding[axis]];
    const sides = `${side}${around ? ` + ${around}` : ""} − ${reach}`, result = Math.floor((side + around - reach) / step_) + 1;
    if (result !== station.shape[1 + axis]) return "";
    lines.push(step_ === 1 ? `${sides} + 1 = ${result}` : `⌊(${sides}) ÷ ${step_}⌋ + 1 = ${result}`);
  }
  return lines[0] === lines[1] ? lines[0] : lines.join(", ");
}

// How the parameters of a layer are counted.
function counting(station) {
  const s = station.settings, bias = station.arrays.bias ? station.shape[0] : 0, terms = [];
  if (station.kind === "convolution") terms.push([...s.kernel, station.from_shapes[0][0] / s.groups, station.shape[0]].map(count).join(" · "));
  if (station.kind === "dense") terms.push([station.from_shapes[0].reduce((a, b) => a * b), station.shape[0]].map(count).join(" · "));
  if (terms.length && bias) terms.push(count(bias));
  for (const stage of station.stages) if (stage.parameters) terms.push(count(stage.parameters));
  return terms.length ? `(${terms.join(" + ")})` : "";
}

function sentence(station) {
  const s = station.settings;
  if (station.kind === "convolution") {
    const parts = [say("says_convolution", { rows: s.kernel[0], columns: s.kernel[1] }), say(s.groups === 1 ? "says_all_maps" : "says_group", { n: count(station.from_shapes[0][0] / s.groups) })];
    if (Math.max(...s.stride) > 1) parts.push(say("says_stride", { step: s.stride.join(" × ") }));
    if (Math.max(...s.dilation) > 1) parts.push(say("says_dilation", { step: s.dilation.join(" × ") }));
    if (Math.max(...s.padding) > 0) parts.push(say("says_padding"));
    return parts.join(" ");
  }
  if (station.kind === "pooling") return say("says_" + s.mode);
  if (station.kind === "combination") return say("says_" + s.way);
  if (station.kind === "unknown") return say("says_" + station.reason, { operator: station.operator });
  if (station.kind === "same") return say("says_alone");
  return say("says_" + station.kind);
}

function not_drawn(station) {
  return [el("p", { class: "missing" }, say(station.kind === "unknown" ? "not_drawn" : "no_window"))];
}

// Each input map with its window, the kernel on it, and the sum of the products.
const mains = {
  convolution(station, found) {
    const order = found.parts.map((part, i) => i).sort((a, b) => Math.abs(found.parts[b].sum) - Math.abs(found.parts[a].sum));
    const shown = unfolded ? order : order.slice(0, most.maps), source = stations[station.from[0][1]];
    const limit = Math.max(...found.parts.flatMap((part) => part.weights.map(Math.abs)));
    const [, height, width] = station.from_shapes[0], columns = found.xs.length, point = found.ys.length * columns === 1;
    const box = [found.ys[0], found.xs[0], found.ys[found.ys.length - 1] + 1, found.xs[columns - 1] + 1];
    const nodes = shown.map((i) => {
      const part = found.parts[i], map = storedMap(station.from[0][0], part.channel);
      const centre = [found.ys, found.xs].map((entries, axis) => Math.min(Math.max(entries[Math.floor(entries.length / 2)], 0), [height, width][axis] - 1));
      const head = link(station.from[0][1], part.channel, centre, say("input_map", { number: part.channel }));
      const values = part.values.map((value, k) => (part.inside[k] ? value : null));
      return el("div", { class: "product" + (point ? " point" : "") }, el("div", { class: "product-head" }, head, el("span", { class: "product-pair quiet", "aria-hidden": "true" })),
        el("div", { class: "product-body" },
          map && !point ? framed(map, width, height, source.limit, source.signed, box, say("input_map", { number: part.channel })) : null,
          grid(values, columns, source.limit, source.signed, { label: say("window"), outside: "0" }),
          el("span", { class: "sign" }, "×"), grid(part.weights, columns, limit, true, { label: say("kernel") }),
          el("span", { class: "sign" }, "="), num(part.sum, "part")));
    });
    const rest = order.slice(shown.length);
    if (rest.length) nodes.push(line(say("rest_maps", { n: count(rest.length) }), num(rest.reduce((sum, i) => sum + found.parts[i].sum, 0), "part")));
    if (order.length > most.maps) nodes.push(el("button", { type: "button", class: "unfold", onclick: () => { unfolded = !unfolded; drawSums(station, state.channel, state.at); } }, say(unfolded ? "fold" : "unfold", { n: count(order.length) })));
    if (found.bias !== null) nodes.push(line(say("bias"), num(found.bias, "part")));
    return [...nodes, line(say("sum"), num(found.total, "total"))];
  },
  dense(station, found) {
    const order = found.parts.map((part, i) => i).sort((a, b) => Math.abs(found.parts[b].sum) - Math.abs(found.parts[a].sum));
    const shown = order.slice(0, most.inputs), rest = order.slice(most.inputs), largest = Math.abs(found.parts[order[0]].sum) || 1;
    const from = station.from[0][1];
    const table = shown.map((i) => {
      const part = found.parts[i], bar = el("span", { class: "bar" + (part.sum < 0 ? " below" : ""), "aria-hidden": "true" });
      bar.style.width = (100 * Math.abs(part.sum)) / largest + "%";
      return el("tr", {}, el("th", { scope: "row" }, link(from, i, [0, 0], origin(from, i))), el("td", { class: "n" }, num(part.value)), el("td", { class: "n" }, num(part.weight)), el("td", { class: "n counted-bar" }, num(part.sum, "part"), bar));
    });
    const head = ["input", "value", "weight", "product"].map((key) => el("th", { scope: "col", class: key === "input" ? "" : "n" }, say(key)));
    const nodes = [byPlace(from, found), el("div", { class: "scroll" }, el("table", { class: "numbers" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, table)))];
    if (rest.length) nodes.push(line(say("rest_inputs", { n: count(rest.length) }), num(rest.reduce((sum, i) => sum + found.parts[i].sum, 0), "part")));
    if (found.bias !== null) nodes.push(line(say("bias"), num(found.bias, "part")));
    return [...nodes, line(say("sum"), num(found.total, "total"))];
  },
  pooling(station, found, channel) {
    const [, height, width] = station.from_shapes[0], from = station.from[0][1], source = stations[from], s = station.settings;
    const map = storedMap(station.from[0][0], channel), at = found.winner >= 0 ? [found.ys[Math.floor(found.winner / found.xs.length)], found.xs[found.winner % found.xs.length]] : [0, 0];
    const box = [found.ys[0], found.xs[0], found.ys[found.ys.length - 1] + 1, found.xs[found.xs.length - 1] + 1];
    const body = el("div", { class: "product-body" }, framed(map, width, height, source.limit, source.signed, box, say("input_map", { number: channel })), found.cells.length > 400 ? null : grid(found.cells, found.xs.length, source.limit, source.signed, { marked: s.mode === "max" ? found.winner : -1, label: say("window"), outside: "–" }));
    const nodes = [el("div", { class: "product" }, el("div", { class: "product-head" }, link(from, channel, at, say("input_map", { number: channel }))), body)];
    if (s.mode === "max") return [...nodes, line(say("winner", { row: at[0], column: at[1] }), num(found.total, "total"))];
    return [...nodes, line(say("window_sum"), num(found.sum)), line(say("divided", { n: count(found.counted) }), num(found.total, "total"))];
  },
  combination(station, found) {
    const signs = { add: "+", sub: "−", mul: "×", div: "÷", max: "max", min: "min" };
    const nodes = found.parts.map((part, i) => line(el("span", {}, i ? el("span", { class: "sign" }, signs[station.settings.way]) : "", link(part.from, part.at[0], part.at.slice(1), el("bdi", {}, stations[part.from].name))), num(part.value, "part")));
    return [...nodes, line(say("result"), num(found.total, "total"))];
  },
  concatenation: taken, rearrangement: taken, padding: taken, same: taken,
  input(station, found, channel) {
    const p = walk.preprocessing;
    const nodes = [line(say("pixel"), num(found.raw))];
    if (p.scale !== 1) nodes.push(line(say("scaled"), num(found.raw), ` ÷ ${short(1 / p.scale)} = `, num(found.raw * p.scale)));
    if (p.mean[channel] || p.std[channel] !== 1) nodes.push(line(say("standardized"), "(", num(found.raw * p.scale), " − ", factor(p.mean[channel]), ") ÷ ", num(p.std[channel]), " = ", num(found.total)));
    return [...nodes, line(say("result"), num(found.total, "total"))];
  },
};

// Behind Flatten: the products added up over all maps, place by place.
function byPlace(from, found) {
  const station = stations[from], [channels, height, width] = (station && station.from_shapes[0]) || [0, 0, 0];
  if (!channels || station.kind !== "rearrangement" || !station.settings.same || height * width === 1) return "";
  const places = new Float32Array(height * width);
  for (const part of found.parts) places[part.index % (height * width)] += part.sum;
  const limit = places.reduce((most_, x) => Math.max(most_, Math.abs(x)), 0);
  return el("div", { class: "product-body by-place" }, framed(places, width, height, limit, true, null, say("by_place")), el("p", { class: "quiet" }, say("by_place")));
}

function taken(station, found) {
  if (found.outside) return [line(say("padded"), num(found.total, "total"))];
  return found.parts.map((part) => line(link(part.from, part.at[0], part.at.slice(1), el("span", {}, el("bdi", {}, stations[part.from].name), ", ", mapWords(stations[part.from], part.at[0], part.at.slice(1)))), num(part.value, "total")));
}

// What an entry of a vector is called: where it was before Flatten, if it was in a map.
function origin(from, index) {
  const station = stations[from];
  if (!station || station.kind !== "rearrangement") return say("unit", { number: index });
  const at = takes.rearrangement(station, index, 0, 0).parts[0].at, before = stations[station.from[0][1]];
  return before.vector ? say("unit", { number: at[0] }) : say("map_at", { number: at[0], row: at[1], column: at[2] });
}

// The cell under the mouse and its partner in the kernel, and their product in words.
function pairUp(cell) {
  for (const node of panel.querySelectorAll(".paired")) node.classList.remove("paired");
  for (const node of panel.querySelectorAll(".product-pair")) node.textContent = "";
  const product = cell && cell.closest(".product"), words = product && product.querySelector(".product-pair");
  if (!words) return "";
  const at = Array.from(cell.parentNode.children).indexOf(cell), cells = Array.from(product.querySelectorAll(".grid"), (entry) => entry.children[at]);
  cells.forEach((entry) => entry.classList.add("paired"));
  const [value, weight] = cells.map((entry) => (entry.classList.contains("outside") ? 0 : Number(entry.dataset.value)));
  words.append(factor(value), " × ", factor(weight), " = ", num(value * weight));
  return words.textContent;
}

panel.addEventListener("mouseover", (event) => pairUp(event.target.closest(".product .cell")));
// By keys: the arrows on an input map's button walk over its window.
panel.addEventListener("keydown", (event) => {
  const product = event.key in arrows && event.target.closest(".product"), grid_ = product && product.querySelector(".product-pair") && product.querySelector(".grid");
  if (!grid_) return;
  event.preventDefault();
  const cells = Array.from(grid_.children), columns = Number(grid_.style.getPropertyValue("--columns")), rows = cells.length / columns;
  const before = cells.findIndex((entry) => entry.classList.contains("paired")), [down, right] = before < 0 ? [0, 0] : arrows[event.key], now = Math.max(before, 0);
  const row = Math.min(Math.max(Math.floor(now / columns) + down, 0), rows - 1), column = Math.min(Math.max((now % columns) + right, 0), columns - 1);
  spoken.textContent = pairUp(cells[row * columns + column]);
});
