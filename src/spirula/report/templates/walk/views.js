// The large map before its last stage: after the sum, after normalisation, after the activation.
const views = document.getElementById("walk-views");
const computed = new Map();
let view = null; // how many stages are done in the large map; null: all

const changing = (station) => station.stages.map((stage, i) => [stage, i + 1]).filter(([stage]) => stage.kind !== "nothing");

// Can the whole map be computed here, and soon enough?
function canCompute(station) {
  const each = station.kind === "convolution" ? rows(station, "weight").length / station.shown.length : 1;
  return hasMaps(station) && !station.places && takes[station.kind] && changing(station).length > 0 && each * station.shape[1] * station.shape[2] < 1.5e6;
}

function drawViews(station) {
  views.replaceChildren();
  if (!canCompute(station)) view = null;
  if (!canCompute(station)) return;
  const steps = [[mainTitle(station) || say("before"), 0], ...changing(station).map(([stage, i]) => [stageName(stage), i])];
  steps.forEach(([words, i], at) => {
    const last = at === steps.length - 1, chosen = last ? view === null : view === i;
    views.append(el("button", { type: "button", "aria-pressed": String(chosen), onclick: () => { view = last ? null : i; choose({}); } }, words));
  });
}

// The map of a channel as it is looked at, and its scale.
function viewed(station, channel) {
  const last = { map: storedMap(station.value, channel), limit: station.limit, signed: station.signed };
  if (view === null) return last;
  const key = [station.value, channel, view].join();
  if (!computed.has(key)) {
    const [, height, width] = station.shape, map = new Float32Array(height * width);
    for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) {
      const found = sums(station, channel, row, column);
      map[row * width + column] = view === 0 ? found.main.total : found.stages[view - 1].after;
    }
    computed.set(key, map);
  }
  const map = computed.get(key), limit = map.reduce((most_, x) => Math.max(most_, Math.abs(x)), 0);
  return { map, limit: limit || 1, signed: map.some((x) => x < 0) };
}
