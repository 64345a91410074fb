// What is chosen: a station, a map of it, a place. All of it stands in the address, so that a place can be sent to others.
const state = { station: -1, channel: -1, at: [0, 0] };
let pointed = state.at;
const spoken = document.getElementById("walk-spoken");

const goesTo = stations.map((station, index) => stations.flatMap((other, next) => (other.from.some(([, from]) => from === index) ? [next] : [])));

function nearest(station, at) {
  const [, height, width] = station.shape;
  const inside = [Math.min(Math.max(Math.round(at[0]), 0), height - 1), Math.min(Math.max(Math.round(at[1]), 0), width - 1)];
  if (!station.places || place(station, ...inside) >= 0) return inside;
  const far = (p) => (p[0] - inside[0]) ** 2 + (p[1] - inside[1]) ** 2;
  return station.places.reduce((best, p) => (far(p) < far(best) ? p : best));
}

// Choose a station, a map or a place; what is left out stays if it can.
function choose({ station, channel, at }, speak = true) {
  const before = state.station;
  if (station !== undefined) state.station = station;
  const now = stations[state.station], moved = state.station !== before;
  if (moved) view = null;
  if (isAnswer(now) || !now.shown.length) [state.channel, state.at] = [channel ?? 0, [0, 0]];
  else {
    if (channel !== undefined) state.channel = channel;
    if (!now.shown.includes(state.channel) || (moved && channel === undefined)) state.channel = mostActive(now);
    const fits = state.at[0] < now.shape[1] && state.at[1] < now.shape[2];
    const asked = at === undefined || (at === null && fits && !moved) ? state.at : at;
    state.at = moved && at === undefined ? strongest(now, state.channel) : nearest(now, asked || strongest(now, state.channel));
  }
  if (moved || !strip.querySelector("[aria-current=true]")) {
    markStation();
    drawTiles(now);
  }
  markTile();
  drawMap(now);
  pointed = state.at;
  show(now, state.at);
  const plain = isAnswer(now) || !now.shown.length, words = plain ? "" : `&map=${state.channel}&at=${state.at.join(",")}`;
  history.replaceState(null, "", `#station=${state.station}${words}`);
  if (speak) spoken.textContent = plain ? title(now) : say("spoken", { map: state.channel, row: state.at[0], column: state.at[1], value: short(stored(now.value, state.channel, ...state.at)) });
}

function show(station, at) {
  markPlace(station, at);
  drawSums(station, state.channel, at);
}

// The place under a pointer.
function under(event) {
  const station = stations[state.station], [, height, width] = station.shape, frame = stage.querySelector(".framed").getBoundingClientRect();
  return nearest(station, [Math.floor((event.clientY - frame.top) / frame.height * height), Math.floor((event.clientX - frame.left) / frame.width * width)]);
}

// A mouse shows what it points at, without keeping it. Only what changes is drawn: a click must find its button again.
function point(at) {
  if (String(at) === String(pointed)) return;
  pointed = at;
  show(stations[state.station], at);
}

stage.addEventListener("pointermove", (event) => {
  if (event.pointerType === "mouse") point(under(event));
});
stage.addEventListener("pointerleave", () => point(state.at));
stage.addEventListener("click", (event) => choose({ at: under(event) }));

function step(rows_, columns) {
  const now = stations[state.station];
  const goal = [state.at[0] + rows_, state.at[1] + columns];
  if (!now.places) return choose({ at: goal });
  const ahead = now.places.filter((p) => (p[0] - state.at[0]) * rows_ + (p[1] - state.at[1]) * columns > 0);
  const far = (p) => Math.abs(p[0] - state.at[0]) * (columns ? 4 : 1) + Math.abs(p[1] - state.at[1]) * (rows_ ? 4 : 1);
  if (ahead.length) choose({ at: ahead.reduce((best, p) => (far(p) < far(best) ? p : best)) });
  return undefined;
}

const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
stage.addEventListener("keydown", (event) => {
  if (!(event.key in arrows)) return;
  event.preventDefault();
  step(...arrows[event.key]);
});
for (const button of document.querySelectorAll("[data-step]")) button.addEventListener("click", () => step(...arrows[button.dataset.step]));

function fromAddress() {
  const asked = new URLSearchParams(location.hash.slice(1)), number = (name) => (asked.has(name) ? Number(asked.get(name)) : undefined);
  const station = number("station"), at = (asked.get("at") || "").split(",").map(Number);
  const known = Number.isInteger(station) && station >= 0 && station < stations.length;
  choose({
    station: known ? station : Math.min(1, stations.length - 1),
    channel: known && stations[station].shown.includes(number("map")) ? number("map") : undefined,
    at: known && at.length === 2 && at.every(Number.isInteger) ? at : undefined,
  }, false);
}

drawStrip();
// Other addresses are those of the contents.
addEventListener("hashchange", () => { if (location.hash.startsWith("#station=")) fromAddress(); });
fromAddress();
