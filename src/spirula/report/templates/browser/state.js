// What is chosen stands in the address, after #browse?: it can be mailed, and back and forward work.
const FIELDS = ["split", "true", "predicted", "right", "from", "to", "name", "sort", "page", "show"];
const PER_PAGE = 40;
const BY_ERROR = ["error", "error-up", "over", "under", "truth", "file"];
const SORTS = isNumber ? BY_ERROR : ["loss", "loss-up", "sure", "sure-up", "file"];
const isHere = (hash) => hash === "#browse" || hash.startsWith("#browse?");

function readState(hash) {
  const given = new URLSearchParams(hash.slice("#browse?".length));
  const state = Object.fromEntries(FIELDS.map((name) => [name, given.get(name) ?? ""]));
  if (!splits.some((split) => split.name === state.split)) state.split = splits[0].name;
  const whole = (text, most) => (/^\d{1,9}$/.test(text) && Number(text) < most ? text : "");
  state.true = whole(state.true, page.classes.length);
  state.predicted = whole(state.predicted, page.classes.length);
  state.right = !isNumber && ["yes", "no"].includes(state.right) ? state.right : "";
  for (const end of ["from", "to"]) if (!Number.isFinite(Number(state[end] || "x"))) state[end] = "";
  state.sort = SORTS.includes(state.sort) ? state.sort : "";
  state.page = whole(state.page, 1e9);
  state.show = whole(state.show, splits.find((split) => split.name === state.split).rows);
  return state;
}

function address(state) {
  const given = new URLSearchParams();
  for (const name of FIELDS) {
    const usual = name === "split" ? splits[0].name : name === "sort" ? SORTS[0] : name === "page" ? "1" : "";
    if (state[name] && state[name] !== usual) given.set(name, state[name]);
  }
  return `#browse?${String(given) || "all"}`;  // never the section's own name: browsers would jump to its head
}

// A range is (from, to], of errors [from, to), as the bars are counted; the ends of everything belong to it.
function within(value, from, to, [least, most]) {
  if (isNumber) return value >= from && (value < to || (value === to && to >= most));
  return value <= to && (value > from || (value === from && from <= least));
}

// Rows that every filter lets through; without the range for the bars.
function passing(split, state, ranged) {
  const place = (text) => (text === "" ? -1 : Number(text));
  const [truth, said] = [place(state.true), place(state.predicted)];
  const text = state.name.normalize("NFC").toLowerCase();
  if (text) split.lower ??= split.ids.map((id) => id.normalize("NFC").toLowerCase());
  const ends = ranged ? extent(split) : null;
  const from = ranged && state.from !== "" ? Number(state.from) : -Infinity;
  const to = ranged && state.to !== "" ? Number(state.to) : Infinity;
  const rows = [];
  for (let row = 0; row < split.rows; row++) {
    if (truth >= 0 && !reader.isTrue(split, row, truth)) continue;
    if (said >= 0 && !reader.isSaid(split, row, said)) continue;
    if (state.right && reader.right(split, row) !== (state.right === "yes")) continue;
    if (text && !split.lower[row].includes(text)) continue;
    if (ranged && !within(reader.measure(split, row), from, to, ends)) continue;
    rows.push(row);
  }
  return rows;
}

// The ends of what is measured: of a confidence 0 and 1.
function extent(split) {
  if (!isNumber) return [0, 1];
  if (!split.extent) {
    let [low, high] = [Infinity, -Infinity];
    for (let row = 0; row < split.rows; row++) {
      const value = reader.measure(split, row);
      if (value < low) low = value;
      if (value > high) high = value;
    }
    split.extent = [low, high];
  }
  return split.extent;
}

const inOrder = new Intl.Collator(document.documentElement.lang, { numeric: true });

function sorted(split, rows, sort) {
  const keys = {
    loss: (row) => -split.loss[row],
    "loss-up": (row) => split.loss[row],
    sure: (row) => -split.sure[row],
    "sure-up": (row) => split.sure[row],
    error: (row) => -Math.abs(reader.measure(split, row)),
    "error-up": (row) => Math.abs(reader.measure(split, row)),
    over: (row) => -reader.measure(split, row),
    under: (row) => reader.measure(split, row),
    truth: (row) => split.truth[row],
  };
  if (sort === "file") {
    if (!split.ranks) {
      split.ranks = new Int32Array(split.rows);
      const order = Array.from(split.ids.keys()).sort((a, b) => inOrder.compare(split.ids[a], split.ids[b]));
      order.forEach((row, rank) => { split.ranks[row] = rank; });
    }
    return rows.sort((a, b) => split.ranks[a] - split.ranks[b]);
  }
  const key = keys[sort || SORTS[0]];
  const value = new Float64Array(split.rows);
  for (const row of rows) value[row] = key(row);
  return rows.sort((a, b) => value[a] - value[b] || a - b);
}
