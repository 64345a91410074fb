// The strip of stations, the maps of the chosen one, and the map that is looked at.
const strip = document.getElementById("walk-strip");
const tiles = document.getElementById("walk-tiles");
const stage = document.getElementById("walk-map");
const picture = document.getElementById("walk-picture");

const isAnswer = (station) => station.kind === "answer";
const hasMaps = (station) => !station.vector && station.shown.length > 0;

function mostActive(station) {
  let best = station.shown[0] ?? 0, most = -Infinity;
  for (const channel of station.shown) {
    const map = storedMap(station.value, channel);
    const sum = map ? map.reduce((total, x) => total + Math.abs(x), 0) : -1;
    if (sum > most) [best, most] = [channel, sum];
  }
  return best;
}

// The strongest place of a map; of a grid of places, the strongest of them.
function strongest(station, channel) {
  const map = storedMap(station.value, channel), [, , width] = station.shape;
  if (!map) return [0, 0];
  const at = station.places || [];
  if (at.length) return at.reduce((best, p) => (map[p[0] * width + p[1]] > map[best[0] * width + best[1]] ? p : best));
  let best = 0;
  map.forEach((x, i) => { if (x > map[best]) best = i; });
  return [Math.floor(best / width), best % width];
}

// All numbers of a vector in rows, as an image; the last row is filled up.
function vectorImage(canvas, station) {
  const values = array(walk.values[station.value].array), [height, width] = vectorShape(values.length);
  const filled = new Float32Array(height * width);
  filled.set(values);
  paint(canvas, filled, width, height, station.limit, station.signed);
}

function thumbnail(station) {
  const canvas = el("canvas", { "aria-hidden": "true", class: station.vector ? "vector" : "" });
  if (isAnswer(station)) return el("span", { class: "answer-sign", "aria-hidden": "true" }, "%");
  if (!station.shown.length) return el("span", { class: "quiet", "aria-hidden": "true" }, "?");
  if (station.vector) vectorImage(canvas, station);
  else paint(canvas, storedMap(station.value, mostActive(station)), station.shape[2], station.shape[1], station.limit, station.signed);
  return canvas;
}

function drawStrip() {
  stations.forEach((station, index) => {
    const button = el("button", { type: "button", "data-station": index, tabindex: index ? "-1" : "0", onclick: () => choose({ station: index }) },
      el("span", { class: "thumb" }, thumbnail(station)),
      el("span", { class: "station-name" }, el("bdi", {}, station.name)),
      el("span", { class: "station-kind" }, title(station)),
      el("span", { class: "station-shape" }, sizes(station.shape)));
    const joined = station.from.length > 1 || (index && station.from.some(([, from]) => from !== index - 1));
    strip.append(el("li", { class: joined ? "joined" : "" }, button));
  });
  strip.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(Math.max(state.station + step, 0), stations.length - 1);
    choose({ station: next });
    strip.querySelector(`[data-station="${next}"]`).focus();
  });
}

function markStation() {
  for (const button of strip.querySelectorAll("button")) {
    const chosen = Number(button.dataset.station) === state.station;
    button.setAttribute("aria-current", chosen ? "true" : "false");
    button.tabIndex = chosen ? 0 : -1;
    if (chosen) {
      const left = button.parentNode.offsetLeft - strip.clientWidth / 2 + button.offsetWidth / 2;
      const calm = !strip.scrollLeft || Math.abs(left - strip.scrollLeft) > 2 * strip.clientWidth || matchMedia("(prefers-reduced-motion: reduce)").matches;
      strip.scrollTo({ left, behavior: calm ? "auto" : "smooth" });
    }
  }
}

// One button per map that can be chosen; of a vector, per number.
function drawTiles(station) {
  tiles.replaceChildren();
  tiles.className = station.vector ? "tiles-grid units" : "tiles-grid";
  for (const channel of isAnswer(station) ? [] : station.shown) {
    const said = say(station.vector ? "unit" : "map", { number: channel });
    const button = el("button", { type: "button", "data-channel": channel, tabindex: "-1", "aria-label": said, title: said, onclick: () => choose({ channel, at: null }) });
    if (station.vector) button.append(cell(stored(station.value, channel, 0, 0), station.limit, station.signed, { plain: station.shown.length > 160 }));
    else {
      const canvas = el("canvas", { "aria-hidden": "true" });
      paint(canvas, storedMap(station.value, channel), station.shape[2], station.shape[1], station.limit, station.signed);
      button.append(canvas);
    }
    tiles.append(button);
  }
  const left = station.shape[0] - station.shown.length;
  document.getElementById("walk-tiles-note").textContent = isAnswer(station) || !station.shown.length ? "" : say(station.vector ? "units_lead" : "maps_lead", { n: count(station.shape[0]) })
    + " " + say(station.signed ? "scale_signed" : "scale_rising", { limit: short(station.limit, 3) })
    + (left > 0 ? " " + say(station.vector ? "units_left" : "maps_left", { shown: count(station.shown.length), left: count(left) }) : "");
}

tiles.addEventListener("keydown", (event) => {
  const buttons = Array.from(tiles.children), at = buttons.findIndex((button) => button.tabIndex === 0);
  const across = Math.max(buttons.filter((button) => button.offsetTop === buttons[0].offsetTop).length, 1);
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
  if (step === undefined || !buttons[at + step]) return;
  event.preventDefault();
  buttons[at + step].click();
  buttons[at + step].focus();
});

function markTile() {
  for (const button of tiles.children) {
    const chosen = Number(button.dataset.channel) === state.channel;
    button.setAttribute("aria-pressed", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }
}

// The chosen map, large, with the chosen place outlined.
function drawMap(station) {
  stage.replaceChildren();
  stage.parentNode.hidden = !hasMaps(station);
  drawViews(station);
  if (!hasMaps(station)) return;
  const [, height, width] = station.shape, view = viewed(station, state.channel);
  stage.append(framed(view.map, width, height, view.limit, view.signed, [0, 0, 1, 1], ""));
  document.getElementById("walk-map-title").textContent = say("map", { number: state.channel });
  document.getElementById("walk-map-note").textContent = station.places ? say("grid_note", { n: count(station.places.length), of: count(height * width) }) : "";
}

function markPlace(station, at) {
  const [, height, width] = station.shape, box = stage.querySelector(".box");
  if (box) moveBox(box, [at[0], at[1], at[0] + 1, at[1] + 1], width, height);
  const seen = station.seen, outline = picture.querySelector(".box"), note = document.getElementById("walk-field");
  const sides = seen && [seen[0][at[0]], seen[2][at[1]], seen[1][at[0]], seen[3][at[1]]];
  const known = sides && sides.every((side) => side !== null);
  outline.hidden = !known;
  const [, rows_, columns] = stations[0].shape;
  if (known) {
    const cut = [Math.max(sides[0], 0), Math.max(sides[1], 0), Math.min(sides[2], rows_), Math.min(sides[3], columns)];
    moveBox(outline, cut, columns, rows_);
    const whole = cut[2] - cut[0] === rows_ && cut[3] - cut[1] === columns;
    note.textContent = whole ? say("sees_all") : say("sees", { rows: cut[2] - cut[0], columns: cut[3] - cut[1] });
  } else note.textContent = isAnswer(station) || station.vector ? say("sees_all") : say("sees_unknown");
}
